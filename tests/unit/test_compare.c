/*
 * lib/work/compare: the state of each migration, from files and history.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "work_state.h"

/* "STATE ID, STATE ID", with what else is to be said of one behind it. */
static char *describe(const struct gm_comparison *c)
{
	struct gm_strbuf out = { 0 };
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct gm_item *item = &c->v[i];
		const char *app = gm_item_app(item);

		gm_strbuf_addf(&out, "%s%s %s%s%s", i ? ", " : "",
			       gm_state_name(item->state), app, *app ? "/" : "",
			       gm_item_id(item));
		if (item->file && item->row &&
		    strcmp(item->file->id, item->row->id))
			gm_strbuf_addf(&out, " was %s", item->row->id);
		if (item->down_changed)
			gm_strbuf_adds(&out, " down-changed");
		if (item->verify_changed)
			gm_strbuf_adds(&out, " verify-changed");
		if (item->under_way)
			gm_strbuf_adds(&out, " under-way");
	}
	gm_strbuf_adds(&out, "");
	return gm_strbuf_take(&out);
}

struct comparison_case {
	const char *files;
	const char *rows;
	const char *expected;
};

static void run_cases(const struct comparison_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		struct test_state state;
		char *actual;

		test_state_init(&state, cases[i].files, cases[i].rows);
		actual = describe(&state.comparison);
		if (!actual || strcmp(actual, cases[i].expected))
			fail_msg("files: %s\nrows: %s\ngives: %s\nnot: %s",
				 cases[i].files, cases[i].rows, actual,
				 cases[i].expected);
		free(actual);
		test_state_release(&state);
	}
}

static void each_migration_has_one_state(void **state)
{
	/* clang-format off */
	static const struct comparison_case cases[] = {
		{ "1_a=a", "", "pending 1_a" },
		{ "1_a=a", "1_a=a", "applied 1_a" },
		{ "1_a=a", "1_a=a:faked", "faked 1_a" },
		{ "1_a=a", "1_a=a:baseline", "baseline 1_a" },
		{ "1_a=b", "1_a=a", "edited 1_a" },
		{ "1_a=b", "1_a=a:faked", "edited 1_a" },
		{ "1_a=b", "1_a=a:baseline", "edited 1_a" },
		{ "1_a=a+comment", "1_a=a", "cosmetic 1_a" },
		{ "", "1_a=a", "missing 1_a" },
		{ "", "1_a=a:faked", "missing 1_a" },
		{ "2_b=a", "1_a=a", "renamed 2_b was 1_a" },
		{ "1_a=a", "1_a=a:failed", "failed 1_a under-way" },
		{ "1_a=a", "1_a=a:applying", "failed 1_a under-way" },
		{ "1_a=a", "1_a=a:reverting", "failed 1_a under-way" },
		{ "", "1_a=a:failed", "failed 1_a under-way" },
		{ "1_a=b", "1_a=a:failed", "failed 1_a under-way" },
		/* What no file's checksum covers doesn't count. */
		{ "1_a=a 2_b=b<none", "1_a=a 2_b=b<1_a",
		  "applied 1_a, applied 2_b" },
	};
	/* clang-format on */

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void a_changed_down_or_verify_is_a_note_and_no_edit(void **state)
{
	/* clang-format off */
	static const struct comparison_case cases[] = {
		{ "1_a=a+down", "1_a=a", "applied 1_a down-changed" },
		{ "1_a=a+nodown", "1_a=a", "applied 1_a down-changed" },
		{ "1_a=a", "1_a=a+nodown", "applied 1_a down-changed" },
		{ "1_a=a+verify", "1_a=a", "applied 1_a verify-changed" },
		{ "1_a=a", "1_a=a+verify", "applied 1_a verify-changed" },
		{ "1_a=a+down+verify", "1_a=a",
		  "applied 1_a down-changed verify-changed" },
		{ "1_a=a+comment+down", "1_a=a",
		  "applied 1_a down-changed" },
		{ "1_a=b+down", "1_a=a", "edited 1_a" },
		{ "1_a=a+down", "1_a=a:faked", "faked 1_a down-changed" },
	};
	/* clang-format on */

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void a_rename_is_one_to_one_and_does_something(void **state)
{
	/* clang-format off */
	static const struct comparison_case cases[] = {
		{ "1_a=a 3_c=b", "1_a=a 2_b=b",
		  "applied 1_a, renamed 3_c was 2_b" },
		{ "0_z=a 2_b=b", "1_a=a 2_b=b",
		  "renamed 0_z was 1_a, applied 2_b" },
		{ "2_b=a", "1_a=a:faked", "renamed 2_b was 1_a" },
		/* Two that changed places with two others. */
		{ "3_c=a 4_d=b", "1_a=a 2_b=b",
		  "renamed 3_c was 1_a, renamed 4_d was 2_b" },
		/* Only the sections count, not the parents. */
		{ "1_a=a 3_c=b<1_a", "1_a=a 2_b=b",
		  "applied 1_a, renamed 3_c was 2_b" },
		/* Two files with the same words: which one was it? */
		{ "2_b=a 3_c=a", "1_a=a",
		  "missing 1_a, pending 2_b, pending 3_c" },
		/* Created, dropped and created again. */
		{ "3_c=a", "1_a=a 2_b=a",
		  "missing 1_a, missing 2_b, pending 3_c" },
		{ "1_a=a 2_b=b 3_c=a", "1_a=a 2_b=b",
		  "applied 1_a, applied 2_b, pending 3_c" },
		{ "1_a=a 3_c=a", "1_a=a 2_b=a",
		  "applied 1_a, renamed 3_c was 2_b" },
		/* Merge migrations are all alike. */
		{ "2_m=x+empty+nodown", "1_m=x+empty+nodown",
		  "missing 1_m, pending 2_m" },
		{ "2_m=x+empty+comment+nodown", "1_m=x+empty+comment+nodown",
		  "missing 1_m, pending 2_m" },
		/* Numbers that moved on under the same name. */
		{ "2_x=a 3_x=b", "1_x=a 2_x=b",
		  "renamed 2_x was 1_x, renamed 3_x was 2_x" },
		{ "2_x=a 3_x=b 4_x=c", "1_x=a 2_x=b 3_x=c",
		  "renamed 2_x was 1_x, renamed 3_x was 2_x, "
		  "renamed 4_x was 3_x" },
		{ "1_x=b 2_x=c", "2_x=b 3_x=c",
		  "renamed 1_x was 2_x, renamed 2_x was 3_x" },
		/* Somebody else has the id now. */
		{ "1_x=z 2_x=a", "1_x=a",
		  "out-of-order 1_x, renamed 2_x was 1_x" },
		{ "1_x=z 2_x=a 3_x=b", "1_x=a 2_x=b",
		  "out-of-order 1_x, renamed 2_x was 1_x, "
		  "renamed 3_x was 2_x" },
		/* Nobody has what an id stood for. */
		{ "2_x=a", "1_x=a 2_x=b", "missing 1_x, edited 2_x" },
		/* Two that changed places. */
		{ "1_x=b 2_x=a", "1_x=a 2_x=b", "edited 1_x, edited 2_x" },
		{ "1_x=z 2_y=a 3_z=a", "1_x=a",
		  "edited 1_x, pending 2_y, pending 3_z" },
		{ "1_x=z 2_x=a", "1_x=a:failed",
		  "failed 1_x under-way, pending 2_x" },
		/* Edited on the way: not the same. */
		{ "2_b=a+comment", "1_a=a", "missing 1_a, pending 2_b" },
		{ "2_b=a+down", "1_a=a", "missing 1_a, pending 2_b" },
		/* Another app's is another. */
		{ "blog/1_a=a", "1_a=a", "pending blog/1_a, missing 1_a" },
		{ "blog/2_b=a", "blog/1_a=a", "renamed blog/2_b was 1_a" },
		/* What is under way is to be settled under its own name. */
		{ "2_b=a", "1_a=a:failed",
		  "failed 1_a under-way, pending 2_b" },
	};
	/* clang-format on */

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void what_sorts_before_something_applied_is_out_of_order(void **state)
{
	/* clang-format off */
	static const struct comparison_case cases[] = {
		{ "1_a=a 2_b=b 3_c=c", "1_a=a 3_c=c",
		  "applied 1_a, out-of-order 2_b, applied 3_c" },
		{ "1_a=a 2_b=b 3_c=c", "3_c=c",
		  "out-of-order 1_a, out-of-order 2_b, applied 3_c" },
		{ "1_a=a 2_b=b 3_c=c 4_d=d", "3_c=c",
		  "out-of-order 1_a, out-of-order 2_b, applied 3_c, "
		  "pending 4_d" },
		{ "1_a=a 2_b=b", "2_b=b:faked",
		  "out-of-order 1_a, faked 2_b" },
		{ "1_a=a 2_b=b", "2_b=b:baseline",
		  "out-of-order 1_a, baseline 2_b" },
		{ "1_a=a 2_b=c", "2_b=b", "out-of-order 1_a, edited 2_b" },
		{ "1_a=a 3_c=b", "2_b=b",
		  "out-of-order 1_a, renamed 3_c was 2_b" },
		{ "1_a=a 2_b=b", "2_b=b:failed",
		  "pending 1_a, failed 2_b under-way" },
		/* Only an own file's place in the order tells. */
		{ "1_a=a", "2_b=b", "pending 1_a, missing 2_b" },
		{ "core/1_a=a blog/2_b=b", "blog/2_b=b",
		  "pending core/1_a, applied blog/2_b" },
		{ "core/1_a=a blog/2_b=b core/3_c=c", "core/3_c=c",
		  "out-of-order core/1_a, pending blog/2_b, "
		  "applied core/3_c" },
		/* The order is the graph's: 1_a stands on 2_b here. */
		{ "1_a=a<2_b 2_b=b<none", "2_b=b", "applied 2_b, pending 1_a" },
		/* A failed one hides nothing. */
		{ "1_a=a 2_b=b 3_c=c", "2_b=b:failed 3_c=c",
		  "out-of-order 1_a, failed 2_b under-way, applied 3_c" },
	};
	/* clang-format on */

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void missing_ones_stand_where_their_id_sorts(void **state)
{
	/* clang-format off */
	static const struct comparison_case cases[] = {
		{ "1_a=a 3_c=c", "1_a=a 2_b=b 3_c=c",
		  "applied 1_a, missing 2_b, applied 3_c" },
		{ "5_e=e", "10_j=j 9_i=i 2_b=b",
		  "missing 2_b, pending 5_e, missing 9_i, missing 10_j" },
		{ "", "2_b=b 1_a=a", "missing 1_a, missing 2_b" },
		{ "", "", "" },
	};
	/* clang-format on */

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void states_are_counted(void **state)
{
	struct test_state st;
	size_t n = 0;
	size_t i;

	(void)state;
	test_state_init(&st, "1_a=a 2_b=b 3_c=c 5_e=e", "1_a=a 3_c=x 4_d=d");
	assert_int_equal(st.comparison.count[GM_STATE_APPLIED], 1);
	assert_int_equal(st.comparison.count[GM_STATE_OUT_OF_ORDER], 1);
	assert_int_equal(st.comparison.count[GM_STATE_EDITED], 1);
	assert_int_equal(st.comparison.count[GM_STATE_MISSING], 1);
	assert_int_equal(st.comparison.count[GM_STATE_PENDING], 1);
	for (i = 0; i < GM_STATE_COUNT; i++)
		n += st.comparison.count[i];
	assert_int_equal(n, st.comparison.n);
	test_state_release(&st);
}

/* 6_f is what was applied as 5_e. */
static void a_rev_names_a_file_or_a_row(void **state)
{
	/* clang-format off */
	static const struct {
		const char *rev;
		int rc;
		const char *id;
	} cases[] = {
		{ "1", 0, "1_a" },   { "b", 0, "2_b" },
		{ "4_d", 0, "4_d" },
		{ "@", 0, "6_f" },   { "@~1", 0, "4_d" },
		{ "@~2", 0, "1_a" },
		{ "6_f", 0, "6_f" }, { "9_z", GM_ENOTFOUND, NULL },
	};
	/* clang-format on */
	struct test_state st;
	size_t i;

	(void)state;
	test_state_init(&st, "1_a=a 2_b=b 6_f=e", "1_a=a 4_d=d 5_e=e");
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_error err = { 0 };
		const struct gm_item *item = NULL;
		int rc = gm_comparison_find(&item, &st.comparison, cases[i].rev,
					    &err);

		if (rc != cases[i].rc)
			fail_msg("%s: %d, %s", cases[i].rev, rc, err.message);
		if (!rc)
			assert_string_equal(gm_item_id(item), cases[i].id);
		gm_error_release(&err);
	}
	test_state_release(&st);
}

int main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_migration_has_one_state),
		cmocka_unit_test(
			a_changed_down_or_verify_is_a_note_and_no_edit),
		cmocka_unit_test(a_rename_is_one_to_one_and_does_something),
		cmocka_unit_test(
			what_sorts_before_something_applied_is_out_of_order),
		cmocka_unit_test(missing_ones_stand_where_their_id_sorts),
		cmocka_unit_test(states_are_counted),
		cmocka_unit_test(a_rev_names_a_file_or_a_row),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
