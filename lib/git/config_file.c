/*
 * The syntax of git-config(1), read by ourselves: .gitmigrate comes with a
 * clone, and the safest way to keep it from including files or from
 * configuring git is not to let git see it. It is also free.
 */
#include "git/git.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "series/text.h"

struct reader {
	const char *at;
	const char *end;
	size_t line;
	/* "section." or "section.subsection.", empty before the first. */
	struct gm_strbuf section;
	const char *name;
	struct gm_error *err;
};

static int wrong(const struct reader *r, const char *what)
{
	return gm_error_set(r->err, GM_EINVALID, "%s:%zu: %s", r->name, r->line,
			    what);
}

/* The reader is where neither a section nor a variable begins. */
static int refuse_line(const struct reader *r)
{
	if (!gm_text_refuse_marker(r->at, r->end, r->err))
		return wrong(r, "neither a section nor a variable");
	gm_error_prefix(r->err, "%s:%zu", r->name, r->line);
	return GM_EINVALID;
}

/* CR LF counts as LF. -1 is the end of the text. */
static int peek(const struct reader *r)
{
	if (r->at == r->end)
		return -1;
	if (*r->at == '\r' && r->end - r->at > 1 && r->at[1] == '\n')
		return '\n';
	return (unsigned char)*r->at;
}

static int next(struct reader *r)
{
	int c = peek(r);

	if (c < 0)
		return c;
	r->at += c == '\n' && *r->at == '\r' ? 2 : 1;
	r->line += c == '\n';
	return c;
}

static bool is_alpha(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_name(int c)
{
	return is_alpha(c) || (c >= '0' && c <= '9') || c == '-';
}

static char lower(int c)
{
	return (char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void skip_blanks(struct reader *r)
{
	while (peek(r) == ' ' || peek(r) == '\t')
		next(r);
}

static void skip_comment(struct reader *r)
{
	while (peek(r) >= 0 && peek(r) != '\n')
		next(r);
}

static int read_subsection(struct reader *r)
{
	int c;

	skip_blanks(r);
	if (peek(r) != '"')
		return wrong(r, "the subsection is not in double quotes");
	next(r);
	gm_strbuf_addc(&r->section, '.');
	while ((c = peek(r)) != '"') {
		if (c < 0 || c == '\n')
			return wrong(r, "the subsection's quotes do not end");
		next(r);
		if (c == '\\') {
			c = peek(r);
			if (c < 0 || c == '\n')
				continue;
			next(r);
		}
		gm_strbuf_addc(&r->section, (char)c);
	}
	next(r);
	return 0;
}

/* Behind the opening bracket. */
static int read_section(struct reader *r)
{
	int rc;

	gm_strbuf_cut(&r->section, 0);
	while (is_name(peek(r)) || peek(r) == '.')
		gm_strbuf_addc(&r->section, lower(next(r)));
	if (!r->section.len)
		return wrong(r, "the section has no name");
	if (!strcmp(r->section.buf, "include") ||
	    gm_starts_with(r->section.buf, "include.") ||
	    gm_starts_with(r->section.buf, "includeif"))
		return wrong(r, "other files cannot be included here");
	if (peek(r) == ' ' || peek(r) == '\t') {
		rc = read_subsection(r);
		if (rc)
			return rc;
	}
	if (peek(r) != ']')
		return wrong(r, "the section's bracket does not close");
	next(r);
	gm_strbuf_addc(&r->section, '.');
	return 0;
}

static int read_escape(struct reader *r, struct gm_strbuf *value)
{
	static const char from[] = "tbn\\\"";
	static const char to[] = "\t\b\n\\\"";
	const char *found;
	int c = peek(r);

	found = c > 0 ? strchr(from, c) : NULL;
	/* The end of the file is the end of a line, too. */
	if (c >= 0 && c != '\n' && !found)
		return wrong(r, "unknown escape after '\\'");
	next(r);
	if (found)
		gm_strbuf_addc(value, to[found - from]);
	return 0;
}

/* To the line's end; the blanks around what isn't quoted don't count. */
static int read_value(struct reader *r, struct gm_strbuf *value)
{
	bool quoted = false;
	size_t keep = 0;
	int c;
	int rc;

	skip_blanks(r);
	while ((c = peek(r)) >= 0 && c != '\n') {
		if (!quoted && (c == '#' || c == ';')) {
			skip_comment(r);
			break;
		}
		next(r);
		if (c == '\\') {
			rc = read_escape(r, value);
			if (rc)
				return rc;
			keep = value->len;
		} else if (c == '"') {
			quoted = !quoted;
			keep = value->len;
		} else {
			gm_strbuf_addc(value, (char)c);
			if (quoted || (c != ' ' && c != '\t'))
				keep = value->len;
		}
	}
	if (quoted)
		return wrong(r, "the value's quotes do not end");
	gm_strbuf_cut(value, keep);
	return 0;
}

static int read_variable(struct reader *r, struct gm_config *out)
{
	struct gm_strbuf key = { 0 };
	struct gm_strbuf value = { 0 };
	int rc = 0;

	if (!r->section.len) {
		rc = wrong(r, "a variable before the first section");
		goto done;
	}
	gm_strbuf_add(&key, r->section.buf, r->section.len);
	while (is_name(peek(r)))
		gm_strbuf_addc(&key, lower(next(r)));
	skip_blanks(r);
	if (peek(r) == '=') {
		next(r);
		rc = read_value(r, &value);
	} else if (peek(r) < 0 || peek(r) == '\n') {
		gm_strbuf_adds(&value, "true");
	} else {
		rc = wrong(r, "no '=' after the variable's name");
	}
	if (!rc)
		gm_config_add(out, gm_strbuf_take(&key), gm_strbuf_take(&value),
			      GM_CONFIG_PROJECT);
done:
	gm_strbuf_release(&key);
	gm_strbuf_release(&value);
	return rc;
}

int gm_config_parse(struct gm_config *out, const char *text, size_t len,
		    const char *name, struct gm_error *err)
{
	struct reader r = { .at = text,
			    .end = text + len,
			    .line = 1,
			    .name = name,
			    .err = err };
	const char *nul = len ? memchr(text, '\0', len) : NULL;
	int rc = 0;
	int c;

	if (nul) {
		for (; r.at < nul; r.at++)
			r.line += *r.at == '\n';
		return wrong(&r, "a NUL byte");
	}
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3))
		r.at += 3;
	while (!rc && (c = peek(&r)) >= 0) {
		if (is_alpha(c)) {
			rc = read_variable(&r, out);
		} else if (c == '[') {
			next(&r);
			rc = read_section(&r);
		} else if (c == '#' || c == ';') {
			skip_comment(&r);
		} else if (strchr(" \t\r\n\v\f", c)) {
			next(&r);
		} else {
			rc = refuse_line(&r);
		}
	}
	gm_strbuf_release(&r.section);
	return rc;
}
