/*
 * lib/work/plan: what is applied and undone, and in which order.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "work/kept.h"
#include "work_state.h"

static const char *const kinds[] = {
	[GM_STEP_APPLY] = "apply",
	[GM_STEP_ROLLBACK] = "rollback",
	[GM_STEP_RENAME] = "rename",
};

/* "KIND ID, KIND ID", or "error: MESSAGE (HINT)". */
static char *describe(const struct gm_plan *plan, int rc,
		      const struct gm_error *err)
{
	struct gm_strbuf out = { 0 };
	size_t i;

	if (rc) {
		gm_strbuf_addf(&out, "%s: %s",
			       rc == GM_EREFUSED    ? "refused"
			       : rc == GM_ENOTFOUND ? "not found"
						    : "invalid",
			       err->message);
		if (err->hint)
			gm_strbuf_addf(&out, " (%s)", err->hint);
		return gm_strbuf_take(&out);
	}
	for (i = 0; i < plan->n; i++) {
		const struct gm_step *step = &plan->v[i];

		gm_strbuf_addf(&out, "%s%s%s %s%s%s", i ? ", " : "",
			       step->resume ? "resumed " : "",
			       kinds[step->kind], gm_step_app(step),
			       *gm_step_app(step) ? "/" : "", gm_step_id(step));
		if (step->kind == GM_STEP_RENAME)
			gm_strbuf_addf(&out, " was %s", step->row->id);
		if (step->out_of_order)
			gm_strbuf_adds(&out, " out-of-order");
	}
	gm_strbuf_adds(&out, "");
	return gm_strbuf_take(&out);
}

/* Up to three words, as a NULL-ended list. */
struct revs {
	const char *v[4];
};

static size_t count_revs(const struct revs *revs)
{
	size_t n = 0;

	while (revs->v[n])
		n++;
	return n;
}

struct apply_case {
	const char *files;
	const char *rows;
	const char *expected;
	struct revs revs;
	const char *to;
	size_t count;
	enum gm_resume resume;
};

static void run_apply_cases(const struct apply_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct apply_case *c = &cases[i];
		struct gm_apply_choice choice = {
			.revs = c->revs.v,
			.n_revs = count_revs(&c->revs),
			.to = c->to,
			.count = c->count,
			.resume = c->resume,
		};
		struct gm_error err = { 0 };
		struct gm_plan plan = { 0 };
		struct test_state state;
		char *actual;
		int rc;

		test_state_init(&state, c->files, c->rows);
		rc = gm_plan_apply(&plan, &state.comparison, &choice, &err);
		actual = describe(&plan, rc, &err);
		if (strcmp(actual, c->expected))
			fail_msg("files: %s\nrows: %s\ngives: %s\nnot: %s",
				 c->files, c->rows, actual, c->expected);
		free(actual);
		gm_plan_release(&plan);
		gm_error_release(&err);
		test_state_release(&state);
	}
}

static void an_apply_takes_all_that_is_pending_in_order(void **state)
{
	/* clang-format off */
	static const struct apply_case cases[] = {
		{ "1_a=a 2_b=b", "", .expected = "apply 1_a, apply 2_b" },
		{ "1_a=a 2_b=b", "1_a=a", .expected = "apply 2_b" },
		{ "1_a=a 2_b=b", "1_a=a 2_b=b", .expected = "" },
		{ "1_a=a", "1_a=a:faked", .expected = "" },
		{ "1_a=a", "1_a=a:baseline", .expected = "" },
		{ "10_j=j 9_i=i", "", .expected = "apply 9_i, apply 10_j" },
		{ "1_a=a<2_b 2_b=b<none", "",
		  .expected = "apply 2_b, apply 1_a" },
		{ "1_a=a 2_b=b 3_c=c", "1_a=a 3_c=c",
		  .expected = "apply 2_b out-of-order" },
		{ "1_a=a 3_c=b", "1_a=a 2_b=b",
		  .expected = "rename 3_c was 2_b" },
		{ "1_a=a 3_c=b 4_d=d", "1_a=a 2_b=b",
		  .expected = "rename 3_c was 2_b, apply 4_d" },
		/* An id is free before it is taken. */
		{ "2_x=a 3_x=b 4_x=c", "1_x=a 2_x=b 3_x=c",
		  .expected = "rename 4_x was 3_x, rename 3_x was 2_x, "
			      "rename 2_x was 1_x" },
		{ "1_x=b 2_x=c", "2_x=b 3_x=c",
		  .expected = "rename 1_x was 2_x, rename 2_x was 3_x" },
		{ "1_x=z 2_x=a", "1_x=a",
		  .expected = "rename 2_x was 1_x, apply 1_x out-of-order" },
		{ "3_c=c", "1_a=a 2_b=b", .expected = "apply 3_c" },
		{ "core/1_a=a@blog/2_b blog/2_b=b", "",
		  .expected = "apply blog/2_b, apply core/1_a" },
		{ "1_a=a+empty+nodown", "", .expected = "apply 1_a" },
	};
	/* clang-format on */

	(void)state;
	run_apply_cases(cases, GM_ARRAY_SIZE(cases));
}

static void an_apply_goes_up_to_one_or_counts(void **state)
{
	/* clang-format off */
	static const struct apply_case cases[] = {
		{ "1_a=a 2_b=b 3_c=c", "", .expected = "apply 1_a, apply 2_b",
		  .to = "2_b" },
		{ "1_a=a 2_b=b 3_c=c", "", .expected = "apply 1_a, apply 2_b",
		  .to = "b" },
		{ "1_a=a 2_b=b 3_c=c", "1_a=a", .expected = "", .to = "1_a" },
		{ "1_a=a 2_b=b 3_c=c 4_d=d", "3_c=c",
		  .expected = "apply 1_a out-of-order, apply 2_b out-of-order",
		  .to = "3_c" },
		/* What is missing has a place in the order as well. */
		{ "1_a=a 3_c=c", "2_b=b", .expected = "apply 1_a",
		  .to = "2_b" },
		{ "1_a=a 3_c=b", "2_b=b",
		  .expected = "rename 3_c was 2_b, apply 1_a out-of-order",
		  .to = "1_a" },
		{ "1_a=a 2_b=b", "", .expected = "apply 1_a", .count = 1 },
		{ "1_a=a 2_b=b", "", .expected = "apply 1_a, apply 2_b",
		  .count = 2 },
		{ "1_a=a 2_b=b", "", .expected = "apply 1_a, apply 2_b",
		  .count = 9 },
		{ "1_a=a 2_b=b 3_c=c", "1_a=a", .expected = "apply 2_b",
		  .count = 1 },
		{ "1_a=a", "",
		  .expected =
			  "not found: there is no migration '9_z' (see what "
			  "there "
			  "is with 'git migrate status')",
		  .to = "9_z" },
	};
	/* clang-format on */

	(void)state;
	run_apply_cases(cases, GM_ARRAY_SIZE(cases));
}

static void an_apply_of_named_ones_leaves_no_gap_below_them(void **state)
{
	/* clang-format off */
	static const struct apply_case cases[] = {
		{ "1_a=a 2_b=b", "", .expected = "apply 1_a",
		  .revs = { { "1_a" } } },
		{ "1_a=a 2_b=b", "", .expected = "apply 1_a, apply 2_b",
		  .revs = { { "2_b", "1_a" } } },
		{ "1_a=a 2_b=b", "1_a=a", .expected = "apply 2_b",
		  .revs = { { "2" } } },
		{ "1_a=a 2_b=b", "1_a=a", .expected = "",
		  .revs = { { "1_a" } } },
		{ "1_a=a 2_b=b", "1_a=a", .expected = "apply 2_b",
		  .revs = { { "1_a", "b" } } },
		{ "1_a=a 2_b=b<none", "", .expected = "apply 2_b",
		  .revs = { { "2_b" } } },
		{ "1_a=a 2_b=b", "",
		  .expected = "refused: '2_b' stands on '1_a', which is not "
			      "applied "
			      "(git migrate apply 1_a 2_b)",
		  .revs = { { "2_b" } } },
		{ "1_a=a 2_b=b 3_c=c<1_a,2_b", "1_a=a",
		  .expected = "refused: '3_c' stands on '2_b', which is not "
			      "applied "
			      "(git migrate apply 2_b 3_c)",
		  .revs = { { "3_c" } } },
		{ "core/1_a=a@blog/2_b blog/2_b=b", "",
		  .expected = "refused: 'core/1_a' stands on 'blog/2_b', "
			      "which is not applied "
			      "(git migrate apply blog/2_b core/1_a)",
		  .revs = { { "core/1_a" } } },
		{ "1_a=a", "",
		  .expected =
			  "not found: there is no migration '9_z' (see what "
			  "there "
			  "is with 'git migrate status')",
		  .revs = { { "9_z" } } },
		/* What it stands on was renamed, and is in place. */
		{ "2_b=a 3_c=c<2_b", "1_a=a",
		  .expected = "rename 2_b was 1_a, apply 3_c",
		  .revs = { { "3_c" } } },
	};
	/* clang-format on */

	(void)state;
	run_apply_cases(cases, GM_ARRAY_SIZE(cases));
}

static void an_apply_needs_a_section_for_the_database(void **state)
{
	/* clang-format off */
	static const struct apply_case cases[] = {
		{ "1_a=a 2_b=b+elsewhere", "",
		  .expected =
			  "invalid: migrations/2_b.sql: there is no up "
			  "section for "
			  "sqlite (add '-- migrate:up dialect:sqlite' to it; "
			  "it may "
			  "be empty)" },
		{ "1_a=a 2_b=b+elsewhere", "", .expected = "apply 1_a",
		  .count = 1 },
	};
	/* clang-format on */

	(void)state;
	run_apply_cases(cases, GM_ARRAY_SIZE(cases));
}

static void an_apply_takes_up_what_is_under_way_when_asked(void **state)
{
	/* clang-format off */
	static const struct apply_case cases[] = {
		{ "1_a=a 2_b=b", "1_a=a:failed",
		  .expected = "resumed apply 1_a, apply 2_b",
		  .resume = GM_RESUME_CONTINUE },
		{ "1_a=a 2_b=b", "1_a=a:applying",
		  .expected = "resumed apply 1_a, apply 2_b",
		  .resume = GM_RESUME_RESTART },
		{ "1_a=a 2_b=b", "1_a=a:failed", .expected = "apply 2_b" },
		/* A rollback's rest is the rollback's. */
		{ "1_a=a 2_b=b", "1_a=a:reverting", .expected = "apply 2_b",
		  .resume = GM_RESUME_CONTINUE },
	};
	/* clang-format on */

	(void)state;
	run_apply_cases(cases, GM_ARRAY_SIZE(cases));
}

struct rollback_case {
	const char *files;
	const char *rows;
	const char *expected;
	struct revs revs;
	const char *to;
	size_t count;
	/* As in the choice, but 0 is "no" and -1 the newest. */
	long long batch;
	bool all;
	bool from_file;
	enum gm_resume resume;
	/* The one that there is; NULL: none. */
	const char *note;
};

/* As gm_plan_load_sources does in a database. */
static void load_sources(struct gm_plan *plan,
			 const struct gm_recorded *recorded)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		struct gm_migration *m;

		if (plan->v[i].migration)
			continue;
		assert_int_equal(recorded->read(recorded->context,
						plan->v[i].row, &m, NULL),
				 0);
		gm_plan_own(plan, m);
		plan->v[i].migration = m;
	}
}

static void run_rollback_case(const struct rollback_case *c)
{
	struct gm_rollback_choice choice = {
		.revs = c->revs.v,
		.n_revs = count_revs(&c->revs),
		.to = c->to,
		.count = c->count,
		.batch = c->batch > 0	? c->batch
			 : c->batch < 0 ? 0
					: -1,
		.all = c->all,
		.from_file = c->from_file,
		.resume = c->resume,
	};
	struct gm_error err = { 0 };
	struct gm_plan plan = { 0 };
	struct gm_strings notes = { 0 };
	struct gm_recorded recorded;
	struct test_state state;
	char *actual;
	int rc;

	test_state_init(&state, c->files, c->rows);
	recorded = test_state_recorded(&state);
	rc = gm_plan_rollback(&plan, &state.comparison, &choice, &err);
	if (!rc && c->from_file)
		rc = gm_plan_load_sources(&plan, &state.history,
					  &gm_dialect_sqlite, &err);
	if (!rc) {
		load_sources(&plan, &recorded);
		rc = gm_kept_check(&plan, &state.comparison, &recorded, &notes,
				   &err);
	}
	actual = describe(&plan, rc, &err);
	if (strcmp(actual, c->expected))
		fail_msg("files: %s\nrows: %s\ngives: %s\nnot: %s", c->files,
			 c->rows, actual, c->expected);
	if (strcmp(notes.n ? notes.v[0] : "", c->note ? c->note : ""))
		fail_msg("files: %s\nrows: %s\nnotes: %s\nnot: %s", c->files,
			 c->rows, notes.n ? notes.v[0] : "", c->note);
	gm_strings_release(&notes);
	free(actual);
	gm_plan_release(&plan);
	gm_error_release(&err);
	test_state_release(&state);
}

static void run_rollback_cases(const struct rollback_case *cases, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		run_rollback_case(&cases[i]);
}

static void a_rollback_goes_back_the_way_it_came(void **state)
{
	/* clang-format off */
	static const struct rollback_case cases[] = {
		{ "1_a=a 2_b=b", "1_a=a 2_b=b", .expected = "rollback 2_b" },
		{ "1_a=a 2_b=b", "2_b=b 1_a=a", .expected = "rollback 1_a" },
		{ "1_a=a 2_b=b 3_c=c", "1_a=a 2_b=b 3_c=c",
		  .expected = "rollback 3_c, rollback 2_b", .count = 2 },
		{ "1_a=a 2_b=b", "1_a=a 2_b=b",
		  .expected = "rollback 2_b, rollback 1_a", .count = 9 },
		{ "1_a=a 2_b=b", "1_a=a 2_b=b",
		  .expected = "rollback 2_b, rollback 1_a", .all = true },
		{ "1_a=a", "", .expected = "" },
		{ "1_a=a", "", .expected = "", .all = true },
		/* No file is needed, nor has one to say what was applied. */
		{ "", "1_a=a 2_b=b", .expected = "rollback 2_b" },
		{ "1_a=x", "1_a=a", .expected = "rollback 1_a" },
		{ "1_a=a", "1_a=a:faked", .expected = "rollback 1_a" },
		/* By the recorded name. */
		{ "2_b=a", "1_a=a", .expected = "rollback 1_a" },
	};
	/* clang-format on */

	(void)state;
	run_rollback_cases(cases, GM_ARRAY_SIZE(cases));
}

static void a_rollback_keeps_what_it_is_told_to_keep(void **state)
{
	/* clang-format off */
	static const struct rollback_case cases[] = {
		{ "1_a=a 2_b=b 3_c=c", "1_a=a 2_b=b 3_c=c",
		  .expected = "rollback 3_c, rollback 2_b", .to = "1_a" },
		{ "1_a=a 2_b=b", "1_a=a 2_b=b", .expected = "", .to = "2_b" },
		{ "1_a=a 2_b=b", "1_a=a 2_b=b", .expected = "", .to = "@" },
		{ "1_a=a 2_b=b", "1_a=a 2_b=b", .expected = "rollback 2_b",
		  .to = "@~1" },
		/* By the order of application, not by the ids. */
		{ "1_a=a 2_b=b 3_c=c<1_a", "1_a=a 3_c=c<1_a 2_b=b",
		  .expected = "rollback 2_b", .to = "3_c" },
		{ "1_a=a 2_b=b 3_c=c 4_d=d 5_e=e 6_f=f 7_g=g 8_h=h 9_i=i "
		  "10_j=j 11_k=k 12_l=l",
		  "1_a=a 2_b=b 3_c=c 4_d=d 5_e=e 6_f=f 7_g=g 8_h=h 9_i=i "
		  "10_j=j 11_k=k 12_l=l",
		  .expected = "refused: '2_b' stands on '1_a' and would stay "
			      "('3_c' stands on '2_b' and would stay, too\n"
			      "'4_d' stands on '3_c' and would stay, too\n"
			      "'5_e' stands on '4_d' and would stay, too\n"
			      "'6_f' stands on '5_e' and would stay, too\n"
			      "'7_g' stands on '6_f' and would stay, too\n"
			      "'8_h' stands on '7_g' and would stay, too\n"
			      "'9_i' stands on '8_h' and would stay, too\n"
			      "'10_j' stands on '9_i' and would stay, too\n"
			      "'11_k' stands on '10_j' and would stay, too\n"
			      "and 1 more\n"
			      "git migrate rollback -c 12)",
		  .revs = { { "1_a" } } },
		{ "1_a=a 2_b=b", "1_a=a",
		  .expected = "refused: '2_b' is not applied", .to = "2_b" },
	};
	/* clang-format on */

	(void)state;
	run_rollback_cases(cases, GM_ARRAY_SIZE(cases));
}

static void a_batch_is_what_one_run_applied(void **state)
{
	static const char rows[] = "1_a=a#1 2_b=b#1 3_c=c#2 4_d=d#3 5_e=e#3";
	static const char files[] =
		"1_a=a<none 2_b=b<1_a 3_c=c<none 4_d=d<2_b 5_e=e<4_d";
	/* clang-format off */
	static const struct rollback_case cases[] = {
		{ files, rows, .expected = "rollback 5_e, rollback 4_d",
		  .batch = -1 },
		{ files, rows, .expected = "rollback 5_e, rollback 4_d",
		  .batch = 3 },
		{ files, rows, .expected = "rollback 3_c", .batch = 2 },
		{ files, rows,
		  .expected =
			  "refused: '4_d' stands on '2_b' and would stay "
			  "('5_e' stands on '4_d' and would stay, too\n"
			  "git migrate rollback 5_e 4_d 2_b 1_a)",
		  .batch = 1 },
		{ files, rows,
		  .expected = "not found: nothing was applied in batch 7 (git "
			      "migrate "
			      "log shows the batches)",
		  .batch = 7 },
		{ files, "", .expected = "", .batch = -1 },
	};
	/* clang-format on */

	(void)state;
	run_rollback_cases(cases, GM_ARRAY_SIZE(cases));
}

static void nothing_that_stays_stands_on_what_goes(void **state)
{
	/* clang-format off */
	static const struct rollback_case cases[] = {
		/* Implied parents count as written ones do. */
		{ "1_a=a 2_b=b 3_c=c", "1_a=a 2_b=b 3_c=c",
		  .expected =
			  "refused: '3_c' stands on '2_b' and would stay (git "
			  "migrate rollback 3_c 2_b)",
		  .revs = { { "2_b" } } },
		{ "1_a=a 2_b=b 3_c=c", "1_a=a 2_b=b 3_c=c",
		  .expected = "rollback 3_c, rollback 2_b",
		  .revs = { { "2_b", "3_c" } } },
		{ "1_a=a<none 2_b=b<none", "1_a=a<none 2_b=b<none",
		  .expected = "rollback 1_a", .revs = { { "1_a" } } },
		/* What was recorded counts where the files are gone. */
		{ "", "1_a=a<none 2_b=b<1_a",
		  .expected =
			  "refused: '2_b' stands on '1_a' and would stay (git "
			  "migrate rollback 2_b 1_a)",
		  .revs = { { "1_a" } } },
		{ "", "1_a=a<none 2_b=b<1_a", .expected = "rollback 2_b",
		  .revs = { { "2_b" } } },
		{ "core/1_a=a@blog/2_b blog/2_b=b", "blog/2_b=b core/1_a=a",
		  .expected = "refused: 'core/1_a' stands on 'blog/2_b' "
			      "and would stay (git "
			      "migrate rollback core/1_a blog/2_b)",
		  .revs = { { "blog/2_b" } } },
		{ "", "blog/2_b=b core/1_a=a<none@blog/2_b",
		  .expected = "refused: 'core/1_a' stands on 'blog/2_b' "
			      "and would stay (git "
			      "migrate rollback core/1_a blog/2_b)",
		  .revs = { { "blog/2_b" } } },
		/* All that would have to go, at once. */
		{ "1_a=a 2_b=b<1_a 3_c=c<2_b 4_d=d<none 5_e=e<1_a",
		  "1_a=a 2_b=b<1_a 3_c=c<2_b 4_d=d<none 5_e=e<1_a",
		  .expected = "refused: '2_b' stands on '1_a' and would stay "
			      "('3_c' stands on '2_b' and would stay, too\n"
			      "'5_e' stands on '1_a' and would stay, too\n"
			      "git migrate rollback 5_e 3_c 2_b 1_a)",
		  .revs = { { "1_a" } } },
		{ "1_a=a 2_b=b", "1_a=a",
		  .expected = "refused: '2_b' is not applied",
		  .revs = { { "2_b" } } },
		{ "1_a=a", "1_a=a",
		  .expected =
			  "not found: there is no migration '9_z' (see what "
			  "there "
			  "is with 'git migrate status')",
		  .revs = { { "9_z" } } },
	};
	/* clang-format on */

	(void)state;
	run_rollback_cases(cases, GM_ARRAY_SIZE(cases));
}

static void nothing_that_stays_touches_what_goes(void **state)
{
	/* clang-format off */
	static const struct rollback_case cases[] = {
		/* One in the middle, and nobody needs it. */
		{ "1_a=a<none 2_b=b<1_a 3_c=c<1_a",
		  "1_a=a<none 2_b=b<1_a 3_c=c<1_a",
		  .expected = "rollback 2_b", .revs = { { "2_b" } } },
		{ "1_a=a<none 2_b=b+adds.a<1_a 3_c=c+adds.a<1_a",
		  "1_a=a<none 2_b=b+adds.a<1_a 3_c=c+adds.a<1_a",
		  .expected = "rollback 2_b", .revs = { { "2_b" } } },
		/* It uses what the down takes away. */
		{ "1_a=a<none 2_b=b<1_a 3_c=c+reads.b<1_a",
		  "1_a=a<none 2_b=b<1_a 3_c=c+reads.b<1_a",
		  .expected = "refused: '3_c' touches table b, as '2_b' does, "
			      "and would stay (git migrate rollback 3_c 2_b)",
		  .revs = { { "2_b" } } },
		/* Told from what was recorded, and not from what the file has
		 * become. */
		{ "1_a=a<none 3_c=c<1_a",
		  "1_a=a<none 2_b=b<1_a 3_c=c+reads.b<1_a",
		  .expected = "refused: '3_c' touches table b, as '2_b' does, "
			      "and would stay (git migrate rollback 3_c 2_b)",
		  .revs = { { "2_b" } } },
		/* It was there before. */
		{ "1_a=a<none 2_b=b<none", "2_b=b+reads.a<none 1_a=a<none",
		  .expected = "rollback 1_a", .revs = { { "1_a" } } },
		{ "1_a=a<none 2_b=b+fills.a<1_a 3_c=c+fills.a<1_a",
		  "1_a=a<none 2_b=b+fills.a<1_a 3_c=c+fills.a<1_a",
		  .expected = "rollback 2_b", .revs = { { "2_b" } },
		  .note = "'3_c' stays, and may touch what '2_b' does "
			  "(table a)" },
	};
	/* clang-format on */

	(void)state;
	run_rollback_cases(cases, GM_ARRAY_SIZE(cases));
}

static void what_cannot_be_undone_is_refused(void **state)
{
	/* clang-format off */
	static const struct rollback_case cases[] = {
		{ "1_a=a", "1_a=a:baseline",
		  .expected =
			  "refused: '1_a' is a baseline: it was never run "
			  "here, so "
			  "there is nothing to undo (git migrate fake --undo "
			  "1_a "
			  "forgets it)" },
		{ "1_a=a 2_b=b", "1_a=a:baseline 2_b=b",
		  .expected = "rollback 2_b" },
		{ "1_a=a+nodown", "1_a=a",
		  .expected =
			  "refused: '1_a' was applied without a down section "
			  "(write "
			  "one, then git migrate accept 1_a, or git migrate "
			  "rollback --from-file 1_a\n"
			  "git migrate fake --undo 1_a forgets it, once it is "
			  "undone by hand)",
		  .from_file = true },
		{ "1_a=a+irreversible", "1_a=a",
		  .expected = "refused: '1_a' is irreversible: it is gone "
			      "(git migrate fake --undo 1_a forgets it, once "
			      "it is undone by hand)",
		  .from_file = true },
		{ "", "1_a=a",
		  .expected = "refused: '1_a' has no file in this tree",
		  .from_file = true },
		{ "1_a=a+down", "1_a=a", .expected = "rollback 1_a",
		  .from_file = true },
	};
	/* clang-format on */

	(void)state;
	run_rollback_cases(cases, GM_ARRAY_SIZE(cases));
}

static void a_rollback_takes_up_what_is_under_way_when_asked(void **state)
{
	/* clang-format off */
	static const struct rollback_case cases[] = {
		{ "1_a=a 2_b=b", "1_a=a 2_b=b:reverting",
		  .expected = "resumed rollback 2_b",
		  .resume = GM_RESUME_CONTINUE },
		{ "1_a=a 2_b=b", "1_a=a 2_b=b:reverting",
		  .expected = "rollback 1_a" },
		{ "1_a=a 2_b=b", "1_a=a 2_b=b:failed", .expected = "",
		  .resume = GM_RESUME_CONTINUE },
	};
	/* clang-format on */

	(void)state;
	run_rollback_cases(cases, GM_ARRAY_SIZE(cases));
}

static void the_first_that_is_edited_or_under_way_is_found(void **state)
{
	struct test_state st;

	(void)state;
	test_state_init(&st, "1_a=a 2_b=x 3_c=x 4_d=d",
			"1_a=a 2_b=b 3_c=c 4_d=d:failed");
	assert_string_equal(gm_item_id(gm_plan_find_edited(&st.comparison)),
			    "2_b");
	assert_string_equal(gm_item_id(gm_plan_find_under_way(&st.comparison)),
			    "4_d");
	test_state_release(&st);
	test_state_init(&st, "1_a=a+comment 2_b=b", "1_a=a");
	assert_null(gm_plan_find_edited(&st.comparison));
	assert_null(gm_plan_find_under_way(&st.comparison));
	test_state_release(&st);
}

int main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_apply_takes_all_that_is_pending_in_order),
		cmocka_unit_test(an_apply_goes_up_to_one_or_counts),
		cmocka_unit_test(
			an_apply_of_named_ones_leaves_no_gap_below_them),
		cmocka_unit_test(an_apply_needs_a_section_for_the_database),
		cmocka_unit_test(
			an_apply_takes_up_what_is_under_way_when_asked),
		cmocka_unit_test(a_rollback_goes_back_the_way_it_came),
		cmocka_unit_test(a_rollback_keeps_what_it_is_told_to_keep),
		cmocka_unit_test(a_batch_is_what_one_run_applied),
		cmocka_unit_test(nothing_that_stays_stands_on_what_goes),
		cmocka_unit_test(nothing_that_stays_touches_what_goes),
		cmocka_unit_test(what_cannot_be_undone_is_refused),
		cmocka_unit_test(
			a_rollback_takes_up_what_is_under_way_when_asked),
		cmocka_unit_test(
			the_first_that_is_edited_or_under_way_is_found),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
