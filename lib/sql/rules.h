/*
 * What a dialect is made of: tables that the lexer, the splitter and the
 * fingerprint read. Nothing outside lib/sql sees them. A new dialect is a new
 * table; code that asks which dialect it has before it is a defect.
 */
#ifndef GM_SQL_RULES_H
#define GM_SQL_RULES_H

#include "sql/split.h"

/* How text becomes tokens. */
enum gm_lex_rule {
	GM_LEX_BRACKET_NAMES = 1u << 0,	  /* [x] */
	GM_LEX_BACKTICK_NAMES = 1u << 1,  /* `x` */
	GM_LEX_DOUBLE_STRINGS = 1u << 2,  /* "x" is a string */
	GM_LEX_BACKSLASHES = 1u << 3,	  /* they escape in strings */
	GM_LEX_UNICODE_PREFIX = 1u << 4,  /* U&'x' and U&"x" */
	GM_LEX_STRINGS_GO_ON = 1u << 5,	  /* 'a' newline 'b' is one */
	GM_LEX_DOLLAR_QUOTES = 1u << 6,	  /* $x$…$x$, and $1 */
	GM_LEX_DOLLAR_WORDS = 1u << 7,	  /* words may begin with $ */
	GM_LEX_NESTED_COMMENTS = 1u << 8, /* */
	GM_LEX_LIVE_COMMENTS = 1u << 9,	  /* with ! or + at their start */
	GM_LEX_HASH_COMMENTS = 1u << 10,  /* # */
	GM_LEX_DASHES_BLANK = 1u << 11,	  /* -- needs a blank behind it */
	GM_LEX_CR_ENDS_LINE = 1u << 12,	  /* a -- comment's, at least */
	GM_LEX_NAMED = 1u << 13,	  /* :a @a #a $a::b(c) */
	GM_LEX_QUESTION = 1u << 14,	  /* ? and ?1 */
	GM_LEX_VARIABLES = 1u << 15,	  /* @a @@a @'a' */
	GM_LEX_OPERATOR_RUNS = 1u << 16	  /* a run of signs is one operator */
};

/* How tokens become statements. */
enum gm_split_rule {
	/* A semicolon in parentheses ends nothing. */
	GM_SPLIT_PARENS = 1u << 0,
	/* The line DELIMITER x is the client's. */
	GM_SPLIT_DELIMITER = 1u << 1,
	/* A statement that begins with a dot is a client's command. */
	GM_SPLIT_DOT_COMMANDS = 1u << 2,
	/* A backslash outside of quotes begins a client's command. */
	GM_SPLIT_BACKSLASH_COMMANDS = 1u << 3,
	/* Bodies hold IF, CASE, LOOP and so on, and BEGIN in BEGIN. */
	GM_SPLIT_BLOCKS = 1u << 4,
	/* Where a statement may begin, -- needs no blank to be a comment: the
	 * client drops such lines, and scripts are full of them. */
	GM_SPLIT_DASH_LINES = 1u << 5
};

/*
 * What else a statement may do, in the bits above enum gm_statement_flag:
 * it changes how the text behind it is read.
 */
enum gm_statement_effect {
	GM_EFFECT_BACKSLASHES_ON = 1u << 16,
	GM_EFFECT_BACKSLASHES_OFF = 1u << 17,
	GM_EFFECT_SQL_MODE = 1u << 18
};

#define GM_STATEMENT_FLAGS 0xffffu

/*
 * The first pattern that a statement's beginning fits gives its flags and
 * effects. A pattern is a list of elements with blanks between them:
 *
 *	A|B	one of these tokens (words in upper case fit any case)
 *	[A|B]	the same, or nothing
 *	*	any one token
 *	...	any number of tokens; a parenthesis and what is in it is one
 *	$	the statement's end
 */
struct gm_statement_rule {
	const char *pattern;
	unsigned flags;
};

struct gm_footprint_rules;

struct gm_dialect {
	const char *name;
	const char *now;
	/* Whose commands look like SQL and aren't: "psql". */
	const char *client;
	unsigned lex;
	unsigned split;

	/*
	 * Letters in lower case that may stand right before a string: in
	 * one backslashes are never special, as usual, always.
	 */
	const char *raw_prefixes;
	const char *plain_prefixes;
	const char *escape_prefixes;

	/* What a literal with a backslash begins with, each backslash being
	 * doubled; NULL: they aren't special. */
	const char *quote_prefix;

	/* Operators of several bytes, the longer before the shorter. */
	const char *const *operators;

	/* First words that are the client's, in upper case. */
	const char *const *client_words;

	/* A routine, whose body holds statements, begins with a verb, any
	 * number of qualifiers and an object. Its body begins with `opener`;
	 * where that is a second word, it follows BEGIN. */
	const char *const *routine_verbs;
	const char *const *routine_qualifiers;
	const char *const *routine_objects;
	const char *routine_opener;

	/* The words that are folded in a fingerprint, in upper case and in
	 * byte order; NULL: all of them. */
	const char *const *folded;
	size_t folded_len;

	/* Ends in a NULL pattern. */
	const struct gm_statement_rule *statements;

	/* What statements touch. */
	const struct gm_footprint_rules *footprint;
};

/* One element of a pattern. */
struct gm_pattern_element {
	const char *start;
	size_t len;
	bool optional;
};

/* The pattern's next element; false at its end. */
bool gm_pattern_next(const char **pattern, struct gm_pattern_element *element);

/* Whether the token is what the element asks for. */
bool gm_pattern_fits(const struct gm_lexer *lexer, const struct gm_token *token,
		     const struct gm_pattern_element *element);

/* What the statement in [start, start + len) is, and does to `modes`: both
 * read from the rules of the lexer's dialect. */
unsigned gm_statement_classify(const struct gm_lexer *lexer, size_t start,
			       size_t len, struct gm_lexer_modes *modes);

/* Whether the token is this one byte of punctuation. */
static inline bool gm_token_is_sign(const struct gm_lexer *lexer,
				    const struct gm_token *token, char sign)
{
	return token->len == 1 && lexer->text[token->start] == sign;
}

/* ASCII only: the locale has no say in what a statement means. */
char gm_upper(char c);

#endif
