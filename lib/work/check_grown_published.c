/*
 * A tree that has grown, beside what is published: whether it has all of that
 * as it is, and agrees with what was published since.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_grown.h"

/* One published ref against ours. */
struct parting {
	const struct gm_grown *g;
	const struct gm_check_place *base;
	const struct gm_check_place *tip;
	/* By app: what each has that the base doesn't. */
	struct gm_files *ours;
	struct gm_files *theirs;
};

/* The tree's bytes: those that are at hand, or else read into `text`. */
static bool read_dir(struct gm_tree_bytes *out, struct gm_strbuf *text,
		     const struct gm_grown *g, size_t app, const char *id)
{
	struct gm_error err = { 0 };
	int ret;

	if (!g->view->staged->n &&
	    !strcmp(g->view->places[0].trees.v[app], id)) {
		*out = gm_grown_bytes(&g->dirs[app]);
		return true;
	}
	if (*id && !strcmp(g->tree->dirs[app].id, id)) {
		*out = g->tree->dirs[app].tree;
		return true;
	}
	ret = gm_tree_bytes_read(text, g->project->repo, id, &err);
	gm_error_release(&err);
	*out = gm_grown_bytes(text);
	return !ret;
}

/* The lowest of ours that aren't published, without the suffix; the caller
 * frees it. NULL: there is none. */
static char *find_lowest(const struct parting *p, size_t app)
{
	enum gm_numbering numbering = p->g->project->numbering;
	const char *lowest = NULL;
	size_t i;

	for (i = 0; i < p->ours[app].n; i++) {
		const char *name = p->ours[app].v[i].name;

		if (!gm_files_have(&p->theirs[app], name) &&
		    (!lowest || gm_id_compare(numbering, name, lowest) < 0))
			lowest = name;
	}
	return lowest ? gm_strndup(lowest, strlen(lowest) - strlen(".sql"))
		      : NULL;
}

/* Whether none of these sorts behind it. */
static bool is_behind_all(const struct gm_grown *g, const char *id, size_t app,
			  const struct gm_tree_bytes *dir)
{
	enum gm_numbering numbering = g->project->numbering;
	const struct gm_tree_bytes *known = &g->tree->dirs[app].tree;
	struct gm_tree_entry entry;
	size_t at = 0;

	if (dir->len == known->len &&
	    !memcmp(dir->bytes, known->bytes, dir->len))
		return !g->greatest[app] ||
		       gm_id_compare(numbering, g->greatest[app], id) <= 0;
	while (gm_tree_bytes_next(g->project->repo, dir, &at, &entry))
		if (gm_tree_entry_counts(&entry) &&
		    gm_id_compare(numbering, entry.name, id) > 0)
			return false;
	return true;
}

static bool compare_app(struct parting *p, size_t app)
{
	const struct gm_grown *g = p->g;
	struct gm_tree_bytes ours = gm_grown_bytes(&g->dirs[app]);
	struct gm_strbuf base_text = { 0 };
	struct gm_strbuf tip_text = { 0 };
	struct gm_tree_bytes base;
	struct gm_tree_bytes tip;
	char *lowest = NULL;
	bool good = read_dir(&base, &base_text, g, app, p->base->trees.v[app]);

	tip = base;
	if (good)
		good = gm_tree_bytes_grown(g->project->repo, &base, &ours,
					   g->project->apps[app].dir,
					   GM_GROWN_MOST, &p->ours[app]);
	if (good && strcmp(p->tip->trees.v[app], p->base->trees.v[app])) {
		good = read_dir(&tip, &tip_text, g, app, p->tip->trees.v[app]);
		if (good)
			good = gm_tree_bytes_grown(g->project->repo, &base,
						   &tip,
						   g->project->apps[app].dir,
						   GM_GROWN_MOST,
						   &p->theirs[app]);
	}
	if (good)
		lowest = find_lowest(p, app);
	if (lowest)
		good = is_behind_all(g, lowest, app, &tip);
	free(lowest);
	gm_strbuf_release(&base_text);
	gm_strbuf_release(&tip_text);
	return good;
}

static bool judge_sides(struct parting *p)
{
	const struct gm_grown *g = p->g;
	struct gm_conflicts found = { 0 };
	bool good = true;
	size_t i;

	for (i = 0; good && i < g->project->n_apps; i++)
		good = gm_grown_read_side(&found.a, g, i, &p->ours[i]) &&
		       gm_grown_read_side(&found.b, g, i, &p->theirs[i]);
	if (good)
		gm_conflicts_judge(&found, g->project, &found.a, &found.b);
	for (i = 0; good && i < found.n; i++)
		good = found.v[i].verdict != GM_PAIR_CONFLICT &&
		       found.v[i].verdict != GM_PAIR_COLLISION;
	gm_conflicts_release(&found);
	return good;
}

static size_t count(const struct parting *p, const struct gm_files *files)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < p->g->project->n_apps; i++)
		n += files[i].n;
	return n;
}

static bool compare_ref(const struct gm_grown *g,
			const struct gm_check_ref *ref)
{
	size_t n = g->project->n_apps;
	struct parting p = { .g = g, .tip = &g->view->places[ref->tip] };
	bool good = true;
	size_t i;

	/* Histories apart have nothing to compare. */
	if (!ref->n_bases)
		return true;
	if (ref->n_bases > 1)
		return false;
	p.base = &g->view->places[ref->bases[0]];
	p.ours = gm_calloc(n, sizeof(*p.ours));
	p.theirs = gm_calloc(n, sizeof(*p.theirs));
	for (i = 0; good && i < n; i++)
		good = compare_app(&p, i);
	if (good && count(&p, p.ours) && count(&p, p.theirs))
		good = !g->linear && judge_sides(&p);
	for (i = 0; i < n; i++) {
		gm_files_release(&p.ours[i]);
		gm_files_release(&p.theirs[i]);
	}
	free(p.ours);
	free(p.theirs);
	return good;
}

bool gm_grown_published(struct gm_grown *g)
{
	bool good = true;
	size_t i;

	for (i = 0; good && i < g->view->n_refs; i++)
		good = compare_ref(g, &g->view->refs[i]);
	/* That nothing is published is said. */
	return good && g->view->n_refs > 0;
}
