/*
 * Each two heads are two sides of a fork: what is below the one and not below
 * the other, and the other way round.
 */
#include "work/merge.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "series/seal.h"
#include "work/commute.h"
#include "work/conflicts_rest.h"
#include "work/published.h"
#include "work/quote.h"

/* Marks the migration and all below it, by their places; the caller frees
 * it. */
static bool *mark_below(const struct gm_series *series,
			const struct gm_migration *m)
{
	bool *marks = gm_calloc(series->n, sizeof(*marks));
	size_t i;
	size_t k;

	marks[m->index] = true;
	for (i = m->index + 1; i-- > 0;)
		for (k = 0; marks[i] && k < series->v[i]->n_above; k++)
			marks[series->v[i]->before[k]->index] = true;
	return marks;
}

static void take_side(struct gm_side *side, struct gm_project *project,
		      const struct gm_migration *head, const bool *below,
		      const bool *other)
{
	size_t i;

	side->rev = gm_strdup(head->id);
	side->name = gm_format("'%s'", head->id);
	for (i = 0; i < project->series.n; i++)
		if (below[i] && !other[i])
			gm_side_add(side, project, project->series.v[i]);
}

static struct gm_conflicts *add_comparison(struct gm_conflicts_list *list)
{
	GM_GROW(list->v, list->n, list->cap);
	memset(&list->v[list->n], 0, sizeof(*list->v));
	return &list->v[list->n++];
}

static void compare_heads(struct gm_merge *merge, struct gm_project *project,
			  const struct gm_migration *a,
			  const struct gm_migration *b)
{
	struct gm_conflicts *c = add_comparison(&merge->list);
	bool *below_a = mark_below(&project->series, a);
	bool *below_b = mark_below(&project->series, b);

	take_side(&c->a, project, a, below_a, below_b);
	take_side(&c->b, project, b, below_b, below_a);
	gm_conflicts_judge(c, project, &c->a, &c->b);
	free(below_a);
	free(below_b);
}

static int compare_all(struct gm_merge *merge, struct gm_project *project,
		       const struct gm_strings *commits, struct gm_error *err)
{
	size_t i;
	size_t k;
	int ret = 0;

	for (i = 0; i < merge->n_heads; i++)
		for (k = i + 1; k < merge->n_heads; k++)
			compare_heads(merge, project, merge->heads[i],
				      merge->heads[k]);
	for (i = 0; !ret && i < commits->n; i++)
		for (k = i + 1; !ret && k < commits->n; k++)
			ret = gm_conflicts_between(&merge->list, project,
						   commits->v[i], commits->v[k],
						   err);
	/* Histories without a base can't be compared. */
	if (ret == GM_ENOTFOUND && !gm_repo_is_shallow(project->repo)) {
		gm_error_release(err);
		ret = 0;
	}
	return ret;
}

static bool same_pair(const struct gm_pair *x, const struct gm_pair *y)
{
	const char *a = x->a->file.name;
	const char *b = x->b->file.name;

	return (!strcmp(a, y->a->file.name) && !strcmp(b, y->b->file.name)) ||
	       (!strcmp(a, y->b->file.name) && !strcmp(b, y->a->file.name));
}

static void add_pair(struct gm_merge *merge, const struct gm_series *series,
		     const struct gm_pair *pair, size_t app)
{
	const struct gm_migration *a = gm_change_in_series(pair->a, series);
	const struct gm_migration *b = gm_change_in_series(pair->b, series);
	size_t i;

	if (pair->a->app != app || pair->b->app != app || !a || !b ||
	    gm_is_reconciled(series, a, b))
		return;
	for (i = 0; i < merge->n_pairs; i++)
		if (same_pair(merge->pairs[i], pair))
			return;
	merge->pairs[merge->n_pairs++] = pair;
}

static void add_across(struct gm_merge *merge, const struct gm_series *series,
		       const struct gm_pair *pair, size_t app)
{
	const struct gm_migration *a = gm_change_in_series(pair->a, series);
	const struct gm_migration *b = gm_change_in_series(pair->b, series);
	size_t first = pair->a->app < pair->b->app ? pair->a->app
						   : pair->b->app;

	if (pair->a->app != pair->b->app && first == app && a && b &&
	    !gm_is_settled_across(series, a, b))
		merge->across[merge->n_across++] = pair;
}

/* The gone one's app is this one. */
static void add_gone(struct gm_merge *merge, const struct gm_series *series,
		     const struct gm_pair *pair, size_t app)
{
	size_t gone = pair->a->kind == GM_CHANGE_GONE ? pair->a->app
						      : pair->b->app;
	size_t i;

	if (gone != app || !gm_pair_is_of_gone(pair, series))
		return;
	for (i = 0; i < merge->n_gone; i++)
		if (same_pair(merge->gone[i], pair))
			return;
	merge->gone[merge->n_gone++] = pair;
}

static void collect_across(struct gm_merge *merge,
			   const struct gm_project *project, size_t app,
			   size_t n)
{
	size_t i;
	size_t k;

	merge->across = gm_calloc(n, sizeof(*merge->across));
	merge->gone = gm_calloc(n, sizeof(*merge->gone));
	for (i = 0; i < merge->list.n; i++) {
		const struct gm_conflicts *c = &merge->list.v[i];

		for (k = 0; k < c->n; k++) {
			add_gone(merge, &project->series, &c->v[k], app);
			if (c->v[k].verdict == GM_PAIR_CONFLICT)
				add_across(merge, &project->series, &c->v[k],
					   app);
		}
	}
}

static void collect_pairs(struct gm_merge *merge,
			  const struct gm_project *project)
{
	size_t app = (size_t)(merge->app - project->apps);
	int verdict;
	size_t n = 0;
	size_t i;
	size_t k;

	for (i = 0; i < merge->list.n; i++)
		n += merge->list.v[i].n;
	collect_across(merge, project, app, n);
	merge->pairs = gm_calloc(n, sizeof(*merge->pairs));
	for (verdict = GM_PAIR_CONFLICT; verdict > 0; verdict--) {
		for (i = 0; i < merge->list.n; i++) {
			const struct gm_conflicts *c = &merge->list.v[i];

			for (k = 0; k < c->n; k++)
				if ((int)c->v[k].verdict == verdict)
					add_pair(merge, &project->series,
						 &c->v[k], app);
		}
		if (verdict == GM_PAIR_CONFLICT)
			merge->conflicts = merge->n_pairs;
	}
}

static void mark_heads(const struct gm_merge *merge,
		       const struct gm_series *series,
		       const struct gm_migration *m, bool *marks)
{
	size_t i;

	for (i = 0; i < merge->n_heads; i++)
		if (merge->heads[i] == m ||
		    gm_stands_on(series, merge->heads[i], m))
			marks[merge->heads[i]->index] = true;
}

/* The heads above what conflicts; and, where one stands on the other all the
 * same (by an implied parent), the two themselves. */
static void choose_parents(struct gm_merge *merge,
			   const struct gm_series *series, bool join)
{
	bool *marks = gm_calloc(series->n, sizeof(*marks));
	size_t i;

	for (i = 0; i < merge->conflicts; i++) {
		struct gm_migration *a = gm_change_in_series(merge->pairs[i]->a,
							     series);
		struct gm_migration *b = gm_change_in_series(merge->pairs[i]->b,
							     series);

		mark_heads(merge, series, a, marks);
		mark_heads(merge, series, b, marks);
		if (gm_stands_on(series, a, b) || gm_stands_on(series, b, a))
			marks[a->index] = marks[b->index] = true;
	}
	for (i = 0; join && merge->n_heads > 1 && i < merge->n_heads; i++)
		marks[merge->heads[i]->index] = true;
	merge->parents = gm_calloc(series->n, sizeof(*merge->parents));
	for (i = 0; i < series->n; i++)
		if (marks[i])
			merge->parents[merge->n_parents++] = series->v[i];
	free(marks);
}

int gm_merge_sides(struct gm_strings *out, struct gm_project *project,
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

int gm_merge_find(struct gm_merge *out, struct gm_project *project,
		  const struct gm_app *app, const struct gm_strings *commits,
		  bool join, struct gm_error *err)
{
	int ret;

	memset(out, 0, sizeof(*out));
	out->app = app;
	out->n_heads = gm_series_heads(&project->series, app->name,
				       &out->heads);
	ret = compare_all(out, project, commits, err);
	if (!ret) {
		collect_pairs(out, project);
		choose_parents(out, &project->series, join);
	}
	return ret;
}

void gm_merge_release(struct gm_merge *merge)
{
	if (!merge)
		return;
	gm_conflicts_list_release(&merge->list);
	free(merge->heads);
	free(merge->pairs);
	free(merge->across);
	free(merge->gone);
	free(merge->parents);
	memset(merge, 0, sizeof(*merge));
}

/* A comment ends at its line's end, and to some databases a carriage return
 * is one: nothing of what is quoted may get out of it. */
static void write_safely(struct gm_strbuf *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		gm_strbuf_addc(out, c < 0x20 && c != '\t' ? ' ' : text[i]);
	}
}

static void write_side(struct gm_strbuf *out, const struct gm_pair *pair,
		       const struct gm_change_of_side *change,
		       const struct gm_object *object)
{
	char *what = gm_object_text(object);
	struct gm_quote quote = { 0 };
	size_t i;

	gm_strbuf_adds(out, "--   ");
	write_safely(out, change->file.path, strlen(change->file.path));
	gm_strbuf_addf(out, ":%zu: ", object->line);
	write_safely(out, what, strlen(what));
	gm_strbuf_adds(out, "\n");
	gm_quote_object(&quote, change->migration, pair->dialect, object);
	for (i = 0; i < quote.n; i++) {
		if (!quote.v[i].number) {
			gm_strbuf_adds(out, "--       ...\n");
			continue;
		}
		gm_strbuf_addf(out, "--  %6zu%s", quote.v[i].number,
			       quote.v[i].len ? "  " : "");
		write_safely(out, quote.v[i].text, quote.v[i].len);
		gm_strbuf_adds(out, "\n");
	}
	gm_quote_release(&quote);
	free(what);
}

static void write_pair(struct gm_strbuf *out, const struct gm_pair *pair)
{
	size_t i;

	gm_strbuf_addf(out, "-- %s %s %s", pair->a->migration->id,
		       pair->verdict == GM_PAIR_CONFLICT
			       ? "conflicts with"
			       : "may get in the way of",
		       pair->b->migration->id);
	if (pair->reason) {
		gm_strbuf_adds(out, ": ");
		write_safely(out, pair->reason, strlen(pair->reason));
	}
	gm_strbuf_adds(out, "\n");
	for (i = 0; i < pair->overlaps.n; i++) {
		write_side(out, pair, pair->a, pair->overlaps.v[i].a);
		write_side(out, pair, pair->b, pair->overlaps.v[i].b);
	}
}

void gm_merge_in_order(const struct gm_pair *pair, const struct gm_order *order,
		       const struct gm_migration **first,
		       const struct gm_migration **second)
{
	const struct gm_migration *a = gm_change_in_series(pair->a,
							   order->series);
	const struct gm_migration *b = gm_change_in_series(pair->b,
							   order->series);

	*first = a->index < b->index ? a : b;
	*second = a->index < b->index ? b : a;
}

/* In which order they run now, and whether that can work. */
static void write_order(struct gm_strbuf *out, const struct gm_pair *pair,
			struct gm_order *order)
{
	const struct gm_migration *first;
	const struct gm_migration *second;
	struct gm_overlap lost;
	char *advice;

	if (pair->verdict != GM_PAIR_CONFLICT)
		return;
	gm_merge_in_order(pair, order, &first, &second);
	gm_strbuf_addf(out, "-- A new database applies %s first, then %s.\n",
		       first->id, second->id);
	if (!gm_order_breaks(order, first, second, &lost))
		return;
	advice = gm_order_advice(order, first, second);
	gm_strbuf_addf(out, "-- There the second one fails: ");
	write_safely(out, advice, strlen(advice));
	gm_strbuf_adds(out, ".\n");
	free(advice);
}

void gm_merge_write(const struct gm_merge *merge, struct gm_order *order,
		    struct gm_strbuf *out)
{
	size_t i;

	gm_series_write_parents(merge->parents, merge->n_parents, out);
	gm_strbuf_adds(out, "\n-- migrate:up\n");
	for (i = 0; i < merge->n_pairs; i++) {
		write_pair(out, merge->pairs[i]);
		write_order(out, merge->pairs[i], order);
		gm_strbuf_adds(out, "--\n");
	}
	if (merge->n_pairs)
		gm_strbuf_adds(out, "-- Below goes what the schema still "
				    "needs after both, in whichever\n"
				    "-- order they ran.\n");
	gm_strbuf_adds(out, "\n\n-- migrate:down\n\n");
}
