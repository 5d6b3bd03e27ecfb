/*
 * The only file that knows xxhash.
 */
#include "base/hash.h"

#include <stdio.h>
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

void gm_hash_final(struct gm_hash *hash, char hex[GM_HASH_HEX])
{
	XXH128_hash_t digest = XXH3_128bits_digest(hash->state);

	snprintf(hex, GM_HASH_HEX, "%016llx%016llx",
		 (unsigned long long)digest.high64,
		 (unsigned long long)digest.low64);
	XXH3_128bits_reset(hash->state);
}

void gm_hash_free(struct gm_hash *hash)
{
	if (!hash)
		return;
	XXH3_freeState(hash->state);
	free(hash);
}
