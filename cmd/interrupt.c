/*
 * A thread that waits for the signals which end a run.
 */
#include "cmd/interrupt.h"

#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"

/* Wakes the thread when the run is over. */
#define WAKE_SIGNAL SIGUSR1
#define ECHO_MS 300

static const int ending[] = { SIGINT, SIGTERM, SIGHUP };

/* From here on they do what they do to any process; `waited` no longer holds
 * them. */
static void let_signals_end(sigset_t *waited)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t set;
	size_t i;

	sigemptyset(&set);
	for (i = 0; i < GM_ARRAY_SIZE(ending); i++) {
		/* A shell has those in the background ignore it. */
		sigaction(ending[i], &action, NULL);
		sigaddset(&set, ending[i]);
		sigdelset(waited, ending[i]);
	}
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
}

/* One Ctrl-C comes twice: the terminal sends it to all that runs there, and git
 * to what it has started. Waits until that is over; whether we were woken. */
static bool is_woken_in_echo(const sigset_t *signals)
{
	int64_t end = gm_time_ms() + ECHO_MS;
	int64_t left = ECHO_MS;

	for (; left > 0; left = end - gm_time_ms()) {
		struct timespec wait = { .tv_nsec = left * 1000000 };

		if (sigtimedwait(signals, NULL, &wait) == WAKE_SIGNAL)
			return true;
	}
	return false;
}

static void *wait_for_signals(void *context)
{
	struct interrupt *interrupt = context;
	int signal;

	while (!sigwait(&interrupt->signals, &signal)) {
		if (signal == WAKE_SIGNAL)
			break;
		atomic_store(&interrupt->stop, true);
		fputs("\ninterrupted: putting things in order (once more to "
		      "leave at once)\n",
		      stderr);
		if (is_woken_in_echo(&interrupt->signals))
			break;
		/* The next one isn't waited for any more, but ends the
		 * process: also while a server lets us wait. */
		let_signals_end(&interrupt->signals);
		if (interrupt->db && interrupt->db->driver->interrupt)
			interrupt->db->driver->interrupt(interrupt->db);
	}
	return NULL;
}

void gm_interrupt_start(struct interrupt *interrupt, struct gm_db *db)
{
	size_t i;

	memset(interrupt, 0, sizeof(*interrupt));
	atomic_init(&interrupt->stop, false);
	interrupt->db = db;
	sigemptyset(&interrupt->signals);
	for (i = 0; i < GM_ARRAY_SIZE(ending); i++)
		sigaddset(&interrupt->signals, ending[i]);
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
