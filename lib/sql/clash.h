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

/* It is taken away, and not under another name. */
static inline bool gm_goes(const struct gm_object *x)
{
	return (x->touches & DROP) && !(x->touches & GM_TOUCH_RENAME);
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

#endif
