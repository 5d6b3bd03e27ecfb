/*
 * What a series holds that carries on what is done to one object to others:
 * views, triggers, foreign keys, heirs.
 */
#ifndef GM_WORK_GROUND_H
#define GM_WORK_GROUND_H

#include "work/side.h"

/* A zeroed struct is ground where nothing stands. */
struct gm_ground {
	struct gm_footprint of[GM_SIDE_DIALECTS];
};

/* Whether it could matter between the two. */
bool gm_ground_is_wanted(const struct gm_side *a, const struct gm_side *b);

/* The same where the other side isn't known yet. */
bool gm_ground_may_be_wanted(const struct gm_side *side);

/*
 * Reads the migrations of these commits, which may be many; what was found is
 * remembered. `out` is to be released after an error, too.
 */
int gm_ground_load(struct gm_ground *out, struct gm_project *project,
		   const struct gm_strings *commits, struct gm_error *err);
void gm_ground_release(struct gm_ground *ground);

#endif
