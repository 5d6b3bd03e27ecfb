/*
 * A long list, worked on by several threads at once.
 */
#ifndef GM_BASE_PARALLEL_H
#define GM_BASE_PARALLEL_H

#include <stddef.h>

/* The most parts that a list is divided into. */
#define GM_MOST_PARTS 4

/* Does what there is to do for the elements from `first` to before `end`. */
typedef void gm_part_fn(void *context, size_t part, size_t first, size_t end);

/*
 * Divides `n` elements into parts, which follow one another, and calls
 * `work` once for each, at the same time where there are processors for it.
 * Returns when all are done. The parts may share what none of them changes.
 */
void gm_parallel(size_t n, gm_part_fn *work, void *context);

#endif
