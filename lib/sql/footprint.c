/*
 * From a script to its footprint: each statement is held against the
 * dialect's rules, and what they don't know is unknown.
 */
#include "sql/footprint.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/fingerprint.h"
#include "sql/reading.h"

/* "'DO' can't be told": the statement's first word or two. */
static void add_unknown(struct gm_reading *r)
{
	struct gm_strbuf reason = { 0 };
	size_t i;

	gm_strbuf_addc(&reason, '\'');
	for (i = 0; i < 2 && i < r->n && r->v[i].type == GM_TOKEN_WORD; i++) {
		gm_strbuf_adds(&reason, i ? " " : "");
		gm_strbuf_add(&reason, r->lexer.text + r->v[i].start,
			      r->v[i].len);
	}
	gm_strbuf_adds(&reason, "' may touch anything");
	gm_reading_unknown(r, gm_strbuf_str(&reason));
	gm_strbuf_release(&reason);
}

static void read_statement(struct gm_reading *r)
{
	if (r->n && !gm_reading_apply(r, r->rules->statements))
		add_unknown(r);
	gm_name_release(&r->table);
	gm_strings_release(&r->ctes);
}

void gm_footprint_add(struct gm_footprint *footprint,
		      const struct gm_dialect *dialect, const char *sql,
		      size_t len, size_t line)
{
	struct gm_reading r = { .dialect = dialect,
				.rules = dialect->footprint,
				.out = footprint };
	struct gm_splitter splitter;
	struct gm_statement statement;
	struct gm_error err = { 0 };
	int ret;

	footprint->dialect = dialect;
	gm_splitter_init(&splitter, dialect, sql, len);
	while ((ret = gm_splitter_next(&splitter, &statement, &err)) > 0) {
		r.lexer = splitter.lexer;
		r.line = line + statement.line - 1;
		r.first = footprint->n;
		r.how = 0;
		r.depth = 0;
		gm_fingerprint(dialect, sql + statement.start, statement.len,
			       r.statement);
		gm_reading_tokens(&r, sql, statement.start, statement.len);
		read_statement(&r);
	}
	if (ret < 0) {
		r.line = line + splitter.line - 1;
		gm_reading_unknown(&r, err.message);
	}
	gm_error_release(&err);
	free(r.v);
}

void gm_footprint_release(struct gm_footprint *footprint)
{
	size_t i;

	if (!footprint)
		return;
	for (i = 0; i < footprint->n; i++) {
		free(footprint->v[i].schema);
		free(footprint->v[i].owner);
		free(footprint->v[i].name);
	}
	for (i = 0; i < footprint->n_unknown; i++)
		free(footprint->unknown[i].reason);
	free(footprint->v);
	free(footprint->unknown);
	memset(footprint, 0, sizeof(*footprint));
}

const char *gm_object_kind_name(enum gm_object_kind kind)
{
	static const char *const names[GM_OBJECT_COUNT] = {
		[GM_OBJECT_TABLE] = "table",
		[GM_OBJECT_VIEW] = "view",
		[GM_OBJECT_INDEX] = "index",
		[GM_OBJECT_SEQUENCE] = "sequence",
		[GM_OBJECT_TYPE] = "type",
		[GM_OBJECT_FUNCTION] = "function",
		[GM_OBJECT_PROCEDURE] = "procedure",
		[GM_OBJECT_TRIGGER] = "trigger",
		[GM_OBJECT_POLICY] = "policy",
		[GM_OBJECT_SCHEMA] = "schema",
		[GM_OBJECT_EXTENSION] = "extension",
		[GM_OBJECT_ROLE] = "role",
		[GM_OBJECT_GRANT] = "grant",
		[GM_OBJECT_EVENT] = "event",
		[GM_OBJECT_COLUMN] = "column",
		[GM_OBJECT_CONSTRAINT] = "constraint",
		[GM_OBJECT_VALUE] = "value",
		[GM_OBJECT_SETTING] = "setting",
	};

	return names[kind];
}

const char *gm_object_verb(const struct gm_object *object)
{
	static const struct {
		unsigned touches;
		const char *verb;
		const char *undone;
	} verbs[] = {
		{ GM_TOUCH_RENAME, "renames", "no longer renames" },
		{ GM_TOUCH_DROP, "drops", "no longer creates" },
		{ GM_TOUCH_CREATE, "creates", "no longer drops" },
		{ GM_TOUCH_ALTER, "alters", "no longer alters" },
		{ GM_TOUCH_UPDATE | GM_TOUCH_INSERT | GM_TOUCH_DELETE, "writes",
		  "no longer writes" },
		{ GM_TOUCH_READ, "reads", NULL },
		{ GM_TOUCH_GUARD, "guards", NULL },
	};
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(verbs); i++)
		if (object->touches & verbs[i].touches)
			return object->touches & GM_TOUCH_UNDONE
				       ? verbs[i].undone
				       : verbs[i].verb;
	return "uses";
}

void gm_object_name(const struct gm_object *object, struct gm_strbuf *out)
{
	bool on = object->kind == GM_OBJECT_INDEX ||
		  object->kind == GM_OBJECT_TRIGGER ||
		  object->kind == GM_OBJECT_POLICY;

	if (object->schema)
		gm_strbuf_addf(out, "%s.", object->schema);
	if (object->owner && !on)
		gm_strbuf_addf(out, "%s.", object->owner);
	gm_strbuf_adds(out, object->name);
	if (object->owner && on)
		gm_strbuf_addf(out, " on %s", object->owner);
}
