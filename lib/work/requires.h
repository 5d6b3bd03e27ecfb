/*
 * Targets that take only what is published: `migrate-target.NAME.requires`.
 */
#ifndef GM_WORK_REQUIRES_H
#define GM_WORK_REQUIRES_H

#include "work/plan.h"
#include "work/project.h"

/*
 * Whether all that the plan would write into the history is held by the ref
 * that the target requires: by blob id, or by checksum. What undoes, and what
 * forgets a row, needs no leave. 0 as well where the target requires none;
 * GM_EREFUSED with the names of those that aren't there, or outside a
 * repository; GM_ENOTFOUND where there is no such ref.
 */
int gm_requires_check(struct gm_project *project, const struct gm_plan *plan,
		      struct gm_error *err);

/* The same, of each step: marks those whose migration isn't held there. The
 * marks, one for each step, are to be zeroed. */
int gm_requires_find(struct gm_project *project, const struct gm_plan *plan,
		     bool *missing, struct gm_error *err);

/* Sets GM_EREFUSED for these names, of which there is one at least. */
int gm_requires_refuse(const struct gm_project *project,
		       const struct gm_strings *missing, struct gm_error *err);

#endif
