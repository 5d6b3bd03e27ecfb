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

/* A zeroed struct knows none. */
struct gm_stats {
	/* What is kept, and how many entries. */
	struct gm_strbuf text;
	size_t n;
	/* When it was loaded, in nanoseconds. */
	int64_t start;
	/* What has been seen since. */
	struct gm_stats_seen *seen;
	size_t n_seen;
	size_t seen_cap;
	/* How many of these had to be read. */
	size_t n_read;
};

/* Reads what is kept. `version` is the program's. */
void gm_stats_load(struct gm_stats *stats, const struct gm_repo *repo,
		   const char *version);
void gm_stats_release(struct gm_stats *stats);

/*
 * Adds an app's files to the series, as gm_files_read and gm_series_add do.
 * Those that are known, and lie there unchanged, are summaries (see
 * series/summary.h); the others are read. `app` and `shown` have to stay
 * until gm_stats_release.
 */
int gm_stats_add(struct gm_stats *stats, struct gm_series *series,
		 const char *app, const char *path, const char *shown,
		 struct gm_error *err);

/*
 * Keeps what was seen, once the series is built. A file that was changed
 * just now isn't kept: it may be changed again, and look the same.
 */
void gm_stats_save(const struct gm_stats *stats, const struct gm_series *series,
		   const struct gm_repo *repo, const char *version);

#endif
