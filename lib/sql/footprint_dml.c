/*
 * Rows that are added, changed and removed.
 */
#include <stdlib.h>
#include <string.h>

#include "sql/scope.h"

/* Reads the part up to `end` as an expression or a query. */
static void read_until(struct gm_reading *r, size_t end, unsigned touch)
{
	size_t whole = r->end;

	r->end = end < whole ? end : whole;
	gm_read_query(r, touch);
	r->end = whole;
}

/* The statement in the parenthesis at r->at, as one of its own. */
static void read_inner_statement(struct gm_reading *r)
{
	struct gm_name table = r->table;
	size_t end = r->end;

	r->end = gm_reading_skip(r, r->at) - 1;
	r->at++;
	memset(&r->table, 0, sizeof(r->table));
	if (!gm_reading_apply(r, r->rules->statements))
		gm_reading_unknown(r, "a statement in WITH isn't known");
	gm_name_release(&r->table);
	r->table = table;
	r->end = end;
}

/* WITH x AS (DELETE FROM t … RETURNING *), up to `end`: rows are written. */
static void read_writing_queries(struct gm_reading *r, size_t end)
{
	static const char *const verbs[] = { "INSERT", "UPDATE", "DELETE",
					     "MERGE", NULL };
	size_t at = r->at;

	while (at < end) {
		size_t behind = gm_reading_skip(r, at);

		if (gm_reading_sign(r, at, '(') &&
		    gm_reading_in(r, at + 1, verbs)) {
			r->at = at;
			read_inner_statement(r);
		}
		at = behind;
	}
}

void gm_read_apart(struct gm_reading *r, size_t end)
{
	struct gm_name table = r->table;
	size_t from = r->at;

	memset(&r->table, 0, sizeof(r->table));
	read_until(r, end, GM_TOUCH_USE | GM_TOUCH_READ);
	if (gm_reading_is(r, from, "WITH")) {
		r->at = from;
		read_writing_queries(r, end);
		r->at = end;
	}
	r->table = table;
}

static void write_column(struct gm_reading *r, size_t at)
{
	char *name = gm_reading_fold(r, at);

	gm_reading_part(r, GM_OBJECT_COLUMN, GM_TOUCH_UPDATE, name);
	free(name);
}

/* t.a, of the tables in the scope that are called t; of the statement's where
 * none is. */
static void write_qualified(struct gm_reading *r, const struct gm_scope *scope,
			    size_t at)
{
	char *qualifier = gm_reading_fold(r, at);
	char *name = gm_reading_fold(r, at + 2);
	bool found = false;
	size_t i;

	for (i = 0; scope && i < scope->n; i++) {
		const struct gm_name *table = &scope->v[i].name;

		if (strcmp(gm_scope_called(&scope->v[i]), qualifier))
			continue;
		gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_UPDATE,
			       table->schema, NULL, table->name);
		gm_reading_add(r, GM_OBJECT_COLUMN, GM_TOUCH_UPDATE,
			       table->schema, table->name, name);
		found = true;
	}
	if (!found)
		gm_reading_part(r, GM_OBJECT_COLUMN, GM_TOUCH_UPDATE, name);
	free(qualifier);
	free(name);
}

/* a = 1, t.b = 2, (c, d) = (3, 4), up to the clause behind it. */
static void read_assignments(struct gm_reading *r, const struct gm_scope *scope)
{
	static const char *const behind[] = { "WHERE", "FROM",	"RETURNING",
					      "ORDER", "LIMIT", "WHEN",
					      NULL };
	size_t end = gm_reading_find(r, r->at, behind);
	size_t i = r->at;

	while (i < end) {
		size_t next = gm_reading_comma(r, i) + 1;

		if (gm_reading_sign(r, i, '(')) {
			size_t close = gm_reading_skip(r, i);

			for (i++; i < close; i++)
				if (gm_reading_is_name(r, i))
					write_column(r, i);
		} else if (gm_reading_sign(r, i + 1, '.') &&
			   gm_reading_is_name(r, i + 2)) {
			write_qualified(r, scope, i);
		} else if (gm_reading_is_name(r, i)) {
			write_column(r, i);
		}
		i = next;
	}
}

static void read_listed_columns(struct gm_reading *r)
{
	size_t end = gm_reading_skip(r, r->at);

	for (; r->at < end; r->at++)
		if (gm_reading_is_name(r, r->at)) {
			char *name = gm_reading_fold(r, r->at);

			gm_reading_part(r, GM_OBJECT_COLUMN, GM_TOUCH_USE,
					name);
			free(name);
		}
}

/* Behind the table's name, and perhaps its other name. */
static void read_named(struct gm_reading *r)
{
	r->named = true;
	gm_read_query(r, GM_TOUCH_USE | GM_TOUCH_READ);
	r->named = false;
}

/* The targets are read along with the values: they are written anyway. */
void gm_read_update(struct gm_reading *r)
{
	static const char *const set[] = { "SET", NULL };
	struct gm_scope scope = { 0 };
	size_t at = gm_reading_find(r, r->at, set);
	size_t from = r->at;

	if (at < r->end) {
		r->named = true;
		gm_scope_find(&scope, r, GM_TOUCH_READ);
		r->named = false;
		r->at = at + 1;
		read_assignments(r, &scope);
		gm_scope_release(&scope);
	}
	r->at = from;
	read_named(r);
}

void gm_read_delete(struct gm_reading *r)
{
	read_named(r);
}

/* a, b.* FROM x AS a JOIN …: the rows of those tables go. */
void gm_read_delete_from(struct gm_reading *r)
{
	static const char *const words[] = { "FROM", NULL };
	size_t from = gm_reading_find(r, r->at, words);
	struct gm_scope scope = { 0 };
	size_t at = r->at;
	size_t i;

	r->at = from;
	gm_scope_find(&scope, r, GM_TOUCH_READ);
	for (; at < from; at++) {
		char *name;

		if (!gm_reading_is_name(r, at) ||
		    (gm_reading_sign(r, at + 1, '.') &&
		     gm_reading_is_name(r, at + 2)))
			continue;
		name = gm_reading_fold(r, at);
		for (i = 0; i < scope.n; i++)
			if (!strcmp(gm_scope_called(&scope.v[i]), name))
				gm_reading_add(r, GM_OBJECT_TABLE,
					       GM_TOUCH_DELETE,
					       scope.v[i].name.schema, NULL,
					       scope.v[i].name.name);
		free(name);
	}
	gm_scope_release(&scope);
	r->at = from;
	gm_read_query(r, GM_TOUCH_USE | GM_TOUCH_READ);
}

/* MERGE INTO t USING …: each UPDATE SET and each INSERT in it. */
void gm_read_merge(struct gm_reading *r)
{
	static const char *const words[] = { "SET", "INSERT", NULL };
	size_t from = r->at;
	size_t at = from;

	while ((at = gm_reading_find(r, at, words)) < r->end) {
		r->at = ++at;
		if (gm_reading_is(r, at - 1, "SET"))
			read_assignments(r, NULL);
		else if (gm_reading_sign(r, at, '('))
			read_listed_columns(r);
	}
	r->at = from;
	read_named(r);
}

/* The rows that are added are held against the table's keys. */
static void need_key(struct gm_reading *r)
{
	gm_reading_part(r, GM_OBJECT_CONSTRAINT, GM_TOUCH_USE, GM_UNIQUE_KEY);
}

void gm_read_update_by_key(struct gm_reading *r)
{
	need_key(r);
	gm_read_update(r);
}

static void tolerate_keys(struct gm_reading *r)
{
	size_t i;

	for (i = r->first; i < r->out->n; i++)
		if (r->out->v[i].touches & GM_TOUCH_INSERT)
			r->out->v[i].touches |= GM_TOUCH_TOLERANT;
}

/* INSERT OR IGNORE, REPLACE: a key decides what becomes of a row. */
static bool follows_keys(const struct gm_reading *r)
{
	size_t i;

	for (i = r->first; i < r->out->n; i++)
		if ((r->out->v[i].touches & GM_TOUCH_INSERT) &&
		    (r->out->v[i].touches &
		     (GM_TOUCH_TOLERANT | GM_TOUCH_DELETE)))
			return true;
	return false;
}

/* ON CONFLICT (…): the key that it names. */
static void read_conflict_target(struct gm_reading *r)
{
	r->at += 2;
	if (gm_reading_is(r, r->at, "ON") &&
	    gm_reading_is(r, r->at + 1, "CONSTRAINT") &&
	    gm_reading_is_name(r, r->at + 2)) {
		char *name = gm_reading_fold(r, r->at + 2);

		gm_reading_part(r, GM_OBJECT_CONSTRAINT, GM_TOUCH_USE, name);
		free(name);
		r->at += 3;
		return;
	}
	need_key(r);
}

/* ON CONFLICT … DO UPDATE SET, ON DUPLICATE KEY UPDATE, RETURNING. */
static void read_behind_rows(struct gm_reading *r)
{
	static const char *const update[] = { "UPDATE", NULL };
	static const char *const nothing[] = { "NOTHING", NULL };
	size_t at = gm_reading_find(r, r->at, update);
	size_t from;

	if (gm_reading_is(r, r->at, "ON"))
		read_conflict_target(r);
	from = r->at;
	if (gm_reading_find(r, r->at, nothing) < r->end) {
		tolerate_keys(r);
	} else if (at < r->end) {
		r->at = at + 1 + gm_reading_is(r, at + 1, "SET");
		read_assignments(r, NULL);
		gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_UPDATE,
			       r->table.schema, NULL, r->table.name);
	}
	r->at = from;
	gm_read_query(r, GM_TOUCH_USE | GM_TOUCH_READ);
}

/* Where the rows end: ON CONFLICT, ON DUPLICATE KEY, RETURNING. A join and
 * DISTINCT have an ON, too. */
static size_t find_behind_rows(const struct gm_reading *r)
{
	static const char *const words[] = { "ON", "RETURNING", NULL };
	size_t at = r->at;

	while ((at = gm_reading_find(r, at, words)) < r->end &&
	       gm_reading_is(r, at, "ON") &&
	       !gm_reading_is(r, at + 1, "CONFLICT") &&
	       !gm_reading_is(r, at + 1, "DUPLICATE"))
		at++;
	return at;
}

/* Behind the table's name. */
void gm_read_insert(struct gm_reading *r)
{
	static const char *const query[] = { "SELECT",	   "VALUES",  "VALUE",
					     "WITH",	   "DEFAULT", "TABLE",
					     "OVERRIDING", NULL };
	size_t behind = find_behind_rows(r);
	size_t rows;

	if (follows_keys(r))
		need_key(r);
	if (gm_reading_is(r, r->at, "AS"))
		r->at += 2;
	if (gm_reading_is(r, r->at, "SET")) {
		rows = ++r->at;
		read_assignments(r, NULL);
		r->at = rows;
		gm_read_query(r, GM_TOUCH_USE | GM_TOUCH_READ);
		return;
	}
	if (gm_reading_sign(r, r->at, '(') &&
	    !gm_reading_in(r, r->at + 1, query))
		read_listed_columns(r);
	else if (!gm_reading_is(r, r->at, "DEFAULT"))
		gm_reading_part(r, GM_OBJECT_COLUMN,
				GM_TOUCH_USE | GM_TOUCH_UPDATE, "*");
	if (gm_reading_is(r, r->at, "FROM"))
		return;
	rows = r->at;
	r->at = behind;
	if (behind < r->end)
		read_behind_rows(r);
	r->at = rows;
	gm_read_apart(r, behind);
}

/* WITH … INSERT: the queries, then the statement behind them. */
void gm_read_with(struct gm_reading *r)
{
	static const char *const verbs[] = { "SELECT", "INSERT",  "UPDATE",
					     "DELETE", "REPLACE", "VALUES",
					     "MERGE",  NULL };
	size_t at = gm_reading_find(r, r->at, verbs);
	size_t from = r->at;

	if (r->depth++ || at >= r->end) {
		gm_reading_unknown(r, "this WITH can't be read");
		return;
	}
	read_until(r, at, GM_TOUCH_USE | GM_TOUCH_READ);
	r->at = from;
	read_writing_queries(r, at);
	r->at = at;
	if (!gm_reading_apply(r, r->rules->statements))
		gm_reading_unknown(r, "the statement behind WITH isn't known");
}
