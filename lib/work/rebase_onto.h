/*
 * What ours are put on, and whether the work tree is fit for it.
 */
#ifndef GM_WORK_REBASE_ONTO_H
#define GM_WORK_REBASE_ONTO_H

#include "work/published.h"

struct gm_onto {
	/* For people. */
	char *name;
	/* Of what is published, and of the commit that was named. */
	struct gm_published published;
	struct gm_published named;
	/* Borrowed from either. */
	const struct gm_published_ref *ref;
};

/* The codes are gm_rebase_plan's. */
int gm_onto_load(struct gm_onto *out, struct gm_project *project,
		 const char *rev, struct gm_error *err);
void gm_onto_release(struct gm_onto *onto);

/* Whether the migration is in it, or published: then it is not ours. */
bool gm_onto_has(const struct gm_onto *onto, const struct gm_project *project,
		 const struct gm_migration *migration);

#endif
