/*
 * From refs to commits, from the graph between them to bases, and from these
 * to sides, each for all branches at once.
 */
#include "work/branches.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/published.h"

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

/* Keeps of the published refs those that have the others in their history. */
static int keep_newest(struct gm_branches *b, struct gm_error *err)
{
	bool *kept = gm_calloc(b->merged.n, sizeof(*kept));
	size_t n = 0;
	size_t i;
	int ret = gm_repo_independent(b->project->repo, &b->merged, kept, err);

	for (i = 0; !ret && i < b->merged.n; i++) {
		if (!kept[i]) {
			free(b->published.v[i]);
			free(b->merged.v[i]);
			continue;
		}
		b->published.v[n] = b->published.v[i];
		b->merged.v[n++] = b->merged.v[i];
	}
	if (!ret)
		b->published.n = b->merged.n = n;
	free(kept);
	return ret;
}

static int find_branches(struct gm_branches *b, const struct gm_strings *globs,
			 struct gm_error *err)
{
	struct gm_repo *repo = b->project->repo;
	int ret = gm_published_refs(&b->published, b->project, err);

	if (!ret)
		ret = gm_repo_open_branches(repo, globs, &b->published,
					    &b->refs, err);
	if (!ret)
		ret = read_commits(&b->refs, &b->tips, repo, err);
	if (!ret)
		ret = read_commits(&b->published, &b->merged, repo, err);
	if (!ret)
		ret = keep_newest(b, err);
	if (!ret)
		ret = gm_forks_read(&b->forks, repo, &b->tips, &b->merged, err);
	return ret;
}

/* A branch that merged the published one again and again has many bases, of
 * which only the best count. */
#define BASES_MAX 4

static int find_bases(struct gm_branches *b, size_t i, struct gm_strings *out,
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

static int load_sides(struct gm_branches *b, struct gm_error *err)
{
	size_t i;
	int ret = 0;

	b->sides = gm_sides_new();
	b->numbers = gm_calloc(b->tips.n, sizeof(*b->numbers));
	b->bases = gm_calloc(b->tips.n, sizeof(*b->bases));
	for (i = 0; !ret && i < b->tips.n; i++) {
		ret = find_bases(b, i, &b->bases[i], err);
		if (!ret)
			b->numbers[i] = gm_sides_want(b->sides, b->tips.v[i],
						      &b->bases[i]);
	}
	return ret ? ret : gm_sides_load(b->sides, b->project, err);
}

const struct gm_side *gm_branches_side(const struct gm_branches *b, size_t i)
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

	int diff = strcmp(x->file.name, y->file.name);

	if (x->app != y->app)
		return x->app < y->app ? -1 : 1;
	if (diff)
		return diff;
	if (*x->checksum || *y->checksum)
		return strcmp(x->checksum, y->checksum);
	return strcmp(x->file.blob, y->file.blob);
}

/* So that whether the other side has a change too is a look at numbers: under
 * another name it would run a second time. */
static void number_contents(struct gm_branches *b)
{
	struct content *all;
	size_t number = 0;
	size_t n = 0;
	size_t i;
	size_t k;

	for (i = 0; i < b->tips.n; i++)
		n += gm_branches_side(b, i)->n;
	all = gm_calloc(n, sizeof(*all));
	b->contents = gm_calloc(b->tips.n, sizeof(*b->contents));
	for (n = 0, i = 0; i < b->tips.n; i++) {
		const struct gm_side *side = gm_branches_side(b, i);

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

bool gm_branches_holds(const struct gm_branches *b, size_t side, size_t number)
{
	size_t n = gm_branches_side(b, side)->n;
	size_t i;

	for (i = 0; i < n; i++)
		if (b->contents[side][i] == number)
			return true;
	return false;
}

int gm_branches_load(struct gm_branches *b, struct gm_project *project,
		     const struct gm_strings *globs, struct gm_error *err)
{
	int ret;

	b->project = project;
	ret = find_branches(b, globs, err);
	if (!ret)
		ret = load_sides(b, err);
	if (!ret)
		number_contents(b);
	if (!ret)
		ret = gm_branches_load_shared(b, err);
	return ret;
}

void gm_branches_release(struct gm_branches *b)
{
	size_t i;

	for (i = 0; b->contents && i < b->tips.n; i++)
		free(b->contents[i]);
	free(b->contents);
	for (i = 0; b->bases && i < b->tips.n; i++)
		gm_strings_release(&b->bases[i]);
	free(b->bases);
	free(b->numbers);
	gm_branches_release_shared(b);
	gm_ground_release(&b->ground);
	gm_forks_free(b->forks);
	gm_strings_release(&b->refs);
	gm_strings_release(&b->tips);
	gm_strings_release(&b->published);
	gm_strings_release(&b->merged);
	memset(b, 0, sizeof(*b));
}
