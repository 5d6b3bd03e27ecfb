/*
 * What the suite has to say, in each dialect.
 */
#include "suite.h"

#include <stdio.h>

static const char *const sqlite_spoil[] = { "PRAGMA case_sensitive_like = ON",
					    "PRAGMA recursive_triggers = ON",
					    NULL };

static const char *const postgres_spoil[] = {
	"SET search_path = pg_catalog", "SET statement_timeout = 12345",
	"SET standard_conforming_strings = off", NULL
};

static const char *const mysql_spoil[] = {
	"SET SESSION sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'",
	"SET NAMES latin1", "SET SESSION autocommit = 0", "USE mysql", NULL
};

static const struct suite_texts all[] = {
	{
		.dialect = &gm_dialect_sqlite,
		.leftovers = "SELECT 'DROP ' || type || ' ' || name"
			     " FROM sqlite_schema WHERE name LIKE 'gmt%'"
			     " AND type IN ('table', 'view')",
		.endless = "WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL"
			   " SELECT n + 1 FROM c) SELECT count(*) FROM c",
		.syntax_code = "",
		.duplicate_code = "",
		.schema = "SELECT 'main'",
		.spoil = sqlite_spoil,
		.spoilt = "SELECT 'a' LIKE 'A', recursive_triggers"
			  " FROM pragma_recursive_triggers",
		.outside_only = "VACUUM",
	},
	{
		.dialect = &gm_dialect_postgres,
		.leftovers = "SELECT 'DROP ' || CASE table_type WHEN 'VIEW'"
			     " THEN 'VIEW ' ELSE 'TABLE ' END || 'IF EXISTS '"
			     " || table_name || ' CASCADE'"
			     " FROM information_schema.tables"
			     " WHERE table_schema = current_schema()"
			     " AND table_name LIKE 'gmt%'",
		.endless = "SELECT pg_sleep(3600)",
		.syntax_code = "42601",
		.duplicate_code = "23505",
		.schema = "SELECT current_schema()",
		.spoil = postgres_spoil,
		.spoilt = "SELECT current_setting('search_path'),"
			  " current_setting('statement_timeout'),"
			  " current_setting('standard_conforming_strings')",
		.remarkable = "DROP TABLE IF EXISTS gmt_none",
		.outside_only = "CREATE INDEX CONCURRENTLY gmt_i"
				" ON gmt_t (n)",
		.copy = "COPY gmt_copy FROM stdin",
		.copy_rows = "1\tone\n2\ta\\tb\\\\c\n",
		.copy_bad_rows = "1\tone\nx\ttwo\n",
		.session_number = "SELECT pg_backend_pid()",
		.end_session = "SELECT pg_terminate_backend(?)",
	},
	{
		.dialect = &gm_dialect_mysql,
		.leftovers = "SELECT CONCAT('DROP ', IF(table_type = 'VIEW',"
			     " 'VIEW ', 'TABLE '), table_name)"
			     " FROM information_schema.tables"
			     " WHERE table_schema = DATABASE()"
			     " AND table_name LIKE 'gmt%'",
		.endless =
			"SELECT COUNT(*) FROM information_schema.collations a,"
			" information_schema.collations b,"
			" information_schema.collations c,"
			" information_schema.collations d,"
			" information_schema.collations e",
		.syntax_code = "42000",
		.duplicate_code = "23000",
		.schema = "SELECT DATABASE()",
		.spoil = mysql_spoil,
		.spoilt = "SELECT @@sql_mode, @@character_set_client,"
			  " @@autocommit, DATABASE()",
		.remarkable = "DROP TABLE IF EXISTS gmt_none",
		.session_number = "SELECT CONNECTION_ID()",
		.end_session = "KILL ?",
	},
};

const struct suite_texts *suite_texts(const struct gm_dialect *dialect)
{
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(all); i++)
		if (all[i].dialect == dialect)
			return &all[i];
	fprintf(stderr, "tests/drivers/texts.c has no texts for %s\n",
		gm_dialect_name(dialect));
	exit(1);
}
