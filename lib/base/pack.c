/*
 * Seven bits to a byte, the lowest first; a string is its length plus one,
 * and its bytes.
 */
#include "base/pack.h"

#include <string.h>

#include "base/alloc.h"

void gm_pack_int(struct gm_strbuf *out, uint64_t number)
{
	while (number > 0x7f) {
		gm_strbuf_addc(out, (char)(number | 0x80));
		number >>= 7;
	}
	gm_strbuf_addc(out, (char)number);
}

void gm_pack_bytes(struct gm_strbuf *out, const void *bytes, size_t len)
{
	gm_pack_int(out, len + 1);
	gm_strbuf_add(out, bytes, len);
}

void gm_pack_text(struct gm_strbuf *out, const char *text)
{
	if (text)
		gm_pack_bytes(out, text, strlen(text));
	else
		gm_pack_int(out, 0);
}

uint64_t gm_unpack_int(struct gm_unpack *in)
{
	uint64_t number = 0;
	unsigned shift = 0;

	while (!in->failed && in->at < in->end && shift < 64) {
		unsigned char byte = (unsigned char)*in->at++;

		number |= (uint64_t)(byte & 0x7f) << shift;
		if (!(byte & 0x80))
			return number;
		shift += 7;
	}
	in->failed = true;
	return 0;
}

/* The length, behind which in->at is; false for NULL and where it fails. */
static bool unpack_len(struct gm_unpack *in, size_t *len)
{
	uint64_t number = gm_unpack_int(in);

	if (!number)
		return false;
	*len = (size_t)number - 1;
	if (*len > (size_t)(in->end - in->at))
		in->failed = true;
	return !in->failed;
}

const char *gm_unpack_bytes(struct gm_unpack *in, size_t *len)
{
	const char *bytes;

	*len = 0;
	if (!unpack_len(in, len))
		return NULL;
	bytes = in->at;
	in->at += *len;
	return bytes;
}

char *gm_unpack_text(struct gm_unpack *in)
{
	size_t len;
	const char *bytes = gm_unpack_bytes(in, &len);

	return bytes ? gm_strndup(bytes, len) : NULL;
}

void gm_unpack_into(struct gm_unpack *in, char *out, size_t size)
{
	size_t len;
	const char *bytes = gm_unpack_bytes(in, &len);

	*out = '\0';
	if (!bytes || len >= size) {
		in->failed = true;
		return;
	}
	memcpy(out, bytes, len);
	out[len] = '\0';
}
