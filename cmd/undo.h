/*
 * What rollback, redo and reset share: a plan of what is undone, said
 * aloud, and carried out under the lock.
 */
#ifndef GM_CMD_UNDO_H
#define GM_CMD_UNDO_H

#include "cmd/session.h"
#include "work/plan.h"

struct undo {
	struct gm_rollback_choice choice;
	bool yes;
	bool single_transaction;
	/* Adds steps behind the rollbacks; NULL: none. */
	int (*add_steps)(struct session *s, struct gm_plan *plan);
};

/* Returns 0 or a negative code with s->err set. */
int gm_undo_run(struct session *s, const struct undo *undo);

/* Refuses a plan of rollbacks, its sources loaded, where something that would
 * stay stands on what goes; says so where that may be. */
int gm_undo_judge(struct session *s, struct gm_plan *plan);

#endif
