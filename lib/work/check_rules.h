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

/* Where a commit has its migrations. */
struct gm_check_place {
	char commit[GM_OID_HEX];
	/* By app: the directory, NULL where there is none, and its tree's id,
	 * empty where there is none. */
	char **dirs;
	struct gm_strings trees;
	size_t n;
};

/* Commits by their places in the view. */
struct gm_check_ref {
	char *name;
	size_t tip;
	size_t *bases;
	size_t n_bases;
};

/* What a verdict on a commit's tree, or on the index, depends on. */
struct gm_check_view {
	/* Of every setting. */
	char settings[GM_HASH_HEX];
	/* Each commit once; the first one is ours. */
	struct gm_check_place *places;
	size_t n_places;
	size_t cap_places;
	/* What the index has beyond it, and that list where it is the view's
	 * own. */
	const struct gm_staged *staged;
	struct gm_staged found;
	/* What is published, no two with one tip. */
	struct gm_check_ref *refs;
	size_t n_refs;
	size_t cap_refs;
};

/* False where that can't be said, or takes longer than to judge it. The view
 * is to be released in any case. */
bool gm_check_view_load(struct gm_check_view *view, struct gm_project *project,
			const struct gm_check_options *options);
void gm_check_view_release(struct gm_check_view *view);

/* Adds a text to a key, so that no other text makes the same key. */
void gm_check_key_add(struct gm_strbuf *key, const char *text);

/* All of it as one checksum. */
void gm_check_clean_key(char hex[GM_HASH_HEX],
			const struct gm_check_view *view);

/* Whether nothing at all was found under this key, and in how many. */
bool gm_check_clean_recall(size_t *migrations, const struct gm_repo *repo,
			   const char *hex);

/* Keeps that nothing was found. */
void gm_check_clean_keep(const struct gm_repo *repo, const char *hex,
			 size_t migrations);

/*
 * Whether the tree is one that was found clean before and a few migrations
 * beyond, which bring nothing that a check would find: then it need not be
 * loaded. True: it is clean, and has so many. False says nothing.
 */
bool gm_check_grown(size_t *migrations, struct gm_project *project,
		    const struct gm_check_view *view);

/* Keeps the loaded series for that, if it will do. */
void gm_check_grown_keep(struct gm_project *project,
			 const struct gm_check_view *view);

/* The level of a rule, as migrate.check.RULE sets it; GM_EINVALID. */
int gm_check_level(const struct gm_project *project, enum gm_rule rule,
		   enum gm_level *level, struct gm_error *err);

/* The rules on a single file that leave it a part of the series: what they
 * find is no matter where their level is off. */
bool gm_check_is_local(enum gm_rule rule);

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

/* The same where only git knows that they were written side by side, and what
 * one side took away that the other uses: in a merge in progress, or where the
 * commit itself is a merge. */
int gm_check_merge(struct gm_check *check, struct gm_error *err);

/* Migrations that were brought together in an order in which they can't run. */
int gm_check_order(struct gm_check *check, struct gm_error *err);

/* Whether what is to be judged is a merge of which a side took something away:
 * then its trees don't tell all. The series needn't be loaded. */
bool gm_check_merge_takes_away(struct gm_project *project);

/* Adds the finding `conflict` for a pair of that verdict. `where` is what
 * people call the other side, NULL where it is the same tree. */
struct gm_finding *gm_check_add_conflict(struct gm_check *check,
					 const struct gm_pair *pair,
					 const char *where);

/* Sets each finding's level and counts; a note stays a note. */
int gm_check_levels(struct gm_check_result *out, struct gm_project *project,
		    struct gm_error *err);

/* What the target has applied, against the files. */
int gm_check_database(struct gm_check *check, struct gm_error *err);

#endif
