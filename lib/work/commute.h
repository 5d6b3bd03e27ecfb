/*
 * Which migrations get in each other's way: whether two may run in either
 * order, which one stands on which, and what is out of order and shouldn't
 * be. Pure: files, history and graph in, a judgement out.
 */
#ifndef GM_WORK_COMMUTE_H
#define GM_WORK_COMMUTE_H

#include "sql/footprint.h"
#include "work/compare.h"

/*
 * What migrations do in one dialect, each looked at once. A zeroed struct
 * with a dialect is ready for use. Migrations are known by their addresses,
 * so they have to outlive it.
 */
struct gm_footprints {
	const struct gm_dialect *dialect;
	/* The section that it is about: up where nothing else is said. */
	enum gm_section_kind kind;
	struct gm_footprint_entry *entries;
	size_t n;
	size_t cap;
};

/* The footprint of its section; that of nothing where it has none for the
 * dialect. Borrowed, until the struct is released. */
const struct gm_footprint *
gm_footprints_get(struct gm_footprints *footprints,
		  const struct gm_migration *migration);
void gm_footprints_release(struct gm_footprints *footprints);

/* Whether the two may run in either order; the objects as
 * gm_footprint_conflict gives them. `out` may be NULL. */
enum gm_verdict gm_commute(struct gm_footprints *footprints,
			   const struct gm_migration *a,
			   const struct gm_migration *b,
			   struct gm_overlaps *out);

/* Whether it was written on top of the other, at any distance: parents and
 * dependencies count. Both are of this series. */
bool gm_stands_on(const struct gm_series *series,
		  const struct gm_migration *migration,
		  const struct gm_migration *below);

/*
 * Whether somebody has brought the two together: neither has the other below
 * it, and a migration has both; or a migration names both as its parents.
 * Both are of this series.
 */
bool gm_is_reconciled(const struct gm_series *series,
		      const struct gm_migration *a,
		      const struct gm_migration *b);

/*
 * Whether it is written which of the two goes first, where they are of two
 * apps: no migration can have parents in both, but one can depend on the
 * other. Both are of this series.
 */
bool gm_is_settled_across(const struct gm_series *series,
			  const struct gm_migration *a,
			  const struct gm_migration *b);

/* What to do so that the one goes after the other, as a sentence. The caller
 * frees it. */
char *gm_depends_advice(const struct gm_migration *migration,
			const struct gm_migration *first);

/* A pending migration, and an applied one that sorts after it. */
struct gm_clash {
	/* Borrowed from the series. */
	const struct gm_migration *late;
	/* As it was applied; borrowed. */
	const struct gm_migration *applied;
	const struct gm_history_row *row;
	/* A conflict, or unknown. */
	enum gm_verdict verdict;
	struct gm_overlaps overlaps;
};

/* A zeroed struct is the empty list. */
struct gm_clashes {
	struct gm_clash *v;
	size_t n;
	size_t cap;
};

/*
 * Finds the pending migrations that don't, or perhaps don't, commute with
 * what is applied and sorts after them, in any app: the ones that would leave
 * the database otherwise than the series' order does. Pairs that are
 * reconciled are left out. `late` says by the file's place in the series
 * which pending ones to look at (NULL: all). `recorded` has, by the item's
 * place, what was recorded for it; NULL there: its file says the same, or it
 * isn't known and left out.
 */
void gm_clashes_find(struct gm_clashes *out, const struct gm_comparison *c,
		     const bool *late,
		     const struct gm_migration *const *recorded,
		     struct gm_footprints *footprints);
void gm_clashes_release(struct gm_clashes *clashes);

#endif
