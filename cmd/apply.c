/*
 * git migrate apply: runs what is pending, in order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/late.h"
#include "cmd/output.h"
#include "cmd/ready.h"
#include "cmd/resume.h"
#include "cmd/session.h"
#include "work/edits.h"
#include "work/sealing.h"

struct apply_values {
	struct common common;
	struct resume_values resume;
	const char *to;
	const char *at;
	long long count;
	bool single_transaction;
	bool allow_out_of_order;
};

#define AT(member) offsetof(struct apply_values, member)

static const struct option_spec options[] = {
	{ OPTION_STRING, '\0', "to", AT(to), "REV",
	  "apply nothing behind REV" },
	{ OPTION_COUNT, 'c', "count", AT(count), "N", "apply at most N" },
	{ OPTION_STRING, '\0', "at", AT(at), "COMMIT",
	  "take the migrations from a commit, not from the work tree" },
	{ OPTION_BOOL, '\0', "single-transaction", AT(single_transaction), NULL,
	  "all of them or none" },
	{ OPTION_BOOL, '\0', "allow-out-of-order", AT(allow_out_of_order), NULL,
	  "apply also what conflicts with what is applied after it" },
	GM_RESUME_OPTIONS(struct apply_values),
	{ .type = OPTION_END },
};

static int judge_edits(struct session *s)
{
	const struct gm_item *item = gm_plan_find_edited(&s->comparison);
	struct gm_strbuf diff = { 0 };
	int ret;

	if (!item)
		return 0;
	ret = gm_refuse_edited(&s->project, &s->comparison, item, &diff,
			       &s->err);
	fflush(stdout);
	gm_print_text(gm_strbuf_str(&diff), stderr);
	gm_strbuf_release(&diff);
	return ret;
}

static void note_cosmetic(const struct session *s)
{
	const struct gm_comparison *c = &s->comparison;
	size_t i;

	if (s->in->values->quiet)
		return;
	for (i = 0; i < c->n; i++)
		if (c->v[i].state == GM_STATE_COSMETIC)
			fprintf(stderr,
				"note: '%s' was changed since it was "
				"applied; its SQL is the same\n",
				c->v[i].file->id);
}

static int make_plan(struct session *s, const struct gm_apply_choice *choice,
		     struct gm_plan *plan)
{
	int ret;

	gm_plan_release(plan);
	ret = gm_plan_apply(plan, &s->comparison, choice, &s->err);
	if (!ret)
		ret = gm_plan_load_sources(plan, s->project.history,
					   s->project.driver->dialect, &s->err);
	return ret;
}

static int judge(struct session *s, const struct gm_apply_choice *choice)
{
	int ret = gm_resume_judge(s, false, choice->resume, choice->fate);

	return ret ? ret : judge_edits(s);
}

/* Under the lock: the history as it is now, the files as they are sealed. */
static int apply_locked(struct session *s, const struct apply_values *v,
			const struct gm_apply_choice *choice,
			struct gm_plan *plan)
{
	int ret = gm_session_lock(s);

	if (!ret)
		ret = judge(s, choice);
	if (!ret)
		ret = make_plan(s, choice, plan);
	if (ret < 0)
		return ret;
	if (choice->resume == GM_RESUME_ABORT) {
		ret = gm_resume_print_what_ran(s);
		plan->n = plan->n ? 1 : 0;
	} else {
		ret = gm_late_judge(s, plan, v->allow_out_of_order);
		if (!ret)
			ret = gm_ready_seal(s, plan);
		if (ret > 0)
			ret = gm_session_reload(s, v->at);
		if (!ret)
			ret = make_plan(s, choice, plan);
		if (!ret)
			ret = gm_ready_judge(s, plan);
	}
	if (!ret && !plan->n && !s->in->values->quiet)
		puts("nothing left to apply");
	return ret ? ret : gm_session_run(s, plan, v->single_transaction);
}

static int dry_run(struct session *s, const struct apply_values *v,
		   const struct gm_apply_choice *choice, struct gm_plan *plan)
{
	int ret = judge(s, choice);

	/* The history may have been read again. */
	if (!ret)
		ret = make_plan(s, choice, plan);
	if (ret < 0)
		return ret;
	if (choice->resume == GM_RESUME_ABORT) {
		ret = gm_resume_print_what_ran(s);
		plan->n = plan->n ? 1 : 0;
	} else {
		ret = gm_late_judge(s, plan, v->allow_out_of_order);
	}
	return ret ? ret : gm_session_print_plan(s, plan);
}

static bool has_nothing_to_do(const struct session *s,
			      const struct gm_plan *plan)
{
	return !plan->n && !gm_plan_find_under_way(&s->comparison) &&
	       !gm_plan_find_edited(&s->comparison);
}

static int apply(struct session *s, const struct apply_values *v,
		 struct gm_apply_choice *choice)
{
	struct gm_plan plan = { 0 };
	int ret = make_plan(s, choice, &plan);

	if (!ret && choice->resume && has_nothing_to_do(s, &plan))
		ret = gm_resume_judge(s, false, choice->resume, choice->fate);
	if (ret < 0)
		goto done;
	note_cosmetic(s);
	if (has_nothing_to_do(s, &plan)) {
		if (!s->in->values->quiet)
			puts("nothing to apply");
	} else if (s->in->values->dry_run) {
		ret = dry_run(s, v, choice, &plan);
	} else {
		ret = apply_locked(s, v, choice, &plan);
	}
done:
	gm_plan_release(&plan);
	return ret;
}

static int run_apply(const struct invocation *in)
{
	const struct apply_values *v = (const struct apply_values *)in->values;
	struct gm_apply_choice choice = {
		.revs = in->args,
		.n_revs = in->n_args,
		.to = v->to,
		.count = (size_t)v->count,
	};
	struct session s;
	int ret;

	ret = gm_resume_read(in, &v->resume, &choice.resume, &choice.fate);
	if (ret)
		return ret;
	if ((in->n_args > 0) + (v->to != NULL) + (v->count > 0) > 1)
		return gm_usage_error(in, "REV, --to and --count exclude each "
					  "other");
	if (choice.resume && (in->n_args || v->to || v->count))
		return gm_usage_error(in, "--continue, --restart and --abort "
					  "take no REV, --to or --count");
	ret = gm_session_open(&s, in,
			      SESSION_FILES | SESSION_RUNNABLE | SESSION_CHANGE,
			      v->at);
	if (!ret)
		ret = apply(&s, v, &choice);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_apply = {
	.name = "apply",
	.alias = "up",
	.usage = "[--to=REV | --count=N | REV…] [--at=COMMIT]"
		 " [--single-transaction] [--allow-out-of-order] [--dry-run]\n"
		 "--continue [--ran | --not-ran]\n"
		 "--restart | --abort",
	.summary = "apply what is pending, in order",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct apply_values),
	.run = run_apply,
};
