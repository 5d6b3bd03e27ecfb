/*
 * What would run, as text.
 */
#include "work/script.h"

#include <stdlib.h>
#include <string.h>

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

/* What is still to be written after the text for its last statement to be
 * ended: nothing, or a semicolon, on a line of its own behind a comment. */
static const char *missing_end(const struct gm_section *section,
			       const struct gm_dialect *dialect)
{
	struct gm_lexer lexer;
	struct gm_token token;
	bool open = false;
	bool comment = false;

	gm_lexer_init(&lexer, dialect, section->sql, section->len);
	for (;;) {
		gm_lexer_next(&lexer, &token);
		if (token.type == GM_TOKEN_END)
			break;
		if (token.type == GM_TOKEN_COMMENT)
			comment = true;
		else if (token.type == GM_TOKEN_SEMICOLON)
			open = comment = false;
		else if (token.type != GM_TOKEN_SPACE)
			open = true;
	}
	if (!open)
		return "";
	return comment ? "\n;" : ";";
}

void gm_script_section(const struct gm_section *section,
		       const struct gm_dialect *dialect, struct gm_strbuf *out)
{
	if (!section || !section->len)
		return;
	gm_strbuf_add(out, section->sql, section->len);
	gm_strbuf_adds(out, missing_end(section, dialect));
	gm_strbuf_addc(out, '\n');
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
