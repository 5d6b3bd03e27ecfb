/*
 * lib/work/sync: which migrations are undone and applied, for the target to
 * hold what a tree does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "work/sync.h"
#include "work_state.h"

struct sync_case {
	const char *files;
	const char *rows;
	const char *expected;
};

/* "undo ID (WHY; LOST), rename ID was ID, apply ID", or "error: MESSAGE
 * (HINT)". */
static char *describe(const struct gm_sync *sync, int rc,
		      const struct gm_error *err)
{
	struct gm_strbuf out = { 0 };
	size_t undone = 0;
	size_t i;
	size_t k;

	if (rc)
		gm_strbuf_addf(&out, "%s: %s (%s)",
			       rc == GM_EREFUSED ? "refused" : "invalid",
			       err->message, err->hint);
	for (i = 0; !rc && i < sync->plan.n; i++) {
		const struct gm_step *step = &sync->plan.v[i];
		char *name = gm_step_name(step);

		gm_strbuf_addf(&out, "%s", i ? ", " : "");
		if (step->kind == GM_STEP_APPLY) {
			gm_strbuf_addf(&out, "apply %s", name);
		} else if (step->kind == GM_STEP_RENAME) {
			gm_strbuf_addf(&out, "rename %s was %s", name,
				       step->row->id);
		} else {
			const struct gm_sync_undo *undo =
				&sync->undone[undone++];
			char *why = gm_sync_why(undo);

			assert_ptr_equal(undo->item->row, step->row);
			assert_ptr_equal(undo->recorded, step->migration);
			gm_strbuf_addf(&out, "undo %s (%s", name, why);
			for (k = 0; k < undo->lost.n; k++)
				gm_strbuf_addf(&out, "; %s", undo->lost.v[k]);
			gm_strbuf_addc(&out, ')');
			free(why);
		}
		free(name);
	}
	gm_strbuf_adds(&out, "");
	return gm_strbuf_take(&out);
}

static void run_cases(const struct sync_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct sync_case *c = &cases[i];
		struct gm_recorded recorded;
		struct gm_error err = { 0 };
		struct gm_sync sync = { 0 };
		struct test_state state;
		char *actual;
		int rc;

		test_state_init(&state, c->files, c->rows);
		recorded = test_state_recorded(&state);
		rc = gm_sync_plan(&sync, &state.comparison, &recorded, &err);
		actual = describe(&sync, rc, &err);
		if (strcmp(actual, c->expected))
			fail_msg("files: %s\nrows: %s\ngives: %s\nnot: %s",
				 c->files, c->rows, actual, c->expected);
		free(actual);
		gm_sync_release(&sync);
		gm_error_release(&err);
		test_state_release(&state);
	}
}

/* clang-format off */

static void what_is_too_much_goes_and_what_is_missing_comes(void **state)
{
	static const struct sync_case cases[] = {
		{ "1_a=a 2_b=b", "", "apply 1_a, apply 2_b" },
		{ "1_a=a 2_b=b", "1_a=a 2_b=b", "" },
		{ "1_a=a", "1_a=a 2_b=b",
		  "undo 2_b (it is not in the tree; table b)" },
		{ "1_a=a 3_c=c", "1_a=a 2_b=b",
		  "undo 2_b (it is not in the tree; table b), apply 3_c" },
		/* Newest position first, whatever the numbers are. */
		{ "1_a=a", "3_c=c 1_a=a 2_b=b 4_d=d",
		  "undo 4_d (it is not in the tree; table d), "
		  "undo 2_b (it is not in the tree; table b), "
		  "undo 3_c (it is not in the tree; table c)" },
		{ "core/1_a=a", "core/1_a=a blog/1_b=b",
		  "undo blog/1_b (it is not in the tree; table b)" },
		{ "1_a=a", "1_a=a:faked 2_b=b:faked",
		  "undo 2_b (it is not in the tree; table b)" },
		{ "1_a=a", "1_a=a:baseline", "" },
	};

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void an_edit_is_undone_and_applied_as_it_is_now(void **state)
{
	static const struct sync_case cases[] = {
		{ "1_a=x", "1_a=a",
		  "undo 1_a (it was edited; table a), apply 1_a" },
		{ "1_a=a+comment", "1_a=a", "" },
		{ "1_a=a+down", "1_a=a", "" },
		{ "1_a=a+verify", "1_a=a", "" },
		/* Undone as it was applied. */
		{ "1_a=a+fills.z", "1_a=a+reads.y",
		  "undo 1_a (it was edited; table a), apply 1_a" },
	};

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void a_rename_is_carried_over(void **state)
{
	static const struct sync_case cases[] = {
		{ "1_a=a 3_c=b", "1_a=a 2_b=b", "rename 3_c was 2_b" },
		{ "1_a=a 3_c=b 4_d=d", "1_a=a 2_b=b 5_e=e",
		  "undo 5_e (it is not in the tree; table e), "
		  "rename 3_c was 2_b, apply 4_d" },
		/* An id is free before it is taken. */
		{ "2_x=a 3_x=b 4_x=c", "1_x=a 2_x=b 3_x=c",
		  "rename 4_x was 3_x, rename 3_x was 2_x, "
		  "rename 2_x was 1_x" },
		{ "2_x=a<none 3_x=b+reads.z<none",
		  "1_x=a<none 9_z=z 2_x=b+reads.z<none",
		  "undo 2_x (it touches table z, as '9_z' does; table b), "
		  "undo 9_z (it is not in the tree; table z), "
		  "rename 2_x was 1_x, apply 3_x" },
		/* Undone under the old id, applied under the new one. */
		{ "3_c=b+adds.z<none", "1_z=z 2_b=b+adds.z<none",
		  "undo 2_b (it touches table z, as '1_z' does; "
		  "column z.of_b; table b), "
		  "undo 1_z (it is not in the tree; table z), apply 3_c" },
	};

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void what_stands_on_it_goes_and_comes_again(void **state)
{
	static const struct sync_case cases[] = {
		/* By the parents in the files, written or implied. */
		{ "1_a=x 2_b=b 3_c=c<none", "1_a=a 2_b=b 3_c=c<none",
		  "undo 2_b (it stands on '1_a'; table b), "
		  "undo 1_a (it was edited; table a), apply 1_a, apply 2_b" },
		{ "1_a=x 2_b=b<1_a 3_c=c<2_b", "1_a=a 2_b=b<1_a 3_c=c<2_b",
		  "undo 3_c (it stands on '2_b'; table c), "
		  "undo 2_b (it stands on '1_a'; table b), "
		  "undo 1_a (it was edited; table a), "
		  "apply 1_a, apply 2_b, apply 3_c" },
		/* Not by those that were recorded, where the tree has it with
		 * others: what was picked to a release stays as it is. */
		{ "1_a=a 3_c=c<1_a", "1_a=a 2_b=b<1_a 3_c=c<1_a,2_b",
		  "undo 2_b (it is not in the tree; table b)" },
		{ "core/1_a=x blog/1_b=b<none@core/1_a",
		  "core/1_a=a blog/1_b=b<none@core/1_a",
		  "undo blog/1_b (it stands on 'core/1_a'; table b), "
		  "undo core/1_a (it was edited; table a), "
		  "apply core/1_a, apply blog/1_b" },
		/* What was applied before it stands on nothing of it. */
		{ "1_a=x 2_b=b", "2_b=b 1_a=a",
		  "undo 1_a (it was edited; table a), apply 1_a" },
	};

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void what_touches_the_same_goes_and_comes_again(void **state)
{
	static const struct sync_case cases[] = {
		/* It uses what the down takes away. */
		{ "3_c=c+reads.b<none", "2_b=b 3_c=c+reads.b<none",
		  "undo 3_c (it touches table b, as '2_b' does; table c), "
		  "undo 2_b (it is not in the tree; table b), apply 3_c" },
		{ "3_c=c+adds.b<none", "2_b=b 3_c=c+adds.b<none",
		  "undo 3_c (it touches table b, as '2_b' does; column b.of_c; "
		  "table c), "
		  "undo 2_b (it is not in the tree; table b), apply 3_c" },
		/* And so on, from one to the next. */
		{ "3_c=c+reads.b<none 4_d=d+reads.c<none",
		  "2_b=b 3_c=c+reads.b<none 4_d=d+reads.c<none",
		  "undo 4_d (it touches table c, as '3_c' does; table d), "
		  "undo 3_c (it touches table b, as '2_b' does; table c), "
		  "undo 2_b (it is not in the tree; table b), "
		  "apply 3_c, apply 4_d" },
		/* Two columns of one table have nothing to do with each
		 * other. */
		{ "1_a=a 3_c=c+adds.a<none",
		  "1_a=a 2_b=b+adds.a 3_c=c+adds.a<none",
		  "undo 2_b (it is not in the tree; column a.of_b; table b)" },
		/* It may. */
		{ "1_a=a 3_c=c+fills.a<none",
		  "1_a=a 2_b=b+fills.a 3_c=c+fills.a<none",
		  "undo 3_c (it may touch what '2_b' does (table a); rows of "
		  "a; "
		  "table c), "
		  "undo 2_b (it is not in the tree; rows of a; table b), "
		  "apply 3_c" },
		{ "1_a=a 3_c=c+odd<none",
		  "1_a=a 2_b=b 3_c=c+odd<none",
		  "undo 3_c (it may touch what '2_b' does "
		  "(line 3: 'FROB c' may touch anything); table c), "
		  "undo 2_b (it is not in the tree; table b), apply 3_c" },
	};

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void what_has_to_come_later_is_put_behind(void **state)
{
	static const struct sync_case cases[] = {
		/* Ours was applied before theirs was fetched. */
		{ "1_a=a 2_t=t 3_u=t+down", "1_a=a 3_u=t+down",
		  "undo 3_u (it has to come after '2_t' (table t); table t), "
		  "apply 2_t, apply 3_u" },
		{ "1_a=a 2_t=t 3_u=u", "1_a=a 3_u=u", "apply 2_t" },
		/* One that stands on both makes up for it. */
		{ "1_a=a<none 2_t=t<1_a 3_u=t+down<1_a 4_m=m<2_t,3_u",
		  "1_a=a<none 3_u=t+down<1_a", "apply 2_t, apply 4_m" },
		/* But not where one of the two stands on the other. */
		{ "1_a=a<none 2_t=t<1_a 3_u=t+down<2_t 4_m=m<3_u",
		  "1_a=a<none 3_u=t+down<1_a",
		  "undo 3_u (it has to come after '2_t' (table t); table t), "
		  "apply 2_t, apply 3_u, apply 4_m" },
	};

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

static void nothing_starts_where_one_cannot_be_undone(void **state)
{
	static const struct sync_case cases[] = {
		{ "1_a=a", "1_a=a 2_b=b+nodown 3_c=c+irreversible",
		  "refused: '3_c' can't be undone: it is irreversible: it "
		  "is gone ('3_c' would go because it is not in the tree\n"
		  "undo it by hand, then git migrate fake --undo 3_c; or "
		  "go back to a commit that holds it, write a down "
		  "section, and git migrate accept 3_c\n"
		  "'2_b' can't be undone either: it was applied without a "
		  "down section\n"
		  "'2_b' would go because it is not in the tree\n"
		  "undo it by hand, then git migrate fake --undo 2_b; or "
		  "go back to a commit that holds it, write a down "
		  "section, and git migrate accept 2_b)" },
		{ "1_a=x", "1_a=a+irreversible",
		  "refused: '1_a' can't be undone: it is irreversible: it "
		  "is gone ('1_a' would go because it was edited\n"
		  "git migrate accept 1_a, if the database is right as it "
		  "is, or git migrate restore 1_a)" },
		{ "1_a=x", "1_a=a:baseline",
		  "refused: '1_a' can't be undone: it is a baseline and "
		  "was never run here ('1_a' would go because it was "
		  "edited\n"
		  "git migrate accept 1_a, if the database is right as it "
		  "is, or git migrate restore 1_a)" },
		{ "1_a=a", "1_a=a 2_b=b:baseline",
		  "refused: '2_b' can't be undone: it is a baseline and "
		  "was never run here ('2_b' would go because it is not in "
		  "the tree\n"
		  "git migrate fake --undo 2_b forgets it)" },
		{ "1_a=a 3_c=c+reads.b+nodown<none",
		  "1_a=a 2_b=b 3_c=c+reads.b+nodown<none",
		  "refused: '3_c' can't be undone: it was applied without "
		  "a down section ('3_c' would go because it touches table "
		  "b, as '2_b' does\n"
		  "undo it by hand, then git migrate fake --undo 3_c)" },
		{ "1_a=a 3_c=c+fills.a+nodown<none",
		  "1_a=a 2_b=b+fills.a 3_c=c+fills.a+nodown<none",
		  "refused: '3_c' can't be undone: it was applied without "
		  "a down section ('3_c' would go because it may touch "
		  "what '2_b' does (table a)\n"
		  "git migrate rollback 2_b, if you know that the two "
		  "don't touch)" },
		{ "1_a=a 2_t=t 3_u=t+nodown", "1_a=a 3_u=t+nodown",
		  "refused: '3_u' can't be undone: it was applied without "
		  "a down section ('3_u' would go because it has to come "
		  "after '2_t' (table t)\n"
		  "git migrate apply --allow-out-of-order, if it doesn't "
		  "matter which of the two is first)" },
		{ "", "1_a=a",
		  "refused: there is no migration in this tree, and all "
		  "that is applied would be undone (git migrate reset, if "
		  "that is what you mean; else look at migrate.dir)" },
		{ "1_a=a 2_b=b+elsewhere", "1_a=a",
		  "invalid: migrations/2_b.sql: there is no up section for "
		  "sqlite (add '-- migrate:up dialect:sqlite' to it; it "
		  "may be empty)" },
	};

	(void)state;
	run_cases(cases, GM_ARRAY_SIZE(cases));
}

/* clang-format on */

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			what_is_too_much_goes_and_what_is_missing_comes),
		cmocka_unit_test(an_edit_is_undone_and_applied_as_it_is_now),
		cmocka_unit_test(a_rename_is_carried_over),
		cmocka_unit_test(what_stands_on_it_goes_and_comes_again),
		cmocka_unit_test(what_touches_the_same_goes_and_comes_again),
		cmocka_unit_test(what_has_to_come_later_is_put_behind),
		cmocka_unit_test(nothing_starts_where_one_cannot_be_undone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
