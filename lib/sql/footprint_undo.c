/*
 * A footprint the other way round: what it is to the others that a script no
 * longer runs.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/clash.h"

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static bool is_same(const struct gm_object *x, const struct gm_object *y)
{
	return x->kind == y->kind && !strcmp(x->name, y->name) &&
	       same_text(x->owner, y->owner) && gm_same_schema(x, y);
}

/* The objects that come or go, borrowed from the footprint. */
static void list_changes(struct gm_footprint *out, const struct gm_footprint *f)
{
	size_t i;

	out->dialect = f->dialect;
	out->v = gm_calloc(f->n, sizeof(*out->v));
	for (i = 0; i < f->n; i++)
		if (f->v[i].touches & (CREATE | DROP))
			out->v[out->n++] = f->v[i];
}

/*
 * What the whole script makes of the object, the other way round: by whether
 * it is there before, and afterwards. Of the changes only the first one of
 * an object counts, for all of them. One that was made again has changed in
 * some way.
 */
static unsigned undo_change(const struct gm_footprint *changes,
			    const struct gm_object *x)
{
	const struct gm_object *last = NULL;
	bool before;
	bool behind;
	size_t i;

	for (i = 0; i < changes->n; i++) {
		const struct gm_object *o = &changes->v[i];

		if (!is_same(o, x))
			continue;
		if (!last && (o->line != x->line || o->touches != x->touches))
			return 0;
		last = o;
	}
	before = (x->touches & DROP) != 0;
	behind = last && (last->touches & CREATE);
	if (before)
		return behind ? ALTER | GM_TOUCH_MAYBE : CREATE;
	if (!behind)
		return 0;
	/* CREATE OR REPLACE */
	return x->touches & ALTER ? DROP | GM_TOUCH_MAYBE : DROP;
}

/* 0: it is no matter to the others that this isn't done. */
static unsigned undo_touches(const struct gm_footprint *changes,
			     const struct gm_object *x)
{
	unsigned how = x->touches &
		       (GM_TOUCH_RENAME | GM_TOUCH_MAYBE | GM_TOUCH_IMPLIED);
	unsigned out = x->touches & (ALTER | GM_TOUCH_UPDATE);

	if (gm_is_scratch(changes, x) || gm_is_temporary(changes, x))
		return 0;
	if (x->touches & GM_TOUCH_INSERT)
		out |= GM_TOUCH_DELETE;
	if (x->touches & GM_TOUCH_DELETE)
		out |= GM_TOUCH_INSERT;
	if (x->touches & (CREATE | DROP))
		out = undo_change(changes, x);
	if (!out)
		return 0;
	/* Then it may have been there before, or not have been. */
	if ((x->touches & GM_TOUCH_TOLERANT) && (out & (CREATE | DROP)))
		out |= GM_TOUCH_MAYBE;
	return out | how | GM_TOUCH_TOLERANT | GM_TOUCH_UNDONE;
}

static void add(struct gm_footprint *out, const struct gm_object *x,
		unsigned touches)
{
	struct gm_object *o;

	GM_GROW(out->v, out->n, out->cap);
	o = &out->v[out->n++];
	*o = *x;
	o->touches = touches;
	o->schema = gm_strdup_null(x->schema);
	o->owner = gm_strdup_null(x->owner);
	o->name = gm_strdup(x->name);
}

static void add_unknown(struct gm_footprint *out, const struct gm_unknown *x)
{
	GM_GROW(out->unknown, out->n_unknown, out->cap_unknown);
	out->unknown[out->n_unknown].line = x->line;
	out->unknown[out->n_unknown++].reason = gm_strdup(x->reason);
}

void gm_footprint_undo(struct gm_footprint *out, const struct gm_footprint *of)
{
	struct gm_footprint changes = { 0 };
	size_t i;

	out->dialect = of->dialect;
	if (!of->dialect)
		return;
	list_changes(&changes, of);
	for (i = 0; i < of->n; i++) {
		unsigned touches = undo_touches(&changes, &of->v[i]);

		if (touches &&
		    !gm_is_of_new_table(&changes, of->dialect->footprint,
					&of->v[i]))
			add(out, &of->v[i], touches);
	}
	for (i = 0; i < of->n_unknown; i++)
		add_unknown(out, &of->unknown[i]);
	free(changes.v);
}
