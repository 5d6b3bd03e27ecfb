/*
 * What the files of the PostgreSQL driver share. Those that include
 * postgres_library.h alone know the library; the others get by with what they
 * offer here.
 */
#ifndef GM_DRIVERS_POSTGRES_H
#define GM_DRIVERS_POSTGRES_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "db/driver.h"

extern const struct gm_driver gm_driver_postgres;

/* A connection of libpq. */
struct gm_pq;

/* A connection's settings, as libpq calls them; a NULL name ends them. The
 * later one of a name counts, and a NULL value counts for nothing. */
struct gm_pq_setting {
	const char *name;
	const char *value;
};

/* At most this many settings, with the end. */
#define GM_PQ_SETTINGS 16

/* The parts of the server's answer to a bad statement. NULL: not told. */
struct gm_pq_report {
	const char *severity;
	const char *sqlstate;
	const char *message;
	const char *detail;
	const char *hint;
	const char *context;
	/* In the statement, counted in characters from 1, as digits. */
	const char *position;
};

struct gm_pq_statement {
	/* Ends in a NUL. */
	const char *sql;
	/* Bound to $1, $2, … */
	const struct gm_value *params;
	size_t n_params;
	gm_row_fn *row;
	void *context;
	/* Several statements, apart by semicolons, without parameters. */
	bool several;
	/* COPY's rows; NULL: none. */
	const char *data;
	size_t data_len;
	/* Called whenever the statement has run for so long again; 0:
	 * never. */
	int patience_ms;
	void (*on_patience)(void *context);
	void *patience_context;
	/* Called where the server refuses the statement: sets err. */
	int (*on_error)(void *context, const struct gm_pq_report *report,
			struct gm_error *err);
	void *error_context;
};

/* What a statement did: the server's word for it ("CREATE TABLE"). */
#define GM_PQ_TAG 64

enum gm_pq_transaction {
	GM_PQ_IDLE,
	GM_PQ_OPEN,
	/* Only a rollback will do. */
	GM_PQ_ABORTED,
	GM_PQ_LOST
};

/*
 * Tries to connect. *out is there also where that failed, to be asked why,
 * and the caller's; GM_ERROR and NULL where the library can't be loaded.
 */
int gm_pq_open(struct gm_pq **out, const struct gm_pq_setting *settings,
	       struct gm_error *err);
void gm_pq_close(struct gm_pq *pq);

/* A second connection, as the same user to the same database. NULL where it
 * fails. */
struct gm_pq *gm_pq_open_beside(const struct gm_pq *pq);

/* Connects again, with the same settings: whether it could. */
bool gm_pq_reset(struct gm_pq *pq);

bool gm_pq_is_connected(const struct gm_pq *pq);
/* Whether the server asked for a password that nobody gave. */
bool gm_pq_needs_password(const struct gm_pq *pq);
/* libpq's own words for what is wrong with the connection. */
const char *gm_pq_message(const struct gm_pq *pq);

/* Borrowed; "" where it isn't known. */
const char *gm_pq_user(const struct gm_pq *pq);
const char *gm_pq_host(const struct gm_pq *pq);
const char *gm_pq_port(const struct gm_pq *pq);
const char *gm_pq_database(const struct gm_pq *pq);
const char *gm_pq_password(const struct gm_pq *pq);
/* The server's setting of that name, where it reports it; else NULL. */
const char *gm_pq_parameter(const struct gm_pq *pq, const char *name);
/* The number of the server's process, as it was told when connecting. */
int gm_pq_process(const struct gm_pq *pq);
/* 150004 for 15.4. */
int gm_pq_server_version(const struct gm_pq *pq);

/* Where the server's notices go from now on; NULL: nowhere. */
void gm_pq_set_notice(struct gm_pq *pq,
		      void (*notice)(void *context, const char *severity,
				     const char *message),
		      void *context);

enum gm_pq_transaction gm_pq_transaction(const struct gm_pq *pq);

/*
 * Runs a statement to its end, and reads all its rows. `tag`, of GM_PQ_TAG
 * bytes, says what the last one did; NULL: nobody asks. GM_ECONNECT where
 * the connection was lost over it.
 */
int gm_pq_run(struct gm_pq *pq, const struct gm_pq_statement *statement,
	      char *tag, struct gm_error *err);

/* Asks the server to end what runs. For any thread. */
void gm_pq_cancel(struct gm_pq *pq);

/*
 * The pipeline: statements go out ahead of their answers. It begins and ends
 * with nothing to be answered; meanwhile gm_pq_run is not allowed. False
 * where the library is too old for it, or the connection is lost.
 */
bool gm_pq_pipeline(struct gm_pq *pq, bool on);

/*
 * Put something into the pipeline: a statement, or with `name` a prepared
 * one; its preparation; a request to answer what was put so far; and the
 * point where the server goes on after an error. All but the request are
 * answered, in this order. False where the connection is lost.
 */
bool gm_pq_put(struct gm_pq *pq, const struct gm_pq_statement *statement,
	       const char *name);
bool gm_pq_put_prepare(struct gm_pq *pq, const char *name, const char *sql);
bool gm_pq_put_flush(struct gm_pq *pq);
bool gm_pq_put_sync(struct gm_pq *pq);

/* Writes what was put: 0 where all is written, 1 where some is left and
 * there may be answers to take before that; negative: it is lost. */
int gm_pq_write(struct gm_pq *pq);

enum gm_pq_answer {
	/* Not there yet. */
	GM_PQ_PENDING,
	GM_PQ_ANSWERED,
	/* The server passed it over, for something before it failed. */
	GM_PQ_SKIPPED
};

/* Takes the next answer, which is that of `statement`, once it is there or
 * at once: an enum gm_pq_answer, or the statement's error. */
int gm_pq_take(struct gm_pq *pq, const struct gm_pq_statement *statement,
	       bool wait, char *tag, struct gm_error *err);

struct gm_postgres_queue;

/* The driver's connection. */
struct gm_postgres {
	struct gm_db base;
	struct gm_pq *pq;
	/* The schema where tables go, as SQL writes it; NULL: none. */
	char *schema;
	/* And where they are looked for, for scripts; NULL: not asked yet. */
	char *search_path;
	/* This session, as `owner` tells it. */
	char *owner;
	/* What GM_POSTGRES_SELF was at the beginning. */
	char *self;
	/* The server's process, and whether a pooler stands before it: then
	 * there is no session that belongs to us. */
	int64_t process;
	bool pooled;
	/* There, the key of a lock that each of our transactions holds: so it
	 * can be told whether one still runs that we have lost. */
	int64_t mark;
	/* The lock's key, while it is held. */
	bool locked;
	int64_t lock_key;
	int lock_timeout_ms;
	/* Whether the server can look if its client is still there. */
	bool can_check;
	/* What the session is set to, as a statement; "" behind a pooler. */
	char *set_lock_timeout;
	/* What comes first in a transaction there; NULL: nothing. */
	char *settle;
	/* The server has other strings than the standard's by itself. */
	bool has_other_strings;
	/* A statement of the user's ran: whatever it called may have left
	 * something in the session. */
	bool is_used;
	/* Its text says that it may, or it failed. */
	bool is_dirty;
	/* It is likely, and was outside a transaction of ours. */
	bool is_changed;
	/* A transaction that we began is open. */
	bool is_ours;
	/* Ours goes into the transaction that is open, whoever began it, until
	 * the next statement of the user's. */
	bool is_marked;
	/* What the last statement did may stay in part where it failed. */
	bool is_half;
	struct gm_postgres_queue *queue;
	/* Other connections, NULL until they are needed: to look who holds
	 * the running statement up; and to write our rows while a migration's
	 * own settings and role are in force. */
	struct gm_pq *watcher;
	struct gm_pq *writer;
	/* Over which `progress` asks, in its own thread; NULL until then. */
	struct gm_pq *teller;
	/* Who was in the statement's way, when it had waited for long. */
	char *blocker;
	atomic_bool interrupted;
	void (*notice)(void *context, const char *text);
	void *notice_context;
};

/* postgres_connect.c: from a URL to a connection. */
int gm_postgres_connect(struct gm_pq **out, const struct gm_url *url,
			struct gm_error *err);

/* The same, to another database of that server; NULL: the URL's. *out is
 * there, to be asked, also where that failed. */
int gm_postgres_connect_to(struct gm_pq **out, const struct gm_url *url,
			   const char *database, struct gm_error *err);

/* postgres_progress.c: the driver's function. */
void gm_postgres_progress(struct gm_db *db, char **out);

/* postgres_database.c: the driver's functions of the same names. */
int gm_postgres_create_database(const struct gm_url *url,
				const struct gm_open_options *options,
				struct gm_error *err);
int gm_postgres_drop_database(const struct gm_url *url,
			      const struct gm_open_options *options,
			      struct gm_error *err);

/* postgres_error.c: what the server says, as an error. */

/* Sets GM_ESQL, GM_EBUSY, GM_EINTERRUPTED or GM_ECONNECT; `context` is a
 * struct gm_postgres_text. */
int gm_postgres_refusal(void *context, const struct gm_pq_report *report,
			struct gm_error *err);

/* What ran, so that places in it can be told. */
struct gm_postgres_text {
	struct gm_postgres *pg;
	const char *sql;
	size_t len;
	const char *data;
	size_t data_len;
};

/* postgres_session.c: what belongs to the session as a whole. */

/* Asks who we are, and prepares the session. */
int gm_postgres_prepare(struct gm_postgres *pg, struct gm_error *err);
int gm_postgres_clean(struct gm_db *db, struct gm_error *err);
int gm_postgres_session_text(struct gm_db *db, bool own, struct gm_strbuf *out,
			     struct gm_error *err);
int gm_postgres_try_lock(struct gm_db *db, const char *name, char **holder,
			 struct gm_error *err);
void gm_postgres_unlock(struct gm_db *db);
int gm_postgres_owner_is_alive(struct gm_db *db, const char *owner,
			       const char *lock_name, struct gm_error *err);
int gm_postgres_is_running(struct gm_db *db, const char *sql, size_t len,
			   struct gm_error *err);
/* After a migration's statements: what follows in the transaction is ours,
 * and must not run as a role that the migration took on. */
int gm_postgres_regain(struct gm_postgres *pg, struct gm_error *err);
/* Looks, over a second connection, who holds the running statement up; a
 * function for gm_pq_statement. Afterwards the connection is given up. */
void gm_postgres_find_blocker(void *context);
void gm_postgres_stop_watching(struct gm_postgres *pg);
/* Whether the old session is at work no more, that had this name and mark: 1
 * or 0. */
int gm_postgres_is_gone(struct gm_postgres *pg, const char *owner, int64_t mark,
			struct gm_error *err);

/* What a statement may leave behind in the session, that the next migration
 * would find: a setting, a role, a temporary table. */
enum gm_postgres_traces {
	GM_POSTGRES_NO_TRACES,
	/* Only where a function that it calls is made for that. */
	GM_POSTGRES_FEW_TRACES,
	GM_POSTGRES_TRACES
};

enum gm_postgres_traces gm_postgres_traces(const char *sql, size_t len);

/* Whether the statement, where it runs outside a transaction, may commit
 * something of its own before it fails: a procedure, or a block that names a
 * commit or a procedure. */
bool gm_postgres_may_commit(const char *sql);

/* As whom the session acts, and how it finds and sees things. */
#define GM_POSTGRES_SELF                                                       \
	"pg_catalog.concat_ws('|', current_user, session_user,"                \
	" pg_catalog.current_setting('search_path'),"                          \
	" pg_catalog.current_setting('row_security'),"                         \
	" pg_catalog.current_setting('transaction_read_only'))"

/* What makes the session act as its own user again. */
#define GM_POSTGRES_REGAIN "SET SESSION AUTHORIZATION DEFAULT", "RESET ROLE"

/* postgres_apart.c: the driver's functions, and `query` where nothing is
 * queued. `statement->on_error` tells errors of this session. */
bool gm_postgres_writes_apart(struct gm_db *db);
int gm_postgres_mark(struct gm_db *db, struct gm_error *err);
int gm_postgres_go_back(struct gm_db *db, struct gm_error *err);
int gm_postgres_ask_ours(struct gm_postgres *pg,
			 const struct gm_pq_statement *statement,
			 struct gm_error *err);

/* postgres_queue.c: what is sent ahead of its answer. */
enum gm_postgres_kind {
	GM_POSTGRES_OURS,
	GM_POSTGRES_USERS,
	GM_POSTGRES_COMMIT
};

struct gm_postgres_queue *gm_postgres_queue_new(void);
/* The session is gone, and with it what was queued and prepared in it. */
void gm_postgres_queue_forget(struct gm_postgres_queue *queue);
/* What was prepared is, or will be by now, no more. */
void gm_postgres_queue_unprepare(struct gm_postgres_queue *queue);
void gm_postgres_queue_free(struct gm_postgres_queue *queue);

bool gm_postgres_is_queueing(const struct gm_postgres *pg);

/* Queues a statement. `statement->sql` ends in a NUL and is read at once;
 * `known_as` is what `await` tells where it fails, and with `prepare` the
 * name of a text that comes again and again. */
void gm_postgres_put(struct gm_postgres *pg, enum gm_postgres_kind kind,
		     const struct gm_pq_statement *statement,
		     const char *known_as, size_t len, bool prepare);
/* Queues a failure: a statement that can't be sent. */
void gm_postgres_put_failure(struct gm_postgres *pg, const char *known_as,
			     enum gm_code code, const char *message);
/* Queues statements without parameters; NULL ends them. They are kept
 * prepared, so that each stays where it is. */
void gm_postgres_put_all(struct gm_postgres *pg, const char *const *sql);
int gm_postgres_queue_switch(struct gm_db *db, bool on);
int gm_postgres_await(struct gm_db *db, const char **failed,
		      struct gm_error *err);

/* postgres.c: one statement of ours with $1, $2, … */
int gm_postgres_ask(struct gm_postgres *pg, const char *sql,
		    const struct gm_value *params, size_t n, gm_row_fn *row,
		    void *context, struct gm_error *err);
/* Passes the server's notices on, or not. */
void gm_postgres_listen(struct gm_postgres *pg, bool on);
/* Several statements of ours, run in one go or queued; NULL ends them. */
int gm_postgres_tell_all(struct gm_postgres *pg, const char *const *sql,
			 struct gm_error *err);
/* The same in one text, run at once. */
int gm_postgres_tell(struct gm_postgres *pg, const char *sql,
		     struct gm_error *err);

#endif
