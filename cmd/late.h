/*
 * Stopping at what would be applied out of order and isn't alike in both
 * orders.
 */
#ifndef GM_CMD_LATE_H
#define GM_CMD_LATE_H

#include "cmd/session.h"

/*
 * Looks at the plan's apply steps. GM_EREFUSED, after both sides' lines on
 * stderr, where one conflicts with what is applied and sorts after it; with
 * `allowed` that is only noted, as what can't be told always is.
 */
int gm_late_judge(struct session *s, const struct gm_plan *plan, bool allowed);

#endif
