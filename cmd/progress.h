/*
 * What a run shows while it goes on: a line per step on stdout, and on a
 * terminal which statement of it is running.
 */
#ifndef GM_CMD_PROGRESS_H
#define GM_CMD_PROGRESS_H

#include <pthread.h>

#include "work/run.h"

struct progress {
	bool quiet;
	/* stderr is a terminal, and something is to be shown there. */
	bool terminal;
	/* Asked what it says of a statement that takes long; or NULL. */
	struct gm_db *db;
	pthread_t thread;
	bool is_watched;
	/* Two threads look at what follows. `over` is told when the run is. */
	pthread_mutex_t mutex;
	pthread_cond_t over;
	bool is_over;
	/* "2/7 ID: statement 3 of 4", while it runs, the step's index, and
	 * when it began. */
	char *statement;
	size_t index;
	int64_t statement_ms;
	/* A line that is overwritten stands there. */
	bool shown;
	int64_t last_ms;
	int64_t step_ms;
};

/* gm_progress_end must follow. */
void gm_progress_init(struct progress *progress, bool quiet);
struct gm_observer gm_progress_observer(struct progress *progress);

/* From here on another thread shows how a long statement is getting on. For
 * when signals are blocked, which it must not take. */
void gm_progress_watch(struct progress *progress);

/* Takes away what would be overwritten, ends the thread, and frees. */
void gm_progress_end(struct progress *progress);

#endif
