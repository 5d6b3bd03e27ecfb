/*
 * What the parts of the judgement on a tree that has grown share.
 */
#ifndef GM_WORK_CHECK_GROWN_H
#define GM_WORK_CHECK_GROWN_H

#include "work/check_rules.h"
#include "work/clean_trees.h"

/* More migrations than this beyond a known tree aren't judged this way. */
#define GM_GROWN_MOST 256

struct gm_grown {
	struct gm_project *project;
	const struct gm_check_view *view;
	/* By app: the directories as they are to be judged. */
	struct gm_strbuf *dirs;
	/* The tree that they have grown out of. */
	const struct gm_clean_tree *tree;
	/* By app: what they have beyond it, with blob ids and then bytes. */
	struct gm_files *added;
	size_t n_added;
	/* Those, and stand-ins for what they stand on. */
	struct gm_series series;
	/* By the place in it: the node; those added come behind the tree's. */
	size_t *nodes;
	/* By app: the first node of the tree, and one more; and the name with
	 * the greatest number, or NULL. */
	size_t *first;
	const char **greatest;
	bool linear;
};

struct gm_tree_bytes gm_grown_bytes(const struct gm_strbuf *text);

/* The app's place in the project; SIZE_MAX: there is none. */
size_t gm_grown_app(const struct gm_grown *g, const char *name);

/* Builds the series. False: a check may find something in it. */
bool gm_grown_build(struct gm_grown *g);

/* Whether those added conflict with none that they don't stand on, and leave
 * the heads as the policy wants them. */
bool gm_grown_heads(struct gm_grown *g);

/* Whether they keep all that is published as it is, and don't disagree with
 * what was published since. */
bool gm_grown_published(struct gm_grown *g);

/* Reads the files and adds them to the side. False where they can't be. */
bool gm_grown_read_side(struct gm_side *side, const struct gm_grown *g,
			size_t app, struct gm_files *files);

#endif
