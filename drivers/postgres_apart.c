/*
 * Our rows while a migration outside our transactions is at work. What its
 * statements have made of the session, a role that a trigger took on for
 * instance, must not reach them: each goes with a look at the session, and
 * where that is another one than it was, through a session of their own.
 */
#include <stdio.h>

#include "base/alloc.h"
#include "postgres.h"

/* How long our rows wait apart for a lock where the user's statements wait as
 * long as it takes, and how soon an interrupt ends that. */
#define WRITER_LOCK_MS 60000
#define WRITER_LOOK_MS 200

/* Whether the session is as it was, where $1 is pg->self. */
#define IS_SELF GM_POSTGRES_SELF " OPERATOR(pg_catalog.=) $1"

/* Runs the statements in one go: those behind one that fails don't happen,
 * nor those before it. */
static int ask_all(struct gm_postgres *pg,
		   const struct gm_pq_statement *statements, size_t n,
		   struct gm_error *err)
{
	/* A connection that is lost is told by the last result, too. */
	struct gm_pq_statement end = {
		.on_error = statements[n - 1].on_error,
		.error_context = statements[n - 1].error_context,
	};
	bool piped = gm_pq_pipeline(pg->pq, true);
	bool sent = true;
	int ret = 0;
	int one;
	size_t i;

	for (i = 0; piped && sent && i < n; i++)
		sent = gm_pq_put(pg->pq, &statements[i], NULL);
	sent = sent && piped && gm_pq_put_sync(pg->pq);
	while (sent && (one = gm_pq_write(pg->pq)) != 0)
		sent = one > 0;
	for (i = 0; i < n && (sent || !piped); i++) {
		struct gm_error *told = ret ? NULL : err;

		if (piped)
			one = gm_pq_take(pg->pq, &statements[i], true, NULL,
					 told);
		else
			one = ret ? 0
				  : gm_pq_run(pg->pq, &statements[i], NULL,
					      told);
		ret = !ret && one < 0 ? one : ret;
	}
	if (sent && piped)
		gm_pq_take(pg->pq, &end, true, NULL, NULL);
	if (piped)
		gm_pq_pipeline(pg->pq, false);
	return sent || ret ? ret
			   : gm_error_set(err, GM_ECONNECT,
					  "the connection to the database was "
					  "lost");
}

/* Fails with GM_ESQL, and nothing has happened, where the session is another
 * one than it was. */
static int ask_as_self(struct gm_postgres *pg,
		       const struct gm_pq_statement *statement,
		       struct gm_error *err)
{
	static const char look[] =
		"SELECT CAST(CASE WHEN " IS_SELF " THEN '1' ELSE"
		" 'a migration has changed its session' END AS integer)";
	struct gm_value self = gm_value_text(pg->self);
	struct gm_pq_statement all[] = {
		{ .sql = look,
		  .params = &self,
		  .n_params = 1,
		  .on_error = statement->on_error,
		  .error_context = statement->error_context },
		*statement,
	};

	return ask_all(pg, all, GM_ARRAY_SIZE(all), err);
}

/* Whatever holds a row of ours, nothing waits for it for ever. Behind a pooler
 * the session may be any, and no setting may stay in it. */
static int open_writer(struct gm_postgres *pg, struct gm_postgres *writer,
		       struct gm_error *err)
{
	char sql[64];

	if (pg->writer)
		return 0;
	pg->writer = gm_pq_open_beside(pg->pq);
	writer->pq = pg->writer;
	if (!writer->pq) {
		gm_error_set(err, GM_ECONNECT,
			     "the server has no second session for the "
			     "history, which a migration that changes its "
			     "session needs");
		return gm_error_hint(err, "look at the role's CONNECTION LIMIT "
					  "and the server's max_connections, "
					  "or leave the SET out");
	}
	snprintf(sql, sizeof(sql), "SET lock_timeout = %d",
		 pg->lock_timeout_ms ? pg->lock_timeout_ms : WRITER_LOCK_MS);
	return pg->pooled ? 0 : gm_postgres_tell(writer, sql, err);
}

/* The session that our rows go through apart from the user's. */
struct beside {
	struct gm_postgres writer;
	struct gm_postgres *pg;
};

/* Whoever interrupts knows of the user's session alone. */
static void heed_interrupt(void *context)
{
	struct beside *beside = context;

	if (!atomic_exchange(&beside->pg->interrupted, false))
		return;
	atomic_store(&beside->writer.interrupted, true);
	gm_pq_cancel(beside->writer.pq);
}

static int ask_writer(struct gm_postgres *pg,
		      const struct gm_pq_statement *statement,
		      struct gm_error *err)
{
	struct beside beside = {
		.writer = { .base = pg->base,
			    .pq = pg->writer,
			    .lock_timeout_ms = pg->lock_timeout_ms },
		.pg = pg,
	};
	struct gm_postgres_text text = { .pg = &beside.writer };
	const char *const before[] = { GM_POSTGRES_REGAIN, "RESET ALL" };
	struct gm_pq_statement all[GM_ARRAY_SIZE(before) + 1];
	size_t n = 0;
	size_t i;
	int ret = open_writer(pg, &beside.writer, err);

	if (ret < 0)
		return ret;
	for (; pg->pooled && n < GM_ARRAY_SIZE(before); n++)
		all[n] = (struct gm_pq_statement){ .sql = before[n] };
	all[n++] = *statement;
	for (i = 0; i < n; i++) {
		all[i].on_error = gm_postgres_refusal;
		all[i].error_context = &text;
		all[i].patience_ms = WRITER_LOOK_MS;
		all[i].on_patience = heed_interrupt;
		all[i].patience_context = &beside;
	}
	return ask_all(&beside.writer, all, n, err);
}

/* A writer that was idle for long may have been cut off meanwhile. What it
 * was told last can be told again, as long as the session of the migration is
 * there and the row is its: a row says the same twice. */
static int ask_apart(struct gm_postgres *pg,
		     const struct gm_pq_statement *statement,
		     struct gm_error *err)
{
	bool was_open = pg->writer;
	int ret = ask_writer(pg, statement, err);

	if (ret != GM_ECONNECT || !was_open || !gm_pq_is_connected(pg->pq))
		return ret;
	gm_pq_close(pg->writer);
	pg->writer = NULL;
	gm_error_release(err);
	return ask_writer(pg, statement, err);
}

static bool in_transaction(const struct gm_postgres *pg)
{
	return gm_pq_transaction(pg->pq) != GM_PQ_IDLE;
}

int gm_postgres_ask_ours(struct gm_postgres *pg,
			 const struct gm_pq_statement *statement,
			 struct gm_error *err)
{
	int ret;

	if (!pg->is_used || pg->is_ours)
		return gm_pq_run(pg->pq, statement, NULL, err);
	if (pg->is_marked)
		return ask_as_self(pg, statement, err);
	if (!pg->is_changed && !in_transaction(pg)) {
		ret = ask_as_self(pg, statement, err);
		if (ret != GM_ESQL)
			return ret;
		gm_error_release(err);
		pg->is_changed = true;
		pg->is_dirty = true;
	}
	return ask_apart(pg, statement, err);
}

/* What the migration locks in a transaction of its own must not be in our
 * way either, nor ours in its. */
bool gm_postgres_writes_apart(struct gm_db *db)
{
	const struct gm_postgres *pg = (const struct gm_postgres *)db;

	return !pg->is_ours && !pg->is_marked &&
	       (pg->is_changed || in_transaction(pg));
}

int gm_postgres_mark(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	int ret = gm_postgres_tell(pg, "SAVEPOINT git_migrate", err);

	pg->is_marked = !ret;
	return ret;
}

int gm_postgres_go_back(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;

	pg->is_marked = false;
	return gm_postgres_tell(pg, "ROLLBACK TO SAVEPOINT git_migrate", err);
}
