/*
 * Every rule that needs no database.
 */
#ifndef GM_WORK_CHECK_H
#define GM_WORK_CHECK_H

#include "work/project.h"

struct gm_check_result {
	/* By path and line, those at level off left out. */
	struct gm_findings findings;
	size_t errors;
	size_t warnings;
	/* Things to say that are no finding: nothing is published, there is
	 * no repository, its history is cut off. */
	struct gm_strings notes;
};

/*
 * Applies the rules to the project's loaded series: those on the files, the
 * policy on heads, and the three-way comparison with the published refs;
 * levels are as migrate.check.RULE sets them. GM_EINVALID for a level that
 * doesn't exist.
 */
int gm_check(struct gm_check_result *out, struct gm_project *project,
	     struct gm_error *err);
void gm_check_result_release(struct gm_check_result *result);

#endif
