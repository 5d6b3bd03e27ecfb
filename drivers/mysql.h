/*
 * What the files of the MySQL and MariaDB driver share. Those that include
 * mysql_library.h alone know the library; the others get by with statements
 * and error numbers.
 *
 * A target has two connections. The user's statements run on the session,
 * which they may change as they like; what the tool itself reads and writes
 * goes over the ledger, which they can't reach: neither sql_mode nor LOCK
 * TABLES nor another character set. Only inside a transaction of `begin` do
 * the tool's statements run on the session as well, so that they share its
 * fate.
 *
 * MySQL 8, as its documentation has it, differs in this: its process list has
 * no progress (mysql_progress.c asks again without); who holds a table's lock
 * is told by performance_schema, which MariaDB has off (mysql_blocker.c); a
 * statement whose connection is ended is interrupted, and not killed;
 * require_secure_transport has an error of its own (mysql_error.c);
 * caching_sha2_password is a plugin of the client's library, which asks the
 * server for its key where there is no TLS.
 */
#ifndef GM_DRIVERS_MYSQL_H
#define GM_DRIVERS_MYSQL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "db/driver.h"

extern const struct gm_driver gm_driver_mysql;

/* Error numbers that mean something to the driver. */
enum gm_mysql_errno {
	GM_MYSQL_DATABASE_EXISTS = 1007,
	GM_MYSQL_NO_SUCH_DATABASE = 1008,
	GM_MYSQL_TOO_MANY = 1040,
	GM_MYSQL_DENIED_DATABASE = 1044,
	GM_MYSQL_DENIED = 1045,
	GM_MYSQL_UNKNOWN_DATABASE = 1049,
	GM_MYSQL_SHUTDOWN = 1053,
	GM_MYSQL_SYNTAX = 1064,
	GM_MYSQL_NO_SUCH_TABLE = 1146,
	GM_MYSQL_PACKET_TOO_LARGE = 1153,
	GM_MYSQL_TABLE_NOT_LOCKED = 1100,
	GM_MYSQL_LOCK_TIMEOUT = 1205,
	GM_MYSQL_DEADLOCK = 1213,
	GM_MYSQL_PREVENTED = 1290,
	GM_MYSQL_NO_ROUTINE = 1305,
	GM_MYSQL_INTERRUPTED = 1317,
	GM_MYSQL_ROUTINE_ARGUMENTS = 1318,
	GM_MYSQL_DENIED_ROUTINE = 1370,
	GM_MYSQL_KILLED = 1927,
	GM_MYSQL_READS_ONLY = 1792,
	GM_MYSQL_READ_ONLY = 1836,
	GM_MYSQL_NO_SOCKET = 2002,
	GM_MYSQL_NO_HOST = 2003,
	GM_MYSQL_UNKNOWN_HOST = 2005,
	GM_MYSQL_GONE = 2006,
	GM_MYSQL_LOST = 2013,
	GM_MYSQL_TLS = 2026,
	GM_MYSQL_LOST_AT = 2055,
	GM_MYSQL_NO_PLUGIN = 2059,
	/* MySQL's own. */
	GM_MYSQL_INSECURE = 3159,
	GM_MYSQL_NOT_AVAILABLE = 3168,
	GM_MYSQL_INACTIVE = 4031
};

/* How the connection is protected, as MySQL's own clients name it. */
enum gm_mysql_tls {
	GM_MYSQL_TLS_DISABLED,
	/* If the server can. */
	GM_MYSQL_TLS_PREFERRED,
	GM_MYSQL_TLS_REQUIRED,
	/* The certificate must be signed by the authority. */
	GM_MYSQL_TLS_VERIFY_CA,
	/* And name the host. */
	GM_MYSQL_TLS_VERIFY_IDENTITY
};

/* What a statement does, as its words tell. */
enum gm_mysql_kind {
	/* It may leave something in its session, or look at what is there. */
	GM_MYSQL_OTHER,
	/* It makes, changes or removes objects. */
	GM_MYSQL_OBJECTS,
	/* It writes or removes rows. */
	GM_MYSQL_ROWS
};

enum gm_mysql_kind gm_mysql_kind(const char *sql, size_t len);

/* What a URL says. Strings are NULL where it says nothing. */
struct gm_mysql_place {
	char *host;
	unsigned port;
	char *socket;
	char *user;
	char *password;
	char *database;
	enum gm_mysql_tls tls;
	char *ca;
	char *cert;
	char *key;
	unsigned connect_timeout_s;
};

/* GM_EINVALID for a parameter that is unknown or wrong. */
int gm_mysql_place_read(struct gm_mysql_place *out, const struct gm_url *url,
			struct gm_error *err);
void gm_mysql_place_release(struct gm_mysql_place *place);

/* One connection. */
struct gm_mysql_client;

/* Connects, and fails as `open` in db/driver.h does. */
int gm_mysql_connect(struct gm_mysql_client **out,
		     const struct gm_mysql_place *place, struct gm_error *err);
void gm_mysql_disconnect(struct gm_mysql_client *client);

/* The first connection to a place: where a password is asked for that nobody
 * gave, git's credential helpers are, and the place has it from then on. */
int gm_mysql_enter(struct gm_mysql_client **out, struct gm_mysql_place *place,
		   struct gm_error *err);

/* As the driver's `exec` and `query`; the length 0 is the string's own. */
int gm_mysql_exec(struct gm_mysql_client *client, const char *sql, size_t len,
		  gm_row_fn *row, void *context, struct gm_error *err);
int gm_mysql_query(struct gm_mysql_client *client, const char *sql,
		   const struct gm_value *params, size_t n, gm_row_fn *row,
		   void *context, struct gm_error *err);

/* The same on MariaDB, with a commit behind it, which waits for no answer of
 * its own. */
int gm_mysql_query_commit(struct gm_mysql_client *client, const char *sql,
			  const struct gm_value *params, size_t n,
			  struct gm_error *err);

/* gm_mysql_exec in two halves. The first may be had for several statements
 * before the second is had for each. */
int gm_mysql_send(struct gm_mysql_client *client, const char *sql, size_t len,
		  struct gm_error *err);
int gm_mysql_receive(struct gm_mysql_client *client, const char *sql,
		     size_t len, struct gm_error *err);
/* Whether an answer has come, or an end, within so long. */
bool gm_mysql_has_answer(struct gm_mysql_client *client, int wait_ms);

/* Makes the connection as new: its locks are gone, too. */
int gm_mysql_reset(struct gm_mysql_client *client, const char *database,
		   struct gm_error *err);

/* Whether the server answers over it. */
bool gm_mysql_is_alive(struct gm_mysql_client *client);

/* The last statement has changed something in its session: a setting, a
 * variable, the schema, a temporary table. Told where it was asked for with
 * session_track_state_change. */
bool gm_mysql_changed_session(const struct gm_mysql_client *client);
/* The last statement has given a row its number. */
bool gm_mysql_has_numbered(const struct gm_mysql_client *client);

/* The number of the last failure. */
unsigned gm_mysql_errno(const struct gm_mysql_client *client);
unsigned long gm_mysql_connection(const struct gm_mysql_client *client);
bool gm_mysql_is_mariadb(const struct gm_mysql_client *client);
bool gm_mysql_in_transaction(const struct gm_mysql_client *client);
/* How many warnings the last statement has. */
unsigned gm_mysql_warnings(const struct gm_mysql_client *client);
bool gm_mysql_autocommits(const struct gm_mysql_client *client);

/* What the server said of a statement that failed; `sql` is the statement,
 * or NULL. Sets err, and returns its code. */
int gm_mysql_fail(unsigned number, const char *sqlstate, const char *text,
		  const char *sql, size_t len, struct gm_error *err);

/* The SQLSTATE of a failure to connect: not this user, or not with this
 * password. */
#define GM_MYSQL_STATE_DENIED "28000"

/* Why no connection was made, in one sentence. */
int gm_mysql_fail_connect(unsigned number, const char *text,
			  const struct gm_mysql_place *place,
			  struct gm_error *err);

/* The lock of a run and the names of sessions. */
struct gm_mysql_locks {
	/* What the run's lock is called on the server, and whether it is
	 * held; NULL before the first try. */
	char *name;
	bool held;
	/* The cluster's node as "NAME (UUID)", "" where there is no cluster;
	 * NULL before the first try. */
	char *node;
	/* What a session is known by; NULL until it is asked for. */
	char *token;
};

struct gm_mysql_db {
	struct gm_db base;
	struct gm_mysql_place place;
	int lock_timeout_ms;
	void (*notice)(void *context, const char *text);
	void *notice_context;
	struct gm_mysql_client *ledger;
	/* NULL until a statement of the user's is to run. */
	struct gm_mysql_client *session;
	/* The session may have something left behind in it since it was
	 * new. */
	bool used;
	/* A row was given a number in it since then. */
	bool numbered;
	/* The session tells what is changed in it. */
	bool tracks;
	/* The statement that was sent and isn't answered, or NULL. */
	const char *sent;
	size_t sent_len;
	/* What failed last may have done a part of what it does, which stays.
	 */
	bool half;
	/* A transaction of the ledger's is open, or its commit is under way.
	 */
	bool own;
	bool committing;
	struct gm_mysql_locks locks;
	/* The session's number while it is open, for `interrupt`. */
	atomic_ulong running;
	/* Over which `progress` asks, in its own thread; NULL until then. */
	struct gm_mysql_client *watcher;
	atomic_bool interrupted;
};

/* Somebody else was in the way: what is tried again may well succeed, and the
 * code is GM_EBUSY. */
int gm_mysql_judge_busy(const struct gm_mysql_client *client, int ret,
			struct gm_error *err);

/* What the answer to a statement of the user's means, which was run in a
 * transaction where `was_open`: the code for the driver's caller. Looks for
 * what it leaves, and tells its warnings. */
int gm_mysql_judge(struct gm_mysql_db *db, const char *sql, size_t len,
		   bool was_open, int ret, struct gm_error *err);

/* Reads from the warnings of what ran last whether something stays that was
 * to be taken back: db->half. */
void gm_mysql_look_for_rest(struct gm_mysql_db *db);

/* As a statement has a name; the caller frees it. */
char *gm_mysql_quoted(const char *name);

/* The ledger: a connection as we need it, whatever the server's defaults
 * are. */
int gm_mysql_ledger(struct gm_mysql_db *db, struct gm_error *err);

/* Sets a session that is new, or as new. */
int gm_mysql_prepare_session(struct gm_mysql_db *db, struct gm_error *err);

/* The driver's session_text. */
int gm_mysql_session_text(struct gm_db *base, bool own, struct gm_strbuf *out,
			  struct gm_error *err);

/* The session, connected and prepared. */
int gm_mysql_session(struct gm_mysql_db *db, struct gm_error *err);

/* What the session holds as long as it lives, taken again when it is new. */
int gm_mysql_hold(struct gm_mysql_db *db, struct gm_error *err);

/* Makes the ledger again where it was lost between two uses of it. */
void gm_mysql_keep_ledger(struct gm_mysql_db *db);

/* Looks which node of a cluster this is, as far as that isn't known. */
int gm_mysql_look_at_node(struct gm_mysql_db *db, struct gm_error *err);

/* The ledger is gone, and with it what it held; the next one may be on
 * another node. */
void gm_mysql_forget_locks(struct gm_mysql_db *db);

/* The driver's functions of the same names. */
int gm_mysql_reconnect(struct gm_db *base, struct gm_error *err);
int gm_mysql_create_database(const struct gm_url *url,
			     const struct gm_open_options *options,
			     struct gm_error *err);
int gm_mysql_drop_database(const struct gm_url *url,
			   const struct gm_open_options *options,
			   struct gm_error *err);
int gm_mysql_try_lock(struct gm_db *base, const char *name, char **holder,
		      struct gm_error *err);
void gm_mysql_unlock(struct gm_db *base);
int gm_mysql_owner(struct gm_db *base, char **out, struct gm_error *err);
int gm_mysql_owner_is_alive(struct gm_db *base, const char *owner,
			    const char *lock_name, struct gm_error *err);

int gm_mysql_takes_back(struct gm_db *base, struct gm_error *err);

void gm_mysql_progress(struct gm_db *base, char **out);

/* Adds to err's message who it is that the session waited for. */
void gm_mysql_name_blocker(struct gm_mysql_db *db, struct gm_error *err);

#endif
