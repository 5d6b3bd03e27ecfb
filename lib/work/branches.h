/*
 * All branches that are open, with what each has beyond what is published.
 */
#ifndef GM_WORK_BRANCHES_H
#define GM_WORK_BRANCHES_H

#include "git/forks.h"
#include "work/ground.h"
#include "work/sides.h"

/* Two branches that have more in common than what is published. */
struct gm_sharing {
	size_t a;
	size_t b;
	/* One of the closest commits that they share. */
	size_t shared;
};

/* A zeroed struct has no branches. */
struct gm_branches {
	struct gm_project *project;
	/* Full names, and commits, the most recent first. */
	struct gm_strings refs;
	struct gm_strings tips;
	/* The published refs, and their commits; what another one has in its
	 * history is left out. */
	struct gm_strings published;
	struct gm_strings merged;
	struct gm_forks *forks;
	struct gm_sides *sides;
	/* What the published refs hold that may matter between them. */
	struct gm_ground ground;
	/* By branch: the number of its side, and the bases of that. */
	size_t *numbers;
	struct gm_strings *bases;
	/* By branch and change: the same file has the same number. */
	size_t **contents;
	/* By a, then by b. */
	struct gm_sharing *sharing;
	size_t n_sharing;
	size_t cap_sharing;
	struct gm_shared *shared;
	size_t n_shared;
	size_t cap_shared;
};

/*
 * Fills in all of it: the branches that fit the globs (none: see
 * gm_conflicts_all) and aren't merged into a published ref. `out` has to be
 * released even where this fails; its sides are the caller's.
 */
int gm_branches_load(struct gm_branches *out, struct gm_project *project,
		     const struct gm_strings *globs, struct gm_error *err);
void gm_branches_release(struct gm_branches *branches);

/* Valid until another side is asked for. */
const struct gm_side *gm_branches_side(const struct gm_branches *branches,
				       size_t branch);

/* Whether the branch has a change of that number. */
bool gm_branches_holds(const struct gm_branches *branches, size_t branch,
		       size_t number);

/* Finds those that share commits, and loads what these have. */
int gm_branches_load_shared(struct gm_branches *branches, struct gm_error *err);
void gm_branches_release_shared(struct gm_branches *branches);

/* Whether one of the two lacks a file's name that they share. */
bool gm_branches_lack(const struct gm_branches *branches,
		      const struct gm_sharing *sharing);

#endif
