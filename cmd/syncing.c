/*
 * Making the target hold what the files do: said before it is done, under
 * the lock, in one transaction where that can be.
 */
#include "cmd/syncing.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/late.h"
#include "cmd/output.h"
#include "cmd/ready.h"
#include "cmd/resume.h"
#include "work/sync.h"

/* With --dir there is but the unnamed app: the others' are not too much. */
static int judge_dir(struct session *s)
{
	const struct gm_history *history = s->project.history;
	size_t i;

	for (i = 0; s->project.options.dir && i < history->n; i++) {
		const struct gm_history_row *row = history->v[i];

		if (!*row->app)
			continue;
		gm_error_set(&s->err, GM_EREFUSED,
			     "--dir has the migrations of one app, and the "
			     "target holds '%s/%s' as well",
			     row->app, row->id);
		return gm_error_hint(&s->err, "run it without --dir");
	}
	return 0;
}

static int plan_apply(struct session *s, struct gm_plan *plan)
{
	const struct gm_item *edited = gm_plan_find_edited(&s->comparison);
	struct gm_apply_choice all = { 0 };

	if (!edited)
		return gm_plan_apply(plan, &s->comparison, &all, &s->err);
	gm_error_set(&s->err, GM_EREFUSED,
		     "'%s' was edited after it was applied",
		     gm_item_id(edited));
	return gm_error_hint(&s->err, "git migrate apply says more");
}

static int make_plan(struct session *s, const struct syncing *how,
		     struct gm_sync *sync)
{
	struct gm_recorded recorded = gm_recorded_in(s->project.history);

	gm_sync_release(sync);
	return how->only_apply
		       ? plan_apply(s, &sync->plan)
		       : gm_sync_plan(sync, &s->comparison, &recorded, &s->err);
}

static void print_undo(const struct gm_sync_undo *undo)
{
	const struct gm_history_row *row = undo->item->row;
	char *name = gm_migration_name(row->app, row->id);
	char *why = gm_sync_why(undo);
	struct gm_strbuf line = { 0 };
	size_t i;

	gm_strbuf_addf(&line, "%s '%s': %s\n",
		       undo->again ? "undo and apply again" : "undo", name,
		       why);
	for (i = 0; i < undo->lost.n; i++)
		gm_strbuf_addf(&line, "  loses %s\n", undo->lost.v[i]);
	if (undo->unknown)
		gm_strbuf_addf(&line, "  may lose more: %s\n", undo->unknown);
	gm_print_text(gm_strbuf_str(&line), stderr);
	gm_strbuf_release(&line);
	free(name);
	free(why);
}

/* What is undone, why, and what goes with it; what is applied is told when
 * it is. */
static void preview(const struct session *s, const struct gm_sync *sync)
{
	size_t i;

	if (s->in->values->quiet)
		return;
	fflush(stdout);
	for (i = 0; i < sync->n_undone; i++)
		print_undo(&sync->undone[i]);
}

static void note_steps(const struct session *s, const struct gm_step *apart)
{
	bool outside = s->project.driver->flags & GM_DRIVER_TRANSACTIONAL_DDL;

	if (s->in->values->quiet)
		return;
	if (outside)
		gm_print_note("one step after the other, not all in one "
			      "transaction: '%s' runs outside of one",
			      gm_step_id(apart));
	else
		gm_print_note("one step after the other: the database takes "
			      "no DDL back");
}

static int hint_single(struct session *s, int ret)
{
	/* SQLSTATE class 55: not in a state for it. */
	if (gm_starts_with(s->err.sqlstate, "55"))
		gm_error_hint(&s->err,
			      "git migrate sync --no-single-transaction, if it "
			      "only has to come after a commit");
	return ret;
}

static int sync_locked(struct session *s, const struct syncing *how,
		       struct gm_sync *sync)
{
	const struct gm_step *apart;
	bool single;
	int ret = gm_session_lock(s);

	if (!ret)
		ret = gm_resume_judge(s, false, GM_RESUME_NONE,
				      GM_FATE_UNKNOWN);
	if (!ret)
		ret = make_plan(s, how, sync);
	if (!ret && how->only_apply)
		ret = gm_late_judge(s, &sync->plan, false);
	if (!ret && !how->no_seal)
		ret = gm_ready_seal(s, &sync->plan);
	if (ret > 0) {
		ret = gm_session_reload(s, how->commit);
		if (!ret)
			ret = make_plan(s, how, sync);
	}
	if (!ret)
		ret = gm_ready_judge(s, &sync->plan);
	if (ret < 0 || !sync->plan.n)
		return ret;
	preview(s, sync);
	ret = gm_session_announce(s, how->yes || !sync->n_undone);
	if (ret < 0)
		return ret;
	apart = gm_plan_find_apart(&sync->plan, s->project.driver);
	if (apart && sync->plan.n > 1)
		note_steps(s, apart);
	single = !apart && !how->apart;
	ret = gm_session_run(s, &sync->plan, single);
	return ret < 0 && single && sync->plan.n > 1 ? hint_single(s, ret)
						     : ret;
}

int gm_syncing_run(struct session *s, const struct syncing *how)
{
	struct gm_sync sync = { 0 };
	bool dry_run = s->in->values->dry_run;
	int ret = gm_resume_judge(s, false, GM_RESUME_NONE, GM_FATE_UNKNOWN);

	if (!ret)
		ret = judge_dir(s);
	if (!ret)
		ret = make_plan(s, how, &sync);
	/* Another run may have undone something since its row was read; who has
	 * the lock sees whether its text was never recorded. */
	if (ret == GM_ENOTFOUND && !dry_run) {
		gm_error_release(&s->err);
		ret = sync_locked(s, how, &sync);
	} else if (!ret && sync.plan.n && dry_run) {
		preview(s, &sync);
		ret = gm_session_print_plan(s, &sync.plan);
	} else if (!ret && sync.plan.n) {
		ret = sync_locked(s, how, &sync);
	}
	if (!ret && !sync.plan.n && !s->in->values->quiet)
		puts("nothing to sync");
	gm_sync_release(&sync);
	return ret;
}
