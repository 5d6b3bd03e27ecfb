/*
 * What stands before two sides fork, and carries what is done to one object on
 * to others: a view to the tables of its query, a trigger to those of its
 * body, a foreign key to the other table, a table to its heirs.
 */
#ifndef GM_SQL_GROUND_H
#define GM_SQL_GROUND_H

#include "sql/footprint.h"

/*
 * Adds the script's statements that carry anything; their lines are counted
 * from 1 on through all that was added. Scripts are of one dialect.
 */
void gm_ground_add(struct gm_footprint *ground,
		   const struct gm_dialect *dialect, const char *sql,
		   size_t len);

/* Whether a ground could matter between the two: rows are written, or what
 * it may hold would be in the way. */
bool gm_ground_matters(const struct gm_footprint *a,
		       const struct gm_footprint *b);

/* The same where the other isn't known: it writes rows, or drops a table. */
bool gm_ground_moves(const struct gm_footprint *side);

/*
 * What brings two together that are independent but for their ground, in a
 * sentence that the caller frees; NULL: nothing does.
 */
char *gm_ground_meet(const struct gm_footprint *ground,
		     const struct gm_footprint *a,
		     const struct gm_footprint *b);

#endif
