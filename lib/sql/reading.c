/*
 * What all readers of a statement share: its tokens, its names, and the list
 * of what it touches.
 */
#include "sql/reading.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void gm_reading_tokens(struct gm_reading *r, const char *text, size_t start,
		       size_t len)
{
	struct gm_lexer *lexer = &r->lexer;
	struct gm_token token;

	lexer->text = text;
	lexer->pos = start;
	lexer->len = start + len;
	lexer->in_live_comment = false;
	r->n = 0;
	for (;;) {
		gm_lexer_next_code(lexer, &token);
		if (token.type == GM_TOKEN_END)
			break;
		GM_GROW(r->v, r->n, r->cap);
		r->v[r->n++] = token;
	}
	r->at = 0;
	r->end = r->n;
}

bool gm_reading_is(const struct gm_reading *r, size_t at, const char *word)
{
	return at < r->end && gm_token_is(&r->lexer, &r->v[at], word);
}

bool gm_reading_in(const struct gm_reading *r, size_t at,
		   const char *const *words)
{
	return at < r->end && gm_token_in(&r->lexer, &r->v[at], words);
}

bool gm_reading_ends(const struct gm_reading *r, size_t at, const char *word)
{
	size_t len = strlen(word);
	struct gm_token end;

	if (at >= r->end || r->v[at].len < len)
		return false;
	end = r->v[at];
	end.start += end.len - len;
	end.len = len;
	return gm_token_is(&r->lexer, &end, word);
}

bool gm_reading_sign(const struct gm_reading *r, size_t at, char sign)
{
	return at < r->end && gm_token_is_sign(&r->lexer, &r->v[at], sign);
}

size_t gm_reading_skip(const struct gm_reading *r, size_t at)
{
	size_t depth = 0;

	do {
		if (gm_reading_sign(r, at, '('))
			depth++;
		else if (depth && gm_reading_sign(r, at, ')'))
			depth--;
		at++;
	} while (depth && at < r->end);
	return at < r->end ? at : r->end;
}

size_t gm_reading_comma(const struct gm_reading *r, size_t at)
{
	while (at < r->end && !gm_reading_sign(r, at, ','))
		at = gm_reading_skip(r, at);
	return at;
}

size_t gm_reading_find(const struct gm_reading *r, size_t at,
		       const char *const *words)
{
	while (at < r->end && !gm_reading_in(r, at, words))
		at = gm_reading_skip(r, at);
	return at;
}

bool gm_reading_is_name(const struct gm_reading *r, size_t at)
{
	return at < r->end && (r->v[at].type == GM_TOKEN_WORD ||
			       r->v[at].type == GM_TOKEN_QUOTED ||
			       r->v[at].type == GM_TOKEN_STRING);
}

static char fold_byte(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

static void add_utf8(struct gm_strbuf *out, unsigned long c)
{
	if (c < 0x80) {
		gm_strbuf_addc(out, (char)c);
		return;
	}
	if (c < 0x800) {
		gm_strbuf_addc(out, (char)(0xc0 | c >> 6));
	} else {
		if (c < 0x10000) {
			gm_strbuf_addc(out, (char)(0xe0 | c >> 12));
		} else {
			gm_strbuf_addc(out, (char)(0xf0 | (c >> 18 & 7)));
			gm_strbuf_addc(out, (char)(0x80 | (c >> 12 & 0x3f)));
		}
		gm_strbuf_addc(out, (char)(0x80 | (c >> 6 & 0x3f)));
	}
	gm_strbuf_addc(out, (char)(0x80 | (c & 0x3f)));
}

/* What a backslash at `p` stands for in U&"x": \0061, \+000061, two of them
 * for one. Returns how many bytes that takes; 0: nothing. */
static size_t read_escape(const char *p, const char *end, struct gm_strbuf *out)
{
	size_t from = p + 1 < end && p[1] == '+' ? 2 : 1;
	size_t digits = from == 2 ? 6 : 4;
	char hex[8];

	if (p + 1 < end && p[1] == '\\') {
		gm_strbuf_addc(out, '\\');
		return 2;
	}
	if ((size_t)(end - p) < from + digits)
		return 0;
	memcpy(hex, p + from, digits);
	hex[digits] = '\0';
	if (strspn(hex, "0123456789abcdefABCDEF") != digits ||
	    !strtoul(hex, NULL, 16))
		return 0;
	add_utf8(out, strtoul(hex, NULL, 16));
	return from + digits;
}

/* To as many bytes as a name may have, and to whole characters. */
static void cut(struct gm_strbuf *name, size_t max)
{
	if (!max || name->len <= max)
		return;
	while (max && ((unsigned char)name->buf[max] & 0xc0) == 0x80)
		max--;
	name->buf[max] = '\0';
	name->len = max;
}

char *gm_reading_fold(const struct gm_reading *r, size_t at)
{
	const struct gm_token *token = &r->v[at];
	const char *p = r->lexer.text + token->start;
	const char *end = p + token->len;
	bool quoted = token->type != GM_TOKEN_WORD;
	bool fold = !quoted || (r->rules->flags & GM_FOLD_QUOTED);
	bool escapes = token->len > 2 && (*p == 'U' || *p == 'u') &&
		       p[1] == '&';
	struct gm_strbuf out = { 0 };
	char close = '\0';

	/* A prefix, as in U&"x", is no part of the name. */
	while (quoted && p < end && !close) {
		close = strchr("'\"`[", *p) ? *p : '\0';
		p++;
	}
	if (close == '[')
		close = ']';
	for (; p < end; p++) {
		size_t taken = escapes && *p == '\\' ? read_escape(p, end, &out)
						     : 0;

		if (taken) {
			p += taken - 1;
			continue;
		}
		if (close && *p == close) {
			if (p + 1 == end || p[1] != close)
				break;
			p++;
		}
		gm_strbuf_addc(&out, fold ? fold_byte(*p) : *p);
	}
	cut(&out, r->rules->name_max);
	return out.buf ? gm_strbuf_take(&out) : gm_strdup("");
}

void gm_name_release(struct gm_name *name)
{
	free(name->schema);
	free(name->name);
	memset(name, 0, sizeof(*name));
}

bool gm_reading_name(struct gm_reading *r, struct gm_name *name)
{
	memset(name, 0, sizeof(*name));
	if (!gm_reading_is_name(r, r->at))
		return false;
	name->name = gm_reading_fold(r, r->at++);
	while (gm_reading_sign(r, r->at, '.') &&
	       gm_reading_is_name(r, r->at + 1)) {
		free(name->schema);
		name->schema = name->name;
		name->name = gm_reading_fold(r, r->at + 1);
		r->at += 2;
	}
	return true;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Halves of a rename, and what is or isn't tolerant, stay apart. */
static bool can_merge(const struct gm_object *o, enum gm_object_kind kind,
		      unsigned touches)
{
	unsigned whole = GM_TOUCH_CREATE | GM_TOUCH_DROP | GM_TOUCH_MAYBE |
			 GM_TOUCH_LATE;

	return o->kind == kind && (o->touches & whole) == (touches & whole) &&
	       !(touches & (GM_TOUCH_CREATE | GM_TOUCH_DROP));
}

void gm_reading_add(struct gm_reading *r, enum gm_object_kind kind,
		    unsigned touches, const char *schema, const char *owner,
		    const char *name)
{
	struct gm_footprint *out = r->out;
	struct gm_object *o;
	size_t i;

	touches |= r->how | (r->elsewhere && !schema ? GM_TOUCH_MAYBE : 0);
	/* Whoever takes a part away looks for what is kept that names it. */
	if (owner)
		touches &= ~(unsigned)GM_TOUCH_LATE;
	if (r->unchecked && kind == GM_OBJECT_TABLE &&
	    (touches & GM_TOUCH_DROP) && !(touches & GM_TOUCH_RENAME))
		touches |= GM_TOUCH_DELETE;
	for (i = r->first; i < out->n; i++) {
		o = &out->v[i];
		if (can_merge(o, kind, touches) && !strcmp(o->name, name) &&
		    same_text(o->schema, schema) &&
		    same_text(o->owner, owner)) {
			o->touches |= touches;
			return;
		}
	}
	GM_GROW(out->v, out->n, out->cap);
	o = &out->v[out->n++];
	memset(o, 0, sizeof(*o));
	o->kind = kind;
	o->touches = touches;
	o->schema = gm_strdup_null(schema);
	o->owner = gm_strdup_null(owner);
	o->name = gm_strdup(name);
	o->line = r->line;
	memcpy(o->statement, r->statement, GM_HASH_HEX);
}

void gm_reading_named(struct gm_reading *r, enum gm_object_kind kind,
		      unsigned touches)
{
	struct gm_name name;

	if (!gm_reading_name(r, &name))
		return;
	gm_reading_add(r, kind, touches, name.schema, NULL, name.name);
	gm_name_release(&name);
}

void gm_reading_part(struct gm_reading *r, enum gm_object_kind kind,
		     unsigned touches, const char *name)
{
	gm_reading_add(r, kind, touches, r->table.schema, r->table.name, name);
}

void gm_reading_unknown(struct gm_reading *r, const char *reason)
{
	struct gm_footprint *out = r->out;

	GM_GROW(out->unknown, out->n_unknown, out->cap_unknown);
	out->unknown[out->n_unknown].line = r->line;
	out->unknown[out->n_unknown++].reason = gm_strdup(reason);
}
