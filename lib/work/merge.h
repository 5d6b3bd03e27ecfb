/*
 * Heads that are apart: what is between them, and the migration that brings
 * them together.
 */
#ifndef GM_WORK_MERGE_H
#define GM_WORK_MERGE_H

#include "work/conflicts.h"
#include "work/order.h"

/* The heads of one app. */
struct gm_merge {
	const struct gm_app *app;
	/* In the series' order; borrowed from it. */
	struct gm_migration **heads;
	size_t n_heads;
	/* Every two heads against each other; and, while git merges, every
	 * two commits that it merges. */
	struct gm_conflicts_list list;
	/* The pairs in the list that nobody has reconciled, each once:
	 * conflicts first, then what can't be told. Borrowed from the list. */
	const struct gm_pair **pairs;
	size_t n_pairs;
	size_t conflicts;
	/* Those that conflict with one of an app behind this one in the
	 * project's list, and have no order: nothing can have parents in two
	 * apps. Borrowed from the list. */
	const struct gm_pair **across;
	size_t n_across;
	/* Those over what one side took away and the other one needs: nobody
	 * can stand on that. Borrowed from the list. */
	const struct gm_pair **gone;
	size_t n_gone;
	/* What has to be brought together for that, in the series' order;
	 * none where there is no conflict. */
	struct gm_migration **parents;
	size_t n_parents;
};

/* Adds what the tree was merged from: HEAD and what a merge in progress brings
 * into it, or the parents of a commit that is a merge itself. */
int gm_merge_sides(struct gm_strings *out, struct gm_project *project,
		   struct gm_error *err);

/*
 * Looks at the project's loaded series and, with a list of commits
 * (gm_merge_sides), at these. With `join` all heads are to be
 * brought together.
 */
int gm_merge_find(struct gm_merge *out, struct gm_project *project,
		  const struct gm_app *app, const struct gm_strings *commits,
		  bool join, struct gm_error *err);
void gm_merge_release(struct gm_merge *merge);

/* Adds the file's text: the parents, and the pairs as comments in an up
 * section for somebody to fill. */
void gm_merge_write(const struct gm_merge *merge, struct gm_order *order,
		    struct gm_strbuf *out);

/* The two of a conflict as the series applies them. */
void gm_merge_in_order(const struct gm_pair *pair, const struct gm_order *order,
		       const struct gm_migration **first,
		       const struct gm_migration **second);

#endif
