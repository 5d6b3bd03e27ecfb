/*
 * Lists of files.
 */
#include "series/file.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct gm_file *gm_files_add(struct gm_files *files)
{
	GM_GROW(files->v, files->n, files->cap);
	memset(&files->v[files->n], 0, sizeof(*files->v));
	return &files->v[files->n++];
}

void gm_files_release(struct gm_files *files)
{
	size_t i;

	if (!files)
		return;
	for (i = 0; i < files->n; i++) {
		free(files->v[i].name);
		free(files->v[i].path);
		free(files->v[i].bytes);
	}
	free(files->v);
	memset(files, 0, sizeof(*files));
}
