/*
 * Ctrl-C: the first one ends the statement that runs, so that the run can
 * put things in order and say where they stand; a second one leaves.
 */
#ifndef GM_CMD_INTERRUPT_H
#define GM_CMD_INTERRUPT_H

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>

#include "db/driver.h"

struct interrupt {
	struct gm_db *db;
	pthread_t thread;
	sigset_t signals;
	sigset_t before;
	atomic_bool stop;
	bool started;
};

/* From here on SIGINT, SIGTERM and SIGHUP set `stop` and interrupt the
 * database. A thread waits for them, so nothing is done in a handler. */
void gm_interrupt_start(struct interrupt *interrupt, struct gm_db *db);
void gm_interrupt_end(struct interrupt *interrupt);

#endif
