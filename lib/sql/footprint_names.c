/*
 * Names that nobody wrote: what the database calls an index or a sequence
 * that has none.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/reading.h"

static void imply(struct gm_reading *r, enum gm_object_kind kind,
		  const char *name)
{
	bool part = kind != GM_OBJECT_SEQUENCE;

	gm_reading_add(r, kind, GM_TOUCH_CREATE | GM_TOUCH_IMPLIED,
		       r->table.schema, part ? r->table.name : NULL, name);
}

/* t_a_b_key, the longer of table and columns being cut where it is too long
 * as a whole. */
static void add_long(struct gm_reading *r, enum gm_object_kind kind,
		     const char *columns, const char *suffix)
{
	const char *table = r->table.name;
	size_t room = r->rules->name_max - strlen(suffix) - 2;
	size_t n = strlen(table);
	size_t m = strlen(columns);
	char *name;

	while (n + m > room)
		*(n > m ? &n : &m) -= 1;
	name = gm_format("%.*s%s%.*s_%s", (int)n, table, m ? "_" : "", (int)m,
			 columns, suffix);
	imply(r, kind, name);
	free(name);
}

void gm_imply(struct gm_reading *r, enum gm_object_kind kind,
	      const char *columns, const char *suffix)
{
	if (!r->table.name)
		return;
	if (r->rules->name_max)
		add_long(r, kind, columns, suffix);
	else if (r->rules->in_table & 1u << GM_OBJECT_INDEX)
		imply(r, kind, columns);
}

void gm_imply_numbered(struct gm_reading *r, const char *suffix)
{
	char *name;

	if (!r->table.name)
		return;
	name = suffix ? gm_format("%s_%s_", r->table.name, suffix)
		      : gm_strdup("constraint_");
	imply(r, GM_OBJECT_CONSTRAINT, name);
	free(name);
}

/* The column at `at`, by its own name or by the function that it is. */
static void add_column(const struct gm_reading *r, size_t at,
		       struct gm_strbuf *out)
{
	char *name = gm_reading_is_name(r, at) ? gm_reading_fold(r, at)
					       : gm_strdup("expr");

	gm_strbuf_addf(out, "%s%s", out->len ? "_" : "", name);
	free(name);
}

void gm_imply_listed(struct gm_reading *r, enum gm_object_kind kind, size_t at,
		     const char *suffix)
{
	bool all = r->rules->name_max != 0;
	struct gm_strbuf columns = { 0 };
	size_t end = gm_reading_skip(r, at);

	if (!gm_reading_sign(r, at, '('))
		return;
	add_column(r, at + 1, &columns);
	for (at++; at < end && all; at = gm_reading_skip(r, at))
		if (gm_reading_sign(r, at, ','))
			add_column(r, at + 1, &columns);
	gm_imply(r, kind, gm_strbuf_str(&columns), suffix);
	gm_strbuf_release(&columns);
}

/* CHECK (…) at r->at: by the column that it is on, or by none where it is on
 * several. */
void gm_imply_check(struct gm_reading *r)
{
	size_t end = gm_reading_skip(r, r->at);
	size_t i = r->at + 1;

	gm_imply(r, GM_OBJECT_CONSTRAINT, "", "check");
	while (i < end &&
	       (!gm_reading_is_name(r, i) || gm_reading_sign(r, i + 1, '(')))
		i++;
	if (i < end) {
		char *name = gm_reading_fold(r, i);

		gm_imply(r, GM_OBJECT_CONSTRAINT, name, "check");
		free(name);
	}
}

static bool makes_table(const struct gm_reading *r)
{
	return r->first < r->out->n &&
	       r->out->v[r->first].kind == GM_OBJECT_TABLE &&
	       (r->out->v[r->first].touches & GM_TOUCH_CREATE);
}

/* Constraints of a new table are in nobody's way. */
static void imply_constraints(struct gm_reading *r, const char *name)
{
	static const char *const check[] = { "CHECK", NULL };
	static const char *const references[] = { "REFERENCES", NULL };

	if (makes_table(r))
		return;
	if (gm_reading_find(r, r->at, check) < r->end)
		gm_imply(r, GM_OBJECT_CONSTRAINT, name, "check");
	if (gm_reading_find(r, r->at, references) < r->end)
		gm_imply(r, GM_OBJECT_CONSTRAINT, name, "fkey");
}

/* Behind a column's name: what its definition makes along with it. */
void gm_imply_by_column(struct gm_reading *r)
{
	static const char *const serial[] = { "SERIAL",	     "BIGSERIAL",
					      "SMALLSERIAL", "SERIAL4",
					      "SERIAL8",     "SERIAL2",
					      NULL };
	static const char *const unique[] = { "UNIQUE", NULL };
	static const char *const primary[] = { "PRIMARY", NULL };
	static const char *const identity[] = { "IDENTITY", NULL };
	char *name;

	if (!r->rules->name_max || !r->at || !gm_reading_is_name(r, r->at - 1))
		return;
	name = gm_reading_fold(r, r->at - 1);
	if (gm_reading_in(r, r->at, serial) ||
	    gm_reading_find(r, r->at, identity) < r->end)
		gm_imply(r, GM_OBJECT_SEQUENCE, name, "seq");
	if (gm_reading_find(r, r->at, unique) < r->end)
		gm_imply(r, GM_OBJECT_INDEX, name, "key");
	if (gm_reading_find(r, r->at, primary) < r->end)
		gm_imply(r, GM_OBJECT_INDEX, "", "pkey");
	imply_constraints(r, name);
	free(name);
}

/* (body, content = 'posts'): the columns are that table's. */
static void read_content(struct gm_reading *r)
{
	size_t end = gm_reading_skip(r, ++r->at);
	struct gm_name content = { 0 };
	size_t i;

	for (i = r->at; i + 2 < end && !content.name; i++)
		if (gm_reading_is(r, i, "CONTENT") &&
		    gm_reading_sign(r, i + 1, '=') &&
		    gm_reading_is_name(r, i + 2))
			content.name = gm_reading_fold(r, i + 2);
	if (!content.name || !*content.name) {
		gm_name_release(&content);
		return;
	}
	gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_USE, NULL, NULL,
		       content.name);
	for (i = r->at + 1; i < end; i++) {
		char *name;

		if (!gm_reading_is_name(r, i) ||
		    gm_reading_sign(r, i + 1, '=') ||
		    gm_reading_sign(r, i - 1, '='))
			continue;
		name = gm_reading_fold(r, i);
		gm_reading_add(r, GM_OBJECT_COLUMN, GM_TOUCH_USE, NULL,
			       content.name, name);
		free(name);
	}
	gm_name_release(&content);
}

/* fts5 (body, content = ''): what it indexes is kept elsewhere. */
static bool has_content(const struct gm_reading *r)
{
	size_t i;

	for (i = r->at; i < r->end; i++)
		if (gm_reading_is(r, i, "CONTENT") &&
		    gm_reading_sign(r, i + 1, '='))
			return true;
	return false;
}

/* Tables that a virtual one keeps its data in, and the one that it is an
 * index of. */
void gm_read_virtual(struct gm_reading *r)
{
	static const struct {
		const char *module;
		const char *suffixes[6];
	} modules[] = {
		{ "FTS5",
		  { "data", "idx", "content", "docsize", "config", NULL } },
		{ "FTS4",
		  { "content", "segments", "segdir", "docsize", "stat",
		    NULL } },
		{ "FTS3", { "content", "segments", "segdir", NULL } },
		{ "RTREE", { "node", "rowid", "parent", NULL } },
	};
	size_t i;
	size_t k;

	r->at += gm_reading_is(r, r->at, "USING");
	for (i = 0; i < GM_ARRAY_SIZE(modules); i++) {
		if (!gm_reading_is(r, r->at, modules[i].module))
			continue;
		for (k = 0; modules[i].suffixes[k]; k++) {
			const char *suffix = modules[i].suffixes[k];
			char *name;

			if (!strcmp(suffix, "content") && has_content(r))
				continue;
			name = gm_format("%s_%s", r->table.name, suffix);
			gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_CREATE,
				       r->table.schema, NULL, name);
			free(name);
		}
	}
	read_content(r);
}
