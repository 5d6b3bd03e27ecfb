/*
 * Statements that hold statements: triggers, functions, procedures, events,
 * blocks. Fed with a statement's tokens, this tells whether a semicolon is
 * the body's or the statement's own.
 */
#ifndef GM_SQL_BODY_H
#define GM_SQL_BODY_H

#include "sql/lexer.h"

enum gm_body_phase {
	/* Nothing is known yet. */
	GM_BODY_FIRST,
	/* Behind CREATE: what is created isn't known yet. */
	GM_BODY_VERB,
	/* A routine, whose body has not begun. */
	GM_BODY_HEAD,
	/* In a block: a semicolon is the body's. */
	GM_BODY_OPEN,
	/* There is no block, or it has ended. */
	GM_BODY_NONE
};

/* A zeroed struct is a statement's beginning. */
struct gm_body {
	enum gm_body_phase phase;
	/* It is a routine or a block, though its body may be one statement. */
	bool routine;
	/* A statement may begin here. */
	bool start;
	/* The token before may be a label. */
	bool label;
	/* Head: it has a list of parameters; behind RETURNS. */
	bool parameters;
	bool returns;
	/* Block: in the declaration of a handler. */
	bool handler;
	/* Block: the token before is an END that has closed nothing. */
	bool loose_end;
	/* Blocks that are open; CASE expressions in the statement. */
	size_t blocks;
	size_t cases;
	/* Head: parentheses that are open. */
	size_t parens;
	struct gm_token prev;
};

/* Takes a token that is neither blank nor comment. */
void gm_body_token(struct gm_body *body, const struct gm_lexer *lexer,
		   const struct gm_token *token);

#endif
