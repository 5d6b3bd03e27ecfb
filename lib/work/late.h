/*
 * What an apply would run out of order, judged before it runs: files and
 * history as gm_clashes_find sees them, with what was recorded read where no
 * file says it.
 */
#ifndef GM_WORK_LATE_H
#define GM_WORK_LATE_H

#include "work/commute.h"
#include "work/plan.h"
#include "work/project.h"
#include "work/recorded.h"

/* A zeroed struct is an apply in good order. */
struct gm_late {
	struct gm_clashes clashes;
	/* How many of them are conflicts; these come first. */
	size_t conflicts;
	/* What the clashes borrow from. */
	struct gm_footprints footprints;
	struct gm_migration **recorded;
	size_t n_recorded;
};

/*
 * Judges the plan's apply steps against what is applied and sorts after
 * them. A row without a file whose text wasn't recorded can't be judged and
 * is left out. Borrows from the plan and the comparison.
 */
int gm_late_find(struct gm_late *out, const struct gm_comparison *c,
		 const struct gm_plan *plan, const struct gm_recorded *recorded,
		 struct gm_error *err);
void gm_late_release(struct gm_late *late);

/* Sets GM_EREFUSED for a conflict: between which two, and the ways out of it
 * for the command of that name. */
int gm_late_refuse(const struct gm_project *project,
		   const struct gm_clash *clash, const char *command,
		   struct gm_error *err);

#endif
