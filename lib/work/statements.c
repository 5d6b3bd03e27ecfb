/*
 * The statements of a section: running them one after the other, saying in
 * which file and line one was refused, judging those of verify.
 */
#include "work/statements.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "base/time.h"

/* A statement that waits for a lock holds up all that come after it: it
 * waits a little, several times. */
#define LOCK_ATTEMPTS 3

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
	return gm_error_prefix(err, "%s:%zu:%zu", migration->path, line,
			       column);
}

void gm_run_locate_commit(const struct gm_run *run, int ret,
			  struct gm_error *err)
{
	if (err && (ret == GM_ESQL || ret == GM_EBUSY))
		gm_error_prefix(err, "%s: at its commit",
				run->plan->v[run->index].migration->path);
}

void gm_run_tell_statement(const struct gm_run *run, const struct gm_step *step,
			   size_t statement, size_t statements)
{
	struct gm_event event = {
		.type = GM_EVENT_STATEMENT,
		.step = step,
		.index = run->index + 1,
		.total = run->plan->n,
		.statement = statement,
		.statements = statements,
	};

	if (run->observer.event)
		run->observer.event(run->observer.context, &event);
}

void gm_run_note(const struct gm_run *run, const struct gm_step *step,
		 const char *text)
{
	struct gm_event event = {
		.type = GM_EVENT_NOTE,
		.step = step,
		.index = run->index + 1,
		.total = run->plan->n,
		.text = text,
	};

	if (run->observer.event)
		run->observer.event(run->observer.context, &event);
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

/* Not all waiters at the same moment, and never for long. */
static void pause_before(int attempt)
{
	int64_t jitter = (gm_time_ms() * 7919 + getpid()) % 400;

	gm_time_sleep_ms(attempt * (200 + jitter));
}

/* Whether it was only in somebody's way. An error inside a transaction of the
 * migration's own ends that one, where DDL is part of transactions. */
static bool may_retry(const struct gm_run *run, int ret)
{
	const struct gm_driver *driver = run->history->driver;

	return ret == GM_EBUSY && !(run->stop && atomic_load(run->stop)) &&
	       !((driver->flags & GM_DRIVER_TRANSACTIONAL_DDL) &&
		 driver->in_transaction(run->history->db));
}

char *gm_run_retry_text(const struct gm_error *err, int attempt, int attempts)
{
	if (attempt > 1)
		return gm_format("still so: trying again (%d of %d)", attempt,
				 attempts);
	return gm_format("%s\n%s%strying again (%d of %d)", err->message,
			 err->hint ? err->hint : "", err->hint ? "\n" : "",
			 attempt, attempts);
}

static void tell_retry(struct gm_run *run, const struct gm_step *step,
		       int attempt, const struct gm_error *err)
{
	char *text = gm_run_retry_text(err, attempt, LOCK_ATTEMPTS - 1);

	gm_run_note(run, step, text);
	free(text);
}

int gm_run_attempt(struct gm_run *run, const struct gm_step *step,
		   const struct gm_section *section,
		   const struct gm_statement *statement, struct gm_error *err)
{
	(void)step;
	return gm_run_statement(run, section, statement, NULL, NULL, err);
}

int gm_run_patiently(struct gm_run *run, const struct gm_step *step,
		     const struct gm_section *section,
		     const struct gm_statement *statement, gm_attempt_fn *try,
		     struct gm_error *err)
{
	int attempt;
	int ret;

	for (attempt = 1;; attempt++) {
		ret = try(run, step, section, statement, err);
		if (!err || attempt == LOCK_ATTEMPTS || !may_retry(run, ret))
			return ret;
		gm_run_locate(step->migration, section, statement->start, err);
		tell_retry(run, step, attempt, err);
		gm_error_release(err);
		pause_before(attempt);
	}
}

void gm_run_hint_transaction(const struct gm_statement *statement,
			     struct gm_error *err)
{
	if (err && err->code == GM_ESQL &&
	    (statement->flags & GM_STATEMENT_NO_TRANSACTION))
		gm_error_hint(err, "it can't run inside a transaction: write "
				   "'-- migrate:up transaction:false' above "
				   "it");
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

static int verify_statement(struct gm_run *run,
			    const struct gm_section *section,
			    const struct gm_statement *statement,
			    struct gm_error *err)
{
	struct verdict verdict = { false };
	int ret = gm_run_statement(run, section, statement, judge_row, &verdict,
				   err);

	if (!ret && verdict.is_false)
		ret = gm_error_set(err, GM_ESQL, "verify: this is not true");
	return ret;
}

int gm_run_section(struct gm_run *run, const struct gm_step *step,
		   const struct gm_section *section, struct gm_error *err)
{
	struct gm_splitter splitter;
	struct gm_statement statement;
	size_t count = 0;
	int ret;

	if (!section)
		return 0;
	gm_splitter_init(&splitter, gm_history_dialect(run->history),
			 section->sql, section->len);
	while ((ret = gm_splitter_next(&splitter, &statement, err)) > 0) {
		if (section->kind == GM_SECTION_VERIFY) {
			ret = verify_statement(run, section, &statement, err);
		} else {
			gm_run_tell_statement(run, step, ++count, 0);
			ret = gm_run_statement(run, section, &statement, NULL,
					       NULL, err);
		}
		if (ret < 0) {
			gm_run_hint_transaction(&statement, err);
			gm_run_locate(step->migration, section, statement.start,
				      err);
			break;
		}
	}
	return ret;
}

int gm_run_verify(struct gm_run *run, const struct gm_step *step,
		  struct gm_error *err)
{
	return gm_run_section(
		run, step,
		gm_migration_section(step->migration, GM_SECTION_VERIFY,
				     gm_history_dialect(run->history)),
		err);
}
