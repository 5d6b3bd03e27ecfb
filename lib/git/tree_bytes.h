/*
 * Directories as git keeps them: the bytes of tree objects, which are gone
 * through without a list being made. Two that are nearly the same, of ten
 * thousand files each, are compared in less time than one is listed.
 */
#ifndef GM_GIT_TREE_BYTES_H
#define GM_GIT_TREE_BYTES_H

#include "git/repo.h"

struct gm_tree_entry {
	unsigned mode;
	const char *name;
	/* Raw, of the repository's length. */
	const unsigned char *id;
};

/* Bytes of a tree object; borrowed. Zeroed: an empty one. */
struct gm_tree_bytes {
	const char *bytes;
	size_t len;
};

/* The entry at `*at`, which moves to the next one; false at the end or where
 * the tree is damaged. */
bool gm_tree_bytes_next(const struct gm_repo *repo,
			const struct gm_tree_bytes *tree, size_t *at,
			struct gm_tree_entry *entry);

/* Whether it counts as a migration, or as what stands in the place of one:
 * no directory, not hidden, and its name ends in .sql. */
bool gm_tree_entry_counts(const struct gm_tree_entry *entry);

/* As git sorts them: a directory as if its name ended in a slash. */
int gm_tree_entry_compare(const struct gm_tree_entry *a,
			  const struct gm_tree_entry *b);

/*
 * Reads the tree of that id; an empty id is an empty tree. GM_ENOTFOUND where
 * it isn't in the repository.
 */
int gm_tree_bytes_read(struct gm_strbuf *out, struct gm_repo *repo,
		       const char *id, struct gm_error *err);

/*
 * Whether `after` has all that counts in `before`, just as it is there. Adds
 * to `added` what counts and is in `after` alone, with its path below `dir`
 * and its blob id; of no more than `most` of them: else the answer is false.
 */
bool gm_tree_bytes_grown(const struct gm_repo *repo,
			 const struct gm_tree_bytes *before,
			 const struct gm_tree_bytes *after, const char *dir,
			 size_t most, struct gm_files *added);

/*
 * Puts what is staged right in `dir` into the bytes of its tree, so that they
 * are those of the index. False where they can't be: something is unmerged, or
 * stands in the directory's place.
 */
bool gm_tree_bytes_stage(const struct gm_repo *repo, struct gm_strbuf *tree,
			 const char *dir, const struct gm_staged *staged);

#endif
