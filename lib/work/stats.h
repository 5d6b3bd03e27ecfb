/*
 * The work tree's migrations as they were when they were last read, known
 * again by what the file system says of their files: as git's index knows
 * files. Kept in the work tree's own git directory.
 */
#ifndef GM_WORK_STATS_H
#define GM_WORK_STATS_H

#include <stdint.h>

#include "git/repo.h"
#include "series/series.h"

/* What a file is known by. Times are in nanoseconds. */
struct gm_stat {
	int64_t mtime;
	int64_t ctime;
	uint64_t size;
	uint64_t inode;
	uint64_t device;
	uint64_t mode;
};

struct gm_stats_entry;
struct gm_stats_fresh;

struct gm_stats {
	/* What is kept; borrowed from the series. */
	char *text;
	size_t len;
	const struct gm_stats_entry *v;
	size_t n;
	/* When it was loaded, in nanoseconds. */
	int64_t start;
	/* By entry: which one of its directory's names it is, from 1; 0 where
	 * it isn't there, or isn't as it was. */
	uint32_t *places;
	/* The files that are not known, and have to be read. */
	struct gm_stats_fresh *fresh;
	size_t n_fresh;
	size_t fresh_cap;
};

/* Reads what is kept, for that series alone. `version` is the program's. */
void gm_stats_load(struct gm_stats *stats, struct gm_series *series,
		   const struct gm_repo *repo, const char *version);
void gm_stats_release(struct gm_stats *stats);

/*
 * Adds an app's files to the series, as gm_files_read and gm_series_add do.
 * Those that are known, and lie there unchanged, are summaries (see
 * series/summary.h); the others are read. `shown` has to stay until
 * gm_stats_release.
 */
int gm_stats_add(struct gm_stats *stats, struct gm_series *series,
		 const char *app, const char *path, const char *shown,
		 struct gm_error *err);

/*
 * Keeps what was seen, once the series is built. A file that was changed
 * just now isn't kept: it may be changed again, and look the same.
 */
void gm_stats_save(struct gm_stats *stats, const struct gm_series *series,
		   const struct gm_repo *repo, const char *version);

#endif
