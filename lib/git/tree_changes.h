/*
 * Directories against each other, from their tree objects: many of them,
 * large ones, and most entries the same.
 */
#ifndef GM_GIT_TREE_CHANGES_H
#define GM_GIT_TREE_CHANGES_H

#include "git/repo.h"

/* What a directory has that none of its bases has, and the other way
 * round. */
struct gm_tree_question {
	/* Ids of tree objects, borrowed; an empty one is an empty tree. */
	const char *tree;
	const struct gm_strings *bases;
	/* The answer: its files (not its directories) that no base has, under
	 * that name or another. Names and blob ids; no paths. */
	struct gm_files changed;
	/* What the bases have under the names of these. */
	struct gm_files before;
	/* The bases' files whose names it doesn't have, each once; and at the
	 * same places the name that such a file has now, or "". */
	struct gm_files gone;
	struct gm_strings gone_to;
};

/* Fills in the answers. GM_ENOTFOUND where a tree isn't in the repository. */
int gm_repo_compare_trees(struct gm_repo *repo, struct gm_tree_question *v,
			  size_t n, struct gm_error *err);

#endif
