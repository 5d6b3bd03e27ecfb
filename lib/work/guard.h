/*
 * What the hooks check: the migrations that a commit, a merge or a push would
 * bring. A comparison of trees tells first whether it would bring any; only
 * then is anything read.
 */
#ifndef GM_WORK_GUARD_H
#define GM_WORK_GUARD_H

#include "work/check.h"

enum gm_guard_verdict {
	/* No migration is touched. */
	GM_GUARD_UNTOUCHED,
	/* Nothing says that there are any: neither a .gitmigrate in that tree
	 * nor the user's settings. */
	GM_GUARD_NO_PROJECT,
	/* A migration is touched: judged, and the result says how. */
	GM_GUARD_JUDGED
};

/*
 * Whether two commits have different migrations, where the project, opened
 * at the work tree, keeps them, or another .gitmigrate: 1, 0 or an error. A
 * name that is no commit has none.
 */
int gm_guard_differ(struct gm_project *project, const char *a, const char *b,
		    struct gm_error *err);

/*
 * Judges what is in the index and not in HEAD. Warnings and notes on other
 * files are left out. The project was opened with GM_FROM_INDEX.
 */
int gm_guard_index(enum gm_guard_verdict *verdict, struct gm_check_result *out,
		   struct gm_project *project, struct gm_error *err);

/*
 * Opens the project as a commit has it, under the rules of the commit
 * `policy`; NULL: under its own. Where those of `policy` can't be read, under
 * the defaults.
 */
int gm_guard_open(struct gm_project *project,
		  const struct gm_project_options *options, const char *commit,
		  const char *policy, struct gm_error *err);

/* One ref that a push would change. */
struct gm_ref_update {
	/* The name that it has, or will have, where it is pushed to. */
	char *ref;
	/* Its commits before and after; "" where there is none. */
	char before[GM_OID_HEX];
	char after[GM_OID_HEX];
	/* Filled by gm_updates_find: the commit that `after` is or names, as
	 * a tag does; "" where it is none or the ref goes. */
	char commit[GM_OID_HEX];
	enum gm_guard_verdict verdict;
	/* What it held is published, and has to stay. */
	bool published;
};

/* A zeroed struct is the empty list. */
struct gm_updates {
	struct gm_ref_update *v;
	size_t n;
	size_t cap;
	/* The name of the remote that is pushed to; NULL: to this one. */
	const char *remote;
	/* Opened by gm_updates_find. */
	struct gm_repo *repo;
};

/*
 * Reads the lines that git writes to pre-push (remote: its name) or to
 * pre-receive (remote: NULL). GM_EINVALID for something else.
 */
int gm_updates_parse(struct gm_updates *out, const char *text,
		     const char *remote, struct gm_error *err);
void gm_updates_release(struct gm_updates *updates);

/* The name of the ref here that says what it holds, or held; "" where there
 * is none. The caller frees it. */
char *gm_update_ref_here(const struct gm_updates *updates,
			 const struct gm_ref_update *update);

/*
 * Finds those that touch a migration: the verdict of the others is
 * GM_GUARD_UNTOUCHED. The options are those that a project is opened with.
 */
int gm_updates_find(struct gm_updates *updates,
		    const struct gm_project_options *options,
		    struct gm_error *err);

/*
 * Judges one of those that are touched, and sets its verdict. Of what is
 * pushed to this repository the rules are those of the commit before, or of
 * HEAD, and of the repository's own configuration.
 */
int gm_guard_update(struct gm_ref_update *update, struct gm_check_result *out,
		    const struct gm_updates *updates,
		    const struct gm_project_options *options,
		    struct gm_error *err);

#endif
