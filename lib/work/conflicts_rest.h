/*
 * The part of gm_conflicts_judge that is about what a side took away or gave
 * another name, and what the two have in common.
 */
#ifndef GM_WORK_CONFLICTS_REST_H
#define GM_WORK_CONFLICTS_REST_H

#include "work/conflicts.h"

/* Adds the pairs of which one is gone or renamed. */
void gm_conflicts_judge_rest(struct gm_conflicts *out,
			     const struct gm_project *project,
			     const struct gm_side *a, const struct gm_side *b);

/* Counts the pair, and adds it, insides and all, unless it is independent. */
void gm_conflicts_add(struct gm_conflicts *out, struct gm_pair *pair);

/* What such footprints, of the pair's two, are to each other on the ground,
 * which may be NULL; the pair gets the overlaps, the dialect and the reason. */
enum gm_pair_verdict
gm_pair_judge_footprints(struct gm_pair *pair, const struct gm_ground *ground,
			 const struct gm_footprint a[GM_SIDE_DIALECTS],
			 const struct gm_footprint b[GM_SIDE_DIALECTS]);

/* Whether the side has the same content under the same name. */
bool gm_side_has_same_file(const struct gm_side *side,
			   const struct gm_change_of_side *change);

/* The series' own migration, if it still is what the change made it. */
struct gm_migration *gm_change_in_series(const struct gm_change_of_side *change,
					 const struct gm_series *series);

/* Whether it is a conflict over what one side took away, and that has stayed
 * away, and what the other side did has stayed, too. */
bool gm_pair_is_of_gone(const struct gm_pair *pair,
			const struct gm_series *series);

/* What to do about that. The caller frees it. */
char *gm_pair_gone_advice(const struct gm_pair *pair,
			  const struct gm_repo *repo);

#endif
