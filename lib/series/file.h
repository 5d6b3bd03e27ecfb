/*
 * Files as a series is built from them: names, bytes, blob ids. Where they
 * came from (the work tree, the index, a commit's tree, the history) is not
 * known here.
 */
#ifndef GM_SERIES_FILE_H
#define GM_SERIES_FILE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* A migration is not larger than this, nor are a directory's all together,
 * nor are there more of them: what comes with a clone must not fill the
 * memory. */
#define GM_FILE_MOST ((size_t)256 << 20)
#define GM_FILES_MOST ((size_t)2 << 30)
#define GM_FILES_MOST_COUNT 100000

enum gm_file_kind {
	GM_FILE_REGULAR,
	GM_FILE_SYMLINK,
	GM_FILE_OTHER,	  /* a directory, a submodule, a device */
	GM_FILE_UNMERGED, /* in the index, where git waits for a decision */
	GM_FILE_LARGE	  /* larger than GM_FILE_MOST, and so not read */
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

/* Why such a file is not read: what fits behind its path, "is a symbolic
 * link". NULL for a regular one. The caller frees it. */
char *gm_file_unread_reason(const struct gm_file *file);

/* A list that owns its files. A zeroed struct is the empty list. */
struct gm_files {
	struct gm_file *v;
	size_t n;
	size_t cap;
};

/* Adds a zeroed file and returns it; valid until the next one is added. */
struct gm_file *gm_files_add(struct gm_files *files);

/* Adds a file of another list, where an empty one stays behind. */
void gm_files_move(struct gm_files *to, struct gm_file *from);

/* Takes out what isn't called *.sql. */
void gm_files_keep_sql(struct gm_files *files);
void gm_files_release(struct gm_files *files);

/* GM_EINVALID where there are more migrations than GM_FILES_MOST_COUNT; `dir`
 * is how the message calls the directory. */
int gm_files_check_count(const struct gm_files *files, const char *dir,
			 struct gm_error *err);

/* The same of so many. */
int gm_files_check_number(size_t n, const char *dir, struct gm_error *err);

/* Whether a file of that name is in a list in any order. */
bool gm_files_have(const struct gm_files *files, const char *name);

/* The file of that name in a list in the names' byte order, or NULL.
 * Borrowed. */
const struct gm_file *gm_files_find(const struct gm_files *files,
				    const char *name);

/* The same of the file "ID.sql". */
const struct gm_file *gm_files_find_id(const struct gm_files *files,
				       const char *id);

#endif
