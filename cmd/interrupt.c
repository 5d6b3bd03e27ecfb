/*
 * A thread that waits for the signals which end a run.
 */
#include "cmd/interrupt.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Wakes the thread when the run is over. */
#define WAKE_SIGNAL SIGUSR1

static void *wait_for_signals(void *context)
{
	struct interrupt *interrupt = context;
	int signal;

	while (!sigwait(&interrupt->signals, &signal)) {
		if (signal == WAKE_SIGNAL)
			break;
		if (atomic_exchange(&interrupt->stop, true))
			_exit(128 + signal);
		fputs("\ninterrupted: putting things in order (once more to "
		      "leave at once)\n",
		      stderr);
		if (interrupt->db && interrupt->db->driver->interrupt)
			interrupt->db->driver->interrupt(interrupt->db);
	}
	return NULL;
}

void gm_interrupt_start(struct interrupt *interrupt, struct gm_db *db)
{
	memset(interrupt, 0, sizeof(*interrupt));
	atomic_init(&interrupt->stop, false);
	interrupt->db = db;
	sigemptyset(&interrupt->signals);
	sigaddset(&interrupt->signals, SIGINT);
	sigaddset(&interrupt->signals, SIGTERM);
	sigaddset(&interrupt->signals, SIGHUP);
	sigaddset(&interrupt->signals, WAKE_SIGNAL);
	pthread_sigmask(SIG_BLOCK, &interrupt->signals, &interrupt->before);
	interrupt->started = !pthread_create(&interrupt->thread, NULL,
					     wait_for_signals, interrupt);
	if (!interrupt->started)
		pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
}

void gm_interrupt_end(struct interrupt *interrupt)
{
	if (!interrupt->started)
		return;
	pthread_kill(interrupt->thread, WAKE_SIGNAL);
	pthread_join(interrupt->thread, NULL);
	pthread_sigmask(SIG_SETMASK, &interrupt->before, NULL);
	interrupt->started = false;
}
