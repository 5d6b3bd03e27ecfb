/*
 * Clocks.
 */
#include "base/time.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/error.h"

void gm_time_now(char text[GM_TIME_TEXT])
{
	struct timespec now;
	struct tm utc;
	char seconds[20];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &utc);
	strftime(seconds, sizeof(seconds), "%Y-%m-%dT%H:%M:%S", &utc);
	snprintf(text, GM_TIME_TEXT, "%s.%03uZ", seconds,
		 (unsigned)(now.tv_nsec / 1000000) % 1000);
}

void gm_time_digits(char digits[15])
{
	time_t now = time(NULL);
	struct tm utc;

	gmtime_r(&now, &utc);
	strftime(digits, 15, "%Y%m%d%H%M%S", &utc);
}

int64_t gm_time_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int gm_time_read_seconds(int64_t *ms, const char *text)
{
	char *end;
	double seconds = strtod(text, &end);

	/* Written so that it is false for what is no number. */
	if (end == text || *end || !(seconds >= 0 && seconds <= 1e6))
		return GM_EINVALID;
	*ms = (int64_t)(seconds * 1000);
	return 0;
}

void gm_time_sleep_ms(int64_t ms)
{
	struct timespec t = { .tv_sec = ms / 1000,
			      .tv_nsec = (ms % 1000) * 1000000 };

	nanosleep(&t, NULL);
}
