/*
 * What a side does to its own tables: those that it makes, makes again, or
 * needs for a while.
 */
#include "sql/clash.h"

static bool is_same(const struct gm_object *o, const struct gm_object *x)
{
	return o->kind == x->kind && !strcmp(o->name, x->name) &&
	       (!o->owner || !x->owner || !strcmp(o->owner, x->owner));
}

enum gm_rebuilt gm_find_rebuilt(const struct gm_footprint *side,
				const struct gm_object *x)
{
	bool dropped = false;
	bool made = false;
	bool whole = false;
	/* It was there under another name. */
	bool renamed = false;
	size_t i;

	if (!(x->touches & (CREATE | DROP)))
		return GM_REBUILT_NOT;
	for (i = 0; i < side->n; i++) {
		const struct gm_object *o = &side->v[i];

		whole |= gm_is_star(o) && (o->touches & GM_TOUCH_READ) &&
			 o->owner && !strcmp(o->owner, x->name);
		if (!is_same(o, x))
			continue;
		made |= dropped && (o->touches & CREATE);
		whole |= made && renamed && (o->touches & GM_TOUCH_RENAME);
		dropped |= (o->touches & DROP) != 0;
		renamed = (o->touches & DROP) && (o->touches & GM_TOUCH_RENAME);
	}
	if (!made)
		return GM_REBUILT_NOT;
	return whole ? GM_REBUILT_WHOLE : GM_REBUILT_LISTED;
}

/* How it is made for the last time; NULL where it is dropped after that. */
static const char *made_by(const struct gm_footprint *side,
			   const struct gm_object *x)
{
	const char *statement = NULL;
	size_t i;

	for (i = 0; i < side->n; i++)
		if (is_same(&side->v[i], x) &&
		    (side->v[i].touches & (CREATE | DROP)))
			statement = side->v[i].touches & CREATE
					    ? side->v[i].statement
					    : NULL;
	return statement;
}

bool gm_make_the_same(const struct gm_footprint *a, const struct gm_object *x,
		      const struct gm_footprint *b, const struct gm_object *y)
{
	const char *by_a;
	const char *by_b;

	if (!is_same(x, y) || !gm_find_rebuilt(a, x) || !gm_find_rebuilt(b, y))
		return false;
	by_a = made_by(a, x);
	by_b = made_by(b, y);
	return by_a && by_b && !strcmp(by_a, by_b);
}

bool gm_is_scratch(const struct gm_footprint *side, const struct gm_object *x)
{
	bool first = true;
	bool there = true;
	size_t i;

	if (x->kind != GM_OBJECT_TABLE)
		return false;
	for (i = 0; i < side->n; i++) {
		const struct gm_object *o = &side->v[i];

		if (o->kind != x->kind || strcmp(o->name, x->name))
			continue;
		if (first && !(o->touches & CREATE))
			return false;
		first = false;
		if (o->touches & (CREATE | DROP))
			there = (o->touches & CREATE) != 0;
	}
	return !there;
}

bool gm_is_temporary(const struct gm_footprint *side, const struct gm_object *x)
{
	unsigned both = CREATE | GM_TOUCH_MAYBE;
	size_t i;

	if (x->kind != GM_OBJECT_TABLE)
		return false;
	for (i = 0; i < side->n; i++)
		if (side->v[i].kind == x->kind &&
		    (side->v[i].touches & both) == both &&
		    !strcmp(side->v[i].name, x->name))
			return true;
	return false;
}

static bool same_statement(const struct gm_object *o, const struct gm_object *x)
{
	return o->line == x->line && !strcmp(o->statement, x->statement);
}

bool gm_is_copied_for_a_while(const struct gm_footprint *side,
			      const struct gm_object *x)
{
	size_t i;

	if (!gm_is_star(x) || !(x->touches & GM_TOUCH_READ))
		return false;
	for (i = 0; i < side->n; i++)
		if (same_statement(&side->v[i], x) &&
		    gm_is_temporary(side, &side->v[i]))
			return true;
	return false;
}

bool gm_is_needed_perhaps(const struct gm_footprint *side,
			  const struct gm_object *x)
{
	size_t i;

	if (x->kind == GM_OBJECT_TABLE ||
	    (x->touches & (CREATE | ALTER | DROP)))
		return false;
	for (i = 0; i < side->n; i++)
		if (gm_may_find_it(&side->v[i]) &&
		    same_statement(&side->v[i], x))
			return true;
	return false;
}

bool gm_judges_others(const struct gm_footprint *a, const struct gm_object *x,
		      const struct gm_footprint *b, const struct gm_object *y)
{
	unsigned rows = ROWS | SEEN | CREATE | ALTER | DROP;
	size_t i;
	size_t k;

	if (x->kind != GM_OBJECT_TABLE ||
	    (x->touches & rows) != GM_TOUCH_GUARD ||
	    (y->touches & rows & ~(unsigned)GM_TOUCH_READ) != GM_TOUCH_UPDATE)
		return false;
	for (i = 0; i < a->n; i++) {
		const struct gm_object *o = &a->v[i];

		if (!o->owner || strcmp(o->owner, x->name))
			continue;
		if (o->kind == GM_OBJECT_TRIGGER || gm_is_star(o) ||
		    (o->kind == GM_OBJECT_SETTING &&
		     !strcmp(o->name, GM_PARTS)))
			return false;
		for (k = 0; o->kind == GM_OBJECT_COLUMN && k < b->n; k++)
			if (b->v[k].kind == o->kind && b->v[k].owner &&
			    (b->v[k].touches & GM_TOUCH_UPDATE) &&
			    !strcmp(b->v[k].owner, o->owner) &&
			    !strcmp(b->v[k].name, o->name))
				return false;
	}
	return true;
}

bool gm_may_be_of_new_table(const struct gm_footprint_rules *rules,
			    const struct gm_object *x)
{
	return x->owner && gm_has_kind(rules->in_table, x) &&
	       !(x->kind == GM_OBJECT_CONSTRAINT && (x->touches & CREATE) &&
		 strcmp(x->name, GM_PRIMARY_KEY) != 0 &&
		 (rules->flags & GM_WIDE_KEYS));
}

bool gm_makes_table_of(const struct gm_object *o, const struct gm_object *x)
{
	if (!(o->touches & CREATE) || o->owner || strcmp(o->name, x->owner) ||
	    !gm_same_schema(o, x))
		return false;
	/* Where the table may be there already, what the statement says of it
	 * counts for nothing, and the rest does count. */
	return !gm_may_find_it(o) || same_statement(o, x);
}

bool gm_is_of_new_table(const struct gm_footprint *side,
			const struct gm_footprint_rules *rules,
			const struct gm_object *x)
{
	size_t i;

	if (!gm_may_be_of_new_table(rules, x))
		return false;
	for (i = 0; i < side->n; i++)
		if (gm_makes_table_of(&side->v[i], x))
			return true;
	return false;
}
