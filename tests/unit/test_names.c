/*
 * lib/series/names: REV, from what a user types to one migration.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "series/names.h"

/* clang-format off */
static const struct gm_name names[] = {
	{ "", "0001_users", "11111112222222aaaaaaaaaaaaaaaaaa", 1 },
	{ "", "0002_posts", "11111113333333aaaaaaaaaaaaaaaaaa", 4 },
	{ "", "0002_posts_more", "4444444444444444aaaaaaaaaaaaaaaa", 0 },
	{ "", "20261120_02_tags", "55555555aaaaaaaaaaaaaaaaaaaaaaaa", 3 },
	{ "blog", "0001_users", "66666666aaaaaaaaaaaaaaaaaaaaaaaa", 2 },
	{ "blog", "0003_0002", "77777777aaaaaaaaaaaaaaaaaaaaaaaa", 0 },
	{ "shop", "0009_a\033", "88888888aaaaaaaaaaaaaaaaaaaaaaaa", 0 },
};
/* clang-format on */

static void the_first_way_to_read_it_that_fits_wins(void **state)
{
	/* clang-format off */
	static const struct {
		const char *rev;
		size_t index;
	} cases[] = {
		{ "0002_posts", 1 },
		{ "0002_posts_", 2 },
		{ "0002_posts_more", 2 },
		{ "posts", 1 },
		{ "posts_more", 2 },
		{ "tags", 3 },
		{ "02_tags", 3 },
		{ "20261120", 3 },
		{ "0020261120", 3 },
		{ "2026", 3 },
		{ "3", 5 },
		{ "blog/0001_users", 4 },
		{ "blog/1", 4 },
		{ "blog/users", 4 },
		{ "blog/0002", 5 },
		{ "/users", 0 },
		{ "xxh3:1111111222222", 0 },
		{ "xxh3:4444444", 2 },
		{ "@", 1 },
		{ "@~", 3 },
		{ "@~0", 1 },
		{ "@~1", 3 },
		{ "@~3", 0 },
		{ "blog/@", 4 },
		{ "/@~2", 0 },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_error err = { 0 };
		size_t index = 99;
		int rc = gm_name_resolve(&index, names, GM_ARRAY_SIZE(names),
					 cases[i].rev, &err);

		if (rc || index != cases[i].index)
			fail_msg("%s: %d, %zu, %s", cases[i].rev, rc, index,
				 err.message ? err.message : "");
	}
}

static void what_fits_none_or_several_is_said(void **state)
{
	/* clang-format off */
	static const struct {
		const char *rev;
		int rc;
		const char *message, *hint;
	} cases[] = {
		{ "users", GM_EINVALID,
		  "'users' is ambiguous: it fits "
		  "'0001_users', 'blog/0001_users'",
		  "type more of the id" },
		{ "2", GM_EINVALID,
		  "'2' is ambiguous: it fits '0002_posts', "
		  "'0002_posts_more'",
		  "type more of the id" },
		{ "000", GM_EINVALID,
		  "'000' is ambiguous: it fits "
		  "'0001_users', '0002_posts', '0002_posts_more', "
		  "'blog/0001_users', 'blog/0003_0002', 'shop/0009_a\\x1b'",
		  "type more of the id" },
		{ "xxh3:1111111", GM_EINVALID,
		  "'xxh3:1111111' is ambiguous: "
		  "it fits '0001_users', '0002_posts'",
		  NULL },
		{ "xxh3:444444", GM_ENOTFOUND,
		  "there is no migration 'xxh3:444444'", NULL },
		{ "", GM_EINVALID, "'' names no migration", NULL },
		{ "blog/", GM_EINVALID, "'blog/' names no migration", NULL },
		{ "psots", GM_ENOTFOUND, "there is no migration 'psots'",
		  "did you mean 'posts'?" },
		{ "blog/0001_usres", GM_ENOTFOUND,
		  "there is no migration 'blog/0001_usres'",
		  "did you mean 'blog/0001_users'?" },
		{ "wombat", GM_ENOTFOUND, "there is no migration 'wombat'",
		  "see what there is with 'git migrate status'" },
		{ "a\033b", GM_ENOTFOUND, "there is no migration 'a\\x1bb'",
		  NULL },
		{ "forum/1", GM_ENOTFOUND,
		  "'forum/1' names nothing: no app "
		  "of that name has migrations",
		  NULL },
		{ "@~4", GM_ENOTFOUND,
		  "'@~4' goes back too far: migrations "
		  "applied: 4",
		  NULL },
		{ "@~99999999999999999999999", GM_ENOTFOUND,
		  "goes back too "
		  "far",
		  NULL },
		{ "shop/@", GM_ENOTFOUND,
		  "'shop/@' names nothing: no "
		  "migration is applied",
		  NULL },
		{ "@x", GM_EINVALID, "'@x' is not of the form @~N", NULL },
		{ "@~1x", GM_EINVALID, "'@~1x' is not of the form @~N", NULL },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_error err = { 0 };
		size_t index;
		int rc = gm_name_resolve(&index, names, GM_ARRAY_SIZE(names),
					 cases[i].rev, &err);

		assert_int_equal(rc, cases[i].rc);
		if (!strstr(err.message, cases[i].message))
			assert_string_equal(err.message, cases[i].message);
		if (cases[i].hint)
			assert_string_equal(err.hint, cases[i].hint);
		gm_error_release(&err);
	}
}

static void among_none_there_is_nothing(void **state)
{
	static const char *const revs[] = { "1", "@", "users", "a/b" };
	size_t i, index;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(revs); i++)
		assert_int_equal(gm_name_resolve(&index, NULL, 0, revs[i],
						 NULL),
				 GM_ENOTFOUND);
}

int main(void)
{
	/* clang-format off */
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_way_to_read_it_that_fits_wins),
		cmocka_unit_test(what_fits_none_or_several_is_said),
		cmocka_unit_test(among_none_there_is_nothing),
	};
	/* clang-format on */

	return cmocka_run_group_tests(tests, NULL, NULL);
}
