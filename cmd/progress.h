/*
 * What a run shows while it goes on: a line per step on stdout, and on a
 * terminal which statement of it is running.
 */
#ifndef GM_CMD_PROGRESS_H
#define GM_CMD_PROGRESS_H

#include "work/run.h"

struct progress {
	bool quiet;
	/* stderr is a terminal. */
	bool terminal;
	/* A line that is overwritten stands there. */
	bool shown;
	int64_t last_ms;
	int64_t step_ms;
};

void gm_progress_init(struct progress *progress, bool quiet);
struct gm_observer gm_progress_observer(struct progress *progress);

/* Takes away what would be overwritten. */
void gm_progress_clear(struct progress *progress);

#endif
