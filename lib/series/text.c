/*
 * A file's bytes as the text that they stand for. What comes out is hashed
 * and sent to databases, so it doesn't depend on the editor's line ends.
 */
#include "series/text.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/utf8.h"

static size_t line_at(const char *bytes, size_t offset)
{
	const char *p = bytes, *end = bytes + offset;
	size_t line = 1;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		line++;
		p++;
	}
	return line;
}

static int check(size_t *line, const char *bytes, size_t len,
		 struct gm_error *err)
{
	const char *nul;
	size_t valid;

	*line = 0;
	if (!len)
		return gm_error_set(err, GM_EINVALID, "is empty");
	nul = memchr(bytes, '\0', len);
	if (nul) {
		size_t offset = (size_t)(nul - bytes);

		*line = line_at(bytes, offset);
		return gm_error_set(err, GM_EINVALID,
				    "looks like a binary file: byte %zu is "
				    "zero",
				    offset + 1);
	}
	valid = gm_utf8_span(bytes, len);
	if (valid < len) {
		*line = line_at(bytes, valid);
		gm_error_set(err, GM_EINVALID,
			     "is not UTF-8: byte %zu is 0x%02x", valid + 1,
			     (unsigned)(unsigned char)bytes[valid]);
		gm_error_hint(err, "save the file as UTF-8");
		return gm_error_hint(err, "write binary data in hex, as "
					  "mariadb-dump --hex-blob does");
	}
	return 0;
}

/* Copies with CRLF as LF; returns how many bytes there are then. */
static size_t copy(char *out, const char *bytes, size_t len)
{
	const char *p = bytes, *end = bytes + len;
	char *to = out;

	while (p < end) {
		const char *cr = memchr(p, '\r', (size_t)(end - p));
		size_t part = (size_t)((cr ? cr : end) - p);

		memcpy(to, p, part);
		to += part;
		if (!cr)
			break;
		for (p = cr; p < end && *p == '\r'; p++)
			*to++ = '\r';
		if (p < end && *p == '\n')
			to -= p - cr;
	}
	*to = '\0';
	return (size_t)(to - out);
}

int gm_text_read(char **text, size_t *text_len, size_t *line, const char *bytes,
		 size_t len, struct gm_error *err)
{
	int rc = check(line, bytes, len, err);

	*text = NULL;
	*text_len = 0;
	if (rc)
		return rc;
	if (len >= GM_BOM_LEN && !memcmp(bytes, GM_BOM, GM_BOM_LEN)) {
		bytes += GM_BOM_LEN;
		len -= GM_BOM_LEN;
	}
	*text = gm_alloc(len + 1);
	*text_len = copy(*text, bytes, len);
	return 0;
}

int gm_text_refuse_marker(const char *line, const char *end,
			  struct gm_error *err)
{
	static const char marker[] = "<<<<<<< ";
	size_t len = sizeof(marker) - 1;

	if ((size_t)(end - line) <= len || memcmp(line, marker, len))
		return 0;
	gm_error_set(err, GM_EINVALID, "a conflict marker of git's");
	return gm_error_hint(err,
			     "choose between the two sides, and git add the "
			     "file (git checkout --ours or --theirs takes one; "
			     "where it was added already, git checkout -m "
			     "brings the two back before)");
}
