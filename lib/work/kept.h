/*
 * What would stay, and can't without what a rollback takes away. Pure, but
 * for the recorded texts.
 */
#ifndef GM_WORK_KEPT_H
#define GM_WORK_KEPT_H

#include "work/plan.h"
#include "work/recorded.h"

/*
 * Looks at a plan of rollbacks whose sources are loaded. GM_EREFUSED where
 * one that would stay stands on one that goes, by its parents or dependencies
 * or because it touches the same; the hint has all that would have to go.
 * Where it may only touch the same, `notes` gets a sentence, and it stays.
 */
int gm_kept_check(struct gm_plan *plan, const struct gm_comparison *c,
		  const struct gm_recorded *recorded, struct gm_strings *notes,
		  struct gm_error *err);

#endif
