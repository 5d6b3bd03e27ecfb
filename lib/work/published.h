/*
 * What others may have applied: the migrations that published refs hold,
 * and those of the merge bases between HEAD and them.
 */
#ifndef GM_WORK_PUBLISHED_H
#define GM_WORK_PUBLISHED_H

#include "work/tree.h"

struct gm_published_ref {
	char *name;
	struct gm_tree tip;
	/* The merge bases of the tip and ours; none where the two have no
	 * common history. */
	struct gm_tree *bases;
	size_t n_bases;
};

/* A zeroed struct: nothing is published. */
struct gm_published {
	struct gm_published_ref *v;
	size_t n;
};

/*
 * The commits whose history is ours: HEAD and what a merge in progress brings
 * into it, or the commit that the project's files come from. None before the
 * first commit.
 */
int gm_published_ours(struct gm_strings *out, struct gm_project *project,
		      struct gm_error *err);

/* The full names of the refs that are published; in a bare repository without
 * remote-tracking refs origin/NAME is its own branch NAME. By default HEAD,
 * main and master of the only remote, or of origin. */
int gm_published_refs(struct gm_strings *out, struct gm_project *project,
		      struct gm_error *err);

/*
 * Reads the refs that gm_published_refs gives. Outside a repository: nothing.
 */
int gm_published_load(struct gm_published *out, struct gm_project *project,
		      struct gm_error *err);

/* The same of one commit in place of the refs. With `direct` the commit
 * itself stands in for the merge bases. GM_ENOTFOUND where it is none. */
int gm_published_load_commit(struct gm_published *out,
			     struct gm_project *project, const char *commit,
			     bool direct, struct gm_error *err);
void gm_published_release(struct gm_published *published);

/* Whether a published ref, or a merge base with one, holds a file of that
 * id. */
bool gm_published_has(const struct gm_published *published,
		      const struct gm_project *project, const char *app,
		      const char *id);

#endif
