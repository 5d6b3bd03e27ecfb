/*
 * lib/work/commute: what is out of order and in somebody's way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "tests/unit/footprint_text.h"
#include "work/commute.h"
#include "work_state.h"

/* "LATE VERDICT APPLIED, LATE VERDICT APPLIED" */
static char *describe(const struct gm_clashes *clashes)
{
	struct gm_strbuf out = { 0 };
	size_t i;

	for (i = 0; i < clashes->n; i++) {
		const struct gm_clash *clash = &clashes->v[i];

		gm_strbuf_addf(&out, "%s%s %s %s", i ? ", " : "",
			       clash->late->id, verdict_text(clash->verdict),
			       clash->row->id);
	}
	gm_strbuf_adds(&out, "");
	return gm_strbuf_take(&out);
}

struct clash_case {
	const char *files;
	const char *rows;
	const char *expected;
};

static void run_cases(const struct clash_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct gm_footprints footprints = {
			.dialect = &gm_dialect_sqlite
		};
		struct gm_clashes clashes = { 0 };
		struct test_state state;
		char *actual;

		test_state_init(&state, cases[i].files, cases[i].rows);
		gm_clashes_find(&clashes, &state.comparison, NULL, NULL,
				&footprints);
		actual = describe(&clashes);
		if (strcmp(actual, cases[i].expected) != 0)
			fail_msg("files: %s\nrows: %s\ngives: %s\nnot: %s",
				 cases[i].files, cases[i].rows, actual,
				 cases[i].expected);
		free(actual);
		gm_clashes_release(&clashes);
		gm_footprints_release(&footprints);
		test_state_release(&state);
	}
}

static void only_what_sorts_after_a_pending_one_is_held_against_it(void **state)
{
	/* clang-format off */
	static const struct clash_case cases[] = {
		{ "1_a=a 2_b=a+drops<1_a 3_c=a+writes<1_a", "1_a=a",
		  "" },
		{ "1_a=a 2_b=a+drops<1_a 3_c=a+writes<1_a",
		  "1_a=a 3_c=a+writes<1_a", "2_b conflict 3_c" },
		{ "1_a=a 2_b=a+drops<1_a 3_c=a+writes<1_a",
		  "1_a=a 2_b=a+drops<1_a", "" },
		{ "1_a=a 2_b=b<1_a 3_c=a+writes<1_a", "1_a=a 3_c=a+writes<1_a",
		  "" },
		{ "1_a=a 2_b=b+odd<1_a 3_c=a+writes<1_a",
		  "1_a=a 3_c=a+writes<1_a", "2_b unknown 3_c" },
		/* Two late ones, and two that are applied. */
		{ "1_a=a 2_b=b 3_c=c 4_d=a+drops<3_c 5_e=b+drops<4_d "
		  "6_f=b+writes<3_c 7_g=a+writes<6_f",
		  "1_a=a 2_b=b 3_c=c 6_f=b+writes<3_c 7_g=a+writes<6_f",
		  "4_d conflict 7_g, 5_e conflict 6_f" },
		/* What was never run here is there all the same. */
		{ "1_a=a 2_b=a+drops<1_a 3_c=a+writes<1_a",
		  "1_a=a 3_c=a+writes<1_a:faked", "2_b conflict 3_c" },
		/* Under another name now. */
		{ "1_a=a 2_b=a+drops<1_a 4_c=a+writes<1_a",
		  "1_a=a 3_c=a+writes<1_a", "2_b conflict 3_c" },
		/* The apps share a database. */
		{ "x/1_a=a x/2_b=a+drops y/3_c=a+writes",
		  "x/1_a=a y/3_c=a+writes", "2_b conflict 3_c" },
	};
	/* clang-format on */

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void a_common_descendant_reconciles(void **state)
{
	/* clang-format off */
	static const struct clash_case cases[] = {
		{ "1_a=a 2_b=a+drops<1_a 3_c=a+writes<1_a 4_d=d<2_b,3_c",
		  "1_a=a 3_c=a+writes<1_a", "" },
		{ "1_a=a 2_b=a+drops<1_a 3_c=a+writes<1_a 4_d=d<3_c",
		  "1_a=a 3_c=a+writes<1_a", "2_b conflict 3_c" },
		{ "1_a=a 2_b=a+drops<1_a 3_c=a+writes<1_a 4_d=d<2_b 5_e=e<3_c "
		  "6_f=f<4_d,5_e",
		  "1_a=a 3_c=a+writes<1_a", "" },
		/* One on top of the other isn't two brought together. */
		{ "1_a=a 2_b=a+drops<1_a 3_c=a+writes<2_b 4_d=d<3_c",
		  "1_a=a 3_c=a+writes<1_a", "2_b conflict 3_c" },
		{ "1_a=a 2_b=a+drops 3_c=a+writes 4_d=d",
		  "1_a=a 3_c=a+writes", "2_b conflict 3_c" },
		/* Unless somebody says so. */
		{ "1_a=a 2_b=a+drops 3_c=a+writes 4_d=d<2_b,3_c",
		  "1_a=a 3_c=a+writes", "" },
		/* Another app's need of both says nothing of them. */
		{ "x/1_a=a x/2_b=a+drops<1_a x/3_c=a+writes<1_a "
		  "y/4_d=d<none@x/2_b y/5_e=e<4_d@x/3_c",
		  "x/1_a=a x/3_c=a+writes<1_a", "2_b conflict 3_c" },
	};
	/* clang-format on */

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void one_without_a_file_is_judged_by_what_was_recorded(void **state)
{
	struct gm_footprints footprints = { .dialect = &gm_dialect_sqlite };
	struct gm_clashes clashes = { 0 };
	const struct gm_migration *recorded[3] = { NULL };
	struct test_state s;
	struct test_state old;
	char *actual;

	(void)state;
	test_state_init(&s, "1_a=a 2_b=a+drops", "1_a=a 3_c=a+writes");
	test_state_init(&old, "3_c=a+writes", "");
	gm_clashes_find(&clashes, &s.comparison, NULL, NULL, &footprints);
	assert_int_equal(clashes.n, 0);
	recorded[2] = old.series.v[0];
	gm_clashes_find(&clashes, &s.comparison, NULL, recorded, &footprints);
	actual = describe(&clashes);
	assert_string_equal(actual, "2_b conflict 3_c");
	assert_int_equal(clashes.v[0].overlaps.n, 1);
	free(actual);
	gm_clashes_release(&clashes);
	gm_footprints_release(&footprints);
	test_state_release(&s);
	test_state_release(&old);
}

static void only_the_late_ones_asked_for_are_looked_at(void **state)
{
	struct gm_footprints footprints = { .dialect = &gm_dialect_sqlite };
	struct gm_clashes clashes = { 0 };
	const bool late[4] = { false, false, true, false };
	struct test_state s;
	char *actual;

	(void)state;
	test_state_init(&s,
			"1_a=a 2_b=a+drops<1_a 3_c=a+drops<1_a "
			"4_d=a+writes<1_a",
			"1_a=a 4_d=a+writes<1_a");
	gm_clashes_find(&clashes, &s.comparison, late, NULL, &footprints);
	actual = describe(&clashes);
	assert_string_equal(actual, "3_c conflict 4_d");
	free(actual);
	gm_clashes_release(&clashes);
	gm_footprints_release(&footprints);
	test_state_release(&s);
}

struct stand_case {
	const char *id;
	const char *below;
	bool expected;
};

static void what_stands_on_what_is_seen_from_afar(void **state)
{
	/* clang-format off */
	static const struct stand_case cases[] = {
		{ "2_b", "1_a", true },
		{ "4_d", "1_a", true },
		{ "4_d", "2_b", true },
		{ "4_d", "3_c", false },
		{ "1_a", "4_d", false },
		{ "1_a", "1_a", false },
		/* By a dependency. */
		{ "5_e", "4_d", true },
		{ "5_e", "1_a", true },
		{ "5_e", "3_c", false },
	};
	/* clang-format on */
	struct test_state s;
	size_t i;

	(void)state;
	test_state_init(&s,
			"x/1_a=a x/2_b=b<1_a x/3_c=c<1_a x/4_d=d<2_b "
			"y/5_e=e@x/4_d",
			"");
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		const struct gm_migration *m = NULL;
		const struct gm_migration *below = NULL;
		size_t k;

		for (k = 0; k < s.series.n; k++) {
			if (!strcmp(s.series.v[k]->id, cases[i].id))
				m = s.series.v[k];
			if (!strcmp(s.series.v[k]->id, cases[i].below))
				below = s.series.v[k];
		}
		assert_non_null(m);
		assert_non_null(below);
		if (gm_stands_on(&s.series, m, below) != cases[i].expected)
			fail_msg("%s on %s", cases[i].id, cases[i].below);
	}
	test_state_release(&s);
}

static void many_footprints_are_remembered(void **state)
{
	struct gm_footprints footprints = { .dialect = &gm_dialect_sqlite };
	const struct gm_footprint *seen[200];
	struct gm_strbuf words = { 0 };
	struct test_state s;
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(seen); i++)
		gm_strbuf_addf(&words, "%s%zu_a=t%zu", i ? " " : "", i + 1, i);
	test_state_init(&s, gm_strbuf_str(&words), "");
	for (i = 0; i < s.series.n; i++)
		seen[i] = gm_footprints_get(&footprints, s.series.v[i]);
	for (i = 0; i < s.series.n; i++) {
		char *table = gm_format("t%zu", i);

		assert_ptr_equal(seen[i],
				 gm_footprints_get(&footprints, s.series.v[i]));
		assert_string_equal(seen[i]->v[0].name, table);
		free(table);
	}
	gm_footprints_release(&footprints);
	gm_strbuf_release(&words);
	test_state_release(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			only_what_sorts_after_a_pending_one_is_held_against_it),
		cmocka_unit_test(a_common_descendant_reconciles),
		cmocka_unit_test(
			one_without_a_file_is_judged_by_what_was_recorded),
		cmocka_unit_test(only_the_late_ones_asked_for_are_looked_at),
		cmocka_unit_test(what_stands_on_what_is_seen_from_afar),
		cmocka_unit_test(many_footprints_are_remembered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
