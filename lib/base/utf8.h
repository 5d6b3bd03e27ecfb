/*
 * Whether bytes are UTF-8, as RFC 3629 has it: no overlong forms, no
 * surrogates, nothing above U+10FFFF.
 */
#ifndef GM_BASE_UTF8_H
#define GM_BASE_UTF8_H

#include <stddef.h>

/* How many bytes from the start are valid: len where all are. */
size_t gm_utf8_span(const char *bytes, size_t len);

#endif
