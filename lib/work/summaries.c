/*
 * The cache: a table of entries in the order of their ids, and behind it the
 * summaries that they point to.
 */
#include "work/summaries.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sort.h"
#include "series/summary.h"
#include "work/cache.h"

#define CACHE "summaries"

/* More than this many that no tree of today holds aren't kept. */
#define MOST_ENTRIES 200000

/* As it lies in the cache. */
struct entry {
	unsigned char id[32];
	/* From the cache's first byte. */
	uint32_t at;
	uint32_t len;
};

static char *format_of(const char *version)
{
	return gm_format("git-migrate summaries " GM_SUMMARY_FORMAT " %s",
			 version ? version : "");
}

static unsigned nibble(char c)
{
	return (unsigned)(c <= '9' ? c - '0' : c - 'a' + 10) & 15;
}

/* Shorter ids are filled up with zeros. */
static void raw_id(unsigned char id[32], const char *hex)
{
	size_t i;

	memset(id, 0, 32);
	for (i = 0; i < 32 && hex[2 * i]; i++)
		id[i] = (unsigned char)(nibble(hex[2 * i]) << 4 |
					nibble(hex[2 * i + 1]));
}

static void get_entry(const struct gm_summaries *s, size_t i,
		      struct entry *entry)
{
	memcpy(entry, s->text + i * sizeof(*entry), sizeof(*entry));
}

void gm_summaries_load(struct gm_summaries *summaries, struct gm_series *series,
		       const struct gm_repo *repo, const char *version)
{
	char *format = format_of(version);
	struct gm_strbuf text = { 0 };
	struct entry first;

	memset(summaries, 0, sizeof(*summaries));
	if (gm_cache_read(&text, gm_repo_common_dir(repo), CACHE, format) &&
	    text.len >= sizeof(first)) {
		summaries->len = text.len;
		summaries->text = gm_strbuf_take(&text);
		gm_arena_keep(&series->arena, summaries->text);
		/* What the first one points to is where the table ends. */
		get_entry(summaries, 0, &first);
		if (first.at <= summaries->len)
			summaries->n = first.at / sizeof(first);
	}
	gm_strbuf_release(&text);
	free(format);
}

static bool find(const struct gm_summaries *s, const char *blob,
		 struct entry *entry)
{
	size_t low = 0;
	size_t high = s->n;
	unsigned char id[32];

	raw_id(id, blob);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *at = s->text + middle * sizeof(*entry);
		int diff = memcmp(id, at, sizeof(id));

		if (!diff) {
			get_entry(s, middle, entry);
			return entry->at <= s->len &&
			       entry->len <= s->len - entry->at;
		}
		if (diff < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static struct gm_migration *recall(const struct gm_summaries *s,
				   struct gm_series *series, char *app,
				   const struct gm_file *file)
{
	struct gm_file lasting = *file;
	struct entry entry;

	if (file->kind != GM_FILE_REGULAR || file->name[0] == '.' ||
	    !gm_ends_with(file->name, ".sql") ||
	    !gm_id_is_valid(file->name, strlen(file->name) - 4) ||
	    !find(s, file->blob, &entry))
		return NULL;
	lasting.path = gm_arena_text(&series->arena, file->path,
				     strlen(file->path));
	return gm_summary_read(&series->arena, app, &lasting,
			       s->text + entry.at, entry.len);
}

int gm_summaries_add(const struct gm_summaries *summaries,
		     struct gm_series *series, const char *app,
		     struct gm_files *files, struct gm_repo *repo,
		     struct gm_error *err)
{
	char *lasting = gm_arena_text(&series->arena, app, strlen(app));
	struct gm_files unknown = { 0 };
	size_t i;
	int ret = 0;

	for (i = 0; i < files->n; i++) {
		struct gm_migration *m = recall(summaries, series, lasting,
						&files->v[i]);

		if (m)
			gm_series_take(series, m);
		else if (gm_ends_with(files->v[i].name, ".sql"))
			gm_files_move(&unknown, &files->v[i]);
	}
	if (unknown.n)
		ret = gm_repo_read_files(repo, &unknown, err);
	if (!ret)
		gm_series_add(series, app, &unknown);
	gm_files_release(&unknown);
	return ret;
}

struct kept {
	struct entry entry;
	const char *bytes;
};

static int by_id(const void *a, const void *b)
{
	return memcmp(a, b, 32);
}

struct keeping {
	struct kept *v;
	size_t n;
	size_t cap;
	/* The new ones' bytes; each place is known before they move. */
	struct gm_strbuf fresh;
};

static void keep_new(struct keeping *k, const struct gm_series *series)
{
	size_t i;

	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->v[i];
		struct kept *kept;

		if (m->is_summary || !*m->blob)
			continue;
		GM_GROW(k->v, k->n, k->cap);
		kept = &k->v[k->n++];
		raw_id(kept->entry.id, m->blob);
		kept->bytes = NULL;
		kept->entry.at = (uint32_t)k->fresh.len;
		gm_summary_write(&k->fresh, m);
		kept->entry.len = (uint32_t)k->fresh.len - kept->entry.at;
	}
	for (i = 0; i < k->n; i++)
		k->v[i].bytes = k->fresh.buf + k->v[i].entry.at;
}

static void keep_old(struct keeping *k, const struct gm_summaries *s)
{
	size_t i;

	for (i = 0; i < s->n && k->n < MOST_ENTRIES; i++) {
		struct entry entry;

		get_entry(s, i, &entry);
		if (entry.at > s->len || entry.len > s->len - entry.at)
			continue;
		GM_GROW(k->v, k->n, k->cap);
		k->v[k->n].entry = entry;
		k->v[k->n++].bytes = s->text + entry.at;
	}
}

/* Sorted, each id once. */
static void sort(struct keeping *k)
{
	size_t i;
	size_t n = 0;

	gm_sort(k->v, k->n, sizeof(*k->v), by_id);
	for (i = 0; i < k->n; i++)
		if (!n || memcmp(k->v[n - 1].entry.id, k->v[i].entry.id, 32))
			k->v[n++] = k->v[i];
	k->n = n;
}

void gm_summaries_save(const struct gm_summaries *summaries,
		       const struct gm_series *series,
		       const struct gm_repo *repo, const char *version)
{
	struct keeping k = { 0 };
	struct gm_strbuf out = { 0 };
	size_t at;
	size_t i;
	char *format;

	keep_new(&k, series);
	if (k.n) {
		keep_old(&k, summaries);
		sort(&k);
		at = k.n * sizeof(struct entry);
		for (i = 0; i < k.n; i++) {
			k.v[i].entry.at = (uint32_t)at;
			at += k.v[i].entry.len;
			gm_strbuf_add(&out, &k.v[i].entry,
				      sizeof(struct entry));
		}
		for (i = 0; i < k.n; i++)
			gm_strbuf_add(&out, k.v[i].bytes, k.v[i].entry.len);
		format = format_of(version);
		gm_cache_write(gm_repo_common_dir(repo), CACHE, format, out.buf,
			       out.len);
		free(format);
	}
	gm_strbuf_release(&out);
	gm_strbuf_release(&k.fresh);
	free(k.v);
}

int gm_summaries_fill(const struct gm_series *series, const bool *wanted,
		      struct gm_repo *repo, struct gm_error *err)
{
	struct gm_files files = { 0 };
	size_t i;
	size_t k;
	int ret = 0;

	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->v[i];
		struct gm_file *file;

		if (!wanted[i] || !m->is_summary)
			continue;
		file = gm_files_add(&files);
		file->name = gm_format("%s.sql", m->id);
		file->path = gm_strdup(m->path);
		memcpy(file->blob, m->blob, sizeof(file->blob));
	}
	if (files.n)
		ret = gm_repo_read_files(repo, &files, err);
	for (i = 0, k = 0; !ret && k < files.n; i++)
		if (wanted[i] && series->v[i]->is_summary) {
			/* It could be read when its summary was made. */
			gm_summary_fill(series->v[i], files.v[k].bytes,
					files.v[k].len);
			k++;
		}
	gm_files_release(&files);
	return ret;
}
