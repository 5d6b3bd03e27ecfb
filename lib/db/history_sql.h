/*
 * Within the history: the columns of its table, the texts of its statements,
 * and how they are run. For lib/db/history*.c alone.
 */
#ifndef GM_DB_HISTORY_SQL_H
#define GM_DB_HISTORY_SQL_H

#include "db/history.h"
#include "series/migration.h"

/* The columns of PREFIX_history, in the table's order. */
enum gm_column {
	GM_COLUMN_APP,
	GM_COLUMN_ID,
	GM_COLUMN_CHECKSUM,
	GM_COLUMN_UP,
	GM_COLUMN_DOWN,
	GM_COLUMN_VERIFY,
	GM_COLUMN_PARENTS,
	GM_COLUMN_STATE,
	GM_COLUMN_STARTED,
	GM_COLUMN_DONE,
	GM_COLUMN_TOTAL,
	GM_COLUMN_OWNER,
	GM_COLUMN_BLOB,
	GM_COLUMN_COMMIT,
	GM_COLUMN_DIRTY,
	GM_COLUMN_BRANCH,
	GM_COLUMN_BATCH,
	GM_COLUMN_POSITION,
	GM_COLUMN_APPLIED_AT,
	GM_COLUMN_DURATION,
	GM_COLUMN_APPLIED_BY,
	GM_COLUMN_TOOL_VERSION,
	GM_COLUMN_ERROR,
	/* The log's entry that holds the text. The statements compute it. */
	GM_COLUMN_SOURCE,
	GM_COLUMNS
};

/* Those that have a value in a struct gm_history_row. */
#define GM_ROW_COLUMNS GM_COLUMN_SOURCE

/* A script names the columns, for whoever reads it. What runs doesn't: a
 * database reads it faster, and SQLite does so for each migration. */
struct gm_insert {
	char *named;
	char *brief;
};

struct gm_history_sql {
	char *table;
	char *history_name;
	/* The schema in `table`, if any, is where the session happens to be. */
	bool is_schema_found;
	char *create[4];
	char *set_version;
	char *version;
	char *load;
	char *load_states;
	struct gm_insert claim;
	char *update;
	char *progress;
	/* NULL where the driver can't tell. */
	char *took;
	struct gm_insert add_part;
	char *forget_text;
	char *forget_parts;
	char *set_source;
	char *source;
	char *source_1;
	char *attempts;
	char *delete_row;
	char *rename_row;
	char *has;
	char *hold;
	char *is_done;
	char *done;
	char *owner;
	struct gm_insert log;
};

/* The columns that gm_history_load_states reads, in its statement's order. */
#define GM_STATE_COLUMNS 5
extern const unsigned char gm_state_columns[GM_STATE_COLUMNS];

/* The columns that gm_history_update and gm_history_progress write, in the
 * order of their statements' values; the key follows. */
#define GM_UPDATE_COLUMNS 18
#define GM_PROGRESS_COLUMNS 7
extern const unsigned char gm_update_columns[GM_UPDATE_COLUMNS];
extern const unsigned char gm_progress_columns[GM_PROGRESS_COLUMNS];

/* A value that is this moment: bound as text, or written as the dialect's
 * expression in a script. */
struct gm_value gm_history_now(void);

/* Runs or writes a statement. The params' moments are made text. */
int gm_history_run(struct gm_history *history, const char *sql,
		   struct gm_value *params, size_t n, gm_row_fn *row,
		   void *context, struct gm_error *err);

int gm_history_insert(struct gm_history *history, const struct gm_insert *text,
		      struct gm_value *params, size_t n, struct gm_error *err);

/* For gm_history_run: the first column of the last row, to an int64_t. */
int gm_history_get_number(void *context, const struct gm_value *columns,
			  size_t n);

/* Reads the tables' version. Refuses tables that a newer program made. */
int gm_history_check_version(struct gm_history *history, struct gm_error *err);

/* Makes the tables that are missing, in the transaction that is open. */
int gm_history_make_tables(struct gm_history *history, struct gm_error *err);

/* Brings tables of an older version to this program's, all or nothing. */
int gm_history_upgrade(struct gm_history *history, struct gm_error *err);

/* The tables' prefix, with the schema that they are in where the driver tells
 * one: the caller frees it. GM_EINVALID where `table` can be none. */
int gm_history_name(char **out, const struct gm_driver *driver,
		    struct gm_db *db, const char *table, struct gm_error *err);

/* There were no tables: 1 where they are there now, GM_EINVALID where there is
 * a history in another schema, which no setting has named. */
int gm_history_look_elsewhere(struct gm_history *history, struct gm_error *err);

/* Frees the rows that were loaded. */
void gm_history_forget(struct gm_history *history);

#endif
