/*
 * A git merge, of which only git knows what there was side by side: migrations
 * without parent lines are one chain by their numbers in the tree; and what
 * one side took away isn't there at all.
 */
#include <stdlib.h>
#include <string.h>

#include "work/check_rules.h"
#include "work/commute.h"
#include "work/conflicts_rest.h"
#include "work/merge.h"

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

/* A parent that isn't there is found in any tree. */
static void judge_gone(struct gm_check *check, const struct gm_conflicts *found)
{
	size_t i;

	for (i = 0; i < found->n; i++) {
		const struct gm_pair *pair = &found->v[i];
		char *advice;

		if (!pair->overlaps.n ||
		    !gm_pair_is_of_gone(pair, &check->project->series))
			continue;
		advice = gm_pair_gone_advice(pair, check->project->repo);
		gm_finding_hint(gm_check_add_conflict(check, pair, NULL), "%s",
				advice);
		free(advice);
	}
}

static void judge(struct gm_check *check, const struct gm_conflicts *found)
{
	const struct gm_project *project = check->project;
	size_t i;

	for (i = 0; i < found->n; i++) {
		const struct gm_pair *pair = &found->v[i];
		const struct gm_migration *a = gm_change_in_series(
			pair->a, &project->series);
		const struct gm_migration *b = gm_change_in_series(
			pair->b, &project->series);

		if (pair->verdict != GM_PAIR_CONFLICT || pair->a->kind ||
		    pair->b->kind || !a || !b ||
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

/* Whether the side lacks a file that the other one's tree has. */
static bool lacks_file(const struct gm_tree *side, const struct gm_tree *base)
{
	size_t i;
	size_t k;

	for (i = 0; i < base->n_apps; i++)
		for (k = 0; k < base->apps[i].n; k++)
			if (gm_side_is_migration(&base->apps[i].v[k]) &&
			    !gm_files_find(&side->apps[i],
					   base->apps[i].v[k].name))
				return true;
	return false;
}

/* Whether one of the two lacks what a base of theirs has. */
static int take_away(bool *out, struct gm_project *project, const char *a,
		     const char *b, struct gm_error *err)
{
	struct gm_strings bases = { 0 };
	struct gm_tree trees[3] = { 0 };
	size_t i;
	int ret = gm_repo_merge_bases(project->repo, a, b, &bases, err);

	if (!ret && bases.n)
		ret = gm_tree_read(&trees[0], project, a, err);
	if (!ret && bases.n)
		ret = gm_tree_read(&trees[1], project, b, err);
	for (i = 0; !ret && i < bases.n; i++) {
		ret = gm_tree_read(&trees[2], project, bases.v[i], err);
		*out |= !ret && (lacks_file(&trees[0], &trees[2]) ||
				 lacks_file(&trees[1], &trees[2]));
		gm_tree_release(&trees[2]);
	}
	gm_tree_release(&trees[0]);
	gm_tree_release(&trees[1]);
	gm_strings_release(&bases);
	return ret;
}

static int judge_pair(struct gm_check *check, const char *a, const char *b,
		      struct gm_error *err)
{
	bool implied = has_implied(&check->project->series);
	struct gm_conflicts found;
	bool gone = false;
	int ret = take_away(&gone, check->project, a, b, err);

	if (ret || (!gone && !implied))
		return ret;
	ret = gm_conflicts_find(&found, check->project, a, b, err);
	/* Histories without a base can't be compared. */
	if (ret == GM_ENOTFOUND) {
		gm_error_release(err);
		return 0;
	}
	if (!ret && implied)
		judge(check, &found);
	if (!ret)
		judge_gone(check, &found);
	gm_conflicts_release(&found);
	return ret;
}

int gm_check_merge(struct gm_check *check, struct gm_error *err)
{
	struct gm_strings sides = { 0 };
	size_t i;
	size_t k;
	int ret = 0;

	if (!check->project->repo)
		return 0;
	ret = gm_merge_sides(&sides, check->project, err);
	for (i = 0; !ret && i < sides.n; i++)
		for (k = 0; !ret && k < i; k++)
			ret = judge_pair(check, sides.v[i], sides.v[k], err);
	gm_strings_release(&sides);
	return ret;
}

/* In the index only a merge that is in progress counts. */
bool gm_check_merge_takes_away(struct gm_project *project)
{
	const char *commit = project->options.commit;
	struct gm_strings sides = { 0 };
	struct gm_error err = { 0 };
	char id[GM_OID_HEX];
	bool gone = false;
	size_t i;
	size_t k;
	int ret;

	if (project->options.source == GM_FROM_INDEX) {
		ret = gm_published_ours(&sides, project, &err);
	} else {
		ret = gm_repo_resolve(project->repo, commit ? commit : "HEAD",
				      id, &err);
		if (!ret)
			ret = gm_repo_parents(project->repo, id, &sides, &err);
	}
	for (i = 0; !ret && i < sides.n; i++)
		for (k = 0; !ret && !gone && k < i; k++)
			ret = take_away(&gone, project, sides.v[i], sides.v[k],
					&err);
	gm_error_release(&err);
	gm_strings_release(&sides);
	return gone || ret;
}
