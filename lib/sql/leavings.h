/*
 * What the first statements of a script leave in their session, for the rest
 * to go on in another one: what can be made again by running it again, and
 * whether the rest needs more than that.
 */
#ifndef GM_SQL_LEAVINGS_H
#define GM_SQL_LEAVINGS_H

#include "base/error.h"
#include "sql/split.h"

struct gm_leavings {
	/* By statement, of the first `n`: whether it sets something that is
	 * left, and sets the same when it runs again. */
	bool *again;
	size_t n;
	/* The one of those that locks tables, counted from 1, or 0. */
	size_t locks;
	/* What the rest may need, and nobody can make again, in words ("the
	 * temporary table 'x'"); NULL where there is nothing. Then the
	 * statements, from 0, that left it and that need it, and the byte at
	 * which the latter starts. */
	char *missing;
	size_t maker;
	size_t reader;
	size_t reader_start;
};

/*
 * Reads the whole script, of which the first `n` statements have run.
 * GM_EINVALID as gm_splitter_next. `out` is to be released after an error,
 * too.
 *
 * It errs on the side of the need: a variable that a procedure may have set
 * is missing, and so is one that was set from what tables or clocks said.
 */
int gm_leavings_find(struct gm_leavings *out, const struct gm_dialect *dialect,
		     const char *text, size_t len, size_t n,
		     struct gm_error *err);
void gm_leavings_release(struct gm_leavings *leavings);

#endif
