/*
 * Work on several threads at once: a long list in parts, or one task beside
 * what the caller does.
 */
#ifndef GM_BASE_PARALLEL_H
#define GM_BASE_PARALLEL_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

/* The most parts that a list is divided into. */
#define GM_MOST_PARTS 4

/* Does what there is to do for the elements from `first` to before `end`. */
typedef void gm_part_fn(void *context, size_t part, size_t first, size_t end);

/* Into how many parts `n` elements are divided, at least one: as many threads
 * are worth it. */
size_t gm_parallel_parts(size_t n);

/*
 * Divides `n` elements into parts, which follow one another, and calls
 * `work` once for each, at the same time where there are processors for it.
 * Returns when all are done. The parts may share what none of them changes.
 */
void gm_parallel(size_t n, gm_part_fn *work, void *context);

/* A task that runs beside its caller. Not to be moved while it does. */
struct gm_task {
	void (*work)(void *context);
	void *context;
	pthread_t thread;
	bool started;
};

/*
 * Begins work(context) on a thread of its own. Until gm_task_finish returns,
 * `context` and what it leads to belong to the task.
 */
void gm_task_start(struct gm_task *task, void (*work)(void *context),
		   void *context);

/* Waits until the work is done; where no thread could be had, does it. */
void gm_task_finish(struct gm_task *task);

#endif
