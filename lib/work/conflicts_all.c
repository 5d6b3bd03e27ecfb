/*
 * All branches against each other, and each against what was published since
 * it forked. First what each has beyond what is published, which is nearly
 * always enough; only two that share more than that, and seem to be in each
 * other's way, are compared through their own merge bases.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/branches.h"
#include "work/conflicts_rest.h"

/* Two that have to be looked at more closely: by branch (`a` of news: by
 * published ref), and their sides. */
struct closer {
	size_t a;
	size_t b;
	size_t side_a;
	size_t side_b;
};

struct closer_list {
	struct closer *v;
	size_t n;
	size_t cap;
};

/* As gm_conflicts_judge does it. */
static void judge(const struct gm_branches *b, size_t x, size_t y,
		  struct gm_conflicts *out)
{
	const struct gm_side *side_x = gm_branches_side(b, x);
	const struct gm_side *side_y = gm_branches_side(b, y);
	size_t i;
	size_t k;

	for (i = 0; i < side_x->n; i++) {
		if (gm_branches_holds(b, y, b->contents[x][i]))
			continue;
		for (k = 0; k < side_y->n; k++)
			if (!gm_branches_holds(b, x, b->contents[y][k]))
				gm_conflicts_judge_pair(out, b->project,
							&side_x->v[i],
							&side_y->v[k]);
	}
	gm_conflicts_judge_rest(out, b->project, side_x, side_y);
}

static void name_side(struct gm_side *out, const struct gm_side *side,
		      const char *ref)
{
	*out = *side;
	out->is_borrowed = true;
	out->rev = gm_strdup(ref);
	out->name = gm_format("'%s'", gm_ref_short_name(ref));
}

/* A side, under the name of its ref. */
struct named {
	const struct gm_side *side;
	const char *ref;
};

/* Adds what was found, unless that is nothing. */
static void take(struct gm_conflicts_list *out, struct gm_conflicts *found,
		 struct named a, struct named b)
{
	if (gm_conflicts_verdict(found) == GM_PAIR_INDEPENDENT) {
		gm_conflicts_release(found);
		return;
	}
	name_side(&found->a, a.side, a.ref);
	name_side(&found->b, b.side, b.ref);
	GM_GROW(out->v, out->n, out->cap);
	found->ground = NULL;
	out->v[out->n++] = *found;
}

static struct named branch(const struct gm_branches *b, size_t i)
{
	return (struct named){ gm_branches_side(b, i), b->refs.v[i] };
}

static bool same_bases(const struct gm_strings *a, const struct gm_strings *b)
{
	size_t i;

	for (i = 0; a->n == b->n && i < a->n; i++)
		if (strcmp(a->v[i], b->v[i]) != 0)
			return false;
	return a->n == b->n;
}

/* What the published refs have beyond the bases of a branch that has changes;
 * branches with the same bases share it. */
static void want_news(struct closer_list *news, struct gm_branches *b,
		      size_t branch)
{
	const struct gm_strings *bases = &b->bases[branch];
	size_t i;
	size_t k;

	for (i = 0; i < b->merged.n; i++) {
		struct closer c = { i, branch, 0, b->numbers[branch] };

		if (!bases->n || gm_strings_has(bases, b->merged.v[i]))
			continue;
		for (k = 0; k < news->n; k++)
			if (news->v[k].a == i &&
			    same_bases(&b->bases[news->v[k].b], bases))
				break;
		c.side_a = k < news->n ? news->v[k].side_a
				       : gm_sides_want(b->sides, b->merged.v[i],
						       bases);
		GM_GROW(news->v, news->n, news->cap);
		news->v[news->n++] = c;
	}
}

/* What the two have beyond what they share. */
static void want_closer(struct gm_branches *b, struct closer *c)
{
	struct gm_strings bases = { 0 };

	gm_forks_merge_bases(b->forks, c->a, c->b, &bases);
	c->side_a = gm_sides_want(b->sides, b->tips.v[c->a], &bases);
	c->side_b = gm_sides_want(b->sides, b->tips.v[c->b], &bases);
	gm_strings_release(&bases);
}

static void judge_sides(struct gm_conflicts_list *out,
			const struct gm_branches *b, const struct closer *c,
			const char *ref_a, const char *ref_b)
{
	const struct gm_side *side_a = gm_sides_get(b->sides, c->side_a);
	const struct gm_side *side_b = gm_sides_get(b->sides, c->side_b);
	struct gm_conflicts found = { .ground = &b->ground };

	gm_conflicts_judge(&found, b->project, side_a, side_b);
	take(out, &found, (struct named){ side_a, ref_a },
	     (struct named){ side_b, ref_b });
}

static void judge_news(struct gm_conflicts_list *out,
		       const struct gm_branches *b,
		       const struct closer_list *news)
{
	size_t i;

	for (i = 0; i < news->n; i++)
		judge_sides(out, b, &news->v[i], b->published.v[news->v[i].a],
			    b->refs.v[news->v[i].b]);
	out->compared += b->merged.n * b->tips.n;
}

static bool are_apart(const struct gm_branches *b, size_t x, size_t y)
{
	struct gm_conflicts found = { .ground = &b->ground };
	bool apart;

	judge(b, x, y, &found);
	apart = gm_conflicts_verdict(&found) == GM_PAIR_INDEPENDENT;
	gm_conflicts_release(&found);
	return apart;
}

/* The branches that share more than what is published, and seem to be in each
 * other's way. */
static void find_closer(struct closer_list *closer, const struct gm_branches *b)
{
	size_t i;
	size_t k;

	for (i = 0; i < b->n_sharing; i = k) {
		const struct gm_sharing *s = &b->sharing[i];
		bool lack = false;

		for (k = i; k < b->n_sharing && b->sharing[k].a == s->a &&
			    b->sharing[k].b == s->b;
		     k++)
			lack |= gm_branches_lack(b, &b->sharing[k]);
		if (!lack && are_apart(b, s->a, s->b))
			continue;
		GM_GROW(closer->v, closer->n, closer->cap);
		closer->v[closer->n++] = (struct closer){ .a = s->a,
							  .b = s->b };
	}
}

static void judge_branches(struct gm_conflicts_list *out,
			   const struct gm_branches *b,
			   const struct closer_list *closer)
{
	size_t next = 0;
	size_t i;
	size_t k;

	for (i = 0; i < b->tips.n; i++)
		for (k = i + 1; k < b->tips.n; k++) {
			struct gm_conflicts found = { .ground = &b->ground };

			out->compared++;
			if (next < closer->n && closer->v[next].a == i &&
			    closer->v[next].b == k) {
				judge_sides(out, b, &closer->v[next++],
					    b->refs.v[i], b->refs.v[k]);
				continue;
			}
			if (gm_forks_share(b->forks, i, k))
				continue;
			judge(b, i, k, &found);
			take(out, &found, branch(b, i), branch(b, k));
		}
}

static int load_ground(struct gm_branches *b, struct gm_error *err)
{
	/* Where nothing is published, any branch has what they share. */
	struct gm_strings any = { .v = b->tips.v, .n = b->tips.n > 0 };
	bool wanted = false;
	size_t i;

	for (i = 0; i < b->tips.n; i++)
		wanted |= gm_ground_may_be_wanted(gm_branches_side(b, i));
	return wanted ? gm_ground_load(&b->ground, b->project,
				       b->merged.n ? &b->merged : &any, err)
		      : 0;
}

/*
 * Verdicts point into the sides, so all sides have to be there before the
 * first is given.
 */
static int judge_all(struct gm_conflicts_list *out, struct gm_branches *b,
		     struct gm_error *err)
{
	struct closer_list news = { 0 };
	struct closer_list closer = { 0 };
	size_t i;
	int ret = load_ground(b, err);

	if (ret)
		return ret;
	find_closer(&closer, b);
	for (i = 0; i < b->tips.n; i++)
		if (gm_branches_side(b, i)->n || gm_branches_side(b, i)->n_rest)
			want_news(&news, b, i);
	for (i = 0; i < closer.n; i++)
		want_closer(b, &closer.v[i]);
	ret = gm_sides_load(b->sides, b->project, err);
	if (!ret) {
		judge_news(out, b, &news);
		judge_branches(out, b, &closer);
	}
	free(news.v);
	free(closer.v);
	return ret;
}

int gm_conflicts_all(struct gm_conflicts_list *out, struct gm_project *project,
		     const struct gm_strings *globs, struct gm_error *err)
{
	struct gm_branches b = { 0 };
	int ret = gm_branches_load(&b, project, globs, err);

	if (!ret)
		ret = judge_all(out, &b, err);
	out->sides = b.sides;
	gm_branches_release(&b);
	return ret;
}
