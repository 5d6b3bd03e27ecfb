/*
 * Sorting, and memory in blocks.
 */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/arena.h"
#include "base/sort.h"

static int by_letter(const void *a, const void *b)
{
	return *(const char *)a - *(const char *)b;
}

static void letters_come_in_order(void **unused)
{
	static const struct {
		const char *before;
		const char *after;
	} cases[] = {
		{ "", "" },
		{ "a", "a" },
		{ "abc", "abc" },
		{ "cba", "abc" },
		{ "acegbdf", "abcdefg" },
		{ "bcdefga", "abcdefg" },
		{ "defabc", "abcdef" },
		{ "abcdefa", "aabcdef" },
		{ "fbadcecab", "aabbccdef" },
		{ "aabbaabb", "aaaabbbb" },
	};
	size_t i;

	(void)unused;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		char *text = gm_strdup(cases[i].before);

		gm_sort(text, strlen(text), 1, by_letter);
		assert_string_equal(text, cases[i].after);
		free(text);
	}
	gm_sort(NULL, 0, 1, by_letter);
}

/* Each at a place where any type may stand, and none over another. */
static void what_is_taken_stays_whole(void **unused)
{
	static const size_t sizes[] = { 1, 0, 7, 100, 8000, 9000, 3000000, 24 };
	struct gm_arena arena = { 0 };
	struct gm_arena other = { 0 };
	char *room[200];
	char *text;
	size_t i;
	size_t k;

	(void)unused;
	gm_arena_keep(&arena, NULL);
	gm_arena_keep(&arena, gm_strdup("freed with the rest"));
	for (i = 0; i < GM_ARRAY_SIZE(room); i++) {
		size_t size = sizes[i % GM_ARRAY_SIZE(sizes)];

		room[i] = gm_arena_take(i % 3 ? &arena : &other, size);
		assert_int_equal((uintptr_t)room[i] % _Alignof(max_align_t), 0);
		memset(room[i], (int)i, size);
		text = gm_arena_text(&arena, "text and more", 4);
		assert_string_equal(text, "text");
		if (i == 100)
			gm_arena_keep(&arena, gm_strdup("in between"));
	}
	gm_arena_move(&arena, &other);
	assert_null(other.blocks);
	gm_arena_release(&other);
	for (i = 0; i < GM_ARRAY_SIZE(room); i++)
		for (k = 0; k < sizes[i % GM_ARRAY_SIZE(sizes)]; k++)
			if (room[i][k] != (char)i)
				fail_msg("%zu was overwritten", i);
	gm_arena_release(&arena);
	gm_arena_release(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(letters_come_in_order),
		cmocka_unit_test(what_is_taken_stays_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
