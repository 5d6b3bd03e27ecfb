/*
 * SQLite databases in memory, for tests that ask SQLite itself.
 */
#ifndef GM_TESTS_SCRATCH_DB_H
#define GM_TESTS_SCRATCH_DB_H

#include <stdbool.h>

#include "base/strbuf.h"

struct scratch_db;

struct scratch_db *scratch_db_new(const char *sql);
void scratch_db_free(struct scratch_db *db);

/* False where SQLite refuses it; foreign keys are not enforced. */
bool scratch_db_run(struct scratch_db *db, const char *sql);

/*
 * Adds the schema: tables with their columns, in the order of their names,
 * and indexes, views and triggers as they were written; and, to `rows`, what
 * the tables hold. False where something in it can't work: a view or trigger
 * whose table is gone, a key that refers to no table.
 */
bool scratch_db_dump(struct scratch_db *db, struct gm_strbuf *schema,
		     struct gm_strbuf *rows);

/*
 * Runs it, and lists what SQLite's authorizer was asked for, but for its own
 * tables: "create table users", "read column users.id".
 */
bool scratch_db_trace(struct scratch_db *db, const char *sql,
		      struct gm_strings *out);

#endif
