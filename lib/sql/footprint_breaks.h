/*
 * Why a script can't run where another one has run before it: told only where
 * it is certain.
 */
#ifndef GM_SQL_FOOTPRINT_BREAKS_H
#define GM_SQL_FOOTPRINT_BREAKS_H

#include "sql/footprint.h"

/*
 * Adds, a pair for each object of `first` and what of `second` fails for it:
 * - what `first` drops or renames for good, and `second` can't run without;
 * - what both of them create;
 * - an index on a column, or a view of a table, that `second` drops, where the
 *   database doesn't allow that.
 * Tables, views, columns and indexes only; nothing where one of the two can't
 * be told as a whole.
 */
void gm_footprint_find_breaks(const struct gm_footprint *first,
			      const struct gm_footprint *second,
			      struct gm_overlaps *out);

/* Whether a script between the two may put right what the first one did with
 * that object, as far as anybody can tell. */
bool gm_footprint_may_mend(const struct gm_footprint *footprint,
			   const struct gm_object *done);

#endif
