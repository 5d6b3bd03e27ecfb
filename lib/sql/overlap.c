/*
 * Two footprints against each other: what each does to the same object, and
 * what follows from that for the order in which they run.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/alike.h"

static enum gm_clash at_most(enum gm_clash clash, bool maybe)
{
	return clash && maybe ? GM_CLASH_MAYBE : clash;
}

static enum gm_clash look_up(const struct gm_clash_rule *rules, unsigned x,
			     unsigned y)
{
	for (; rules->a; rules++)
		if (((x & rules->a) && (y & rules->b)) ||
		    ((y & rules->a) && (x & rules->b)))
			return rules->clash;
	return GM_CLASH_NONE;
}

/* On the values of one and the same column: whether they are those of the
 * same rows can't be told. */
static const struct gm_clash_rule value_clashes[] = {
	{ GM_TOUCH_UPDATE, GM_TOUCH_UPDATE | GM_TOUCH_READ | GM_TOUCH_GUARD,
	  GM_CLASH_MAYBE },
	{ 0, 0, GM_CLASH_NONE }
};

/* On the rows of one and the same table. */
static const struct gm_clash_rule row_clashes[] = {
	{ GM_TOUCH_INSERT, ROWS | SEEN, GM_CLASH_MAYBE },
	{ GM_TOUCH_DELETE, SEEN, GM_CLASH_MAYBE },
	{ GM_TOUCH_UPDATE, GM_TOUCH_GUARD, GM_CLASH_MAYBE },
	{ 0, 0, GM_CLASH_NONE }
};

/* On one and the same object. What one side creates the other can't have
 * used, so CREATE and USE is fine; most that uses an object still can when it
 * has been altered. */
static const struct gm_clash_rule object_clashes[] = {
	{ CREATE, CREATE | ALTER | DROP, GM_CLASH_CERTAIN },
	{ DROP, DROP | ALTER | PRESENT, GM_CLASH_CERTAIN },
	{ ALTER, ALTER, GM_CLASH_CERTAIN },
	{ ALTER, PRESENT, GM_CLASH_MAYBE },
	{ 0, 0, GM_CLASH_NONE }
};

/* f, whichever it is, and f(int4); f(int4) and f(text) are two. */
static bool is_same_function(const struct gm_object *x,
			     const struct gm_object *y)
{
	const char *of_x = strchr(x->name, '(');
	const char *of_y = strchr(y->name, '(');
	size_t len = of_x ? (size_t)(of_x - x->name) : strlen(x->name);
	size_t other = of_y ? (size_t)(of_y - y->name) : strlen(y->name);

	return x->kind == GM_OBJECT_FUNCTION && (!of_x || !of_y) &&
	       len == other && !strncmp(x->name, y->name, len);
}

/* A table has a type of its name, and an index has none. */
static bool is_type_and_index(const struct gm_object *x,
			      const struct gm_object *y)
{
	return (x->kind == GM_OBJECT_TYPE && y->kind == GM_OBJECT_INDEX) ||
	       (x->kind == GM_OBJECT_INDEX && y->kind == GM_OBJECT_TYPE);
}

static bool same_object(const struct gm_footprint_rules *rules,
			const struct gm_object *x, const struct gm_object *y)
{
	if (x->kind != y->kind && (!(gm_has_kind(rules->relations, x) &&
				     gm_has_kind(rules->relations, y)) ||
				   is_type_and_index(x, y)))
		return false;
	if (gm_has_kind(rules->in_table, x) &&
	    (!x->owner || !y->owner || strcmp(x->owner, y->owner)))
		return false;
	if (strcmp(x->name, y->name) && !gm_is_star(x) && !gm_is_star(y) &&
	    !is_same_function(x, y))
		return false;
	return gm_same_schema(x, y);
}

static bool same_statement(const struct gm_object *x, const struct gm_object *y)
{
	return !strcmp(x->statement, y->statement);
}

/* Both done in such a way that the second finds nothing left to do. */
static bool commutes(const struct gm_object *x, const struct gm_object *y)
{
	unsigned both = x->touches & y->touches;

	if ((x->touches | y->touches) & GM_TOUCH_RENAME)
		return false;
	/* OR REPLACE, and settings, which are set to the same. */
	if ((both & ALTER) && same_statement(x, y) &&
	    ((both & CREATE) || x->kind == GM_OBJECT_SETTING))
		return true;
	if (!(both & GM_TOUCH_TOLERANT) || ((x->touches | y->touches) & ALTER))
		return false;
	if (both & DROP)
		return true;
	/* Rows with the same key may differ in the rest. */
	if (both & GM_TOUCH_INSERT)
		return same_statement(x, y);
	return (both & CREATE) &&
	       (x->kind == GM_OBJECT_GRANT || x->kind == GM_OBJECT_EXTENSION ||
		x->kind == GM_OBJECT_SCHEMA || same_statement(x, y));
}

/* Whatever columns there are, against one that comes, goes or changes. */
static enum gm_clash star_clash(const struct gm_footprint_rules *rules,
				const struct gm_object *x,
				const struct gm_object *y)
{
	unsigned touches = x->touches | y->touches;
	unsigned star = gm_is_star(x) ? x->touches : y->touches;
	unsigned both = GM_TOUCH_UPDATE | GM_TOUCH_READ;

	if (!(touches & (CREATE | DROP)))
		return touches & ALTER
			       ? GM_CLASH_MAYBE
			       : look_up(value_clashes, x->touches, y->touches);
	/* A row that is added without its columns' names may be too short. */
	if ((star & both) == GM_TOUCH_UPDATE && (rules->flags & GM_SHORT_ROWS))
		return touches & DROP ? GM_CLASH_MAYBE : GM_CLASH_NONE;
	if ((star & both) == GM_TOUCH_UPDATE && (rules->flags & GM_UNCOUNTED) &&
	    (touches & CREATE) && (touches & GM_TOUCH_READ))
		return GM_CLASH_NONE;
	/* The same columns in and out, and those that change with all. */
	return (star & ALTER) || (star & both) == both ||
			       (touches & (GM_TOUCH_RENAME | GM_TOUCH_TOLERANT))
		       ? GM_CLASH_MAYBE
		       : GM_CLASH_CERTAIN;
}

/* One of them is named with its schema, and the other may be in another. */
static bool may_be_elsewhere(const struct gm_footprint_rules *rules,
			     const struct gm_object *x,
			     const struct gm_object *y)
{
	const char *schema = x->schema ? x->schema : y->schema;

	return schema && (!x->schema || !y->schema) &&
	       x->kind != GM_OBJECT_SCHEMA && y->kind != GM_OBJECT_SCHEMA &&
	       (!rules->home || strcmp(schema, rules->home));
}

/* x goes, and only what is kept for later names it: that can be made before
 * and behind. Where a table that is renamed is renamed there, too, it can't. */
static bool dangles(const struct gm_footprint_rules *rules,
		    const struct gm_object *x, const struct gm_object *y)
{
	return (y->touches & GM_TOUCH_LATE) && (x->touches & DROP) &&
	       (gm_goes(x) || !(rules->flags & GM_LATE_VIEWS));
}

/* The same change, made twice; the second time it may fail. */
static bool is_same_change(const struct gm_object *x, const struct gm_object *y)
{
	return (x->touches & y->touches & ALTER) &&
	       !((x->touches | y->touches) & (CREATE | DROP)) &&
	       same_statement(x, y);
}

/* IF NOT EXISTS on both sides: it may be the same index in other words. */
static bool may_be_alike(const struct gm_object *x, const struct gm_object *y)
{
	return x->kind == GM_OBJECT_INDEX && y->kind == x->kind &&
	       gm_may_find_it(x) && gm_may_find_it(y);
}

/* Names that the database makes up: it takes others where these are taken. */
static bool is_made_up(const struct gm_object *x, const struct gm_object *y)
{
	return (x->touches & y->touches & GM_TOUCH_IMPLIED) != 0;
}

/* Most objects have many settings, and few of them matter to each other. */
static bool has_settings(const struct gm_object *x, const struct gm_object *y)
{
	static const unsigned kinds = 1u << GM_OBJECT_COLUMN |
				      1u << GM_OBJECT_SETTING |
				      1u << GM_OBJECT_VIEW;

	return !(gm_has_kind(kinds, x) && gm_has_kind(kinds, y)) &&
	       !((x->touches | y->touches) & (CREATE | DROP));
}

/* CREATE … IF NOT EXISTS of what the other side uses, or changes, and which
 * is there then; unless that one has an IF EXISTS, too. */
static bool finds_it_there(const struct gm_object *x, const struct gm_object *y)
{
	return gm_may_find_it(x) && !(y->touches & (CREATE | DROP)) &&
	       !(y->touches & GM_TOUCH_TOLERANT);
}

/* IF EXISTS: nothing is done before the other side has made it. */
static bool passes_over(const struct gm_object *x, const struct gm_object *y)
{
	return (x->touches & GM_TOUCH_TOLERANT) && !(x->touches & CREATE) &&
	       (y->touches & CREATE);
}

/* One side names a column without its table, and the other adds one of that
 * name to a table that may be meant. */
static bool may_be_other(const struct gm_object *x, const struct gm_object *y)
{
	return ((x->touches & CREATE) && (y->touches & GM_TOUCH_MAYBE)) ||
	       ((y->touches & CREATE) && (x->touches & GM_TOUCH_MAYBE));
}

static enum gm_clash same_object_clash(const struct gm_footprint_rules *rules,
				       const struct gm_object *x,
				       const struct gm_object *y)
{
	enum gm_clash clash = GM_CLASH_NONE;

	if (gm_is_star(x) || gm_is_star(y))
		return star_clash(rules, x, y);
	if (commutes(x, y))
		return GM_CLASH_NONE;
	if (!finds_it_there(x, y) && !finds_it_there(y, x))
		clash = look_up(object_clashes, x->touches, y->touches);
	if (clash)
		return at_most(clash, is_made_up(x, y) || has_settings(x, y) ||
					      may_be_alike(x, y) ||
					      is_same_change(x, y) ||
					      dangles(rules, x, y) ||
					      dangles(rules, y, x));
	if (passes_over(x, y) || passes_over(y, x))
		return GM_CLASH_MAYBE;
	if (x->kind == GM_OBJECT_COLUMN && may_be_other(x, y))
		return GM_CLASH_MAYBE;
	return look_up(x->kind == GM_OBJECT_COLUMN ? value_clashes
						   : row_clashes,
		       x->touches, y->touches);
}

/* What x, a whole, does to y, which is in it. */
static enum gm_clash whole_clash(const struct gm_footprint_rules *rules,
				 const struct gm_object *x,
				 const struct gm_object *y)
{
	if (x->kind == GM_OBJECT_SCHEMA)
		return (x->touches & DROP) && y->schema &&
				       !strcmp(x->name, y->schema)
			       ? GM_CLASH_CERTAIN
			       : GM_CLASH_NONE;
	if (!y->owner || !gm_has_kind(rules->in_table, y) ||
	    (x->kind != GM_OBJECT_TYPE && x->kind != GM_OBJECT_TABLE) ||
	    strcmp(x->name, y->owner) || !gm_same_schema(x, y))
		return GM_CLASH_NONE;
	if (gm_may_find_it(x))
		return GM_CLASH_NONE;
	return look_up(object_clashes, x->touches & (CREATE | DROP),
		       y->touches & (CREATE | ALTER | DROP));
}

/* What x does to y where x is made again. */
static enum gm_clash soften(const struct gm_footprint *side,
			    const struct gm_object *x,
			    const struct gm_object *y, enum gm_clash clash)
{
	enum gm_rebuilt rebuilt = clash ? gm_find_rebuilt(side, x)
					: GM_REBUILT_NOT;
	bool alters = (y->touches & (CREATE | ALTER | DROP)) &&
		      y->kind != GM_OBJECT_SETTING &&
		      !(y->owner && (y->touches & DROP) &&
			(y->touches & GM_TOUCH_TOLERANT));
	bool replaces = (y->touches & CREATE) && (y->touches & ALTER);

	/* The other side finds one of them there. */
	if (rebuilt && y->kind == x->kind && gm_may_find_it(y))
		return GM_CLASH_NONE;
	/* What it holds is the same before and after. */
	if (rebuilt == GM_REBUILT_WHOLE && y->kind == x->kind &&
	    x->kind != GM_OBJECT_COLUMN &&
	    (y->touches & ~(unsigned)GM_TOUCH_USE) == GM_TOUCH_READ)
		return GM_CLASH_NONE;
	return at_most(clash, rebuilt == GM_REBUILT_WHOLE ||
				      (rebuilt == GM_REBUILT_LISTED &&
				       (!alters || replaces)));
}

/* What is asked of a side's objects only where they clash. */
static void get_to_know(struct gm_group *group, const struct gm_footprint *side)
{
	const struct gm_object *x = group->o;

	if (group->is_known)
		return;
	group->is_known = true;
	group->is_scratch = gm_is_scratch(side, x);
	group->is_softened = (x->touches & GM_TOUCH_MAYBE) ||
			     gm_is_needed_perhaps(side, x) ||
			     gm_is_temporary(side, x) ||
			     gm_is_copied_for_a_while(side, x);
}

static enum gm_clash find_clash(const struct gm_footprint *a,
				struct gm_group *of_a,
				const struct gm_footprint *b,
				struct gm_group *of_b)
{
	const struct gm_footprint_rules *rules = a->dialect->footprint;
	const struct gm_object *x = of_a->o;
	const struct gm_object *y = of_b->o;
	enum gm_clash clash = GM_CLASH_NONE;

	if (same_object(rules, x, y) && !gm_judges_others(a, x, b, y) &&
	    !gm_judges_others(b, y, a, x))
		clash = same_object_clash(rules, x, y);
	if (!clash)
		clash = whole_clash(rules, x, y);
	if (!clash)
		clash = whole_clash(rules, y, x);
	if (!clash)
		clash = gm_clash_apart(a, x, b, y);
	if (!clash)
		return GM_CLASH_NONE;
	get_to_know(of_a, a);
	get_to_know(of_b, b);
	if ((of_a->is_scratch && of_b->is_scratch) ||
	    gm_make_the_same(a, x, b, y))
		return GM_CLASH_NONE;
	clash = soften(a, x, y, soften(b, y, x, clash));
	return at_most(clash, of_a->is_softened || of_b->is_softened ||
				      may_be_elsewhere(rules, x, y));
}

/* A comparison takes some seconds for so many pairs of groups, or for a side
 * with so many objects: whoever pushes such a file must not stop the server. */
#define MOST_PAIRS 200000000
#define MOST_OBJECTS 100000

/* Nobody reads so many of them. */
#define MOST_OVERLAPS 1000

/* Two sides, and what was found so far. */
struct comparing {
	struct gm_groups a;
	struct gm_groups b;
	/* By group of b: what it is to the one of a that is looked at. */
	unsigned char *row;
	unsigned char few[GM_FEW_OBJECTS];
	const struct gm_group *row_of;
	enum gm_clash worst;
	/* NULL: nobody asks for them. */
	struct gm_overlaps *out;
	size_t first;
};

/* False, and nothing to end, where they are too large. */
static bool begin(struct comparing *c, const struct gm_footprint *a,
		  const struct gm_footprint *b)
{
	c->row_of = NULL;
	c->worst = GM_CLASH_NONE;
	if (a->n > MOST_OBJECTS || b->n > MOST_OBJECTS)
		return false;
	gm_groups_find(&c->a, a);
	gm_groups_find(&c->b, b);
	if (!c->b.n || c->a.n <= MOST_PAIRS / c->b.n) {
		c->row = b->n > GM_FEW_OBJECTS ? gm_alloc(c->b.n + 1) : c->few;
		return true;
	}
	gm_groups_release(&c->a);
	gm_groups_release(&c->b);
	return false;
}

static void end(struct comparing *c)
{
	gm_groups_release(&c->a);
	gm_groups_release(&c->b);
	if (c->row != c->few)
		free(c->row);
}

static bool is_empty(const struct gm_footprint *side)
{
	return !side->n && !side->n_unknown;
}

const char *gm_footprint_unknown(const struct gm_footprint *a,
				 const struct gm_footprint *b,
				 const struct gm_footprint **whose,
				 size_t *line)
{
	struct comparing c;

	*whose = a->n_unknown || (!b->n_unknown && a->n > b->n) ? a : b;
	*line = (*whose)->n_unknown ? (*whose)->unknown->line : 1;
	if ((*whose)->n_unknown)
		return (*whose)->unknown->reason;
	if (is_empty(a) || is_empty(b))
		return NULL;
	if (!begin(&c, a, b))
		return "touches too much to be compared.";
	end(&c);
	return NULL;
}

/* Where something is certain, a perhaps is of no interest. */
static void drop_maybes(struct comparing *c)
{
	if (c->out)
		c->out->n = c->first;
}

/* Judges one of a against all of b. */
static void fill_row(struct comparing *c, struct gm_group *group)
{
	size_t k;

	c->row_of = group;
	group->is_judged = true;
	group->is_free = true;
	for (k = 0; k < c->b.n; k++) {
		enum gm_clash clash = find_clash(c->a.side, group, c->b.side,
						 &c->b.v[k]);

		c->row[k] = (unsigned char)clash;
		if (!clash)
			continue;
		group->is_free = false;
		if (clash == GM_CLASH_CERTAIN && c->worst == GM_CLASH_MAYBE)
			drop_maybes(c);
		c->worst = clash > c->worst ? clash : c->worst;
	}
}

static bool is_full(const struct comparing *c)
{
	return !c->out || c->out->n - c->first >= MOST_OVERLAPS;
}

/* Lists what the row says of one object. */
static void add_row(struct comparing *c, const struct gm_object *x)
{
	const struct gm_footprint *b = c->b.side;
	size_t k;

	for (k = 0; k < b->n; k++) {
		struct gm_overlap *overlap;

		if (c->b.of[k] == GM_NO_GROUP || c->row[c->b.of[k]] < c->worst)
			continue;
		if (is_full(c))
			return;
		GM_GROW(c->out->v, c->out->n, c->out->cap);
		overlap = &c->out->v[c->out->n++];
		overlap->a = x;
		overlap->b = &b->v[k];
		overlap->maybe = c->worst == GM_CLASH_MAYBE;
	}
}

/* Nothing is worse than what is certain; what isn't may be made so. */
static void compare(struct comparing *c)
{
	const struct gm_footprint *a = c->a.side;
	size_t i;

	for (i = 0; i < a->n; i++) {
		struct gm_group *group;

		if (c->a.of[i] == GM_NO_GROUP)
			continue;
		group = &c->a.v[c->a.of[i]];
		if (group->is_judged && (group->is_free || is_full(c)))
			continue;
		if (c->row_of != group)
			fill_row(c, group);
		if (c->worst && c->out && !group->is_free)
			add_row(c, &a->v[i]);
		if (c->worst == GM_CLASH_CERTAIN && is_full(c))
			break;
	}
	if (c->out && is_full(c))
		c->out->cut = true;
}

enum gm_verdict gm_footprint_conflict(const struct gm_footprint *a,
				      const struct gm_footprint *b,
				      struct gm_overlaps *out)
{
	struct comparing c;

	if (is_empty(a) || is_empty(b))
		return GM_VERDICT_INDEPENDENT;
	if (!begin(&c, a, b))
		return GM_VERDICT_UNKNOWN;
	c.out = out;
	c.first = out ? out->n : 0;
	compare(&c);
	end(&c);
	if (c.worst == GM_CLASH_CERTAIN)
		return GM_VERDICT_CONFLICT;
	if (c.worst || a->n_unknown || b->n_unknown)
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
