/*
 * Two sides of a fork against each other, through all their merge bases:
 * which migrations collide, which get in each other's way. Nothing is
 * checked out.
 */
#ifndef GM_WORK_CONFLICTS_H
#define GM_WORK_CONFLICTS_H

#include "work/ground.h"

enum gm_pair_verdict {
	GM_PAIR_INDEPENDENT,
	GM_PAIR_UNKNOWN,
	GM_PAIR_CONFLICT,
	/* The same id; or the same number, where numbers are a sequence. */
	GM_PAIR_COLLISION,
	GM_PAIR_COUNT
};

/* One migration of each side, and what is between them. */
struct gm_pair {
	enum gm_pair_verdict verdict;
	/* Borrowed from the sides. */
	const struct gm_change_of_side *a;
	const struct gm_change_of_side *b;
	/* Of a conflict its objects; of what is unknown those that may be. */
	struct gm_overlaps overlaps;
	/* In which dialect these were found. */
	const struct gm_dialect *dialect;
	/* Why it is a collision or unknown; NULL where objects say it. */
	char *reason;
};

struct gm_conflicts {
	struct gm_side a;
	struct gm_side b;
	/* What stands before them; borrowed while they are judged. NULL: it
	 * isn't looked at. */
	const struct gm_ground *ground;
	/* All but the independent ones. */
	struct gm_pair *v;
	size_t n;
	size_t cap;
	/* How many pairs there are of each verdict. */
	size_t count[GM_PAIR_COUNT];
};

/* "independent", "unknown", "conflict", "collision". */
const char *gm_pair_verdict_name(enum gm_pair_verdict verdict);

/* The worst verdict of any pair. */
enum gm_pair_verdict gm_conflicts_verdict(const struct gm_conflicts *conflicts);

/* Judges every pair of the two sides' changes, what is gone from one among
 * them, and adds those that aren't independent. The sides must outlive
 * `out`. */
void gm_conflicts_judge(struct gm_conflicts *out,
			const struct gm_project *project,
			const struct gm_side *a, const struct gm_side *b);

/* The same of one pair. One that has the same number may be there twice: as
 * a collision, and for what is in it. */
void gm_conflicts_judge_pair(struct gm_conflicts *out,
			     const struct gm_project *project,
			     const struct gm_change_of_side *a,
			     const struct gm_change_of_side *b);

/* Whether the side has the same content in that app, under whatever name. */
bool gm_side_holds(const struct gm_side *side,
		   const struct gm_change_of_side *change);

/*
 * Compares two commits by any names that git knows; `a` NULL is the work
 * tree, or HEAD where there is none. GM_ENOTFOUND where a name is no commit,
 * or where the two have no base (in a shallow clone: what to fetch).
 */
int gm_conflicts_find(struct gm_conflicts *out, struct gm_project *project,
		      const char *a, const char *b, struct gm_error *err);
void gm_conflicts_release(struct gm_conflicts *conflicts);

/* Several comparisons. A zeroed struct is the empty list. */
struct gm_conflicts_list {
	struct gm_conflicts *v;
	size_t n;
	size_t cap;
	/* How many pairs of sides were compared. */
	size_t compared;
	/* What the sides of several comparisons share, or NULL. */
	struct gm_sides *sides;
};

/* Adds the comparison of two commits. */
int gm_conflicts_between(struct gm_conflicts_list *out,
			 struct gm_project *project, const char *a,
			 const char *b, struct gm_error *err);

/* The work tree against each of the published refs. GM_ENOTFOUND where
 * nothing is published. */
int gm_conflicts_published(struct gm_conflicts_list *out,
			   struct gm_project *project, struct gm_error *err);

/*
 * The branches that fit one of the globs (none: all remote-tracking ones, or
 * all local ones where there is no remote) and aren't merged into a published
 * ref, the most recent first: each against what the published refs have
 * beyond it (those that are in no other's history), then every two of them:
 * what each has beyond what is published, or, where two share more than that,
 * beyond what they share.
 * Pairs that are independent are left out, and changes have no migration.
 */
int gm_conflicts_all(struct gm_conflicts_list *out, struct gm_project *project,
		     const struct gm_strings *globs, struct gm_error *err);
void gm_conflicts_list_release(struct gm_conflicts_list *list);

#endif
