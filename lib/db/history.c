/*
 * The history's tables, and all SQL on them. The texts are built once, with
 * the tables' names in them; values are always bound. In a script they are
 * written as literals in the dialect's own quoting.
 */
#include "db/history.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sort.h"
#include "base/time.h"
#include "series/migration.h"

/* Packet limits are real: a text is stored in parts of this many bytes. */
#define PART_BYTES ((size_t)1024 * 1024)

#define TAG GM_CHECKSUM_TAG

/* A value that is this moment: bound as text, or written as the dialect's
 * expression in a script. Known by its address. */
static const char now_mark[] = "now";

/* A script names the columns, for whoever reads it. What runs doesn't: a
 * database reads it faster, and SQLite does so for each migration. */
struct insert {
	char *named;
	char *brief;
};

struct gm_history_sql {
	char *table;
	char *history_name;
	char *create[4];
	char *set_version;
	char *version;
	char *load;
	struct insert claim;
	char *update;
	char *progress;
	struct insert add_source;
	char *delete_source;
	char *source;
	char *delete_row;
	char *rename_row;
	char *rename_source;
	char *has;
	char *hold;
	char *is_done;
	struct insert log;
};

static const char *const state_names[] = { "applied",  "faked",	    "baseline",
					   "applying", "reverting", "failed" };

const char *gm_row_state_name(enum gm_row_state state)
{
	return state_names[state];
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

	s->create[3] = gm_format(
		"CREATE TABLE IF NOT EXISTS %s_history (\n"
		"  app %s NOT NULL,\n  id %s NOT NULL,\n"
		"  checksum VARCHAR(64) NOT NULL,\n"
		"  up_fingerprint VARCHAR(64),\n"
		"  down_fingerprint VARCHAR(64),\n"
		"  verify_fingerprint VARCHAR(64),\n"
		"  parents %s NOT NULL,\n  state VARCHAR(16) NOT NULL,\n"
		"  statements_started INTEGER NOT NULL,\n"
		"  statements_done INTEGER NOT NULL,\n"
		"  statements_total INTEGER NOT NULL,\n"
		"  owner VARCHAR(255),\n  blob_id VARCHAR(64),\n"
		"  commit_id VARCHAR(64),\n  dirty INTEGER NOT NULL,\n"
		"  branch VARCHAR(255),\n  batch INTEGER NOT NULL,\n"
		"  position INTEGER NOT NULL,\n"
		"  applied_at VARCHAR(24) NOT NULL,\n"
		"  duration_ms INTEGER NOT NULL,\n"
		"  applied_by VARCHAR(255) NOT NULL,\n"
		"  tool_version VARCHAR(32) NOT NULL,\n  error %s,\n"
		"  PRIMARY KEY (app, id)\n)%s%s",
		t, name, name, text, text, driver->table_options, short_rows);
	s->create[1] = gm_format(
		"CREATE TABLE IF NOT EXISTS %s_source (\n"
		"  app %s NOT NULL,\n  id %s NOT NULL,\n"
		"  part INTEGER NOT NULL,\n  text %s NOT NULL,\n"
		"  PRIMARY KEY (app, id, part)\n)%s",
		t, name, name, text, driver->table_options);
	s->create[2] = gm_format(
		"CREATE TABLE IF NOT EXISTS %s_log (\n"
		"  logged_at VARCHAR(24) NOT NULL,\n"
		"  app %s NOT NULL,\n  id %s NOT NULL,\n"
		"  action VARCHAR(16) NOT NULL,\n  step INTEGER NOT NULL,\n"
		"  checksum VARCHAR(64),\n  batch INTEGER,\n"
		"  commit_id VARCHAR(64),\n  branch VARCHAR(255),\n"
		"  logged_by VARCHAR(255) NOT NULL,\n"
		"  tool_version VARCHAR(32) NOT NULL,\n  detail %s,\n"
		"  PRIMARY KEY (logged_at, app, id, action, step)\n)%s%s",
		t, name, name, text, driver->table_options, short_rows);
	s->create[0] = gm_format("CREATE TABLE IF NOT EXISTS %s_version (\n"
				 "  version INTEGER NOT NULL PRIMARY KEY\n)%s",
				 t, driver->table_options);
	s->version = gm_format("SELECT MAX(version) FROM %s_version", t);
	s->set_version = gm_format("INSERT INTO %s_version (version)"
				   " VALUES (?)",
				   t);
}

static void row_texts(struct gm_history_sql *s, const char *t)
{
	s->load = gm_format(
		"SELECT app, id, checksum, up_fingerprint, down_fingerprint,"
		" verify_fingerprint, parents, state, statements_started,"
		" statements_done, statements_total, owner, blob_id,"
		" commit_id, dirty, branch, batch, position, applied_at,"
		" duration_ms, applied_by, tool_version, error"
		" FROM %s_history",
		t);
	s->claim.named = gm_format(
		"INSERT INTO %s_history (app, id, checksum, up_fingerprint,"
		" down_fingerprint, verify_fingerprint, parents, state,"
		" statements_started, statements_done, statements_total,"
		" owner, blob_id, commit_id, dirty, branch, batch, position,"
		" applied_at, duration_ms, applied_by, tool_version, error)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
		" ?, ?, ?, ?, ?, ?)",
		t);
	s->update = gm_format(
		"UPDATE %s_history SET checksum = ?, up_fingerprint = ?,"
		" down_fingerprint = ?, verify_fingerprint = ?, state = ?,"
		" statements_started = ?, statements_done = ?,"
		" statements_total = ?, owner = ?, blob_id = ?,"
		" commit_id = ?, dirty = ?, branch = ?, applied_at = ?,"
		" duration_ms = ?, applied_by = ?, tool_version = ?,"
		" error = ? WHERE app = ? AND id = ?",
		t);
	s->progress = gm_format(
		"UPDATE %s_history SET state = ?, statements_started = ?,"
		" statements_done = ?, statements_total = ?, owner = ?,"
		" duration_ms = ?, error = ? WHERE app = ? AND id = ?",
		t);
	s->delete_row = gm_format(
		"DELETE FROM %s_history WHERE app = ? AND id = ?", t);
	s->rename_row = gm_format(
		"UPDATE %s_history SET id = ? WHERE app = ? AND id = ?", t);
	s->hold = gm_format("UPDATE %s_history SET state = state"
			    " WHERE app = ? AND id = ?",
			    t);
	s->is_done = gm_format(
		"SELECT 1 FROM %s_history WHERE app = ? AND id = ?"
		" AND state IN ('applied', 'faked', 'baseline')",
		t);
	s->has = gm_format("SELECT 1 FROM %s_history WHERE app = ? AND id = ?",
			   t);
}

static void other_texts(struct gm_history_sql *s, const char *t)
{
	s->add_source.named = gm_format(
		"INSERT INTO %s_source (app, id, part, text)"
		" VALUES (?, ?, ?, ?)",
		t);
	s->delete_source = gm_format(
		"DELETE FROM %s_source WHERE app = ? AND id = ?", t);
	s->source = gm_format("SELECT text FROM %s_source WHERE app = ?"
			      " AND id = ? ORDER BY part",
			      t);
	s->rename_source = gm_format(
		"UPDATE %s_source SET id = ? WHERE app = ? AND id = ?", t);
	s->log.named = gm_format(
		"INSERT INTO %s_log (logged_at, app, id, action, step,"
		" checksum, batch, commit_id, branch, logged_by,"
		" tool_version, detail)"
		" VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		t);
}

/* The order of the values is that of the columns, in the table as in the
 * names. */
static void leave_out_names(struct insert *insert)
{
	const char *names = strchr(insert->named, '(');
	const char *rest = strchr(names, ')') + 1;

	insert->brief = gm_format("%.*s%s", (int)(names - insert->named) - 1,
				  insert->named, rest);
}

static void insert_release(struct insert *insert)
{
	free(insert->named);
	free(insert->brief);
}

static bool is_table_name(const char *table)
{
	const char *dot = strchr(table, '.');
	const char *p;

	if (!*table || *table == '.' || (dot && !dot[1]) ||
	    (dot && strchr(dot + 1, '.')))
		return false;
	for (p = table; *p; p++)
		if (*p != '.' && *p != '_' && !isalnum((unsigned char)*p))
			return false;
	return true;
}

/* The tables' prefix with the schema that they are in. */
static int qualify(char **out, const struct gm_driver *driver, struct gm_db *db,
		   const char *table, struct gm_error *err)
{
	char *schema = NULL;
	int ret = 0;

	if (db && driver->schema && !strchr(table, '.'))
		ret = driver->schema(db, &schema, err);
	*out = schema ? gm_format("%s.%s", schema, table) : gm_strdup(table);
	free(schema);
	return ret;
}

int gm_history_new(struct gm_history **out, const struct gm_driver *driver,
		   struct gm_db *db, const char *table, struct gm_error *err)
{
	struct gm_history *history;
	struct gm_history_sql *sql;
	char *name;
	int ret;

	if (!is_table_name(table))
		return gm_error_set(err, GM_EINVALID,
				    "bad table name '%s': PREFIX or "
				    "SCHEMA.PREFIX, of letters, digits and "
				    "'_'",
				    table);
	ret = qualify(&name, driver, db, table, err);
	if (ret < 0) {
		free(name);
		return ret;
	}
	history = gm_calloc(1, sizeof(*history));
	sql = gm_calloc(1, sizeof(*sql));
	history->driver = driver;
	history->db = db;
	history->sql = sql;
	sql->table = name;
	sql->history_name = gm_format("%s_history", name);
	create_texts(sql, name, driver);
	row_texts(sql, name);
	other_texts(sql, name);
	leave_out_names(&sql->claim);
	leave_out_names(&sql->add_source);
	leave_out_names(&sql->log);
	*out = history;
	return 0;
}

static void forget_rows(struct gm_history *history)
{
	size_t i;

	for (i = 0; i < history->n; i++)
		free(history->v[i]);
	free(history->by_id);
	history->by_id = NULL;
	history->n = 0;
}

void gm_history_free(struct gm_history *history)
{
	struct gm_history_sql *s;
	size_t i;

	if (!history)
		return;
	s = history->sql;
	forget_rows(history);
	free(history->v);
	for (i = 0; i < GM_ARRAY_SIZE(s->create); i++)
		free(s->create[i]);
	free(s->table);
	free(s->history_name);
	free(s->set_version);
	free(s->version);
	free(s->load);
	insert_release(&s->claim);
	free(s->update);
	free(s->progress);
	insert_release(&s->add_source);
	free(s->delete_source);
	free(s->source);
	free(s->delete_row);
	free(s->rename_row);
	free(s->rename_source);
	free(s->has);
	free(s->hold);
	free(s->is_done);
	insert_release(&s->log);
	free(s);
	free(history);
}

const char *gm_history_table(const struct gm_history *history)
{
	return history->sql->table;
}

/* Writes a statement with its values in it, and a semicolon. */
static void write_script(struct gm_history *history, const char *sql,
			 const struct gm_value *params)
{
	const struct gm_dialect *dialect = history->driver->dialect;
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
static int run(struct gm_history *history, const char *sql,
	       struct gm_value *params, size_t n, gm_row_fn *row, void *context,
	       struct gm_error *err)
{
	char now[GM_TIME_TEXT];
	size_t i;

	if (history->script && !row) {
		write_script(history, sql, params);
		return 0;
	}
	gm_time_now(now);
	for (i = 0; i < n; i++)
		if (params[i].text == now_mark)
			params[i] = gm_value_text(now);
	return history->driver->query(history->db, sql, params, n, row, context,
				      err);
}

static int insert(struct gm_history *history, const struct insert *text,
		  struct gm_value *params, size_t n, struct gm_error *err)
{
	return run(history, history->script ? text->named : text->brief, params,
		   n, NULL, NULL, err);
}

static struct gm_value moment(const char *text)
{
	return gm_value_text(text ? text : now_mark);
}

/* A checksum or a fingerprint with its tag, in a buffer of the caller's. */
static struct gm_value tagged(char buf[GM_HASH_HEX + sizeof(TAG)],
			      const char *hex)
{
	if (!*hex)
		return gm_value_null();
	memcpy(buf, TAG, sizeof(TAG) - 1);
	memcpy(buf + sizeof(TAG) - 1, hex, GM_HASH_HEX);
	return gm_value_text(buf);
}

static int get_number(void *context, const struct gm_value *columns, size_t n)
{
	if (n)
		*(int64_t *)context = gm_value_to_int(&columns[0]);
	return 0;
}

static void untag(char hex[GM_HASH_HEX], const struct gm_value *value)
{
	size_t tag = sizeof(TAG) - 1;

	hex[0] = '\0';
	if (value->type != GM_VALUE_TEXT || value->len <= tag ||
	    value->len - tag >= GM_HASH_HEX || memcmp(value->text, TAG, tag))
		return;
	memcpy(hex, value->text + tag, value->len - tag);
	hex[value->len - tag] = '\0';
}

static enum gm_row_state state_of(const struct gm_value *value)
{
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(state_names); i++)
		if (value->type == GM_VALUE_TEXT &&
		    strlen(state_names[i]) == value->len &&
		    !memcmp(state_names[i], value->text, value->len))
			return (enum gm_row_state)i;
	return GM_ROW_FAILED;
}

/* The columns that a row keeps as text. */
static const unsigned char text_columns[] = { 0,  1,  6,  11, 12, 13,
					      15, 18, 20, 21, 22 };

/* Copies a column behind what is in the block; NULL for null. */
static char *put_text(const struct gm_value *value, char **block)
{
	char *text = *block;

	if (value->type != GM_VALUE_TEXT)
		return NULL;
	memcpy(text, value->text, value->len);
	text[value->len] = '\0';
	*block += value->len + 1;
	return text;
}

/* A row and its strings are one block: there may be 10,000 of them. */
static int add_row(void *context, const struct gm_value *c, size_t n)
{
	struct gm_history *history = context;
	struct gm_history_row *row;
	size_t size = sizeof(*row);
	char *block;
	size_t i;

	(void)n;
	for (i = 0; i < GM_ARRAY_SIZE(text_columns); i++)
		if (c[text_columns[i]].type == GM_VALUE_TEXT)
			size += c[text_columns[i]].len + 1;
	row = gm_alloc(size);
	block = (char *)(row + 1);
	row->app = put_text(&c[0], &block);
	row->id = put_text(&c[1], &block);
	untag(row->checksum, &c[2]);
	untag(row->up, &c[3]);
	untag(row->down, &c[4]);
	untag(row->verify, &c[5]);
	row->parents = put_text(&c[6], &block);
	row->state = state_of(&c[7]);
	row->statements_started = gm_value_to_int(&c[8]);
	row->statements_done = gm_value_to_int(&c[9]);
	row->statements_total = gm_value_to_int(&c[10]);
	row->owner = put_text(&c[11], &block);
	row->blob = put_text(&c[12], &block);
	row->commit_id = put_text(&c[13], &block);
	row->dirty = gm_value_to_int(&c[14]) != 0;
	row->branch = put_text(&c[15], &block);
	row->batch = gm_value_to_int(&c[16]);
	row->position = gm_value_to_int(&c[17]);
	row->applied_at = put_text(&c[18], &block);
	row->duration_ms = gm_value_to_int(&c[19]);
	row->applied_by = put_text(&c[20], &block);
	row->tool_version = put_text(&c[21], &block);
	row->error = put_text(&c[22], &block);
	GM_GROW(history->v, history->n, history->cap);
	history->v[history->n++] = row;
	return 0;
}

static int compare_key(const char *app_a, const char *id_a, const char *app_b,
		       const char *id_b)
{
	int diff = strcmp(app_a, app_b);

	return diff ? diff : strcmp(id_a, id_b);
}

static int by_id(const void *a, const void *b)
{
	const struct gm_history_row *x = *(struct gm_history_row *const *)a;
	const struct gm_history_row *y = *(struct gm_history_row *const *)b;

	return compare_key(x->app, x->id, y->app, y->id);
}

/* Sorted here: a database would sort whole rows, and spill them to disk. */
static int by_position(const void *a, const void *b)
{
	const struct gm_history_row *x = *(struct gm_history_row *const *)a;
	const struct gm_history_row *y = *(struct gm_history_row *const *)b;
	int diff = (x->position > y->position) - (x->position < y->position);

	if (!diff)
		diff = strcmp(x->applied_at, y->applied_at);
	return diff ? diff : by_id(a, b);
}

static int check_version(struct gm_history *history, struct gm_error *err)
{
	int64_t version = 0;
	int ret = run(history, history->sql->version, NULL, 0, get_number,
		      &version, err);

	if (ret < 0)
		return ret;
	if (version <= GM_HISTORY_VERSION)
		return 0;
	gm_error_set(err, GM_EINVALID,
		     "the tables '%s_…' are of version %lld, and this program "
		     "knows version %d",
		     history->sql->table, (long long)version,
		     GM_HISTORY_VERSION);
	return gm_error_hint(err, "a newer git-migrate made them: install "
				  "that one here too");
}

int gm_history_load(struct gm_history *history, struct gm_error *err)
{
	int ret;

	forget_rows(history);
	history->exists = false;
	if (!history->db)
		return 0;
	ret = history->driver->has_table(history->db,
					 history->sql->history_name, err);
	if (ret <= 0)
		return ret;
	ret = check_version(history, err);
	if (ret < 0)
		return ret;
	ret = run(history, history->sql->load, NULL, 0, add_row, history, err);
	if (ret < 0)
		return ret;
	history->exists = true;
	gm_sort(history->v, history->n, sizeof(*history->v), by_position);
	if (history->n) {
		history->by_id = gm_alloc(history->n * sizeof(*history->v));
		memcpy(history->by_id, history->v,
		       history->n * sizeof(*history->v));
		gm_sort(history->by_id, history->n, sizeof(*history->v), by_id);
	}
	return 0;
}

/* Where a run was killed among these, the next one finds some of them. */
static int make_tables(struct gm_history *history, struct gm_error *err)
{
	struct gm_value version = gm_value_int(GM_HISTORY_VERSION);
	size_t last = GM_ARRAY_SIZE(history->sql->create) - 1;
	int64_t found = 0;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < last; i++)
		ret = run(history, history->sql->create[i], NULL, 0, NULL, NULL,
			  err);
	if (!ret && !history->script)
		ret = run(history, history->sql->version, NULL, 0, get_number,
			  &found, err);
	if (!ret && !found)
		ret = run(history, history->sql->set_version, &version, 1, NULL,
			  NULL, err);
	return ret < 0 ? ret
		       : run(history, history->sql->create[last], NULL, 0, NULL,
			     NULL, err);
}

int gm_history_create(struct gm_history *history, struct gm_error *err)
{
	const struct gm_driver *driver = history->driver;
	bool transaction = !history->script &&
			   driver->flags & GM_DRIVER_TRANSACTIONAL_DDL &&
			   !driver->in_transaction(history->db);
	int ret = 0;

	if (history->exists)
		return 0;
	if (transaction)
		ret = driver->begin(history->db, err);
	if (ret < 0)
		return ret;
	ret = make_tables(history, err);
	if (!ret && transaction)
		ret = driver->commit(history->db, err);
	if (ret < 0 && transaction)
		driver->rollback(history->db, NULL);
	if (ret == GM_ESQL && !history->script &&
	    driver->has_table(history->db, history->sql->history_name, NULL) >
		    0) {
		/* Another run made them in the meantime. */
		gm_error_release(err);
		ret = check_version(history, err);
	}
	if (!ret)
		history->exists = true;
	else
		gm_error_prefix(err, "can't make the tables '%s_…'",
				history->sql->table);
	return ret;
}

struct gm_history_row *gm_history_find(const struct gm_history *history,
				       const char *app, const char *id)
{
	size_t low = 0;
	size_t high = history->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct gm_history_row *row = history->by_id[mid];
		int diff = compare_key(app, id, row->app, row->id);

		if (!diff)
			return row;
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

int64_t gm_history_next_batch(const struct gm_history *history)
{
	int64_t batch = 0;
	size_t i;

	for (i = 0; i < history->n; i++)
		if (history->v[i]->batch > batch)
			batch = history->v[i]->batch;
	return batch + 1;
}

int64_t gm_history_next_position(const struct gm_history *history)
{
	return history->n ? history->v[history->n - 1]->position + 1 : 1;
}

static int add_source(struct gm_history *history, const char *app,
		      const char *id, const char *text, size_t len,
		      struct gm_error *err)
{
	int64_t part = 0;
	int ret;

	do {
		size_t size = len < PART_BYTES ? len : PART_BYTES;

		/* A part must be text by itself: end it between characters. */
		while (size < len && size > PART_BYTES - 4 &&
		       ((unsigned char)text[size] & 0xc0) == 0x80)
			size--;
		struct gm_value params[] = { gm_value_text(app),
					     gm_value_text(id),
					     gm_value_int(++part),
					     gm_value_bytes(text, size) };
		ret = insert(history, &history->sql->add_source, params,
			     GM_ARRAY_SIZE(params), err);
		text += size;
		len -= size;
	} while (!ret && len);
	return ret;
}

int gm_history_claim(struct gm_history *history,
		     const struct gm_history_row *row, const char *text,
		     size_t len, struct gm_error *err)
{
	char hex[4][GM_HASH_HEX + sizeof(TAG)];
	struct gm_value params[] = {
		gm_value_text(row->app),
		gm_value_text(row->id),
		tagged(hex[0], row->checksum),
		tagged(hex[1], row->up),
		tagged(hex[2], row->down),
		tagged(hex[3], row->verify),
		gm_value_text(row->parents),
		gm_value_text(gm_row_state_name(row->state)),
		gm_value_int(row->statements_started),
		gm_value_int(row->statements_done),
		gm_value_int(row->statements_total),
		gm_value_text(row->owner),
		gm_value_text(row->blob),
		gm_value_text(row->commit_id),
		gm_value_int(row->dirty),
		gm_value_text(row->branch),
		gm_value_int(row->batch),
		gm_value_int(row->position),
		moment(row->applied_at),
		gm_value_int(row->duration_ms),
		gm_value_text(row->applied_by),
		gm_value_text(row->tool_version),
		gm_value_text(row->error),
	};
	int ret = insert(history, &history->sql->claim, params,
			 GM_ARRAY_SIZE(params), err);

	if (ret < 0)
		return ret;
	return add_source(history, row->app, row->id, text, len, err);
}

int gm_history_update(struct gm_history *history,
		      const struct gm_history_row *row, struct gm_error *err)
{
	char hex[4][GM_HASH_HEX + sizeof(TAG)];
	struct gm_value params[] = {
		tagged(hex[0], row->checksum),
		tagged(hex[1], row->up),
		tagged(hex[2], row->down),
		tagged(hex[3], row->verify),
		gm_value_text(gm_row_state_name(row->state)),
		gm_value_int(row->statements_started),
		gm_value_int(row->statements_done),
		gm_value_int(row->statements_total),
		gm_value_text(row->owner),
		gm_value_text(row->blob),
		gm_value_text(row->commit_id),
		gm_value_int(row->dirty),
		gm_value_text(row->branch),
		moment(row->applied_at),
		gm_value_int(row->duration_ms),
		gm_value_text(row->applied_by),
		gm_value_text(row->tool_version),
		gm_value_text(row->error),
		gm_value_text(row->app),
		gm_value_text(row->id),
	};

	return run(history, history->sql->update, params, GM_ARRAY_SIZE(params),
		   NULL, NULL, err);
}

int gm_history_progress(struct gm_history *history,
			const struct gm_history_row *row, struct gm_error *err)
{
	struct gm_value params[] = {
		gm_value_text(gm_row_state_name(row->state)),
		gm_value_int(row->statements_started),
		gm_value_int(row->statements_done),
		gm_value_int(row->statements_total),
		gm_value_text(row->owner),
		gm_value_int(row->duration_ms),
		gm_value_text(row->error),
		gm_value_text(row->app),
		gm_value_text(row->id),
	};

	return run(history, history->sql->progress, params,
		   GM_ARRAY_SIZE(params), NULL, NULL, err);
}

int gm_history_set_source(struct gm_history *history, const char *app,
			  const char *id, const char *text, size_t len,
			  struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };
	int ret = run(history, history->sql->delete_source, key, 2, NULL, NULL,
		      err);

	return ret < 0 ? ret : add_source(history, app, id, text, len, err);
}

static int add_part(void *context, const struct gm_value *columns, size_t n)
{
	if (n && columns[0].type == GM_VALUE_TEXT)
		gm_strbuf_add(context, columns[0].text, columns[0].len);
	return 0;
}

int gm_history_source(struct gm_history *history, const char *app,
		      const char *id, struct gm_strbuf *out,
		      struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };
	size_t before = out->len;
	int ret = run(history, history->sql->source, key, 2, add_part, out,
		      err);

	if (!ret && out->len == before)
		ret = gm_error_set(err, GM_ENOTFOUND,
				   "the text of '%s' was not recorded", id);
	return ret;
}

int gm_history_delete(struct gm_history *history, const char *app,
		      const char *id, struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };
	int ret = run(history, history->sql->delete_source, key, 2, NULL, NULL,
		      err);

	return ret < 0 ? ret
		       : run(history, history->sql->delete_row, key, 2, NULL,
			     NULL, err);
}

int gm_history_rename(struct gm_history *history, const char *app,
		      const char *from, const char *to, struct gm_error *err)
{
	struct gm_value params[] = { gm_value_text(to), gm_value_text(app),
				     gm_value_text(from) };
	int ret = run(history, history->sql->rename_row, params, 3, NULL, NULL,
		      err);

	return ret < 0 ? ret
		       : run(history, history->sql->rename_source, params, 3,
			     NULL, NULL, err);
}

static int look(struct gm_history *history, const char *sql, const char *app,
		const char *id, struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };
	int64_t found = 0;
	int ret = run(history, sql, key, 2, get_number, &found, err);

	return ret < 0 ? ret : (int)found;
}

int gm_history_has(struct gm_history *history, const char *app, const char *id,
		   struct gm_error *err)
{
	return look(history, history->sql->has, app, id, err);
}

int gm_history_is_done(struct gm_history *history, const char *app,
		       const char *id, struct gm_error *err)
{
	return look(history, history->sql->is_done, app, id, err);
}

int gm_history_hold(struct gm_history *history, const char *app, const char *id,
		    struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };
	int ret = run(history, history->sql->hold, key, 2, NULL, NULL, err);

	return ret < 0 ? ret : gm_history_has(history, app, id, err);
}

int gm_history_log(struct gm_history *history, const char *action,
		   const struct gm_history_row *row, const char *detail,
		   struct gm_error *err)
{
	char hex[GM_HASH_HEX + sizeof(TAG)];
	struct gm_value params[] = {
		moment(NULL),
		gm_value_text(row->app),
		gm_value_text(row->id),
		gm_value_text(action),
		gm_value_int(++history->logged),
		tagged(hex, row->checksum),
		gm_value_int(row->batch),
		gm_value_text(row->commit_id),
		gm_value_text(row->branch),
		gm_value_text(row->applied_by),
		gm_value_text(row->tool_version),
		gm_value_text(detail),
	};

	return insert(history, &history->sql->log, params,
		      GM_ARRAY_SIZE(params), err);
}

struct gm_history_row *gm_history_row_new(void)
{
	return gm_calloc(1, sizeof(struct gm_history_row));
}

void gm_history_row_free(struct gm_history_row *row)
{
	if (!row)
		return;
	free(row->app);
	free(row->id);
	free(row->parents);
	free(row->owner);
	free(row->blob);
	free(row->commit_id);
	free(row->branch);
	free(row->applied_at);
	free(row->applied_by);
	free(row->tool_version);
	free(row->error);
	free(row);
}
