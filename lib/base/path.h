/*
 * Paths as text.
 */
#ifndef GM_BASE_PATH_H
#define GM_BASE_PATH_H

#include <stdbool.h>

/* Whether the path is the directory's or lies below it. Both are absolute,
 * without links, dots or a '/' at the end. */
bool gm_path_is_below(const char *path, const char *dir);

#endif
