/*
 * The graph: who stands on whom, and in which order that lets them go. No
 * step takes more than n log n, and none recurses: chains of ten thousand
 * are ordinary.
 */
#include "series/graph.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/similar.h"
#include "base/sort.h"
#include "series/number.h"

struct ranked {
	struct gm_number number;
	struct gm_migration *m;
};

static int by_rank(const void *a, const void *b)
{
	const struct ranked *x = a, *y = b;
	int diff = gm_number_compare(&x->number, &y->number);

	if (!diff)
		diff = strcmp(x->m->id, y->m->id);
	return diff ? diff : strcmp(x->m->app, y->m->app);
}

/* Until the order is known, a migration's index is its rank by number. */
static void rank(struct gm_series *series)
{
	struct ranked *list = gm_calloc(series->n, sizeof(*list));
	size_t i;

	for (i = 0; i < series->n; i++) {
		list[i].m = series->v[i];
		gm_number_read(&list[i].number, series->numbering,
			       list[i].m->id);
	}
	gm_sort(list, series->n, sizeof(*list), by_rank);
	for (i = 0; i < series->n; i++) {
		series->v[i] = list[i].m;
		series->v[i]->index = i;
	}
	free(list);
}

struct linker {
	struct gm_series *series;
	/* NULL until a pin is looked for. */
	struct gm_content *contents;
	/* By rank: the implied parent. */
	struct gm_migration **implied;
	/* By rank: 1 + the rank of the last migration that took it as one
	 * that goes before. */
	size_t *taken;
};

/* What imply() knows of one app while it goes up the numbers. */
struct chain {
	/* The last one without a parent line, and the last one of all. */
	struct gm_migration *last;
	struct gm_migration *nearest;
	/* Some written parent has a higher number than its child: then a
	 * lower one may stand on a higher one. */
	bool descends;
};

static bool has_higher_parent(const struct gm_series *series,
			      const struct gm_migration *m)
{
	size_t i;

	for (i = 0; i < m->n_parents; i++)
		if (gm_id_compare(series->numbering, m->parents[i].id, m->id) >=
		    0)
			return true;
	return false;
}

/*
 * The nearest lower one without a parent line is the parent of the next.
 * Where every lower one has such a line, the nearest of them is: files that
 * were sealed are still what a new one stands on.
 */
static void imply(struct linker *l)
{
	struct gm_series *series = l->series;
	size_t *app = gm_calloc(series->n, sizeof(*app));
	struct chain *chains;
	size_t i, apps = 0;

	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->by_id[i];

		if (!i || strcmp(m->app, series->by_id[i - 1]->app))
			apps++;
		app[m->index] = apps - 1;
	}
	chains = gm_calloc(apps, sizeof(*chains));
	for (i = 0; i < series->n; i++) {
		struct gm_migration *m = series->v[i];
		struct chain *c = &chains[app[i]];

		if (gm_migration_is_implied(m)) {
			l->implied[i] = c->last	      ? c->last
					: c->descends ? NULL
						      : c->nearest;
			c->last = m;
		} else {
			c->descends |= has_higher_parent(series, m);
		}
		c->nearest = m;
	}
	free(chains);
	free(app);
}

/* The only other migration of the app whose checksum begins so, or NULL. */
static struct gm_migration *
find_by_pin(struct linker *l, const struct gm_migration *child, const char *pin)
{
	struct gm_migration *found = NULL;
	size_t low = 0, high = l->series->n;
	size_t len = strlen(pin);

	if (!len)
		return NULL;
	if (!l->contents)
		l->contents = gm_series_contents(l->series);
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(l->contents[middle].checksum, pin, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < l->series->n; low++) {
		struct gm_migration *m = l->contents[low].m;

		if (strncmp(m->checksum, pin, len))
			break;
		if (m == child || strcmp(m->app, child->app))
			continue;
		if (found)
			return NULL;
		found = m;
	}
	return found;
}

/* The id next to where this one would stand, if it is like it, or NULL. */
static const char *nearest_id(const struct gm_series *series,
			      const struct gm_migration *child, const char *id)
{
	const char *candidates[2];
	size_t low = 0, high = series->n, n = 0, i;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct gm_migration *m = series->by_id[middle];
		int diff = strcmp(m->app, child->app);

		if (!diff)
			diff = strcasecmp(m->id, id);
		if (diff < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (i = low ? low - 1 : 0; i <= low && i < series->n; i++)
		if (!strcmp(series->by_id[i]->app, child->app) &&
		    series->by_id[i] != child)
			candidates[n++] = series->by_id[i]->id;
	return gm_similar(id, candidates, n);
}

/* A path as it is to be typed, of the file that the id would have. */
static char *path_word(const struct gm_series *series,
		       const struct gm_migration *sibling, const char *id)
{
	const char *slash = strrchr(sibling->path, '/');
	int len = slash ? (int)(slash + 1 - sibling->path) : 0;
	char *path = gm_format("%.*s%s.sql", len, sibling->path, id);
	char *word = gm_path_word(series->prefix ? series->prefix : "", path);

	free(path);
	return word;
}

static void unknown_parent(struct gm_series *series,
			   const struct gm_migration *m,
			   const struct gm_parent *parent)
{
	const char *nearest = nearest_id(series, m, parent->id);
	char *word = path_word(series, m, parent->id);
	struct gm_finding *finding;

	finding = gm_findings_add(&series->findings, GM_RULE_UNKNOWN_PARENT,
				  m->path, parent->line,
				  "there is no migration '%s' to be the "
				  "parent",
				  parent->id);
	if (nearest)
		gm_finding_hint(finding,
				"did you mean '%s'? if it was deleted: git "
				"migrate rebase; if this one was picked from "
				"another branch: git migrate rebase REF, with "
				"the branch that it is for",
				nearest);
	else
		gm_finding_hint(finding,
				"git log --all -- %s finds it; if it was "
				"deleted: git migrate rebase; if this one was "
				"picked from there: git migrate rebase REF, "
				"with the branch that it is for; or take the "
				"line out",
				word);
	free(word);
}

static void stale_pin(struct gm_series *series, const struct gm_migration *m,
		      const struct gm_parent *parent)
{
	struct gm_finding *finding;

	finding = gm_findings_add(&series->findings, GM_RULE_STALE_PIN, m->path,
				  parent->line,
				  "the parent '%s' was edited: its checksum "
				  "begins with %.12s, not with the pin %s",
				  parent->id, parent->found->checksum,
				  parent->pin);
	gm_hint_seal(finding, series, m);
}

static void unknown_dependency(struct gm_series *series,
			       const struct gm_migration *m,
			       const struct gm_dependency *dep)
{
	char *name = gm_migration_name(dep->app, dep->id);
	char *text = gm_printable(name);
	struct gm_finding *finding;

	finding = gm_findings_add(&series->findings, GM_RULE_UNKNOWN_DEPENDENCY,
				  m->path, dep->line,
				  "there is no migration '%s' to "
				  "depend on",
				  text);
	gm_finding_hint(finding, "git migrate status");
	free(text);
	free(name);
}

static void put_before(struct linker *l, struct gm_migration *m,
		       struct gm_migration *other)
{
	if (!other || l->taken[other->index] == m->index + 1)
		return;
	l->taken[other->index] = m->index + 1;
	m->before[m->n_before++] = other;
}

/* The one before by number is the parent nearly always. */
static struct gm_migration *find_by_id(const struct gm_series *series,
				       const struct gm_migration *child,
				       const char *id)
{
	struct gm_migration *m;

	if (child->index) {
		m = series->v[child->index - 1];
		if (!strcmp(m->id, id) && !strcmp(m->app, child->app))
			return m;
	}
	return gm_series_find(series, child->app, id);
}

static void link_one(struct linker *l, struct gm_migration *m)
{
	struct gm_series *series = l->series;
	size_t i;

	m->n_before = 0;
	put_before(l, m, l->implied[m->index]);
	for (i = 0; i < m->n_parents; i++) {
		struct gm_parent *parent = &m->parents[i];

		parent->found = find_by_id(series, m, parent->id);
		if (!parent->found)
			parent->found = find_by_pin(l, m, parent->pin);
		if (!parent->found)
			unknown_parent(series, m, parent);
		else if (strncmp(parent->found->checksum, parent->pin,
				 strlen(parent->pin)))
			stale_pin(series, m, parent);
		put_before(l, m, parent->found);
	}
	m->n_above = m->n_before;
	for (i = 0; i < m->n_above; i++)
		m->before[i]->n_children++;
	for (i = 0; i < m->n_depends; i++) {
		const struct gm_dependency *dep = &m->depends[i];
		struct gm_migration *other = gm_series_find(series, dep->app,
							    dep->id);

		if (!other)
			unknown_dependency(series, m, dep);
		put_before(l, m, other);
	}
}

/* Room for each one's implied parent, written ones and dependencies. */
static void make_room(struct gm_series *series)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < series->n; i++)
		n += series->v[i]->n_parents + series->v[i]->n_depends + 1;
	free(series->before);
	series->before = gm_calloc(n, sizeof(struct gm_migration *));
	n = 0;
	for (i = 0; i < series->n; i++) {
		struct gm_migration *m = series->v[i];

		m->before = series->before + n;
		n += m->n_parents + m->n_depends + 1;
	}
}

void gm_graph_link(struct gm_series *series)
{
	struct linker l = { .series = series };
	size_t i;

	rank(series);
	make_room(series);
	l.implied = gm_calloc(series->n, sizeof(struct gm_migration *));
	l.taken = gm_calloc(series->n, sizeof(*l.taken));
	imply(&l);
	for (i = 0; i < series->n; i++)
		series->v[i]->n_children = 0;
	for (i = 0; i < series->n; i++)
		link_one(&l, series->v[i]);
	free(l.taken);
	free(l.implied);
	free(l.contents);
}
