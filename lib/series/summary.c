/*
 * The bytes are numbers of 32 bits and strings that end in a NUL. They are
 * read with care all the same: a cache is a file like any other.
 */
#include "series/summary.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "series/parse.h"

enum flag {
	ROOT = 1u << 0,
	EMPTY = 1u << 1,
	HAS_DOWN = 1u << 2,
	DOWN_WRITTEN = 1u << 3
};

static void add_number(struct gm_strbuf *out, size_t number)
{
	uint32_t n = (uint32_t)number;

	gm_strbuf_add(out, &n, sizeof(n));
}

static void add_text(struct gm_strbuf *out, const char *text)
{
	gm_strbuf_add(out, text, strlen(text) + 1);
}

void gm_summary_write(struct gm_strbuf *out, const struct gm_migration *m)
{
	bool written;
	bool has_down = gm_migration_has_down(m, &written);
	size_t i;

	add_number(out, (m->root ? ROOT : 0u) |
				(gm_migration_is_empty(m) ? EMPTY : 0u) |
				(has_down ? HAS_DOWN : 0u) |
				(written ? DOWN_WRITTEN : 0u));
	add_number(out, m->checksum_line);
	add_number(out, m->n_parents);
	add_number(out, m->n_depends);
	add_text(out, m->checksum);
	add_text(out, m->written_checksum);
	add_text(out, m->irreversible ? m->irreversible : "");
	for (i = 0; i < m->n_parents; i++) {
		add_number(out, m->parents[i].line);
		add_text(out, m->parents[i].pin);
		add_text(out, m->parents[i].id);
	}
	for (i = 0; i < m->n_depends; i++) {
		add_number(out, m->depends[i].line);
		add_text(out, m->depends[i].app);
		add_text(out, m->depends[i].id);
	}
}

struct reader {
	struct gm_arena *arena;
	char *at;
	const char *end;
	bool failed;
};

static size_t read_number(struct reader *r)
{
	uint32_t n = 0;

	if ((size_t)(r->end - r->at) < sizeof(n)) {
		r->failed = true;
		return 0;
	}
	memcpy(&n, r->at, sizeof(n));
	r->at += sizeof(n);
	return n;
}

/* Where it lies in the bytes; NULL where it doesn't. */
static char *read_text(struct reader *r)
{
	char *text = r->at;
	char *nul = memchr(text, '\0', (size_t)(r->end - text));

	if (!nul) {
		r->failed = true;
		return NULL;
	}
	r->at = nul + 1;
	return text;
}

/* Into an array of that size. */
static void read_digits(struct reader *r, char *out, size_t size)
{
	const char *text = read_text(r);
	size_t len = text ? (size_t)(r->at - 1 - text) : size;

	if (len >= size) {
		r->failed = true;
		return;
	}
	memcpy(out, text, len);
	memset(out + len, 0, size - len);
}

static void read_parents(struct reader *r, struct gm_migration *m)
{
	size_t i;

	m->parents = gm_arena_take(r->arena,
				   m->n_parents * sizeof(*m->parents));
	for (i = 0; i < m->n_parents; i++) {
		struct gm_parent *parent = &m->parents[i];

		parent->line = read_number(r);
		read_digits(r, parent->pin, sizeof(parent->pin));
		parent->id = read_text(r);
		parent->found = NULL;
	}
}

static void read_depends(struct reader *r, struct gm_migration *m)
{
	size_t i;

	m->depends = gm_arena_take(r->arena,
				   m->n_depends * sizeof(*m->depends));
	for (i = 0; i < m->n_depends; i++) {
		struct gm_dependency *dep = &m->depends[i];

		dep->line = read_number(r);
		dep->app = read_text(r);
		dep->id = read_text(r);
	}
}

/* Under this name it can't be read: let the parser say why. */
static bool names_itself(const struct gm_migration *m)
{
	size_t i;

	for (i = 0; i < m->n_parents; i++)
		if (!strcmp(m->parents[i].id, m->id))
			return true;
	for (i = 0; i < m->n_depends; i++)
		if (!strcmp(m->depends[i].app, m->app))
			return true;
	return false;
}

static void read_all(struct reader *r, struct gm_migration *m)
{
	size_t most = (size_t)(r->end - r->at);
	size_t flags = read_number(r);
	char *reason;

	m->root = flags & ROOT;
	m->summary.empty = flags & EMPTY;
	m->summary.has_down = flags & HAS_DOWN;
	m->summary.down_written = flags & DOWN_WRITTEN;
	m->checksum_line = read_number(r);
	m->n_parents = read_number(r);
	m->n_depends = read_number(r);
	read_digits(r, m->checksum, sizeof(m->checksum));
	read_digits(r, m->written_checksum, sizeof(m->written_checksum));
	reason = read_text(r);
	if (reason && *reason)
		m->irreversible = reason;
	/* Each takes some bytes, so there can't be more than these. */
	if (m->n_parents > most || m->n_depends > most)
		r->failed = true;
	if (!r->failed && m->n_parents)
		read_parents(r, m);
	if (!r->failed && m->n_depends)
		read_depends(r, m);
}

struct gm_migration *gm_summary_read(struct gm_arena *arena, char *app,
				     const struct gm_file *file, char *bytes,
				     size_t len)
{
	struct reader r = { arena, bytes, bytes + len, false };
	struct gm_migration *m = gm_arena_take(arena, sizeof(*m));

	memset(m, 0, sizeof(*m));
	m->in_arena = true;
	m->is_summary = true;
	m->app = app;
	m->path = file->path;
	m->id = gm_arena_text(arena, file->name,
			      strlen(file->name) - strlen(".sql"));
	memcpy(m->blob, file->blob, sizeof(m->blob));
	read_all(&r, m);
	return r.failed || r.at != r.end || names_itself(m) ? NULL : m;
}

struct gm_migration *gm_summary_stand_in(const char *app,
					 const struct gm_file *file,
					 const char *checksum)
{
	struct gm_migration *m = gm_migration_new(app, file);

	m->is_summary = true;
	m->root = true;
	m->summary.has_down = true;
	m->summary.down_written = true;
	m->checksum_line = 1;
	memcpy(m->checksum, checksum, sizeof(m->checksum));
	memcpy(m->written_checksum, checksum, sizeof(m->written_checksum));
	return m;
}

int gm_summary_fill(struct gm_migration *m, const void *bytes, size_t len)
{
	struct gm_findings ignored = { 0 };
	struct gm_migration *whole;
	char *name = gm_format("%s.sql", m->id);
	struct gm_file file = { .name = name,
				.path = m->path,
				.bytes = (char *)bytes,
				.len = len };
	int ret = gm_migration_parse(&whole, m->app, &file, &ignored);

	if (!ret && strcmp(whole->checksum, m->checksum)) {
		gm_migration_free(whole);
		ret = GM_EINVALID;
	}
	if (!ret) {
		/* The sections point into the text. */
		m->text = whole->text;
		m->len = whole->len;
		m->sections = whole->sections;
		m->n_sections = whole->n_sections;
		m->is_summary = false;
		whole->text = NULL;
		whole->sections = NULL;
		whole->n_sections = 0;
	}
	gm_migration_free(ret ? NULL : whole);
	gm_findings_release(&ignored);
	free(name);
	return ret;
}
