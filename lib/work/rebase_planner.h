/*
 * How a rebase is planned, in steps: what rebase.c, rebase_place.c and
 * rebase_write.c share.
 */
#ifndef GM_WORK_REBASE_PLANNER_H
#define GM_WORK_REBASE_PLANNER_H

#include "series/seal.h"
#include "work/rebase_onto.h"

/* One of ours on its way. */
struct gm_ours {
	const struct gm_migration *m;
	char *id;
	/* Its parents afterwards, borrowed; ours and others. */
	const struct gm_migration **parents;
	size_t n_parents;
	/* It has parent lines, or gets them. */
	bool written;
	/* The path of one that it stood on, which the history of what is
	 * checked out doesn't have; it goes where that one stood. Or NULL. */
	char *gone;
	/* Git knows nothing of that one. */
	bool gone_unknown;
	struct gm_strbuf before;
	struct gm_strbuf after;
};

struct gm_rebase_planner {
	struct gm_project *project;
	const struct gm_onto *onto;
	const struct gm_series *series;
	/* By place in the series: the one of ours, or NULL. */
	struct gm_ours **of;
	struct gm_ours *v;
	size_t n;
	/* Every dependency on one of ours that is renamed. */
	struct gm_seal_dependency *depends;
	size_t n_depends;
	bool linear;
};

/* The one of ours that the migration is, or NULL. Borrowed. */
struct gm_ours *gm_rebase_ours(const struct gm_rebase_planner *planner,
			       const struct gm_migration *migration);

/* The series as it would be, from the texts and ids that ours have so far;
 * or what it would be without ours. */
void gm_rebase_build(const struct gm_rebase_planner *planner, bool with_ours,
		     struct gm_series *out);

/* Adds to the parents of one of ours what those stood on, and what is ours,
 * that it names and that aren't there any more; or, where that can't be told
 * and it has no other, the one before it in the order (NULL: none). */
void gm_rebase_find_gone(struct gm_rebase_planner *planner,
			 struct gm_ours *ours,
			 const struct gm_migration *before);

/* Gives each of ours its parents and its id. */
void gm_rebase_place(struct gm_rebase_planner *planner);

/* Writes the texts, and looks whether they say what they should: GM_EREFUSED
 * where the series could not be run. */
int gm_rebase_write(struct gm_rebase_planner *planner, struct gm_error *err);

#endif
