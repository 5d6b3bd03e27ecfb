/*
 * Migrations in an order in which they can't all run: one fails for what
 * another one, which it doesn't know of, has done before it.
 */
#ifndef GM_WORK_ORDER_H
#define GM_WORK_ORDER_H

#include "work/commute.h"
#include "work/side.h"

/* A zeroed struct is to be given dialects by gm_order_init. */
struct gm_order {
	const struct gm_series *series;
	struct gm_footprints footprints[GM_SIDE_DIALECTS];
	size_t n;
};

/* For the project's loaded series. */
void gm_order_init(struct gm_order *order, struct gm_project *project);
void gm_order_release(struct gm_order *order);

/*
 * Whether `second`, which comes after `first` in the series, fails for what
 * that has done, and what lies between them hasn't put right: for certain, in
 * each dialect that counts. The texts of all of these are to be there.
 * `out` gets the two objects, borrowed until the order is released.
 */
bool gm_order_breaks(struct gm_order *order, const struct gm_migration *first,
		     const struct gm_migration *second, struct gm_overlap *out);

/* The same of what the texts of these two alone say. */
bool gm_order_may_break(struct gm_order *order,
			const struct gm_migration *first,
			const struct gm_migration *second);

/* "writes column 't.c', but migrations/2_a.sql:5, which comes before it in the
 * series, drops column 't.c': …"; and what to do. The caller frees both. */
char *gm_order_sentence(const struct gm_migration *first,
			const struct gm_overlap *lost);
char *gm_order_advice(struct gm_order *order, const struct gm_migration *first,
		      const struct gm_migration *second);

#endif
