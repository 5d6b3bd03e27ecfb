/*
 * What the SQLite driver promises beyond the contract of all drivers: a clean
 * session, files that SQL may reach, and files that are not as they should
 * be.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "db/driver.h"
#include "drivers/sqlite.h"
#include "sqlite_file.h"

static const struct gm_driver *const driver = &gm_driver_sqlite;

/* Two parents, each with a child. */
#define FAMILY                                                                 \
	"CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT)|"                  \
	"INSERT INTO p VALUES (1, 'a'), (2, 'b')|"                             \
	"CREATE TABLE c (id INTEGER PRIMARY KEY,"                              \
	" p INTEGER REFERENCES p ON DELETE CASCADE)|"                          \
	"INSERT INTO c VALUES (11, 1), (12, 2)|"

static void what_a_migration_sets_does_not_reach_the_next(void **state)
{
	struct fixture *f = *state;

	must(f, run_all(f, FAMILY));
	must(f, run_all(f, "PRAGMA case_sensitive_like = ON|"
			   "PRAGMA recursive_triggers = ON|"
			   "CREATE TEMP TABLE t (n)|"
			   "ATTACH ':memory:' AS other"));
	expect(f, "SELECT 'A' LIKE 'a'", "0");
	must(f, driver->clean_session(f->db, &f->err));
	expect(f, "SELECT 'A' LIKE 'a'", "1");
	expect(f, "PRAGMA recursive_triggers", "0");
	expect(f, "SELECT count(*) FROM temp.sqlite_schema", "0");
	expect(f,
	       "SELECT count(*) FROM pragma_database_list"
	       " WHERE name <> 'temp'",
	       "1");
}

struct reach_case {
	/* %s is the work tree. */
	const char *file;
	bool allowed;
};

static void sql_reaches_files_of_the_work_tree_alone(void **state)
{
	static const struct reach_case cases[] = {
		{ "", true },
		{ ":memory:", true },
		{ "%s/other.db", true },
		{ "%s/sub/other.db", true },
		{ "%s/./sub/../other.db", true },
		{ "file:%s/other.db", true },
		{ "file://%s/other.db", true },
		{ "file://localhost%s/o%%74her.db?mode=rwc", true },
		{ "file:///%s/other.db", true },
		{ "%s/../other.db", false },
		{ "%s-beside/other.db", false },
		{ "%s/none/other.db", false },
		{ "%s/out/other.db", false },
		{ "%s/dangling.db", false },
		{ "file:%s/%%2e%%2e/other.db", false },
		{ "file:////%s/../other.db", false },
		{ "file://elsewhere%s/other.db", false },
		{ "file:%s/..%%00/other.db", false },
	};
	struct fixture *f = *state;
	char *path = gm_format("%s/sub", f->tree);
	size_t i;

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
	path = gm_format("%s-beside", f->tree);
	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
	path = gm_format("%s/out", f->tree);
	assert_int_equal(symlink(f->dir, path), 0);
	free(path);
	path = gm_format("%s/dangling.db", f->tree);
	assert_int_equal(symlink("../elsewhere.db", path), 0);
	free(path);
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_strbuf sql = { 0 };
		const char *at = strstr(cases[i].file, "%s");
		const char *rest;
		int r;

		gm_strbuf_adds(&sql, "ATTACH '");
		rest = cases[i].file;
		if (at) {
			gm_strbuf_add(&sql, rest, (size_t)(at - rest));
			gm_strbuf_adds(&sql, f->tree);
			rest = at + 2;
		}
		for (; *rest; rest++) {
			gm_strbuf_addc(&sql, *rest);
			if (rest[0] == '%' && rest[1] == '%')
				rest++;
		}
		gm_strbuf_adds(&sql, "' AS other");
		r = run(f, sql.buf);
		if (cases[i].allowed) {
			must(f, r);
			must(f, run(f, "DETACH other"));
		} else {
			if (r != GM_ESQL)
				fail_msg("reached by %s", sql.buf);
			expect_message(f, "neither in the work tree");
		}
		gm_strbuf_release(&sql);
	}
}

static void a_file_name_that_is_made_up_later_is_refused(void **state)
{
	assert_int_equal(run(*state, "ATTACH 'a' || 'b' AS x"), GM_ESQL);
	expect_message(*state, "plain string");
}

static void vacuum_writes_where_attach_may(void **state)
{
	struct fixture *f = *state;
	char *inside = gm_format("VACUUM INTO '%s/copy.db'", f->tree);
	char *outside = gm_format("VACUUM INTO '%s/' || 'copy.db'", f->dir);

	must(f, run_all(f, FAMILY));
	must(f, run(f, "VACUUM"));
	must(f, run(f, inside));
	assert_int_equal(run(f, outside), GM_ESQL);
	expect_message(f, "neither in the work tree");
	free(inside);
	free(outside);
}

static void no_extension_is_loaded(void **state)
{
	assert_int_equal(run(*state, "SELECT load_extension('x')"), GM_ESQL);
	expect_message(*state, "loading an extension is not allowed");
}

static void writable_schema_works_as_in_the_shell(void **state)
{
	struct fixture *f = *state;

	must(f, run_all(f, "CREATE TABLE t (n)|PRAGMA writable_schema = ON|"
			   "UPDATE sqlite_schema SET sql = 'CREATE TABLE t"
			   " (m)'|PRAGMA writable_schema = RESET"));
	expect(f, "SELECT name FROM pragma_table_info('t')", "m");
}

struct statement_case {
	const char *sql;
	size_t len;
	const char *message;
	size_t position;
};

#define STATEMENT(sql) (sql), sizeof(sql) - 1

static void what_is_not_one_statement_is_refused(void **state)
{
	static const struct statement_case cases[] = {
		{ STATEMENT("SELECT 1; -- one\n /* and */ ;"), NULL, 0 },
		{ STATEMENT("-- nothing"), NULL, 0 },
		{ STATEMENT("SELECT 1; SELECT 2"), "more than one", 10 },
		{ STATEMENT("SELECT 1;\0"), "NUL byte", 10 },
		{ STATEMENT("SELECT 'a\0b'"), "NUL byte", 10 },
		{ STATEMENT("SELECT ?"), "parameter", 0 },
		{ STATEMENT("SELECT :name"), "parameter", 0 },
		{ STATEMENT("SELECT nope"), "no such column: nope", 8 },
	};
	struct fixture *f = *state;
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		const struct statement_case *c = &cases[i];
		int r = driver->exec(f->db, c->sql, c->len, NULL, NULL,
				     &f->err);

		if (!c->message) {
			must(f, r);
			continue;
		}
		assert_int_equal(r, GM_ESQL);
		expect_message(f, c->message);
		assert_int_equal(f->err.position, c->position);
	}
}

static int count_columns(void *context, const struct gm_value *columns,
			 size_t n)
{
	(void)columns;
	*(size_t *)context = n;
	return 0;
}

static void a_row_may_have_many_columns(void **state)
{
	const char *sql = "SELECT * FROM pragma_table_info('c') a,"
			  " pragma_table_info('c') b,"
			  " pragma_table_info('c') c";
	struct fixture *f = *state;
	size_t n = 0;

	must(f, run_all(f, FAMILY));
	must(f,
	     driver->exec(f->db, sql, strlen(sql), count_columns, &n, &f->err));
	assert_int_equal(n, 18);
}

static void a_disk_that_is_full_is_told(void **state)
{
	struct fixture *f = *state;

	must(f, run_all(f, "CREATE TABLE t (n)|PRAGMA max_page_count = 3"));
	assert_int_equal(run(f, "INSERT INTO t VALUES (zeroblob(99999))"),
			 GM_ESQL);
	expect_message(f, "database 'app.db': the disk is full");
}

static void write_file(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	fputs(text, file);
	assert_int_equal(fclose(file), 0);
}

struct open_case {
	const char *path;
	bool read_only;
	int code;
	const char *message;
};

static void what_is_no_database_is_told_when_it_is_opened(void **state)
{
	static const struct open_case cases[] = {
		{ "empty.db", false, 0, NULL },
		{ "empty.db", true, 0, NULL },
		{ "./empty.db?mode=rw", false, 0, NULL },
		{ "/dev/null", false, GM_ECONNECT, "not a regular file" },
		{ "text.db", false, GM_ECONNECT, "not an SQLite database" },
		{ "text.db", true, GM_ECONNECT, "not an SQLite database" },
		{ "sub", false, GM_ECONNECT, "is a directory" },
		{ "new/", false, GM_ECONNECT, "is a directory" },
		{ "none/app.db", false, GM_ECONNECT, "directory of the" },
		{ "none/app.db", true, GM_ECONNECT, "directory of the" },
		{ "text.db/app.db", false, GM_ECONNECT, "Not a directory" },
		{ "none.db", true, GM_ENOTFOUND, "'none.db' does not" },
		{ "none.db?mode=ro", false, GM_ENOTFOUND, "does not exist" },
		{ "none.db?mode=rw", false, GM_ENOTFOUND, "does not exist" },
		{ "none.db?mode=x", false, GM_EINVALID, "'rw' or 'rwc'" },
		{ "none.db?cache=x", false, GM_EINVALID, "'cache', only" },
		{ ":memory:", false, GM_EINVALID, "in memory" },
		{ "", false, GM_EINVALID, "names no file" },
	};
	struct fixture *f = *state;
	char *path = gm_format("%s/sub", f->tree);
	size_t i;

	assert_int_equal(mkdir(path, 0755), 0);
	free(path);
	path = gm_format("%s/empty.db", f->tree);
	write_file(path, "");
	free(path);
	path = gm_format("%s/text.db", f->tree);
	write_file(path, "this is a text and not a database, by its looks");
	free(path);
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_db *db = NULL;
		int r = open_with(f, &db, cases[i].path, cases[i].read_only,
				  1000);

		if (r != cases[i].code)
			fail_msg("%s: %d, not %d", cases[i].path, r,
				 cases[i].code);
		if (cases[i].message)
			expect_message(f, cases[i].message);
		driver->close(db);
	}
}

static void a_second_writer_waits_as_long_as_it_was_told(void **state)
{
	struct fixture *f = *state;
	struct gm_db *other;

	must(f, run_all(f, FAMILY));
	must(f, open_with(f, &other, "app.db", false, 1));
	must(f, driver->begin(f->db, &f->err));
	assert_int_equal(driver->begin(other, &f->err), GM_EBUSY);
	expect_message(f, "'app.db' is locked");
	driver->close(other);
}

/* The signal handler's only way to the connection. */
static struct gm_db *volatile waiting;

static void on_alarm(int signal_number)
{
	(void)signal_number;
	if (waiting)
		driver->interrupt(waiting);
}

static void a_wait_for_a_lock_can_be_interrupted(void **state)
{
	const struct itimerval often = { { 0, 10000 }, { 0, 10000 } };
	const struct itimerval never = { { 0, 0 }, { 0, 0 } };
	struct fixture *f = *state;
	struct gm_db *other;
	int r;

	must(f, run_all(f, FAMILY));
	must(f, open_with(f, &other, "app.db", false, 0));
	must(f, driver->begin(f->db, &f->err));
	waiting = other;
	signal(SIGALRM, on_alarm);
	setitimer(ITIMER_REAL, &often, NULL);
	r = driver->begin(other, &f->err);
	setitimer(ITIMER_REAL, &never, NULL);
	waiting = NULL;
	assert_int_equal(r, GM_EINTERRUPTED);
	driver->close(other);
}

/* Runs `body` in a child that may be killed; returns its wait status. */
static int in_child(struct fixture *f, void (*body)(struct fixture *f))
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (!pid) {
		body(f);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void die_while_writing(struct fixture *f)
{
	struct gm_db *db;

	if (open_with(f, &db, "app.db", false, 1000))
		_exit(1);
	/* Without a cache what is written goes to the file at once. */
	if (run_on(f, db, "PRAGMA cache_size = 1") || driver->begin(db, NULL) ||
	    run_on(f, db, "UPDATE t SET n = randomblob(1000)"))
		_exit(2);
	kill(getpid(), SIGKILL);
}

static void what_a_killed_writer_left_is_read_as_it_was(void **state)
{
	struct fixture *f = *state;
	struct gm_db *db;
	char *text;

	must(f, run_all(f, "CREATE TABLE t (n)|WITH RECURSIVE n(i) AS"
			   " (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE"
			   " i < 200) INSERT INTO t SELECT zeroblob(1000)"
			   " FROM n"));
	driver->close(f->db);
	f->db = NULL;
	assert_true(WIFSIGNALED(in_child(f, die_while_writing)));
	must(f, open_with(f, &db, "app.db", true, 1000));
	text = ask_on(f, db, "SELECT count(*) FROM t WHERE n = zeroblob(1000)");
	assert_string_equal(text, "200");
	free(text);
	assert_int_equal(run_on(f, db, "DELETE FROM t"), GM_ESQL);
	driver->close(db);
}

/* As somebody who may only read. */
static void read_without_rights(struct fixture *f)
{
	struct gm_db *db = NULL;

	if (!geteuid() && (setgid(65534) || setuid(65534)))
		_exit(1);
	if (open_with(f, &db, "app.db", true, 1000) ||
	    run_on(f, db, "SELECT * FROM p"))
		_exit(2);
	driver->close(db);
	_exit(42);
}

static void write_without_rights(struct fixture *f)
{
	struct gm_db *db = NULL;

	if (!geteuid() && (setgid(65534) || setuid(65534)))
		_exit(1);
	if (open_with(f, &db, "app.db", false, 1000))
		_exit(3);
	if (run_on(f, db, "DELETE FROM p") != GM_ESQL ||
	    !strstr(f->err.message, "can't be written"))
		_exit(4);
	_exit(42);
}

static void check_without_rights(struct fixture *f,
				 void (*body)(struct fixture *f))
{
	char *path = gm_format("%s/app.db", f->tree);
	int status;

	driver->close(f->db);
	f->db = NULL;
	assert_int_equal(chmod(path, 0444), 0);
	assert_int_equal(chmod(f->tree, 0555), 0);
	status = in_child(f, body);
	assert_int_equal(chmod(f->tree, 0755), 0);
	free(path);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 42);
}

static void a_file_that_cannot_be_written_can_be_read(void **state)
{
	must(*state, run_all(*state, FAMILY));
	check_without_rights(*state, read_without_rights);
}

static void so_can_one_in_wal_mode(void **state)
{
	must(*state, run_all(*state, "PRAGMA journal_mode = WAL|" FAMILY));
	check_without_rights(*state, read_without_rights);
}

static void writing_it_says_that_it_cannot_be_written(void **state)
{
	must(*state, run_all(*state, FAMILY));
	check_without_rights(*state, write_without_rights);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_a_migration_sets_does_not_reach_the_next),
		TEST(sql_reaches_files_of_the_work_tree_alone),
		TEST(a_file_name_that_is_made_up_later_is_refused),
		TEST(vacuum_writes_where_attach_may),
		TEST(no_extension_is_loaded),
		TEST(writable_schema_works_as_in_the_shell),
		TEST(what_is_not_one_statement_is_refused),
		TEST(a_row_may_have_many_columns),
		TEST(a_disk_that_is_full_is_told),
		TEST(what_is_no_database_is_told_when_it_is_opened),
		TEST(a_second_writer_waits_as_long_as_it_was_told),
		TEST(a_wait_for_a_lock_can_be_interrupted),
		TEST(what_a_killed_writer_left_is_read_as_it_was),
		TEST(a_file_that_cannot_be_written_can_be_read),
		TEST(so_can_one_in_wal_mode),
		TEST(writing_it_says_that_it_cannot_be_written),
	};

	return cmocka_run_group_tests_name("sqlite", tests, NULL, NULL);
}
