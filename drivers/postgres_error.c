/*
 * What the PostgreSQL server says of a statement, as an error of ours: its
 * words, its code, the place, and what its code lets us add.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "postgres.h"
#include "sql/lexer.h"

static bool is(const struct gm_pq_report *report, const char *sqlstate)
{
	return report->sqlstate && !strcmp(report->sqlstate, sqlstate);
}

/* The server counts characters; the error wants bytes. */
static size_t byte_position(const char *sql, size_t len, const char *digits)
{
	long left = strtol(digits, NULL, 10);
	size_t at = 0;

	if (left < 1)
		return 0;
	while (--left && at < len)
		do
			at++;
		while (at < len && ((unsigned char)sql[at] & 0xc0) == 0x80);
	return at + 1;
}

/* In COPY's rows the server tells the line, in its context alone. */
static size_t row_position(const struct gm_postgres_text *text,
			   const char *context)
{
	const char *line = strstr(context, ", line ");
	const char *p = text->data;
	const char *end = p + text->data_len;
	long left;

	if (strncmp(context, "COPY ", 5) != 0 || !line)
		return 0;
	for (left = strtol(line + 7, NULL, 10); left > 1 && p < end; left--) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));

		p = eol ? eol + 1 : end;
	}
	return (size_t)(p - text->sql) + 1;
}

static size_t position(const struct gm_postgres_text *text,
		       const struct gm_pq_report *report)
{
	if (!text->sql)
		return 0;
	if (report->position)
		return byte_position(text->sql, text->len, report->position);
	if (text->data && report->context)
		return row_position(text, report->context);
	return 0;
}

/* What the message quotes, as a name that SQL can have as it is; NULL: it
 * quotes none. The caller frees it. */
static char *quoted_name(const char *message)
{
	const char *start = strchr(message, '"');
	const char *end = start ? strrchr(start + 1, '"') : NULL;

	if (!end)
		return NULL;
	if (start[1] >= 'a' && start[1] <= 'z' &&
	    strspn(start + 1, "abcdefghijklmnopqrstuvwxyz_0123456789") ==
		    (size_t)(end - start - 1))
		return gm_strndup(start + 1, (size_t)(end - start - 1));
	return gm_strndup(start, (size_t)(end - start + 1));
}

static void hint_schema(const struct gm_pq_report *report, struct gm_error *err)
{
	char *name = quoted_name(report->message);

	if (name)
		gm_error_hint(err,
			      "a schema is never made by itself: CREATE "
			      "SCHEMA %s",
			      name);
	else
		gm_error_hint(err,
			      "search_path names no schema that is there: "
			      "ALTER DATABASE or ALTER ROLE … SET search_path "
			      "mends that; the history goes elsewhere by "
			      "migrate.table = SCHEMA.git_migrate");
	free(name);
}

static void hint_right(const struct gm_postgres_text *text,
		       const struct gm_pq_report *report, struct gm_error *err)
{
	static const char schema[] = "permission denied for schema ";
	const char *user = gm_pq_user(text->pg->pq);

	gm_error_hint(err,
		      "connected as '%s': grant it what it needs, or "
		      "connect as another role",
		      user);
	if (gm_starts_with(report->message, schema))
		gm_error_hint(err,
			      "GRANT USAGE, CREATE ON SCHEMA %s TO \"%s\"%s",
			      report->message + strlen(schema), user,
			      strcmp(report->message + strlen(schema), "public")
				      ? ""
				      : ", which nobody has by default since "
					"PostgreSQL 15");
}

/* What the server's code alone tells about the way out. */
static void add_hints(const struct gm_postgres_text *text,
		      const struct gm_pq_report *report, struct gm_error *err)
{
	if (report->detail)
		gm_error_hint(err, "%s", report->detail);
	if (report->hint)
		gm_error_hint(err, "%s", report->hint);
	/* Of a statement of ours it tells nothing to anybody. */
	if (report->context && text->sql && !text->data)
		gm_error_hint(err, "%.*s", (int)strcspn(report->context, "\n"),
			      report->context);
	if (is(report, "42501"))
		hint_right(text, report, err);
	else if (is(report, "25006"))
		gm_error_hint(err, "the server is a standby, or "
				   "default_transaction_read_only is set: "
				   "connect to one that takes writes");
	else if (is(report, "3F000"))
		hint_schema(report, err);
	else if (is(report, "22P05"))
		gm_error_hint(err, "the migration holds a character that the "
				   "database's encoding lacks, if only in a "
				   "comment");
	else if (is(report, "57014") &&
		 strstr(report->message, "statement timeout"))
		gm_error_hint(err, "statement_timeout is set, for the server, "
				   "the database or the role: with 'SET "
				   "statement_timeout = 0;' at its beginning "
				   "the migration may take its time");
	else if (is(report, "2D000"))
		gm_error_hint(err,
			      "what it runs ends transactions by itself, "
			      "and can't inside one: write "
			      "'-- migrate:up transaction:false' above it");
	else if (is(report, "55P04"))
		gm_error_hint(err, "write '-- migrate:up transaction:false' "
				   "above it, or use the value in another "
				   "migration");
}

static int set_busy(const struct gm_postgres_text *text,
		    const struct gm_pq_report *report, struct gm_error *err)
{
	const struct gm_postgres *pg = text->pg;

	bool may_be_theirs = is(report, "55P03") && pg->is_dirty;

	if (may_be_theirs)
		gm_error_set(err, GM_EBUSY,
			     "another session held a lock for more than "
			     "lock_timeout");
	else if (is(report, "55P03") && pg->lock_timeout_ms)
		gm_error_set(err, GM_EBUSY,
			     "another session held a lock for more than "
			     "%d.%03d s",
			     pg->lock_timeout_ms / 1000,
			     pg->lock_timeout_ms % 1000);
	else
		gm_error_set(err, GM_EBUSY, "%s", report->message);
	if (pg->blocker)
		gm_error_hint(err, "it was %s", pg->blocker);
	if (may_be_theirs)
		gm_error_hint(err, "where the migration sets lock_timeout "
				   "itself, that counts instead of "
				   "--lock-timeout=SECONDS");
	return GM_EBUSY;
}

/* Where an index is built beside the others, a failure leaves it behind. Who
 * can't read the statement, or finds a name missing or taken (class 42), has
 * built nothing. */
static void hint_index(const struct gm_postgres_text *text,
		       const struct gm_pq_report *report, struct gm_error *err)
{
	static const char *const before[] = { "CREATE", "UNIQUE", "INDEX",
					      NULL };
	static const char *const unless[] = { "IF", "NOT", "EXISTS", NULL };
	struct gm_lexer lexer;
	struct gm_token token;

	if (!err || !text->sql || !report->sqlstate ||
	    gm_starts_with(report->sqlstate, "42") ||
	    gm_starts_with(report->sqlstate, "25"))
		return;
	gm_lexer_init(&lexer, &gm_dialect_postgres, text->sql, text->len);
	gm_lexer_next_code(&lexer, &token);
	if (!gm_token_is(&lexer, &token, "CREATE"))
		return;
	while (gm_token_in(&lexer, &token, before))
		gm_lexer_next_code(&lexer, &token);
	if (!gm_token_is(&lexer, &token, "CONCURRENTLY"))
		return;
	do
		gm_lexer_next_code(&lexer, &token);
	while (gm_token_in(&lexer, &token, unless));
	if (gm_token_is(&lexer, &token, "ON"))
		gm_error_hint(err, "an index that is not valid may be left: "
				   "psql's \\d TABLE names it; DROP INDEX "
				   "CONCURRENTLY removes it");
	else
		gm_error_hint(err,
			      "an index that is not valid may be left: DROP "
			      "INDEX CONCURRENTLY IF EXISTS %.*s, before it "
			      "runs again",
			      (int)token.len, text->sql + token.start);
}

static int set_lost(const struct gm_pq_report *report, struct gm_error *err)
{
	gm_error_set(err, GM_ECONNECT,
		     "the connection to the database was lost: %s",
		     report->message);
	if (is(report, "25P03") || is(report, "57P05"))
		gm_error_hint(err,
			      "%s is set, for the server, the database or the "
			      "role",
			      is(report, "25P03")
				      ? "idle_in_transaction_session_timeout"
				      : "idle_session_timeout");
	return GM_ECONNECT;
}

int gm_postgres_refusal(void *context, const struct gm_pq_report *report,
			struct gm_error *err)
{
	struct gm_postgres_text *text = context;
	const char *severity = report->severity ? report->severity : "";
	int ret;

	if (!strcmp(severity, "FATAL") || !strcmp(severity, "PANIC"))
		return set_lost(report, err);
	if (is(report, "57014") &&
	    atomic_exchange(&text->pg->interrupted, false)) {
		ret = gm_error_set(err, GM_EINTERRUPTED, "interrupted");
		hint_index(text, report, err);
		return ret;
	}
	if (is(report, "55P03") || is(report, "40P01") || is(report, "40001"))
		ret = set_busy(text, report, err);
	else
		ret = gm_error_set(err, GM_ESQL, "%s", report->message);
	if (!err)
		return ret;
	if (report->sqlstate && strlen(report->sqlstate) == 5)
		memcpy(err->sqlstate, report->sqlstate, 6);
	err->position = position(text, report);
	add_hints(text, report, err);
	hint_index(text, report, err);
	return ret;
}
