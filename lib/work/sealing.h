/*
 * Sealing files of the work tree: writing checksums, parents and pins.
 */
#ifndef GM_WORK_SEALING_H
#define GM_WORK_SEALING_H

#include "work/project.h"

/*
 * Seals these migrations' files, those that need it; their paths are added
 * to `sealed`. With dry_run nothing is written. The series is as it was
 * before: gm_project_load reads it again.
 */
int gm_seal_files(struct gm_project *project,
		  const struct gm_migration *const *v, size_t n, bool dry_run,
		  struct gm_strings *sealed, struct gm_error *err);

/*
 * The migrations that may be sealed: those that no published ref holds, into
 * an array that the caller frees; with `staged`, only those in the index.
 * GM_EREFUSED where a staged file's work tree copy differs from what is
 * staged.
 */
int gm_seal_candidates(struct gm_project *project, bool staged,
		       const struct gm_migration ***out, size_t *n,
		       struct gm_error *err);

#endif
