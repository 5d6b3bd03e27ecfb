/*
 * The cache of files, as it is kept. A file counts as unchanged where nothing
 * differs that the file system tells of it: its change time can't be set
 * back, and a change within one tick of the clock is ruled out when the entry
 * is made.
 */
#include "work/stats.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/alloc.h"
#include "base/sort.h"
#include "series/summary.h"
#include "work/cache.h"
#include "work/stats_table.h"

#define CACHE "stat"
#define FORMAT "git-migrate stat 2 " GM_SUMMARY_FORMAT " %s"

/* File systems that count whole seconds, or two, are still about. */
#define COARSE (INT64_C(2) * GM_STATS_SECOND)

void gm_stats_load(struct gm_stats *stats, struct gm_series *series,
		   const struct gm_repo *repo, const char *version)
{
	char *format = gm_format(FORMAT, version ? version : "");
	struct gm_strbuf text = { 0 };
	struct timespec now;

	memset(stats, 0, sizeof(*stats));
	clock_gettime(CLOCK_REALTIME, &now);
	stats->start = (int64_t)now.tv_sec * GM_STATS_SECOND + now.tv_nsec;
	if (gm_cache_read(&text, gm_repo_git_dir(repo), CACHE, format) &&
	    text.len >= sizeof(*stats->v)) {
		stats->len = text.len;
		stats->text = gm_strbuf_take(&text);
		gm_arena_keep(&series->arena, stats->text);
		stats->v = (const struct gm_stats_entry *)stats->text;
		/* What the first one points to is where the table ends. */
		if (stats->v->at <= stats->len)
			stats->n = stats->v->at / sizeof(*stats->v);
	}
	stats->places = gm_calloc(stats->n, sizeof(*stats->places));
	gm_strbuf_release(&text);
	free(format);
}

void gm_stats_release(struct gm_stats *stats)
{
	size_t i;

	for (i = 0; i < stats->n_fresh; i++)
		free(stats->fresh[i].name);
	free(stats->fresh);
	free(stats->places);
	memset(stats, 0, sizeof(*stats));
}

bool gm_stats_is_sound(const struct gm_stats *stats,
		       const struct gm_stats_entry *entry)
{
	size_t start = entry->dir_len ? (size_t)entry->dir_len + 1 : 0;
	const char *path = stats->text + entry->at;

	/* The name is one letter at least, and ".sql". */
	return entry->at <= stats->len &&
	       entry->len <= stats->len - entry->at &&
	       entry->path_size <= entry->len &&
	       entry->path_size >= start + 6 && !path[entry->path_size - 1] &&
	       !memcmp(path + entry->path_size - 5, ".sql", 4);
}

char *gm_stats_path(const struct gm_stats *stats,
		    const struct gm_stats_entry *entry)
{
	return stats->text + entry->at;
}

char *gm_stats_name(const struct gm_stats *stats,
		    const struct gm_stats_entry *entry)
{
	return stats->text + entry->at +
	       (entry->dir_len ? entry->dir_len + 1 : 0);
}

int gm_stats_compare_dir(const char *a, size_t len_a, const char *b,
			 size_t len_b)
{
	int diff = memcmp(a, b, len_a < len_b ? len_a : len_b);

	return diff ? diff : (len_a > len_b) - (len_a < len_b);
}

/* A file that is to be kept. */
struct kept {
	const struct gm_stat *stat;
	const char *dir;
	size_t dir_len;
	const char *name;
	uint32_t place;
	/* NULL: it was read. */
	const struct gm_stats_entry *known;
	const struct gm_migration *m;
};

static int by_key(const void *a, const void *b)
{
	const struct kept *x = a;
	const struct kept *y = b;
	int diff = gm_stats_compare_dir(x->dir, x->dir_len, y->dir, y->dir_len);

	return diff ? diff : strcmp(x->name, y->name);
}

/* Once each: two apps may have one directory. */
static size_t sort(struct kept *kept, size_t n)
{
	size_t one = 0;
	size_t i;

	gm_sort(kept, n, sizeof(*kept), by_key);
	for (i = 0; i < n; i++)
		if (!one || by_key(&kept[one - 1], &kept[i]))
			kept[one++] = kept[i];
	return one;
}

static bool is_any_gone(const struct gm_stats *stats)
{
	size_t i;

	for (i = 0; i < stats->n; i++)
		if (!stats->places[i])
			return true;
	return false;
}

static size_t keep_known(struct kept *kept, const struct gm_stats *stats)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < stats->n; i++) {
		const struct gm_stats_entry *entry = &stats->v[i];

		if (!stats->places[i])
			continue;
		kept[n++] = (struct kept){
			.stat = &entry->stat,
			.dir = gm_stats_path(stats, entry),
			.dir_len = entry->dir_len,
			.name = gm_stats_name(stats, entry),
			.place = stats->places[i],
			.known = entry,
		};
	}
	return n;
}

/* Those that nobody may have changed without another time. */
static size_t keep_fresh(struct kept *kept, const struct gm_stats *stats,
			 const struct gm_series *series)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < stats->n_fresh; i++) {
		const struct gm_stats_fresh *fresh = &stats->fresh[i];
		const struct gm_stat *stat = &fresh->stat;
		const struct gm_migration *m;
		char *id;

		if (!stat->mode || stat->mtime > stats->start - COARSE ||
		    stat->ctime > stats->start - COARSE)
			continue;
		id = gm_strndup(fresh->name, strlen(fresh->name) - 4);
		m = gm_series_find(series, fresh->app, id);
		free(id);
		if (m && !m->is_summary)
			kept[n++] = (struct kept){
				.stat = stat,
				.dir = fresh->dir,
				.dir_len = strlen(fresh->dir),
				.name = fresh->name,
				.place = fresh->place,
				.m = m,
			};
	}
	return n;
}

/* Adds the path and the summary, and fills the entry. */
static void write_one(struct gm_strbuf *body, struct gm_stats_entry *entry,
		      const struct gm_stats *stats, const struct kept *kept)
{
	size_t at = body->len;

	entry->stat = *kept->stat;
	entry->place = kept->place;
	entry->dir_len = (uint32_t)kept->dir_len;
	gm_strbuf_add(body, kept->dir, kept->dir_len);
	if (kept->dir_len)
		gm_strbuf_addc(body, '/');
	gm_strbuf_add(body, kept->name, strlen(kept->name) + 1);
	entry->path_size = (uint32_t)(body->len - at);
	if (kept->known)
		gm_strbuf_add(body,
			      gm_stats_path(stats, kept->known) +
				      kept->known->path_size,
			      kept->known->len - kept->known->path_size);
	else
		gm_summary_write(body, kept->m);
	entry->at = (uint32_t)at;
	entry->len = (uint32_t)(body->len - at);
}

void gm_stats_save(struct gm_stats *stats, const struct gm_series *series,
		   const struct gm_repo *repo, const char *version)
{
	struct gm_stats_entry *table;
	struct gm_strbuf body = { 0 };
	struct gm_strbuf out = { 0 };
	struct kept *kept;
	size_t known;
	size_t n;
	size_t i;
	char *format;

	if (!stats->n_fresh && !is_any_gone(stats))
		return;
	kept = gm_calloc(stats->n + stats->n_fresh, sizeof(*kept));
	known = keep_known(kept, stats);
	n = known + keep_fresh(kept + known, stats, series);
	if (n > known || n < stats->n) {
		n = sort(kept, n);
		table = gm_calloc(n, sizeof(*table));
		for (i = 0; i < n; i++)
			write_one(&body, &table[i], stats, &kept[i]);
		for (i = 0; i < n; i++)
			table[i].at += (uint32_t)(n * sizeof(*table));
		gm_strbuf_add(&out, table, n * sizeof(*table));
		gm_strbuf_add(&out, body.buf, body.len);
		format = gm_format(FORMAT, version ? version : "");
		gm_cache_write(gm_repo_git_dir(repo), CACHE, format, out.buf,
			       out.len);
		free(format);
		free(table);
	}
	gm_strbuf_release(&body);
	gm_strbuf_release(&out);
	free(kept);
}
