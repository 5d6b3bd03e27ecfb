/*
 * SQLite. The only file that knows the library: connections, statements,
 * errors, and the authorizer through which the driver sees what a statement
 * is about to do.
 */
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "sql/lexer.h"
#include "sqlite.h"

/* More columns than the tool's own queries have; verify reads one. */
#define MOST_COLUMNS 64

/* From one look at a lock to the next. */
#define BUSY_PAUSE_MS 2

/* A prepared statement of ours, known by the address of its text. */
struct prepared {
	const char *sql;
	sqlite3_stmt *statement;
};

struct sqlite {
	struct gm_db db;
	sqlite3 *connection;
	struct gm_sqlite_place place;
	struct gm_sqlite_lock lock;
	struct gm_sqlite_fk *fk;
	char *owner;
	int flags;
	int lock_timeout_ms;
	/* When the wait for another connection began. */
	int64_t wait_start;
	/* Told to end what runs; forgotten when the next one begins. */
	atomic_bool interrupted;
	struct prepared *prepared;
	size_t n_prepared;
	size_t prepared_cap;
	/* SQL of the user's is being prepared, or is running. */
	bool preparing;
	bool running;
	/* It changed the session: a PRAGMA, ATTACH, a temporary object. */
	bool used;
	/* Why the authorizer said no, or NULL. */
	const char *denied;
};

static struct sqlite *of(struct gm_db *db)
{
	return (struct sqlite *)(void *)db;
}

/* What went wrong on the connection, as a sentence. */
static int fail(struct sqlite *s, struct gm_error *err)
{
	int code = sqlite3_errcode(s->connection) & 0xff;
	int position = sqlite3_error_offset(s->connection);
	const char *text = sqlite3_errmsg(s->connection);
	const char *name = s->place.shown;

	switch (code) {
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		if (atomic_load(&s->interrupted))
			return gm_error_set(err, GM_EINTERRUPTED,
					    "interrupted");
		gm_error_set(err, GM_EBUSY,
			     "the database '%s' is locked by "
			     "another process",
			     name);
		return gm_error_hint(err, "end what is writing to it, and try "
					  "again");
	case SQLITE_INTERRUPT:
		return gm_error_set(err, GM_EINTERRUPTED, "interrupted");
	case SQLITE_FULL:
		gm_error_set(err, GM_ERROR,
			     "can't write to '%s': the disk "
			     "(or the quota) is full",
			     name);
		return gm_error_hint(err, "make room, and run it again");
	case SQLITE_READONLY:
		gm_error_set(err, GM_ERROR, "can't write to '%s': %s", name,
			     text);
		return gm_error_hint(err, "look at the permissions of the "
					  "file and of its directory");
	case SQLITE_IOERR:
		return gm_error_set(err, GM_ERROR,
				    "can't read or write '%s': "
				    "%s",
				    name, text);
	case SQLITE_CANTOPEN:
		gm_error_set(err, GM_ECONNECT, "can't open '%s': %s", name,
			     text);
		return gm_error_hint(err, "look at the permissions of the "
					  "file and of its directory");
	case SQLITE_NOTADB:
		return gm_error_set(err, GM_ECONNECT,
				    "'%s' is not an SQLite database", name);
	case SQLITE_CORRUPT:
		gm_error_set(err, GM_ERROR, "'%s' is damaged: %s", name, text);
		return gm_error_hint(err, "restore it from a backup, or see "
					  "what sqlite3's .recover can save");
	case SQLITE_AUTH:
		if (s->denied)
			return gm_error_set(err, GM_EREFUSED, "%s", s->denied);
		break;
	default:
		break;
	}
	gm_error_set(err, GM_ESQL, "%s", text);
	if (err && position >= 0)
		err->position = (size_t)position + 1;
	return GM_ESQL;
}

static int note_touch(struct sqlite *s, int action, const char *table)
{
	switch (action) {
	case SQLITE_INSERT:
		gm_sqlite_fk_note(s->fk, GM_SQLITE_INSERT, table);
		break;
	case SQLITE_UPDATE:
	case SQLITE_DELETE:
	case SQLITE_DROP_TABLE:
		gm_sqlite_fk_note(s->fk, GM_SQLITE_CHANGE, table);
		break;
	case SQLITE_ALTER_TABLE:
		gm_sqlite_fk_note(s->fk, GM_SQLITE_ALTER, table);
		break;
	case SQLITE_CREATE_TABLE:
		gm_sqlite_fk_note(s->fk, GM_SQLITE_CREATE, table);
		break;
	default:
		break;
	}
	return SQLITE_OK;
}

static int deny(struct sqlite *s, const char *why)
{
	s->denied = why;
	return SQLITE_DENY;
}

/* What SQL of the user's is about to do: SQLite asks for each action. */
static int authorize(void *context, int action, const char *a, const char *b,
		     const char *database, const char *trigger)
{
	struct sqlite *s = context;

	(void)trigger;
	if (!s->running)
		return SQLITE_OK;
	switch (action) {
	case SQLITE_ATTACH:
		if (!a || !gm_sqlite_may_reach(&s->place, a))
			return deny(s, "ATTACH and VACUUM INTO reach only "
				       "files below the work tree, or beside "
				       "the database");
		s->used = true;
		return SQLITE_OK;
	case SQLITE_FUNCTION:
		if (b && !sqlite3_stricmp(b, "load_extension"))
			return deny(s, "extensions are not loaded");
		return SQLITE_OK;
	case SQLITE_PRAGMA:
	case SQLITE_CREATE_TEMP_TABLE:
	case SQLITE_CREATE_TEMP_VIEW:
	case SQLITE_CREATE_TEMP_TRIGGER:
	case SQLITE_CREATE_TEMP_INDEX:
		s->used = true;
		return SQLITE_OK;
	case SQLITE_ALTER_TABLE:
		if (s->preparing && a && b && !strcmp(a, "main"))
			return note_touch(s, action, b);
		return SQLITE_OK;
	default:
		if (s->preparing && a && database && !strcmp(database, "main"))
			return note_touch(s, action, a);
		return SQLITE_OK;
	}
}

/*
 * SQLite's own waiting sleeps longer and longer, and beside a run that
 * commits without a pause it may find the database locked each time it
 * looks. So this one looks often. SQLite's also takes 0 for not at all, and
 * can't be interrupted.
 */
static int wait_for_lock(void *context, int times)
{
	struct sqlite *s = context;
	int64_t now = gm_time_ms();

	if (!times)
		s->wait_start = now;
	if (atomic_load(&s->interrupted) ||
	    (s->lock_timeout_ms && now - s->wait_start >= s->lock_timeout_ms))
		return 0;
	gm_time_sleep_ms(BUSY_PAUSE_MS);
	return 1;
}

/* Connects, unless that is done: a file that isn't there is made by the
 * first statement, so that whoever only asks for a table makes none. */
static int connect_file(struct sqlite *s, struct gm_error *err)
{
	int rc;

	if (s->connection)
		return 0;
	rc = sqlite3_open_v2(s->place.file, &s->connection, s->flags, NULL);

	if (!s->connection)
		return gm_error_set(err, GM_ECONNECT, "can't open '%s'",
				    s->place.shown);
	if (rc != SQLITE_OK)
		return fail(s, err);
	sqlite3_extended_result_codes(s->connection, 1);
	sqlite3_busy_handler(s->connection, wait_for_lock, s);
	sqlite3_db_config(s->connection, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION,
			  0, NULL);
	sqlite3_set_authorizer(s->connection, authorize, s);
	return 0;
}

static void disconnect_file(struct sqlite *s)
{
	size_t i;

	for (i = 0; i < s->n_prepared; i++)
		sqlite3_finalize(s->prepared[i].statement);
	s->n_prepared = 0;
	sqlite3_close_v2(s->connection);
	s->connection = NULL;
}

static void sqlite_close(struct gm_db *db)
{
	struct sqlite *s = db ? of(db) : NULL;

	if (!s)
		return;
	disconnect_file(s);
	gm_sqlite_lock_drop(&s->lock);
	gm_sqlite_fk_free(s->fk);
	gm_sqlite_place_release(&s->place);
	free(s->prepared);
	free(s->owner);
	free(s);
}

static char *name_owner(void)
{
	char host[64] = "";
	char now[GM_TIME_TEXT];
	const char *user = getenv("USER");

	gethostname(host, sizeof(host) - 1);
	gm_time_now(now);
	return gm_format("pid %ld, %s%s%s, since %s", (long)getpid(),
			 user ? user : "", user ? "@" : "", host, now);
}

static int sqlite_open(struct gm_db **out, const struct gm_url *url,
		       const struct gm_open_options *options,
		       struct gm_error *err)
{
	struct sqlite *s = gm_calloc(1, sizeof(*s));
	int ret;

	s->db.driver = &gm_driver_sqlite;
	s->lock.fd = -1;
	s->lock_timeout_ms = options->lock_timeout_ms;
	/* One thread has the connection; from another comes no more than an
	 * interrupt, which needs no mutex. A lock for each value that is read
	 * would cost more than the reading. */
	s->flags = SQLITE_OPEN_NOMUTEX |
		   (options->read_only
			    ? SQLITE_OPEN_READONLY
			    : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
	s->fk = gm_sqlite_fk_new(&s->db);
	s->owner = name_owner();
	ret = url->query ? gm_error_set(err, GM_EINVALID,
					"sqlite: URLs take no parameters, but "
					"this one has '?%s'",
					url->query)
			 : gm_sqlite_locate(&s->place, url, options, err);
	if (!ret && s->place.exists)
		ret = connect_file(s, err);
	if (ret < 0) {
		sqlite_close(&s->db);
		return ret;
	}
	*out = &s->db;
	return 0;
}

static struct gm_value column(sqlite3_stmt *statement, int i)
{
	switch (sqlite3_column_type(statement, i)) {
	case SQLITE_NULL:
		return gm_value_null();
	case SQLITE_INTEGER:
		return gm_value_int(sqlite3_column_int64(statement, i));
	default: {
		const char *text = (const char *)sqlite3_column_text(statement,
								     i);
		int len = sqlite3_column_bytes(statement, i);

		return gm_value_bytes(text ? text : "", (size_t)len);
	}
	}
}

/* Reads the whole result. */
static int step_all(struct sqlite *s, sqlite3_stmt *statement, gm_row_fn *row,
		    void *context, struct gm_error *err)
{
	struct gm_value values[MOST_COLUMNS];
	int n = sqlite3_column_count(statement);
	int rc;
	int i;

	if (n > MOST_COLUMNS)
		n = MOST_COLUMNS;
	while ((rc = sqlite3_step(statement)) == SQLITE_ROW) {
		int ret;

		if (!row)
			continue;
		for (i = 0; i < n; i++)
			values[i] = column(statement, i);
		ret = row(context, values, (size_t)n);
		if (ret < 0)
			return ret;
	}
	return rc == SQLITE_DONE ? 0 : fail(s, err);
}

/* What follows the first statement must be nothing. */
static bool is_blank(const char *text, size_t len)
{
	struct gm_lexer lexer;
	struct gm_token token;

	gm_lexer_init(&lexer, &gm_dialect_sqlite, text, len);
	do
		gm_lexer_next(&lexer, &token);
	while (token.type == GM_TOKEN_SPACE || token.type == GM_TOKEN_COMMENT ||
	       token.type == GM_TOKEN_SEMICOLON);
	return token.type == GM_TOKEN_END;
}

static int prepare(struct sqlite *s, const char *sql, size_t len,
		   sqlite3_stmt **out, struct gm_error *err)
{
	const char *tail = NULL;
	int rc;

	if (len > INT32_MAX - 1)
		return gm_error_set(err, GM_EINVALID,
				    "the statement is longer than SQLite "
				    "takes");
	if (memchr(sql, '\0', len))
		return gm_error_set(err, GM_EINVALID,
				    "there is a NUL byte in the statement");
	rc = connect_file(s, err);
	if (rc < 0)
		return rc;
	s->denied = NULL;
	atomic_store(&s->interrupted, false);
	s->running = true;
	s->preparing = true;
	rc = sqlite3_prepare_v2(s->connection, sql, (int)len, out, &tail);
	s->preparing = false;
	s->running = false;
	if (rc != SQLITE_OK)
		return fail(s, err);
	if (tail && !is_blank(tail, len - (size_t)(tail - sql)))
		return gm_error_set(err, GM_EINVALID,
				    "more than one statement");
	return 0;
}

static int sqlite_exec(struct gm_db *db, const char *sql, size_t len,
		       gm_row_fn *row, void *context, struct gm_error *err)
{
	struct sqlite *s = of(db);
	sqlite3_stmt *statement = NULL;
	int ret = prepare(s, sql, len, &statement, err);

	if (!ret)
		ret = gm_sqlite_fk_before(s->fk, err);
	if (!ret && statement) {
		s->running = true;
		ret = step_all(s, statement, row, context, err);
		s->running = false;
	}
	sqlite3_finalize(statement);
	return ret;
}

static int find_prepared(struct sqlite *s, const char *sql, sqlite3_stmt **out,
			 struct gm_error *err)
{
	struct prepared *p;
	size_t i;
	int ret = connect_file(s, err);

	if (ret < 0)
		return ret;
	atomic_store(&s->interrupted, false);
	for (i = 0; i < s->n_prepared; i++)
		if (s->prepared[i].sql == sql) {
			*out = s->prepared[i].statement;
			return 0;
		}
	if (sqlite3_prepare_v3(s->connection, sql, -1,
			       SQLITE_PREPARE_PERSISTENT, out,
			       NULL) != SQLITE_OK)
		return fail(s, err);
	GM_GROW(s->prepared, s->n_prepared, s->prepared_cap);
	p = &s->prepared[s->n_prepared++];
	p->sql = sql;
	p->statement = *out;
	return 0;
}

static int sqlite_query(struct gm_db *db, const char *sql,
			const struct gm_value *params, size_t n, gm_row_fn *row,
			void *context, struct gm_error *err)
{
	struct sqlite *s = of(db);
	sqlite3_stmt *statement;
	size_t i;
	int ret = find_prepared(s, sql, &statement, err);

	if (ret < 0)
		return ret;
	for (i = 0; i < n; i++) {
		const struct gm_value *v = &params[i];

		if (v->type == GM_VALUE_NULL)
			sqlite3_bind_null(statement, (int)i + 1);
		else if (v->type == GM_VALUE_INT)
			sqlite3_bind_int64(statement, (int)i + 1, v->number);
		else
			sqlite3_bind_text64(statement, (int)i + 1, v->text,
					    v->len, SQLITE_STATIC, SQLITE_UTF8);
	}
	ret = step_all(s, statement, row, context, err);
	sqlite3_reset(statement);
	sqlite3_clear_bindings(statement);
	return ret;
}

static int sqlite_begin(struct gm_db *db, struct gm_error *err)
{
	return sqlite_query(db, "BEGIN IMMEDIATE", NULL, 0, NULL, NULL, err);
}

static int sqlite_commit(struct gm_db *db, struct gm_error *err)
{
	return sqlite_query(db, "COMMIT", NULL, 0, NULL, NULL, err);
}

static bool sqlite_in_transaction(struct gm_db *db)
{
	struct sqlite *s = of(db);

	return s->connection && !sqlite3_get_autocommit(s->connection);
}

static int sqlite_rollback(struct gm_db *db, struct gm_error *err)
{
	if (!sqlite_in_transaction(db))
		return 0;
	return sqlite_query(db, "ROLLBACK", NULL, 0, NULL, NULL, err);
}

static int found_one(void *context, const struct gm_value *columns, size_t n)
{
	(void)columns;
	(void)n;
	*(bool *)context = true;
	return 0;
}

static int sqlite_has_table(struct gm_db *db, const char *name,
			    struct gm_error *err)
{
	const char *dot = strchr(name, '.');
	struct gm_value params[] = { dot ? gm_value_bytes(name,
							  (size_t)(dot - name))
					 : gm_value_text("main"),
				     gm_value_text(dot ? dot + 1 : name) };
	bool found = false;
	int ret;

	if (!of(db)->connection && !gm_sqlite_exists(&of(db)->place))
		return 0;
	ret = sqlite_query(db,
			   "SELECT 1 FROM pragma_table_list"
			   " WHERE schema = ? COLLATE NOCASE"
			   " AND name = ? COLLATE NOCASE AND type = 'table'",
			   params, 2, found_one, &found, err);
	return ret < 0 ? ret : found;
}

static int sqlite_before_migration(struct gm_db *db, struct gm_error *err)
{
	gm_sqlite_fk_reset(of(db)->fk);
	return sqlite_query(db, "PRAGMA foreign_keys = OFF", NULL, 0, NULL,
			    NULL, err);
}

static int sqlite_after_migration(struct gm_db *db, struct gm_error *err)
{
	return gm_sqlite_fk_finish(of(db)->fk, err);
}

/* A new connection is the one session that is certainly clean. The lock is
 * on a file of its own, and stays. */
static int sqlite_clean_session(struct gm_db *db, struct gm_error *err)
{
	struct sqlite *s = of(db);

	gm_sqlite_fk_reset(s->fk);
	if (!s->used)
		return 0;
	s->used = false;
	disconnect_file(s);
	return connect_file(s, err);
}

static int sqlite_try_lock(struct gm_db *db, const char *name, char **holder,
			   struct gm_error *err)
{
	struct sqlite *s = of(db);

	if (s->lock.fd >= 0)
		return 1;
	return gm_sqlite_lock_try(&s->lock, &s->place, name, s->owner, holder,
				  err);
}

static void sqlite_unlock(struct gm_db *db)
{
	gm_sqlite_lock_drop(&of(db)->lock);
}

static int sqlite_owner(struct gm_db *db, char **out, struct gm_error *err)
{
	(void)err;
	*out = gm_strdup(of(db)->owner);
	return 0;
}

static int sqlite_owner_is_alive(struct gm_db *db, const char *owner,
				 const char *lock_name, struct gm_error *err)
{
	struct sqlite *s = of(db);

	return gm_sqlite_lock_held_by(&s->lock, &s->place, lock_name, owner,
				      err);
}

static void sqlite_interrupt_statement(struct gm_db *db)
{
	struct sqlite *s = of(db);

	atomic_store(&s->interrupted, true);
	if (s->connection)
		sqlite3_interrupt(s->connection);
}

static const char *const schemes[] = { "sqlite", NULL };

const struct gm_driver gm_driver_sqlite = {
	.name = "sqlite",
	.schemes = schemes,
	.dialect = &gm_dialect_sqlite,
	.flags = GM_DRIVER_TRANSACTIONAL_DDL | GM_DRIVER_FILE,
	.text_type = "TEXT",
	.name_type = "TEXT",
	.table_options = "",
	.begin_text = "BEGIN IMMEDIATE;",
	.commit_text = "COMMIT;",
	.client = "sqlite3 -bail FILE",
	.open = sqlite_open,
	.close = sqlite_close,
	.begin = sqlite_begin,
	.commit = sqlite_commit,
	.rollback = sqlite_rollback,
	.in_transaction = sqlite_in_transaction,
	.exec = sqlite_exec,
	.query = sqlite_query,
	.has_table = sqlite_has_table,
	.before_migration = sqlite_before_migration,
	.after_migration = sqlite_after_migration,
	.clean_session = sqlite_clean_session,
	.try_lock = sqlite_try_lock,
	.unlock = sqlite_unlock,
	.owner = sqlite_owner,
	.owner_is_alive = sqlite_owner_is_alive,
	.interrupt = sqlite_interrupt_statement,
};
