/*
 * Where ours go: what they stand on, and which numbers they get.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "work/rebase_planner.h"

/* What ours stand on: the heads of the app where there is nothing of ours.
 * The array is the caller's. */
static size_t find_heads(const struct gm_rebase_planner *p,
			 const struct gm_series *published, const char *app,
			 const struct gm_migration ***out)
{
	struct gm_migration **heads;
	size_t n = gm_series_heads(published, app, &heads);
	size_t i;

	*out = gm_calloc(n, sizeof(**out));
	for (i = 0; i < n; i++)
		(*out)[i] = gm_series_find(p->series, app, heads[i]->id);
	free(heads);
	return n;
}

/* The nearest of ours before it in the order, in its app; NULL: none. */
static const struct gm_migration *previous(const struct gm_rebase_planner *p,
					   const struct gm_ours *o)
{
	while (o-- > p->v)
		if (!strcmp(o->m->app, o[1].m->app))
			return o->m;
	return NULL;
}

/*
 * The one of ours that a written parent means, or NULL. Where others have
 * published something else under its id, the pin tells that it was ours that
 * is called otherwise now.
 */
static const struct gm_migration *our_parent(const struct gm_rebase_planner *p,
					     const struct gm_ours *o,
					     const struct gm_migration *found)
{
	const char *pin = "";
	size_t i;

	if (gm_rebase_ours(p, found))
		return found;
	for (i = 0; i < o->m->n_parents; i++)
		if (o->m->parents[i].found == found)
			pin = o->m->parents[i].pin;
	if (!*pin || gm_starts_with(found->checksum, pin))
		return NULL;
	for (i = 0; i < p->n; i++)
		if (&p->v[i] != o && !strcmp(p->v[i].m->app, o->m->app) &&
		    gm_starts_with(p->v[i].m->checksum, pin))
			return p->v[i].m;
	return NULL;
}

static void find_parents(struct gm_rebase_planner *p, struct gm_ours *o,
			 const struct gm_migration **heads, size_t n_heads)
{
	const struct gm_migration *before = previous(p, o);
	size_t i;

	o->parents = gm_calloc(o->m->n_above + n_heads + 1,
			       sizeof(*o->parents));
	if (p->linear && before) {
		o->parents[o->n_parents++] = before;
		return;
	}
	for (i = 0; i < o->m->n_above; i++) {
		const struct gm_migration *parent = our_parent(p, o,
							       o->m->before[i]);

		if (parent)
			o->parents[o->n_parents++] = parent;
	}
	gm_rebase_find_gone(p, o, before);
	/* What stands on one of ours stands on the heads by way of it. */
	if (o->n_parents)
		return;
	if (n_heads)
		memcpy(o->parents, heads, n_heads * sizeof(*heads));
	o->n_parents = n_heads;
}

static bool goes_behind(const struct gm_rebase_planner *p, const char *id,
			const char *last)
{
	enum gm_numbering numbering = p->series->numbering;

	return !last || (gm_id_compare(numbering, id, last) > 0 &&
			 (numbering != GM_NUMBERING_SEQUENCE ||
			  !gm_id_same_number(numbering, id, last)));
}

static const char *greatest(const struct gm_rebase_planner *p, const char *a,
			    const char *b)
{
	return !a || gm_id_compare(p->series->numbering, b, a) > 0 ? b : a;
}

/*
 * A number is renewed where it doesn't go behind everything published, or
 * behind one that goes first and was renewed itself; in a sequence also where
 * it is taken.
 */
static void renumber(struct gm_rebase_planner *p, const char *app)
{
	enum gm_numbering numbering = p->series->numbering;
	const char *published = NULL;
	const char *last;
	bool renewed = false;
	char now[15];
	size_t i;

	gm_time_digits(now);
	for (i = 0; i < p->series->n; i++)
		if (!p->of[i] && !strcmp(p->series->v[i]->app, app))
			published = greatest(p, published, p->series->v[i]->id);
	last = published;
	for (i = 0; i < p->n; i++) {
		struct gm_ours *o = &p->v[i];
		char *number;

		if (strcmp(o->m->app, app))
			continue;
		o->id = gm_strdup(o->m->id);
		if (!goes_behind(p, o->id, renewed ? last : published) ||
		    (last && numbering == GM_NUMBERING_SEQUENCE &&
		     gm_id_same_number(numbering, o->id, last))) {
			renewed = true;
			gm_next_number(numbering, last, now, &number);
			free(o->id);
			o->id = gm_format("%s%s", number,
					  gm_id_tail(numbering, o->m->id));
			free(number);
		}
		last = greatest(p, last, o->id);
	}
}

static void find_depends(struct gm_rebase_planner *p)
{
	size_t i;

	p->depends = gm_calloc(p->n, sizeof(*p->depends));
	for (i = 0; i < p->n; i++) {
		const struct gm_ours *o = &p->v[i];

		if (strcmp(o->id, o->m->id) != 0)
			p->depends[p->n_depends++] =
				(struct gm_seal_dependency){ o->m->app,
							     o->m->id, o->id };
	}
}

void gm_rebase_place(struct gm_rebase_planner *p)
{
	struct gm_series published;
	size_t a, i;

	gm_rebase_build(p, false, &published);
	for (a = 0; a < p->project->n_apps; a++) {
		const char *app = p->project->apps[a].name;
		const struct gm_migration **heads;
		size_t n = find_heads(p, &published, app, &heads);

		for (i = 0; i < p->n; i++)
			if (!strcmp(p->v[i].m->app, app))
				find_parents(p, &p->v[i], heads, n);
		renumber(p, app);
		free(heads);
	}
	find_depends(p);
	gm_series_release(&published);
}
