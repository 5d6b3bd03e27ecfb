/*
 * Blob ids without a process: the history wants one for every file that is
 * applied. The two hashes take the same blocks and pad them alike.
 */
#include "git/blobid.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

struct sha {
	bool is256;
	uint32_t h[8];
	uint64_t total;
	unsigned char block[64];
};

static const uint32_t start1[8] = { 0x67452301, 0xefcdab89, 0x98badcfe,
				    0x10325476, 0xc3d2e1f0 };

static const uint32_t start256[8] = {
	0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
	0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
};

static const uint32_t round256[64] = {
	0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1,
	0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3,
	0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
	0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
	0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
	0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
	0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b,
	0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
	0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
	0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
	0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t left(uint32_t x, unsigned n)
{
	return x << n | x >> (32 - n);
}

static uint32_t right(uint32_t x, unsigned n)
{
	return x >> n | x << (32 - n);
}

static void load(const unsigned char block[64], uint32_t w[16])
{
	int i;

	for (i = 0; i < 16; i++)
		w[i] = (uint32_t)block[4 * i] << 24 |
		       (uint32_t)block[4 * i + 1] << 16 |
		       (uint32_t)block[4 * i + 2] << 8 | block[4 * i + 3];
}

static inline void turn1(uint32_t v[5], uint32_t f, uint32_t word)
{
	uint32_t t = left(v[0], 5) + f + v[4] + word;

	v[4] = v[3];
	v[3] = v[2];
	v[2] = left(v[1], 30);
	v[1] = v[0];
	v[0] = t;
}

/* Four loops: a question in each round would cost as much as the round. */
static void mix1(uint32_t h[8], const unsigned char block[64])
{
	uint32_t w[80];
	uint32_t v[5];
	int i;

	load(block, w);
	for (i = 16; i < 80; i++)
		w[i] = left(w[i - 3] ^ w[i - 8] ^ w[i - 14] ^ w[i - 16], 1);
	memcpy(v, h, sizeof(v));
	for (i = 0; i < 20; i++)
		turn1(v, (v[1] & v[2]) | (~v[1] & v[3]), 0x5a827999 + w[i]);
	for (; i < 40; i++)
		turn1(v, v[1] ^ v[2] ^ v[3], 0x6ed9eba1 + w[i]);
	for (; i < 60; i++)
		turn1(v, (v[1] & v[2]) | (v[1] & v[3]) | (v[2] & v[3]),
		      0x8f1bbcdc + w[i]);
	for (; i < 80; i++)
		turn1(v, v[1] ^ v[2] ^ v[3], 0xca62c1d6 + w[i]);
	for (i = 0; i < 5; i++)
		h[i] += v[i];
}

static void mix256(uint32_t h[8], const unsigned char block[64])
{
	uint32_t w[64];
	uint32_t v[8];
	int i;

	load(block, w);
	for (i = 16; i < 64; i++) {
		uint32_t x = w[i - 15];
		uint32_t y = w[i - 2];

		w[i] = w[i - 16] + (right(x, 7) ^ right(x, 18) ^ x >> 3) +
		       w[i - 7] + (right(y, 17) ^ right(y, 19) ^ y >> 10);
	}
	memcpy(v, h, sizeof(v));
	for (i = 0; i < 64; i++) {
		uint32_t a = v[0];
		uint32_t e = v[4];
		uint32_t t1 = v[7] +
			      (right(e, 6) ^ right(e, 11) ^ right(e, 25)) +
			      ((e & v[5]) ^ (~e & v[6])) + round256[i] + w[i];
		uint32_t t2 = (right(a, 2) ^ right(a, 13) ^ right(a, 22)) +
			      ((a & v[1]) ^ (a & v[2]) ^ (v[1] & v[2]));

		memmove(v + 1, v, 7 * sizeof(*v));
		v[4] += t1;
		v[0] = t1 + t2;
	}
	for (i = 0; i < 8; i++)
		h[i] += v[i];
}

static void mix(struct sha *sha, const unsigned char block[64])
{
	if (sha->is256)
		mix256(sha->h, block);
	else
		mix1(sha->h, block);
}

static void add(struct sha *sha, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	while (len) {
		size_t used = sha->total % 64;
		size_t part = len < 64 - used ? len : 64 - used;

		memcpy(sha->block + used, at, part);
		if (used + part == 64)
			mix(sha, sha->block);
		sha->total += part;
		at += part;
		len -= part;
	}
}

static void finish(struct sha *sha, char hex[65])
{
	static const unsigned char padding[64] = { 0x80 };
	unsigned char bits[8];
	uint64_t total = sha->total * 8;
	int i;

	for (i = 0; i < 8; i++)
		bits[i] = (unsigned char)(total >> (56 - 8 * i));
	add(sha, padding, 1 + (119 - sha->total % 64) % 64);
	add(sha, bits, 8);
	for (i = 0; i < (sha->is256 ? 8 : 5); i++)
		snprintf(hex + 8 * i, 9, "%08x", (unsigned)sha->h[i]);
}

void gm_blob_id(bool sha256, const void *bytes, size_t len, char hex[65])
{
	struct sha sha = { .is256 = sha256 };
	char header[32];

	memcpy(sha.h, sha256 ? start256 : start1, sizeof(sha.h));
	snprintf(header, sizeof(header), "blob %zu", len);
	add(&sha, header, strlen(header) + 1);
	add(&sha, bytes, len);
	finish(&sha, hex);
}
