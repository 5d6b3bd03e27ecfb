/*
 * The migrations that a tree has beyond a known one, as a series with
 * stand-ins for what they stand on, held against the names and the checksums
 * of all others.
 */
#include "work/check_grown.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "series/summary.h"

/* Hashes, and what each of them stands for. */
struct marks {
	struct {
		uint64_t hash;
		size_t value;
		bool used;
	} * v;
	size_t size;
};

static void make_marks(struct marks *marks, size_t n)
{
	marks->size = 64;
	while (marks->size < 4 * n)
		marks->size *= 2;
	marks->v = gm_calloc(marks->size, sizeof(*marks->v));
}

static size_t find_mark(const struct marks *marks, uint64_t hash)
{
	size_t i = (size_t)(hash ^ hash >> 32) & (marks->size - 1);

	while (marks->v[i].used && marks->v[i].hash != hash)
		i = (i + 1) & (marks->size - 1);
	return i;
}

static bool has_mark(const struct marks *marks, uint64_t hash)
{
	return marks->v[find_mark(marks, hash)].used;
}

static void add_mark(struct marks *marks, uint64_t hash, size_t value)
{
	size_t i = find_mark(marks, hash);

	marks->v[i].hash = hash;
	marks->v[i].value = value;
	marks->v[i].used = true;
}

static uint64_t hash_app(size_t app)
{
	return (14695981039346656037u ^ app) * 1099511628211u;
}

/* Letter case aside. */
static uint64_t hash_id(size_t app, const char *id, size_t len)
{
	uint64_t hash = hash_app(app);
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)id[i];

		c = c >= 'A' && c <= 'Z' ? (unsigned char)(c | 32) : c;
		hash = (hash ^ c) * 1099511628211u;
	}
	return hash;
}

/* The digits, without zeros before them. */
static uint64_t hash_number(size_t app, const char *id)
{
	size_t len;

	id += strspn(id, "0");
	len = strspn(id, "0123456789");
	return hash_id(app, id, len);
}

static uint64_t hash_checksum(size_t app, const char checksum[16])
{
	uint64_t hash;

	memcpy(&hash, checksum, sizeof(hash));
	return hash ^ hash_app(app);
}

/* One that those added name, and that isn't one of them. */
struct wanted {
	size_t app;
	const char *id;
	/* Where it is in the tree; SIZE_MAX: nowhere. */
	size_t node;
};

struct building {
	struct gm_grown *g;
	struct marks ids;
	struct marks numbers;
	struct marks checksums;
	/* By hashes of ids. */
	struct marks places;
	struct wanted *wanted;
	size_t n_wanted;
	size_t cap_wanted;
};

/* False for one that is looked for under another letter case, too. */
static bool want(struct building *b, size_t app, const char *id)
{
	uint64_t hash = hash_id(app, id, strlen(id));
	size_t i = find_mark(&b->places, hash);
	const struct wanted *known;

	if (b->places.v[i].used) {
		known = &b->wanted[b->places.v[i].value];
		return known->app == app && !strcmp(known->id, id);
	}
	if (b->n_wanted == GM_GROWN_MOST)
		return false;
	add_mark(&b->places, hash, b->n_wanted);
	GM_GROW(b->wanted, b->n_wanted, b->cap_wanted);
	b->wanted[b->n_wanted].app = app;
	b->wanted[b->n_wanted].id = id;
	b->wanted[b->n_wanted++].node = SIZE_MAX;
	return true;
}

/* Notes what one of those added has, and what it needs. */
static bool note(struct building *b, const struct gm_migration *m)
{
	struct gm_grown *g = b->g;
	size_t app = gm_grown_app(g, m->app);
	char checksum[16];
	size_t i;

	/* It may bring together what can't run in that order. */
	if (m->n_parents > 1)
		return false;
	gm_clean_checksum(checksum, m->checksum);
	add_mark(&b->ids, hash_id(app, m->id, strlen(m->id)), 0);
	add_mark(&b->numbers, hash_number(app, m->id), 0);
	if (!gm_migration_is_empty(m))
		add_mark(&b->checksums, hash_checksum(app, checksum), 0);
	for (i = 0; i < m->n_parents; i++)
		if (!gm_series_find(&g->series, m->app, m->parents[i].id) &&
		    !want(b, app, m->parents[i].id))
			return false;
	for (i = 0; i < m->n_depends; i++) {
		const struct gm_dependency *d = &m->depends[i];
		size_t other = gm_grown_app(g, d->app);

		if (other == SIZE_MAX ||
		    (!gm_series_find(&g->series, d->app, d->id) &&
		     !want(b, other, d->id)))
			return false;
	}
	return true;
}

/* Goes through the names of the tree. */
static bool look_through(struct building *b, size_t app, size_t *node)
{
	struct gm_grown *g = b->g;
	const struct gm_tree_bytes *dir = &g->tree->dirs[app].tree;
	size_t greatest = gm_clean_number(g->tree->greatest, app);
	bool sequence = g->project->numbering == GM_NUMBERING_SEQUENCE;
	struct gm_tree_entry entry;
	size_t place = 0;
	size_t at = 0;

	while (gm_tree_bytes_next(g->project->repo, dir, &at, &entry)) {
		size_t len = strlen(entry.name) - strlen(".sql");
		uint64_t hash;
		size_t i;

		if (++place == greatest)
			g->greatest[app] = entry.name;
		if (!gm_tree_entry_counts(&entry))
			continue;
		hash = hash_id(app, entry.name, len);
		if (*node == g->tree->n || has_mark(&b->ids, hash) ||
		    (sequence &&
		     has_mark(&b->numbers, hash_number(app, entry.name))) ||
		    has_mark(&b->checksums,
			     hash_checksum(app,
					   g->tree->checksums + 16 * *node)))
			return false;
		i = find_mark(&b->places, hash);
		if (b->places.v[i].used) {
			struct wanted *w = &b->wanted[b->places.v[i].value];

			if (w->app == app && !strncmp(w->id, entry.name, len) &&
			    !w->id[len])
				w->node = *node;
		}
		++*node;
	}
	return true;
}

static void hex_checksum(char hex[GM_HASH_HEX], const char *checksum)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < 16; i++) {
		unsigned char c = (unsigned char)checksum[i];

		hex[2 * i] = digits[c >> 4];
		hex[2 * i + 1] = digits[c & 15];
	}
	hex[32] = '\0';
}

static void add_stand_in(struct building *b, const struct wanted *w)
{
	struct gm_project *project = b->g->project;
	char *name = gm_format("%s.sql", w->id);
	struct gm_file file = { .name = name, .path = name };
	char checksum[GM_HASH_HEX];

	hex_checksum(checksum, b->g->tree->checksums + 16 * w->node);
	gm_series_take(&b->g->series,
		       gm_summary_stand_in(project->apps[w->app].name, &file,
					   checksum));
	free(name);
}

/* Whether all that was found is off. */
static bool is_silent(const struct gm_grown *g)
{
	const struct gm_findings *f = &g->series.findings;
	enum gm_level level;
	size_t i;

	for (i = 0; i < f->n; i++)
		if (!gm_check_is_local(f->v[i].rule) ||
		    gm_check_level(g->project, f->v[i].rule, &level, NULL) ||
		    level != GM_LEVEL_OFF)
			return false;
	return !g->series.broken.n;
}

static bool read_added(struct gm_grown *g)
{
	struct gm_error err = { 0 };
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < g->project->n_apps; i++) {
		if (!g->added[i].n)
			continue;
		ret = gm_repo_read_files(g->project->repo, &g->added[i], &err);
		if (!ret)
			gm_series_add(&g->series, g->project->apps[i].name,
				      &g->added[i]);
	}
	gm_error_release(&err);
	if (ret || g->series.n != g->n_added)
		return false;
	gm_series_build(&g->series);
	for (i = 0; i < g->series.n; i++)
		if (gm_migration_is_implied(g->series.v[i]))
			return false;
	/* What it didn't find is looked for in the tree. */
	gm_findings_release(&g->series.findings);
	return true;
}

/* Which node each of the series is. */
static bool number_nodes(struct building *b)
{
	struct gm_grown *g = b->g;
	size_t next = g->tree->n;
	size_t i;

	g->nodes = gm_calloc(g->series.n, sizeof(*g->nodes));
	for (i = 0; i < g->series.n; i++) {
		const struct gm_migration *m = g->series.v[i];
		size_t app = gm_grown_app(g, m->app);
		size_t mark = find_mark(&b->places,
					hash_id(app, m->id, strlen(m->id)));

		g->nodes[i] = m->is_summary
				      ? b->wanted[b->places.v[mark].value].node
				      : next++;
	}
	return next == g->tree->n + g->n_added;
}

bool gm_grown_build(struct gm_grown *g)
{
	struct building b = { .g = g };
	size_t node = 0;
	size_t i;
	bool good;

	make_marks(&b.ids, g->n_added);
	make_marks(&b.numbers, g->n_added);
	make_marks(&b.checksums, g->n_added);
	make_marks(&b.places, GM_GROWN_MOST);
	g->series.numbering = g->project->numbering;
	good = read_added(g);
	for (i = 0; good && i < g->series.n; i++)
		good = note(&b, g->series.v[i]);
	for (i = 0; good && i < g->project->n_apps; i++) {
		good = look_through(&b, i, &node);
		g->first[i + 1] = node;
	}
	good = good && node == g->tree->n;
	for (i = 0; good && i < b.n_wanted; i++) {
		good = b.wanted[i].node != SIZE_MAX;
		if (good)
			add_stand_in(&b, &b.wanted[i]);
	}
	if (good) {
		gm_series_build(&g->series);
		good = is_silent(g) && number_nodes(&b);
	}
	free(b.ids.v);
	free(b.numbers.v);
	free(b.checksums.v);
	free(b.places.v);
	free(b.wanted);
	return good;
}
