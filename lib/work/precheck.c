/*
 * What can be known to go wrong before anything runs.
 */
#include "sql/split.h"
#include "work/journal.h"
#include "work/run.h"
#include "work/statements.h"

bool gm_journal_is_needed(const struct gm_run *run, const struct gm_step *step)
{
	return gm_step_is_apart(step, run->history->driver);
}

/* The journal can't be written where it should hold together with this. */
static int refuse_distributed(const struct gm_step *step,
			      const struct gm_section *section,
			      const struct gm_statement *statement,
			      struct gm_error *err)
{
	gm_error_set(err, GM_EREFUSED,
		     "'%.*s' is of a distributed transaction, in which no "
		     "progress can be written down",
		     (int)(statement->len < 40 ? statement->len : 40),
		     section->sql + statement->start);
	gm_error_hint(err, "write START TRANSACTION and COMMIT");
	gm_run_locate(step->migration, section, statement->start, err);
	return GM_EREFUSED;
}

static int check_statement(const struct gm_run *run, const struct gm_step *step,
			   const struct gm_section *section,
			   const struct gm_statement *statement,
			   struct gm_error *err)
{
	const unsigned outside = GM_STATEMENT_TRANSACTION |
				 GM_STATEMENT_NO_TRANSACTION;
	bool begins;

	if (statement->flags & GM_STATEMENT_DISTRIBUTED)
		return refuse_distributed(step, section, statement, err);
	if (!(statement->flags & outside) || section->no_transaction ||
	    !(run->history->driver->flags & GM_DRIVER_TRANSACTIONAL_DDL))
		return 0;
	begins = statement->flags & GM_STATEMENT_TRANSACTION;
	gm_error_set(err, GM_EREFUSED,
		     begins ? "'%.*s' begins or ends a transaction, and the "
			      "migration runs in one already"
			    : "'%.*s' has no place in a transaction, and the "
			      "migration runs in one",
		     (int)(statement->len < 40 ? statement->len : 40),
		     section->sql + statement->start);
	if (begins)
		gm_error_hint(err, "leave it out: each migration is one "
				   "transaction");
	gm_error_hint(err, "%swrite '-- migrate:%s transaction:false'",
		      begins ? "or " : "",
		      section->kind == GM_SECTION_DOWN ? "down" : "up");
	gm_run_locate(step->migration, section, statement->start, err);
	return GM_EREFUSED;
}

static int check_section(const struct gm_run *run, const struct gm_step *step,
			 const struct gm_section *section, struct gm_error *err)
{
	struct gm_splitter splitter;
	struct gm_statement statement;
	int ret;

	if (!section)
		return 0;
	gm_splitter_init(&splitter, gm_history_dialect(run->history),
			 section->sql, section->len);
	while ((ret = gm_splitter_next(&splitter, &statement, err)) > 0) {
		ret = check_statement(run, step, section, &statement, err);
		if (ret < 0)
			return ret;
	}
	if (ret < 0)
		gm_run_locate(step->migration, section, 0, err);
	return ret;
}

static int check_step(const struct gm_run *run, const struct gm_step *step,
		      struct gm_error *err)
{
	int ret;

	if ((step->kind != GM_STEP_APPLY && step->kind != GM_STEP_ROLLBACK) ||
	    step->resume == GM_RESUME_ABORT)
		return 0;
	if (run->single_transaction && gm_journal_is_needed(run, step)) {
		gm_error_set(err, GM_EREFUSED,
			     "'%s' can't be in one transaction with the "
			     "others",
			     gm_step_id(step));
		return gm_error_hint(err, "run it without "
					  "--single-transaction");
	}
	ret = check_section(
		run, step,
		gm_step_section(step, gm_history_dialect(run->history)), err);
	if (!ret && step->kind == GM_STEP_APPLY)
		ret = check_section(
			run, step,
			gm_migration_section(step->migration, GM_SECTION_VERIFY,
					     gm_history_dialect(run->history)),
			err);
	return ret;
}

int gm_run_check(const struct gm_run *run, const struct gm_plan *plan,
		 struct gm_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < plan->n; i++)
		ret = check_step(run, &plan->v[i], err);
	return ret;
}
