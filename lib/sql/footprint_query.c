/*
 * What a query names. Scopes are not kept apart: every column may be of any
 * table in the statement, and where there are several, that is a perhaps.
 */
#include <stdlib.h>
#include <string.h>

#include "sql/scope.h"

/* Functions that change nothing, as far as their names go. */
static const char *const harmless[] = { "COUNT",
					"SUM",
					"MIN",
					"MAX",
					"AVG",
					"COALESCE",
					"NULLIF",
					"LOWER",
					"UPPER",
					"LENGTH",
					"SUBSTR",
					"SUBSTRING",
					"TRIM",
					"ROUND",
					"ABS",
					"NOW",
					"DATE",
					"DATETIME",
					"STRFTIME",
					"CAST",
					"CONCAT",
					"EXTRACT",
					"IF",
					"IFNULL",
					"EXISTS",
					"IN",
					"REPLACE",
					"TYPEOF",
					"CHANGES",
					"VERSION",
					"CURRENT_SETTING",
					"CURRENT_SCHEMA",
					"DATABASE",
					"ROW_NUMBER",
					"GROUP_CONCAT",
					"STRING_AGG",
					"ARRAY_AGG",
					"TO_REGCLASS",
					"ANY",
					"JULIANDAY",
					"RANDOM",
					"VALUES",
					"LAST_INSERT_ROWID",
					"HEX",
					NULL };

static void add_column(struct gm_reading *r, const struct gm_relation *relation,
		       unsigned touch, const char *column)
{
	gm_reading_add(r, GM_OBJECT_COLUMN, touch, relation->name.schema,
		       relation->name.name, column);
}

static void add_to_all(struct gm_reading *r, const struct gm_scope *scope,
		       unsigned touch, const char *column)
{
	size_t i;

	if (scope->n > 1 && strcmp(column, "*"))
		touch |= GM_TOUCH_MAYBE;
	for (i = 0; i < scope->n; i++)
		add_column(r, &scope->v[i], touch, column);
}

/* u.email: of what is called u, or else of any. */
static void add_qualified(struct gm_reading *r, const struct gm_scope *scope,
			  unsigned touch, const char *qualifier,
			  const char *column)
{
	bool row = !strcmp(qualifier, "new") || !strcmp(qualifier, "old");
	bool found = false;
	size_t i;

	for (i = 0; i < scope->n; i++) {
		const struct gm_relation *relation = &scope->v[i];

		if (strcmp(gm_scope_called(relation), qualifier))
			continue;
		add_column(r, relation, touch, column);
		found = true;
	}
	/* In a trigger or an upsert these are the table's; in a function they
	 * are those of the table that it is called for. */
	if (!found && r->table.name && (row || !strcmp(qualifier, "excluded")))
		gm_reading_part(r, GM_OBJECT_COLUMN, touch, column);
	else if (!found && row)
		gm_reading_add(r, GM_OBJECT_COLUMN, touch, NULL, qualifier,
			       column);
	else if (!found && !gm_strings_has(&r->ctes, qualifier))
		add_to_all(r, scope, touch, column);
}

static bool is_star(const struct gm_reading *r, size_t at, size_t from)
{
	static const char *const before[] = { "SELECT", "DISTINCT", "ALL",
					      NULL };

	return gm_reading_sign(r, at, '*') && at > from &&
	       (gm_reading_in(r, at - 1, before) ||
		gm_reading_sign(r, at - 1, ',') ||
		gm_reading_is(r, at + 1, "FROM"));
}

static bool is_cast(const struct gm_reading *r, size_t at)
{
	return r->v[at].len == 2 &&
	       !memcmp(r->lexer.text + r->v[at].start, "::", 2);
}

/* name(10): as much of it as an index holds. */
static bool is_prefix(const struct gm_reading *r, size_t at)
{
	return at + 2 < r->end && r->v[at + 1].type == GM_TOKEN_NUMBER &&
	       gm_reading_sign(r, at + 2, ')');
}

/* Whether the token at `at` is where a value begins. */
static bool begins_value(const struct gm_reading *r, size_t at)
{
	static const char *const words[] = {
		"SELECT", "DISTINCT", "WHERE",	   "AND",    "OR",
		"NOT",	  "ON",	      "BY",	   "SET",    "WHEN",
		"THEN",	  "ELSE",     "CASE",	   "HAVING", "LIKE",
		"IN",	  "BETWEEN",  "RETURNING", NULL
	};

	return gm_reading_in(r, at - 1, words) ||
	       (r->v[at - 1].type == GM_TOKEN_OPERATOR &&
		!gm_reading_sign(r, at - 1, ')'));
}

/* A keyword that is taken for a name, too, where a value begins and nothing
 * behind it says otherwise. */
static bool is_soft_name(const struct gm_reading *r, size_t at, size_t from)
{
	static const char *const soft[] = { "KEY",    "ROW",	   "ROWS",
					    "OFFSET", "INTERVAL",  "BEFORE",
					    "AFTER",  "PARTITION", "WINDOW",
					    "EACH",   "BEGIN",	   "END",
					    NULL };
	static const char *const behind[] = { "BY", "BETWEEN", NULL };
	enum gm_token_type next = at + 1 < r->end ? r->v[at + 1].type
						  : GM_TOKEN_END;

	if (!gm_reading_in(r, at, soft) || gm_reading_in(r, at + 1, behind) ||
	    next == GM_TOKEN_STRING || next == GM_TOKEN_NUMBER)
		return false;
	return at > from ? begins_value(r, at) : next != GM_TOKEN_WORD;
}

static bool is_column(const struct gm_reading *r, const struct gm_scope *scope,
		      size_t at, size_t from)
{
	static const char *const naming[] = { "AS", "COLLATE", NULL };

	if (scope->taken[at] ||
	    (r->v[at].type != GM_TOKEN_WORD &&
	     r->v[at].type != GM_TOKEN_QUOTED) ||
	    (gm_reading_sign(r, at + 1, '(') && !is_prefix(r, at + 1)))
		return false;
	if (r->v[at].type == GM_TOKEN_WORD &&
	    gm_reading_in(r, at, gm_query_words) && !is_soft_name(r, at, from))
		return false;
	/* A name that is given, a collation, or a type. */
	return at == from ||
	       (!gm_reading_in(r, at - 1, naming) && !is_cast(r, at - 1));
}

/* A function that is called, or a type in a cast. */
static void add_callee(struct gm_reading *r, size_t at, size_t from)
{
	enum gm_object_kind kind = GM_OBJECT_FUNCTION;
	char *name;

	if (r->v[at].type != GM_TOKEN_WORD && r->v[at].type != GM_TOKEN_QUOTED)
		return;
	if (at > from && is_cast(r, at - 1))
		kind = GM_OBJECT_TYPE;
	else if (!gm_reading_sign(r, at + 1, '(') ||
		 gm_reading_in(r, at, harmless) ||
		 gm_reading_in(r, at, gm_query_words))
		return;
	name = gm_reading_fold(r, at);
	gm_reading_add(r, kind, GM_TOUCH_USE, NULL, NULL, name);
	free(name);
}

void gm_read_callee(struct gm_reading *r, size_t at)
{
	add_callee(r, at, at);
}

/* *, t.*, (t).*, and whatever brings a table's columns without their names:
 * what a query in parentheses returns, NATURAL JOIN, TABLE t. */
static bool read_star(struct gm_reading *r, const struct gm_scope *scope,
		      unsigned touch, size_t at, size_t from, size_t depth)
{
	if (is_star(r, at, from) ||
	    (gm_reading_sign(r, at, '*') && at > from + 1 &&
	     gm_reading_sign(r, at - 1, '.') &&
	     gm_reading_sign(r, at - 2, ')')))
		add_to_all(r, scope, touch, "*");
	else if (gm_reading_is(r, at, "NATURAL") ||
		 (depth && gm_reading_sign(r, at, '*') && at > from &&
		  gm_reading_is(r, at - 1, "RETURNING")))
		add_to_all(r, scope, touch | GM_TOUCH_MAYBE, "*");
	else if (gm_scope_table_head(r, at, from))
		add_to_all(r, scope, touch, "*");
	else
		return false;
	return true;
}

/* INDEXED BY i; USE INDEX (i, k), FORCE KEY FOR JOIN (i). Returns where it
 * ends, or `at`. */
static size_t read_hint(struct gm_reading *r, size_t at)
{
	static const char *const hints[] = { "USE", "FORCE", "IGNORE", NULL };
	static const char *const kinds[] = { "INDEX", "KEY", NULL };
	size_t end = r->end;

	if (gm_reading_is(r, at, "INDEXED") && gm_reading_is(r, at + 1, "BY")) {
		at += 2;
		end = at + 1;
	} else if (gm_reading_in(r, at, hints) &&
		   gm_reading_in(r, at + 1, kinds)) {
		while (at < end && !gm_reading_sign(r, at, '('))
			at++;
		end = gm_reading_skip(r, at);
	} else {
		return at;
	}
	for (; at < end; at++)
		if (gm_reading_is_name(r, at)) {
			char *name = gm_reading_fold(r, at);

			gm_reading_part(r, GM_OBJECT_INDEX, GM_TOUCH_USE, name);
			free(name);
		}
	return end < r->end ? end : r->end;
}

static const char *const counters[] = { "NEXTVAL", "SETVAL", "CURRVAL",
					"LASTVAL", NULL };

/* nextval('s'), NEXT VALUE FOR s: where it runs, it counts. Returns where it
 * ends, or `at`. */
static size_t read_counter(struct gm_reading *r, size_t at, unsigned touch)
{
	static const char *const which[] = { "NEXT", "PREVIOUS", NULL };
	size_t back = r->at;

	if (gm_reading_in(r, at, counters) && gm_reading_sign(r, at + 1, '('))
		r->at = at + 1;
	else if (gm_reading_in(r, at, which) &&
		 gm_reading_is(r, at + 1, "VALUE") &&
		 gm_reading_is(r, at + 2, "FOR"))
		r->at = at + 3;
	else
		return at;
	gm_read_sequence(r,
			 GM_TOUCH_USE | (touch & GM_TOUCH_READ ? GM_TOUCH_INSERT
							       : 0u));
	at = r->at;
	r->at = back;
	return at < r->end ? at : r->end;
}

/* A row as a whole, by its table's name. */
static void read_row(struct gm_reading *r, const struct gm_scope *scope,
		     unsigned touch, const char *name, size_t at, size_t from)
{
	size_t i;

	if (!(r->rules->flags & GM_NAMED_TYPES) ||
	    (at > from && gm_reading_is(r, at - 1, "ON")))
		return;
	for (i = 0; i < scope->n; i++)
		if (!strcmp(gm_scope_called(&scope->v[i]), name))
			add_column(r, &scope->v[i], touch | GM_TOUCH_MAYBE,
				   "*");
}

/* Where a query is grouped by a key, the other columns follow from it. */
static void need_primary_keys(struct gm_reading *r,
			      const struct gm_scope *scope)
{
	size_t i;

	for (i = 0; (r->rules->flags & GM_NAMED_TYPES) && i < scope->n; i++)
		gm_reading_add(r, GM_OBJECT_CONSTRAINT, GM_TOUCH_USE,
			       scope->v[i].name.schema, scope->v[i].name.name,
			       GM_PRIMARY_KEY);
}

struct columns {
	const struct gm_scope *scope;
	unsigned touch;
	/* Stars count. */
	bool stars;
	size_t from;
	/* Names that the query gives: ORDER BY may mean one of these. */
	struct gm_strings given;
};

/* The name at `i`, and what is behind its dots. Returns its last token. */
static size_t read_column(struct gm_reading *r, struct columns *c, size_t i)
{
	char *name = gm_reading_fold(r, i);

	if (gm_reading_sign(r, i + 1, '.') && gm_reading_is_name(r, i + 2)) {
		char *column = gm_reading_fold(r, i + 2);

		if (!gm_reading_sign(r, i + 3, '('))
			add_qualified(r, c->scope, c->touch, name, column);
		free(column);
		i += 2;
	} else if (gm_reading_sign(r, i + 1, '.')) {
		if (c->stars)
			add_qualified(r, c->scope, c->touch, name, "*");
		i += 2;
	} else if (!gm_strings_has(&r->ctes, name)) {
		bool given = gm_strings_has(&c->given, name);

		add_to_all(r, c->scope, c->touch | (given ? GM_TOUCH_MAYBE : 0),
			   name);
		read_row(r, c->scope, c->touch, name, i, c->from);
	}
	free(name);
	return i;
}

static void find_columns(struct gm_reading *r, const struct gm_scope *scope,
			 unsigned touch)
{
	struct columns c = { .scope = scope, .touch = touch, .from = r->at };
	size_t depth = 0;
	size_t i;

	c.stars = !(r->rules->flags & GM_LATE_VIEWS) || (touch & GM_TOUCH_READ);
	for (i = c.from; i < r->end; i++) {
		size_t behind = read_hint(r, i);

		behind = behind > i ? behind : read_counter(r, i, touch);
		if (behind > i) {
			i = behind - 1;
			continue;
		}
		depth += gm_reading_sign(r, i, '(');
		depth -= depth && gm_reading_sign(r, i, ')');
		if (gm_reading_is(r, i, "GROUP"))
			need_primary_keys(r, scope);
		if (c.stars && read_star(r, scope, touch, i, c.from, depth))
			continue;
		if (i > c.from && gm_reading_is(r, i - 1, "AS") &&
		    gm_reading_is_name(r, i))
			gm_strings_take(&c.given, gm_reading_fold(r, i));
		if (is_column(r, scope, i, c.from))
			i = read_column(r, &c, i);
		else if (!scope->taken[i])
			add_callee(r, i, c.from);
	}
	gm_strings_release(&c.given);
}

void gm_read_query(struct gm_reading *r, unsigned touch)
{
	struct gm_scope scope = { 0 };

	gm_scope_find(&scope, r, touch & GM_TOUCH_READ);
	find_columns(r, &scope, touch);
	gm_scope_release(&scope);
	r->at = r->end;
}

/* A view's name is no table of its query; a trigger's table is one. */
void gm_read_body(struct gm_reading *r, bool is_view)
{
	unsigned late = is_view ? GM_LATE_VIEWS : GM_LATE_TRIGGERS;
	struct gm_name table = r->table;
	unsigned how = r->how;

	if (is_view)
		memset(&r->table, 0, sizeof(r->table));
	if (r->rules->flags & late)
		r->how |= GM_TOUCH_LATE;
	gm_read_query(r, GM_TOUCH_USE);
	r->how = how;
	r->table = table;
}

void gm_read_select(struct gm_reading *r)
{
	size_t i;

	for (i = r->at + 1; i < r->end; i++)
		if (gm_reading_sign(r, i, '(') &&
		    r->v[i - 1].type == GM_TOKEN_WORD &&
		    !gm_reading_in(r, i - 1, harmless) &&
		    !gm_reading_in(r, i - 1, counters) &&
		    !gm_reading_in(r, i - 1, gm_query_words)) {
			gm_reading_unknown(r, "a function may do anything");
			return;
		}
	gm_read_query(r, GM_TOUCH_USE | GM_TOUCH_READ);
}
