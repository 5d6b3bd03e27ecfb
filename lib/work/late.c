/*
 * Only where a step is out of order, or something is applied that has no
 * file, is there anything to read.
 */
#include "work/late.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* Marks, by their places in the series, what the plan applies; returns the
 * place in the comparison of the first one, or c->n. */
static size_t mark_steps(const struct gm_comparison *c,
			 const struct gm_plan *plan, bool *marks)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct gm_migration *m = plan->v[i].migration;

		/* What goes on from a recorded text isn't of the series. */
		if (plan->v[i].kind == GM_STEP_APPLY && m &&
		    m->index < c->series->n && c->series->v[m->index] == m)
			marks[m->index] = true;
	}
	for (i = 0; i < c->n; i++)
		if (c->v[i].file && marks[c->v[i].file->index])
			break;
	return i;
}

/* Whether its file doesn't say what ran. */
static bool needs_recorded(const struct gm_item *item)
{
	return item->row && (!item->file || item->state == GM_STATE_EDITED ||
			     item->state == GM_STATE_FAILED);
}

static int read_recorded(struct gm_late *out, const struct gm_comparison *c,
			 size_t first, const struct gm_recorded *recorded,
			 struct gm_error *err)
{
	struct gm_error ignored = { 0 };
	size_t i;

	out->n_recorded = c->n;
	out->recorded = gm_calloc(c->n, sizeof(*out->recorded));
	for (i = first; i < c->n; i++) {
		int ret;

		if (!needs_recorded(&c->v[i]))
			continue;
		ret = recorded->read(recorded->context, c->v[i].row,
				     &out->recorded[i], &ignored);
		if (ret < 0 && ret != GM_ENOTFOUND && ret != GM_EINVALID) {
			*err = ignored;
			return ret;
		}
		gm_error_release(&ignored);
	}
	return 0;
}

/* Conflicts first; the series' order within. */
static void put_conflicts_first(struct gm_late *out)
{
	struct gm_clashes *clashes = &out->clashes;
	struct gm_clash *sorted = gm_calloc(clashes->n, sizeof(*sorted));
	size_t n = 0;
	size_t i;

	for (i = 0; i < clashes->n; i++)
		if (clashes->v[i].verdict == GM_VERDICT_CONFLICT)
			sorted[n++] = clashes->v[i];
	out->conflicts = n;
	for (i = 0; i < clashes->n; i++)
		if (clashes->v[i].verdict != GM_VERDICT_CONFLICT)
			sorted[n++] = clashes->v[i];
	free(clashes->v);
	clashes->v = sorted;
	clashes->cap = clashes->n;
}

int gm_late_find(struct gm_late *out, const struct gm_comparison *c,
		 const struct gm_plan *plan, const struct gm_recorded *recorded,
		 struct gm_error *err)
{
	bool *marks = gm_calloc(c->series->n, sizeof(*marks));
	size_t first = mark_steps(c, plan, marks);
	int ret = 0;

	memset(out, 0, sizeof(*out));
	out->footprints.dialect = c->dialect;
	if (first < c->n)
		ret = read_recorded(out, c, first, recorded, err);
	if (first < c->n && !ret) {
		gm_clashes_find(
			&out->clashes, c, marks,
			(const struct gm_migration *const *)out->recorded,
			&out->footprints);
		put_conflicts_first(out);
	}
	free(marks);
	return ret;
}

/* Files can be brought together where both are in the work tree, and side by
 * side. */
static bool may_merge(const struct gm_project *project,
		      const struct gm_clash *clash)
{
	const struct gm_series *series = &project->series;
	const struct gm_migration *applied = clash->applied;

	return project->source == GM_FROM_WORK_TREE &&
	       applied->index < series->n &&
	       series->v[applied->index] == applied &&
	       !gm_stands_on(series, applied, clash->late);
}

int gm_late_refuse(const struct gm_project *project,
		   const struct gm_clash *clash, const char *command,
		   struct gm_error *err)
{
	char *late = gm_migration_name(clash->late->app, clash->late->id);
	char *applied = gm_migration_name(clash->row->app, clash->row->id);

	gm_error_set(err, GM_EREFUSED,
		     "'%s' conflicts with '%s', which is applied and comes "
		     "after it",
		     late, applied);
	if (may_merge(project, clash) &&
	    strcmp(clash->late->app, clash->row->app)) {
		char *advice = gm_depends_advice(clash->late, clash->applied);

		gm_error_hint(err, "%s, if it can run after it", advice);
		free(advice);
	} else if (may_merge(project, clash)) {
		gm_error_hint(err, "git migrate merge   write a migration that "
				   "reconciles the two");
		gm_error_hint(err, "git migrate rebase  put what isn't "
				   "published on top of what is");
	}
	gm_error_hint(err,
		      "git migrate sync    undo '%s' and what stands on it, "
		      "then apply in order",
		      applied);
	gm_error_hint(err,
		      "git migrate %s --allow-out-of-order  %s it all the "
		      "same",
		      command, command);
	free(late);
	free(applied);
	return GM_EREFUSED;
}

void gm_late_release(struct gm_late *late)
{
	size_t i;

	if (!late)
		return;
	gm_clashes_release(&late->clashes);
	gm_footprints_release(&late->footprints);
	for (i = 0; i < late->n_recorded; i++)
		gm_migration_free(late->recorded[i]);
	free(late->recorded);
	memset(late, 0, sizeof(*late));
}
