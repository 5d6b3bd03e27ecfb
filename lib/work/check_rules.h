/*
 * What the files of `check` share: one run of it, and the groups of rules.
 */
#ifndef GM_WORK_CHECK_RULES_H
#define GM_WORK_CHECK_RULES_H

#include "work/check.h"
#include "work/conflicts.h"
#include "work/published.h"

/* Our side, as one published ref's bases show it. */
struct gm_check_ours {
	/* By the migration's place in the series: a base has the very file. */
	bool *same;
	/* By app and by the file's place in the first base: the series has
	 * that id. */
	bool **seen;
	size_t n_apps;
};

struct gm_check {
	struct gm_project *project;
	struct gm_published published;
	/* One for each published ref. */
	struct gm_check_ours *ours;
	const struct gm_check_options *options;
	struct gm_check_result *out;
};

/*
 * What the verdict on a commit's tree depends on, as one checksum. False
 * where that can't be said, or takes longer than to judge it.
 */
bool gm_check_clean_key(char hex[GM_HASH_HEX], struct gm_project *project,
			const struct gm_check_options *options);

/* Whether nothing at all was found under this key, and in how many. */
bool gm_check_clean_recall(size_t *migrations, const struct gm_repo *repo,
			   const char *hex);

/* Keeps that nothing was found. */
void gm_check_clean_keep(const struct gm_repo *repo, const char *hex,
			 size_t migrations);

/* Finds out what is ours, and reads the text of it. */
int gm_check_find_ours(struct gm_check *check, struct gm_error *err);
void gm_check_release_ours(struct gm_check *check);

/* Edits, deletions and new parents of what is published. */
int gm_check_published(struct gm_check *check, struct gm_error *err);

/*
 * What others have published since, against ours: collisions, conflicts, a
 * fork; and what of ours sorts before what is published.
 */
int gm_check_sides(struct gm_check *check, struct gm_error *err);

/* Migrations of one tree that conflict, though neither stands on the other
 * and nothing stands on both: a merge that nobody looked at. */
int gm_check_heads(struct gm_check *check, struct gm_error *err);

/* The same where only git knows that they were written side by side: in a
 * merge in progress, or where the commit itself is a merge. */
int gm_check_merge(struct gm_check *check, struct gm_error *err);

/* Adds the finding `conflict` for a pair of that verdict. `where` is what
 * people call the other side, NULL where it is the same tree. */
struct gm_finding *gm_check_add_conflict(struct gm_check *check,
					 const struct gm_pair *pair,
					 const char *where);

/* "origin/main" rather than "refs/remotes/origin/main". Borrowed. */
const char *gm_check_ref_name(const struct gm_published_ref *ref);

/* Sets each finding's level and counts; a note stays a note. */
int gm_check_levels(struct gm_check_result *out, struct gm_project *project,
		    struct gm_error *err);

#endif
