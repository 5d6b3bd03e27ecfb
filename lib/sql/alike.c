/*
 * Lists of the objects that matter, each in the order that it is searched by.
 */
#include "sql/alike.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* An object on the way into its group. */
struct member {
	const struct gm_object *o;
	/* Only rows are written or read, in a way that a group may have. */
	bool plain;
	bool perhaps;
};

/* Objects of one side, sorted. */
struct list {
	const struct gm_object **v;
	size_t n;
};

static int compare_text(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(const struct gm_object *const *)a)->name,
		      (*(const struct gm_object *const *)b)->name);
}

static int compare_lines(size_t a, size_t b)
{
	return a < b ? -1 : a > b;
}

static int by_line(const void *a, const void *b)
{
	return compare_lines((*(const struct gm_object *const *)a)->line,
			     (*(const struct gm_object *const *)b)->line);
}

static void list_objects(struct list *out, const struct gm_footprint *side,
			 bool (*wanted)(const struct gm_object *o),
			 int (*compare)(const void *, const void *))
{
	size_t i;

	out->n = 0;
	out->v = gm_calloc(side->n, sizeof(const struct gm_object *));
	for (i = 0; i < side->n; i++)
		if (wanted(&side->v[i]))
			out->v[out->n++] = &side->v[i];
	if (out->n)
		qsort(out->v, out->n, sizeof(const struct gm_object *),
		      compare);
}

/* The first that isn't less. */
static size_t find(const struct list *list, const struct gm_object *key,
		   int (*compare)(const void *, const void *))
{
	size_t low = 0;
	size_t high = list->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (compare(&list->v[middle], &key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static bool makes(const struct gm_object *o)
{
	return (o->touches & CREATE) && !o->owner;
}

static bool makes_for_a_while(const struct gm_object *o)
{
	unsigned both = CREATE | GM_TOUCH_MAYBE;

	return o->kind == GM_OBJECT_TABLE && (o->touches & both) == both;
}

static bool is_of_new_table(const struct list *makers,
			    const struct gm_footprint_rules *rules,
			    const struct gm_object *x)
{
	const struct gm_object key = { .name = x->owner };
	size_t i;

	if (!gm_may_be_of_new_table(rules, x))
		return false;
	for (i = find(makers, &key, by_name);
	     i < makers->n && !strcmp(makers->v[i]->name, x->owner); i++)
		if (gm_makes_table_of(makers->v[i], x))
			return true;
	return false;
}

/* As gm_is_needed_perhaps tells, of what is plain. */
static bool is_needed_perhaps(const struct list *finders,
			      const struct gm_object *x)
{
	size_t i;

	if (x->kind == GM_OBJECT_TABLE)
		return false;
	for (i = find(finders, x, by_line);
	     i < finders->n && finders->v[i]->line == x->line; i++)
		if (!strcmp(finders->v[i]->statement, x->statement))
			return true;
	return false;
}

/* What nothing but the statement tells apart, and no rule asks for that. */
static bool is_plain(const struct gm_object *o)
{
	return (o->kind == GM_OBJECT_TABLE || o->kind == GM_OBJECT_COLUMN) &&
	       !(o->touches & ~(unsigned)(ROWS | GM_TOUCH_READ | GM_TOUCH_USE));
}

static int by_group(const void *a, const void *b)
{
	const struct member *x = a;
	const struct member *y = b;
	int diff = x->plain - y->plain;

	if (!diff && x->plain) {
		diff = strcmp(x->o->name, y->o->name);
		if (!diff)
			diff = compare_text(x->o->owner, y->o->owner);
		if (!diff)
			diff = compare_text(x->o->schema, y->o->schema);
		if (!diff)
			diff = (int)x->o->kind - (int)y->o->kind;
		if (!diff)
			diff = compare_lines(x->o->touches, y->o->touches);
		if (!diff)
			diff = x->perhaps - y->perhaps;
		return diff;
	}
	return diff ? diff : compare_lines((size_t)(x->o > y->o), x->o < y->o);
}

static void add_groups(struct gm_groups *out, struct member *members, size_t n)
{
	size_t i;

	if (n)
		qsort(members, n, sizeof(*members), by_group);
	out->v = gm_calloc(n, sizeof(*out->v));
	for (i = 0; i < n; i++) {
		if (!i || by_group(&members[i - 1], &members[i]))
			out->v[out->n++].o = members[i].o;
		out->of[members[i].o - out->side->v] = (uint32_t)out->n - 1;
	}
}

/* A few are gone through sooner than sorted: each is a group. */
static void take_each(struct gm_groups *out)
{
	const struct gm_footprint *side = out->side;
	size_t i;

	out->v = out->few;
	out->of = out->of_few;
	for (i = 0; i < side->n; i++) {
		out->of[i] = GM_NO_GROUP;
		if (gm_is_of_new_table(side, side->dialect->footprint,
				       &side->v[i]))
			continue;
		out->of[i] = (uint32_t)out->n;
		out->v[out->n++] = (struct gm_group){ .o = &side->v[i] };
	}
}

static void sort_out(struct gm_groups *out)
{
	const struct gm_footprint *side = out->side;
	struct member *members = gm_calloc(side->n, sizeof(*members));
	struct list makers;
	struct list finders;
	struct list scratch;
	size_t n = 0;
	size_t i;

	out->of = gm_calloc(side->n, sizeof(*out->of));
	list_objects(&makers, side, makes, by_name);
	list_objects(&finders, side, gm_may_find_it, by_line);
	list_objects(&scratch, side, makes_for_a_while, by_name);
	for (i = 0; i < side->n; i++) {
		const struct gm_object *o = &side->v[i];
		struct member *m = &members[n];

		out->of[i] = GM_NO_GROUP;
		if (is_of_new_table(&makers, side->dialect->footprint, o))
			continue;
		n++;
		m->o = o;
		/* What is read whole may be for a temporary table. */
		m->plain = is_plain(o) && !(gm_is_star(o) && scratch.n);
		m->perhaps = m->plain && is_needed_perhaps(&finders, o);
	}
	add_groups(out, members, n);
	free(makers.v);
	free(finders.v);
	free(scratch.v);
	free(members);
}

void gm_groups_find(struct gm_groups *out, const struct gm_footprint *side)
{
	out->side = side;
	out->n = 0;
	if (side->n <= GM_FEW_OBJECTS)
		take_each(out);
	else
		sort_out(out);
}

void gm_groups_release(struct gm_groups *groups)
{
	if (groups->v == groups->few)
		return;
	free(groups->v);
	free(groups->of);
}
