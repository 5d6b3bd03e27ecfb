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

/* What became of a file since it was applied. */
struct gm_edit {
	/* Newest first. */
	struct gm_changes commits;
	/* The work tree has a change that no commit has. */
	bool uncommitted;
};

/*
 * Finds the commits that changed an edited item's file since it was applied:
 * from the blob that was recorded, or that the recorded text would have been.
 * Where no commit has that blob, the last change is all that is known.
 * Nothing outside a repository, and nothing where git can't tell.
 */
void gm_find_edit(struct gm_project *project, const struct gm_item *item,
		  struct gm_edit *out);
void gm_edit_release(struct gm_edit *edit);

/* Where a migration was published, and when. */
struct gm_publication {
	/* The ref's short name. */
	char *ref;
	/* The commit that brought it there, a merge for instance. */
	struct gm_change arrival;
};

/* Asks each published ref that holds the file; the list, of `*n`, is the
 * caller's. Walks history. */
struct gm_publication *gm_find_publications(struct gm_project *project,
					    const struct gm_item *item,
					    size_t *n);
void gm_publications_free(struct gm_publication *list, size_t n);

/* Adds the difference from what was recorded to what the file says now. */
int gm_edit_diff(struct gm_project *project, const struct gm_item *item,
		 struct gm_strbuf *diff, struct gm_error *err);

/*
 * Adds the short names of the refs whose tree holds what was applied: by its
 * blob, or, where that wasn't in the index yet, by what was recorded. Of one
 * that isn't applied, those that hold what the file is.
 * Nothing outside a repository, and nothing where git can't tell.
 */
void gm_find_refs(struct gm_project *project, const struct gm_item *item,
		  struct gm_strings *out);

/* Says of a missing one on which refs it is. The caller frees it. */
char *gm_missing_note(const struct gm_strings *refs);

#endif
