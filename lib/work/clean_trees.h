/*
 * Trees that were found clean, kept from run to run as graphs: the bytes of
 * their directories, each migration's checksum and those it stands on. Who
 * judges a tree that has grown out of one of them needs no other file of it.
 */
#ifndef GM_WORK_CLEAN_TREES_H
#define GM_WORK_CLEAN_TREES_H

#include <stdint.h>

#include "git/tree_bytes.h"
#include "series/series.h"

/* More aren't kept; the last one stands first. */
#define GM_CLEAN_TREES 4

struct gm_clean_dir {
	struct gm_tree_bytes tree;
	/* Its id, or empty where git has no such tree. */
	char id[GM_OID_HEX];
};

/*
 * A migration is known by its node: they are counted through the apps, in
 * the order of the directories' entries. All that points is borrowed, and
 * may lie at any address.
 */
struct gm_clean_tree {
	/* By app. */
	struct gm_clean_dir *dirs;
	size_t n_dirs;
	size_t n;
	/* By node, 16 bytes each. */
	const char *checksums;
	/* Numbers of 32 bits. By node, where its edges begin, and one more;
	 * an edge is twice the node that it leads to, plus one where that is
	 * a parent; the nodes in the order of the series; by app, one more
	 * than the entry whose number is the greatest, counted in the app. */
	const char *first;
	const char *edges;
	const char *order;
	const char *greatest;
	size_t n_edges;
};

/* A zeroed struct knows none. */
struct gm_clean_trees {
	struct gm_strbuf text;
	struct gm_clean_tree v[GM_CLEAN_TREES];
	size_t n;
};

/* Number `i` of those at `numbers`. */
uint32_t gm_clean_number(const char *numbers, size_t i);

/* A checksum's digits as 16 bytes. */
void gm_clean_checksum(char out[16], const char *hex);

/* Reads those that are kept under the key: what else a verdict depends on.
 * `version` is the program's. */
void gm_clean_trees_load(struct gm_clean_trees *trees,
			 const struct gm_repo *repo, const char *version,
			 const char *key);
void gm_clean_trees_release(struct gm_clean_trees *trees);

/*
 * Keeps one more: what of the series counts in these directories, one for
 * each of the apps, whose names are in their order. What has the same name
 * must be the same file. Nothing is kept where these can't stand without the
 * rest of the series, or where they have several heads without it: false.
 */
bool gm_clean_trees_keep(const struct gm_repo *repo, const char *version,
			 const char *key, const struct gm_series *series,
			 const char *const *apps,
			 const struct gm_clean_dir *dirs, size_t n_dirs);

#endif
