/*
 * git migrate drop-database: removes the target's database and all that it
 * holds.
 */
#include <stdlib.h>

#include "cmd/output.h"
#include "cmd/session.h"

struct drop_values {
	struct common common;
	bool yes;
	bool if_exists;
};

#define AT(member) offsetof(struct drop_values, member)

static const struct option_spec options[] = {
	{ OPTION_BOOL, 'y', "yes", AT(yes), NULL, "yes, all that it holds" },
	{ OPTION_BOOL, '\0', "if-exists", AT(if_exists), NULL,
	  "no error where there is none" },
	{ .type = OPTION_END },
};

static int run_drop(const struct invocation *in)
{
	const struct drop_values *v = (const struct drop_values *)in->values;
	struct session s;
	int ret;

	if (in->n_args)
		return gm_no_arguments(in);
	ret = gm_session_open(&s, in, 0, NULL);
	if (!ret)
		ret = gm_session_drop_database(&s, v->yes, v->if_exists);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_drop_database = {
	.name = "drop-database",
	.usage = "--yes [--if-exists] [--dry-run]",
	.summary = "remove the target's database and all that it holds",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct drop_values),
	.run = run_drop,
};
