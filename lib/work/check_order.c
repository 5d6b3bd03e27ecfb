/*
 * An order that a new database can't apply: of two migrations that were
 * written side by side, and that a third one has brought together, the second
 * one fails for what the first one does. Only where one of the two
 * isn't published can anything be done about it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_rules.h"
#include "work/order.h"
#include "work/summaries.h"

/* More pairs than this aren't judged. */
#define MOST_PAIRS 200000

struct ordered_pair {
	const struct gm_migration *first;
	const struct gm_migration *second;
};

struct ordering {
	struct gm_check *check;
	const struct gm_series *series;
	struct ordered_pair *v;
	size_t n;
	size_t cap;
};

/* Whether all of it is one chain for each app. */
static bool is_linear(const struct gm_project *project)
{
	const struct gm_series *series = &project->series;
	size_t roots = 0;
	size_t i;

	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->v[i];

		if (m->n_children > 1 || m->n_above > 1)
			return false;
		roots += !m->n_above;
	}
	return roots <= project->n_apps;
}

static bool is_ours(const struct gm_check *check, const struct gm_migration *m)
{
	size_t i;

	for (i = 0; i < check->published.n; i++)
		if (check->published.v[i].n_bases &&
		    check->ours[i].same[m->index])
			return false;
	return true;
}

/* Marks what it stands on, and what stands on it. */
static void mark_related(bool *marks, const struct gm_series *series,
			 const struct gm_migration *m)
{
	bool *above = gm_calloc(series->n, sizeof(*above));
	size_t i;
	size_t k;

	memset(marks, 0, series->n * sizeof(*marks));
	marks[m->index] = true;
	for (i = m->index + 1; i-- > 0;)
		for (k = 0; marks[i] && k < series->v[i]->n_before; k++)
			marks[series->v[i]->before[k]->index] = true;
	above[m->index] = true;
	for (i = m->index + 1; i < series->n; i++)
		for (k = 0; k < series->v[i]->n_before; k++)
			above[i] |= above[series->v[i]->before[k]->index];
	for (i = 0; i < series->n; i++)
		marks[i] |= above[i];
	free(above);
}

static void add_pair(struct ordering *o, const struct gm_migration *a,
		     const struct gm_migration *b)
{
	bool turn = a->index > b->index;

	if (o->n == MOST_PAIRS)
		return;
	GM_GROW(o->v, o->n, o->cap);
	o->v[o->n].first = turn ? b : a;
	o->v[o->n++].second = turn ? a : b;
}

/* Those of ours with those of their app beside them. */
static void find_beside(struct ordering *o)
{
	const struct gm_series *series = o->series;
	bool *marks = gm_calloc(series->n, sizeof(*marks));
	size_t i;
	size_t k;

	for (i = 0; i < series->n && o->n < MOST_PAIRS; i++) {
		const struct gm_migration *m = series->v[i];

		if (!is_ours(o->check, m))
			continue;
		mark_related(marks, series, m);
		for (k = 0; k < series->n; k++)
			if (!marks[k] && !strcmp(series->v[k]->app, m->app) &&
			    (k > i || !is_ours(o->check, series->v[k])))
				add_pair(o, m, series->v[k]);
	}
	free(marks);
}

/* Parents of one, of which one stands on the other all the same, by an
 * implied parent: they were brought together. */
static void find_joined(struct ordering *o)
{
	size_t i;
	size_t x;
	size_t y;

	for (i = 0; i < o->series->n; i++) {
		const struct gm_migration *m = o->series->v[i];

		for (x = 0; x < m->n_parents; x++)
			for (y = 0; y < x; y++) {
				const struct gm_migration *a =
					m->parents[x].found;
				const struct gm_migration *b =
					m->parents[y].found;

				if (a && b && a != b &&
				    (is_ours(o->check, a) ||
				     is_ours(o->check, b)) &&
				    (gm_migration_is_implied(a) ||
				     gm_migration_is_implied(b)) &&
				    (gm_stands_on(o->series, a, b) ||
				     gm_stands_on(o->series, b, a)))
					add_pair(o, a, b);
			}
	}
}

/* Reads what lies from the first to the second, or only these two. */
static int fill(struct ordering *o, bool *wanted, bool between,
		struct gm_error *err)
{
	size_t i;
	size_t k;

	memset(wanted, 0, o->series->n * sizeof(*wanted));
	for (i = 0; i < o->n; i++) {
		wanted[o->v[i].first->index] = true;
		wanted[o->v[i].second->index] = true;
		for (k = o->v[i].first->index;
		     between && k < o->v[i].second->index; k++)
			wanted[k] = true;
	}
	return gm_summaries_fill(o->series, wanted, o->check->project->repo,
				 err);
}

/* Keeps those that may break for what their own texts say, and that somebody
 * has brought together: others are in conflict. */
static void keep_breaking(struct ordering *o, struct gm_order *order)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < o->n; i++)
		if (gm_order_may_break(order, o->v[i].first, o->v[i].second) &&
		    gm_is_reconciled(o->series, o->v[i].first, o->v[i].second))
			o->v[kept++] = o->v[i];
	o->n = kept;
}

static void add_findings(struct ordering *o, struct gm_order *order)
{
	size_t i;

	for (i = 0; i < o->n; i++) {
		const struct ordered_pair *p = &o->v[i];
		struct gm_overlap lost;
		char *sentence;
		char *advice;

		if (!gm_order_breaks(order, p->first, p->second, &lost))
			continue;
		sentence = gm_order_sentence(p->first, &lost);
		advice = gm_order_advice(order, p->first, p->second);
		gm_finding_hint(gm_findings_add(&o->check->out->findings,
						GM_RULE_BROKEN_ORDER,
						p->second->path, lost.b->line,
						"%s", sentence),
				"%s", advice);
		free(sentence);
		free(advice);
	}
}

int gm_check_order(struct gm_check *check, struct gm_error *err)
{
	struct ordering o = { .check = check,
			      .series = &check->project->series };
	struct gm_order order;
	bool *wanted;
	int ret = 0;

	if (is_linear(check->project))
		return 0;
	find_beside(&o);
	find_joined(&o);
	gm_order_init(&order, check->project);
	wanted = gm_calloc(o.series->n, sizeof(*wanted));
	if (o.n)
		ret = fill(&o, wanted, false, err);
	if (!ret)
		keep_breaking(&o, &order);
	if (!ret && o.n)
		ret = fill(&o, wanted, true, err);
	if (!ret)
		add_findings(&o, &order);
	gm_order_release(&order);
	free(wanted);
	free(o.v);
	return ret;
}
