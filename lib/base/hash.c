/*
 * The only file that knows xxhash.
 */
#include "base/hash.h"

#include <stdlib.h>
#include <xxhash.h>

#include "base/alloc.h"

struct gm_hash {
	XXH3_state_t *state;
};

struct gm_hash *gm_hash_new(void)
{
	struct gm_hash *hash = gm_alloc(sizeof(*hash));

	hash->state = XXH3_createState();
	if (!hash->state)
		abort();
	XXH3_128bits_reset(hash->state);
	return hash;
}

void gm_hash_update(struct gm_hash *hash, const void *bytes, size_t len)
{
	if (len)
		XXH3_128bits_update(hash->state, bytes, len);
}

/* 10,000 checksums are printed at each status: too many for snprintf. */
static void print(XXH128_hash_t digest, char hex[GM_HASH_HEX])
{
	static const char digits[] = "0123456789abcdef";
	XXH128_canonical_t bytes;
	size_t i;

	XXH128_canonicalFromHash(&bytes, digest);
	for (i = 0; i < sizeof(bytes.digest); i++) {
		*hex++ = digits[bytes.digest[i] >> 4];
		*hex++ = digits[bytes.digest[i] & 15];
	}
	*hex = '\0';
}

void gm_hash_bytes(const void *bytes, size_t len, char hex[GM_HASH_HEX])
{
	print(XXH3_128bits(bytes, len), hex);
}

void gm_hash_final(struct gm_hash *hash, char hex[GM_HASH_HEX])
{
	print(XXH3_128bits_digest(hash->state), hex);
	XXH3_128bits_reset(hash->state);
}

void gm_hash_free(struct gm_hash *hash)
{
	if (!hash)
		return;
	XXH3_freeState(hash->state);
	free(hash);
}
