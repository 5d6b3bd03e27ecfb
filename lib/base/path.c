/*
 * Paths, compared by whole names: /ab is not below /a.
 */
#include "base/path.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"

char *gm_path_resolve(const char *path)
{
	char *real = realpath(path, NULL);
	const char *slash = strrchr(path, '/');
	char *parent;
	char *out;

	if (real || !slash || slash == path)
		return real ? real : gm_strdup(path);
	parent = gm_strndup(path, (size_t)(slash - path));
	real = gm_path_resolve(parent);
	out = gm_format("%s%s", real, slash);
	free(parent);
	free(real);
	return out;
}

bool gm_path_is_below(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (!strcmp(dir, "/"))
		return *path == '/';
	return !strncmp(path, dir, len) && (!path[len] || path[len] == '/');
}
