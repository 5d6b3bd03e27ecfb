/*
 * Looks whether the files are as they were. The names that are known are
 * looked at by all processors, while one of them reads the directory: what is
 * known and not listed is gone, what is listed and not known is new.
 */
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "series/summary.h"
#include "work/directory.h"
#include "work/stats_table.h"

/* So many files are looked at by one thread before it takes more. */
#define PIECE 64

static int64_t nanoseconds(const struct timespec *t)
{
	return (int64_t)t->tv_sec * GM_STATS_SECOND + t->tv_nsec;
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

/* One app's directory, and the entries of it. */
struct looking {
	struct gm_stats *stats;
	struct gm_directory d;
	char *app;
	size_t first;
	size_t n;
	/* The entry that nobody has taken yet. */
	atomic_size_t next;
	/* By entry: the migration, where the file is as it was. */
	struct gm_migration **known;
	/* By place: 1 + the entry, or 0. */
	uint32_t *listed;
	size_t n_listed;
	/* Those to be read. */
	struct gm_files files;
};

/* One thread's part. */
struct looker {
	struct looking *l;
	struct gm_arena arena;
	struct gm_task task;
};

static struct gm_migration *recall(struct looker *looker,
				   const struct gm_stats_entry *entry)
{
	const struct gm_stats *stats = looker->l->stats;
	struct gm_file file = { 0 };
	struct gm_stat now;

	if (!gm_stats_is_sound(stats, entry))
		return NULL;
	file.path = gm_stats_path(stats, entry);
	file.name = gm_stats_name(stats, entry);
	if (!look(&now, looker->l->d.fd, file.name) ||
	    memcmp(&entry->stat, &now, sizeof(now)) != 0)
		return NULL;
	return gm_summary_read(&looker->arena, looker->l->app, &file,
			       file.path + entry->path_size,
			       entry->len - entry->path_size);
}

static void recall_rest(void *context)
{
	struct looker *looker = context;
	struct looking *l = looker->l;
	size_t i;
	size_t end;

	while ((i = atomic_fetch_add(&l->next, PIECE)) < l->n) {
		end = l->n - i < PIECE ? l->n : i + PIECE;
		for (; i < end; i++)
			l->known[i] = recall(looker,
					     &l->stats->v[l->first + i]);
	}
}

/* The first entry of that directory, or of those behind it. */
static size_t find_directory(const struct gm_stats *stats, const char *dir,
			     bool behind)
{
	size_t len = strlen(dir);
	size_t low = 0;
	size_t high = stats->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct gm_stats_entry *entry = &stats->v[middle];
		int diff = 1;

		if (gm_stats_is_sound(stats, entry))
			diff = gm_stats_compare_dir(gm_stats_path(stats, entry),
						    entry->dir_len, dir, len);
		if (diff < 0 || (!diff && behind))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The entry of that name, or n. Most come as they came the last time. */
static size_t find(const struct looking *l, const char *name, size_t *next)
{
	const struct gm_stats *stats = l->stats;
	const struct gm_stats_entry *v = stats->v + l->first;
	size_t low = 0;
	size_t high = l->n;

	if (*next < l->n_listed && l->listed[*next]) {
		size_t i = l->listed[*next] - 1;

		if (!strcmp(gm_stats_name(stats, &v[i]), name)) {
			++*next;
			return i;
		}
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int diff;

		if (!gm_stats_is_sound(stats, &v[middle]))
			break;
		diff = strcmp(name, gm_stats_name(stats, &v[middle]));
		if (!diff) {
			*next = (size_t)v[middle].place + 1;
			return middle;
		}
		if (diff < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return l->n;
}

static void add_fresh(struct looking *l, const char *name, uint32_t place)
{
	struct gm_stats *stats = l->stats;
	struct gm_stats_fresh *fresh;

	GM_GROW(stats->fresh, stats->n_fresh, stats->fresh_cap);
	fresh = &stats->fresh[stats->n_fresh++];
	/* Before it is read: a change in between shows the next time. */
	look(&fresh->stat, l->d.fd, name);
	fresh->app = l->app;
	fresh->dir = l->d.shown;
	fresh->name = gm_strdup(name);
	fresh->place = place;
	gm_directory_add(&l->d, name, &l->files);
}

static size_t list(struct looking *l)
{
	uint32_t *places = l->stats->places + l->first;
	uint32_t n = 0;
	size_t next = 1;

	while (n <= GM_FILES_MOST_COUNT && gm_directory_next(&l->d)) {
		size_t i = find(l, l->d.name, &next);

		n++;
		if (i < l->n)
			places[i] = n;
		else
			add_fresh(l, l->d.name, n);
	}
	return n;
}

/* Takes over those that are there as they were. */
static void take(struct looking *l, struct gm_series *series)
{
	struct gm_stats *stats = l->stats;
	size_t i;

	for (i = 0; i < l->n; i++) {
		uint32_t *place = &stats->places[l->first + i];

		if (!*place)
			continue;
		if (l->known[i]) {
			gm_series_take(series, l->known[i]);
			continue;
		}
		add_fresh(l, gm_stats_name(stats, &stats->v[l->first + i]),
			  *place);
		*place = 0;
	}
}

/* The order in which the directory was listed, for find(). */
static void order(struct looking *l)
{
	const struct gm_stats_entry *v = l->stats->v + l->first;
	size_t i;

	l->n_listed = 2 * l->n + 1;
	l->listed = gm_calloc(l->n_listed, sizeof(*l->listed));
	for (i = 0; i < l->n; i++)
		if (v[i].place < l->n_listed &&
		    gm_stats_is_sound(l->stats, &v[i]))
			l->listed[v[i].place] = (uint32_t)i + 1;
}

static int look_at_all(struct looking *l, struct gm_series *series,
		       struct gm_error *err)
{
	struct looker lookers[GM_MOST_PARTS] = { 0 };
	size_t n = gm_parallel_parts(l->n);
	size_t listed;
	size_t i;

	for (i = 0; i < n; i++) {
		lookers[i].l = l;
		/* The first is this one. */
		if (i)
			gm_task_start(&lookers[i].task, recall_rest,
				      &lookers[i]);
	}
	order(l);
	listed = list(l);
	recall_rest(&lookers[0]);
	for (i = 0; i < n; i++) {
		if (i)
			gm_task_finish(&lookers[i].task);
		gm_arena_move(&series->arena, &lookers[i].arena);
	}
	return gm_files_check_number(listed, l->d.shown, err);
}

int gm_stats_add(struct gm_stats *stats, struct gm_series *series,
		 const char *app, const char *path, const char *shown,
		 struct gm_error *err)
{
	struct looking l = { .stats = stats };
	int ret = gm_directory_open(&l.d, path, shown, err);

	if (ret < 0)
		return ret;
	l.app = gm_arena_text(&series->arena, app, strlen(app));
	l.first = find_directory(stats, shown, false);
	l.n = find_directory(stats, shown, true) - l.first;
	l.known = gm_calloc(l.n, sizeof(struct gm_migration *));
	ret = look_at_all(&l, series, err);
	if (!ret) {
		take(&l, series);
		ret = gm_directory_read(&l.d, &l.files, err);
	}
	if (!ret)
		gm_series_add(series, app, &l.files);
	gm_directory_close(&l.d);
	gm_files_release(&l.files);
	free(l.listed);
	free(l.known);
	return ret;
}
