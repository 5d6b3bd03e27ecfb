/*
 * The cache: records, each a key and a tree. Writing one is left to runs that
 * had to load the series.
 */
#include "work/clean_trees.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pack.h"
#include "work/cache.h"

#define CACHE "trees"

#define NONE UINT32_MAX

/* Together they aren't larger than this. */
#define MOST_BYTES ((size_t)32 << 20)

static char *format_of(const char *version)
{
	return gm_format("git-migrate trees 1 %s", version ? version : "");
}

uint32_t gm_clean_number(const char *numbers, size_t i)
{
	uint32_t number;

	memcpy(&number, numbers + i * sizeof(number), sizeof(number));
	return number;
}

static unsigned nibble(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10) & 15;
}

void gm_clean_checksum(char out[16], const char *hex)
{
	size_t i;

	for (i = 0; i < 16; i++)
		out[i] = (char)(nibble(hex[2 * i]) << 4 |
				nibble(hex[2 * i + 1]));
}

/* Bytes of which there are so many; NULL where it fails. */
static const char *unpack_exactly(struct gm_unpack *in, size_t wanted)
{
	size_t len = 0;
	const char *bytes = gm_unpack_bytes(in, &len);

	if (!bytes || len != wanted)
		in->failed = true;
	return bytes;
}

/* Whether what points stays within. */
static bool is_whole(const struct gm_clean_tree *tree)
{
	size_t i;

	if (gm_clean_number(tree->first, 0) ||
	    gm_clean_number(tree->first, tree->n) != tree->n_edges)
		return false;
	for (i = 0; i < tree->n; i++)
		if (gm_clean_number(tree->first, i) >
			    gm_clean_number(tree->first, i + 1) ||
		    gm_clean_number(tree->order, i) >= tree->n)
			return false;
	for (i = 0; i < tree->n_edges; i++)
		if (gm_clean_number(tree->edges, i) >> 1 >= tree->n)
			return false;
	return true;
}

static void read_dir(struct gm_clean_dir *dir, struct gm_unpack *in)
{
	gm_unpack_into(in, dir->id, sizeof(dir->id));
	dir->tree.bytes = gm_unpack_bytes(in, &dir->tree.len);
}

static bool read_tree(struct gm_clean_tree *tree, struct gm_unpack *in)
{
	size_t i;

	tree->n_dirs = (size_t)gm_unpack_int(in);
	/* Each takes some bytes, so there can't be more than these. */
	if (in->failed || tree->n_dirs > (size_t)(in->end - in->at))
		return false;
	tree->dirs = gm_calloc(tree->n_dirs, sizeof(*tree->dirs));
	for (i = 0; i < tree->n_dirs; i++)
		read_dir(&tree->dirs[i], in);
	tree->n = (size_t)gm_unpack_int(in);
	tree->n_edges = (size_t)gm_unpack_int(in);
	if (in->failed || tree->n > GM_FILES_MOST_COUNT * tree->n_dirs ||
	    tree->n_edges > (size_t)(in->end - in->at))
		return false;
	tree->checksums = unpack_exactly(in, 16 * tree->n);
	tree->first = unpack_exactly(in, 4 * (tree->n + 1));
	tree->edges = unpack_exactly(in, 4 * tree->n_edges);
	tree->order = unpack_exactly(in, 4 * tree->n);
	tree->greatest = unpack_exactly(in, 4 * tree->n_dirs);
	return !in->failed && in->at == in->end && is_whole(tree);
}

/* The bytes of the next record under any key; NULL at the end. */
static const char *next_record(struct gm_unpack *in, char key[GM_HASH_HEX],
			       size_t *len)
{
	if (in->at == in->end)
		return NULL;
	gm_unpack_into(in, key, GM_HASH_HEX);
	return gm_unpack_bytes(in, len);
}

void gm_clean_trees_load(struct gm_clean_trees *trees,
			 const struct gm_repo *repo, const char *version,
			 const char *key)
{
	char *format = format_of(version);
	struct gm_unpack in = { 0 };
	char own[GM_HASH_HEX];
	const char *record;
	size_t len = 0;

	memset(trees, 0, sizeof(*trees));
	if (gm_cache_read(&trees->text, gm_repo_common_dir(repo), CACHE,
			  format)) {
		in.at = gm_strbuf_str(&trees->text);
		in.end = in.at + trees->text.len;
	}
	free(format);
	while (trees->n < GM_CLEAN_TREES &&
	       (record = next_record(&in, own, &len))) {
		struct gm_clean_tree *tree = &trees->v[trees->n];
		struct gm_unpack inner = { record, record + len, false };

		if (strcmp(own, key))
			continue;
		memset(tree, 0, sizeof(*tree));
		if (read_tree(tree, &inner))
			trees->n++;
		else
			free(tree->dirs);
	}
}

void gm_clean_trees_release(struct gm_clean_trees *trees)
{
	size_t i;

	for (i = 0; i < trees->n; i++)
		free(trees->v[i].dirs);
	gm_strbuf_release(&trees->text);
	memset(trees, 0, sizeof(*trees));
}

/* A tree on the way into the cache. */
struct keeping {
	const struct gm_series *series;
	const struct gm_repo *repo;
	/* By node. */
	const struct gm_migration **v;
	/* By the migration's place in the series; NONE: left out. */
	uint32_t *node;
	size_t n;
	struct gm_strbuf greatest;
};

static void add_number(struct gm_strbuf *out, size_t number)
{
	uint32_t n = (uint32_t)number;

	gm_strbuf_add(out, &n, sizeof(n));
}

/* The migration of that file; mostly it is the next in the series. */
static const struct gm_migration *find(const struct keeping *k, const char *app,
				       const char *name)
{
	size_t len = strlen(name) - strlen(".sql");
	size_t next = k->n ? k->v[k->n - 1]->index + 1 : 0;
	const struct gm_migration *m = NULL;
	char *id;

	if (next < k->series->n)
		m = k->series->v[next];
	if (m && !strncmp(m->id, name, len) && !m->id[len] &&
	    !strcmp(m->app, app))
		return m;
	id = gm_strndup(name, len);
	m = gm_series_find(k->series, app, id);
	free(id);
	return m;
}

/* False where an entry isn't in the series. */
static bool add_nodes(struct keeping *k, const char *app,
		      const struct gm_tree_bytes *dir)
{
	enum gm_numbering numbering = k->series->numbering;
	const char *greatest = NULL;
	size_t greatest_place = 0;
	struct gm_tree_entry entry;
	size_t at = 0;
	size_t place = 0;

	while (gm_tree_bytes_next(k->repo, dir, &at, &entry)) {
		const struct gm_migration *m;

		place++;
		if (!gm_tree_entry_counts(&entry))
			continue;
		m = find(k, app, entry.name);
		if (!m || k->n == k->series->n)
			return false;
		k->node[m->index] = (uint32_t)k->n;
		k->v[k->n++] = m;
		if (!greatest ||
		    gm_id_compare(numbering, entry.name, greatest) > 0) {
			greatest = entry.name;
			greatest_place = place;
		}
	}
	add_number(&k->greatest, greatest_place);
	return at == dir->len;
}

/* Whether none of them stands on one that is left out, and each app has but
 * one head where any is. */
static bool is_closed(const struct keeping *k)
{
	bool *has_child = gm_calloc(k->n, sizeof(*has_child));
	const struct gm_migration *head = NULL;
	bool closed = true;
	size_t i;
	size_t b;

	for (i = 0; closed && i < k->n; i++)
		for (b = 0; closed && b < k->v[i]->n_before; b++) {
			uint32_t node = k->node[k->v[i]->before[b]->index];

			closed = node != NONE;
			if (closed && b < k->v[i]->n_above)
				has_child[node] = true;
		}
	/* The nodes of an app stand together. */
	for (i = 0; closed && k->n < k->series->n && i < k->n; i++) {
		if (has_child[i])
			continue;
		closed = !head || strcmp(head->app, k->v[i]->app) != 0;
		head = k->v[i];
	}
	free(has_child);
	return closed;
}

static void write_dirs(struct gm_strbuf *out, const struct gm_clean_dir *dirs,
		       size_t n)
{
	size_t i;

	gm_pack_int(out, n);
	for (i = 0; i < n; i++) {
		gm_pack_text(out, dirs[i].id);
		gm_pack_bytes(out, dirs[i].tree.bytes, dirs[i].tree.len);
	}
}

static void write_nodes(struct gm_strbuf *out, const struct keeping *k)
{
	struct gm_strbuf checksums = { 0 };
	struct gm_strbuf first = { 0 };
	struct gm_strbuf edges = { 0 };
	struct gm_strbuf order = { 0 };
	char checksum[16];
	size_t i;
	size_t b;

	add_number(&first, 0);
	for (i = 0; i < k->n; i++) {
		const struct gm_migration *m = k->v[i];

		gm_clean_checksum(checksum, m->checksum);
		gm_strbuf_add(&checksums, checksum, sizeof(checksum));
		for (b = 0; b < m->n_before; b++)
			add_number(&edges, 2u * k->node[m->before[b]->index] +
						   (b < m->n_above));
		add_number(&first, edges.len / 4);
	}
	for (i = 0; i < k->series->n; i++)
		if (k->node[i] != NONE)
			add_number(&order, k->node[i]);
	gm_pack_int(out, k->n);
	gm_pack_int(out, edges.len / 4);
	gm_pack_bytes(out, checksums.buf, checksums.len);
	gm_pack_bytes(out, first.buf, first.len);
	gm_pack_bytes(out, edges.buf, edges.len);
	gm_pack_bytes(out, order.buf, order.len);
	gm_pack_bytes(out, k->greatest.buf, k->greatest.len);
	gm_strbuf_release(&checksums);
	gm_strbuf_release(&first);
	gm_strbuf_release(&edges);
	gm_strbuf_release(&order);
}

static void add_record(struct gm_strbuf *out, const char *key,
		       const char *record, size_t len)
{
	gm_pack_text(out, key);
	gm_pack_bytes(out, record, len);
}

/* Those that were there before, behind it. */
static void add_old(struct gm_strbuf *out, const struct gm_strbuf *old,
		    const char *key, const struct gm_strbuf *own)
{
	const char *text = gm_strbuf_str(old);
	struct gm_unpack in = { text, text + old->len, false };
	char other[GM_HASH_HEX];
	const char *record;
	size_t len = 0;
	size_t n = 1;

	while (n < GM_CLEAN_TREES && (record = next_record(&in, other, &len))) {
		if (out->len + len > MOST_BYTES ||
		    (!strcmp(other, key) && len == own->len &&
		     !memcmp(record, own->buf, len)))
			continue;
		add_record(out, other, record, len);
		n++;
	}
}

bool gm_clean_trees_keep(const struct gm_repo *repo, const char *version,
			 const char *key, const struct gm_series *series,
			 const char *const *apps,
			 const struct gm_clean_dir *dirs, size_t n_dirs)
{
	struct keeping k = { .series = series, .repo = repo };
	struct gm_strbuf record = { 0 };
	struct gm_strbuf out = { 0 };
	struct gm_strbuf old = { 0 };
	char *format = format_of(version);
	bool good = true;
	size_t i;

	k.v = gm_calloc(series->n, sizeof(*k.v));
	k.node = gm_calloc(series->n, sizeof(*k.node));
	memset(k.node, 0xff, series->n * sizeof(*k.node));
	for (i = 0; good && i < n_dirs; i++)
		good = add_nodes(&k, apps[i], &dirs[i].tree);
	good = good && is_closed(&k);
	if (good) {
		write_dirs(&record, dirs, n_dirs);
		write_nodes(&record, &k);
		add_record(&out, key, record.buf, record.len);
		gm_cache_read(&old, gm_repo_common_dir(repo), CACHE, format);
		add_old(&out, &old, key, &record);
		if (out.len <= MOST_BYTES)
			gm_cache_write(gm_repo_common_dir(repo), CACHE, format,
				       out.buf, out.len);
	}
	gm_strbuf_release(&k.greatest);
	gm_strbuf_release(&record);
	gm_strbuf_release(&old);
	gm_strbuf_release(&out);
	free(format);
	free(k.node);
	free(k.v);
	return good;
}
