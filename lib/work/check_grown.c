/*
 * A tree that has grown: one that was found clean, and a few migrations more.
 * These are read and judged against the names, the checksums and the graph of
 * the others. All of it tells only whether a check would find nothing; where
 * that isn't certain the check itself does it all again.
 */
#include "work/check_grown.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct gm_tree_bytes gm_grown_bytes(const struct gm_strbuf *text)
{
	return (struct gm_tree_bytes){ gm_strbuf_str(text), text->len };
}

size_t gm_grown_app(const struct gm_grown *g, const char *name)
{
	const struct gm_app *app = gm_project_app(g->project, name);

	return app ? (size_t)(app - g->project->apps) : SIZE_MAX;
}

bool gm_grown_read_side(struct gm_side *side, const struct gm_grown *g,
			size_t app, struct gm_files *files)
{
	struct gm_error err = { 0 };
	size_t i;
	int ret = files->n ? gm_repo_read_files(g->project->repo, files, &err)
			   : 0;

	for (i = 0; !ret && i < files->n; i++)
		gm_side_add_file(side, g->project, app, &files->v[i]);
	gm_error_release(&err);
	return !ret;
}

static void release_added(struct gm_grown *g)
{
	size_t i;

	for (i = 0; i < g->project->n_apps; i++)
		gm_files_release(&g->added[i]);
	g->n_added = 0;
}

/* Whether it is the tree, and what has been added to it. */
static bool has_grown_from(struct gm_grown *g, const struct gm_clean_tree *tree)
{
	const struct gm_project *project = g->project;
	size_t i;

	if (tree->n_dirs != project->n_apps)
		return false;
	for (i = 0; i < project->n_apps; i++) {
		struct gm_tree_bytes own = gm_grown_bytes(&g->dirs[i]);

		if (!gm_tree_bytes_grown(project->repo, &tree->dirs[i].tree,
					 &own, project->apps[i].dir,
					 GM_GROWN_MOST - g->n_added,
					 &g->added[i])) {
			release_added(g);
			return false;
		}
		g->n_added += g->added[i].n;
	}
	g->tree = tree;
	return true;
}

/* The directories of ours: those of the commit, with what is staged. */
static bool read_dirs(struct gm_strbuf *dirs, struct gm_project *project,
		      const struct gm_check_view *view)
{
	const struct gm_check_place *ours = &view->places[0];
	struct gm_error err = { 0 };
	size_t i;
	bool good = view->staged->n <= GM_GROWN_MOST;

	for (i = 0; good && i < project->n_apps; i++) {
		good = !gm_tree_bytes_read(&dirs[i], project->repo,
					   ours->trees.v[i], &err) &&
		       gm_tree_bytes_stage(project->repo, &dirs[i],
					   project->apps[i].dir, view->staged);
	}
	gm_error_release(&err);
	return good;
}

static bool judge(struct gm_grown *g)
{
	const char *policy = gm_config_get(&g->project->config, "migrate.heads",
					   "independent");

	g->linear = !strcmp(policy, "linear");
	g->greatest = gm_calloc(g->project->n_apps, sizeof(*g->greatest));
	g->first = gm_calloc(g->project->n_apps + 1, sizeof(*g->first));
	return gm_grown_build(g) && gm_grown_heads(g) && gm_grown_published(g);
}

static void release(struct gm_grown *g)
{
	size_t i;

	release_added(g);
	for (i = 0; i < g->project->n_apps; i++)
		gm_strbuf_release(&g->dirs[i]);
	gm_series_release(&g->series);
	free(g->added);
	free(g->dirs);
	free(g->nodes);
	free(g->first);
	free(g->greatest);
}

/* Whether it is just what a published ref and ours have in common. */
static bool is_base(const struct gm_grown *g, const struct gm_clean_tree *tree)
{
	const struct gm_check_ref *ref = g->view->refs;
	const struct gm_check_place *base;
	size_t i;

	if (!g->view->n_refs || !ref->n_bases ||
	    tree->n_dirs != g->project->n_apps)
		return false;
	base = &g->view->places[ref->bases[0]];
	for (i = 0; i < tree->n_dirs; i++)
		if (strcmp(tree->dirs[i].id, base->trees.v[i]))
			return false;
	return true;
}

/* The base is the best, for it will be compared with as well. */
static bool find_tree(struct gm_grown *g, const struct gm_clean_trees *trees)
{
	bool found = false;
	size_t i;

	for (i = 0; !found && i < trees->n; i++)
		found = is_base(g, &trees->v[i]) &&
			has_grown_from(g, &trees->v[i]);
	for (i = 0; !found && i < trees->n; i++)
		found = !is_base(g, &trees->v[i]) &&
			has_grown_from(g, &trees->v[i]);
	return found;
}

bool gm_check_grown(size_t *migrations, struct gm_project *project,
		    const struct gm_check_view *view)
{
	struct gm_grown g = { .project = project, .view = view };
	struct gm_clean_trees trees;
	bool clean = false;

	gm_clean_trees_load(&trees, project->repo,
			    project->options.tool_version, view->settings);
	g.dirs = gm_calloc(project->n_apps, sizeof(*g.dirs));
	g.added = gm_calloc(project->n_apps, sizeof(*g.added));
	if (trees.n && read_dirs(g.dirs, project, view))
		clean = find_tree(&g, &trees) && judge(&g);
	if (clean)
		*migrations = g.tree->n + g.n_added;
	release(&g);
	gm_clean_trees_release(&trees);
	return clean;
}

/* What is kept: the loaded series, or the part of it that a base has. */
struct keeping {
	struct gm_project *project;
	const struct gm_check_view *view;
	const char **apps;
	struct gm_clean_dir *dirs;
};

static bool keep(struct keeping *k)
{
	return gm_clean_trees_keep(k->project->repo,
				   k->project->options.tool_version,
				   k->view->settings, &k->project->series,
				   k->apps, k->dirs, k->project->n_apps);
}

/* Ours may be amended; what they were added to will be there again, and is as
 * good to judge them by, where it isn't far away. */
static bool keep_base(struct keeping *k, const struct gm_strbuf *own,
		      const struct gm_check_place *base)
{
	struct gm_project *project = k->project;
	struct gm_strbuf *dirs = gm_calloc(project->n_apps, sizeof(*dirs));
	size_t n = 0;
	size_t i;
	bool good = true;

	for (i = 0; good && i < project->n_apps; i++) {
		struct gm_tree_bytes ours = gm_grown_bytes(&own[i]);
		struct gm_files added = { 0 };

		good = !gm_tree_bytes_read(&dirs[i], project->repo,
					   base->trees.v[i], NULL);
		k->dirs[i].tree = gm_grown_bytes(&dirs[i]);
		strcpy(k->dirs[i].id, base->trees.v[i]);
		if (good)
			good = gm_tree_bytes_grown(project->repo,
						   &k->dirs[i].tree, &ours,
						   project->apps[i].dir,
						   GM_GROWN_MOST, &added);
		n += added.n;
		gm_files_release(&added);
	}
	good = good && n <= GM_GROWN_MOST / 2 && keep(k);
	for (i = 0; i < project->n_apps; i++)
		gm_strbuf_release(&dirs[i]);
	free(dirs);
	return good;
}

void gm_check_grown_keep(struct gm_project *project,
			 const struct gm_check_view *view)
{
	struct keeping k = { .project = project, .view = view };
	struct gm_strbuf *dirs = gm_calloc(project->n_apps, sizeof(*dirs));
	bool kept = false;
	size_t i;

	k.apps = gm_calloc(project->n_apps, sizeof(*k.apps));
	k.dirs = gm_calloc(project->n_apps, sizeof(*k.dirs));
	for (i = 0; i < project->n_apps; i++)
		k.apps[i] = project->apps[i].name;
	if (!read_dirs(dirs, project, view))
		goto done;
	for (i = 0; !kept && i < view->n_refs; i++)
		kept = view->refs[i].n_bases == 1 &&
		       keep_base(&k, dirs, &view->places[*view->refs[i].bases]);
	for (i = 0; !kept && i < project->n_apps; i++) {
		k.dirs[i].tree = gm_grown_bytes(&dirs[i]);
		*k.dirs[i].id = '\0';
		if (!view->staged->n)
			strcpy(k.dirs[i].id, view->places[0].trees.v[i]);
	}
	if (!kept)
		keep(&k);
done:
	for (i = 0; i < project->n_apps; i++)
		gm_strbuf_release(&dirs[i]);
	free(dirs);
	free(k.apps);
	free(k.dirs);
}
