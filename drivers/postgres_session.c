/*
 * What belongs to a PostgreSQL session as a whole: who it is, the lock that
 * it holds, what a migration leaves behind in it, and who stands in its way.
 */
/* For strcasestr. */
#define _GNU_SOURCE

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/time.h"
#include "postgres.h"
#include "sql/lexer.h"

/* What follows an owner's process number is when it began. */
#define POOLED_OWNER "pooled "

static int set_self(void *context, const struct gm_value *columns, size_t n)
{
	struct gm_postgres *pg = context;
	char *start = gm_value_to_text(&columns[2]);

	(void)n;
	pg->process = gm_value_to_int(&columns[0]);
	pg->pooled = pg->process != gm_pq_process(pg->pq);
	free(pg->schema);
	pg->schema = gm_value_to_text(&columns[1]);
	free(pg->owner);
	pg->owner = pg->pooled ? gm_format(POOLED_OWNER "%ld", (long)getpid())
			       : gm_format("%lld %s", (long long)pg->process,
					   start ? start : "");
	free(pg->self);
	pg->self = gm_value_to_text(&columns[3]);
	free(start);
	return 0;
}

/* The server has to notice before long that we were killed, also in the
 * middle of a statement, so that our lock is free. */
#define CHECK_INTERVAL "2s"

/* Our splitter reads strings as the standard has them. */
#define SET_STRINGS "SET standard_conforming_strings = on"

/*
 * Asks who we are and sets the session's settings, in one go. Behind a
 * pooler, which tells another process than ours, nothing is set that would
 * stay: the session is anybody's.
 */
static int introduce(struct gm_postgres *pg, struct gm_error *err)
{
	static const char sql[] =
		"SELECT pg_backend_pid(), quote_ident(current_schema()),"
		" extract(epoch FROM backend_start), " GM_POSTGRES_SELF ","
		" CASE WHEN pg_backend_pid() = $1"
		" THEN set_config('lock_timeout', $2, false) END,"
		" CASE WHEN $3 <> ''"
		" THEN set_config('client_connection_check_interval', $3,"
		" pg_backend_pid() <> $1) END"
		" FROM pg_stat_get_activity(pg_backend_pid())";
	struct gm_value params[] = {
		gm_value_int(gm_pq_process(pg->pq)),
		gm_value_int(pg->lock_timeout_ms),
		gm_value_text(pg->can_check ? CHECK_INTERVAL : ""),
	};

	return gm_postgres_ask(pg, sql, params, GM_ARRAY_SIZE(params), set_self,
			       pg, err);
}

static int64_t key_of(const char *name)
{
	struct gm_hash *hash = gm_hash_new();
	char hex[GM_HASH_HEX];
	uint64_t bits;

	gm_hash_update(hash, "git-migrate ", 12);
	gm_hash_update(hash, name, strlen(name));
	gm_hash_final(hash, hex);
	gm_hash_free(hash);
	hex[16] = '\0';
	bits = strtoull(hex, NULL, 16);
	/* One bit less than there are, so that it needs no sign. */
	return (int64_t)(bits >> 1);
}

/* Behind a pooler no session keeps a setting for us, and none can be told to
 * be ours: each transaction brings its settings and a mark along. */
static void prepare_pooled(struct gm_postgres *pg)
{
	char host[256] = "";
	char now[GM_TIME_TEXT];
	char *name;

	free(pg->settle);
	pg->settle = NULL;
	if (!pg->pooled)
		return;
	gethostname(host, sizeof(host) - 1);
	gm_time_now(now);
	name = gm_format("%s %ld %s", host, (long)getpid(), now);
	pg->mark = key_of(name);
	free(name);
	pg->settle = gm_format(
		"SELECT set_config('lock_timeout', '%d', true),%s"
		" pg_advisory_xact_lock(%lld)",
		pg->lock_timeout_ms,
		pg->can_check ? " set_config('client_connection_check_interval'"
				", '" CHECK_INTERVAL "', true),"
			      : "",
		(long long)pg->mark);
}

int gm_postgres_prepare(struct gm_postgres *pg, struct gm_error *err)
{
	bool was_pooled = pg->pooled;
	const char *strings;
	int ret = GM_ESQL;

	gm_postgres_queue_forget(pg->queue);
	gm_pq_close(pg->writer);
	pg->writer = NULL;
	pg->is_used = false;
	pg->is_dirty = false;
	pg->is_changed = false;
	pg->is_ours = pg->is_marked = false;
	/* Older servers know nothing of the check, and some systems can't. */
	pg->can_check = gm_pq_server_version(pg->pq) >= 140000;
	if (pg->can_check)
		ret = introduce(pg, NULL);
	if (ret == GM_ESQL) {
		pg->can_check = false;
		ret = introduce(pg, err);
	} else if (ret < 0) {
		ret = introduce(pg, err);
	}
	if (ret < 0)
		return ret;
	prepare_pooled(pg);
	if (pg->pooled && !was_pooled && pg->notice)
		pg->notice(pg->notice_context,
			   "connected through a pooler, where no lock of a "
			   "session holds: each migration's row in the "
			   "history alone keeps two runs apart");
	free(pg->set_lock_timeout);
	pg->set_lock_timeout = gm_format("SET lock_timeout = %d",
					 pg->lock_timeout_ms);
	strings = gm_pq_parameter(pg->pq, "standard_conforming_strings");
	pg->has_other_strings = strings && !strcmp(strings, "off") &&
				!pg->pooled;
	return pg->has_other_strings ? gm_postgres_tell(pg, SET_STRINGS, err)
				     : 0;
}

/* All of DISCARD ALL, except for what it does to locks and to statements that
 * are prepared. */
#define CLEAN                                                                  \
	GM_POSTGRES_REGAIN, "RESET ALL", "CLOSE ALL", "UNLISTEN *",            \
		"DISCARD TEMP", "DISCARD SEQUENCES"
#define FORGET "DEALLOCATE ALL"

/*
 * No text shows what the triggers and functions do that a statement calls. So
 * the session is cleaned behind every migration; that travels with the next
 * one, and costs little. Only what is prepared stays, unless a text told of
 * it, for ours is among it.
 */
int gm_postgres_clean(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	const char *sql[16] = { CLEAN };
	size_t n = 0;
	int ret = 0;

	while (sql[n])
		n++;
	if (pg->is_dirty)
		sql[n++] = FORGET;
	if (pg->has_other_strings)
		sql[n++] = SET_STRINGS;
	if (!pg->pooled)
		sql[n++] = pg->set_lock_timeout;
	if (!pg->pooled && pg->can_check)
		sql[n++] = "SET client_connection_check_interval = "
			   "'" CHECK_INTERVAL "'";
	if (pg->is_dirty)
		gm_postgres_queue_unprepare(pg->queue);
	/* The rest of the transaction is ours as its beginning was. */
	if (pg->pooled && pg->is_ours)
		sql[n++] = pg->settle;
	if (pg->is_dirty || (pg->is_used && (pg->is_ours || !pg->pooled)))
		ret = gm_postgres_tell_all(pg, sql, err);
	/* There the end of the transaction has more to do. */
	pg->is_used = pg->is_used && (ret < 0 || (pg->pooled && pg->is_ours));
	pg->is_dirty = pg->is_dirty && ret < 0;
	pg->is_changed = pg->is_dirty;
	gm_pq_close(pg->writer);
	pg->writer = NULL;
	return ret;
}

static int get_text(void *context, const struct gm_value *columns, size_t n)
{
	char **text = context;

	if (n && !*text)
		*text = gm_value_to_text(&columns[0]);
	return 0;
}

/* As the connection is that a run makes, whoever runs the script. */
int gm_postgres_session_text(struct gm_db *db, bool own, struct gm_strbuf *out,
			     struct gm_error *err)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	int ret = 0;

	(void)own;
	if (!pg->search_path)
		ret = gm_postgres_ask(pg,
				      "SELECT current_setting('search_path')",
				      NULL, 0, get_text, &pg->search_path, err);
	if (ret < 0)
		return ret;
	gm_strbuf_addf(out,
		       "DISCARD ALL;\nSET client_encoding = 'UTF8';\n"
		       "%s;\nSET search_path = %s;\n\n",
		       SET_STRINGS, *pg->search_path ? pg->search_path : "''");
	return 0;
}

int gm_postgres_regain(struct gm_postgres *pg, struct gm_error *err)
{
	static const char *const role[] = { GM_POSTGRES_REGAIN, NULL };
	/* Behind a pooler the session is the next one's when the transaction
	 * has ended, and what waits for its end runs now. */
	static const char *const all[] = { "SET CONSTRAINTS ALL IMMEDIATE",
					   CLEAN, FORGET,
					   "SELECT pg_advisory_unlock_all()",
					   NULL };

	if (!pg->is_used && !pg->is_dirty)
		return 0;
	return gm_postgres_tell_all(pg, pg->pooled && pg->is_ours ? all : role,
				    err);
}

/* What a statement's first word tells. */
static enum gm_postgres_traces judge_first(const struct gm_lexer *lexer,
					   const struct gm_token *token)
{
	static const char *const harmless[] = {
		"CREATE",   "ALTER",   "DROP",	    "COMMENT", "INSERT",
		"UPDATE",   "DELETE",  "TRUNCATE",  "COPY",    "GRANT",
		"REVOKE",   "BEGIN",   "START",	    "COMMIT",  "END",
		"ROLLBACK", "ABORT",   "SAVEPOINT", "RELEASE", "VACUUM",
		"ANALYZE",  "REINDEX", "CLUSTER",   "REFRESH", NULL,
	};
	static const char *const reading[] = { "SELECT", "WITH",    "VALUES",
					       "TABLE",	 "EXPLAIN", "SHOW",
					       NULL };

	if (gm_token_in(lexer, token, harmless))
		return GM_POSTGRES_NO_TRACES;
	return gm_token_in(lexer, token, reading) ? GM_POSTGRES_FEW_TRACES
						  : GM_POSTGRES_TRACES;
}

/* What a word tells, wherever it stands. A quoted name may be that of a
 * function that sets something. */
static enum gm_postgres_traces judge_word(const struct gm_lexer *lexer,
					  const struct gm_token *token)
{
	static const char *const words[] = { "SET_CONFIG", "TEMP",
					     "TEMPORARY",  "PG_TEMP",
					     "EXECUTE",	   "ROLE",
					     NULL };

	if (token->type == GM_TOKEN_QUOTED)
		return lexer->text[token->start] != '"' ||
				       token->len == sizeof("'set_config'") - 1
			       ? GM_POSTGRES_TRACES
			       : GM_POSTGRES_NO_TRACES;
	if (gm_token_is(lexer, token, "SELECT"))
		return GM_POSTGRES_FEW_TRACES;
	return gm_token_in(lexer, token, words) ? GM_POSTGRES_TRACES
						: GM_POSTGRES_NO_TRACES;
}

enum gm_postgres_traces gm_postgres_traces(const char *sql, size_t len)
{
	enum gm_postgres_traces traces = GM_POSTGRES_NO_TRACES;
	enum gm_postgres_traces more;
	struct gm_lexer lexer;
	struct gm_token token;
	bool is_first = true;

	gm_lexer_init(&lexer, &gm_dialect_postgres, sql, len);
	while (traces < GM_POSTGRES_TRACES) {
		gm_lexer_next(&lexer, &token);
		if (token.type == GM_TOKEN_END)
			break;
		if (token.type != GM_TOKEN_WORD &&
		    token.type != GM_TOKEN_QUOTED)
			continue;
		more = is_first ? judge_first(&lexer, &token)
				: judge_word(&lexer, &token);
		is_first = false;
		traces = more > traces ? more : traces;
	}
	return traces;
}

bool gm_postgres_may_commit(const char *sql)
{
	struct gm_lexer lexer;
	struct gm_token token;

	gm_lexer_init(&lexer, &gm_dialect_postgres, sql, strlen(sql));
	gm_lexer_next_code(&lexer, &token);
	if (gm_token_is(&lexer, &token, "DO"))
		return strcasestr(sql, "commit") || strcasestr(sql, "call");
	return gm_token_is(&lexer, &token, "CALL");
}

static int get_truth(void *context, const struct gm_value *columns, size_t n)
{
	int *truth = context;

	*truth = n && columns[0].type == GM_VALUE_TEXT &&
		 *columns[0].text == 't';
	return 0;
}

/* Who has the lock, in words. */
static int find_holder(struct gm_postgres *pg, int64_t key, char **holder,
		       struct gm_error *err)
{
	static const char sql[] =
		"SELECT format('''%s'' (%sprocess %s%s), connected%s',"
		" a.usename, nullif(a.application_name, '') || ', ', a.pid,"
		" ' at ' || host(a.client_addr),"
		" to_char(a.backend_start AT TIME ZONE 'UTC',"
		" '\" since \"YYYY-MM-DD HH24:MI:SS\" UTC\"'))"
		" FROM pg_locks l JOIN pg_stat_activity a ON a.pid = l.pid"
		" WHERE l.locktype = 'advisory' AND l.granted"
		" AND l.objsubid = 1 AND l.classid::bigint = $1"
		" AND l.objid::bigint = $2 AND a.datname = current_database()"
		" AND l.database = a.datid";
	struct gm_value params[] = { gm_value_int(key >> 32),
				     gm_value_int(key & 0xffffffff) };

	return gm_postgres_ask(pg, sql, params, 2, get_text, holder, err);
}

int gm_postgres_try_lock(struct gm_db *db, const char *name, char **holder,
			 struct gm_error *err)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	int64_t key = key_of(name);
	struct gm_value param = gm_value_int(key);
	int got = 0;
	int ret;

	*holder = NULL;
	if (pg->pooled || (pg->locked && pg->lock_key == key))
		return 1;
	ret = gm_postgres_ask(pg, "SELECT pg_try_advisory_lock($1)", &param, 1,
			      get_truth, &got, err);
	if (ret < 0)
		return ret;
	if (!got)
		return find_holder(pg, key, holder, err);
	pg->locked = true;
	pg->lock_key = key;
	return 1;
}

void gm_postgres_unlock(struct gm_db *db)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	struct gm_value param = gm_value_int(pg->lock_key);

	if (!pg->locked)
		return;
	pg->locked = false;
	gm_postgres_ask(pg, "SELECT pg_advisory_unlock($1)", &param, 1, NULL,
			NULL, NULL);
}

int gm_postgres_owner_is_alive(struct gm_db *db, const char *owner,
			       const char *lock_name, struct gm_error *err)
{
	/* When it began is hidden from users who may not look. */
	static const char sql[] =
		"SELECT true FROM pg_stat_activity WHERE pid::text = $1 AND"
		" coalesce(extract(epoch FROM backend_start)::text = $2, true)";
	const char *start = strchr(owner, ' ');
	struct gm_value params[2];
	int alive = 0;
	int ret;

	(void)lock_name;
	/* Behind a pooler a session of the server says nothing about who
	 * uses it. */
	if (!start || !strncmp(owner, POOLED_OWNER, strlen(POOLED_OWNER)))
		return 0;
	params[0] = gm_value_bytes(owner, (size_t)(start - owner));
	params[1] = gm_value_text(start + 1);
	ret = gm_postgres_ask((struct gm_postgres *)db, sql, params, 2,
			      get_truth, &alive, err);
	return ret < 0 ? ret : alive;
}

/* The server keeps of a statement's text as much as it is told to, which is
 * never less than this. */
#define SHORTEST_TEXT 90

int gm_postgres_is_running(struct gm_db *db, const char *sql, size_t len,
			   struct gm_error *err)
{
	static const char text[] =
		"SELECT true FROM pg_stat_activity WHERE state = 'active'"
		" AND datname = current_database() AND pid <> pg_backend_pid()"
		" AND octet_length(query) >= least(octet_length($1), $2)"
		" AND left($1, length(query)) = query LIMIT 1";
	struct gm_value params[] = { gm_value_bytes(sql, len),
				     gm_value_int(SHORTEST_TEXT) };
	int found = 0;
	int ret = gm_postgres_ask((struct gm_postgres *)db, text, params, 2,
				  get_truth, &found, err);

	return ret < 0 ? ret : found;
}

int gm_postgres_is_gone(struct gm_postgres *pg, const char *owner, int64_t mark,
			struct gm_error *err)
{
	static const char sql[] = "SELECT pg_try_advisory_xact_lock($1)";
	struct gm_value param = gm_value_int(mark);
	int answer = 0;
	int ret;

	if (pg->pooled) {
		ret = gm_postgres_ask(pg, sql, &param, 1, get_truth, &answer,
				      err);
		return ret < 0 ? ret : answer;
	}
	answer = gm_postgres_owner_is_alive(&pg->base, owner, NULL, err);
	return answer < 0 ? answer : !answer;
}

void gm_postgres_find_blocker(void *context)
{
	static const char sql[] =
		"SELECT string_agg(format('''%s'' (%sprocess %s%s), in a "
		"transaction%s: %s', usename,"
		" nullif(application_name, '') || ', ', pid,"
		" ' at ' || host(client_addr),"
		" to_char(xact_start AT TIME ZONE 'UTC',"
		" '\" since \"YYYY-MM-DD HH24:MI:SS\" UTC\"'),"
		" left(regexp_replace(query, '\\s+', ' ', 'g'), 80)), '; ')"
		" FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids($1))";
	struct gm_postgres *pg = context;
	struct gm_value process = gm_value_int(pg->process);
	struct gm_postgres watcher = { .base = pg->base };
	char *found = NULL;

	if (!pg->watcher)
		pg->watcher = gm_pq_open_beside(pg->pq);
	watcher.pq = pg->watcher;
	if (!watcher.pq)
		return;
	gm_postgres_ask(&watcher, sql, &process, 1, get_text, &found, NULL);
	if (!found)
		return;
	free(pg->blocker);
	pg->blocker = found;
}

void gm_postgres_stop_watching(struct gm_postgres *pg)
{
	gm_pq_close(pg->watcher);
	pg->watcher = NULL;
}
