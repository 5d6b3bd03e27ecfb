/*
 * What a statement's text tells of what it has to do with its session. Most
 * statements of migrations have nothing: they leave no trace there, and see
 * none of what was there before.
 */
#include <string.h>
#include <strings.h>

#include "drivers/mysql.h"
#include "sql/lexer.h"

static enum gm_mysql_kind judge_first(const struct gm_lexer *lexer,
				      const struct gm_token *token)
{
	static const char *const rows[] = { "INSERT", "REPLACE", "UPDATE",
					    "DELETE", NULL };
	static const char *const objects[] = { "CREATE", "ALTER",    "DROP",
					       "RENAME", "TRUNCATE", NULL };

	if (gm_token_in(lexer, token, rows))
		return GM_MYSQL_ROWS;
	return gm_token_in(lexer, token, objects) ? GM_MYSQL_OBJECTS
						  : GM_MYSQL_OTHER;
}

/* Words of the session, wherever they stand; a function's name may be quoted.
 * A database that is changed may be the session's own. */
static bool is_of_session(const struct gm_lexer *lexer,
			  const struct gm_token *token)
{
	static const char *const words[] = {
		"DATABASE",
		"FOUND_ROWS",
		"GET_LOCK",
		"LASTVAL",
		"LAST_INSERT_ID",
		"PREVIOUS",
		"RELEASE_ALL_LOCKS",
		"RELEASE_LOCK",
		"ROW_COUNT",
		"SCHEMA",
		"SQL_CALC_FOUND_ROWS",
		"TEMPORARY",
		NULL,
	};
	const char *text = lexer->text + token->start;
	const char *const *word;

	if (token->type == GM_TOKEN_WORD)
		return gm_token_in(lexer, token, words);
	if (token->type != GM_TOKEN_QUOTED)
		return token->type == GM_TOKEN_PARAMETER;
	for (word = words; *word; word++)
		if (token->len == strlen(*word) + 2 &&
		    !strncasecmp(text + 1, *word, token->len - 2))
			return true;
	return false;
}

enum gm_mysql_kind gm_mysql_kind(const char *sql, size_t len)
{
	enum gm_mysql_kind kind = GM_MYSQL_OTHER;
	struct gm_lexer lexer;
	struct gm_token token;
	bool is_first = true;

	gm_lexer_init(&lexer, &gm_dialect_mysql, sql, len);
	for (;;) {
		gm_lexer_next(&lexer, &token);
		if (token.type == GM_TOKEN_END)
			return kind;
		if (token.type == GM_TOKEN_SPACE ||
		    token.type == GM_TOKEN_COMMENT)
			continue;
		if (is_first)
			kind = judge_first(&lexer, &token);
		is_first = false;
		if (kind == GM_MYSQL_OTHER || is_of_session(&lexer, &token))
			return GM_MYSQL_OTHER;
	}
}
