/*
 * What stands behind a pattern: one small reader for each sort of rest.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/reading.h"

/* ", b, c" behind the name that the pattern has captured. */
static void read_names(struct gm_reading *r)
{
	enum gm_object_kind kind = r->kind;
	struct gm_name name;

	while (r->at < r->end) {
		/* An argument list stands behind a function's name. */
		if (gm_reading_sign(r, r->at, '(')) {
			r->at = gm_reading_skip(r, r->at);
			continue;
		}
		if (!gm_reading_sign(r, r->at, ','))
			return;
		r->at++;
		if (kind == GM_OBJECT_FUNCTION ? !gm_read_callable(r, &name)
					       : !gm_reading_name(r, &name))
			return;
		gm_reading_add(r, kind, r->touches, name.schema, NULL,
			       name.name);
		gm_name_release(&name);
	}
}

static void read_drop(struct gm_reading *r)
{
	static const char *const cascade[] = { "CASCADE", NULL };

	if ((r->rules->flags & GM_CASCADES) &&
	    gm_reading_find(r, r->at, cascade) < r->end)
		gm_reading_unknown(r, "CASCADE may drop anything");
	read_names(r);
}

static void read_renames(struct gm_reading *r)
{
	struct gm_name from;
	struct gm_name to = { 0 };

	while (gm_reading_name(r, &from)) {
		r->at++;
		if (gm_reading_name(r, &to)) {
			gm_reading_add(r, GM_OBJECT_TABLE,
				       GM_TOUCH_DROP | GM_TOUCH_RENAME,
				       from.schema, NULL, from.name);
			gm_reading_add(r, GM_OBJECT_TABLE,
				       GM_TOUCH_CREATE | GM_TOUCH_RENAME,
				       to.schema, NULL, to.name);
		}
		gm_name_release(&from);
		gm_name_release(&to);
		r->at += gm_reading_sign(r, r->at, ',');
	}
}

/* The setting is called by the first word: OWNER, COMMENT, ENGINE. */
static void read_setting(struct gm_reading *r)
{
	char *name;

	r->at += gm_reading_sign(r, r->at, '(');
	if (!r->table.name || !gm_reading_is_name(r, r->at))
		return;
	name = gm_reading_fold(r, r->at);
	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER, name);
	free(name);
}

/* GRANT SELECT (a, b), UPDATE (c): in what stands before the table. */
static void read_granted_columns(struct gm_reading *r)
{
	size_t depth = 0;
	size_t i;

	for (i = 0; i < r->at; i++) {
		depth += gm_reading_sign(r, i, '(');
		depth -= depth && gm_reading_sign(r, i, ')');
		if (depth && gm_reading_is_name(r, i)) {
			char *name = gm_reading_fold(r, i);

			gm_reading_part(r, GM_OBJECT_COLUMN, GM_TOUCH_USE,
					name);
			free(name);
		}
	}
}

/* TO role, role; the same grant twice is as good as once. */
static void read_roles(struct gm_reading *r, unsigned touch)
{
	static const char *const to[] = { "TO", "FROM", NULL };
	char *role;

	read_granted_columns(r);
	r->at = gm_reading_find(r, r->at, to);
	do {
		r->at++;
		if (!gm_reading_is_name(r, r->at))
			return;
		role = gm_reading_fold(r, r->at++);
		gm_reading_part(r, GM_OBJECT_GRANT, touch | GM_TOUCH_TOLERANT,
				role);
		free(role);
	} while (gm_reading_sign(r, r->at, ','));
}

static void read_grant(struct gm_reading *r)
{
	read_roles(r, GM_TOUCH_CREATE);
}

static void read_revoke(struct gm_reading *r)
{
	read_roles(r, GM_TOUCH_DROP);
}

/* An index's columns, and WHERE. */
static void read_index(struct gm_reading *r)
{
	gm_read_query(r, GM_TOUCH_USE);
}

/* The same, of one without a name. */
static void read_nameless_index(struct gm_reading *r)
{
	static const char *const with[] = { "USING", NULL };

	if (gm_reading_in(r, r->at, with))
		r->at += 2;
	gm_imply_listed(r, GM_OBJECT_INDEX, r->at, "idx");
	read_index(r);
}

/* What is set of the column whose name is at r->at: "c default". */
static void set_of_column(struct gm_reading *r, const char *what)
{
	char *column = gm_reading_fold(r, r->at);
	char *name = gm_format("%s %s", column, what);

	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER, name);
	free(name);
	free(column);
}

/* At the column's name: SET DEFAULT f(), DROP DEFAULT, and the counter that
 * is a default of sorts. */
static void read_default(struct gm_reading *r)
{
	static const char *const identity[] = { "IDENTITY", NULL };
	char *column;

	set_of_column(r, "default");
	if (gm_reading_is(r, r->at + 1, "ADD") &&
	    gm_reading_find(r, r->at, identity) < r->end) {
		column = gm_reading_fold(r, r->at);
		gm_imply(r, GM_OBJECT_SEQUENCE, column, "seq");
		free(column);
	}
	gm_read_definition(r);
}

/* At the column's name: SET NOT NULL, DROP NOT NULL. */
static void read_not_null(struct gm_reading *r)
{
	set_of_column(r, "not null");
	if (gm_reading_is(r, r->at + 1, "SET"))
		gm_guard_rows(r);
}

/* At the column's name: SET STATISTICS 100, RESET (n_distinct). */
static void read_column_setting(struct gm_reading *r)
{
	char *word = gm_reading_is_name(r, r->at + 2)
			     ? gm_reading_fold(r, r->at + 2)
			     : NULL;

	set_of_column(r, word ? word : "options");
	free(word);
}

/* At what COMMENT ON is about: a column, a name, or a name ON a table. */
static void read_comment(struct gm_reading *r)
{
	bool column = r->kind == GM_OBJECT_COLUMN;
	bool part;
	struct gm_name of;
	char *setting;

	if (!gm_reading_name(r, &of))
		return;
	part = gm_reading_is(r, r->at, "ON") && r->table.name;
	setting = gm_format("%s%scomment", column || part ? of.name : "",
			    column || part ? " " : "");
	gm_reading_add(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER,
		       part	? r->table.schema
		       : column ? NULL
				: of.schema,
		       part	? r->table.name
		       : column ? of.schema
				: of.name,
		       setting);
	free(setting);
	gm_name_release(&of);
}

/* SFUNC = f, STYPE = type: in the last parenthesis of an aggregate. */
static void read_aggregate(struct gm_reading *r)
{
	size_t at;

	for (at = r->at; at + 2 < r->end; at++) {
		bool type = gm_reading_ends(r, at, "TYPE");

		if (!gm_reading_sign(r, at + 1, '=') ||
		    (!type && !gm_reading_ends(r, at, "FUNC")))
			continue;
		r->at = at + 2;
		gm_reading_named(r, type ? GM_OBJECT_TYPE : GM_OBJECT_FUNCTION,
				 GM_TOUCH_USE);
	}
}

/* A column's new type, and the expression that makes its values. */
static void read_new_type(struct gm_reading *r)
{
	static const char *const words[] = { "USING", NULL };
	size_t at = gm_reading_find(r, r->at, words);

	gm_read_column(r);
	r->at = at + 1;
	if (r->at >= r->end)
		return;
	gm_guard_rows(r);
	gm_read_query(r, GM_TOUCH_USE | GM_TOUCH_READ);
}

/* Rows come or go along with a partition, and what bounds others have isn't
 * told. */
static void read_partition(struct gm_reading *r)
{
	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER | GM_TOUCH_MAYBE,
			GM_PARTS);
	gm_reading_add(r, GM_OBJECT_TABLE,
		       GM_TOUCH_USE | GM_TOUCH_DELETE | GM_TOUCH_GUARD,
		       r->table.schema, NULL, r->table.name);
}

/* TRUNCATE, unlike DELETE, isn't done where a foreign key refers to it. */
static void read_truncate(struct gm_reading *r)
{
	size_t first = r->out->n;
	size_t i;

	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_USE, "truncate");
	read_drop(r);
	for (i = first; i < r->out->n; i++)
		if (r->out->v[i].kind == GM_OBJECT_TABLE)
			gm_reading_add(r, GM_OBJECT_SETTING, GM_TOUCH_USE,
				       r->out->v[i].schema, r->out->v[i].name,
				       "truncate");
}

/* A setting of the database, which is written where a value follows. */
static void read_pragma(struct gm_reading *r)
{
	struct gm_name name;

	if (!gm_reading_name(r, &name))
		return;
	gm_reading_add(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER, name.schema,
		       "pragma", name.name);
	gm_name_release(&name);
}

/* Behind a statement's first words anything may follow; it isn't read. */
static void read_unknown(struct gm_reading *r)
{
	gm_reading_unknown(r, "this may touch anything");
}

static void read_attach(struct gm_reading *r)
{
	gm_reading_part(r, GM_OBJECT_COLUMN, GM_TOUCH_USE, "*");
	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_USE, GM_COPIED);
	read_partition(r);
}

static void imply_primary(struct gm_reading *r)
{
	if (r->rules->name_max)
		gm_imply(r, GM_OBJECT_INDEX, "", "pkey");
}

/* A table has one, whatever it is called. */
static void read_named_primary(struct gm_reading *r)
{
	gm_reading_part(r, GM_OBJECT_CONSTRAINT, GM_TOUCH_CREATE,
			GM_PRIMARY_KEY);
	gm_read_key(r);
}

static void read_primary(struct gm_reading *r)
{
	imply_primary(r);
	read_named_primary(r);
}

static void read_exclude(struct gm_reading *r)
{
	gm_imply_listed(r, GM_OBJECT_INDEX, r->at, "excl");
	gm_read_key(r);
}

static void read_no_primary(struct gm_reading *r)
{
	gm_reading_part(r, GM_OBJECT_CONSTRAINT, GM_TOUCH_DROP, GM_PRIMARY_KEY);
	gm_read_key(r);
}

static void read_primary_item(struct gm_reading *r)
{
	imply_primary(r);
	gm_read_definition(r);
}

static void read_unique(struct gm_reading *r)
{
	gm_imply_listed(r, GM_OBJECT_INDEX, r->at, "key");
	gm_read_key(r);
}

static void read_unique_item(struct gm_reading *r)
{
	gm_imply_listed(r, GM_OBJECT_INDEX, r->at, "key");
	gm_read_definition(r);
}

static void read_foreign(struct gm_reading *r)
{
	if (r->rules->name_max)
		gm_imply_listed(r, GM_OBJECT_CONSTRAINT, r->at, "fkey");
	else
		gm_imply_numbered(r, "ibfk");
	gm_read_key(r);
}

static void read_check(struct gm_reading *r)
{
	if (r->rules->name_max)
		gm_imply_check(r);
	else
		gm_imply_numbered(r, NULL);
	gm_read_key(r);
}

static void read_view(struct gm_reading *r)
{
	gm_read_body(r, true);
}

static void read_filled_view(struct gm_reading *r)
{
	gm_read_apart(r, r->end);
}

static void read_body(struct gm_reading *r)
{
	gm_read_body(r, false);
}

static void add_word(const struct gm_reading *r, size_t at,
		     struct gm_strbuf *out)
{
	char *word = gm_reading_fold(r, at);

	gm_strbuf_addf(out, "%s%s", out->len ? " " : "", word);
	free(word);
}

/* Two with the same place are in the order in which they are made. */
static void take_place(struct gm_reading *r, const char *place)
{
	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER | GM_TOUCH_MAYBE,
			place);
}

/* At BEFORE INSERT; FOLLOWS x stands behind FOR EACH ROW. */
static void read_ordered_body(struct gm_reading *r)
{
	static const char *const words[] = { "FOLLOWS", "PRECEDES", NULL };
	size_t at = gm_reading_find(r, r->at, words);
	struct gm_strbuf place = { 0 };
	size_t i;

	for (i = r->at; i < r->at + 2 && gm_reading_is_name(r, i); i++)
		add_word(r, i, &place);
	for (i = at; i < at + 2 && gm_reading_is_name(r, i); i++)
		add_word(r, i, &place);
	take_place(r, gm_strbuf_str(&place));
	gm_strbuf_release(&place);
	gm_read_body(r, false);
}

static void read_place(struct gm_reading *r)
{
	struct gm_strbuf place = { 0 };

	for (; r->at < r->end; r->at++)
		add_word(r, r->at, &place);
	take_place(r, place.len ? gm_strbuf_str(&place) : GM_LAST);
	gm_strbuf_release(&place);
}

static void read_late_body(struct gm_reading *r)
{
	r->how |= GM_TOUCH_MAYBE;
	gm_read_body(r, false);
}

/* All its columns have other letters, and those to come. */
static void read_convert(struct gm_reading *r)
{
	gm_reading_part(r, GM_OBJECT_COLUMN, GM_TOUCH_ALTER, "*");
	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER, "character");
}

static void read_unchecked(struct gm_reading *r)
{
	r->unchecked = true;
}

/* From here on a name without a schema may mean another one than elsewhere. */
static void read_path(struct gm_reading *r)
{
	r->at++;
	gm_reading_named(r, GM_OBJECT_SCHEMA, GM_TOUCH_USE | GM_TOUCH_MAYBE);
	r->elsewhere = true;
}

void gm_reading_rest(struct gm_reading *r, enum gm_rest rest,
		     enum gm_object_kind kind, unsigned touches)
{
	static void (*const readers[])(struct gm_reading *) = {
		[GM_REST_NAMES] = read_names,
		[GM_REST_DROP] = read_drop,
		[GM_REST_TABLE] = gm_read_table,
		[GM_REST_CHANGES] = gm_read_changes,
		[GM_REST_COLUMN] = gm_read_column,
		[GM_REST_DEFINITION] = gm_read_definition,
		[GM_REST_KEY] = gm_read_key,
		[GM_REST_PRIMARY] = read_primary,
		[GM_REST_NAMED_PRIMARY] = read_named_primary,
		[GM_REST_NO_PRIMARY] = read_no_primary,
		[GM_REST_INDEX] = read_index,
		[GM_REST_NAMELESS_INDEX] = read_nameless_index,
		[GM_REST_UNIQUE] = read_unique,
		[GM_REST_UNIQUE_ITEM] = read_unique_item,
		[GM_REST_PRIMARY_ITEM] = read_primary_item,
		[GM_REST_FOREIGN] = read_foreign,
		[GM_REST_EXCLUDE] = read_exclude,
		[GM_REST_CHECK] = read_check,
		[GM_REST_DEFAULT] = read_default,
		[GM_REST_NOT_NULL] = read_not_null,
		[GM_REST_COLUMN_SETTING] = read_column_setting,
		[GM_REST_TYPE] = read_new_type,
		[GM_REST_PARTITION] = read_partition,
		[GM_REST_ATTACH] = read_attach,
		[GM_REST_HEIR] = gm_read_heir,
		[GM_REST_TRUNCATE] = read_truncate,
		[GM_REST_TRIGGER] = gm_read_trigger,
		[GM_REST_VIRTUAL] = gm_read_virtual,
		[GM_REST_PRAGMA] = read_pragma,
		[GM_REST_ITEMS] = gm_read_items,
		[GM_REST_VIEW] = read_view,
		[GM_REST_FILLED_VIEW] = read_filled_view,
		[GM_REST_BODY] = read_body,
		[GM_REST_STRING_BODY] = gm_read_string_body,
		[GM_REST_ORDERED_BODY] = read_ordered_body,
		[GM_REST_PLACE] = read_place,
		[GM_REST_LATE_BODY] = read_late_body,
		[GM_REST_AGGREGATE] = read_aggregate,
		[GM_REST_SELECT] = gm_read_select,
		[GM_REST_INSERT] = gm_read_insert,
		[GM_REST_UPDATE] = gm_read_update,
		[GM_REST_UPDATE_BY_KEY] = gm_read_update_by_key,
		[GM_REST_MERGE] = gm_read_merge,
		[GM_REST_DELETE] = gm_read_delete,
		[GM_REST_DELETE_FROM] = gm_read_delete_from,
		[GM_REST_WITH] = gm_read_with,
		[GM_REST_RENAMES] = read_renames,
		[GM_REST_SETTING] = read_setting,
		[GM_REST_COMMENT] = read_comment,
		[GM_REST_GRANT] = read_grant,
		[GM_REST_REVOKE] = read_revoke,
		[GM_REST_CONVERT] = read_convert,
		[GM_REST_PATH] = read_path,
		[GM_REST_UNCHECKED] = read_unchecked,
		[GM_REST_UNKNOWN] = read_unknown,
	};

	r->kind = kind;
	r->touches = touches;
	if (readers[rest])
		readers[rest](r);
}
