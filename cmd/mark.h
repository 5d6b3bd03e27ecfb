/*
 * Changing what the history says, without running any migration's SQL: what
 * fake, baseline and accept share.
 */
#ifndef GM_CMD_MARK_H
#define GM_CMD_MARK_H

#include "cmd/session.h"
#include "work/plan.h"

/* Opens the session, plans under the lock, carries out or prints, and ends:
 * returns the exit status. */
int gm_mark_run(const struct invocation *in,
		int (*make_plan)(struct session *s, struct gm_plan *plan));

#endif
