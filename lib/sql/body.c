/*
 * Where a routine's body begins and where it ends. Words such as BEGIN, END
 * and IF are also names and functions, so they count only where a statement
 * may begin.
 */
#include "sql/body.h"

#include <string.h>

#include "sql/rules.h"

/* In a routine's head, where its body may begin: it doesn't yet. */
static const char *const head_words[] = {
	"COMMENT", "LANGUAGE", "SQL",	   "NOT",  "DETERMINISTIC", "CONTAINS",
	"NO",	   "READS",    "MODIFIES", "DATA", "SECURITY",	    "DEFINER",
	"INVOKER", "FOLLOWS",  "PRECEDES", NULL
};

/* They open a block; a condition follows, or a statement at once. */
static const char *const conditional[] = { "IF", "WHILE", "FOR", "CASE", NULL };
static const char *const unconditional[] = { "LOOP", "REPEAT", NULL };

/* Behind what a handler handles, its statement begins. */
static const char *const conditions[] = { "FOUND", "SQLEXCEPTION", "SQLWARNING",
					  NULL };

static const char *const handler_kinds[] = { "CONTINUE", "EXIT", "UNDO", NULL };

static const char *const other_trigger[] = { "FOLLOWS", "PRECEDES", NULL };

static const char *const explain[] = { "EXPLAIN", "QUERY", "PLAN", NULL };

static bool prev_is(const struct gm_body *body, const struct gm_lexer *lexer,
		    const char *word)
{
	return gm_token_is(lexer, &body->prev, word);
}

static void open_block(struct gm_body *body, bool start)
{
	body->phase = GM_BODY_OPEN;
	body->routine = true;
	body->blocks++;
	body->start = start;
	body->handler = false;
}

static void close_block(struct gm_body *body)
{
	if (!--body->blocks)
		body->phase = GM_BODY_NONE;
	body->start = false;
}

/* Behind the verb, up to the object that it creates. */
static void find_object(struct gm_body *body, const struct gm_lexer *lexer,
			const struct gm_token *token)
{
	const struct gm_dialect *dialect = lexer->dialect;

	/* DEFINER = somebody: a name that may be any word. */
	if (token->type != GM_TOKEN_WORD ||
	    gm_token_is_sign(lexer, &body->prev, '='))
		return;
	if (gm_token_in(lexer, token, dialect->routine_objects)) {
		body->phase = GM_BODY_HEAD;
		body->routine = true;
		body->parameters = !gm_token_is(lexer, token, "TRIGGER") &&
				   !gm_token_is(lexer, token, "EVENT");
	} else if (!gm_token_in(lexer, token, dialect->routine_qualifiers)) {
		body->phase = GM_BODY_NONE;
	}
}

/*
 * Where blocks don't nest, a body is one block, each of whose statements ends
 * in a semicolon: so END right behind a semicolon ends it, and no other END.
 */
static void plain_token(struct gm_body *body, const struct gm_lexer *lexer,
			const struct gm_token *token)
{
	const char *opener = lexer->dialect->routine_opener;

	switch (body->phase) {
	case GM_BODY_FIRST:
		if (gm_token_in(lexer, token, lexer->dialect->routine_verbs))
			body->phase = GM_BODY_VERB;
		else if (!gm_token_in(lexer, token, explain))
			body->phase = GM_BODY_NONE;
		break;
	case GM_BODY_VERB:
		find_object(body, lexer, token);
		break;
	case GM_BODY_HEAD:
		if (gm_token_is(lexer, token, opener) &&
		    (!strcmp(opener, "BEGIN") || prev_is(body, lexer, "BEGIN")))
			open_block(body, true);
		break;
	default:
		if (body->start && gm_token_is(lexer, token, "END"))
			close_block(body);
		else
			body->start = token->type == GM_TOKEN_SEMICOLON;
	}
}

/* Whether a word, where a statement may begin, opens a block. */
static bool opens_block(struct gm_body *body, const struct gm_lexer *lexer,
			const struct gm_token *token)
{
	if (gm_token_in(lexer, token, conditional))
		open_block(body, false);
	else if (gm_token_in(lexer, token, unconditional))
		open_block(body, true);
	else
		return false;
	return true;
}

/* MariaDB takes blocks outside of routines too. */
static void first_token(struct gm_body *body, const struct gm_lexer *lexer,
			const struct gm_token *token, bool label)
{
	if (label && prev_is(body, lexer, "BEGIN") &&
	    gm_token_is(lexer, token, "NOT"))
		body->label = true;
	else if (label && prev_is(body, lexer, "NOT") &&
		 gm_token_is(lexer, token, "ATOMIC"))
		open_block(body, true);
	else if (label || token->type != GM_TOKEN_WORD)
		body->phase = GM_BODY_NONE;
	else if (gm_token_in(lexer, token, lexer->dialect->routine_verbs))
		body->phase = GM_BODY_VERB;
	else if (!opens_block(body, lexer, token))
		body->label = true;
}

static void head_word(struct gm_body *body, const struct gm_lexer *lexer,
		      const struct gm_token *token)
{
	if (!body->start) {
		body->start = gm_token_is(lexer, token, "DO") ||
			      (gm_token_is(lexer, token, "ROW") &&
			       prev_is(body, lexer, "EACH"));
	} else if (gm_token_is(lexer, token, "BEGIN")) {
		open_block(body, true);
	} else if (opens_block(body, lexer, token)) {
		return;
	} else if (gm_token_is(lexer, token, "RETURNS")) {
		body->returns = true;
	} else if (gm_token_is(lexer, token, "RETURN")) {
		body->label = true;
	} else if (!body->returns && !gm_token_in(lexer, token, head_words) &&
		   !gm_token_in(lexer, &body->prev, other_trigger)) {
		/* A label, or a body that is one plain statement. */
		body->label = true;
	}
}

static void head_token(struct gm_body *body, const struct gm_lexer *lexer,
		       const struct gm_token *token, bool label)
{
	if (label) {
		body->phase = GM_BODY_NONE;
	} else if (gm_token_is_sign(lexer, token, '(')) {
		body->parens++;
	} else if (gm_token_is_sign(lexer, token, ')')) {
		if (body->parens && !--body->parens && body->parameters)
			body->start = true;
	} else if (!body->parens && token->type == GM_TOKEN_WORD) {
		head_word(body, lexer, token);
	}
}

static void block_word(struct gm_body *body, const struct gm_lexer *lexer,
		       const struct gm_token *token)
{
	bool start = body->start;

	body->start = false;
	if (gm_token_is(lexer, token, "BEGIN")) {
		if (start || body->handler)
			open_block(body, true);
	} else if (start && opens_block(body, lexer, token)) {
		return;
	} else if (gm_token_is(lexer, token, "END")) {
		if (body->cases)
			body->cases--;
		else if (start)
			close_block(body);
		else
			body->loose_end = true;
	} else if (gm_token_is(lexer, token, "CASE")) {
		body->cases += !prev_is(body, lexer, "END");
	} else if (gm_token_is(lexer, token, "THEN") ||
		   gm_token_is(lexer, token, "ELSE")) {
		body->start = !body->cases;
	} else if (start) {
		body->label = true;
	} else if (gm_token_is(lexer, token, "DO")) {
		body->start = true;
	} else if (gm_token_is(lexer, token, "HANDLER")) {
		body->handler = gm_token_in(lexer, &body->prev, handler_kinds);
	} else if (body->handler) {
		body->start = gm_token_in(lexer, token, conditions);
	}
}

static void block_token(struct gm_body *body, const struct gm_lexer *lexer,
			const struct gm_token *token)
{
	bool loose = body->loose_end;

	body->loose_end = false;
	switch (token->type) {
	case GM_TOKEN_SEMICOLON:
		body->start = true;
		body->handler = false;
		body->cases = 0;
		break;
	case GM_TOKEN_WORD:
		/* UNTIL x END REPEAT: this END stands behind an expression. */
		if (loose && gm_token_is(lexer, token, "REPEAT"))
			close_block(body);
		else if (gm_token_is_sign(lexer, &body->prev, '.'))
			body->start = false;
		else
			block_word(body, lexer, token);
		break;
	case GM_TOKEN_STRING:
	case GM_TOKEN_NUMBER:
		body->start = body->handler;
		break;
	default:
		body->start = false;
	}
}

static void blocks_token(struct gm_body *body, const struct gm_lexer *lexer,
			 const struct gm_token *token)
{
	bool label = body->label;

	body->label = false;
	if (label && gm_token_is_sign(lexer, token, ':')) {
		body->start = true;
		return;
	}
	switch (body->phase) {
	case GM_BODY_FIRST:
		first_token(body, lexer, token, label);
		break;
	case GM_BODY_VERB:
		find_object(body, lexer, token);
		break;
	case GM_BODY_HEAD:
		head_token(body, lexer, token, label);
		break;
	default:
		block_token(body, lexer, token);
	}
}

void gm_body_token(struct gm_body *body, const struct gm_lexer *lexer,
		   const struct gm_token *token)
{
	if (body->phase == GM_BODY_NONE)
		return;
	if (lexer->dialect->split & GM_SPLIT_BLOCKS)
		blocks_token(body, lexer, token);
	else
		plain_token(body, lexer, token);
	body->prev = *token;
}
