/*
 * XXH3, 128 bits: the one hash of this project.
 * Source: https://github.com/Cyan4973/xxHash, doc/xxhash_spec.md. The digits
 * are the canonical (big-endian) form, as `xxhsum -H2` prints them.
 */
#ifndef GM_BASE_HASH_H
#define GM_BASE_HASH_H

#include <stddef.h>

/* Room for 32 hexadecimal digits and a NUL. */
#define GM_HASH_HEX 33

/* Writes the digits of these bytes. */
void gm_hash_bytes(const void *bytes, size_t len, char hex[GM_HASH_HEX]);

/* The same for bytes that come in pieces. */
struct gm_hash;

/* Never NULL; freed by gm_hash_free. */
struct gm_hash *gm_hash_new(void);
void gm_hash_update(struct gm_hash *hash, const void *bytes, size_t len);

/* Writes the digits of what was added so far, and starts afresh. */
void gm_hash_final(struct gm_hash *hash, char hex[GM_HASH_HEX]);
void gm_hash_free(struct gm_hash *hash);

#endif
