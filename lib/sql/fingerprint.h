/*
 * What a piece of SQL says, without how it is laid out: the hash of its
 * tokens. Comments and white space don't count, except comments that run;
 * keywords and unquoted identifiers are folded as the dialect folds them;
 * quoted names and literals count to the byte.
 *
 * The hashed form is pinned by tests/vectors: every history in the world
 * holds fingerprints, so a change here needs another tag.
 */
#ifndef GM_SQL_FINGERPRINT_H
#define GM_SQL_FINGERPRINT_H

#include <stddef.h>

#include "base/hash.h"
#include "sql/dialect.h"

/* Never fails: what can't be read as SQL is hashed as it stands. */
void gm_fingerprint(const struct gm_dialect *dialect, const char *text,
		    size_t len, char hex[GM_HASH_HEX]);

#endif
