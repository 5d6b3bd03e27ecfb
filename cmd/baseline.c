/*
 * git migrate baseline: a database that was there before the tool holds
 * everything up to one migration.
 */
#include "cmd/mark.h"

static int make_plan(struct session *s, struct gm_plan *plan)
{
	const struct gm_comparison *c = &s->comparison;
	const struct gm_item *last;
	size_t i;
	int ret = gm_comparison_find(&last, c, s->in->args[0], &s->err);

	if (!ret && !last->file)
		ret = gm_error_set(&s->err, GM_EREFUSED,
				   "'%s' has no file in this tree",
				   gm_item_id(last));
	for (i = 0; !ret && i < c->n; i++) {
		const struct gm_item *item = &c->v[i];

		if (item->file && !item->row)
			gm_plan_add(plan, GM_STEP_BASELINE, item->file, NULL);
		if (item == last)
			break;
	}
	return ret;
}

static int run_baseline(const struct invocation *in)
{
	if (in->n_args != 1)
		return gm_usage_error(in, "name the last migration that the "
					  "database holds");
	return gm_mark_run(in, make_plan);
}

const struct command gm_command_baseline = {
	.name = "baseline",
	.usage = "[--dry-run] REV",
	.summary = "mark everything up to REV as in place already",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.values_size = sizeof(struct common),
	.run = run_baseline,
};
