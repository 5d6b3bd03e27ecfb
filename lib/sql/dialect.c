/*
 * The dialects' tables: all that sets them apart.
 */
#include "sql/dialect.h"

#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/reading.h"
#include "sql/rules.h"

#define TRANSACTION GM_STATEMENT_TRANSACTION
#define OUTSIDE GM_STATEMENT_NO_TRANSACTION
#define SESSION GM_STATEMENT_SESSION
#define BEGINS GM_STATEMENT_BEGINS
#define COMMITS GM_STATEMENT_COMMITS
#define SEVERAL GM_STATEMENT_SEVERAL

static const char *const no_words[] = { NULL };
static const char *const create[] = { "CREATE", NULL };

static const char *const sqlite_operators[] = {
	"->>", "->", "||", "<=", "<>", "<<", ">=", ">>", "==", "!=", NULL
};
static const char *const sqlite_qualifiers[] = { "TEMP", "TEMPORARY", NULL };
static const char *const sqlite_objects[] = { "TRIGGER", NULL };

#define SQLITE_PRAGMAS "JOURNAL_MODE|SYNCHRONOUS"

static const struct gm_statement_rule sqlite_statements[] = {
	{ "BEGIN", TRANSACTION | BEGINS },
	{ "COMMIT|END", TRANSACTION | COMMITS },
	{ "SAVEPOINT", BEGINS },
	{ "RELEASE", COMMITS },
	{ "ROLLBACK [TRANSACTION] TO", 0 },
	{ "ROLLBACK", TRANSACTION },
	{ "VACUUM", OUTSIDE },
	{ "PRAGMA " SQLITE_PRAGMAS " =|(", OUTSIDE },
	{ "PRAGMA * . " SQLITE_PRAGMAS " =|(", OUTSIDE },
	{ "PRAGMA WAL_CHECKPOINT", OUTSIDE },
	{ "PRAGMA * . WAL_CHECKPOINT", OUTSIDE },
	{ "PRAGMA * =", SESSION },
	{ "ATTACH|DETACH", SESSION },
	{ NULL, 0 }
};

const struct gm_dialect gm_dialect_sqlite = {
	.name = "sqlite",
	.now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')",
	.client = "the sqlite3 shell",
	.lex = GM_LEX_BRACKET_NAMES | GM_LEX_BACKTICK_NAMES | GM_LEX_NAMED |
	       GM_LEX_QUESTION,
	.split = GM_SPLIT_DOT_COMMANDS,
	.raw_prefixes = "x",
	.plain_prefixes = "",
	.escape_prefixes = "",
	.quote_prefix = NULL,
	.operators = sqlite_operators,
	.client_words = no_words,
	.routine_verbs = create,
	.routine_qualifiers = sqlite_qualifiers,
	.routine_objects = sqlite_objects,
	.routine_opener = "BEGIN",
	.statements = sqlite_statements,
	.footprint = &gm_footprint_sqlite,
};

static const char *const postgres_operators[] = { "::", ":=", "..", NULL };
static const char *const postgres_qualifiers[] = { "OR", "REPLACE", NULL };
static const char *const postgres_objects[] = { "FUNCTION", "PROCEDURE", NULL };

#define CONFORMING "STANDARD_CONFORMING_STRINGS"

static const struct gm_statement_rule postgres_statements[] = {
	{ "COPY ... FROM STDIN", GM_STATEMENT_COPY },
	{ "SET [SESSION|LOCAL] " CONFORMING
	  " =|TO OFF|FALSE|NO|0|'OFF'|'FALSE'|'NO'|'0'",
	  SESSION | GM_EFFECT_BACKSLASHES_ON },
	{ "SET [SESSION|LOCAL] " CONFORMING,
	  SESSION | GM_EFFECT_BACKSLASHES_OFF },
	{ "RESET " CONFORMING "|ALL", SESSION | GM_EFFECT_BACKSLASHES_OFF },
	{ "SET LOCAL|TRANSACTION|CONSTRAINTS", 0 },
	{ "SET|RESET", SESSION },
	{ "SELECT [PG_CATALOG] [.] SET_CONFIG ( ... ) $", SESSION },

	{ "COMMIT|ROLLBACK PREPARED", OUTSIDE },
	{ "BEGIN", TRANSACTION | BEGINS },
	{ "START TRANSACTION", TRANSACTION | BEGINS },
	{ "COMMIT|END [WORK|TRANSACTION] AND CHAIN",
	  TRANSACTION | COMMITS | GM_STATEMENT_CHAINS },
	{ "COMMIT|END", TRANSACTION | COMMITS },
	{ "PREPARE TRANSACTION", TRANSACTION | GM_STATEMENT_PREPARES },
	{ "ROLLBACK [WORK|TRANSACTION] TO", 0 },
	{ "ROLLBACK|ABORT [WORK|TRANSACTION] AND CHAIN",
	  TRANSACTION | GM_STATEMENT_CHAINS },
	{ "ROLLBACK|ABORT", TRANSACTION },

	{ "VACUUM", OUTSIDE },
	{ "CREATE [UNIQUE] INDEX CONCURRENTLY", OUTSIDE },
	{ "DROP INDEX CONCURRENTLY", OUTSIDE },
	{ "REINDEX ( ... CONCURRENTLY [=] OFF|FALSE|0", 0 },
	{ "REINDEX ( ... CONCURRENTLY", OUTSIDE },
	{ "REINDEX ... CONCURRENTLY|DATABASE|SYSTEM|SCHEMA", OUTSIDE },
	{ "CLUSTER [VERBOSE] $", OUTSIDE },
	{ "CLUSTER ( ... ) $", OUTSIDE },
	{ "ALTER TABLE ... DETACH PARTITION ... CONCURRENTLY", OUTSIDE },
	{ "CREATE|DROP DATABASE|TABLESPACE", OUTSIDE },
	{ "ALTER DATABASE * SET TABLESPACE", OUTSIDE },
	{ "ALTER SYSTEM", OUTSIDE },
	{ "CREATE SUBSCRIPTION ... WITH ( ... CONNECT|CREATE_SLOT = "
	  "FALSE|OFF|0|'FALSE'|'OFF'|'0'",
	  0 },
	{ "CREATE SUBSCRIPTION", OUTSIDE },
	{ "ALTER SUBSCRIPTION * REFRESH PUBLICATION", OUTSIDE },
	{ "DISCARD ALL", OUTSIDE | SESSION | GM_EFFECT_BACKSLASHES_OFF },
	{ NULL, 0 }
};

const struct gm_dialect gm_dialect_postgres = {
	.name = "postgres",
	.now = "to_char(clock_timestamp() AT TIME ZONE 'UTC',"
	       " 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"')",
	.client = "psql",
	.lex = GM_LEX_UNICODE_PREFIX | GM_LEX_STRINGS_GO_ON |
	       GM_LEX_DOLLAR_QUOTES | GM_LEX_NESTED_COMMENTS |
	       GM_LEX_CR_ENDS_LINE | GM_LEX_OPERATOR_RUNS,
	.split = GM_SPLIT_PARENS | GM_SPLIT_BACKSLASH_COMMANDS,
	.raw_prefixes = "bx",
	.plain_prefixes = "n",
	.escape_prefixes = "e",
	.quote_prefix = "E",
	.operators = postgres_operators,
	.client_words = no_words,
	.routine_verbs = create,
	.routine_qualifiers = postgres_qualifiers,
	.routine_objects = postgres_objects,
	.routine_opener = "ATOMIC",
	.statements = postgres_statements,
	.footprint = &gm_footprint_postgres,
};

static const char *const mysql_operators[] = { "<=>", "->>", "->",  "||", "&&",
					       "<=",  "<>",  "<<",  ">=", ">>",
					       "!=",  ":=",  "\\N", NULL };
static const char *const mysql_verbs[] = { "CREATE", "ALTER", NULL };
static const char *const mysql_qualifiers[] = { "OR", "REPLACE", "AGGREGATE",
						"DEFINER", NULL };
static const char *const mysql_objects[] = { "PROCEDURE", "FUNCTION", "TRIGGER",
					     "EVENT", NULL };
static const char *const mysql_client_words[] = { "SOURCE", NULL };

/* BEGIN and DECLARE as Oracle has them, in its mode. */
#define MYSQL_SEVERAL "BEGIN|CALL|CASE|DECLARE|EXECUTE|FOR|IF|LOOP|REPEAT|WHILE"

static const struct gm_statement_rule mysql_statements[] = {
	{ "SET STATEMENT ... FOR " MYSQL_SEVERAL, SEVERAL },
	{ "SET GLOBAL|@@GLOBAL|PERSIST|@@PERSIST|STATEMENT|PASSWORD", 0 },
	{ "SET ... SQL_MODE|@@SQL_MODE =|:=", SESSION | GM_EFFECT_SQL_MODE },
	{ "SET ... AUTOCOMMIT|@@AUTOCOMMIT =|:=", SESSION | TRANSACTION },
	{ "SET DEFAULT|TRANSACTION", 0 },
	{ "SET|USE", SESSION },
	{ "BEGIN [WORK] $", TRANSACTION | BEGINS | GM_STATEMENT_UNLOCKS },
	{ MYSQL_SEVERAL, SEVERAL },
	{ "XA START|BEGIN|END|PREPARE",
	  TRANSACTION | GM_STATEMENT_DISTRIBUTED },
	{ "COMMIT [WORK] $", TRANSACTION | COMMITS },
	{ "COMMIT|XA", TRANSACTION },
	{ "START TRANSACTION", TRANSACTION | BEGINS | GM_STATEMENT_UNLOCKS },
	{ "LOCK TABLES|TABLE", GM_STATEMENT_LOCKS },
	{ "UNLOCK TABLES|TABLE", GM_STATEMENT_UNLOCKS },
	{ "ROLLBACK [WORK] TO", 0 },
	{ "ROLLBACK", TRANSACTION },
	{ NULL, 0 }
};

/*
 * Words that MySQL since 5.7 and MariaDB both reserve: they are never names,
 * and so their case never matters. Any other word may be a table's name, and
 * on most servers the case of that does.
 */
/* clang-format off */
static const char *const mysql_reserved[] = {
	"ACCESSIBLE", "ADD", "ALL", "ALTER", "ANALYZE", "AND", "AS", "ASC",
	"ASENSITIVE", "BEFORE", "BETWEEN", "BIGINT", "BINARY", "BLOB", "BOTH",
	"BY", "CALL", "CASCADE", "CASE", "CHANGE", "CHAR", "CHARACTER",
	"CHECK", "COLLATE", "COLUMN", "CONDITION", "CONSTRAINT", "CONTINUE",
	"CONVERT", "CREATE", "CROSS", "CURRENT_DATE", "CURRENT_TIME",
	"CURRENT_TIMESTAMP", "CURRENT_USER", "CURSOR", "DATABASES", "DAY_HOUR",
	"DAY_MICROSECOND", "DAY_MINUTE", "DAY_SECOND", "DEC", "DECIMAL",
	"DECLARE", "DEFAULT", "DELAYED", "DELETE", "DESC", "DESCRIBE",
	"DETERMINISTIC", "DISTINCT", "DISTINCTROW", "DIV", "DOUBLE", "DROP",
	"DUAL", "EACH", "ELSE", "ELSEIF", "ENCLOSED", "ESCAPED", "EXISTS",
	"EXIT", "EXPLAIN", "FALSE", "FETCH", "FLOAT", "FLOAT4", "FLOAT8",
	"FOR", "FORCE", "FOREIGN", "FROM", "FULLTEXT", "GRANT", "GROUP",
	"HAVING", "HIGH_PRIORITY", "HOUR_MICROSECOND", "HOUR_MINUTE",
	"HOUR_SECOND", "IF", "IGNORE", "IN", "INDEX", "INFILE", "INNER",
	"INOUT", "INSENSITIVE", "INSERT", "INT", "INT1", "INT2", "INT3",
	"INT4", "INT8", "INTEGER", "INTERVAL", "INTO", "IS", "ITERATE", "JOIN",
	"KEY", "KEYS", "KILL", "LEADING", "LEAVE", "LEFT", "LIKE", "LIMIT",
	"LINEAR", "LINES", "LOAD", "LOCALTIME", "LOCALTIMESTAMP", "LOCK",
	"LONG", "LONGBLOB", "LONGTEXT", "LOOP", "LOW_PRIORITY", "MATCH",
	"MAXVALUE", "MEDIUMBLOB", "MEDIUMINT", "MEDIUMTEXT", "MIDDLEINT",
	"MINUTE_MICROSECOND", "MINUTE_SECOND", "MOD", "MODIFIES", "NATURAL",
	"NOT", "NO_WRITE_TO_BINLOG", "NULL", "NUMERIC", "ON", "OPTIMIZE",
	"OPTIONALLY", "OR", "ORDER", "OUT", "OUTER", "OUTFILE", "PRECISION",
	"PRIMARY", "PROCEDURE", "PURGE", "RANGE", "READ", "READS",
	"READ_WRITE", "REAL", "REFERENCES", "REGEXP", "RELEASE", "RENAME",
	"REPEAT", "REPLACE", "REQUIRE", "RESIGNAL", "RESTRICT", "RETURN",
	"REVOKE", "RIGHT", "RLIKE", "SCHEMAS", "SECOND_MICROSECOND", "SELECT",
	"SENSITIVE", "SEPARATOR", "SET", "SHOW", "SIGNAL", "SMALLINT",
	"SPATIAL", "SPECIFIC", "SQL", "SQLEXCEPTION", "SQLSTATE", "SQLWARNING",
	"SQL_BIG_RESULT", "SQL_CALC_FOUND_ROWS", "SQL_SMALL_RESULT", "SSL",
	"STARTING", "STRAIGHT_JOIN", "TABLE", "TERMINATED", "THEN", "TINYBLOB",
	"TINYINT", "TINYTEXT", "TO", "TRAILING", "TRIGGER", "TRUE", "UNDO",
	"UNION", "UNIQUE", "UNLOCK", "UNSIGNED", "UPDATE", "USAGE", "USE",
	"USING", "UTC_DATE", "UTC_TIME", "UTC_TIMESTAMP", "VALUES",
	"VARBINARY", "VARCHAR", "VARCHARACTER", "VARYING", "WHEN", "WHERE",
	"WHILE", "WITH", "WRITE", "XOR", "YEAR_MONTH", "ZEROFILL",
};
/* clang-format on */

const struct gm_dialect gm_dialect_mysql = {
	.name = "mysql",
	.now = "CONCAT(LEFT(DATE_FORMAT(UTC_TIMESTAMP(3),"
	       " '%Y-%m-%dT%H:%i:%s.%f'), 23), 'Z')",
	.client = "the mysql client",
	.lex = GM_LEX_BACKTICK_NAMES | GM_LEX_DOUBLE_STRINGS |
	       GM_LEX_BACKSLASHES | GM_LEX_DOLLAR_WORDS | GM_LEX_LIVE_COMMENTS |
	       GM_LEX_HASH_COMMENTS | GM_LEX_DASHES_BLANK | GM_LEX_QUESTION |
	       GM_LEX_VARIABLES,
	.split = GM_SPLIT_DELIMITER | GM_SPLIT_BACKSLASH_COMMANDS |
		 GM_SPLIT_BLOCKS | GM_SPLIT_DASH_LINES,
	.raw_prefixes = "bx",
	.plain_prefixes = "n",
	.escape_prefixes = "",
	.quote_prefix = "",
	.operators = mysql_operators,
	.client_words = mysql_client_words,
	.routine_verbs = mysql_verbs,
	.routine_qualifiers = mysql_qualifiers,
	.routine_objects = mysql_objects,
	.routine_opener = "BEGIN",
	.folded = mysql_reserved,
	.folded_len = GM_ARRAY_SIZE(mysql_reserved),
	.statements = mysql_statements,
	.footprint = &gm_footprint_mysql,
};

static const struct gm_dialect *const dialects[] = {
	&gm_dialect_sqlite,
	&gm_dialect_postgres,
	&gm_dialect_mysql,
};

const struct gm_dialect *gm_dialect_find(const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(dialects); i++)
		if (strlen(dialects[i]->name) == len &&
		    !memcmp(dialects[i]->name, name, len))
			return dialects[i];
	return NULL;
}

const char *gm_dialect_name(const struct gm_dialect *dialect)
{
	return dialect->name;
}

const char *gm_dialect_now(const struct gm_dialect *dialect)
{
	return dialect->now;
}

void gm_dialect_quote(const struct gm_dialect *dialect, const char *text,
		      size_t len, struct gm_strbuf *out)
{
	bool escapes = dialect->quote_prefix && len && memchr(text, '\\', len);
	size_t i;

	gm_strbuf_reserve(out, len + 3);
	if (escapes)
		gm_strbuf_adds(out, dialect->quote_prefix);
	gm_strbuf_addc(out, '\'');
	for (i = 0; i < len; i++) {
		if (text[i] == '\'' || (escapes && text[i] == '\\'))
			gm_strbuf_addc(out, text[i]);
		gm_strbuf_addc(out, text[i]);
	}
	gm_strbuf_addc(out, '\'');
}
