/*
 * git migrate create-database: makes the target's database, empty.
 */
#include <stdlib.h>

#include "cmd/output.h"
#include "cmd/session.h"
#include "work/connect.h"

struct create_values {
	struct common common;
	bool if_not_exists;
};

#define AT(member) offsetof(struct create_values, member)

static const struct option_spec options[] = {
	{ OPTION_BOOL, '\0', "if-not-exists", AT(if_not_exists), NULL,
	  "no error where it is there already" },
	{ .type = OPTION_END },
};

static int run_create(const struct invocation *in)
{
	const struct create_values *v =
		(const struct create_values *)in->values;
	struct session s;
	char *name;
	int ret;

	if (in->n_args)
		return gm_no_arguments(in);
	ret = gm_session_open(&s, in, 0, NULL);
	if (!ret)
		ret = gm_project_find_target(&s.project, &s.err);
	if (!ret && !in->values->dry_run)
		ret = gm_project_create_database(&s.project, v->if_not_exists,
						 &s.err);
	if (ret >= 0 && (in->values->dry_run || !in->values->quiet)) {
		name = gm_project_target_name(&s.project);
		printf("%s %s\n",
		       in->values->dry_run ? "would create"
		       : ret		   ? "exists already:"
					   : "created",
		       name);
		free(name);
	}
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_create_database = {
	.name = "create-database",
	.usage = "[--if-not-exists] [--dry-run]",
	.summary = "make the target's database",
	.groups = GROUP_TARGET | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct create_values),
	.run = run_create,
};
