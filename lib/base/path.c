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

char *gm_path_from(const char *prefix, const char *path)
{
	struct gm_strbuf sb = { 0 };
	size_t i, common = 0;

	if (*path == '/' || gm_starts_with(path, "../"))
		return gm_strdup(path);
	for (i = 0; prefix[i] && prefix[i] == path[i]; i++)
		if (prefix[i] == '/')
			common = i + 1;
	for (i = common; prefix[i]; i++)
		if (prefix[i] == '/')
			gm_strbuf_adds(&sb, "../");
	gm_strbuf_adds(&sb, path + common);
	return gm_strbuf_take(&sb);
}

char *gm_path_word(const char *prefix, const char *path)
{
	char *from = gm_path_from(prefix, path);
	bool is_special = *from == '-' || *from == ':';
	char *plain = gm_format("%s%s", is_special ? "./" : "", from);
	char *word = gm_shell_word(plain);

	free(from);
	free(plain);
	return word;
}
