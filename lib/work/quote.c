/*
 * Finds the statement again by its line: a footprint keeps no text.
 */
#include "work/quote.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "sql/split.h"

/* A longer statement is shown in part. */
#define QUOTE_MAX 8

/* How much of the beginning is shown then. */
#define QUOTE_HEAD 3

char *gm_object_text(const struct gm_object *object)
{
	struct gm_strbuf name = { 0 };
	char *text;

	gm_object_name(object, &name);
	text = gm_format("%s %s '%s'", gm_object_verb(object),
			 gm_object_kind_name(object->kind),
			 gm_strbuf_str(&name));
	gm_strbuf_release(&name);
	return text;
}

/* The statement that starts on that line of the file. */
static bool find_statement(const struct gm_section *up,
			   const struct gm_dialect *dialect, size_t line,
			   struct gm_statement *out)
{
	struct gm_splitter splitter;

	gm_splitter_init(&splitter, dialect, up->sql, up->len);
	while (gm_splitter_next(&splitter, out, NULL) > 0)
		if (up->line + out->line - 1 == line)
			return true;
	return false;
}

static void add_line(struct gm_quote *out, size_t number, const char *text,
		     size_t len)
{
	GM_GROW(out->v, out->n, out->cap);
	out->v[out->n++] = (struct gm_quoted_line){ number, text, len };
}

static bool names_it(const char *text, size_t len, const char *name)
{
	size_t n = strlen(name);
	size_t i;

	for (i = 0; i + n <= len; i++)
		if (!strncasecmp(text + i, name, n))
			return true;
	return false;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t n = 1;
	size_t i;

	for (i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* From the beginning of the line that it starts on. */
static void quote_statement(struct gm_quote *out, const struct gm_section *up,
			    const struct gm_statement *statement,
			    const struct gm_object *object)
{
	const char *p = up->sql + statement->start;
	const char *end = p + statement->len;
	size_t number = object->line;
	bool whole;

	while (p > up->sql && p[-1] != '\n')
		p--;
	/* The semicolon, or whatever ends it, and a comment behind it. */
	while (end < up->sql + up->len && *end != '\n')
		end++;
	whole = count_lines(p, (size_t)(end - p)) <= QUOTE_MAX;
	for (; p < end; number++) {
		const char *stop = memchr(p, '\n', (size_t)(end - p));
		size_t len = (size_t)((stop ? stop : end) - p);
		bool gap = out->n && !out->v[out->n - 1].number;

		if (whole || number < object->line + QUOTE_HEAD ||
		    (out->n < QUOTE_MAX && names_it(p, len, object->name)))
			add_line(out, number, p, len);
		else if (!gap)
			add_line(out, 0, "", 0);
		p += len + 1;
	}
}

void gm_quote_object(struct gm_quote *out, const struct gm_migration *migration,
		     const struct gm_dialect *dialect,
		     const struct gm_object *object)
{
	const struct gm_section *up = gm_migration_section(
		migration, GM_SECTION_UP, dialect);
	struct gm_statement statement;

	if (up && find_statement(up, dialect, object->line, &statement))
		quote_statement(out, up, &statement, object);
}

void gm_quote_release(struct gm_quote *quote)
{
	if (!quote)
		return;
	free(quote->v);
	memset(quote, 0, sizeof(*quote));
}
