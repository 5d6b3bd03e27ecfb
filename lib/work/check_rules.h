/*
 * What the files of `check` share: one run of it, and the groups of rules.
 */
#ifndef GM_WORK_CHECK_RULES_H
#define GM_WORK_CHECK_RULES_H

#include "work/check.h"
#include "work/published.h"

struct gm_check {
	struct gm_project *project;
	struct gm_published published;
	struct gm_check_result *out;
};

/* Edits, deletions and new parents of what is published. */
int gm_check_published(struct gm_check *check, struct gm_error *err);

/* Sets each finding's level and counts; a note stays a note. */
int gm_check_levels(struct gm_check_result *out, struct gm_project *project,
		    struct gm_error *err);

/* Frees the last finding. */
void gm_check_drop_last(struct gm_findings *findings);

#endif
