/*
 * Clocks: the calendar's, in UTC, and one that only goes forward.
 */
#ifndef GM_BASE_TIME_H
#define GM_BASE_TIME_H

#include <stdint.h>

/* Room for 2026-11-20T09:15:00.123Z and a NUL. */
#define GM_TIME_TEXT 25

/* Now, in UTC, ISO 8601 with milliseconds. */
void gm_time_now(char text[GM_TIME_TEXT]);

/* Now, in UTC, as 14 digits: 20261120091500. */
void gm_time_digits(char digits[15]);

/* Milliseconds on a clock that never goes back, from an arbitrary start. */
int64_t gm_time_ms(void);

/* Reads seconds, such as "30" or "0.5", into milliseconds: 0, or
 * GM_EINVALID for another text. */
int gm_time_read_seconds(int64_t *ms, const char *text);

/* Sleeps; a signal may cut it short. */
void gm_time_sleep_ms(int64_t ms);

#endif
