/*
 * What steps write into the history. For run.c and journal.c.
 */
#ifndef GM_WORK_ROWS_H
#define GM_WORK_ROWS_H

#include "work/run.h"

/* The row that a step would write, from its migration. The caller frees
 * it. */
struct gm_history_row *gm_run_row(struct gm_run *run,
				  const struct gm_step *step,
				  enum gm_row_state state);

/* Logs what this run does to the row: who does it and from where is the
 * run's, not what the row says of how it was applied. */
int gm_run_log(struct gm_run *run, const char *action,
	       const struct gm_history_row *row, const char *detail,
	       struct gm_error *err);

/* Logs a failure, as far as that is possible. */
void gm_run_log_failure(struct gm_run *run, const struct gm_history_row *row,
			const struct gm_error *err);

/* Does what the steps do that run no SQL of the user's: rename, fake,
 * baseline, unfake, accept. Inside a transaction of the caller's. */
int gm_run_change_rows(struct gm_run *run, const struct gm_step *step,
		       struct gm_error *err);

/* A row's claim failed with `ret`: 1 where another run has done it by now,
 * GM_EREFUSED where another one has begun with it, else `ret`. */
int gm_run_judge_claim(struct gm_run *run, const struct gm_history_row *row,
		       int ret, struct gm_error *err);

#endif
