/*
 * The sides of many forks at once, remembered from run to run: which changes
 * a directory has against others is known by the ids of their trees alone.
 */
#ifndef GM_WORK_SIDES_H
#define GM_WORK_SIDES_H

#include "work/side.h"

struct gm_sides;

/* Never NULL. */
struct gm_sides *gm_sides_new(void);

/* Accepts NULL. */
void gm_sides_free(struct gm_sides *sides);

/* Asks for a commit's changes since the bases (ids, all of them); returns the
 * number that the side has from now on. */
size_t gm_sides_want(struct gm_sides *sides, const char *commit,
		     const struct gm_strings *bases);

/* Loads those that were asked for since the last time. Their changes have no
 * migration. */
int gm_sides_load(struct gm_sides *sides, struct gm_project *project,
		  struct gm_error *err);

/* Valid until the next one is asked for. */
const struct gm_side *gm_sides_get(const struct gm_sides *sides, size_t number);

#endif
