/*
 * Footprints and the graph together: the order that counts is the series',
 * and what is applied already can't be put behind what is still to come.
 */
#include "work/commute.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct gm_footprint_entry {
	const struct gm_migration *migration;
	struct gm_footprint *footprint;
};

static size_t place_of(const struct gm_footprints *f,
		       const struct gm_migration *m)
{
	size_t i = ((uintptr_t)m >> 4) * 0x9e3779b97f4a7c15u & (f->cap - 1);

	while (f->entries[i].migration && f->entries[i].migration != m)
		i = (i + 1) & (f->cap - 1);
	return i;
}

/* At most half full; the capacity is a power of two. */
static void make_room(struct gm_footprints *f)
{
	struct gm_footprints old = *f;
	size_t i;

	if (2 * (f->n + 1) <= f->cap)
		return;
	f->cap = f->cap ? 2 * f->cap : 16;
	f->entries = gm_calloc(f->cap, sizeof(*f->entries));
	for (i = 0; i < old.cap; i++)
		if (old.entries[i].migration)
			f->entries[place_of(f, old.entries[i].migration)] =
				old.entries[i];
	free(old.entries);
}

const struct gm_footprint *
gm_footprints_get(struct gm_footprints *footprints,
		  const struct gm_migration *migration)
{
	struct gm_footprint_entry *entry;
	const struct gm_section *section;

	make_room(footprints);
	entry = &footprints->entries[place_of(footprints, migration)];
	if (entry->migration)
		return entry->footprint;
	entry->migration = migration;
	entry->footprint = gm_calloc(1, sizeof(*entry->footprint));
	entry->footprint->dialect = footprints->dialect;
	footprints->n++;
	section = gm_migration_section(migration, footprints->kind,
				       footprints->dialect);
	if (section)
		gm_footprint_add(entry->footprint, footprints->dialect,
				 section->sql, section->len, section->line);
	return entry->footprint;
}

void gm_footprints_release(struct gm_footprints *footprints)
{
	size_t i;

	if (!footprints)
		return;
	for (i = 0; i < footprints->cap; i++) {
		gm_footprint_release(footprints->entries[i].footprint);
		free(footprints->entries[i].footprint);
	}
	free(footprints->entries);
	memset(footprints, 0, sizeof(*footprints));
}

enum gm_verdict gm_commute(struct gm_footprints *footprints,
			   const struct gm_migration *a,
			   const struct gm_migration *b,
			   struct gm_overlaps *out)
{
	return gm_footprint_conflict(gm_footprints_get(footprints, a),
				     gm_footprints_get(footprints, b), out);
}

/* Marks the migration and all that stand on it, by their places; the caller
 * frees it. With `parents_only`, dependencies don't count. */
static bool *mark_above(const struct gm_series *series,
			const struct gm_migration *m, bool parents_only)
{
	bool *marks = gm_calloc(series->n, sizeof(*marks));
	size_t i;
	size_t k;

	marks[m->index] = true;
	for (i = m->index + 1; i < series->n; i++) {
		const struct gm_migration *above = series->v[i];
		size_t n = parents_only ? above->n_above : above->n_before;

		for (k = 0; k < n && !marks[i]; k++)
			marks[i] = marks[above->before[k]->index];
	}
	return marks;
}

bool gm_stands_on(const struct gm_series *series,
		  const struct gm_migration *migration,
		  const struct gm_migration *below)
{
	bool *marks;
	bool stands;

	if (migration->index <= below->index)
		return false;
	marks = mark_above(series, below, false);
	stands = marks[migration->index];
	free(marks);
	return stands;
}

static bool has_parent(const struct gm_migration *m,
		       const struct gm_migration *parent)
{
	size_t i;

	for (i = 0; i < m->n_above; i++)
		if (m->before[i] == parent)
			return true;
	return false;
}

bool gm_is_reconciled(const struct gm_series *series,
		      const struct gm_migration *a,
		      const struct gm_migration *b)
{
	bool *above_a = mark_above(series, a, true);
	bool *above_b = mark_above(series, b, true);
	bool apart = !above_a[b->index] && !above_b[a->index];
	bool reconciled = false;
	size_t i;

	for (i = 0; i < series->n && !reconciled; i++)
		reconciled = apart ? above_a[i] && above_b[i]
				   : has_parent(series->v[i], a) &&
					     has_parent(series->v[i], b);
	free(above_a);
	free(above_b);
	return reconciled;
}

bool gm_is_settled_across(const struct gm_series *series,
			  const struct gm_migration *a,
			  const struct gm_migration *b)
{
	return strcmp(a->app, b->app) != 0 &&
	       (gm_stands_on(series, a, b) || gm_stands_on(series, b, a));
}

char *gm_depends_advice(const struct gm_migration *migration,
			const struct gm_migration *first)
{
	char *name = gm_migration_name(first->app, first->id);
	char *advice = gm_format("put '-- migrate:depends %s' at the top of "
				 "'%s'",
				 name, migration->path);

	free(name);
	return advice;
}

static bool is_late(const struct gm_item *item, const bool *late)
{
	return (item->state == GM_STATE_PENDING ||
		item->state == GM_STATE_OUT_OF_ORDER) &&
	       (!late || late[item->file->index]);
}

/* Of one pending migration with one that is applied. */
static void judge(struct gm_clashes *out, const struct gm_comparison *c,
		  const struct gm_item *late, const struct gm_item *item,
		  const struct gm_migration *recorded,
		  struct gm_footprints *footprints)
{
	struct gm_clash clash = {
		.late = late->file,
		.applied = recorded ? recorded : item->file,
		.row = item->row,
	};

	clash.verdict = gm_commute(footprints, clash.late, clash.applied,
				   &clash.overlaps);
	if (clash.verdict == GM_VERDICT_INDEPENDENT ||
	    (item->file &&
	     gm_is_reconciled(c->series, late->file, item->file))) {
		gm_overlaps_release(&clash.overlaps);
		return;
	}
	GM_GROW(out->v, out->n, out->cap);
	out->v[out->n++] = clash;
}

void gm_clashes_find(struct gm_clashes *out, const struct gm_comparison *c,
		     const bool *late,
		     const struct gm_migration *const *recorded,
		     struct gm_footprints *footprints)
{
	size_t last = 0;
	size_t i;
	size_t k;

	for (i = 0; i < c->n; i++)
		if (c->v[i].row)
			last = i;
	for (i = 0; i < last; i++) {
		if (!is_late(&c->v[i], late))
			continue;
		for (k = i + 1; k <= last; k++)
			if (c->v[k].row &&
			    ((recorded && recorded[k]) || c->v[k].file))
				judge(out, c, &c->v[i], &c->v[k],
				      recorded ? recorded[k] : NULL,
				      footprints);
	}
}

void gm_clashes_release(struct gm_clashes *clashes)
{
	size_t i;

	if (!clashes)
		return;
	for (i = 0; i < clashes->n; i++)
		gm_overlaps_release(&clashes->v[i].overlaps);
	free(clashes->v);
	memset(clashes, 0, sizeof(*clashes));
}
