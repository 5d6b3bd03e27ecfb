/*
 * Noise for the lexer, the splitter and the fingerprint, in the dialect that
 * the first byte chooses.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/fingerprint.h"
#include "sql/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void tokens_are_the_text(const struct gm_dialect *dialect,
				const char *text, size_t len)
{
	struct gm_lexer lexer;
	struct gm_token token;
	size_t pos = 0;

	gm_lexer_init(&lexer, dialect, text, len);
	for (;;) {
		gm_lexer_next(&lexer, &token);
		must(token.start == pos);
		if (token.type == GM_TOKEN_END)
			break;
		must(token.len > 0);
		pos += token.len;
	}
	must(pos == len && !token.len);
}

/* Adds a statement with a blank or a comment between its tokens. */
static void loosen(struct gm_lexer *lexer, struct gm_strbuf *out)
{
	struct gm_token token;
	const char *gap = "";

	for (;;) {
		gm_lexer_next(lexer, &token);
		if (token.type == GM_TOKEN_END)
			return;
		gm_strbuf_adds(out, gap);
		gm_strbuf_add(out, lexer->text + token.start, token.len);
		/* Two of MySQL's minus signs and a blank are a comment. */
		gap = lexer->text[token.start] == '-' ? "/**/" : " ";
		if (token.type == GM_TOKEN_COMMENT)
			gap = "";
	}
}

/* Returns what gm_splitter_next did; `loose` is the text loosened. */
static int statements_are_in_order(const struct gm_dialect *dialect,
				   const char *text, size_t len,
				   struct gm_strbuf *loose, bool *delimiter)
{
	struct gm_splitter splitter;
	struct gm_statement statement;
	struct gm_error err = { 0 };
	struct gm_lexer before;
	size_t pos = 0;
	size_t line = 1;
	int rc;

	gm_splitter_init(&splitter, dialect, text, len);
	for (;;) {
		before = splitter.lexer;
		rc = gm_splitter_next(&splitter, &statement, &err);
		*delimiter |= splitter.delimiter_len > 0;
		if (rc <= 0)
			break;
		must(statement.len > 0 && statement.start >= pos);
		must(statement.start + statement.len <= len);
		must(statement.line >= line);
		gm_strbuf_add(loose, text + pos, statement.start - pos);
		pos = statement.start + statement.len;
		line = statement.line;
		before.pos = statement.start;
		before.len = pos;
		loosen(&before, loose);
		if (!(statement.flags & GM_STATEMENT_COPY))
			continue;
		must(statement.data_start > pos);
		gm_strbuf_add(loose, text + pos, statement.data_start - pos);
		gm_strbuf_add(loose, text + statement.data_start,
			      statement.data_len);
		pos = statement.data_start + statement.data_len;
		must(pos <= len);
	}
	gm_strbuf_add(loose, text + pos, len - pos);
	must(rc == 0 || (rc == GM_EINVALID && err.message && err.position &&
			 err.position <= len));
	gm_error_release(&err);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gm_dialect *const dialects[] = {
		&gm_dialect_sqlite, &gm_dialect_postgres, &gm_dialect_mysql
	};
	const struct gm_dialect *dialect;
	struct gm_strbuf loose = { 0 };
	char tight_hex[GM_HASH_HEX];
	char loose_hex[GM_HASH_HEX];
	bool delimiter = false;
	char *text;
	size_t len;

	if (!size)
		return 0;
	dialect = dialects[data[0] % GM_ARRAY_SIZE(dialects)];
	/* A copy of just that size, so that a byte too far is noticed. */
	len = size - 1;
	text = gm_alloc(len ? len : 1);
	memcpy(text, data + 1, len);

	tokens_are_the_text(dialect, text, len);
	gm_fingerprint(dialect, text, len, tight_hex);
	must(strlen(tight_hex) == GM_HASH_HEX - 1);
	/* A gap may hold a delimiter by chance. */
	if (!statements_are_in_order(dialect, text, len, &loose, &delimiter) &&
	    !delimiter) {
		gm_fingerprint(dialect, gm_strbuf_str(&loose), loose.len,
			       loose_hex);
		must(!strcmp(tight_hex, loose_hex));
	}
	gm_strbuf_release(&loose);
	free(text);
	return 0;
}
