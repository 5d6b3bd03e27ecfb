/*
 * All steps in one transaction. What the history is to say of several steps
 * in a row is written at once then: a database that reads its statements anew
 * after each change of the schema reads the history's once, instead of for
 * each migration.
 */
#include "work/single.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "work/rows.h"
#include "work/script.h"

/* A file has one writer at a time, so its transaction can make the tables as
 * well. On a server another run may be at it, and the transaction would not
 * survive that. */
bool gm_single_makes_tables(const struct gm_run *run)
{
	return run->single_transaction && !run->history->script &&
	       run->history->driver->flags & GM_DRIVER_FILE;
}

/* How many steps of this kind come one after the other, from that at hand. */
static size_t count_alike(const struct gm_run *run)
{
	size_t i = run->index;

	while (i < run->plan->n &&
	       run->plan->v[i].kind == run->plan->v[run->index].kind)
		i++;
	return i - run->index;
}

static int claim(struct gm_run *run, const struct gm_step *step,
		 struct gm_error *err)
{
	struct gm_history_row *row = gm_run_row(run, step, GM_ROW_APPLIED);
	int ret;

	GM_GROW(run->claimed, run->n_claimed, run->claimed_cap);
	run->claimed[run->n_claimed++] = row;
	ret = gm_history_claim(run->history, gm_step_action(step->kind), row,
			       step->migration->text, step->migration->len,
			       err);
	if (ret == GM_ESQL)
		gm_error_prefix(err, GM_CLAIM_TROUBLE, row->id);
	return ret;
}

/* Claims this step and those that are applied right after it. */
static int claim_ahead(struct gm_run *run, struct gm_error *err)
{
	size_t index = run->index;
	size_t end = index + count_alike(run);
	int64_t position = run->position;
	int ret = 0;

	for (; !ret && run->index < end; run->index++) {
		ret = claim(run, &run->plan->v[run->index], err);
		run->position++;
	}
	run->index = index;
	run->position = position;
	run->n_applied = 0;
	return ret;
}

static void forget_claimed(struct gm_run *run)
{
	while (run->n_claimed)
		gm_history_row_free(run->claimed[--run->n_claimed]);
}

/* The claims come before the first of them, and what there is to record after
 * the last. */
int gm_single_apply(struct gm_run *run, const struct gm_step *step,
		    struct gm_error *err)
{
	struct gm_history_row *row;
	size_t i;
	int ret = run->n_claimed ? 0 : claim_ahead(run, err);

	if (ret < 0)
		return ret;
	row = run->claimed[run->n_applied++];
	ret = gm_run_up(run, step, row, err);
	if (ret < 0)
		return ret;
	gm_run_tell_done(run, step, row->duration_ms);
	if (run->n_applied < run->n_claimed)
		return 0;
	for (i = 0; !ret && i < run->n_claimed; i++)
		ret = gm_run_record(run, run->claimed[i], err);
	forget_claimed(run);
	return ret;
}

static void forget_held(struct gm_run *run)
{
	free(run->held);
	run->held = NULL;
	run->n_held = 0;
}

/* The row is the claim on the way back, too. */
static int hold_ahead(struct gm_run *run, struct gm_error *err)
{
	size_t i;
	int ret = 0;

	run->n_held = count_alike(run);
	run->first_held = run->index;
	run->held = gm_calloc(run->n_held, sizeof(*run->held));
	for (i = 0; ret >= 0 && i < run->n_held; i++) {
		const struct gm_history_row *row =
			run->plan->v[run->index + i].row;

		ret = gm_history_hold(run->history, row->app, row->id, err);
		run->held[i] = ret > 0;
	}
	return ret < 0 ? ret : 0;
}

/* The rows are held before the first of them is undone, and go after the
 * last. */
int gm_single_rollback(struct gm_run *run, const struct gm_step *step,
		       struct gm_error *err)
{
	int64_t took = 0;
	bool found;
	size_t i;
	int ret = run->n_held ? 0 : hold_ahead(run, err);

	if (ret < 0)
		return ret;
	found = run->held[run->index - run->first_held];
	if (found)
		ret = gm_run_down(run, step, &took, err);
	if (ret < 0)
		return ret;
	if (found)
		gm_run_tell_done(run, step, took);
	if (run->index + 1 < run->first_held + run->n_held)
		return !found;
	for (i = 0; !ret && i < run->n_held; i++)
		if (run->held[i])
			ret = gm_run_forget(
				run, run->plan->v[run->first_held + i].row,
				err);
	forget_held(run);
	return ret < 0 ? ret : !found;
}

int gm_single_begin(struct gm_run *run, struct gm_error *err)
{
	bool within = gm_single_makes_tables(run);
	int ret;

	run->existed = run->history->exists;
	run->single_transaction = false;
	ret = gm_run_prepare_session(run, err);
	if (!ret)
		ret = gm_run_begin(run, err);
	run->is_begun = !ret;
	if (!ret && within)
		ret = gm_history_create(run->history, err);
	run->single_transaction = true;
	return ret;
}

/* It is committed, or nothing has happened. */
static void tell_untold(struct gm_run *run, bool done)
{
	size_t i;

	for (i = 0; done && i < run->n_untold && run->observer.event; i++)
		run->observer.event(run->observer.context, &run->untold[i]);
	free(run->untold);
	run->untold = NULL;
	run->n_untold = run->untold_cap = 0;
}

int gm_single_end(struct gm_run *run, int ret, struct gm_error *err)
{
	run->single_transaction = false;
	forget_claimed(run);
	forget_held(run);
	free(run->claimed);
	run->claimed = NULL;
	run->claimed_cap = 0;
	if (!run->is_begun)
		return ret;
	if (!ret)
		ret = gm_run_look_for_damage(run, err);
	if (!ret)
		ret = gm_run_commit(run, err);
	/* A lost connection leaves open what became of a commit. */
	if (ret < 0 && ret != GM_ECONNECT)
		gm_error_hint(err, "all of it was one transaction, and is "
				   "taken back: nothing is changed");
	tell_untold(run, !ret);
	if (ret < 0) {
		gm_run_rollback(run);
		run->history->exists = run->existed;
		run->done = 0;
	}
	return ret;
}
