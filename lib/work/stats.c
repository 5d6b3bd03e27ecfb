/*
 * The cache: a table of entries by directory and name, and behind it their
 * names and summaries. A file counts as unchanged where nothing differs that
 * the file system tells of it: its change time can't be set back, and a
 * change within one tick of the clock is ruled out when the entry is made.
 */
#include "work/stats.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/sort.h"
#include "series/summary.h"
#include "work/cache.h"
#include "work/files.h"

#define CACHE "stat"
#define FORMAT "git-migrate stat 1 " GM_SUMMARY_FORMAT " %s"

#define SECOND 1000000000

/* File systems that count whole seconds, or two, are still about. */
#define COARSE (INT64_C(2) * SECOND)

/* As it lies in the cache. */
struct entry {
	struct gm_stat stat;
	/* From the cache's first byte: the directory and the name, each with
	 * its NUL, and the summary behind them. */
	uint32_t at;
	uint32_t key_len;
	uint32_t len;
	uint32_t unused;
};

struct gm_stats_seen {
	struct gm_stat stat;
	/* Borrowed. */
	const char *app;
	const char *dir;
	char *name;
	/* The entry that it is known by, or NULL: it was read. */
	const char *known;
};

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * SECOND + t->tv_nsec;
}

void gm_stats_load(struct gm_stats *stats, const struct gm_repo *repo,
		   const char *version)
{
	char *format = gm_format(FORMAT, version ? version : "");
	struct timespec now;
	struct entry first;

	memset(stats, 0, sizeof(*stats));
	clock_gettime(CLOCK_REALTIME, &now);
	stats->start = nanoseconds(&now);
	if (gm_cache_read(&stats->text, gm_repo_git_dir(repo), CACHE, format) &&
	    stats->text.len >= sizeof(first)) {
		/* What the first one points to is where the table ends. */
		memcpy(&first, stats->text.buf, sizeof(first));
		if (first.at <= stats->text.len)
			stats->n = first.at / sizeof(first);
	}
	free(format);
}

void gm_stats_release(struct gm_stats *stats)
{
	size_t i;

	for (i = 0; i < stats->n_seen; i++) {
		free(stats->seen[i].name);
	}
	free(stats->seen);
	gm_strbuf_release(&stats->text);
	memset(stats, 0, sizeof(*stats));
}

/* The i-th entry, and its key; false where it points nowhere. */
static bool get_entry(const struct gm_stats *stats, size_t i,
		      struct entry *entry, const char **dir, const char **name)
{
	const char *key;
	const char *nul;

	memcpy(entry, stats->text.buf + i * sizeof(*entry), sizeof(*entry));
	if (entry->at > stats->text.len || entry->key_len < 2 ||
	    entry->len > stats->text.len - entry->at ||
	    entry->key_len > entry->len)
		return false;
	key = stats->text.buf + entry->at;
	nul = memchr(key, '\0', entry->key_len - 1);
	if (!nul || key[entry->key_len - 1])
		return false;
	*dir = key;
	*name = nul + 1;
	return true;
}

static int compare_keys(const char *dir_a, const char *name_a,
			const char *dir_b, const char *name_b)
{
	int diff = strcmp(dir_a, dir_b);

	return diff ? diff : strcmp(name_a, name_b);
}

/* `next` is where it is looked for first, and then the entry after it: files
 * come in the table's order. */
static const char *find(const struct gm_stats *stats, const char *dir,
			const char *name, struct entry *entry, size_t *next)
{
	size_t low = 0;
	size_t high = stats->n;
	size_t middle = *next < high ? *next : high / 2;

	for (; low < high; middle = low + (high - low) / 2) {
		const char *its_dir;
		const char *its_name;
		int diff;

		if (!get_entry(stats, middle, entry, &its_dir, &its_name))
			return NULL;
		diff = compare_keys(dir, name, its_dir, its_name);
		if (!diff) {
			*next = middle + 1;
			return stats->text.buf + middle * sizeof(*entry);
		}
		if (diff < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

static bool look(struct gm_stat *out, int dir, const char *name)
{
	struct stat st;

	memset(out, 0, sizeof(*out));
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) ||
	    !S_ISREG(st.st_mode))
		return false;
	out->mtime = nanoseconds(&st.st_mtim);
	out->ctime = nanoseconds(&st.st_ctim);
	out->size = (uint64_t)st.st_size;
	out->inode = (uint64_t)st.st_ino;
	out->device = (uint64_t)st.st_dev;
	out->mode = st.st_mode;
	return true;
}

/* One app's directory. */
struct adding {
	const struct gm_stats *stats;
	const char *app;
	const char *shown;
	int dir;
	struct gm_files *files;
	/* For each file: what it is known by, and what it is then. */
	struct gm_stats_seen *seen;
	struct gm_migration **known;
};

static void recall(struct adding *a, size_t i, size_t *next)
{
	const struct gm_stats *stats = a->stats;
	const struct gm_file *file = &a->files->v[i];
	struct gm_stats_seen *seen = &a->seen[i];
	struct entry entry;
	const char *at;

	if (!look(&seen->stat, a->dir, file->name))
		return;
	at = find(stats, a->shown, file->name, &entry, next);
	if (!at || memcmp(&entry.stat, &seen->stat, sizeof(seen->stat)) ||
	    gm_summary_read(&a->known[i], a->app, file,
			    stats->text.buf + entry.at + entry.key_len,
			    entry.len - entry.key_len))
		return;
	seen->known = at;
}

static void recall_part(void *context, size_t part, size_t first, size_t end)
{
	struct adding *a = context;
	size_t next = first;
	size_t i;

	(void)part;
	for (i = first; i < end; i++)
		recall(a, i, &next);
}

/* Takes over what is known, and leaves the rest in the list. */
static void take(struct adding *a, struct gm_stats *stats,
		 struct gm_series *series)
{
	struct gm_file *v = a->files->v;
	size_t kept = 0;
	size_t i;

	for (i = 0; i < a->files->n; i++) {
		struct gm_stats_seen *seen = &a->seen[i];

		seen->app = a->app;
		seen->dir = a->shown;
		if (a->known[i]) {
			gm_series_take(series, a->known[i]);
			seen->name = v[i].name;
			free(v[i].path);
		} else {
			stats->n_read++;
			seen->name = gm_strdup(v[i].name);
			v[kept++] = v[i];
		}
		GM_GROW(stats->seen, stats->n_seen, stats->seen_cap);
		stats->seen[stats->n_seen++] = *seen;
	}
	a->files->n = kept;
}

int gm_stats_add(struct gm_stats *stats, struct gm_series *series,
		 const char *app, const char *path, const char *shown,
		 struct gm_error *err)
{
	struct gm_files files = { 0 };
	struct adding a = {
		.stats = stats, .app = app, .shown = shown, .files = &files
	};
	int ret = gm_files_list(&files, path, shown, &a.dir, err);

	if (ret < 0)
		return ret;
	a.seen = gm_calloc(files.n + 1, sizeof(*a.seen));
	a.known = gm_calloc(files.n + 1, sizeof(*a.known));
	gm_parallel(files.n, recall_part, &a);
	take(&a, stats, series);
	ret = gm_files_read_listed(&files, a.dir, err);
	if (!ret)
		gm_series_add(series, app, &files);
	close(a.dir);
	gm_files_release(&files);
	free(a.seen);
	free(a.known);
	return ret;
}

static int by_key(const void *a, const void *b)
{
	const struct gm_stats_seen *x = a;
	const struct gm_stats_seen *y = b;

	return compare_keys(x->dir, x->name, y->dir, y->name);
}

/* The summary of a file that was read, or that is known. */
static bool add_summary(const struct gm_stats *stats,
			const struct gm_series *series,
			const struct gm_stats_seen *seen, struct gm_strbuf *out)
{
	const struct gm_migration *m;
	struct entry entry;
	char *id;

	if (seen->known) {
		memcpy(&entry, seen->known, sizeof(entry));
		gm_strbuf_add(out, stats->text.buf + entry.at + entry.key_len,
			      entry.len - entry.key_len);
		return true;
	}
	if (!seen->stat.mode || seen->stat.mtime > stats->start - COARSE ||
	    seen->stat.ctime > stats->start - COARSE)
		return false;
	id = gm_strndup(seen->name, strlen(seen->name) - 4);
	m = gm_series_find(series, seen->app, id);
	free(id);
	if (!m || m->is_summary)
		return false;
	gm_summary_write(out, m);
	return true;
}

void gm_stats_save(const struct gm_stats *stats, const struct gm_series *series,
		   const struct gm_repo *repo, const char *version)
{
	struct gm_strbuf body = { 0 };
	struct gm_strbuf out = { 0 };
	struct entry *table;
	size_t fresh = 0;
	size_t n = 0;
	size_t i;
	char *format;

	if (!stats->n_read && stats->n_seen == stats->n)
		return;
	gm_sort(stats->seen, stats->n_seen, sizeof(*stats->seen), by_key);
	table = gm_calloc(stats->n_seen + 1, sizeof(*table));
	for (i = 0; i < stats->n_seen; i++) {
		const struct gm_stats_seen *seen = &stats->seen[i];
		struct entry *entry = &table[n];

		entry->at = (uint32_t)body.len;
		gm_strbuf_add(&body, seen->dir, strlen(seen->dir) + 1);
		gm_strbuf_add(&body, seen->name, strlen(seen->name) + 1);
		entry->key_len = (uint32_t)body.len - entry->at;
		if (!add_summary(stats, series, seen, &body)) {
			gm_strbuf_cut(&body, entry->at);
			continue;
		}
		entry->stat = seen->stat;
		entry->len = (uint32_t)body.len - entry->at;
		fresh += !seen->known;
		n++;
	}
	for (i = 0; i < n; i++)
		table[i].at += (uint32_t)(n * sizeof(*table));
	if (fresh || n < stats->n) {
		format = gm_format(FORMAT, version ? version : "");
		gm_strbuf_add(&out, table, n * sizeof(*table));
		gm_strbuf_add(&out, body.buf, body.len);
		gm_cache_write(gm_repo_git_dir(repo), CACHE, format, out.buf,
			       out.len);
		free(format);
	}
	gm_strbuf_release(&body);
	gm_strbuf_release(&out);
	free(table);
}
