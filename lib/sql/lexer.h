/*
 * SQL text in, tokens out. The lexer copies nothing, never fails and never
 * reads past `len`; the tokens, laid end to end, are the text.
 */
#ifndef GM_SQL_LEXER_H
#define GM_SQL_LEXER_H

#include "sql/dialect.h"

enum gm_token_type {
	GM_TOKEN_END,
	GM_TOKEN_SPACE,
	GM_TOKEN_COMMENT,
	/* A comment that runs: an optimizer hint, or the bounds of one in
	 * which the server reads SQL. */
	GM_TOKEN_LIVE_COMMENT,
	/* A keyword or an unquoted identifier. */
	GM_TOKEN_WORD,
	/* "x", [x] or `x`, as the dialect has it. */
	GM_TOKEN_QUOTED,
	/* A string literal in any spelling, its prefix included. */
	GM_TOKEN_STRING,
	GM_TOKEN_NUMBER,
	/* A bind parameter or a variable. */
	GM_TOKEN_PARAMETER,
	/* One or more bytes of punctuation. */
	GM_TOKEN_OPERATOR,
	GM_TOKEN_SEMICOLON,
	/* A quote or comment that the text ends in. */
	GM_TOKEN_UNTERMINATED
};

struct gm_token {
	enum gm_token_type type;
	/* Byte offset in the text, and length. */
	size_t start;
	size_t len;
};

/* Settings of a session that change how text is read; zero is the default. */
struct gm_lexer_modes {
	/* PostgreSQL: standard_conforming_strings = off. */
	bool backslash_strings;
	/* MySQL: sql_mode NO_BACKSLASH_ESCAPES. */
	bool no_backslash_escapes;
	/* MySQL: sql_mode ANSI_QUOTES. */
	bool ansi_quotes;
};

struct gm_lexer {
	const struct gm_dialect *dialect;
	const char *text;
	size_t len;
	size_t pos;
	struct gm_lexer_modes modes;
	/* MySQL: inside an executable comment, whose end is a token. */
	bool in_live_comment;
};

/* The text is borrowed for as long as the lexer is used. */
void gm_lexer_init(struct gm_lexer *lexer, const struct gm_dialect *dialect,
		   const char *text, size_t len);

/* The next token; at the end, and ever after, GM_TOKEN_END. */
void gm_lexer_next(struct gm_lexer *lexer, struct gm_token *token);

/* The next one that is neither blanks nor a comment, nor the mark that one
 * begins with whose text is run. */
void gm_lexer_next_code(struct gm_lexer *lexer, struct gm_token *token);

/* Whether the token is this keyword, in any case. `word` is upper case. */
bool gm_token_is(const struct gm_lexer *lexer, const struct gm_token *token,
		 const char *word);

/* Whether it is one of these; the list ends in NULL. */
bool gm_token_in(const struct gm_lexer *lexer, const struct gm_token *token,
		 const char *const *words);

#endif
