/*
 * A file's bytes as the text that they stand for.
 */
#ifndef GM_SERIES_TEXT_H
#define GM_SERIES_TEXT_H

#include <stddef.h>

#include "base/error.h"

/* A byte order mark in UTF-8, and its length. */
#define GM_BOM "\xef\xbb\xbf"
#define GM_BOM_LEN 3

/*
 * Copies the bytes without a BOM and with each CRLF as LF, however many CRs
 * there are, so that reading a text once more changes nothing; a CR elsewhere
 * stays.
 * The caller frees *text, which ends in a NUL that doesn't count.
 * GM_EINVALID for what is no text: nothing at all, a NUL byte, not UTF-8;
 * then *line, counted from 1, is where, or 0.
 */
int gm_text_read(char **text, size_t *text_len, size_t *line, const char *bytes,
		 size_t len, struct gm_error *err);

/* Where the line begins what git couldn't merge, that as the error; else 0. */
int gm_text_refuse_marker(const char *line, const char *end,
			  struct gm_error *err);

#endif
