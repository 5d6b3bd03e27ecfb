/*
 * A script is gone through twice over: the statements that have run tell what
 * there is in the session, those behind them what they take from it.
 */
#include "sql/leavings.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/held.h"

#define NOBODY ((size_t)-1)

struct reading {
	struct gm_leavings *out;
	/* The session as the statements up to the one at hand have made it. */
	struct gm_held held;
	/* The last statements that called a routine, which may have set
	 * anything, and that added rows; the one that has locked tables. */
	size_t caller;
	size_t adder;
	size_t locker;
	/* Behind the break: rows were changed since. */
	bool changed;
	/* The statement at hand, and how many tokens it has. */
	struct gm_statement statement;
	size_t n;
};

static bool is(const struct reading *r, size_t at, const char *word)
{
	return gm_reading_is(&r->held.tokens, at, word);
}

static bool in(const struct reading *r, size_t at, const char *const *words)
{
	return gm_reading_in(&r->held.tokens, at, words);
}

static bool sign(const struct reading *r, size_t at, const char *text)
{
	const struct gm_reading *tokens = &r->held.tokens;
	size_t len = strlen(text);

	return at < tokens->n && tokens->v[at].len == len &&
	       !memcmp(tokens->lexer.text + tokens->v[at].start, text, len);
}

/* Functions and operators that look like them which say the same each time. */
/* clang-format off */
static const char *const steady[] = {
	"ABS", "AND", "BETWEEN", "CASE", "CAST", "CEIL", "CEILING",
	"CHAR_LENGTH", "COALESCE", "CONCAT", "CONCAT_WS", "CONVERT",
	"CURRENT_USER", "DATABASE", "ELSE", "FLOOR", "GREATEST", "HEX", "IF",
	"IFNULL", "IN", "LEAST", "LEFT", "LENGTH", "LOWER", "LPAD", "LTRIM",
	"MD5", "MOD", "NOT", "NULLIF", "OR", "QUOTE", "REPEAT", "REPLACE",
	"RIGHT", "ROUND", "RPAD", "RTRIM", "SCHEMA", "SHA1", "SHA2",
	"SUBSTR", "SUBSTRING", "THEN", "TO", "TRIM", "UNHEX", "UPPER",
	"USER", "VALUES", "VERSION", "WHEN", NULL
};

static const char *const moments[] = {
	"CURRENT_DATE", "CURRENT_TIME", "CURRENT_TIMESTAMP", "LOCALTIME",
	"LOCALTIMESTAMP", "SELECT", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP",
	NULL
};
/* clang-format on */

/* Whether the tokens mean the same when they are read again. */
static bool is_steady(const struct reading *r, size_t at, size_t end)
{
	for (; at < end; at++) {
		const struct gm_thing *thing;

		if (in(r, at, moments) ||
		    (r->held.tokens.v[at].type == GM_TOKEN_WORD &&
		     sign(r, at + 1, "(") && !in(r, at, steady)))
			return false;
		if (!gm_held_is_variable(&r->held, at))
			continue;
		thing = gm_held_find(&r->held, GM_HELD_VARIABLE, at);
		if (thing ? thing->lost : r->caller != NOBODY)
			return false;
	}
	return true;
}

/* Locks are taken all at once, and end so. */
static void drop_locks(struct reading *r)
{
	r->locker = NOBODY;
	gm_held_drop_all(&r->held, 1u << GM_HELD_LOCKS);
}

/* LOCK TABLES that has run. A lock on a temporary table is lost with it. */
static void leave_locks(struct reading *r)
{
	const struct gm_thing *table = gm_held_lost_table(&r->held);
	size_t at;

	drop_locks(r);
	r->locker = r->held.index;
	for (at = 1; table && at < r->n; at++)
		if (gm_held_find(&r->held, GM_HELD_TABLE, at) == table) {
			gm_held_keep(&r->held, GM_HELD_LOCKS, at, true);
			return;
		}
}

/* SET that has run: the variables and settings that it gives values. All of
 * them are computed before the first is set. */
static void leave_set(struct reading *r)
{
	static const char *const scopes[] = { "SESSION", "LOCAL", NULL };
	bool *lost = gm_calloc(r->n, sizeof(*lost));
	bool again = false;
	size_t end;
	size_t at;

	for (at = 1; at < r->n; at = end + 1) {
		end = gm_reading_comma(&r->held.tokens, at);
		lost[at] = !is_steady(r, at + 1, end);
	}
	for (at = 1; at < r->n;
	     at = gm_reading_comma(&r->held.tokens, at) + 1) {
		bool variable = gm_held_is_variable(&r->held, at);
		size_t name = at + in(r, at, scopes);

		again |= !variable || !lost[at];
		if (variable || lost[at])
			gm_held_keep(&r->held,
				     variable ? GM_HELD_VARIABLE
					      : GM_HELD_SETTING,
				     name, lost[at]);
		else
			gm_held_drop(&r->held, GM_HELD_SETTING, name);
	}
	r->out->again[r->held.index] = again;
	free(lost);
}

static const char *const temporary[] = { "TEMPORARY", "TEMP", NULL };
static const char *const temporary_schemas[] = { "TEMP", "PG_TEMP", NULL };

/* Where the name of what is made for the session alone stands; r->n: none. */
static size_t temporary_name(const struct reading *r)
{
	size_t at = 1;
	bool found;

	if (is(r, 0, "SELECT")) {
		while (at < r->n &&
		       !(is(r, at, "INTO") && in(r, at + 1, temporary)))
			at++;
		at += 2 + is(r, at + 2, "TABLE");
		return at < r->n ? at : r->n;
	}
	if (!is(r, 0, "CREATE"))
		return r->n;
	if (is(r, at, "OR"))
		at += 2;
	found = in(r, at, temporary);
	/* The object's kind. */
	at += found ? 2 : 1;
	if (is(r, at, "IF"))
		at += 3;
	if (sign(r, at + 1, ".")) {
		found |= in(r, at, temporary_schemas);
		at += 2;
	}
	return found && at < r->n ? at : r->n;
}

/* DROP: removes the names behind it, up to the statement's end. */
static void leave_drop(struct reading *r)
{
	size_t at;

	for (at = 1; at < r->n; at++)
		if (r->held.tokens.v[at].type == GM_TOKEN_WORD ||
		    r->held.tokens.v[at].type == GM_TOKEN_QUOTED)
			gm_held_drop(&r->held, GM_HELD_TABLE, at);
}

static const char *const calls[] = { "CALL", "EXECUTE", NULL };
static const char *const adders[] = { "INSERT", "REPLACE", NULL };

/* Whether @x is given a value at that place, by something else than SET. */
static bool is_assigned(const struct reading *r, size_t at, bool behind_into)
{
	return behind_into || sign(r, at + 1, ":=") ||
	       (sign(r, at + 1, "=") && at &&
		(is(r, at - 1, "SET") || sign(r, at - 1, ","))) ||
	       in(r, 0, calls) || is(r, 0, "GET") || is(r, 0, "FETCH");
}

static bool goes_on_into(const struct reading *r, size_t at, bool behind_into)
{
	return is(r, at, "INTO") ||
	       (behind_into &&
		(gm_held_is_variable(&r->held, at) || sign(r, at, ",")));
}

/* PREPARE name FROM … , or AS …, as PostgreSQL has it. */
static void leave_prepare(struct reading *r)
{
	bool lost = gm_held_first_lost(&r->held, 1u << GM_HELD_TABLE) ||
		    (is(r, 2, "FROM") && !is_steady(r, 3, r->n));

	gm_held_keep(&r->held, GM_HELD_PREPARED, 1, lost);
}

static void leave_other(struct reading *r)
{
	size_t name = temporary_name(r);
	bool behind_into = false;
	size_t at;

	for (at = 1; at < r->n; at++) {
		behind_into = goes_on_into(r, at, behind_into);
		if (gm_held_is_variable(&r->held, at) &&
		    is_assigned(r, at, behind_into))
			gm_held_keep(&r->held, GM_HELD_VARIABLE, at, true);
	}
	if (name < r->n)
		gm_held_keep(&r->held, GM_HELD_TABLE, name, true);
	else if (is(r, 0, "PREPARE") && !(r->statement.flags))
		leave_prepare(r);
	else if (is(r, 0, "DEALLOCATE") ||
		 (is(r, 0, "DROP") && is(r, 1, "PREPARE")))
		gm_held_drop(&r->held, GM_HELD_PREPARED, r->n - 1);
	else if (is(r, 0, "DROP"))
		leave_drop(r);
	if (in(r, 0, calls))
		r->caller = r->held.index;
	if (in(r, 0, adders))
		r->adder = r->held.index;
	if (r->statement.flags & GM_STATEMENT_LOCKS)
		leave_locks(r);
	if (r->statement.flags & GM_STATEMENT_UNLOCKS)
		drop_locks(r);
}

static void leave(struct reading *r)
{
	bool session = r->statement.flags & GM_STATEMENT_SESSION;

	if (is(r, 0, "DISCARD"))
		gm_held_drop_all(&r->held, ~0u);
	if (session && is(r, 0, "SET"))
		leave_set(r);
	else if (session)
		r->out->again[r->held.index] = true;
	else
		leave_other(r);
}

/* The rest needs it: no more has to be known. */
static int miss(struct reading *r, char *what, size_t maker)
{
	r->out->missing = what;
	r->out->maker = maker;
	r->out->reader = r->held.index;
	r->out->reader_start = r->statement.start;
	return 1;
}

static int miss_thing(struct reading *r, const struct gm_thing *thing)
{
	static const char *const forms[] = {
		[GM_HELD_VARIABLE] = "the variable '@%s'",
		[GM_HELD_TABLE] = "the temporary table '%s'",
		[GM_HELD_PREPARED] = "the prepared statement '%s'",
		[GM_HELD_SETTING] = "the setting '%s'",
		[GM_HELD_LOCKS] = "the lock on the temporary table '%s'",
	};
	const char *form = forms[thing->kind];
	const char *rest = strchr(form, '%') + 2;

	return miss(r,
		    gm_format("%.*s%s%s", (int)(rest - 2 - form), form,
			      thing->name, rest),
		    thing->maker);
}

/* Reads the variable at that place. */
static int take_variable(struct reading *r, size_t at)
{
	const struct gm_thing *thing = gm_held_find(&r->held, GM_HELD_VARIABLE,
						    at);
	const char *text;
	size_t len;

	if (thing)
		return thing->lost ? miss_thing(r, thing) : 0;
	if (r->caller == NOBODY)
		return 0;
	gm_held_bare(&r->held, at, &text, &len);
	return miss(r, gm_format("the variable '@%.*s'", (int)len, text),
		    r->caller);
}

static int take_set(struct reading *r)
{
	size_t end;
	size_t at;
	size_t i;
	int ret = 0;

	for (at = 1; at < r->n; at = end + 1) {
		end = gm_reading_comma(&r->held.tokens, at);
		for (i = at + 1; !ret && i < end; i++)
			if (gm_held_is_variable(&r->held, i))
				ret = take_variable(r, i);
	}
	for (at = 1; at < r->n; at = gm_reading_comma(&r->held.tokens, at) + 1)
		if (gm_held_is_variable(&r->held, at))
			gm_held_keep(&r->held, GM_HELD_VARIABLE, at, false);
	return ret;
}

static int take_variables(struct reading *r)
{
	bool behind_into = false;
	size_t at;
	int ret = 0;

	for (at = 1; !ret && at < r->n; at++) {
		behind_into = goes_on_into(r, at, behind_into);
		if (!gm_held_is_variable(&r->held, at))
			continue;
		if (behind_into || sign(r, at + 1, ":="))
			gm_held_keep(&r->held, GM_HELD_VARIABLE, at, false);
		else
			ret = take_variable(r, at);
	}
	return ret;
}

/* What says something of the rows that were changed last. */
static int take_last(struct reading *r)
{
	static const char *const tellers[] = {
		"CHANGES",	     "CURRVAL",	      "FOUND_ROWS",
		"LAST_INSERT_ID",    "LASTVAL",	      "ROW_COUNT",
		"LAST_INSERT_ROWID", "TOTAL_CHANGES", NULL
	};
	static const char *const changers[] = { "INSERT", "REPLACE", "UPDATE",
						"DELETE", "SELECT",  "CALL",
						"WITH",	  NULL };
	size_t at;

	for (at = 1; !r->changed && r->adder != NOBODY && at < r->n; at++)
		if (sign(r, at + 1, "(") && in(r, at, tellers))
			return miss(
				r,
				gm_format("what %.*s() says",
					  (int)r->held.tokens.v[at].len,
					  r->held.tokens.lexer.text +
						  r->held.tokens.v[at].start),
				r->adder);
	r->changed |= in(r, 0, changers);
	return 0;
}

static int take_other(struct reading *r)
{
	const struct gm_thing *thing = NULL;
	size_t name = temporary_name(r);

	if (name < r->n)
		gm_held_drop(&r->held, GM_HELD_TABLE, name);
	else if (is(r, 0, "DROP") && in(r, 1, temporary) && is(r, 3, "IF"))
		leave_drop(r);
	else if (is(r, 0, "PREPARE"))
		gm_held_drop(&r->held, GM_HELD_PREPARED, 1);
	if (in(r, 0, calls))
		thing = gm_held_first_lost(
			&r->held, 1u << GM_HELD_TABLE | 1u << GM_HELD_VARIABLE);
	if (!thing)
		thing = gm_held_lost_table(&r->held);
	if (!thing && (is(r, 0, "EXECUTE") || is(r, 0, "DEALLOCATE")))
		thing = gm_held_find(&r->held, GM_HELD_PREPARED,
				     is(r, 0, "EXECUTE") ? 1 : r->n - 1);
	if (thing && thing->lost)
		return miss_thing(r, thing);
	return take_variables(r);
}

/* A statement of the rest: 1 where it needs what is missing. */
static int take(struct reading *r)
{
	const struct gm_thing *thing = gm_held_first_lost(
		&r->held, 1u << GM_HELD_SETTING | 1u << GM_HELD_LOCKS);
	int ret = thing ? miss_thing(r, thing) : 0;

	if (!ret)
		ret = take_last(r);
	if (ret)
		return ret;
	return r->statement.flags & GM_STATEMENT_SESSION && is(r, 0, "SET")
		       ? take_set(r)
		       : take_other(r);
}

/* Between the two parts: what is left of the first, it is told to make
 * again. */
static void conclude(struct reading *r)
{
	size_t i;

	for (i = 0; i < r->held.n; i++)
		if (r->held.v[i].kind == GM_HELD_PREPARED && !r->held.v[i].lost)
			r->out->again[r->held.v[i].maker] = true;
	if (r->locker == NOBODY)
		return;
	r->out->again[r->locker] = true;
	r->out->locks = r->locker + 1;
}

int gm_leavings_find(struct gm_leavings *out, const struct gm_dialect *dialect,
		     const char *text, size_t len, size_t n,
		     struct gm_error *err)
{
	struct reading r = {
		.out = out, .caller = NOBODY, .adder = NOBODY, .locker = NOBODY
	};
	struct gm_held *held = &r.held;
	struct gm_splitter splitter;
	int ret;

	memset(out, 0, sizeof(*out));
	out->again = gm_calloc(n ? n : 1, sizeof(*out->again));
	out->n = n;
	gm_splitter_init(&splitter, dialect, text, len);
	for (;; held->index++) {
		held->tokens.lexer = splitter.lexer;
		ret = gm_splitter_next(&splitter, &r.statement, err);
		if (held->index == n)
			conclude(&r);
		if (ret <= 0 || (held->index >= n && !held->n &&
				 r.caller == NOBODY && r.adder == NOBODY))
			break;
		gm_reading_tokens(&held->tokens, text, r.statement.start,
				  r.statement.len);
		r.n = held->tokens.n;
		if (held->index < n)
			leave(&r);
		else if (take(&r))
			break;
	}
	gm_held_release(held);
	return ret < 0 ? ret : 0;
}

void gm_leavings_release(struct gm_leavings *leavings)
{
	free(leavings->again);
	free(leavings->missing);
	memset(leavings, 0, sizeof(*leavings));
}
