/*
 * lib/sql/split: where statements end, what they are, and what can't be
 * split. Whole scripts are in tests/corpus: NAME.DIALECT.sql beside
 * NAME.DIALECT.expected, which lists the statements; before each of them
 * stands its line and what it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/split.h"

#define CORPUS "tests/corpus"
#define LITE &gm_dialect_sqlite
#define POST &gm_dialect_postgres
#define MY &gm_dialect_mysql

static void render_statement(const struct gm_statement *statement,
			     const char *text, struct gm_strbuf *out)
{
	gm_strbuf_addf(out, "-- line %zu", statement->line);
	if (statement->flags & GM_STATEMENT_TRANSACTION)
		gm_strbuf_adds(out, ", transaction");
	if (statement->flags & GM_STATEMENT_NO_TRANSACTION)
		gm_strbuf_adds(out, ", no transaction");
	if (statement->flags & GM_STATEMENT_COPY)
		gm_strbuf_addf(out, ", %zu bytes of rows", statement->data_len);
	gm_strbuf_addc(out, '\n');
	gm_strbuf_add(out, text + statement->start, statement->len);
	gm_strbuf_addc(out, '\n');
	gm_strbuf_add(out, text + statement->data_start, statement->data_len);
}

static void render(const struct gm_dialect *dialect, const char *text,
		   size_t len, struct gm_strbuf *out)
{
	struct gm_splitter splitter;
	struct gm_statement statement;
	struct gm_error err = { 0 };
	size_t line;
	size_t column;
	int rc;

	gm_splitter_init(&splitter, dialect, text, len);
	while ((rc = gm_splitter_next(&splitter, &statement, &err)) > 0)
		render_statement(&statement, text, out);
	if (rc < 0) {
		gm_text_position(text, len, err.position - 1, &line, &column);
		gm_strbuf_addf(out, "-- %zu:%zu: %s\n", line, column,
			       err.message);
	}
	gm_error_release(&err);
}

static void read_file(const char *path, struct gm_strbuf *out)
{
	FILE *file = fopen(path, "rb");
	char buf[4096];
	size_t n;

	if (!file)
		fail_msg("can't open %s", path);
	while ((n = fread(buf, 1, sizeof(buf), file)) > 0)
		gm_strbuf_add(out, buf, n);
	fclose(file);
}

static void check_script(const char *name, size_t base_len)
{
	struct gm_strbuf text = { 0 };
	struct gm_strbuf expected = { 0 };
	struct gm_strbuf got = { 0 };
	const char *dot = name + base_len;
	char *path;

	while (dot > name && dot[-1] != '.')
		dot--;
	path = gm_format(CORPUS "/%s", name);
	read_file(path, &text);
	free(path);
	path = gm_format(CORPUS "/%.*s.expected", (int)base_len, name);
	read_file(path, &expected);
	free(path);
	render(gm_dialect_find(dot, (size_t)(name + base_len - dot)), text.buf,
	       text.len, &got);
	if (strcmp(gm_strbuf_str(&got), gm_strbuf_str(&expected)))
		print_message("%s is split into:\n%s", name,
			      gm_strbuf_str(&got));
	assert_string_equal(gm_strbuf_str(&got), gm_strbuf_str(&expected));
	gm_strbuf_release(&text);
	gm_strbuf_release(&expected);
	gm_strbuf_release(&got);
}

static void scripts_are_split_as_expected(void **state)
{
	DIR *dir = opendir(CORPUS);
	struct dirent *entry;
	size_t n = 0;

	(void)state;
	assert_non_null(dir);
	while ((entry = readdir(dir))) {
		if (!gm_ends_with(entry->d_name, ".sql"))
			continue;
		check_script(entry->d_name, strlen(entry->d_name) - 4);
		n++;
	}
	closedir(dir);
	assert_true(n >= 3);
}

static void statements_tell_what_they_are(void **state)
{
	enum {
		T = GM_STATEMENT_TRANSACTION,
		N = GM_STATEMENT_NO_TRANSACTION,
		S = GM_STATEMENT_SESSION,
		L = GM_STATEMENT_LOCKS,
		U = GM_STATEMENT_UNLOCKS,
		X = GM_STATEMENT_DISTRIBUTED,
		B = GM_STATEMENT_BEGINS,
		C = GM_STATEMENT_COMMITS,
		A = GM_STATEMENT_CHAINS,
		P = GM_STATEMENT_PREPARES,
		V = GM_STATEMENT_SEVERAL
	};
	static const struct {
		const struct gm_dialect *dialect;
		unsigned flags;
		const char *text;
	} cases[] = {
		{ LITE, T | B, "begin immediate" },
		{ LITE, T | C, "END TRANSACTION" },
		{ LITE, T, "/* x */ RollBack" },
		{ LITE, 0, "ROLLBACK TRANSACTION TO a" },
		{ LITE, B, "SAVEPOINT a" },
		{ LITE, C, "RELEASE a" },
		{ LITE, N, "VACUUM INTO 'x'" },
		{ LITE, N, "PRAGMA main.journal_mode(wal)" },
		{ LITE, S, "PRAGMA foreign_keys = off" },
		{ LITE, 0, "PRAGMA foreign_keys" },
		{ LITE, S, "PRAGMA defer_foreign_keys = on" },
		{ LITE, N, "PRAGMA wal_checkpoint" },
		{ LITE, S, "ATTACH 'x' AS y" },
		{ LITE, 0, "SELECT 'VACUUM'" },
		{ POST, T | B, "START TRANSACTION" },
		{ POST, T | B, "BEGIN READ ONLY" },
		{ POST, T, "ABORT" },
		{ POST, T | A, "ROLLBACK AND CHAIN" },
		{ POST, T, "ROLLBACK AND NO CHAIN" },
		{ POST, T | C, "COMMIT WORK" },
		{ POST, T | C, "END AND NO CHAIN" },
		{ POST, T | C | A, "COMMIT TRANSACTION AND CHAIN" },
		{ POST, 0, "SAVEPOINT a" },
		{ POST, 0, "RELEASE a" },
		{ POST, 0, "ROLLBACK WORK TO SAVEPOINT a" },
		{ POST, T | P, "PREPARE TRANSACTION 'x'" },
		{ POST, 0, "PREPARE x AS SELECT 1" },
		{ POST, N, "COMMIT PREPARED 'x'" },
		{ POST, N, "CREATE UNIQUE INDEX CONCURRENTLY ON t (a)" },
		{ POST, 0, "CREATE INDEX \"concurrently\" ON t (a)" },
		{ POST, N, "DROP INDEX CONCURRENTLY IF EXISTS a" },
		{ POST, N, "REINDEX (VERBOSE, CONCURRENTLY) TABLE t" },
		{ POST, 0, "REINDEX (CONCURRENTLY FALSE) TABLE t" },
		{ POST, N, "REINDEX TABLE CONCURRENTLY t" },
		{ POST, N, "REINDEX (VERBOSE) SYSTEM d" },
		{ POST, 0, "REINDEX TABLE t" },
		{ POST, 0, "REFRESH MATERIALIZED VIEW CONCURRENTLY v" },
		{ POST, N, "CLUSTER" },
		{ POST, N, "CLUSTER (VERBOSE)" },
		{ POST, 0, "CLUSTER t USING i" },
		{ POST, N, "VACUUM (FULL) t" },
		{ POST, N, "ALTER TABLE a DETACH PARTITION c CONCURRENTLY" },
		{ POST, 0, "ALTER TABLE a DETACH PARTITION c" },
		{ POST, 0,
		  "ALTER TABLE a ADD CHECK (DETACH PARTITION x "
		  "CONCURRENTLY)" },
		{ POST, N, "DROP DATABASE d" },
		{ POST, N, "CREATE TABLESPACE s LOCATION '/x'" },
		{ POST, N, "ALTER SYSTEM SET a = 1" },
		{ POST, N,
		  "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION "
		  "p" },
		{ POST, 0,
		  "CREATE SUBSCRIPTION s CONNECTION '' PUBLICATION p "
		  "WITH (enabled, connect = false)" },
		{ POST, N | S, "DISCARD ALL" },
		{ POST, 0, "DISCARD PLANS" },
		{ POST, S, "SET search_path = a, b" },
		{ POST, S, "SET SESSION standard_conforming_strings = off" },
		{ POST, S, "RESET ROLE" },
		{ POST, 0, "SET LOCAL search_path = a" },
		{ POST, S, "SELECT set_config('a.b', '', false)" },
		{ POST, S,
		  "SELECT pg_catalog.set_config('search_path', '', false)" },
		{ POST, 0, "SELECT set_config('a.b', '', false), f()" },
		{ MY, T | B | U, "BEGIN" },
		{ MY, T | B | U, "/*!50000 START TRANSACTION */" },
		{ MY, T | C, "COMMIT WORK" },
		{ MY, T, "COMMIT AND CHAIN" },
		{ MY, 0, "ROLLBACK WORK TO a" },
		{ MY, T | S, "SET SESSION autocommit = 0" },
		{ MY, T | S, "SET @a = 1, @@session.autocommit := 0" },
		{ MY, S, "SET @a = @@autocommit" },
		{ MY, S, "USE other" },
		{ MY, S, "/*!40101 SET NAMES latin1 */" },
		{ MY, S, "SET sql_mode = CONCAT(@@sql_mode, ',ANSI')" },
		{ MY, 0, "SET GLOBAL sql_mode = ''" },
		{ MY, 0, "SET STATEMENT sql_mode = '' FOR DELETE FROM t" },
		{ MY, 0, "SET PASSWORD = ''" },
		{ MY, T | X, "XA START 'x'" },
		{ MY, T, "XA COMMIT 'x'" },
		{ MY, L, "LOCK TABLES a WRITE" },
		{ MY, U, "unlock table" },
		{ MY, V, "BEGIN NOT ATOMIC SELECT 1; END" },
		{ MY, T | B | U, "begin work" },
		{ MY, V, "/* x */ CALL p()" },
		{ MY, V, "EXECUTE IMMEDIATE 'CALL p()'" },
		{ MY, V, "SET STATEMENT a = 1, b = 2 FOR CALL p()" },
		{ POST, 0, "CALL p()" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_splitter splitter;
		struct gm_statement statement;

		gm_splitter_init(&splitter, cases[i].dialect, cases[i].text,
				 strlen(cases[i].text));
		assert_int_equal(gm_splitter_next(&splitter, &statement, NULL),
				 1);
		if (statement.flags != cases[i].flags)
			print_message("%s\n", cases[i].text);
		assert_int_equal(statement.flags, cases[i].flags);
	}
}

static void what_cant_be_split_is_refused_where_it_is(void **state)
{
	static const struct {
		const struct gm_dialect *dialect;
		const char *text;
		size_t position;
		const char *message;
	} cases[] = {
		{ LITE, "a; 'b", 4, "this quote has no end" },
		{ LITE, "a /* b", 3, "this comment has no end" },
		{ LITE, " [a", 2, "this quoted name has no end" },
		{ LITE, "x; CREATE TRIGGER t BEGIN SELECT 1;", 4,
		  "this statement's body has no END" },
		{ LITE, "\n.mode csv\n", 2,
		  "'.mode' is a command of the sqlite3 shell, not SQL" },
		{ POST, "$a$ $", 1, "this dollar-quoted string has no end" },
		{ POST, "\\connect x", 1,
		  "'\\connect' is a command of psql, not SQL" },
		{ POST, "SELECT 1 \\gset", 10,
		  "'\\gset' is a command of psql, not SQL" },
		{ POST, "COPY t FROM stdin;\n1\n", 1,
		  "COPY's rows have no end" },
		{ POST, "COPY t FROM stdin; SELECT 1;\n\\.\n", 20,
		  "COPY's rows begin on the next line: nothing may stand "
		  "before them" },
		{ MY, "a; /*! b", 4, "this comment has no end" },
		{ MY, "SELECT 1\\G", 9,
		  "'\\G' is a command of the mysql client, not SQL" },
		{ MY, "source x.sql;", 1,
		  "'source' is a command of the mysql client, not SQL" },
		{ MY, "DELIMITER\nx", 1,
		  "DELIMITER needs a delimiter behind it" },
		{ MY, "DELIMITER \\\\\n", 1,
		  "a delimiter can't hold a backslash" },
		{ MY, "DELIMITER 1234567890123456", 1,
		  "a delimiter can't be longer than 15 bytes" },
		{ MY, "CREATE PROCEDURE p() BEGIN SELECT 1;", 1,
		  "this statement's body has no END" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_splitter splitter;
		struct gm_statement statement;
		struct gm_error err = { 0 };
		int rc;

		gm_splitter_init(&splitter, cases[i].dialect, cases[i].text,
				 strlen(cases[i].text));
		do
			rc = gm_splitter_next(&splitter, &statement, &err);
		while (rc > 0);
		assert_int_equal(rc, GM_EINVALID);
		assert_string_equal(err.message, cases[i].message);
		assert_int_equal(err.position, cases[i].position);
		gm_error_release(&err);
	}
}

static void what_is_empty_is_passed_over(void **state)
{
	static const char *const texts[] = { "",
					     " ; ;\n",
					     "-- a\n;/* b */",
					     "DELIMITER //\n//\n",
					     "/*! */;",
					     "----\n--x\n;--" };
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(texts); i++) {
		struct gm_splitter splitter;
		struct gm_statement statement;

		gm_splitter_init(&splitter, MY, texts[i], strlen(texts[i]));
		assert_int_equal(gm_splitter_next(&splitter, &statement, NULL),
				 0);
		assert_int_equal(gm_splitter_next(&splitter, &statement, NULL),
				 0);
	}
}

static void a_position_counts_lines_and_characters(void **state)
{
	static const char text[] = "a\nb\xc3\xa4"
				   "c\n";
	static const struct {
		size_t offset;
		size_t line;
		size_t column;
	} cases[] = {
		{ 0, 1, 1 }, { 1, 1, 2 }, { 2, 2, 1 },	{ 3, 2, 2 },
		{ 5, 2, 3 }, { 7, 3, 1 }, { 99, 3, 1 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		size_t line;
		size_t column;

		gm_text_position(text, sizeof(text) - 1, cases[i].offset, &line,
				 &column);
		assert_int_equal(line, cases[i].line);
		assert_int_equal(column, cases[i].column);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(scripts_are_split_as_expected),
		cmocka_unit_test(statements_tell_what_they_are),
		cmocka_unit_test(what_cant_be_split_is_refused_where_it_is),
		cmocka_unit_test(what_is_empty_is_passed_over),
		cmocka_unit_test(a_position_counts_lines_and_characters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
