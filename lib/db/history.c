/*
 * The history's tables, and all SQL on them. The texts are built once, with
 * the tables' names in them; values are always bound. In a script they are
 * written as literals in the dialect's own quoting.
 */
#include "db/history_sql.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "base/time.h"

/* How often the tables are tried to be made. */
#define CREATE_ATTEMPTS 3
/* Each time one of those who meet has got on. */
#define DEADLOCK_ATTEMPTS 12
/* Who was held up for longer was in nobody's way, but waited for a lock. */
#define CREATE_WAITED_MS 200

/* Known by its address. */
static const char now_mark[] = "now";

/* A type that is "name" or "text" is the driver's. */
static const struct {
	const char *name;
	const char *type;
	const char *rest;
} columns[GM_COLUMNS] = {
	[GM_COLUMN_APP] = { "app", "name", " NOT NULL" },
	[GM_COLUMN_ID] = { "id", "name", " NOT NULL" },
	[GM_COLUMN_CHECKSUM] = { "checksum", "VARCHAR(64)", " NOT NULL" },
	[GM_COLUMN_UP] = { "up_fingerprint", "VARCHAR(64)", "" },
	[GM_COLUMN_DOWN] = { "down_fingerprint", "VARCHAR(64)", "" },
	[GM_COLUMN_VERIFY] = { "verify_fingerprint", "VARCHAR(64)", "" },
	[GM_COLUMN_PARENTS] = { "parents", "text", " NOT NULL" },
	[GM_COLUMN_STATE] = { "state", "VARCHAR(16)", " NOT NULL" },
	[GM_COLUMN_STARTED] = { "statements_started", "INTEGER", " NOT NULL" },
	[GM_COLUMN_DONE] = { "statements_done", "INTEGER", " NOT NULL" },
	[GM_COLUMN_TOTAL] = { "statements_total", "INTEGER", " NOT NULL" },
	[GM_COLUMN_OWNER] = { "owner", "VARCHAR(255)", "" },
	[GM_COLUMN_BLOB] = { "blob_id", "VARCHAR(64)", "" },
	[GM_COLUMN_COMMIT] = { "commit_id", "VARCHAR(64)", "" },
	[GM_COLUMN_DIRTY] = { "dirty", "INTEGER", " NOT NULL" },
	[GM_COLUMN_BRANCH] = { "branch", "VARCHAR(255)", "" },
	[GM_COLUMN_BATCH] = { "batch", "INTEGER", " NOT NULL" },
	[GM_COLUMN_POSITION] = { "position", "INTEGER", " NOT NULL" },
	[GM_COLUMN_APPLIED_AT] = { "applied_at", "VARCHAR(24)", " NOT NULL" },
	[GM_COLUMN_DURATION] = { "duration_ms", "INTEGER", " NOT NULL" },
	[GM_COLUMN_APPLIED_BY] = { "applied_by", "VARCHAR(255)", " NOT NULL" },
	[GM_COLUMN_TOOL_VERSION] = { "tool_version", "VARCHAR(32)",
				     " NOT NULL" },
	[GM_COLUMN_ERROR] = { "error", "text", "" },
	[GM_COLUMN_SOURCE] = { "source_entry", "BIGINT", "" },
};

const unsigned char gm_state_columns[GM_STATE_COLUMNS] = {
	GM_COLUMN_APP,	 GM_COLUMN_ID,	     GM_COLUMN_CHECKSUM,
	GM_COLUMN_STATE, GM_COLUMN_POSITION,
};

const unsigned char gm_update_columns[GM_UPDATE_COLUMNS] = {
	GM_COLUMN_CHECKSUM,   GM_COLUMN_UP,	      GM_COLUMN_DOWN,
	GM_COLUMN_VERIFY,     GM_COLUMN_STATE,	      GM_COLUMN_STARTED,
	GM_COLUMN_DONE,	      GM_COLUMN_TOTAL,	      GM_COLUMN_OWNER,
	GM_COLUMN_BLOB,	      GM_COLUMN_COMMIT,	      GM_COLUMN_DIRTY,
	GM_COLUMN_BRANCH,     GM_COLUMN_APPLIED_AT,   GM_COLUMN_DURATION,
	GM_COLUMN_APPLIED_BY, GM_COLUMN_TOOL_VERSION, GM_COLUMN_ERROR,
};

const unsigned char gm_progress_columns[GM_PROGRESS_COLUMNS] = {
	GM_COLUMN_STATE, GM_COLUMN_STARTED,  GM_COLUMN_DONE,  GM_COLUMN_TOTAL,
	GM_COLUMN_OWNER, GM_COLUMN_DURATION, GM_COLUMN_ERROR,
};

static char *create_history(const char *t, const struct gm_driver *driver)
{
	struct gm_strbuf out = { 0 };
	size_t i;

	gm_strbuf_addf(&out, "CREATE TABLE IF NOT EXISTS %s_history (\n", t);
	for (i = 0; i < GM_COLUMNS; i++) {
		const char *type = columns[i].type;

		if (!strcmp(type, "name"))
			type = driver->name_type;
		else if (!strcmp(type, "text"))
			type = driver->text_type;
		gm_strbuf_addf(&out, "  %s %s%s,\n", columns[i].name, type,
			       columns[i].rest);
	}
	gm_strbuf_addf(
		&out, "  PRIMARY KEY (app, id)\n)%s%s", driver->table_options,
		driver->short_row_options ? driver->short_row_options : "");
	return gm_strbuf_take(&out);
}

/* The history's own table is the last one: that it is there says that all
 * of them are. */
static void create_texts(struct gm_history_sql *s, const char *t,
			 const struct gm_driver *driver)
{
	const char *text = driver->text_type;
	const char *name = driver->name_type;
	const char *short_rows = driver->short_row_options
					 ? driver->short_row_options
					 : "";

	s->create[3] = create_history(t, driver);
	s->create[1] = gm_format(
		"CREATE TABLE IF NOT EXISTS %s_source (\n"
		"  entry BIGINT NOT NULL,\n  part INTEGER NOT NULL,\n"
		"  text %s NOT NULL,\n  PRIMARY KEY (entry, part)\n)%s%s",
		t, text, driver->table_options, short_rows);
	s->create[2] = gm_format(
		"CREATE TABLE IF NOT EXISTS %s_log (\n"
		"  entry %s,\n  logged_at VARCHAR(24) NOT NULL,\n"
		"  app %s NOT NULL,\n  id %s NOT NULL,\n"
		"  action VARCHAR(16) NOT NULL,\n"
		"  checksum VARCHAR(64),\n  batch INTEGER,\n"
		"  commit_id VARCHAR(64),\n  branch VARCHAR(255),\n"
		"  logged_by VARCHAR(255) NOT NULL,\n"
		"  tool_version VARCHAR(32) NOT NULL,\n  detail %s,\n"
		"  source %s\n)%s",
		t, driver->serial_type, name, name, text, text,
		driver->table_options);
	s->create[0] = gm_format("CREATE TABLE IF NOT EXISTS %s_version (\n"
				 "  version INTEGER NOT NULL PRIMARY KEY\n)%s",
				 t, driver->table_options);
	s->version = gm_format("SELECT MAX(version) FROM %s_version", t);
	s->set_version = gm_format("INSERT INTO %s_version (version)"
				   " VALUES (?)",
				   t);
}

/* The names of the first n columns, or one '?' for each. */
static char *column_list(size_t n, bool marks)
{
	struct gm_strbuf out = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		gm_strbuf_addf(&out, "%s%s", i ? ", " : "",
			       marks ? "?" : columns[i].name);
	return gm_strbuf_take(&out);
}

static char *load_states_text(const char *t)
{
	struct gm_strbuf out = { 0 };
	size_t i;

	for (i = 0; i < GM_STATE_COLUMNS; i++)
		gm_strbuf_addf(&out, "%s%s", i ? ", " : "SELECT ",
			       columns[gm_state_columns[i]].name);
	gm_strbuf_addf(&out, " FROM %s_history", t);
	return gm_strbuf_take(&out);
}

static char *update_text(const char *t, const unsigned char *which, size_t n)
{
	struct gm_strbuf out = { 0 };
	size_t i;

	gm_strbuf_addf(&out, "UPDATE %s_history SET ", t);
	for (i = 0; i < n; i++)
		gm_strbuf_addf(&out, "%s%s = ?", i ? ", " : "",
			       columns[which[i]].name);
	gm_strbuf_adds(&out, " WHERE app = ? AND id = ?");
	return gm_strbuf_take(&out);
}

static void row_texts(struct gm_history_sql *s, const char *t,
		      const struct gm_driver *driver)
{
	char *loaded = column_list(GM_ROW_COLUMNS, false);
	char *names = column_list(GM_COLUMNS, false);
	char *marks = column_list(GM_ROW_COLUMNS, true);

	s->load = gm_format("SELECT %s FROM %s_history", loaded, t);
	s->load_states = load_states_text(t);
	s->claim.named = gm_format(
		"INSERT INTO %s_history (%s) VALUES (%s, %s)", t, names, marks,
		driver->serial_last);
	s->claim.brief = gm_format("INSERT INTO %s_history VALUES (%s, %s)", t,
				   marks, driver->serial_last);
	s->update = update_text(t, gm_update_columns, GM_UPDATE_COLUMNS);
	s->progress = update_text(t, gm_progress_columns, GM_PROGRESS_COLUMNS);
	s->delete_row = gm_format(
		"DELETE FROM %s_history WHERE app = ? AND id = ?", t);
	s->rename_row = gm_format(
		"UPDATE %s_history SET id = ? WHERE app = ? AND id = ?", t);
	s->hold = gm_format("UPDATE %s_history SET state = state"
			    " WHERE app = ? AND id = ?",
			    t);
	s->owner = gm_format(
		"SELECT owner FROM %s_history WHERE app = ? AND id = ?", t);
	s->done = gm_format("SELECT statements_done FROM %s_history"
			    " WHERE app = ? AND id = ?",
			    t);
	s->is_done = gm_format(
		"SELECT 1 FROM %s_history WHERE app = ? AND id = ?"
		" AND state IN ('applied', 'faked', 'baseline')",
		t);
	s->has = gm_format("SELECT 1 FROM %s_history WHERE app = ? AND id = ?",
			   t);
	free(loaded);
	free(names);
	free(marks);
}

/* What the log keeps of attempts that were begun again, since the migration
 * last came to an end of any kind. */
static char *attempts_text(const char *t)
{
	static const char ours[] = "l.app = ? AND l.id = ? AND l.action = ?";
	char *since = gm_format(
		"(SELECT COALESCE(MAX(e.entry), 0) FROM %s_log e"
		" WHERE e.app = ? AND e.id = ?"
		" AND e.action NOT IN ('start', 'restart', 'failure'))",
		t);
	char *text = gm_format(
		"SELECT l.source AS text, l.entry AS entry, 1 AS part"
		" FROM %s_log l WHERE %s AND l.entry > %s"
		" UNION ALL SELECT s.text, s.entry, s.part"
		" FROM %s_source s JOIN %s_log l ON l.entry = s.entry"
		" WHERE %s AND l.entry > %s ORDER BY entry, part",
		t, ours, since, t, t, ours, since);

	free(since);
	return text;
}

/* A text is in the log's entry, up to the first part's length, and what
 * comes after it in the parts. */
static void source_texts(struct gm_history_sql *s, const char *t,
			 const struct gm_driver *driver)
{
	char *entry = gm_format("(SELECT source_entry FROM %s_history"
				" WHERE app = ? AND id = ?)",
				t);

	s->add_part.named = gm_format(
		"INSERT INTO %s_source (entry, part, text)"
		" VALUES (%s, ?, ?)",
		t, driver->serial_last);
	s->add_part.brief = gm_format("INSERT INTO %s_source VALUES (%s, ?, ?)",
				      t, driver->serial_last);
	s->forget_text = gm_format(
		"UPDATE %s_log SET source = NULL WHERE entry = %s", t, entry);
	s->forget_parts = gm_format("DELETE FROM %s_source WHERE entry = %s", t,
				    entry);
	s->set_source = gm_format("UPDATE %s_history SET source_entry = %s"
				  " WHERE app = ? AND id = ?",
				  t, driver->serial_last);
	s->source = gm_format(
		"SELECT l.source AS text, 1 AS part FROM %s_log l"
		" WHERE l.entry = %s"
		" UNION ALL SELECT s.text, s.part FROM %s_source s"
		" WHERE s.entry = %s ORDER BY part",
		t, entry, t, entry);
	s->source_1 = gm_format("SELECT text FROM %s_source WHERE app = ?"
				" AND id = ? ORDER BY part",
				t);
	s->attempts = attempts_text(t);
	free(entry);
}

static void log_texts(struct gm_history_sql *s, const char *t,
		      const struct gm_driver *driver)
{
	static const char marks[] = "?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?";

	s->log.named = gm_format(
		"INSERT INTO %s_log (logged_at, app, id, action, checksum,"
		" batch, commit_id, branch, logged_by, tool_version, detail,"
		" source) VALUES (%s)",
		t, marks);
	s->log.brief = gm_format("INSERT INTO %s_log VALUES (%s, %s)", t,
				 driver->serial_next, marks);
}

static void insert_release(struct gm_insert *insert)
{
	free(insert->named);
	free(insert->brief);
}

int gm_history_new(struct gm_history **out, const struct gm_driver *driver,
		   struct gm_db *db, const char *table, struct gm_error *err)
{
	struct gm_history *history;
	struct gm_history_sql *sql;
	char *name;
	int ret;

	ret = gm_history_name(&name, driver, db, table, err);
	if (ret < 0)
		return ret;
	history = gm_calloc(1, sizeof(*history));
	sql = gm_calloc(1, sizeof(*sql));
	history->driver = driver;
	history->db = db;
	history->sql = sql;
	sql->table = name;
	sql->history_name = gm_format("%s_history", name);
	sql->is_schema_found = !strchr(table, '.');
	create_texts(sql, name, driver);
	row_texts(sql, name, driver);
	if (driver->elapsed_text)
		sql->took = gm_format("UPDATE %s_history SET duration_ms = %s"
				      " WHERE app = ? AND id = ?",
				      name, driver->elapsed_text);
	source_texts(sql, name, driver);
	log_texts(sql, name, driver);
	*out = history;
	return 0;
}

void gm_history_free(struct gm_history *history)
{
	struct gm_history_sql *s;
	size_t i;

	if (!history)
		return;
	s = history->sql;
	gm_history_forget(history);
	free(history->v);
	for (i = 0; i < GM_ARRAY_SIZE(s->create); i++)
		free(s->create[i]);
	free(s->table);
	free(s->history_name);
	free(s->set_version);
	free(s->version);
	free(s->load);
	free(s->load_states);
	insert_release(&s->claim);
	free(s->update);
	free(s->progress);
	free(s->took);
	insert_release(&s->add_part);
	free(s->forget_text);
	free(s->forget_parts);
	free(s->set_source);
	free(s->source);
	free(s->source_1);
	free(s->attempts);
	free(s->delete_row);
	free(s->rename_row);
	free(s->has);
	free(s->hold);
	free(s->is_done);
	free(s->done);
	free(s->owner);
	insert_release(&s->log);
	free(s);
	free(history);
}

const char *gm_history_table(const struct gm_history *history)
{
	return history->sql->table;
}
struct gm_value gm_history_now(void)
{
	return gm_value_text(now_mark);
}

const struct gm_dialect *gm_history_dialect(const struct gm_history *history)
{
	return history->driver->dialect;
}

/* Writes a statement with its values in it, and a semicolon. */
static void write_script(struct gm_history *history, const char *sql,
			 const struct gm_value *params)
{
	const struct gm_dialect *dialect = gm_history_dialect(history);
	struct gm_strbuf *out = history->script;

	for (; *sql; sql++) {
		if (*sql != '?') {
			gm_strbuf_addc(out, *sql);
			continue;
		}
		if (params->type == GM_VALUE_NULL)
			gm_strbuf_adds(out, "NULL");
		else if (params->type == GM_VALUE_INT)
			gm_strbuf_addf(out, "%lld", (long long)params->number);
		else if (params->text == now_mark)
			gm_strbuf_adds(out, gm_dialect_now(dialect));
		else
			gm_dialect_quote(dialect, params->text, params->len,
					 out);
		params++;
	}
	gm_strbuf_adds(out, ";\n");
}

/* Runs or writes a statement. The params' moments are made text. */
int gm_history_run(struct gm_history *history, const char *sql,
		   struct gm_value *params, size_t n, gm_row_fn *row,
		   void *context, struct gm_error *err)
{
	char now[GM_TIME_TEXT] = "";
	size_t i;

	if (history->script && !row) {
		write_script(history, sql, params);
		return 0;
	}
	for (i = 0; i < n; i++) {
		if (params[i].text != now_mark)
			continue;
		if (!*now)
			gm_time_now(now);
		params[i] = gm_value_text(now);
	}
	return history->driver->query(history->db, sql, params, n, row, context,
				      err);
}

int gm_history_insert(struct gm_history *history, const struct gm_insert *text,
		      struct gm_value *params, size_t n, struct gm_error *err)
{
	return gm_history_run(history,
			      history->script ? text->named : text->brief,
			      params, n, NULL, NULL, err);
}

int gm_history_get_number(void *context, const struct gm_value *c, size_t n)
{
	if (n)
		*(int64_t *)context = gm_value_to_int(&c[0]);
	return 0;
}

int gm_history_check_version(struct gm_history *history, struct gm_error *err)
{
	int ret = gm_history_run(history, history->sql->version, NULL, 0,
				 gm_history_get_number, &history->version, err);

	/* Somebody else's table, or one of ours was removed. */
	if (ret == GM_ESQL) {
		gm_error_prefix(err,
				"there is %s_history, and the version "
				"can't be read",
				history->sql->table);
		return gm_error_hint(
			err, "where the table isn't git-migrate's, give "
			     "ours another name: git config "
			     "migrate.table NAME");
	}
	if (ret < 0 || history->version <= GM_HISTORY_VERSION)
		return ret;
	gm_error_set(err, GM_EINVALID,
		     "the tables '%s_…' are of version %lld, and this program "
		     "knows version %d",
		     history->sql->table, (long long)history->version,
		     GM_HISTORY_VERSION);
	return gm_error_hint(err, "a newer git-migrate made them: install "
				  "that one here too");
}

/* Where a run was killed among these, the next one finds some of them. */
int gm_history_make_tables(struct gm_history *history, struct gm_error *err)
{
	struct gm_value version = gm_value_int(GM_HISTORY_VERSION);
	size_t last = GM_ARRAY_SIZE(history->sql->create) - 1;
	int64_t found = 0;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < last; i++)
		ret = gm_history_run(history, history->sql->create[i], NULL, 0,
				     NULL, NULL, err);
	if (!ret && !history->script)
		ret = gm_history_run(history, history->sql->version, NULL, 0,
				     gm_history_get_number, &found, err);
	if (!ret && !found)
		ret = gm_history_run(history, history->sql->set_version,
				     &version, 1, NULL, NULL, err);
	return ret < 0 ? ret
		       : gm_history_run(history, history->sql->create[last],
					NULL, 0, NULL, NULL, err);
}

static int create_once(struct gm_history *history, struct gm_error *err)
{
	const struct gm_driver *driver = history->driver;
	bool transaction = !history->script &&
			   driver->flags & GM_DRIVER_TRANSACTIONAL_DDL &&
			   !driver->in_transaction(history->db);
	int ret = 0;

	if (transaction)
		ret = driver->begin(history->db, err);
	if (ret < 0)
		return ret;
	ret = gm_history_make_tables(history, err);
	if (!ret && transaction)
		ret = driver->commit(history->db, err);
	if (ret < 0 && transaction)
		driver->rollback(history->db, NULL);
	if (ret == GM_ESQL && !history->script &&
	    driver->has_table(history->db, history->sql->history_name, NULL) >
		    0) {
		/* Another run made them in the meantime. */
		gm_error_release(err);
		ret = gm_history_check_version(history, err);
	}
	return ret;
}

/* A deadlock is over when it is told, however long it took to be found; but
 * who has waited for a lock in vain doesn't wait again. */
static bool may_create_again(int ret, int attempt, int64_t took_ms,
			     const struct gm_error *err)
{
	if (ret == GM_EBUSY && err && !strncmp(err->sqlstate, "40", 2))
		return attempt < DEADLOCK_ATTEMPTS;
	return attempt < CREATE_ATTEMPTS &&
	       (ret == GM_ESQL ||
		(ret == GM_EBUSY && took_ms <= CREATE_WAITED_MS));
}

/* Where another run makes them at the same moment, the two may get into each
 * other's way: the next time what the other made is there. */
int gm_history_create(struct gm_history *history, struct gm_error *err)
{
	int64_t start;
	int attempt;
	int ret;

	if (history->exists)
		return history->script || history->version == GM_HISTORY_VERSION
			       ? 0
			       : gm_history_upgrade(history, err);
	for (attempt = 1;; attempt++) {
		start = gm_time_ms();
		ret = create_once(history, err);
		if (history->script ||
		    !may_create_again(ret, attempt, gm_time_ms() - start, err))
			break;
		gm_error_release(err);
		gm_time_sleep_ms(100 * attempt);
	}
	if (!ret) {
		history->exists = true;
		history->version = GM_HISTORY_VERSION;
	} else {
		gm_error_prefix(err, "can't make the tables '%s_…'",
				history->sql->table);
	}
	return ret;
}
