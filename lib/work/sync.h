/*
 * The steps that make a target hold just what a tree does: what is too much
 * is undone, what is missing applied. A difference of sets: where in the
 * series the two differ doesn't matter. Pure, but for the recorded texts.
 */
#ifndef GM_WORK_SYNC_H
#define GM_WORK_SYNC_H

#include "work/plan.h"
#include "work/recorded.h"

/* Why one is undone. */
enum gm_sync_reason {
	/* The tree has no such file. */
	GM_SYNC_EXTRA,
	/* Its up is another one now. */
	GM_SYNC_EDITED,
	/* It was written on top of one that is undone. */
	GM_SYNC_STANDS,
	/* It touches what undoing another one changes: `object`. */
	GM_SYNC_OVERLAPS,
	/* Whether it does depends on rows, or can't be told: `object` says
	 * what, or why not. */
	GM_SYNC_MAY_OVERLAP,
	/* One that sorts before it is yet to be applied, and it counts which
	 * of the two is first: `object`. */
	GM_SYNC_ORDER
};

/* One that is undone. */
struct gm_sync_undo {
	/* Borrowed from the comparison. */
	const struct gm_item *item;
	/* As it was applied; the plan's. */
	const struct gm_migration *recorded;
	/* The tree holds it: it is applied again. */
	bool again;
	enum gm_sync_reason reason;
	/* The other one, for all reasons but the first two. */
	const struct gm_item *because;
	char *object;
	/* What goes with its data: "table users", "column users.age", "rows of
	 * users"; and why that isn't all, or NULL. */
	struct gm_strings lost;
	char *unknown;
};

/* A zeroed struct is the empty one. */
struct gm_sync {
	/* What is undone, newest position first, then renames, then what is
	 * applied, in the series' order. */
	struct gm_plan plan;
	/* In the order in which they are undone. */
	struct gm_sync_undo *undone;
	size_t n_undone;
	/* How many are applied, those that are applied again among them. */
	size_t n_applied;
};

/*
 * Makes the plan. Renamed ones are carried over, and cosmetic edits and
 * changed downs are no reason. What is under way is the caller's to judge
 * first. GM_EREFUSED where one that has to be undone can't be, for it is
 * irreversible, has no down or is a baseline; where the tree holds no
 * migration at all and something would be undone. GM_EINVALID where a file
 * has no up section for the database.
 */
int gm_sync_plan(struct gm_sync *out, const struct gm_comparison *c,
		 const struct gm_recorded *recorded, struct gm_error *err);
void gm_sync_release(struct gm_sync *sync);

/* Why it is undone, as the end of a sentence: "it is not in the tree". The
 * caller frees it. */
char *gm_sync_why(const struct gm_sync_undo *undo);

/* For sync.c: GM_EREFUSED with all that can't be undone, why it would have to
 * be, and the ways out. */
int gm_sync_check(const struct gm_sync *sync, const struct gm_dialect *dialect,
		  struct gm_error *err);

#endif
