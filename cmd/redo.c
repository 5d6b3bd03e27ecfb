/*
 * git migrate redo: rolls back as it was applied, and applies again as the
 * files are now.
 */
#include <string.h>

#include "cmd/session.h"
#include "cmd/undo.h"

struct redo_values {
	struct common common;
	long long count;
	bool yes;
};

#define AT(member) offsetof(struct redo_values, member)

static const struct option_spec options[] = {
	{ OPTION_COUNT, 'c', "count", AT(count), "N",
	  "redo the N newest (1 by default)" },
	{ OPTION_BOOL, 'y', "yes", AT(yes), NULL,
	  "go on where the target is protected" },
	{ .type = OPTION_END },
};

/* Behind the rollbacks, the same again in the series' order. */
static int apply_again(struct session *s, struct gm_plan *plan)
{
	const struct gm_comparison *c = &s->comparison;
	size_t n = plan->n;
	size_t i;
	size_t k;

	for (k = 0; k < n; k++) {
		const struct gm_history_row *row = plan->v[k].row;

		if (gm_series_find(c->series, row->app, row->id))
			continue;
		gm_error_set(&s->err, GM_EREFUSED,
			     "'%s' has no file in this tree: it could be "
			     "undone, but not applied again",
			     row->id);
		return gm_error_hint(&s->err, "git migrate rollback %s",
				     row->id);
	}
	for (i = 0; i < c->n; i++)
		for (k = 0; k < n; k++)
			if (c->v[i].file && c->v[i].row == plan->v[k].row)
				gm_plan_add(plan, GM_STEP_APPLY, c->v[i].file,
					    NULL);
	return 0;
}

static int run_redo(const struct invocation *in)
{
	const struct redo_values *v = (const struct redo_values *)in->values;
	struct undo undo = {
		.choice = { .count = (size_t)v->count, .batch = -1 },
		.yes = v->yes,
		.add_steps = apply_again,
	};
	struct session s;
	int ret;

	if (in->n_args)
		return gm_no_arguments(in);
	ret = gm_session_open(&s, in,
			      SESSION_FILES | SESSION_RUNNABLE | SESSION_CHANGE,
			      NULL);
	if (!ret)
		ret = gm_undo_run(&s, &undo);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_redo = {
	.name = "redo",
	.usage = "[--count=N] [--dry-run]",
	.summary = "roll back, and apply again as the file is now",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct redo_values),
	.run = run_redo,
};
