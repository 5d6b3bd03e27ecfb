/*
 * What the server's answer to a statement of the user's means: whether it may
 * be tried again, what it leaves behind in its session, and what of it stays
 * though it failed.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "drivers/mysql.h"
#include "sql/split.h"

/* "Some non-transactional changed tables couldn't be rolled back". */
#define NOT_ALL_ROLLED_BACK 1196

/* Somebody else was in the way: what is tried again may well succeed. */
int gm_mysql_judge_busy(const struct gm_mysql_client *client, int ret,
			struct gm_error *err)
{
	unsigned number = gm_mysql_errno(client);

	if (ret != GM_ESQL ||
	    (number != GM_MYSQL_LOCK_TIMEOUT && number != GM_MYSQL_DEADLOCK))
		return ret;
	if (err)
		err->code = GM_EBUSY;
	return GM_EBUSY;
}

/* Whether the statement begins with one of the words. */
static bool begins_with(const char *sql, size_t len, const char *const *words)
{
	struct gm_lexer lexer;
	struct gm_token token;

	gm_lexer_init(&lexer, &gm_dialect_mysql, sql, len);
	do {
		gm_lexer_next(&lexer, &token);
	} while (token.type == GM_TOKEN_SPACE ||
		 token.type == GM_TOKEN_COMMENT);
	return gm_token_in(&lexer, &token, words);
}

/* What has done nothing when it waited for a lock in vain. A routine or a
 * block may have done something before. */
static const char *const whole[] = { "ALTER",	"CREATE", "DELETE",   "DROP",
				     "INSERT",	"LOCK",	  "OPTIMIZE", "RENAME",
				     "REPLACE", "SELECT", "TRUNCATE", "UPDATE",
				     NULL };

/* What is cut short without an error, by functions that take long. */
static const char *const lenient[] = { "DO", "SELECT", NULL };

/* What the server keeps of a statement's warnings, unless it is told more. */
#define MOST_WARNINGS 64

/* Warnings of a statement, each kind once. */
struct warnings {
	size_t n;
	struct {
		char *text;
		size_t count;
	} v[MOST_WARNINGS];
};

/* Those that only name other rows are of one kind. */
static int add_warning(void *context, const struct gm_value *columns, size_t n)
{
	struct warnings *w = context;
	char *text = n > 2 ? gm_value_to_text(&columns[2]) : NULL;
	const char *row = text ? strstr(text, " at row ") : NULL;
	size_t len = row ? (size_t)(row - text) + 1 : 0;
	size_t i;

	if (!text)
		return 0;
	for (i = 0; i < w->n; i++)
		if (len ? !strncmp(w->v[i].text, text, len)
			: !strcmp(w->v[i].text, text))
			break;
	if (i < w->n || i == MOST_WARNINGS) {
		free(text);
	} else {
		w->v[w->n].text = text;
		w->v[w->n++].count = 0;
	}
	if (i < w->n)
		w->v[i].count++;
	return 0;
}

static void tell_warnings(struct gm_mysql_db *db, unsigned total)
{
	struct warnings *w = gm_calloc(1, sizeof(*w));
	size_t told = 0;
	size_t i;

	gm_mysql_exec(db->session, "SHOW WARNINGS LIMIT 64", 0, add_warning, w,
		      NULL);
	for (i = 0; i < w->n; i++) {
		char *text = w->v[i].count == 1
				     ? gm_strdup(w->v[i].text)
				     : gm_format("%s (%zu times)", w->v[i].text,
						 w->v[i].count);

		db->notice(db->notice_context, text);
		told += w->v[i].count;
		free(text);
		free(w->v[i].text);
	}
	if (told < total) {
		char *text = gm_format("and %zu more warnings, which the "
				       "server doesn't tell",
				       total - told);

		db->notice(db->notice_context, text);
		free(text);
	}
	free(w);
}

/* What one may be tried again behind, or not: a look at what the server says
 * of the statement. An error comes without the session's state, which this
 * brings. */
static int look_for_rest(void *context, const struct gm_value *columns,
			 size_t n)
{
	if (n > 1 && gm_value_to_int(&columns[1]) == NOT_ALL_ROLLED_BACK)
		*(bool *)context = true;
	return 0;
}

void gm_mysql_look_for_rest(struct gm_mysql_db *db)
{
	gm_mysql_exec(db->session, "SHOW WARNINGS", 0, look_for_rest, &db->half,
		      NULL);
}

/* The words of a statement, for a list of names. */
struct names {
	const char *sql;
	size_t len;
	bool found;
};

static int find_name(void *context, const struct gm_value *columns, size_t n)
{
	struct names *names = context;
	struct gm_lexer lexer;
	struct gm_token token;
	const char *text;
	size_t quotes;

	gm_lexer_init(&lexer, &gm_dialect_mysql, names->sql, names->len);
	for (;;) {
		gm_lexer_next(&lexer, &token);
		if (token.type == GM_TOKEN_END || !n || names->found)
			return 0;
		quotes = token.type == GM_TOKEN_QUOTED;
		if (!quotes && token.type != GM_TOKEN_WORD)
			continue;
		text = names->sql + token.start + quotes;
		names->found = columns[0].len == token.len - 2 * quotes &&
			       !strncasecmp(text, columns[0].text,
					    columns[0].len);
	}
}

#define USERS_OWN                                                              \
	" table_schema NOT IN ('mysql', 'sys', 'information_schema',"          \
	" 'performance_schema')"

/* Whether the statement names a table that takes nothing back. */
static bool names_lasting(struct gm_mysql_db *db, const char *sql, size_t len)
{
	static const char text[] =
		"SELECT table_name FROM information_schema.tables"
		" WHERE engine <> 'InnoDB' AND" USERS_OWN;
	struct names names = { sql, len, false };

	if (!db->committing &&
	    gm_mysql_exec(db->ledger, text, 0, find_name, &names, NULL) < 0)
		return true;
	return names.found;
}

static int get_number(void *context, const struct gm_value *columns, size_t n)
{
	if (n)
		*(int64_t *)context = gm_value_to_int(&columns[0]);
	return 0;
}

#define OURS                                                                   \
	" WHERE REPLACE(grantee, '\\'', '') = CURRENT_USER()"                  \
	" AND privilege_type = 'TRIGGER'"

/*
 * What a statement wrote is in the tables that it names, where there is no
 * trigger, no view and no function that it could have reached others by. Who
 * isn't allowed to see triggers can't tell.
 */
int gm_mysql_takes_back(struct gm_db *base, struct gm_error *err)
{
	static const char sql[] =
		"SELECT NOT EXISTS (SELECT 1 FROM information_schema.tables"
		" WHERE COALESCE(engine, '') <> 'InnoDB' AND" USERS_OWN ")"
		" AND NOT EXISTS (SELECT 1 FROM information_schema.triggers"
		" WHERE trigger_schema <> 'sys')"
		" AND NOT EXISTS (SELECT 1 FROM information_schema.routines"
		" WHERE routine_type = 'FUNCTION'"
		" AND routine_schema NOT IN ('sys', 'mysql'))"
		" AND (EXISTS (SELECT 1 FROM information_schema"
		".user_privileges" OURS ")"
		" OR EXISTS (SELECT 1 FROM information_schema"
		".schema_privileges" OURS " AND table_schema = ?))";
	struct gm_mysql_db *db = (struct gm_mysql_db *)base;
	struct gm_value schema = gm_value_text(db->place.database);
	int64_t sure = 0;
	int ret = gm_mysql_query(db->ledger, sql, &schema, 1, get_number, &sure,
				 err);

	return ret < 0 ? ret : sure != 0;
}

/* Errors of a CALL, and of any statement, that come before it does a thing. */
static bool has_not_begun(unsigned number)
{
	return number == GM_MYSQL_SYNTAX || number == GM_MYSQL_NO_ROUTINE ||
	       number == GM_MYSQL_ROUTINE_ARGUMENTS ||
	       number == GM_MYSQL_DENIED_ROUTINE;
}

/*
 * Whether what failed may have done a part of what it does, which stays. In a
 * transaction the server tells that for sure, if only when that is rolled
 * back; otherwise not for each statement.
 */
static void judge_rest(struct gm_mysql_db *db, const char *sql, size_t len)
{
	static const char *const rows[] = { "DELETE",  "INSERT", "LOAD",
					    "REPLACE", "UPDATE", "WITH",
					    NULL };
	unsigned number = gm_mysql_errno(db->session);

	gm_mysql_look_for_rest(db);
	if (db->half || has_not_begun(number))
		return;
	if (gm_statement_flags(&gm_dialect_mysql, sql, len) &
	    GM_STATEMENT_SEVERAL)
		db->half = true;
	else if (!gm_mysql_in_transaction(db->session) &&
		 begins_with(sql, len, rows))
		db->half = names_lasting(db, sql, len);
}

/* A statement failed: what does it mean. */
static int judge_failure(struct gm_mysql_db *db, const char *sql, size_t len,
			 bool was_open, struct gm_error *err)
{
	unsigned number = gm_mysql_errno(db->session);

	gm_mysql_keep_ledger(db);
	judge_rest(db, sql, len);
	if (number == GM_MYSQL_INTERRUPTED &&
	    atomic_exchange(&db->interrupted, false))
		return gm_error_set(err, GM_EINTERRUPTED, "interrupted");
	if (number != GM_MYSQL_LOCK_TIMEOUT)
		return GM_ESQL;
	gm_mysql_name_blocker(db, err);
	if (db->half || !begins_with(sql, len, whole) ||
	    (was_open && !gm_mysql_in_transaction(db->session)))
		return GM_ESQL;
	if (err)
		err->code = GM_EBUSY;
	return GM_EBUSY;
}

/* What was refused doesn't tell what it had changed before. */
static void look_for_traces(struct gm_mysql_db *db, const char *sql, size_t len,
			    int ret)
{
	if (ret < 0 || !db->tracks || gm_mysql_changed_session(db->session) ||
	    gm_mysql_kind(sql, len) == GM_MYSQL_OTHER)
		db->used = true;
	if (!ret && gm_mysql_has_numbered(db->session))
		db->numbered = true;
}

/* What a statement's answer means. */
int gm_mysql_judge(struct gm_mysql_db *db, const char *sql, size_t len,
		   bool was_open, int ret, struct gm_error *err)
{
	unsigned warnings;

	look_for_traces(db, sql, len, ret);
	if (ret == GM_ESQL)
		return judge_failure(db, sql, len, was_open, err);
	if (!ret && atomic_load(&db->interrupted) &&
	    begins_with(sql, len, lenient)) {
		atomic_store(&db->interrupted, false);
		return gm_error_set(err, GM_EINTERRUPTED, "interrupted");
	}
	warnings = !ret && db->notice ? gm_mysql_warnings(db->session) : 0;
	if (warnings)
		tell_warnings(db, warnings);
	return ret;
}
