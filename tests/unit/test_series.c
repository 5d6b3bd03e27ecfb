/*
 * lib/series/series: the graph, its order, its rules; ids and numbers.
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

enum {
	MOST = 8
};

struct text {
	/* "APP/ID" or "ID". */
	const char *name;
	/* Header lines, and the SQL of up; "" and NULL: none and `ID`. */
	const char *header;
	const char *sql;
};

/* A sealed series with a down section in each, so that only what a test is
 * about is found. */
static void add_text(struct gm_series *series, const struct text *text)
{
	const char *slash = strchr(text->name, '/');
	const char *id = slash ? slash + 1 : text->name;
	char *app = gm_strndup(text->name,
			       slash ? (size_t)(slash - text->name) : 0);
	char *name = gm_format("%s.sql", id);
	char *body = gm_format("-- migrate:up\n%s\n-- migrate:down\nD;\n",
			       text->sql ? text->sql : id);
	struct gm_migration *m = test_migration(id, body, strlen(body));
	char *whole = gm_format("-- migrate:checksum xxh3:%s\n%s%s",
				m->checksum, text->header ? text->header : "",
				body);
	struct gm_files files = { 0 };

	test_file(&files, name, whole);
	gm_series_add(series, app, &files);
	gm_files_release(&files);
	gm_migration_free(m);
	free(whole);
	free(body);
	free(name);
	free(app);
}

static void build(struct gm_series *series, enum gm_numbering numbering,
		  const struct text *texts)
{
	size_t i;

	memset(series, 0, sizeof(*series));
	series->numbering = numbering;
	for (i = 0; i < MOST && texts[i].name; i++)
		add_text(series, &texts[i]);
	gm_series_build(series);
}

/* The order, as "ID ID". */
static char *order(const struct gm_series *series)
{
	struct gm_strbuf sb = { 0 };
	size_t i;

	for (i = 0; i < series->n; i++) {
		char *name = gm_migration_name(series->v[i]->app,
					       series->v[i]->id);

		assert_int_equal(series->v[i]->index, i);
		gm_strbuf_addf(&sb, "%s%s", i ? " " : "", name);
		free(name);
	}
	return gm_strbuf_take(&sb);
}

/* What was found, as "RULE NAME:LINE MESSAGE" per line. */
static char *findings(const struct gm_series *series)
{
	struct gm_strbuf sb = { 0 };
	size_t i;

	for (i = 0; i < series->findings.n; i++) {
		const struct gm_finding *f = &series->findings.v[i];

		gm_strbuf_addf(&sb, "%s%s %s:%zu %s", i ? "\n" : "",
			       gm_rule_name(f->rule),
			       f->path ? strchr(f->path, '/') + 1 : "", f->line,
			       f->message);
	}
	return gm_strbuf_take(&sb);
}

static void parents_come_first_and_then_the_lower_number(void **state)
{
	static const struct {
		enum gm_numbering numbering;
		struct text texts[MOST];
		const char *order;
	} cases[] = {
		{ GM_NUMBERING_TIMESTAMP, { { NULL, NULL, NULL } }, "" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "10_b", NULL, NULL },
		    { "9_c", NULL, NULL },
		    { "9_a", NULL, NULL } },
		  "9_a 9_c 10_b" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "99999999999999999999999_b", NULL, NULL },
		    { "100000000000000000000000_a", NULL, NULL } },
		  "99999999999999999999999_b 100000000000000000000000_a" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "1_a", "-- migrate:parent 3_c\n", NULL },
		    { "2_b", NULL, NULL },
		    { "3_c", NULL, NULL } },
		  "2_b 3_c 1_a" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "1_a", "-- migrate:parent none\n", NULL },
		    { "2_b", "-- migrate:parent 4_d\n", NULL },
		    { "3_c", "-- migrate:parent 1_a\n", NULL },
		    { "4_d", "-- migrate:parent none\n", NULL } },
		  "1_a 3_c 4_d 2_b" },
		{ GM_NUMBERING_DATE,
		  { { "20261120_10_z", NULL, NULL },
		    { "20261120_02_y", NULL, NULL },
		    { "20261120_x", NULL, NULL },
		    { "20261119_03_w", NULL, NULL } },
		  "20261119_03_w 20261120_x 20261120_02_y 20261120_10_z" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "b/1_x", NULL, NULL },
		    { "a/1_x", NULL, NULL },
		    { "a/2_y", "-- migrate:depends b/3_z\n", NULL },
		    { "b/3_z", NULL, NULL } },
		  "a/1_x b/1_x b/3_z a/2_y" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_series series;
		char *text, *found;

		build(&series, cases[i].numbering, cases[i].texts);
		text = order(&series);
		found = findings(&series);
		assert_string_equal(text, cases[i].order);
		assert_string_equal(found, "");
		free(found);
		free(text);
		gm_series_release(&series);
	}
}

static void rules_find_what_is_wrong(void **state)
{
	static const struct {
		enum gm_numbering numbering;
		struct text texts[MOST];
		const char *findings;
	} cases[] = {
		{ GM_NUMBERING_TIMESTAMP,
		  { { "1_a", NULL, NULL },
		    { "2_b", "-- migrate:parent 1_aa\n", NULL } },
		  "unknown-parent 2_b.sql:2 there is no migration '1_aa' to "
		  "be the parent" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "a/1_a", NULL, NULL },
		    { "b/2_b", "-- migrate:parent 1_a\n", NULL } },
		  "unknown-parent 2_b.sql:2 there is no migration '1_a' to "
		  "be the parent" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "2_b", "-- migrate:depends a/1_a\n", NULL } },
		  "unknown-dependency 2_b.sql:2 there is no migration 'a/1_a' "
		  "to depend on" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "1_a", NULL, "X" },
		    { "2_b", "-- migrate:parent 1_a 0123456789ab\n", NULL } },
		  "stale-pin 2_b.sql:2 the parent '1_a' was edited: its "
		  "checksum begins with a24230d1b4a2, not with the pin "
		  "0123456789ab" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "1_a", "-- migrate:parent 2_b\n", NULL },
		    { "2_b", "-- migrate:parent 1_a\n", NULL } },
		  "cycle 1_a.sql:2 stands on itself: 1_a → 2_b → 1_a" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "1_on_top", "-- migrate:parent 3_b\n", NULL },
		    { "2_a", "-- migrate:parent 4_c\n", NULL },
		    { "3_b", "-- migrate:parent 2_a\n", NULL },
		    { "4_c",
		      "-- migrate:parent 5_d\n"
		      "-- migrate:parent 3_b\n",
		      NULL },
		    { "5_d", NULL, NULL } },
		  "cycle 2_a.sql:2 stands on itself: 2_a → 3_b → 4_c → 2_a" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "a/1_a", "-- migrate:depends b/1_b\n", NULL },
		    { "b/1_b", "-- migrate:depends a/1_a\n", NULL } },
		  "cycle 1_a.sql:2 stands on itself: a/1_a → b/1_b → a/1_a" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "1_a", NULL, NULL },
		    { "1_A", NULL, NULL },
		    { "x/1_a", NULL, NULL } },
		  "duplicate-id 1_a.sql:0 has the id of 'migrations/1_A.sql', "
		  "letter case aside" },
		{ GM_NUMBERING_SEQUENCE,
		  { { "0001_a", NULL, NULL },
		    { "001_b", NULL, NULL },
		    { "1-c", NULL, NULL },
		    { "x/1_a", NULL, NULL },
		    { "2_a", NULL, NULL } },
		  "duplicate-number 001_b.sql:0 has the number of '0001_a'\n"
		  "duplicate-number 1-c.sql:0 has the number of '0001_a'" },
		{ GM_NUMBERING_DATE,
		  { { "20261120_a", NULL, NULL },
		    { "20261120_b", NULL, NULL } },
		  "" },
		{ GM_NUMBERING_TIMESTAMP,
		  { { "1_a", NULL, "X" },
		    { "2_b", NULL, "X" },
		    { "3_c", NULL, "Y" },
		    { "x/3_c", NULL, "Y" },
		    { "4_d", NULL, "-- none" },
		    { "5_e", NULL, "-- none" },
		    { "6_f", NULL, "X" } },
		  "duplicate-content 2_b.sql:0 has the same SQL as '1_a'\n"
		  "duplicate-content 6_f.sql:0 has the same SQL as '1_a'" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_series series;
		char *found;
		size_t j;

		build(&series, cases[i].numbering, cases[i].texts);
		found = findings(&series);
		assert_string_equal(found, cases[i].findings);
		for (j = 0; j < series.findings.n; j++)
			assert_non_null(series.findings.v[j].hint);
		free(found);
		gm_series_release(&series);
	}
}

static void a_file_that_is_no_migration_is_left_out(void **state)
{
	static const struct {
		const char *name;
		enum gm_file_kind kind;
		const char *text, *findings;
	} cases[] = {
		{ "1_a.sql", GM_FILE_REGULAR, "-- migrate:up\n-- x",
		  "unsealed 1_a.sql:0 is not sealed" },
		{ "1_a.sql", GM_FILE_REGULAR, "-- migrate:up\nX",
		  "unsealed 1_a.sql:0 is not sealed\n"
		  "no-down 1_a.sql:0 has no down section" },
		{ "1_a.sql", GM_FILE_REGULAR,
		  "-- migrate:checksum xxh3:"
		  "0123456789abcdef0123456789abcdef\n"
		  "-- migrate:irreversible x\n-- migrate:up\nX",
		  "stale-checksum 1_a.sql:1 was edited after it was sealed" },
		{ "1_a.sql", GM_FILE_REGULAR, "",
		  "parse-error 1_a.sql:0 is empty" },
		{ "1_a.sql", GM_FILE_SYMLINK, "",
		  "bad-file 1_a.sql:0 is a symbolic link" },
		{ "x.sql", GM_FILE_OTHER, "",
		  "bad-file x.sql:0 is no plain file" },
		{ "a\033.sql", GM_FILE_REGULAR, "",
		  "bad-name a\033.sql:0 'a\\x1b.sql' is no name of a "
		  "migration" },
		{ "1_a b.sql", GM_FILE_REGULAR, "",
		  "bad-name 1_a b.sql:0 '1_a b.sql' is no name of a "
		  "migration" },
		{ "README.md", GM_FILE_REGULAR, "", "" },
		{ ".#1_a.sql", GM_FILE_SYMLINK, "", "" },
		{ "old", GM_FILE_OTHER, "", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_files files = { 0 };
		struct gm_series series = { 0 };
		char *found;

		test_file(&files, cases[i].name, cases[i].text)->kind =
			cases[i].kind;
		gm_series_add(&series, "", &files);
		gm_series_build(&series);
		found = findings(&series);
		assert_string_equal(found, cases[i].findings);
		free(found);
		gm_series_release(&series);
		gm_files_release(&files);
	}
}

static void a_renamed_parent_is_found_by_its_pin(void **state)
{
	static const struct {
		const char *parent;
		const char *twin;
		bool found;
	} cases[] = {
		{ "-- migrate:parent 1_old a24230d1b4a2\n", "Y", true },
		{ "-- migrate:parent 1_old a24230d1b4a2\n", "X", false },
		{ "-- migrate:parent 1_old a24230d1b4a3\n", "Y", false },
		{ "-- migrate:parent 1_old\n", "Y", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		const struct text texts[MOST] = {
			{ "4_c", cases[i].parent, NULL },
			{ "1_new", NULL, "X" },
			{ "2_twin", NULL, cases[i].twin },
		};
		struct gm_series series;
		const struct gm_migration *child;

		build(&series, GM_NUMBERING_TIMESTAMP, texts);
		child = gm_series_find(&series, "", "4_c");
		if (cases[i].found) {
			assert_int_equal(child->n_above, 1);
			assert_string_equal(child->before[0]->id, "1_new");
			assert_ptr_equal(child->parents[0].found,
					 child->before[0]);
			assert_int_equal(series.findings.n, 0);
		} else {
			assert_int_equal(child->n_above, 0);
			assert_null(child->parents[0].found);
			assert_int_not_equal(series.findings.n, 0);
		}
		gm_series_release(&series);
	}
}

static void heads_are_nobodys_parents(void **state)
{
	static const struct text texts[MOST] = {
		{ "1_a", NULL, NULL },
		{ "2_b", "-- migrate:parent 1_a\n", NULL },
		{ "3_c", "-- migrate:parent 1_a\n", NULL },
		{ "x/1_a", NULL, NULL },
		{ "x/2_b", NULL, NULL },
		{ "y/1_a", "-- migrate:depends x/2_b\n", NULL },
	};
	struct gm_series series;
	struct gm_migration **heads;
	char *found;

	(void)state;
	build(&series, GM_NUMBERING_TIMESTAMP, texts);
	assert_int_equal(gm_series_heads(&series, "", &heads), 2);
	assert_string_equal(heads[0]->id, "2_b");
	assert_string_equal(heads[1]->id, "3_c");
	free(heads);
	assert_int_equal(gm_series_heads(&series, "x", &heads), 1);
	assert_string_equal(heads[0]->id, "2_b");
	free(heads);
	assert_int_equal(gm_series_heads(&series, "z", &heads), 0);
	free(heads);
	gm_series_check_linear(&series);
	found = findings(&series);
	assert_string_equal(found, "several-heads :0 there are 2 heads: "
				   "'2_b', '3_c'");
	free(found);
	gm_series_release(&series);
}

static void a_series_that_is_in_doubt_does_not_run(void **state)
{
	static const struct {
		struct text texts[MOST];
		const char *message, *hint;
	} cases[] = {
		{ { { "1_a", NULL, NULL } }, NULL, NULL },
		{ { { "1_a", NULL, "X" }, { "2_b", NULL, "X" } },
		  NULL,
		  NULL },
		{ { { "1_a", "-- migrate:parent 0_x\n", NULL } },
		  "migrations/1_a.sql:2: there is no migration '0_x' to be "
		  "the parent",
		  "git log --all -- migrations/0_x.sql finds it; if it was "
		  "deleted: git migrate rebase; if this one was picked from "
		  "there: git migrate rebase REF, with the branch that it is "
		  "for; or take the line out" },
		{ { { "1_a", "-- migrate:parent 0_x\n", NULL },
		    { "2_b", "-- migrate:parent 0_y\n", NULL } },
		  "migrations/1_a.sql:2: there is no migration '0_x' to be "
		  "the parent",
		  "git log --all -- migrations/0_x.sql finds it; if it was "
		  "deleted: git migrate rebase; if this one was picked from "
		  "there: git migrate rebase REF, with the branch that it is "
		  "for; or take the line out\n"
		  "1 more like this; "
		  "see them all with 'git migrate check'" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_error err = { 0 };
		struct gm_series series;
		int rc;

		build(&series, GM_NUMBERING_TIMESTAMP, cases[i].texts);
		rc = gm_series_runnable(&series, &err);
		assert_int_equal(rc, cases[i].message ? GM_EINVALID : 0);
		if (cases[i].message) {
			assert_string_equal(err.message, cases[i].message);
			assert_string_equal(err.hint, cases[i].hint);
		}
		gm_error_release(&err);
		gm_series_release(&series);
	}
}

static void ids(void **state)
{
	static const struct {
		const char *id;
		bool valid;
	} cases[] = {
		{ "1_a", true },    { "0001-a.b-c_D", true },
		{ "1_2", true },    { "", false },
		{ "1", false },	    { "1_", false },
		{ "a_1", false },   { "1a_b", false },
		{ "_a", false },    { "1_a b", false },
		{ "1_a/b", false }, { "1_\xc3\xbc", false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++)
		assert_int_equal(gm_id_is_valid(cases[i].id,
						strlen(cases[i].id)),
				 cases[i].valid);
}

static void ids_compare_by_number(void **state)
{
	static const struct {
		enum gm_numbering numbering;
		const char *a, *b;
		int sign;
		bool same;
	} cases[] = {
		{ GM_NUMBERING_SEQUENCE, "0002_a", "10_a", -1, false },
		{ GM_NUMBERING_SEQUENCE, "0002_a", "2_a", -1, true },
		{ GM_NUMBERING_SEQUENCE, "0_b", "000_b", 1, true },
		{ GM_NUMBERING_SEQUENCE, "2_a", "2_a", 0, true },
		{ GM_NUMBERING_SEQUENCE, "2_10_a", "2_09_b", 1, true },
		{ GM_NUMBERING_DATE, "2_10_a", "2_09_b", 1, false },
		{ GM_NUMBERING_DATE, "2_a", "2_01_b", 1, true },
		{ GM_NUMBERING_DATE, "2_z", "2-02-a", -1, false },
		{ GM_NUMBERING_DATE, "2_3_a", "2_z", -1, true },
		{ GM_NUMBERING_DATE, "2_33a", "2_z", -1, true },
		{ GM_NUMBERING_DATE, "3_a", "2_99_a", 1, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		int diff = gm_id_compare(cases[i].numbering, cases[i].a,
					 cases[i].b);

		if ((diff > 0) - (diff < 0) != cases[i].sign)
			fail_msg("%s, %s: %d", cases[i].a, cases[i].b, diff);
		assert_int_equal(gm_id_same_number(cases[i].numbering,
						   cases[i].a, cases[i].b),
				 cases[i].same);
	}
}

static void the_next_number_is_the_greatest(void **state)
{
	static const struct {
		enum gm_numbering numbering;
		const char *have[3];
		const char *next;
	} cases[] = {
		{ GM_NUMBERING_TIMESTAMP, { NULL }, "20261120091500" },
		{ GM_NUMBERING_TIMESTAMP,
		  { "20261120091459_a" },
		  "20261120091500" },
		{ GM_NUMBERING_TIMESTAMP,
		  { "20261120091500_a" },
		  "20261120091501" },
		{ GM_NUMBERING_TIMESTAMP,
		  { "20991231235999_a" },
		  "20991231236000" },
		{ GM_NUMBERING_SEQUENCE, { NULL }, "0001" },
		{ GM_NUMBERING_SEQUENCE, { "0009_b", "0002_c" }, "0010" },
		{ GM_NUMBERING_SEQUENCE, { "9_a" }, "0010" },
		{ GM_NUMBERING_SEQUENCE, { "9999_a" }, "10000" },
		{ GM_NUMBERING_SEQUENCE, { "000009_a" }, "000010" },
		{ GM_NUMBERING_SEQUENCE, { "x/0009_b" }, "0001" },
		{ GM_NUMBERING_DATE, { NULL }, "20261120" },
		{ GM_NUMBERING_DATE, { "20261119_07_a" }, "20261120" },
		{ GM_NUMBERING_DATE, { "20261120_a" }, "20261120_02" },
		{ GM_NUMBERING_DATE,
		  { "20261120_a", "20261120_09_a" },
		  "20261120_10" },
		{ GM_NUMBERING_DATE, { "20261120_99_a" }, "20261120_100" },
		{ GM_NUMBERING_DATE, { "20261121_a" }, "20261121_02" },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct text texts[MOST] = { { NULL, NULL, NULL } };
		struct gm_series series;
		char *next;

		for (j = 0; j < 3; j++)
			texts[j].name = cases[i].have[j];
		build(&series, cases[i].numbering, texts);
		gm_series_next_number(&series, "", "20261120091500", &next);
		assert_string_equal(next, cases[i].next);
		free(next);
		gm_series_release(&series);
	}
}

static void slugs_and_numberings(void **state)
{
	static const struct {
		const char *words, *slug;
	} cases[] = {
		{ "add_users", "add_users" },
		{ "Add Users", "add_users" },
		{ "  a -- b!  ", "a_b" },
		{ "drop x ..", "drop_x" },
		{ "-x", "x" },
		{ "a--b a-b .c. v1..2", "a_b_a-b_c_v1_2" },
		{ "it's a/b\\c", "it_s_a_b_c" },
		{ "v1.2", "v1.2" },
		{ "\xc3\xbc"
		  "ber",
		  "ber" },
		{ "", NULL },
		{ " \t", NULL },
		{ "../..", NULL },
		{ "\xc3\xbc", NULL },
	};
	struct gm_error err = { 0 };
	enum gm_numbering numbering;
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		char *slug;
		int rc = gm_slug(&slug, cases[i].words, &err);

		assert_int_equal(rc, cases[i].slug ? 0 : GM_EINVALID);
		if (cases[i].slug)
			assert_string_equal(slug, cases[i].slug);
		free(slug);
	}
	assert_int_equal(gm_numbering_parse(&numbering, "date", &err), 0);
	assert_int_equal(numbering, GM_NUMBERING_DATE);
	assert_int_equal(gm_numbering_parse(&numbering, "Date", &err),
			 GM_EINVALID);
	assert_string_equal(err.message, "unknown numbering 'Date'");
	gm_error_release(&err);
}

/* Long chains and wide fans: nothing may recurse, nothing may be missed. */
static void ten_thousand_in_any_shape_are_ordered(void **state)
{
	enum {
		MANY = 10000,
		CHAIN = 0,
		FAN,
		BACKWARDS,
		RING,
		SHAPES
	};
	int shape;

	(void)state;
	for (shape = CHAIN; shape < SHAPES; shape++) {
		struct gm_files files = { 0 };
		struct gm_series series = { 0 };
		char name[40], text[120];
		size_t i;

		for (i = 0; i < MANY; i++) {
			size_t parent = shape == CHAIN ? i - 1
					: shape == FAN ? 0
						       : (i + 1) % MANY;

			snprintf(name, sizeof(name), "%06zu_x.sql", i);
			if ((shape == RING || i != 0 || shape == BACKWARDS) &&
			    !(shape == BACKWARDS && i == MANY - 1))
				snprintf(text, sizeof(text),
					 "-- migrate:parent %06zu_x\n"
					 "-- migrate:up\nX%zu\n",
					 parent, i);
			else
				snprintf(text, sizeof(text),
					 "-- migrate:parent none\n"
					 "-- migrate:up\nX%zu\n",
					 i);
			test_file(&files, name, text);
		}
		gm_series_add(&series, "", &files);
		gm_series_build(&series);
		assert_int_equal(series.n, MANY);
		assert_string_equal(series.v[0]->id, shape == BACKWARDS
							     ? "009999_x"
							     : "000000_x");
		assert_int_equal(gm_series_runnable(&series, NULL),
				 shape == RING ? GM_EINVALID : 0);
		gm_series_release(&series);
		gm_files_release(&files);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(parents_come_first_and_then_the_lower_number),
		cmocka_unit_test(rules_find_what_is_wrong),
		cmocka_unit_test(a_file_that_is_no_migration_is_left_out),
		cmocka_unit_test(a_renamed_parent_is_found_by_its_pin),
		cmocka_unit_test(heads_are_nobodys_parents),
		cmocka_unit_test(a_series_that_is_in_doubt_does_not_run),
		cmocka_unit_test(ids),
		cmocka_unit_test(ids_compare_by_number),
		cmocka_unit_test(the_next_number_is_the_greatest),
		cmocka_unit_test(slugs_and_numberings),
		cmocka_unit_test(ten_thousand_in_any_shape_are_ordered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
