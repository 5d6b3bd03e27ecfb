/*
 * Paths, compared by whole names: /ab is not below /a.
 */
#include "base/path.h"

#include <string.h>

bool gm_path_is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (!strcmp(dir, "/"))
		return *path == '/';
	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}
