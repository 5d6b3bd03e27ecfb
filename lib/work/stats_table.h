/*
 * Within the cache of files: how it lies in memory and on disk. For
 * lib/work/stats*.c alone.
 */
#ifndef GM_WORK_STATS_TABLE_H
#define GM_WORK_STATS_TABLE_H

#include "work/stats.h"

/* In nanoseconds. */
#define GM_STATS_SECOND 1000000000

/* One file. The table of them, by directory and name, is what the cache
 * begins with; what they point to follows. */
struct gm_stats_entry {
	struct gm_stat stat;
	/* From the cache's first byte: the path, with its NUL, and the
	 * summary behind it. */
	uint32_t at;
	uint32_t len;
	uint32_t path_size;
	/* How long the directory is, without the slash behind it. */
	uint32_t dir_len;
	/* Which one of the directory's names it was, from 1. */
	uint32_t place;
	uint32_t unused;
};

struct gm_stats_fresh {
	struct gm_stat stat;
	/* Borrowed. */
	const char *dir;
	char *app;
	char *name;
	uint32_t place;
};

/* Whether it points to what can be a path and a summary. */
bool gm_stats_is_sound(const struct gm_stats *stats,
		       const struct gm_stats_entry *entry);

/* Of one that is sound: the path, and its last part. Borrowed. */
char *gm_stats_path(const struct gm_stats *stats,
		    const struct gm_stats_entry *entry);
char *gm_stats_name(const struct gm_stats *stats,
		    const struct gm_stats_entry *entry);

/* How one directory stands to another in the table. */
int gm_stats_compare_dir(const char *a, size_t len_a, const char *b,
			 size_t len_b);

#endif
