/*
 * Tables as they are made and changed: columns, constraints, what these
 * refer to, and the lists that such things come in.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/fingerprint.h"
#include "sql/reading.h"

static const char *const query_words[] = { "SELECT", "VALUES", "WITH", "TABLE",
					   NULL };

/* Calls `read` with each piece between commas as the whole. */
static void each_piece(struct gm_reading *r, void (*read)(struct gm_reading *r))
{
	size_t end = r->end;

	while (r->at < end) {
		size_t comma = gm_reading_comma(r, r->at);

		r->end = comma;
		read(r);
		r->end = end;
		r->at = comma + 1;
	}
}

/* The columns in the parenthesis at r->at. */
static void read_referenced(struct gm_reading *r, const struct gm_name *table)
{
	size_t end = gm_reading_skip(r, r->at);

	for (r->at++; r->at < end; r->at++) {
		char *column;

		if (!gm_reading_is_name(r, r->at))
			continue;
		column = gm_reading_fold(r, r->at);
		gm_reading_add(r, GM_OBJECT_COLUMN, GM_TOUCH_USE, table->schema,
			       table->name, column);
		free(column);
	}
}

/* Behind the table's name: the columns that a key refers to. They have to be
 * unique, and no text says whether they are by the primary key; it is that
 * one where they aren't called at all. */
static void read_references(struct gm_reading *r)
{
	bool late = (r->rules->flags & GM_LATE_VIEWS) != 0;
	struct gm_name table;
	bool listed;

	r->at++;
	if (!gm_reading_name(r, &table))
		return;
	gm_reading_add(r, GM_OBJECT_TABLE,
		       GM_TOUCH_USE | (late ? GM_TOUCH_LATE : 0u), table.schema,
		       NULL, table.name);
	listed = gm_reading_sign(r, r->at, '(');
	if (listed)
		read_referenced(r, &table);
	gm_reading_add(r, GM_OBJECT_CONSTRAINT, GM_TOUCH_USE, table.schema,
		       table.name, listed ? GM_UNIQUE_KEY : GM_PRIMARY_KEY);
	if (r->rules->flags & GM_INDEXED_KEYS)
		gm_reading_part(r, GM_OBJECT_CONSTRAINT, GM_TOUCH_USE,
				GM_FOREIGN_KEY);
	gm_name_release(&table);
}

/* 'orders_id_seq', orders_id_seq, and either in parentheses; a column may be
 * called nextval, too. */
void gm_read_sequence(struct gm_reading *r, unsigned touches)
{
	struct gm_name name;
	const char *dot;

	while (gm_reading_sign(r, r->at, '('))
		r->at++;
	if (!gm_reading_name(r, &name))
		return;
	dot = strrchr(name.name, '.');
	gm_reading_add(r, GM_OBJECT_SEQUENCE, touches, NULL, NULL,
		       dot ? dot + 1 : name.name);
	gm_name_release(&name);
}

/* What is in parentheses may be columns of this table. */
static void read_parenthesis(struct gm_reading *r)
{
	size_t end = r->end;
	size_t behind = gm_reading_skip(r, r->at);

	r->at++;
	r->end = behind;
	gm_read_query(r, GM_TOUCH_USE);
	r->end = end;
	r->at = behind;
}

/* DEFAULT f(x), whose name may have dots in it. */
static void read_default_call(struct gm_reading *r)
{
	size_t at = ++r->at;

	while (gm_reading_is_name(r, at) && gm_reading_sign(r, at + 1, '.'))
		at += 2;
	if (gm_reading_is_name(r, at) && gm_reading_sign(r, at + 1, '(') &&
	    !gm_reading_is(r, at, "NEXTVAL"))
		gm_read_callee(r, at);
}

void gm_read_definition(struct gm_reading *r)
{
	while (r->at < r->end) {
		if (gm_reading_is(r, r->at, "REFERENCES")) {
			read_references(r);
		} else if (gm_reading_is(r, r->at, "DEFAULT")) {
			read_default_call(r);
		} else if (gm_reading_is(r, r->at, "AFTER") &&
			   gm_reading_is_name(r, r->at + 1)) {
			char *name = gm_reading_fold(r, r->at + 1);

			gm_reading_part(r, GM_OBJECT_COLUMN, GM_TOUCH_USE,
					name);
			free(name);
			r->at += 2;
		} else if (gm_reading_is(r, r->at, "NEXTVAL")) {
			if (gm_reading_sign(r, ++r->at, '('))
				gm_read_sequence(r, GM_TOUCH_USE);
		} else if (gm_reading_is(r, r->at, "NEXT") &&
			   gm_reading_is(r, r->at + 1, "VALUE") &&
			   gm_reading_is(r, r->at + 2, "FOR")) {
			r->at += 3;
			gm_read_sequence(r, GM_TOUCH_USE);
		} else if (gm_reading_is(r, r->at, "CONSTRAINT") &&
			   gm_reading_is_name(r, r->at + 1)) {
			char *name = gm_reading_fold(r, r->at + 1);

			gm_reading_part(r, GM_OBJECT_CONSTRAINT,
					GM_TOUCH_CREATE, name);
			free(name);
			r->at += 2;
		} else if (gm_reading_sign(r, r->at, '(')) {
			read_parenthesis(r);
		} else {
			r->at++;
		}
	}
}

/* Rows that are there, or come, may break a key or a NOT NULL; and so may the
 * value that they get where it has to be another table's. */
static bool guards_rows(const struct gm_reading *r)
{
	static const char *const keys[] = { "PRIMARY", "CHECK", NULL };
	static const char *const not_null[] = { "NOT", NULL };
	static const char *const filled[] = { "DEFAULT", "GENERATED", "AS",
					      "AUTO_INCREMENT", NULL };
	static const char *const references[] = { "REFERENCES", NULL };
	size_t not = gm_reading_find(r, r->at, not_null);
	size_t value = gm_reading_find(r, r->at, filled);

	if (gm_reading_find(r, r->at, keys) < r->end)
		return true;
	if (value < r->end)
		return !gm_reading_is(r, value + 1, "NULL") &&
		       gm_reading_find(r, r->at, references) < r->end;
	return gm_reading_is(r, not +1, "NULL");
}

void gm_guard_rows(struct gm_reading *r)
{
	gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_USE | GM_TOUCH_GUARD,
		       r->table.schema, NULL, r->table.name);
}

void gm_read_key(struct gm_reading *r)
{
	gm_guard_rows(r);
	gm_read_definition(r);
}

/* What a table has one of: a primary key, a column that counts. */
static void read_only_ones(struct gm_reading *r)
{
	static const char *const primary[] = { "PRIMARY", NULL };
	static const char *const counter[] = { "AUTO_INCREMENT", NULL };

	if (gm_reading_find(r, r->at, primary) < r->end)
		gm_reading_part(r, GM_OBJECT_CONSTRAINT, GM_TOUCH_CREATE,
				GM_PRIMARY_KEY);
	if (gm_reading_find(r, r->at, counter) < r->end)
		gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_CREATE,
				GM_COUNTER);
}

void gm_read_column(struct gm_reading *r)
{
	static const char *const generated[] = { "GENERATED", "AS", NULL };
	size_t at = r->at;
	struct gm_name type;

	gm_imply_by_column(r);
	/* What it holds is read from the others. */
	if ((r->rules->flags & GM_UNCOUNTED) && r->out->n > r->first &&
	    gm_reading_find(r, r->at, generated) < r->end)
		r->out->v[r->out->n - 1].touches |= GM_TOUCH_READ;
	read_only_ones(r);
	if (guards_rows(r))
		gm_guard_rows(r);
	if (gm_reading_is(r, r->at, "SET") || gm_reading_is(r, r->at, "TYPE"))
		r->at++;
	if ((r->rules->flags & GM_NAMED_TYPES) && gm_reading_name(r, &type)) {
		gm_reading_add(r, GM_OBJECT_TYPE, GM_TOUCH_USE, type.schema,
			       NULL, type.name);
		gm_name_release(&type);
	}
	r->at = at;
	gm_read_definition(r);
}

static void read_item(struct gm_reading *r)
{
	if (r->at < r->end && !gm_reading_apply(r, r->rules->items))
		gm_read_definition(r);
}

/* The items in the parenthesis at r->at. */
static void read_item_list(struct gm_reading *r)
{
	size_t end = r->end;
	size_t behind = gm_reading_skip(r, r->at);

	r->at++;
	r->end = behind -
		 (behind > r->at && gm_reading_sign(r, behind - 1, ')'));
	each_piece(r, read_item);
	r->end = end;
	r->at = behind;
}

void gm_read_items(struct gm_reading *r)
{
	if (gm_reading_sign(r, r->at, '('))
		read_item_list(r);
	else
		read_item(r);
}

/* x, of which this is a part or a copy. What a table inherits it gets later,
 * too; a copy has what there is now. */
static void read_relative(struct gm_reading *r, bool is_copy, bool is_part)
{
	struct gm_name name;

	if (!gm_reading_name(r, &name))
		return;
	gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_USE, name.schema, NULL,
		       name.name);
	if (is_copy)
		gm_reading_add(r, GM_OBJECT_COLUMN, GM_TOUCH_USE, name.schema,
			       name.name, "*");
	/* What else is copied depends on what is INCLUDING. */
	if (is_copy)
		gm_reading_add(r, GM_OBJECT_SETTING, GM_TOUCH_USE, name.schema,
			       name.name, GM_COPIED);
	if (is_part) {
		gm_reading_add(r, GM_OBJECT_SETTING,
			       GM_TOUCH_ALTER | GM_TOUCH_MAYBE, name.schema,
			       name.name, GM_PARTS);
		/* Rows that are in the default one may have to be in it. */
		gm_reading_add(r, GM_OBJECT_TABLE,
			       GM_TOUCH_USE | GM_TOUCH_GUARD, name.schema, NULL,
			       name.name);
	}
	gm_name_release(&name);
}

/* A new table's own columns are one with those of that name which the table
 * has that it inherits from. */
static void read_heritage(struct gm_reading *r)
{
	struct gm_name name;
	size_t n = r->out->n;
	size_t at = r->at;
	size_t i;

	if (!gm_reading_name(r, &name))
		return;
	for (i = r->first; i < n; i++)
		if (r->out->v[i].kind == GM_OBJECT_COLUMN &&
		    (r->out->v[i].touches & GM_TOUCH_CREATE)) {
			char *column = gm_strdup(r->out->v[i].name);

			gm_reading_add(r, GM_OBJECT_COLUMN,
				       GM_TOUCH_USE | GM_TOUCH_MAYBE,
				       name.schema, name.name, column);
			free(column);
		}
	gm_reading_add(r, GM_OBJECT_SETTING, GM_TOUCH_USE, name.schema,
		       name.name, GM_INHERITED);
	gm_name_release(&name);
	r->at = at;
}

void gm_read_heir(struct gm_reading *r)
{
	struct gm_name name;

	if (!gm_reading_name(r, &name))
		return;
	gm_reading_add(r, GM_OBJECT_COLUMN, GM_TOUCH_USE, name.schema,
		       name.name, "*");
	gm_reading_add(r, GM_OBJECT_SETTING, GM_TOUCH_USE, name.schema,
		       name.name, GM_COPIED);
	gm_name_release(&name);
}

/* PARTITION OF x, INHERITS (x, y), LIKE x, OF type. */
static bool read_kin(struct gm_reading *r)
{
	static const char *const kin[] = { "OF", "INHERITS", "LIKE", NULL };
	bool is_copy = gm_reading_is(r, r->at, "LIKE");
	bool is_part = r->at && gm_reading_is(r, r->at - 1, "PARTITION");
	bool is_heir = gm_reading_is(r, r->at, "INHERITS");

	if (!gm_reading_in(r, r->at, kin))
		return false;
	r->at++;
	r->at += gm_reading_sign(r, r->at, '(');
	for (;;) {
		if (is_heir)
			read_heritage(r);
		read_relative(r, is_copy, is_part);
		if (!gm_reading_sign(r, r->at, ','))
			return true;
		r->at++;
	}
}

/* AS SELECT …: where columns bring along what they are like, that is what it
 * was of each table that is read. */
static void read_copy(struct gm_reading *r)
{
	size_t i = r->out->n;

	gm_read_apart(r, r->end);
	for (; (r->rules->flags & GM_KEEPS_SHAPE) && i < r->out->n; i++)
		if (r->out->v[i].kind == GM_OBJECT_TABLE &&
		    (r->out->v[i].touches & GM_TOUCH_READ))
			gm_reading_add(r, GM_OBJECT_SETTING, GM_TOUCH_USE,
				       r->out->v[i].schema, r->out->v[i].name,
				       GM_SHAPE);
}

void gm_read_table(struct gm_reading *r)
{
	bool items = gm_reading_sign(r, r->at, '(') &&
		     !gm_reading_in(r, r->at + 1, query_words);

	if (items)
		read_item_list(r);
	while (r->at < r->end) {
		if (gm_reading_in(r, r->at, query_words)) {
			read_copy(r);
			return;
		}
		if (!read_kin(r))
			r->at++;
	}
}

/* Of several changes in one statement, each is told from others alone. */
static void tell_change(struct gm_reading *r)
{
	const struct gm_token *first = &r->v[r->at];
	const struct gm_token *last = &r->v[r->end - 1];

	gm_fingerprint(r->dialect, r->lexer.text + first->start,
		       last->start + last->len - first->start, r->statement);
}

static void read_change(struct gm_reading *r)
{
	static const char *const cascade[] = { "CASCADE", NULL };

	if (r->at < r->end)
		tell_change(r);
	if ((r->rules->flags & GM_CASCADES) &&
	    gm_reading_is(r, r->at, "DROP") &&
	    gm_reading_find(r, r->at, cascade) < r->end)
		gm_reading_unknown(r, "CASCADE may drop anything");
	if (!gm_reading_apply(r, r->rules->changes))
		gm_reading_unknown(r, "this change of a table isn't known");
}

void gm_read_changes(struct gm_reading *r)
{
	each_piece(r, read_change);
}
