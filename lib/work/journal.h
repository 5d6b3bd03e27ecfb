/*
 * Migrations outside a transaction: each statement's beginning and end is
 * written down, so that a run that broke can be taken up again.
 */
#ifndef GM_WORK_JOURNAL_H
#define GM_WORK_JOURNAL_H

#include "work/run.h"

/* Whether a step's statements run without a transaction of ours. */
bool gm_journal_is_needed(const struct gm_run *run, const struct gm_step *step);

/*
 * Runs a step's section statement by statement. A step with `resume` goes
 * on from what the row says: GM_EREFUSED where the fate of a statement is
 * unknown and the step doesn't tell it, or where what ran has changed since.
 */
int gm_journal_run(struct gm_run *run, const struct gm_step *step,
		   struct gm_error *err);

/* The step at hand is not begun after all, though its claim may have been
 * written with the end of the one before it: that is taken back. */
void gm_journal_drop_next(struct gm_run *run);

/*
 * The statement that a step begins with, counted from 0: behind what has run,
 * where it goes on. GM_EREFUSED as above.
 */
int gm_journal_find_first(struct gm_history *history,
			  const struct gm_step *step, int64_t *first,
			  struct gm_error *err);

/*
 * What another session is at has not failed: it is pending or applied yet,
 * and marked as live. For those who only look; a plan asks for itself. How
 * many there are.
 */
size_t gm_journal_mark_live(struct gm_history *history,
			    struct gm_comparison *comparison);

/*
 * Whether the session that is at the row still lives, or a statement of it is
 * still at work: 1 or 0. A row without an owner has nobody.
 */
int gm_journal_is_live(struct gm_history *history,
		       const struct gm_history_row *row, struct gm_error *err);

/*
 * Where nobody is at the row any more: what its statements tell of the one
 * that was begun last, as far as they do, is from now on in the loaded row.
 */
void gm_journal_learn(struct gm_history *history,
		      const struct gm_history_row *row);

/*
 * Sets GM_EREFUSED: how far the migration got, why it stopped, and the ways
 * to go on. `path` is for the message, or NULL.
 */
int gm_journal_refuse(struct gm_history *history,
		      const struct gm_history_row *row, const char *path,
		      struct gm_error *err);

/*
 * Adds the statements of the recorded section that are known to have run,
 * each ended by ";\n", and below a comment those that may have.
 */
int gm_journal_what_ran(struct gm_history *history,
			const struct gm_history_row *row, struct gm_strbuf *out,
			struct gm_error *err);

/* For journal.c: keeps what the row's attempt has run, before it is begun
 * again. */
int gm_journal_keep_attempt(struct gm_history *history,
			    const struct gm_history_row *row,
			    struct gm_error *err);

/* For journal.c and journal_end.c: what the log says when a migration begins
 * of which it will tell the end. */
#define GM_JOURNAL_START "start"

/* How often a row is tried to be written that somebody is in the way of. */
#define GM_JOURNAL_ATTEMPTS 3

/* The row as a step begins with it, from its statement *first on. The caller
 * frees *out, which is set after an error too. */
int gm_journal_make_row(struct gm_run *run, const struct gm_step *step,
			struct gm_history_row **out, int64_t *first,
			struct gm_error *err);

/* How far the statements are, while they run. */
struct gm_journal_position {
	/* How many are done, and hold. */
	int64_t done;
	/* How many were begun. */
	int64_t begun;
	/* How many stay when the transaction that is open is rolled back; -1:
	 * none is open. */
	int64_t opened;
	/* None is at work, or it is sure what becomes of it. */
	bool known;
	/* What is written goes with the commit that is at work. */
	bool is_written;
};

/* Whether all of a transaction goes back that isn't committed. */
bool gm_journal_is_whole(const struct gm_run *run);

/* Writes the row with these counters, over a connection that is made again
 * where it was lost. A node of a cluster may refuse what no other run has
 * touched. */
int gm_journal_progress(struct gm_run *run, struct gm_history_row *row,
			int64_t done, int64_t started, struct gm_error *err);

/*
 * A statement was refused, or the run was interrupted: the row says so. A
 * statement that the connection was lost over is unknown, unless it is known
 * that none was at work. Returns err's code.
 */
int gm_journal_fail(struct gm_run *run, const struct gm_step *step,
		    struct gm_history_row *row, struct gm_journal_position *at,
		    struct gm_error *err);

/* For journal.c: claims the row, or takes it up again, and writes where it
 * begins; and forgets it, with a word in the log. */
int gm_journal_open(struct gm_run *run, const struct gm_step *step,
		    struct gm_history_row *row, struct gm_error *err);
int gm_journal_abort(struct gm_run *run, const struct gm_step *step,
		     struct gm_error *err);

/*
 * Writes the end, in a session that the migration's statements have no hold
 * on, and where it can claims the next step with it: run->next. What ran has
 * run: a lock that can't be had is no reason to leave it at that.
 */
int gm_journal_settle(struct gm_run *run, const struct gm_step *step,
		      struct gm_history_row *row, struct gm_error *err);

/* For journal.c: makes what the statements before `first` left in a session
 * that is gone, the settings above all, again where that can be done. */
int gm_journal_set_session(struct gm_run *run, const struct gm_step *step,
			   int64_t first, struct gm_error *err);

/*
 * An attempt at a migration's last statement, where nothing else comes behind
 * it: while the server is at it, the end is begun. Where that takes longer, or
 * fails, it is as if it had not been. run->ending is the row.
 */
int gm_journal_attempt_last(struct gm_run *run, const struct gm_step *step,
			    const struct gm_section *section,
			    const struct gm_statement *statement,
			    struct gm_error *err);

/* The same for the one before the last, where the last can be joined with the
 * end: while it runs its own end is written. run->ending is the row, with the
 * counters as they are then. */
int gm_journal_attempt_before(struct gm_run *run, const struct gm_step *step,
			      const struct gm_section *section,
			      const struct gm_statement *statement,
			      struct gm_error *err);

/* Whether the statement, the last one, can be joined with the end. */
bool gm_journal_can_join(const struct gm_run *run, const struct gm_step *step,
			 const struct gm_section *section,
			 const struct gm_statement *statement);

/* Waits for counters that are on their way: 0. Where they didn't arrive the
 * transaction that is open is rolled back, and they are sent again: 1. */
int gm_journal_await_progress(struct gm_run *run, struct gm_error *err);

/* For journal.c and journal_report.c: the recorded migration as the plan's
 * only step. The caller releases the plan. */
int gm_journal_load(struct gm_history *history,
		    const struct gm_history_row *row, struct gm_plan *plan,
		    struct gm_error *err);

/* The section of the recorded migration that the row's counters count. */
const struct gm_section *
gm_journal_section(const struct gm_history *history,
		   const struct gm_history_row *row,
		   const struct gm_migration *migration);

/* Whether a statement was begun of which nobody knows the end; and whether it
 * only sets its session, which is gone, so that it is of no matter. */
bool gm_journal_is_unknown(const struct gm_history_row *row);
bool gm_journal_is_void(struct gm_history *history,
			const struct gm_history_row *row);

/* Adds the ways to go on to the error's hint; all but --continue; and that
 * attempts which were begun again have run something, where they have. */
void gm_journal_hint(const struct gm_history_row *row, struct gm_error *err);
void gm_journal_hint_others(const struct gm_history_row *row,
			    struct gm_error *err);
void gm_journal_hint_attempts(struct gm_history *history,
			      const struct gm_history_row *row,
			      struct gm_error *err);

#endif
