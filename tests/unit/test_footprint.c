/*
 * lib/sql/footprint: what statements touch, and what gets in each other's
 * way. The tables are in tests/vectors: each statement and, below it, its
 * footprint; each pair of sides and its verdict.
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
#include "base/pack.h"
#include "tests/unit/footprint_text.h"

#define LINE 4096

static bool read_line(FILE *file, char line[LINE])
{
	if (!fgets(line, LINE, file))
		return false;
	line[strcspn(line, "\n")] = '\0';
	return true;
}

static void statements_touch_what_the_table_says(void **state)
{
	/* Each with as many cases as the table must have at least. */
	static const struct {
		const char *dialect;
		size_t cases;
	} tables[] = { { "sqlite", 60 }, { "postgres", 60 }, { "mysql", 50 } };
	char sql[LINE];
	char expected[LINE];
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(tables); i++) {
		const char *name = tables[i].dialect;
		const struct gm_dialect *dialect = gm_dialect_find(
			name, strlen(name));
		char *path = gm_format("tests/vectors/footprints/%s", name);
		FILE *file = fopen(path, "r");
		size_t cases = 0;

		assert_non_null(file);
		while (read_line(file, sql) && read_line(file, expected)) {
			struct gm_footprint footprint;
			struct gm_strbuf text = { 0 };

			footprint_of(&footprint, dialect, sql);
			footprint_text(&footprint, &text);
			if (strcmp(gm_strbuf_str(&text), expected + 1))
				fail_msg("%s: %s\nis    %s\nnot   %s", name,
					 sql, text.buf, expected + 1);
			gm_strbuf_release(&text);
			gm_footprint_release(&footprint);
			cases++;
		}
		assert_true(cases >= tables[i].cases);
		fclose(file);
		free(path);
	}
}

/* Cuts the next field off, at " | "; it may be empty. */
static char *next_field(char **at)
{
	char *field = *at;
	char *bar = strstr(field, " |");

	if (bar) {
		*bar = '\0';
		*at = bar + 2 + (bar[2] == ' ');
	} else {
		*at = field + strlen(field);
	}
	return field;
}

/* "t.a = t.a", the first overlap; "" where there is none. */
static void overlap_text(const struct gm_overlaps *overlaps,
			 struct gm_strbuf *out)
{
	if (!overlaps->n)
		return;
	gm_object_name(overlaps->v[0].a, out);
	gm_strbuf_adds(out, " = ");
	gm_object_name(overlaps->v[0].b, out);
}

static void judge(const struct gm_dialect *dialect, const char *a,
		  const char *b, const char *verdict, const char *objects)
{
	struct gm_footprint x;
	struct gm_footprint y;
	struct gm_overlaps overlaps = { 0 };
	struct gm_strbuf text = { 0 };
	enum gm_verdict found;

	footprint_of(&x, dialect, a);
	footprint_of(&y, dialect, b);
	found = gm_footprint_conflict(&x, &y, &overlaps);
	overlap_text(&overlaps, &text);
	if (strcmp(verdict_text(found), verdict) ||
	    strcmp(gm_strbuf_str(&text), objects))
		fail_msg("%s | %s\nis %s | %s", a, b, verdict_text(found),
			 gm_strbuf_str(&text));
	/* The sides have no order. */
	assert_int_equal(gm_footprint_conflict(&y, &x, NULL), found);
	gm_strbuf_release(&text);
	gm_overlaps_release(&overlaps);
	gm_footprint_release(&x);
	gm_footprint_release(&y);
}

static void pairs_are_judged_as_the_table_says(void **state)
{
	FILE *file = fopen("tests/vectors/overlaps", "r");
	char line[LINE];

	(void)state;
	assert_non_null(file);
	while (read_line(file, line)) {
		char *at = line;
		const char *name;
		const char *a;
		const char *b;
		const char *verdict;

		if (*line == '#')
			continue;
		name = next_field(&at);
		a = next_field(&at);
		b = next_field(&at);
		verdict = next_field(&at);
		judge(gm_dialect_find(name, strlen(name)), a, b, verdict, at);
	}
	fclose(file);
}

/* Each statement and each side that the tables have in this dialect. */
static void read_sides(const char *dialect, struct gm_strings *sides)
{
	char *path = gm_format("tests/vectors/footprints/%s", dialect);
	FILE *file = fopen(path, "r");
	char line[LINE];

	assert_non_null(file);
	while (read_line(file, line))
		if (*line != '\t')
			gm_strings_add(sides, line);
	fclose(file);
	free(path);
	file = fopen("tests/vectors/overlaps", "r");
	assert_non_null(file);
	while (read_line(file, line)) {
		char *at = line;

		if (strcmp(next_field(&at), dialect) != 0)
			continue;
		gm_strings_add(sides, next_field(&at));
		gm_strings_add(sides, next_field(&at));
	}
	fclose(file);
}

static void sides_have_no_order(void **state)
{
	static const char *const names[] = { "sqlite", "postgres", "mysql" };
	size_t d;
	size_t i;
	size_t k;

	(void)state;
	for (d = 0; d < GM_ARRAY_SIZE(names); d++) {
		struct gm_strings sides = { 0 };
		struct gm_footprint *of;

		read_sides(names[d], &sides);
		assert_true(sides.n > 100);
		of = gm_calloc(sides.n, sizeof(*of));
		for (i = 0; i < sides.n; i++)
			footprint_of(&of[i],
				     gm_dialect_find(names[d],
						     strlen(names[d])),
				     sides.v[i]);
		for (i = 0; i < sides.n; i++)
			for (k = 0; k < i; k++)
				if (gm_footprint_conflict(&of[i], &of[k],
							  NULL) !=
				    gm_footprint_conflict(&of[k], &of[i], NULL))
					fail_msg("%s\n%s", sides.v[i],
						 sides.v[k]);
		for (i = 0; i < sides.n; i++)
			gm_footprint_release(&of[i]);
		free(of);
		gm_strings_release(&sides);
	}
}

/* Of what nobody else touches, so much that a side isn't small any more. */
static void add_pad(struct gm_footprint *out, const struct gm_dialect *dialect,
		    const char *name)
{
	struct gm_strbuf sql = { 0 };
	size_t i;

	for (i = 0; i < 40; i++)
		gm_strbuf_addf(&sql, "SELECT 1 FROM %s%c;\n", name,
			       (char)('a' + i % 20));
	gm_footprint_add(out, dialect, sql.buf, sql.len, 1000);
	gm_strbuf_release(&sql);
}

/* By itself, and with either pad beside it. */
struct padded {
	struct gm_footprint small;
	struct gm_footprint large[2];
};

static void pad(struct padded *out, const struct gm_dialect *dialect,
		const char *sql)
{
	size_t i;

	footprint_of(&out->small, dialect, sql);
	for (i = 0; i < 2; i++) {
		footprint_of(&out->large[i], dialect, sql);
		add_pad(&out->large[i], dialect, i ? "padx_" : "pady_");
	}
}

static void release_padded(struct padded *side)
{
	gm_footprint_release(&side->small);
	gm_footprint_release(&side->large[0]);
	gm_footprint_release(&side->large[1]);
}

static bool same_verdict(const struct padded *a, const struct padded *b)
{
	struct gm_overlaps few = { 0 };
	struct gm_overlaps many = { 0 };
	bool same = gm_footprint_conflict(&a->small, &b->small, &few) ==
			    gm_footprint_conflict(&a->large[0], &b->large[1],
						  &many) &&
		    few.n == many.n;
	size_t i;

	for (i = 0; same && i < few.n; i++)
		same = few.v[i].maybe == many.v[i].maybe &&
		       few.v[i].a - a->small.v == many.v[i].a - a->large[0].v &&
		       few.v[i].b - b->small.v == many.v[i].b - b->large[1].v;
	gm_overlaps_release(&few);
	gm_overlaps_release(&many);
	return same;
}

static void what_stands_beside_it_changes_no_verdict(void **state)
{
	static const char *const names[] = { "sqlite", "postgres", "mysql" };
	size_t d;
	size_t i;
	size_t k;

	(void)state;
	for (d = 0; d < GM_ARRAY_SIZE(names); d++) {
		struct gm_strings sides = { 0 };
		struct padded *of;

		read_sides(names[d], &sides);
		of = gm_calloc(sides.n, sizeof(*of));
		for (i = 0; i < sides.n; i++)
			pad(&of[i], gm_dialect_find(names[d], strlen(names[d])),
			    sides.v[i]);
		for (i = 0; i < sides.n; i++)
			for (k = i % 5; k < sides.n; k += 5)
				if (of[i].small.n && of[k].small.n &&
				    !same_verdict(&of[i], &of[k]))
					fail_msg("%s\n%s", sides.v[i],
						 sides.v[k]);
		for (i = 0; i < sides.n; i++)
			release_padded(&of[i]);
		free(of);
		gm_strings_release(&sides);
	}
}

static void rows_by_the_thousand_are_looked_at_as_one(void **state)
{
	struct gm_footprint a = { 0 };
	struct gm_footprint b = { 0 };
	struct gm_overlaps overlaps = { 0 };
	struct gm_strbuf sql = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 20000; i++)
		gm_strbuf_addf(&sql, "INSERT INTO t (x, y) VALUES (%zu, 1);\n",
			       i);
	gm_footprint_add(&a, &gm_dialect_sqlite, sql.buf, sql.len, 1);
	gm_footprint_add(&b, &gm_dialect_sqlite, sql.buf, sql.len, 1);
	assert_int_equal(gm_footprint_conflict(&a, &b, &overlaps),
			 GM_VERDICT_UNKNOWN);
	assert_true(overlaps.cut && overlaps.n == 1000);
	assert_int_equal(overlaps.v[1].a->line, 1);
	assert_int_equal(overlaps.v[1].b->line, 2);
	/* What is certain takes their place. */
	gm_strbuf_adds(&sql, "DROP TABLE t;");
	gm_footprint_add(&a, &gm_dialect_sqlite, sql.buf + sql.len - 13, 13,
			 30000);
	gm_overlaps_release(&overlaps);
	assert_int_equal(gm_footprint_conflict(&a, &b, &overlaps),
			 GM_VERDICT_CONFLICT);
	assert_int_equal(overlaps.v[0].a->line, 30000);
	assert_int_equal(overlaps.v[0].b->line, 1);
	assert_false(overlaps.v[0].maybe);
	gm_overlaps_release(&overlaps);
	gm_strbuf_release(&sql);
	gm_footprint_release(&a);
	gm_footprint_release(&b);
}

static void parts_of_new_tables_are_passed_over(void **state)
{
	struct gm_footprint a = { 0 };
	struct gm_footprint b = { 0 };
	struct gm_strbuf sql = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 3000; i++)
		gm_strbuf_addf(&sql,
			       "CREATE TABLE %c%zu (a INT, b INT, c INT, d INT,"
			       " e INT, f INT, g INT, h INT, i INT);\n",
			       'a', i);
	gm_footprint_add(&a, &gm_dialect_sqlite, sql.buf, sql.len, 1);
	for (i = 0; i < sql.len; i++)
		if (!strncmp(sql.buf + i, "TABLE a", 7))
			sql.buf[i + 6] = 'b';
	gm_footprint_add(&b, &gm_dialect_sqlite, sql.buf, sql.len, 1);
	assert_true(a.n >= 30000 && b.n == a.n);
	assert_int_equal(gm_footprint_conflict(&a, &b, NULL),
			 GM_VERDICT_INDEPENDENT);
	gm_strbuf_release(&sql);
	gm_footprint_release(&a);
	gm_footprint_release(&b);
}

static void lines_are_those_of_the_file(void **state)
{
	static const char sql[] = "CREATE TABLE a (x);\n\n-- b\n"
				  "CREATE TABLE b (x);\nATTACH 'x' AS y;\n";
	struct gm_footprint footprint = { 0 };

	(void)state;
	gm_footprint_add(&footprint, &gm_dialect_sqlite, sql, strlen(sql), 5);
	assert_int_equal(footprint.v[0].line, 5);
	assert_int_equal(footprint.v[2].line, 8);
	assert_int_equal(footprint.n_unknown, 1);
	assert_int_equal(footprint.unknown[0].line, 9);
	assert_string_equal(footprint.unknown[0].reason,
			    "'ATTACH' may touch anything");
	gm_footprint_release(&footprint);
}

static void bytes_that_are_cut_or_changed_are_no_footprint(void **state)
{
	static const char sql[] = "CREATE TABLE a.b (x INT); SELECT f(1);\n"
				  "ALTER TABLE b ADD CONSTRAINT c CHECK (x);";
	struct gm_footprint told = { 0 };
	struct gm_strbuf bytes = { 0 };
	size_t len;
	int with;

	(void)state;
	gm_footprint_add(&told, &gm_dialect_postgres, sql, strlen(sql), 1);
	gm_footprint_pack(&told, &bytes);
	for (len = 0; len < bytes.len; len++) {
		struct gm_unpack in = { bytes.buf, bytes.buf + len, false };
		struct gm_footprint read = { 0 };

		gm_footprint_unpack(&read, &gm_dialect_postgres, &in);
		assert_true(in.failed);
		gm_footprint_release(&read);
	}
	/* Whatever comes of it, it is read within its bounds. */
	for (len = 0; len < bytes.len; len++) {
		for (with = 0; with < 256; with += 51) {
			struct gm_unpack in = { bytes.buf,
						bytes.buf + bytes.len, false };
			struct gm_footprint read = { 0 };
			char was = bytes.buf[len];

			bytes.buf[len] = (char)with;
			gm_footprint_unpack(&read, &gm_dialect_postgres, &in);
			bytes.buf[len] = was;
			gm_footprint_release(&read);
		}
	}
	gm_strbuf_release(&bytes);
	gm_footprint_release(&told);
}

static void a_script_that_does_not_end_is_unknown(void **state)
{
	struct gm_footprint footprint;

	(void)state;
	footprint_of(&footprint, &gm_dialect_postgres,
		     "CREATE TABLE a (x int); SELECT 'x");
	assert_int_equal(footprint.n_unknown, 1);
	assert_non_null(strstr(footprint.unknown[0].reason, "end"));
	gm_footprint_release(&footprint);
}

static void what_is_too_large_to_be_compared_is_unknown(void **state)
{
	struct gm_footprint large = { 0 };
	struct gm_footprint small = { 0 };
	const struct gm_footprint *whose;
	size_t line;
	struct gm_strbuf sql = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 20000; i++)
		gm_strbuf_addf(&sql, "DROP TABLE t%zu;\n", i);
	gm_footprint_add(&large, &gm_dialect_sqlite, sql.buf, sql.len, 1);
	footprint_of(&small, &gm_dialect_sqlite, "CREATE TABLE x (i)");
	assert_int_equal(gm_footprint_conflict(&large, &small, NULL),
			 GM_VERDICT_INDEPENDENT);
	assert_null(gm_footprint_unknown(&large, &small, &whose, &line));
	assert_int_equal(gm_footprint_conflict(&large, &large, NULL),
			 GM_VERDICT_UNKNOWN);
	assert_non_null(gm_footprint_unknown(&large, &large, &whose, &line));
	assert_ptr_equal(whose, &large);
	gm_strbuf_release(&sql);
	gm_footprint_release(&large);
	gm_footprint_release(&small);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(statements_touch_what_the_table_says),
		cmocka_unit_test(pairs_are_judged_as_the_table_says),
		cmocka_unit_test(sides_have_no_order),
		cmocka_unit_test(what_stands_beside_it_changes_no_verdict),
		cmocka_unit_test(rows_by_the_thousand_are_looked_at_as_one),
		cmocka_unit_test(parts_of_new_tables_are_passed_over),
		cmocka_unit_test(lines_are_those_of_the_file),
		cmocka_unit_test(a_script_that_does_not_end_is_unknown),
		cmocka_unit_test(what_is_too_large_to_be_compared_is_unknown),
		cmocka_unit_test(
			bytes_that_are_cut_or_changed_are_no_footprint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
