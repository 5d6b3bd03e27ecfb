/*
 * MySQL and MariaDB. DDL commits by itself here, so that every migration
 * goes through the journal. How the work is divided between two connections
 * is told in mysql.h.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "drivers/mysql.h"
#include "sql/lexer.h"

/* From this length on, the server's limit is asked for first. */
#define LONG_STATEMENT (1024 * 1024)

static struct gm_mysql_db *self(struct gm_db *base)
{
	return (struct gm_mysql_db *)base;
}

static void mysql_close(struct gm_db *base)
{
	struct gm_mysql_db *db = self(base);

	if (!db)
		return;
	/* Said before leaving: the server sees later that we are gone. */
	gm_mysql_unlock(base);
	gm_mysql_disconnect(db->watcher);
	gm_mysql_disconnect(db->session);
	gm_mysql_disconnect(db->ledger);
	gm_mysql_place_release(&db->place);
	free(db->locks.name);
	free(db->locks.node);
	free(db->locks.token);
	free(db);
}

static int mysql_open(struct gm_db **out, const struct gm_url *url,
		      const struct gm_open_options *options,
		      struct gm_error *err)
{
	struct gm_mysql_db *db = gm_calloc(1, sizeof(*db));
	int ret;

	*out = NULL;
	db->base.driver = &gm_driver_mysql;
	db->lock_timeout_ms = options->lock_timeout_ms;
	db->notice = options->notice;
	db->notice_context = options->notice_context;
	atomic_init(&db->running, 0);
	atomic_init(&db->interrupted, false);
	ret = gm_mysql_place_read(&db->place, url, err);
	if (!ret)
		ret = gm_mysql_ledger(db, err);
	if (ret < 0) {
		mysql_close(&db->base);
		return ret;
	}
	*out = &db->base;
	return 0;
}

static int mysql_begin(struct gm_db *base, struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	int ret = gm_mysql_session(db, err);

	return ret < 0 ? ret
		       : gm_mysql_exec(db->session, "START TRANSACTION", 0,
				       NULL, NULL, err);
}

static int mysql_begin_own(struct gm_db *base, struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	int ret = gm_mysql_exec(db->ledger, "START TRANSACTION", 0, NULL, NULL,
				err);

	db->own = !ret;
	return ret;
}

/* Ends the ledger's transaction. A cluster may refuse the commit, as it
 * refuses to wait for a lock: the other's came first. */
static int end_own(struct gm_mysql_db *db, const char *sql,
		   struct gm_error *err)
{
	int ret = gm_mysql_exec(db->ledger, sql, 0, NULL, NULL, err);

	db->own = false;
	return gm_mysql_judge_busy(db->ledger, ret, err);
}

/* Whatever completion_type says. */
#define COMMIT "COMMIT AND NO CHAIN NO RELEASE"
#define ROLLBACK "ROLLBACK AND NO CHAIN NO RELEASE"

static int mysql_send_commit(struct gm_db *base, struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	int ret = gm_mysql_send(db->ledger, COMMIT, strlen(COMMIT), err);

	db->own = false;
	db->committing = !ret;
	return ret;
}

static int mysql_commit(struct gm_db *base, struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	int ret;

	if (db->committing) {
		db->committing = false;
		ret = gm_mysql_receive(db->ledger, COMMIT, strlen(COMMIT), err);
		return gm_mysql_judge_busy(db->ledger, ret, err);
	}
	if (db->own)
		return end_own(db, COMMIT, err);
	ret = gm_mysql_session(db, err);
	return ret < 0 ? ret
		       : gm_mysql_exec(db->session, COMMIT, 0, NULL, NULL, err);
}

static int roll_back_session(struct gm_mysql_db *db, struct gm_error *err)
{
	int ret = gm_mysql_exec(db->session, ROLLBACK, 0, NULL, NULL, err);

	if (!ret && gm_mysql_warnings(db->session))
		gm_mysql_look_for_rest(db);
	return ret;
}

static int mysql_rollback(struct gm_db *base, struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	int ret = 0;

	if (db->own)
		ret = end_own(db, ROLLBACK, err);
	else if (db->session)
		ret = roll_back_session(db, err);
	/* With the session gone, the server has rolled back by itself. */
	if (ret != GM_ECONNECT)
		return ret;
	gm_error_release(err);
	return 0;
}

static bool mysql_in_transaction(struct gm_db *base)
{
	struct gm_mysql_db *db = self(base);

	return db->session && gm_mysql_in_transaction(db->session);
}

/*
 * LOCK TABLES ends a transaction, and a transaction that is begun ends it;
 * only without autocommit there are both at once. A table that isn't there
 * tells: what isn't locked can't be looked for.
 */
static bool tables_are_locked(struct gm_mysql_db *db)
{
	static const char probe[] = "SELECT 1 FROM `git_migrate probe`";

	return !gm_mysql_autocommits(db->session) &&
	       gm_mysql_exec(db->session, probe, 0, NULL, NULL, NULL) < 0 &&
	       gm_mysql_errno(db->session) == GM_MYSQL_TABLE_NOT_LOCKED;
}

static bool mysql_stays_in_part(struct gm_db *base)
{
	return self(base)->half;
}

static bool mysql_writes_apart(struct gm_db *base)
{
	struct gm_mysql_db *db = self(base);

	return mysql_in_transaction(base) && tables_are_locked(db);
}

static int get_number(void *context, const struct gm_value *columns, size_t n)
{
	if (n)
		*(int64_t *)context = gm_value_to_int(&columns[0]);
	return 0;
}

/* The server would cut the connection, and not always say why. */
static int check_length(struct gm_mysql_db *db, size_t len,
			struct gm_error *err)
{
	int64_t limit = 0;
	int ret;

	if (len < LONG_STATEMENT)
		return 0;
	ret = gm_mysql_exec(db->ledger, "SELECT @@GLOBAL.max_allowed_packet", 0,
			    get_number, &limit, err);
	if (ret < 0 || (int64_t)len < limit)
		return ret;
	gm_error_set(err, GM_ESQL,
		     "a statement of %zu bytes is longer than the server takes "
		     "(max_allowed_packet is %lld)",
		     len, (long long)limit);
	return gm_error_hint(err, "make it several statements, or raise "
				  "max_allowed_packet on the server");
}

static int mysql_exec(struct gm_db *base, const char *sql, size_t len,
		      gm_row_fn *row, void *context, struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	bool was_open = mysql_in_transaction(base);
	int ret = gm_mysql_session(db, err);

	if (!ret)
		ret = check_length(db, len, err);
	if (ret < 0)
		return ret;
	db->half = false;
	ret = gm_mysql_exec(db->session, sql, len, row, context, err);
	return gm_mysql_judge(db, sql, len, was_open, ret, err);
}

/* On a cluster a change of the schema puts a stop to other transactions. */
static int mysql_send(struct gm_db *base, const char *sql, size_t len,
		      struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	int ret = gm_mysql_look_at_node(db, err);

	if (!ret)
		ret = gm_mysql_session(db, err);
	if (ret < 0)
		return ret;
	if (*db->locks.node || len >= LONG_STATEMENT ||
	    gm_mysql_kind(sql, len) == GM_MYSQL_OTHER)
		return 0;
	db->half = false;
	db->sent = sql;
	db->sent_len = len;
	ret = gm_mysql_send(db->session, sql, len, err);
	return ret < 0 ? ret : 1;
}

static int mysql_receive(struct gm_db *base, int wait_ms, struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	bool was_open = mysql_in_transaction(base);
	int ret;

	if (wait_ms >= 0 && !gm_mysql_has_answer(db->session, wait_ms))
		return 1;
	ret = gm_mysql_receive(db->session, db->sent, db->sent_len, err);
	return gm_mysql_judge(db, db->sent, db->sent_len, was_open, ret, err);
}

/* MySQL may insist on transactions of one engine. */
static bool mysql_can_join(struct gm_db *base, const char *sql, size_t len)
{
	struct gm_mysql_db *db = self(base);

	return db->session && gm_mysql_is_mariadb(db->session) && !db->used &&
	       db->tracks && db->locks.node && !*db->locks.node &&
	       len < LONG_STATEMENT && !mysql_in_transaction(base) &&
	       gm_mysql_kind(sql, len) == GM_MYSQL_ROWS;
}

static int mysql_mark(struct gm_db *base, struct gm_error *err)
{
	return gm_mysql_exec(self(base)->session, "SAVEPOINT git_migrate", 0,
			     NULL, NULL, err);
}

static int mysql_go_back(struct gm_db *base, struct gm_error *err)
{
	return gm_mysql_exec(self(base)->session,
			     "ROLLBACK TO SAVEPOINT git_migrate", 0, NULL, NULL,
			     err);
}

static int mysql_query(struct gm_db *base, const char *sql,
		       const struct gm_value *params, size_t n, gm_row_fn *row,
		       void *context, struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	bool inside = !db->own && mysql_in_transaction(base) &&
		      !tables_are_locked(db);
	struct gm_mysql_client *client = inside ? db->session : db->ledger;
	int ret = gm_mysql_query(client, sql, params, n, row, context, err);

	db->numbered |= inside;
	return gm_mysql_judge_busy(client, ret, err);
}

static int mysql_query_commit(struct gm_db *base, const char *sql,
			      const struct gm_value *params, size_t n,
			      struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	int ret;

	if (!db->own || !gm_mysql_is_mariadb(db->ledger)) {
		ret = mysql_query(base, sql, params, n, NULL, NULL, err);
		return ret < 0 ? ret : mysql_commit(base, err);
	}
	ret = gm_mysql_query_commit(db->ledger, sql, params, n, err);
	db->own = ret < 0;
	return gm_mysql_judge_busy(db->ledger, ret, err);
}

static bool is_view(struct gm_mysql_db *db, const char *name)
{
	char *sql = gm_format("SHOW CREATE VIEW %s", name);
	int ret = gm_mysql_exec(db->ledger, sql, 0, NULL, NULL, NULL);

	free(sql);
	return !ret;
}

static int mysql_has_table(struct gm_db *base, const char *name,
			   struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	char *sql = gm_format("SELECT 1 FROM %s LIMIT 0", name);
	int ret = gm_mysql_exec(db->ledger, sql, 0, NULL, NULL, err);
	unsigned number = gm_mysql_errno(db->ledger);

	free(sql);
	if (!ret)
		return !is_view(db, name);
	if (number != GM_MYSQL_NO_SUCH_TABLE &&
	    number != GM_MYSQL_UNKNOWN_DATABASE)
		return ret;
	gm_error_release(err);
	return 0;
}

static int mysql_schema(struct gm_db *base, char **out, struct gm_error *err)
{
	(void)err;
	*out = gm_mysql_quoted(self(base)->place.database);
	return 0;
}

/* LAST_INSERT_ID is what the last migration was given: also a trigger that
 * asks for it sees none. */
static int forget_number(struct gm_mysql_db *db, struct gm_error *err)
{
	if (!db->numbered)
		return 0;
	db->numbered = false;
	return gm_mysql_exec(db->session, "DO LAST_INSERT_ID(0)", 0, NULL, NULL,
			     err);
}

static int mysql_clean_session(struct gm_db *base, struct gm_error *err)
{
	struct gm_mysql_db *db = self(base);
	int ret;

	if (!db->session)
		return 0;
	if (!db->used)
		return forget_number(db, err);
	ret = gm_mysql_reset(db->session, db->place.database, err);
	if (!ret)
		ret = gm_mysql_prepare_session(db, err);
	if (!ret)
		db->used = db->numbered = false;
	return ret;
}

/* Over a connection of its own: the session is busy. */
static void mysql_interrupt(struct gm_db *base)
{
	struct gm_mysql_db *db = self(base);
	struct gm_mysql_client *other;
	char *sql;

	atomic_store(&db->interrupted, true);
	if (!atomic_load(&db->running) ||
	    gm_mysql_connect(&other, &db->place, NULL) < 0)
		return;
	sql = gm_format("KILL QUERY %lu", atomic_load(&db->running));
	gm_mysql_exec(other, sql, 0, NULL, NULL, NULL);
	free(sql);
	gm_mysql_disconnect(other);
}

static const char *const schemes[] = { "mysql", "mariadb", NULL };

const struct gm_driver gm_driver_mysql = {
	.name = "mysql",
	.schemes = schemes,
	.dialect = &gm_dialect_mysql,
	.flags = GM_DRIVER_SCHEMA_IS_DATABASE,
	.port = "3306",
	.text_type = "LONGTEXT",
	.name_type = "VARBINARY(255)",
	.table_options = " ENGINE=InnoDB ROW_FORMAT=DYNAMIC"
			 " DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_bin",
	.serial_type = "BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY",
	.serial_next = "NULL",
	.serial_last = "LAST_INSERT_ID()",
	.begin_text = "START TRANSACTION;",
	.commit_text = "COMMIT;",
	.client = "mariadb --comments --default-character-set=utf8mb4"
		  " DATABASE <SCRIPT",
	.session_text = gm_mysql_session_text,
	.open = mysql_open,
	.close = mysql_close,
	.create_database = gm_mysql_create_database,
	.drop_database = gm_mysql_drop_database,
	.reconnect = gm_mysql_reconnect,
	.begin = mysql_begin,
	.begin_own = mysql_begin_own,
	.commit = mysql_commit,
	.rollback = mysql_rollback,
	.in_transaction = mysql_in_transaction,
	.stays_in_part = mysql_stays_in_part,
	.writes_apart = mysql_writes_apart,
	.exec = mysql_exec,
	.send = mysql_send,
	.receive = mysql_receive,
	.send_commit = mysql_send_commit,
	.can_join = mysql_can_join,
	.mark = mysql_mark,
	.go_back = mysql_go_back,
	.takes_back = gm_mysql_takes_back,
	.query = mysql_query,
	.query_commit = mysql_query_commit,
	.has_table = mysql_has_table,
	.schema = mysql_schema,
	.clean_session = mysql_clean_session,
	.try_lock = gm_mysql_try_lock,
	.unlock = gm_mysql_unlock,
	.owner = gm_mysql_owner,
	.owner_is_alive = gm_mysql_owner_is_alive,
	.progress = gm_mysql_progress,
	.interrupt = mysql_interrupt,
};
