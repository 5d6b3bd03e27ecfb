/*
 * What one side took away or gave another name, against what the other side
 * did: whether that edits it, stands on it, or uses what it made.
 */
#include "work/conflicts_rest.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* What a side no longer has under its name, and the side; a change of the
 * other one. */
struct against {
	const struct gm_project *project;
	const struct gm_side *side;
	const struct gm_change_of_side *x;
	const struct gm_change_of_side *y;
	/* x is of the second side. */
	bool swapped;
};

static bool same_name(const struct gm_change_of_side *x,
		      const struct gm_change_of_side *y)
{
	return x->app == y->app && !strcmp(x->file.name, y->file.name);
}

/* Whether y needs x to be there. A parent that has another name is found by
 * its pin. */
static bool stands_on(const struct against *p)
{
	const char *app = p->project->apps[p->x->app].name;
	size_t len = strlen(p->x->file.name) - strlen(".sql");
	char *id = gm_strndup(p->x->file.name, len);
	char *name = gm_migration_name(app, id);
	bool stands = gm_strings_has(&p->y->by_name, name) ||
		      (p->x->kind == GM_CHANGE_GONE &&
		       gm_strings_has(&p->y->by_pin, name));

	free(name);
	free(id);
	return stands;
}

static bool creates(const struct gm_footprint *f, const struct gm_object *gone)
{
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct gm_object *o = &f->v[i];

		if ((o->touches & GM_TOUCH_CREATE) && o->kind == gone->kind &&
		    !strcmp(o->name, gone->name) && !o->owner == !gone->owner &&
		    (!o->owner || !strcmp(o->owner, gone->owner)))
			return true;
	}
	return false;
}

/* Whether the side makes the object again, in something that goes before y:
 * then only the file of it is another one. */
static bool is_made_again(const struct against *p, size_t dialect,
			  const struct gm_object *gone)
{
	const struct gm_side *side = p->side;
	size_t i;

	for (i = 0; i < side->n; i++)
		if (side->v[i].app == p->y->app &&
		    gm_id_compare(p->project->numbering, side->v[i].file.name,
				  p->y->file.name) < 0 &&
		    creates(&side->v[i].footprints[dialect], gone))
			return true;
	return false;
}

/* The footprints of x with nothing in the place of what is made again;
 * objects are at the same places. */
static void leave_out(struct gm_footprint left[GM_SIDE_DIALECTS],
		      const struct against *p)
{
	size_t i;
	size_t k;

	for (i = 0; i < GM_SIDE_DIALECTS; i++) {
		const struct gm_footprint *all = &p->x->footprints[i];

		left[i] = *all;
		left[i].v = gm_calloc(all->n, sizeof(*all->v));
		for (k = 0; k < all->n; k++) {
			left[i].v[k] = all->v[k];
			if ((all->v[k].touches & GM_TOUCH_DROP) &&
			    is_made_again(p, i, &all->v[k]))
				left[i].v[k].touches = 0;
		}
	}
}

/* The overlaps name the footprints' own objects, in the place of copies. */
static void name_originals(struct gm_pair *pair, const struct against *p,
			   const struct gm_footprint left[GM_SIDE_DIALECTS])
{
	size_t d = 0;
	size_t i;

	while (d + 1 < GM_SIDE_DIALECTS && left[d].dialect != pair->dialect)
		d++;
	for (i = 0; i < pair->overlaps.n; i++) {
		const struct gm_object **o = p->swapped
						     ? &pair->overlaps.v[i].b
						     : &pair->overlaps.v[i].a;

		*o = p->x->footprints[d].v + (*o - left[d].v);
	}
}

static void judge_objects(struct gm_pair *pair, const struct against *p)
{
	struct gm_footprint left[GM_SIDE_DIALECTS];
	size_t i;

	leave_out(left, p);
	pair->verdict = p->swapped ? gm_pair_judge_footprints(
					     pair, NULL, p->y->footprints, left)
				   : gm_pair_judge_footprints(pair, NULL, left,
							      p->y->footprints);
	name_originals(pair, p, left);
	for (i = 0; i < GM_SIDE_DIALECTS; i++)
		free(left[i].v);
}

static char *standing_reason(const struct against *p)
{
	const char *y = p->y->file.path;
	const char *x = p->x->file.path;

	if (p->x->kind == GM_CHANGE_GONE)
		return gm_format("'%s' stands on '%s', which the other side "
				 "deletes",
				 y, x);
	return gm_format("'%s' names '%s', which is '%s' on the other side", y,
			 x, p->x->renamed);
}

/* Of one file: what the one side does with it, and the other. */
static char *file_reason(const struct against *p)
{
	const char *path = p->x->file.path;

	if (p->x->kind == GM_CHANGE_RENAMED)
		return p->y->kind == GM_CHANGE_RENAMED &&
				       strcmp(p->x->renamed, p->y->renamed)
			       ? gm_format("'%s' has two new names, '%s' and "
					   "'%s'",
					   path, p->x->renamed, p->y->renamed)
			       : NULL;
	if (p->y->kind == GM_CHANGE_CONTENT)
		return gm_format("'%s' is deleted on one side and edited on "
				 "the other",
				 path);
	if (p->y->kind == GM_CHANGE_RENAMED)
		return gm_format("'%s' is deleted on one side and renamed to "
				 "'%s' on the other",
				 path, p->y->renamed);
	return NULL;
}

static void judge(struct gm_conflicts *out, const struct against *p)
{
	struct gm_pair pair = { .a = p->swapped ? p->y : p->x,
				.b = p->swapped ? p->x : p->y };
	char *reason = same_name(p->x, p->y) ? file_reason(p) : NULL;

	if (!reason && stands_on(p))
		reason = standing_reason(p);
	if (p->x->kind == GM_CHANGE_GONE && p->y->kind == GM_CHANGE_CONTENT &&
	    *p->y->checksum)
		judge_objects(&pair, p);
	if (!reason && pair.verdict == GM_PAIR_CONFLICT)
		reason = gm_format("'%s' is deleted", p->x->file.path);
	if (reason) {
		free(pair.reason);
		pair.reason = reason;
		pair.verdict = GM_PAIR_CONFLICT;
	}
	gm_conflicts_add(out, &pair);
}

static void judge_side(struct gm_conflicts *out, struct against *p,
		       const struct gm_side *other)
{
	size_t i;
	size_t k;

	for (i = 0; i < p->side->n_rest; i++) {
		p->x = &p->side->rest[i];
		if (p->x->kind == GM_CHANGE_HEADER)
			continue;
		for (k = 0; k < other->n; k++) {
			p->y = &other->v[k];
			if (!gm_side_has_same_file(p->side, p->y))
				judge(out, p);
		}
		/* Two that are renamed are met once. */
		for (k = 0; k < other->n_rest; k++) {
			p->y = &other->rest[k];
			if (p->y->kind == GM_CHANGE_HEADER ||
			    (p->y->kind == GM_CHANGE_RENAMED &&
			     (p->x->kind == GM_CHANGE_GONE || !p->swapped)))
				judge(out, p);
		}
	}
}

void gm_conflicts_judge_rest(struct gm_conflicts *out,
			     const struct gm_project *project,
			     const struct gm_side *a, const struct gm_side *b)
{
	struct against first = { .project = project, .side = a };
	struct against second = { .project = project,
				  .side = b,
				  .swapped = true };

	judge_side(out, &first, b);
	judge_side(out, &second, a);
}

struct gm_migration *gm_change_in_series(const struct gm_change_of_side *change,
					 const struct gm_series *series)
{
	const struct gm_migration *m = change->migration;
	struct gm_migration *found = m ? gm_series_find(series, m->app, m->id)
				       : NULL;

	return found && !strcmp(found->checksum, m->checksum) ? found : NULL;
}

static const struct gm_change_of_side *gone_of(const struct gm_pair *pair)
{
	return pair->a->kind == GM_CHANGE_GONE ? pair->a : pair->b;
}

bool gm_pair_is_of_gone(const struct gm_pair *pair,
			const struct gm_series *series)
{
	const struct gm_change_of_side *gone = gone_of(pair);
	const struct gm_change_of_side *other = gone == pair->a ? pair->b
								: pair->a;
	size_t i;

	if (gone->kind != GM_CHANGE_GONE || !gone->migration ||
	    pair->verdict != GM_PAIR_CONFLICT ||
	    !gm_change_in_series(other, series))
		return false;
	for (i = 0; i < series->n; i++)
		if (!strcmp(series->v[i]->app, gone->migration->app) &&
		    (!strcmp(series->v[i]->id, gone->migration->id) ||
		     !strcmp(series->v[i]->checksum, gone->checksum)))
			return false;
	return true;
}

char *gm_pair_gone_advice(const struct gm_pair *pair,
			  const struct gm_repo *repo)
{
	char *word = gm_repo_word(repo, gone_of(pair)->file.path);
	char *advice = gm_format("git log --all -- %s finds it, to bring it "
				 "back; or change the one that uses it",
				 word);

	free(word);
	return advice;
}
