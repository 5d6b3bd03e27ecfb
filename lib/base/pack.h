/*
 * Numbers and strings as bytes, for files that only this program reads.
 */
#ifndef GM_BASE_PACK_H
#define GM_BASE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/strbuf.h"

void gm_pack_int(struct gm_strbuf *out, uint64_t number);

/* NULL stays NULL. */
void gm_pack_text(struct gm_strbuf *out, const char *text);

/* Bytes that may hold anything. */
void gm_pack_bytes(struct gm_strbuf *out, const void *bytes, size_t len);

/* Bytes being read. What isn't there, or isn't as it should be, makes it fail;
 * what is read from then on is 0 and NULL. */
struct gm_unpack {
	const char *at;
	const char *end;
	bool failed;
};

uint64_t gm_unpack_int(struct gm_unpack *in);

/* The caller frees it. */
char *gm_unpack_text(struct gm_unpack *in);

/* Into a buffer of that size; a longer text fails, and so does NULL. */
void gm_unpack_into(struct gm_unpack *in, char *out, size_t size);

/* The bytes, borrowed; NULL where it fails. */
const char *gm_unpack_bytes(struct gm_unpack *in, size_t *len);

#endif
