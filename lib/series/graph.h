/*
 * How a series is built, in steps: what series.c, graph.c and rules.c share.
 */
#ifndef GM_SERIES_GRAPH_H
#define GM_SERIES_GRAPH_H

#include "series/series.h"

/* A checksum next to its migration, so that sorting needn't look far. */
struct gm_content {
	char checksum[GM_HASH_HEX];
	struct gm_migration *m;
};

/* By checksum, then app, then place in the order; the caller frees it. */
struct gm_content *gm_series_contents(const struct gm_series *series);

/*
 * Puts the migrations into the order of their numbers and finds the parents
 * of each, with findings for those that can't be found.
 */
void gm_graph_link(struct gm_series *series);

/* Puts parents before children, with findings for cycles. */
void gm_graph_order(struct gm_series *series);

/* How to mend what a finding says of a migration's checksum or pins. */
void gm_hint_seal(struct gm_finding *finding, const struct gm_series *series,
		  const struct gm_migration *migration);

/* Applies the rules that look at a file, or at two that are alike. */
void gm_rules_check(struct gm_series *series);

#endif
