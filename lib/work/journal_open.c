/*
 * The beginning of a migration in the journal: its row is claimed, or taken up
 * again; or forgotten.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/journal.h"
#include "work/rows.h"

static int write_row(struct gm_history *history, const struct gm_step *step,
		     const struct gm_history_row *row, struct gm_error *err)
{
	const struct gm_migration *m = step->migration;
	int ret;

	if (!step->row)
		return gm_history_claim(history, GM_JOURNAL_START, row, m->text,
					m->len, err);
	if (step->resume == GM_RESUME_RESTART && !history->script) {
		ret = gm_journal_keep_attempt(history, step->row, err);
		if (ret < 0)
			return ret;
	}
	/* A rollback of what was recorded changes nothing but the state. */
	if (step->kind == GM_STEP_ROLLBACK &&
	    !strcmp(row->checksum, step->row->checksum))
		return gm_history_progress(history, row, err);
	ret = gm_history_update(history, row, err);
	if (!ret)
		ret = gm_history_set_source(history, GM_JOURNAL_START, row,
					    NULL, m->text, m->len, err);
	return ret;
}

/* The connection was lost over the claim: whether it is made all the same.
 * Whoever is still at the row is waited for. */
static bool is_claimed(struct gm_run *run, const struct gm_history_row *row)
{
	char *owner = NULL;
	bool ours = false;

	if (gm_run_reconnect(run) < 0 || gm_run_begin(run, NULL) < 0)
		return false;
	if (gm_history_hold(run->history, row->app, row->id, NULL) > 0 &&
	    !gm_history_owner(run->history, row->app, row->id, &owner, NULL))
		ours = owner && !strcmp(owner, row->owner);
	free(owner);
	gm_run_rollback(run);
	return ours;
}

/* The row as it is while the statements run, with the text that they come
 * from, written before the first. */
int gm_journal_open(struct gm_run *run, const struct gm_step *step,
		    struct gm_history_row *row, struct gm_error *err)
{
	struct gm_history *history = run->history;
	int ret = 0;

	if (!history->script)
		ret = history->driver->owner(history->db, &row->owner, err);
	if (!ret)
		ret = gm_run_begin(run, err);
	if (ret < 0)
		return ret;
	/* Whoever is in the way is waited for, as long as nothing has run. */
	run->phase = GM_PHASE_CLAIM;
	ret = write_row(history, step, row, err);
	if (!ret)
		ret = gm_run_commit(run, err);
	if (ret == GM_ECONNECT && is_claimed(run, row)) {
		gm_error_release(err);
		ret = 0;
	}
	if (!ret) {
		run->phase = GM_PHASE_BEGIN;
		return 0;
	}
	gm_run_rollback(run);
	if (ret == GM_ECONNECT) {
		gm_error_prefix(err, "%s", step->migration->path);
		gm_error_hint(err, "no statement of it has been begun by this "
				   "run");
	}
	if (ret == GM_ECONNECT || step->row || history->script)
		return ret;
	return gm_run_judge_claim(run, row, ret, err);
}

int gm_journal_abort(struct gm_run *run, const struct gm_step *step,
		     struct gm_error *err)
{
	struct gm_history_row *row = gm_run_row(run, step, GM_ROW_APPLIED);
	int ret = gm_run_begin(run, err);

	if (ret < 0)
		goto done;
	free(row->applied_at);
	row->applied_at = gm_strdup_null(step->row->applied_at);
	ret = step->row->state == GM_ROW_REVERTING
		      ? gm_history_progress(run->history, row, err)
		      : gm_history_delete(run->history, row->app, row->id, err);
	if (!ret)
		ret = gm_history_log(run->history, "abort", row, NULL, err);
	if (!ret)
		ret = gm_run_commit(run, err);
	if (ret < 0)
		gm_run_rollback(run);
done:
	gm_history_row_free(row);
	return ret;
}
