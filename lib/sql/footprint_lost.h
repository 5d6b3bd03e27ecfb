/*
 * What a script needs that another one, which runs before it, has taken away:
 * told only where it is certain.
 */
#ifndef GM_SQL_FOOTPRINT_LOST_H
#define GM_SQL_FOOTPRINT_LOST_H

#include "sql/footprint.h"

/*
 * Adds what `first` drops or renames for good, and `second` can't run
 * without, a pair for each object: tables, views and columns. Nothing where
 * one of the two can't be told as a whole.
 */
void gm_footprint_find_lost(const struct gm_footprint *first,
			    const struct gm_footprint *second,
			    struct gm_overlaps *out);

/* Whether the script may make such an object, as far as anybody can tell. */
bool gm_footprint_may_make(const struct gm_footprint *footprint,
			   const struct gm_object *lost);

#endif
