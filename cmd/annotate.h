/*
 * Findings in the forms that hosts of code show beside the lines.
 */
#ifndef GM_CMD_ANNOTATE_H
#define GM_CMD_ANNOTATE_H

#include "work/check.h"

/* Workflow commands of GitHub Actions, one for each finding and note. */
void gm_annotate_github(const struct gm_check_result *result);

/* A Code Quality report of GitLab. The fingerprints don't depend on lines, so
 * that a finding that moves is still the same. */
void gm_annotate_gitlab(const struct gm_check_result *result);

#endif
