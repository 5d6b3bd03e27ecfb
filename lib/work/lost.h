/*
 * What goes with its data when a section runs.
 */
#ifndef GM_WORK_LOST_H
#define GM_WORK_LOST_H

#include "base/strbuf.h"
#include "sql/footprint.h"

/*
 * Adds the tables and columns that it drops, and the tables whose rows it
 * deletes: "table users", "column users.age", "rows of users". A table that it
 * makes again or renames isn't lost. `*unknown`, which the caller frees, says
 * why that may not be all, or is NULL.
 */
void gm_list_lost(const struct gm_footprint *footprint, struct gm_strings *lost,
		  char **unknown);

#endif
