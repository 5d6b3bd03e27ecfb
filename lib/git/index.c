/*
 * The index of a work tree: what it holds of some paths, in all stages, and
 * putting that back; how the work tree differs from it.
 */
#include "git/git.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_wanted(char **paths, size_t n, const char *path)
{
	return n && bsearch(&path, paths, n, sizeof(*paths), by_text);
}

/* "MODE ID STAGE\tPATH", as it came. */
static int add_entries(struct gm_strbuf *out, const char *dir, char **paths,
		       size_t n, struct gm_error *err)
{
	char *where = gm_format(":(top,literal)%s", dir);
	const char *argv[] = { "git",	      "ls-files", "-s",	 "-z",
			       "--full-name", "--",	  where, NULL };
	struct gm_strbuf text = { 0 };
	int rc = gm_git_text(&text, argv, NULL, err);
	const char *at = gm_strbuf_str(&text);

	for (; !rc && at < text.buf + text.len; at += strlen(at) + 1) {
		const char *path = strchr(at, '\t');

		if (path && is_wanted(paths, n, path + 1))
			gm_strbuf_add(out, at, strlen(at) + 1);
	}
	gm_strbuf_release(&text);
	free(where);
	return rc;
}

/* Each directory is listed once, with those of its files that are wanted. */
int gm_repo_index_entries(struct gm_repo *repo, const struct gm_strings *paths,
			  struct gm_strbuf *out, struct gm_error *err)
{
	struct gm_strings sorted = { 0 };
	struct gm_strings dirs = { 0 };
	size_t i;
	int rc = gm_git_needed(repo, "reading the index", err);

	for (i = 0; i < paths->n; i++) {
		const char *slash = strrchr(paths->v[i], '/');
		char *dir = gm_strndup(
			paths->v[i], slash ? (size_t)(slash - paths->v[i]) : 0);

		gm_strings_add(&sorted, paths->v[i]);
		if (!gm_strings_has(&dirs, dir))
			gm_strings_add(&dirs, dir);
		free(dir);
	}
	gm_strings_sort(&sorted);
	for (i = 0; !rc && i < dirs.n; i++)
		rc = add_entries(out, dirs.v[i], sorted.v, sorted.n, err);
	gm_strings_release(&sorted);
	gm_strings_release(&dirs);
	return rc;
}

/* What was restored has no times: look at the files once, so that nobody
 * has to read them again. Other files' news are none of an error. */
static void refresh(void)
{
	static const char *const argv[] = {
		"git", "update-index", "-q", "--unmerged", "--refresh", NULL
	};
	struct gm_git_output out = { 0 };

	gm_git_run(&out, argv, NULL, NULL);
	gm_git_output_release(&out);
}

int gm_repo_index_restore(struct gm_repo *repo, const struct gm_strings *paths,
			  const struct gm_strbuf *entries, struct gm_error *err)
{
	static const char *const argv[] = { "git", "update-index", "-z",
					    "--index-info", NULL };
	struct gm_strbuf input = { 0 };
	struct gm_strbuf text = { 0 };
	size_t i;
	int rc = gm_git_needed(repo, "writing the index", err);

	if (rc)
		return rc;
	/* Mode 0 takes all stages of a path out. */
	for (i = 0; i < paths->n; i++) {
		gm_strbuf_addf(&input, "0 %0*d\t%s", repo->sha256 ? 64 : 40, 0,
			       paths->v[i]);
		gm_strbuf_addc(&input, '\0');
	}
	gm_strbuf_add(&input, gm_strbuf_str(entries), entries->len);
	rc = gm_git_text(&text, argv, &input, err);
	if (!rc)
		refresh();
	gm_strbuf_release(&input);
	gm_strbuf_release(&text);
	return rc;
}

int gm_repo_changed_files(struct gm_repo *repo, const char *dir,
			  struct gm_strings *out, struct gm_error *err)
{
	char *path = gm_tree_path(dir);
	char *where = gm_format(":(top,literal)%s", path);
	const char *argv[] = { "git",
			       "status",
			       "--porcelain=v1",
			       "-z",
			       "--no-renames",
			       "--untracked-files=all",
			       "--ignored",
			       "--ignore-submodules=all",
			       "--",
			       where,
			       NULL };
	struct gm_strbuf text = { 0 };
	size_t len = strlen(path);
	const char *at;
	int rc = gm_git_needed(repo, "the state of the work tree", err);

	if (!rc)
		rc = gm_git_text(&text, argv, NULL, err);
	at = gm_strbuf_str(&text);
	for (; !rc && at < text.buf + text.len; at += strlen(at) + 1) {
		const char *name = strlen(at) > 3 ? at + 3 : "";

		if (len && (strncmp(name, path, len) || name[len] != '/'))
			continue;
		if (!strchr(name + len + (len > 0), '/'))
			gm_strings_add(out, at);
	}
	gm_strbuf_release(&text);
	free(where);
	free(path);
	return rc;
}
