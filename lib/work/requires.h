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

#endif
