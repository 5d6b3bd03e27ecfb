/*
 * Migrations that are sent to the database ahead of its answers, where the
 * driver queues: each costs a journey at most, and the database needn't wait
 * for us between two of them. For run.c.
 */
#ifndef GM_WORK_AHEAD_H
#define GM_WORK_AHEAD_H

#include "work/run.h"

/* The step at hand has to run by itself, one statement after the other. */
#define GM_AHEAD_ALONE 2

/* Whether the step at hand is under way already, or may be sent. */
bool gm_ahead_is_open(struct gm_run *run, const struct gm_step *step);

/*
 * Applies the step at hand, and sends those behind it that may be under way
 * meanwhile. As the run's own steps: 0, or an error with nothing of the step
 * done; GM_AHEAD_ALONE where its claim failed and nothing is done.
 */
int gm_ahead_apply(struct gm_run *run, struct gm_error *err);

/* Nothing is under way from now on. */
void gm_ahead_end(struct gm_run *run);

#endif
