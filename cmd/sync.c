/*
 * git migrate sync: moves the target to just what a tree holds.
 */
#include "cmd/session.h"
#include "cmd/syncing.h"

struct sync_values {
	struct common common;
	bool apart;
	bool yes;
};

#define AT(member) offsetof(struct sync_values, member)

static const struct option_spec options[] = {
	{ OPTION_BOOL, '\0', "no-single-transaction", AT(apart), NULL,
	  "each migration in a transaction of its own" },
	{ OPTION_BOOL, 'y', "yes", AT(yes), NULL,
	  "undo where the target is protected, too" },
	{ .type = OPTION_END },
};

static int run_sync(const struct invocation *in)
{
	const struct sync_values *v = (const struct sync_values *)in->values;
	struct syncing how = { .commit = in->n_args ? in->args[0] : NULL,
			       .apart = v->apart,
			       .yes = v->yes };
	struct session s;
	int ret;

	if (in->n_args > 1)
		return gm_usage_error(in, "'sync' takes one commit, not '%s'",
				      in->args[1]);
	ret = gm_session_open(&s, in,
			      SESSION_FILES | SESSION_RUNNABLE | SESSION_CHANGE,
			      how.commit);
	if (!ret)
		ret = gm_syncing_run(&s, &how);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_sync = {
	.name = "sync",
	.usage = "[--no-single-transaction] [--yes] [--dry-run] [COMMIT]",
	.summary = "undo and apply until the target holds what a commit does",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct sync_values),
	.run = run_sync,
};
