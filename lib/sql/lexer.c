/*
 * The one lexer of all dialects: what differs between them is in their
 * tables. Each byte is looked at a small, fixed number of times, so that the
 * whole is linear whatever the text is.
 */
#include "sql/lexer.h"

#include <string.h>

#include "sql/rules.h"
#include "sql/scan.h"

#define W CLASS_WORD
#define D CLASS_DIGIT
#define B CLASS_SPACE
#define G CLASS_SIGN
#define S CLASS_SINGLE
#define ROW(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x

/* clang-format off */
const unsigned char gm_byte_classes[256] = {
	S, S, S, S, S, S, S, S, S, B, B, B, B, B, S, S,
	ROW(S),
	B, G, CLASS_DOUBLE, CLASS_HASH, CLASS_DOLLAR, G, G, CLASS_QUOTE,
	S, S, CLASS_STAR, G, S, CLASS_DASH, CLASS_DOT, CLASS_SLASH,
	D, D, D, D, D, D, D, D,
	D, D, CLASS_COLON, CLASS_SEMICOLON, G, G, G, CLASS_QUESTION,
	CLASS_AT, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
	W, W, W, W, W, W, W, W, W, W, W, CLASS_BRACKET, G, S, G, W,
	CLASS_BACKTICK, W, W, W, W, W, W, W, W, W, W, W, W, W, W, W,
	W, W, W, W, W, W, W, W, W, W, W, S, G, S, G, S,
	ROW(W), ROW(W), ROW(W), ROW(W), ROW(W), ROW(W), ROW(W), ROW(W)
};
/* clang-format on */

#undef W
#undef D
#undef B
#undef G
#undef S
#undef ROW

/* One more than the longest operator that PostgreSQL takes: what is longer
 * is an error there, and needn't be looked through to its end. */
#define OPERATOR_MAX 64

char gm_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

static void skip_words(struct scan *scan)
{
	const char *p = scan->p;

	while (p < scan->end && is_word(*p))
		p++;
	scan->p = p;
}

static void skip_digits(struct scan *scan)
{
	while (scan->p < scan->end && (is_digit(*scan->p) || *scan->p == '_'))
		scan->p++;
}

static bool is_prefix(const char *letters, char c)
{
	return strchr(letters, c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

static void scan_word(struct scan *scan)
{
	const struct gm_dialect *dialect = scan->lexer->dialect;
	char c = *scan->p;

	if (peek(scan, 1) == '\'') {
		bool raw = is_prefix(dialect->raw_prefixes, c);
		bool escape = is_prefix(dialect->escape_prefixes, c);

		if (raw || escape || is_prefix(dialect->plain_prefixes, c)) {
			scan->p++;
			gm_scan_string(scan,
				       escape || (!raw &&
						  gm_plain_backslashes(scan)));
			return;
		}
	}
	if (gm_upper(c) == 'U' && peek(scan, 1) == '&' &&
	    has_rule(scan, GM_LEX_UNICODE_PREFIX) &&
	    (peek(scan, 2) == '\'' || peek(scan, 2) == '"')) {
		scan->p += 2;
		if (*scan->p == '"')
			gm_scan_name(scan);
		else
			gm_scan_string(scan, false);
		return;
	}
	scan->type = GM_TOKEN_WORD;
	skip_words(scan);
}

static void scan_number(struct scan *scan)
{
	char c;

	scan->type = GM_TOKEN_NUMBER;
	skip_digits(scan);
	if (peek(scan, 0) == '.' && peek(scan, 1) != '.') {
		scan->p++;
		skip_digits(scan);
	}
	c = peek(scan, 1);
	if (gm_upper(peek(scan, 0)) == 'E' && (c == '+' || c == '-') &&
	    is_digit(peek(scan, 2)))
		scan->p += 2;
	/* What sticks to a number is part of it: 0xff, 1e5, MySQL's 1st. */
	while (scan->p < scan->end && class_of(*scan->p) <= CLASS_DIGIT)
		scan->p++;
}

static bool is_operator_sign(char c)
{
	return c && strchr("~!@#^&|`?+-*/%<>=", c);
}

/*
 * PostgreSQL's rule: as many signs as there are, up to what looks like a
 * comment; a plus or minus at the end belongs to what follows, unless the
 * operator has a sign that SQL's own operators don't have.
 */
static void skip_operator_run(struct scan *scan)
{
	bool own = true;
	size_t n = 0;

	while (n < OPERATOR_MAX && is_operator_sign(peek(scan, n))) {
		char c = peek(scan, n);
		char next = peek(scan, n + 1);

		if ((c == '-' && next == '-') || (c == '/' && next == '*'))
			break;
		if (strchr("~!@#^&|`?%", c))
			own = false;
		n++;
	}
	while (own && n > 1 && strchr("+-", peek(scan, n - 1)))
		n--;
	scan->p += n;
}

static void scan_operator(struct scan *scan)
{
	const struct gm_dialect *dialect = scan->lexer->dialect;
	const char *const *op;

	scan->type = GM_TOKEN_OPERATOR;
	if (has_rule(scan, GM_LEX_OPERATOR_RUNS) &&
	    is_operator_sign(*scan->p)) {
		skip_operator_run(scan);
		return;
	}
	for (op = dialect->operators; *op; op++) {
		size_t i = 0;

		while ((*op)[i] && peek(scan, i) == (*op)[i])
			i++;
		if (!(*op)[i]) {
			scan->p += i;
			return;
		}
	}
	scan->p++;
}

/* SQLite's, which are also Tcl's: $a::b(c). */
static void scan_named(struct scan *scan)
{
	struct scan ahead = *scan;
	size_t letters = 0;

	for (ahead.p++; ahead.p < ahead.end; ahead.p++) {
		if (is_word(*ahead.p))
			letters++;
		else if (*ahead.p == ':' && peek(&ahead, 1) == ':')
			ahead.p++;
		else
			break;
	}
	if (!letters) {
		scan_operator(scan);
		return;
	}
	scan->type = GM_TOKEN_PARAMETER;
	scan->p = ahead.p;
	if (peek(scan, 0) != '(')
		return;
	while (scan->p < scan->end && *scan->p != ')' &&
	       class_of(*scan->p) != CLASS_SPACE)
		scan->p++;
	/* SQLite takes one that isn't closed for one bad token. */
	if (peek(scan, 0) == ')')
		scan->p++;
	else
		scan->type = GM_TOKEN_OPERATOR;
}

static void scan_variable(struct scan *scan)
{
	bool system = peek(scan, 1) == '@';

	scan->p += system ? 2 : 1;
	scan->type = GM_TOKEN_PARAMETER;
	switch (peek(scan, 0)) {
	case '\'':
	case '"':
		if (!gm_skip_quoted(scan, gm_plain_backslashes(scan)))
			scan->type = GM_TOKEN_UNTERMINATED;
		return;
	case '`':
		if (!gm_skip_quoted(scan, false))
			scan->type = GM_TOKEN_UNTERMINATED;
		return;
	default:
		while (scan->p < scan->end &&
		       (is_word(*scan->p) || (*scan->p == '.' && !system)))
			scan->p++;
	}
}

static void scan_dollar(struct scan *scan)
{
	if (has_rule(scan, GM_LEX_NAMED)) {
		scan_named(scan);
	} else if (has_rule(scan, GM_LEX_DOLLAR_WORDS)) {
		scan->type = GM_TOKEN_WORD;
		skip_words(scan);
	} else if (is_digit(peek(scan, 1))) {
		scan->type = GM_TOKEN_PARAMETER;
		scan->p++;
		while (is_digit(peek(scan, 0)))
			scan->p++;
	} else if (!has_rule(scan, GM_LEX_DOLLAR_QUOTES) ||
		   !gm_scan_dollar_quote(scan)) {
		scan_operator(scan);
	}
}

static void scan_question(struct scan *scan)
{
	if (!has_rule(scan, GM_LEX_QUESTION)) {
		scan_operator(scan);
		return;
	}
	scan->type = GM_TOKEN_PARAMETER;
	scan->p++;
	while (is_digit(peek(scan, 0)))
		scan->p++;
}

/* The signs that mean nothing special in some dialects. */
static void scan_sign(struct scan *scan)
{
	switch (class_of(*scan->p)) {
	case CLASS_BACKTICK:
		if (!has_rule(scan, GM_LEX_BACKTICK_NAMES))
			break;
		gm_scan_name(scan);
		return;
	case CLASS_BRACKET:
		if (!has_rule(scan, GM_LEX_BRACKET_NAMES))
			break;
		scan->type = skip_past(scan, ']') ? GM_TOKEN_QUOTED
						  : GM_TOKEN_UNTERMINATED;
		return;
	case CLASS_HASH:
		if (!has_rule(scan, GM_LEX_HASH_COMMENTS | GM_LEX_NAMED))
			break;
		if (has_rule(scan, GM_LEX_NAMED))
			scan_named(scan);
		else
			gm_scan_line_comment(scan);
		return;
	case CLASS_COLON:
		if (!has_rule(scan, GM_LEX_NAMED))
			break;
		scan_named(scan);
		return;
	case CLASS_AT:
		if (!has_rule(scan, GM_LEX_VARIABLES | GM_LEX_NAMED))
			break;
		if (has_rule(scan, GM_LEX_NAMED))
			scan_named(scan);
		else
			scan_variable(scan);
		return;
	default:
		break;
	}
	scan_operator(scan);
}

void gm_lexer_init(struct gm_lexer *lexer, const struct gm_dialect *dialect,
		   const char *text, size_t len)
{
	memset(lexer, 0, sizeof(*lexer));
	lexer->dialect = dialect;
	lexer->text = text ? text : "";
	lexer->len = len;
}

static void scan_token(struct scan *scan, bool *in_live_comment)
{
	switch (class_of(*scan->p)) {
	case CLASS_SPACE:
		scan->type = GM_TOKEN_SPACE;
		while (scan->p < scan->end && class_of(*scan->p) == CLASS_SPACE)
			scan->p++;
		break;
	case CLASS_WORD:
		scan_word(scan);
		break;
	case CLASS_DIGIT:
		scan_number(scan);
		break;
	case CLASS_DOT:
		if (is_digit(peek(scan, 1)))
			scan_number(scan);
		else
			scan_operator(scan);
		break;
	case CLASS_QUOTE:
		gm_scan_string(scan, gm_plain_backslashes(scan));
		break;
	case CLASS_DOUBLE:
		gm_scan_double(scan);
		break;
	case CLASS_SEMICOLON:
		scan->type = GM_TOKEN_SEMICOLON;
		scan->p++;
		break;
	case CLASS_SINGLE:
		scan->type = GM_TOKEN_OPERATOR;
		scan->p++;
		break;
	case CLASS_DASH:
		if (!gm_scan_dash(scan))
			scan_operator(scan);
		break;
	case CLASS_SLASH:
		if (!gm_scan_slash(scan, in_live_comment))
			scan_operator(scan);
		break;
	case CLASS_STAR:
		if (!gm_scan_star(scan, in_live_comment))
			scan_operator(scan);
		break;
	case CLASS_DOLLAR:
		scan_dollar(scan);
		break;
	case CLASS_QUESTION:
		scan_question(scan);
		break;
	default:
		scan_sign(scan);
	}
}

void gm_lexer_next(struct gm_lexer *lexer, struct gm_token *token)
{
	struct scan scan = {
		.lexer = lexer,
		.p = lexer->text + lexer->pos,
		.end = lexer->text + lexer->len,
		.type = GM_TOKEN_END,
	};

	if (scan.p < scan.end)
		scan_token(&scan, &lexer->in_live_comment);
	token->type = scan.type;
	token->start = lexer->pos;
	lexer->pos = (size_t)(scan.p - lexer->text);
	token->len = lexer->pos - token->start;
}

void gm_lexer_next_code(struct gm_lexer *lexer, struct gm_token *token)
{
	do
		gm_lexer_next(lexer, token);
	while (token->type == GM_TOKEN_SPACE ||
	       token->type == GM_TOKEN_COMMENT ||
	       token->type == GM_TOKEN_LIVE_COMMENT);
}

bool gm_token_is(const struct gm_lexer *lexer, const struct gm_token *token,
		 const char *word)
{
	const char *text = lexer->text + token->start;
	size_t i;

	if (token->type != GM_TOKEN_WORD)
		return false;
	for (i = 0; i < token->len; i++)
		if (gm_upper(text[i]) != word[i])
			return false;
	return !word[i];
}

bool gm_token_in(const struct gm_lexer *lexer, const struct gm_token *token,
		 const char *const *words)
{
	for (; *words; words++)
		if (gm_token_is(lexer, token, *words))
			return true;
	return false;
}
