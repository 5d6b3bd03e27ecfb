/*
 * What can be known to go wrong before anything runs.
 */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/footprint.h"
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

/* The schema in the prefix, without its quotes; NULL where there is none. */
static char *schema_in(const char *table, const char *dot)
{
	size_t quote = *table == '"' || *table == '`';

	return dot ? gm_strndup(table + quote,
				(size_t)(dot - table) - 2 * quote)
		   : NULL;
}

/* Whether it is one of PREFIX's tables, or the schema that they are in. */
static bool is_of_history(const struct gm_object *object, const char *schema,
			  const char *prefix)
{
	static const char *const kinds[] = { "_history", "_log", "_source",
					     "_version" };
	size_t len = strlen(prefix);
	size_t i;

	if (object->kind == GM_OBJECT_SCHEMA)
		return schema && !strcasecmp(object->name, schema);
	if (object->kind != GM_OBJECT_TABLE ||
	    (schema && object->schema && strcasecmp(object->schema, schema)) ||
	    strncasecmp(object->name, prefix, len))
		return false;
	for (i = 0; i < GM_ARRAY_SIZE(kinds); i++)
		if (!strcasecmp(object->name + len, kinds[i]))
			return true;
	return false;
}

static bool may_touch_history(const char *sql, const char *prefix)
{
	return strcasestr(sql, prefix) ||
	       (strcasestr(sql, "drop") &&
		(strcasestr(sql, "schema") || strcasestr(sql, "database")));
}

/* What is recorded would go, and the migrations would seem never applied. */
static int refuse_touching(const struct gm_step *step,
			   const struct gm_section *section,
			   const struct gm_statement *statement,
			   const struct gm_object *object, const char *table,
			   struct gm_error *err)
{
	bool is_schema = object->kind == GM_OBJECT_SCHEMA;

	gm_error_set(err, GM_EREFUSED,
		     is_schema
			     ? "it drops '%s', where git-migrate's own tables "
			       "are"
			     : "'%s' is a table of git-migrate's own, and no "
			       "migration may change it",
		     object->name);
	if (is_schema)
		gm_error_hint(err,
			      "keep them elsewhere: git config migrate.table "
			      "SCHEMA.%s",
			      table);
	else
		gm_error_hint(err, "where it is no longer of use, drop it by "
				   "hand, outside the migrations");
	gm_run_locate(step->migration, section, statement->start, err);
	return GM_EREFUSED;
}

static int check_touches(const struct gm_run *run, const struct gm_step *step,
			 const struct gm_section *section,
			 const struct gm_statement *statement,
			 struct gm_error *err)
{
	static const unsigned changes = GM_TOUCH_CREATE | GM_TOUCH_ALTER |
					GM_TOUCH_DROP | GM_TOUCH_UPDATE |
					GM_TOUCH_INSERT | GM_TOUCH_DELETE;
	const char *prefix = gm_history_table(run->history);
	const char *dot = strrchr(prefix, '.');
	char *schema = schema_in(prefix, dot);
	struct gm_footprint footprint = { 0 };
	size_t i;
	int ret = 0;

	prefix = dot ? dot + 1 : prefix;
	gm_footprint_add(&footprint, gm_history_dialect(run->history),
			 section->sql + statement->start, statement->len, 1);
	for (i = 0; !ret && i < footprint.n; i++) {
		const struct gm_object *object = &footprint.v[i];
		unsigned bad = object->kind == GM_OBJECT_SCHEMA ? GM_TOUCH_DROP
								: changes;

		if ((object->touches & bad) &&
		    is_of_history(object, schema, prefix))
			ret = refuse_touching(step, section, statement, object,
					      prefix, err);
	}
	gm_footprint_release(&footprint);
	free(schema);
	return ret;
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
	const char *dot = strrchr(gm_history_table(run->history), '.');
	struct gm_splitter splitter;
	struct gm_statement statement;
	bool may_touch;
	int ret;

	if (!section)
		return 0;
	may_touch = may_touch_history(
		section->sql, dot ? dot + 1 : gm_history_table(run->history));
	gm_splitter_init(&splitter, gm_history_dialect(run->history),
			 section->sql, section->len);
	while ((ret = gm_splitter_next(&splitter, &statement, err)) > 0) {
		ret = check_statement(run, step, section, &statement, err);
		if (!ret && may_touch)
			ret = check_touches(run, step, section, &statement,
					    err);
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
