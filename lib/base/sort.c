/*
 * Sorting.
 */
#include "base/sort.h"

#include <stdlib.h>

void gm_sort(void *v, size_t n, size_t size,
	     int (*compare)(const void *, const void *))
{
	const char *p = v;
	size_t i;

	for (i = 1; i < n; i++)
		if (compare(p + (i - 1) * size, p + i * size) > 0)
			break;
	if (i < n)
		qsort(v, n, size, compare);
}
