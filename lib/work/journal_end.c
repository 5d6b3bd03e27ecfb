/*
 * How a migration in the journal comes to its end, which is written together
 * with the beginning of the next one: every commit waits for the disk.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/time.h"
#include "work/journal.h"
#include "work/rows.h"
#include "work/script.h"
#include "work/statements.h"

/* For how long the end of a migration stands uncommitted while its last
 * statement is at work. */
#define AHEAD_MS 50

/*
 * The step behind this one, where its row may be claimed together with this
 * one's end, which saves a commit. Not where somebody wants the run to stop.
 */
static const struct gm_step *find_next(const struct gm_run *run)
{
	const struct gm_step *next = &run->plan->v[run->index + 1];

	if (run->index + 1 == run->plan->n ||
	    !run->history->driver->begin_own || run->history->script ||
	    (run->stop && atomic_load(run->stop)))
		return NULL;
	return next->kind == GM_STEP_APPLY && !next->row &&
			       gm_journal_is_needed(run, next)
		       ? next
		       : NULL;
}

/* The row that find_next's step begins with, or NULL. */
static struct gm_history_row *make_next_row(struct gm_run *run,
					    const struct gm_step *step)
{
	const struct gm_step *next = find_next(run);
	struct gm_history_row *row = NULL;
	int64_t position = run->position;
	int64_t first;
	int ret;

	if (!next)
		return NULL;
	run->index++;
	run->position += !step->row;
	ret = gm_journal_make_row(run, next, &row, &first, NULL);
	run->index--;
	run->position = position;
	if (!ret)
		ret = run->history->driver->owner(run->history->db, &row->owner,
						  NULL);
	if (!ret)
		return row;
	gm_history_row_free(row);
	return NULL;
}

static int write_log_and_claim(struct gm_run *run, const struct gm_step *step,
			       const struct gm_history_row *row,
			       const struct gm_history_row *next,
			       struct gm_error *err)
{
	const struct gm_migration *m = next ? (step + 1)->migration : NULL;
	int ret = gm_history_log(run->history, gm_step_action(step->kind), row,
				 NULL, err);

	return ret || !next ? ret
			    : gm_history_claim(run->history, GM_JOURNAL_START,
					       next, m->text, m->len, err);
}

/* Begins the transaction that writes the end: the log, and the claim of the
 * next step, where there is a row for it. */
static int begin_end(struct gm_run *run, const struct gm_step *step,
		     const struct gm_history_row *row,
		     const struct gm_history_row *next, struct gm_error *err)
{
	int ret = gm_run_begin(run, err);

	if (ret < 0)
		return ret;
	ret = write_log_and_claim(run, step, row, next, err);
	if (ret < 0)
		gm_run_rollback(run);
	return ret;
}

/* The row as it stays, or no row, and the rest of the end, together. */
static int write_end(struct gm_run *run, const struct gm_step *step,
		     const struct gm_history_row *row,
		     const struct gm_history_row *next, struct gm_error *err)
{
	int ret = run->is_end_begun ? 0 : begin_end(run, step, row, next, err);

	run->is_end_begun = false;
	if (ret < 0)
		return ret;
	if (step->kind != GM_STEP_ROLLBACK && !run->history->script &&
	    run->history->driver->query_commit) {
		ret = gm_history_finish(run->history, row, err);
	} else {
		ret = step->kind == GM_STEP_ROLLBACK
			      ? gm_history_delete(run->history, row->app,
						  row->id, err)
			      : gm_history_progress(run->history, row, err);
		if (!ret)
			ret = gm_run_commit(run, err);
	}
	if (ret < 0)
		gm_run_rollback(run);
	return ret;
}

/*
 * The connection was lost over the end: 1 where it is written all the same, 0
 * where it isn't, or a negative code where nobody can tell. Whoever is still
 * at the row is waited for.
 */
static int look_up_end(struct gm_run *run, const struct gm_step *step,
		       const struct gm_history_row *row)
{
	struct gm_history *history = run->history;
	int is_there;
	int ret = gm_run_reconnect(run);

	if (!ret)
		ret = gm_run_begin(run, NULL);
	if (ret < 0)
		return ret;
	is_there = gm_history_hold(history, row->app, row->id, NULL);
	if (is_there < 0)
		ret = is_there;
	else if (step->kind == GM_STEP_ROLLBACK)
		ret = !is_there;
	else
		ret = gm_history_is_done(history, row->app, row->id, NULL);
	gm_run_rollback(run);
	return ret;
}

/* As write_end; where the connection is lost over it, it is made again. */
static int write_end_surely(struct gm_run *run, const struct gm_step *step,
			    const struct gm_history_row *row,
			    const struct gm_history_row *next,
			    struct gm_error *err)
{
	int attempt = 0;
	int written = 0;
	int ret;

	for (;;) {
		ret = write_end(run, step, row, next, err);
		if (ret == GM_ECONNECT)
			written = look_up_end(run, step, row);
		if (ret != GM_ECONNECT || written < 0 ||
		    (!written && ++attempt == GM_JOURNAL_ATTEMPTS))
			break;
		gm_error_release(err);
		if (written)
			return 0;
	}
	if (ret == GM_ECONNECT && next)
		gm_error_hint(err,
			      "no statement of '%s' has been begun by this "
			      "run, whatever git migrate status tells of it",
			      next->id);
	return ret;
}

/* Where the next step can't be claimed, that is the next step's trouble, and
 * of no concern here. */
static int write_end_patiently(struct gm_run *run, const struct gm_step *step,
			       const struct gm_history_row *row,
			       struct gm_error *err)
{
	struct gm_history_row *next = run->is_end_begun
					      ? run->end_next
					      : make_next_row(run, step);
	int attempt = 0;
	int ret;

	run->end_next = NULL;
	if (next) {
		ret = write_end_surely(run, step, row, next, err);
		if (!ret) {
			run->next = next;
			return 0;
		}
		gm_history_row_free(next);
		if (ret == GM_ECONNECT)
			return ret;
		gm_error_release(err);
	}
	do {
		if (attempt)
			gm_error_release(err);
		ret = write_end_surely(run, step, row, NULL, err);
	} while (ret == GM_EBUSY && ++attempt < GM_JOURNAL_ATTEMPTS);
	return ret;
}

static void take_back_end(struct gm_run *run)
{
	if (!run->is_end_begun)
		return;
	run->is_end_begun = false;
	gm_run_rollback(run);
	gm_history_row_free(run->end_next);
	run->end_next = NULL;
}

/* A statement that has to do with the history's tables had better not meet
 * what isn't committed there. */
static bool is_apart(const struct gm_history *history, const char *sql,
		     size_t len)
{
	const char *table = gm_history_table(history);
	const char *dot = strrchr(table, '.');
	size_t n;

	table = dot ? dot + 1 : table;
	n = strlen(table);
	for (; len >= n; sql++, len--)
		if (!strncasecmp(sql, table, n))
			return false;
	return true;
}

bool gm_journal_can_join(const struct gm_run *run, const struct gm_step *step,
			 const struct gm_section *section,
			 const struct gm_statement *statement)
{
	const struct gm_driver *driver = run->history->driver;
	const char *sql = section->sql + statement->start;

	return step->kind == GM_STEP_APPLY && driver->can_join &&
	       driver->can_join(run->history->db, sql, statement->len) &&
	       is_apart(run->history, sql, statement->len);
}

int gm_journal_await_progress(struct gm_run *run, struct gm_error *err)
{
	int ret;

	if (!run->is_progress_sent)
		return 0;
	run->is_progress_sent = false;
	ret = run->history->driver->commit(run->history->db, NULL);
	if (!ret)
		return 0;
	/* What was written behind it is not to be committed without it. */
	run->history->driver->rollback(run->history->db, NULL);
	if (ret == GM_ECONNECT)
		gm_run_reconnect(run);
	ret = gm_history_progress(run->history, run->ending, err);
	return ret < 0 ? ret : 1;
}

int gm_journal_attempt_before(struct gm_run *run, const struct gm_step *step,
			      const struct gm_section *section,
			      const struct gm_statement *statement,
			      struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct gm_db *db = run->history->db;
	const char *sql = section->sql + statement->start;
	int begun;
	int ret = 0;

	if (driver->send && driver->send_commit &&
	    is_apart(run->history, sql, statement->len))
		ret = driver->send(db, sql, statement->len, err);
	if (ret <= 0)
		return ret < 0 ? ret
			       : gm_run_attempt(run, step, section, statement,
						err);
	begun = gm_run_begin(run, NULL);
	if (!begun && gm_history_progress(run->history, run->ending, NULL)) {
		gm_run_rollback(run);
		begun = GM_ERROR;
	}
	ret = driver->receive(db, AHEAD_MS, err);
	if (!begun && ret) {
		gm_run_rollback(run);
		begun = GM_ERROR;
	}
	if (ret > 0)
		ret = driver->receive(db, -1, err);
	if (!ret && !begun)
		run->is_progress_sent = !driver->send_commit(db, NULL);
	return ret;
}

/* The rows behind a statement in its transaction, and the commit of both. */
static int commit_joint(struct gm_run *run, const struct gm_step *step,
			struct gm_history_row *row,
			const struct gm_history_row *next, struct gm_error *err)
{
	int ret;

	row->duration_ms = gm_time_ms() - run->began_ms;
	ret = write_log_and_claim(run, step, row, next, err);
	if (!ret)
		ret = gm_history_progress(run->history, row, err);
	return ret < 0 ? ret
		       : run->history->driver->commit(run->history->db, err);
}

/*
 * The statement has run, and what was to be committed with it can't be: it is
 * committed alone, and the end is written as any other. 1 where the database
 * has taken back the statement, too (it has, with `gone`), so that it can run
 * again.
 */
static int commit_alone(struct gm_run *run, bool gone, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct gm_db *db = run->history->db;
	int ret = gone ? GM_ESQL : driver->commit(db, err);

	if (!ret || ret == GM_ECONNECT)
		return ret;
	driver->rollback(db, NULL);
	if (driver->takes_back(db, NULL) > 0) {
		gm_error_release(err);
		return 1;
	}
	run->is_unsure = true;
	if (err)
		err->code = GM_ESQL;
	return GM_ESQL;
}

/* The connection was lost over the statement, or behind it: 0 where all of it
 * is committed. It may be known that nothing is. */
static int look_up_joint(struct gm_run *run, const struct gm_step *step,
			 const struct gm_history_row *row, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	int written = look_up_end(run, step, row);

	if (written > 0) {
		gm_error_release(err);
		return 0;
	}
	run->is_taken_back = !written &&
			     driver->takes_back(run->history->db, NULL) > 0;
	if (run->is_taken_back)
		gm_error_hint(err, "the database has taken back what it was "
				   "at");
	return GM_ECONNECT;
}

/* The statement was refused in its transaction. */
static int refuse_joint(struct gm_run *run, int ret, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct gm_db *db = run->history->db;

	driver->rollback(db, NULL);
	if (ret != GM_EBUSY || !driver->stays_in_part(db))
		return ret;
	if (err)
		err->code = GM_ESQL;
	return GM_ESQL;
}

/*
 * A statement that changes rows, in one transaction with the end: one commit
 * instead of two. The end is written behind it, which must not see that. 1
 * where that can't be, and nothing has happened.
 */
static int attempt_joint(struct gm_run *run, const struct gm_step *step,
			 const struct gm_section *section,
			 const struct gm_statement *statement,
			 struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct gm_db *db = run->history->db;
	struct gm_history_row row = *run->ending;
	struct gm_history_row *next = NULL;
	int begun = driver->begin(db, NULL);
	int ret = gm_journal_await_progress(run, err);

	if (begun < 0 || ret) {
		driver->rollback(db, NULL);
		return ret < 0 ? ret : 1;
	}
	ret = gm_run_attempt(run, step, section, statement, err);
	if (ret < 0 && ret != GM_ECONNECT)
		return refuse_joint(run, ret, err);
	if (!ret && driver->mark(db, NULL) < 0)
		return commit_alone(run, false, err);
	row.state = GM_ROW_APPLIED;
	row.owner = NULL;
	row.error = NULL;
	row.statements_done = row.statements_started = row.statements_total;
	if (!ret) {
		next = make_next_row(run, step);
		ret = commit_joint(run, step, &row, next, err);
	}
	if (ret == GM_ECONNECT)
		ret = look_up_joint(run, step, &row, err);
	run->is_end_written = !ret;
	if (!ret) {
		run->next = next;
		return 0;
	}
	gm_history_row_free(next);
	if (ret == GM_ECONNECT)
		return ret;
	if (driver->go_back(db, NULL) < 0)
		return commit_alone(run, true, err);
	gm_error_release(err);
	return commit_alone(run, false, err);
}

int gm_journal_attempt_last(struct gm_run *run, const struct gm_step *step,
			    const struct gm_section *section,
			    const struct gm_statement *statement,
			    struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct gm_db *db = run->history->db;
	const char *sql = section->sql + statement->start;
	int ret = 0;

	if (gm_journal_can_join(run, step, section, statement)) {
		ret = attempt_joint(run, step, section, statement, err);
		if (ret <= 0)
			return ret;
	}
	ret = gm_journal_await_progress(run, err);
	if (ret < 0)
		return ret;
	ret = 0;
	if (driver->send && !driver->in_transaction(db) &&
	    is_apart(run->history, sql, statement->len))
		ret = driver->send(db, sql, statement->len, err);
	if (ret <= 0)
		return ret < 0 ? ret
			       : gm_run_attempt(run, step, section, statement,
						err);
	run->end_next = make_next_row(run, step);
	run->is_end_begun = !begin_end(run, step, run->ending, run->end_next,
				       NULL);
	if (!run->is_end_begun) {
		gm_history_row_free(run->end_next);
		run->end_next = NULL;
	}
	ret = driver->receive(db, AHEAD_MS, err);
	if (ret > 0) {
		take_back_end(run);
		ret = driver->receive(db, -1, err);
	}
	/* Without autocommit the statement has begun a transaction, which
	 * nothing ends. */
	if (ret < 0 || driver->in_transaction(db) ||
	    (run->stop && atomic_load(run->stop)))
		take_back_end(run);
	return ret;
}

int gm_journal_settle(struct gm_run *run, const struct gm_step *step,
		      struct gm_history_row *row, struct gm_error *err)
{
	bool apart = run->history->driver->begin_own && !run->history->script;
	int ret = apart ? 0 : gm_run_clean(run, err);

	if (ret < 0)
		return ret;
	free(row->owner);
	row->owner = NULL;
	free(row->error);
	row->error = NULL;
	if (step->kind != GM_STEP_ROLLBACK)
		row->state = GM_ROW_APPLIED;
	ret = write_end_patiently(run, step, row, err);
	/* To be refused is to have changed nothing. */
	if (ret == GM_EBUSY) {
		ret = GM_ESQL;
		if (err)
			err->code = ret;
	}
	if (ret < 0) {
		gm_error_prefix(err,
				ret == GM_ECONNECT
					? "%s: its statements have run, and "
					  "nobody knows whether that is "
					  "written down"
					: "%s: its statements have run, and "
					  "that is not written down",
				step->migration->path);
		gm_error_hint(err, "git migrate status tells how far it is");
	}
	return ret;
}

void gm_journal_drop_next(struct gm_run *run)
{
	if (!run->next)
		return;
	gm_history_delete(run->history, run->next->app, run->next->id, NULL);
	gm_history_row_free(run->next);
	run->next = NULL;
}
