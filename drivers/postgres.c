/*
 * PostgreSQL. The server rolls back DDL like everything else, so that each
 * migration is one transaction; what can't be in one runs as it stands.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "postgres.h"
#include "sql/lexer.h"
#include "sql/split.h"

/* How long a lost session may take to come to its end, and the server to
 * its beginning. */
#define RECONNECT_MS 15000
#define RECONNECT_PAUSE_MS 200

#define NUL_BYTE "the statement holds a NUL byte"

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

int gm_postgres_tell_all(struct gm_postgres *pg, const char *const *sql,
			 struct gm_error *err)
{
	struct gm_strbuf all = { 0 };
	int ret;

	if (gm_postgres_is_queueing(pg)) {
		gm_postgres_put_all(pg, sql);
		return 0;
	}
	for (; *sql; sql++)
		gm_strbuf_addf(&all, "%s;", *sql);
	ret = gm_postgres_tell(pg, gm_strbuf_str(&all), err);
	gm_strbuf_release(&all);
	return ret;
}

static void on_notice(void *context, const char *severity, const char *message)
{
	struct gm_postgres *pg = context;
	char *text = gm_format("%s: %s", severity, message);

	pg->notice(pg->notice_context, text);
	free(text);
}

void gm_postgres_listen(struct gm_postgres *pg, bool on)
{
	gm_pq_set_notice(pg->pq, on && pg->notice ? on_notice : NULL, pg);
}

static void close_postgres(struct gm_db *db)
{
	struct gm_postgres *pg = postgres(db);

	if (!pg)
		return;
	gm_postgres_queue_switch(db, false);
	/* The server sees a session's end only some time after it. */
	gm_postgres_unlock(db);
	gm_postgres_stop_watching(pg);
	gm_pq_close(pg->teller);
	gm_pq_close(pg->writer);
	gm_pq_close(pg->pq);
	gm_postgres_queue_free(pg->queue);
	free(pg->schema);
	free(pg->search_path);
	free(pg->owner);
	free(pg->self);
	free(pg->set_lock_timeout);
	free(pg->settle);
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
	pg->queue = gm_postgres_queue_new();
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
	int64_t mark = pg->mark;
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
			ret = gm_postgres_is_gone(pg, owner, mark, err);
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
	const char *const sql[] = { "BEGIN", pg->settle, NULL };
	int ret = gm_postgres_tell_all(pg, sql, err);

	pg->is_ours = !ret;
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
	int ret;

	pg->is_ours = false;
	if (gm_postgres_is_queueing(pg)) {
		gm_postgres_put(pg, GM_POSTGRES_COMMIT, &statement, NULL, 0,
				false);
		return 0;
	}
	ret = gm_pq_run(pg->pq, &statement, tag, err);
	/* A transaction in which something failed ends in this way. */
	if (!ret && !strcmp(tag, "ROLLBACK"))
		ret = gm_error_set(err, GM_ESQL,
				   "the server rolled the transaction back");
	return ret;
}

static int rollback(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = postgres(db);
	enum gm_pq_transaction state;

	gm_postgres_queue_switch(db, false);
	pg->is_ours = pg->is_marked = false;
	state = gm_pq_transaction(pg->pq);
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
	return gm_statement_flags(&gm_dialect_postgres, text->sql, text->len) &
	       GM_STATEMENT_NO_TRANSACTION;
}

static int run_patiently(struct gm_postgres *pg,
			 const struct gm_pq_statement *statement, char *tag,
			 struct gm_error *err)
{
	int ret = gm_postgres_tell(pg, "SET lock_timeout = 0", err);

	if (ret < 0)
		return ret;
	ret = gm_pq_run(pg->pq, statement, tag, err);
	gm_postgres_tell(pg, pg->set_lock_timeout, NULL);
	return ret;
}

static void note_traces(struct gm_postgres *pg, const char *sql, size_t len)
{
	enum gm_postgres_traces traces;

	pg->is_used = true;
	if (pg->is_dirty && (pg->is_changed || pg->is_ours))
		return;
	traces = gm_postgres_traces(sql, len);
	pg->is_dirty |= traces > GM_POSTGRES_NO_TRACES;
	pg->is_changed |= traces == GM_POSTGRES_TRACES && !pg->is_ours;
}

static int run_text(struct gm_postgres *pg, struct gm_postgres_text *text,
		    gm_row_fn *row, void *context, struct gm_error *err)
{
	struct gm_pq_statement statement = {
		.row = row,
		.context = context,
		.data = text->data,
		.data_len = text->data_len,
		.on_error = gm_postgres_refusal,
		.error_context = text,
	};
	bool was_dirty = pg->is_dirty;
	char *sql;
	int ret;

	if (atomic_exchange(&pg->interrupted, false))
		return gm_error_set(err, GM_EINTERRUPTED, "interrupted");
	if (memchr(text->sql, '\0', text->len))
		return gm_error_set(err, GM_EINVALID, NUL_BYTE);
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
	note_traces(pg, text->sql, text->len);
	pg->is_half = !in_transaction(&pg->base) && gm_postgres_may_commit(sql);
	gm_postgres_listen(pg, true);
	if (!was_dirty && !pg->pooled && !in_transaction(&pg->base) &&
	    is_patient(text))
		ret = run_patiently(pg, &statement, NULL, err);
	else
		ret = gm_pq_run(pg->pq, &statement, NULL, err);
	gm_postgres_listen(pg, false);
	gm_postgres_stop_watching(pg);
	pg->is_marked = false;
	free(sql);
	/* What may have done something isn't to be tried again. */
	if (ret == GM_EBUSY && pg->is_half) {
		ret = GM_ESQL;
		if (err)
			err->code = ret;
	}
	return ret;
}

static bool stays_in_part(struct gm_db *db)
{
	return postgres(db)->is_half;
}

/* Sends it, without waiting for the answer. */
static void queue_text(struct gm_postgres *pg, const char *sql, size_t len)
{
	struct gm_pq_statement statement = { .sql = NULL };
	char *copy;

	if (atomic_exchange(&pg->interrupted, false)) {
		gm_postgres_put_failure(pg, sql, GM_EINTERRUPTED,
					"interrupted");
		return;
	}
	if (memchr(sql, '\0', len)) {
		gm_postgres_put_failure(pg, sql, GM_EINVALID, NUL_BYTE);
		return;
	}
	note_traces(pg, sql, len);
	copy = gm_strndup(sql, len);
	statement.sql = copy;
	gm_postgres_put(pg, GM_POSTGRES_USERS, &statement, sql, len, false);
	free(copy);
}

static int exec(struct gm_db *db, const char *sql, size_t len, gm_row_fn *row,
		void *context, struct gm_error *err)
{
	struct gm_postgres_text text = { postgres(db), sql, len, NULL, 0 };

	if (!gm_postgres_is_queueing(postgres(db)))
		return run_text(postgres(db), &text, row, context, err);
	queue_text(postgres(db), sql, len);
	return 0;
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
	struct gm_postgres *pg = postgres(db);
	char *numbered = number_placeholders(sql);
	struct gm_postgres_text text = { .pg = pg };
	struct gm_pq_statement statement = {
		.sql = numbered,
		.params = params,
		.n_params = n,
		.row = row,
		.context = context,
		.on_error = gm_postgres_refusal,
		.error_context = &text,
	};
	int ret = 0;

	if (gm_postgres_is_queueing(pg))
		gm_postgres_put(pg, GM_POSTGRES_OURS, &statement, sql, 0, true);
	else
		ret = gm_postgres_ask_ours(pg, &statement, err);
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

static int schemas_with(struct gm_db *db, const char *name, const char *column,
			gm_row_fn *row, void *context, struct gm_error *err)
{
	static const char sql[] =
		"SELECT quote_ident(n.nspname) FROM pg_class c"
		" JOIN pg_namespace n ON n.oid = c.relnamespace"
		" JOIN pg_attribute a ON a.attrelid = c.oid"
		" WHERE c.relname = lower($1) AND a.attname = $2"
		" AND c.relkind IN ('r', 'p') AND n.nspname !~ '^pg_'"
		" ORDER BY 1";
	struct gm_value params[] = { gm_value_text(name),
				     gm_value_text(column) };

	return gm_postgres_ask(postgres(db), sql, params, GM_ARRAY_SIZE(params),
			       row, context, err);
}

static int schema(struct gm_db *db, char **out, struct gm_error *err)
{
	(void)err;
	*out = gm_strdup_null(postgres(db)->schema);
	return 0;
}

static int after_migration(struct gm_db *db, struct gm_error *err)
{
	return gm_postgres_regain(postgres(db), err);
}

/* COPY wants the connection for itself. */
static bool can_queue(const char *sql, size_t len)
{
	struct gm_lexer lexer;
	struct gm_token token;

	gm_lexer_init(&lexer, &gm_dialect_postgres, sql, len);
	do
		gm_lexer_next(&lexer, &token);
	while (token.type == GM_TOKEN_SPACE || token.type == GM_TOKEN_COMMENT);
	return !gm_token_is(&lexer, &token, "COPY");
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
	.port = "5432",
	.flags = GM_DRIVER_TRANSACTIONAL_DDL,
	.text_type = "TEXT",
	.name_type = "VARCHAR(255) COLLATE \"C\"",
	.table_options = "",
	.serial_type = "BIGSERIAL PRIMARY KEY",
	.serial_next = "DEFAULT",
	.serial_last = "lastval()",
	.begin_text = "BEGIN;",
	.commit_text = "COMMIT;",
	.client = "psql -X -v ON_ERROR_STOP=1 -f SCRIPT DATABASE",
	.session_text = gm_postgres_session_text,
	.open = open_postgres,
	.close = close_postgres,
	.create_database = gm_postgres_create_database,
	.drop_database = gm_postgres_drop_database,
	.reconnect = reconnect_postgres,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.in_transaction = in_transaction,
	.queue = gm_postgres_queue_switch,
	.await = gm_postgres_await,
	.can_queue = can_queue,
	.stays_in_part = stays_in_part,
	.elapsed_text = "CAST(extract(epoch FROM clock_timestamp()"
			" - transaction_timestamp()) * 1000 AS integer)",
	.writes_apart = gm_postgres_writes_apart,
	.mark = gm_postgres_mark,
	.go_back = gm_postgres_go_back,
	.exec = exec,
	.exec_copy = exec_copy,
	.query = query,
	.has_table = has_table,
	.schema = schema,
	.schemas_with = schemas_with,
	.after_migration = after_migration,
	.clean_session = gm_postgres_clean,
	.clean_within = gm_postgres_clean,
	.try_lock = gm_postgres_try_lock,
	.unlock = gm_postgres_unlock,
	.owner = owner,
	.owner_is_alive = gm_postgres_owner_is_alive,
	.is_running = gm_postgres_is_running,
	.progress = gm_postgres_progress,
	.interrupt = interrupt,
};
