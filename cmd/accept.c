/*
 * git migrate accept: the database is right as it is; record the file as it
 * is now.
 */
#include "cmd/mark.h"

static bool has_changed(const struct gm_item *item)
{
	return item->state == GM_STATE_EDITED ||
	       item->state == GM_STATE_COSMETIC || item->down_changed ||
	       item->verify_changed;
}

static int make_plan(struct session *s, struct gm_plan *plan)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < s->in->n_args; i++) {
		const struct gm_item *item;

		ret = gm_comparison_find(&item, &s->comparison, s->in->args[i],
					 &s->err);
		if (ret < 0)
			break;
		if (!item->row || !item->file)
			ret = gm_error_set(&s->err, GM_EREFUSED,
					   item->file ? "'%s' is not applied"
						      : "'%s' has no file in "
							"this tree",
					   gm_item_id(item));
		else if (has_changed(item))
			gm_plan_add(plan, GM_STEP_ACCEPT, item->file,
				    item->row);
	}
	return ret;
}

static int run_accept(const struct invocation *in)
{
	if (!in->n_args)
		return gm_usage_error(in, "name the migrations whose edits you "
					  "accept");
	return gm_mark_run(in, make_plan);
}

const struct command gm_command_accept = {
	.name = "accept",
	.usage = "[--dry-run] REV…",
	.summary = "record an edited file as it is now; the database stays",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.values_size = sizeof(struct common),
	.run = run_accept,
};
