/*
 * Migrations as files of the work tree, one at a time.
 */
#ifndef GM_WORK_FILES_H
#define GM_WORK_FILES_H

#include "base/error.h"
#include "base/strbuf.h"
#include "series/file.h"

/* Most migrations fit; a larger file grows the buffer. */
#define GM_FIRST_READ ((size_t)64 * 1024)

/* Reads to the end of the file, or writes all and waits until the disk has it:
 * 0, or negative with errno set: EFBIG for a file larger than GM_FILE_MOST. */
int gm_read_all(int fd, struct gm_strbuf *out);
int gm_write_all(int fd, const char *bytes, size_t len);

/* Adds one file's bytes; GM_ENOTFOUND where it isn't there. */
int gm_file_read(const char *path, struct gm_strbuf *out, struct gm_error *err);

/*
 * Puts these bytes in the file's place, so that a reader sees the old or the
 * new ones and never a part; keeps its mode. Makes the file where it is
 * missing.
 */
int gm_file_replace(const char *path, const void *bytes, size_t len,
		    struct gm_error *err);

/* The same with bytes that lie in two places. */
int gm_file_replace_parts(const char *path, const void *first, size_t first_len,
			  const void *rest, size_t rest_len,
			  struct gm_error *err);

/*
 * The same by way of a temporary file of that name, so that one who was killed
 * on the way can be tidied up after; `mode` has the file's permissions.
 */
int gm_file_put(const char *path, const char *temporary, unsigned mode,
		const void *bytes, size_t len, struct gm_error *err);

/* Makes a new file, at an absolute path; GM_EEXISTS where there is one. */
int gm_file_create(const char *path, const void *bytes, size_t len,
		   struct gm_error *err);

/* Makes the directory and those above it; one that is there is fine. */
int gm_make_directories(const char *path, struct gm_error *err);

#endif
