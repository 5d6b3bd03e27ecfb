/*
 * Whether the hooks may sync by themselves.
 */
#include "work/autosync.h"

#include <stdlib.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"

int gm_autosync_mode(enum gm_autosync *out, const struct gm_config *config,
		     struct gm_error *err)
{
	const struct gm_config_entry *entry = gm_config_find_user(
		config, "migrate.autosync");
	struct gm_error ignored = { 0 };
	bool on = false;
	int ret;

	*out = GM_AUTOSYNC_OFF;
	if (!entry)
		return 0;
	if (!strcasecmp(entry->value, "apply"))
		*out = GM_AUTOSYNC_APPLY;
	else if (!strcasecmp(entry->value, "full"))
		*out = GM_AUTOSYNC_FULL;
	if (*out)
		return 0;
	ret = gm_config_bool(config, "migrate.autosync", false, &on, &ignored);
	gm_error_release(&ignored);
	if (!ret && !on)
		return 0;
	gm_error_set(err, GM_EINVALID,
		     "migrate.autoSync is 'apply', 'full' or 'false', not '%s'",
		     entry->value);
	return gm_error_hint(err, "git config --global migrate.autoSync apply");
}

static const char *in_progress(struct gm_repo *repo, bool merged)
{
	static const struct {
		const char *path;
		const char *what;
	} traces[] = {
		{ "BISECT_LOG", "a bisect is in progress" },
		{ "CHERRY_PICK_HEAD", "a cherry-pick is in progress" },
		{ "REVERT_HEAD", "a revert is in progress" },
		/* The last: it may be the one that has just ended. */
		{ "MERGE_HEAD", "a merge is in progress" },
	};
	size_t i;

	if (gm_repo_is_rebasing(repo))
		return "a rebase is in progress";
	for (i = 0; i < GM_ARRAY_SIZE(traces) - merged; i++) {
		char *path = gm_format("%s/%s", gm_repo_git_dir(repo),
				       traces[i].path);
		bool there = access(path, F_OK) == 0;

		free(path);
		if (there)
			return traces[i].what;
	}
	return NULL;
}

const char *gm_autosync_obstacle(struct gm_project *project, bool merged)
{
	char commit[GM_OID_HEX];
	char *branch = NULL;
	bool on_branch;

	if (project->is_protected)
		return "the target is protected";
	if (!project->repo || !gm_repo_top(project->repo))
		return "there is no work tree";
	on_branch = !gm_repo_head(project->repo, commit, &branch, NULL) &&
		    branch;
	free(branch);
	if (!on_branch)
		return "no branch is checked out";
	return in_progress(project->repo, merged);
}
