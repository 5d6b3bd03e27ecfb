/*
 * The journal of a change of files: how it is written, locked and read.
 */
#ifndef GM_WORK_CHANGES_JOURNAL_H
#define GM_WORK_CHANGES_JOURNAL_H

#include "work/changes.h"

struct gm_file_journal {
	char *path;
	/* Open and locked while this process is at it; -1: not. */
	int fd;
	/* HEAD's commit when it was begun. */
	char *head;
	/* What the index had of these paths. */
	struct gm_strbuf index;
	struct gm_file_changes changes;
};

/* Where it is. The caller frees it. */
char *gm_file_journal_path(const struct gm_project *project, const char *name);

/*
 * Makes the file at the journal's path, with what the journal says and these
 * changes, and locks it: it is there as a whole, or not at all. GM_EREFUSED
 * where there is one.
 */
int gm_file_journal_create(struct gm_file_journal *journal,
			   const struct gm_file_changes *changes,
			   const char *name, struct gm_error *err);

/* Opens, locks and reads one. GM_ENOTFOUND where there is none, GM_EBUSY
 * while somebody has it locked, GM_EINVALID where it can't be read. */
int gm_file_journal_open(struct gm_file_journal *journal,
			 const struct gm_project *project, const char *name,
			 struct gm_error *err);

/* Removes the file. */
int gm_file_journal_end(struct gm_file_journal *journal, struct gm_error *err);
void gm_file_journal_release(struct gm_file_journal *journal);

/* Adds a change of that path with nothing in it. */
struct gm_file_change *gm_file_changes_add(struct gm_file_changes *changes,
					   const char *path);

#endif
