/*
 * lib/sql/leavings: what a script that broke can have again in a new session,
 * and what its rest misses there. Statements are separated by " / ", and the
 * break by " // ".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/leavings.h"

#define LITE &gm_dialect_sqlite
#define POST &gm_dialect_postgres
#define MY &gm_dialect_mysql

static const struct {
	const struct gm_dialect *dialect;
	const char *script;
	/* "WHAT: MAKER, READER", with statements counted from 1, or "". */
	const char *missing;
	/* Which run again, "*" for those that do. */
	const char *again;
} cases[] = {
	{ MY,
	  "USE x / SET NAMES latin1 / DELETE FROM t // INSERT INTO t"
	  " VALUES (1)",
	  "", "**-" },
	{ MY,
	  "CREATE TEMPORARY TABLE x (i INT) // INSERT INTO t SELECT * FROM"
	  " x",
	  "the temporary table 'x': 1, 2", "-" },
	{ MY,
	  "CREATE TEMPORARY TABLE IF NOT EXISTS a.`X` (i INT) // DELETE"
	  " FROM x",
	  "the temporary table 'X': 1, 2", "-" },
	{ MY,
	  "CREATE OR REPLACE TEMPORARY TABLE x (i INT) // DROP TABLE IF"
	  " EXISTS x",
	  "the temporary table 'x': 1, 2", "-" },
	{ MY,
	  "CREATE TEMPORARY TABLE x (i INT) // DROP TEMPORARY TABLE IF"
	  " EXISTS x / SELECT * FROM x",
	  "", "-" },
	{ MY,
	  "CREATE TEMPORARY TABLE x (i INT) / DROP TABLE x // SELECT * FROM"
	  " x",
	  "", "--" },
	{ MY,
	  "CREATE TEMPORARY TABLE x (i INT) // CREATE TEMPORARY TABLE x"
	  " (i INT) / SELECT * FROM x",
	  "", "-" },
	{ MY, "CREATE TEMPORARY TABLE x (i INT) // SELECT 'x' FROM y", "",
	  "-" },
	{ MY, "CREATE TEMPORARY TABLE x (i INT) // SELECT 1 / CALL p()",
	  "the temporary table 'x': 1, 3", "-" },
	{ POST, "CREATE TEMP TABLE x (i INT) // SELECT * FROM X",
	  "the temporary table 'x': 1, 2", "-" },
	{ POST, "SELECT 1 AS i INTO TEMP TABLE x // SELECT * FROM x",
	  "the temporary table 'x': 1, 2", "-" },
	{ POST,
	  "CREATE TEMP VIEW x AS SELECT 1 / DISCARD ALL // SELECT * FROM"
	  " x",
	  "", "-*" },
	{ LITE, "CREATE TABLE temp.x (i) // SELECT * FROM x",
	  "the temporary table 'x': 1, 2", "-" },
	{ LITE, "CREATE TABLE x (i) // SELECT * FROM x", "", "-" },

	{ MY, "SET @a = 1, @b := CONCAT(@a, 'x') // SELECT @b", "", "*" },
	{ MY,
	  "/*!40101 SET @old = @@sql_mode, sql_mode = '' */ / SELECT 1 //"
	  " SET sql_mode = @old",
	  "", "*-" },
	{ MY, "SET @a = (SELECT MAX(i) FROM t) // INSERT INTO t VALUES (@A)",
	  "the variable '@a': 1, 2", "-" },
	{ MY, "SET @a = NOW() // SELECT 1", "", "-" },
	{ MY, "SET @a = CURRENT_TIMESTAMP, @b = 1 // SELECT @a",
	  "the variable '@a': 1, 2", "*" },
	{ MY, "SET @a = f(1) / SET @b = @a // SELECT @b",
	  "the variable '@b': 2, 3", "--" },
	{ MY, "SET @a = f(1) / SET @a = 2 // SELECT @a", "", "-*" },
	{ MY, "SET @a = f(1) / SET @a = 1, @b = @a // SELECT @b",
	  "the variable '@b': 2, 3", "-*" },
	{ MY, "SET @a = f(1) // SET @a = 2, @b = @a", "the variable '@a': 1, 2",
	  "-" },
	{ MY, "SET @a = f(1) // SET @a = 2 / SET @b = @a", "", "-" },
	{ MY, "SET @a = f(1) // SELECT 1 / SET @b = @a",
	  "the variable '@a': 1, 3", "-" },
	{ MY, "SELECT i INTO @a FROM t // UPDATE t SET i = @a",
	  "the variable '@a': 1, 2", "-" },
	{ MY, "SELECT i INTO @a FROM t // SELECT i INTO @a FROM t / SELECT @a",
	  "", "-" },
	{ MY, "SELECT @n := 0 // SELECT @n := @n + 1 FROM t", "", "-" },
	{ MY, "SELECT @n := 0 // SELECT @n + 1 FROM t",
	  "the variable '@n': 1, 2", "-" },
	{ MY, "CALL p() // SELECT @out", "the variable '@out': 1, 2", "-" },
	{ MY, "CALL p() / SET @out = 1 // SELECT @out", "", "-*" },
	{ MY, "INSERT INTO t VALUES (@x) // SELECT @x", "", "-" },
	{ MY, "SET time_zone = (SELECT z FROM t) // SELECT 1",
	  "the setting 'time_zone': 1, 2", "*" },
	{ MY,
	  "SET SESSION time_zone = (SELECT z FROM t) / SET time_zone = 'UTC' //"
	  " SELECT 1",
	  "", "**" },

	{ MY, "PREPARE s FROM 'SELECT 1' // EXECUTE s", "", "*" },
	{ MY, "PREPARE s FROM 'SELECT 1' / DEALLOCATE PREPARE s // SELECT 1",
	  "", "--" },
	{ MY, "SET @q = (SELECT q FROM t) / PREPARE s FROM @q // EXECUTE s",
	  "the variable '@q': 1, 3", "--" },
	{ MY,
	  "SET @q = (SELECT q FROM t) / PREPARE s FROM @q // DROP PREPARE"
	  " s / DEALLOCATE PREPARE s",
	  "the prepared statement 's': 2, 4", "--" },
	{ POST, "PREPARE s AS SELECT 1 // EXECUTE s", "", "*" },

	{ MY, "LOCK TABLES t WRITE // INSERT INTO t VALUES (1)", "",
	  "* locks" },
	{ MY, "LOCK TABLES t WRITE / UNLOCK TABLES // SELECT 1", "", "--" },
	{ MY, "LOCK TABLES t WRITE / START TRANSACTION / COMMIT // SELECT 1",
	  "", "---" },
	{ MY, "LOCK TABLES t READ / LOCK TABLES u READ // SELECT 1", "",
	  "-* locks" },
	{ MY,
	  "CREATE TEMPORARY TABLE x (i INT) / LOCK TABLES x WRITE //"
	  " SELECT 1",
	  "the lock on the temporary table 'x': 2, 3", "-* locks" },
	{ POST, "BEGIN / LOCK TABLE t / COMMIT // SELECT 1", "", "---" },

	{ MY,
	  "INSERT INTO t VALUES (1) // INSERT INTO u VALUES"
	  " (LAST_INSERT_ID())",
	  "what LAST_INSERT_ID() says: 1, 2", "-" },
	{ MY,
	  "INSERT INTO t VALUES (1) // INSERT INTO t VALUES (2) / INSERT"
	  " INTO u VALUES (LAST_INSERT_ID())",
	  "", "-" },
	{ MY, "CREATE TABLE t (i INT) // SELECT LAST_INSERT_ID()", "", "-" },
};

/* The separators become semicolons; how many statements are before the
 * break. */
static char *make_script(const char *text, size_t *n)
{
	struct gm_strbuf out = { 0 };
	size_t count = 1;

	for (; *text; text++) {
		if (!strncmp(text, " // ", 4)) {
			*n = count;
			gm_strbuf_addc(&out, ';');
			text += 3;
		} else if (!strncmp(text, " / ", 3)) {
			count++;
			gm_strbuf_addc(&out, ';');
			text += 2;
		} else {
			gm_strbuf_addc(&out, *text);
		}
	}
	return gm_strbuf_take(&out);
}

static void each_script_misses_what_cannot_be_made_again(void **state)
{
	size_t i;
	size_t k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct gm_leavings left;
		struct gm_strbuf again = { 0 };
		size_t n = 0;
		char *script = make_script(cases[i].script, &n);
		char *missing;

		assert_int_equal(gm_leavings_find(&left, cases[i].dialect,
						  script, strlen(script), n,
						  NULL),
				 0);
		missing = left.missing
				  ? gm_format("%s: %zu, %zu", left.missing,
					      left.maker + 1, left.reader + 1)
				  : gm_strdup("");
		for (k = 0; k < left.n; k++)
			gm_strbuf_addc(&again, left.again[k] ? '*' : '-');
		if (left.locks)
			gm_strbuf_adds(&again, " locks");
		if (strcmp(missing, cases[i].missing) != 0 ||
		    strcmp(gm_strbuf_str(&again), cases[i].again) != 0)
			fail_msg("%s\nmisses \"%s\", again \"%s\"",
				 cases[i].script, missing,
				 gm_strbuf_str(&again));
		free(missing);
		free(script);
		gm_strbuf_release(&again);
		gm_leavings_release(&left);
	}
}

static void what_cannot_be_split_is_an_error(void **state)
{
	static const char script[] = "SET @a = 1; SELECT 'open";
	struct gm_leavings left;
	struct gm_error err = { 0 };

	(void)state;
	assert_int_equal(gm_leavings_find(&left, MY, script, strlen(script), 2,
					  &err),
			 GM_EINVALID);
	gm_leavings_release(&left);
	gm_error_release(&err);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_script_misses_what_cannot_be_made_again),
		cmocka_unit_test(what_cannot_be_split_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
