/*
 * Making the target hold what the files do, for sync and the hooks.
 */
#ifndef GM_CMD_SYNCING_H
#define GM_CMD_SYNCING_H

#include "cmd/session.h"

struct syncing {
	/* Where the session's files come from; NULL: the work tree. */
	const char *commit;
	/* Undo on a protected target, too. */
	bool yes;
	/* Each step in a transaction of its own, where all could be in one. */
	bool apart;
	/* Undo nothing: apply what is pending. GM_EREFUSED where something
	 * that is applied was edited. */
	bool only_apply;
	/* Leave the files as they are: don't seal what is applied. */
	bool no_seal;
};

/*
 * Shows what is undone and why, what is lost with that, and does it; or, with
 * --dry-run, prints the SQL. The session is opened with SESSION_FILES,
 * SESSION_RUNNABLE and SESSION_CHANGE. Returns 0 or a negative code with
 * s->err set.
 */
int gm_syncing_run(struct session *s, const struct syncing *how);

#endif
