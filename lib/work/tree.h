/*
 * The migrations of one commit: names and blob ids, read where the commit's
 * own .gitmigrate says that they are.
 */
#ifndef GM_WORK_TREE_H
#define GM_WORK_TREE_H

#include "work/project.h"

/* A zeroed struct is a tree without migrations. */
struct gm_tree {
	char commit[GM_OID_HEX];
	/* A list for each of the project's apps, in their order. */
	struct gm_files *apps;
	size_t n_apps;
	/* The lists are another tree's, which lives longer. */
	bool is_borrowed;
};

/*
 * Reads a commit's tree, without the contents. An app that the commit doesn't
 * know has no files, as has one whose directory --dir puts elsewhere. A
 * .gitmigrate that can't be read counts as none.
 */
int gm_tree_read(struct gm_tree *tree, struct gm_project *project,
		 const char *commit, struct gm_error *err);
void gm_tree_release(struct gm_tree *tree);

/* The directories of a commit's migrations, one for each of the project's
 * apps, NULL where it has none. The caller frees the list and its strings. */
int gm_tree_dirs(char ***dirs, struct gm_project *project, const char *commit,
		 struct gm_error *err);

#endif
