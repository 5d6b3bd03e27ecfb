/*
 * Carrying out a plan on a database, or writing it as a script. What runs
 * is exactly once: the history's row is written in the migration's own
 * transaction, or, where there is none, a journal is kept.
 */
#ifndef GM_WORK_RUN_H
#define GM_WORK_RUN_H

#include <stdatomic.h>

#include "sql/split.h"
#include "work/plan.h"

/* What a run tells while it goes on. */
enum gm_event_type {
	/* A step begins. */
	GM_EVENT_STEP,
	/* A statement of it begins. */
	GM_EVENT_STATEMENT,
	/* The step is done. */
	GM_EVENT_DONE,
	/* Another run was faster: there is nothing left to do for it. */
	GM_EVENT_SKIPPED,
	/* Something worth a sentence: `text`. */
	GM_EVENT_NOTE,
	/* Another run holds the lock; `text` says who, or is NULL. */
	GM_EVENT_WAITING
};

struct gm_event {
	enum gm_event_type type;
	const struct gm_step *step;
	/* From 1, of how many. */
	size_t index;
	size_t total;
	/* From 1, of how many; 0 where that isn't known. */
	size_t statement;
	size_t statements;
	int64_t duration_ms;
	const char *text;
};

/* Where events go. `event` may be NULL. */
struct gm_observer {
	void *context;
	void (*event)(void *context, const struct gm_event *event);
};

/* What git, or the commit that the file came from, knows of a step; and the
 * fingerprints of its migration's sections, where they are known already. */
struct gm_step_facts {
	char blob[65];
	bool dirty;
	bool fingerprinted;
	struct gm_fingerprints fingerprints;
};

/* Who runs, and from where. Borrowed; NULL where it isn't known. */
struct gm_facts {
	const char *user;
	const char *commit;
	const char *branch;
	const char *tool_version;
	/* One per step of the plan, or NULL. */
	const struct gm_step_facts *steps;
};

enum gm_run_phase {
	GM_PHASE_BEGIN,
	/* The row is being claimed: another run may be at it. */
	GM_PHASE_CLAIM,
	GM_PHASE_STATEMENTS
};

/* Wait as long as it takes. */
#define GM_WAIT_FOREVER (-1)

/* For how long a run is waited for then of which nobody can tell whether it
 * is still there, in milliseconds: it may have died. */
#define GM_WAIT_UNSEEN_MS 60000

struct gm_run {
	/* Its script decides: NULL, and the steps run; else they are
	 * written into it. */
	struct gm_history *history;
	struct gm_facts facts;
	struct gm_observer observer;
	/* How long to wait for another run that is at a step of ours, where
	 * no lock keeps the two apart; GM_WAIT_FOREVER, or milliseconds. */
	int64_t wait_ms;
	/* All steps or none. */
	bool single_transaction;
	/* Set from outside, it ends the run after the current step. */
	const atomic_bool *stop;

	/* Set by gm_run_plan. */
	const struct gm_plan *plan;
	size_t index;
	/* The batch of this run, and the next position. */
	int64_t batch;
	int64_t position;
	/* A migration has run in this session, which may have left
	 * something behind. */
	bool used;
	/* How far the step at hand is. */
	enum gm_run_phase phase;
	/* Nobody can tell whether the run that it waits for is there. */
	bool is_unseen;
	/* In one transaction: the rows of the steps that are claimed and not
	 * recorded yet, and how many of them have run. */
	struct gm_history_row **claimed;
	size_t n_claimed;
	size_t claimed_cap;
	size_t n_applied;
	/* And of those that undo something, from that place in the plan on:
	 * whether there is still a row, which is held then. */
	bool *held;
	size_t n_held;
	size_t first_held;
	/* That transaction is begun; the history's tables were there
	 * before. */
	bool is_begun;
	bool existed;
	/* What is told once that transaction is committed. */
	struct gm_event *untold;
	size_t n_untold;
	size_t untold_cap;
	/* Without a transaction: the row of the step behind the last one that
	 * is done, claimed together with that one's end, or NULL. */
	struct gm_history_row *next;
	/* While the last statement of the step at hand runs: its row. The end
	 * is begun in a transaction of ours, which claims the row behind it
	 * too, where that isn't NULL. */
	const struct gm_history_row *ending;
	bool is_end_begun;
	/* The counters of the row are on their way: a commit is sent, and not
	 * answered. */
	bool is_progress_sent;
	/* The end was written in one transaction with that statement. */
	bool is_end_written;
	/* What became of that statement where it failed: it is sure that
	 * nothing of it is left, or not even whether all of it is. */
	bool is_taken_back;
	bool is_unsure;
	/* When the step's statements were begun, by gm_time_ms. */
	int64_t began_ms;
	struct gm_history_row *end_next;
	/* Where the driver queues: the rows of the steps that are sent and
	 * not answered, from the one at hand on, and when that was begun. */
	struct gm_history_row **ahead;
	size_t n_ahead;
	size_t ahead_cap;
	int64_t ahead_since;
	bool is_queueing;
	/* The connection was lost over them: whether they are done has to be
	 * looked up. */
	bool is_ahead_lost;
	/* How many steps were done. */
	size_t done;
};

/*
 * Looks at all that is to run before any of it does. GM_EINVALID for SQL
 * that can't be split, GM_EREFUSED for a migration that would end the
 * transaction that it runs in, or can't be in one with single_transaction.
 */
int gm_run_check(const struct gm_run *run, const struct gm_plan *plan,
		 struct gm_error *err);

/*
 * Carries the plan out, step by step. Stops at the first that fails, with
 * everything before it done and nothing of it (or, without a transaction,
 * what the journal says). GM_ESQL's message begins with file:line:column.
 */
int gm_run_plan(struct gm_run *run, const struct gm_plan *plan,
		struct gm_error *err);

/* For run.c and ahead.c: the session for a migration's SQL, clean and
 * prepared by the driver; what the driver has to say after it. */
int gm_run_prepare_session(struct gm_run *run, struct gm_error *err);
int gm_run_look_for_damage(struct gm_run *run, struct gm_error *err);

/* For run.c and single.c: what a step does, within its transaction. Applies
 * the migration, and says in the row how long that took; records at its end
 * what the claim doesn't say yet, which is seldom anything. Undoes it in `took`
 * milliseconds; removes the row and logs that. */
#define GM_CLAIM_TROUBLE "the history of '%s' can't be written"
int gm_run_up(struct gm_run *run, const struct gm_step *step,
	      struct gm_history_row *row, struct gm_error *err);
int gm_run_record(struct gm_run *run, const struct gm_history_row *row,
		  struct gm_error *err);
int gm_run_down(struct gm_run *run, const struct gm_step *step, int64_t *took,
		struct gm_error *err);
int gm_run_forget(struct gm_run *run, const struct gm_history_row *row,
		  struct gm_error *err);

/* The connection was lost: makes it again, and takes the lock again if nobody
 * else has it. GM_ECONNECT where there is no way back. */
int gm_run_reconnect(struct gm_run *run);

/* The connection was lost over the commit of a step: 0 where its row tells
 * that it has happened, else `ret` and what to do. */
int gm_run_look_up(struct gm_run *run, const char *app, const char *id,
		   bool is_there, int ret, struct gm_error *err);

/* The step is done. Where all are in one transaction nothing is before its
 * end, and is told then. */
void gm_run_tell_done(struct gm_run *run, const struct gm_step *step,
		      int64_t duration_ms);

/* For run.c and journal.c: the transaction around a step, on the database or
 * in the script; nothing where all steps are in one. */
int gm_run_begin(struct gm_run *run, struct gm_error *err);
int gm_run_commit(struct gm_run *run, struct gm_error *err);
void gm_run_rollback(struct gm_run *run);

/* Writes a section into the script, with the session that it begins in. */
int gm_run_write_section(struct gm_run *run, const struct gm_section *section,
			 struct gm_error *err);

/* Takes what a migration has left behind out of the session. */
int gm_run_clean(struct gm_run *run, struct gm_error *err);

#endif
