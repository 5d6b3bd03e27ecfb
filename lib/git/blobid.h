/*
 * The id that git gives to bytes as a blob: SHA-1 or SHA-256 (FIPS 180-4)
 * over "blob LENGTH", a NUL and the bytes.
 */
#ifndef GM_GIT_BLOBID_H
#define GM_GIT_BLOBID_H

#include <stdbool.h>
#include <stddef.h>

/* Room for 64 hexadecimal digits and a NUL. */
void gm_blob_id(bool sha256, const void *bytes, size_t len, char hex[65]);

#endif
