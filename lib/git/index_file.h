/*
 * The index as it lies in its file. Git's own commands read all of it each
 * time they are started, which in a hook is most of what they take; what they
 * alone know how to read is left to them.
 */
#ifndef GM_GIT_INDEX_FILE_H
#define GM_GIT_INDEX_FILE_H

#include <stdint.h>

#include "git/git.h"

struct gm_index_file {
	const unsigned char *bytes;
	size_t size;
	/* Where each entry begins, in byte order of the paths. */
	uint32_t *at;
	size_t n;
	size_t id_len;
};

struct gm_index_entry {
	const char *path;
	unsigned mode;
	/* Raw, of the repository's length. */
	const unsigned char *id;
};

/*
 * Opens the index that git would read. False, and nothing to close, where it
 * isn't in the plain form: split, sparse, of a version or with an extension
 * that isn't known, damaged, with something that is unmerged or only meant to
 * be added; or where it isn't certain which file it is.
 */
bool gm_index_file_open(struct gm_index_file *index,
			const struct gm_repo *repo);
void gm_index_file_close(struct gm_index_file *index);

/* The entry of that place, which is below n. */
struct gm_index_entry gm_index_file_entry(const struct gm_index_file *index,
					  size_t i);

/* The first place whose path isn't less than these bytes. */
size_t gm_index_file_find(const struct gm_index_file *index, const char *path);

#endif
