/*
 * SQLite databases in memory.
 */
#include "tests/unit/scratch_db.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

struct scratch_db {
	sqlite3 *sqlite;
	struct gm_strings *trace;
};

struct scratch_db *scratch_db_new(const char *sql)
{
	struct scratch_db *db = gm_calloc(1, sizeof(*db));

	if (sqlite3_open(":memory:", &db->sqlite) || !scratch_db_run(db, sql))
		abort();
	return db;
}

void scratch_db_free(struct scratch_db *db)
{
	sqlite3_close(db->sqlite);
	free(db);
}

bool scratch_db_run(struct scratch_db *db, const char *sql)
{
	return sqlite3_exec(db->sqlite, sql, NULL, NULL, NULL) == SQLITE_OK;
}

/* Adds a query's rows, a line each. */
static bool add_rows(struct scratch_db *db, const char *sql,
		     struct gm_strbuf *out)
{
	sqlite3_stmt *stmt;
	int i;

	if (sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL))
		return false;
	while (sqlite3_step(stmt) == SQLITE_ROW) {
		for (i = 0; i < sqlite3_column_count(stmt); i++) {
			const char *text = (const char *)sqlite3_column_text(
				stmt, i);

			gm_strbuf_addf(out, "%s|", text ? text : "NULL");
		}
		gm_strbuf_addc(out, '\n');
	}
	return sqlite3_finalize(stmt) == SQLITE_OK;
}

static void list(struct scratch_db *db, const char *sql, struct gm_strings *out)
{
	sqlite3_stmt *stmt;

	if (sqlite3_prepare_v2(db->sqlite, sql, -1, &stmt, NULL))
		abort();
	while (sqlite3_step(stmt) == SQLITE_ROW)
		gm_strings_add(out, (const char *)sqlite3_column_text(stmt, 0));
	sqlite3_finalize(stmt);
}

static bool add_table(struct scratch_db *db, const char *table,
		      struct gm_strbuf *schema, struct gm_strbuf *rows)
{
	struct gm_strings columns = { 0 };
	struct gm_strbuf query = { 0 };
	char *info = gm_format("SELECT name, type, \"notnull\", dflt_value, pk "
			       "FROM pragma_table_xinfo('%s') ORDER BY 1",
			       table);
	char *keys = gm_format("SELECT * FROM pragma_foreign_key_list('%s')",
			       table);
	bool ok;
	size_t i;

	gm_strbuf_addf(schema, "%s:\n", table);
	list(db, info, &columns);
	gm_strbuf_adds(&query, "SELECT ");
	for (i = 0; i < columns.n; i++)
		gm_strbuf_addf(&query, "%s\"%s\"", i ? ", " : "", columns.v[i]);
	gm_strbuf_addf(&query, " FROM \"%s\" ORDER BY ", table);
	for (i = 0; i < columns.n; i++)
		gm_strbuf_addf(&query, "%s%zu", i ? ", " : "", i + 1);
	ok = add_rows(db, info, schema) && add_rows(db, keys, schema) &&
	     add_rows(db, query.buf, rows);
	free(info);
	free(keys);
	gm_strbuf_release(&query);
	gm_strings_release(&columns);
	return ok;
}

/* Whether whatever is in it can be used. */
static bool works(struct scratch_db *db)
{
	struct gm_strings views = { 0 };
	struct gm_strings orphans = { 0 };
	struct gm_strbuf ignored = { 0 };
	bool ok;
	size_t i;

	list(db,
	     "SELECT m.name FROM sqlite_schema m, "
	     "pragma_foreign_key_list(m.name) k WHERE m.type = 'table' AND "
	     "NOT EXISTS (SELECT 1 FROM sqlite_schema p WHERE "
	     "p.type = 'table' AND lower(p.name) = lower(k.\"table\"))",
	     &orphans);
	ok = !orphans.n && add_rows(db, "PRAGMA foreign_key_check", &ignored) &&
	     !ignored.len;
	list(db, "SELECT name FROM sqlite_schema WHERE type = 'view'", &views);
	for (i = 0; ok && i < views.n; i++) {
		char *sql = gm_format("SELECT * FROM \"%s\"", views.v[i]);

		ok = add_rows(db, sql, &ignored);
		free(sql);
	}
	gm_strbuf_release(&ignored);
	gm_strings_release(&orphans);
	gm_strings_release(&views);
	return ok;
}

/* A statement's triggers are compiled along with it. */
static bool triggers_work(struct scratch_db *db, const char *table)
{
	struct gm_strbuf ignored = { 0 };
	struct gm_strings columns = { 0 };
	char *info = gm_format("SELECT name FROM pragma_table_info('%s')",
			       table);
	bool ok = true;
	size_t i;

	list(db, info, &columns);
	for (i = 0; ok && i < columns.n; i++) {
		char *sql = gm_format("EXPLAIN UPDATE \"%s\" SET \"%s\" = NULL",
				      table, columns.v[i]);

		ok = add_rows(db, sql, &ignored);
		free(sql);
	}
	for (i = 0; ok && i < 2; i++) {
		char *sql = gm_format(i ? "EXPLAIN DELETE FROM \"%s\""
					: "EXPLAIN INSERT INTO \"%s\" "
					  "DEFAULT VALUES",
				      table);

		ok = add_rows(db, sql, &ignored);
		free(sql);
	}
	free(info);
	gm_strings_release(&columns);
	gm_strbuf_release(&ignored);
	return ok;
}

bool scratch_db_dump(struct scratch_db *db, struct gm_strbuf *schema,
		     struct gm_strbuf *rows)
{
	struct gm_strings tables = { 0 };
	bool ok = works(db);
	size_t i;

	list(db,
	     "SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY 1",
	     &tables);
	for (i = 0; ok && i < tables.n; i++)
		ok = add_table(db, tables.v[i], schema, rows) &&
		     triggers_work(db, tables.v[i]);
	ok = ok && add_rows(db, "PRAGMA user_version", schema);
	if (ok)
		ok = add_rows(db,
			      "SELECT type, name, tbl_name, sql FROM "
			      "sqlite_schema WHERE type <> 'table' AND "
			      "sql IS NOT NULL ORDER BY 1, 2",
			      schema);
	gm_strings_release(&tables);
	return ok;
}

static int authorize(void *data, int action, const char *a, const char *b,
		     const char *schema, const char *within)
{
	static const struct {
		int action;
		const char *text;
	} names[] = {
		{ SQLITE_CREATE_TABLE, "create table" },
		{ SQLITE_CREATE_INDEX, "create index" },
		{ SQLITE_CREATE_VIEW, "create view" },
		{ SQLITE_CREATE_TRIGGER, "create trigger" },
		{ SQLITE_DROP_TABLE, "drop table" },
		{ SQLITE_DROP_INDEX, "drop index" },
		{ SQLITE_DROP_VIEW, "drop view" },
		{ SQLITE_DROP_TRIGGER, "drop trigger" },
		{ SQLITE_INSERT, "insert table" },
		{ SQLITE_DELETE, "delete table" },
		{ SQLITE_UPDATE, "update column" },
		{ SQLITE_READ, "read column" },
	};
	struct scratch_db *db = data;
	const char *name = a;
	size_t i;

	(void)schema;
	/* What a trigger or a view does isn't the statement's own. */
	if (within || !a || !strncmp(a, "sqlite_", 7) || (b && !*b))
		return SQLITE_OK;
	for (i = 0; i < GM_ARRAY_SIZE(names); i++) {
		if (names[i].action != action)
			continue;
		if (action == SQLITE_UPDATE || action == SQLITE_READ)
			gm_strings_take(db->trace,
					gm_format("%s %s.%s", names[i].text,
						  name, b));
		else
			gm_strings_take(db->trace,
					gm_format("%s %s", names[i].text,
						  name));
	}
	return SQLITE_OK;
}

bool scratch_db_trace(struct scratch_db *db, const char *sql,
		      struct gm_strings *out)
{
	bool ok;

	db->trace = out;
	sqlite3_set_authorizer(db->sqlite, authorize, db);
	ok = scratch_db_run(db, sql);
	sqlite3_set_authorizer(db->sqlite, NULL, NULL);
	return ok;
}
