/*
 * Getting files ready to be applied, for apply and redo.
 */
#ifndef GM_CMD_READY_H
#define GM_CMD_READY_H

#include "cmd/session.h"
#include "work/plan.h"

/*
 * From now on a change is a change: the unpublished files that the plan
 * applies are sealed, unless migrate.autoSeal is off. Returns 1 where a file
 * was written, so that files and plan have to be made again; 0 or an error.
 */
int gm_ready_seal(struct session *s, const struct gm_plan *plan);

/*
 * What is sealed and was changed since then could not be sealed again: it is
 * published, or comes from a commit: GM_EREFUSED. And a file that does
 * nothing is mostly one that somebody forgot to fill: a warning.
 */
int gm_ready_judge(struct session *s, const struct gm_plan *plan);

#endif
