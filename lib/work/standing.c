/*
 * What stands on what, by the parents that are written and by what the SQL
 * touches.
 */
#include "work/standing.h"

#include <stdlib.h>
#include <string.h>

void gm_standing_init(struct gm_standing *standing,
		      const struct gm_dialect *dialect)
{
	memset(standing, 0, sizeof(*standing));
	standing->ups.dialect = dialect;
	standing->downs.dialect = dialect;
	standing->downs.kind = GM_SECTION_DOWN;
}

void gm_standing_release(struct gm_standing *standing)
{
	gm_footprints_release(&standing->ups);
	gm_footprints_release(&standing->downs);
}

/* Whether the words of `parents` include the id. */
static bool names_parent(const char *parents, const char *id)
{
	size_t len = strlen(id);
	const char *p = parents;

	while (*p) {
		size_t word = strcspn(p, " ");

		if (word == len && !strncmp(p, id, len))
			return true;
		p += word + strspn(p + word, " ");
	}
	return false;
}

static bool has_recorded(const struct gm_item *item,
			 const struct gm_item *below)
{
	return !strcmp(item->row->app, below->row->app) &&
	       names_parent(item->row->parents, below->row->id);
}

/* Written in the file, whether or not there is one of that id in the tree. */
static bool has_written(const struct gm_item *item, const struct gm_item *below)
{
	size_t i;

	if (strcmp(item->row->app, below->row->app) != 0)
		return false;
	for (i = 0; i < item->file->n_parents; i++)
		if (!strcmp(item->file->parents[i].id, below->row->id))
			return true;
	return false;
}

bool gm_item_stands_on(const struct gm_item *item, const struct gm_item *below)
{
	size_t i;

	if (item->file ? has_written(item, below) : has_recorded(item, below))
		return true;
	for (i = 0; item->file && below->file && i < item->file->n_before; i++)
		if (item->file->before[i] == below->file)
			return true;
	return false;
}

bool gm_item_stood_on(const struct gm_item *item, const struct gm_item *below)
{
	return has_recorded(item, below) && !gm_item_stands_on(item, below);
}

static char *name_object(const struct gm_object *object)
{
	struct gm_strbuf out = { 0 };

	gm_strbuf_addf(&out, "%s ", gm_object_kind_name(object->kind));
	gm_object_name(object, &out);
	return gm_strbuf_take(&out);
}

static char *name_overlap(const struct gm_footprint *a,
			  const struct gm_footprint *b,
			  const struct gm_overlaps *overlaps)
{
	const struct gm_footprint *whose;
	const char *reason;
	size_t line;

	if (overlaps->n)
		return name_object(overlaps->v[0].b);
	reason = gm_footprint_unknown(a, b, &whose, &line);
	return gm_format("line %zu: %s", line, reason);
}

/* Whether one takes away what SQL that the other one keeps names: SQLite
 * leaves it in place, and it doesn't work any more. */
static bool leaves_dangling(const struct gm_overlaps *overlaps)
{
	size_t i;

	for (i = 0; i < overlaps->n; i++) {
		unsigned a = overlaps->v[i].a->touches;
		unsigned b = overlaps->v[i].b->touches;

		if (((a & GM_TOUCH_LATE) && (b & GM_TOUCH_DROP)) ||
		    ((b & GM_TOUCH_LATE) && (a & GM_TOUCH_DROP)))
			return true;
	}
	return false;
}

/* Makes `*hold` what it is between these two, where that is more. */
static void compare(const struct gm_footprint *kept,
		    const struct gm_footprint *gone, enum gm_hold *hold,
		    char **what)
{
	struct gm_overlaps overlaps = { 0 };
	enum gm_verdict verdict = gm_footprint_conflict(kept, gone, &overlaps);
	enum gm_hold found = verdict == GM_VERDICT_CONFLICT  ? GM_HOLD_OVERLAP
			     : verdict == GM_VERDICT_UNKNOWN ? GM_HOLD_MAYBE
							     : GM_HOLD_NONE;

	if (found == GM_HOLD_MAYBE && leaves_dangling(&overlaps))
		found = GM_HOLD_OVERLAP;
	if (found > *hold) {
		free(*what);
		*what = name_overlap(kept, gone, &overlaps);
		*hold = found;
	}
	gm_overlaps_release(&overlaps);
}

enum gm_hold gm_holds(struct gm_standing *standing,
		      const struct gm_migration *kept,
		      const struct gm_migration *gone, char **what)
{
	const struct gm_footprint *up = gm_footprints_get(&standing->ups, kept);
	enum gm_hold hold = GM_HOLD_NONE;

	*what = NULL;
	/* The down first: what the up creates a later one may use, and it is
	 * the down that takes that away. */
	compare(up, gm_footprints_get(&standing->downs, gone), &hold, what);
	if (hold != GM_HOLD_OVERLAP)
		compare(up, gm_footprints_get(&standing->ups, gone), &hold,
			what);
	return hold;
}

bool gm_order_counts(struct gm_standing *standing, const struct gm_migration *a,
		     const struct gm_migration *b, char **what)
{
	enum gm_hold hold = GM_HOLD_NONE;

	*what = NULL;
	compare(gm_footprints_get(&standing->ups, a),
		gm_footprints_get(&standing->ups, b), &hold, what);
	if (hold == GM_HOLD_OVERLAP)
		return true;
	free(*what);
	*what = NULL;
	return false;
}
