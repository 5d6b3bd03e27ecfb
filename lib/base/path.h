/*
 * Paths as text.
 */
#ifndef GM_BASE_PATH_H
#define GM_BASE_PATH_H

#include <stdbool.h>

/* The path without links, as far as it exists, and what doesn't exist as it
 * is written: where a file would be that is yet to be made. The caller frees
 * it. */
char *gm_path_resolve(const char *path);

/* Whether the path is the directory's or lies below it. Both are absolute,
 * without links, dots or a '/' at the end. */
bool gm_path_is_below(const char *path, const char *dir);

/*
 * The path of what lies below some top directory, as it is seen from
 * `prefix` there, which is "" or ends in '/'. What lies elsewhere, an
 * absolute path or one that begins with "../", stays as it is. The caller
 * frees it.
 */
char *gm_path_from(const char *prefix, const char *path);

/* The same as a word to type into a shell, which no program there takes for an
 * option or for more than a path. */
char *gm_path_word(const char *prefix, const char *path);

#endif
