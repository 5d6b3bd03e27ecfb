/*
 * The hashed form is a sequence of parts, each of them one letter, the
 * length of its bytes (base 128, the low digits first, 0x80 set in all but
 * the last) and its bytes:
 *
 *	w	a word that the dialect folds, in lower case (ASCII only), or
 *		another one as it stands
 *	q s n p	a quoted name, a string, a number, a parameter, as it stands
 *	o	an operator, or a semicolon in a body
 *	l	a comment that runs, or a bound of one
 *	;	a statement's end, without bytes
 *	d	COPY's rows
 *	!	from where the text can't be split on, all of it
 *
 * So no two sequences of tokens are hashed as the same bytes. The fingerprint
 * is XXH3-128 of the parts; tests/vectors pins it.
 */
#include "sql/fingerprint.h"

#include <stdbool.h>
#include <string.h>

#include "sql/rules.h"

struct writer {
	struct gm_hash *hash;
	size_t n;
	unsigned char buf[4096];
};

/* The hash is fast on long pieces, and tokens are short. */
static void write_bytes(struct writer *writer, const char *bytes, size_t len)
{
	if (len > sizeof(writer->buf) - writer->n) {
		gm_hash_update(writer->hash, writer->buf, writer->n);
		writer->n = 0;
	}
	if (len > sizeof(writer->buf)) {
		gm_hash_update(writer->hash, bytes, len);
		return;
	}
	memcpy(writer->buf + writer->n, bytes, len);
	writer->n += len;
}

static void write_head(struct writer *writer, char letter, size_t len)
{
	char head[12];
	size_t n = 0;

	head[n++] = letter;
	while (len >= 0x80) {
		head[n++] = (char)(0x80 | (len & 0x7f));
		len >>= 7;
	}
	head[n++] = (char)len;
	write_bytes(writer, head, n);
}

static void write_part(struct writer *writer, char letter, const char *bytes,
		       size_t len)
{
	write_head(writer, letter, len);
	write_bytes(writer, bytes, len);
}

static int compare_word(const char *text, size_t len, const char *word)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char c = gm_upper(text[i]);

		if (c != word[i])
			return (unsigned char)c < (unsigned char)word[i] ? -1
									 : 1;
	}
	return word[i] ? -1 : 0;
}

/* Behind a dot any word is a name. */
static bool is_folded(const struct gm_dialect *dialect, const char *text,
		      size_t len, bool behind_dot)
{
	size_t low = 0;
	size_t high = dialect->folded_len;

	if (!dialect->folded)
		return true;
	if (behind_dot)
		return false;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = compare_word(text, len, dialect->folded[middle]);

		if (!order)
			return true;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return false;
}

static void write_folded(struct writer *writer, const char *text, size_t len)
{
	char piece[64];
	size_t n;
	size_t i;

	write_head(writer, 'w', len);
	for (; len; text += n, len -= n) {
		n = len < sizeof(piece) ? len : sizeof(piece);
		for (i = 0; i < n; i++)
			piece[i] = text[i] >= 'A' && text[i] <= 'Z'
					   ? (char)(text[i] - 'A' + 'a')
					   : text[i];
		write_bytes(writer, piece, n);
	}
}

static void write_statement(struct writer *writer, struct gm_lexer *lexer)
{
	static const char letters[] = {
		[GM_TOKEN_LIVE_COMMENT] = 'l', [GM_TOKEN_WORD] = 'w',
		[GM_TOKEN_QUOTED] = 'q',       [GM_TOKEN_STRING] = 's',
		[GM_TOKEN_NUMBER] = 'n',       [GM_TOKEN_PARAMETER] = 'p',
		[GM_TOKEN_OPERATOR] = 'o',     [GM_TOKEN_SEMICOLON] = 'o',
		[GM_TOKEN_UNTERMINATED] = 'o',
	};
	struct gm_token token;
	bool dot = false;

	for (;;) {
		const char *text;

		gm_lexer_next(lexer, &token);
		text = lexer->text + token.start;
		if (token.type == GM_TOKEN_END)
			break;
		if (token.type == GM_TOKEN_SPACE ||
		    token.type == GM_TOKEN_COMMENT)
			continue;
		if (token.type == GM_TOKEN_WORD &&
		    is_folded(lexer->dialect, text, token.len, dot))
			write_folded(writer, text, token.len);
		else
			write_part(writer, letters[token.type], text,
				   token.len);
		dot = gm_token_is_sign(lexer, &token, '.');
	}
	write_head(writer, ';', 0);
}

void gm_fingerprint(const struct gm_dialect *dialect, const char *text,
		    size_t len, char hex[GM_HASH_HEX])
{
	struct gm_splitter splitter;
	struct gm_statement statement;
	struct gm_lexer before;
	struct writer writer;
	int rc;

	writer.hash = gm_hash_new();
	writer.n = 0;
	gm_splitter_init(&splitter, dialect, text, len);
	for (;;) {
		/* A statement is read in the modes that it is run in, not in
		 * those that it sets. */
		before = splitter.lexer;
		rc = gm_splitter_next(&splitter, &statement, NULL);
		if (rc <= 0)
			break;
		before.pos = statement.start;
		before.len = statement.start + statement.len;
		write_statement(&writer, &before);
		if (statement.flags & GM_STATEMENT_COPY)
			write_part(&writer, 'd', text + statement.data_start,
				   statement.data_len);
	}
	if (rc < 0)
		write_part(&writer, '!', before.text + before.pos,
			   before.len - before.pos);
	gm_hash_update(writer.hash, writer.buf, writer.n);
	gm_hash_final(writer.hash, hex);
	gm_hash_free(writer.hash);
}
