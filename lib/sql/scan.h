/*
 * What the files of the lexer share: a token under way, and what a byte may
 * begin.
 */
#ifndef GM_SQL_SCAN_H
#define GM_SQL_SCAN_H

#include <string.h>

#include "sql/rules.h"

/* The first three are those that go on with a word. */
enum class {
	CLASS_WORD,
	CLASS_DIGIT,
	CLASS_DOLLAR,
	CLASS_SPACE,
	CLASS_QUOTE,
	CLASS_DOUBLE,
	CLASS_BACKTICK,
	CLASS_BRACKET,
	CLASS_AT,
	CLASS_COLON,
	CLASS_QUESTION,
	CLASS_HASH,
	CLASS_DASH,
	CLASS_SLASH,
	CLASS_STAR,
	CLASS_DOT,
	CLASS_SEMICOLON,
	CLASS_SIGN,  /* may begin an operator of several bytes */
	CLASS_SINGLE /* never does */
};

extern const unsigned char gm_byte_classes[256];

/* A token under way: where the scan is, and what it has found so far. */
struct scan {
	const struct gm_lexer *lexer;
	const char *p;
	const char *end;
	enum gm_token_type type;
};

static inline unsigned char class_of(char c)
{
	return gm_byte_classes[(unsigned char)c];
}

static inline bool is_word(char c)
{
	return class_of(c) <= CLASS_DOLLAR;
}

static inline bool is_digit(char c)
{
	return class_of(c) == CLASS_DIGIT;
}

/* The byte `i` places on, or NUL behind the end. */
static inline char peek(const struct scan *scan, size_t i)
{
	return (size_t)(scan->end - scan->p) > i ? scan->p[i] : '\0';
}

static inline bool has_rule(const struct scan *scan, unsigned rule)
{
	return (scan->lexer->dialect->lex & rule) != 0;
}

/* To behind the next `c`, or to the end. Says whether there was one. */
static inline bool skip_past(struct scan *scan, char c)
{
	const char *at = memchr(scan->p, c, (size_t)(scan->end - scan->p));

	scan->p = at ? at + 1 : scan->end;
	return at != NULL;
}

/* Each of these goes from a token's first byte to behind its last one, and
 * sets its type. */
void gm_scan_string(struct scan *scan, bool backslashes);
void gm_scan_name(struct scan *scan);
/* "x", whatever it is. */
void gm_scan_double(struct scan *scan);
/* False, having done nothing, where no quote in dollars begins here. */
bool gm_scan_dollar_quote(struct scan *scan);

/* Where no comment begins, these return false and have done nothing. */
bool gm_scan_dash(struct scan *scan);
bool gm_scan_slash(struct scan *scan, bool *in_live_comment);
bool gm_scan_star(struct scan *scan, bool *in_live_comment);
void gm_scan_line_comment(struct scan *scan);

/* From an opening quote to behind the closing one; false where the text ends
 * first. */
bool gm_skip_quoted(struct scan *scan, bool backslashes);

/* To the end of the line. */
void gm_skip_line(struct scan *scan);

/* Whether backslashes escape in a string without a prefix. */
bool gm_plain_backslashes(const struct scan *scan);

#endif
