/*
 * It is told only where it is certain, for it is an error: what may be, is
 * left to a database to say.
 */
#include "work/order.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "sql/footprint_breaks.h"
#include "work/quote.h"

void gm_order_init(struct gm_order *order, struct gm_project *project)
{
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t i;

	memset(order, 0, sizeof(*order));
	order->series = &project->series;
	order->n = gm_side_dialects(project, dialects);
	for (i = 0; i < order->n; i++)
		order->footprints[i].dialect = dialects[i];
}

void gm_order_release(struct gm_order *order)
{
	size_t i;

	for (i = 0; i < order->n; i++)
		gm_footprints_release(&order->footprints[i]);
}

static const char *find_word(const char *text, const char *end,
			     const char *word)
{
	size_t len = strlen(word);

	for (; (size_t)(end - text) >= len; text++)
		if (!strncasecmp(text, word, len))
			return text;
	return NULL;
}

/* Where names are looked up, and comments that run in some servers only. */
static bool has_conditions(const struct gm_migration *m)
{
	static const char *const words[] = { "search_path", "use ", "/*!",
					     "/*M!" };
	const char *end = m->text + m->len;
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(words); i++)
		if (find_word(m->text, end, words[i]))
			return true;
	return false;
}

static bool is_in_word(char c)
{
	return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
	       (c >= 'a' && c <= 'z');
}

/* Whether letter case counts in a name is for some servers to say: then it
 * is the same only where it is written alike. */
static bool is_written_so(const struct gm_migration *m, const char *name)
{
	const char *end = m->text + m->len;
	size_t len = strlen(name);
	const char *p = m->text;

	for (; (p = find_word(p, end, name)); p += len)
		if (strncmp(p, name, len) != 0 &&
		    (p == m->text || !is_in_word(p[-1])) &&
		    (p + len == end || !is_in_word(p[len])))
			return false;
	return true;
}

/* SQLite takes "name" for a text where there is no such column. */
static bool may_be_text(const struct gm_migration *m,
			const struct gm_object *need)
{
	char *quoted = gm_format("\"%s\"", need->name);
	bool found = need->kind == GM_OBJECT_COLUMN &&
		     find_word(m->text, m->text + m->len, quoted);

	free(quoted);
	return found;
}

/* Whether it stands in the statement that begins on that line. */
static bool has_word(const struct gm_migration *m, size_t line,
		     const char *word)
{
	const char *end = m->text + m->len;
	const char *p = m->text;
	const char *stop;

	while (--line && p)
		if ((p = memchr(p, '\n', (size_t)(end - p))))
			p++;
	if (!p)
		return true;
	stop = memchr(p, ';', (size_t)(end - p));
	return find_word(p, stop ? stop : end, word);
}

/* A column that is read may be the query's own name for another one, and a
 * table one that WITH makes. */
static bool may_be_own(const struct gm_migration *first,
		       const struct gm_migration *second,
		       const struct gm_overlap *overlap)
{
	static const unsigned surely = GM_TOUCH_UPDATE | GM_TOUCH_INSERT |
				       GM_TOUCH_DELETE | GM_TOUCH_ALTER |
				       GM_TOUCH_DROP | GM_TOUCH_CREATE;
	const struct gm_object *need = overlap->b;

	if (overlap->a->kind == GM_OBJECT_VIEW &&
	    has_word(first, overlap->a->line, "with"))
		return true;
	if (!(need->touches & GM_TOUCH_READ) || need->touches & surely)
		return false;
	return has_word(second, need->line, "with") ||
	       (need->kind == GM_OBJECT_COLUMN &&
		has_word(second, need->line, "select"));
}

static bool is_certain(const struct gm_migration *first,
		       const struct gm_migration *second,
		       const struct gm_overlap *overlap)
{
	const struct gm_object *lost = overlap->a;

	return !may_be_text(second, overlap->b) &&
	       !may_be_own(first, second, overlap) &&
	       is_written_so(first, lost->name) &&
	       is_written_so(second, lost->name) &&
	       (!lost->owner || (is_written_so(first, lost->owner) &&
				 is_written_so(second, lost->owner)));
}

static bool is_mended_between(struct gm_order *order, size_t dialect,
			      const struct gm_migration *first,
			      const struct gm_migration *second,
			      const struct gm_object *lost)
{
	size_t i;

	for (i = first->index + 1; i < second->index; i++)
		if (gm_footprint_may_mend(
			    gm_footprints_get(&order->footprints[dialect],
					      order->series->v[i]),
			    lost))
			return true;
	return false;
}

static bool breaks_in(struct gm_order *order, size_t dialect,
		      const struct gm_migration *first,
		      const struct gm_migration *second, bool between,
		      struct gm_overlap *out)
{
	struct gm_footprints *f = &order->footprints[dialect];
	struct gm_overlaps lost = { 0 };
	bool found = false;
	size_t i;

	gm_footprint_find_breaks(gm_footprints_get(f, first),
				 gm_footprints_get(f, second), &lost);
	for (i = 0; !found && i < lost.n; i++) {
		found = is_certain(first, second, &lost.v[i]) &&
			(!between || !is_mended_between(order, dialect, first,
							second, lost.v[i].a));
		if (found)
			*out = lost.v[i];
	}
	gm_overlaps_release(&lost);
	return found;
}

static bool breaks(struct gm_order *order, const struct gm_migration *first,
		   const struct gm_migration *second, bool between,
		   struct gm_overlap *out)
{
	bool found = order->n && !has_conditions(first) &&
		     !has_conditions(second);
	size_t i;

	for (i = order->n; found && i-- > 0;)
		found = breaks_in(order, i, first, second, between, out);
	return found;
}

bool gm_order_breaks(struct gm_order *order, const struct gm_migration *first,
		     const struct gm_migration *second, struct gm_overlap *out)
{
	return first->index < second->index &&
	       breaks(order, first, second, true, out);
}

bool gm_order_may_break(struct gm_order *order,
			const struct gm_migration *first,
			const struct gm_migration *second)
{
	struct gm_overlap ignored;

	return first->index < second->index &&
	       breaks(order, first, second, false, &ignored);
}

char *gm_order_sentence(const struct gm_migration *first,
			const struct gm_overlap *lost)
{
	char *need = gm_object_text(lost->b);
	char *taken = gm_object_text(lost->a);
	char *text = gm_format("%s, but %s:%zu, which comes before it in the "
			       "series, %s: on a new database this fails",
			       need, first->path, lost->a->line, taken);

	free(need);
	free(taken);
	return text;
}

char *gm_order_advice(struct gm_order *order, const struct gm_migration *first,
		      const struct gm_migration *second)
{
	struct gm_overlap ignored;
	char *name;
	char *text;

	if (breaks(order, second, first, false, &ignored))
		return gm_format("they can't run in any order: change '%s' or "
				 "'%s', the one that isn't published",
				 first->path, second->path);
	name = gm_migration_name(first->app, first->id);
	text = gm_format("if '%s' isn't published, put '-- migrate:parent %s' "
			 "at its top, and git migrate seal %s: then it comes "
			 "last; else change '%s'",
			 first->path, second->id, name, second->path);
	free(name);
	return text;
}
