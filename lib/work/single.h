/*
 * All steps in one transaction, or none. For run.c.
 */
#ifndef GM_WORK_SINGLE_H
#define GM_WORK_SINGLE_H

#include "work/run.h"

/* Whether that transaction makes the history's tables as well. */
bool gm_single_makes_tables(const struct gm_run *run);

/*
 * Begins it; and ends it, where `ret` is what came of that and of the steps:
 * committed, or taken back whole with an error. Returns that, or what became
 * of the commit.
 */
int gm_single_begin(struct gm_run *run, struct gm_error *err);
int gm_single_end(struct gm_run *run, int ret, struct gm_error *err);

/* The step at hand, as the run's own steps: 1 where another run was faster. */
int gm_single_apply(struct gm_run *run, const struct gm_step *step,
		    struct gm_error *err);
int gm_single_rollback(struct gm_run *run, const struct gm_step *step,
		       struct gm_error *err);

#endif
