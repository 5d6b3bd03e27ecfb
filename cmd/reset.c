/*
 * git migrate reset: rolls back everything.
 */
#include <stdlib.h>

#include "cmd/output.h"
#include "cmd/session.h"
#include "cmd/undo.h"

struct reset_values {
	struct common common;
	bool yes;
};

#define AT(member) offsetof(struct reset_values, member)

static const struct option_spec options[] = {
	{ OPTION_BOOL, 'y', "yes", AT(yes), NULL, "yes, everything" },
	{ .type = OPTION_END },
};

static int run_reset(const struct invocation *in)
{
	const struct reset_values *v = (const struct reset_values *)in->values;
	struct undo undo = { .choice = { .all = true, .batch = -1 },
			     .yes = v->yes };
	struct session s;
	int ret;

	if (in->n_args)
		return gm_no_arguments(in);
	ret = gm_session_open(&s, in, SESSION_FILES | SESSION_CHANGE, NULL);
	if (!ret && !v->yes && !in->values->dry_run) {
		char *name = gm_project_target_name(&s.project);
		char count[64];

		ret = gm_error_set(&s.err, GM_EREFUSED,
				   "this would undo everything on %s: %s", name,
				   gm_plural(count, s.comparison.history->n,
					     "migration"));
		gm_error_hint(&s.err, "git migrate reset --yes; --dry-run "
				      "shows the SQL");
		free(name);
	}
	if (!ret)
		ret = gm_undo_run(&s, &undo);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_reset = {
	.name = "reset",
	.usage = "--yes [--dry-run]",
	.summary = "roll back everything",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct reset_values),
	.run = run_reset,
};
