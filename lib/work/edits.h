/*
 * What happened to a migration after it was applied.
 */
#ifndef GM_WORK_EDITS_H
#define GM_WORK_EDITS_H

#include "work/compare.h"
#include "work/project.h"

/*
 * Sets GM_EREFUSED for an edited item: what it is, in which commit and by
 * whom it was changed where git knows, and the three ways out. Adds the
 * difference from the recorded source to `diff`.
 */
int gm_refuse_edited(struct gm_project *project,
		     const struct gm_comparison *comparison,
		     const struct gm_item *item, struct gm_strbuf *diff,
		     struct gm_error *err);

/* Adds the difference from what was recorded to what the file says now. */
int gm_edit_diff(struct gm_project *project, const struct gm_item *item,
		 struct gm_strbuf *diff, struct gm_error *err);

/*
 * Adds the short names of the refs whose tree holds what was applied: by its
 * blob, or, where that wasn't in the index yet, by what was recorded.
 * Nothing outside a repository, and nothing where git can't tell.
 */
void gm_find_refs(struct gm_project *project, const struct gm_item *item,
		  struct gm_strings *out);

#endif
