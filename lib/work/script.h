/*
 * SQL as text: for a dry run, and for a plan that somebody else runs.
 */
#ifndef GM_WORK_SCRIPT_H
#define GM_WORK_SCRIPT_H

#include "work/plan.h"

/* Adds a section's SQL, ended by a semicolon and a line end. */
void gm_script_section(const struct gm_section *section,
		       const struct gm_dialect *dialect, struct gm_strbuf *out);

/* Adds what the plan would run, step by step, each under a comment line. */
void gm_script_dry_run(const struct gm_plan *plan,
		       const struct gm_dialect *dialect, struct gm_strbuf *out);

/* "apply", "rollback", …: what the log calls a step. */
const char *gm_step_action(enum gm_step_kind kind);

#endif
