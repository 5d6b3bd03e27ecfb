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

bool gm_journal_is_whole(const struct gm_run *run)
{
	return run->history->driver->flags & GM_DRIVER_TRANSACTIONAL_DDL;
}

/* What may end a transaction so that it stays. */
#define ENDS (GM_STATEMENT_COMMITS | GM_STATEMENT_PREPARES)

/* How many statements are begun when so many are done: the next one, too,
 * unless nothing can be left of it before its transaction ends. */
static int64_t count_begun(const struct gm_run *run,
			   const struct gm_statement *ran,
			   const struct gm_statement *next,
			   const struct gm_history_row *row, int64_t done)
{
	bool leaves_nothing = next->flags & GM_STATEMENT_BEGINS ||
			      ran->flags & GM_STATEMENT_CHAINS;

	return done == row->statements_total ||
			       (gm_journal_is_whole(run) && leaves_nothing)
		       ? done
		       : done + 1;
}

/* How many statements there are, and how many of them are begun with the one
 * behind the first `done`. */
static int count_statements(const struct gm_run *run,
			    const struct gm_section *section, int64_t done,
			    struct gm_history_row *row, struct gm_error *err)
{
	struct gm_splitter splitter;
	struct gm_statement before = { 0 };
	struct gm_statement at = { 0 };
	struct gm_statement statement;
	int64_t n = 0;
	int ret = 0;

	if (section)
		gm_splitter_init(&splitter, gm_history_dialect(run->history),
				 section->sql, section->len);
	while (section &&
	       (ret = gm_splitter_next(&splitter, &statement, err)) > 0) {
		if (++n == done)
			before = statement;
		else if (n == done + 1)
			at = statement;
	}
	row->statements_total = n;
	row->statements_done = done;
	row->statements_started = count_begun(run, &before, &at, row, done);
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

/*
 * The connection of the history alone may be lost, with the statements' own
 * session as it was: then it is made again. Nobody else has come to the row
 * since, for its owner lives; the same row may be written twice.
 */
static bool is_regained(struct gm_run *run, const struct gm_history_row *row)
{
	const struct gm_driver *driver = run->history->driver;
	char *owner = NULL;
	bool same;

	if (!driver->begin_own || !row->owner || gm_run_reconnect(run) < 0)
		return false;
	driver->owner(run->history->db, &owner, NULL);
	same = owner && !strcmp(owner, row->owner);
	free(owner);
	return same;
}

int gm_journal_progress(struct gm_run *run, struct gm_history_row *row,
			int64_t done, int64_t started, struct gm_error *err)
{
	bool alone = stands_alone(run);
	bool again;
	int attempt = 0;
	int ret;

	row->statements_done = done;
	row->statements_started = started;
	do {
		if (attempt)
			gm_error_release(err);
		ret = gm_history_progress(run->history, row, err);
		again = alone && (ret == GM_EBUSY || (ret == GM_ECONNECT &&
						      is_regained(run, row)));
	} while (again && ++attempt < GM_JOURNAL_ATTEMPTS &&
		 !(run->stop && atomic_load(run->stop)));
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

/*
 * Writes down a statement's end and the next one's beginning in one go.
 *
 * Where all of a transaction of the migration's own goes back as long as it
 * isn't committed, there is nothing to write in it. Elsewhere the counters are
 * part of it; where they can't be, what the transaction has done so far counts
 * as begun.
 */
static int write_behind(struct gm_run *run, const struct gm_statement *ran,
			const struct gm_statement *next,
			struct gm_history_row *row,
			const struct gm_journal_position *at,
			struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	bool apart = at->opened >= 0 && driver->writes_apart &&
		     driver->writes_apart(run->history->db);

	if (at->opened >= 0 && at->opened < at->done &&
	    gm_journal_is_whole(run))
		return 0;
	return gm_journal_progress(run, row, apart ? at->opened : at->done,
				   count_begun(run, ran, next, row, at->done),
				   err);
}

/* The counters as they are behind a commit, as part of what it commits: 1
 * where they can't be. */
static int write_within(struct gm_run *run, struct gm_history_row *row,
			int64_t done, int64_t started, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	int ret = driver->mark ? driver->mark(run->history->db, err) : 0;

	if (ret < 0)
		return ret;
	ret = gm_journal_progress(run, row, done, started, err);
	if (!driver->go_back || (ret != GM_ESQL && ret != GM_EBUSY))
		return ret;
	gm_error_release(err);
	ret = driver->go_back(run->history->db, err);
	return ret < 0 ? ret : 1;
}

/*
 * Before a transaction of the migration's own ends, of which nothing is
 * written yet: the counters go in with it, so that they tell in any case what
 * became of it. Where its role or its mode doesn't allow that, or it stays
 * uncommitted, they are written apart, and all of it counts as begun.
 */
static int
write_before_end(struct gm_run *run, const struct gm_statement *statement,
		 const struct gm_statement *next, struct gm_history_row *row,
		 struct gm_journal_position *at, struct gm_error *err)
{
	int ret = 1;

	if (!gm_journal_is_whole(run) || at->opened < 0 ||
	    !(statement->flags & ENDS))
		return 0;
	if (statement->flags & GM_STATEMENT_COMMITS)
		ret = write_within(
			run, row, at->begun,
			count_begun(run, statement, next, row, at->begun), err);
	at->is_written = !ret;
	if (ret > 0)
		ret = gm_journal_progress(run, row, at->opened, at->begun, err);
	return ret;
}

static int run_one(struct gm_run *run, const struct gm_step *step,
		   const struct gm_section *section,
		   const struct gm_statement *statement, gm_attempt_fn *try,
		   const struct gm_journal_position *at, struct gm_error *err)
{
	int ret;

	if (run->stop && atomic_load(run->stop))
		return gm_error_set(err, GM_EINTERRUPTED, "interrupted");
	/* What a transaction held is gone when its commit is refused: another
	 * one would succeed, and commit nothing. */
	if (at->opened >= 0 && gm_journal_is_whole(run))
		ret = try(run, step, section, statement, err);
	else
		ret = gm_run_patiently(run, step, section, statement, try, err);
	if (ret == GM_ESQL || ret == GM_EBUSY || ret == GM_ECONNECT ||
	    ret == GM_EINTERRUPTED)
		gm_run_locate(step->migration, section, statement->start, err);
	return ret;
}

/* How the statement of that index is run. `next` is the one behind it. */
static gm_attempt_fn *choose_attempt(const struct gm_run *run,
				     const struct gm_step *step,
				     const struct gm_section *section,
				     const struct gm_statement *next,
				     int64_t index, int64_t total)
{
	if (has_conclusion(run, step))
		return gm_run_attempt;
	if (index + 1 == total)
		return gm_journal_attempt_last;
	if (index + 2 == total && gm_journal_can_join(run, step, section, next))
		return gm_journal_attempt_before;
	return gm_run_attempt;
}

/* What is known of the statement at hand where the connection is lost over
 * it: in a transaction that all goes back with, only its end is in doubt. */
static bool is_fate_known(const struct gm_run *run,
			  const struct gm_statement *statement,
			  const struct gm_journal_position *at)
{
	if (at->opened < 0)
		return statement->flags & GM_STATEMENT_BEGINS;
	if (!gm_journal_is_whole(run))
		return false;
	return at->is_written || !(statement->flags & ENDS);
}

/* A statement has run: how far the statements are now. */
static void move_on(const struct gm_run *run,
		    const struct gm_statement *statement,
		    struct gm_journal_position *at)
{
	const struct gm_driver *driver = run->history->driver;

	at->known = true;
	at->is_written = false;
	at->done = at->begun;
	if (!driver->in_transaction(run->history->db))
		at->opened = -1;
	else if (at->opened < 0)
		at->opened = at->done - 1;
	else if (statement->flags & GM_STATEMENT_CHAINS)
		at->opened = at->done;
}

/* Our own row was refused, at that statement. */
static int locate_write(const struct gm_step *step,
			const struct gm_section *section,
			const struct gm_statement *statement,
			struct gm_error *err)
{
	gm_error_prefix(err, "cannot write down how far it is");
	gm_run_locate(step->migration, section, statement->start, err);
	return err ? err->code : GM_ERROR;
}

/* Runs one statement, and writes down what is to be written before it and
 * behind it. `next` is the one that follows; all 0: none. */
static int run_next(struct gm_run *run, const struct gm_step *step,
		    const struct gm_section *section,
		    const struct gm_statement *statement,
		    const struct gm_statement *next, struct gm_history_row *row,
		    struct gm_journal_position *at, struct gm_error *err)
{
	gm_attempt_fn *attempt =
		at->opened >= 0
			? gm_run_attempt
			: choose_attempt(run, step, section, next, at->done,
					 row->statements_total);
	struct gm_history_row after = *row;
	bool was_written;
	int ret;

	at->begun = at->done + 1;
	at->known = true;
	ret = write_before_end(run, statement, next, row, at, err);
	if (ret < 0)
		return locate_write(step, section, statement, err);
	at->known = is_fate_known(run, statement, at);
	after.statements_done = at->begun;
	after.statements_started = at->begun + 1;
	run->ending = attempt == gm_journal_attempt_before ? &after : row;
	ret = run_one(run, step, section, statement, attempt, at, err);
	run->ending = row;
	if (ret < 0)
		return ret;
	was_written = at->is_written;
	move_on(run, statement, at);
	if (attempt == gm_journal_attempt_last && at->opened < 0) {
		row->statements_done = at->done;
	} else if (run->is_progress_sent) {
		row->statements_done = at->done;
		row->statements_started = at->done + 1;
	} else if (!was_written) {
		ret = write_behind(run, statement, next, row, at, err);
		if (ret < 0)
			locate_write(step, section, statement, err);
	}
	return ret;
}

/* Runs the statements from `first` on. What the last one did is written
 * with the end of the migration where nothing else comes in between. */
static int run_statements(struct gm_run *run, const struct gm_step *step,
			  const struct gm_section *section, int64_t first,
			  struct gm_history_row *row, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct gm_journal_position at = {
		.done = first,
		.begun = first,
		.opened = -1,
		.known = true,
	};
	struct gm_splitter splitter;
	struct gm_statement statement;
	struct gm_statement next;
	int64_t i;
	int more;
	int ret = first ? gm_journal_set_session(run, step, first, err) : 0;

	if (ret < 0)
		return gm_journal_fail(run, step, row, &at, err);
	if (driver->in_transaction(run->history->db))
		at.opened = first;
	gm_splitter_init(&splitter, driver->dialect, section->sql,
			 section->len);
	more = gm_splitter_next(&splitter, &next, err);
	for (i = 0; !ret && more > 0; i++) {
		statement = next;
		next = (struct gm_statement){ 0 };
		more = gm_splitter_next(&splitter, &next, err);
		if (i < first || more < 0)
			continue;
		gm_run_tell_statement(run, step, (size_t)i + 1,
				      (size_t)row->statements_total);
		ret = run_next(run, step, section, &statement, &next, row, &at,
			       err);
	}
	ret = ret ? ret : more;
	if (!ret && at.opened >= 0)
		ret = gm_error_set(err, GM_ESQL,
				   "%s: the migration leaves its transaction "
				   "open",
				   step->migration->path);
	if (ret < 0) {
		gm_journal_await_progress(run, NULL);
		at.known &= at.opened < 0 || gm_journal_is_whole(run);
		ret = gm_journal_fail(run, step, row, &at, err);
	}
	return ret;
}

/* After the last statement: is it true, is nothing damaged. */
static int conclude(struct gm_run *run, const struct gm_step *step,
		    struct gm_history_row *row, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct gm_journal_position at = {
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
	return ret < 0 ? gm_journal_fail(run, step, row, &at, err) : ret;
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
		ret = count_statements(run, gm_step_section(step, dialect),
				       *first, row, err);
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
		return gm_journal_abort(run, step, err);
	run->next = NULL;
	if (!row) {
		ret = gm_journal_make_row(run, step, &row, &first, err);
		if (!ret)
			ret = gm_journal_open(run, step, row, err);
	}
	if (ret)
		goto done;
	if (run->history->script)
		ret = gm_run_write_section(run, section, err);
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
