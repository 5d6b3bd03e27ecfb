/*
 * A session's things: temporary tables, variables and the like, found by the
 * names that statements have for them.
 */
#include "sql/held.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

bool gm_held_is_variable(const struct gm_held *held, size_t at)
{
	const struct gm_reading *r = &held->tokens;
	const char *text = at < r->n ? r->lexer.text + r->v[at].start : "";

	return at < r->n && r->v[at].type == GM_TOKEN_PARAMETER &&
	       *text == '@' && r->v[at].len > 1 && text[1] != '@';
}

void gm_held_bare(const struct gm_held *held, size_t at, const char **text,
		  size_t *len)
{
	const struct gm_token *token = &held->tokens.v[at];

	*text = held->tokens.lexer.text + token->start;
	*len = token->len;
	if (gm_held_is_variable(held, at)) {
		++*text;
		--*len;
	}
	if (*len > 1 && strchr("`\"['", **text)) {
		++*text;
		*len -= 2;
	}
}

static bool has_name(const struct gm_held *held, size_t at,
		     const struct gm_thing *thing)
{
	const char *text;
	size_t len;
	size_t i;

	gm_held_bare(held, at, &text, &len);
	if (strlen(thing->name) != len)
		return false;
	for (i = 0; i < len; i++)
		if (gm_upper(text[i]) != gm_upper(thing->name[i]))
			return false;
	return true;
}

struct gm_thing *gm_held_find(const struct gm_held *held,
			      enum gm_held_kind kind, size_t at)
{
	size_t i;

	for (i = 0; i < held->n; i++)
		if (held->v[i].kind == kind && has_name(held, at, &held->v[i]))
			return &held->v[i];
	return NULL;
}

static void remove_thing(struct gm_held *held, struct gm_thing *thing)
{
	free(thing->name);
	*thing = held->v[--held->n];
}

void gm_held_drop(struct gm_held *held, enum gm_held_kind kind, size_t at)
{
	struct gm_thing *thing = at < held->tokens.n
					 ? gm_held_find(held, kind, at)
					 : NULL;

	if (thing)
		remove_thing(held, thing);
}

void gm_held_drop_all(struct gm_held *held, unsigned kinds)
{
	size_t i;

	for (i = held->n; i-- > 0;)
		if (kinds & 1u << held->v[i].kind)
			remove_thing(held, &held->v[i]);
}

void gm_held_keep(struct gm_held *held, enum gm_held_kind kind, size_t at,
		  bool lost)
{
	struct gm_thing *thing;
	const char *text;
	size_t len;

	if (at >= held->tokens.n)
		return;
	gm_held_drop(held, kind, at);
	gm_held_bare(held, at, &text, &len);
	GM_GROW(held->v, held->n, held->cap);
	thing = &held->v[held->n++];
	thing->kind = kind;
	thing->name = gm_strndup(text, len);
	thing->maker = held->index;
	thing->lost = lost;
}

const struct gm_thing *gm_held_first_lost(const struct gm_held *held,
					  unsigned kinds)
{
	size_t i;

	for (i = 0; i < held->n; i++)
		if (held->v[i].lost && kinds & (1u << held->v[i].kind))
			return &held->v[i];
	return NULL;
}

const struct gm_thing *gm_held_lost_table(const struct gm_held *held)
{
	size_t i;

	for (i = 0; i < held->tokens.n; i++) {
		enum gm_token_type type = held->tokens.v[i].type;
		const struct gm_thing *table =
			type == GM_TOKEN_WORD || type == GM_TOKEN_QUOTED
				? gm_held_find(held, GM_HELD_TABLE, i)
				: NULL;

		if (table && table->lost)
			return table;
	}
	return NULL;
}

void gm_held_release(struct gm_held *held)
{
	gm_held_drop_all(held, ~0u);
	free(held->v);
	free(held->tokens.v);
	memset(held, 0, sizeof(*held));
}
