/*
 * A script is gone through twice over: the statements that have run tell what
 * there is in the session, those behind them what they take from it.
 */
#include "sql/leavings.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/rules.h"

/* What a session may hold. */
enum kind {
	VARIABLE,
	TABLE,
	PREPARED,
	SETTING,
	LOCKS
};

struct thing {
	enum kind kind;
	/* Without quotes. */
	char *name;
	size_t maker;
	/* It can't be made again. */
	bool lost;
};

#define NOBODY ((size_t)-1)

struct reading {
	struct gm_leavings *out;
	struct thing *things;
	size_t n_things;
	size_t things_cap;
	/* The last statements that called a routine, which may have set
	 * anything, and that added rows; the one that has locked tables. */
	size_t caller;
	size_t adder;
	size_t locker;
	/* Behind the break: rows were changed since. */
	bool changed;
	/* The statement at hand: its index, and its tokens without blanks and
	 * comments. */
	size_t index;
	struct gm_statement statement;
	struct gm_lexer lexer;
	struct gm_token *v;
	size_t n;
	size_t cap;
};

static bool is(const struct reading *r, size_t at, const char *word)
{
	return at < r->n && gm_token_is(&r->lexer, &r->v[at], word);
}

static bool in(const struct reading *r, size_t at, const char *const *words)
{
	return at < r->n && gm_token_in(&r->lexer, &r->v[at], words);
}

static bool sign(const struct reading *r, size_t at, const char *text)
{
	size_t len = strlen(text);

	return at < r->n && r->v[at].len == len &&
	       !memcmp(r->lexer.text + r->v[at].start, text, len);
}

/* @x, and not @@x. */
static bool is_variable(const struct reading *r, size_t at)
{
	const char *text = at < r->n ? r->lexer.text + r->v[at].start : "";

	return at < r->n && r->v[at].type == GM_TOKEN_PARAMETER &&
	       *text == '@' && r->v[at].len > 1 && text[1] != '@';
}

/* A token's text without what quotes it. */
static void bare(const struct reading *r, size_t at, const char **text,
		 size_t *len)
{
	*text = r->lexer.text + r->v[at].start;
	*len = r->v[at].len;
	if (is_variable(r, at)) {
		++*text;
		--*len;
	}
	if (*len > 1 && strchr("`\"['", **text)) {
		++*text;
		*len -= 2;
	}
}

static bool has_name(const struct reading *r, size_t at,
		     const struct thing *thing)
{
	const char *text;
	size_t len;
	size_t i;

	bare(r, at, &text, &len);
	if (strlen(thing->name) != len)
		return false;
	for (i = 0; i < len; i++)
		if (gm_upper(text[i]) != gm_upper(thing->name[i]))
			return false;
	return true;
}

static struct thing *find(const struct reading *r, enum kind kind, size_t at)
{
	size_t i;

	for (i = 0; i < r->n_things; i++)
		if (r->things[i].kind == kind && has_name(r, at, &r->things[i]))
			return &r->things[i];
	return NULL;
}

static void drop(struct reading *r, enum kind kind, size_t at)
{
	struct thing *thing = at < r->n ? find(r, kind, at) : NULL;

	if (!thing)
		return;
	free(thing->name);
	*thing = r->things[--r->n_things];
}

static void keep(struct reading *r, enum kind kind, size_t at, bool lost)
{
	struct thing *thing;
	const char *text;
	size_t len;

	if (at >= r->n)
		return;
	drop(r, kind, at);
	bare(r, at, &text, &len);
	GM_GROW(r->things, r->n_things, r->things_cap);
	thing = &r->things[r->n_things++];
	thing->kind = kind;
	thing->name = gm_strndup(text, len);
	thing->maker = r->index;
	thing->lost = lost;
}

static const struct thing *first_lost(const struct reading *r, unsigned kinds)
{
	size_t i;

	for (i = 0; i < r->n_things; i++)
		if (r->things[i].lost && kinds & (1u << r->things[i].kind))
			return &r->things[i];
	return NULL;
}

/* The temporary table that the statement names, if it is lost. */
static const struct thing *lost_table(const struct reading *r)
{
	size_t i;

	for (i = 0; i < r->n; i++) {
		const struct thing *table =
			r->v[i].type == GM_TOKEN_WORD ||
					r->v[i].type == GM_TOKEN_QUOTED
				? find(r, TABLE, i)
				: NULL;

		if (table && table->lost)
			return table;
	}
	return NULL;
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
		const struct thing *thing;

		if (in(r, at, moments) ||
		    (r->v[at].type == GM_TOKEN_WORD && sign(r, at + 1, "(") &&
		     !in(r, at, steady)))
			return false;
		if (!is_variable(r, at))
			continue;
		thing = find(r, VARIABLE, at);
		if (thing ? thing->lost : r->caller != NOBODY)
			return false;
	}
	return true;
}

/* The next comma outside of parentheses, or the end. */
static size_t part_end(const struct reading *r, size_t at)
{
	size_t depth = 0;

	for (; at < r->n; at++) {
		if (sign(r, at, "("))
			depth++;
		else if (depth && sign(r, at, ")"))
			depth--;
		else if (!depth && sign(r, at, ","))
			break;
	}
	return at;
}

/* Locks are taken all at once, and end so. */
static void drop_locks(struct reading *r)
{
	size_t i;

	r->locker = NOBODY;
	for (i = r->n_things; i-- > 0;)
		if (r->things[i].kind == LOCKS) {
			free(r->things[i].name);
			r->things[i] = r->things[--r->n_things];
		}
}

/* LOCK TABLES that has run. A lock on a temporary table is lost with it. */
static void leave_locks(struct reading *r)
{
	const struct thing *table = lost_table(r);
	size_t at;

	drop_locks(r);
	r->locker = r->index;
	for (at = 1; table && at < r->n; at++)
		if (find(r, TABLE, at) == table) {
			keep(r, LOCKS, at, true);
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
		end = part_end(r, at);
		lost[at] = !is_steady(r, at + 1, end);
	}
	for (at = 1; at < r->n; at = part_end(r, at) + 1) {
		bool variable = is_variable(r, at);
		size_t name = at + in(r, at, scopes);

		again |= !variable || !lost[at];
		if (variable || lost[at])
			keep(r, variable ? VARIABLE : SETTING, name, lost[at]);
		else
			drop(r, SETTING, name);
	}
	r->out->again[r->index] = again;
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
		if (r->v[at].type == GM_TOKEN_WORD ||
		    r->v[at].type == GM_TOKEN_QUOTED)
			drop(r, TABLE, at);
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
	       (behind_into && (is_variable(r, at) || sign(r, at, ",")));
}

/* PREPARE name FROM … , or AS …, as PostgreSQL has it. */
static void leave_prepare(struct reading *r)
{
	bool lost = first_lost(r, 1u << TABLE) ||
		    (is(r, 2, "FROM") && !is_steady(r, 3, r->n));

	keep(r, PREPARED, 1, lost);
}

static void leave_other(struct reading *r)
{
	size_t name = temporary_name(r);
	bool behind_into = false;
	size_t at;

	for (at = 1; at < r->n; at++) {
		behind_into = goes_on_into(r, at, behind_into);
		if (is_variable(r, at) && is_assigned(r, at, behind_into))
			keep(r, VARIABLE, at, true);
	}
	if (name < r->n)
		keep(r, TABLE, name, true);
	else if (is(r, 0, "PREPARE") && !(r->statement.flags))
		leave_prepare(r);
	else if (is(r, 0, "DEALLOCATE") ||
		 (is(r, 0, "DROP") && is(r, 1, "PREPARE")))
		drop(r, PREPARED, r->n - 1);
	else if (is(r, 0, "DROP"))
		leave_drop(r);
	if (in(r, 0, calls))
		r->caller = r->index;
	if (in(r, 0, adders))
		r->adder = r->index;
	if (r->statement.flags & GM_STATEMENT_LOCKS)
		leave_locks(r);
	if (r->statement.flags & GM_STATEMENT_UNLOCKS)
		drop_locks(r);
}

static void leave(struct reading *r)
{
	bool session = r->statement.flags & GM_STATEMENT_SESSION;

	if (is(r, 0, "DISCARD"))
		while (r->n_things)
			free(r->things[--r->n_things].name);
	if (session && is(r, 0, "SET"))
		leave_set(r);
	else if (session)
		r->out->again[r->index] = true;
	else
		leave_other(r);
}

/* The rest needs it: no more has to be known. */
static int miss(struct reading *r, char *what, size_t maker)
{
	r->out->missing = what;
	r->out->maker = maker;
	r->out->reader = r->index;
	r->out->reader_start = r->statement.start;
	return 1;
}

static int miss_thing(struct reading *r, const struct thing *thing)
{
	static const char *const forms[] = {
		[VARIABLE] = "the variable '@%s'",
		[TABLE] = "the temporary table '%s'",
		[PREPARED] = "the prepared statement '%s'",
		[SETTING] = "the setting '%s'",
		[LOCKS] = "the lock on the temporary table '%s'",
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
	const struct thing *thing = find(r, VARIABLE, at);
	const char *text;
	size_t len;

	if (thing)
		return thing->lost ? miss_thing(r, thing) : 0;
	if (r->caller == NOBODY)
		return 0;
	bare(r, at, &text, &len);
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
		end = part_end(r, at);
		for (i = at + 1; !ret && i < end; i++)
			if (is_variable(r, i))
				ret = take_variable(r, i);
	}
	for (at = 1; at < r->n; at = part_end(r, at) + 1)
		if (is_variable(r, at))
			keep(r, VARIABLE, at, false);
	return ret;
}

static int take_variables(struct reading *r)
{
	bool behind_into = false;
	size_t at;
	int ret = 0;

	for (at = 1; !ret && at < r->n; at++) {
		behind_into = goes_on_into(r, at, behind_into);
		if (!is_variable(r, at))
			continue;
		if (behind_into || sign(r, at + 1, ":="))
			keep(r, VARIABLE, at, false);
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
			return miss(r,
				    gm_format("what %.*s() says",
					      (int)r->v[at].len,
					      r->lexer.text + r->v[at].start),
				    r->adder);
	r->changed |= in(r, 0, changers);
	return 0;
}

static int take_other(struct reading *r)
{
	const struct thing *thing = NULL;
	size_t name = temporary_name(r);

	if (name < r->n)
		drop(r, TABLE, name);
	else if (is(r, 0, "DROP") && in(r, 1, temporary) && is(r, 3, "IF"))
		leave_drop(r);
	else if (is(r, 0, "PREPARE"))
		drop(r, PREPARED, 1);
	if (in(r, 0, calls))
		thing = first_lost(r, 1u << TABLE | 1u << VARIABLE);
	if (!thing)
		thing = lost_table(r);
	if (!thing && (is(r, 0, "EXECUTE") || is(r, 0, "DEALLOCATE")))
		thing = find(r, PREPARED, is(r, 0, "EXECUTE") ? 1 : r->n - 1);
	if (thing && thing->lost)
		return miss_thing(r, thing);
	return take_variables(r);
}

/* A statement of the rest: 1 where it needs what is missing. */
static int take(struct reading *r)
{
	const struct thing *thing = first_lost(r, 1u << SETTING | 1u << LOCKS);
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

	for (i = 0; i < r->n_things; i++)
		if (r->things[i].kind == PREPARED && !r->things[i].lost)
			r->out->again[r->things[i].maker] = true;
	if (r->locker == NOBODY)
		return;
	r->out->again[r->locker] = true;
	r->out->locks = r->locker + 1;
}

static void read_tokens(struct reading *r, const struct gm_lexer *lexer)
{
	struct gm_token token;

	r->lexer = *lexer;
	r->lexer.pos = r->statement.start;
	r->lexer.len = r->statement.start + r->statement.len;
	r->lexer.in_live_comment = false;
	r->n = 0;
	for (;;) {
		gm_lexer_next_code(&r->lexer, &token);
		if (token.type == GM_TOKEN_END)
			return;
		GM_GROW(r->v, r->n, r->cap);
		r->v[r->n++] = token;
	}
}

int gm_leavings_find(struct gm_leavings *out, const struct gm_dialect *dialect,
		     const char *text, size_t len, size_t n,
		     struct gm_error *err)
{
	struct reading r = {
		.out = out, .caller = NOBODY, .adder = NOBODY, .locker = NOBODY
	};
	struct gm_splitter splitter;
	struct gm_lexer before;
	int ret;

	memset(out, 0, sizeof(*out));
	out->again = gm_calloc(n ? n : 1, sizeof(*out->again));
	out->n = n;
	gm_splitter_init(&splitter, dialect, text, len);
	for (;; r.index++) {
		before = splitter.lexer;
		ret = gm_splitter_next(&splitter, &r.statement, err);
		if (r.index == n)
			conclude(&r);
		if (ret <= 0 || (r.index >= n && !r.n_things &&
				 r.caller == NOBODY && r.adder == NOBODY))
			break;
		read_tokens(&r, &before);
		if (r.index < n)
			leave(&r);
		else if (take(&r))
			break;
	}
	while (r.n_things)
		free(r.things[--r.n_things].name);
	free(r.things);
	free(r.v);
	return ret < 0 ? ret : 0;
}

void gm_leavings_release(struct gm_leavings *leavings)
{
	free(leavings->again);
	free(leavings->missing);
	memset(leavings, 0, sizeof(*leavings));
}
