/*
 * The journal: for statements that no transaction holds together. The row
 * says how far a migration got, and a statement that was begun and not ended
 * by a session that is gone is unknown, never assumed.
 */
#include "work/journal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "sql/split.h"
#include "work/rows.h"
#include "work/script.h"
#include "work/statements.h"

static int count_statements(const struct gm_dialect *dialect,
			    const struct gm_section *section, int64_t *count,
			    struct gm_error *err)
{
	struct gm_splitter splitter;
	struct gm_statement statement;
	int ret;

	*count = 0;
	if (!section)
		return 0;
	gm_splitter_init(&splitter, dialect, section->sql, section->len);
	while ((ret = gm_splitter_next(&splitter, &statement, err)) > 0)
		(*count)++;
	return ret;
}

/* Whether a row that is refused can be written again: not where that is part
 * of a transaction of the migration's own, which is lost with it. */
static bool stands_alone(const struct gm_run *run)
{
	const struct gm_driver *driver = run->history->driver;

	return !driver->in_transaction(run->history->db) ||
	       (driver->writes_apart && driver->writes_apart(run->history->db));
}

/* A node of a cluster may refuse what no other run has touched. */
static int write_progress(struct gm_run *run, struct gm_history_row *row,
			  int64_t done, int64_t started, struct gm_error *err)
{
	bool alone = stands_alone(run);
	int attempt = 0;
	int ret;

	row->statements_done = done;
	row->statements_started = started;
	do {
		if (attempt)
			gm_error_release(err);
		ret = gm_history_progress(run->history, row, err);
	} while (ret == GM_EBUSY && alone && ++attempt < GM_JOURNAL_ATTEMPTS);
	return ret;
}

/* Whether something is looked at between the last statement and the end. */
static bool has_conclusion(const struct gm_run *run, const struct gm_step *step)
{
	return run->history->driver->after_migration ||
	       (step->kind == GM_STEP_APPLY &&
		gm_migration_section(step->migration, GM_SECTION_VERIFY,
				     gm_history_dialect(run->history)));
}

/* The first statement never began: it is as if nobody had come. */
static int withdraw(struct gm_run *run, const struct gm_step *step,
		    struct gm_history_row *row, struct gm_error *err)
{
	if (!step->row)
		return gm_history_delete(run->history, row->app, row->id, err);
	return gm_history_progress(run->history, step->row, err);
}

/* Without a connection nothing can be written: the row stays as it is. */
static void leave_unwritten(struct gm_history_row *row, int64_t done,
			    bool known, struct gm_error *err)
{
	row->statements_done = done;
	row->statements_started = known ? done : done + 1;
	if (known)
		gm_error_hint(err,
			      "%lld of %lld statements are done, and none was "
			      "at work, whatever git migrate status tells",
			      (long long)done,
			      (long long)row->statements_total);
	gm_journal_hint(row, err);
}

/* How far the statements are, while they run. */
struct position {
	/* How many are done, and hold. */
	int64_t done;
	/* How many were begun. */
	int64_t begun;
	/* The statement that opened a transaction which is still open, or
	 * -1. */
	int64_t opened;
	/* None is at work. */
	bool known;
};

/* Ends what transaction there is. Where the statements had one of their own,
 * the counters were part of it: the database tells how far they got, whether
 * all of it is gone or something in it has committed what was before. */
static void roll_back(struct gm_run *run, const struct gm_history_row *row,
		      struct position *at)
{
	const struct gm_driver *driver = run->history->driver;

	if (driver->in_transaction(run->history->db))
		driver->rollback(run->history->db, NULL);
	if (at->opened < 0)
		return;
	at->done = at->opened;
	gm_history_done(run->history, row->app, row->id, &at->done, NULL);
}

/* A part of what was begun stays: its fate is as unknown as that of a
 * statement which nobody saw the end of. */
static void write_half(struct gm_run *run, struct gm_history_row *row,
		       const struct position *at, struct gm_error *err)
{
	write_progress(run, row, at->done,
		       at->begun > at->done ? at->begun : at->done + 1, NULL);
	gm_error_hint(err,
		      "%lld of %lld statements are done, and a part of "
		      "what this one did may stay: it is several "
		      "statements, or wrote to a table without "
		      "transactions",
		      (long long)at->done, (long long)row->statements_total);
}

/*
 * A statement was refused, or the run was interrupted: the row says so. A
 * statement that the connection was lost over is unknown, unless it is known
 * that none was at work.
 */
static int write_failure(struct gm_run *run, const struct gm_step *step,
			 struct gm_history_row *row, struct position *at,
			 struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	bool half;

	if (err && err->code == GM_ECONNECT && !run->is_taken_back &&
	    (!at->known || gm_run_reconnect(run) < 0)) {
		if (at->opened >= 0)
			at->done = at->opened;
		leave_unwritten(row, at->done, at->known, err);
		return err->code;
	}
	roll_back(run, row, at);
	half = run->is_unsure || (driver->stays_in_part && !at->known &&
				  driver->stays_in_part(run->history->db));
	gm_run_log_failure(run, row, err);
	if (err && err->code == GM_EBUSY && !at->done && !half &&
	    !step->resume && !withdraw(run, step, row, NULL))
		return err->code;
	/* Something has run. */
	if (err && err->code == GM_EBUSY)
		err->code = GM_ESQL;
	free(row->owner);
	row->owner = NULL;
	free(row->error);
	row->error = NULL;
	if (half) {
		write_half(run, row, at, err);
	} else {
		if (row->state == GM_ROW_APPLYING)
			row->state = GM_ROW_FAILED;
		row->error = gm_strdup(err && err->message ? err->message
							   : "failed");
		write_progress(run, row, at->done, at->done, NULL);
		gm_error_hint(err, "%lld of %lld statements are done",
			      (long long)at->done,
			      (long long)row->statements_total);
	}
	gm_journal_hint_attempts(run->history, row, err);
	gm_journal_hint(row, err);
	return err ? err->code : GM_ERROR;
}

/*
 * Writes down a statement's end and the next one's beginning in one go. In
 * a transaction of the migration's own that is part of it. Where it can't
 * be, what the transaction has done so far counts as begun.
 */
static int write_statement(struct gm_run *run, struct gm_history_row *row,
			   const struct position *at, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	int64_t started = at->done < row->statements_total ? at->done + 1
							   : at->done;
	bool apart = at->opened >= 0 && driver->writes_apart &&
		     driver->writes_apart(run->history->db);

	return write_progress(run, row, apart ? at->opened : at->done, started,
			      err);
}

static int run_one(struct gm_run *run, const struct gm_step *step,
		   const struct gm_section *section,
		   const struct gm_statement *statement, gm_attempt_fn *try,
		   struct gm_error *err)
{
	int ret;

	if (run->stop && atomic_load(run->stop))
		return gm_error_set(err, GM_EINTERRUPTED, "interrupted");
	ret = gm_run_patiently(run, step, section, statement, try, err);
	if (ret == GM_ESQL || ret == GM_EBUSY || ret == GM_ECONNECT)
		gm_run_locate(step->migration, section, statement->start, err);
	return ret;
}

/*
 * Whether the row is written behind a statement. Where DDL is part of
 * transactions, nobody sees a row in one of the migration's own before that
 * ends: it is written once, before the statement that ends it, and not in
 * the way of what has to come first. `splitter` is behind the statement.
 */
static bool is_told(const struct gm_run *run, const struct position *at,
		    const struct gm_splitter *splitter)
{
	struct gm_splitter ahead = *splitter;
	struct gm_statement next;

	return at->opened < 0 ||
	       !(run->history->driver->flags & GM_DRIVER_TRANSACTIONAL_DDL) ||
	       (gm_splitter_next(&ahead, &next, NULL) > 0 &&
		next.flags & GM_STATEMENT_TRANSACTION);
}

/* How the statement of that index is run. `splitter` is behind it. */
static gm_attempt_fn *choose_attempt(const struct gm_run *run,
				     const struct gm_step *step,
				     const struct gm_section *section,
				     const struct gm_splitter *splitter,
				     int64_t index, int64_t total)
{
	struct gm_splitter ahead = *splitter;
	struct gm_statement last;

	if (has_conclusion(run, step))
		return gm_run_attempt;
	if (index + 1 == total)
		return gm_journal_attempt_last;
	if (index + 2 == total && gm_splitter_next(&ahead, &last, NULL) > 0 &&
	    gm_journal_can_join(run, step, section, &last))
		return gm_journal_attempt_before;
	return gm_run_attempt;
}

/* Runs the statements from `first` on. What the last one did is written
 * with the end of the migration where nothing else comes in between. */
static int run_statements(struct gm_run *run, const struct gm_step *step,
			  const struct gm_section *section, int64_t first,
			  struct gm_history_row *row, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct position at = {
		.done = first,
		.begun = first,
		.opened = -1,
		.known = true,
	};
	struct gm_splitter splitter;
	struct gm_statement statement;
	struct gm_history_row after;
	gm_attempt_fn *attempt;
	int64_t i;
	int ret = first ? gm_journal_set_session(run, step, first, err) : 0;

	if (ret < 0)
		return write_failure(run, step, row, &at, err);
	at.known = false;
	gm_splitter_init(&splitter, driver->dialect, section->sql,
			 section->len);
	for (i = 0; (ret = gm_splitter_next(&splitter, &statement, err)) > 0;
	     i++) {
		if (i < first)
			continue;
		gm_run_tell_statement(run, step, (size_t)i + 1,
				      (size_t)row->statements_total);
		attempt = at.opened >= 0
				  ? gm_run_attempt
				  : choose_attempt(run, step, section,
						   &splitter, i,
						   row->statements_total);
		after = *row;
		after.statements_done = i + 1;
		after.statements_started = i + 2;
		run->ending = attempt == gm_journal_attempt_before ? &after
								   : row;
		at.begun = i + 1;
		ret = run_one(run, step, section, &statement, attempt, err);
		run->ending = row;
		if (ret < 0)
			break;
		at.known = true;
		at.done = i + 1;
		if (!driver->in_transaction(run->history->db))
			at.opened = -1;
		else if (at.opened < 0)
			at.opened = i;
		if (attempt == gm_journal_attempt_last && at.opened < 0) {
			row->statements_done = at.done;
		} else if (run->is_progress_sent) {
			row->statements_done = at.done;
			row->statements_started = at.done + 1;
		} else if (is_told(run, &at, &splitter))
			ret = write_statement(run, row, &at, err);
		if (ret < 0)
			break;
		at.known = false;
	}
	if (!ret && at.opened >= 0)
		ret = gm_error_set(err, GM_ESQL,
				   "%s: the migration leaves its transaction "
				   "open",
				   step->migration->path);
	if (ret < 0) {
		gm_journal_await_progress(run, NULL);
		at.known &= at.opened < 0;
		ret = write_failure(run, step, row, &at, err);
	}
	return ret;
}

/* After the last statement: is it true, is nothing damaged. */
static int conclude(struct gm_run *run, const struct gm_step *step,
		    struct gm_history_row *row, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct position at = {
		.done = row->statements_total,
		.begun = row->statements_total,
		.opened = -1,
		.known = true,
	};
	int ret = 0;

	if (step->kind == GM_STEP_APPLY)
		ret = gm_run_verify(run, step, err);
	if (!ret && driver->after_migration)
		ret = driver->after_migration(run->history->db, err);
	return ret < 0 ? write_failure(run, step, row, &at, err) : ret;
}

int gm_journal_make_row(struct gm_run *run, const struct gm_step *step,
			struct gm_history_row **out, int64_t *first,
			struct gm_error *err)
{
	const struct gm_dialect *dialect = gm_history_dialect(run->history);
	struct gm_history_row *row = gm_run_row(run, step,
						step->kind == GM_STEP_ROLLBACK
							? GM_ROW_REVERTING
							: GM_ROW_APPLYING);
	int ret = gm_journal_find_first(run->history, step, first, err);

	*out = row;
	if (step->row)
		row->applied_at = gm_strdup_null(step->row->applied_at);
	if (!ret)
		ret = count_statements(dialect, gm_step_section(step, dialect),
				       &row->statements_total, err);
	if (ret < 0)
		return ret;
	row->statements_done = *first;
	row->statements_started = *first < row->statements_total ? *first + 1
								 : *first;
	return 0;
}

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
static int open_journal(struct gm_run *run, const struct gm_step *step,
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

static int abort_step(struct gm_run *run, const struct gm_step *step,
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

int gm_journal_run(struct gm_run *run, const struct gm_step *step,
		   struct gm_error *err)
{
	const struct gm_section *section = gm_step_section(
		step, gm_history_dialect(run->history));
	struct gm_history_row *row = run->next;
	int64_t first = 0;
	int ret = 0;

	run->began_ms = gm_time_ms();
	run->is_end_written = run->is_taken_back = run->is_unsure = false;
	if (step->resume == GM_RESUME_ABORT)
		return abort_step(run, step, err);
	run->next = NULL;
	if (!row) {
		ret = gm_journal_make_row(run, step, &row, &first, err);
		if (!ret)
			ret = open_journal(run, step, row, err);
	}
	if (ret)
		goto done;
	if (run->history->script)
		gm_script_section(section, gm_history_dialect(run->history),
				  run->history->script);
	else if (section)
		ret = run_statements(run, step, section, first, row, err);
	if (!ret && !run->history->script)
		ret = conclude(run, step, row, err);
	row->duration_ms = gm_time_ms() - run->began_ms;
	if (run->history->script) {
		row->duration_ms = 0;
		row->statements_started = row->statements_total;
		row->statements_done = row->statements_total;
	}
	if (!ret && !run->is_end_written)
		ret = gm_journal_settle(run, step, row, err);
done:
	gm_history_row_free(row);
	return ret;
}
