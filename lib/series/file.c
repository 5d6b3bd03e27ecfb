/*
 * Lists of files.
 */
#include "series/file.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"

char *gm_file_unread_reason(const struct gm_file *file)
{
	switch (file->kind) {
	case GM_FILE_REGULAR:
		return NULL;
	case GM_FILE_UNMERGED:
		return gm_strdup("is not merged yet");
	case GM_FILE_LARGE:
		return gm_format("is larger than %zu MiB", GM_FILE_MOST >> 20);
	case GM_FILE_SYMLINK:
		return gm_strdup("is a symbolic link");
	default:
		return gm_strdup("is no plain file");
	}
}

struct gm_file *gm_files_add(struct gm_files *files)
{
	GM_GROW(files->v, files->n, files->cap);
	memset(&files->v[files->n], 0, sizeof(*files->v));
	return &files->v[files->n++];
}

void gm_files_move(struct gm_files *to, struct gm_file *from)
{
	*gm_files_add(to) = *from;
	memset(from, 0, sizeof(*from));
}

static void release(struct gm_file *file)
{
	free(file->name);
	free(file->path);
	free(file->bytes);
}

void gm_files_keep_sql(struct gm_files *files)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < files->n; i++)
		if (gm_ends_with(files->v[i].name, ".sql"))
			files->v[n++] = files->v[i];
		else
			release(&files->v[i]);
	files->n = n;
}

void gm_files_release(struct gm_files *files)
{
	size_t i;

	if (!files)
		return;
	for (i = 0; i < files->n; i++)
		release(&files->v[i]);
	free(files->v);
	memset(files, 0, sizeof(*files));
}

bool gm_files_have(const struct gm_files *files, const char *name)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		if (!strcmp(files->v[i].name, name))
			return true;
	return false;
}

static int by_name(const void *key, const void *file)
{
	return strcmp(key, ((const struct gm_file *)file)->name);
}

const struct gm_file *gm_files_find(const struct gm_files *files,
				    const char *name)
{
	if (!files->n)
		return NULL;
	return bsearch(name, files->v, files->n, sizeof(*files->v), by_name);
}

const struct gm_file *gm_files_find_id(const struct gm_files *files,
				       const char *id)
{
	size_t len = strlen(id);
	size_t low = 0;
	size_t high = files->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *name = files->v[middle].name;
		int diff = strncmp(id, name, len);

		if (!diff)
			diff = strcmp(".sql", name + len);
		if (!diff)
			return &files->v[middle];
		if (diff < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

int gm_files_check_number(size_t n, const char *dir, struct gm_error *err)
{
	if (n <= GM_FILES_MOST_COUNT)
		return 0;
	return gm_error_set(err, GM_EINVALID,
			    "'%s' holds %zu migrations, and no more than %d "
			    "are read",
			    dir, n, GM_FILES_MOST_COUNT);
}

int gm_files_check_count(const struct gm_files *files, const char *dir,
			 struct gm_error *err)
{
	size_t n = 0;
	size_t i;

	if (files->n <= GM_FILES_MOST_COUNT)
		return 0;
	for (i = 0; i < files->n; i++)
		n += gm_ends_with(files->v[i].name, ".sql");
	return gm_files_check_number(n, dir, err);
}
