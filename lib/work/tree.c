/*
 * A branch may have moved its migrations: so each tree is asked where they
 * are in it.
 */
#include "work/tree.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static char *dir_in(const struct gm_apps *apps, const struct gm_app *app)
{
	const struct gm_app *found = gm_apps_get(apps, app->name);

	return found ? gm_strdup(found->dir) : NULL;
}

int gm_tree_dirs(char ***dirs, struct gm_project *project, const char *commit,
		 struct gm_error *err)
{
	struct gm_config config = { 0 };
	struct gm_apps apps = { 0 };
	size_t i;
	int ret = 0;

	*dirs = gm_calloc(project->n_apps, sizeof(char *));
	if (!project->options.dir)
		ret = gm_config_load_commit(&config, project->repo, commit,
					    err);
	if (!ret && !project->options.dir)
		ret = gm_apps_find(&apps, &config, err);
	/* Whoever wrote it then can't mend it now. */
	if (ret == GM_EINVALID) {
		gm_error_release(err);
		ret = 0;
	}
	for (i = 0; !ret && i < project->n_apps; i++) {
		const struct gm_app *app = &project->apps[i];

		if (!project->options.dir)
			(*dirs)[i] = dir_in(&apps, app);
		else if (*app->dir != '/')
			(*dirs)[i] = gm_strdup(app->dir);
	}
	gm_apps_release(&apps);
	gm_config_release(&config);
	return ret;
}

int gm_tree_read(struct gm_tree *tree, struct gm_project *project,
		 const char *commit, struct gm_error *err)
{
	char **dirs = NULL;
	size_t i;
	int ret;

	memset(tree, 0, sizeof(*tree));
	memcpy(tree->commit, commit, strlen(commit) + 1);
	tree->n_apps = project->n_apps;
	tree->apps = gm_calloc(project->n_apps, sizeof(*tree->apps));
	ret = gm_tree_dirs(&dirs, project, commit, err);
	for (i = 0; !ret && i < tree->n_apps; i++)
		if (dirs[i])
			ret = gm_repo_tree_files(project->repo, commit, dirs[i],
						 false, &tree->apps[i], err);
	for (i = 0; i < tree->n_apps; i++)
		free(dirs[i]);
	free(dirs);
	return ret;
}

void gm_tree_release(struct gm_tree *tree)
{
	size_t i;

	for (i = 0; !tree->is_borrowed && i < tree->n_apps; i++)
		gm_files_release(&tree->apps[i]);
	if (!tree->is_borrowed)
		free(tree->apps);
	memset(tree, 0, sizeof(*tree));
}
