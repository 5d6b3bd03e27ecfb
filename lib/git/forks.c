/*
 * One `git rev-list` for any number of branches. Each commit gets a set of
 * the tips that reach it, and from these sets everything follows.
 */
#include "git/forks.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/git.h"

#define BITS 64

struct commit {
	const char *id;
	/* Ids, parted by blanks. */
	const char *parents;
	/* Those that are here, in the places of all parents. */
	size_t first_parent;
	size_t n_parents;
	/* Of what is merged. */
	bool is_boundary;
};

struct gm_forks {
	struct gm_strbuf text;
	/* Children before parents, the merged ones last. */
	struct commit *v;
	size_t n;
	size_t cap;
	/* The same by id: places in v. */
	size_t *by_id;
	/* Of all commits' parents: places in v. */
	size_t *parents;
	size_t n_parents;
	size_t cap_parents;
	/* `words` for each commit. */
	uint64_t *reached;
	size_t words;
	const struct gm_strings *tips;
};

static void read_line(struct gm_forks *forks, char *line)
{
	struct commit *commit;
	char *space;

	GM_GROW(forks->v, forks->n, forks->cap);
	commit = &forks->v[forks->n++];
	commit->is_boundary = *line == '-';
	commit->id = line + commit->is_boundary;
	space = strchr(line, ' ');
	commit->parents = space ? space + 1 : "";
	if (space)
		*space = '\0';
}

static void read_lines(struct gm_forks *forks)
{
	char *line = forks->text.buf;

	while (line && *line) {
		char *end = line + strcspn(line, "\n");
		bool last = !*end;

		*end = '\0';
		read_line(forks, line);
		if (last)
			break;
		line = end + 1;
	}
}

static int by_id(const void *a, const void *b)
{
	const struct commit *x = *(const struct commit *const *)a;
	const struct commit *y = *(const struct commit *const *)b;

	return strcmp(x->id, y->id);
}

static void index_commits(struct gm_forks *forks)
{
	const struct commit **sorted = gm_calloc(forks->n, sizeof(*sorted));
	size_t i;

	for (i = 0; i < forks->n; i++)
		sorted[i] = &forks->v[i];
	if (forks->n)
		qsort(sorted, forks->n, sizeof(*sorted), by_id);
	forks->by_id = gm_calloc(forks->n, sizeof(*forks->by_id));
	for (i = 0; i < forks->n; i++)
		forks->by_id[i] = (size_t)(sorted[i] - forks->v);
	free(sorted);
}

/* Its place, or forks->n. `id` ends at a blank or at its end. */
static size_t find(const struct gm_forks *forks, const char *id)
{
	size_t len = strcspn(id, " ");
	size_t low = 0;
	size_t high = forks->n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const char *other = forks->v[forks->by_id[middle]].id;
		int diff = strncmp(id, other, len);

		if (!diff && !other[len])
			return forks->by_id[middle];
		if (diff < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return forks->n;
}

/* What isn't here is older than what counts. */
static void link_parents(struct gm_forks *forks)
{
	size_t i;

	for (i = 0; i < forks->n; i++) {
		struct commit *commit = &forks->v[i];
		const char *p = commit->parents;

		commit->first_parent = forks->n_parents;
		while (*p) {
			size_t parent = find(forks, p);

			GM_GROW(forks->parents, forks->n_parents,
				forks->cap_parents);
			if (parent < forks->n)
				forks->parents[forks->n_parents++] = parent;
			p += strcspn(p, " ");
			p += *p == ' ';
		}
		commit->n_parents = forks->n_parents - commit->first_parent;
	}
}

static uint64_t *set_of(const struct gm_forks *forks, size_t commit)
{
	return &forks->reached[commit * forks->words];
}

static bool has(const struct gm_forks *forks, size_t commit, size_t tip)
{
	return set_of(forks, commit)[tip / BITS] >> tip % BITS & 1;
}

/* Calls for each parent that is here. */
static void each_parent(const struct gm_forks *forks, size_t commit,
			void (*use)(const struct gm_forks *forks, size_t commit,
				    size_t parent, void *context),
			void *context)
{
	const struct commit *c = &forks->v[commit];
	size_t i;

	for (i = 0; i < c->n_parents; i++)
		use(forks, commit, forks->parents[c->first_parent + i],
		    context);
}

static void pass_on(const struct gm_forks *forks, size_t commit, size_t parent,
		    void *context)
{
	size_t i;

	(void)context;
	for (i = 0; i < forks->words; i++)
		set_of(forks, parent)[i] |= set_of(forks, commit)[i];
}

static void mark_reached(struct gm_forks *forks)
{
	size_t i;

	forks->words = (forks->tips->n + BITS - 1) / BITS;
	forks->reached = gm_calloc(forks->n * forks->words, sizeof(uint64_t));
	for (i = 0; i < forks->tips->n; i++) {
		size_t tip = find(forks, forks->tips->v[i]);

		if (tip < forks->n)
			set_of(forks, tip)[i / BITS] |= (uint64_t)1 << i % BITS;
	}
	for (i = 0; i < forks->n; i++)
		if (!forks->v[i].is_boundary)
			each_parent(forks, i, pass_on, NULL);
}

int gm_repo_independent(struct gm_repo *repo, const struct gm_strings *commits,
			bool *kept, struct gm_error *err)
{
	struct gm_strings ids = { 0 };
	size_t i;
	size_t k;
	int ret = gm_git_needed(repo, "comparing branches", err);

	if (!ret && commits->n > 1)
		ret = gm_bases_ask(&ids, "--independent", commits, err);
	for (i = 0; !ret && i < commits->n; i++) {
		kept[i] = commits->n == 1 ||
			  gm_strings_has(&ids, commits->v[i]);
		for (k = 0; kept[i] && k < i; k++)
			kept[i] = strcmp(commits->v[k], commits->v[i]) != 0;
	}
	gm_strings_release(&ids);
	return ret;
}

static int list_commits(struct gm_strbuf *text, const struct gm_strings *tips,
			const struct gm_strings *merged, struct gm_error *err)
{
	static const char *const argv[] = {
		"git",	     "rev-list",   "--topo-order",
		"--parents", "--boundary", "--stdin",
		NULL
	};
	struct gm_strbuf input = { 0 };
	size_t i;
	int ret;

	for (i = 0; i < tips->n; i++)
		gm_strbuf_addf(&input, "%s\n", tips->v[i]);
	for (i = 0; i < merged->n; i++)
		gm_strbuf_addf(&input, "^%s\n", merged->v[i]);
	ret = gm_git_text(text, argv, &input, err);
	gm_strbuf_release(&input);
	return ret;
}

int gm_forks_read(struct gm_forks **out, struct gm_repo *repo,
		  const struct gm_strings *tips,
		  const struct gm_strings *merged, struct gm_error *err)
{
	struct gm_forks *forks = gm_calloc(1, sizeof(*forks));
	struct gm_strings common = { 0 };
	int ret = gm_git_needed(repo, "comparing branches", err);

	forks->tips = tips;
	if (!ret && tips->n && !merged->n)
		ret = gm_bases_ask(&common, "--octopus", tips, err);
	if (!ret && tips->n)
		ret = list_commits(&forks->text, tips,
				   merged->n ? merged : &common, err);
	if (!ret) {
		read_lines(forks);
		index_commits(forks);
		link_parents(forks);
		mark_reached(forks);
	}
	gm_strings_release(&common);
	if (ret)
		gm_forks_free(forks);
	*out = ret ? NULL : forks;
	return ret;
}

void gm_forks_free(struct gm_forks *forks)
{
	if (!forks)
		return;
	gm_strbuf_release(&forks->text);
	free(forks->v);
	free(forks->by_id);
	free(forks->parents);
	free(forks->reached);
	free(forks);
}

void gm_forks_bases(const struct gm_forks *forks, size_t tip,
		    struct gm_strings *out)
{
	size_t i;

	/* One that isn't beyond anything is its own. */
	if (find(forks, forks->tips->v[tip]) == forks->n)
		gm_strings_add(out, forks->tips->v[tip]);
	for (i = 0; i < forks->n; i++)
		if (forks->v[i].is_boundary && has(forks, i, tip))
			gm_strings_add(out, forks->v[i].id);
}

bool gm_forks_share(const struct gm_forks *forks, size_t a, size_t b)
{
	size_t i;

	for (i = 0; i < forks->n && !forks->v[i].is_boundary; i++)
		if (has(forks, i, a) && has(forks, i, b))
			return true;
	return false;
}

static void mark(const struct gm_forks *forks, size_t commit, size_t parent,
		 void *context)
{
	bool *stale = context;

	(void)forks;
	(void)commit;
	stale[parent] = true;
}

void gm_forks_merge_bases(const struct gm_forks *forks, size_t a, size_t b,
			  struct gm_strings *out)
{
	bool *stale = gm_calloc(forks->n, sizeof(*stale));
	size_t i;

	for (i = 0; i < forks->n; i++) {
		if (!has(forks, i, a) || !has(forks, i, b))
			continue;
		if (!stale[i])
			gm_strings_add(out, forks->v[i].id);
		each_parent(forks, i, mark, stale);
	}
	free(stale);
}
