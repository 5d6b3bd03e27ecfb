/*
 * Sorting what is mostly sorted already, as names from a directory are.
 */
#ifndef GM_BASE_SORT_H
#define GM_BASE_SORT_H

#include <stddef.h>

/* Like qsort, but cheap where nothing is to do, or where some elements are
 * behind the others that belong between them; v may be NULL for n 0. */
void gm_sort(void *v, size_t n, size_t size,
	     int (*compare)(const void *, const void *));

#endif
