/*
 * Carries out a plan: the transactions, the claims, the order of things.
 * Migrations outside a transaction are journal.c's.
 */
#include "work/run.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "base/time.h"
#include "work/ahead.h"
#include "work/journal.h"
#include "work/rows.h"
#include "work/script.h"
#include "work/single.h"
#include "work/statements.h"

/* How often a step is tried again for want of a lock. */
#define LOCK_RETRIES 3

static void tell(const struct gm_run *run, enum gm_event_type type,
		 const struct gm_step *step, const char *text)
{
	struct gm_event event = {
		.type = type,
		.step = step,
		.index = run->index + 1,
		.total = run->plan ? run->plan->n : 0,
		.text = text,
	};

	if (run->observer.event)
		run->observer.event(run->observer.context, &event);
}

void gm_run_tell_done(struct gm_run *run, const struct gm_step *step,
		      int64_t duration_ms)
{
	struct gm_event event = {
		.type = GM_EVENT_DONE,
		.step = step,
		.index = run->index + 1,
		.total = run->plan->n,
		.duration_ms = duration_ms,
	};

	if (run->single_transaction && !run->history->script) {
		GM_GROW(run->untold, run->n_untold, run->untold_cap);
		run->untold[run->n_untold++] = event;
	} else if (run->observer.event) {
		run->observer.event(run->observer.context, &event);
	}
}

int gm_run_begin(struct gm_run *run, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;

	if (run->single_transaction)
		return 0;
	if (run->history->script) {
		gm_strbuf_addf(run->history->script, "%s\n",
			       driver->begin_text);
		return 0;
	}
	return driver->begin_own ? driver->begin_own(run->history->db, err)
				 : driver->begin(run->history->db, err);
}

int gm_run_commit(struct gm_run *run, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;

	if (run->single_transaction)
		return 0;
	if (run->history->script) {
		gm_strbuf_addf(run->history->script, "%s\n\n",
			       driver->commit_text);
		return 0;
	}
	return driver->commit(run->history->db, err);
}

void gm_run_rollback(struct gm_run *run)
{
	if (!run->single_transaction && !run->history->script)
		run->history->driver->rollback(run->history->db, NULL);
}

/* Writes into the script what begins a session. */
static int write_session(struct gm_run *run, bool own, struct gm_error *err)
{
	const struct gm_history *history = run->history;
	const struct gm_driver *driver = history->driver;

	return driver->session_text ? driver->session_text(history->db, own,
							   history->script, err)
				    : 0;
}

int gm_run_write_section(struct gm_run *run, const struct gm_section *section,
			 struct gm_error *err)
{
	const struct gm_history *history = run->history;
	int ret = history->driver->begin_own ? write_session(run, false, err)
					     : 0;

	gm_script_section(section, gm_history_dialect(history),
			  history->script);
	return ret;
}

int gm_run_clean(struct gm_run *run, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;

	if (!run->used || run->single_transaction)
		return 0;
	run->used = false;
	if (run->history->script)
		return write_session(run, true, err);
	return driver->clean_session
		       ? driver->clean_session(run->history->db, err)
		       : 0;
}

/* The session for a migration's SQL: clean, and prepared by the driver. */
int gm_run_prepare_session(struct gm_run *run, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	int ret;

	if (run->single_transaction)
		return 0;
	ret = gm_run_clean(run, err);
	run->used = true;
	if (!ret && driver->before_migration && !run->history->script)
		ret = driver->before_migration(run->history->db, err);
	return ret;
}

int gm_run_look_for_damage(struct gm_run *run, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;

	if (run->history->script)
		return 0;
	if (run->single_transaction)
		return driver->clean_within
			       ? driver->clean_within(run->history->db, err)
			       : 0;
	return driver->after_migration
		       ? driver->after_migration(run->history->db, err)
		       : 0;
}

int gm_run_record(struct gm_run *run, const struct gm_history_row *row,
		  struct gm_error *err)
{
	return row->duration_ms ? gm_history_progress(run->history, row, err)
				: 0;
}

int gm_run_up(struct gm_run *run, const struct gm_step *step,
	      struct gm_history_row *row, struct gm_error *err)
{
	const struct gm_section *section = gm_step_section(
		step, gm_history_dialect(run->history));
	int64_t start = gm_time_ms();
	int ret;

	if (run->history->script)
		return gm_run_write_section(run, section, err);
	ret = gm_run_section(run, step, section, err);
	if (!ret)
		ret = gm_run_verify(run, step, err);
	if (!ret) {
		ret = gm_run_look_for_damage(run, err);
		if (ret < 0)
			gm_error_prefix(err, "%s", step->migration->path);
	}
	row->duration_ms = gm_time_ms() - start;
	return ret;
}

int gm_run_reconnect(struct gm_run *run)
{
	const struct gm_driver *driver = run->history->driver;
	char *holder = NULL;

	if (!driver->reconnect || driver->reconnect(run->history->db, NULL) < 0)
		return GM_ECONNECT;
	if (driver->try_lock)
		driver->try_lock(run->history->db,
				 gm_history_table(run->history), &holder, NULL);
	free(holder);
	return 0;
}

/*
 * Where the connection is lost over a commit, only the database knows what
 * became of it: it is asked for the row.
 */
int gm_run_look_up(struct gm_run *run, const char *app, const char *id,
		   bool is_there, int ret, struct gm_error *err)
{
	int found;

	if (!run->history->driver->reconnect)
		return ret;
	found = gm_run_reconnect(run);
	if (!found)
		found = gm_history_has(run->history, app, id, NULL);
	if (found < 0) {
		gm_error_prefix(err, "nobody knows whether '%s' is committed",
				id);
		gm_error_hint(err, "git migrate status tells, once the "
				   "database is back");
		return ret;
	}
	if ((found > 0) == is_there) {
		gm_error_release(err);
		return 0;
	}
	gm_error_prefix(err, "'%s' was not committed", id);
	gm_error_hint(err, "nothing of it is left: run it again");
	return ret;
}

static int commit_surely(struct gm_run *run, const char *app, const char *id,
			 bool is_there, struct gm_error *err)
{
	int ret = gm_run_commit(run, err);

	gm_run_locate_commit(run, ret, err);
	return ret == GM_ECONNECT
		       ? gm_run_look_up(run, app, id, is_there, ret, err)
		       : ret;
}

/* 1 where another run had done it when this one came to claim it. */
static int apply_step(struct gm_run *run, const struct gm_step *step,
		      struct gm_error *err)
{
	struct gm_history_row *row = gm_run_row(run, step, GM_ROW_APPLIED);
	bool claimed = false;
	int ret = gm_run_prepare_session(run, err);

	if (!ret)
		ret = gm_run_begin(run, err);
	if (ret < 0)
		goto done;
	run->phase = GM_PHASE_CLAIM;
	ret = gm_history_claim(run->history, gm_step_action(step->kind), row,
			       step->migration->text, step->migration->len,
			       err);
	claimed = !ret;
	if (claimed)
		run->phase = GM_PHASE_STATEMENTS;
	if (!ret)
		ret = gm_run_up(run, step, row, err);
	if (!ret)
		ret = gm_run_record(run, row, err);
	if (!ret)
		ret = commit_surely(run, row->app, row->id, true, err);
	if (ret < 0) {
		gm_run_rollback(run);
		if (!claimed)
			ret = gm_run_judge_claim(run, row, ret, err);
		if (!claimed && ret == GM_ESQL)
			gm_error_prefix(err, GM_CLAIM_TROUBLE, row->id);
		else if (ret < 0)
			gm_run_log_failure(run, row, err);
	} else {
		gm_run_tell_done(run, step, row->duration_ms);
	}
done:
	gm_history_row_free(row);
	return ret;
}

int gm_run_down(struct gm_run *run, const struct gm_step *step, int64_t *took,
		struct gm_error *err)
{
	const struct gm_history_row *row = step->row;
	const struct gm_section *section = gm_step_section(
		step, gm_history_dialect(run->history));
	int64_t start = gm_time_ms();
	int ret = 0;

	if (run->history->script)
		ret = gm_run_write_section(run, section, err);
	else
		ret = gm_run_section(run, step, section, err);
	if (ret == GM_ESQL && row->state == GM_ROW_FAKED)
		gm_error_hint(err,
			      "it was marked as applied and never run here: "
			      "git migrate fake --undo %s forgets it",
			      row->id);
	if (!ret) {
		ret = gm_run_look_for_damage(run, err);
		if (ret < 0)
			gm_error_prefix(err, "%s", step->migration->path);
	}
	*took = gm_time_ms() - start;
	return ret;
}

int gm_run_forget(struct gm_run *run, const struct gm_history_row *row,
		  struct gm_error *err)
{
	int ret = gm_history_delete(run->history, row->app, row->id, err);

	return ret < 0 ? ret : gm_run_log(run, "rollback", row, NULL, err);
}

static int rollback_step(struct gm_run *run, const struct gm_step *step,
			 struct gm_error *err)
{
	const struct gm_history_row *row = step->row;
	int64_t took = 0;
	int ret = gm_run_prepare_session(run, err);

	if (!ret)
		ret = gm_run_begin(run, err);
	if (ret < 0)
		return ret;
	/* The row is the claim on the way back, too. */
	if (!run->history->script) {
		run->phase = GM_PHASE_CLAIM;
		ret = gm_history_hold(run->history, row->app, row->id, err);
		if (!ret) {
			gm_run_rollback(run);
			return 1;
		}
		if (ret > 0)
			run->phase = GM_PHASE_STATEMENTS;
	}
	/* Behind the statements there would be what they have set. */
	if (run->history->script)
		ret = gm_run_forget(run, row, err);
	if (ret >= 0)
		ret = gm_run_down(run, step, &took, err);
	if (!ret && !run->history->script)
		ret = gm_run_forget(run, row, err);
	if (!ret)
		ret = commit_surely(run, row->app, row->id, false, err);
	if (ret < 0) {
		gm_run_rollback(run);
		gm_run_log_failure(run, row, err);
	} else {
		gm_run_tell_done(run, step, took);
	}
	return ret;
}

static int row_step(struct gm_run *run, const struct gm_step *step,
		    struct gm_error *err)
{
	int ret = gm_run_begin(run, err);

	if (ret < 0)
		return ret;
	ret = gm_run_change_rows(run, step, err);
	if (!ret)
		ret = gm_run_commit(run, err);
	if (ret < 0)
		gm_run_rollback(run);
	else
		gm_run_tell_done(run, step, 0);
	return ret;
}

static int run_step(struct gm_run *run, const struct gm_step *step,
		    struct gm_error *err)
{
	bool in_one = run->single_transaction && !run->history->script;

	if (run->history->script) {
		char *name = gm_step_name(step);

		gm_strbuf_addf(run->history->script, "-- %s %s\n",
			       gm_step_action(step->kind), name);
		free(name);
	}
	if (gm_ahead_is_open(run, step)) {
		int ret = gm_ahead_apply(run, err);

		if (ret != GM_AHEAD_ALONE)
			return ret;
	}
	gm_ahead_end(run);
	if (gm_journal_is_needed(run, step)) {
		int64_t start = gm_time_ms();
		int ret = gm_run_prepare_session(run, err);

		if (!ret)
			ret = gm_journal_run(run, step, err);
		if (!ret)
			gm_run_tell_done(run, step, gm_time_ms() - start);
		return ret;
	}
	switch (step->kind) {
	case GM_STEP_APPLY:
		return in_one ? gm_single_apply(run, step, err)
			      : apply_step(run, step, err);
	case GM_STEP_ROLLBACK:
		return in_one ? gm_single_rollback(run, step, err)
			      : rollback_step(run, step, err);
	default:
		return row_step(run, step, err);
	}
}

/* A pause of one to two seconds, another one each time. */
static void pause_before_retry(void)
{
	char now[GM_TIME_TEXT];

	gm_time_now(now);
	gm_time_sleep_ms(1000 +
			 strtol(now + sizeof("2026-11-20T09:15:00"), NULL, 10));
}

/* The step waits for another run's claim: whether to go on with that. */
static bool may_wait(const struct gm_run *run, const struct gm_step *step,
		     int64_t start, int tries)
{
	int64_t limit = run->wait_ms < 0 && run->is_unseen ? GM_WAIT_UNSEEN_MS
							   : run->wait_ms;

	/* Who wants to wait does, however long one try takes. */
	if (limit >= 0 && (tries || !limit) && gm_time_ms() - start >= limit)
		return false;
	if (!tries)
		tell(run, GM_EVENT_WAITING, step, NULL);
	return true;
}

/* A statement has waited too long for another session's lock. */
static bool may_retry(const struct gm_run *run, const struct gm_step *step,
		      int tries, const struct gm_error *err)
{
	char *text;

	if (tries == LOCK_RETRIES)
		return false;
	text = gm_run_retry_text(err, tries + 1, LOCK_RETRIES);
	tell(run, GM_EVENT_NOTE, step, text);
	free(text);
	return true;
}

/*
 * Where a lock can't be had, all of the step is taken back, so that whoever
 * stood behind it can go on, and tried again.
 */
static int run_patiently(struct gm_run *run, const struct gm_step *step,
			 struct gm_error *err)
{
	int64_t start = gm_time_ms();
	int tries = 0;
	int ret;

	for (;;) {
		run->phase = GM_PHASE_BEGIN;
		ret = run_step(run, step, err);
		if (ret == GM_ECONNECT && err && !err->hint)
			gm_error_hint(err, "what isn't committed is taken "
					   "back: run it again");
		if (ret != GM_EBUSY || !err || run->single_transaction ||
		    run->phase == GM_PHASE_BEGIN ||
		    (run->stop && atomic_load(run->stop)))
			return ret;
		if (run->phase == GM_PHASE_CLAIM
			    ? !may_wait(run, step, start, tries)
			    : !may_retry(run, step, tries, err))
			return ret;
		tries++;
		gm_error_release(err);
		pause_before_retry();
	}
}

static int run_steps(struct gm_run *run, struct gm_error *err)
{
	int ret = 0;

	for (run->index = 0; run->index < run->plan->n; run->index++) {
		const struct gm_step *step = &run->plan->v[run->index];

		/* What is under way can't be held back any more. */
		if (run->stop && atomic_load(run->stop) && !run->n_ahead)
			return gm_error_set(err, GM_EINTERRUPTED,
					    "interrupted");
		tell(run, GM_EVENT_STEP, step, NULL);
		ret = run_patiently(run, step, err);
		if (ret < 0)
			return ret;
		if (ret > 0) {
			gm_error_release(err);
			tell(run, GM_EVENT_SKIPPED, step, NULL);
			/* The other run's row has this position. */
			run->position += !step->row;
			continue;
		}
		if (!step->row)
			run->position++;
		run->done++;
	}
	return 0;
}

int gm_run_plan(struct gm_run *run, const struct gm_plan *plan,
		struct gm_error *err)
{
	int ret;

	run->plan = plan;
	run->index = 0;
	run->done = 0;
	run->batch = gm_history_next_batch(run->history);
	run->position = gm_history_next_position(run->history);
	ret = gm_run_check(run, plan, err);
	if (!ret && plan->n && run->history->script)
		ret = write_session(run, true, err);
	if (!ret && plan->n && !gm_single_makes_tables(run))
		ret = gm_history_create(run->history, err);
	if (ret < 0 || !plan->n)
		return ret;
	if (run->single_transaction) {
		ret = gm_single_begin(run, err);
		if (!ret)
			ret = run_steps(run, err);
		ret = gm_single_end(run, ret, err);
	} else {
		ret = run_steps(run, err);
	}
	gm_ahead_end(run);
	gm_journal_drop_next(run);
	return ret;
}
