/*
 * What is under way in a work tree: a merge, a rebase. Git keeps it in files
 * of the work tree's own git directory.
 */
#include "git/git.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

int gm_repo_merge_heads(struct gm_repo *repo, struct gm_strings *out,
			struct gm_error *err)
{
	char *path = gm_format("%s/MERGE_HEAD", repo->git_dir);
	FILE *file = fopen(path, "re");
	char line[GM_OID_HEX + 1];
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
