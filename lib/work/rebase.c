/*
 * From the graph to files that change: the frame of the plan, and what is to
 * be said of it.
 */
#include "work/rebase.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/commute.h"
#include "work/rebase_planner.h"
#include "work/side.h"
#include "work/sparse.h"

static void find_ours(struct gm_rebase_planner *p)
{
	size_t i;

	p->of = gm_calloc(p->series->n, sizeof(*p->of));
	p->v = gm_calloc(p->series->n, sizeof(*p->v));
	for (i = 0; i < p->series->n; i++) {
		const struct gm_migration *m = p->series->v[i];

		if (gm_onto_has(p->onto, p->project, m))
			continue;
		p->v[p->n].m = m;
		p->v[p->n].written = !gm_migration_is_implied(m);
		p->of[i] = &p->v[p->n++];
	}
}

static int read_ours(struct gm_rebase_planner *p, struct gm_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < p->n; i++)
		ret = gm_shown_file_read(p->project, p->v[i].m, &p->v[i].before,
					 err);
	return ret;
}

/* A database tells a rename by the content, which must be nobody else's. */
static int check_content(const struct gm_rebase_planner *p,
			 struct gm_error *err)
{
	size_t i, k;

	for (i = 0; i < p->n; i++) {
		const struct gm_migration *m = p->v[i].m;

		if (!strcmp(p->v[i].id, m->id) || gm_migration_is_empty(m))
			continue;
		for (k = 0; k < p->series->n; k++) {
			const struct gm_migration *other = p->series->v[k];

			if (other == m || strcmp(other->app, m->app) ||
			    strcmp(other->checksum, m->checksum) != 0)
				continue;
			gm_error_set(err, GM_EREFUSED,
				     "'%s' and '%s' have the same content, so "
				     "no database could tell that '%s' was "
				     "renamed",
				     m->id, other->id, m->id);
			return gm_error_hint(err, "take one of the two out");
		}
	}
	return 0;
}

static void mark_below(bool *below, const struct gm_migration *m)
{
	const struct gm_migration **stack = NULL;
	size_t n = 0, cap = 0, i;

	GM_GROW(stack, n, cap);
	stack[n++] = m;
	while (n) {
		m = stack[--n];
		for (i = 0; i < m->n_before; i++) {
			if (below[m->before[i]->index])
				continue;
			below[m->before[i]->index] = true;
			GM_GROW(stack, n, cap);
			stack[n++] = m->before[i];
		}
	}
	free(stack);
}

static void describe(struct gm_rebased *out, const struct gm_migration *theirs,
		     const struct gm_overlaps *overlaps)
{
	struct gm_strbuf text = { 0 };
	size_t i;

	for (i = 0; i < overlaps->n && i < 3; i++) {
		const struct gm_object *o = overlaps->v[i].a;

		gm_strbuf_addf(&text, "%s%s '", i ? ", " : "",
			       gm_object_kind_name(o->kind));
		gm_object_name(o, &text);
		gm_strbuf_addc(&text, '\'');
	}
	if (i < overlaps->n)
		gm_strbuf_addf(&text, " and %s%zu more",
			       overlaps->cut ? "over " : "", overlaps->n - i);
	out->clash = theirs;
	out->clash_objects = gm_strbuf_take(&text);
}

/* The first published one that it was written without knowing, and that
 * conflicts with it. */
static void find_clash(const struct gm_rebase_planner *p,
		       const struct gm_ours *o,
		       struct gm_footprints *footprints, struct gm_rebased *out)
{
	bool *below = gm_calloc(p->series->n, sizeof(*below));
	size_t i;

	mark_below(below, o->m);
	for (i = 0; !out->clash && i < p->series->n; i++) {
		struct gm_overlaps overlaps = { 0 };

		if (p->of[i] || below[i])
			continue;
		if (gm_commute(footprints, o->m, p->series->v[i], &overlaps) ==
		    GM_VERDICT_CONFLICT)
			describe(out, p->series->v[i], &overlaps);
		gm_overlaps_release(&overlaps);
	}
	free(below);
}

static void find_clashes(const struct gm_rebase_planner *p,
			 struct gm_rebase *out)
{
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t n = gm_side_dialects(p->project, dialects);
	size_t i, d;

	for (d = 0; d < n; d++) {
		struct gm_footprints footprints = { .dialect = dialects[d] };

		/* What one knew that was picked can't be told. */
		for (i = 0; i < out->n; i++)
			if (!out->v[i].clash &&
			    !gm_migration_lacks_parent(out->v[i].migration))
				find_clash(p,
					   gm_rebase_ours(p,
							  out->v[i].migration),
					   &footprints, &out->v[i]);
		gm_footprints_release(&footprints);
	}
}

static char *path_of(const struct gm_ours *o)
{
	const char *slash = strrchr(o->m->path, '/');

	return gm_format("%.*s%s.sql",
			 slash ? (int)(slash + 1 - o->m->path) : 0, o->m->path,
			 o->id);
}

static void add_rebased(const struct gm_rebase_planner *p,
			struct gm_rebase *out, const struct gm_ours *o)
{
	struct gm_rebased *r = &out->v[out->n++];
	size_t i;

	r->migration = o->m;
	r->id = gm_strdup(o->id);
	r->path = path_of(o);
	r->gone = gm_strdup_null(o->gone);
	r->gone_unknown = o->gone_unknown;
	for (i = 0; i < o->n_parents; i++) {
		const struct gm_ours *renamed = gm_rebase_ours(p,
							       o->parents[i]);

		gm_strings_add(&r->parents,
			       renamed ? renamed->id : o->parents[i]->id);
	}
}

static bool is_changed(const struct gm_ours *o)
{
	return strcmp(o->id, o->m->id) != 0 || o->before.len != o->after.len ||
	       memcmp(gm_strbuf_str(&o->before), gm_strbuf_str(&o->after),
		      o->before.len) != 0;
}

/* First everything goes that is moved, then what comes takes its place. */
static int fill_changes(const struct gm_rebase_planner *p,
			struct gm_rebase *out, struct gm_error *err)
{
	unsigned *modes = gm_calloc(out->n, sizeof(*modes));
	struct gm_file_change *change;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < out->n; i++) {
		ret = gm_file_changes_get(&change, &out->changes, p->project,
					  out->v[i].migration->path, err);
		change->will = false;
		modes[i] = change->mode;
		gm_strbuf_cut(&change->after, 0);
	}
	for (i = 0; !ret && i < out->n; i++) {
		const struct gm_ours *o = gm_rebase_ours(p,
							 out->v[i].migration);

		ret = gm_file_changes_get(&change, &out->changes, p->project,
					  out->v[i].path, err);
		if (!ret && change->will)
			ret = gm_error_set(err, GM_EEXISTS,
					   "'%s' is there already",
					   out->v[i].path);
		change->will = true;
		change->mode = modes[i];
		gm_strbuf_cut(&change->after, 0);
		gm_strbuf_add(&change->after, gm_strbuf_str(&o->after),
			      o->after.len);
	}
	free(modes);
	return ret;
}

static void release_planner(struct gm_rebase_planner *p)
{
	size_t i;

	for (i = 0; i < p->n; i++) {
		free(p->v[i].id);
		free(p->v[i].parents);
		free(p->v[i].gone);
		gm_strbuf_release(&p->v[i].before);
		gm_strbuf_release(&p->v[i].after);
	}
	free(p->v);
	free(p->of);
	free(p->depends);
}

int gm_rebase_plan(struct gm_rebase *out, struct gm_project *project,
		   const char *rev, struct gm_error *err)
{
	struct gm_rebase_planner p = { .project = project,
				       .series = &project->series };
	struct gm_onto onto;
	size_t i;
	int ret;

	memset(out, 0, sizeof(*out));
	p.linear = !strcmp(gm_config_get(&project->config, "migrate.heads",
					 "independent"),
			   "linear");
	ret = gm_onto_load(&onto, project, rev, err);
	if (ret)
		goto done;
	p.onto = &onto;
	out->onto = gm_strdup(onto.name);
	find_ours(&p);
	out->n_ours = p.n;
	ret = read_ours(&p, err);
	if (ret)
		goto done;
	gm_rebase_place(&p);
	ret = gm_rebase_write(&p, err);
	if (!ret)
		ret = check_content(&p, err);
	if (ret)
		goto done;
	out->v = gm_calloc(p.n, sizeof(*out->v));
	for (i = 0; i < p.n; i++)
		if (is_changed(&p.v[i]))
			add_rebased(&p, out, &p.v[i]);
	find_clashes(&p, out);
	ret = fill_changes(&p, out, err);
done:
	release_planner(&p);
	gm_onto_release(&onto);
	if (ret)
		gm_rebase_release(out);
	return ret;
}

void gm_rebase_release(struct gm_rebase *rebase)
{
	size_t i;

	for (i = 0; i < rebase->n; i++) {
		free(rebase->v[i].id);
		free(rebase->v[i].path);
		gm_strings_release(&rebase->v[i].parents);
		free(rebase->v[i].clash_objects);
		free(rebase->v[i].gone);
	}
	free(rebase->v);
	free(rebase->onto);
	gm_file_changes_release(&rebase->changes);
	memset(rebase, 0, sizeof(*rebase));
}
