/*
 * Sorting: two sorted runs are merged, and what is out of order behind the
 * first is sorted before.
 */
#include "base/sort.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* How many elements stand in order from the first on. */
static size_t measure_run(const char *p, size_t n, size_t size,
			  int (*compare)(const void *, const void *))
{
	size_t i;

	for (i = 1; i < n; i++)
		if (compare(p + (i - 1) * size, p + i * size) > 0)
			return i;
	return n;
}

/* The first `left` elements, and those behind them. */
static void merge(char *p, size_t left, size_t n, size_t size,
		  int (*compare)(const void *, const void *))
{
	size_t right = n - left;
	char *copy = gm_alloc(right * size);

	memcpy(copy, p + left * size, right * size);
	while (right) {
		bool low = left && compare(p + (left - 1) * size,
					   copy + (right - 1) * size) > 0;
		const char *from = low ? p + --left * size
				       : copy + --right * size;

		memcpy(p + --n * size, from, size);
	}
	free(copy);
}

void gm_sort(void *v, size_t n, size_t size,
	     int (*compare)(const void *, const void *))
{
	size_t run = measure_run(v, n, size, compare);
	char *rest;

	if (run >= n)
		return;
	rest = (char *)v + run * size;
	if (measure_run(rest, n - run, size, compare) < n - run)
		qsort(rest, n - run, size, compare);
	merge(v, run, n, size, compare);
}
