/*
 * Tables as they are made and changed: columns, constraints, what these
 * refer to, and the lists that such things come in.
 */
#include <stdlib.h>
#include <string.h>

#include "sql/reading.h"

static const char *const query_words[] = { "SELECT", "VALUES", "WITH", "TABLE",
					   NULL };

/* The next comma outside of parentheses, or the end. */
static size_t find_comma(const struct gm_reading *r, size_t at)
{
	while (at < r->end && !gm_reading_sign(r, at, ','))
		at = gm_reading_skip(r, at);
	return at;
}

/* Calls `read` with each piece between commas as the whole. */
static void each_piece(struct gm_reading *r, void (*read)(struct gm_reading *r))
{
	size_t end = r->end;

	while (r->at < end) {
		size_t comma = find_comma(r, r->at);

		r->end = comma;
		read(r);
		r->end = end;
		r->at = comma + 1;
	}
}

/* Behind the table's name: the columns that a key refers to. */
static void read_references(struct gm_reading *r)
{
	struct gm_name table;

	r->at++;
	if (!gm_reading_name(r, &table))
		return;
	gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_USE, table.schema, NULL,
		       table.name);
	if (gm_reading_sign(r, r->at, '(')) {
		size_t end = gm_reading_skip(r, r->at);

		for (r->at++; r->at < end; r->at++) {
			char *column;

			if (!gm_reading_is_name(r, r->at))
				continue;
			column = gm_reading_fold(r, r->at);
			gm_reading_add(r, GM_OBJECT_COLUMN, GM_TOUCH_USE,
				       table.schema, table.name, column);
			free(column);
		}
	}
	gm_name_release(&table);
}

static void use_sequence(struct gm_reading *r)
{
	struct gm_name name;
	const char *dot;

	if (!gm_reading_name(r, &name))
		return;
	dot = strrchr(name.name, '.');
	gm_reading_add(r, GM_OBJECT_SEQUENCE, GM_TOUCH_USE, NULL, NULL,
		       dot ? dot + 1 : name.name);
	gm_name_release(&name);
}

/* Behind nextval: ('orders_id_seq'), (orders_id_seq), and either in more
 * parentheses; a column may have that name too. */
static void read_sequence(struct gm_reading *r)
{
	size_t at = r->at;

	while (gm_reading_sign(r, r->at, '('))
		r->at++;
	if (r->at > at)
		use_sequence(r);
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

void gm_read_definition(struct gm_reading *r)
{
	while (r->at < r->end) {
		if (gm_reading_is(r, r->at, "REFERENCES")) {
			read_references(r);
		} else if (gm_reading_is(r, r->at, "NEXTVAL")) {
			r->at++;
			read_sequence(r);
		} else if (gm_reading_is(r, r->at, "NEXT") &&
			   gm_reading_is(r, r->at + 1, "VALUE") &&
			   gm_reading_is(r, r->at + 2, "FOR")) {
			r->at += 3;
			use_sequence(r);
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

/* Rows that are there, or come, may break a key or a NOT NULL. */
static bool guards_rows(const struct gm_reading *r)
{
	static const char *const keys[] = { "PRIMARY", "CHECK", NULL };
	static const char *const not_null[] = { "NOT", NULL };
	static const char *const filled[] = { "DEFAULT", "GENERATED", "AS",
					      "AUTO_INCREMENT", NULL };
	size_t not = gm_reading_find(r, r->at, not_null);

	return gm_reading_find(r, r->at, keys) < r->end ||
	       (gm_reading_is(r, not +1, "NULL") &&
		gm_reading_find(r, r->at, filled) == r->end);
}

static void guard_rows(struct gm_reading *r)
{
	gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_USE | GM_TOUCH_GUARD,
		       r->table.schema, NULL, r->table.name);
}

void gm_read_key(struct gm_reading *r)
{
	guard_rows(r);
	gm_read_definition(r);
}

void gm_read_column(struct gm_reading *r)
{
	size_t at = r->at;
	struct gm_name type;

	if (guards_rows(r))
		guard_rows(r);
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

/* PARTITION OF x, INHERITS (x), LIKE x, OF type. */
static bool read_kin(struct gm_reading *r)
{
	static const char *const kin[] = { "OF", "INHERITS", "LIKE", NULL };
	struct gm_name name;

	if (!gm_reading_in(r, r->at, kin))
		return false;
	do {
		r->at++;
		if (!gm_reading_name(r, &name))
			continue;
		gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_USE, name.schema,
			       NULL, name.name);
		gm_reading_add(r, GM_OBJECT_COLUMN, GM_TOUCH_USE, name.schema,
			       name.name, "*");
		gm_name_release(&name);
	} while (gm_reading_sign(r, r->at, ',') ||
		 gm_reading_is(r, r->at, "INHERITS") ||
		 (gm_reading_sign(r, r->at, '(') &&
		  gm_reading_is(r, r->at - 1, "INHERITS")));
	return true;
}

void gm_read_table(struct gm_reading *r)
{
	bool items = gm_reading_sign(r, r->at, '(') &&
		     !gm_reading_in(r, r->at + 1, query_words);

	if (items)
		read_item_list(r);
	while (r->at < r->end) {
		if (gm_reading_in(r, r->at, query_words)) {
			gm_read_apart(r, r->end);
			return;
		}
		if (!read_kin(r))
			r->at++;
	}
}

static void read_change(struct gm_reading *r)
{
	static const char *const cascade[] = { "CASCADE", NULL };

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
