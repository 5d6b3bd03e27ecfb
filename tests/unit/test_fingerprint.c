/*
 * lib/sql/fingerprint: what is the same and what isn't. The digits are pinned
 * by tests/vectors/fingerprints: histories hold them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/fingerprint.h"

#define VECTORS "tests/vectors/fingerprints"
#define LITE &gm_dialect_sqlite
#define POST &gm_dialect_postgres
#define MY &gm_dialect_mysql

struct pair {
	const struct gm_dialect *dialect;
	const char *a;
	const char *b;
};

static bool same(const struct pair *pair)
{
	char a[GM_HASH_HEX];
	char b[GM_HASH_HEX];

	gm_fingerprint(pair->dialect, pair->a, strlen(pair->a), a);
	gm_fingerprint(pair->dialect, pair->b, strlen(pair->b), b);
	return !strcmp(a, b);
}

static void layout_and_comments_dont_matter(void **state)
{
	static const struct pair cases[] = {
		{ LITE, "SELECT 1", "\n-- x\nSELECT /* y */\t1 ; ;\n" },
		{ LITE, "SELECT a||b", "select A || B" },
		{ LITE, "", " ;; -- x" },
		{ POST, "SELECT Foo::int", "select foo :: INT" },
		{ POST, "SELECT 1;SELECT 22",
		  "SELECT 1; /* /* */ */ SELECT 22" },
		{ POST, "SELECT 1 /*+ x */", "SELECT 1" },
		{ MY, "SELECT 1 # x", "select 1 -- y" },
		{ MY, "SELECT _utf8'a'", "SELECT _utf8 'a'" },
		{ MY, "DELIMITER //\nSELECT 1//\n", "SELECT 1;" },
		{ MY,
		  "DELIMITER $$\nCREATE PROCEDURE p() BEGIN SELECT 1; "
		  "END$$\n",
		  "CREATE PROCEDURE p() BEGIN SELECT 1; END;" },
		{ MY, "/*!999999\\- x */ SELECT 1", "SELECT 1" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		if (!same(&cases[i]))
			print_message("%s\n", cases[i].a);
		assert_true(same(&cases[i]));
	}
}

static void what_may_matter_does(void **state)
{
	static const struct pair cases[] = {
		{ LITE, "SELECT 1", "SELECT 2" },
		{ LITE, "SELECT 1", "SELECT 1; SELECT 1" },
		{ LITE, "SELECT abc", "SELECT \"abc\"" },
		{ LITE, "SELECT \"abc\"", "SELECT 'abc'" },
		{ LITE, "SELECT \"abc\"", "SELECT \"ABC\"" },
		{ LITE, "SELECT 'a\nb'", "SELECT 'a\r\nb'" },
		{ LITE, "SELECT 'a b'", "SELECT 'a  b'" },
		{ LITE, "SELECT a - -1", "SELECT a -- -1" },
		{ LITE, "SELECT a b", "SELECT ab" },
		{ LITE, "SELECT :a", "SELECT :A" },
		{ LITE, "SELECT 'x", "SELECT 'y" },
		{ LITE, "SELECT 1; 'x", "SELECT 1" },
		{ POST, "SELECT $$a$$", "SELECT $x$a$x$" },
		{ POST, "SELECT $$A$$", "SELECT $$a$$" },
		{ POST, "COPY t FROM stdin;\na \n\\.\n",
		  "COPY t FROM stdin;\na\n\\.\n" },
		{ MY, "SELECT /*! 1 */", "SELECT" },
		{ MY, "SELECT /*! 1 */", "SELECT 1" },
		{ MY, "SELECT /*!50001 1 */", "SELECT /*!50002 1 */" },
		{ MY, "SELECT /*+ a */ 1", "SELECT 1" },
		{ MY, "SELECT * FROM Users", "SELECT * FROM users" },
		{ MY, "SELECT * FROM a.SELECT", "SELECT * FROM a.select" },
		{ MY, "SELECT @a", "SELECT @A" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		if (same(&cases[i]))
			print_message("%s\n", cases[i].a);
		assert_false(same(&cases[i]));
	}
}

static void mysql_folds_every_word_that_is_reserved(void **state)
{
	static const char *const words[] = { "ACCESSIBLE",
					     "BY",
					     "CREATE",
					     "FLOAT4",
					     "FLOAT8",
					     "INDEX",
					     "INT",
					     "INT1",
					     "INTEGER",
					     "KEY",
					     "KEYS",
					     "NOT",
					     "NO_WRITE_TO_BINLOG",
					     "READ",
					     "READS",
					     "READ_WRITE",
					     "SELECT",
					     "SQL",
					     "SQLSTATE",
					     "SQL_BIG_RESULT",
					     "TABLE",
					     "VARCHAR",
					     "YEAR_MONTH",
					     "ZEROFILL" };
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(words); i++) {
		char lower[32];
		const struct pair pair = { MY, words[i], lower };
		size_t n;

		for (n = 0; words[i][n]; n++)
			lower[n] = (char)(words[i][n] >= 'A' &&
							  words[i][n] <= 'Z'
						  ? words[i][n] + 32
						  : words[i][n]);
		lower[n] = '\0';
		if (!same(&pair))
			print_message("%s\n", words[i]);
		assert_true(same(&pair));
	}
}

/* A vector's SQL is written with \n for a newline and \\ for a backslash. */
static size_t unescape(char *text)
{
	char *to = text;
	char *p;

	for (p = text; *p; p++) {
		if (*p == '\\')
			*to++ = *++p == 'n' ? '\n' : *p;
		else
			*to++ = *p;
	}
	*to = '\0';
	return (size_t)(to - text);
}

static void the_digits_are_pinned(void **state)
{
	FILE *file = fopen(VECTORS, "r");
	size_t n = 0;
	char line[1024];

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		char hex[GM_HASH_HEX];
		char *digits;
		char *sql;

		line[strcspn(line, "\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		digits = strchr(line, ' ');
		assert_non_null(digits);
		*digits++ = '\0';
		sql = digits + GM_HASH_HEX - 1;
		*sql++ = '\0';
		gm_fingerprint(gm_dialect_find(line, strlen(line)), sql,
			       unescape(sql), hex);
		if (strcmp(hex, digits))
			print_message("%s %s\n", line, sql);
		assert_string_equal(hex, digits);
		n++;
	}
	fclose(file);
	assert_true(n >= 20);
}

static void the_hashed_form_is_as_it_is_described(void **state)
{
	static const char form[] = "w\006selectn\0011w\004fromq\003\"T\";\0";
	struct gm_hash *hash = gm_hash_new();
	char expected[GM_HASH_HEX];
	char hex[GM_HASH_HEX];

	(void)state;
	gm_hash_update(hash, form, sizeof(form) - 1);
	gm_hash_final(hash, expected);
	gm_hash_free(hash);
	gm_fingerprint(POST, "SELECT 1 FROM \"T\"", 17, hex);
	assert_string_equal(hex, expected);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(layout_and_comments_dont_matter),
		cmocka_unit_test(what_may_matter_does),
		cmocka_unit_test(mysql_folds_every_word_that_is_reserved),
		cmocka_unit_test(the_hashed_form_is_as_it_is_described),
		cmocka_unit_test(the_digits_are_pinned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
