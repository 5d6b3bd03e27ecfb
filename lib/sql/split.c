/*
 * The splitter: goes through a script's tokens and cuts where the database's
 * parser, or the client that scripts are written for, would cut.
 */
#include "sql/split.h"

#include <string.h>

#include "sql/body.h"
#include "sql/rules.h"

/* One statement under way. */
struct scan {
	struct gm_body body;
	/* From the first to behind the last token that counts. */
	size_t start;
	size_t end;
	/* The same without semicolons at the end. */
	size_t core;
	size_t parens;
	/* Where the executable comment that is open began. */
	size_t live;
	/* There is a token, and there is one that isn't a comment's bound. */
	bool any;
	bool sql;
	/* There are semicolons in it; the text has ended it. */
	bool divided;
	bool cut;
};

void gm_splitter_init(struct gm_splitter *splitter,
		      const struct gm_dialect *dialect, const char *text,
		      size_t len)
{
	memset(splitter, 0, sizeof(*splitter));
	gm_lexer_init(&splitter->lexer, dialect, text, len);
	splitter->line = 1;
}

static bool has_rule(const struct gm_splitter *splitter, unsigned rule)
{
	return (splitter->lexer.dialect->split & rule) != 0;
}

static int invalid(struct gm_error *err, size_t offset, const char *message)
{
	gm_error_set(err, GM_EINVALID, "%s", message);
	if (err)
		err->position = offset + 1;
	return GM_EINVALID;
}

static int unterminated(const struct gm_lexer *lexer,
			const struct gm_token *token, struct gm_error *err)
{
	const char *text = lexer->text + token->start;

	switch (*text) {
	case '/':
		return invalid(err, token->start, "this comment has no end");
	case '`':
	case '[':
		return invalid(err, token->start,
			       "this quoted name has no end");
	case '$':
		return invalid(err, token->start,
			       "this dollar-quoted string has no end");
	default:
		return invalid(err, token->start, "this quote has no end");
	}
}

/* A client's command: everything up to the blank behind it is its name. */
static int client_command(const struct gm_lexer *lexer, size_t start,
			  struct gm_error *err)
{
	char name[24];
	size_t n = 0;

	while (n < sizeof(name) - 1 && start + n < lexer->len &&
	       lexer->text[start + n] > ' ' && lexer->text[start + n] != ';' &&
	       lexer->text[start + n] != 0x7f) {
		name[n] = lexer->text[start + n];
		n++;
	}
	name[n] = '\0';
	gm_error_set(err, GM_EINVALID, "'%s' is a command of %s, not SQL", name,
		     lexer->dialect->client);
	/* pg_dump writes these since there is a danger in other ones. */
	if (!strcmp(name, "\\restrict") || !strcmp(name, "\\unrestrict"))
		gm_error_hint(err, "pg_dump writes it for psql alone: remove "
				   "it, and \\unrestrict at the end");
	else
		gm_error_hint(err, "remove it, or write it as SQL");
	if (err)
		err->position = start + 1;
	return GM_EINVALID;
}

/* Behind the end of the line that `pos` is on. */
static size_t next_line(const struct gm_lexer *lexer, size_t pos)
{
	const char *end = memchr(lexer->text + pos, '\n', lexer->len - pos);

	return end ? (size_t)(end - lexer->text) + 1 : lexer->len;
}

/*
 * DELIMITER x: the first word behind it, which may be quoted, counts, and
 * the rest of the line is passed over.
 */
static int set_delimiter(struct gm_splitter *splitter,
			 const struct gm_token *token, struct gm_error *err)
{
	struct gm_lexer *lexer = &splitter->lexer;
	size_t end = next_line(lexer, lexer->pos);
	const char *p = lexer->text + lexer->pos;
	const char *stop = lexer->text + end;
	size_t n = 0;
	char quote = '\0';

	while (p < stop && (*p == ' ' || *p == '\t'))
		p++;
	if (p < stop && (*p == '\'' || *p == '"' || *p == '`'))
		quote = *p++;
	while (p + n < stop && p[n] != '\n' && p[n] != '\r' &&
	       (quote ? p[n] != quote : p[n] != ' ' && p[n] != '\t'))
		n++;
	if (!n)
		return invalid(err, token->start,
			       "DELIMITER needs a delimiter behind it");
	if (memchr(p, '\\', n))
		return invalid(err, token->start,
			       "a delimiter can't hold a backslash");
	if (n >= sizeof(splitter->delimiter))
		return invalid(err, token->start,
			       "a delimiter can't be longer than 15 bytes");
	memcpy(splitter->delimiter, p, n);
	splitter->delimiter[n] = '\0';
	splitter->delimiter_len = n == 1 && *p == ';' ? 0 : n;
	lexer->pos = end;
	splitter->delimiter_pos = end;
	return 0;
}

/* Whether the delimiter stands in the token, and where. */
static bool find_delimiter(const struct gm_splitter *splitter,
			   const struct gm_token *token, size_t *at)
{
	const struct gm_lexer *lexer = &splitter->lexer;
	size_t len = splitter->delimiter_len;
	size_t i = token->start;
	size_t stop;

	/* In quotes and comments it is text. */
	switch (token->type) {
	case GM_TOKEN_WORD:
	case GM_TOKEN_NUMBER:
	case GM_TOKEN_OPERATOR:
	case GM_TOKEN_SEMICOLON:
		stop = token->start + token->len;
		break;
	default:
		stop = token->start + 1;
	}
	for (; i < stop && lexer->len - i >= len; i++) {
		if (memcmp(lexer->text + i, splitter->delimiter, len))
			continue;
		*at = i;
		return true;
	}
	return false;
}

/* Where a statement may begin: 1 this is one, 0 it is passed over. */
static int first_token(struct gm_splitter *splitter,
		       const struct gm_token *token, struct gm_error *err)
{
	struct gm_lexer *lexer = &splitter->lexer;

	if (has_rule(splitter, GM_SPLIT_DOT_COMMANDS) &&
	    gm_token_is_sign(lexer, token, '.'))
		return client_command(lexer, token->start, err);
	if (has_rule(splitter, GM_SPLIT_DASH_LINES) &&
	    gm_token_is_sign(lexer, token, '-') && lexer->pos < lexer->len &&
	    lexer->text[lexer->pos] == '-') {
		lexer->pos = next_line(lexer, lexer->pos);
		return 0;
	}
	if (token->type != GM_TOKEN_WORD)
		return 1;
	if (gm_token_in(lexer, token, lexer->dialect->client_words))
		return client_command(lexer, token->start, err);
	if (has_rule(splitter, GM_SPLIT_DELIMITER) &&
	    gm_token_is(lexer, token, "DELIMITER"))
		return set_delimiter(splitter, token, err);
	return 1;
}

static bool is_backslash_command(const struct gm_splitter *splitter,
				 const struct gm_token *token)
{
	return gm_token_is_sign(&splitter->lexer, token, '\\') &&
	       has_rule(splitter, GM_SPLIT_BACKSLASH_COMMANDS);
}

static void take(struct scan *scan, const struct gm_lexer *lexer,
		 const struct gm_token *token)
{
	if (!scan->any)
		scan->start = scan->end = scan->core = token->start;
	scan->any = true;
	scan->divided |= scan->end != scan->core &&
			 token->type != GM_TOKEN_SEMICOLON;
	scan->end = token->start + token->len;
	if (token->type != GM_TOKEN_SEMICOLON)
		scan->core = scan->end;
	if (token->type == GM_TOKEN_LIVE_COMMENT) {
		scan->live = token->start;
		return;
	}
	scan->sql |= token->type != GM_TOKEN_SEMICOLON;
	if (token->type == GM_TOKEN_OPERATOR) {
		if (gm_token_is_sign(lexer, token, '('))
			scan->parens++;
		else if (scan->parens && gm_token_is_sign(lexer, token, ')'))
			scan->parens--;
	}
	if (scan->body.phase != GM_BODY_NONE)
		gm_body_token(&scan->body, lexer, token);
}

static bool semicolon_ends(const struct gm_splitter *splitter,
			   const struct scan *scan)
{
	if (splitter->lexer.in_live_comment || scan->body.blocks)
		return false;
	if (scan->parens && has_rule(splitter, GM_SPLIT_PARENS))
		return false;
	return !splitter->delimiter_len || !scan->body.routine;
}

/* At the text's end: whether the statement may end there. */
static int check_end(const struct gm_splitter *splitter,
		     const struct scan *scan, struct gm_error *err)
{
	if (splitter->lexer.in_live_comment)
		return invalid(err, scan->live, "this comment has no end");
	if (scan->body.blocks && !splitter->delimiter_len) {
		invalid(err, scan->start, "this statement's body has no END");
		if (has_rule(splitter, GM_SPLIT_DELIMITER))
			gm_error_hint(err, "put a line DELIMITER // before "
					   "the statement and // behind it");
		return GM_EINVALID;
	}
	return 0;
}

/* Goes to a statement's end; `scan` is empty where the text ended first. */
static int find_end(struct gm_splitter *splitter, struct scan *scan,
		    struct gm_error *err)
{
	struct gm_lexer *lexer = &splitter->lexer;
	struct gm_token token;
	size_t at;
	int rc;

	for (;;) {
		gm_lexer_next(lexer, &token);
		scan->cut = token.type == GM_TOKEN_END;
		if (scan->cut)
			return check_end(splitter, scan, err);
		if (splitter->delimiter_len && !lexer->in_live_comment &&
		    find_delimiter(splitter, &token, &at)) {
			token.len = at - token.start;
			if (token.len)
				take(scan, lexer, &token);
			lexer->pos = at + splitter->delimiter_len;
			return 0;
		}
		switch (token.type) {
		case GM_TOKEN_SPACE:
		case GM_TOKEN_COMMENT:
			continue;
		case GM_TOKEN_UNTERMINATED:
			return unterminated(lexer, &token, err);
		case GM_TOKEN_SEMICOLON:
			if (semicolon_ends(splitter, scan))
				return 0;
			break;
		case GM_TOKEN_OPERATOR:
			if (is_backslash_command(splitter, &token))
				return client_command(lexer, token.start, err);
			break;
		default:
			break;
		}
		if (!scan->any) {
			rc = first_token(splitter, &token, err);
			if (rc < 0)
				return rc;
			if (!rc)
				continue;
		}
		take(scan, lexer, &token);
	}
}

/* The rows behind COPY … FROM stdin: from the next line to the line \. */
static int take_rows(struct gm_splitter *splitter,
		     struct gm_statement *statement, struct gm_error *err)
{
	struct gm_lexer *lexer = &splitter->lexer;
	size_t pos = next_line(lexer, lexer->pos);
	struct gm_token token;

	while (lexer->pos < pos) {
		gm_lexer_next(lexer, &token);
		if (token.type != GM_TOKEN_SPACE &&
		    (token.type != GM_TOKEN_COMMENT || lexer->pos > pos))
			return invalid(err, token.start,
				       "COPY's rows begin on the next line: "
				       "nothing may stand before them");
	}
	statement->data_start = pos;
	while (pos < lexer->len) {
		size_t end = next_line(lexer, pos);
		size_t len = end - pos;

		if (len && lexer->text[end - 1] == '\n')
			len--;
		if (len == 2 && !memcmp(lexer->text + pos, "\\.", 2)) {
			statement->data_len = pos - statement->data_start;
			lexer->pos = end;
			return 0;
		}
		pos = end;
	}
	invalid(err, statement->start, "COPY's rows have no end");
	return gm_error_hint(err, "put a line \\. behind the last row");
}

static void count_lines(struct gm_splitter *splitter, size_t to)
{
	const char *text = splitter->lexer.text;
	const char *p = text + splitter->line_pos;
	const char *end = text + to;

	while ((p = memchr(p, '\n', (size_t)(end - p)))) {
		splitter->line++;
		p++;
	}
	splitter->line_pos = to;
}

int gm_splitter_next(struct gm_splitter *splitter,
		     struct gm_statement *statement, struct gm_error *err)
{
	struct gm_lexer *lexer = &splitter->lexer;
	struct scan scan;
	int rc;

	do {
		memset(&scan, 0, sizeof(scan));
		rc = find_end(splitter, &scan, err);
		if (rc)
			return rc;
		if (!scan.any && lexer->pos == lexer->len)
			return 0;
	} while (!scan.sql);

	memset(statement, 0, sizeof(*statement));
	statement->start = scan.start;
	statement->len = scan.core - scan.start;
	count_lines(splitter, scan.start);
	statement->line = splitter->line;
	statement->flags = gm_statement_classify(lexer, statement->start,
						 statement->len, &lexer->modes);
	if (statement->flags & GM_STATEMENT_COPY) {
		rc = take_rows(splitter, statement, err);
		if (rc)
			return rc;
	}
	statement->end = scan.cut ? 0 : lexer->pos;
	statement->needs_delimiter = scan.divided && !splitter->delimiter_len &&
				     has_rule(splitter, GM_SPLIT_DELIMITER);
	return 1;
}

void gm_text_position(const char *text, size_t len, size_t offset, size_t *line,
		      size_t *column)
{
	const char *p = text;
	const char *end = text + (offset < len ? offset : len);
	const char *newline;

	*line = 1;
	while (p < end && (newline = memchr(p, '\n', (size_t)(end - p)))) {
		++*line;
		p = newline + 1;
	}
	*column = 1;
	for (; p < end; p++)
		*column += ((unsigned char)*p & 0xc0) != 0x80;
}
