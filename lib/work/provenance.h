/*
 * What git knows of the files that are about to run, as the history will
 * tell it.
 */
#ifndef GM_WORK_PROVENANCE_H
#define GM_WORK_PROVENANCE_H

#include "work/project.h"
#include "work/run.h"

/* Owns what the facts borrow. A zeroed struct knows nothing. */
struct gm_provenance {
	struct gm_facts facts;
	struct gm_step_facts *steps;
	char *user;
	char *branch;
	char commit[GM_OID_HEX];
};

/*
 * The user, HEAD (or the commit that the series came from), and for each
 * step of the plan the index's blob, where the file has just its content,
 * and whether it differs from HEAD's. Outside a repository: the user.
 */
int gm_provenance_load(struct gm_provenance *out, struct gm_project *project,
		       const struct gm_plan *plan, struct gm_error *err);
void gm_provenance_release(struct gm_provenance *provenance);

#endif
