/*
 * Footprints as text, for tests to compare.
 */
#ifndef GM_TESTS_FOOTPRINT_TEXT_H
#define GM_TESTS_FOOTPRINT_TEXT_H

#include "base/strbuf.h"
#include "sql/footprint.h"

/*
 * "create table users; use column users.id": in the order of the footprint.
 * What is done with IF EXISTS has a `~` in front, what is renamed a `*`, a
 * perhaps a `?`, what has a name that nobody wrote a `+`. Unknown statements
 * are "unknown" each; nothing is "nothing".
 */
void footprint_text(const struct gm_footprint *footprint,
		    struct gm_strbuf *out);

/* A script's footprint, as it comes back from its bytes; the caller releases
 * it. */
void footprint_of(struct gm_footprint *footprint,
		  const struct gm_dialect *dialect, const char *sql);

/* "independent", "conflict", "unknown". */
const char *verdict_text(enum gm_verdict verdict);

#endif
