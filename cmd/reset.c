/*
 * git migrate reset: rolls back everything, or takes the database away.
 */
#include <stdlib.h>

#include "cmd/output.h"
#include "cmd/session.h"
#include "cmd/undo.h"
#include "work/connect.h"

struct reset_values {
	struct common common;
	bool yes;
	bool hard;
};

#define AT(member) offsetof(struct reset_values, member)

static const struct option_spec options[] = {
	{ OPTION_BOOL, 'y', "yes", AT(yes), NULL, "yes, everything" },
	{ OPTION_BOOL, '\0', "hard", AT(hard), NULL,
	  "remove the database, and make it again, empty" },
	{ .type = OPTION_END },
};

/* Nothing is rolled back: the database goes, with what no migration made. */
static int reset_hard(const struct invocation *in, bool yes)
{
	struct session s;
	char *name;
	int ret = gm_session_open(&s, in, 0, NULL);

	if (!ret)
		ret = gm_session_drop_database(&s, yes, true);
	if (ret < 0)
		return gm_session_end(&s, ret, EXIT_DONE);
	name = gm_project_target_name(&s.project);
	ret = in->values->dry_run
		      ? 0
		      : gm_project_create_database(&s.project, false, &s.err);
	if (ret < 0)
		gm_error_hint(&s.err, "the old one is gone; git migrate "
				      "create-database makes one");
	else if (in->values->dry_run)
		printf("would create %s\n", name);
	else if (!in->values->quiet)
		printf("created %s\n", name);
	free(name);
	return gm_session_end(&s, ret, EXIT_DONE);
}

static int run_reset(const struct invocation *in)
{
	const struct reset_values *v = (const struct reset_values *)in->values;
	struct undo undo = { .choice = { .all = true, .batch = -1 },
			     .yes = v->yes };
	struct session s;
	int ret;

	if (in->n_args)
		return gm_no_arguments(in);
	if (v->hard)
		return reset_hard(in, v->yes);
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
	.usage = "[--hard] --yes [--dry-run]",
	.summary = "roll back everything",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct reset_values),
	.run = run_reset,
};
