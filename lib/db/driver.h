/*
 * The contract between the tool and a database. To add a database: fill a
 * struct gm_driver in drivers/NAME.c, add it to the table in
 * drivers/drivers.c, and make the suite in tests/drivers pass.
 *
 * A driver runs one statement at a time on one connection; it knows nothing
 * of migrations, of the history, or of order. Every function that can fail
 * returns 0 (or what its paragraph says) or a negative enum gm_code and
 * sets err: GM_ESQL with the server's own words, its five-character code and
 * the position in the statement where it tells them; GM_ECONNECT where the
 * connection is gone, so that nobody knows what became of the statement;
 * GM_EBUSY where somebody else holds what is needed; GM_EINTERRUPTED where
 * `interrupt` ended it.
 */
#ifndef GM_DB_DRIVER_H
#define GM_DB_DRIVER_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "db/url.h"
#include "db/value.h"
#include "sql/dialect.h"

struct gm_db;

enum gm_driver_flag {
	/* A transaction takes back DDL as well. */
	GM_DRIVER_TRANSACTIONAL_DDL = 1u << 0,
	/* The database is a file on this machine. */
	GM_DRIVER_FILE = 1u << 1,
	/* A schema is a database like any other, and stays where one goes. */
	GM_DRIVER_SCHEMA_IS_DATABASE = 1u << 2
};

struct gm_open_options {
	/* A relative path in a URL starts here; NULL: the current directory. */
	const char *base_dir;
	/* Files that SQL may reach (ATTACH) lie below this directory, or next
	 * to the database; NULL: the database's directory alone. */
	const char *confine_dir;
	/* Only reading is intended: nothing may be created, and a database
	 * that can't be written is no error. */
	bool read_only;
	/* How long a statement waits for a lock of another session, in
	 * milliseconds; 0: as long as it takes. */
	int lock_timeout_ms;
	/* Told, in a sentence, what the server says that is no error: its
	 * notices while a statement of the user's runs, or what it lacks.
	 * NULL: nobody asks. */
	void (*notice)(void *context, const char *text);
	void *notice_context;
};

/*
 * One row of a result. `columns` is valid during the call. A negative return
 * stops the statement and becomes its result.
 */
typedef int gm_row_fn(void *context, const struct gm_value *columns, size_t n);

struct gm_driver {
	/* What users call it: "sqlite". Required, as are the next three. */
	const char *name;
	/* The URL schemes that it answers to, in lower case; NULL ends them. */
	const char *const *schemes;
	const struct gm_dialect *dialect;
	/* Where a server listens whose URL names no port; NULL for files. */
	const char *port;
	/* A set of enum gm_driver_flag. */
	unsigned flags;

	/* Column types of the history's tables: a text of up to 1 MiB, and a
	 * name of up to 255 bytes that can be in a key and compares byte by
	 * byte. What follows a CREATE TABLE of ours; "" for nothing. */
	const char *text_type;
	const char *name_type;
	const char *table_options;

	/* What follows that where the table's rows are short. Optional. */
	const char *short_row_options;

	/* A key that the database counts up: the column's type with PRIMARY
	 * KEY, the value that stands for the next one, and the expression for
	 * the last one that this session was given. Required. */
	const char *serial_type;
	const char *serial_next;
	const char *serial_last;

	/* For scripts: how a transaction begins and ends, each with its
	 * semicolon, and the command line that runs a script. Required. */
	const char *begin_text;
	const char *commit_text;
	const char *client;
	/* For scripts: adds what makes the session a new one, as
	 * `clean_session` does, or fails; with `own` for the tool's rows, else
	 * for SQL of the user's. With begin_own each part of a script has such
	 * a session, and otherwise each migration. `db` may be NULL.
	 * Optional. */
	int (*session_text)(struct gm_db *db, bool own, struct gm_strbuf *out,
			    struct gm_error *err);

	/*
	 * Connects. Required. GM_ENOTFOUND where the database itself does not
	 * exist; a file database without `read_only` is made on the first
	 * write. GM_EUNAVAILABLE where no server answers, or not yet. Any
	 * other reason is GM_ECONNECT or GM_EINVALID with one sentence that
	 * says which, and no secret. The session's
	 * settings that the driver changes are the driver's to put back
	 * before SQL of the user's could see them, except those that this
	 * page names.
	 */
	int (*open)(struct gm_db **out, const struct gm_url *url,
		    const struct gm_open_options *options,
		    struct gm_error *err);

	/* Required. Rolls back what is open, releases locks. Accepts NULL. */
	void (*close)(struct gm_db *db);

	/*
	 * Makes the database that the URL names, empty, or removes it with all
	 * that it holds. Required. They fail as `open` does, and further:
	 * create with GM_EEXISTS where it is there, drop with GM_ENOTFOUND
	 * where it isn't, with GM_EBUSY where others are connected to it and
	 * the database cares, and with GM_EREFUSED for what is no database of
	 * the user's: a server's own, a file that holds something else.
	 */
	int (*create_database)(const struct gm_url *url,
			       const struct gm_open_options *options,
			       struct gm_error *err);
	int (*drop_database)(const struct gm_url *url,
			     const struct gm_open_options *options,
			     struct gm_error *err);

	/*
	 * Connects again after GM_ECONNECT, and waits until the session that
	 * was lost is no longer at work: from then on what it had not
	 * committed has not happened. Its locks are gone. GM_ECONNECT where
	 * there is no way back, or no end to the old session. Optional.
	 */
	int (*reconnect)(struct gm_db *db, struct gm_error *err);

	/*
	 * Transactions. Required. `begin` takes at once whatever lock makes
	 * a second writer wait, where the database has such a lock. After a
	 * failed statement or commit, `rollback` is always allowed, and does
	 * nothing where the database has rolled back by itself. A `commit`
	 * that fails has not happened, unless it says GM_ECONNECT.
	 */
	int (*begin)(struct gm_db *db, struct gm_error *err);
	int (*commit)(struct gm_db *db, struct gm_error *err);
	int (*rollback)(struct gm_db *db, struct gm_error *err);

	/*
	 * Begins a transaction of `query` alone, on which no statement of the
	 * user's has a hold, nor anything that it left in the session; commit
	 * and rollback end it. Optional, for a database without transactional
	 * DDL: `begin` serves where it is NULL.
	 */
	int (*begin_own)(struct gm_db *db, struct gm_error *err);

	/* Whether a transaction is open on the connection, whoever opened
	 * it; one of begin_own doesn't count. Required. */
	bool (*in_transaction)(struct gm_db *db);

	/*
	 * Queueing: for a database that is far away, so that a migration
	 * costs one journey instead of one for each statement. Optional, both
	 * or none.
	 *
	 * `queue` begins it, with true, and returns 1, or 0 where it can't
	 * be had. From then on `begin`, `commit`, `exec` and `query`, without
	 * a function for rows, and the functions around a migration return 0
	 * before anything is known of them. `sql` of `exec` has to stay where
	 * it is until its answer is there. No other function may be called
	 * until `queue`, with false, ends it: then whatever isn't committed
	 * is rolled back.
	 *
	 * `await` waits for the oldest commit whose end isn't told yet. Where
	 * that, or something before it, failed, nothing that was queued
	 * behind has happened, the transaction is rolled back, queueing is
	 * over, and *failed is the `sql` of the call that failed; NULL for
	 * `begin` and `commit`. After GM_ECONNECT nobody knows of any of
	 * them.
	 */
	int (*queue)(struct gm_db *db, bool on);
	int (*await)(struct gm_db *db, const char **failed,
		     struct gm_error *err);

	/* Whether `exec` of this statement may be queued; a statement that
	 * takes or gives rows by COPY may not be. Optional: any may. */
	bool (*can_queue)(const char *sql, size_t len);

	/* How SQL says how many whole milliseconds the transaction is old.
	 * Required for queueing, where nobody else can tell in time. */
	const char *elapsed_text;

	/*
	 * Whether the statement that failed last, or the transaction that was
	 * rolled back behind it, may have changed what stays all the same: it
	 * wrote to tables without transactions, or was several statements.
	 * Optional: never, where it is NULL.
	 */
	bool (*stays_in_part)(struct gm_db *db);

	/*
	 * Whether what `query` writes now stands apart from the transaction
	 * that is open, and stays when that is rolled back: not behind `mark`,
	 * up to the next `exec`. Optional: never, where it is NULL.
	 */
	bool (*writes_apart)(struct gm_db *db);

	/*
	 * Runs one statement of the user's, as it stands. Required. Rows go
	 * to `row`, or nowhere where it is NULL; all of them are read.
	 * err->position counts from the statement's first byte. GM_EBUSY
	 * where another session held a lock for too long; the message says
	 * who, as far as the database tells.
	 */
	int (*exec)(struct gm_db *db, const char *sql, size_t len,
		    gm_row_fn *row, void *context, struct gm_error *err);

	/*
	 * In two halves, so that what `query` writes in a transaction of
	 * begin_own need not wait for it. Optional, both or none. `send`
	 * begins what `exec` does and returns 1, or 0 where the statement is
	 * better run by `exec`: it may have to do with that transaction.
	 * `receive` returns 1 where the answer isn't there after so many
	 * milliseconds, and else what `exec` returns; below 0 it waits as long
	 * as it takes. In between only begin_own, what belongs to its
	 * transaction, and `owner` may be called. `sql` has to stay where it
	 * is.
	 */
	int (*send)(struct gm_db *db, const char *sql, size_t len,
		    struct gm_error *err);
	int (*receive)(struct gm_db *db, int wait_ms, struct gm_error *err);

	/*
	 * Sends the commit of a transaction of begin_own, and leaves it to
	 * `commit` to wait for its end: the next call of that, before which
	 * nothing but `begin`, and what belongs to its transaction, may be
	 * called. Optional.
	 */
	int (*send_commit)(struct gm_db *db, struct gm_error *err);

	/*
	 * Whether `exec` of the statement may as well be in a transaction of
	 * `begin` in which `query` writes behind it: it changes rows. What it
	 * does to tables without transactions happens at once. Optional: none
	 * may.
	 *
	 * Where one may, `mark` sets a mark in that transaction, and `go_back`
	 * takes back what was written behind it, or fails where the database
	 * has ended the transaction. `takes_back` is 1 where any statement is
	 * sure to be taken back with its transaction: there is nothing that
	 * could have written elsewhere.
	 */
	bool (*can_join)(struct gm_db *db, const char *sql, size_t len);
	int (*mark)(struct gm_db *db, struct gm_error *err);
	int (*go_back)(struct gm_db *db, struct gm_error *err);
	int (*takes_back)(struct gm_db *db, struct gm_error *err);

	/*
	 * Runs a statement that takes rows from the client, which the script
	 * holds behind it (GM_STATEMENT_COPY). `data` is in the same text as
	 * `sql`, so that err->position can point into it. Required where the
	 * dialect has such statements.
	 */
	int (*exec_copy)(struct gm_db *db, const char *sql, size_t len,
			 const char *data, size_t data_len,
			 struct gm_error *err);

	/*
	 * Runs one statement of ours. Required. Parameters are written `?`,
	 * values are bound, never pasted; `?` stands nowhere else. A driver
	 * may keep prepared statements by the address of `sql`, which stays
	 * valid and unchanged until `close`.
	 */
	int (*query)(struct gm_db *db, const char *sql,
		     const struct gm_value *params, size_t n, gm_row_fn *row,
		     void *context, struct gm_error *err);

	/*
	 * The same in a transaction of ours, which it commits behind it, in
	 * one journey. Where it fails nothing is committed, as `commit` says,
	 * and the transaction may be open. Optional.
	 */
	int (*query_commit)(struct gm_db *db, const char *sql,
			    const struct gm_value *params, size_t n,
			    struct gm_error *err);

	/*
	 * Returns 1 where the table is there, else 0. Required. `name` is
	 * TABLE or SCHEMA.TABLE as a statement would have it.
	 */
	int (*has_table)(struct gm_db *db, const char *name,
			 struct gm_error *err);

	/*
	 * The schema that a table without one belonged to when the connection
	 * was opened, as a statement would have it; the caller frees *out,
	 * which is NULL where there was none. The history's tables are
	 * addressed by it, so that nothing that a migration leaves behind (SET
	 * search_path, USE) can hide them. Optional.
	 */
	int (*schema)(struct gm_db *db, char **out, struct gm_error *err);

	/*
	 * Where the schema that a name without one belongs to may be another
	 * one the next time: the schemas, as statements would have them, in
	 * which a table of that bare name has such a column. They are given to
	 * `row`, as texts. Optional.
	 */
	int (*schemas_with)(struct gm_db *db, const char *name,
			    const char *column, gm_row_fn *row, void *context,
			    struct gm_error *err);

	/*
	 * Called before a migration's first statement, outside any
	 * transaction, and again after its last one, inside the transaction
	 * where there is one: the place to prepare the session, and to look
	 * for damage that the statements did and the database did not report
	 * (GM_ESQL: the migration fails). Optional.
	 */
	int (*before_migration)(struct gm_db *db, struct gm_error *err);
	int (*after_migration)(struct gm_db *db, struct gm_error *err);

	/*
	 * Makes the session as new, locks kept: settings that a migration
	 * left behind, temporary tables, the current schema. Outside any
	 * transaction. Optional.
	 */
	int (*clean_session)(struct gm_db *db, struct gm_error *err);

	/* The same after a migration in a transaction that holds several.
	 * Optional: NULL where that can't be. */
	int (*clean_within)(struct gm_db *db, struct gm_error *err);

	/*
	 * Tries to take the lock `name` for this run, without waiting: 1
	 * where it is held now, 0 where another run holds it; then *holder
	 * (the caller frees it) says who, as far as the database tells, or is
	 * NULL. It dies with the session. Optional: without it every run goes
	 * ahead and rests on the history's key.
	 */
	int (*try_lock)(struct gm_db *db, const char *name, char **holder,
			struct gm_error *err);
	void (*unlock)(struct gm_db *db);

	/*
	 * The name of this session, which `owner_is_alive` of another session
	 * can judge: 1 where that session still runs, 0 where it is gone.
	 * Required. The caller frees *out.
	 */
	int (*owner)(struct gm_db *db, char **out, struct gm_error *err);
	int (*owner_is_alive)(struct gm_db *db, const char *owner,
			      const char *lock_name, struct gm_error *err);

	/*
	 * Whether another session is at this very statement now: 1 or 0, as
	 * far as the database tells. Optional, for one where an owner may be
	 * gone, or unknown, while its last statement goes on.
	 */
	int (*is_running)(struct gm_db *db, const char *sql, size_t len,
			  struct gm_error *err);

	/*
	 * What the database says of the statement that runs, as a few words
	 * ("stage 1 of 2, 40%"); *out is NULL where it says nothing. Called
	 * from another thread, from one at a time, and not after that thread
	 * has ended. The caller frees *out. Optional.
	 */
	void (*progress)(struct gm_db *db, char **out);

	/*
	 * Ends the statement that runs on the connection, which then returns
	 * GM_EINTERRUPTED. Called from a signal handler or another thread:
	 * only what is safe there. Optional.
	 */
	void (*interrupt)(struct gm_db *db);
};

/* What every driver's own connection struct begins with. */
struct gm_db {
	const struct gm_driver *driver;
};

/* The driver in the table (a NULL at its end) that answers to the scheme, or
 * NULL. Borrowed. */
const struct gm_driver *gm_driver_find(const struct gm_driver *const *table,
				       const char *scheme);

#endif
