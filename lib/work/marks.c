/*
 * Marks, from the comparison and the published trees.
 */
#include "work/marks.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/published.h"
#include "work/tree.h"

static size_t find_item(const struct gm_comparison *c, const char *app,
			const char *id, size_t len)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const char *other = gm_item_id(&c->v[i]);

		if (strlen(other) == len && !memcmp(other, id, len) &&
		    !strcmp(gm_item_app(&c->v[i]), app))
			break;
	}
	return i;
}

/* "ID ID" or "implied ID", as the history has them. */
static size_t recorded_parents(const struct gm_comparison *c,
			       const struct gm_history_row *row, size_t **out)
{
	const char *at = row->parents ? row->parents : "";
	size_t cap = 0;
	size_t n = 0;

	*out = NULL;
	while (*at) {
		size_t len = strcspn(at, " ");
		size_t item = find_item(c, row->app, at, len);

		if (item < c->n) {
			GM_GROW(*out, n, cap);
			(*out)[n++] = item;
		}
		at += len;
		at += strspn(at, " ");
	}
	return n;
}

/* By the file's place in the series: the item's place. */
static size_t *item_places(const struct gm_comparison *c)
{
	size_t *places = gm_calloc(c->series->n, sizeof(*places));
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].file)
			places[c->v[i].file->index] = i;
	return places;
}

/* Items are in the series' order, with missing ones in between. */
static size_t place_of(const struct gm_comparison *c,
		       const struct gm_migration *m)
{
	size_t i = m->index;

	while (i < c->n && c->v[i].file != m)
		i++;
	return i;
}

size_t gm_item_parents(const struct gm_comparison *c, size_t item, size_t **out)
{
	const struct gm_migration *file = c->v[item].file;
	size_t i;

	if (!file)
		return recorded_parents(c, c->v[item].row, out);
	*out = gm_calloc(file->n_above, sizeof(**out));
	for (i = 0; i < file->n_above; i++)
		(*out)[i] = place_of(c, file->before[i]);
	return file->n_above;
}

static bool is_in(const struct gm_tree *tree, const struct gm_project *project,
		  const struct gm_migration *m)
{
	const struct gm_app *app = gm_project_app(project, m->app);

	return app && gm_files_find_id(&tree->apps[app - project->apps], m->id);
}

/* The tree's heads, as far as their files are here. */
static void mark_tree(struct gm_marks *out, const struct gm_project *project,
		      const struct gm_comparison *c, const struct gm_tree *tree,
		      const char *name)
{
	size_t *places = item_places(c);
	bool *in = gm_calloc(c->n, sizeof(*in));
	bool *below = gm_calloc(c->n, sizeof(*below));
	size_t i, k;

	for (i = 0; i < c->n; i++) {
		const struct gm_migration *file = c->v[i].file;

		in[i] = file && is_in(tree, project, file);
		for (k = 0; in[i] && k < file->n_above; k++)
			below[places[file->before[k]->index]] = true;
	}
	for (i = 0; i < c->n; i++)
		if (in[i] && !below[i])
			gm_strings_add(&out->v[i].refs, name);
	free(below);
	free(in);
	free(places);
}

static int mark_published(struct gm_marks *out, struct gm_project *project,
			  const struct gm_comparison *c, struct gm_error *err)
{
	struct gm_strings refs = { 0 };
	size_t i;
	int ret = gm_published_refs(&refs, project, err);

	for (i = 0; !ret && i < refs.n; i++) {
		struct gm_tree tree = { 0 };
		char commit[GM_OID_HEX];

		ret = gm_repo_resolve(project->repo, refs.v[i], commit, err);
		if (!ret)
			ret = gm_tree_read(&tree, project, commit, err);
		if (!ret)
			mark_tree(out, project, c, &tree,
				  gm_ref_short_name(refs.v[i]));
		gm_tree_release(&tree);
	}
	gm_strings_release(&refs);
	return ret;
}

int gm_marks_load(struct gm_marks *out, struct gm_project *project,
		  const struct gm_comparison *c, struct gm_error *err)
{
	size_t newest = 0;
	size_t i;

	out->n = c->n;
	out->v = gm_calloc(c->n, sizeof(*out->v));
	for (i = 0; i < c->n; i++) {
		const struct gm_item *item = &c->v[i];

		out->v[i].head = item->file && !item->file->n_children;
		if (item->row &&
		    (!c->v[newest].row ||
		     item->row->position > c->v[newest].row->position))
			newest = i;
	}
	if (c->n && c->v[newest].row)
		out->v[newest].newest = true;
	return project->repo ? mark_published(out, project, c, err) : 0;
}

void gm_marks_release(struct gm_marks *marks)
{
	size_t i;

	for (i = 0; i < marks->n; i++)
		gm_strings_release(&marks->v[i].refs);
	free(marks->v);
	memset(marks, 0, sizeof(*marks));
}
