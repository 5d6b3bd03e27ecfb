/*
 * Published refs and their merge bases with HEAD, read as trees: names and
 * blob ids, no contents.
 */
#include "work/published.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const default_globs[] = { "origin/HEAD", "origin/main",
					     "origin/master" };

static int read_tree(struct gm_published_tree *tree, struct gm_project *project,
		     const char *commit, struct gm_error *err)
{
	size_t i;
	int ret = 0;

	memcpy(tree->commit, commit, strlen(commit) + 1);
	tree->apps = gm_calloc(project->n_apps, sizeof(*tree->apps));
	for (i = 0; !ret && i < project->n_apps; i++)
		if (*project->apps[i].dir != '/')
			ret = gm_repo_tree_files(project->repo, commit,
						 project->apps[i].dir, false,
						 &tree->apps[i], err);
	return ret;
}

static int read_bases(struct gm_published_ref *ref, struct gm_project *project,
		      const char *head, struct gm_error *err)
{
	struct gm_strings bases = { 0 };
	size_t i;
	int ret = gm_repo_merge_bases(project->repo, head, ref->tip.commit,
				      &bases, err);

	ref->bases = gm_calloc(bases.n, sizeof(*ref->bases));
	for (i = 0; !ret && i < bases.n; i++) {
		ref->n_bases++;
		ret = read_tree(&ref->bases[i], project, bases.v[i], err);
	}
	gm_strings_release(&bases);
	return ret;
}

static int our_commit(struct gm_project *project, char head[GM_OID_HEX],
		      struct gm_error *err)
{
	char *branch = NULL;
	int ret;

	if (project->source == GM_FROM_COMMIT) {
		memcpy(head, project->source_commit, GM_OID_HEX);
		return 0;
	}
	ret = gm_repo_head(project->repo, head, &branch, err);
	free(branch);
	return ret;
}

int gm_published_refs(struct gm_strings *out, struct gm_project *project,
		      struct gm_error *err)
{
	struct gm_strings globs = { 0 };
	size_t i;
	int ret;

	gm_config_all(&project->config, "migrate.published", &globs);
	if (!globs.n)
		for (i = 0; i < GM_ARRAY_SIZE(default_globs); i++)
			gm_strings_add(&globs, default_globs[i]);
	ret = gm_repo_refs(project->repo, &globs, out, err);
	gm_strings_release(&globs);
	return ret;
}

int gm_published_load(struct gm_published *out, struct gm_project *project,
		      struct gm_error *err)
{
	struct gm_strings refs = { 0 };
	char head[GM_OID_HEX] = "";
	size_t i;
	int ret;

	memset(out, 0, sizeof(*out));
	out->n_apps = project->n_apps;
	if (!project->repo)
		return 0;
	ret = gm_published_refs(&refs, project, err);
	if (!ret && refs.n)
		ret = our_commit(project, head, err);
	out->v = gm_calloc(refs.n, sizeof(*out->v));
	for (i = 0; !ret && i < refs.n; i++) {
		struct gm_published_ref *ref = &out->v[out->n++];
		char tip[GM_OID_HEX];

		ref->name = gm_strdup(refs.v[i]);
		ret = gm_repo_resolve(project->repo, refs.v[i], tip, err);
		if (!ret)
			ret = read_tree(&ref->tip, project, tip, err);
		if (!ret && *head)
			ret = read_bases(ref, project, head, err);
	}
	gm_strings_release(&refs);
	return ret;
}

static void release_tree(struct gm_published_tree *tree, size_t n_apps)
{
	size_t i;

	for (i = 0; tree->apps && i < n_apps; i++)
		gm_files_release(&tree->apps[i]);
	free(tree->apps);
}

void gm_published_release(struct gm_published *published)
{
	size_t i;
	size_t k;

	if (!published)
		return;
	for (i = 0; i < published->n; i++) {
		struct gm_published_ref *ref = &published->v[i];

		release_tree(&ref->tip, published->n_apps);
		for (k = 0; k < ref->n_bases; k++)
			release_tree(&ref->bases[k], published->n_apps);
		free(ref->bases);
		free(ref->name);
	}
	free(published->v);
	memset(published, 0, sizeof(*published));
}

const struct gm_file *gm_published_file(const struct gm_files *files,
					const char *id)
{
	char *name = gm_format("%s.sql", id);
	const struct gm_file *found = gm_files_find(files, name);

	free(name);
	return found;
}

bool gm_published_has(const struct gm_published *published,
		      const struct gm_project *project, const char *app,
		      const char *id)
{
	const struct gm_app *found = gm_project_app(project, app);
	size_t a = found ? (size_t)(found - project->apps) : 0;
	size_t i;
	size_t k;

	for (i = 0; found && i < published->n; i++) {
		const struct gm_published_ref *ref = &published->v[i];

		if (ref->tip.apps && gm_published_file(&ref->tip.apps[a], id))
			return true;
		for (k = 0; k < ref->n_bases; k++)
			if (ref->bases[k].apps &&
			    gm_published_file(&ref->bases[k].apps[a], id))
				return true;
	}
	return false;
}
