/*
 * What a sparse checkout shows of a project, and what it doesn't.
 */
#include "work/sparse.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "work/directory.h"
#include "work/files.h"

bool gm_is_sparse(const struct gm_project *project)
{
	bool sparse = false;

	return project->repo && gm_repo_top(project->repo) &&
	       !gm_config_bool(&project->config, "core.sparsecheckout", false,
			       &sparse, NULL) &&
	       sparse;
}

int gm_sparse_config(struct gm_project *project, struct gm_error *err)
{
	char *path = gm_format("%s/.gitmigrate", project->top);
	int ret = 0;

	if (gm_is_sparse(project) && access(path, F_OK)) {
		gm_config_release(&project->config);
		ret = gm_config_load_commit(&project->config, project->repo,
					    NULL, err);
	}
	free(path);
	return ret;
}

int gm_sparse_files_read(struct gm_project *project, const struct gm_app *app,
			 const char *path, struct gm_files *files,
			 struct gm_error *err)
{
	int ret = gm_files_read(files, path, app->dir, err);
	bool missing = ret == GM_ENOTFOUND;

	if (*app->dir == '/' || (ret && !missing))
		return ret;
	if (missing)
		gm_error_release(err);
	ret = gm_repo_sparse_files(project->repo, app->dir, files, err);
	/* Nor is it in the index: say so. */
	return !ret && missing && !files->n
		       ? gm_files_read(files, path, app->dir, err)
		       : ret;
}

bool gm_is_shown(const struct gm_project *project, const struct gm_migration *m)
{
	char *path = gm_project_path(project, m->app, m->id);
	bool shown = !access(path, F_OK);

	free(path);
	return shown;
}

int gm_shown_file_read(const struct gm_project *project,
		       const struct gm_migration *m, struct gm_strbuf *out,
		       struct gm_error *err)
{
	char *path = gm_project_path(project, m->app, m->id);
	int ret = gm_file_read(path, out, err);
	char *dir;

	free(path);
	if (ret != GM_ENOTFOUND || !gm_is_sparse(project))
		return ret;
	gm_error_release(err);
	gm_error_set(err, ret, "'%s' is kept out of the work tree", m->path);
	dir = gm_repo_word(project->repo, gm_project_app(project, m->app)->dir);
	gm_error_hint(err, "git sparse-checkout add %s", dir);
	free(dir);
	return ret;
}
