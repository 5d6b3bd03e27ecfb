/*
 * What the PostgreSQL server says of a statement, as an error of ours: its
 * words, its code, the place, and what its code lets us add.
 */
#include <stdlib.h>
#include <string.h>

#include "postgres.h"

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

/* What the server's code alone tells about the way out. */
static void add_hints(const struct gm_postgres_text *text,
		      const struct gm_pq_report *report, struct gm_error *err)
{
	if (report->detail)
		gm_error_hint(err, "%s", report->detail);
	if (report->hint)
		gm_error_hint(err, "%s", report->hint);
	if (report->context && !text->data)
		gm_error_hint(err, "%.*s", (int)strcspn(report->context, "\n"),
			      report->context);
	if (is(report, "42501"))
		gm_error_hint(err,
			      "connected as '%s': grant it what it needs, or "
			      "connect as another role",
			      gm_pq_user(text->pg->pq));
	else if (is(report, "25006"))
		gm_error_hint(err, "the server is a standby, or "
				   "default_transaction_read_only is set: "
				   "connect to one that takes writes");
	else if (is(report, "3F000"))
		gm_error_hint(err, "a schema is never made by itself: CREATE "
				   "SCHEMA");
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

int gm_postgres_refusal(void *context, const struct gm_pq_report *report,
			struct gm_error *err)
{
	struct gm_postgres_text *text = context;
	const char *severity = report->severity ? report->severity : "";
	int ret;

	if (!strcmp(severity, "FATAL") || !strcmp(severity, "PANIC"))
		return gm_error_set(err, GM_ECONNECT,
				    "the connection to the database was lost: "
				    "%s",
				    report->message);
	if (is(report, "57014") &&
	    atomic_exchange(&text->pg->interrupted, false))
		return gm_error_set(err, GM_EINTERRUPTED, "interrupted");
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
	return ret;
}
