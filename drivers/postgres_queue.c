/*
 * Statements that are sent ahead of their answers, through libpq's pipeline.
 * Every transaction's commit is followed by a request to answer, and the
 * point where the server goes on after an error stands behind the last one
 * alone: so nothing runs behind a statement that failed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "postgres.h"

/* What has gathered to be written before it is written unasked. */
#define WRITE_BYTES ((size_t)32 * 1024)

/* A statement of ours that is kept prepared. */
struct prepared {
	/* Known by its address; NULL: not there any more. */
	const char *sql;
	char name[24];
	bool is_sure;
};

enum kind {
	OURS = GM_POSTGRES_OURS,
	USERS = GM_POSTGRES_USERS,
	COMMIT = GM_POSTGRES_COMMIT,
	PREPARE,
	SYNC,
	/* Was never sent: `failure` says why. */
	FAILURE
};

struct item {
	enum kind kind;
	/* What `await` calls it; NULL: nothing. */
	const char *known_as;
	size_t len;
	/* PREPARE: of which. */
	size_t prepared;
};

struct gm_postgres_queue {
	bool on;
	/* From `next` on they aren't answered yet. */
	struct item *v;
	size_t next;
	size_t n;
	size_t cap;
	/* COMMITs that aren't answered, and those that are and not told. */
	size_t open_commits;
	size_t done_commits;
	/* The last item is a COMMIT, and nobody has asked for its answer. */
	bool ends_in_commit;
	size_t unwritten;
	/* Nothing more is sent: FAILURE is the last item. */
	bool is_closed;
	struct gm_error failure;
	/* Something failed: what, and how. */
	bool is_broken;
	const char *failed;
	struct gm_error err;
	struct prepared *prepared;
	size_t n_prepared;
	size_t prepared_cap;
};

struct gm_postgres_queue *gm_postgres_queue_new(void)
{
	return gm_calloc(1, sizeof(struct gm_postgres_queue));
}

/* Empty, and as it was made but for what is prepared. */
static void clear(struct gm_postgres_queue *q)
{
	gm_error_release(&q->err);
	gm_error_release(&q->failure);
	q->next = 0;
	q->n = 0;
	q->open_commits = 0;
	q->done_commits = 0;
	q->ends_in_commit = false;
	q->unwritten = 0;
	q->is_closed = false;
	q->is_broken = false;
	q->failed = NULL;
}

void gm_postgres_queue_forget(struct gm_postgres_queue *q)
{
	clear(q);
	q->on = false;
	q->n_prepared = 0;
}

void gm_postgres_queue_free(struct gm_postgres_queue *q)
{
	if (!q)
		return;
	gm_postgres_queue_forget(q);
	free(q->v);
	free(q->prepared);
	free(q);
}

void gm_postgres_queue_unprepare(struct gm_postgres_queue *q)
{
	size_t i;

	q->n_prepared = 0;
	for (i = q->next; i < q->n; i++)
		if (q->v[i].kind == PREPARE)
			q->v[i].prepared = SIZE_MAX;
}

bool gm_postgres_is_queueing(const struct gm_postgres *pg)
{
	return pg->queue->on;
}

static struct item *add(struct gm_postgres_queue *q, enum kind kind,
			const char *known_as, size_t len)
{
	struct item *item;

	/* Seldom, and then nearly all of them. */
	if (q->next && q->next == q->n)
		q->next = q->n = 0;
	GM_GROW(q->v, q->n, q->cap);
	item = &q->v[q->n++];
	item->kind = kind;
	item->known_as = known_as;
	item->len = len;
	item->prepared = 0;
	q->ends_in_commit = kind == COMMIT;
	return item;
}

static void break_off(struct gm_postgres_queue *q, const char *failed)
{
	q->is_broken = true;
	q->failed = failed;
}

static void lose(struct gm_postgres *pg)
{
	if (!pg->queue->err.code)
		gm_error_set(&pg->queue->err, GM_ECONNECT,
			     "the connection to the database was lost");
	break_off(pg->queue, NULL);
}

/* The answer of the item is there: what it says. */
static void heed(struct gm_postgres *pg, const struct item *item, int ret,
		 const char *tag)
{
	struct gm_postgres_queue *q = pg->queue;

	if (ret == GM_PQ_ANSWERED && item->kind == COMMIT &&
	    !strcmp(tag, "ROLLBACK"))
		ret = gm_error_set(&q->err, GM_ESQL,
				   "the server rolled the transaction back");
	if (item->kind == COMMIT)
		q->open_commits--;
	if (ret < 0) {
		break_off(q, item->known_as);
		return;
	}
	if (item->kind == COMMIT)
		q->done_commits++;
	else if (ret == GM_PQ_ANSWERED && item->prepared < q->n_prepared &&
		 item->kind == PREPARE)
		q->prepared[item->prepared].is_sure = true;
}

/* Takes the next answer: false where it isn't there yet. */
static bool take(struct gm_postgres *pg, bool wait)
{
	struct gm_postgres_queue *q = pg->queue;
	struct item item = q->v[q->next];
	struct gm_postgres_text text = { .pg = pg };
	struct gm_pq_statement statement = {
		.on_error = gm_postgres_refusal,
		.error_context = &text,
	};
	char tag[GM_PQ_TAG];
	int ret;

	if (item.kind == FAILURE) {
		q->next++;
		q->err = q->failure;
		memset(&q->failure, 0, sizeof(q->failure));
		break_off(q, item.known_as);
		return true;
	}
	if (item.kind == USERS) {
		text.sql = item.known_as;
		text.len = item.len;
	}
	if (pg->lock_timeout_ms && !pg->pooled) {
		statement.patience_ms = pg->lock_timeout_ms / 2 + 1;
		statement.on_patience = gm_postgres_find_blocker;
		statement.patience_context = pg;
	}
	ret = gm_pq_take(pg->pq, &statement, wait, tag, &q->err);
	if (ret == GM_PQ_PENDING)
		return false;
	q->next++;
	heed(pg, &item, ret, tag);
	return true;
}

/* Writes all that was put, and takes the answers that come meanwhile, for
 * the server may not read on before somebody does. */
static void write_all(struct gm_postgres *pg)
{
	struct gm_postgres_queue *q = pg->queue;
	int left;

	q->unwritten = 0;
	do {
		left = gm_pq_write(pg->pq);
		while (left > 0 && q->next < q->n && !q->is_broken)
			if (!take(pg, false))
				break;
	} while (left > 0 && !q->is_broken);
	if (left < 0)
		lose(pg);
}

/* Before something follows a commit, or while one is awaited. */
static void ask_for_commit(struct gm_postgres *pg)
{
	struct gm_postgres_queue *q = pg->queue;

	if (q->ends_in_commit && !gm_pq_put_flush(pg->pq))
		lose(pg);
	q->ends_in_commit = false;
}

/* The name of the prepared statement, which may have to be prepared. */
static const char *prepare(struct gm_postgres *pg, const char *sql,
			   const char *text)
{
	struct gm_postgres_queue *q = pg->queue;
	struct prepared *new;
	size_t i;

	for (i = 0; i < q->n_prepared; i++)
		if (q->prepared[i].sql == sql)
			return q->prepared[i].name;
	GM_GROW(q->prepared, q->n_prepared, q->prepared_cap);
	new = &q->prepared[q->n_prepared++];
	new->sql = sql;
	new->is_sure = false;
	snprintf(new->name, sizeof(new->name), "git_migrate_%zu",
		 q->n_prepared);
	if (!gm_pq_put_prepare(pg->pq, new->name, text))
		lose(pg);
	add(q, PREPARE, sql, 0)->prepared = q->n_prepared - 1;
	return new->name;
}

void gm_postgres_put(struct gm_postgres *pg, enum gm_postgres_kind kind,
		     const struct gm_pq_statement *statement,
		     const char *known_as, size_t len, bool keep)
{
	struct gm_postgres_queue *q = pg->queue;
	const char *name = NULL;
	size_t i;

	if (q->is_broken || q->is_closed)
		return;
	ask_for_commit(pg);
	/* What a migration does to prepared statements, nobody knows. */
	if (keep && !pg->pooled && !pg->is_dirty)
		name = prepare(pg, known_as, statement->sql);
	if (!q->is_broken && !gm_pq_put(pg->pq, statement, name))
		lose(pg);
	if (q->is_broken)
		return;
	add(q, (enum kind)kind, known_as, len);
	q->open_commits += kind == GM_POSTGRES_COMMIT;
	q->unwritten += name ? 64 : strlen(statement->sql) + 64;
	for (i = 0; i < statement->n_params; i++)
		q->unwritten += statement->params[i].len;
	if (q->unwritten > WRITE_BYTES)
		write_all(pg);
}

void gm_postgres_put_all(struct gm_postgres *pg, const char *const *sql)
{
	for (; *sql; sql++) {
		struct gm_pq_statement statement = { .sql = *sql };

		gm_postgres_put(pg, GM_POSTGRES_OURS, &statement, *sql, 0,
				true);
	}
}

void gm_postgres_put_failure(struct gm_postgres *pg, const char *known_as,
			     enum gm_code code, const char *message)
{
	struct gm_postgres_queue *q = pg->queue;

	if (q->is_broken || q->is_closed)
		return;
	if (!gm_pq_put_flush(pg->pq))
		lose(pg);
	gm_error_set(&q->failure, code, "%s", message);
	add(q, FAILURE, known_as, 0);
	q->is_closed = true;
}

/* Brings the session back to where nothing is queued and no transaction is
 * open. */
static void wind_up(struct gm_postgres *pg)
{
	struct gm_postgres_queue *q = pg->queue;
	struct gm_error err = q->err;
	const char *failed = q->failed;
	bool was_broken = q->is_broken;
	size_t i;

	memset(&q->err, 0, sizeof(q->err));
	q->is_broken = false;
	if (gm_pq_is_connected(pg->pq) && gm_pq_put_sync(pg->pq)) {
		add(q, SYNC, NULL, 0);
		write_all(pg);
		while (q->next < q->n && gm_pq_is_connected(pg->pq)) {
			q->is_broken = false;
			take(pg, true);
		}
	}
	gm_pq_pipeline(pg->pq, false);
	gm_postgres_listen(pg, false);
	for (i = 0; i < q->n_prepared; i++)
		if (!q->prepared[i].is_sure)
			q->n_prepared = i;
	clear(q);
	q->on = false;
	q->err = err;
	q->failed = failed;
	q->is_broken = was_broken;
	if (gm_pq_transaction(pg->pq) != GM_PQ_IDLE &&
	    gm_pq_is_connected(pg->pq))
		gm_postgres_tell(pg, "ROLLBACK", NULL);
	pg->is_ours = false;
}

int gm_postgres_queue_switch(struct gm_db *db, bool on)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	struct gm_postgres_queue *q = pg->queue;

	if (on == q->on)
		return on;
	if (on) {
		q->on = gm_pq_pipeline(pg->pq, true);
		gm_postgres_listen(pg, q->on);
		return q->on;
	}
	if (q->next < q->n)
		wind_up(pg);
	gm_pq_pipeline(pg->pq, false);
	gm_postgres_listen(pg, false);
	clear(q);
	q->on = false;
	return 0;
}

int gm_postgres_await(struct gm_db *db, const char **failed,
		      struct gm_error *err)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	struct gm_postgres_queue *q = pg->queue;
	int ret;

	*failed = NULL;
	/* Nothing stands behind the last commit, so that an error may end
	 * there, and the answer comes along with the end. */
	if (!q->done_commits && !q->is_broken) {
		if (q->ends_in_commit && q->open_commits == 1) {
			if (!gm_pq_put_sync(pg->pq))
				lose(pg);
			else
				add(q, SYNC, NULL, 0);
		}
		ask_for_commit(pg);
		write_all(pg);
	}
	while (!q->done_commits && !q->is_broken && q->next < q->n)
		take(pg, true);
	/* The end that follows the last commit comes with it. */
	while (q->done_commits && q->next < q->n && q->v[q->next].kind == SYNC)
		take(pg, true);
	gm_postgres_stop_watching(pg);
	if (q->done_commits) {
		q->done_commits--;
		return 0;
	}
	pg->is_dirty = true;
	wind_up(pg);
	*failed = q->failed;
	ret = q->err.code;
	gm_error_release(err);
	if (err) {
		*err = q->err;
		memset(&q->err, 0, sizeof(q->err));
	}
	clear(q);
	return ret ? ret : GM_ERROR;
}
