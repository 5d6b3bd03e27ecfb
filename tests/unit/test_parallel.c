/*
 * Lists in parts, and tasks: none is left out, and none is done twice.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/parallel.h"

struct list {
	unsigned char seen[5000];
	/* Where each part began and ended. */
	size_t first[GM_MOST_PARTS];
	size_t end[GM_MOST_PARTS];
};

static void visit(void *context, size_t part, size_t first, size_t end)
{
	struct list *list = context;
	size_t i;

	list->first[part] = first;
	list->end[part] = end;
	for (i = first; i < end; i++)
		list->seen[i]++;
}

static void each_element_is_visited_once_in_parts_that_follow(void **unused)
{
	static const size_t sizes[] = { 0, 1, 2, 255, 256, 511, 1023, 4999 };
	size_t i;
	size_t k;

	(void)unused;
	for (i = 0; i < GM_ARRAY_SIZE(sizes); i++) {
		struct list list = { 0 };
		size_t at = 0;

		gm_parallel(sizes[i], visit, &list);
		for (k = 0; k < sizes[i]; k++)
			assert_int_equal(list.seen[k], 1);
		assert_int_equal(list.seen[sizes[i]], 0);
		for (k = 0; k < GM_MOST_PARTS && list.end[k]; k++) {
			assert_int_equal(list.first[k], at);
			at = list.end[k];
		}
		assert_int_equal(at, sizes[i]);
	}
}

static void count(void *context)
{
	++*(int *)context;
}

static void a_task_is_done_once_when_it_is_finished(void **unused)
{
	struct gm_task task;
	int done = 0;

	(void)unused;
	gm_task_start(&task, count, &done);
	gm_task_finish(&task);
	assert_int_equal(done, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_task_is_done_once_when_it_is_finished),
		cmocka_unit_test(
			each_element_is_visited_once_in_parts_that_follow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
