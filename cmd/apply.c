/*
 * git migrate apply: runs what is pending, in order.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/output.h"
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

/*
 * From now on a change is a change: unpublished files are sealed before
 * they are applied. Returns 1 where a file was written.
 */
static int seal_first(struct session *s, const struct gm_plan *plan)
{
	const struct gm_migration **free_ones = NULL;
	const struct gm_migration **v;
	struct gm_strings sealed = { 0 };
	bool wanted = true;
	bool *is_free;
	size_t n_free = 0;
	size_t n = 0;
	size_t i;
	int ret = gm_config_bool(&s->project.config, "migrate.autoseal", true,
				 &wanted, &s->err);

	if (ret < 0 || !wanted || s->project.source != GM_FROM_WORK_TREE)
		return ret;
	ret = gm_seal_candidates(&s->project, false, &free_ones, &n_free,
				 &s->err);
	v = gm_calloc(plan->n, sizeof(*v));
	is_free = gm_calloc(s->project.series.n, sizeof(*is_free));
	for (i = 0; !ret && i < n_free; i++)
		is_free[free_ones[i]->index] = true;
	for (i = 0; !ret && i < plan->n; i++) {
		const struct gm_migration *m = plan->v[i].migration;

		/* What goes on from a recorded text has no file to seal. */
		if (plan->v[i].kind == GM_STEP_APPLY &&
		    m->index < s->project.series.n &&
		    m == s->project.series.v[m->index] && is_free[m->index])
			v[n++] = m;
	}
	free(is_free);
	if (!ret)
		ret = gm_seal_files(&s->project, v, n, false, &sealed, &s->err);
	if (ret < 0) {
		gm_print_warning("not sealed: %s", s->err.message);
		gm_error_release(&s->err);
	}
	ret = sealed.n > 0;
	gm_strings_release(&sealed);
	free(free_ones);
	free(v);
	return ret;
}

static int judge(struct session *s, const struct gm_apply_choice *choice)
{
	int ret = gm_resume_judge(s, false, choice->resume);

	return ret ? ret : judge_edits(s);
}

/*
 * What is sealed and was changed since then could not be sealed again: it is
 * published, or comes from a commit. And a file that does nothing is mostly
 * one that somebody forgot to fill.
 */
static int judge_steps(struct session *s, const struct gm_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct gm_migration *m = plan->v[i].migration;

		if (plan->v[i].kind != GM_STEP_APPLY || plan->v[i].resume)
			continue;
		if (*m->written_checksum && !gm_migration_is_sealed(m)) {
			gm_error_set(&s->err, GM_EREFUSED,
				     "%s was edited after it was sealed",
				     m->path);
			return gm_error_hint(&s->err,
					     "git migrate check says more; "
					     "git migrate seal %s, or git "
					     "restore %s",
					     m->id, m->path);
		}
		if (gm_migration_is_empty(m) && m->n_above < 2)
			gm_print_warning("%s does nothing: its up section is "
					 "empty",
					 m->path);
	}
	return 0;
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
		ret = seal_first(s, plan);
		if (ret > 0)
			ret = gm_session_reload(s, v->at);
		if (!ret)
			ret = make_plan(s, choice, plan);
		if (!ret)
			ret = judge_steps(s, plan);
	}
	if (!ret && !plan->n && !s->in->values->quiet)
		puts("nothing left to apply");
	return ret ? ret : gm_session_run(s, plan, v->single_transaction);
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
		ret = gm_resume_judge(s, false, choice->resume);
	if (ret < 0)
		goto done;
	note_cosmetic(s);
	if (has_nothing_to_do(s, &plan)) {
		if (!s->in->values->quiet)
			puts("nothing to apply");
	} else if (s->in->values->dry_run) {
		ret = judge(s, choice);
		if (!ret)
			gm_session_print_plan(s, &plan);
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
		 " [--single-transaction] [--dry-run]\n"
		 "(--continue [--ran | --not-ran] | --restart | --abort)",
	.summary = "apply what is pending, in order",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct apply_values),
	.run = run_apply,
};
