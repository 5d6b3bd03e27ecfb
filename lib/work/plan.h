/*
 * What is to be done, step by step, before anything is done. Pure: files
 * and history in, steps out, so that every rule can be tested with a table.
 */
#ifndef GM_WORK_PLAN_H
#define GM_WORK_PLAN_H

#include "work/compare.h"

enum gm_step_kind {
	GM_STEP_APPLY,
	GM_STEP_ROLLBACK,
	/* The history's row gets the file's id. */
	GM_STEP_RENAME,
	/* A row without running anything, or no row without undoing. */
	GM_STEP_FAKE,
	GM_STEP_BASELINE,
	GM_STEP_UNFAKE,
	/* The row takes over what the file says now. */
	GM_STEP_ACCEPT
};

/* How a step takes up what the journal has under way. */
enum gm_resume {
	GM_RESUME_NONE,
	/* After the last statement that is known to be done. */
	GM_RESUME_CONTINUE,
	/* From the first statement. */
	GM_RESUME_RESTART,
	/* Forget it; nothing runs. */
	GM_RESUME_ABORT
};

/* What the user knows of a statement whose fate the journal doesn't. */
enum gm_fate {
	GM_FATE_UNKNOWN,
	GM_FATE_RAN,
	GM_FATE_NOT_RAN
};

struct gm_step {
	enum gm_step_kind kind;
	/* What runs: the file, or for a rollback what was recorded (then the
	 * plan owns it, and it is NULL until gm_plan_load_sources). NULL for
	 * GM_STEP_UNFAKE. */
	const struct gm_migration *migration;
	/* NULL where there is no row yet. */
	const struct gm_history_row *row;
	enum gm_resume resume;
	enum gm_fate fate;
	/* How many of its statements a dry run leaves out: those have run. */
	int64_t done;
	bool out_of_order;
};

/* A zeroed struct is the empty plan. Borrows from the comparison. */
struct gm_plan {
	struct gm_step *v;
	size_t n;
	size_t cap;
	/* Migrations read from recorded sources. */
	struct gm_migration **owned;
	size_t n_owned;
	size_t owned_cap;
};

/* Which pending migrations: all of them where nothing is said. */
struct gm_apply_choice {
	/* These, by REV. */
	const char *const *revs;
	size_t n_revs;
	/* Everything up to this one, in the series' order, or NULL. */
	const char *to;
	/* At most so many; 0: all. */
	size_t count;
	/* What to do with one that the journal has under way. */
	enum gm_resume resume;
	enum gm_fate fate;
};

/* Which applied migrations: the newest one where nothing is said. */
struct gm_rollback_choice {
	const char *const *revs;
	size_t n_revs;
	/* Everything that was applied after this one, or NULL. */
	const char *to;
	size_t count;
	/* -1: no; 0: the newest batch; else the batch of that number. */
	long long batch;
	/* All but baselines: those were there before the tool. */
	bool all;
	/* Run the file's down section, not the recorded one. */
	bool from_file;
	enum gm_resume resume;
	enum gm_fate fate;
};

/*
 * The steps of an apply: renames first, then the pending ones in order. What
 * is edited or under way is the caller's to judge first: see
 * gm_plan_find_edited and gm_plan_find_under_way. GM_EREFUSED where a named
 * one stands on one that is neither applied nor named; GM_EINVALID where one
 * has no up section for the database; GM_ENOTFOUND where a REV fits none.
 */
int gm_plan_apply(struct gm_plan *plan, const struct gm_comparison *c,
		  const struct gm_apply_choice *choice, struct gm_error *err);

/*
 * The steps of a rollback, newest position first. GM_EREFUSED where there is
 * nothing to undo in a baseline. A step has the file's migration only with
 * from_file. Whether something that stays stands on it is judged by
 * gm_kept_check.
 */
int gm_plan_rollback(struct gm_plan *plan, const struct gm_comparison *c,
		     const struct gm_rollback_choice *choice,
		     struct gm_error *err);

/*
 * Reads what was recorded for each rollback, and looks whether it can be
 * undone at all: GM_EREFUSED before anything is done where a down section is
 * missing or the migration is irreversible.
 */
int gm_plan_load_sources(struct gm_plan *plan, struct gm_history *history,
			 const struct gm_dialect *dialect,
			 struct gm_error *err);

/* Adds a step. */
struct gm_step *gm_plan_add(struct gm_plan *plan, enum gm_step_kind kind,
			    const struct gm_migration *migration,
			    const struct gm_history_row *row);
void gm_plan_release(struct gm_plan *plan);

/* Adds the renames in an order in which each id is free before it is taken,
 * but for rows that the plan has a step for already. */
void gm_plan_add_renames(struct gm_plan *plan, const struct gm_comparison *c);

/* The plan frees this migration from now on. */
void gm_plan_own(struct gm_plan *plan, struct gm_migration *migration);

/* GM_EINVALID where the file has no up section for the database. */
int gm_plan_check_up(const struct gm_migration *file,
		     const struct gm_dialect *dialect, struct gm_error *err);

/* The section that a step runs, or NULL where it runs none. Borrowed. */
const struct gm_section *gm_step_section(const struct gm_step *step,
					 const struct gm_dialect *dialect);

/* Whether its statements run without a transaction of ours: its section says
 * so, or the database takes back no DDL. */
bool gm_step_is_apart(const struct gm_step *step,
		      const struct gm_driver *driver);

/* The first step that can't be in one transaction with the others, or
 * NULL. */
const struct gm_step *gm_plan_find_apart(const struct gm_plan *plan,
					 const struct gm_driver *driver);

/* The migration's app and id, of the step. Borrowed. */
const char *gm_step_app(const struct gm_step *step);
const char *gm_step_id(const struct gm_step *step);

/* As users name it: ID, or APP/ID. The caller frees it. */
char *gm_step_name(const struct gm_step *step);

/* The first edited item, or NULL. */
const struct gm_item *gm_plan_find_edited(const struct gm_comparison *c);

/* The first item that the journal has under way, or NULL. */
const struct gm_item *gm_plan_find_under_way(const struct gm_comparison *c);

#endif
