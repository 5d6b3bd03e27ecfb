/*
 * lib/base/strbuf: strings that grow, and lists of strings.
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

static void a_zeroed_one_is_the_empty_string(void **state)
{
	struct gm_strbuf sb = { 0 };
	char *s;

	(void)state;
	assert_string_equal(gm_strbuf_str(&sb), "");
	s = gm_strbuf_take(&sb);
	assert_string_equal(s, "");
	free(s);
	gm_strbuf_release(&sb);
	gm_strbuf_release(NULL);
}

static void it_keeps_what_is_added_while_it_grows(void **state)
{
	struct gm_strbuf sb = { 0 };
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		gm_strbuf_addf(&sb, "%03zu,", i);
	assert_int_equal(sb.len, 4000);
	assert_int_equal(strlen(sb.buf), 4000);
	assert_memory_equal(sb.buf + 4 * 517, "517,", 4);
	gm_strbuf_cut(&sb, 3);
	assert_string_equal(gm_strbuf_str(&sb), "000");
	gm_strbuf_release(&sb);
	assert_null(sb.buf);
}

static void it_holds_bytes_and_not_only_text(void **state)
{
	struct gm_strbuf sb = { 0 };

	(void)state;
	gm_strbuf_add(&sb, "a\0b", 3);
	gm_strbuf_addc(&sb, 'c');
	assert_int_equal(sb.len, 4);
	assert_memory_equal(sb.buf, "a\0bc", 5);
	gm_strbuf_release(&sb);
}

static void prefixes_and_suffixes(void **state)
{
	static const struct {
		const char *s, *part;
		bool starts, ends;
	} cases[] = {
		{ "", "", true, true },
		{ "abc", "", true, true },
		{ "abc", "abc", true, true },
		{ "abc", "a", true, false },
		{ "abc", "c", false, true },
		{ "abc", "abcd", false, false },
		{ "", "a", false, false },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		assert_int_equal(gm_starts_with(cases[i].s, cases[i].part),
				 cases[i].starts);
		assert_int_equal(gm_ends_with(cases[i].s, cases[i].part),
				 cases[i].ends);
	}
}

static void printable_text_cannot_move_the_cursor(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "", "" },
		{ "plain", "plain" },
		{ "\033[2J", "\\x1b[2J" },
		{ "a\nb\177", "a\\x0ab\\x7f" },
		{ "gr\303\274n", "gr\303\274n" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		char *s = gm_printable(cases[i].in);

		assert_string_equal(s, cases[i].out);
		free(s);
	}
}

static void a_list_owns_and_sorts_its_strings(void **state)
{
	struct gm_strings list = { 0 };
	char name[] = "b";

	(void)state;
	gm_strings_sort(&list);
	gm_strings_add(&list, name);
	name[0] = 'x';
	gm_strings_take(&list, gm_strdup("a"));
	gm_strings_add(&list, "B");
	assert_true(gm_strings_has(&list, "b"));
	assert_false(gm_strings_has(&list, "x"));
	gm_strings_sort(&list);
	assert_string_equal(list.v[0], "B");
	assert_string_equal(list.v[1], "a");
	assert_string_equal(list.v[2], "b");
	gm_strings_release(&list);
	assert_int_equal(list.n, 0);
	gm_strings_release(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_zeroed_one_is_the_empty_string),
		cmocka_unit_test(it_keeps_what_is_added_while_it_grows),
		cmocka_unit_test(it_holds_bytes_and_not_only_text),
		cmocka_unit_test(prefixes_and_suffixes),
		cmocka_unit_test(printable_text_cannot_move_the_cursor),
		cmocka_unit_test(a_list_owns_and_sorts_its_strings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
