/*
 * What branches have beyond others: the commits between, as a graph, read
 * from git once for all of them.
 */
#ifndef GM_GIT_FORKS_H
#define GM_GIT_FORKS_H

#include "git/repo.h"

struct gm_forks;

/*
 * Reads the commits of these tips (ids) that none of `merged` (ids, too) has.
 * Where `merged` is empty, the tips' own common ancestor is taken for it, if
 * they have one.
 */
int gm_forks_read(struct gm_forks **out, struct gm_repo *repo,
		  const struct gm_strings *tips,
		  const struct gm_strings *merged, struct gm_error *err);
void gm_forks_free(struct gm_forks *forks);

/* Marks those of the commits (ids) that stand for all of them: that no other
 * one has in its history, each once. `kept` has room for them. Asks git. */
int gm_repo_independent(struct gm_repo *repo, const struct gm_strings *commits,
			bool *kept, struct gm_error *err);

/* Adds the merged commits that the tip, by its place in the list, stands on
 * most closely; none where its history is apart. */
void gm_forks_bases(const struct gm_forks *forks, size_t tip,
		    struct gm_strings *out);

/* Whether the two have commits in common beyond what is merged. */
bool gm_forks_share(const struct gm_forks *forks, size_t a, size_t b);

/* Adds their best common ancestors, as far as these commits tell. */
void gm_forks_merge_bases(const struct gm_forks *forks, size_t a, size_t b,
			  struct gm_strings *out);

#endif
