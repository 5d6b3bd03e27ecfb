/*
 * What the journal says of a migration that stopped: who is at it, how far it
 * got, which ways lead on. Reading only; journal.c writes.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/leavings.h"
#include "sql/split.h"
#include "work/journal.h"

int gm_journal_load(struct gm_history *history,
		    const struct gm_history_row *row, struct gm_plan *plan,
		    struct gm_error *err)
{
	gm_plan_add(plan, GM_STEP_APPLY, NULL, row);
	return gm_plan_load_sources(plan, history, gm_history_dialect(history),
				    err);
}

const struct gm_section *
gm_journal_section(const struct gm_history *history,
		   const struct gm_history_row *row,
		   const struct gm_migration *migration)
{
	return gm_migration_section(migration,
				    row->state == GM_ROW_REVERTING
					    ? GM_SECTION_DOWN
					    : GM_SECTION_UP,
				    gm_history_dialect(history));
}

/* The statement of that index, from 0: 1, 0 past the end, or an error. */
static int nth_statement(const struct gm_dialect *dialect,
			 const struct gm_section *section, size_t index,
			 struct gm_statement *out)
{
	struct gm_splitter splitter;
	size_t i;
	int ret = 0;

	gm_splitter_init(&splitter, dialect, section->sql, section->len);
	for (i = 0; i <= index; i++) {
		ret = gm_splitter_next(&splitter, out, NULL);
		if (ret <= 0)
			return ret;
	}
	return ret;
}

/*
 * What is begun with a transaction is gone with its session, as far as all of
 * it is taken back. And where counters are part of the transaction, those that
 * say its commit has begun are only seen when it has been made.
 */
static enum gm_fate judge_fate(struct gm_history *history,
			       const struct gm_statement *statement)
{
	const struct gm_driver *driver = history->driver;

	if (driver->flags & GM_DRIVER_TRANSACTIONAL_DDL)
		return GM_FATE_UNKNOWN;
	if (statement->flags & GM_STATEMENT_COMMITS)
		return GM_FATE_RAN;
	return statement->flags & GM_STATEMENT_BEGINS && driver->takes_back &&
			       driver->takes_back(history->db, NULL) > 0
		       ? GM_FATE_NOT_RAN
		       : GM_FATE_UNKNOWN;
}

void gm_journal_learn(struct gm_history *history,
		      const struct gm_history_row *row)
{
	struct gm_history_row *found = gm_history_find(history, row->app,
						       row->id);
	const struct gm_section *section = NULL;
	enum gm_fate fate = GM_FATE_UNKNOWN;
	struct gm_statement statement;
	struct gm_plan plan = { 0 };

	if (!found || !row->owner || !gm_journal_is_unknown(row) ||
	    row->statements_started != row->statements_done + 1)
		return;
	if (!gm_journal_load(history, row, &plan, NULL))
		section = gm_journal_section(history, row, plan.v[0].migration);
	if (section &&
	    nth_statement(gm_history_dialect(history), section,
			  (size_t)row->statements_done, &statement) > 0)
		fate = judge_fate(history, &statement);
	if (fate == GM_FATE_RAN)
		found->statements_done = found->statements_started;
	else if (fate == GM_FATE_NOT_RAN)
		found->statements_started = found->statements_done;
	found->is_learned = fate != GM_FATE_UNKNOWN;
	gm_plan_release(&plan);
}

/* A statement's first line, for a message. */
static char *first_line(const struct gm_section *section,
			const struct gm_statement *statement)
{
	const char *sql = section->sql + statement->start;
	const char *end = memchr(sql, '\n', statement->len);
	size_t len = end ? (size_t)(end - sql) : statement->len;

	return gm_format("%.*s%s", (int)(len < 60 ? len : 60), sql,
			 end || len > 60 ? " …" : "");
}

bool gm_journal_is_unknown(const struct gm_history_row *row)
{
	return row->state != GM_ROW_FAILED && !row->error &&
	       row->statements_started > row->statements_done;
}

/* Whether somebody is at a statement that was begun. */
static int is_running(struct gm_history *history,
		      const struct gm_history_row *row, struct gm_error *err)
{
	const struct gm_driver *driver = history->driver;
	const struct gm_section *section = NULL;
	struct gm_statement at;
	struct gm_plan plan = { 0 };
	int64_t i;
	int ret = 0;

	if (!driver->is_running || !gm_journal_is_unknown(row))
		return 0;
	if (!gm_journal_load(history, row, &plan, NULL))
		section = gm_journal_section(history, row, plan.v[0].migration);
	for (i = row->statements_done; !ret && i < row->statements_started; i++)
		if (section && nth_statement(gm_history_dialect(history),
					     section, (size_t)i, &at) > 0)
			ret = driver->is_running(history->db,
						 section->sql + at.start,
						 at.len, err);
	gm_plan_release(&plan);
	return ret;
}

int gm_journal_is_live(struct gm_history *history,
		       const struct gm_history_row *row, struct gm_error *err)
{
	const char *table = gm_history_table(history);
	int ret;

	if (!row->owner)
		return 0;
	ret = history->driver->owner_is_alive(history->db, row->owner, table,
					      err);
	return ret ? ret : is_running(history, row, err);
}

size_t gm_journal_mark_live(struct gm_history *history,
			    struct gm_comparison *comparison)
{
	size_t live = 0;
	size_t i;
	int ret;

	for (i = 0; i < comparison->n; i++) {
		struct gm_item *item = &comparison->v[i];

		if (!item->under_way)
			continue;
		ret = gm_journal_is_live(history, item->row, NULL);
		item->unseen = ret == GM_EBUSY;
		if (ret <= 0 && !item->unseen) {
			gm_journal_learn(history, item->row);
			continue;
		}
		comparison->count[item->state]--;
		item->live = true;
		item->state = item->row->state == GM_ROW_REVERTING
				      ? GM_STATE_APPLIED
				      : GM_STATE_PENDING;
		comparison->count[item->state]++;
		live++;
	}
	return live;
}

/* Whether the statement of that index only sets its session, and sets the same
 * when it runs again. */
static bool only_sets(const struct gm_dialect *dialect,
		      const struct gm_section *section, size_t index)
{
	struct gm_leavings left = { 0 };
	struct gm_statement statement;
	bool only = false;

	if (nth_statement(dialect, section, index, &statement) <= 0 ||
	    statement.flags & GM_STATEMENT_TRANSACTION)
		return false;
	if (!gm_leavings_find(&left, dialect, section->sql, section->len,
			      index + 1, NULL))
		only = statement.flags & GM_STATEMENT_UNLOCKS ||
		       left.again[index];
	gm_leavings_release(&left);
	return only;
}

bool gm_journal_is_void(struct gm_history *history,
			const struct gm_history_row *row)
{
	const struct gm_section *section = NULL;
	struct gm_plan plan = { 0 };
	bool is_void = false;

	if (!row->owner || !gm_journal_is_unknown(row) ||
	    row->statements_started != row->statements_done + 1)
		return false;
	if (!gm_journal_load(history, row, &plan, NULL))
		section = gm_journal_section(history, row, plan.v[0].migration);
	if (section)
		is_void = only_sets(gm_history_dialect(history), section,
				    (size_t)row->statements_done);
	gm_plan_release(&plan);
	return is_void;
}

static const char *command_of(const struct gm_history_row *row)
{
	return row->state == GM_ROW_REVERTING ? "rollback" : "apply";
}

void gm_journal_hint_others(const struct gm_history_row *row,
			    struct gm_error *err)
{
	gm_error_hint(err,
		      "git migrate %s --restart begins again with the "
		      "first statement",
		      command_of(row));
	gm_error_hint(err,
		      "git migrate %s --abort forgets it, and prints "
		      "what did run",
		      command_of(row));
}

void gm_journal_hint(const struct gm_history_row *row, struct gm_error *err)
{
	const char *command = command_of(row);

	if (gm_journal_is_unknown(row)) {
		gm_error_hint(err,
			      "look whether it has happened, then: git "
			      "migrate %s --continue --ran",
			      command);
		gm_error_hint(err,
			      "or, if it has not: git migrate %s "
			      "--continue --not-ran",
			      command);
	} else {
		gm_error_hint(err,
			      "git migrate %s --continue goes on with "
			      "the statement after the last finished one",
			      command);
	}
	if (row->state == GM_ROW_REVERTING)
		gm_error_hint(err, "with --from-file it takes the file's down "
				   "section, not the recorded one");
	gm_journal_hint_others(row, err);
}

void gm_journal_hint_attempts(struct gm_history *history,
			      const struct gm_history_row *row,
			      struct gm_error *err)
{
	struct gm_strbuf before = { 0 };

	if (!gm_history_attempts(history, row->app, row->id, &before, NULL) &&
	    before.len)
		gm_error_hint(err,
			      "what ran of it before it was begun again stays; "
			      "git migrate %s --abort --dry-run prints it",
			      command_of(row));
	gm_strbuf_release(&before);
}

int gm_journal_refuse(struct gm_history *history,
		      const struct gm_history_row *row, const char *path,
		      struct gm_error *err)
{
	struct gm_history_row settled = *row;
	struct gm_plan plan = { 0 };
	struct gm_statement statement;
	const struct gm_section *section = NULL;
	char *line = NULL;

	if (gm_journal_is_void(history, row)) {
		settled.statements_started = settled.statements_done;
		row = &settled;
	}

	if (!gm_journal_load(history, row, &plan, NULL))
		section = gm_journal_section(history, row, plan.v[0].migration);
	if (section &&
	    nth_statement(gm_history_dialect(history), section,
			  (size_t)row->statements_done, &statement) > 0)
		line = first_line(section, &statement);
	if (gm_journal_is_unknown(row) &&
	    row->statements_started > row->statements_done + 1)
		gm_error_set(err, GM_EREFUSED,
			     "'%s' stopped in the middle: statements %lld to "
			     "%lld of %lld were begun in one transaction, and "
			     "nobody knows whether it has happened: %s",
			     row->id, (long long)row->statements_done + 1,
			     (long long)row->statements_started,
			     (long long)row->statements_total,
			     line ? line : "");
	else if (gm_journal_is_unknown(row))
		gm_error_set(err, GM_EREFUSED,
			     "'%s' stopped in the middle: statement %lld of "
			     "%lld was begun, and nobody knows whether it "
			     "has happened: %s",
			     row->id, (long long)row->statements_done + 1,
			     (long long)row->statements_total,
			     line ? line : "");
	else
		gm_error_set(err, GM_EREFUSED,
			     "'%s' stopped after %lld of %lld statements%s%s",
			     row->id, (long long)row->statements_done,
			     (long long)row->statements_total,
			     row->error ? ": " : "",
			     row->error ? row->error : "");
	if (path && !row->error && !gm_journal_is_unknown(row))
		gm_error_prefix(err, "%s", path);
	gm_journal_hint_attempts(history, row, err);
	gm_journal_hint(row, err);
	free(line);
	gm_plan_release(&plan);
	return GM_EREFUSED;
}

int gm_journal_what_ran(struct gm_history *history,
			const struct gm_history_row *row, struct gm_strbuf *out,
			struct gm_error *err)
{
	int64_t end = gm_journal_is_unknown(row) ? row->statements_started
						 : row->statements_done;
	struct gm_plan plan = { 0 };
	const struct gm_section *section;
	struct gm_splitter splitter;
	struct gm_statement statement;
	int64_t i;
	int ret = gm_journal_load(history, row, &plan, err);

	if (ret < 0)
		goto done;
	section = gm_journal_section(history, row, plan.v[0].migration);
	if (!section)
		goto done;
	gm_splitter_init(&splitter, gm_history_dialect(history), section->sql,
			 section->len);
	for (i = 0; i < end; i++) {
		ret = gm_splitter_next(&splitter, &statement, err);
		if (ret <= 0)
			break;
		if (i == row->statements_done)
			gm_strbuf_adds(out, "-- begun, and nobody knows "
					    "whether it has happened:\n");
		gm_strbuf_add(out, section->sql + statement.start,
			      statement.len);
		gm_strbuf_adds(out, ";\n");
	}
	ret = ret < 0 ? ret : 0;
done:
	gm_plan_release(&plan);
	return ret;
}

int gm_journal_keep_attempt(struct gm_history *history,
			    const struct gm_history_row *row,
			    struct gm_error *err)
{
	struct gm_strbuf ran = { 0 };
	int ret = gm_journal_what_ran(history, row, &ran, err);

	if (!ret && ran.len)
		ret = gm_history_keep_attempt(history, row, gm_strbuf_str(&ran),
					      ran.len, err);
	gm_strbuf_release(&ran);
	return ret;
}
