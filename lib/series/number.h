/*
 * The number that an id begins with, taken apart once so that it can be
 * compared often.
 */
#ifndef GM_SERIES_NUMBER_H
#define GM_SERIES_NUMBER_H

#include "series/series.h"

/* Digits without leading zeros; borrowed, and not ended by a NUL. */
struct gm_number {
	const char *digits;
	size_t len;
	/* "1" unless numbers are dates and the id has a suffix. */
	const char *suffix;
	size_t suffix_len;
};

void gm_number_read(struct gm_number *out, enum gm_numbering numbering,
		    const char *id);

/* <0, 0 or >0 */
int gm_number_compare(const struct gm_number *a, const struct gm_number *b);

#endif
