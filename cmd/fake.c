/*
 * git migrate fake: marks as applied without running, or takes the mark
 * away.
 */
#include "cmd/mark.h"

struct fake_values {
	struct common common;
	bool all;
	bool undo;
	bool yes;
};

#define AT(member) offsetof(struct fake_values, member)

static const struct option_spec options[] = {
	{ OPTION_BOOL, '\0', "all", AT(all), NULL, "everything pending" },
	{ OPTION_BOOL, '\0', "undo", AT(undo), NULL,
	  "forget that it was applied, without undoing it" },
	{ OPTION_BOOL, 'y', "yes", AT(yes), NULL,
	  "with --undo: go on where the target is protected" },
	{ .type = OPTION_END },
};

static bool is_marked(const struct gm_item *item)
{
	return item->row && (item->row->state == GM_ROW_FAKED ||
			     item->row->state == GM_ROW_BASELINE);
}

static int add_step(struct session *s, struct gm_plan *plan,
		    const struct gm_item *item, bool undo)
{
	if (item->under_way)
		return gm_error_set(&s->err, GM_EREFUSED, "'%s' is under way",
				    gm_item_id(item));
	if (undo && !item->row)
		return gm_error_set(&s->err, GM_EREFUSED, "'%s' is not applied",
				    gm_item_id(item));
	if (!undo && item->row)
		return gm_error_set(&s->err, GM_EREFUSED,
				    "'%s' is applied already",
				    gm_item_id(item));
	gm_plan_add(plan, undo ? GM_STEP_UNFAKE : GM_STEP_FAKE,
		    undo ? NULL : item->file, item->row);
	return 0;
}

static int make_plan(struct session *s, struct gm_plan *plan)
{
	const struct fake_values *v = (const struct fake_values *)s->in->values;
	const struct gm_comparison *c = &s->comparison;
	size_t i;
	int ret = 0;

	if (v->undo && !s->in->values->dry_run)
		ret = gm_session_announce(s, v->yes);
	for (i = 0; v->all && !ret && i < c->n; i++)
		if (v->undo ? is_marked(&c->v[i]) : !c->v[i].row)
			ret = add_step(s, plan, &c->v[i], v->undo);
	for (i = 0; !ret && i < s->in->n_args; i++) {
		const struct gm_item *item;

		ret = gm_comparison_find(&item, c, s->in->args[i], &s->err);
		if (!ret)
			ret = add_step(s, plan, item, v->undo);
	}
	return ret;
}

static int run_fake(const struct invocation *in)
{
	const struct fake_values *v = (const struct fake_values *)in->values;

	if (v->all == (in->n_args > 0))
		return gm_usage_error(in, "name migrations, or say --all");
	return gm_mark_run(in, make_plan);
}

const struct command gm_command_fake = {
	.name = "fake",
	.usage = "[--undo] [--dry-run] (REV… | --all)",
	.summary = "mark as applied without running, or unmark",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct fake_values),
	.run = run_fake,
};
