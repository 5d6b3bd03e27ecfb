/*
 * Threads. Where there are none to be had the work is done all the same, one
 * part after the other.
 */
#include "base/parallel.h"

#include <unistd.h>

/* Fewer elements than this are done before a thread has begun. */
#define WORTH_A_THREAD ((size_t)256)

struct part {
	gm_part_fn *work;
	void *context;
	size_t number;
	size_t first;
	size_t end;
	pthread_t thread;
	bool started;
};

static void *run(void *data)
{
	const struct part *part = data;

	part->work(part->context, part->number, part->first, part->end);
	return NULL;
}

size_t gm_parallel_parts(size_t n)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	size_t most = processors > 0 ? (size_t)processors : 1;

	if (most > GM_MOST_PARTS)
		most = GM_MOST_PARTS;
	if (n / WORTH_A_THREAD < most)
		most = n / WORTH_A_THREAD;
	return most ? most : 1;
}

void gm_parallel(size_t n, gm_part_fn *work, void *context)
{
	struct part parts[GM_MOST_PARTS];
	size_t count = gm_parallel_parts(n);
	size_t i;

	for (i = 0; i < count; i++) {
		parts[i] = (struct part){
			.work = work,
			.context = context,
			.number = i,
			.first = n * i / count,
			.end = n * (i + 1) / count,
		};
		/* The first is for the thread that asked. */
		parts[i].started = i && !pthread_create(&parts[i].thread, NULL,
							run, &parts[i]);
	}
	for (i = 0; i < count; i++)
		if (!parts[i].started)
			run(&parts[i]);
	for (i = 0; i < count; i++)
		if (parts[i].started)
			pthread_join(parts[i].thread, NULL);
}

static void *run_task(void *data)
{
	const struct gm_task *task = data;

	task->work(task->context);
	return NULL;
}

void gm_task_start(struct gm_task *task, void (*work)(void *context),
		   void *context)
{
	task->work = work;
	task->context = context;
	/* On one processor it would only be in the way. */
	task->started = sysconf(_SC_NPROCESSORS_ONLN) > 1 &&
			!pthread_create(&task->thread, NULL, run_task, task);
}

void gm_task_finish(struct gm_task *task)
{
	if (task->started)
		pthread_join(task->thread, NULL);
	else
		task->work(task->context);
	task->started = false;
}
