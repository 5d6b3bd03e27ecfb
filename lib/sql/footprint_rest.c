/*
 * What stands behind a pattern: one small reader for each sort of rest.
 */
#include <stdlib.h>
#include <string.h>

#include "sql/reading.h"

/* ", b, c" behind the name that the pattern has captured. */
static void read_names(struct gm_reading *r, enum gm_object_kind kind,
		       unsigned touches)
{
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
		gm_reading_add(r, kind, touches, name.schema, NULL, name.name);
		gm_name_release(&name);
	}
}

static void read_drop(struct gm_reading *r, enum gm_object_kind kind,
		      unsigned touches)
{
	static const char *const cascade[] = { "CASCADE", NULL };

	if ((r->rules->flags & GM_CASCADES) &&
	    gm_reading_find(r, r->at, cascade) < r->end)
		gm_reading_unknown(r, "CASCADE may drop anything");
	read_names(r, kind, touches);
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
static void read_grant(struct gm_reading *r, unsigned touch)
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

/* At the column's name: SET DEFAULT f(), DROP DEFAULT. */
static void read_default(struct gm_reading *r)
{
	char *column = gm_reading_fold(r, r->at);
	char *name = gm_format("%s default", column);

	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER, name);
	free(name);
	free(column);
	gm_read_definition(r);
}

/* A column's new type, and the expression that makes its values. */
static void read_new_type(struct gm_reading *r)
{
	static const char *const words[] = { "USING", NULL };
	size_t at = gm_reading_find(r, r->at, words);

	gm_read_column(r);
	r->at = at + 1;
	if (r->at < r->end)
		gm_read_query(r, GM_TOUCH_USE | GM_TOUCH_READ);
}

/* Rows come or go along with a partition, and what bounds others have isn't
 * told. */
static void read_partition(struct gm_reading *r)
{
	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER | GM_TOUCH_MAYBE,
			"partitions");
	gm_reading_add(r, GM_OBJECT_TABLE,
		       GM_TOUCH_USE | GM_TOUCH_DELETE | GM_TOUCH_GUARD,
		       r->table.schema, NULL, r->table.name);
}

/* TRUNCATE, unlike DELETE, isn't done where a foreign key refers to it. */
static void read_truncate(struct gm_reading *r, enum gm_object_kind kind,
			  unsigned touches)
{
	size_t first = r->out->n;
	size_t i;

	gm_reading_part(r, GM_OBJECT_SETTING, GM_TOUCH_USE, "truncate");
	read_drop(r, kind, touches);
	for (i = first; i < r->out->n; i++)
		if (r->out->v[i].kind == GM_OBJECT_TABLE)
			gm_reading_add(r, GM_OBJECT_SETTING, GM_TOUCH_USE,
				       r->out->v[i].schema, r->out->v[i].name,
				       "truncate");
}

/* A setting of the database, which is written where a value follows. */
static void read_pragma(struct gm_reading *r)
{
	char *name = gm_reading_fold(r, r->at);

	gm_reading_add(r, GM_OBJECT_SETTING, GM_TOUCH_ALTER, NULL, "pragma",
		       name);
	free(name);
}

/* Behind a statement's first words anything may follow; it isn't read. */
static void read_unknown(struct gm_reading *r)
{
	gm_reading_unknown(r, "this may touch anything");
}

void gm_reading_rest(struct gm_reading *r, enum gm_rest rest,
		     enum gm_object_kind kind, unsigned touches)
{
	switch (rest) {
	case GM_REST_NONE:
		break;
	case GM_REST_NAMES:
		read_names(r, kind, touches);
		break;
	case GM_REST_DROP:
		read_drop(r, kind, touches);
		break;
	case GM_REST_TABLE:
		gm_read_table(r);
		break;
	case GM_REST_CHANGES:
		gm_read_changes(r);
		break;
	case GM_REST_COLUMN:
		gm_read_column(r);
		break;
	case GM_REST_DEFINITION:
		gm_read_definition(r);
		break;
	case GM_REST_PRIMARY:
	case GM_REST_NO_PRIMARY:
		gm_reading_part(r, GM_OBJECT_CONSTRAINT,
				rest == GM_REST_PRIMARY ? GM_TOUCH_CREATE
							: GM_TOUCH_DROP,
				GM_PRIMARY_KEY);
		if (r->rules->name_max && rest == GM_REST_PRIMARY)
			gm_imply(r, GM_OBJECT_INDEX, "", "pkey");
		gm_read_key(r);
		break;
	case GM_REST_KEY:
		gm_read_key(r);
		break;
	case GM_REST_INDEX:
		read_index(r);
		break;
	case GM_REST_NAMELESS_INDEX:
		read_nameless_index(r);
		break;
	case GM_REST_DEFAULT:
		read_default(r);
		break;
	case GM_REST_TYPE:
		read_new_type(r);
		break;
	case GM_REST_ATTACH:
		gm_reading_part(r, GM_OBJECT_COLUMN, GM_TOUCH_USE, "*");
		read_partition(r);
		break;
	case GM_REST_PARTITION:
		read_partition(r);
		break;
	case GM_REST_TRUNCATE:
		read_truncate(r, kind, touches);
		break;
	case GM_REST_TRIGGER:
		gm_read_trigger(r);
		break;
	case GM_REST_VIRTUAL:
		gm_read_virtual(r);
		break;
	case GM_REST_PRAGMA:
		read_pragma(r);
		break;
	case GM_REST_UNIQUE:
		gm_imply_listed(r, GM_OBJECT_INDEX, r->at, "key");
		gm_read_key(r);
		break;
	case GM_REST_FOREIGN:
		gm_imply_listed(r, GM_OBJECT_CONSTRAINT, r->at, "fkey");
		gm_read_key(r);
		break;
	case GM_REST_CHECK:
		gm_imply_check(r);
		gm_read_key(r);
		break;
	case GM_REST_UNIQUE_ITEM:
		gm_imply_listed(r, GM_OBJECT_INDEX, r->at, "key");
		gm_read_definition(r);
		break;
	case GM_REST_PRIMARY_ITEM:
		if (r->rules->name_max)
			gm_imply(r, GM_OBJECT_INDEX, "", "pkey");
		gm_read_definition(r);
		break;
	case GM_REST_ITEMS:
		gm_read_items(r);
		break;
	case GM_REST_VIEW:
	case GM_REST_BODY:
		gm_read_body(r, rest == GM_REST_VIEW);
		break;
	case GM_REST_STRING_BODY:
		gm_read_string_body(r);
		break;
	case GM_REST_SELECT:
		gm_read_select(r);
		break;
	case GM_REST_INSERT:
		gm_read_insert(r);
		break;
	case GM_REST_UPDATE:
		gm_read_update(r);
		break;
	case GM_REST_DELETE:
		gm_read_query(r, GM_TOUCH_USE | GM_TOUCH_READ);
		break;
	case GM_REST_WITH:
		gm_read_with(r);
		break;
	case GM_REST_RENAMES:
		read_renames(r);
		break;
	case GM_REST_SETTING:
		read_setting(r);
		break;
	case GM_REST_GRANT:
		read_grant(r, GM_TOUCH_CREATE);
		break;
	case GM_REST_REVOKE:
		read_grant(r, GM_TOUCH_DROP);
		break;
	case GM_REST_UNKNOWN:
		read_unknown(r);
		break;
	}
}
