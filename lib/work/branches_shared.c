/*
 * What each two branches share beyond what is published: a migration of that
 * which one of them hasn't any more was taken away or renamed there.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/branches.h"

/* What a commit that two branches share has beyond what is published. */
struct gm_shared {
	char *commit;
	/* The branch whose bases it is compared with, and its side. */
	size_t branch;
	size_t number;
};

static bool same_bases(const struct gm_branches *b, size_t x, size_t y)
{
	size_t i;

	if (b->bases[x].n != b->bases[y].n)
		return false;
	for (i = 0; i < b->bases[x].n; i++)
		if (strcmp(b->bases[x].v[i], b->bases[y].v[i]) != 0)
			return false;
	return true;
}

static size_t find_shared(struct gm_branches *b, const char *commit,
			  size_t branch)
{
	struct gm_shared *s;
	size_t i;

	for (i = 0; i < b->n_shared; i++)
		if (!strcmp(b->shared[i].commit, commit) &&
		    same_bases(b, b->shared[i].branch, branch))
			return i;
	GM_GROW(b->shared, b->n_shared, b->cap_shared);
	s = &b->shared[b->n_shared++];
	s->commit = gm_strdup(commit);
	s->branch = branch;
	s->number = gm_sides_want(b->sides, commit, &b->bases[branch]);
	return i;
}

static void find_pair(struct gm_branches *b, size_t x, size_t y)
{
	struct gm_strings commits = { 0 };
	size_t i;

	gm_forks_merge_bases(b->forks, x, y, &commits);
	for (i = 0; i < commits.n; i++) {
		struct gm_sharing *sharing;

		GM_GROW(b->sharing, b->n_sharing, b->cap_sharing);
		sharing = &b->sharing[b->n_sharing++];
		sharing->a = x;
		sharing->b = y;
		sharing->shared = find_shared(b, commits.v[i], x);
	}
	gm_strings_release(&commits);
}

int gm_branches_load_shared(struct gm_branches *b, struct gm_error *err)
{
	size_t i;
	size_t k;

	for (i = 0; i < b->tips.n; i++)
		for (k = i + 1; k < b->tips.n; k++)
			if (gm_forks_share(b->forks, i, k))
				find_pair(b, i, k);
	return gm_sides_load(b->sides, b->project, err);
}

static bool has_name(const struct gm_side *side,
		     const struct gm_change_of_side *change)
{
	size_t i;

	for (i = 0; i < side->n; i++)
		if (side->v[i].app == change->app &&
		    !strcmp(side->v[i].file.name, change->file.name))
			return true;
	return false;
}

static bool lacks(const struct gm_branches *b, size_t branch, size_t shared)
{
	const struct gm_side *side = gm_branches_side(b, branch);
	const struct gm_side *all = gm_sides_get(b->sides,
						 b->shared[shared].number);
	size_t i;

	for (i = 0; i < all->n; i++)
		if (!has_name(side, &all->v[i]))
			return true;
	return false;
}

bool gm_branches_lack(const struct gm_branches *b,
		      const struct gm_sharing *sharing)
{
	return lacks(b, sharing->a, sharing->shared) ||
	       lacks(b, sharing->b, sharing->shared);
}

void gm_branches_release_shared(struct gm_branches *b)
{
	size_t i;

	for (i = 0; i < b->n_shared; i++)
		free(b->shared[i].commit);
	free(b->shared);
	free(b->sharing);
}
