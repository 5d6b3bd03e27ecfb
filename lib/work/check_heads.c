/*
 * Conflicts within one tree. Two migrations may run in either order unless
 * one stands on the other; and whoever writes a migration on top of both has
 * seen both. So what is left are those that no head has in common.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sort.h"
#include "work/check_rules.h"
#include "work/summaries.h"

/* More pairs than this aren't judged: nobody reads so many findings. */
#define MOST_PAIRS 200000

/* For each migration, by its place, the heads that stand on it. */
struct reach {
	const struct gm_series *series;
	size_t words;
	uint64_t *bits;
};

static bool is_head(const struct gm_migration *m)
{
	return !m->n_children;
}

static void find_reach(struct reach *r, const struct gm_series *series)
{
	size_t heads = 0;
	size_t i;
	size_t k;
	size_t w;

	for (i = 0; i < series->n; i++)
		heads += is_head(series->v[i]);
	r->series = series;
	r->words = (heads + 63) / 64;
	r->bits = gm_calloc(series->n * r->words, sizeof(*r->bits));
	heads = 0;
	for (i = series->n; i-- > 0;) {
		const struct gm_migration *m = series->v[i];
		uint64_t *own = r->bits + i * r->words;

		if (is_head(m)) {
			own[heads / 64] |= (uint64_t)1 << heads % 64;
			heads++;
		}
		for (k = 0; k < m->n_before; k++)
			for (w = 0; w < r->words; w++)
				r->bits[m->before[k]->index * r->words + w] |=
					own[w];
	}
}

static bool share_head(const struct reach *r, size_t a, size_t b)
{
	size_t w;

	for (w = 0; w < r->words; w++)
		if (r->bits[a * r->words + w] & r->bits[b * r->words + w])
			return true;
	return false;
}

/* A name that a migration touches: two that share none have nothing to do
 * with each other. */
struct touch {
	uint64_t name;
	size_t place;
};

static int by_name(const void *a, const void *b)
{
	const struct touch *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return (x->place > y->place) - (x->place < y->place);
}

struct touches {
	struct touch *v;
	size_t n;
	size_t cap;
};

static void add_name(struct touches *t, const char *name, size_t place)
{
	uint64_t hash = 14695981039346656037u;

	if (!name)
		return;
	for (; *name; name++)
		hash = (hash ^ (unsigned char)*name) * 1099511628211u;
	GM_GROW(t->v, t->n, t->cap);
	t->v[t->n].name = hash;
	t->v[t->n++].place = place;
}

static void add_names(struct touches *t, const struct gm_change_of_side *change,
		      size_t place)
{
	size_t i;
	size_t k;

	for (i = 0; i < GM_SIDE_DIALECTS; i++) {
		const struct gm_footprint *f = &change->footprints[i];

		for (k = 0; k < f->n; k++) {
			add_name(t, f->v[k].schema, place);
			add_name(t, f->v[k].owner, place);
			add_name(t, f->v[k].name, place);
		}
	}
}

/* Both by their places among the candidates. */
struct candidate_pair {
	size_t a;
	size_t b;
};

static int by_places(const void *a, const void *b)
{
	const struct candidate_pair *x = a, *y = b;

	if (x->a != y->a)
		return x->a < y->a ? -1 : 1;
	return (x->b > y->b) - (x->b < y->b);
}

struct judging {
	struct gm_check *check;
	struct reach reach;
	/* Those that some other one shares no head with, in order, and where
	 * each of them is in the series. */
	struct gm_side side;
	size_t *places;
	struct candidate_pair *pairs;
	size_t n;
	size_t cap;
};

static void add_pair(struct judging *j, size_t a, size_t b)
{
	if (j->side.v[a].app != j->side.v[b].app || a == b ||
	    share_head(&j->reach, j->places[a], j->places[b]))
		return;
	GM_GROW(j->pairs, j->n, j->cap);
	j->pairs[j->n].a = a < b ? a : b;
	j->pairs[j->n++].b = a < b ? b : a;
}

/* The pairs that have a name in common; false where they are too many. */
static bool find_pairs(struct judging *j)
{
	struct touches touches = { 0 };
	size_t first = 0;
	size_t i;
	size_t k;
	bool all = true;

	for (i = 0; i < j->side.n; i++)
		add_names(&touches, &j->side.v[i], i);
	gm_sort(touches.v, touches.n, sizeof(*touches.v), by_name);
	for (i = 0; all && i < touches.n; i++) {
		if (touches.v[i].name != touches.v[first].name)
			first = i;
		if (i > first && touches.v[i].place == touches.v[i - 1].place)
			continue;
		for (k = first; all && k < i; k++) {
			add_pair(j, touches.v[k].place, touches.v[i].place);
			all = j->n < MOST_PAIRS;
		}
	}
	gm_sort(j->pairs, j->n, sizeof(*j->pairs), by_places);
	free(touches.v);
	return all;
}

static void judge_pairs(struct judging *j)
{
	struct gm_conflicts found = { 0 };
	size_t i;

	for (i = 0; i < j->n; i++)
		if (!i || by_places(&j->pairs[i - 1], &j->pairs[i]))
			gm_conflicts_judge_pair(&found, j->check->project,
						&j->side.v[j->pairs[i].b],
						&j->side.v[j->pairs[i].a]);
	for (i = 0; i < found.n; i++)
		if (found.v[i].verdict == GM_PAIR_CONFLICT)
			gm_finding_hint(gm_check_add_conflict(
						j->check, &found.v[i], NULL),
					"git migrate merge writes a migration "
					"on top of both");
	gm_conflicts_release(&found);
}

/* Then nobody knows beside whom it stands. */
static bool has_unknown_parent(const struct gm_migration *m)
{
	size_t i;

	for (i = 0; i < m->n_parents; i++)
		if (!m->parents[i].found)
			return true;
	return false;
}

/* Sets those of the app that don't have each of its heads on them. */
static void find_parallel(const struct judging *j, const char *app,
			  bool *parallel)
{
	const struct gm_series *series = &j->check->project->series;
	struct gm_migration **heads;
	size_t n = gm_series_heads(series, app, &heads);
	size_t i;
	size_t k;

	for (i = 0; n > 1 && i < series->n; i++) {
		if (strcmp(series->v[i]->app, app) ||
		    has_unknown_parent(series->v[i]))
			continue;
		for (k = 0; k < n && !parallel[i]; k++)
			parallel[i] = !share_head(&j->reach, i,
						  heads[k]->index);
	}
	free(heads);
}

static int find_candidates(struct judging *j, struct gm_error *err)
{
	struct gm_project *project = j->check->project;
	const struct gm_series *series = &project->series;
	bool *parallel = gm_calloc(series->n, sizeof(*parallel));
	size_t i;
	int ret;

	for (i = 0; i < project->n_apps; i++)
		find_parallel(j, project->apps[i].name, parallel);
	ret = gm_summaries_fill(series, parallel, project->repo, err);
	j->places = gm_calloc(series->n, sizeof(*j->places));
	for (i = 0; !ret && i < series->n; i++) {
		if (!parallel[i])
			continue;
		j->places[j->side.n] = i;
		gm_side_add(&j->side, project, series->v[i]);
	}
	free(parallel);
	return ret;
}

static bool has_several_heads(const struct gm_project *project)
{
	bool several = false;
	size_t i;

	for (i = 0; !several && i < project->n_apps; i++) {
		struct gm_migration **heads;

		several = gm_series_heads(&project->series,
					  project->apps[i].name, &heads) > 1;
		free(heads);
	}
	return several;
}

int gm_check_heads(struct gm_check *check, struct gm_error *err)
{
	struct judging j = { .check = check };
	int ret;

	if (!has_several_heads(check->project))
		return 0;
	find_reach(&j.reach, &check->project->series);
	ret = find_candidates(&j, err);
	if (!ret && !find_pairs(&j))
		gm_strings_add(&check->out->notes,
			       "there are too many parallel migrations to "
			       "judge all of their pairs");
	if (!ret)
		judge_pairs(&j);
	gm_side_release(&j.side);
	free(j.reach.bits);
	free(j.places);
	free(j.pairs);
	return ret;
}
