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
		if (!gm_reading_name(r, &name))
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

/* TO role, role; the same grant twice is as good as once. */
static void read_grant(struct gm_reading *r, unsigned touch)
{
	static const char *const to[] = { "TO", "FROM", NULL };
	char *role;

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

/* From behind the opening quote, 'x' or $x$, to the closing one. */
static void find_inside(const struct gm_reading *r, size_t at, size_t *start,
			size_t *len)
{
	const struct gm_token *token = &r->v[at];
	const char *text = r->lexer.text + token->start;
	const char *quote = memchr(text, '\'', token->len);
	const char *dollar;
	size_t mark = 1;

	if (*text == '$') {
		dollar = memchr(text + 1, '$', token->len - 1);
		mark = dollar ? (size_t)(dollar - text) + 1 : 1;
	} else if (quote) {
		mark = (size_t)(quote - text) + 1;
	}
	*start = token->start + mark;
	*len = token->len > 2 * mark ? token->len - 2 * mark : 0;
}

/*
 * A body in a string isn't looked at when the function is made, and may be
 * in any language: what it seems to name is perhaps used.
 */
void gm_read_string_body(struct gm_reading *r)
{
	struct gm_reading body = *r;
	size_t start;
	size_t len;

	while (r->at < r->end && !gm_reading_is(r, r->at, "AS"))
		r->at++;
	r->at++;
	if (r->at >= r->end || r->v[r->at].type != GM_TOKEN_STRING)
		return;
	find_inside(r, r->at, &start, &len);
	body.v = NULL;
	body.cap = 0;
	body.how |= GM_TOUCH_MAYBE;
	memset(&body.table, 0, sizeof(body.table));
	memset(&body.ctes, 0, sizeof(body.ctes));
	gm_reading_tokens(&body, r->lexer.text, start, len);
	gm_read_query(&body, GM_TOUCH_USE);
	gm_strings_release(&body.ctes);
	free(body.v);
}

/* An index's columns, and WHERE. */
static void read_index(struct gm_reading *r)
{
	gm_read_query(r, GM_TOUCH_USE);
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
				"primary key");
		gm_read_key(r);
		break;
	case GM_REST_KEY:
		gm_read_key(r);
		break;
	case GM_REST_INDEX:
		read_index(r);
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
