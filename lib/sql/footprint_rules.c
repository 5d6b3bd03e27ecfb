/*
 * What the databases' statements touch: one list of patterns for each
 * dialect. What no pattern fits is unknown.
 */
#include "sql/reading.h"

#define IF_EXISTS "[IF] [EXISTS] "
#define IF_NOT_EXISTS "[IF] [NOT] [EXISTS] "

#define IN_TABLE                                                               \
	(1u << GM_OBJECT_COLUMN | 1u << GM_OBJECT_CONSTRAINT |                 \
	 1u << GM_OBJECT_VALUE | 1u << GM_OBJECT_SETTING |                     \
	 1u << GM_OBJECT_GRANT)

/* Those that stay in the database. */
#define KEPT_PRAGMAS                                                           \
	"USER_VERSION|APPLICATION_ID|JOURNAL_MODE|AUTO_VACUUM|PAGE_SIZE|"      \
	"ENCODING"

/* Those that tell something, or that are the session's. */
#define PASSING_PRAGMAS                                                        \
	"FOREIGN_KEYS|DEFER_FOREIGN_KEYS|FOREIGN_KEY_CHECK|FOREIGN_KEY_LIST|"  \
	"INTEGRITY_CHECK|QUICK_CHECK|LEGACY_ALTER_TABLE|RECURSIVE_TRIGGERS|"   \
	"SYNCHRONOUS|CACHE_SIZE|TEMP_STORE|MMAP_SIZE|BUSY_TIMEOUT|OPTIMIZE|"   \
	"ANALYSIS_LIMIT|TABLE_INFO|TABLE_XINFO|TABLE_LIST|INDEX_LIST|"         \
	"INDEX_INFO|INDEX_XINFO|COMPILE_OPTIONS|WAL_CHECKPOINT|"               \
	"WAL_AUTOCHECKPOINT|INCREMENTAL_VACUUM|IGNORE_CHECK_CONSTRAINTS|"      \
	"CASE_SENSITIVE_LIKE|SECURE_DELETE|LOCKING_MODE|AUTOMATIC_INDEX|"      \
	"TRUSTED_SCHEMA|QUERY_ONLY|SHRINK_MEMORY|DATABASE_LIST"

/* clang-format off */
#define QUERIES                                                                \
	{ "SELECT", GM_REST_SELECT },                                          \
	{ "VALUES", GM_REST_NONE },                                            \
	{ "WITH", GM_REST_WITH }

#define ITEMS                                                                  \
	{ "CONSTRAINT create:constraint", GM_REST_DEFINITION },                \
	{ "PRIMARY KEY", GM_REST_PRIMARY_ITEM },                               \
	{ "FOREIGN KEY", GM_REST_DEFINITION },                                 \
	{ "UNIQUE ^ (", GM_REST_UNIQUE_ITEM },                                 \
	{ "CHECK ^ (", GM_REST_DEFINITION }

static const struct gm_footprint_rule sqlite_statements[] = {
	{ "CREATE TEMP|TEMPORARY TABLE " IF_NOT_EXISTS "scratch:table",
	  GM_REST_TABLE },
	{ "CREATE TEMP|TEMPORARY *", GM_REST_UNKNOWN },
	{ "CREATE TABLE " IF_NOT_EXISTS "create:table", GM_REST_TABLE },
	{ "CREATE VIRTUAL TABLE " IF_NOT_EXISTS "create:table",
	  GM_REST_VIRTUAL },
	{ "CREATE VIEW " IF_NOT_EXISTS "create:view", GM_REST_VIEW },
	{ "CREATE UNIQUE INDEX " IF_NOT_EXISTS "create:index ON guard:table",
	  GM_REST_INDEX },
	{ "CREATE INDEX " IF_NOT_EXISTS "create:index ON use:table",
	  GM_REST_INDEX },
	{ "CREATE TRIGGER " IF_NOT_EXISTS "create:trigger ^ ... ON guard:table",
	  GM_REST_BODY },
	{ "DROP TABLE " IF_EXISTS "drop:table", GM_REST_NONE },
	{ "DROP VIEW " IF_EXISTS "drop:view", GM_REST_NONE },
	{ "DROP INDEX " IF_EXISTS "drop:index", GM_REST_NONE },
	{ "DROP TRIGGER " IF_EXISTS "drop:trigger", GM_REST_NONE },
	{ "ALTER TABLE drop:table RENAME TO create:table", GM_REST_NONE },
	{ "ALTER TABLE use:table", GM_REST_CHANGES },
	{ "INSERT OR IGNORE INTO insert:table", GM_REST_INSERT },
	{ "INSERT OR REPLACE INTO put:table", GM_REST_INSERT },
	{ "INSERT [OR] [ABORT|FAIL|ROLLBACK] INTO insert:table",
	  GM_REST_INSERT },
	{ "REPLACE INTO put:table", GM_REST_INSERT },
	{ "UPDATE OR IGNORE|REPLACE update:table", GM_REST_UPDATE_BY_KEY },
	{ "UPDATE [OR] [ABORT|FAIL|ROLLBACK] update:table", GM_REST_UPDATE },
	{ "DELETE FROM delete:table", GM_REST_DELETE },
	QUERIES,
	{ "PRAGMA WRITABLE_SCHEMA", GM_REST_UNKNOWN },
	{ "PRAGMA ^ * . " KEPT_PRAGMAS " =|(", GM_REST_PRAGMA },
	{ "PRAGMA ^ " KEPT_PRAGMAS " =|(", GM_REST_PRAGMA },
	{ "PRAGMA * . " KEPT_PRAGMAS "|" PASSING_PRAGMAS, GM_REST_NONE },
	{ "PRAGMA " KEPT_PRAGMAS "|" PASSING_PRAGMAS, GM_REST_NONE },
	{ "BEGIN|COMMIT|END|ROLLBACK|SAVEPOINT|RELEASE", GM_REST_NONE },
	{ "ANALYZE use:table", GM_REST_NONE },
	{ "REINDEX use:index", GM_REST_NONE },
	{ "ANALYZE|VACUUM|EXPLAIN|REINDEX", GM_REST_NONE },
	{ NULL, GM_REST_NONE }
};

static const struct gm_footprint_rule sqlite_changes[] = {
	{ "RENAME COLUMN drop:column TO create:column", GM_REST_NONE },
	{ "RENAME drop:column TO create:column", GM_REST_NONE },
	{ "DROP COLUMN drop:column", GM_REST_NONE },
	{ "DROP drop:column", GM_REST_NONE },
	{ "ADD COLUMN create:column", GM_REST_COLUMN },
	{ "ADD create:column", GM_REST_COLUMN },
	{ NULL, GM_REST_NONE }
};

static const struct gm_footprint_rule sqlite_items[] = {
	ITEMS,
	{ "create:column", GM_REST_COLUMN },
	{ NULL, GM_REST_NONE }
};

const struct gm_footprint_rules gm_footprint_sqlite = {
	.flags = GM_FOLD_QUOTED | GM_LATE_VIEWS | GM_LATE_TRIGGERS |
		 GM_UNCOUNTED,
	.in_table = IN_TABLE,
	.relations = 1u << GM_OBJECT_TABLE | 1u << GM_OBJECT_VIEW |
		     1u << GM_OBJECT_INDEX,
	.home = "main",
	.counters = "sqlite_sequence",
	.statements = sqlite_statements,
	.changes = sqlite_changes,
	.items = sqlite_items,
};

static const struct gm_footprint_rule postgres_statements[] = {
	{ "CREATE [GLOBAL|LOCAL] TEMP|TEMPORARY TABLE " IF_NOT_EXISTS
	  "scratch:table", GM_REST_TABLE },
	{ "CREATE [GLOBAL|LOCAL] TEMP|TEMPORARY *", GM_REST_UNKNOWN },
	{ "CREATE [UNLOGGED] TABLE " IF_NOT_EXISTS "create:table",
	  GM_REST_TABLE },
	{ "CREATE FOREIGN TABLE " IF_NOT_EXISTS "create:table",
	  GM_REST_TABLE },
	{ "CREATE MATERIALIZED VIEW " IF_NOT_EXISTS "create:view",
	  GM_REST_FILLED_VIEW },
	{ "CREATE [RECURSIVE] VIEW create:view", GM_REST_VIEW },
	{ "CREATE OR REPLACE [RECURSIVE] VIEW replace:view", GM_REST_VIEW },
	{ "CREATE UNIQUE INDEX [CONCURRENTLY] ON [ONLY] guard:table",
	  GM_REST_NAMELESS_INDEX },
	{ "CREATE UNIQUE INDEX [CONCURRENTLY] " IF_NOT_EXISTS
	  "create:index ON [ONLY] guard:table", GM_REST_INDEX },
	{ "CREATE INDEX [CONCURRENTLY] ON [ONLY] use:table",
	  GM_REST_NAMELESS_INDEX },
	{ "CREATE INDEX [CONCURRENTLY] " IF_NOT_EXISTS
	  "create:index ON [ONLY] use:table", GM_REST_INDEX },
	{ "CREATE SEQUENCE " IF_NOT_EXISTS "create:sequence", GM_REST_NONE },
	{ "CREATE TYPE|DOMAIN create:type", GM_REST_NONE },
	{ "CREATE AGGREGATE create:function", GM_REST_AGGREGATE },
	{ "CREATE OR REPLACE AGGREGATE replace:function", GM_REST_AGGREGATE },
	{ "CREATE FUNCTION|PROCEDURE create:function", GM_REST_STRING_BODY },
	{ "CREATE OR REPLACE FUNCTION|PROCEDURE replace:function",
	  GM_REST_STRING_BODY },
	{ "CREATE [CONSTRAINT] TRIGGER create:trigger ^ ... ON guard:table ... "
	  "EXECUTE FUNCTION|PROCEDURE use:function", GM_REST_TRIGGER },
	{ "CREATE OR REPLACE [CONSTRAINT] TRIGGER replace:trigger ^ ... ON "
	  "guard:table ... EXECUTE FUNCTION|PROCEDURE use:function",
	  GM_REST_TRIGGER },
	{ "CREATE POLICY create:policy ON use:table", GM_REST_BODY },
	/* It watches a table as a trigger does. */
	{ "CREATE OR REPLACE RULE replace:trigger ^ AS ON * TO guard:table",
	  GM_REST_BODY },
	{ "CREATE RULE create:trigger ^ AS ON * TO guard:table", GM_REST_BODY },
	{ "CREATE STATISTICS " IF_NOT_EXISTS "create:setting ^ ... FROM "
	  "use:table", GM_REST_INDEX },
	{ "CREATE SCHEMA " IF_NOT_EXISTS "create:schema", GM_REST_NONE },
	{ "CREATE EXTENSION " IF_NOT_EXISTS "create:extension",
	  GM_REST_NONE },
	{ "CREATE ROLE|USER|GROUP create:role", GM_REST_NONE },

	{ "DROP [FOREIGN] TABLE " IF_EXISTS "drop:table", GM_REST_DROP },
	{ "DROP [MATERIALIZED] VIEW " IF_EXISTS "drop:view", GM_REST_DROP },
	{ "DROP INDEX [CONCURRENTLY] " IF_EXISTS "drop:index", GM_REST_DROP },
	{ "DROP SEQUENCE " IF_EXISTS "drop:sequence", GM_REST_DROP },
	{ "DROP TYPE|DOMAIN " IF_EXISTS "drop:type", GM_REST_DROP },
	{ "DROP FUNCTION|PROCEDURE|AGGREGATE|ROUTINE " IF_EXISTS
	  "drop:function", GM_REST_DROP },
	{ "DROP TRIGGER " IF_EXISTS "drop:trigger ON guard:table",
	  GM_REST_DROP },
	{ "DROP RULE " IF_EXISTS "drop:trigger ON guard:table", GM_REST_DROP },
	{ "DROP POLICY " IF_EXISTS "drop:policy ON use:table", GM_REST_DROP },
	{ "DROP SCHEMA " IF_EXISTS "drop:schema", GM_REST_DROP },
	{ "DROP EXTENSION " IF_EXISTS "drop:extension", GM_REST_DROP },
	{ "DROP ROLE|USER|GROUP " IF_EXISTS "drop:role", GM_REST_DROP },

	{ "ALTER [FOREIGN] TABLE " IF_EXISTS
	  "[ONLY] drop:table RENAME TO create:table", GM_REST_NONE },
	{ "ALTER [FOREIGN] TABLE " IF_EXISTS "[ONLY] drop:table SET SCHEMA "
	  "use:schema", GM_REST_NONE },
	{ "ALTER [FOREIGN] TABLE " IF_EXISTS "[ONLY] use:table",
	  GM_REST_CHANGES },
	{ "ALTER [MATERIALIZED] VIEW " IF_EXISTS
	  "drop:view RENAME TO create:view", GM_REST_NONE },
	{ "ALTER [MATERIALIZED] VIEW " IF_EXISTS "alter:view", GM_REST_NONE },
	{ "ALTER INDEX " IF_EXISTS "drop:index RENAME TO create:index",
	  GM_REST_NONE },
	{ "ALTER INDEX " IF_EXISTS "alter:index", GM_REST_NONE },
	{ "ALTER SEQUENCE " IF_EXISTS "drop:sequence RENAME TO "
	  "create:sequence", GM_REST_NONE },
	{ "ALTER SEQUENCE " IF_EXISTS "alter:sequence OWNED BY use:column",
	  GM_REST_NONE },
	{ "ALTER SEQUENCE " IF_EXISTS "alter:sequence", GM_REST_NONE },
	{ "ALTER TYPE use:type ADD VALUE " IF_NOT_EXISTS "create:value "
	  "^ BEFORE|AFTER use:value", GM_REST_PLACE },
	{ "ALTER TYPE use:type ADD VALUE " IF_NOT_EXISTS "create:value",
	  GM_REST_PLACE },
	{ "ALTER TYPE use:type RENAME VALUE drop:value TO create:value",
	  GM_REST_NONE },
	{ "ALTER TYPE|DOMAIN drop:type RENAME TO create:type", GM_REST_NONE },
	{ "ALTER TYPE judge:type ... , ADD|DROP|ALTER ATTRIBUTE",
	  GM_REST_UNKNOWN },
	{ "ALTER TYPE judge:type ADD ATTRIBUTE create:column", GM_REST_NONE },
	{ "ALTER TYPE judge:type DROP ATTRIBUTE " IF_EXISTS "drop:column",
	  GM_REST_NONE },
	{ "ALTER TYPE judge:type ALTER ATTRIBUTE alter:column",
	  GM_REST_NONE },
	{ "ALTER TYPE alter:type RENAME ATTRIBUTE drop:column TO "
	  "create:column", GM_REST_NONE },
	{ "ALTER DOMAIN judge:type ADD|VALIDATE", GM_REST_NONE },
	{ "ALTER DOMAIN judge:type SET|DROP NOT|DEFAULT", GM_REST_NONE },
	{ "ALTER TYPE|DOMAIN alter:type", GM_REST_NONE },
	{ "ALTER FUNCTION|PROCEDURE|AGGREGATE alter:function", GM_REST_NONE },
	{ "ALTER TRIGGER drop:trigger ON use:table RENAME TO create:trigger",
	  GM_REST_NONE },
	{ "ALTER POLICY alter:policy ON use:table", GM_REST_BODY },
	{ "ALTER SCHEMA drop:schema RENAME TO create:schema", GM_REST_NONE },
	{ "ALTER SCHEMA alter:schema", GM_REST_NONE },
	{ "ALTER EXTENSION alter:extension", GM_REST_NONE },
	{ "ALTER ROLE|USER|GROUP alter:role", GM_REST_NONE },

	{ "COMMENT ON COLUMN ^ use:column", GM_REST_COMMENT },
	{ "COMMENT ON TABLE ^ use:table", GM_REST_COMMENT },
	{ "COMMENT ON INDEX ^ use:index", GM_REST_COMMENT },
	{ "COMMENT ON SEQUENCE ^ use:sequence", GM_REST_COMMENT },
	{ "COMMENT ON [MATERIALIZED] VIEW ^ use:view", GM_REST_COMMENT },
	{ "COMMENT ON TYPE|DOMAIN ^ use:type", GM_REST_COMMENT },
	{ "COMMENT ON FUNCTION|PROCEDURE ^ use:function", GM_REST_COMMENT },
	{ "COMMENT ON SCHEMA ^ use:schema", GM_REST_COMMENT },
	{ "COMMENT ON EXTENSION ^ use:extension", GM_REST_COMMENT },
	{ "COMMENT ON CONSTRAINT ^ use:constraint ON use:table",
	  GM_REST_COMMENT },
	{ "COMMENT ON TRIGGER ^ use:trigger ON use:table", GM_REST_COMMENT },
	{ "COMMENT ON POLICY ^ use:policy ON use:table", GM_REST_COMMENT },
	{ "GRANT|REVOKE ... ON ALL", GM_REST_UNKNOWN },
	{ "GRANT ... ON SCHEMA use:schema", GM_REST_NONE },
	{ "GRANT ... ON SEQUENCE use:sequence", GM_REST_NONE },
	{ "GRANT ... ON TYPE use:type", GM_REST_NONE },
	{ "GRANT ... ON FUNCTION|PROCEDURE use:function", GM_REST_NONE },
	{ "GRANT ... ON [TABLE] use:table", GM_REST_GRANT },
	{ "REVOKE ... ON SCHEMA use:schema", GM_REST_NONE },
	{ "REVOKE ... ON SEQUENCE use:sequence", GM_REST_NONE },
	{ "REVOKE ... ON TYPE use:type", GM_REST_NONE },
	{ "REVOKE ... ON FUNCTION|PROCEDURE use:function", GM_REST_NONE },
	{ "REVOKE ... ON [TABLE] use:table", GM_REST_REVOKE },
	{ "GRANT use:role TO alter:role", GM_REST_NONE },
	{ "REVOKE use:role FROM alter:role", GM_REST_NONE },

	{ "INSERT INTO insert:table", GM_REST_INSERT },
	{ "UPDATE [ONLY] update:table", GM_REST_UPDATE },
	{ "DELETE FROM [ONLY] delete:table", GM_REST_DELETE },
	{ "MERGE INTO [ONLY] merge:table", GM_REST_MERGE },
	{ "TRUNCATE [TABLE] [ONLY] delete:table", GM_REST_TRUNCATE },
	{ "COPY insert:table ^ ... FROM", GM_REST_INSERT },
	{ "COPY use:table ^ (", GM_REST_INSERT },
	{ "COPY ( ^ SELECT|WITH|TABLE", GM_REST_SELECT },
	{ "COPY use:table", GM_REST_NONE },
	{ "COPY", GM_REST_NONE },
	{ "REFRESH MATERIALIZED VIEW [CONCURRENTLY] use:view", GM_REST_NONE },
	{ "^ SELECT ... INTO TEMP|TEMPORARY [TABLE] scratch:table",
	  GM_REST_SELECT },
	{ "^ SELECT ... INTO [UNLOGGED] [TABLE] create:table",
	  GM_REST_SELECT },
	QUERIES,
	{ "REINDEX [(] ... INDEX [CONCURRENTLY] use:index", GM_REST_NONE },
	{ "REINDEX TABLE [CONCURRENTLY] use:table", GM_REST_NONE },
	{ "CLUSTER use:table USING use:index", GM_REST_NONE },
	{ "SET [SESSION|LOCAL] SEARCH_PATH", GM_REST_PATH },
	{ "SET|RESET|SHOW|BEGIN|START|COMMIT|END|ROLLBACK", GM_REST_NONE },
	{ "LOCK [TABLE] [ONLY] use:table", GM_REST_NAMES },
	{ "ANALYZE [VERBOSE] use:table", GM_REST_INDEX },
	{ "VACUUM [FULL] [FREEZE] [VERBOSE] [ANALYZE] use:table",
	  GM_REST_INDEX },
	{ "EXPLAIN ^ SELECT", GM_REST_SELECT },
	{ "EXPLAIN *", GM_REST_UNKNOWN },
	{ "SAVEPOINT|RELEASE|ANALYZE|VACUUM|LOCK|DISCARD", GM_REST_NONE },
	{ "REINDEX|CLUSTER|CHECKPOINT|NOTIFY", GM_REST_NONE },
	{ NULL, GM_REST_NONE }
};

static const struct gm_footprint_rule postgres_changes[] = {
	{ "RENAME CONSTRAINT drop:constraint TO create:constraint",
	  GM_REST_NONE },
	{ "RENAME [COLUMN] drop:column TO create:column", GM_REST_NONE },
	{ "DROP CONSTRAINT " IF_EXISTS "drop:constraint", GM_REST_NONE },
	{ "DROP [COLUMN] " IF_EXISTS "drop:column", GM_REST_NONE },
	{ "ADD CONSTRAINT create:constraint UNIQUE|PRIMARY [KEY] USING INDEX "
	  "drop:index", GM_REST_KEY },
	{ "ADD CONSTRAINT create:constraint PRIMARY KEY",
	  GM_REST_NAMED_PRIMARY },
	{ "ADD CONSTRAINT create:constraint", GM_REST_KEY },
	{ "ADD FOREIGN KEY ^ (", GM_REST_FOREIGN },
	{ "ADD PRIMARY KEY ^ (", GM_REST_PRIMARY },
	{ "ADD UNIQUE ^ (", GM_REST_UNIQUE },
	{ "ADD CHECK ^ (", GM_REST_CHECK },
	{ "ADD EXCLUDE ^ (", GM_REST_EXCLUDE },
	{ "ADD EXCLUDE USING * ^ (", GM_REST_EXCLUDE },
	{ "ADD UNIQUE|PRIMARY [KEY] USING INDEX drop:index", GM_REST_KEY },
	{ "ADD [COLUMN] " IF_NOT_EXISTS "create:column", GM_REST_COLUMN },
	{ "ALTER CONSTRAINT alter:constraint", GM_REST_NONE },
	{ "ALTER [COLUMN] alter:column [SET] [DATA] TYPE", GM_REST_TYPE },
	{ "ALTER [COLUMN] ^ use:column SET|DROP DEFAULT", GM_REST_DEFAULT },
	{ "ALTER [COLUMN] ^ use:column SET|DROP NOT NULL", GM_REST_NOT_NULL },
	{ "ALTER [COLUMN] ^ use:column ADD|RESTART", GM_REST_DEFAULT },
	{ "ALTER [COLUMN] ^ use:column DROP IDENTITY", GM_REST_DEFAULT },
	{ "ALTER [COLUMN] ^ use:column SET STATISTICS|STORAGE|COMPRESSION|(",
	  GM_REST_COLUMN_SETTING },
	{ "ALTER [COLUMN] ^ use:column RESET (", GM_REST_COLUMN_SETTING },
	{ "ALTER [COLUMN] ^ use:column SET", GM_REST_DEFAULT },
	{ "ALTER [COLUMN] alter:column", GM_REST_KEY },
	{ "VALIDATE CONSTRAINT alter:constraint", GM_REST_NONE },
	{ "ATTACH|DETACH PARTITION alter:table", GM_REST_ATTACH },
	{ "[NO] INHERIT ^ use:table", GM_REST_HEIR },
	{ "ENABLE|DISABLE|FORCE [ALWAYS|REPLICA] TRIGGER|RULE alter:trigger",
	  GM_REST_KEY },
	{ "ENABLE|DISABLE|FORCE|NO ^ *", GM_REST_SETTING },
	{ "^ OWNER TO use:role", GM_REST_SETTING },
	{ "SET|RESET ^ *", GM_REST_SETTING },
	{ "^ CLUSTER ON use:index", GM_REST_SETTING },
	{ "^ REPLICA IDENTITY USING INDEX use:index", GM_REST_SETTING },
	{ "CLUSTER|REPLICA ^ *", GM_REST_SETTING },
	{ NULL, GM_REST_NONE }
};

static const struct gm_footprint_rule postgres_items[] = {
	ITEMS,
	{ "UNIQUE NULLS", GM_REST_DEFINITION },
	{ "EXCLUDE USING", GM_REST_NONE },
	{ "EXCLUDE (", GM_REST_NONE },
	{ "^ LIKE *", GM_REST_TABLE },
	{ "create:column", GM_REST_COLUMN },
	{ NULL, GM_REST_NONE }
};

const struct gm_footprint_rules gm_footprint_postgres = {
	.flags = GM_CASCADES | GM_NAMED_TYPES | GM_OVERLOADS |
		 GM_SHORT_ROWS | GM_PARTITIONS,
	.name_max = 63,
	.home = "public",
	.in_table = IN_TABLE | 1u << GM_OBJECT_TRIGGER |
		    1u << GM_OBJECT_POLICY,
	.relations = 1u << GM_OBJECT_TABLE | 1u << GM_OBJECT_VIEW |
		     1u << GM_OBJECT_INDEX | 1u << GM_OBJECT_SEQUENCE |
		     1u << GM_OBJECT_TYPE,
	.statements = postgres_statements,
	.changes = postgres_changes,
	.items = postgres_items,
};

static const struct gm_footprint_rule mysql_statements[] = {
	{ "CREATE TEMPORARY TABLE " IF_NOT_EXISTS "scratch:table",
	  GM_REST_TABLE },
	{ "CREATE TEMPORARY *", GM_REST_UNKNOWN },
	{ "CREATE TABLE " IF_NOT_EXISTS "create:table", GM_REST_TABLE },
	{ "CREATE OR REPLACE TABLE replace:table", GM_REST_TABLE },
	{ "CREATE OR REPLACE ... VIEW replace:view", GM_REST_VIEW },
	{ "CREATE UNIQUE INDEX " IF_NOT_EXISTS
	  "create:index [USING] [BTREE|HASH] ON guard:table", GM_REST_INDEX },
	{ "CREATE [FULLTEXT|SPATIAL] INDEX " IF_NOT_EXISTS
	  "create:index [USING] [BTREE|HASH] ON use:table", GM_REST_INDEX },
	{ "CREATE DATABASE|SCHEMA " IF_NOT_EXISTS "create:schema",
	  GM_REST_NONE },
	{ "CREATE SEQUENCE " IF_NOT_EXISTS "create:sequence", GM_REST_NONE },
	{ "CREATE USER|ROLE " IF_NOT_EXISTS "create:role", GM_REST_NONE },
	{ "CREATE OR REPLACE ... FUNCTION replace:function",
	  GM_REST_LATE_BODY },
	{ "CREATE OR REPLACE ... PROCEDURE replace:procedure",
	  GM_REST_LATE_BODY },
	{ "CREATE ... VIEW " IF_NOT_EXISTS "create:view", GM_REST_VIEW },
	{ "CREATE ... TRIGGER " IF_NOT_EXISTS "create:trigger ^ ... ON "
	  "guard:table FOR EACH ROW FOLLOWS|PRECEDES use:trigger",
	  GM_REST_ORDERED_BODY },
	{ "CREATE ... TRIGGER " IF_NOT_EXISTS
	  "create:trigger ^ ... ON guard:table", GM_REST_ORDERED_BODY },
	{ "CREATE ... FUNCTION " IF_NOT_EXISTS "create:function",
	  GM_REST_LATE_BODY },
	{ "CREATE ... PROCEDURE " IF_NOT_EXISTS "create:procedure",
	  GM_REST_LATE_BODY },
	{ "CREATE ... EVENT " IF_NOT_EXISTS "create:event",
	  GM_REST_LATE_BODY },

	{ "DROP [TEMPORARY] TABLE " IF_EXISTS "drop:table", GM_REST_DROP },
	{ "DROP VIEW " IF_EXISTS "drop:view", GM_REST_DROP },
	{ "DROP INDEX " IF_EXISTS "drop:index ON use:table", GM_REST_NONE },
	{ "DROP TRIGGER " IF_EXISTS "drop:trigger", GM_REST_NONE },
	{ "DROP FUNCTION " IF_EXISTS "drop:function", GM_REST_NONE },
	{ "DROP PROCEDURE " IF_EXISTS "drop:procedure", GM_REST_NONE },
	{ "DROP EVENT " IF_EXISTS "drop:event", GM_REST_NONE },
	{ "DROP SEQUENCE " IF_EXISTS "drop:sequence", GM_REST_DROP },
	{ "DROP DATABASE|SCHEMA " IF_EXISTS "drop:schema", GM_REST_NONE },
	{ "DROP USER|ROLE " IF_EXISTS "drop:role", GM_REST_DROP },

	{ "RENAME TABLE|TABLES " IF_EXISTS, GM_REST_RENAMES },
	{ "ALTER TABLE " IF_EXISTS "drop:table RENAME [TO|AS] create:table $",
	  GM_REST_NONE },
	{ "ALTER TABLE " IF_EXISTS "use:table", GM_REST_CHANGES },
	{ "ALTER ... VIEW alter:view", GM_REST_VIEW },
	/* The letters of tables that don't say theirs. */
	{ "ALTER DATABASE|SCHEMA ... CHARACTER|CHARSET|COLLATE",
	  GM_REST_UNKNOWN },
	{ "ALTER DATABASE|SCHEMA alter:schema", GM_REST_NONE },
	{ "ALTER FUNCTION alter:function", GM_REST_NONE },
	{ "ALTER PROCEDURE alter:procedure", GM_REST_NONE },
	{ "ALTER ... EVENT alter:event", GM_REST_NONE },
	{ "ALTER USER|ROLE alter:role", GM_REST_NONE },

	{ "GRANT|REVOKE", GM_REST_UNKNOWN },

	{ "INSERT [LOW_PRIORITY|DELAYED|HIGH_PRIORITY] IGNORE [INTO] "
	  "insert:table", GM_REST_INSERT },
	{ "INSERT [LOW_PRIORITY|DELAYED|HIGH_PRIORITY] [INTO] insert:table",
	  GM_REST_INSERT },
	{ "REPLACE [LOW_PRIORITY|DELAYED] [INTO] put:table", GM_REST_INSERT },
	{ "UPDATE [LOW_PRIORITY] IGNORE update:table", GM_REST_UPDATE_BY_KEY },
	{ "UPDATE [LOW_PRIORITY] update:table", GM_REST_UPDATE },
	{ "DELETE [LOW_PRIORITY] [QUICK] [IGNORE] FROM delete:table",
	  GM_REST_DELETE },
	{ "DELETE [LOW_PRIORITY] [QUICK] [IGNORE] ^ *", GM_REST_DELETE_FROM },
	{ "TRUNCATE [TABLE] delete:table", GM_REST_TRUNCATE },
	{ "LOAD DATA|XML", GM_REST_UNKNOWN },
	QUERIES,
	{ "SET STATEMENT", GM_REST_UNKNOWN },
	{ "SET ... FOREIGN_KEY_CHECKS|@@FOREIGN_KEY_CHECKS",
	  GM_REST_UNCHECKED },
	{ "SET", GM_REST_SELECT },
	{ "USE|SHOW|BEGIN|START|COMMIT|ROLLBACK|SAVEPOINT", GM_REST_NONE },
	{ "CHECK|CHECKSUM TABLE", GM_REST_NONE },
	{ "RELEASE|LOCK|UNLOCK|ANALYZE|OPTIMIZE|EXPLAIN|DESCRIBE|FLUSH",
	  GM_REST_NONE },
	{ NULL, GM_REST_NONE }
};

#define PLACE_INDEX                                                            \
	{ "UNIQUE [INDEX|KEY] ^ (", GM_REST_UNIQUE },                          \
	{ "UNIQUE [INDEX|KEY] create:index", GM_REST_KEY },                    \
	{ "INDEX|KEY [USING] [BTREE|HASH] ^ (", GM_REST_UNIQUE_ITEM },         \
	{ "INDEX|KEY " IF_NOT_EXISTS "create:index", GM_REST_DEFINITION },     \
	{ "FULLTEXT|SPATIAL [INDEX|KEY] create:index", GM_REST_DEFINITION }

static const struct gm_footprint_rule mysql_changes[] = {
	{ "ADD|DROP|TRUNCATE|COALESCE|REORGANIZE PARTITION",
	  GM_REST_PARTITION },
	{ "ADD|DROP SYSTEM VERSIONING", GM_REST_UNKNOWN },
	{ "ADD PERIOD FOR", GM_REST_UNKNOWN },
	{ "RENAME COLUMN drop:column TO create:column", GM_REST_NONE },
	{ "RENAME INDEX|KEY drop:index TO create:index", GM_REST_NONE },
	{ "CHANGE [COLUMN] " IF_EXISTS "drop:column create:column",
	  GM_REST_COLUMN },
	{ "MODIFY [COLUMN] " IF_EXISTS "alter:column", GM_REST_COLUMN },
	{ "DROP PRIMARY KEY", GM_REST_NO_PRIMARY },
	{ "DROP FOREIGN KEY " IF_EXISTS "drop:constraint", GM_REST_NONE },
	{ "DROP CONSTRAINT|CHECK " IF_EXISTS "drop:constraint",
	  GM_REST_NONE },
	{ "DROP INDEX|KEY " IF_EXISTS "drop:index", GM_REST_NONE },
	{ "DROP [COLUMN] " IF_EXISTS "drop:column", GM_REST_NONE },
	{ "ADD PRIMARY KEY", GM_REST_PRIMARY },
	{ "ADD CONSTRAINT create:constraint PRIMARY KEY",
	  GM_REST_NAMED_PRIMARY },
	{ "ADD CONSTRAINT create:constraint", GM_REST_KEY },
	{ "ADD FOREIGN KEY", GM_REST_FOREIGN },
	{ "ADD CHECK", GM_REST_CHECK },
	{ "ADD ^ UNIQUE|INDEX|KEY|FULLTEXT|SPATIAL", GM_REST_ITEMS },
	{ "ADD [COLUMN] ^ (", GM_REST_ITEMS },
	{ "ADD [COLUMN] " IF_NOT_EXISTS "create:column", GM_REST_COLUMN },
	{ "ALTER INDEX alter:index", GM_REST_NONE },
	{ "ALTER [COLUMN] ^ use:column SET|DROP DEFAULT", GM_REST_DEFAULT },
	{ "ALTER [COLUMN] alter:column", GM_REST_KEY },
	{ "RENAME [TO|AS] create:table", GM_REST_UNKNOWN },
	{ "^ COMMENT|ENGINE|AUTO_INCREMENT|ROW_FORMAT|DEFAULT|CHARACTER",
	  GM_REST_SETTING },
	{ "CONVERT TO ^ CHARACTER|CHARSET", GM_REST_CONVERT },
	{ "ALGORITHM|LOCK|ORDER|FORCE|ENABLE|DISABLE", GM_REST_NONE },
	{ NULL, GM_REST_NONE }
};

static const struct gm_footprint_rule mysql_items[] = {
	PLACE_INDEX,
	ITEMS,
	{ "create:column", GM_REST_COLUMN },
	{ NULL, GM_REST_NONE }
};
/* clang-format on */

const struct gm_footprint_rules gm_footprint_mysql = {
	.flags = GM_FOLD_QUOTED | GM_WIDE_KEYS | GM_INDEXED_KEYS |
		 GM_LATE_TRIGGERS | GM_KEEPS_SHAPE,
	.in_table = IN_TABLE | 1u << GM_OBJECT_INDEX,
	.relations = 1u << GM_OBJECT_TABLE | 1u << GM_OBJECT_VIEW |
		     1u << GM_OBJECT_SEQUENCE,
	.statements = mysql_statements,
	.changes = mysql_changes,
	.items = mysql_items,
};
