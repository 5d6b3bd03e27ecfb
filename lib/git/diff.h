/*
 * The difference of two texts, for people.
 */
#ifndef GM_GIT_DIFF_H
#define GM_GIT_DIFF_H

#include "base/error.h"
#include "base/strbuf.h"

/*
 * Adds the unified diff from `old` to `new`, hunks only, with three lines of
 * context; nothing where they are equal.
 */
int gm_diff_text(const char *old, size_t old_len, const char *new,
		 size_t new_len, struct gm_strbuf *out, struct gm_error *err);

#endif
