/*
 * Whether a migration can stay where one that was applied before it goes.
 * Pure.
 */
#ifndef GM_WORK_STANDING_H
#define GM_WORK_STANDING_H

#include "work/commute.h"

/* What migrations do, and what undoing them does. */
struct gm_standing {
	struct gm_footprints ups;
	struct gm_footprints downs;
};

enum gm_hold {
	GM_HOLD_NONE,
	/* They may touch the same: it depends on rows, or can't be told. */
	GM_HOLD_MAYBE,
	GM_HOLD_OVERLAP
};

void gm_standing_init(struct gm_standing *standing,
		      const struct gm_dialect *dialect);
void gm_standing_release(struct gm_standing *standing);

/* Whether an applied one was written right on top of another: by the parents
 * and dependencies of its file or, where there is none, by the parents that
 * are recorded. A file may have been put elsewhere since. */
bool gm_item_stands_on(const struct gm_item *item, const struct gm_item *below);

/* Whether it was when it was applied, and its file says otherwise now. */
bool gm_item_stood_on(const struct gm_item *item, const struct gm_item *below);

/*
 * Whether `kept` uses, or is in the way of, what undoing `gone` changes, told
 * from the SQL of both. `*what` is "table users", or, where that can't be
 * told, why not; the caller frees it. NULL with GM_HOLD_NONE.
 */
enum gm_hold gm_holds(struct gm_standing *standing,
		      const struct gm_migration *kept,
		      const struct gm_migration *gone, char **what);

/*
 * Whether it counts in which order the two run: only where that is certain.
 * `*what` as above.
 */
bool gm_order_counts(struct gm_standing *standing, const struct gm_migration *a,
		     const struct gm_migration *b, char **what);

#endif
