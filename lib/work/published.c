/*
 * Published refs and their merge bases with HEAD, read as trees: names and
 * blob ids, no contents.
 */
#include "work/published.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

int gm_published_ours(struct gm_strings *out, struct gm_project *project,
		      struct gm_error *err)
{
	char head[GM_OID_HEX];
	char *branch = NULL;
	int ret;

	if (project->source == GM_FROM_COMMIT) {
		gm_strings_add(out, project->source_commit);
		return 0;
	}
	ret = gm_repo_head(project->repo, head, &branch, err);
	free(branch);
	if (!ret && *head)
		gm_strings_add(out, head);
	return ret < 0 ? ret : gm_repo_merge_heads(project->repo, out, err);
}

static int read_bases(struct gm_published_ref *ref, struct gm_project *project,
		      const struct gm_strings *bases, struct gm_error *err)
{
	size_t i;
	int ret = 0;

	ref->bases = gm_calloc(bases->n, sizeof(*ref->bases));
	for (i = 0; !ret && i < bases->n; i++) {
		ref->n_bases++;
		if (!strcmp(bases->v[i], ref->tip.commit)) {
			ref->bases[i] = ref->tip;
			ref->bases[i].is_borrowed = true;
			continue;
		}
		ret = gm_tree_read(&ref->bases[i], project, bases->v[i], err);
	}
	return ret;
}

/* Adds a commit that is published, and its bases with ours. Two names of one
 * commit say nothing new. */
static int add_commit(struct gm_published *out, struct gm_project *project,
		      const char *name, const struct gm_strings *ours,
		      bool direct, struct gm_error *err)
{
	struct gm_published_ref *ref = &out->v[out->n++];
	struct gm_strings bases = { 0 };
	char tip[GM_OID_HEX];
	size_t i;
	int ret;

	ref->name = gm_strdup(name);
	ret = gm_repo_resolve(project->repo, name, tip, err);
	for (i = 0; !ret && i + 1 < out->n; i++)
		if (!strcmp(out->v[i].tip.commit, tip)) {
			free(ref->name);
			memset(ref, 0, sizeof(*ref));
			out->n--;
			return 0;
		}
	if (!ret)
		ret = gm_tree_read(&ref->tip, project, tip, err);
	if (!ret && direct)
		gm_strings_add(&bases, tip);
	else if (!ret && ours->n)
		ret = gm_repo_merge_bases_of(project->repo, tip, ours, &bases,
					     err);
	if (!ret)
		ret = read_bases(ref, project, &bases, err);
	gm_strings_release(&bases);
	return ret;
}

/*
 * A bare repository that follows no remote is the one that others push to:
 * what they call origin/main is its branch main.
 */
static int add_own_globs(struct gm_strings *globs, struct gm_repo *repo,
			 struct gm_error *err)
{
	static const char *const prefixes[] = { "refs/remotes/origin/",
						"origin/" };
	char head[GM_OID_HEX];
	char *branch = NULL;
	size_t n = globs->n;
	size_t i;
	size_t k;
	int ret = gm_repo_top(repo) ? 1 : gm_repo_has_remote_refs(repo, err);

	if (ret)
		return ret < 0 ? ret : 0;
	ret = gm_repo_head(repo, head, &branch, err);
	for (i = 0; i < n; i++) {
		const char *rest = NULL;

		for (k = 0; !rest && k < GM_ARRAY_SIZE(prefixes); k++)
			if (gm_starts_with(globs->v[i], prefixes[k]))
				rest = globs->v[i] + strlen(prefixes[k]);
		if (rest && !strcmp(rest, "HEAD"))
			rest = branch;
		if (rest)
			gm_strings_take(globs,
					gm_format("refs/heads/%s", rest));
	}
	free(branch);
	return ret;
}

static int add_default_globs(struct gm_strings *globs, struct gm_repo *repo,
			     struct gm_error *err)
{
	static const char *const names[] = { "HEAD", "main", "master" };
	char *remote;
	size_t i;
	int ret = gm_repo_default_remote(repo, &remote, err);

	for (i = 0; i < GM_ARRAY_SIZE(names); i++)
		gm_strings_take(globs, gm_format("%s/%s", remote, names[i]));
	free(remote);
	return ret;
}

int gm_published_refs(struct gm_strings *out, struct gm_project *project,
		      struct gm_error *err)
{
	struct gm_strings globs = { 0 };
	int ret = 0;

	gm_config_all(&project->config, "migrate.published", &globs);
	if (!globs.n)
		ret = add_default_globs(&globs, project->repo, err);
	if (!ret)
		ret = add_own_globs(&globs, project->repo, err);
	if (!ret)
		ret = gm_repo_refs(project->repo, &globs, out, err);
	gm_strings_release(&globs);
	return ret;
}

int gm_published_load(struct gm_published *out, struct gm_project *project,
		      struct gm_error *err)
{
	struct gm_strings refs = { 0 };
	struct gm_strings ours = { 0 };
	size_t i;
	int ret;

	memset(out, 0, sizeof(*out));
	if (!project->repo)
		return 0;
	ret = gm_published_refs(&refs, project, err);
	if (!ret && refs.n)
		ret = gm_published_ours(&ours, project, err);
	out->v = gm_calloc(refs.n, sizeof(*out->v));
	for (i = 0; !ret && i < refs.n; i++)
		ret = add_commit(out, project, refs.v[i], &ours, false, err);
	gm_strings_release(&refs);
	gm_strings_release(&ours);
	return ret;
}

int gm_published_load_commit(struct gm_published *out,
			     struct gm_project *project, const char *commit,
			     bool direct, struct gm_error *err)
{
	struct gm_strings ours = { 0 };
	int ret;

	memset(out, 0, sizeof(*out));
	if (!project->repo)
		return gm_error_set(err, GM_ENOTFOUND,
				    "not in a git repository: there is no "
				    "commit '%s'",
				    commit);
	ret = gm_published_ours(&ours, project, err);
	out->v = gm_calloc(1, sizeof(*out->v));
	if (!ret)
		ret = add_commit(out, project, commit, &ours, direct, err);
	gm_strings_release(&ours);
	return ret;
}

void gm_published_release(struct gm_published *published)
{
	size_t i;
	size_t k;

	if (!published)
		return;
	for (i = 0; i < published->n; i++) {
		struct gm_published_ref *ref = &published->v[i];

		gm_tree_release(&ref->tip);
		for (k = 0; k < ref->n_bases; k++)
			gm_tree_release(&ref->bases[k]);
		free(ref->bases);
		free(ref->name);
	}
	free(published->v);
	memset(published, 0, sizeof(*published));
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

		if (ref->tip.apps && gm_files_find_id(&ref->tip.apps[a], id))
			return true;
		for (k = 0; k < ref->n_bases; k++)
			if (ref->bases[k].apps &&
			    gm_files_find_id(&ref->bases[k].apps[a], id))
				return true;
	}
	return false;
}
