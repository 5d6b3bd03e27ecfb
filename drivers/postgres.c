/*
 * PostgreSQL. The server rolls back DDL like everything else, so that each
 * migration is one transaction; what can't be in one runs as it stands.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "postgres.h"
#include "sql/split.h"

/* How long a lost session may take to come to its end, and the server to
 * its beginning. */
#define RECONNECT_MS 15000
#define RECONNECT_PAUSE_MS 200

static struct gm_postgres *postgres(struct gm_db *db)
{
	return (struct gm_postgres *)db;
}

/* `?` as $1, $2, … The caller frees it. */
static char *number_placeholders(const char *sql)
{
	struct gm_strbuf out = { 0 };
	size_t n = 0;

	for (; *sql; sql++)
		if (*sql == '?')
			gm_strbuf_addf(&out, "$%zu", ++n);
		else
			gm_strbuf_addc(&out, *sql);
	return gm_strbuf_take(&out);
}

int gm_postgres_ask(struct gm_postgres *pg, const char *sql,
		    const struct gm_value *params, size_t n, gm_row_fn *row,
		    void *context, struct gm_error *err)
{
	struct gm_postgres_text text = { .pg = pg };
	struct gm_pq_statement statement = {
		.sql = sql,
		.params = params,
		.n_params = n,
		.row = row,
		.context = context,
		.on_error = gm_postgres_refusal,
		.error_context = &text,
	};

	return gm_pq_run(pg->pq, &statement, NULL, err);
}

int gm_postgres_tell(struct gm_postgres *pg, const char *sql,
		     struct gm_error *err)
{
	struct gm_postgres_text text = { .pg = pg };
	struct gm_pq_statement statement = {
		.sql = sql,
		.several = true,
		.on_error = gm_postgres_refusal,
		.error_context = &text,
	};

	return gm_pq_run(pg->pq, &statement, NULL, err);
}

static void on_notice(void *context, const char *severity, const char *message)
{
	struct gm_postgres *pg = context;
	char *text = gm_format("%s: %s", severity, message);

	pg->notice(pg->notice_context, text);
	free(text);
}

static void close_postgres(struct gm_db *db)
{
	struct gm_postgres *pg = postgres(db);

	if (!pg)
		return;
	/* The server sees a session's end only some time after it. */
	gm_postgres_unlock(db);
	gm_pq_close(pg->pq);
	free(pg->schema);
	free(pg->owner);
	free(pg->blocker);
	free(pg);
}

static int open_postgres(struct gm_db **out, const struct gm_url *url,
			 const struct gm_open_options *options,
			 struct gm_error *err)
{
	struct gm_postgres *pg = gm_calloc(1, sizeof(*pg));
	int ret;

	*out = NULL;
	pg->base.driver = &gm_driver_postgres;
	pg->lock_timeout_ms = options->lock_timeout_ms;
	pg->notice = options->notice;
	pg->notice_context = options->notice_context;
	atomic_init(&pg->interrupted, false);
	ret = gm_postgres_connect(&pg->pq, url, err);
	if (!ret)
		ret = gm_postgres_prepare(pg, err);
	if (!ret)
		*out = &pg->base;
	else
		close_postgres(&pg->base);
	return ret;
}

/* From the old session's end on nothing of it can still happen. */
static int reconnect_postgres(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = postgres(db);
	char *schema = pg->schema;
	char *owner = pg->owner;
	int64_t end = gm_time_ms() + RECONNECT_MS;
	int ret;

	pg->schema = NULL;
	pg->owner = NULL;
	pg->locked = false;
	for (;;) {
		ret = GM_ECONNECT;
		if (gm_pq_is_connected(pg->pq) || gm_pq_reset(pg->pq))
			ret = pg->owner ? 0 : gm_postgres_prepare(pg, err);
		if (!ret)
			ret = gm_postgres_is_gone(pg, owner, err);
		if (ret > 0 || gm_time_ms() > end)
			break;
		gm_time_sleep_ms(RECONNECT_PAUSE_MS);
	}
	if (ret <= 0)
		ret = gm_error_set(err, GM_ECONNECT,
				   "the connection to the database was lost, "
				   "and there is no way back");
	free(pg->schema);
	pg->schema = schema;
	free(owner);
	return ret < 0 ? ret : 0;
}

static int begin(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = postgres(db);
	char *sql;
	int ret;

	if (!pg->pooled)
		return gm_postgres_tell(pg, "BEGIN", err);
	/* No session is ours that could keep the setting. */
	sql = gm_format("BEGIN; SET LOCAL lock_timeout = %d",
			pg->lock_timeout_ms);
	ret = gm_postgres_tell(pg, sql, err);
	free(sql);
	return ret;
}

static int commit(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = postgres(db);
	struct gm_postgres_text text = { .pg = pg };
	struct gm_pq_statement statement = {
		.sql = "COMMIT",
		.on_error = gm_postgres_refusal,
		.error_context = &text,
	};
	char tag[GM_PQ_TAG];
	int ret = gm_pq_run(pg->pq, &statement, tag, err);

	/* A transaction in which something failed ends in this way. */
	if (!ret && !strcmp(tag, "ROLLBACK"))
		ret = gm_error_set(err, GM_ESQL,
				   "the server rolled the transaction back");
	return ret;
}

static int rollback(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = postgres(db);
	enum gm_pq_transaction state = gm_pq_transaction(pg->pq);

	if (state == GM_PQ_IDLE || state == GM_PQ_LOST)
		return 0;
	return gm_postgres_tell(pg, "ROLLBACK", err);
}

static bool in_transaction(struct gm_db *db)
{
	enum gm_pq_transaction state = gm_pq_transaction(postgres(db)->pq);

	return state == GM_PQ_OPEN || state == GM_PQ_ABORTED;
}

/* What no transaction may hold is made for waiting, and bad to break off:
 * CREATE INDEX CONCURRENTLY leaves half an index then. */
static bool is_patient(const struct gm_postgres_text *text)
{
	struct gm_splitter splitter;
	struct gm_statement statement;

	gm_splitter_init(&splitter, &gm_dialect_postgres, text->sql, text->len);
	return gm_splitter_next(&splitter, &statement, NULL) > 0 &&
	       statement.flags & GM_STATEMENT_NO_TRANSACTION;
}

static int run_patiently(struct gm_postgres *pg,
			 const struct gm_pq_statement *statement, char *tag,
			 struct gm_error *err)
{
	char *back = gm_format("SET lock_timeout = %d", pg->lock_timeout_ms);
	int ret = gm_postgres_tell(pg, "SET lock_timeout = 0", err);

	if (!ret) {
		ret = gm_pq_run(pg->pq, statement, tag, err);
		gm_postgres_tell(pg, back, NULL);
	}
	free(back);
	return ret;
}

static int run_text(struct gm_postgres *pg, struct gm_postgres_text *text,
		    gm_row_fn *row, void *context, struct gm_error *err)
{
	char tag[GM_PQ_TAG];
	struct gm_pq_statement statement = {
		.row = row,
		.context = context,
		.data = text->data,
		.data_len = text->data_len,
		.on_error = gm_postgres_refusal,
		.error_context = text,
	};
	char *sql;
	int ret;

	if (atomic_exchange(&pg->interrupted, false))
		return gm_error_set(err, GM_EINTERRUPTED, "interrupted");
	if (memchr(text->sql, '\0', text->len))
		return gm_error_set(err, GM_EINVALID,
				    "the statement holds a NUL byte");
	/* Late enough that most need it never, and early enough to look at
	 * who is in the way. */
	if (pg->lock_timeout_ms && !pg->pooled) {
		statement.patience_ms = pg->lock_timeout_ms / 2 + 1;
		statement.on_patience = gm_postgres_find_blocker;
		statement.patience_context = pg;
	}
	free(pg->blocker);
	pg->blocker = NULL;
	sql = gm_strndup(text->sql, text->len);
	statement.sql = sql;
	gm_pq_set_notice(pg->pq, pg->notice ? on_notice : NULL, pg);
	if (!pg->was_set && !pg->pooled && !in_transaction(&pg->base) &&
	    is_patient(text))
		ret = run_patiently(pg, &statement, tag, err);
	else
		ret = gm_pq_run(pg->pq, &statement, tag, err);
	gm_pq_set_notice(pg->pq, NULL, NULL);
	free(sql);
	pg->was_set |= !strcmp(tag, "SET");
	return ret;
}

static int exec(struct gm_db *db, const char *sql, size_t len, gm_row_fn *row,
		void *context, struct gm_error *err)
{
	struct gm_postgres_text text = { postgres(db), sql, len, NULL, 0 };

	return run_text(postgres(db), &text, row, context, err);
}

static int exec_copy(struct gm_db *db, const char *sql, size_t len,
		     const char *data, size_t data_len, struct gm_error *err)
{
	struct gm_postgres_text text = { postgres(db), sql, len, data,
					 data_len };

	return run_text(postgres(db), &text, NULL, NULL, err);
}

static int query(struct gm_db *db, const char *sql,
		 const struct gm_value *params, size_t n, gm_row_fn *row,
		 void *context, struct gm_error *err)
{
	char *numbered = number_placeholders(sql);
	int ret = gm_postgres_ask(postgres(db), numbered, params, n, row,
				  context, err);

	free(numbered);
	return ret;
}

static int get_truth(void *context, const struct gm_value *columns, size_t n)
{
	int *truth = context;

	*truth = n && columns[0].type == GM_VALUE_TEXT &&
		 *columns[0].text == 't';
	return 0;
}

static int has_table(struct gm_db *db, const char *name, struct gm_error *err)
{
	static const char sql[] =
		"SELECT true FROM pg_class WHERE oid = to_regclass($1)"
		" AND relkind IN ('r', 'p')";
	struct gm_value param = gm_value_text(name);
	int found = 0;
	int ret = gm_postgres_ask(postgres(db), sql, &param, 1, get_truth,
				  &found, err);

	return ret < 0 ? ret : found;
}

static int schema(struct gm_db *db, char **out, struct gm_error *err)
{
	(void)err;
	*out = gm_strdup_null(postgres(db)->schema);
	return 0;
}

static int before_migration(struct gm_db *db, struct gm_error *err)
{
	(void)err;
	postgres(db)->was_set = false;
	return 0;
}

/* What follows is ours: it must not run as a role that the migration took
 * on. */
static int after_migration(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = postgres(db);

	if (!pg->was_set)
		return 0;
	return gm_postgres_tell(
		pg, "SET SESSION AUTHORIZATION DEFAULT; RESET ROLE", err);
}

static int owner(struct gm_db *db, char **out, struct gm_error *err)
{
	(void)err;
	*out = gm_strdup(postgres(db)->owner);
	return 0;
}

static void interrupt(struct gm_db *db)
{
	struct gm_postgres *pg = postgres(db);

	atomic_store(&pg->interrupted, true);
	gm_pq_cancel(pg->pq);
}

static const char *const schemes[] = { "postgres", "postgresql", NULL };

const struct gm_driver gm_driver_postgres = {
	.name = "postgres",
	.schemes = schemes,
	.dialect = &gm_dialect_postgres,
	.flags = GM_DRIVER_TRANSACTIONAL_DDL,
	.text_type = "TEXT",
	.name_type = "VARCHAR(255) COLLATE \"C\"",
	.table_options = "",
	.begin_text = "BEGIN;",
	.commit_text = "COMMIT;",
	.client = "psql -v ON_ERROR_STOP=1 -f",
	.open = open_postgres,
	.close = close_postgres,
	.create_database = gm_postgres_create_database,
	.drop_database = gm_postgres_drop_database,
	.reconnect = reconnect_postgres,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.in_transaction = in_transaction,
	.exec = exec,
	.exec_copy = exec_copy,
	.query = query,
	.has_table = has_table,
	.schema = schema,
	.before_migration = before_migration,
	.after_migration = after_migration,
	.clean_session = gm_postgres_clean,
	.try_lock = gm_postgres_try_lock,
	.unlock = gm_postgres_unlock,
	.owner = owner,
	.owner_is_alive = gm_postgres_owner_is_alive,
	.interrupt = interrupt,
};
