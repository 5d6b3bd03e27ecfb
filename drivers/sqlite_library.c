/*
 * The only file that knows SQLite's library: the connection, statements,
 * errors, and what SQLite asks about a statement while it is compiled.
 */
#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sqlite.h"
#include "sqlite_keys.h"
#include "sqlite_notes.h"

struct gm_sqlite_compiled {
	const char *sql;
	sqlite3_stmt *statement;
};

static const char *file_trouble(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
		return "the disk is full, or the database has reached its "
		       "max_page_count";
	case SQLITE_IOERR:
		return "reading or writing the file failed";
	case SQLITE_READONLY:
		return "the file or its directory can't be written";
	case SQLITE_CANTOPEN:
		return "the file, or one beside it, can't be opened";
	case SQLITE_NOTADB:
		return "the file is not an SQLite database, or it is encrypted";
	case SQLITE_CORRUPT:
		return "the file is damaged";
	default:
		return NULL;
	}
}

static const char *file_hint(int code)
{
	switch (code & 0xff) {
	case SQLITE_FULL:
	case SQLITE_IOERR:
		return "look for free space and quotas, and try again";
	case SQLITE_READONLY:
	case SQLITE_CANTOPEN:
		return "SQLite needs to write the file and to make others in "
		       "its directory";
	case SQLITE_CORRUPT:
		return "restore it from a backup, or see what sqlite3's "
		       "'.recover' can save";
	default:
		return NULL;
	}
}

static int locked(struct gm_sqlite *db, struct gm_error *err)
{
	char *holder = gm_sqlite_find_holder(&db->place);

	gm_error_set(err, GM_EBUSY,
		     "the database '%s' is locked by another process",
		     db->place.shown);
	if (holder)
		gm_error_hint(err, "it is %s", holder);
	free(holder);
	return GM_EBUSY;
}

/* The error of the last call on the connection. */
static int failed(struct gm_sqlite *db, struct gm_error *err)
{
	int code = sqlite3_extended_errcode(db->sql);
	int offset = sqlite3_error_offset(db->sql);
	const char *trouble = file_trouble(code);
	const char *hint = file_hint(code);

	if (db->refusal) {
		gm_error_set(err, GM_ESQL, "%s", db->refusal);
	} else if (atomic_load(&db->interrupted) ||
		   (code & 0xff) == SQLITE_INTERRUPT) {
		gm_error_set(err, GM_EINTERRUPTED, "interrupted");
		return GM_EINTERRUPTED;
	} else if ((code & 0xff) == SQLITE_BUSY) {
		return locked(db, err);
	} else if (trouble) {
		gm_error_set(err, GM_ESQL, "database '%s': %s (%s)",
			     db->place.shown, trouble, sqlite3_errmsg(db->sql));
	} else {
		gm_error_set(err, GM_ESQL, "%s", sqlite3_errmsg(db->sql));
	}
	if (hint && !db->refusal)
		gm_error_hint(err, "%s", hint);
	if (err && offset >= 0)
		err->position = (size_t)offset + 1;
	return GM_ESQL;
}

/* Called for every table, column and function that a statement names: the
 * common cases return at once. */
static int authorize(void *context, int action, const char *a, const char *b,
		     const char *schema, const char *trigger)
{
	struct gm_sqlite *db = context;

	(void)trigger;
	if (db->phase == GM_SQLITE_OURS)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_FUNCTION:
		return gm_sqlite_may_call(db, b) ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_ATTACH:
		return gm_sqlite_may_attach(db, a) ? SQLITE_OK : SQLITE_DENY;
	case SQLITE_INSERT:
		gm_sqlite_note_touch(db, GM_SQLITE_INSERT, a, schema);
		break;
	case SQLITE_DELETE:
	case SQLITE_UPDATE:
		gm_sqlite_note_touch(db, GM_SQLITE_CHANGE, a, schema);
		break;
	case SQLITE_DROP_TABLE:
		gm_sqlite_note_touch(db, GM_SQLITE_CHANGE, a, schema);
		gm_sqlite_note_effect(db, GM_SQLITE_DROPS, a, schema);
		break;
	case SQLITE_DROP_INDEX:
		/* It may be the one that makes a key unique. */
		gm_sqlite_note_touch(db, GM_SQLITE_CHANGE, b, schema);
		gm_sqlite_note_effect(db, GM_SQLITE_NO_TABLE, NULL, schema);
		break;
	case SQLITE_ALTER_TABLE:
		gm_sqlite_note_touch(db, GM_SQLITE_ALTER, b, a);
		gm_sqlite_note_effect(db, GM_SQLITE_ALTERS, b, a);
		break;
	case SQLITE_CREATE_TABLE:
		gm_sqlite_note_touch(db, GM_SQLITE_CREATE, a, schema);
		gm_sqlite_note_effect(db, GM_SQLITE_CREATES, a, schema);
		break;
	case SQLITE_PRAGMA:
		gm_sqlite_note_pragma(db, a, b);
		break;
	case SQLITE_CREATE_TEMP_INDEX:
	case SQLITE_CREATE_TEMP_TABLE:
	case SQLITE_CREATE_TEMP_TRIGGER:
	case SQLITE_CREATE_TEMP_VIEW:
		db->session_changed = true;
		break;
	case SQLITE_CREATE_INDEX:
	case SQLITE_CREATE_TRIGGER:
	case SQLITE_CREATE_VIEW:
	case SQLITE_DROP_TRIGGER:
	case SQLITE_DROP_VIEW:
		gm_sqlite_note_effect(db, GM_SQLITE_NO_TABLE, NULL, schema);
		break;
	case SQLITE_CREATE_VTABLE:
		/* CREATE VIRTUAL TABLE temp.x has no code of its own. */
		if (schema && !strcmp(schema, "temp"))
			db->session_changed = true;
		break;
	default:
		break;
	}
	return SQLITE_OK;
}

static int count_steps(void *context)
{
	struct gm_sqlite *db = context;

	atomic_fetch_add(&db->steps, 1);
	return 0;
}

void gm_sqlite_progress(struct gm_db *base, char **out)
{
	long steps = atomic_load(&gm_sqlite_of(base)->steps);

	*out = steps ? gm_format("%ld million steps", steps) : NULL;
}

static int open_file(struct gm_sqlite *db, const char *name, int flags,
		     struct gm_error *err)
{
	/* One thread has the connection; from another comes no more than an
	 * interrupt, which needs no mutex. A lock for each value that is read
	 * would cost more than the reading. */
	int code;
	int r = 0;

	/* Nobody asks how much memory SQLite has, and the count takes a lock
	 * with every piece. Where SQLite is in use already, it stays. */
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	code = sqlite3_open_v2(name, &db->sql, flags | SQLITE_OPEN_NOMUTEX,
			       NULL);
	if (!db->sql)
		return gm_error_set(err, GM_ECONNECT,
				    "can't open the database '%s': %s",
				    db->place.shown, sqlite3_errstr(code));
	sqlite3_extended_result_codes(db->sql, 1);
	/* Both would run code that is in no migration. */
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0,
			  (int *)NULL);
	sqlite3_db_config(db->sql, SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, 0,
			  (int *)NULL);
	if (!code)
		code = sqlite3_exec(db->sql, "PRAGMA foreign_keys = OFF", NULL,
				    NULL, NULL);
	/* The first look into the file: what is wrong with it shows here.
	 * Whoever has it locked is waited for when something is asked. */
	if (!code)
		code = sqlite3_exec(db->sql, "PRAGMA schema_version", NULL,
				    NULL, NULL);
	if ((code & 0xff) == SQLITE_BUSY)
		code = SQLITE_OK;
	sqlite3_busy_handler(db->sql, gm_sqlite_wait, db);
	sqlite3_progress_handler(db->sql, 1000000, count_steps, db);
	if (code) {
		r = failed(db, err);
		if (r == GM_ESQL)
			r = GM_ECONNECT;
		if (err)
			err->code = r;
		sqlite3_close(db->sql);
		db->sql = NULL;
	}
	return r;
}

/*
 * Opens for reading a file that SQLite can't just read: one whose last
 * writer was killed has to be mended first, and one in WAL mode wants a
 * file beside it, which it can do without where there is no log to read.
 */
static int open_hard(struct gm_sqlite *db, struct gm_error *err)
{
	char *log = gm_format("%s-wal", db->place.file);
	char *uri = NULL;
	int r = GM_ECONNECT;

	if (!access(db->place.file, W_OK) && !access(db->place.dir, W_OK)) {
		r = open_file(db, db->place.file, SQLITE_OPEN_READWRITE, err);
		if (!r)
			sqlite3_exec(db->sql, "PRAGMA query_only = ON", NULL,
				     NULL, NULL);
	} else if (access(log, F_OK) && errno == ENOENT) {
		uri = gm_sqlite_immutable_uri(db->place.file);
		r = open_file(db, uri, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI,
			      err);
	}
	free(uri);
	free(log);
	return r;
}

int gm_sqlite_connect(struct gm_sqlite *db, struct gm_error *err)
{
	int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
	struct gm_error first = { 0 };
	int r;

	if (db->sql)
		return 0;
	atomic_store(&db->interrupted, false);
	if (db->place.read_only)
		flags = SQLITE_OPEN_READONLY;
	r = open_file(db, db->place.file, flags, &first);
	if (r == GM_ECONNECT && db->place.read_only && !open_hard(db, NULL)) {
		r = 0;
		gm_error_release(&first);
	}
	if (r) {
		gm_error_release(err);
		if (err)
			*err = first;
		else
			gm_error_release(&first);
		return r;
	}
	db->place.exists = true;
	db->phase = GM_SQLITE_OURS;
	sqlite3_set_authorizer(db->sql, authorize, db);
	return 0;
}

void gm_sqlite_disconnect(struct gm_sqlite *db)
{
	sqlite3 *sql = db->sql;
	size_t i;

	for (i = 0; i < db->n_compiled; i++)
		sqlite3_finalize(db->compiled[i].statement);
	db->n_compiled = 0;
	/* A signal that interrupts must not find it half closed. */
	db->sql = NULL;
	sqlite3_close(sql);
}

/* Columns that are kept on the stack; more go to the heap. */
#define FEW_COLUMNS 16

static struct gm_value column(sqlite3_stmt *statement, int i)
{
	/* Looked up once: each of SQLite's functions would do it again. */
	sqlite3_value *value = sqlite3_column_value(statement, i);
	const void *bytes;

	switch (sqlite3_value_type(value)) {
	case SQLITE_NULL:
		return gm_value_null();
	case SQLITE_INTEGER:
		return gm_value_int(sqlite3_value_int64(value));
	case SQLITE_BLOB:
		bytes = sqlite3_value_blob(value);
		break;
	default:
		bytes = sqlite3_value_text(value);
		break;
	}
	return gm_value_bytes(bytes ? bytes : "",
			      (size_t)sqlite3_value_bytes(value));
}

/* Runs a compiled statement to its end, and leaves it as it is then. */
static int step_all(struct gm_sqlite *db, sqlite3_stmt *statement,
		    gm_row_fn *row, void *context, struct gm_error *err)
{
	struct gm_value few[FEW_COLUMNS];
	struct gm_value *columns = few;
	int r = 0;
	int code;

	while (!r && (code = sqlite3_step(statement)) == SQLITE_ROW) {
		/* Only now: a change of the schema may have changed it. */
		int n = sqlite3_column_count(statement);
		int i;

		if (!row)
			continue;
		if (n > FEW_COLUMNS && columns == few)
			columns = gm_calloc((size_t)n, sizeof(*columns));
		for (i = 0; i < n; i++)
			columns[i] = column(statement, i);
		r = row(context, columns, (size_t)n);
		if (r > 0)
			r = 0;
	}
	if (!r && code != SQLITE_DONE)
		r = failed(db, err);
	if (columns != few)
		free(columns);
	return r;
}

/* Compiles the one statement that is there; NULL where there is none. */
static int compile(struct gm_sqlite *db, sqlite3_stmt **out, const char *sql,
		   size_t len, struct gm_error *err)
{
	const char *tail = sql;
	const char *end = sql + len;
	sqlite3_stmt *next = NULL;

	*out = NULL;
	if (len > INT_MAX)
		return gm_error_set(err, GM_ESQL,
				    "the statement is longer than 2 GiB");
	if (sqlite3_prepare_v2(db->sql, sql, (int)len, out, &tail))
		return failed(db, err);
	if (sqlite3_bind_parameter_count(*out))
		return gm_error_set(
			err, GM_ESQL,
			"the statement has a parameter, and nothing is "
			"bound to it");
	/* What follows may be blanks, comments and semicolons: SQLite knows
	 * best. */
	db->phase = GM_SQLITE_OURS;
	while (tail < end) {
		const char *start = tail;
		int code = sqlite3_prepare_v2(db->sql, start,
					      (int)(end - start), &next, &tail);

		if (!code && !next && tail > start)
			continue;
		if (!code && !next)
			break;
		sqlite3_finalize(next);
		gm_error_set(err, GM_ESQL, "there is more than one statement");
		if (err)
			err->position = (size_t)(start - sql) + 1;
		return GM_ESQL;
	}
	return 0;
}

int gm_sqlite_exec(struct gm_db *base, const char *sql, size_t len,
		   gm_row_fn *row, void *context, struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);
	const char *nul = memchr(sql, '\0', len);
	sqlite3_stmt *statement = NULL;
	int r;

	if (nul) {
		gm_error_set(err, GM_ESQL, "the statement holds a NUL byte");
		if (err)
			err->position = (size_t)(nul - sql) + 1;
		return GM_ESQL;
	}
	r = gm_sqlite_connect(db, err);
	if (r)
		return r;
	atomic_store(&db->interrupted, false);
	gm_sqlite_refuse(db, NULL);
	atomic_store(&db->steps, 0);
	gm_sqlite_keys_begin(db->keys);
	db->phase = GM_SQLITE_COMPILE;
	r = compile(db, &statement, sql, len, err);
	db->phase = GM_SQLITE_OURS;
	if (!r && db->watching)
		r = gm_sqlite_fk_before(db->fk, sql, len, err);
	db->phase = GM_SQLITE_RUN;
	if (!r && statement)
		r = step_all(db, statement, row, context, err);
	db->phase = GM_SQLITE_OURS;
	sqlite3_finalize(statement);
	if (!r)
		r = gm_sqlite_keys_ran(db->keys, sql, len, err);
	if (!r && db->watching)
		r = gm_sqlite_fk_ran(db->fk, err);
	if (r)
		gm_sqlite_keys_forget(db->keys);
	return r;
}

int gm_sqlite_run(struct gm_db *base, const char *sql, gm_row_fn *row,
		  void *context, struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);
	sqlite3_stmt *statement;
	int r;

	if (sqlite3_prepare_v2(db->sql, sql, -1, &statement, NULL))
		return failed(db, err);
	r = step_all(db, statement, row, context, err);
	sqlite3_finalize(statement);
	return r;
}

bool gm_sqlite_knows_table(struct gm_db *base, const char *name)
{
	return !sqlite3_table_column_metadata(gm_sqlite_of(base)->sql, "main",
					      name, NULL, NULL, NULL, NULL,
					      NULL, NULL);
}

/* The compiled form of a statement of ours, made once. */
static int find_cached(struct gm_sqlite *db, sqlite3_stmt **out,
		       const char *sql, struct gm_error *err)
{
	size_t i;

	for (i = 0; i < db->n_compiled; i++) {
		if (db->compiled[i].sql == sql) {
			*out = db->compiled[i].statement;
			return 0;
		}
	}
	if (sqlite3_prepare_v3(db->sql, sql, -1, SQLITE_PREPARE_PERSISTENT, out,
			       NULL))
		return failed(db, err);
	GM_GROW(db->compiled, db->n_compiled, db->cap_compiled);
	db->compiled[db->n_compiled].sql = sql;
	db->compiled[db->n_compiled++].statement = *out;
	return 0;
}

int gm_sqlite_schema_number(struct gm_db *base, int64_t *out,
			    struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);
	sqlite3_stmt *statement;
	int r = find_cached(db, &statement, "PRAGMA main.schema_version", err);

	if (r)
		return r;
	if (sqlite3_step(statement) == SQLITE_ROW)
		*out = sqlite3_column_int64(statement, 0);
	else
		r = failed(db, err);
	sqlite3_reset(statement);
	return r;
}

int gm_sqlite_query(struct gm_db *base, const char *sql,
		    const struct gm_value *params, size_t n, gm_row_fn *row,
		    void *context, struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);
	sqlite3_stmt *statement;
	int code = SQLITE_OK;
	size_t i;
	int r;

	r = gm_sqlite_connect(db, err);
	if (r)
		return r;
	atomic_store(&db->interrupted, false);
	gm_sqlite_refuse(db, NULL);
	r = find_cached(db, &statement, sql, err);
	if (r)
		return r;
	for (i = 0; i < n && !code; i++) {
		int at = (int)i + 1;

		if (params[i].type == GM_VALUE_NULL)
			code = sqlite3_bind_null(statement, at);
		else if (params[i].type == GM_VALUE_INT)
			code = sqlite3_bind_int64(statement, at,
						  params[i].number);
		else
			code = sqlite3_bind_text64(statement, at,
						   params[i].text,
						   params[i].len, SQLITE_STATIC,
						   SQLITE_UTF8);
	}
	r = code ? failed(db, err) : step_all(db, statement, row, context, err);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return r;
}

bool gm_sqlite_in_transaction(struct gm_db *base)
{
	struct gm_sqlite *db = gm_sqlite_of(base);

	return db->sql && !sqlite3_get_autocommit(db->sql);
}

void gm_sqlite_interrupt(struct gm_db *base)
{
	struct gm_sqlite *db = gm_sqlite_of(base);

	atomic_store(&db->interrupted, true);
	if (db->sql)
		sqlite3_interrupt(db->sql);
}
