/*
 * Undoing, for the commands that do.
 */
#include "cmd/undo.h"

#include <stdio.h>

#include "cmd/output.h"
#include "cmd/ready.h"
#include "cmd/resume.h"
#include "work/kept.h"

int gm_undo_judge(struct session *s, struct gm_plan *plan)
{
	struct gm_recorded recorded = gm_recorded_in(s->project.history);
	struct gm_strings notes = { 0 };
	int ret = gm_kept_check(plan, &s->comparison, &recorded, &notes,
				&s->err);
	size_t i;

	for (i = 0; !ret && !s->in->values->quiet && i < notes.n; i++)
		gm_print_note("%s", notes.v[i]);
	gm_strings_release(&notes);
	return ret;
}

static int make_plan(struct session *s, const struct undo *undo,
		     struct gm_plan *plan)
{
	int ret;

	gm_plan_release(plan);
	ret = gm_plan_rollback(plan, &s->comparison, &undo->choice, &s->err);
	if (!ret)
		ret = gm_plan_load_sources(plan, s->project.history,
					   s->project.driver->dialect, &s->err);
	if (!ret)
		ret = gm_undo_judge(s, plan);
	if (!ret && undo->add_steps)
		ret = undo->add_steps(s, plan);
	return ret;
}

static int undo_locked(struct session *s, const struct undo *undo,
		       struct gm_plan *plan)
{
	int ret = gm_session_announce(s, undo->yes);

	if (!ret)
		ret = gm_session_lock(s);
	if (!ret)
		ret = gm_resume_judge(s, true, undo->choice.resume,
				      undo->choice.fate);
	if (!ret)
		ret = make_plan(s, undo, plan);
	if (!ret)
		ret = gm_ready_seal(s, plan);
	if (ret > 0) {
		ret = gm_session_reload(s, NULL);
		if (!ret)
			ret = make_plan(s, undo, plan);
	}
	if (!ret)
		ret = gm_ready_judge(s, plan);
	if (!ret && undo->choice.resume == GM_RESUME_ABORT)
		ret = gm_resume_print_what_ran(s);
	return ret ? ret : gm_session_run(s, plan, undo->single_transaction);
}

int gm_undo_run(struct session *s, const struct undo *undo)
{
	struct gm_plan plan = { 0 };
	int ret = 0;

	if (!s->in->values->dry_run &&
	    (s->comparison.history->n || undo->choice.resume)) {
		ret = undo_locked(s, undo, &plan);
	} else {
		ret = gm_resume_judge(s, true, undo->choice.resume,
				      undo->choice.fate);
		if (!ret)
			ret = make_plan(s, undo, &plan);
		if (!ret && undo->choice.resume == GM_RESUME_ABORT)
			ret = gm_resume_print_what_ran(s);
		if (!ret)
			ret = gm_session_print_plan(s, &plan);
	}
	if (!ret && !plan.n && !s->in->values->quiet)
		puts("nothing to roll back");
	gm_plan_release(&plan);
	return ret;
}
