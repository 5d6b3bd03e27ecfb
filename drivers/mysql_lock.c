/*
 * Who else is at work. The run's lock is held by the ledger, the session
 * holds one of its own: when the tool is killed, its ledger is gone at once,
 * while the server may work on at the session's last statement.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "drivers/mysql.h"

/* A name of at most 64 bytes, whatever the tables are called. */
static char *lock_name(const char *name)
{
	struct gm_hash *hash = gm_hash_new();
	char hex[GM_HASH_HEX];

	gm_hash_update(hash, name, strlen(name));
	gm_hash_final(hash, hex);
	gm_hash_free(hash);
	return gm_format("git_migrate %s", hex);
}

static int get_text(void *context, const struct gm_value *columns, size_t n)
{
	char **out = context;

	free(*out);
	*out = n ? gm_value_to_text(&columns[n - 1]) : NULL;
	return 0;
}

struct numbers {
	int64_t v[3];
};

static int get_numbers(void *context, const struct gm_value *columns, size_t n)
{
	struct numbers *numbers = context;
	size_t i;

	for (i = 0; i < n && i < GM_ARRAY_SIZE(numbers->v); i++)
		numbers->v[i] = gm_value_to_int(&columns[i]);
	return 0;
}

/* "NAME (UUID)": a node that is started again has another uuid. */
static int read_node(struct gm_mysql_db *db, struct gm_error *err)
{
	char *name = NULL;
	char *uuid = NULL;
	int ret = gm_mysql_exec(db->ledger,
				"SHOW VARIABLES LIKE 'wsrep_node_name'", 0,
				get_text, &name, err);

	if (!ret)
		ret = gm_mysql_exec(db->ledger,
				    "SHOW STATUS LIKE 'wsrep_gcomm_uuid'", 0,
				    get_text, &uuid, err);
	if (!ret)
		db->locks.node = gm_format("%s (%s)", name ? name : "",
					   uuid ? uuid : "");
	free(name);
	free(uuid);
	return ret;
}

/* Which node of a cluster this is; "" where there is none. */
int gm_mysql_look_at_node(struct gm_mysql_db *db, struct gm_error *err)
{
	char *on = NULL;
	int ret;

	if (db->locks.node)
		return 0;
	ret = gm_mysql_exec(db->ledger, "SHOW VARIABLES LIKE 'wsrep_on'", 0,
			    get_text, &on, err);
	if (!ret && on && !strcmp(on, "ON")) {
		ret = read_node(db, err);
		/* What the others have done is waited for before reading. */
		if (!ret)
			ret = gm_mysql_exec(db->ledger,
					    "SET SESSION wsrep_sync_wait = 7",
					    0, NULL, NULL, err);
		if (!ret && db->notice)
			db->notice(db->notice_context,
				   "this is a Galera cluster, whose nodes know "
				   "nothing of each other's locks: that each "
				   "migration runs once rests on its row in "
				   "the history");
	}
	free(on);
	if (!ret && !db->locks.node)
		db->locks.node = gm_strdup("");
	return ret;
}

void gm_mysql_forget_locks(struct gm_mysql_db *db)
{
	db->locks.held = false;
	free(db->locks.node);
	db->locks.node = NULL;
}

/* "connection 12 of app@host", as far as we may see it. */
static char *describe(struct gm_mysql_db *db, int64_t connection)
{
	static const char sql[] =
		"SELECT CONCAT(user, '@', host, ', in its command for ', time,"
		" ' s') FROM information_schema.processlist WHERE id = ?";
	struct gm_value id = gm_value_int(connection);
	char *who = NULL;
	char *text;

	if (gm_mysql_query(db->ledger, sql, &id, 1, get_text, &who, NULL) < 0 ||
	    !who)
		text = gm_format("connection %lld", (long long)connection);
	else
		text = gm_format("connection %lld of %s", (long long)connection,
				 who);
	free(who);
	return text;
}

static char *work_name(const struct gm_mysql_db *db)
{
	return gm_format("%s at work", db->locks.name);
}

static int release(struct gm_mysql_db *db, struct gm_error *err)
{
	static const char sql[] = "SELECT RELEASE_LOCK(?)";
	struct gm_value name = gm_value_text(db->locks.name);

	db->locks.held = false;
	return gm_mysql_query(db->ledger, sql, &name, 1, NULL, NULL, err);
}

int gm_mysql_try_lock(struct gm_db *base, const char *name, char **holder,
		      struct gm_error *err)
{
	static const char sql[] =
		"SELECT GET_LOCK(?, 0), IS_USED_LOCK(?), IS_USED_LOCK(?)";
	struct gm_mysql_db *db = (struct gm_mysql_db *)base;
	struct numbers got = { { 0 } };
	int64_t ours = db->session ? (int64_t)gm_mysql_connection(db->session)
				   : 0;
	char *work;
	int ret = gm_mysql_look_at_node(db, err);

	*holder = NULL;
	if (ret < 0)
		return ret;
	if (!db->locks.name)
		db->locks.name = lock_name(name);
	work = work_name(db);
	struct gm_value params[] = { gm_value_text(db->locks.name),
				     gm_value_text(db->locks.name),
				     gm_value_text(work) };
	ret = gm_mysql_query(db->ledger, sql, params, 3, get_numbers, &got,
			     err);
	free(work);
	if (ret < 0)
		return ret;
	if (got.v[0] == 1 && (!got.v[2] || got.v[2] == ours)) {
		db->locks.held = true;
		ret = db->session ? gm_mysql_hold(db, err) : 0;
		return ret < 0 ? ret : 1;
	}
	if (got.v[0] == 1)
		ret = release(db, err);
	else
		got.v[2] = got.v[1];
	*holder = got.v[2] ? describe(db, got.v[2]) : NULL;
	return ret;
}

void gm_mysql_unlock(struct gm_db *base)
{
	static const char sql[] = "SELECT RELEASE_LOCK(?)";
	struct gm_mysql_db *db = (struct gm_mysql_db *)base;
	struct gm_value name;
	char *work;

	if (!db->locks.held)
		return;
	if (db->session) {
		work = work_name(db);
		name = gm_value_text(work);
		gm_mysql_query(db->session, sql, &name, 1, NULL, NULL, NULL);
		free(work);
	}
	release(db, NULL);
}

/* The names are digits and letters of ours: nothing in them is quoted. */
int gm_mysql_hold(struct gm_mysql_db *db, struct gm_error *err)
{
	struct gm_strbuf sql = { 0 };
	int ret = 0;

	if (db->locks.held)
		gm_strbuf_addf(&sql, "DO GET_LOCK('%s at work', 0)",
			       db->locks.name);
	if (db->locks.token)
		gm_strbuf_addf(&sql, "%sGET_LOCK('git_migrate %s', 0)",
			       sql.len ? ", " : "DO ", db->locks.token);
	if (sql.len)
		ret = gm_mysql_exec(db->session, gm_strbuf_str(&sql), sql.len,
				    NULL, NULL, err);
	gm_strbuf_release(&sql);
	return ret;
}

int gm_mysql_owner(struct gm_db *base, char **out, struct gm_error *err)
{
	struct gm_mysql_db *db = (struct gm_mysql_db *)base;
	int ret = gm_mysql_look_at_node(db, err);

	*out = NULL;
	if (!ret)
		ret = gm_mysql_session(db, err);
	if (!ret && !db->locks.token) {
		ret = gm_mysql_exec(db->ledger, "SELECT UUID()", 0, get_text,
				    &db->locks.token, err);
		if (!ret)
			ret = gm_mysql_hold(db, err);
	}
	if (!ret)
		*out = gm_format("connection %lu%s%s, %s",
				 gm_mysql_connection(db->session),
				 *db->locks.node ? " on " : "", db->locks.node,
				 db->locks.token);
	return ret;
}

/* Whether the owner is a session on another node of the cluster. */
static bool is_elsewhere(const struct gm_mysql_db *db, const char *owner)
{
	const char *node = strstr(owner, " on ");
	size_t len = strlen(db->locks.node);

	return node && (strncmp(node + 4, db->locks.node, len) != 0 ||
			node[4 + len] != ',');
}

/*
 * Whether the owner's node is a member of the cluster, as far as the user may
 * see that: one that isn't has none of our sessions any more.
 */
static bool has_left(struct gm_mysql_db *db, const char *owner)
{
	static const char sql[] = "SELECT COUNT(*), SUM(node_uuid = ?)"
				  " FROM mysql.wsrep_cluster_members";
	struct numbers members = { { 0 } };
	const char *end = strrchr(owner, ')');
	const char *uuid = end;
	struct gm_value param;

	while (uuid && uuid > owner && uuid[-1] != '(')
		uuid--;
	if (!uuid || uuid == end)
		return false;
	param = gm_value_bytes(uuid, (size_t)(end - uuid));
	return !gm_mysql_query(db->ledger, sql, &param, 1, get_numbers,
			       &members, NULL) &&
	       members.v[0] && !members.v[1];
}

static void tell_left(struct gm_mysql_db *db, const char *owner)
{
	char *text = gm_format("the node of '%s' has left the cluster: that "
			       "run is no more",
			       owner);

	if (db->notice)
		db->notice(db->notice_context, text);
	free(text);
}

/* Nobody here can tell of the owner. */
static int refuse_elsewhere(const char *owner, const char *token,
			    struct gm_error *err)
{
	gm_error_set(err, GM_EBUSY,
		     "a run on another node of the cluster is at it, or was, "
		     "which only that node can tell: %s",
		     owner);
	gm_error_hint(err, "connect to that node, and git-migrate sees whether "
			   "it still is");
	gm_error_hint(err,
		      "or ask it: SELECT IS_USED_LOCK('git_migrate%s') is NULL "
		      "where it is gone",
		      token);
	return GM_EBUSY;
}

int gm_mysql_owner_is_alive(struct gm_db *base, const char *owner,
			    const char *lock_name_, struct gm_error *err)
{
	static const char sql[] = "SELECT IS_USED_LOCK(?)";
	struct gm_mysql_db *db = (struct gm_mysql_db *)base;
	const char *token = strrchr(owner, ' ');
	struct numbers used = { { 0 } };
	struct gm_value name;
	char *text;
	int ret = gm_mysql_look_at_node(db, err);

	(void)lock_name_;
	if (ret < 0 || !token)
		return ret;
	if (is_elsewhere(db, owner) && !has_left(db, owner))
		return refuse_elsewhere(owner, token, err);
	if (is_elsewhere(db, owner)) {
		tell_left(db, owner);
		return 0;
	}
	text = gm_format("git_migrate%s", token);
	name = gm_value_text(text);
	ret = gm_mysql_query(db->ledger, sql, &name, 1, get_numbers, &used,
			     err);
	free(text);
	return ret < 0 ? ret : used.v[0] != 0;
}
