/*
 * Files whose blobs aren't what the user wrote: a path with a `filter`
 * attribute (large files elsewhere, encryption) is read the way a checkout
 * would write it. And the way back: putting files into the index.
 */
#include "git/git.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Without a driver in the configuration an attribute changes nothing. */
static int has_filters(struct gm_repo *repo, bool *found, struct gm_error *err)
{
	const struct gm_strbuf *list;
	const char *at;
	int rc = gm_git_config(repo, &list, err);

	*found = false;
	if (rc)
		return rc;
	for (at = gm_strbuf_str(list); at < list->buf + list->len;
	     at += strlen(at) + 1)
		if (gm_starts_with(at, "filter."))
			*found = true;
	return 0;
}

/* A top-relative path for a command that takes them relative to here. */
static char *from_here(const struct gm_repo *repo, const char *path)
{
	return repo->top ? gm_format("%s/%s", repo->top, path)
			 : gm_strdup(path);
}

static int filtered_bytes(struct gm_file *file, struct gm_error *err)
{
	char *path = gm_format("--path=%s", file->path);
	const char *argv[] = { "git", "cat-file", "--filters",
			       path,  file->blob, NULL };
	struct gm_strbuf text = { 0 };
	int rc = gm_git_text(&text, argv, NULL, err);

	if (rc) {
		gm_error_prefix(err, "cannot read '%s' through its filter",
				file->path);
	} else {
		free(file->bytes);
		file->len = text.len;
		file->bytes = gm_strbuf_take(&text);
	}
	gm_strbuf_release(&text);
	free(path);
	return rc;
}

/* "PATH\0filter\0VALUE\0" for each regular file. */
static int apply_answers(struct gm_files *files, const struct gm_strbuf *text,
			 struct gm_error *err)
{
	static const char *const none[] = { "unspecified", "unset", "set" };
	const char *at = gm_strbuf_str(text);
	const char *end = at + text->len;
	size_t i;
	size_t j;
	int rc;

	for (i = 0; i < files->n; i++) {
		if (files->v[i].kind != GM_FILE_REGULAR)
			continue;
		for (j = 0; j < 2 && at < end; j++)
			at += strlen(at) + 1;
		if (at >= end)
			return gm_error_set(err, GM_ERROR,
					    "git check-attr gave no answer "
					    "for '%s'",
					    files->v[i].path);
		for (j = 0; j < GM_ARRAY_SIZE(none); j++)
			if (!strcmp(at, none[j]))
				break;
		if (j == GM_ARRAY_SIZE(none)) {
			rc = filtered_bytes(&files->v[i], err);
			if (rc)
				return rc;
		}
		at += strlen(at) + 1;
	}
	return 0;
}

int gm_filter_files(struct gm_repo *repo, struct gm_files *files,
		    struct gm_error *err)
{
	static const char *const argv[] = { "git",     "check-attr", "-z",
					    "--stdin", "filter",     NULL };
	struct gm_strbuf input = { 0 };
	struct gm_strbuf text = { 0 };
	bool found = false;
	size_t i;
	int rc = 0;

	/* Filters are programs that git runs. */
	if (!repo->libgit2)
		rc = has_filters(repo, &found, err);
	if (!found)
		return rc;
	for (i = 0; i < files->n; i++) {
		char *path = from_here(repo, files->v[i].path);

		if (files->v[i].kind == GM_FILE_REGULAR)
			gm_strbuf_add(&input, path, strlen(path) + 1);
		free(path);
	}
	rc = gm_git_text(&text, argv, &input, err);
	if (!rc)
		rc = apply_answers(files, &text, err);
	gm_strbuf_release(&input);
	gm_strbuf_release(&text);
	return rc;
}

int gm_repo_stage(struct gm_repo *repo, const struct gm_strings *paths,
		  struct gm_error *err)
{
	static const char *const argv[] = { "git",   "update-index",
					    "--add", "--remove",
					    "-z",    "--stdin",
					    NULL };
	struct gm_strbuf input = { 0 };
	struct gm_strbuf text = { 0 };
	size_t i;
	int rc;

	if (!repo->top)
		return gm_error_set(err, GM_EINVALID,
				    "there is no work tree to stage from");
	rc = gm_git_needed(repo, "staging", err);
	if (rc)
		return rc;
	for (i = 0; i < paths->n; i++) {
		char *path = from_here(repo, paths->v[i]);

		gm_strbuf_add(&input, path, strlen(path) + 1);
		free(path);
	}
	rc = gm_git_text(&text, argv, &input, err);
	gm_strbuf_release(&input);
	gm_strbuf_release(&text);
	return rc;
}
