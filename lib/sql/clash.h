/*
 * What two objects, one of each side, do to each other. Private to the
 * footprint.
 */
#ifndef GM_SQL_CLASH_H
#define GM_SQL_CLASH_H

#include <string.h>

#include "sql/reading.h"

enum gm_clash {
	GM_CLASH_NONE,
	/* It depends on rows, or on what the text doesn't tell. */
	GM_CLASH_MAYBE,
	GM_CLASH_CERTAIN
};

#define CREATE GM_TOUCH_CREATE
#define ALTER GM_TOUCH_ALTER
#define DROP GM_TOUCH_DROP
#define ROWS (GM_TOUCH_UPDATE | GM_TOUCH_INSERT | GM_TOUCH_DELETE)
#define SEEN (GM_TOUCH_READ | GM_TOUCH_GUARD)
#define PRESENT (ROWS | SEEN | GM_TOUCH_USE)

/* Either way round; the first that fits counts. */
struct gm_clash_rule {
	unsigned a;
	unsigned b;
	enum gm_clash clash;
};

static inline bool gm_same_schema(const struct gm_object *x,
				  const struct gm_object *y)
{
	return !x->schema || !y->schema || !strcmp(x->schema, y->schema);
}

static inline bool gm_has_kind(unsigned kinds, const struct gm_object *x)
{
	return (kinds & 1u << x->kind) != 0;
}

static inline bool gm_is_star(const struct gm_object *x)
{
	return x->kind == GM_OBJECT_COLUMN && !strcmp(x->name, "*");
}

/* It is taken away, and not under another name. */
static inline bool gm_goes(const struct gm_object *x)
{
	return (x->touches & DROP) && !(x->touches & GM_TOUCH_RENAME);
}

/* CREATE … IF NOT EXISTS, which does nothing where the object is there. */
static inline bool gm_may_find_it(const struct gm_object *x)
{
	return (x->touches & CREATE) && (x->touches & GM_TOUCH_TOLERANT) &&
	       !(x->touches & (ALTER | GM_TOUCH_RENAME)) &&
	       x->kind != GM_OBJECT_GRANT;
}

/*
 * What x, of the side `a`, does to y, of the side `b`, though they aren't the
 * same object: what goes along with another, what a key or a row refers to,
 * names that are made up.
 */
enum gm_clash gm_clash_apart(const struct gm_footprint *a,
			     const struct gm_object *x,
			     const struct gm_footprint *b,
			     const struct gm_object *y);

/* How what is dropped is made again by the same side: a table as SQLite has to
 * where it can't alter one, a view or an index that is to be another. */
enum gm_rebuilt {
	GM_REBUILT_NOT,
	/* Its columns are listed: one that the other side adds gets lost. */
	GM_REBUILT_LISTED,
	/* With whatever columns there are. */
	GM_REBUILT_WHOLE
};
enum gm_rebuilt gm_find_rebuilt(const struct gm_footprint *side,
				const struct gm_object *x);

/* Both sides drop it and make it again, word for word. */
bool gm_make_the_same(const struct gm_footprint *a, const struct gm_object *x,
		      const struct gm_footprint *b, const struct gm_object *y);

/* A table that this side makes and takes away again: a rebuild's, as a rule. */
bool gm_is_scratch(const struct gm_footprint *side, const struct gm_object *x);

/* A table of the session's own hides one that has its name. */
bool gm_is_temporary(const struct gm_footprint *side,
		     const struct gm_object *x);

/* Whatever columns there are, read into a temporary table. */
bool gm_is_copied_for_a_while(const struct gm_footprint *side,
			      const struct gm_object *x);

/* A part that a statement needs only where what it makes isn't there yet. */
bool gm_is_needed_perhaps(const struct gm_footprint *side,
			  const struct gm_object *x);

/* Whether its table is one that this side makes: then only the table itself
 * can get in somebody's way. */
bool gm_is_of_new_table(const struct gm_footprint *side,
			const struct gm_footprint_rules *rules,
			const struct gm_object *x);

/* The two halves of that: whether x is such a part, and whether o makes its
 * table. */
bool gm_may_be_of_new_table(const struct gm_footprint_rules *rules,
			    const struct gm_object *x);
bool gm_makes_table_of(const struct gm_object *o, const struct gm_object *x);

/* Rows of a table that the side a judges by other columns than those that the
 * side b writes. */
bool gm_judges_others(const struct gm_footprint *a, const struct gm_object *x,
		      const struct gm_footprint *b, const struct gm_object *y);

#endif
