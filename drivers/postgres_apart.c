/*
 * Our rows while a migration outside our transactions is at work. What its
 * statements have made of the session, a role that a trigger took on for
 * instance, must not reach them: each goes with a look at the session, and
 * where that is another one than it was, through a session of their own.
 */
#include "base/alloc.h"
#include "postgres.h"

/* Whether the session is as it was, where $1 is pg->self. */
#define IS_SELF GM_POSTGRES_SELF " OPERATOR(pg_catalog.=) $1"

/* Runs the statements in one go: those behind one that fails don't happen,
 * nor those before it. */
static int ask_all(struct gm_postgres *pg,
		   const struct gm_pq_statement *statements, size_t n,
		   struct gm_error *err)
{
	struct gm_pq_statement end = { .sql = NULL };
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

/* The session of our rows, opened where it isn't yet; false where the server
 * gives none. Behind a pooler it may be any. */
static bool open_writer(struct gm_postgres *pg)
{
	if (!pg->writer)
		pg->writer = gm_pq_open_beside(pg->pq);
	return pg->writer;
}

static int ask_apart(struct gm_postgres *pg,
		     const struct gm_pq_statement *statement,
		     struct gm_error *err)
{
	struct gm_postgres writer = { .base = pg->base, .pq = pg->writer };
	struct gm_postgres_text text = { .pg = &writer };
	const char *const before[] = { GM_POSTGRES_REGAIN, "RESET ALL" };
	struct gm_pq_statement all[GM_ARRAY_SIZE(before) + 1];
	size_t n = 0;

	for (; pg->pooled && n < GM_ARRAY_SIZE(before); n++)
		all[n] = (struct gm_pq_statement){ .sql = before[n] };
	all[n++] = *statement;
	while (n-- > 0) {
		all[n].on_error = gm_postgres_refusal;
		all[n].error_context = &text;
	}
	return ask_all(&writer, all, pg->pooled ? GM_ARRAY_SIZE(before) + 1 : 1,
		       err);
}

static bool in_transaction(const struct gm_postgres *pg)
{
	return gm_pq_transaction(pg->pq) != GM_PQ_IDLE;
}

int gm_postgres_ask_ours(struct gm_postgres *pg,
			 const struct gm_pq_statement *statement,
			 struct gm_error *err)
{
	int ret = 0;

	if (!pg->is_used || pg->is_ours ||
	    (in_transaction(pg) && (pg->is_row_inside || !pg->is_changed))) {
		pg->is_row_inside = in_transaction(pg);
		return gm_pq_run(pg->pq, statement, NULL, err);
	}
	if (!pg->is_changed) {
		ret = ask_as_self(pg, statement, err);
		if (ret != GM_ESQL)
			return ret;
		pg->is_changed = true;
		pg->is_dirty = true;
	}
	if (open_writer(pg)) {
		gm_error_release(err);
		return ask_apart(pg, statement, err);
	}
	if (ret)
		return ret;
	return gm_error_set(err, GM_ECONNECT,
			    "the server has no second session for the "
			    "history, which a migration that changes its "
			    "session needs");
}

static int get_truth(void *context, const struct gm_value *columns, size_t n)
{
	bool *truth = context;

	*truth = n && columns[0].type == GM_VALUE_TEXT &&
		 *columns[0].text == 't';
	return 0;
}

/* In a transaction of the migration's own a row that is refused would break
 * it, so the session is looked at first. */
bool gm_postgres_writes_apart(struct gm_db *db)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	struct gm_value self = gm_value_text(pg->self);
	bool is_self = true;

	if (pg->is_ours || (in_transaction(pg) && pg->is_row_inside))
		return false;
	if (!in_transaction(pg) || pg->is_changed || pg->is_looked_at)
		return pg->is_changed;
	gm_postgres_ask(pg, "SELECT " IS_SELF, &self, 1, get_truth, &is_self,
			NULL);
	pg->is_looked_at = true;
	pg->is_changed = !is_self;
	pg->is_dirty |= pg->is_changed;
	return pg->is_changed;
}
