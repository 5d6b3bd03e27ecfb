/*
 * The order: parents before children, and the lowest rank of those that are
 * free to go next. What is left over stands in a cycle, or on top of one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "series/graph.h"

/* Everything here is by rank; a rank is a migration's index by number. */
struct order {
	struct gm_series *series;
	/* How many that go before it are not placed yet. */
	size_t *waiting;
	/* The migrations that `r` goes before are
	 * after[first[r]] to after[first[r + 1] - 1]. */
	size_t *first;
	size_t *after;
	/* A heap of those that are free to go, the lowest on top. */
	size_t *heap;
	size_t heap_n;
};

static void push(struct order *o, size_t r)
{
	size_t i = o->heap_n++;

	while (i && o->heap[(i - 1) / 2] > r) {
		o->heap[i] = o->heap[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	o->heap[i] = r;
}

static size_t pop(struct order *o)
{
	size_t top = o->heap[0], last = o->heap[--o->heap_n];
	size_t i = 0, child;

	while ((child = 2 * i + 1) < o->heap_n) {
		if (child + 1 < o->heap_n &&
		    o->heap[child + 1] < o->heap[child])
			child++;
		if (last <= o->heap[child])
			break;
		o->heap[i] = o->heap[child];
		i = child;
	}
	o->heap[i] = last;
	return top;
}

static void index_edges(struct order *o)
{
	const struct gm_series *series = o->series;
	size_t *fill = gm_calloc(series->n, sizeof(*fill));
	size_t i, j;

	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->v[i];

		o->waiting[i] = m->n_before;
		for (j = 0; j < m->n_before; j++)
			o->first[m->before[j]->index + 1]++;
	}
	for (i = 0; i < series->n; i++)
		o->first[i + 1] += o->first[i];
	o->after = gm_calloc(o->first[series->n], sizeof(*o->after));
	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->v[i];

		for (j = 0; j < m->n_before; j++) {
			size_t r = m->before[j]->index;

			o->after[o->first[r] + fill[r]++] = i;
		}
	}
	free(fill);
}

/* Fills `placed` with those that can be ordered; returns how many. */
static size_t place(struct order *o, struct gm_migration **placed)
{
	size_t i, n = 0;

	for (i = 0; i < o->series->n; i++)
		if (!o->waiting[i])
			push(o, i);
	while (o->heap_n) {
		size_t r = pop(o);

		placed[n++] = o->series->v[r];
		for (i = o->first[r]; i < o->first[r + 1]; i++)
			if (!--o->waiting[o->after[i]])
				push(o, o->after[i]);
	}
	return n;
}

/* One that goes before `r` and can't be placed either. */
static size_t step_back(const struct order *o, size_t r)
{
	const struct gm_migration *m = o->series->v[r];
	size_t i = 0;

	while (!o->waiting[m->before[i]->index])
		i++;
	return m->before[i]->index;
}

/* The line that names `other` as one that goes before, or 0. */
static size_t line_naming(const struct gm_migration *m,
			  const struct gm_migration *other)
{
	size_t i;

	for (i = 0; i < m->n_parents; i++)
		if (m->parents[i].found == other)
			return m->parents[i].line;
	for (i = 0; i < m->n_depends; i++)
		if (!strcmp(m->depends[i].app, other->app) &&
		    !strcmp(m->depends[i].id, other->id))
			return m->depends[i].line;
	return 0;
}

static void add_name(struct gm_strbuf *sb, const struct gm_migration *m)
{
	char *name = gm_migration_name(m->app, m->id);
	char *text = gm_printable(name);

	gm_strbuf_adds(sb, text);
	free(text);
	free(name);
}

/* Reports the cycle that `r` is part of, from its lowest member on. */
static void report_cycle(struct order *o, size_t r)
{
	const size_t shown = 10;
	struct gm_series *series = o->series;
	struct gm_strbuf names = { 0 };
	struct gm_finding *finding;
	size_t *members = NULL, n = 0, cap = 0, i, lowest = 0, at = r;

	do {
		GM_GROW(members, n, cap);
		members[n++] = at;
		at = step_back(o, at);
	} while (at != r);
	for (i = 1; i < n; i++)
		if (members[i] < members[lowest])
			lowest = i;
	/* The walk went from child to parent, the message goes forward. */
	for (i = 0; i < n && i < shown; i++) {
		add_name(&names, series->v[members[(lowest + n - i) % n]]);
		gm_strbuf_adds(&names, " → ");
	}
	if (i < n)
		gm_strbuf_addf(&names, "(%zu more) → ", n - i);
	r = members[lowest];
	add_name(&names, series->v[r]);
	finding = gm_findings_add(
		&series->findings, GM_RULE_CYCLE, series->v[r]->path,
		line_naming(series->v[r], series->v[step_back(o, r)]),
		"stands on itself: %s", gm_strbuf_str(&names));
	gm_finding_hint(finding, "take out or mend one of the parent lines");
	free(members);
	gm_strbuf_release(&names);
}

/* Each walk back from what is left over ends in a cycle, or in what an
 * earlier walk saw. */
static void find_cycles(struct order *o)
{
	size_t n = o->series->n;
	size_t *seen = gm_calloc(n, sizeof(*seen));
	size_t i, r;

	for (i = 0; i < n; i++) {
		if (!o->waiting[i] || seen[i])
			continue;
		for (r = i; !seen[r]; r = step_back(o, r))
			seen[r] = i + 1;
		if (seen[r] == i + 1)
			report_cycle(o, r);
	}
	free(seen);
}

void gm_graph_order(struct gm_series *series)
{
	struct order o = { .series = series };
	struct gm_migration **placed;
	size_t i, n;

	o.waiting = gm_calloc(series->n, sizeof(*o.waiting));
	o.first = gm_calloc(series->n + 1, sizeof(*o.first));
	o.heap = gm_calloc(series->n, sizeof(*o.heap));
	placed = gm_calloc(series->n, sizeof(struct gm_migration *));
	index_edges(&o);
	n = place(&o, placed);
	if (n < series->n) {
		find_cycles(&o);
		for (i = 0; i < series->n; i++)
			if (o.waiting[i])
				placed[n++] = series->v[i];
	}
	for (i = 0; i < series->n; i++) {
		series->v[i] = placed[i];
		series->v[i]->index = i;
	}
	free(placed);
	free(o.heap);
	free(o.after);
	free(o.first);
	free(o.waiting);
}
