/*
 * Whatever casts a doubt on it counts for the script: a name that may be
 * another one's, a condition, SQL that is kept for later.
 */
#include "sql/footprint_lost.h"

#include <string.h>

#include "base/alloc.h"
#include "sql/clash.h"

#define DOUBTFUL (GM_TOUCH_MAYBE | GM_TOUCH_IMPLIED)

static bool is_relation(const struct gm_object *o)
{
	return o->kind == GM_OBJECT_TABLE || o->kind == GM_OBJECT_VIEW;
}

/* Statements that begin on one line count as one. */
static bool same_statement(const struct gm_object *x, const struct gm_object *y)
{
	return x->line == y->line;
}

/* Of a function, a trigger or a view the SQL runs some other time. */
static bool is_kept(const struct gm_footprint *f, const struct gm_object *x)
{
	static const unsigned keepers = 1u << GM_OBJECT_VIEW |
					1u << GM_OBJECT_FUNCTION |
					1u << GM_OBJECT_PROCEDURE |
					1u << GM_OBJECT_TRIGGER |
					1u << GM_OBJECT_EVENT |
					1u << GM_OBJECT_POLICY;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (gm_has_kind(keepers, &f->v[i]) &&
		    (f->v[i].touches & (CREATE | ALTER)) &&
		    same_statement(&f->v[i], x))
			return true;
	return false;
}

static bool may_make(const struct gm_object *o, const struct gm_object *lost)
{
	if (!(o->touches & CREATE))
		return false;
	if (lost->kind != GM_OBJECT_COLUMN)
		return !strcmp(o->name, lost->name);
	return (o->kind == GM_OBJECT_COLUMN && !strcmp(o->name, lost->name)) ||
	       !strcmp(o->name, lost->owner);
}

bool gm_footprint_may_make(const struct gm_footprint *footprint,
			   const struct gm_object *lost)
{
	size_t i;

	for (i = 0; i < footprint->n; i++)
		if (may_make(&footprint->v[i], lost))
			return true;
	return footprint->n_unknown > 0;
}

/* Whether it is gone for certain when the script has run. */
static bool is_lost(const struct gm_footprint *f, const struct gm_object *x)
{
	const struct gm_object *o;

	if (!(x->touches & DROP) || (x->touches & (CREATE | DOUBTFUL)) ||
	    (!is_relation(x) &&
	     (x->kind != GM_OBJECT_COLUMN || !x->owner || gm_is_star(x))) ||
	    is_kept(f, x))
		return false;
	for (o = x + 1; o < f->v + f->n; o++)
		if (may_make(o, x))
			return false;
	return true;
}

static bool same_schema(const struct gm_object *x, const struct gm_object *y)
{
	return x->schema && y->schema ? !strcmp(x->schema, y->schema)
				      : x->schema == y->schema;
}

static bool is_it(const struct gm_object *x, const struct gm_object *y)
{
	if (strcmp(x->name, y->name) != 0 || !same_schema(x, y))
		return false;
	if (x->kind == GM_OBJECT_COLUMN)
		return y->kind == x->kind && y->owner &&
		       !strcmp(x->owner, y->owner);
	return is_relation(y);
}

/* Whether the statement changes a part of the table, or makes an index on
 * it. */
static bool changes_part(const struct gm_footprint *f,
			 const struct gm_object *y)
{
	bool column = y->kind == GM_OBJECT_COLUMN;
	const char *table = column ? y->owner : y->name;
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct gm_object *o = &f->v[i];

		if (o->owner && !strcmp(o->owner, table) &&
		    same_statement(o, y) &&
		    !(o->touches & (GM_TOUCH_TOLERANT | GM_TOUCH_MAYBE)) &&
		    (o->touches & (CREATE | ALTER | DROP)) &&
		    (!column || o->kind == GM_OBJECT_INDEX))
			return true;
	}
	return false;
}

/* Whether that can't run where y isn't there. */
static bool needs(const struct gm_footprint *f, const struct gm_object *y)
{
	if (y->touches & (DOUBTFUL | GM_TOUCH_TOLERANT))
		return false;
	return ((y->touches & (ROWS | ALTER | DROP)) || changes_part(f, y)) &&
	       !is_kept(f, y);
}

/* The first object that the script needs, unless it makes it before. */
static const struct gm_object *find_need(const struct gm_footprint *f,
					 const struct gm_object *x)
{
	size_t i;
	size_t k;

	for (i = 0; i < f->n; i++) {
		const struct gm_object *y = &f->v[i];

		if (!is_it(x, y) || !needs(f, y))
			continue;
		for (k = 0; k < f->n; k++)
			if ((k <= i || same_statement(&f->v[k], y)) &&
			    may_make(&f->v[k], x))
				return NULL;
		return y;
	}
	return NULL;
}

void gm_footprint_find_lost(const struct gm_footprint *first,
			    const struct gm_footprint *second,
			    struct gm_overlaps *out)
{
	size_t i;

	if (first->n_unknown || second->n_unknown)
		return;
	for (i = 0; i < first->n; i++) {
		const struct gm_object *x = &first->v[i];
		const struct gm_object *y = is_lost(first, x)
						    ? find_need(second, x)
						    : NULL;
		struct gm_overlap *overlap;

		if (!y)
			continue;
		GM_GROW(out->v, out->n, out->cap);
		overlap = &out->v[out->n++];
		overlap->a = x;
		overlap->b = y;
		overlap->maybe = false;
	}
}
