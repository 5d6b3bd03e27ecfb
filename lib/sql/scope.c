/*
 * Which tables a query names, and by which other names.
 */
#include "sql/scope.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

const char *const gm_query_words[] = { "ALL",
				       "AND",
				       "AS",
				       "ASC",
				       "BEGIN",
				       "BETWEEN",
				       "BY",
				       "CASE",
				       "CAST",
				       "COLLATE",
				       "CROSS",
				       "DEFAULT",
				       "DELETE",
				       "DESC",
				       "DISTINCT",
				       "DO",
				       "ELSE",
				       "END",
				       "ESCAPE",
				       "EXCEPT",
				       "EXISTS",
				       "FALSE",
				       "FETCH",
				       "FOR",
				       "FROM",
				       "FULL",
				       "GROUP",
				       "HAVING",
				       "IF",
				       "ILIKE",
				       "IN",
				       "INNER",
				       "INSERT",
				       "INTERSECT",
				       "INTERVAL",
				       "INTO",
				       "IS",
				       "JOIN",
				       "LATERAL",
				       "LEFT",
				       "LIKE",
				       "LIMIT",
				       "NATURAL",
				       "NOT",
				       "NULL",
				       "NULLS",
				       "OFFSET",
				       "ON",
				       "ONLY",
				       "OR",
				       "ORDER",
				       "OUTER",
				       "OVER",
				       "PARTITION",
				       "RECURSIVE",
				       "REGEXP",
				       "RETURN",
				       "RETURNING",
				       "RIGHT",
				       "ROWS",
				       "SELECT",
				       "SET",
				       "THEN",
				       "TRUE",
				       "UNION",
				       "UPDATE",
				       "USING",
				       "VALUES",
				       "WHEN",
				       "WHERE",
				       "WINDOW",
				       "WITH",
				       "ABORT",
				       "RAISE",
				       "ROW",
				       "EACH",
				       "BEFORE",
				       "AFTER",
				       "INSTEAD",
				       "CURRENT_TIMESTAMP",
				       "CURRENT_DATE",
				       "CURRENT_TIME",
				       "CURRENT_USER",
				       "OF",
				       "DECLARE",
				       "CONFLICT",
				       "NOTHING",
				       "DUPLICATE",
				       "KEY",
				       "TO",
				       NULL };

/* Behind a table's name they are no alias. */
static const char *const clauses[] = { "WHERE",	      "ON",
				       "JOIN",	      "LEFT",
				       "RIGHT",	      "INNER",
				       "OUTER",	      "CROSS",
				       "FULL",	      "NATURAL",
				       "USING",	      "SET",
				       "VALUES",      "SELECT",
				       "GROUP",	      "ORDER",
				       "HAVING",      "LIMIT",
				       "UNION",	      "EXCEPT",
				       "INTERSECT",   "RETURNING",
				       "DEFAULT",     "WINDOW",
				       "FOR",	      "FETCH",
				       "OFFSET",      "WITH",
				       "PARTITION",   "INDEXED",
				       "NOT",	      "USE",
				       "FORCE",	      "IGNORE",
				       "TABLESAMPLE", "WHEN",
				       "BEGIN",	      "STRAIGHT_JOIN",
				       "LOCK",	      "THEN",
				       "END",	      "DO",
				       "LOOP",	      "OVERRIDING",
				       "IF",	      "CONCURRENTLY",
				       "FROM",	      NULL };

static const char *const heads[] = { "SELECT", "INSERT", "UPDATE", "DELETE",
				     "VALUES", "WITH",	 NULL };

static void take(struct gm_scope *scope, size_t from, size_t to)
{
	for (; from < to; from++)
		scope->taken[from] = true;
}

static bool is_query_name(const struct gm_reading *r,
			  const struct gm_name *name)
{
	return !name->schema && gm_strings_has(&r->ctes, name->name);
}

static void add_relation(struct gm_scope *scope, const struct gm_name *name,
			 char *alias)
{
	struct gm_relation *relation;

	GM_GROW(scope->v, scope->n, scope->cap);
	relation = &scope->v[scope->n++];
	relation->name.schema = gm_strdup_null(name->schema);
	relation->name.name = gm_strdup(name->name);
	relation->alias = alias;
}

/* AS x, or x alone. */
static char *read_alias(struct gm_reading *r)
{
	if (gm_reading_is(r, r->at, "AS"))
		r->at++;
	else if (gm_reading_in(r, r->at, clauses))
		return NULL;
	if (!gm_reading_is_name(r, r->at))
		return NULL;
	return gm_reading_fold(r, r->at++);
}

/* The names behind FROM, JOIN and their kin, at r->at. */
static void read_relations(struct gm_reading *r, struct gm_scope *scope,
			   unsigned touch)
{
	static const char *const before[] = { "ONLY", "LATERAL", NULL };
	struct gm_name name;

	for (;;) {
		size_t start;

		while (gm_reading_in(r, r->at, before))
			r->at++;
		start = r->at;
		if (gm_reading_in(r, r->at, heads) ||
		    gm_reading_in(r, r->at, clauses) ||
		    !gm_reading_name(r, &name))
			return;
		take(scope, start, r->at);
		if (gm_reading_sign(r, r->at, '(') &&
		    !gm_reading_is(r, start - 1, "INTO")) {
			/* A function that returns rows. */
			gm_name_release(&name);
			return;
		}
		start = r->at;
		if (!is_query_name(r, &name)) {
			gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_USE | touch,
				       name.schema, NULL, name.name);
			add_relation(scope, &name, read_alias(r));
		} else {
			free(read_alias(r));
		}
		take(scope, start, r->at);
		gm_name_release(&name);
		if (!gm_reading_sign(r, r->at, ','))
			return;
		r->at++;
	}
}

/* WITH x AS (SELECT …), x (a) AS (SELECT …). */
static void find_ctes(struct gm_reading *r, size_t from)
{
	size_t i;

	for (i = from + 1; i + 1 < r->end; i++) {
		size_t at = i;
		size_t k = i;

		if (!gm_reading_is(r, i, "AS"))
			continue;
		while (gm_reading_is(r, k + 1, "NOT") ||
		       gm_reading_is(r, k + 1, "MATERIALIZED"))
			k++;
		if (!gm_reading_sign(r, k + 1, '(') ||
		    !gm_reading_in(r, k + 2, heads))
			continue;
		if (gm_reading_sign(r, at - 1, ')'))
			while (at > from && !gm_reading_sign(r, at - 1, '('))
				at--;
		at -= at > from && gm_reading_sign(r, at - 1, '(');
		if (at > from && gm_reading_is_name(r, at - 1))
			gm_strings_take(&r->ctes, gm_reading_fold(r, at - 1));
	}
}

bool gm_scope_table_head(const struct gm_reading *r, size_t at, size_t from)
{
	static const char *const before[] = { "UNION", "ALL",	    "DISTINCT",
					      "AS",    "INTERSECT", "EXCEPT",
					      NULL };

	return gm_reading_is(r, at, "TABLE") &&
	       (at == from || gm_reading_sign(r, at - 1, '(') ||
		gm_reading_in(r, at - 1, before));
}

const char *gm_scope_called(const struct gm_relation *relation)
{
	return relation->alias ? relation->alias : relation->name.name;
}

/* Whether a table stands behind the word: FROM in EXTRACT(x FROM y) and
 * UPDATE in FOR UPDATE aren't such words. */
static bool introduces(const struct gm_reading *r, size_t at,
		       bool in_expression)
{
	static const char *const other_update[] = { "FOR", "DO",     "ON",
						    "KEY", "BEFORE", "AFTER",
						    "OR",  "NO",     "OF",
						    NULL };
	bool first = !at;

	if (gm_reading_is(r, at, "JOIN") ||
	    gm_reading_is(r, at, "STRAIGHT_JOIN"))
		return true;
	if (gm_reading_is(r, at, "INTO"))
		return true;
	if (gm_reading_is(r, at, "FROM") || gm_reading_is(r, at, "USING"))
		return !in_expression &&
		       (first || !gm_reading_is(r, at - 1, "DISTINCT"));
	return gm_reading_is(r, at, "UPDATE") &&
	       !gm_reading_is(r, at + 1, "OF") &&
	       (first || !gm_reading_in(r, at - 1, other_update));
}

static void find_relations(struct gm_reading *r, struct gm_scope *scope,
			   unsigned touch)
{
	unsigned char *nested = gm_calloc(r->end + 1, 1);
	size_t depth = 0;
	size_t from = r->at;
	size_t i = r->at;

	/* In a parenthesis that begins with SELECT there are tables. */
	while (i < r->end) {
		if (gm_reading_sign(r, i, '(')) {
			bool plain = i && gm_reading_is_name(r, i - 1) &&
				     !gm_reading_in(r, i - 1, gm_query_words);

			nested[++depth] = !gm_reading_in(r, i + 1, heads) &&
					  plain;
		} else if (depth && gm_reading_sign(r, i, ')')) {
			depth--;
		} else if (introduces(r, i, nested[depth]) ||
			   gm_scope_table_head(r, i, from)) {
			r->at = ++i;
			read_relations(r, scope, touch);
			i = r->at > i ? r->at : i;
			continue;
		}
		i++;
	}
	free(nested);
}

/* UPDATE t AS x, u y: what follows the table's name. */
static void read_others(struct gm_reading *r, struct gm_scope *scope,
			unsigned touch)
{
	size_t from = r->at;

	add_relation(scope, &r->table, read_alias(r));
	take(scope, from, r->at);
	if (!gm_reading_sign(r, r->at, ','))
		return;
	r->at++;
	read_relations(r, scope, touch);
}

void gm_scope_find(struct gm_scope *scope, struct gm_reading *r, unsigned touch)
{
	size_t from = r->at;

	scope->taken = gm_calloc(r->end + 1, sizeof(bool));
	if (r->table.name && r->named)
		read_others(r, scope, touch);
	else if (r->table.name)
		add_relation(scope, &r->table, NULL);
	find_ctes(r, from);
	find_relations(r, scope, touch);
	r->at = from;
}

void gm_scope_release(struct gm_scope *scope)
{
	size_t i;

	for (i = 0; i < scope->n; i++) {
		gm_name_release(&scope->v[i].name);
		free(scope->v[i].alias);
	}
	free(scope->v);
	free(scope->taken);
	memset(scope, 0, sizeof(*scope));
}
