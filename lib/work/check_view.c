/*
 * What a verdict on a tree depends on, by ids: where each of the commits that
 * count has its migrations. Nothing is opened for it but a few small objects.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_rules.h"

static struct gm_check_place *new_place(struct gm_check_view *view,
					const struct gm_project *project,
					const char *commit)
{
	struct gm_check_place *p;

	GM_GROW(view->places, view->n_places, view->cap_places);
	p = &view->places[view->n_places++];
	memset(p, 0, sizeof(*p));
	memcpy(p->commit, commit, strlen(commit) + 1);
	p->n = project->n_apps;
	return p;
}

static int find_trees(struct gm_check_place *p, struct gm_project *project,
		      struct gm_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < p->n; i++) {
		char id[GM_OID_HEX] = "";

		if (p->dirs[i])
			ret = gm_repo_tree_id(project->repo, p->commit,
					      p->dirs[i], id, err);
		gm_strings_add(&p->trees, id);
	}
	return ret;
}

/* Ours are where the project was told that they are. */
static int add_ours(struct gm_check_view *view, struct gm_project *project,
		    const char *commit, struct gm_error *err)
{
	struct gm_check_place *p = new_place(view, project, commit);
	size_t i;

	p->dirs = gm_calloc(p->n, sizeof(*p->dirs));
	for (i = 0; i < p->n; i++)
		p->dirs[i] = gm_strdup(project->apps[i].dir);
	return find_trees(p, project, err);
}

/* Adds a commit, unless it is there; tells its place. */
static int add_place(size_t *place, struct gm_check_view *view,
		     struct gm_project *project, const char *commit,
		     struct gm_error *err)
{
	struct gm_check_place *p;
	size_t i;
	int ret;

	for (i = 1; i < view->n_places; i++)
		if (!strcmp(view->places[i].commit, commit)) {
			*place = i;
			return 0;
		}
	*place = view->n_places;
	p = new_place(view, project, commit);
	ret = gm_tree_dirs(&p->dirs, project, commit, err);
	return ret ? ret : find_trees(p, project, err);
}

static bool has_tip(const struct gm_check_view *view, const char *commit)
{
	size_t i;

	for (i = 0; i < view->n_refs; i++)
		if (!strcmp(view->places[view->refs[i].tip].commit, commit))
			return true;
	return false;
}

static int add_ref(struct gm_check_view *view, struct gm_project *project,
		   const char *name, const struct gm_strings *heads,
		   bool direct, struct gm_error *err)
{
	struct gm_strings bases = { 0 };
	struct gm_check_ref *ref;
	char tip[GM_OID_HEX];
	size_t i;
	int ret = gm_repo_resolve(project->repo, name, tip, err);

	if (ret || has_tip(view, tip))
		return ret;
	GM_GROW(view->refs, view->n_refs, view->cap_refs);
	ref = &view->refs[view->n_refs++];
	memset(ref, 0, sizeof(*ref));
	ref->name = gm_strdup(name);
	ret = add_place(&ref->tip, view, project, tip, err);
	if (!ret && direct)
		gm_strings_add(&bases, tip);
	else if (!ret)
		ret = gm_repo_merge_bases_of(project->repo, tip, heads, &bases,
					     err);
	ref->bases = gm_calloc(bases.n, sizeof(*ref->bases));
	for (i = 0; !ret && i < bases.n; i++) {
		ret = add_place(&ref->bases[i], view, project, bases.v[i], err);
		ref->n_bases++;
	}
	gm_strings_release(&bases);
	return ret;
}

/* Every setting of ours; and a filter of git's, which may change at any
 * time what a blob id stands for, makes it false. */
static bool add_settings(struct gm_strbuf *out, struct gm_project *project)
{
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t n = gm_side_dialects(project, dialects);
	const struct gm_config *config = &project->config;
	size_t i;

	for (i = 0; i < config->n; i++) {
		if (gm_starts_with(config->v[i].key, "filter."))
			return false;
		if (!gm_starts_with(config->v[i].key, "migrate"))
			continue;
		gm_check_key_add(out, config->v[i].scope == GM_CONFIG_USER
					      ? "user"
					      : "own");
		gm_check_key_add(out, config->v[i].key);
		gm_check_key_add(out, config->v[i].value);
	}
	for (i = 0; i < n; i++)
		gm_check_key_add(out, gm_dialect_name(dialects[i]));
	gm_check_key_add(out, project->options.dir ? project->options.dir
						   : "(none)");
	gm_check_key_add(out, project->options.tool_version
				      ? project->options.tool_version
				      : "");
	for (i = 0; i < project->n_apps; i++) {
		gm_check_key_add(out, project->apps[i].name);
		gm_check_key_add(out, project->apps[i].dir);
	}
	return true;
}

/* The commits that ours come from; the first of them has the tree. */
static int find_heads(struct gm_strings *heads, struct gm_project *project,
		      struct gm_error *err)
{
	const char *commit = project->options.commit;
	char id[GM_OID_HEX];
	int ret;

	if (project->options.source == GM_FROM_INDEX) {
		ret = gm_published_ours(heads, project, err);
	} else {
		ret = gm_repo_resolve(project->repo, commit ? commit : "HEAD",
				      id, err);
		if (!ret)
			gm_strings_add(heads, id);
	}
	if (!ret && !heads->n)
		ret = gm_error_set(err, GM_ENOTFOUND, "there is no commit yet");
	return ret;
}

static int find_staged(struct gm_staged *staged, struct gm_project *project,
		       struct gm_error *err)
{
	struct gm_strings where = { 0 };
	size_t i;
	int ret;

	for (i = 0; i < project->n_apps; i++)
		gm_strings_add(&where, project->apps[i].dir);
	ret = gm_repo_staged(project->repo, &where, staged, err);
	gm_strings_release(&where);
	return ret;
}

static int look(struct gm_check_view *view, struct gm_project *project,
		const struct gm_check_options *options, struct gm_error *err)
{
	struct gm_strings heads = { 0 };
	struct gm_strings refs = { 0 };
	size_t i;
	int ret = find_heads(&heads, project, err);

	if (!ret)
		ret = add_ours(view, project, heads.v[0], err);
	view->staged = options->staged ? options->staged : &view->found;
	if (!ret && !options->staged &&
	    project->options.source == GM_FROM_INDEX)
		ret = find_staged(&view->found, project, err);
	if (!ret && options->base)
		gm_strings_add(&refs, options->base);
	else if (!ret)
		ret = gm_published_refs(&refs, project, err);
	for (i = 0; !ret && i < refs.n; i++)
		ret = add_ref(view, project, refs.v[i], &heads, options->direct,
			      err);
	gm_strings_release(&heads);
	gm_strings_release(&refs);
	return ret;
}

bool gm_check_view_load(struct gm_check_view *view, struct gm_project *project,
			const struct gm_check_options *options)
{
	struct gm_error err = { 0 };
	struct gm_strbuf settings = { 0 };
	bool can = project->repo && project->options.summaries &&
		   project->options.source != GM_FROM_WORK_TREE &&
		   gm_repo_is_talking(project->repo) &&
		   !gm_repo_is_shallow(project->repo) &&
		   add_settings(&settings, project);

	memset(view, 0, sizeof(*view));
	if (can) {
		gm_hash_bytes(settings.buf, settings.len, view->settings);
		can = !look(view, project, options, &err);
	}
	/* What is wrong is for the check itself to say. */
	gm_error_release(&err);
	gm_strbuf_release(&settings);
	return can;
}

void gm_check_view_release(struct gm_check_view *view)
{
	size_t i;
	size_t k;

	for (i = 0; i < view->n_places; i++) {
		struct gm_check_place *p = &view->places[i];

		for (k = 0; p->dirs && k < p->n; k++)
			free(p->dirs[k]);
		free(p->dirs);
		gm_strings_release(&p->trees);
	}
	for (i = 0; i < view->n_refs; i++) {
		free(view->refs[i].name);
		free(view->refs[i].bases);
	}
	free(view->places);
	free(view->refs);
	gm_staged_release(&view->found);
	memset(view, 0, sizeof(*view));
}
