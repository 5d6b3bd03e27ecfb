/*
 * git migrate plan: a script that somebody else could run instead.
 */
#include <stdio.h>
#include <stdlib.h>

#include "cmd/late.h"
#include "cmd/pager.h"
#include "cmd/session.h"
#include "cmd/undo.h"
#include "work/plan.h"
#include "work/provenance.h"
#include "work/requires.h"

struct plan_values {
	struct common common;
	const char *to;
	const char *at;
	long long count;
	/* 0: not given; 1: the newest; else one more than the number. */
	long long batch;
	bool rollback;
	bool all;
	bool from_file;
	bool allow_out_of_order;
};

#define AT(member) offsetof(struct plan_values, member)

static const struct option_spec options[] = {
	{ OPTION_STRING, '\0', "to", AT(to), "REV",
	  "apply nothing behind REV, or undo what was applied after it" },
	{ OPTION_COUNT, 'c', "count", AT(count), "N", "at most N" },
	{ OPTION_STRING, '\0', "at", AT(at), "COMMIT",
	  "take the migrations from a commit, not from the work tree" },
	{ OPTION_BOOL, '\0', "rollback", AT(rollback), NULL,
	  "plan a rollback" },
	{ OPTION_MAYBE_COUNT, '\0', "batch", AT(batch), "N",
	  "with --rollback: what the newest run, or run N, applied" },
	{ OPTION_BOOL, '\0', "all", AT(all), NULL,
	  "with --rollback: everything" },
	{ OPTION_BOOL, '\0', "from-file", AT(from_file), NULL,
	  "with --rollback: the files' down sections" },
	{ OPTION_BOOL, '\0', "allow-out-of-order", AT(allow_out_of_order), NULL,
	  "plan also what conflicts with what is applied after it" },
	{ .type = OPTION_END },
};

static int make_plan(struct session *s, const struct plan_values *v,
		     struct gm_plan *plan)
{
	struct gm_apply_choice up = { .revs = s->in->args,
				      .n_revs = s->in->n_args,
				      .to = v->to,
				      .count = (size_t)v->count };
	struct gm_rollback_choice down = { .revs = s->in->args,
					   .n_revs = s->in->n_args,
					   .to = v->to,
					   .count = (size_t)v->count,
					   .batch = v->batch - 1,
					   .all = v->all,
					   .from_file = v->from_file };
	int ret = v->rollback
			  ? gm_plan_rollback(plan, &s->comparison, &down,
					     &s->err)
			  : gm_plan_apply(plan, &s->comparison, &up, &s->err);

	if (!ret)
		ret = gm_plan_load_sources(plan, s->project.history,
					   s->project.driver->dialect, &s->err);
	if (!ret && v->rollback)
		ret = gm_undo_judge(s, plan);
	return ret;
}

/* What is edited or broken can't be planned around. */
static int judge(struct session *s)
{
	const struct gm_item *edited = gm_plan_find_edited(&s->comparison);
	const struct gm_item *broken = gm_plan_find_under_way(&s->comparison);

	if (!edited && !broken)
		return 0;
	gm_error_set(&s->err, GM_EREFUSED,
		     edited ? "'%s' was edited after it was applied"
			    : "'%s' is under way",
		     gm_item_id(edited ? edited : broken));
	return gm_error_hint(&s->err, "git migrate apply says more");
}

static int write_script(struct session *s, const struct gm_plan *plan)
{
	struct gm_provenance provenance;
	struct gm_strbuf script = { 0 };
	struct pager pager;
	struct gm_run run = { .history = s->project.history };
	char *target = gm_project_target_name(&s->project);
	int ret = gm_requires_check(&s->project, plan, &s->err);

	if (ret < 0)
		goto done;
	ret = gm_provenance_load(&provenance, &s->project, plan, &s->err);

	gm_strbuf_addf(&script, "-- for %s; run it with: %s\n\n", target,
		       s->project.driver->client);
	s->project.history->script = &script;
	run.facts = provenance.facts;
	if (!ret)
		ret = gm_run_plan(&run, plan, &s->err);
	if (!ret) {
		gm_pager_start(&pager, &s->project.config);
		fwrite(gm_strbuf_str(&script), 1, script.len, stdout);
		gm_pager_end(&pager);
	}
	s->project.history->script = NULL;
	gm_strbuf_release(&script);
	gm_provenance_release(&provenance);
done:
	free(target);
	return ret;
}

static int run_plan(const struct invocation *in)
{
	const struct plan_values *v = (const struct plan_values *)in->values;
	struct gm_plan plan = { 0 };
	struct session s;
	int ret;

	if (!v->rollback && (v->all || v->batch || v->from_file))
		return gm_usage_error(in, "--all, --batch and --from-file go "
					  "with --rollback");
	if ((in->n_args > 0) + (v->to != NULL) + (v->count > 0) +
		    (v->batch > 0) + v->all >
	    1)
		return gm_usage_error(in,
				      "REV, --to, --count, --batch and --all "
				      "exclude each other");
	ret = gm_session_open(
		&s, in, SESSION_FILES | SESSION_RUNNABLE | SESSION_READ, v->at);
	if (!ret && !v->rollback)
		ret = judge(&s);
	if (!ret)
		ret = make_plan(&s, v, &plan);
	if (!ret && !v->rollback)
		ret = gm_late_judge(&s, &plan, v->allow_out_of_order);
	if (!ret && !plan.n)
		puts("-- nothing to do");
	else if (!ret)
		ret = write_script(&s, &plan);
	gm_plan_release(&plan);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_plan = {
	.name = "plan",
	.usage = "[--to=REV | --count=N | REV…] [--at=COMMIT] "
		 "[--allow-out-of-order]\n"
		 "--rollback [--to=REV | --count=N | --batch[=N] | --all | "
		 "REV…] [--from-file]",
	.summary = "print a script that does it, history and all",
	.groups = GROUP_TARGET,
	.options = options,
	.values_size = sizeof(struct plan_values),
	.run = run_plan,
};
