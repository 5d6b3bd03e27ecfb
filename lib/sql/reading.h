/*
 * A statement being read for its footprint: its tokens, without blanks and
 * comments, and how far the reading has come. Private to the footprint.
 */
#ifndef GM_SQL_READING_H
#define GM_SQL_READING_H

#include "base/strbuf.h"
#include "sql/footprint.h"
#include "sql/rules.h"

struct gm_name {
	/* NULL where it isn't written. */
	char *schema;
	char *name;
};

struct gm_reading {
	const struct gm_dialect *dialect;
	const struct gm_footprint_rules *rules;
	struct gm_lexer lexer;
	struct gm_token *v;
	size_t n;
	size_t cap;
	/* The next token to read, and where the part being read ends. */
	size_t at;
	size_t end;
	struct gm_footprint *out;
	/* Of the statement: its line, its fingerprint, where in `out` its
	 * objects begin. */
	size_t line;
	char statement[GM_HASH_HEX];
	size_t first;
	/* The table that the statement is about; its name is NULL until one
	 * is met. */
	struct gm_name table;
	/* Added to whatever is touched. */
	unsigned how;
	/* Names that stand for queries. */
	struct gm_strings ctes;
	/* WITH in WITH: how often the rules were asked. */
	size_t depth;
	/* What the pattern has captured first. */
	enum gm_object_kind kind;
	unsigned touches;
	/* Behind the table's name there may be another one for it. */
	bool named;
	/* The script has set where names without a schema are looked up. */
	bool elsewhere;
	/* The same of foreign keys: a table goes though rows refer to it. */
	bool unchecked;
};

/* What is read behind a pattern. */
enum gm_rest {
	GM_REST_NONE,
	/* Further names of the same sort, behind commas. */
	GM_REST_NAMES,
	GM_REST_DROP,
	/* CREATE TABLE behind the name. */
	GM_REST_TABLE,
	/* The changes of an ALTER TABLE, behind commas. */
	GM_REST_CHANGES,
	/* A column, constraint or index as CREATE TABLE has it. */
	GM_REST_COLUMN,
	GM_REST_DEFINITION,
	/* A constraint on what the table holds. */
	GM_REST_KEY,
	GM_REST_PRIMARY,
	/* The same, of one that has a name. */
	GM_REST_NAMED_PRIMARY,
	GM_REST_NO_PRIMARY,
	GM_REST_INDEX,
	GM_REST_NAMELESS_INDEX,
	/* UNIQUE (a), PRIMARY KEY (a) without a name. */
	GM_REST_UNIQUE,
	GM_REST_UNIQUE_ITEM,
	GM_REST_PRIMARY_ITEM,
	/* The same of a foreign key and a check. */
	GM_REST_FOREIGN,
	GM_REST_EXCLUDE,
	GM_REST_CHECK,
	/* At a column's name: SET DEFAULT x. */
	GM_REST_DEFAULT,
	/* The same: SET NOT NULL, SET STATISTICS 100. */
	GM_REST_NOT_NULL,
	GM_REST_COLUMN_SETTING,
	/* A column's new type, USING an expression. */
	GM_REST_TYPE,
	/* A change of the table's partitions; one whose columns have to fit. */
	GM_REST_PARTITION,
	GM_REST_ATTACH,
	/* [NO] INHERIT, at the other table's name. */
	GM_REST_HEIR,
	GM_REST_TRUNCATE,
	/* A trigger that calls a function. */
	GM_REST_TRIGGER,
	/* USING a module. */
	GM_REST_VIRTUAL,
	/* At its name. */
	GM_REST_PRAGMA,
	/* (a int, b int): several of them. */
	GM_REST_ITEMS,
	/* A query that is kept: it needs what it names. */
	GM_REST_VIEW,
	/* The same, and its rows are kept along with it. */
	GM_REST_FILLED_VIEW,
	/* A routine's body in the statement, or in a string. */
	GM_REST_BODY,
	/* The same of a trigger, which has its place among others. */
	GM_REST_ORDERED_BODY,
	GM_REST_STRING_BODY,
	/* One that nobody looks at before it runs. */
	GM_REST_LATE_BODY,
	/* (SFUNC = f, …). */
	GM_REST_AGGREGATE,
	GM_REST_SELECT,
	GM_REST_INSERT,
	GM_REST_UPDATE,
	/* A key decides what becomes of a row. */
	GM_REST_UPDATE_BY_KEY,
	GM_REST_MERGE,
	GM_REST_DELETE,
	/* DELETE a, b FROM …, at the first name. */
	GM_REST_DELETE_FROM,
	GM_REST_WITH,
	/* a TO b, c TO d */
	GM_REST_RENAMES,
	/* The words behind it name a setting of the table. */
	GM_REST_SETTING,
	/* At the name of what has it. */
	GM_REST_COMMENT,
	/* Where a value goes: BEFORE 'a', AFTER 'a', at the end. */
	GM_REST_PLACE,
	/* TO role, role. */
	GM_REST_GRANT,
	GM_REST_REVOKE,
	/* CONVERT TO CHARACTER SET. */
	GM_REST_CONVERT,
	/* SET search_path. */
	GM_REST_PATH,
	/* SET foreign_key_checks. */
	GM_REST_UNCHECKED,
	GM_REST_UNKNOWN
};

/*
 * Patterns are those of struct gm_statement_rule, and may hold captures in
 * lower case, TOUCH:KIND: there a name stands. A table that is captured first
 * is the one that the statement is about. `^` is where the rest begins; it
 * is behind the pattern where there is none.
 */
struct gm_footprint_rule {
	const char *pattern;
	enum gm_rest rest;
};

/* What a table's keys are called where no name is written: those that a
 * foreign key or an upsert needs, and the index that its own need. */
#define GM_PRIMARY_KEY "primary key"
#define GM_UNIQUE_KEY "unique key"
#define GM_FOREIGN_KEY "foreign key"
/* A setting: the column that counts by itself, of which there is one. */
#define GM_COUNTER "counter"
/* A setting: the table as a whole, of which there is a copy. */
#define GM_COPIED "definition"
/* The same where its columns are another's, too, and change with it. */
#define GM_INHERITED "inheritance"

/* The same, as it is for a table that a query makes of it. */
#define GM_SHAPE "shape"
/* The same: what partitions it has. */
#define GM_PARTS "partitions"
/* Where an enumeration's value, or a trigger, without a place goes. */
#define GM_LAST "last"

enum gm_footprint_flag {
	/* Quoted names fold as well. */
	GM_FOLD_QUOTED = 1u << 0,
	/* CASCADE takes along what no text tells. */
	GM_CASCADES = 1u << 1,
	/* A view's query is looked at when the view is used, and so is what a
	 * foreign key refers to. */
	GM_LATE_VIEWS = 1u << 2,
	/* A column's type is an object. */
	GM_NAMED_TYPES = 1u << 3,
	/* A foreign key's name is the database's. */
	GM_WIDE_KEYS = 1u << 4,
	/* A foreign key needs an index on its own columns. */
	GM_INDEXED_KEYS = 1u << 5,
	/* Functions of one name differ in their arguments. */
	GM_OVERLOADS = 1u << 6,
	/* A row that is added may have less values than the table columns. */
	GM_SHORT_ROWS = 1u << 7,
	/* A table's parts are tables. */
	GM_PARTITIONS = 1u << 8,
	/* A trigger's body is looked at when it runs. */
	GM_LATE_TRIGGERS = 1u << 9,
	/* Among a row's values those of generated columns aren't counted. */
	GM_UNCOUNTED = 1u << 10,
	/* What a query makes a table of is NOT NULL, and has the default, as
	 * where it was read. */
	GM_KEEPS_SHAPE = 1u << 11
};

struct gm_footprint_rules {
	unsigned flags;
	/* Names are cut behind so many bytes; such a database also makes up
	 * names from a table's and its columns'. 0: neither. */
	size_t name_max;
	/* Kinds that belong to a table, so that their names need be unique
	 * there only; a bit for each. */
	unsigned in_table;
	/* Kinds whose names may not be the same either. */
	unsigned relations;
	/* The schema that is meant where none is named; NULL: it can't be
	 * told. */
	const char *home;
	/* The table that holds where all counters stand; NULL: none does. */
	const char *counters;
	/* Each ends in a NULL pattern. */
	const struct gm_footprint_rule *statements;
	const struct gm_footprint_rule *changes;
	const struct gm_footprint_rule *items;
};

extern const struct gm_footprint_rules gm_footprint_sqlite;
extern const struct gm_footprint_rules gm_footprint_postgres;
extern const struct gm_footprint_rules gm_footprint_mysql;

/* The footprint's own: adds an object of the statement, or adds to what is
 * done to it. Strings are copied; owner and schema may be NULL. */
void gm_reading_add(struct gm_reading *r, enum gm_object_kind kind,
		    unsigned touches, const char *schema, const char *owner,
		    const char *name);
void gm_reading_unknown(struct gm_reading *r, const char *reason);
/* Adds what is called by the name at r->at, if there is one, and reads it. */
void gm_reading_named(struct gm_reading *r, enum gm_object_kind kind,
		      unsigned touches);
/* A part of the statement's table. */
void gm_reading_part(struct gm_reading *r, enum gm_object_kind kind,
		     unsigned touches, const char *name);
void gm_reading_tokens(struct gm_reading *r, const char *text, size_t start,
		       size_t len);
bool gm_reading_is(const struct gm_reading *r, size_t at, const char *word);
bool gm_reading_in(const struct gm_reading *r, size_t at,
		   const char *const *words);
/* Whether the word ends so: FINALFUNC in FUNC. */
bool gm_reading_ends(const struct gm_reading *r, size_t at, const char *word);
bool gm_reading_sign(const struct gm_reading *r, size_t at, char sign);
/* Past the token at `at`, or past the parenthesis that it opens. */
size_t gm_reading_skip(const struct gm_reading *r, size_t at);
/* The next comma from `at` on, outside of parentheses; r->end where there is
 * none. */
size_t gm_reading_comma(const struct gm_reading *r, size_t at);
/* The next of these words from `at` on, outside of parentheses; r->end where
 * there is none. */
size_t gm_reading_find(const struct gm_reading *r, size_t at,
		       const char *const *words);

/* Names. */
bool gm_reading_is_name(const struct gm_reading *r, size_t at);
char *gm_reading_fold(const struct gm_reading *r, size_t at);
/* Reads a name with dots in it, up to the last two parts; false where there
 * is none. */
bool gm_reading_name(struct gm_reading *r, struct gm_name *name);
void gm_name_release(struct gm_name *name);

/* Tries the rules at r->at, and reads the rest. False: none fits. */
bool gm_reading_apply(struct gm_reading *r,
		      const struct gm_footprint_rule *rules);
void gm_reading_rest(struct gm_reading *r, enum gm_rest rest,
		     enum gm_object_kind kind, unsigned touches);

/* What follows reads from r->at to r->end. */
void gm_read_table(struct gm_reading *r);
void gm_read_changes(struct gm_reading *r);
/* At the name of a table whose columns and checks this one has. */
void gm_read_heir(struct gm_reading *r);
void gm_read_items(struct gm_reading *r);
void gm_read_column(struct gm_reading *r);
void gm_read_definition(struct gm_reading *r);
/* The statement's table has to have rows that fit; the same, and what is
 * behind is read as a definition. */
void gm_guard_rows(struct gm_reading *r);
void gm_read_key(struct gm_reading *r);

/* What is called at `at`. */
void gm_read_callee(struct gm_reading *r, size_t at);
/* Behind nextval, or behind NEXT VALUE FOR. */
void gm_read_sequence(struct gm_reading *r, unsigned touches);

void gm_read_insert(struct gm_reading *r);
void gm_read_update(struct gm_reading *r);
void gm_read_update_by_key(struct gm_reading *r);
void gm_read_merge(struct gm_reading *r);
void gm_read_delete(struct gm_reading *r);
void gm_read_delete_from(struct gm_reading *r);
void gm_read_with(struct gm_reading *r);

/*
 * Takes all tables and columns of a query, which may also be of the
 * statement's table; `touch` is what is done to them.
 */
void gm_read_query(struct gm_reading *r, unsigned touch);
/* The query up to `end`, whose rows go into the statement's table: its
 * columns aren't that table's. */
void gm_read_apart(struct gm_reading *r, size_t end);
/* A view's query, or a trigger's body. */
void gm_read_body(struct gm_reading *r, bool is_view);
/* Before EXECUTE FUNCTION. */
void gm_read_trigger(struct gm_reading *r);
/* Behind a virtual table's name. */
void gm_read_virtual(struct gm_reading *r);
/* A routine's name, and its arguments' types: "f(int4,text)". */
bool gm_read_callable(struct gm_reading *r, struct gm_name *name);

/* What is made without a name of its own: "t_a_b_key" of the columns at the
 * parenthesis `at`, of a column whose definition is at r->at, or of columns
 * that are joined already. */
void gm_imply(struct gm_reading *r, enum gm_object_kind kind,
	      const char *columns, const char *suffix);
void gm_imply_listed(struct gm_reading *r, enum gm_object_kind kind, size_t at,
		     const char *suffix);
void gm_imply_check(struct gm_reading *r);
/* A constraint's that is counted: "t_ibfk_1", "constraint_1"; without the
 * number, which isn't known. */
void gm_imply_numbered(struct gm_reading *r, const char *suffix);
void gm_imply_by_column(struct gm_reading *r);

/* The same, of a top-level SELECT: functions may do anything. */
void gm_read_select(struct gm_reading *r);
void gm_read_string_body(struct gm_reading *r);

#endif
