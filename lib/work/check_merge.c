/*
 * A git merge of two sides whose migrations have no parent lines: in the tree
 * they are one chain by their numbers, so that only git knows that they were
 * written side by side.
 */
#include <stdlib.h>
#include <string.h>

#include "work/check_rules.h"
#include "work/commute.h"

/* What the tree was merged from, where it is a merge: one in progress, or
 * the commit itself. */
static int find_sides(struct gm_strings *out, struct gm_project *project,
		      struct gm_error *err)
{
	struct gm_strings parents = { 0 };
	int ret = gm_published_ours(out, project, err);

	if (!ret && out->n == 1) {
		ret = gm_repo_parents(project->repo, out->v[0], &parents, err);
		if (parents.n > 1) {
			gm_strings_release(out);
			*out = parents;
			return ret;
		}
	}
	gm_strings_release(&parents);
	return ret;
}

static const struct gm_migration *find(const struct gm_project *project,
				       const struct gm_change_of_side *change)
{
	const struct gm_migration *m = change->migration;
	const struct gm_migration *here =
		m ? gm_series_find(&project->series, m->app, m->id) : NULL;

	return here && !strcmp(here->checksum, m->checksum) ? here : NULL;
}

static bool changed_in(const struct gm_side *side, const struct gm_migration *m)
{
	size_t i;

	for (i = 0; i < side->n; i++)
		if (side->v[i].migration &&
		    !strcmp(side->v[i].migration->id, m->id) &&
		    !strcmp(side->v[i].migration->app, m->app))
			return true;
	return false;
}

static bool names_as_parent(const struct gm_migration *m,
			    const struct gm_migration *parent)
{
	size_t i;

	for (i = 0; i < m->n_parents; i++)
		if (m->parents[i].found == parent)
			return true;
	return false;
}

/* Whether somebody has since written a migration on top of both. */
static bool is_reconciled(const struct gm_project *project,
			  const struct gm_conflicts *found,
			  const struct gm_migration *a,
			  const struct gm_migration *b)
{
	size_t i;

	for (i = 0; i < project->series.n; i++) {
		const struct gm_migration *m = project->series.v[i];

		if (names_as_parent(m, a) && names_as_parent(m, b) &&
		    !changed_in(&found->a, m) && !changed_in(&found->b, m))
			return true;
	}
	return false;
}

static void hint_way_out(struct gm_finding *finding,
			 const struct gm_migration *a,
			 const struct gm_migration *b)
{
	char *advice;

	if (!strcmp(a->app, b->app)) {
		gm_finding_hint(finding, "git migrate merge writes a migration "
					 "on top of both");
		return;
	}
	advice = gm_depends_advice(a, b);
	gm_finding_hint(finding, "%s, or the other way round", advice);
	free(advice);
}

static void judge(struct gm_check *check, const struct gm_conflicts *found)
{
	const struct gm_project *project = check->project;
	size_t i;

	for (i = 0; i < found->n; i++) {
		const struct gm_pair *pair = &found->v[i];
		const struct gm_migration *a = find(project, pair->a);
		const struct gm_migration *b = find(project, pair->b);

		if (pair->verdict != GM_PAIR_CONFLICT || !a || !b ||
		    (!gm_migration_is_implied(a) &&
		     !gm_migration_is_implied(b)) ||
		    is_reconciled(project, found, a, b) ||
		    gm_is_settled_across(&project->series, a, b))
			continue;
		hint_way_out(gm_check_add_conflict(check, pair, NULL), a, b);
	}
}

static bool has_implied(const struct gm_series *series)
{
	size_t i;

	for (i = 0; i < series->n; i++)
		if (gm_migration_is_implied(series->v[i]))
			return true;
	return false;
}

int gm_check_merge(struct gm_check *check, struct gm_error *err)
{
	struct gm_strings sides = { 0 };
	size_t i;
	size_t k;
	int ret = 0;

	if (!check->project->repo || !has_implied(&check->project->series))
		return 0;
	ret = find_sides(&sides, check->project, err);
	for (i = 0; !ret && i < sides.n; i++) {
		for (k = 0; !ret && k < i; k++) {
			struct gm_conflicts found;

			ret = gm_conflicts_find(&found, check->project,
						sides.v[i], sides.v[k], err);
			if (!ret)
				judge(check, &found);
			/* Histories without a base can't be compared. */
			if (ret == GM_ENOTFOUND) {
				gm_error_release(err);
				ret = 0;
				continue;
			}
			gm_conflicts_release(&found);
		}
	}
	gm_strings_release(&sides);
	return ret;
}
