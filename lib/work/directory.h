/*
 * Migrations as files of the work tree: a directory of them, as a whole or
 * name by name.
 */
#ifndef GM_WORK_DIRECTORY_H
#define GM_WORK_DIRECTORY_H

#include <dirent.h>
#include <stdbool.h>

#include "base/error.h"
#include "series/file.h"

/*
 * Adds every *.sql of the directory, in byte order of their names. `path` is
 * where it is; `shown` is how messages call it ("" or "migrations"). A
 * missing directory: GM_ENOTFOUND. Symlinks are not followed, only marked.
 */
int gm_files_read(struct gm_files *out, const char *path, const char *shown,
		  struct gm_error *err);

/*
 * A directory that a link leads out of the work tree is not the project's; to
 * git, one that it leads elsewhere within is none either. Then GM_EINVALID.
 */
int gm_directory_check(const char *path, const char *top, const char *shown,
		       bool in_git, struct gm_error *err);

/* gm_files_read in steps, for whoever needs not all of them. */
struct gm_directory {
	/* Borrowed. */
	const char *shown;
	DIR *stream;
	int fd;
	/* What gm_directory_next found, until the next; `type` is dirent's,
	 * where there is one. */
	const char *name;
	unsigned char type;
};

int gm_directory_open(struct gm_directory *d, const char *path,
		      const char *shown, struct gm_error *err);
void gm_directory_close(struct gm_directory *d);

/* Goes on to the next *.sql, in no order; false at the end. */
bool gm_directory_next(struct gm_directory *d);

/* Adds a file, what was found or another one, to those that gm_directory_read
 * sorts and reads. */
void gm_directory_add(const struct gm_directory *d, const char *name,
		      struct gm_files *files);
int gm_directory_read(const struct gm_directory *d, struct gm_files *files,
		      struct gm_error *err);

#endif
