/*
 * lib/series/migration: what a file says, what it may not say, and its
 * checksum.
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
#include "series_files.h"

#define ID "0002_posts"
#define UP "-- migrate:up\nSELECT 1;\n"
#define SUM "xxh3:0123456789abcdef0123456789abcdef"

static struct gm_migration *read_text(const char *text)
{
	return test_migration(ID, text, strlen(text));
}

static void a_file_that_breaks_a_rule_is_refused_with_its_line(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		size_t line;
		const char *message;
		const char *hint;
	} cases[] = {
		{ "", 0, "is empty", NULL },
		{ "\xef\xbb\xbf", 0, "has no up section", "-- migrate:up" },
		{ "-- a comment\n", 0, "has no up section",
		  "-- migrate:up" },
		{ "SELECT 1;\n", 1, "text before the first section",
		  "-- migrate:up" },
		{ "\n/* a */ SELECT 1;\n" UP, 2,
		  "text before the first section", NULL },
		{ "- migrate:up\n", 1, "text before the first section",
		  NULL },
		{ "/\n" UP, 1, "text before the first section", NULL },
		{ "<<<<<<< HEAD\n-- migrate:parent 1_a\n=======\n", 1,
		  "a conflict marker of git's", "choose between the two" },
		{ " -- migrate:up\nSELECT 1;\n", 2,
		  "text before the first section", NULL },
		{ "\n/*\n" UP, 3,
		  "'migrate:up' stands inside the block "
		  "comment that begins in line 2",
		  NULL },
		{ "--\n/* x\n", 2, "the block comment has no end", NULL },
		{ "-- caf\xe9\n" UP, 1, "is not UTF-8: byte 7 is 0xe9",
		  "UTF-8" },
		{ UP "\n-- \xed\xa0\x80\n", 4, "is not UTF-8: byte 29 is 0xed",
		  NULL },
		{ UP "\xf0\x9f\x98", 3, "is not UTF-8", NULL },
		{ UP "\xc0\xaf", 3, "is not UTF-8", NULL },
		{ UP "\xf4\x90\x80\x80", 3, "is not UTF-8", NULL },
		/* Directives. */
		{ "-- migrate:upp\n", 1,
		  "unknown directive 'migrate:upp'; did "
		  "you mean 'up'?",
		  NULL },
		{ "-- migrate:\n", 1, "there is no word behind 'migrate:'",
		  NULL },
		{ "-- migrate: up\n", 1, "there is no word", NULL },
		{ "-- migrate:\033[2J\n", 1, "'migrate:\\x1b[2J'", NULL },
		{ UP "-- migrate:dwon\n", 3, "did you mean 'down'?", NULL },
		{ UP "--migrate:wombat\n", 3,
		  "unknown directive 'migrate:wombat'", NULL },
		{ UP "\n-- migrate:parent 0001_users\n", 4,
		  "'migrate:parent' stands inside a section",
		  "above the first section, which is in line 1" },
		/* Sections. */
		{ "-- migrate:down\n" UP, 1, "down stands before up", NULL },
		{ "-- migrate:verify\n" UP, 1, "verify stands before up",
		  NULL },
		{ UP UP, 3, "a second up section: lines 1 and 3", NULL },
		{ UP "-- migrate:down\n-- migrate:down\n", 4,
		  "a second down section: lines 3 and 4", NULL },
		{ "-- migrate:up dialect:mysql\n" UP
		  "-- migrate:up dialect:mysql\n",
		  4, "a second up section for mysql: lines 1 and 4", NULL },
		{ "-- migrate:up transation:false\n", 1,
		  "unknown option 'transation:false'; did you mean "
		  "'transaction:false'?",
		  NULL },
		{ "-- migrate:up transaction:maybe\n", 1,
		  "unknown option 'transaction:maybe'", "transaction:false" },
		{ "-- migrate:up dialect:\n", 1, "unknown option 'dialect:'",
		  NULL },
		{ "-- migrate:up dialect:oracle\n", 1,
		  "unknown option 'dialect:oracle'", "dialect:postgres" },
		{ "-- migrate:up transaction:false transaction:true\n", 1,
		  "'transaction:true' stands behind another of its kind",
		  NULL },
		{ "-- migrate:up dialect:mysql dialect:mysql\n", 1,
		  "'dialect:mysql' stands behind another of its kind", NULL },
		/* Parents. */
		{ "-- migrate:parent\n" UP, 1, "an id is missing",
		  "-- migrate:parent ID" },
		{ "-- migrate:parent users\n" UP, 1, "'users' is not an id",
		  NULL },
		{ "-- migrate:parent " ID "\n" UP, 1,
		  "'" ID "' is its own parent", NULL },
		{ "-- migrate:parent 0001_a 0123\n" UP, 1,
		  "'0123' is not a pin of 12 hexadecimal digits", NULL },
		{ "-- migrate:parent 0001_a 0123456789AB\n" UP, 1,
		  "is not a pin", NULL },
		{ "-- migrate:parent none 0123456789ab\n" UP, 1, "is not a pin",
		  NULL },
		{ "-- migrate:parent 0001_a 0123456789ab x\n" UP, 1,
		  "'x' is not part of a parent line", NULL },
		{ "-- migrate:parent none\n-- migrate:parent 0001_a\n" UP, 2,
		  "exclude each other", NULL },
		{ "-- migrate:parent 0001_a\n-- migrate:parent none\n" UP, 2,
		  "exclude each other", NULL },
		{ "-- migrate:parent 0001_a\n-- migrate:parent 0001_b\n"
		  "-- migrate:parent 0001_a\n" UP,
		  3, "the parent '0001_a' stands in line 1 already", NULL },
		/* What else the header may hold. */
		{ "-- migrate:depends\n" UP, 1, "an app and an id is missing",
		  "-- migrate:depends APP/ID" },
		{ "-- migrate:depends 0001_a\n" UP, 1,
		  "'0001_a' is not an app and an id", NULL },
		{ "-- migrate:depends /0001_a\n" UP, 1, "is not an app", NULL },
		{ "-- migrate:depends core/users\n" UP, 1, "is not an app",
		  NULL },
		{ "-- migrate:checksum\n" UP, 1, "a checksum is missing",
		  "git migrate seal" },
		{ "-- migrate:checksum sha256:00\n" UP, 1,
		  "unknown checksum algorithm 'sha256': this version knows "
		  "xxh3 only",
		  NULL },
		{ "-- migrate:checksum xxh3:00\n" UP, 1,
		  "'xxh3:00' is not a checksum", NULL },
		{ "-- migrate:checksum "
		  "xxh3:0123456789ABCDEF0123456789abcdef\n" UP,
		  1, "is not a checksum", NULL },
		{ "-- migrate:checksum " SUM "\n-- migrate:checksum " SUM
		  "\n" UP,
		  2, "there is a checksum in line 1 already", NULL },
		{ "-- migrate:irreversible \t\n" UP, 1, "the reason is missing",
		  "irreversible REASON" },
		{ "-- migrate:irreversible a\n-- migrate:irreversible b\n" UP,
		  2, "'irreversible' stands twice", NULL },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_files files = { 0 };
		struct gm_findings findings = { 0 };
		struct gm_migration *m;

		test_file(&files, ID ".sql", cases[i].text);
		assert_int_equal(gm_migration_parse(&m, "", &files.v[0],
						    &findings),
				 GM_EINVALID);
		assert_null(m);
		assert_int_equal(findings.n, 1);
		assert_int_equal(findings.v[0].rule, GM_RULE_PARSE_ERROR);
		assert_string_equal(findings.v[0].path,
				    "migrations/" ID ".sql");
		if (findings.v[0].line != cases[i].line ||
		    !strstr(findings.v[0].message, cases[i].message))
			fail_msg("case %zu: line %zu: %s", i,
				 findings.v[0].line, findings.v[0].message);
		if (cases[i].hint && !strstr(findings.v[0].hint, cases[i].hint))
			fail_msg("case %zu: %s", i, findings.v[0].hint);
		gm_findings_release(&findings);
		gm_files_release(&files);
	}
}

static void a_file_with_a_nul_byte_looks_binary(void **state)
{
	struct gm_files files = { 0 };
	struct gm_findings findings = { 0 };
	struct gm_migration *m;

	(void)state;
	test_file_bytes(&files, ID ".sql", UP "a\0b", sizeof(UP "a\0b") - 1);
	gm_migration_parse(&m, "", &files.v[0], &findings);
	assert_null(m);
	assert_int_equal(findings.v[0].line, 3);
	assert_string_equal(findings.v[0].message,
			    "looks like a binary file: byte 26 is zero");
	gm_findings_release(&findings);
	gm_files_release(&files);
}

static void a_dependency_within_the_app_is_a_parent(void **state)
{
	struct gm_files files = { 0 };
	struct gm_findings findings = { 0 };
	struct gm_migration *m;

	(void)state;
	test_file(&files, ID ".sql", "-- migrate:depends blog/0001_a\n" UP);
	gm_migration_parse(&m, "blog", &files.v[0], &findings);
	assert_null(m);
	assert_string_equal(findings.v[0].message,
			    "'0001_a' is in the same "
			    "app, where order is a matter of parents");
	gm_findings_release(&findings);
	gm_files_release(&files);
}

static void the_header_is_read_in_full(void **state)
{
	struct gm_migration *m = read_text(
		"\xef\xbb\xbf-- licence\r\n/* a\r\n -- b\r\n*/ -- c\r\n"
		"--\tmigrate:parent  0001_a\t0123456789ab \r\n"
		"--migrate:parent 0001_b\r\n \t\r\n"
		"-- migrate:depends core/0007_c.d-e\r\n"
		"-- migrate:checksum " SUM "\r\n"
		"-- migrate:irreversible  the data is gone \r\n" UP);
	char *parents = gm_migration_parents(m);

	(void)state;
	assert_false(m->root);
	assert_int_equal(m->n_parents, 2);
	assert_string_equal(m->parents[0].id, "0001_a");
	assert_string_equal(m->parents[0].pin, "0123456789ab");
	assert_int_equal(m->parents[0].line, 5);
	assert_string_equal(m->parents[1].id, "0001_b");
	assert_string_equal(m->parents[1].pin, "");
	assert_int_equal(m->n_depends, 1);
	assert_string_equal(m->depends[0].app, "core");
	assert_string_equal(m->depends[0].id, "0007_c.d-e");
	assert_int_equal(m->depends[0].line, 8);
	assert_string_equal(m->written_checksum, &SUM[strlen("xxh3:")]);
	assert_int_equal(m->checksum_line, 9);
	assert_string_equal(m->irreversible, "the data is gone");
	assert_string_equal(parents, "0001_a 0001_b");
	free(parents);
	gm_migration_free(m);
}

static void parents_are_written_as_the_history_has_them(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text, *parents;
		bool implied;
	} cases[] = {
		{ UP, "", true },
		{ "-- migrate:parent none\n" UP, "none", false },
		{ "-- migrate:parent 1_a\n" UP, "1_a", false },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_migration *m = read_text(cases[i].text);
		char *parents = gm_migration_parents(m);

		assert_string_equal(parents, cases[i].parents);
		assert_int_equal(gm_migration_is_implied(m), cases[i].implied);
		free(parents);
		gm_migration_free(m);
	}
}

static void sections_lose_blank_lines_and_keep_their_place(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text, *sql;
		size_t line;
	} cases[] = {
		{ "-- migrate:up\nA\n", "A", 2 },
		{ "-- migrate:up\nA", "A", 2 },
		{ "-- migrate:up\n\n \t\n  A  \n\n B \n \n\t", "  A  \n\n B ",
		  4 },
		{ "-- migrate:up\r\n\r\nA\r\nB\r\n", "A\nB", 3 },
		{ "-- migrate:up\nA\rB\r\r\nC", "A\rB\nC", 2 },
		{ "\n-- migrate:up", "", 2 },
		{ "-- migrate:up\n \n\n", "", 1 },
		{ "-- migrate:up\n\nA\n\n-- migrate:down\nB", "A", 3 },
		{ "-- migrate:up\n -- migrate:down\n", " -- migrate:down",
		  2 },
		{ "-- migrate:up\n--migrate is a word\n", "--migrate is a word",
		  2 },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_migration *m = read_text(cases[i].text);
		const struct gm_section *up = &m->sections[0];

		assert_int_equal(up->len, strlen(cases[i].sql));
		assert_memory_equal(up->sql, cases[i].sql, up->len);
		assert_int_equal(up->line, cases[i].line);
		gm_migration_free(m);
	}
}

static void a_section_for_the_dialect_wins(void **state)
{
	static const char text[] =
		"-- migrate:up dialect:mysql transaction:false\nM\n"
		"-- migrate:up transaction:true\nG\n"
		"-- migrate:down dialect:sqlite\nS\n";
	struct gm_migration *m = read_text(text);
	const struct gm_section *s;

	(void)state;
	s = gm_migration_section(m, GM_SECTION_UP, &gm_dialect_mysql);
	assert_memory_equal(s->sql, "M", 1);
	assert_true(s->no_transaction);
	s = gm_migration_section(m, GM_SECTION_UP, &gm_dialect_sqlite);
	assert_memory_equal(s->sql, "G", 1);
	assert_false(s->no_transaction);
	assert_int_equal(s->marker_line, 3);
	s = gm_migration_section(m, GM_SECTION_DOWN, &gm_dialect_sqlite);
	assert_memory_equal(s->sql, "S", 1);
	assert_null(
		gm_migration_section(m, GM_SECTION_DOWN, &gm_dialect_postgres));
	assert_null(
		gm_migration_section(m, GM_SECTION_VERIFY, &gm_dialect_sqlite));
	gm_migration_free(m);
}

static void the_checksum_covers_the_sections_and_no_more(void **state)
{
	/* clang-format off */
	static const struct {
		const char *a, *b;
		bool same;
	} cases[] = {
		{ UP, "-- x\n-- migrate:parent none\n\n" UP, true },
		{ UP, "-- migrate:irreversible y\n" UP, true },
		{ UP, "\xef\xbb\xbf" UP, true },
		{ UP, "--migrate:up\t\r\n\r\nSELECT 1;\r\n\r\n", true },
		{ UP, "-- migrate:up\nSELECT 1;", true },
		{ UP, "-- migrate:up transaction:true\nSELECT 1;\n", true },
		{ "-- migrate:up dialect:mysql transaction:false\n",
		  "-- migrate:up  transaction:false  dialect:mysql", true },
		{ UP, "-- migrate:up\nSELECT 1; \n", false },
		{ UP, "-- migrate:up\n SELECT 1;\n", false },
		{ UP, "-- migrate:up\nSELECT 1;\n-- c\n", false },
		{ UP, "-- migrate:up transaction:false\nSELECT 1;\n",
		  false },
		{ UP, "-- migrate:up dialect:sqlite\nSELECT 1;\n", false },
		{ UP, UP "-- migrate:down\n", false },
		{ UP "-- migrate:down\n", UP "-- migrate:verify\n", false },
		{ UP "-- migrate:up dialect:mysql\nM\n",
		  "-- migrate:up dialect:mysql\nM\n" UP, false },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_migration *a = read_text(cases[i].a);
		struct gm_migration *b = read_text(cases[i].b);

		if (!strcmp(a->checksum, b->checksum) != cases[i].same)
			fail_msg("case %zu", i);
		gm_migration_free(a);
		gm_migration_free(b);
	}
}

static size_t unescape(char *s)
{
	char *to = s, *start = s;

	for (; *s && *s != '\n'; s++) {
		if (*s != '\\') {
			*to++ = *s;
			continue;
		}
		s++;
		if (*s == 'x') {
			char hex[3] = { s[1], s[2], '\0' };

			*to++ = (char)strtol(hex, NULL, 16);
			s += 2;
		} else {
			*to++ = *s == 'n'   ? '\n'
				: *s == 'r' ? '\r'
				: *s == 't' ? '\t'
					    : *s;
		}
	}
	*to = '\0';
	return (size_t)(to - start);
}

/* These digits are in the files and histories of every user. */
static void the_checksum_is_what_it_always_was(void **state)
{
	FILE *in = fopen("tests/vectors/checksum.txt", "r");
	char line[2000];
	size_t n = 0;

	(void)state;
	assert_non_null(in);
	while (fgets(line, sizeof(line), in)) {
		struct gm_migration *m;
		size_t len;

		if (line[0] == '#' || line[0] == '\n')
			continue;
		assert_true(strlen(line) > GM_HASH_HEX);
		len = unescape(line + GM_HASH_HEX);
		m = test_migration(ID, line + GM_HASH_HEX, len);
		line[GM_HASH_HEX - 1] = '\0';
		assert_string_equal(m->checksum, line);
		gm_migration_free(m);
		n++;
	}
	assert_true(n >= 10);
	fclose(in);
}

static void a_migration_is_empty_without_sql_to_run(void **state)
{
	/* clang-format off */
	static const struct {
		const char *text;
		bool empty;
	} cases[] = {
		{ "-- migrate:up", true },
		{ "-- migrate:up\n-- joins two heads\n/* x */ ;\n", true },
		{ "-- migrate:up\n-- migrate:down\nDROP TABLE t;", true },
		{ UP, false },
		{ "-- migrate:up\n/*!40101 SET NAMES utf8 */;\n", false },
		{ "-- migrate:up\n-- x\n-- migrate:up dialect:mysql\nA",
		  false },
		{ "-- migrate:up dialect:mysql\n# x\n", true },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_migration *m = read_text(cases[i].text);

		if (gm_migration_is_empty(m) != cases[i].empty)
			fail_msg("case %zu", i);
		gm_migration_free(m);
	}
}

static void a_fingerprint_is_of_the_section_that_would_run(void **state)
{
	struct gm_migration *a = read_text(UP);
	struct gm_migration *b = read_text("-- migrate:up\nselect  1; -- x\n"
					   "-- migrate:up dialect:mysql\nM\n");
	char x[GM_HASH_HEX], y[GM_HASH_HEX];

	(void)state;
	gm_migration_fingerprint(a, GM_SECTION_UP, &gm_dialect_sqlite, x);
	gm_migration_fingerprint(b, GM_SECTION_UP, &gm_dialect_sqlite, y);
	assert_string_equal(x, y);
	gm_migration_fingerprint(b, GM_SECTION_UP, &gm_dialect_mysql, y);
	assert_string_not_equal(x, y);
	gm_migration_fingerprint(a, GM_SECTION_DOWN, &gm_dialect_sqlite, x);
	assert_string_equal(x, "");
	gm_migration_free(a);
	gm_migration_free(b);
}

int main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_file_that_breaks_a_rule_is_refused_with_its_line),
		cmocka_unit_test(a_file_with_a_nul_byte_looks_binary),
		cmocka_unit_test(a_dependency_within_the_app_is_a_parent),
		cmocka_unit_test(the_header_is_read_in_full),
		cmocka_unit_test(parents_are_written_as_the_history_has_them),
		cmocka_unit_test(
			sections_lose_blank_lines_and_keep_their_place),
		cmocka_unit_test(a_section_for_the_dialect_wins),
		cmocka_unit_test(the_checksum_covers_the_sections_and_no_more),
		cmocka_unit_test(the_checksum_is_what_it_always_was),
		cmocka_unit_test(a_migration_is_empty_without_sql_to_run),
		cmocka_unit_test(
			a_fingerprint_is_of_the_section_that_would_run),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
