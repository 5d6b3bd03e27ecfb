/*
 * Whatever casts a doubt on it counts for the script: a name that may be
 * another one's, a condition, SQL that is kept for later.
 */
#include "sql/footprint_breaks.h"

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

static bool may_take(const struct gm_object *o, const struct gm_object *made)
{
	if (!(o->touches & DROP))
		return false;
	if (!strcmp(o->name, made->name))
		return true;
	/* What stood on a column goes along when that is renamed. */
	return made->owner && (!strcmp(o->name, made->owner) ||
			       ((o->touches & GM_TOUCH_RENAME) && o->owner &&
				!strcmp(o->owner, made->owner)));
}

static bool may_mend(const struct gm_object *o, const struct gm_object *done)
{
	return done->touches & DROP ? may_make(o, done) : may_take(o, done);
}

bool gm_footprint_may_mend(const struct gm_footprint *footprint,
			   const struct gm_object *done)
{
	size_t i;

	for (i = 0; i < footprint->n; i++)
		if (may_mend(&footprint->v[i], done))
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

static bool writes_rows(const struct gm_footprint *f, const struct gm_object *y)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (f->v[i].touches & ROWS &&
		    !strcmp(f->v[i].statement, y->statement))
			return true;
	return false;
}

/* Whether that can't run where y isn't there. */
static bool needs(const struct gm_footprint *f, const struct gm_object *y)
{
	static const unsigned always = ROWS | ALTER | DROP | GM_TOUCH_READ;

	if (y->touches & (DOUBTFUL | GM_TOUCH_TOLERANT) || is_kept(f, y))
		return false;
	return y->touches & always || changes_part(f, y) ||
	       (y->touches & GM_TOUCH_USE && writes_rows(f, y));
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

static bool makes_owner(const struct gm_footprint *f,
			const struct gm_object *column)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (is_relation(&f->v[i]) && (f->v[i].touches & CREATE) &&
		    !strcmp(f->v[i].name, column->owner))
			return true;
	return false;
}

/* Whether the statement can't create it where it is there. */
static bool is_created(const struct gm_object *x)
{
	if (!(x->touches & CREATE) ||
	    (x->touches & (ALTER | DROP | DOUBTFUL | GM_TOUCH_TOLERANT)))
		return false;
	if (x->kind == GM_OBJECT_COLUMN || x->kind == GM_OBJECT_INDEX)
		return x->owner && !gm_is_star(x);
	return is_relation(x);
}

/* Whether it is the script's own, and there when it has run. */
static bool is_left(const struct gm_footprint *f, const struct gm_object *x)
{
	size_t i;

	if (x->kind == GM_OBJECT_COLUMN && makes_owner(f, x))
		return false;
	for (i = 0; i < f->n; i++)
		if (may_take(&f->v[i], x))
			return false;
	return x->kind == GM_OBJECT_VIEW || !is_kept(f, x);
}

static bool is_twin(const struct gm_object *x, const struct gm_object *y)
{
	if (x->kind != GM_OBJECT_INDEX)
		return is_it(x, y);
	return y->kind == x->kind && !strcmp(x->name, y->name) &&
	       !strcmp(x->owner, y->owner) && same_schema(x, y);
}

static const struct gm_object *find_twin(const struct gm_footprint *f,
					 const struct gm_object *x)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (is_created(&f->v[i]) && is_twin(x, &f->v[i]) &&
		    is_left(f, &f->v[i]))
			return &f->v[i];
	return NULL;
}

/* Whether such an object keeps what it stands on from being dropped. */
static bool holds(const struct gm_dialect *dialect,
		  const struct gm_object *holder, const struct gm_object *below)
{
	if (dialect == &gm_dialect_sqlite)
		return below->kind == GM_OBJECT_COLUMN &&
		       holder->kind == GM_OBJECT_INDEX;
	/* A column in a view may be the view's own name for another one. */
	return dialect == &gm_dialect_postgres && is_relation(below) &&
	       holder->kind == GM_OBJECT_VIEW;
}

static bool stands_on(const struct gm_footprint *f,
		      const struct gm_object *holder,
		      const struct gm_object *below)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct gm_object *o = &f->v[i];

		if (o->touches == GM_TOUCH_USE && is_it(below, o) &&
		    !strcmp(o->statement, holder->statement))
			return true;
	}
	return false;
}

/* What of the script drops what x, which the other one has made, stands on. */
static const struct gm_object *find_drop(const struct gm_footprint *f,
					 const struct gm_footprint *first,
					 const struct gm_object *x)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct gm_object *y = &f->v[i];

		if (is_lost(f, y) && !(y->touches & GM_TOUCH_RENAME) &&
		    holds(f->dialect, x, y) && stands_on(first, x, y))
			break;
	}
	return i == f->n || gm_footprint_may_mend(f, x) ? NULL : &f->v[i];
}

static const struct gm_object *find_break(const struct gm_footprint *first,
					  const struct gm_footprint *second,
					  const struct gm_object *x)
{
	const struct gm_object *y;

	if (is_lost(first, x))
		return find_need(second, x);
	if (!is_created(x))
		return NULL;
	y = find_twin(second, x);
	if (!y)
		y = find_drop(second, first, x);
	return y && is_left(first, x) ? y : NULL;
}

void gm_footprint_find_breaks(const struct gm_footprint *first,
			      const struct gm_footprint *second,
			      struct gm_overlaps *out)
{
	size_t i;

	if (first->n_unknown || second->n_unknown)
		return;
	for (i = 0; i < first->n; i++) {
		const struct gm_object *x = &first->v[i];
		const struct gm_object *y = find_break(first, second, x);
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
