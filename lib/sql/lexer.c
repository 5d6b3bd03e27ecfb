/*
 * The one lexer of all dialects: what differs between them is in their
 * tables. Each byte is looked at a small, fixed number of times, so that the
 * whole is linear whatever the text is.
 */
#include "sql/lexer.h"

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

#define W CLASS_WORD
#define D CLASS_DIGIT
#define B CLASS_SPACE
#define G CLASS_SIGN
#define S CLASS_SINGLE
#define ROW(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x

static const unsigned char classes[256] = {
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

#undef W
#undef D
#undef B
#undef G
#undef S
#undef ROW

/* One more than the longest operator that PostgreSQL takes: what is longer
 * is an error there, and needn't be looked through to its end. */
#define OPERATOR_MAX 64

/* A token under way: where the scan is, and what it has found so far. */
struct scan {
	const struct gm_lexer *lexer;
	const char *p;
	const char *end;
	enum gm_token_type type;
};

static unsigned char class_of(char c)
{
	return classes[(unsigned char)c];
}

static bool is_word(char c)
{
	return class_of(c) <= CLASS_DOLLAR;
}

static bool is_digit(char c)
{
	return class_of(c) == CLASS_DIGIT;
}

char gm_upper(char c)
{
	return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

/* The byte `i` places on, or NUL behind the end. */
static char peek(const struct scan *scan, size_t i)
{
	return (size_t)(scan->end - scan->p) > i ? scan->p[i] : '\0';
}

static bool has_rule(const struct scan *scan, unsigned rule)
{
	return (scan->lexer->dialect->lex & rule) != 0;
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
	while (scan->p < scan->end &&
	       (is_digit(*scan->p) || *scan->p == '_'))
		scan->p++;
}

/* To behind the next `c`, or to the end. Says whether there was one. */
static bool skip_past(struct scan *scan, char c)
{
	const char *at = memchr(scan->p, c, (size_t)(scan->end - scan->p));

	scan->p = at ? at + 1 : scan->end;
	return at != NULL;
}

/* From the opening quote to behind the closing one; doubled, it is text. */
static bool skip_quoted(struct scan *scan, bool backslashes)
{
	char quote = *scan->p++;

	for (;;) {
		if (backslashes) {
			while (scan->p < scan->end && *scan->p != quote)
				scan->p += *scan->p == '\\' ? 2 : 1;
			if (scan->p >= scan->end) {
				scan->p = scan->end;
				return false;
			}
			scan->p++;
		} else if (!skip_past(scan, quote)) {
			return false;
		}
		if (peek(scan, 0) != quote || scan->p == scan->end)
			return true;
		scan->p++;
	}
}

static void skip_line(struct scan *scan)
{
	const char *end;
	const char *cr;

	end = memchr(scan->p, '\n', (size_t)(scan->end - scan->p));
	if (!end)
		end = scan->end;
	if (has_rule(scan, GM_LEX_CR_ENDS_LINE)) {
		cr = memchr(scan->p, '\r', (size_t)(end - scan->p));
		if (cr)
			end = cr;
	}
	scan->p = end;
}

/* Whether another part of the string follows on a new line; goes there. */
static bool string_goes_on(struct scan *scan)
{
	struct scan ahead = *scan;
	bool newline = false;

	for (;;) {
		if (peek(&ahead, 0) == '-' && peek(&ahead, 1) == '-') {
			skip_line(&ahead);
			continue;
		}
		if (ahead.p == ahead.end ||
		    class_of(*ahead.p) != CLASS_SPACE)
			break;
		if (*ahead.p == '\n' || *ahead.p == '\r')
			newline = true;
		ahead.p++;
	}
	if (!newline || peek(&ahead, 0) != '\'')
		return false;
	scan->p = ahead.p;
	return true;
}

static void scan_string(struct scan *scan, bool backslashes)
{
	scan->type = GM_TOKEN_STRING;
	do {
		if (!skip_quoted(scan, backslashes)) {
			scan->type = GM_TOKEN_UNTERMINATED;
			return;
		}
	} while (has_rule(scan, GM_LEX_STRINGS_GO_ON) && string_goes_on(scan));
}

static void scan_name(struct scan *scan)
{
	scan->type = skip_quoted(scan, false) ? GM_TOKEN_QUOTED
					      : GM_TOKEN_UNTERMINATED;
}

static bool plain_backslashes(const struct scan *scan)
{
	const struct gm_lexer_modes *modes = &scan->lexer->modes;

	if (has_rule(scan, GM_LEX_BACKSLASHES))
		return !modes->no_backslash_escapes;
	return modes->backslash_strings;
}

static void scan_double(struct scan *scan)
{
	if (has_rule(scan, GM_LEX_DOUBLE_STRINGS) &&
	    !scan->lexer->modes.ansi_quotes)
		scan_string(scan, plain_backslashes(scan));
	else
		scan_name(scan);
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
			scan_string(scan, escape || (!raw &&
						     plain_backslashes(scan)));
			return;
		}
	}
	if (gm_upper(c) == 'U' && peek(scan, 1) == '&' &&
	    has_rule(scan, GM_LEX_UNICODE_PREFIX) &&
	    (peek(scan, 2) == '\'' || peek(scan, 2) == '"')) {
		scan->p += 2;
		if (*scan->p == '"')
			scan_name(scan);
		else
			scan_string(scan, false);
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

static void scan_line_comment(struct scan *scan)
{
	scan->type = GM_TOKEN_COMMENT;
	skip_line(scan);
}

static void scan_dash(struct scan *scan)
{
	unsigned char next = (unsigned char)peek(scan, 2);

	if (peek(scan, 1) != '-')
		scan_operator(scan);
	else if (has_rule(scan, GM_LEX_DASHES_BLANK) && next > ' ' &&
		 next != 0x7f)
		scan_operator(scan);
	else
		scan_line_comment(scan);
}

/* From the opening bound to behind the closing one. */
static bool skip_comment(struct scan *scan)
{
	bool nested = has_rule(scan, GM_LEX_NESTED_COMMENTS);
	size_t depth = 1;

	scan->p += 2;
	while (scan->p < scan->end) {
		if (*scan->p == '*' && peek(scan, 1) == '/') {
			scan->p += 2;
			if (!--depth)
				return true;
		} else if (nested && *scan->p == '/' &&
			   peek(scan, 1) == '*') {
			scan->p += 2;
			depth++;
		} else {
			scan->p++;
		}
	}
	return false;
}

/* Behind the opening bound of a comment in which the server reads SQL, its
 * version included; false where this isn't one. */
static bool skip_live_bound(struct scan *scan)
{
	size_t n = peek(scan, 2) == 'M' ? 3 : 2;
	size_t digits = 0;

	if (peek(scan, n) != '!')
		return false;
	n++;
	while (digits < 6 && is_digit(peek(scan, n + digits)))
		digits++;
	/* A version that no server reaches: mariadb-dump says things to the
	 * client in such a one, and they aren't SQL. */
	if (digits == 6 && !memcmp(scan->p + n, "999999", 6))
		return false;
	scan->p += digits >= 5 ? n + digits : n;
	return true;
}

static void scan_slash(struct scan *scan, bool *in_live_comment)
{
	if (peek(scan, 1) != '*') {
		scan_operator(scan);
		return;
	}
	scan->type = GM_TOKEN_COMMENT;
	if (has_rule(scan, GM_LEX_LIVE_COMMENTS)) {
		if (skip_live_bound(scan)) {
			scan->type = GM_TOKEN_LIVE_COMMENT;
			*in_live_comment = true;
			return;
		}
		if (peek(scan, 2) == '+')
			scan->type = GM_TOKEN_LIVE_COMMENT;
	}
	if (!skip_comment(scan))
		scan->type = GM_TOKEN_UNTERMINATED;
}

static void scan_star(struct scan *scan, bool *in_live_comment)
{
	if (!*in_live_comment || peek(scan, 1) != '/') {
		scan_operator(scan);
		return;
	}
	scan->type = GM_TOKEN_LIVE_COMMENT;
	scan->p += 2;
	*in_live_comment = false;
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
	if (peek(&ahead, 0) != '(')
		return;
	while (ahead.p < ahead.end && *ahead.p != ')' &&
	       class_of(*ahead.p) != CLASS_SPACE)
		ahead.p++;
	if (peek(&ahead, 0) == ')')
		scan->p = ahead.p + 1;
}

static void scan_variable(struct scan *scan)
{
	scan->p += peek(scan, 1) == '@' ? 2 : 1;
	scan->type = GM_TOKEN_PARAMETER;
	switch (peek(scan, 0)) {
	case '\'':
	case '"':
		if (!skip_quoted(scan, plain_backslashes(scan)))
			scan->type = GM_TOKEN_UNTERMINATED;
		return;
	case '`':
		if (!skip_quoted(scan, false))
			scan->type = GM_TOKEN_UNTERMINATED;
		return;
	default:
		while (scan->p < scan->end &&
		       (is_word(*scan->p) || *scan->p == '.'))
			scan->p++;
	}
}

/* Says whether a quote in dollars begins here, and if so goes behind it. */
static bool scan_dollar_quote(struct scan *scan)
{
	const char *tag = scan->p;
	struct scan ahead = *scan;
	size_t len;

	for (ahead.p++; ahead.p < ahead.end; ahead.p++)
		if (class_of(*ahead.p) > CLASS_DIGIT)
			break;
	if (peek(&ahead, 0) != '$')
		return false;
	len = (size_t)(++ahead.p - tag);
	scan->type = GM_TOKEN_STRING;
	/* A tag holds no dollar, so that no byte is compared twice. */
	for (;;) {
		if (!skip_past(&ahead, '$')) {
			scan->type = GM_TOKEN_UNTERMINATED;
			break;
		}
		if ((size_t)(ahead.end - ahead.p) >= len - 1 &&
		    !memcmp(ahead.p, tag + 1, len - 1)) {
			ahead.p += len - 1;
			break;
		}
	}
	scan->p = ahead.p;
	return true;
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
		   !scan_dollar_quote(scan)) {
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
		scan_name(scan);
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
			scan_line_comment(scan);
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
		while (scan->p < scan->end &&
		       class_of(*scan->p) == CLASS_SPACE)
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
		scan_string(scan, plain_backslashes(scan));
		break;
	case CLASS_DOUBLE:
		scan_double(scan);
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
		scan_dash(scan);
		break;
	case CLASS_SLASH:
		scan_slash(scan, in_live_comment);
		break;
	case CLASS_STAR:
		scan_star(scan, in_live_comment);
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
