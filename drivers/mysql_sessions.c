/*
 * The two connections of a target: how each is made ready, and made again
 * when it was lost.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/time.h"
#include "drivers/mysql.h"

/* For how long a way back is looked for, and from one look to the next. */
#define RECONNECT_MS 15000
#define RECONNECT_PAUSE_MS 200

/* Seconds, for the servers know no shorter ones. */
static int lock_timeout_s(const struct gm_mysql_db *db)
{
	int ms = db->lock_timeout_ms;

	return ms > 0 ? (ms + 999) / 1000 : 0;
}

/* What makes a session as we need it, whatever the server's defaults are. */
#define OURS                                                                   \
	"SET NAMES utf8mb4, SESSION autocommit = 1,"                           \
	" SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION',"      \
	" SESSION sql_select_limit = 18446744073709551615,"                    \
	" SESSION completion_type = 0"

/* And one for the user's statements, as the server has it but for the encoding
 * of files, and statements that stand for themselves. */
#define USERS "SET NAMES utf8mb4, SESSION autocommit = 1"

/* No statement makes a session as new, and the client can begin another one.
 * An open transaction would be lost with the old one: there is one error that
 * tells of it. */
int gm_mysql_session_text(struct gm_db *base, bool own, struct gm_strbuf *out,
			  struct gm_error *err)
{
	const struct gm_mysql_db *db = (const struct gm_mysql_db *)base;
	char *name = gm_mysql_quoted(db->place.database);

	(void)err;
	gm_strbuf_addf(out, "%sconnect %s;\n%s;\n\n",
		       own ? "-- no transaction may be left open\n"
			     "SET TRANSACTION READ WRITE;\n"
			   : "",
		       name, own ? OURS : USERS);
	free(name);
	return 0;
}

/* Our own connection. A long statement must not make it look idle. */
int gm_mysql_ledger(struct gm_mysql_db *db, struct gm_error *err)
{
	struct gm_strbuf sql = { 0 };
	int timeout = lock_timeout_s(db);
	int ret = gm_mysql_enter(&db->ledger, &db->place, err);

	if (ret < 0)
		return ret;
	/* In the system's time the server tells when a transaction began. */
	gm_strbuf_adds(&sql, OURS ", SESSION time_zone = 'SYSTEM',"
				  " SESSION wait_timeout = 2147483");
	if (timeout)
		gm_strbuf_addf(&sql,
			       ", SESSION lock_wait_timeout = %d,"
			       " SESSION innodb_lock_wait_timeout = %d",
			       timeout, timeout);
	ret = gm_mysql_exec(db->ledger, gm_strbuf_str(&sql), sql.len, NULL,
			    NULL, err);
	gm_strbuf_release(&sql);
	return ret;
}

/* That statements say when they change something in their session; older
 * servers can't, and read over it. MariaDB reads over what is for MySQL. */
#define TRACKING                                                               \
	"/*!50704 , SESSION session_track_state_change = 1 */"                 \
	"/*M!100202 , SESSION session_track_state_change = 1 */"

/* The user's session: it tells what changes in it, and waits for locks no
 * longer than it may. */
int gm_mysql_prepare_session(struct gm_mysql_db *db, struct gm_error *err)
{
	struct gm_strbuf sql = { 0 };
	int timeout = lock_timeout_s(db);
	int ret;

	gm_strbuf_adds(&sql, USERS TRACKING);
	if (timeout)
		gm_strbuf_addf(&sql,
			       ", SESSION lock_wait_timeout = %d,"
			       " SESSION innodb_lock_wait_timeout = %d",
			       timeout, timeout);
	ret = gm_mysql_exec(db->session, gm_strbuf_str(&sql), sql.len, NULL,
			    NULL, err);
	gm_strbuf_release(&sql);
	/* It has changed something itself. */
	db->tracks = !ret && gm_mysql_changed_session(db->session);
	return ret < 0 ? ret : gm_mysql_hold(db, err);
}

int gm_mysql_session(struct gm_mysql_db *db, struct gm_error *err)
{
	int ret;

	if (db->session)
		return 0;
	ret = gm_mysql_connect(&db->session, &db->place, err);
	if (!ret)
		ret = gm_mysql_prepare_session(db, err);
	if (ret < 0) {
		gm_mysql_disconnect(db->session);
		db->session = NULL;
		return ret;
	}
	db->used = db->numbered = false;
	atomic_store(&db->running, gm_mysql_connection(db->session));
	return 0;
}

static int get_flag(void *context, const struct gm_value *columns, size_t n)
{
	*(bool *)context = n && gm_value_to_int(&columns[0]);
	return 0;
}

/* Whether the server still has that connection, which was ours, besides the
 * ledger of now. */
static int is_there(struct gm_mysql_db *db, unsigned long connection,
		    bool *there, struct gm_error *err)
{
	static const char sql[] =
		"SELECT COUNT(*) FROM information_schema.processlist"
		" WHERE id = ? AND id <> CONNECTION_ID()";
	struct gm_value id = gm_value_int((int64_t)connection);

	return gm_mysql_query(db->ledger, sql, &id, 1, get_flag, there, err);
}

/* A dead ledger stays until there is another. */
static int replace_ledger(struct gm_mysql_db *db, struct gm_error *err)
{
	struct gm_mysql_client *old = db->ledger;
	int ret;

	if (gm_mysql_is_alive(old))
		return 0;
	ret = gm_mysql_ledger(db, err);
	if (ret < 0) {
		gm_mysql_disconnect(db->ledger);
		db->ledger = old;
		return ret;
	}
	gm_mysql_disconnect(old);
	db->own = db->committing = false;
	gm_mysql_forget_locks(db);
	return gm_mysql_look_at_node(db, err);
}

void gm_mysql_keep_ledger(struct gm_mysql_db *db)
{
	bool held = db->locks.held;
	char *holder = NULL;

	if (db->own || db->committing || gm_mysql_is_alive(db->ledger) ||
	    replace_ledger(db, NULL) < 0 || !held)
		return;
	gm_mysql_try_lock(&db->base, db->locks.name, &holder, NULL);
	free(holder);
}

int gm_mysql_reconnect(struct gm_db *base, struct gm_error *err)
{
	struct gm_mysql_db *db = (struct gm_mysql_db *)base;
	unsigned long ledger = gm_mysql_connection(db->ledger);
	unsigned long session = 0;
	int64_t end = gm_time_ms() + RECONNECT_MS;
	bool there;
	int ret;

	if (db->session && !gm_mysql_is_alive(db->session)) {
		session = gm_mysql_connection(db->session);
		atomic_store(&db->running, 0);
		gm_mysql_disconnect(db->session);
		db->session = NULL;
	}
	for (;;) {
		there = true;
		ret = replace_ledger(db, NULL);
		if (!ret)
			ret = is_there(db, ledger, &there, NULL);
		if (!ret && !there)
			ret = is_there(db, session, &there, NULL);
		if (!ret && !there)
			return 0;
		if (gm_time_ms() > end)
			break;
		gm_time_sleep_ms(RECONNECT_PAUSE_MS);
	}
	return gm_error_set(err, GM_ECONNECT,
			    "the connection to the database was lost, and "
			    "there is no way back");
}
