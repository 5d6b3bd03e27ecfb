/*
 * Strings that grow, and lists of strings.
 */
#ifndef GM_BASE_STRBUF_H
#define GM_BASE_STRBUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/*
 * Bytes with a length. A zeroed struct is the empty string; `buf` is NULL
 * until something is added, and ends in a NUL from then on.
 */
struct gm_strbuf {
	char *buf;
	size_t len;
	size_t cap;
};

void gm_strbuf_add(struct gm_strbuf *sb, const void *bytes, size_t len);
void gm_strbuf_adds(struct gm_strbuf *sb, const char *s);
void gm_strbuf_addc(struct gm_strbuf *sb, char c);
void gm_strbuf_addf(struct gm_strbuf *sb, const char *fmt, ...) GM_PRINTF(2, 3);
void gm_strbuf_vaddf(struct gm_strbuf *sb, const char *fmt, va_list args)
	GM_PRINTF(2, 0);

/* Makes room for `extra` more bytes and a NUL. */
void gm_strbuf_reserve(struct gm_strbuf *sb, size_t extra);

/* Cuts the string to `len` bytes, which must not be more than it has. */
void gm_strbuf_cut(struct gm_strbuf *sb, size_t len);

/* The string, never NULL, borrowed. */
const char *gm_strbuf_str(const struct gm_strbuf *sb);

/* Hands the string to the caller, who frees it; the struct is empty then. */
char *gm_strbuf_take(struct gm_strbuf *sb);

void gm_strbuf_release(struct gm_strbuf *sb);

/* A formatted string that the caller frees. */
char *gm_format(const char *fmt, ...) GM_PRINTF(1, 2);
char *gm_vformat(const char *fmt, va_list args) GM_PRINTF(1, 0);

bool gm_starts_with(const char *s, const char *prefix);
bool gm_ends_with(const char *s, const char *suffix);

/* Whether the bytes hold the word, which is in lower case, in any case. */
bool gm_holds_word(const char *text, size_t len, const char *word);

/*
 * The text as it may be shown on a terminal: control characters as \xNN,
 * so that a name can't move the cursor. The caller frees it.
 */
char *gm_printable(const char *s);

/*
 * The text as a word to type into a shell: in quotes where the shell would
 * make something else of it. The caller frees it.
 */
char *gm_shell_word(const char *s);

/* A list of strings that it owns. A zeroed struct is the empty list. */
struct gm_strings {
	char **v;
	size_t n;
	size_t cap;
};

/* Adds a copy of s. */
void gm_strings_add(struct gm_strings *list, const char *s);

/* Adds s itself, which belongs to the list from now on. */
void gm_strings_take(struct gm_strings *list, char *s);

bool gm_strings_has(const struct gm_strings *list, const char *s);

/* Byte order; equal strings stay. */
void gm_strings_sort(struct gm_strings *list);

void gm_strings_release(struct gm_strings *list);

#endif
