/*
 * What would run, as text.
 */
/* For memmem. */
#define _GNU_SOURCE

#include "work/script.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/split.h"

static const char *const actions[] = {
	[GM_STEP_APPLY] = "apply",	 [GM_STEP_ROLLBACK] = "rollback",
	[GM_STEP_RENAME] = "rename",	 [GM_STEP_FAKE] = "fake",
	[GM_STEP_BASELINE] = "baseline", [GM_STEP_UNFAKE] = "unfake",
	[GM_STEP_ACCEPT] = "accept",
};

const char *gm_step_action(enum gm_step_kind kind)
{
	return actions[kind];
}

/* A section's text on its way into a script. */
struct writer {
	const char *text;
	struct gm_strbuf *out;
	/* How far it is written. */
	size_t pos;
};

static void write_up_to(struct writer *w, size_t pos)
{
	gm_strbuf_add(w->out, w->text + w->pos, pos - w->pos);
	w->pos = pos;
}

static void begin_line(struct writer *w)
{
	if (w->out->len && gm_strbuf_str(w->out)[w->out->len - 1] != '\n')
		gm_strbuf_addc(w->out, '\n');
}

/* One that doesn't stand in the text. */
static char *choose_delimiter(const char *text, size_t len)
{
	char *delimiter = gm_strdup("//");
	unsigned n;

	for (n = 1; memmem(text, len, delimiter, strlen(delimiter)); n++) {
		free(delimiter);
		delimiter = gm_format("//%u//", n);
	}
	return delimiter;
}

/* A statement that holds semicolons, from the place on where the client is
 * done with what was before. */
static void write_delimited(struct writer *w, size_t from, size_t end)
{
	char *delimiter = choose_delimiter(w->text + from, end - from);

	write_up_to(w, from);
	begin_line(w);
	gm_strbuf_addf(w->out, "DELIMITER %s\n", delimiter);
	write_up_to(w, end);
	gm_strbuf_addf(w->out, "\n%s\nDELIMITER ;\n", delimiter);
	free(delimiter);
}

/* Past a DELIMITER that stands behind that place: the client, where it keeps
 * comments, doesn't see it behind one. */
static size_t pass_delimiter(struct writer *w,
			     const struct gm_splitter *splitter, size_t from)
{
	size_t pos = splitter->delimiter_pos;

	if (pos <= from)
		return from;
	if (memmem(w->text + from, pos - from, "/*", 2)) {
		write_up_to(w, from);
		begin_line(w);
		gm_strbuf_addf(w->out, "DELIMITER %s\n",
			       splitter->delimiter_len ? splitter->delimiter
						       : ";");
		w->pos = pos;
	}
	return pos;
}

/* What the text doesn't end by itself: its last statement, a delimiter. */
static void write_end(struct writer *w, const struct gm_splitter *splitter,
		      const struct gm_statement *last)
{
	size_t len = splitter->lexer.len;
	bool open = last->len && !last->end && w->pos < len;

	if (open)
		write_up_to(w, last->start + last->len);
	if (open && splitter->delimiter_len)
		gm_strbuf_addf(w->out, "\n%.*s\n", (int)splitter->delimiter_len,
			       splitter->delimiter);
	else if (open)
		gm_strbuf_addc(w->out, ';');
	write_up_to(w, len);
	begin_line(w);
	if (splitter->delimiter_len)
		gm_strbuf_adds(w->out, "DELIMITER ;\n");
}

void gm_script_section(const struct gm_section *section,
		       const struct gm_dialect *dialect, struct gm_strbuf *out)
{
	struct writer w = { .out = out };
	struct gm_statement statement = { 0 };
	struct gm_splitter splitter;
	size_t from = 0;

	if (!section || !section->len)
		return;
	w.text = section->sql;
	gm_splitter_init(&splitter, dialect, section->sql, section->len);
	while (gm_splitter_next(&splitter, &statement, NULL) > 0) {
		from = pass_delimiter(&w, &splitter, from);
		if (statement.needs_delimiter) {
			write_delimited(&w, from,
					statement.start + statement.len);
			w.pos = statement.end ? statement.end : section->len;
		}
		from = statement.end ? statement.end : section->len;
	}
	pass_delimiter(&w, &splitter, from);
	write_end(&w, &splitter, &statement);
}

/* What is left of a section behind its first statements. */
static struct gm_section behind(const struct gm_section *section,
				const struct gm_dialect *dialect, int64_t done)
{
	struct gm_section rest = *section;
	struct gm_splitter splitter;
	struct gm_statement statement = { 0 };
	int ret = 1;

	gm_splitter_init(&splitter, dialect, section->sql, section->len);
	for (; done >= 0 && ret > 0; done--)
		ret = gm_splitter_next(&splitter, &statement, NULL);
	if (ret <= 0)
		statement.start = section->len;
	rest.sql += statement.start;
	rest.len -= statement.start;
	return rest;
}

static void dry_run_section(const struct gm_step *step,
			    const struct gm_dialect *dialect,
			    struct gm_strbuf *out)
{
	const struct gm_section *section = gm_step_section(step, dialect);
	struct gm_section rest;

	if (section && step->done) {
		rest = behind(section, dialect, step->done);
		section = &rest;
	}
	gm_script_section(section, dialect, out);
}

void gm_script_dry_run(const struct gm_plan *plan,
		       const struct gm_dialect *dialect, struct gm_strbuf *out)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct gm_step *step = &plan->v[i];
		char *name = gm_step_name(step);

		gm_strbuf_addf(out, "-- %s %s",
			       step->resume == GM_RESUME_ABORT
				       ? "forget"
				       : gm_step_action(step->kind),
			       name);
		free(name);
		if (step->kind == GM_STEP_RENAME)
			gm_strbuf_addf(out, " (was %s)", step->row->id);
		if (step->done)
			gm_strbuf_addf(out, ", from statement %lld on",
				       (long long)step->done + 1);
		gm_strbuf_addc(out, '\n');
		if (step->resume != GM_RESUME_ABORT &&
		    (step->kind == GM_STEP_APPLY ||
		     step->kind == GM_STEP_ROLLBACK))
			dry_run_section(step, dialect, out);
	}
}
