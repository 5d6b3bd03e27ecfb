/*
 * Two footprints against each other: what each does to the same object, and
 * what follows from that for the order in which they run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/reading.h"

enum clash {
	CLASH_NONE,
	/* It depends on rows, or on what the text doesn't tell. */
	CLASH_MAYBE,
	CLASH_CERTAIN
};

#define CREATE GM_TOUCH_CREATE
#define ALTER GM_TOUCH_ALTER
#define DROP GM_TOUCH_DROP
#define ROWS (GM_TOUCH_UPDATE | GM_TOUCH_INSERT | GM_TOUCH_DELETE)
#define SEEN (GM_TOUCH_READ | GM_TOUCH_GUARD)
#define PRESENT (ROWS | SEEN | GM_TOUCH_USE)

/* Either way round; the first that fits counts. */
struct clash_rule {
	unsigned a;
	unsigned b;
	enum clash clash;
};

/* On one and the same object. What one side creates the other can't have
 * used, so CREATE and USE is fine. */
static const struct clash_rule object_clashes[] = {
	{ CREATE, CREATE | ALTER | DROP, CLASH_CERTAIN },
	{ DROP, DROP | ALTER | PRESENT, CLASH_CERTAIN },
	{ ALTER, ALTER | PRESENT, CLASH_CERTAIN },
	{ 0, 0, CLASH_NONE }
};

/* On the values of one and the same column: whether they are those of the
 * same rows can't be told. */
static const struct clash_rule value_clashes[] = {
	{ GM_TOUCH_UPDATE, GM_TOUCH_UPDATE | GM_TOUCH_READ | GM_TOUCH_GUARD,
	  CLASH_MAYBE },
	{ 0, 0, CLASH_NONE }
};

/* On the rows of one and the same table. */
static const struct clash_rule row_clashes[] = {
	{ GM_TOUCH_INSERT, ROWS | SEEN, CLASH_MAYBE },
	{ GM_TOUCH_DELETE, SEEN, CLASH_MAYBE },
	{ GM_TOUCH_UPDATE, GM_TOUCH_GUARD, CLASH_MAYBE },
	{ 0, 0, CLASH_NONE }
};

static enum clash at_most(enum clash clash, bool maybe)
{
	return clash && maybe ? CLASH_MAYBE : clash;
}

static enum clash look_up(const struct clash_rule *rules, unsigned x,
			  unsigned y)
{
	for (; rules->a; rules++)
		if (((x & rules->a) && (y & rules->b)) ||
		    ((y & rules->a) && (x & rules->b)))
			return rules->clash;
	return CLASH_NONE;
}

static bool same_schema(const struct gm_object *x, const struct gm_object *y)
{
	return !x->schema || !y->schema || !strcmp(x->schema, y->schema);
}

static bool has_kind(unsigned kinds, const struct gm_object *x)
{
	return (kinds & 1u << x->kind) != 0;
}

static bool is_star(const struct gm_object *x)
{
	return x->kind == GM_OBJECT_COLUMN && !strcmp(x->name, "*");
}

static bool same_object(const struct gm_footprint_rules *rules,
			const struct gm_object *x, const struct gm_object *y)
{
	if (x->kind != y->kind &&
	    !(has_kind(rules->relations, x) && has_kind(rules->relations, y)))
		return false;
	if (has_kind(rules->in_table, x) &&
	    (!x->owner || !y->owner || strcmp(x->owner, y->owner)))
		return false;
	if (strcmp(x->name, y->name) && !is_star(x) && !is_star(y))
		return false;
	return same_schema(x, y);
}

/* How a table that is dropped is made again by the same side, as SQLite has
 * to where it can't alter one. */
enum rebuilt {
	REBUILT_NOT,
	/* Its columns are listed: one that the other side adds gets lost. */
	REBUILT_LISTED,
	/* With whatever columns there are. */
	REBUILT_WHOLE
};

static enum rebuilt find_rebuilt(const struct gm_footprint *side,
				 const struct gm_object *x)
{
	bool dropped = false;
	bool made = false;
	bool whole = false;
	size_t i;

	if (!(x->touches & (CREATE | DROP)) || x->kind != GM_OBJECT_TABLE)
		return REBUILT_NOT;
	for (i = 0; i < side->n; i++) {
		const struct gm_object *o = &side->v[i];

		whole |= is_star(o) && (o->touches & GM_TOUCH_READ) &&
			 !strcmp(o->owner, x->name);
		if (o->kind != x->kind || strcmp(o->name, x->name))
			continue;
		made |= dropped && (o->touches & CREATE);
		dropped |= (o->touches & DROP) != 0;
	}
	if (!made)
		return REBUILT_NOT;
	return whole ? REBUILT_WHOLE : REBUILT_LISTED;
}

/* Whether its table is one that this side makes: then only the table
 * itself can get in somebody's way. */
static bool is_of_new_table(const struct gm_footprint *side,
			    const struct gm_footprint_rules *rules,
			    const struct gm_object *x)
{
	size_t i;

	if (!x->owner || !has_kind(rules->in_table, x))
		return false;
	for (i = 0; i < side->n; i++)
		if ((side->v[i].touches & CREATE) && !side->v[i].owner &&
		    !strcmp(side->v[i].name, x->owner) &&
		    same_schema(&side->v[i], x))
			return true;
	return false;
}

/* Both done in such a way that the second finds nothing left to do. */
static bool commutes(const struct gm_object *x, const struct gm_object *y)
{
	unsigned both = x->touches & y->touches;

	if (!(both & GM_TOUCH_TOLERANT) ||
	    ((x->touches | y->touches) & (ALTER | GM_TOUCH_RENAME)))
		return false;
	if ((both & DROP) || (both & GM_TOUCH_INSERT))
		return true;
	return (both & CREATE) &&
	       (x->kind == GM_OBJECT_GRANT || x->kind == GM_OBJECT_EXTENSION ||
		x->kind == GM_OBJECT_SCHEMA ||
		!strcmp(x->statement, y->statement));
}

/* Whatever columns there are, against one that comes or goes. */
static enum clash star_clash(const struct gm_object *x,
			     const struct gm_object *y)
{
	unsigned touches = x->touches | y->touches;

	if (!(touches & (CREATE | DROP)))
		return CLASH_NONE;
	return touches & GM_TOUCH_RENAME ? CLASH_MAYBE : CLASH_CERTAIN;
}

static enum clash same_object_clash(const struct gm_object *x,
				    const struct gm_object *y)
{
	enum clash clash;

	if (is_star(x) || is_star(y))
		return star_clash(x, y);
	if (commutes(x, y))
		return CLASH_NONE;
	clash = look_up(object_clashes, x->touches, y->touches);
	if (clash)
		return clash;
	return look_up(x->kind == GM_OBJECT_COLUMN ? value_clashes
						   : row_clashes,
		       x->touches, y->touches);
}

/* An index or trigger that is dropped by its name alone may go with a table
 * or a column that the other side drops. */
static enum clash loose_clash(const struct gm_footprint_rules *rules,
			      const struct gm_object *x,
			      const struct gm_object *y)
{
	bool loose = (x->kind == GM_OBJECT_INDEX ||
		      x->kind == GM_OBJECT_TRIGGER) &&
		     !has_kind(rules->in_table, x) && !x->owner &&
		     (x->touches & (DROP | ALTER));
	bool takes_along = (y->kind == GM_OBJECT_TABLE ||
			    y->kind == GM_OBJECT_VIEW ||
			    y->kind == GM_OBJECT_COLUMN) &&
			   (y->touches & DROP) &&
			   !(y->touches & GM_TOUCH_RENAME);

	/* Nor is it told whose rows a trigger watches. */
	bool watched = x->kind == GM_OBJECT_TRIGGER && (y->touches & ROWS);

	return loose && (takes_along || watched) ? CLASH_MAYBE : CLASH_NONE;
}

/* What x, a whole, does to y, which is in it. */
static enum clash whole_clash(const struct gm_footprint_rules *rules,
			      const struct gm_object *x,
			      const struct gm_object *y)
{
	if (x->kind == GM_OBJECT_SCHEMA)
		return (x->touches & DROP) && y->schema &&
				       !strcmp(x->name, y->schema)
			       ? CLASH_CERTAIN
			       : CLASH_NONE;
	if (!y->owner || !has_kind(rules->in_table, y) ||
	    (x->kind != GM_OBJECT_TYPE && x->kind != GM_OBJECT_TABLE) ||
	    strcmp(x->name, y->owner) || !same_schema(x, y))
		return CLASH_NONE;
	return look_up(object_clashes, x->touches & (CREATE | DROP),
		       y->touches & (CREATE | ALTER | DROP));
}

/* What x does to y where x is a table that is made again. */
static enum clash soften(const struct gm_footprint *side,
			 const struct gm_object *x, const struct gm_object *y,
			 enum clash clash)
{
	enum rebuilt rebuilt = clash ? find_rebuilt(side, x) : REBUILT_NOT;
	bool alters = (y->touches & (CREATE | ALTER | DROP)) != 0;

	return at_most(clash, rebuilt == REBUILT_WHOLE ||
				      (rebuilt == REBUILT_LISTED && !alters));
}

static enum clash find_clash(const struct gm_footprint *a,
			     const struct gm_object *x,
			     const struct gm_footprint *b,
			     const struct gm_object *y)
{
	const struct gm_footprint_rules *rules = a->dialect->footprint;
	enum clash clash = CLASH_NONE;

	if (same_object(rules, x, y))
		clash = same_object_clash(x, y);
	if (!clash)
		clash = whole_clash(rules, x, y);
	if (!clash)
		clash = whole_clash(rules, y, x);
	if (!clash)
		clash = loose_clash(rules, x, y);
	if (!clash)
		clash = loose_clash(rules, y, x);
	clash = soften(a, x, y, soften(b, y, x, clash));
	return at_most(clash, (x->touches | y->touches) & GM_TOUCH_MAYBE);
}

static void add(struct gm_overlaps *out, const struct gm_object *x,
		const struct gm_object *y, enum clash clash)
{
	struct gm_overlap *overlap;

	if (!out)
		return;
	GM_GROW(out->v, out->n, out->cap);
	overlap = &out->v[out->n++];
	overlap->a = x;
	overlap->b = y;
	overlap->maybe = clash == CLASH_MAYBE;
}

/* Where something is certain, a perhaps is of no interest. */
static void drop_maybes(struct gm_overlaps *out, size_t first)
{
	size_t kept = first;
	size_t i;

	for (i = first; i < out->n; i++)
		if (!out->v[i].maybe)
			out->v[kept++] = out->v[i];
	out->n = kept;
}

static bool is_empty(const struct gm_footprint *side)
{
	return !side->n && !side->n_unknown;
}

enum gm_verdict gm_footprint_conflict(const struct gm_footprint *a,
				      const struct gm_footprint *b,
				      struct gm_overlaps *out)
{
	const struct gm_footprint_rules *rules;
	enum clash worst = CLASH_NONE;
	size_t first = out ? out->n : 0;
	size_t i;
	size_t k;

	if (is_empty(a) || is_empty(b))
		return GM_VERDICT_INDEPENDENT;
	rules = a->dialect->footprint;
	for (i = 0; i < a->n; i++) {
		if (is_of_new_table(a, rules, &a->v[i]))
			continue;
		for (k = 0; k < b->n; k++) {
			enum clash clash = find_clash(a, &a->v[i], b, &b->v[k]);

			if (!clash || is_of_new_table(b, rules, &b->v[k]))
				continue;
			add(out, &a->v[i], &b->v[k], clash);
			worst = clash > worst ? clash : worst;
		}
	}
	if (worst == CLASH_CERTAIN) {
		if (out)
			drop_maybes(out, first);
		return GM_VERDICT_CONFLICT;
	}
	if (worst || a->n_unknown || b->n_unknown)
		return GM_VERDICT_UNKNOWN;
	return GM_VERDICT_INDEPENDENT;
}

void gm_overlaps_release(struct gm_overlaps *overlaps)
{
	if (!overlaps)
		return;
	free(overlaps->v);
	memset(overlaps, 0, sizeof(*overlaps));
}

const char *gm_verdict_name(enum gm_verdict verdict)
{
	static const char *const names[] = {
		[GM_VERDICT_INDEPENDENT] = "independent",
		[GM_VERDICT_CONFLICT] = "conflict",
		[GM_VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}
