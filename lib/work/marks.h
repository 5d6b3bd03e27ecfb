/*
 * What is to be said of a migration's place in the series: whether it is a
 * head, how far the published refs have come, and how far the target has.
 */
#ifndef GM_WORK_MARKS_H
#define GM_WORK_MARKS_H

#include "work/compare.h"
#include "work/project.h"

struct gm_mark {
	/* Nobody's parent. */
	bool head;
	/* The one that was applied last. */
	bool newest;
	/* The published refs, by their short names, that have it and none
	 * that stands on it. */
	struct gm_strings refs;
};

/* Marks by item. A zeroed struct has none. */
struct gm_marks {
	struct gm_mark *v;
	size_t n;
};

/* Reads the trees of the published refs, and no history. */
int gm_marks_load(struct gm_marks *out, struct gm_project *project,
		  const struct gm_comparison *comparison, struct gm_error *err);
void gm_marks_release(struct gm_marks *marks);

/* The items that an item stands on, by place, into an array that the caller
 * frees; returns how many. Those that are missing are asked what was
 * recorded. */
size_t gm_item_parents(const struct gm_comparison *comparison, size_t item,
		       size_t **out);

#endif
