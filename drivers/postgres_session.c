/*
 * What belongs to a PostgreSQL session as a whole: who it is, the lock that
 * it holds, what a migration leaves behind in it, and who stands in its way.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "postgres.h"

/*
 * A statement that waits for a lock makes everybody wait who comes after it.
 * And the server has to notice before long that we were killed, also in the
 * middle of a statement, so that our lock is free.
 */
#define SET_LOCK_TIMEOUT "set_config('lock_timeout', $1, false)"
#define SET_CHECK "set_config('client_connection_check_interval', '2s', false)"

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
	free(start);
	return 0;
}

/* Our splitter reads strings as the standard has them. */
static int set_strings(struct gm_postgres *pg, struct gm_error *err)
{
	const char *name = "standard_conforming_strings";
	const char *value = gm_pq_parameter(pg->pq, name);

	if (!value || strcmp(value, "off") != 0)
		return 0;
	return gm_postgres_tell(pg, "SET standard_conforming_strings = on",
				err);
}

static int set_session(struct gm_postgres *pg, struct gm_error *err)
{
	struct gm_value timeout = gm_value_int(pg->lock_timeout_ms);
	int ret = GM_ESQL;

	/* Older servers know nothing of the check, and some systems can't. */
	if (pg->can_check)
		ret = gm_postgres_ask(pg,
				      "SELECT " SET_LOCK_TIMEOUT ", " SET_CHECK,
				      &timeout, 1, NULL, NULL, NULL);
	pg->can_check = !ret;
	if (ret == GM_ESQL)
		ret = gm_postgres_ask(pg, "SELECT " SET_LOCK_TIMEOUT, &timeout,
				      1, NULL, NULL, err);
	return ret ? ret : set_strings(pg, err);
}

int gm_postgres_prepare(struct gm_postgres *pg, struct gm_error *err)
{
	static const char sql[] =
		"SELECT pg_backend_pid(), quote_ident(current_schema()),"
		" extract(epoch FROM backend_start)"
		" FROM pg_stat_get_activity(pg_backend_pid())";
	int ret = gm_postgres_ask(pg, sql, NULL, 0, set_self, pg, err);

	pg->can_check = true;
	if (ret < 0)
		return ret;
	if (!pg->pooled)
		return set_session(pg, err);
	if (pg->notice)
		pg->notice(pg->notice_context,
			   "connected through a pooler, where no lock of a "
			   "session holds: each migration's row in the "
			   "history alone keeps two runs apart");
	return set_strings(pg, err);
}

int gm_postgres_clean(struct gm_db *db, struct gm_error *err)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	/* All of DISCARD ALL, except for what it does to locks. */
	int ret = gm_postgres_tell(pg,
				   "SET SESSION AUTHORIZATION DEFAULT;"
				   "RESET ROLE; RESET ALL; CLOSE ALL;"
				   "UNLISTEN *; DISCARD TEMP;"
				   "DISCARD SEQUENCES; DEALLOCATE ALL",
				   err);

	if (ret < 0)
		return ret;
	return pg->pooled ? set_strings(pg, err) : set_session(pg, err);
}

static int get_text(void *context, const struct gm_value *columns, size_t n)
{
	char **text = context;

	if (n && !*text)
		*text = gm_value_to_text(&columns[0]);
	return 0;
}

static int get_truth(void *context, const struct gm_value *columns, size_t n)
{
	int *truth = context;

	*truth = n && columns[0].type == GM_VALUE_TEXT &&
		 *columns[0].text == 't';
	return 0;
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

/* Who has the lock, in words. */
static int find_holder(struct gm_postgres *pg, int64_t key, char **holder,
		       struct gm_error *err)
{
	static const char sql[] =
		"SELECT format('''%s'' (%sprocess %s), connected since %s UTC',"
		" a.usename, nullif(a.application_name, '') || ', ', a.pid,"
		" to_char(a.backend_start AT TIME ZONE 'UTC',"
		" 'YYYY-MM-DD HH24:MI:SS'))"
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

int gm_postgres_is_gone(struct gm_postgres *pg, const char *owner,
			struct gm_error *err)
{
	int alive = gm_postgres_owner_is_alive(&pg->base, owner, NULL, err);

	return alive < 0 ? alive : !alive;
}

void gm_postgres_find_blocker(void *context)
{
	static const char sql[] =
		"SELECT string_agg(format('''%s'' (%sprocess %s), in a "
		"transaction since %s UTC: %s', usename,"
		" nullif(application_name, '') || ', ', pid,"
		" to_char(xact_start AT TIME ZONE 'UTC',"
		" 'YYYY-MM-DD HH24:MI:SS'), left(regexp_replace(query,"
		" '\\s+', ' ', 'g'), 80)), '; ')"
		" FROM pg_stat_activity WHERE pid = ANY(pg_blocking_pids($1))";
	struct gm_postgres *pg = context;
	struct gm_value process = gm_value_int(pg->process);
	struct gm_postgres beside = { .base = pg->base };

	beside.pq = gm_pq_open_beside(pg->pq);
	if (!beside.pq)
		return;
	gm_postgres_ask(&beside, sql, &process, 1, get_text, &pg->blocker,
			NULL);
	gm_pq_close(beside.pq);
}
