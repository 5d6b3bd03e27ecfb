/*
 * A side's objects in groups that nothing tells apart where two sides are
 * compared: ten thousand INSERTs into one table are looked at as one. Private
 * to the footprint.
 */
#ifndef GM_SQL_ALIKE_H
#define GM_SQL_ALIKE_H

#include <stdint.h>

#include "sql/clash.h"

/*
 * Those that only write or read rows, of one table or column, are a group;
 * any other object is one by itself. So a rule may ask for the statement of
 * an object, unless it is of that kind.
 */
struct gm_group {
	/* Stands for all of them. */
	const struct gm_object *o;
	/* Filled when first asked for: see find_clash. */
	bool is_known;
	bool is_scratch;
	bool is_softened;
	/* Nothing of the other side gets in its way. */
	bool is_free;
	bool is_judged;
};

#define GM_NO_GROUP UINT32_MAX

/* Most sides touch no more than this, and take no memory of their own. */
#define GM_FEW_OBJECTS 32

/* Points into itself, so it stays where it was filled. */
struct gm_groups {
	const struct gm_footprint *side;
	struct gm_group *v;
	size_t n;
	/* By object; GM_NO_GROUP: it is of a table that the side makes, and
	 * only the table counts. */
	uint32_t *of;
	struct gm_group few[GM_FEW_OBJECTS];
	uint32_t of_few[GM_FEW_OBJECTS];
};

void gm_groups_find(struct gm_groups *out, const struct gm_footprint *side);
void gm_groups_release(struct gm_groups *groups);

#endif
