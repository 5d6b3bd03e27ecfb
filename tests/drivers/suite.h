/*
 * What a driver must do, as tests: one section for each paragraph of
 * lib/db/driver.h, then the history and whole runs on top of it. To test
 * another database, give it a row in texts.c and a program like
 * test_sqlite.c.
 *
 * No test asks for a database's name. What a database can is told by its
 * driver's flags and optional functions; how its SQL says a thing, by the
 * texts of its dialect.
 */
#ifndef GM_TESTS_DRIVERS_SUITE_H
#define GM_TESTS_DRIVERS_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "db/driver.h"

/* How long a statement waits for a lock in a session that is patient, and
 * in one that is not. */
#define SUITE_PATIENT_MS 60000
#define SUITE_IMPATIENT_MS 1000

/* How a dialect says what the tests want to say. Everything that a test
 * makes has a name that begins with gmt. */
struct suite_texts {
	const struct gm_dialect *dialect;
	/* Returns what every gmt… table and view is dropped by. */
	const char *leftovers;
	/* Runs until it is interrupted. */
	const char *endless;
	/* SQLSTATE of a syntax error, and of a key that is there already;
	 * "" where the database has no such codes. */
	const char *syntax_code;
	const char *duplicate_code;
	/* Returns the schema that a table is made in. */
	const char *schema;
	/* Statements that leave the session changed, and a query that has
	 * another result then. NULL ends them. */
	const char *const *spoil;
	const char *spoilt;
	/* What the server remarks on without failing, or NULL. */
	const char *remarkable;
	/* Refused inside a transaction, or NULL; gmt_t (n INTEGER) is there. */
	const char *outside_only;
	/* Takes rows from the client into gmt_copy (n INTEGER, t TEXT), two
	 * good ones and one whose number is bad; or NULL. */
	const char *copy;
	const char *copy_rows;
	const char *copy_bad_rows;
	/* Returns this session's number, and what ends the session of the
	 * number that stands for the '?'; NULL where nobody can. */
	const char *session_number;
	const char *end_session;
};

/* The texts of the dialect; the test program ends where there are none. */
const struct suite_texts *suite_texts(const struct gm_dialect *dialect);

/* Another process, see suite_peer_start. */
struct suite_peer {
	/* 0: none. */
	pid_t pid;
	int to;
	int from;
	/* What stood behind the number in its last answer. */
	char said[1024];
};

#define SUITE_PEERS 2

/* What a test finds in *state. */
struct suite {
	const struct gm_driver *driver;
	const struct suite_texts *texts;
	/* A set of enum suite_feature. */
	unsigned has;
	/* This program, to be run again as a peer. */
	const char *program;
	/* Where a database that is a file lies; else the server's URL. */
	char *dir;
	char *url;
	/* A patient session in an empty database. */
	struct gm_db *db;
	struct suite_peer peers[SUITE_PEERS];
	/* Of the last call that had one. */
	struct gm_error err;
};

/* What a test needs, and not every database has. */
enum suite_feature {
	/* The database is a file, or not. */
	SUITE_FILE = 1u << 0,
	SUITE_SERVER = 1u << 1,
	/* A transaction takes DDL back, or DDL ends the transaction. */
	SUITE_DDL_BACK = 1u << 2,
	SUITE_DDL_COMMITS = 1u << 3,
	/* The driver has these functions. */
	SUITE_LOCKS = 1u << 4,
	SUITE_INTERRUPT = 1u << 5,
	SUITE_SCHEMA = 1u << 6,
	SUITE_RECONNECT = 1u << 7,
	SUITE_COPY = 1u << 8,
	/* The texts have such a statement. */
	SUITE_REMARKS = 1u << 9,
	SUITE_OUTSIDE = 1u << 10,
	/* The driver queues. */
	SUITE_QUEUE = 1u << 11,
	/* It has exec in two halves. */
	SUITE_SEND = 1u << 12
};

struct suite_test {
	struct CMUnitTest unit;
	unsigned needs;
};

struct suite_section {
	const struct suite_test *tests;
	size_t n;
};

int suite_setup(void **state);
int suite_teardown(void **state);

/* A test of a section: the function's name is the sentence. */
#define SUITE_TEST_IF(feature, f)                                              \
	{                                                                      \
		{ #f, f, suite_setup, suite_teardown, NULL }, feature          \
	}
#define SUITE_TEST(f) SUITE_TEST_IF(0, f)
#define SUITE_SECTION(name, tests)                                             \
	const struct suite_section name = { tests, GM_ARRAY_SIZE(tests) }

extern const struct suite_section suite_open_section;
extern const struct suite_section suite_transactions_section;
extern const struct suite_section suite_statements_section;
extern const struct suite_section suite_values_section;
extern const struct suite_section suite_queue_section;
extern const struct suite_section suite_session_section;
extern const struct suite_section suite_locks_section;
extern const struct suite_section suite_history_section;
extern const struct suite_section suite_runs_section;

/*
 * Runs every section, and `more` where it isn't NULL, for the driver of that
 * name. `url_variable` names the environment variable with the server's URL;
 * NULL: the database is a file. Without a URL all is skipped; with CI set
 * that is a failure. To be returned from main.
 */
int suite_main(int argc, char **argv, const char *driver_name,
	       const char *url_variable, const struct suite_section *more);

/* Opens a session; fails the test where it can't. */
struct gm_db *suite_open(struct suite *s, int lock_timeout_ms);

/* Opens with that URL and these options; returns what `open` does. */
int suite_open_url(struct suite *s, struct gm_db **out, const char *url,
		   const struct gm_open_options *options);

/* Closes the session and opens it again. */
void suite_reopen(struct suite *s);

/* The call must have succeeded; must have failed so, with a message. */
void suite_ok(struct suite *s, int ret);
void suite_fails(struct suite *s, int ret, enum gm_code code);

/* Runs a statement of the user's: returns its result; it must succeed. */
int suite_try(struct suite *s, struct gm_db *db, const char *sql);
void suite_run(struct suite *s, const char *sql);

/* The rows of a statement: columns apart by '|', rows by '\n', NULL as
 * "NULL". The caller frees it. */
char *suite_ask(struct suite *s, struct gm_db *db, const char *sql);

/* The rows must be these. */
void suite_expect(struct suite *s, const char *sql, const char *rows);

/*
 * Another process with a session of its own. It does what it is told, line
 * by line, and answers each with a line:
 *
 *	begin, commit		0, or the negative code and the message
 *	exec SQL
 *	lock NAME		1, or 0 and who holds it
 *	owner			0 and its name
 *	alive LOCK OWNER	1 or 0
 */
struct suite_peer *suite_peer_start(struct suite *s);

/* Tells it; returns the number that it answers. */
int suite_peer_ask(struct suite_peer *peer, const char *fmt, ...)
	GM_PRINTF(2, 3);

/*
 * Takes the lock, in this session and in the other one. A server may keep it
 * for a moment for a session that is over: then it is waited for.
 */
void suite_lock(struct suite *s, const char *name);
void suite_peer_lock(struct suite_peer *peer, const char *name);

/* Lets it close its session and end; ends it without a chance to. What a
 * test that failed leaves behind is ended with the test. */
void suite_peer_end(struct suite_peer *peer);
void suite_peer_kill(struct suite_peer *peer);

/* What the other process does; never returns. */
void suite_peer_main(const struct gm_driver *driver, const char *url);

#endif
