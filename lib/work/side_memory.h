/*
 * Changes of sides as they are remembered from run to run, by keys.
 */
#ifndef GM_WORK_SIDE_MEMORY_H
#define GM_WORK_SIDE_MEMORY_H

#include "work/side.h"

struct gm_side_memory;

/* Reads what is remembered. Never NULL. */
struct gm_side_memory *gm_side_memory_open(struct gm_project *project);

/* Adds to the side what is remembered under the key: 1, or 0 where nothing
 * is. */
int gm_side_memory_get(struct gm_side_memory *memory, const char *key,
		       size_t app, struct gm_side *side);

/* Remembers the side's changes in that app. */
void gm_side_memory_put(struct gm_side_memory *memory, const char *key,
			const struct gm_side *side, size_t app);

/* Writes what is new, and frees it. */
void gm_side_memory_close(struct gm_side_memory *memory);

#endif
