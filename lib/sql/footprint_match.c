/*
 * A statement, or a part of one, against a list of patterns: the first that
 * fits names what its captures touch, and says what reads the rest.
 */
#include <string.h>

#include "base/alloc.h"
#include "sql/reading.h"

#define MAX_CAPTURES 4

struct capture {
	enum gm_object_kind kind;
	unsigned touches;
	/* Its first token. */
	size_t at;
	/* IF EXISTS stands before it. */
	bool tolerant;
};

struct match {
	struct capture captures[MAX_CAPTURES];
	size_t n;
	/* What the words in the pattern say of how. */
	unsigned how;
	/* Where the rest begins; set by `^`. */
	size_t rest;
	bool has_rest;
};

/* As it stands in patterns; `touch` is "create", … */
static unsigned touch_named(const char *word, size_t len)
{
	static const struct {
		const char *word;
		unsigned touches;
	} touches[] = {
		{ "create", GM_TOUCH_CREATE },
		{ "scratch", GM_TOUCH_CREATE | GM_TOUCH_MAYBE },
		{ "replace", GM_TOUCH_CREATE | GM_TOUCH_ALTER },
		{ "alter", GM_TOUCH_ALTER },
		/* And what is written is held against it. */
		{ "judge", GM_TOUCH_ALTER | GM_TOUCH_GUARD },
		{ "drop", GM_TOUCH_DROP },
		{ "update", GM_TOUCH_UPDATE },
		{ "insert", GM_TOUCH_INSERT },
		{ "put", GM_TOUCH_INSERT | GM_TOUCH_DELETE },
		{ "merge",
		  GM_TOUCH_UPDATE | GM_TOUCH_INSERT | GM_TOUCH_DELETE },
		{ "delete", GM_TOUCH_DELETE },
		{ "read", GM_TOUCH_READ },
		{ "guard", GM_TOUCH_USE | GM_TOUCH_GUARD },
	};
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(touches); i++)
		if (strlen(touches[i].word) == len &&
		    !memcmp(touches[i].word, word, len))
			return touches[i].touches;
	return GM_TOUCH_USE;
}

static enum gm_object_kind kind_named(const char *word, size_t len)
{
	size_t i;

	for (i = 0; i < GM_OBJECT_COUNT; i++) {
		const char *name = gm_object_kind_name((enum gm_object_kind)i);

		if (strlen(name) == len && !memcmp(name, word, len))
			break;
	}
	return (enum gm_object_kind)i;
}

static bool capture(struct gm_reading *r, struct match *match,
		    const struct gm_pattern_element *element)
{
	const char *colon = memchr(element->start, ':', element->len);
	size_t len = (size_t)(colon - element->start);
	struct capture *c = &match->captures[match->n];
	struct gm_name name;

	c->at = r->at;
	c->tolerant = (match->how & GM_TOUCH_TOLERANT) != 0;
	if (!gm_reading_name(r, &name))
		return false;
	gm_name_release(&name);
	c->touches = touch_named(element->start, len);
	c->kind = kind_named(colon + 1, element->len - len - 1);
	match->n++;
	return true;
}

static bool is_capture(const struct gm_pattern_element *element)
{
	return *element->start >= 'a' && *element->start <= 'z';
}

static bool fits(struct gm_reading *r, struct match *match,
		 const struct gm_pattern_element *element)
{
	if (is_capture(element))
		return capture(r, match, element);
	if (r->at == r->end)
		return *element->start == '$';
	if (!gm_pattern_fits(&r->lexer, &r->v[r->at], element))
		return false;
	if (gm_reading_is(r, r->at, "EXISTS") ||
	    gm_reading_is(r, r->at, "IGNORE"))
		match->how |= GM_TOUCH_TOLERANT;
	if (gm_reading_is(r, r->at, "RENAME") ||
	    gm_reading_is(r, r->at, "CHANGE"))
		match->how |= GM_TOUCH_RENAME;
	r->at++;
	return true;
}

/* Leaves r->at behind what fits, or where it was. */
static bool matches(struct gm_reading *r, const char *pattern,
		    struct match *match)
{
	struct gm_pattern_element element;
	const char *resume = NULL;
	size_t start = r->at;
	size_t skipped = 0;
	size_t captured = 0;

	memset(match, 0, sizeof(*match));
	while (gm_pattern_next(&pattern, &element)) {
		if (*element.start == '^') {
			match->rest = r->at;
			match->has_rest = true;
		} else if (!strncmp(element.start, "...", 3)) {
			resume = pattern;
			skipped = r->at;
			captured = match->n;
		} else if (!fits(r, match, &element) && !element.optional) {
			if (!resume || skipped >= r->end) {
				r->at = start;
				return false;
			}
			skipped = gm_reading_skip(r, skipped);
			r->at = skipped;
			match->n = captured;
			pattern = resume;
		}
	}
	return true;
}

static bool is_relation(enum gm_object_kind kind)
{
	return kind == GM_OBJECT_TABLE || kind == GM_OBJECT_VIEW;
}

/* The table that the statement is about is the first one it names; a type,
 * too, has parts. */
static void find_table(struct gm_reading *r, const struct match *match)
{
	size_t i;

	for (i = 0; i < match->n && !r->table.name; i++) {
		const struct capture *c = &match->captures[i];

		r->at = c->at;
		if (is_relation(c->kind) || c->kind == GM_OBJECT_TYPE)
			gm_reading_name(r, &r->table);
	}
}

static void add_capture(struct gm_reading *r, const struct match *match,
			const struct capture *c)
{
	unsigned touches = c->touches;
	unsigned parts = r->rules->in_table | 1u << GM_OBJECT_INDEX |
			 1u << GM_OBJECT_TRIGGER;
	const char *schema;
	const char *owner = NULL;
	struct gm_name name;

	if (touches & (GM_TOUCH_CREATE | GM_TOUCH_DROP | GM_TOUCH_INSERT))
		touches |= match->how;
	else if (touches == GM_TOUCH_USE && c == match->captures && c->tolerant)
		touches |= GM_TOUCH_TOLERANT;
	r->at = c->at;
	if (c->kind == GM_OBJECT_FUNCTION &&
	    (touches & (GM_TOUCH_CREATE | GM_TOUCH_ALTER | GM_TOUCH_DROP)))
		gm_read_callable(r, &name);
	else
		gm_reading_name(r, &name);
	schema = name.schema;
	if (c->kind == GM_OBJECT_COLUMN && name.schema) {
		/* table.column; the table's schema is lost. */
		owner = name.schema;
		schema = NULL;
		gm_reading_add(r, GM_OBJECT_TABLE, GM_TOUCH_USE, NULL, NULL,
			       owner);
	} else if (parts & 1u << c->kind) {
		owner = r->table.name;
		schema = schema ? schema : r->table.schema;
	}
	gm_reading_add(r, c->kind, touches, schema, owner, name.name);
	gm_name_release(&name);
}

static void take(struct gm_reading *r, const struct match *match,
		 enum gm_rest rest)
{
	const struct capture *first = &match->captures[0];
	size_t behind = match->has_rest ? match->rest : r->at;
	size_t i;

	find_table(r, match);
	for (i = 0; i < match->n; i++)
		add_capture(r, match, &match->captures[i]);
	r->at = behind;
	gm_reading_rest(r, rest, match->n ? first->kind : GM_OBJECT_TABLE,
			match->n ? first->touches | match->how : 0);
}

bool gm_reading_apply(struct gm_reading *r,
		      const struct gm_footprint_rule *rules)
{
	struct match match;

	for (; rules->pattern; rules++) {
		if (!matches(r, rules->pattern, &match))
			continue;
		take(r, &match, rules->rest);
		return true;
	}
	return false;
}
