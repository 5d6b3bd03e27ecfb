/*
 * The summaries of migrations by their blob ids, kept from run to run: who
 * judges a tree of 10,000 files needn't open those that were there before.
 */
#ifndef GM_WORK_SUMMARIES_H
#define GM_WORK_SUMMARIES_H

#include "git/repo.h"
#include "series/series.h"

/* A zeroed struct knows none. */
struct gm_summaries {
	/* Borrowed from the series. */
	char *text;
	size_t len;
	size_t n;
};

/* Reads what is kept, for that series alone. `version` is the program's:
 * another one may read migrations otherwise. */
void gm_summaries_load(struct gm_summaries *summaries, struct gm_series *series,
		       const struct gm_repo *repo, const char *version);

/*
 * Reads an app's files into the series, as gm_series_add does. The files have
 * blob ids and no bytes; those whose summary isn't known are read.
 */
int gm_summaries_add(const struct gm_summaries *summaries,
		     struct gm_series *series, const char *app,
		     struct gm_files *files, struct gm_repo *repo,
		     struct gm_error *err);

/* Keeps the summaries of those of the series that were read, if any were. */
void gm_summaries_save(const struct gm_summaries *summaries,
		       const struct gm_series *series,
		       const struct gm_repo *repo, const char *version);

/*
 * Reads the text of those migrations of the series for which `wanted` is set,
 * by their places, and which are summaries. GM_ENOTFOUND where a blob isn't
 * there any more.
 */
int gm_summaries_fill(const struct gm_series *series, const bool *wanted,
		      struct gm_repo *repo, struct gm_error *err);

#endif
