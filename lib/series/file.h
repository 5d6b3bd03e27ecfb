/*
 * Files as a series is built from them: names, bytes, blob ids. Where they
 * came from (the work tree, the index, a commit's tree, the history) is not
 * known here.
 */
#ifndef GM_SERIES_FILE_H
#define GM_SERIES_FILE_H

#include <stddef.h>

enum gm_file_kind {
	GM_FILE_REGULAR,
	GM_FILE_SYMLINK,
	GM_FILE_OTHER,	 /* a directory, a submodule, a device */
	GM_FILE_UNMERGED /* in the index, where git waits for a decision */
};

struct gm_file {
	/* The last part of the path. */
	char *name;
	/* For messages: relative to the work tree's top. */
	char *path;
	/* Ends in a NUL that doesn't count; NULL where it wasn't read. */
	char *bytes;
	size_t len;
	enum gm_file_kind kind;
	/* The git blob id, or empty where it isn't known. */
	char blob[65];
};

/* A list that owns its files. A zeroed struct is the empty list. */
struct gm_files {
	struct gm_file *v;
	size_t n;
	size_t cap;
};

/* Adds a zeroed file and returns it; valid until the next one is added. */
struct gm_file *gm_files_add(struct gm_files *files);
void gm_files_release(struct gm_files *files);

/* The file of that name in a list in the names' byte order, or NULL.
 * Borrowed. */
const struct gm_file *gm_files_find(const struct gm_files *files,
				    const char *name);

/* The same of the file "ID.sql". */
const struct gm_file *gm_files_find_id(const struct gm_files *files,
				       const char *id);

#endif
