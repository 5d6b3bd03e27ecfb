/*
 * Whether the hooks may sync by themselves: the user's `migrate.autoSync`,
 * and the state of the repository and the target.
 */
#ifndef GM_WORK_AUTOSYNC_H
#define GM_WORK_AUTOSYNC_H

#include "work/project.h"

enum gm_autosync {
	GM_AUTOSYNC_OFF,
	/* Only adds: what is pending is applied. */
	GM_AUTOSYNC_APPLY,
	/* Undoes as well. */
	GM_AUTOSYNC_FULL
};

/*
 * Reads migrate.autoSync, of the user's configuration alone: `apply`, `full`,
 * or a word for no; off where it isn't set. GM_EINVALID for another word.
 */
int gm_autosync_mode(enum gm_autosync *out, const struct gm_config *config,
		     struct gm_error *err);

/*
 * Why this is no moment for it: the target is protected, no branch is checked
 * out, a rebase, bisect, merge or the like is in progress. NULL where it may
 * go ahead. With `merged` a merge has just come to its end, and its traces
 * don't count. The target must have been found (gm_project_find_target).
 */
const char *gm_autosync_obstacle(struct gm_project *project, bool merged);

#endif
