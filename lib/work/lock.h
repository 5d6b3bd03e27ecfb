/*
 * The polite lock: a run that finds another one at work waits for it, and
 * says for whom.
 */
#ifndef GM_WORK_LOCK_H
#define GM_WORK_LOCK_H

#include "work/run.h"

/*
 * Takes the lock of the history's target, polling; wait_ms 0 does not wait.
 * GM_EBUSY where another run still holds it when the time is over. Returns 1
 * where it had to wait, so that the history must be read again. The driver's
 * `unlock`, or the end of the session, gives it back.
 */
int gm_lock(struct gm_history *history, int64_t wait_ms,
	    const struct gm_observer *observer, struct gm_error *err);

#endif
