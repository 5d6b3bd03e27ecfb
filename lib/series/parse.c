/*
 * A migration's text line by line: the header, where every line has to be
 * understood, and the sections, where only `-- migrate:` lines count.
 */
#include "series/parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/similar.h"
#include "series/text.h"

static const char *const section_names[] = {
	[GM_SECTION_UP] = "up",
	[GM_SECTION_DOWN] = "down",
	[GM_SECTION_VERIFY] = "verify",
};

const char *gm_section_name(enum gm_section_kind kind)
{
	return section_names[kind];
}

static bool section_kind(enum gm_section_kind *out,
			 const struct gm_directive *d)
{
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(section_names); i++) {
		if (!gm_directive_is(d, section_names[i]))
			continue;
		*out = (enum gm_section_kind)i;
		return true;
	}
	return false;
}

static int bad_option(const char *word, size_t len, struct gm_error *err)
{
	static const char *const known[] = {
		"transaction:false", "transaction:true", "dialect:sqlite",
		"dialect:postgres",  "dialect:mysql",
	};
	char *raw = gm_strndup(word, len);
	char *text = gm_printable(raw);
	const char *meant = gm_similar(text, known, GM_ARRAY_SIZE(known));

	if (meant)
		gm_error_set(err, GM_EINVALID,
			     "unknown option '%s'; did you "
			     "mean '%s'?",
			     text, meant);
	else
		gm_error_set(err, GM_EINVALID, "unknown option '%s'", text);
	free(text);
	free(raw);
	return gm_error_hint(err, "the options are transaction:false and "
				  "dialect:sqlite, dialect:postgres or "
				  "dialect:mysql");
}

static bool word_is(const char *word, size_t len, const char *want)
{
	return strlen(want) == len && !memcmp(word, want, len);
}

static int options(struct gm_section *section, const struct gm_directive *d,
		   struct gm_error *err)
{
	static const char dialect[] = "dialect:";
	const size_t dialect_len = sizeof(dialect) - 1;
	const char *text = d->value, *word;
	size_t len = d->value_len, n;
	bool transaction_said = false;

	while (gm_next_word(&text, &len, &word, &n)) {
		bool off = word_is(word, n, "transaction:false");
		bool twice = false;

		if (off || word_is(word, n, "transaction:true")) {
			twice = transaction_said;
			transaction_said = true;
			section->no_transaction = off;
		} else if (n > dialect_len &&
			   !memcmp(word, dialect, dialect_len)) {
			twice = section->dialect;
			section->dialect = gm_dialect_find(word + dialect_len,
							   n - dialect_len);
			if (!section->dialect)
				return bad_option(word, n, err);
		} else {
			return bad_option(word, n, err);
		}
		if (twice)
			return gm_error_set(err, GM_EINVALID,
					    "the option '%.*s' stands behind "
					    "another of its kind",
					    (int)n, word);
	}
	return 0;
}

/* Drops the blank lines at both ends of the last section, which ends here. */
static void close_section(struct gm_migration *m, const char *end)
{
	struct gm_section *section;
	const char *start, *p;

	if (!m->n_sections)
		return;
	section = &m->sections[m->n_sections - 1];
	start = section->sql;
	for (p = start; p < end;) {
		while (p < end && (*p == ' ' || *p == '\t'))
			p++;
		if (p < end && *p != '\n')
			break;
		if (p < end)
			p++;
		start = p;
		section->line++;
	}
	for (p = end; p > start;) {
		while (p > start && (p[-1] == ' ' || p[-1] == '\t'))
			p--;
		if (p == start || p[-1] != '\n')
			break;
		end = --p;
	}
	section->sql = start;
	section->len = (size_t)(end - start);
	if (!section->len)
		section->line = section->marker_line;
}

/* Whether this section may follow those that stand before it. */
static int check_place(const struct gm_migration *m,
		       const struct gm_section *section, struct gm_error *err)
{
	const char *name = gm_section_name(section->kind);
	bool has_up = section->kind == GM_SECTION_UP;
	size_t i;

	for (i = 0; i < m->n_sections; i++) {
		const struct gm_section *other = &m->sections[i];

		has_up = has_up || other->kind == GM_SECTION_UP;
		if (other->kind != section->kind ||
		    other->dialect != section->dialect)
			continue;
		gm_error_set(err, GM_EINVALID,
			     "a second %s section%s%s: lines %zu and %zu", name,
			     section->dialect ? " for " : "",
			     section->dialect
				     ? gm_dialect_name(section->dialect)
				     : "",
			     other->marker_line, section->marker_line);
		return gm_error_hint(err, "put the SQL of both into one");
	}
	if (has_up)
		return 0;
	gm_error_set(err, GM_EINVALID, "%s stands before up", name);
	return gm_error_hint(err, "move the up section to the front");
}

static int start_section(struct gm_parser *p, enum gm_section_kind kind,
			 const struct gm_directive *d, const char *line,
			 const char *next, struct gm_error *err)
{
	struct gm_migration *m = p->m;
	struct gm_section section = { .kind = kind,
				      .sql = next,
				      .line = p->line + 1,
				      .marker_line = p->line };
	int rc;

	rc = options(&section, d, err);
	if (!rc)
		rc = check_place(m, &section, err);
	if (!rc && !m->n_sections)
		rc = gm_header_end(p, err);
	if (rc)
		return rc;
	close_section(m, line);
	m->sections = gm_realloc(m->sections, m->n_sections + 1,
				 sizeof(*m->sections));
	m->sections[m->n_sections++] = section;
	return 0;
}

static int directive(struct gm_parser *p, const struct gm_directive *d,
		     const char *line, const char *next, struct gm_error *err)
{
	enum gm_section_kind kind;

	if (p->comment)
		return gm_error_set(err, GM_EINVALID,
				    "'migrate:%.*s' stands inside the block "
				    "comment that begins in line %zu",
				    (int)d->key_len, d->key, p->comment);
	if (section_kind(&kind, d))
		return start_section(p, kind, d, line, next, err);
	if (!p->m->n_sections)
		return gm_header_line(p, d, err);
	if (!gm_is_header_key(d))
		return gm_unknown_directive(d, err);
	gm_error_set(err, GM_EINVALID,
		     "'migrate:%.*s' stands inside a "
		     "section",
		     (int)d->key_len, d->key);
	return gm_error_hint(err,
			     "move it above the first section, which is "
			     "in line %zu",
			     p->m->sections[0].marker_line);
}

static int refuse_text(const char *line, const char *end, struct gm_error *err)
{
	if (gm_text_refuse_marker(line, end, err))
		return GM_EINVALID;
	gm_error_set(err, GM_EINVALID, "text before the first section");
	return gm_error_hint(err, "put the line '-- migrate:up' before the "
				  "SQL");
}

/* A line before the first section: nothing but blanks and comments. */
static int between(struct gm_parser *p, const char *line, const char *end,
		   struct gm_error *err)
{
	while (line < end) {
		if (p->comment) {
			line = memchr(line, '*', (size_t)(end - line));
			if (!line)
				return 0;
			if (++line < end && *line == '/') {
				p->comment = 0;
				line++;
			}
		} else if (*line == ' ' || *line == '\t') {
			line++;
		} else if (end - line > 1 && !memcmp(line, "--", 2)) {
			return 0;
		} else if (end - line > 1 && !memcmp(line, "/*", 2)) {
			p->comment = p->line;
			line += 2;
		} else {
			return refuse_text(line, end, err);
		}
	}
	return 0;
}

static int parse(struct gm_parser *p, struct gm_error *err)
{
	struct gm_migration *m = p->m;
	const char *line = m->text, *end = m->text + m->len;
	struct gm_directive d;
	int rc = 0;

	for (p->line = 1; line < end; p->line++) {
		const char *lf = memchr(line, '\n', (size_t)(end - line));
		const char *stop = lf ? lf : end;
		const char *next = lf ? lf + 1 : end;

		if (*line == '-' &&
		    gm_directive_read(&d, line, (size_t)(stop - line)))
			rc = directive(p, &d, line, next, err);
		else if (!m->n_sections)
			rc = between(p, line, stop, err);
		if (rc)
			return rc;
		line = next;
	}
	close_section(m, end);
	if (p->comment) {
		p->line = p->comment;
		return gm_error_set(err, GM_EINVALID,
				    "the block comment has no end");
	}
	if (m->n_sections)
		return 0;
	p->line = 0;
	gm_error_set(err, GM_EINVALID, "has no up section");
	return gm_error_hint(err, "write the line '-- migrate:up' and the "
				  "SQL below it");
}

struct gm_migration *gm_migration_new(const char *app,
				      const struct gm_file *file)
{
	size_t app_size = strlen(app) + 1;
	size_t path_size = strlen(file->path) + 1;
	size_t id_len = strlen(file->name) - strlen(".sql");
	struct gm_migration *m = gm_calloc(1, sizeof(*m) + app_size +
						      path_size + id_len + 1);

	m->app = (char *)(m + 1);
	m->path = m->app + app_size;
	m->id = m->path + path_size;
	memcpy(m->app, app, app_size);
	memcpy(m->path, file->path, path_size);
	memcpy(m->id, file->name, id_len);
	memcpy(m->blob, file->blob, sizeof(m->blob));
	return m;
}

int gm_migration_parse(struct gm_migration **out, const char *app,
		       const struct gm_file *file, struct gm_findings *findings)
{
	struct gm_parser p = { 0 };
	struct gm_error err = { 0 };
	struct gm_finding *finding;
	int rc;

	p.m = gm_migration_new(app, file);
	rc = gm_text_read(&p.m->text, &p.m->len, &p.line, file->bytes,
			  file->len, &err);
	if (!rc)
		rc = parse(&p, &err);
	if (!rc) {
		gm_migration_hash(p.m);
		*out = p.m;
		return 0;
	}
	finding = gm_findings_add(findings, GM_RULE_PARSE_ERROR, file->path,
				  p.line, "%s", err.message);
	if (err.hint)
		gm_finding_hint(finding, "%s", err.hint);
	gm_error_release(&err);
	gm_migration_free(p.m);
	*out = NULL;
	return rc;
}
