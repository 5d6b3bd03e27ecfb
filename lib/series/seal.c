/*
 * Writing a file's header. The file is copied line by line; parent and
 * checksum lines are left out where new ones take their place.
 */
#include "series/seal.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "series/parse.h"
#include "series/text.h"

/* Where the lines go, as offsets in the file's bytes. */
struct places {
	/* The parent lines, before or in place of what stands there. */
	size_t parents;
	/* The same for the checksum. */
	size_t checksum;
	/* Whether there was a header line to stand with. */
	bool has_header;
	const char *eol;
};

/* What takes whose place in a header. */
struct edit {
	/* NULL: those that stand there stay. */
	const struct gm_seal_parent *parents;
	size_t n_parents;
	/* NULL: what stands there stays. */
	const char *checksum;
	const struct gm_seal_dependency *depends;
	size_t n_depends;
};

struct line {
	const char *text;
	/* Without and with its end. */
	size_t len;
	size_t full_len;
};

static bool next_line(struct line *line, const char *bytes, size_t len,
		      size_t pos)
{
	const char *lf;

	if (pos >= len)
		return false;
	line->text = bytes + pos;
	lf = memchr(line->text, '\n', len - pos);
	line->full_len = lf ? (size_t)(lf - line->text) + 1 : len - pos;
	line->len = line->full_len - (lf != NULL);
	while (lf && line->len && line->text[line->len - 1] == '\r')
		line->len--;
	return true;
}

/* Finds the header's places; returns the offset that the header ends at. */
static size_t find_places(struct places *out, const char *bytes, size_t len,
			  size_t start)
{
	bool has_parent = false, has_checksum = false;
	size_t pos = start;
	struct gm_directive d;
	struct line line;

	memset(out, 0, sizeof(*out));
	out->eol = "\n";
	for (; next_line(&line, bytes, len, pos); pos += line.full_len) {
		if (pos == start && line.full_len - line.len > 1)
			out->eol = "\r\n";
		if (!gm_directive_read(&d, line.text, line.len))
			continue;
		if (!gm_is_header_key(&d))
			break;
		if (!out->has_header)
			out->parents = out->checksum = pos;
		out->has_header = true;
		if (!has_parent && gm_directive_is(&d, "parent")) {
			out->parents = pos;
			has_parent = true;
		}
		if (has_checksum)
			continue;
		has_checksum = gm_directive_is(&d, "checksum");
		out->checksum = has_checksum ? pos : pos + line.full_len;
	}
	if (!out->has_header)
		out->parents = out->checksum = pos;
	return pos;
}

static void add_parents(struct gm_strbuf *out, const struct places *places,
			const struct gm_seal_parent *parents, size_t n)
{
	size_t i;

	if (!n)
		gm_strbuf_addf(out, "-- migrate:parent none%s", places->eol);
	for (i = 0; i < n; i++)
		gm_strbuf_addf(out, "-- migrate:parent %s%s%.12s%s",
			       parents[i].id, *parents[i].checksum ? " " : "",
			       parents[i].checksum, places->eol);
}

/* Whether a line is one that new ones take the place of. */
static bool is_replaced(const struct gm_directive *d, const struct edit *edit)
{
	return (edit->checksum && gm_directive_is(d, "checksum")) ||
	       (edit->parents && gm_directive_is(d, "parent"));
}

/* The dependency that the line names, if it has a new id, or NULL. */
static const struct gm_seal_dependency *
find_renamed(const struct gm_directive *d, const struct edit *edit)
{
	size_t i;

	if (!gm_directive_is(d, "depends"))
		return NULL;
	for (i = 0; i < edit->n_depends; i++) {
		const struct gm_seal_dependency *dep = &edit->depends[i];
		size_t app = strlen(dep->app);
		size_t id = strlen(dep->id);

		if (d->value_len == app + 1 + id &&
		    !memcmp(d->value, dep->app, app) && d->value[app] == '/' &&
		    !memcmp(d->value + app + 1, dep->id, id))
			return dep;
	}
	return NULL;
}

static void add_line(struct gm_strbuf *out, const struct line *line,
		     const struct edit *edit)
{
	const struct gm_seal_dependency *renamed;
	struct gm_directive d;
	const char *rest;

	if (!gm_directive_read(&d, line->text, line->len)) {
		gm_strbuf_add(out, line->text, line->full_len);
		return;
	}
	if (is_replaced(&d, edit))
		return;
	renamed = find_renamed(&d, edit);
	if (!renamed) {
		gm_strbuf_add(out, line->text, line->full_len);
		return;
	}
	rest = d.value + d.value_len;
	gm_strbuf_add(out, line->text, (size_t)(d.value - line->text));
	gm_strbuf_addf(out, "%s/%s", renamed->app, renamed->new_id);
	gm_strbuf_add(out, rest, (size_t)(line->text + line->full_len - rest));
}

/* Writes what is to stand before the byte that it returns the place of. */
static size_t rewrite_head(const char *bytes, size_t len,
			   const struct edit *edit, struct gm_strbuf *out)
{
	bool bom = len >= GM_BOM_LEN && !memcmp(bytes, GM_BOM, GM_BOM_LEN);
	size_t pos = bom ? GM_BOM_LEN : 0, end;
	struct places places;
	struct line line = { 0 };

	gm_strbuf_add(out, bytes, pos);
	end = find_places(&places, bytes, len, pos);
	for (;; pos += line.full_len) {
		if (pos == places.parents && edit->parents)
			add_parents(out, &places, edit->parents,
				    edit->n_parents);
		if (pos == places.checksum && edit->checksum)
			gm_strbuf_addf(out, "-- migrate:checksum %s%s%s",
				       GM_CHECKSUM_TAG, edit->checksum,
				       places.eol);
		if (pos >= end)
			break;
		next_line(&line, bytes, len, pos);
		add_line(out, &line, edit);
	}
	if (!places.has_header && (edit->parents || edit->checksum))
		gm_strbuf_adds(out, places.eol);
	return end;
}

static void rewrite(const char *bytes, size_t len, const struct edit *edit,
		    struct gm_strbuf *out)
{
	size_t end;

	gm_strbuf_reserve(out, len + 100 * (edit->n_parents + 2));
	end = rewrite_head(bytes, len, edit, out);
	gm_strbuf_add(out, bytes + end, len - end);
}

void gm_seal_bytes(const char *bytes, size_t len,
		   const struct gm_seal_parent *parents, size_t n,
		   const char *checksum, struct gm_strbuf *out)
{
	struct edit edit = { .parents = parents,
			     .n_parents = n,
			     .checksum = checksum };

	rewrite(bytes, len, &edit, out);
}

void gm_seal_reparent(const char *bytes, size_t len,
		      const struct gm_seal_parent *parents, size_t n,
		      const struct gm_seal_dependency *depends,
		      size_t n_depends, struct gm_strbuf *out)
{
	struct edit edit = { .parents = parents,
			     .n_parents = n,
			     .depends = depends,
			     .n_depends = n_depends };

	rewrite(bytes, len, &edit, out);
}

/* From the end: once an app has a file that stays without a parent line, none
 * before it may get one. */
bool *gm_seal_ends(const struct gm_series *series,
		   const struct gm_migration *const *also, size_t n_also)
{
	bool *chosen = gm_calloc(series->n + 1, sizeof(*chosen));
	bool *ends = gm_calloc(series->n + 1, sizeof(*ends));
	struct gm_strings followed = { 0 };
	size_t i;

	for (i = 0; i < n_also; i++)
		chosen[also[i]->index] = true;
	for (i = series->n; i-- > 0;) {
		const struct gm_migration *m = series->v[i];

		if (!gm_migration_is_implied(m))
			continue;
		ends[i] = !gm_strings_has(&followed, m->app);
		if (!chosen[i] && ends[i])
			gm_strings_add(&followed, m->app);
	}
	gm_strings_release(&followed);
	free(chosen);
	return ends;
}

/* Two names of one parent (its old one and its new one) become one line. */
static bool is_listed(const struct gm_migration *m, size_t i)
{
	const struct gm_migration *found = m->parents[i].found;
	size_t j;

	if (!found || !strcmp(found->id, m->parents[i].id))
		return false;
	for (j = 0; j < m->n_parents; j++)
		if (m->parents[j].found == found &&
		    (j < i || !strcmp(m->parents[j].id, found->id)))
			return true;
	return false;
}

/* The parents to write; returns how many. */
static size_t collect(struct gm_seal_parent *out, const struct gm_migration *m)
{
	size_t i, n = 0;

	if (gm_migration_is_implied(m)) {
		for (i = 0; i < m->n_above; i++, n++) {
			out[n].id = m->before[i]->id;
			out[n].checksum = m->before[i]->checksum;
		}
		return n;
	}
	for (i = 0; i < m->n_parents; i++) {
		const struct gm_parent *parent = &m->parents[i];
		const struct gm_migration *found = parent->found;

		if (is_listed(m, i))
			continue;
		out[n].id = found ? found->id : parent->id;
		out[n].checksum = found ? found->checksum : parent->pin;
		n++;
	}
	return n;
}

int gm_seal_head(const struct gm_migration *migration, const bool *ends,
		 const char *bytes, size_t len, struct gm_strbuf *out,
		 size_t *rest)
{
	struct gm_seal_parent *parents = NULL;
	struct edit edit = { .checksum = migration->checksum };
	size_t start = out->len;

	if (migration->root || migration->n_parents || ends[migration->index]) {
		parents = gm_calloc(migration->n_parents + 1, sizeof(*parents));
		edit.n_parents = collect(parents, migration);
		edit.parents = parents;
	}
	*rest = rewrite_head(bytes, len, &edit, out);
	free(parents);
	return out->len - start != *rest ||
	       memcmp(gm_strbuf_str(out) + start, bytes, *rest);
}

int gm_seal(const struct gm_migration *migration, const bool *ends,
	    const char *bytes, size_t len, struct gm_strbuf *out)
{
	size_t rest;
	int changed = gm_seal_head(migration, ends, bytes, len, out, &rest);

	gm_strbuf_add(out, bytes + rest, len - rest);
	return changed;
}

void gm_series_write_parents(struct gm_migration *const *parents, size_t n,
			     struct gm_strbuf *out)
{
	size_t i;

	for (i = 0; i < n; i++) {
		bool sealed = gm_migration_is_sealed(parents[i]);

		gm_strbuf_addf(out, "-- migrate:parent %s%s%.12s\n",
			       parents[i]->id, sealed ? " " : "",
			       sealed ? parents[i]->checksum : "");
	}
	if (!n)
		gm_strbuf_adds(out, "-- migrate:parent none\n");
}
