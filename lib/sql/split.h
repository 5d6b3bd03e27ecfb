/*
 * A script in, its statements out, one at a time, as the database's own
 * parser would see them.
 */
#ifndef GM_SQL_SPLIT_H
#define GM_SQL_SPLIT_H

#include "base/error.h"
#include "sql/lexer.h"

/* What a statement's first words tell; a statement may have several. */
enum gm_statement_flag {
	/* BEGIN, COMMIT, END, ROLLBACK and their kin: it would open or close
	 * the transaction that it runs in. A savepoint does not. */
	GM_STATEMENT_TRANSACTION = 1u << 0,
	/* The database refuses it inside a transaction, or ignores it there:
	 * VACUUM, CREATE INDEX CONCURRENTLY, PRAGMA journal_mode. */
	GM_STATEMENT_NO_TRANSACTION = 1u << 1,
	/* PostgreSQL: COPY … FROM stdin; `data` holds its rows. */
	GM_STATEMENT_COPY = 1u << 2,
	/* It sets something in its session and changes nothing else, so that
	 * another session may be told the same: SET, USE, ATTACH. */
	GM_STATEMENT_SESSION = 1u << 3,
	/* MySQL: it locks tables for its session, or ends that. */
	GM_STATEMENT_LOCKS = 1u << 4,
	GM_STATEMENT_UNLOCKS = 1u << 5,
	/* MySQL: it begins, ends or prepares a distributed transaction, in
	 * which the server takes hardly anything else. */
	GM_STATEMENT_DISTRIBUTED = 1u << 6,
	/* Where no transaction is open it begins one, and does nothing else;
	 * it commits the one that is open. PostgreSQL and SQLite: that or a
	 * rollback begins the next at once; it takes the one that is open out
	 * of the session, to be committed by any other. */
	GM_STATEMENT_BEGINS = 1u << 7,
	GM_STATEMENT_COMMITS = 1u << 8,
	GM_STATEMENT_CHAINS = 1u << 9,
	GM_STATEMENT_PREPARES = 1u << 10,
	/* MySQL: it is several statements, each of which stands for itself: a
	 * block, or a routine that is called. They may end the transaction
	 * that they run in, and begin another. */
	GM_STATEMENT_SEVERAL = 1u << 11
};

struct gm_statement {
	/* Without the comments and blanks around it, and without the
	 * semicolon or delimiter; byte offsets in the script. */
	size_t start;
	size_t len;
	/* Behind its semicolon or delimiter, or COPY's rows; 0 where the text
	 * ends first. */
	size_t end;
	/* MySQL: it has semicolons within, and the client, who knows nothing
	 * of bodies, would end it there for want of a DELIMITER. */
	bool needs_delimiter;
	/* The line that it starts on, counted from 1. */
	size_t line;
	/* COPY's rows, without the line \. ; 0 and 0 elsewhere. */
	size_t data_start;
	size_t data_len;
	/* A set of enum gm_statement_flag. */
	unsigned flags;
};

struct gm_splitter {
	struct gm_lexer lexer;
	/* Lines are counted as the splitter goes. */
	size_t line;
	size_t line_pos;
	/* MySQL: what DELIMITER has set, and its length; len 0 is ';'. And
	 * behind the last line that has set one. */
	char delimiter[16];
	size_t delimiter_len;
	size_t delimiter_pos;
};

/*
 * The script is borrowed for as long as the splitter is used. Its lines end
 * in LF.
 */
void gm_splitter_init(struct gm_splitter *splitter,
		      const struct gm_dialect *dialect, const char *text,
		      size_t len);

/*
 * Returns 1 and a statement, or 0 at the end. GM_EINVALID where the script
 * can't be split: an unterminated quote, comment or trigger body, a client's
 * command that isn't SQL; the error's position says where, in the script.
 * Empty statements are passed over.
 */
int gm_splitter_next(struct gm_splitter *splitter,
		     struct gm_statement *statement, struct gm_error *err);

/* The flags of a text that is one statement. */
unsigned gm_statement_flags(const struct gm_dialect *dialect, const char *sql,
			    size_t len);

/*
 * The line and column, both counted from 1, of a byte offset in a text. The
 * column counts characters of UTF-8.
 */
void gm_text_position(const char *text, size_t len, size_t offset, size_t *line,
		      size_t *column);

#endif
