/*
 * What a statement is, told by its words: the patterns of the dialect's
 * rules, held against the statement's tokens.
 */
#include <string.h>

#include "sql/rules.h"

/* A place in a statement: the token there, and the lexer behind it. */
struct cursor {
	struct gm_lexer lexer;
	struct gm_token token;
};

static void advance(struct cursor *cursor)
{
	gm_lexer_next_code(&cursor->lexer, &cursor->token);
}

static bool at_sign(const struct cursor *cursor, char sign)
{
	return gm_token_is_sign(&cursor->lexer, &cursor->token, sign);
}

/* Past one token, or past a parenthesis with all that it holds. */
static void advance_unit(struct cursor *cursor)
{
	size_t depth = 0;

	do {
		if (at_sign(cursor, '('))
			depth++;
		else if (depth && at_sign(cursor, ')'))
			depth--;
		advance(cursor);
	} while (depth && cursor->token.type != GM_TOKEN_END);
}

bool gm_pattern_next(const char **pattern, struct gm_pattern_element *element)
{
	const char *p = *pattern;

	while (*p == ' ')
		p++;
	element->start = p;
	while (*p && *p != ' ')
		p++;
	element->len = (size_t)(p - element->start);
	*pattern = p;
	element->optional = *element->start == '[';
	if (element->optional) {
		element->start++;
		element->len -= 2;
	}
	return element->len > 0;
}

static bool same(const struct gm_lexer *lexer, const struct gm_token *token,
		 const char *word, size_t len)
{
	const char *text = lexer->text + token->start;
	size_t i;

	if (token->len != len)
		return false;
	for (i = 0; i < len; i++)
		if (gm_upper(text[i]) != word[i])
			return false;
	return true;
}

bool gm_pattern_fits(const struct gm_lexer *lexer, const struct gm_token *token,
		     const struct gm_pattern_element *element)
{
	const char *p = element->start;
	const char *end = p + element->len;

	if (token->type == GM_TOKEN_END)
		return *p == '$';
	if (*p == '*')
		return true;
	while (p < end) {
		const char *bar = memchr(p, '|', (size_t)(end - p));

		if (!bar)
			bar = end;
		if (same(lexer, token, p, (size_t)(bar - p)))
			return true;
		p = bar + 1;
	}
	return false;
}

static bool fits(const struct cursor *cursor,
		 const struct gm_pattern_element *element)
{
	return gm_pattern_fits(&cursor->lexer, &cursor->token, element);
}

/* Moves the cursor behind what the pattern fits. */
static bool matches(const char *pattern, struct cursor *cursor)
{
	const char *resume = NULL;
	struct cursor skipped = *cursor;
	struct gm_pattern_element element;

	while (gm_pattern_next(&pattern, &element)) {
		if (!strncmp(element.start, "...", 3)) {
			resume = pattern;
			skipped = *cursor;
		} else if (fits(cursor, &element)) {
			advance(cursor);
		} else if (!element.optional) {
			if (!resume || at_sign(&skipped, ')') ||
			    skipped.token.type == GM_TOKEN_END)
				return false;
			advance_unit(&skipped);
			*cursor = skipped;
			pattern = resume;
		}
	}
	return true;
}

/* Most rules are out at their first element, which is never optional. */
static bool may_match(const char *pattern, const struct cursor *cursor)
{
	struct gm_pattern_element element;

	return gm_pattern_next(&pattern, &element) && fits(cursor, &element);
}

static bool mentions(const struct cursor *cursor, const char *word)
{
	const char *text = cursor->lexer.text + cursor->token.start;
	size_t len = strlen(word);
	size_t at;
	size_t i;

	for (at = 0; at + len <= cursor->token.len; at++) {
		for (i = 0; i < len && gm_upper(text[at + i]) == word[i]; i++)
			;
		if (i == len)
			return true;
	}
	return false;
}

static bool mentions_any(const struct cursor *cursor, const char *const *words)
{
	for (; *words; words++)
		if (mentions(cursor, *words))
			return true;
	return false;
}

/*
 * Reads the value that sql_mode is given. What a variable holds isn't known:
 * dumps put back in this way what was set before them, the default.
 */
static void learn_sql_mode(struct cursor *cursor, struct gm_lexer_modes *modes)
{
	/* The modes that stand for several others have ANSI_QUOTES. */
	static const char *const ansi[] = { "ANSI", "ORACLE", "MSSQL",
					    "DB2",  "MAXDB",  "POSTGRESQL",
					    NULL };
	bool escapes = false;
	bool quotes = false;
	bool adds = false;
	bool removes = false;

	while (cursor->token.type != GM_TOKEN_END && !at_sign(cursor, ',')) {
		struct cursor inner = *cursor;

		advance_unit(cursor);
		for (; inner.token.start < cursor->token.start;
		     advance(&inner)) {
			adds |= gm_token_is(&inner.lexer, &inner.token,
					    "CONCAT");
			removes |= gm_token_is(&inner.lexer, &inner.token,
					       "REPLACE");
			if (inner.token.type != GM_TOKEN_WORD &&
			    inner.token.type != GM_TOKEN_STRING)
				continue;
			escapes |= mentions(&inner, "NO_BACKSLASH_ESCAPES");
			quotes |= mentions_any(&inner, ansi);
		}
	}
	if (removes) {
		modes->no_backslash_escapes &= !escapes;
		modes->ansi_quotes &= !quotes;
	} else {
		modes->no_backslash_escapes =
			escapes || (adds && modes->no_backslash_escapes);
		modes->ansi_quotes = quotes || (adds && modes->ansi_quotes);
	}
}

unsigned gm_statement_classify(const struct gm_lexer *lexer, size_t start,
			       size_t len, struct gm_lexer_modes *modes)
{
	const struct gm_statement_rule *rule = lexer->dialect->statements;
	struct cursor first = { .lexer = *lexer };
	struct cursor cursor;

	first.lexer.pos = start;
	first.lexer.len = start + len;
	first.lexer.in_live_comment = false;
	advance(&first);
	for (; rule->pattern; rule++) {
		if (!may_match(rule->pattern, &first))
			continue;
		cursor = first;
		if (matches(rule->pattern, &cursor))
			break;
	}
	if (rule->flags & GM_EFFECT_BACKSLASHES_ON)
		modes->backslash_strings = true;
	if (rule->flags & GM_EFFECT_BACKSLASHES_OFF)
		modes->backslash_strings = false;
	if (rule->flags & GM_EFFECT_SQL_MODE)
		learn_sql_mode(&cursor, modes);
	return rule->flags & GM_STATEMENT_FLAGS;
}

unsigned gm_statement_flags(const struct gm_dialect *dialect, const char *sql,
			    size_t len)
{
	struct gm_lexer lexer;

	gm_lexer_init(&lexer, dialect, sql, len);
	return gm_statement_classify(&lexer, 0, len, &lexer.modes);
}
