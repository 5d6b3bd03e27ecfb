/*
 * Carries out a plan: the transactions, the claims, the statements, the
 * rows. Migrations outside a transaction are journal.c's.
 */
#include "work/run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "work/journal.h"
#include "work/script.h"

void gm_run_tell(const struct gm_run *run, enum gm_event_type type,
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

static void tell_statement(const struct gm_run *run, const struct gm_step *step,
			   size_t statement)
{
	struct gm_event event = {
		.type = GM_EVENT_STATEMENT,
		.step = step,
		.index = run->index + 1,
		.total = run->plan->n,
		.statement = statement,
	};

	if (run->observer.event)
		run->observer.event(run->observer.context, &event);
}

static void tell_done(const struct gm_run *run, const struct gm_step *step,
		      int64_t duration_ms)
{
	struct gm_event event = {
		.type = GM_EVENT_DONE,
		.step = step,
		.index = run->index + 1,
		.total = run->plan->n,
		.duration_ms = duration_ms,
	};

	if (run->observer.event)
		run->observer.event(run->observer.context, &event);
}

int gm_run_locate(const struct gm_migration *migration,
		  const struct gm_section *section, size_t start,
		  struct gm_error *err)
{
	size_t offset = (size_t)(section->sql - migration->text) + start;
	size_t line;
	size_t column;

	if (!err)
		return GM_ERROR;
	if (err->position)
		offset += err->position - 1;
	gm_text_position(migration->text, migration->len, offset, &line,
			 &column);
	if (err->position)
		return gm_error_prefix(err, "%s:%zu:%zu", migration->path, line,
				       column);
	return gm_error_prefix(err, "%s:%zu", migration->path, line);
}

static const struct gm_dialect *dialect_of(const struct gm_run *run)
{
	return run->history->driver->dialect;
}

int gm_run_statement(struct gm_run *run, const struct gm_section *section,
		     const struct gm_statement *statement, gm_row_fn *row,
		     void *context, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	const char *sql = section->sql + statement->start;

	if (statement->flags & GM_STATEMENT_COPY)
		return driver->exec_copy(run->history->db, sql, statement->len,
					 section->sql + statement->data_start,
					 statement->data_len, err);
	return driver->exec(run->history->db, sql, statement->len, row, context,
			    err);
}

/* What a server says of a statement that can't be in a transaction. */
static void hint_transaction(const struct gm_statement *statement,
			     struct gm_error *err)
{
	if (err && err->code == GM_ESQL &&
	    (statement->flags & GM_STATEMENT_NO_TRANSACTION))
		gm_error_hint(err, "it can't run inside a transaction: write "
				   "'-- migrate:up transaction:false' above "
				   "it");
}

/* Runs a section's statements, one after the other. */
static int run_section(struct gm_run *run, const struct gm_step *step,
		       const struct gm_section *section, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	struct gm_splitter splitter;
	struct gm_statement statement;
	size_t count = 0;
	int ret;

	if (!section)
		return 0;
	gm_splitter_init(&splitter, driver->dialect, section->sql,
			 section->len);
	while ((ret = gm_splitter_next(&splitter, &statement, err)) > 0) {
		tell_statement(run, step, ++count);
		ret = gm_run_statement(run, section, &statement, NULL, NULL,
				       err);
		if (ret < 0) {
			hint_transaction(&statement, err);
			gm_run_locate(step->migration, section, statement.start,
				      err);
			return ret;
		}
	}
	return ret;
}

struct verdict {
	bool is_false;
};

static int judge_row(void *context, const struct gm_value *columns, size_t n)
{
	struct verdict *verdict = context;
	const struct gm_value *v = &columns[0];

	if (!n)
		return 0;
	if (v->type == GM_VALUE_NULL)
		verdict->is_false = true;
	else if (v->type == GM_VALUE_INT)
		verdict->is_false |= !v->number;
	else if (!v->len || (v->len == 1 && strchr("0fF", *v->text)) ||
		 (v->len == 5 && !memcmp(v->text, "false", 5)))
		verdict->is_false = true;
	return 0;
}

int gm_run_verify(struct gm_run *run, const struct gm_migration *migration,
		  struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	const struct gm_section *section = gm_migration_section(
		migration, GM_SECTION_VERIFY, driver->dialect);
	struct gm_splitter splitter;
	struct gm_statement statement;
	int ret;

	if (!section)
		return 0;
	gm_splitter_init(&splitter, driver->dialect, section->sql,
			 section->len);
	while ((ret = gm_splitter_next(&splitter, &statement, err)) > 0) {
		struct verdict verdict = { false };

		ret = gm_run_statement(run, section, &statement, judge_row,
				       &verdict, err);
		if (!ret && verdict.is_false)
			ret = gm_error_set(err, GM_ESQL,
					   "verify: this is not true");
		if (ret < 0) {
			gm_run_locate(migration, section, statement.start, err);
			break;
		}
	}
	return ret;
}

static int begin(struct gm_run *run, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;

	if (run->single_transaction)
		return 0;
	if (run->history->script) {
		gm_strbuf_addf(run->history->script, "%s\n",
			       driver->begin_text);
		return 0;
	}
	return driver->begin(run->history->db, err);
}

static int commit(struct gm_run *run, struct gm_error *err)
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

static void rollback(struct gm_run *run)
{
	if (!run->single_transaction && !run->history->script)
		run->history->driver->rollback(run->history->db, NULL);
}

/* The session for a migration's SQL: clean, and prepared by the driver. */
static int prepare_session(struct gm_run *run, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	int ret = 0;

	if (run->history->script || run->single_transaction)
		return 0;
	if (run->used && driver->clean_session)
		ret = driver->clean_session(run->history->db, err);
	run->used = true;
	if (!ret && driver->before_migration)
		ret = driver->before_migration(run->history->db, err);
	return ret;
}

static int look_for_damage(struct gm_run *run, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;

	if (run->history->script || run->single_transaction ||
	    !driver->after_migration)
		return 0;
	return driver->after_migration(run->history->db, err);
}

struct gm_history_row *gm_run_row(struct gm_run *run,
				  const struct gm_step *step,
				  enum gm_row_state state)
{
	const struct gm_migration *m = step->migration;
	const struct gm_facts *facts = &run->facts;
	struct gm_history_row *row = gm_history_row_new();

	row->app = gm_strdup(m->app);
	row->id = gm_strdup(m->id);
	memcpy(row->checksum, m->checksum, sizeof(row->checksum));
	gm_migration_fingerprint(m, GM_SECTION_UP, dialect_of(run), row->up);
	gm_migration_fingerprint(m, GM_SECTION_DOWN, dialect_of(run),
				 row->down);
	gm_migration_fingerprint(m, GM_SECTION_VERIFY, dialect_of(run),
				 row->verify);
	row->parents = gm_migration_parents(m);
	row->state = state;
	row->commit_id = gm_strdup_null(facts->commit);
	row->branch = gm_strdup_null(facts->branch);
	if (facts->steps) {
		const struct gm_step_facts *known = &facts->steps[run->index];

		row->blob = *known->blob ? gm_strdup(known->blob) : NULL;
		row->dirty = known->dirty;
	}
	row->batch = step->row ? step->row->batch : run->batch;
	row->position = step->row ? step->row->position : run->position;
	row->applied_by = gm_strdup(facts->user ? facts->user : "");
	row->tool_version = gm_strdup(facts->tool_version ? facts->tool_version
							  : "");
	return row;
}

void gm_run_log_failure(struct gm_run *run, const struct gm_history_row *row,
			const struct gm_error *err)
{
	if (!run->history->script && run->history->exists && err &&
	    err->code != GM_ECONNECT)
		gm_history_log(run->history, "failure", row, err->message,
			       NULL);
}

static int run_up(struct gm_run *run, const struct gm_step *step,
		  struct gm_history_row *row, struct gm_error *err)
{
	const struct gm_section *section = gm_step_section(step,
							   dialect_of(run));
	int64_t start = gm_time_ms();
	int ret;

	if (run->history->script) {
		gm_script_section(section, dialect_of(run),
				  run->history->script);
		return gm_history_log(run->history, "apply", row, NULL, err);
	}
	ret = run_section(run, step, section, err);
	if (!ret)
		ret = gm_run_verify(run, step->migration, err);
	if (!ret) {
		ret = look_for_damage(run, err);
		if (ret < 0)
			gm_error_prefix(err, "%s", step->migration->path);
	}
	row->duration_ms = gm_time_ms() - start;
	if (!ret)
		ret = gm_history_progress(run->history, row, err);
	if (!ret)
		ret = gm_history_log(run->history, "apply", row, NULL, err);
	return ret;
}

/* 1 where another run had done it when this one came to claim it. */
static int apply_step(struct gm_run *run, const struct gm_step *step,
		      struct gm_error *err)
{
	struct gm_history_row *row = gm_run_row(run, step, GM_ROW_APPLIED);
	bool claimed = false;
	int ret = prepare_session(run, err);

	if (!ret)
		ret = begin(run, err);
	if (ret < 0)
		goto done;
	ret = gm_history_claim(run->history, row, step->migration->text,
			       step->migration->len, err);
	claimed = !ret;
	if (!ret)
		ret = run_up(run, step, row, err);
	if (!ret)
		ret = commit(run, err);
	if (ret < 0) {
		rollback(run);
		if (!claimed && !run->single_transaction &&
		    gm_history_has(run->history, row->app, row->id, NULL) > 0)
			ret = 1;
		else if (!run->single_transaction)
			gm_run_log_failure(run, row, err);
	} else {
		tell_done(run, step, row->duration_ms);
	}
done:
	gm_history_row_free(row);
	return ret;
}

/* The log says who undid it and from where, not who had applied it. */
static int log_undo(struct gm_run *run, const char *action,
		    const struct gm_history_row *row, const char *detail,
		    struct gm_error *err)
{
	struct gm_history_row entry = *row;
	char *user = gm_strdup(run->facts.user ? run->facts.user : "");
	char *version = gm_strdup(
		run->facts.tool_version ? run->facts.tool_version : "");
	char *head = gm_strdup_null(run->facts.commit);
	char *branch = gm_strdup_null(run->facts.branch);
	int ret;

	entry.applied_by = user;
	entry.tool_version = version;
	entry.commit_id = head;
	entry.branch = branch;
	ret = gm_history_log(run->history, action, &entry, detail, err);
	free(user);
	free(version);
	free(head);
	free(branch);
	return ret;
}

static int run_down(struct gm_run *run, const struct gm_step *step,
		    struct gm_error *err)
{
	const struct gm_history_row *row = step->row;
	const struct gm_section *section = gm_step_section(step,
							   dialect_of(run));
	int ret = 0;

	if (run->history->script)
		gm_script_section(section, dialect_of(run),
				  run->history->script);
	else
		ret = run_section(run, step, section, err);
	if (!ret) {
		ret = look_for_damage(run, err);
		if (ret < 0)
			gm_error_prefix(err, "%s", step->migration->path);
	}
	if (!ret)
		ret = gm_history_delete(run->history, row->app, row->id, err);
	if (!ret)
		ret = log_undo(run, "rollback", row, NULL, err);
	return ret;
}

static int rollback_step(struct gm_run *run, const struct gm_step *step,
			 struct gm_error *err)
{
	const struct gm_history_row *row = step->row;
	int64_t start = gm_time_ms();
	int ret = prepare_session(run, err);

	if (!ret)
		ret = begin(run, err);
	if (ret < 0)
		return ret;
	/* The row is the claim on the way back, too. */
	if (!run->history->script) {
		ret = gm_history_has(run->history, row->app, row->id, err);
		if (!ret) {
			rollback(run);
			return 1;
		}
	}
	if (ret >= 0)
		ret = run_down(run, step, err);
	if (!ret)
		ret = commit(run, err);
	if (ret < 0) {
		rollback(run);
		if (!run->single_transaction)
			gm_run_log_failure(run, row, err);
	} else {
		tell_done(run, step, gm_time_ms() - start);
	}
	return ret;
}

/* The row takes over what the file says, and keeps what it says of how it
 * was applied. */
static int accept(struct gm_run *run, const struct gm_step *step,
		  struct gm_error *err)
{
	const struct gm_migration *m = step->migration;
	struct gm_history_row *row = gm_run_row(run, step, step->row->state);
	int ret;

	free(row->applied_at);
	row->applied_at = gm_strdup_null(step->row->applied_at);
	free(row->applied_by);
	row->applied_by = gm_strdup_null(step->row->applied_by);
	row->duration_ms = step->row->duration_ms;
	ret = gm_history_update(run->history, row, err);
	if (!ret)
		ret = gm_history_set_source(run->history, m->app, m->id,
					    m->text, m->len, err);
	gm_history_row_free(row);
	return ret;
}

static int change_rows(struct gm_run *run, const struct gm_step *step,
		       struct gm_error *err)
{
	const struct gm_history_row *row = step->row;
	const struct gm_migration *m = step->migration;
	struct gm_history_row *new = NULL;
	char *detail = NULL;
	int ret = 0;

	switch (step->kind) {
	case GM_STEP_RENAME:
		ret = gm_history_rename(run->history, m->app, row->id, m->id,
					err);
		detail = gm_format("was %s", row->id);
		break;
	case GM_STEP_FAKE:
	case GM_STEP_BASELINE:
		new = gm_run_row(run, step,
				 step->kind == GM_STEP_FAKE ? GM_ROW_FAKED
							    : GM_ROW_BASELINE);
		ret = gm_history_claim(run->history, new, m->text, m->len, err);
		break;
	case GM_STEP_UNFAKE:
		ret = gm_history_delete(run->history, row->app, row->id, err);
		break;
	case GM_STEP_ACCEPT:
		ret = accept(run, step, err);
		detail = gm_format("was " GM_CHECKSUM_TAG "%s", row->checksum);
		break;
	default:
		break;
	}
	if (!ret) {
		struct gm_history_row *entry =
			m ? gm_run_row(run, step, GM_ROW_APPLIED) : NULL;

		ret = log_undo(run, gm_step_action(step->kind),
			       entry ? entry : row, detail, err);
		gm_history_row_free(entry);
	}
	gm_history_row_free(new);
	free(detail);
	return ret;
}

static int row_step(struct gm_run *run, const struct gm_step *step,
		    struct gm_error *err)
{
	int ret = begin(run, err);

	if (ret < 0)
		return ret;
	ret = change_rows(run, step, err);
	if (!ret)
		ret = commit(run, err);
	if (ret < 0)
		rollback(run);
	else
		tell_done(run, step, 0);
	return ret;
}

/* Whether the step's statements run without a transaction of ours. */
static bool needs_journal(const struct gm_run *run, const struct gm_step *step)
{
	const struct gm_section *section;

	if (step->resume)
		return true;
	if (step->kind != GM_STEP_APPLY && step->kind != GM_STEP_ROLLBACK)
		return false;
	if (!(run->history->driver->flags & GM_DRIVER_TRANSACTIONAL_DDL))
		return true;
	section = gm_step_section(step, dialect_of(run));
	return section && section->no_transaction;
}

static int run_step(struct gm_run *run, const struct gm_step *step,
		    struct gm_error *err)
{
	if (run->history->script)
		gm_strbuf_addf(run->history->script, "-- %s %s\n",
			       gm_step_action(step->kind), gm_step_id(step));
	if (needs_journal(run, step)) {
		int64_t start = gm_time_ms();
		int ret = prepare_session(run, err);

		if (!ret)
			ret = gm_journal_run(run, step, err);
		if (!ret)
			tell_done(run, step, gm_time_ms() - start);
		return ret;
	}
	switch (step->kind) {
	case GM_STEP_APPLY:
		return apply_step(run, step, err);
	case GM_STEP_ROLLBACK:
		return rollback_step(run, step, err);
	default:
		return row_step(run, step, err);
	}
}

static int check_statement(const struct gm_run *run, const struct gm_step *step,
			   const struct gm_section *section,
			   const struct gm_statement *statement,
			   struct gm_error *err)
{
	if (!(statement->flags & GM_STATEMENT_TRANSACTION) ||
	    section->no_transaction ||
	    !(run->history->driver->flags & GM_DRIVER_TRANSACTIONAL_DDL))
		return 0;
	gm_error_set(err, GM_EREFUSED,
		     "'%.*s' would end the transaction that the migration "
		     "runs in",
		     (int)(statement->len < 40 ? statement->len : 40),
		     section->sql + statement->start);
	gm_error_hint(err, "leave it out: each migration is one transaction");
	gm_error_hint(err, "or write '-- migrate:%s transaction:false'",
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
	gm_splitter_init(&splitter, dialect_of(run), section->sql,
			 section->len);
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
	if (run->single_transaction && needs_journal(run, step)) {
		gm_error_set(err, GM_EREFUSED,
			     "'%s' can't be in one transaction with the "
			     "others",
			     gm_step_id(step));
		return gm_error_hint(err, "run it without "
					  "--single-transaction");
	}
	ret = check_section(run, step, gm_step_section(step, dialect_of(run)),
			    err);
	if (!ret && step->kind == GM_STEP_APPLY)
		ret = check_section(run, step,
				    gm_migration_section(step->migration,
							 GM_SECTION_VERIFY,
							 dialect_of(run)),
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

static int run_steps(struct gm_run *run, struct gm_error *err)
{
	int ret = 0;

	for (run->index = 0; run->index < run->plan->n; run->index++) {
		const struct gm_step *step = &run->plan->v[run->index];

		if (run->stop && atomic_load(run->stop))
			return gm_error_set(err, GM_EINTERRUPTED,
					    "interrupted");
		gm_run_tell(run, GM_EVENT_STEP, step, NULL);
		ret = run_step(run, step, err);
		if (ret < 0)
			return ret;
		if (ret > 0) {
			gm_error_release(err);
			gm_run_tell(run, GM_EVENT_SKIPPED, step, NULL);
			continue;
		}
		if (!step->row)
			run->position++;
		run->done++;
	}
	return 0;
}

/* All in one transaction: it begins before the first step and is taken back
 * whole. */
static int run_single(struct gm_run *run, struct gm_error *err)
{
	int ret;

	run->single_transaction = false;
	ret = prepare_session(run, err);
	if (!ret)
		ret = begin(run, err);
	if (ret < 0)
		return ret;
	run->single_transaction = true;
	ret = run_steps(run, err);
	run->single_transaction = false;
	if (!ret)
		ret = look_for_damage(run, err);
	if (!ret)
		ret = commit(run, err);
	if (ret < 0) {
		rollback(run);
		run->done = 0;
	}
	return ret;
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
	if (!ret && plan->n)
		ret = gm_history_create(run->history, err);
	if (ret < 0 || !plan->n)
		return ret;
	return run->single_transaction ? run_single(run, err)
				       : run_steps(run, err);
}
