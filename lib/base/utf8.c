/*
 * UTF-8. Text is mostly ASCII, so that is looked at 32 bytes at a time.
 */
#include "base/utf8.h"

#include <stdint.h>
#include <string.h>

static size_t ascii_span(const unsigned char *s, size_t len)
{
	size_t i = 0;
	uint64_t words[4];

	for (; i + sizeof(words) <= len; i += sizeof(words)) {
		memcpy(words, s + i, sizeof(words));
		if ((words[0] | words[1] | words[2] | words[3]) &
		    UINT64_C(0x8080808080808080))
			break;
	}
	while (i < len && s[i] < 0x80)
		i++;
	return i;
}

/* The length of the character of several bytes at s, or 0. */
static size_t sequence(const unsigned char *s, size_t len)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t need, i;

	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		need = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		need = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		need = 4;
	else
		return 0;
	if (len < need)
		return 0;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < need; i++)
		if (s[i] < 0x80 || s[i] > 0xbf)
			return 0;
	return need;
}

size_t gm_utf8_span(const char *bytes, size_t len)
{
	const unsigned char *s = (const unsigned char *)bytes;
	size_t i = 0;

	while (i < len) {
		size_t step = s[i] < 0x80 ? ascii_span(s + i, len - i)
					  : sequence(s + i, len - i);

		if (!step)
			break;
		i += step;
	}
	return i;
}
