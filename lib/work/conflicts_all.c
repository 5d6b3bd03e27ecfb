/*
 * All branches against each other. First what each has beyond what is
 * published, which is nearly always enough; only two that share more than
 * that, and seem to be in each other's way, are compared through their own
 * merge bases.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/forks.h"
#include "work/conflicts.h"
#include "work/published.h"
#include "work/sides.h"

struct branches {
	struct gm_project *project;
	/* Full names, and commits, the most recent first. */
	struct gm_strings refs;
	struct gm_strings tips;
	/* The commits that are published. */
	struct gm_strings merged;
	struct gm_forks *forks;
	struct gm_sides *sides;
	/* By branch: the number of its side. */
	size_t *numbers;
	/* By branch and change: the same content has the same number. */
	size_t **contents;
};

/* Two that have to be looked at more closely: by branch, and their sides. */
struct closer {
	size_t a;
	size_t b;
	size_t side_a;
	size_t side_b;
};

/* The commits that these names stand for; what is none is left out, and taken
 * from the names. */
static int read_commits(struct gm_strings *names, struct gm_strings *commits,
			struct gm_repo *repo, struct gm_error *err)
{
	struct gm_strings peeled = { 0 };
	struct gm_strings found = { 0 };
	size_t kept = 0;
	size_t i;
	int ret;

	for (i = 0; i < names->n; i++)
		gm_strings_take(&peeled, gm_format("%s^{commit}", names->v[i]));
	ret = gm_repo_ids(repo, &peeled, "commit", &found, err);
	for (i = 0; !ret && i < names->n; i++) {
		if (!*found.v[i]) {
			free(names->v[i]);
			continue;
		}
		gm_strings_add(commits, found.v[i]);
		names->v[kept++] = names->v[i];
	}
	if (!ret)
		names->n = kept;
	gm_strings_release(&found);
	gm_strings_release(&peeled);
	return ret;
}

static int find_branches(struct branches *b, const char *glob,
			 struct gm_error *err)
{
	struct gm_repo *repo = b->project->repo;
	struct gm_strings published = { 0 };
	int ret = gm_published_refs(&published, b->project, err);

	if (!ret)
		ret = gm_repo_open_branches(repo, glob, &published, &b->refs,
					    err);
	if (!ret)
		ret = read_commits(&b->refs, &b->tips, repo, err);
	if (!ret)
		ret = read_commits(&published, &b->merged, repo, err);
	if (!ret)
		ret = gm_forks_read(&b->forks, repo, &b->tips, &b->merged, err);
	gm_strings_release(&published);
	return ret;
}

/* A branch that merged the published one again and again has many bases, of
 * which only the best count. */
#define BASES_MAX 4

static int find_bases(struct branches *b, size_t i, struct gm_strings *out,
		      struct gm_error *err)
{
	size_t k;
	int ret = 0;

	gm_forks_bases(b->forks, i, out);
	if (out->n <= BASES_MAX || !b->merged.n)
		return 0;
	gm_strings_release(out);
	for (k = 0; !ret && k < b->merged.n; k++)
		ret = gm_repo_merge_bases(b->project->repo, b->tips.v[i],
					  b->merged.v[k], out, err);
	return ret;
}

static int load_sides(struct branches *b, struct gm_error *err)
{
	size_t i;
	int ret = 0;

	b->sides = gm_sides_new();
	b->numbers = gm_calloc(b->tips.n, sizeof(*b->numbers));
	for (i = 0; !ret && i < b->tips.n; i++) {
		struct gm_strings bases = { 0 };

		ret = find_bases(b, i, &bases, err);
		if (!ret)
			b->numbers[i] = gm_sides_want(b->sides, b->tips.v[i],
						      &bases);
		gm_strings_release(&bases);
	}
	return ret ? ret : gm_sides_load(b->sides, b->project, err);
}

static const struct gm_side *side_of(const struct branches *b, size_t i)
{
	return gm_sides_get(b->sides, b->numbers[i]);
}

/* A change, on its way to a number. */
struct content {
	const struct gm_change_of_side *change;
	size_t *number;
};

static int by_content(const void *a, const void *b)
{
	const struct gm_change_of_side *x = ((const struct content *)a)->change;
	const struct gm_change_of_side *y = ((const struct content *)b)->change;

	if (x->app != y->app)
		return x->app < y->app ? -1 : 1;
	if (*x->checksum || *y->checksum)
		return strcmp(x->checksum, y->checksum);
	return strcmp(x->file.blob, y->file.blob);
}

/* So that whether the other side has a change too is a look at numbers. */
static void number_contents(struct branches *b)
{
	struct content *all;
	size_t number = 0;
	size_t n = 0;
	size_t i;
	size_t k;

	for (i = 0; i < b->tips.n; i++)
		n += side_of(b, i)->n;
	all = gm_calloc(n, sizeof(*all));
	b->contents = gm_calloc(b->tips.n, sizeof(*b->contents));
	for (n = 0, i = 0; i < b->tips.n; i++) {
		const struct gm_side *side = side_of(b, i);

		b->contents[i] = gm_calloc(side->n, sizeof(size_t));
		for (k = 0; k < side->n; k++)
			all[n++] = (struct content){ &side->v[k],
						     &b->contents[i][k] };
	}
	if (n)
		qsort(all, n, sizeof(*all), by_content);
	for (i = 0; i < n; i++) {
		if (i && by_content(&all[i - 1], &all[i]) != 0)
			number++;
		*all[i].number = number;
	}
	free(all);
}

static bool holds(const struct branches *b, size_t side, size_t number)
{
	size_t n = side_of(b, side)->n;
	size_t i;

	for (i = 0; i < n; i++)
		if (b->contents[side][i] == number)
			return true;
	return false;
}

/* As gm_conflicts_judge does it. */
static void judge(const struct branches *b, size_t x, size_t y,
		  struct gm_conflicts *out)
{
	const struct gm_side *side_x = side_of(b, x);
	const struct gm_side *side_y = side_of(b, y);
	size_t i;
	size_t k;

	for (i = 0; i < side_x->n; i++) {
		if (holds(b, y, b->contents[x][i]))
			continue;
		for (k = 0; k < side_y->n; k++)
			if (!holds(b, x, b->contents[y][k]))
				gm_conflicts_judge_pair(out, b->project,
							&side_x->v[i],
							&side_y->v[k]);
	}
}

static void name_side(struct gm_side *out, const struct gm_side *side,
		      const char *ref)
{
	*out = *side;
	out->is_borrowed = true;
	out->rev = gm_strdup(ref);
	out->name = gm_format("'%s'", gm_ref_short_name(ref));
}

static void take(struct gm_conflicts_list *out, const struct branches *b,
		 size_t x, size_t y, struct gm_conflicts *found)
{
	name_side(&found->a, side_of(b, x), b->refs.v[x]);
	name_side(&found->b, side_of(b, y), b->refs.v[y]);
	GM_GROW(out->v, out->n, out->cap);
	out->v[out->n++] = *found;
}

/* What the two have beyond what they share. */
static void want_closer(struct branches *b, struct closer *c)
{
	struct gm_strings bases = { 0 };

	gm_forks_merge_bases(b->forks, c->a, c->b, &bases);
	c->side_a = gm_sides_want(b->sides, b->tips.v[c->a], &bases);
	c->side_b = gm_sides_want(b->sides, b->tips.v[c->b], &bases);
	gm_strings_release(&bases);
}

static void judge_closer(struct gm_conflicts_list *out,
			 const struct branches *b, const struct closer *c)
{
	struct gm_conflicts found = { 0 };

	gm_conflicts_judge(&found, b->project,
			   gm_sides_get(b->sides, c->side_a),
			   gm_sides_get(b->sides, c->side_b));
	if (gm_conflicts_verdict(&found) == GM_PAIR_INDEPENDENT)
		gm_conflicts_release(&found);
	else
		take(out, b, c->a, c->b, &found);
}

/*
 * Verdicts point into the sides, so all sides have to be there before the
 * first is given.
 */
static int judge_all(struct gm_conflicts_list *out, struct branches *b,
		     struct gm_error *err)
{
	struct closer *closer = NULL;
	size_t n = 0;
	size_t cap = 0;
	size_t next = 0;
	size_t i;
	size_t k;
	int ret;

	for (i = 0; i < b->tips.n; i++)
		for (k = i + 1; k < b->tips.n; k++) {
			struct gm_conflicts found = { 0 };

			if (!gm_forks_share(b->forks, i, k))
				continue;
			judge(b, i, k, &found);
			if (gm_conflicts_verdict(&found)) {
				GM_GROW(closer, n, cap);
				closer[n].a = i;
				closer[n].b = k;
				n++;
			}
			gm_conflicts_release(&found);
		}
	for (i = 0; i < n; i++)
		want_closer(b, &closer[i]);
	ret = gm_sides_load(b->sides, b->project, err);
	for (i = 0; !ret && i < b->tips.n; i++)
		for (k = i + 1; k < b->tips.n; k++) {
			struct gm_conflicts found = { 0 };

			out->compared++;
			if (next < n && closer[next].a == i &&
			    closer[next].b == k) {
				judge_closer(out, b, &closer[next++]);
				continue;
			}
			if (gm_forks_share(b->forks, i, k))
				continue;
			judge(b, i, k, &found);
			if (gm_conflicts_verdict(&found))
				take(out, b, i, k, &found);
			else
				gm_conflicts_release(&found);
		}
	free(closer);
	return ret;
}

int gm_conflicts_all(struct gm_conflicts_list *out, struct gm_project *project,
		     const char *glob, struct gm_error *err)
{
	struct branches b = { .project = project };
	size_t i;
	int ret = find_branches(&b, glob, err);

	if (!ret)
		ret = load_sides(&b, err);
	if (!ret) {
		number_contents(&b);
		ret = judge_all(out, &b, err);
	}
	for (i = 0; b.contents && i < b.tips.n; i++)
		free(b.contents[i]);
	free(b.contents);
	free(b.numbers);
	out->sides = b.sides;
	gm_forks_free(b.forks);
	gm_strings_release(&b.refs);
	gm_strings_release(&b.tips);
	gm_strings_release(&b.merged);
	return ret;
}
