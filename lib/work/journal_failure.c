/*
 * A migration in the journal that stops: what of it stays, and what the row
 * says of that.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "work/journal.h"
#include "work/rows.h"
#include "work/statements.h"

/* The first statement never began: it is as if nobody had come. */
static int withdraw(struct gm_run *run, const struct gm_step *step,
		    struct gm_history_row *row, struct gm_error *err)
{
	if (!step->row)
		return gm_history_delete(run->history, row->app, row->id, err);
	return gm_history_progress(run->history, step->row, err);
}

/* Without a connection nothing can be written: the row stays as it is. */
static void leave_unwritten(struct gm_history_row *row,
			    const struct gm_journal_position *at,
			    struct gm_error *err)
{
	int64_t done = at->opened >= 0 ? at->opened : at->done;

	row->statements_done = done;
	row->statements_started = at->known ? done : done + 1;
	if (at->is_written)
		gm_error_hint(err, "git migrate status tells whether its "
				   "transaction is committed");
	else if (at->known)
		gm_error_hint(err,
			      "%lld of %lld statements are done, and none was "
			      "at work, whatever git migrate status tells",
			      (long long)done,
			      (long long)row->statements_total);
	gm_journal_hint(row, err);
}

/* Ends what transaction there is. Where the statements had one of their own,
 * and the counters were part of it, the database tells how far they got:
 * whether all of it is gone, or something in it has committed what was
 * before. */
static void roll_back(struct gm_run *run, const struct gm_history_row *row,
		      struct gm_journal_position *at)
{
	const struct gm_driver *driver = run->history->driver;

	if (driver->in_transaction(run->history->db))
		driver->rollback(run->history->db, NULL);
	if (at->opened < 0)
		return;
	at->done = at->opened;
	if (at->is_written || !gm_journal_is_whole(run))
		gm_history_done(run->history, row->app, row->id, &at->done,
				NULL);
}

/* The last statement behind the first at->done and up to `ran` that is several
 * ones, counted from 1; 0: none is. */
static int64_t find_several(const struct gm_run *run,
			    const struct gm_step *step,
			    const struct gm_journal_position *at, int64_t ran)
{
	const struct gm_dialect *dialect = gm_history_dialect(run->history);
	const struct gm_section *section = gm_step_section(step, dialect);
	struct gm_splitter splitter;
	struct gm_statement statement;
	int64_t found = 0;
	int64_t i;

	if (!section || at->done >= ran)
		return 0;
	gm_splitter_init(&splitter, dialect, section->sql, section->len);
	for (i = 1;
	     i <= ran && gm_splitter_next(&splitter, &statement, NULL) > 0; i++)
		if (i > at->done && statement.flags & GM_STATEMENT_SEVERAL)
			found = i;
	return found;
}

/*
 * Up to which statement, counted from 1, something may stay though it is not
 * done; 0: nothing may. What ran in the transaction that was rolled back is
 * gone with it, unless it was several statements, which may have ended one
 * transaction and begun another.
 */
static int64_t find_half(const struct gm_run *run, const struct gm_step *step,
			 const struct gm_journal_position *at, int64_t ran)
{
	const struct gm_driver *driver = run->history->driver;

	if (run->is_unsure || (driver->stays_in_part && !at->known &&
			       driver->stays_in_part(run->history->db)))
		return at->begun > at->done ? at->begun : at->done + 1;
	return find_several(run, step, at, ran);
}

/* A part of what was begun stays: its fate is as unknown as that of a
 * statement which nobody saw the end of. */
static void write_half(struct gm_run *run, struct gm_history_row *row,
		       const struct gm_journal_position *at, int64_t half,
		       int64_t ran, struct gm_error *err)
{
	gm_journal_progress(run, row, at->done, half, NULL);
	if (half > ran)
		gm_error_hint(err,
			      "%lld of %lld statements are done, and a part of "
			      "what this one did may stay: it is several "
			      "statements, or wrote to a table without "
			      "transactions",
			      (long long)at->done,
			      (long long)row->statements_total);
	else
		gm_error_hint(err,
			      "%lld of %lld statements are done, and a part of "
			      "what statement %lld did may stay: it is several "
			      "statements, and may have committed",
			      (long long)at->done,
			      (long long)row->statements_total,
			      (long long)half);
}

int gm_journal_fail(struct gm_run *run, const struct gm_step *step,
		    struct gm_history_row *row, struct gm_journal_position *at,
		    struct gm_error *err)
{
	int64_t ran = at->done;
	int64_t half;

	if (err && err->code == GM_ECONNECT && !run->is_taken_back &&
	    (!at->known || gm_run_reconnect(run) < 0)) {
		leave_unwritten(row, at, err);
		return err->code;
	}
	roll_back(run, row, at);
	half = find_half(run, step, at, ran);
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
		write_half(run, row, at, half, ran, err);
	} else {
		if (row->state == GM_ROW_APPLYING)
			row->state = GM_ROW_FAILED;
		row->error = gm_strdup(err && err->message ? err->message
							   : "failed");
		gm_journal_progress(run, row, at->done, at->done, NULL);
		gm_error_hint(err, "%lld of %lld statements are done",
			      (long long)at->done,
			      (long long)row->statements_total);
	}
	gm_journal_hint_attempts(run->history, row, err);
	gm_journal_hint(row, err);
	return err ? err->code : GM_ERROR;
}
