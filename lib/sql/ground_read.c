/*
 * From scripts to a ground: the statements that carry something, and more of
 * them than a footprint tells.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/carry.h"
#include "sql/ground.h"

static bool carries(const struct gm_footprint *f)
{
	size_t i;

	for (i = 0; i < f->n; i++)
		if (gm_is_key(&f->v[i]) || gm_is_heritage(&f->v[i]) ||
		    gm_is_kept(&f->v[i]))
			return true;
	return false;
}

/* Moves what the other touches to the first, as of one group. */
static void take(struct gm_footprint *ground, struct gm_footprint *one,
		 size_t group)
{
	size_t i;

	for (i = 0; i < one->n; i++) {
		GM_GROW(ground->v, ground->n, ground->cap);
		ground->v[ground->n] = one->v[i];
		ground->v[ground->n++].line = group;
	}
	one->n = 0;
}

/* INSERT OR UPDATE OF a, b ON: when the trigger runs, and on which columns,
 * which are added as guarded. Returns where the table's name is. */
static size_t read_events(struct gm_reading *r, struct gm_object *trigger)
{
	static const struct {
		const char *word;
		unsigned touch;
	} events[] = { { "INSERT", GM_TOUCH_INSERT },
		       { "UPDATE", GM_TOUCH_UPDATE },
		       { "DELETE", GM_TOUCH_DELETE },
		       { "TRUNCATE", GM_TOUCH_DELETE } };
	unsigned found = 0;
	size_t k;

	r->table.name = trigger->owner;
	for (; r->at < r->n && !gm_reading_is(r, r->at, "ON"); r->at++) {
		for (k = 0; k < GM_ARRAY_SIZE(events); k++)
			if (gm_reading_is(r, r->at, events[k].word))
				found |= events[k].touch;
		if (!gm_reading_is(r, r->at, "OF"))
			continue;
		while (gm_reading_is_name(r, r->at + 1) &&
		       !gm_reading_is(r, r->at + 1, "ON")) {
			char *name = gm_reading_fold(r, ++r->at);

			gm_reading_part(r, GM_OBJECT_COLUMN, GM_TOUCH_GUARD,
					name);
			free(name);
			r->at += gm_reading_sign(r, r->at + 1, ',');
		}
	}
	trigger->touches |= found;
	return r->at;
}

/* From the first statement of a trigger's body to behind its last one; false
 * where there is none. */
static bool find_body(const struct gm_reading *r, size_t at, size_t *start,
		      size_t *len)
{
	size_t last = r->n - 1;

	while (at < r->n && !gm_reading_is(r, at, "BEGIN") &&
	       !(gm_reading_is(r, at, "EACH") &&
		 gm_reading_is(r, at + 1, "ROW") &&
		 !gm_reading_is(r, at + 2, "BEGIN") &&
		 !gm_reading_is(r, at + 2, "WHEN")))
		at++;
	if (gm_reading_is(r, at, "EACH"))
		at += 2;
	else if (at < r->n && gm_reading_is(r, last, "END"))
		at++, last--;
	else
		return false;
	if (at > last || last >= r->n)
		return false;
	*start = r->v[at].start;
	*len = r->v[last].start + r->v[last].len - *start;
	return true;
}

/* A trigger's body that can be read as a script tells more than what it
 * names: then the trigger itself is marked as read. */
static void read_trigger(struct gm_footprint *one, size_t trigger,
			 const char *sql, size_t len)
{
	struct gm_reading r = { .dialect = one->dialect,
				.rules = one->dialect->footprint,
				.lexer = { .dialect = one->dialect },
				.out = one };
	struct gm_footprint body = { 0 };
	struct gm_object made = one->v[trigger];
	size_t start;
	size_t n;

	gm_reading_tokens(&r, sql, 0, len);
	r.first = one->n;
	n = read_events(&r, &made);
	one->v[trigger].touches = made.touches;
	if (find_body(&r, n, &start, &n))
		gm_footprint_add(&body, one->dialect, sql + start, n, 1);
	if (body.n && !body.n_unknown) {
		one->v[trigger].touches |= GM_TOUCH_READ;
		take(one, &body, 1);
	}
	gm_footprint_release(&body);
	free(r.v);
}

/* Adds what the statement's own footprint doesn't tell. */
static void read_more(struct gm_footprint *one, const char *sql, size_t len)
{
	/* Rows of the other table change along with this one's. */
	bool changes = gm_holds_word(sql, len, "cascade") ||
		       gm_holds_word(sql, len, "set ");
	size_t n = one->n;
	size_t i;

	for (i = 0; i < n; i++) {
		if (one->v[i].kind == GM_OBJECT_TRIGGER && one->v[i].owner &&
		    (one->v[i].touches & CREATE))
			read_trigger(one, i, sql, len);
		else if (gm_is_key(&one->v[i]) && changes)
			one->v[i].touches |= GM_TOUCH_DELETE;
	}
}

void gm_ground_add(struct gm_footprint *ground,
		   const struct gm_dialect *dialect, const char *sql,
		   size_t len)
{
	struct gm_splitter splitter;
	struct gm_statement statement;
	struct gm_error err = { 0 };
	size_t group = ground->n ? ground->v[ground->n - 1].line + 1 : 1;

	ground->dialect = dialect;
	gm_splitter_init(&splitter, dialect, sql, len);
	while (gm_splitter_next(&splitter, &statement, &err) > 0) {
		struct gm_footprint one = { 0 };

		gm_footprint_add(&one, dialect, sql + statement.start,
				 statement.len, 1);
		if (carries(&one)) {
			read_more(&one, sql + statement.start, statement.len);
			take(ground, &one, group++);
		}
		gm_footprint_release(&one);
	}
	gm_error_release(&err);
}
