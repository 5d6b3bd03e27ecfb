/*
 * Routines: what tells them from others of their name, and their bodies; and
 * triggers that call them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/reading.h"

/* Types of several words, by the first; and others that have two names. */
static const struct {
	const char *word;
	/* May follow: then it is `more`. */
	const char *next;
	const char *more;
	const char *type;
} types[] = {
	{ "int", NULL, NULL, "int4" },
	{ "integer", NULL, NULL, "int4" },
	{ "bigint", NULL, NULL, "int8" },
	{ "smallint", NULL, NULL, "int2" },
	{ "boolean", NULL, NULL, "bool" },
	{ "decimal", NULL, NULL, "numeric" },
	{ "dec", NULL, NULL, "numeric" },
	{ "real", NULL, NULL, "float4" },
	{ "float", NULL, NULL, "float8" },
	{ "double", "PRECISION", "float8", "float8" },
	{ "character", "VARYING", "varchar", "bpchar" },
	{ "char", "VARYING", "varchar", "bpchar" },
	{ "nchar", "VARYING", "varchar", "bpchar" },
	{ "bit", "VARYING", "varbit", "bit" },
	{ "timestamp", "WITH", "timestamptz", "timestamp" },
	{ "timestamp", "WITHOUT", "timestamp", "timestamp" },
	{ "time", "WITH", "timetz", "time" },
	{ "time", "WITHOUT", "time", "time" },
};

/* Whether two words here are one type. */
static bool is_long_type(const struct gm_reading *r, size_t at)
{
	char *word = gm_reading_fold(r, at);
	bool found = gm_reading_is(r, at, "NATIONAL");
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(types) && !found; i++)
		found = types[i].next && !strcmp(word, types[i].word) &&
			gm_reading_is(r, at + 1, types[i].next);
	free(word);
	return found;
}

/* The type at r->at by its shortest name, "[]" behind it where it is an
 * array; NULL: none is there. Adds what may be the project's own. */
static char *read_type(struct gm_reading *r)
{
	struct gm_name name;
	const char *type = NULL;
	char *text;
	size_t i;

	r->at += gm_reading_is(r, r->at, "NATIONAL");
	if (!gm_reading_name(r, &name))
		return NULL;
	if (gm_reading_sign(r, r->at, '('))
		r->at = gm_reading_skip(r, r->at);
	for (i = 0; i < GM_ARRAY_SIZE(types); i++) {
		if (strcmp(name.name, types[i].word) != 0)
			continue;
		if (types[i].next && gm_reading_is(r, r->at, types[i].next)) {
			type = types[i].more;
			break;
		}
		type = types[i].type;
	}
	if (!type)
		gm_reading_add(r, GM_OBJECT_TYPE, GM_TOUCH_USE, name.schema,
			       NULL, name.name);
	while (r->at < r->end && !gm_reading_sign(r, r->at, '[') &&
	       !gm_reading_is(r, r->at, "ARRAY"))
		r->at++;
	text = gm_format("%s%s", type ? type : name.name,
			 r->at < r->end ? "[]" : "");
	gm_name_release(&name);
	return text;
}

/* [mode] [name] [mode] type, up to r->end. NULL: it is no part of a call. */
static char *read_argument(struct gm_reading *r)
{
	static const char *const modes[] = { "IN", "INOUT", "VARIADIC", NULL };

	r->at += gm_reading_in(r, r->at, modes);
	if (!gm_reading_is(r, r->at, "OUT") &&
	    gm_reading_is_name(r, r->at + 1) && !is_long_type(r, r->at))
		r->at++;
	if (gm_reading_is(r, r->at, "OUT"))
		return NULL;
	r->at += gm_reading_in(r, r->at, modes);
	return read_type(r);
}

/* (a int, text = 'x') at r->at: adds "(int4,text)", and leaves r->at behind
 * it. */
static void read_signature(struct gm_reading *r, struct gm_strbuf *out)
{
	size_t end = r->end;
	size_t behind = gm_reading_skip(r, r->at);
	size_t last = behind - gm_reading_sign(r, behind - 1, ')');
	size_t n = 0;
	size_t at = r->at + 1;

	gm_strbuf_addc(out, '(');
	while (at < last) {
		size_t comma = at;
		char *type;

		while (comma < last && !gm_reading_sign(r, comma, ','))
			comma = gm_reading_skip(r, comma);
		comma = comma < last ? comma : last;
		r->end = at;
		while (r->end < comma &&
		       !gm_token_is(&r->lexer, &r->v[r->end], "DEFAULT") &&
		       !gm_token_is_sign(&r->lexer, &r->v[r->end], '='))
			r->end++;
		r->at = at;
		type = read_argument(r);
		if (type)
			gm_strbuf_addf(out, "%s%s", n++ ? "," : "", type);
		free(type);
		r->end = end;
		at = comma + 1;
	}
	gm_strbuf_addc(out, ')');
	r->at = behind;
}

bool gm_read_callable(struct gm_reading *r, struct gm_name *name)
{
	struct gm_strbuf text = { 0 };

	if (!gm_reading_name(r, name))
		return false;
	if (!(r->rules->flags & GM_OVERLOADS) ||
	    !gm_reading_sign(r, r->at, '('))
		return true;
	gm_strbuf_adds(&text, name->name);
	read_signature(r, &text);
	free(name->name);
	name->name = gm_strbuf_take(&text);
	return true;
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
static void read_string(struct gm_reading *r)
{
	struct gm_reading body = *r;
	size_t start;
	size_t len;

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

static void read_returned_type(struct gm_reading *r)
{
	size_t end = r->end;

	r->at++;
	r->at += gm_reading_is(r, r->at, "SETOF");
	if (gm_reading_is(r, r->at, "TABLE"))
		return;
	r->end = r->at + 2 < end ? r->at + 2 : end;
	free(read_type(r));
	r->end = end;
}

/* A body that is no string is read when the function is made. */
void gm_read_string_body(struct gm_reading *r)
{
	static const char *const words[] = { "RETURNS", "AS", "RETURN", "BEGIN",
					     NULL };
	size_t from = r->at;

	while ((r->at = gm_reading_find(r, r->at, words)) < r->end &&
	       gm_reading_is(r, r->at, "RETURNS")) {
		from = r->at + 1;
		read_returned_type(r);
		r->at = from;
	}
	if (gm_reading_is(r, r->at, "AS")) {
		r->at++;
		read_string(r);
	} else if (r->at < r->end) {
		r->at++;
		r->at += gm_reading_is(r, r->at, "ATOMIC");
		gm_read_query(r, GM_TOUCH_USE);
	}
}

/* UPDATE OF a, b ON t … WHEN (NEW.a > 0): what stands before the call. */
void gm_read_trigger(struct gm_reading *r)
{
	static const char *const of[] = { "OF", "ON", NULL };
	static const char *const when[] = { "WHEN", NULL };
	size_t end = r->end;
	size_t at = gm_reading_find(r, r->at, when);

	r->at = gm_reading_find(r, r->at, of);
	if (gm_reading_is(r, r->at, "OF"))
		while (++r->at < r->end && !gm_reading_is(r, r->at, "ON"))
			if (gm_reading_is_name(r, r->at)) {
				char *name = gm_reading_fold(r, r->at);

				gm_reading_part(r, GM_OBJECT_COLUMN,
						GM_TOUCH_USE, name);
				free(name);
			}
	r->at = at + 1;
	if (r->at < end) {
		r->end = gm_reading_skip(r, r->at);
		gm_read_query(r, GM_TOUCH_USE);
		r->end = end;
	}
}
