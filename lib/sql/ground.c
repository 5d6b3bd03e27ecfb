/*
 * A side's footprint grows by whatever the ground carries on; all that comes
 * along this way is a perhaps.
 */
#include "sql/ground.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/carry.h"

/* A comparison takes some seconds for so many pairs of objects. */
#define MOST_PAIRS 50000000
/* So much comes along at most. */
#define MOST_CARRIED 2000

/* Where SQLite keeps what it has been told. */
#define SCHEMA "sqlite_schema"

/* One statement of the ground. */
struct group {
	const struct gm_object *v;
	size_t n;
};

/* A side as it grows. */
struct grown {
	struct gm_footprint out;
	const struct gm_footprint *ground;
	/* So many are the side's own. */
	size_t own;
};

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static void grow(struct grown *g, enum gm_object_kind kind, unsigned touches,
		 const char *owner, const char *name)
{
	struct gm_footprint *out = &g->out;
	struct gm_object *o;
	size_t i;

	touches |= GM_TOUCH_MAYBE | GM_TOUCH_USE;
	for (i = 0; i < out->n; i++) {
		o = &out->v[i];
		if (o->kind == kind && !strcmp(o->name, name) &&
		    same_text(o->owner, owner) &&
		    (o->touches & touches & ~(unsigned)GM_TOUCH_MAYBE) ==
			    (touches & ~(unsigned)GM_TOUCH_MAYBE))
			return;
	}
	if (out->n >= g->own + MOST_CARRIED)
		return;
	GM_GROW(out->v, out->n, out->cap);
	o = &out->v[out->n++];
	memset(o, 0, sizeof(*o));
	o->kind = kind;
	o->touches = touches;
	o->owner = gm_strdup_null(owner);
	o->name = gm_strdup(name);
}

static unsigned column_touches(unsigned rows)
{
	return (rows & GM_TOUCH_READ) |
	       (rows & (GM_TOUCH_UPDATE | GM_TOUCH_INSERT) ? GM_TOUCH_UPDATE
							   : 0u);
}

static bool lists_columns(const struct group *of, const char *table)
{
	size_t i;

	for (i = 0; i < of->n; i++)
		if (of->v[i].kind == GM_OBJECT_COLUMN && of->v[i].owner &&
		    !strcmp(of->v[i].owner, table))
			return true;
	return false;
}

/* What the kept SQL of the group names is done as well; `rows` is done to the
 * tables, unless it is known better. In a trigger's, `table` is that one's. */
static void run(struct grown *g, const struct group *of, const char *table,
		unsigned rows)
{
	bool known = (of->v->touches & CREATE) &&
		     (of->v->touches & GM_TOUCH_READ);
	size_t i;

	for (i = 0; i < of->n; i++) {
		const struct gm_object *x = &of->v[i];
		unsigned done = known ? x->touches & (ROWS | GM_TOUCH_READ)
				      : rows;
		bool row = x->owner && table &&
			   (!strcmp(x->owner, "new") ||
			    !strcmp(x->owner, "old"));

		if ((x->touches & (CREATE | GM_TOUCH_GUARD)) ||
		    (known && !done))
			continue;
		if (x->kind == GM_OBJECT_COLUMN && x->owner)
			grow(g, x->kind,
			     row ? GM_TOUCH_UPDATE | GM_TOUCH_READ
				 : column_touches(done),
			     row ? table : x->owner, x->name);
		else if (x->kind == GM_OBJECT_FUNCTION)
			grow(g, x->kind, 0, NULL, x->name);
		if (!gm_is_relation(x) ||
		    (!known && table && !strcmp(x->name, table)))
			continue;
		grow(g, x->kind, done, NULL, x->name);
		if (!known && !lists_columns(of, x->name))
			grow(g, GM_OBJECT_COLUMN, column_touches(done), x->name,
			     "*");
	}
}

/* The group that begins at `at`. */
static struct group group_at(const struct gm_footprint *ground, size_t at)
{
	struct group of = { .v = &ground->v[at] };

	while (at + of.n < ground->n && of.v[of.n].line == of.v->line)
		of.n++;
	return of;
}

static bool same_routine(const char *a, const char *b)
{
	size_t len = strcspn(a, "(");

	return strcspn(b, "(") == len && !strncmp(a, b, len);
}

/* The functions that a trigger on the table calls. */
static void run_functions(struct grown *g, const struct group *trigger,
			  const char *table)
{
	size_t i;
	size_t k;

	for (i = 0; i < trigger->n; i++) {
		const struct gm_object *f = &trigger->v[i];
		struct group of;

		if (f->kind != GM_OBJECT_FUNCTION)
			continue;
		for (k = 0; k < g->ground->n; k += of.n) {
			of = group_at(g->ground, k);
			if (of.v->kind == f->kind && (of.v->touches & CREATE) &&
			    same_routine(of.v->name, f->name))
				run(g, &of, table, ROWS | GM_TOUCH_READ);
		}
	}
}

static bool drops(const struct grown *g, const char *name)
{
	size_t i;

	for (i = 0; i < g->own; i++)
		if ((g->out.v[i].touches & DROP) &&
		    !strcmp(g->out.v[i].name, name))
			return true;
	return false;
}

/* SQLite reads all that is kept when it renames or drops a column. */
static void dangle(struct grown *g, const struct group *of,
		   const struct gm_object *made, const struct gm_object *o)
{
	size_t i;

	if (!gm_is_relation(o) || !gm_goes(o) || drops(g, made->name) ||
	    (made->owner && drops(g, made->owner)))
		return;
	for (i = 0; i < of->n; i++)
		if (!(of->v[i].touches & (CREATE | GM_TOUCH_GUARD)) &&
		    gm_is_relation(&of->v[i]) &&
		    !strcmp(of->v[i].name, o->name))
			grow(g, GM_OBJECT_SETTING, DROP, SCHEMA, "sql");
}

/* Whether the trigger runs for what is done to the rows. */
static bool fires(const struct grown *g, const struct group *of,
		  const struct gm_object *trigger, unsigned rows)
{
	unsigned events = trigger->touches & rows & ROWS;
	bool listed = false;
	size_t i;
	size_t k;

	if (events != GM_TOUCH_UPDATE)
		return events != 0;
	for (i = 0; i < of->n; i++) {
		const struct gm_object *x = &of->v[i];

		if (x->kind != GM_OBJECT_COLUMN ||
		    !(x->touches & GM_TOUCH_GUARD))
			continue;
		listed = true;
		for (k = 0; k < g->out.n; k++)
			if (g->out.v[k].kind == x->kind &&
			    (g->out.v[k].touches & GM_TOUCH_UPDATE) &&
			    same_text(g->out.v[k].owner, x->owner) &&
			    (!strcmp(g->out.v[k].name, x->name) ||
			     gm_is_star(&g->out.v[k])))
				return true;
	}
	return !listed;
}

static void carry_kept(struct grown *g, const struct group *of,
		       const struct gm_object *made, const struct gm_object *o)
{
	unsigned rows = o->touches & (ROWS | GM_TOUCH_READ);

	if (g->out.dialect->footprint->flags & GM_LATE_VIEWS)
		dangle(g, of, made, o);
	if (made->kind == GM_OBJECT_VIEW) {
		if (gm_is_relation(o) && rows && !strcmp(o->name, made->name))
			run(g, of, NULL, rows);
	} else if (made->kind == GM_OBJECT_FUNCTION) {
		if (o->kind == made->kind && (o->touches & GM_TOUCH_USE) &&
		    same_routine(o->name, made->name))
			run(g, of, NULL, ROWS | GM_TOUCH_READ);
	} else if (gm_is_relation(o) && fires(g, of, made, rows) &&
		   made->owner && !strcmp(o->name, made->owner)) {
		/* For which rows it runs. */
		grow(g, GM_OBJECT_TABLE, GM_TOUCH_READ, NULL, made->owner);
		run(g, of, made->owner, ROWS | GM_TOUCH_READ);
		run_functions(g, of, made->owner);
	}
}

/* The table that the statement makes or changes. */
static const char *find_child(const struct group *of)
{
	size_t i;

	for (i = 0; i < of->n; i++)
		if (of->v[i].kind == GM_OBJECT_TABLE)
			return of->v[i].name;
	return NULL;
}

/* Whether it is a column of that table which the group refers to, or which
 * stands before the table that it refers to. */
static bool is_in_key(const struct group *of, const char *parent,
		      const struct gm_object *column)
{
	bool child = strcmp(column->owner, parent) != 0;
	bool found = false;
	size_t i;

	for (i = 0; i < of->n; i++) {
		const struct gm_object *x = &of->v[i];

		if (child && x->kind == GM_OBJECT_TABLE &&
		    !strcmp(x->name, parent) && found)
			return true;
		if (x->kind != GM_OBJECT_COLUMN)
			found = false;
		else if (same_text(x->owner, column->owner) &&
			 !strcmp(x->name, column->name))
			found = true;
		if (!child && found)
			return true;
	}
	return false;
}

/* Reads the table's columns that are in the key of the group. */
static void read_key(struct grown *g, const struct group *of,
		     const char *parent, const char *table)
{
	size_t i;

	for (i = 0; i < of->n; i++)
		if (of->v[i].kind == GM_OBJECT_COLUMN &&
		    same_text(of->v[i].owner, table) &&
		    is_in_key(of, parent, &of->v[i]))
			grow(g, GM_OBJECT_COLUMN, GM_TOUCH_READ, table,
			     of->v[i].name);
}

/* `key` is that of the table which the statement's refers to. */
static void carry_key(struct grown *g, const struct group *of,
		      const struct gm_object *key, const struct gm_object *o)
{
	const char *child = find_child(of);
	const char *parent = key->owner;
	bool column = o->kind == GM_OBJECT_COLUMN && o->owner;
	const char *table = column ? o->owner : o->name;
	unsigned changes = key->touches & GM_TOUCH_DELETE
				   ? GM_TOUCH_DELETE | GM_TOUCH_UPDATE
				   : 0u;

	if (!child || (!column && o->kind != GM_OBJECT_TABLE) ||
	    (column &&
	     (!(o->touches & GM_TOUCH_UPDATE) || !is_in_key(of, parent, o))))
		return;
	if (!strcmp(table, parent) &&
	    (column || (o->touches & (GM_TOUCH_DELETE | DROP)))) {
		grow(g, GM_OBJECT_TABLE, GM_TOUCH_READ | changes, NULL, child);
		read_key(g, of, parent, child);
	}
	if (!strcmp(table, child) &&
	    (column || (o->touches & GM_TOUCH_INSERT))) {
		grow(g, GM_OBJECT_TABLE, GM_TOUCH_READ, NULL, parent);
		read_key(g, of, parent, parent);
	}
}

/* A table's rows are those of its heirs, too, and its columns they have. */
static void carry_heritage(struct grown *g, const struct group *of,
			   const struct gm_object *heritage,
			   const struct gm_object *o)
{
	unsigned rows = o->touches & (ROWS | GM_TOUCH_READ);
	unsigned changes = o->touches &
			   (CREATE | ALTER | DROP | GM_TOUCH_RENAME);
	const char *child = find_child(of);
	const char *table = o->kind == GM_OBJECT_COLUMN ? o->owner : o->name;
	const char *other;

	if (!child || !table ||
	    (o->kind != GM_OBJECT_COLUMN && o->kind != GM_OBJECT_TABLE))
		return;
	if (!strcmp(table, heritage->owner))
		other = child;
	else if (!strcmp(table, child))
		other = heritage->owner;
	else
		return;
	if (o->kind == GM_OBJECT_TABLE && rows)
		grow(g, o->kind, rows, NULL, other);
	if (o->kind == GM_OBJECT_COLUMN &&
	    (rows || (changes && other == child)))
		grow(g, o->kind, rows | (other == child ? changes : 0u), other,
		     o->name);
}

static void carry(struct grown *g, const struct group *of, size_t at)
{
	size_t i;

	for (i = 0; i < of->n; i++) {
		/* It moves as it grows. */
		struct gm_object o = g->out.v[at];

		if (gm_is_kept(&of->v[i]))
			carry_kept(g, of, &of->v[i], &o);
		else if (gm_is_key(&of->v[i]))
			carry_key(g, of, &of->v[i], &o);
		else if (gm_is_heritage(&of->v[i]))
			carry_heritage(g, of, &of->v[i], &o);
	}
}

static void copy(struct grown *g, const struct gm_footprint *side)
{
	size_t i;

	g->out.dialect = side->dialect;
	for (i = 0; i < side->n; i++) {
		struct gm_object *o;

		GM_GROW(g->out.v, g->out.n, g->out.cap);
		o = &g->out.v[g->out.n++];
		*o = side->v[i];
		o->schema = gm_strdup_null(o->schema);
		o->owner = gm_strdup_null(o->owner);
		o->name = gm_strdup(o->name);
	}
	g->own = g->out.n;
}

/* Renames and drops a column, or renames a table. */
static bool is_read_through(const struct gm_object *o)
{
	return (o->touches & DROP) &&
	       (o->kind == GM_OBJECT_COLUMN || (o->touches & GM_TOUCH_RENAME));
}

static void grow_side(struct grown *g, const struct gm_footprint *ground,
		      const struct gm_footprint *side)
{
	struct group of;
	size_t i;
	size_t k;

	memset(g, 0, sizeof(*g));
	g->ground = ground;
	copy(g, side);
	for (i = 0; i < g->out.n; i++) {
		if (i < g->own && is_read_through(&g->out.v[i]) &&
		    (side->dialect->footprint->flags & GM_LATE_VIEWS))
			grow(g, GM_OBJECT_SETTING, 0, SCHEMA, "sql");
		for (k = 0; k < ground->n; k += of.n) {
			of = group_at(ground, k);
			carry(g, &of, i);
		}
	}
}

static bool writes_rows(const struct gm_footprint *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (gm_is_relation(&f->v[i]) && (f->v[i].touches & ROWS))
			return true;
	return false;
}

bool gm_ground_moves(const struct gm_footprint *side)
{
	size_t i;

	for (i = 0; i < side->n; i++)
		if (gm_is_relation(&side->v[i]) && gm_goes(&side->v[i]))
			return true;
	return writes_rows(side);
}

static bool may_matter(const struct gm_footprint *a,
		       const struct gm_footprint *b)
{
	unsigned flags = a->dialect->footprint->flags;
	size_t i;
	size_t k;

	for (i = 0; i < a->n; i++)
		for (k = 0; k < b->n; k++) {
			const struct gm_object *x = &a->v[i];
			const struct gm_object *y = &b->v[k];

			if ((flags & GM_LATE_VIEWS) && gm_is_relation(x) &&
			    gm_goes(x) && is_read_through(y))
				return true;
			if ((flags & GM_PARTITIONS) &&
			    x->kind == GM_OBJECT_COLUMN && y->kind == x->kind &&
			    !strcmp(x->name, y->name) &&
			    ((x->touches | y->touches) & CREATE))
				return true;
		}
	return false;
}

bool gm_ground_matters(const struct gm_footprint *a,
		       const struct gm_footprint *b)
{
	if (!a->n || !b->n)
		return false;
	if (writes_rows(a) || writes_rows(b))
		return true;
	return a->n < MOST_PAIRS / b->n &&
	       (may_matter(a, b) || may_matter(b, a));
}

static char *tell(const struct gm_object *o)
{
	struct gm_strbuf out = { 0 };

	if (o->owner && !strcmp(o->owner, SCHEMA))
		return gm_strdup("a view or a trigger that stood before the "
				 "fork names what one side drops, and the "
				 "other renames or drops a column");
	gm_strbuf_addf(&out,
		       "by way of a view, a trigger or a key that stood before "
		       "the fork, both may touch %s ",
		       gm_object_kind_name(o->kind));
	gm_object_name(o, &out);
	return gm_strbuf_take(&out);
}

char *gm_ground_meet(const struct gm_footprint *ground,
		     const struct gm_footprint *a, const struct gm_footprint *b)
{
	struct gm_overlaps overlaps = { 0 };
	struct grown grown_a;
	struct grown grown_b;
	char *why = NULL;

	if (!ground->n || !gm_ground_matters(a, b))
		return NULL;
	if (a->n > MOST_PAIRS / ground->n || b->n > MOST_PAIRS / ground->n)
		return gm_strdup(
			"they touch too much for what stood before the "
			"fork to be followed");
	grow_side(&grown_a, ground, a);
	grow_side(&grown_b, ground, b);
	gm_footprint_conflict(&grown_a.out, &grown_b.out, &overlaps);
	if (overlaps.n)
		why = tell(overlaps.v->a);
	gm_overlaps_release(&overlaps);
	gm_footprint_release(&grown_a.out);
	gm_footprint_release(&grown_b.out);
	return why;
}
