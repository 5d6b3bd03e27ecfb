/*
 * What a commit is made of, or would be: its parents, a merge or a rebase in
 * progress. Git keeps these in files of the work tree's own git directory.
 */
#include "git/git.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

extern char **environ;

void gm_repo_expect_merge(struct gm_repo *repo)
{
	repo->merge_expected = true;
}

/* GITHEAD_ID=NAME for each commit that is merged. */
static void add_expected(struct gm_strings *out)
{
	static const char prefix[] = "GITHEAD_";
	char **at;

	for (at = environ; *at; at++) {
		const char *id = *at + strlen(prefix);
		size_t len = strcspn(id, "=");

		if (gm_starts_with(*at, prefix) && len && len < GM_OID_HEX &&
		    strspn(id, "0123456789abcdef") == len)
			gm_strings_take(out, gm_strndup(id, len));
	}
}

int gm_repo_merge_heads(struct gm_repo *repo, struct gm_strings *out,
			struct gm_error *err)
{
	char *path = gm_format("%s/MERGE_HEAD", repo->git_dir);
	FILE *file = fopen(path, "re");
	char line[GM_OID_HEX + 1];
	size_t before = out->n;
	int rc = 0;

	if (!file && errno != ENOENT)
		rc = gm_error_errno(err, "can't read '%s'", path);
	while (file && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\n")] = '\0';
		if (*line)
			gm_strings_add(out, line);
	}
	if (file)
		fclose(file);
	free(path);
	if (!rc && repo->merge_expected && out->n == before)
		add_expected(out);
	return rc;
}

bool gm_repo_is_rebasing(struct gm_repo *repo)
{
	static const char *const names[] = { "rebase-merge", "rebase-apply" };
	bool found = false;
	size_t i;

	for (i = 0; !found && i < GM_ARRAY_SIZE(names); i++) {
		char *path = gm_format("%s/%s", repo->git_dir, names[i]);

		found = access(path, F_OK) == 0;
		free(path);
	}
	return found;
}

int gm_repo_parents(struct gm_repo *repo, const char *commit,
		    struct gm_strings *out, struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_objects found = { 0 };
	const char *line;
	int rc;

	gm_strings_add(&names, commit);
	rc = gm_objects_read(&found, repo, &names, true, err);
	if (!rc && strcmp(found.v[0].type, "commit"))
		rc = gm_error_set(err, GM_ENOTFOUND,
				  "commit '%s' is not in the repository",
				  commit);
	/* The header ends at an empty line. */
	line = rc ? "" : found.v[0].bytes;
	while (*line && *line != '\n') {
		const char *end = line + strcspn(line, "\n");

		if (gm_starts_with(line, "parent "))
			gm_strings_take(out,
					gm_strndup(line + 7,
						   (size_t)(end - line) - 7));
		line = end + (*end == '\n');
	}
	gm_objects_release(&found);
	gm_strings_release(&names);
	return rc;
}
