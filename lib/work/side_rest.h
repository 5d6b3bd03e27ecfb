/*
 * What a side did to the migrations of the bases but for what they do: those
 * that it took away, gave another name, or put on top of others.
 */
#ifndef GM_WORK_SIDE_REST_H
#define GM_WORK_SIDE_REST_H

#include "work/side.h"

/* Notes what the change's header names. */
void gm_side_find_standing(struct gm_change_of_side *change);

/* Whether it has the same sections as that of a base; what that stands on too
 * is no news. */
bool gm_side_is_header(struct gm_change_of_side *change,
		       const struct gm_migration *base);

/* The side's last change is one of its header only: it is kept where it stands
 * on others now. */
void gm_side_keep_header(struct gm_side *side);

/* A base's file, whose insides it takes, is there under another name. */
void gm_side_add_renamed(struct gm_side *side, size_t app, struct gm_file *file,
			 const char *name);

/*
 * A base's file, whose insides and bytes it takes, is gone; unless one of the
 * side's changes, or of the series (NULL: there is none), has its sections:
 * then it is renamed, and that is no change.
 */
void gm_side_add_gone(struct gm_side *side, struct gm_project *project,
		      size_t app, struct gm_file *file,
		      const struct gm_series *series);

#endif
