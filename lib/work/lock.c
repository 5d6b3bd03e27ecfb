/*
 * Waiting for another run. A waiter polls: it never sits in a blocking lock
 * call, in which a database would count it as a transaction under way.
 */
#include "work/lock.h"

#include <stdlib.h>

#include "base/time.h"

/* From one try to the next: short at first, then so that nobody notices. */
#define FIRST_PAUSE_MS 20
#define LONGEST_PAUSE_MS 500

static void tell_waiting(const struct gm_observer *observer, const char *who)
{
	struct gm_event event = { .type = GM_EVENT_WAITING, .text = who };

	if (observer->event)
		observer->event(observer->context, &event);
}

static int give_up(const char *holder, bool waited, struct gm_error *err)
{
	gm_error_set(err, GM_EBUSY, "another run is at work on this target%s%s",
		     holder ? ": " : "", holder ? holder : "");
	return gm_error_hint(err, waited ? "wait longer for it with --wait="
					   "SECONDS"
					 : "wait for it with --wait=SECONDS");
}

int gm_lock(struct gm_history *history, int64_t wait_ms,
	    const struct gm_observer *observer, struct gm_error *err)
{
	const struct gm_driver *driver = history->driver;
	int64_t start = gm_time_ms();
	int64_t pause = FIRST_PAUSE_MS;
	bool told = false;

	if (!driver->try_lock)
		return 0;
	for (;;) {
		char *holder = NULL;
		int ret = driver->try_lock(
			history->db, gm_history_table(history), &holder, err);

		/* Who wants to wait does, however long one look takes. */
		if (!ret && wait_ms >= 0 && (told || !wait_ms) &&
		    gm_time_ms() - start >= wait_ms)
			ret = give_up(holder, wait_ms > 0, err);
		if (!ret && !told) {
			tell_waiting(observer, holder);
			told = true;
		}
		free(holder);
		if (ret < 0)
			return ret;
		if (ret > 0)
			return told;
		gm_time_sleep_ms(pause);
		pause = pause * 2 < LONGEST_PAUSE_MS ? pause * 2
						     : LONGEST_PAUSE_MS;
	}
}
