/*
 * Several files of the work tree and of the index changed at once: all of
 * them or none, whenever the process ends. What was and what will be is
 * written down first, in the work tree's git directory, as migrate/NAME;
 * while that file is there the change can be finished or taken back.
 */
#ifndef GM_WORK_CHANGES_H
#define GM_WORK_CHANGES_H

#include "work/project.h"

struct gm_file_change {
	/* Relative to the work tree's top. */
	char *path;
	/* Whether the file was there, and whether it will be. */
	bool was;
	bool will;
	/* Its permissions. */
	unsigned old_mode;
	unsigned mode;
	struct gm_strbuf before;
	struct gm_strbuf after;
};

/* A zeroed struct is the empty list. */
struct gm_file_changes {
	struct gm_file_change *v;
	size_t n;
	size_t cap;
};

/*
 * The change of that path, added where there is none yet: then it is read
 * from the work tree, and will be what it was. Valid until the next one is
 * added.
 */
int gm_file_changes_get(struct gm_file_change **out,
			struct gm_file_changes *changes,
			const struct gm_project *project, const char *path,
			struct gm_error *err);
void gm_file_changes_release(struct gm_file_changes *changes);

/*
 * Carries the changes out and stages them. Where that fails everything is put
 * back, or, where not even that can be done, left to gm_file_changes_continue
 * and _abort. GM_EREFUSED where one of that name is under way.
 */
int gm_file_changes_run(const struct gm_file_changes *changes,
			struct gm_project *project, const char *name,
			struct gm_error *err);

/* Whether one of that name was begun and has not come to its end. */
bool gm_file_changes_pending(const struct gm_project *project,
			     const char *name);

/* Sets GM_EREFUSED: that one is under way, and the ways to go on. */
int gm_file_changes_under_way(const char *name, struct gm_error *err);

/*
 * Finish, or take back, what was begun. GM_ENOTFOUND where nothing was,
 * GM_EBUSY while another process is at it, GM_EREFUSED where a file was
 * changed by somebody else since, or HEAD moved: nothing is done then.
 */
int gm_file_changes_continue(struct gm_project *project, const char *name,
			     struct gm_error *err);
int gm_file_changes_abort(struct gm_project *project, const char *name,
			  struct gm_error *err);

/* Forgets it, and leaves the files as they are. */
int gm_file_changes_quit(struct gm_project *project, const char *name,
			 struct gm_error *err);

#endif
