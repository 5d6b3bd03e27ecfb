/*
 * SQLite, as the tool sees it. A file that isn't there yet is made by the
 * first statement, so that whoever only looks creates nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sqlite.h"
#include "sqlite_keys.h"

static void close_db(struct gm_db *base)
{
	struct gm_sqlite *db = gm_sqlite_of(base);

	if (!db)
		return;
	gm_sqlite_disconnect(db);
	gm_sqlite_lock_drop(&db->lock);
	gm_sqlite_fk_free(db->fk);
	gm_sqlite_keys_free(db->keys);
	gm_sqlite_place_release(&db->place);
	free(db->compiled);
	free(db->refusal);
	free(db->owner);
	free(db);
}

static int open_db(struct gm_db **out, const struct gm_url *url,
		   const struct gm_open_options *options, struct gm_error *err)
{
	struct gm_sqlite *db = gm_calloc(1, sizeof(*db));
	int r;

	*out = NULL;
	db->base.driver = &gm_driver_sqlite;
	db->lock.fd = -1;
	db->lock_timeout_ms = options->lock_timeout_ms;
	db->keys = gm_sqlite_keys_new(&db->base);
	db->fk = gm_sqlite_fk_new(&db->base, db->keys);
	r = gm_sqlite_locate(&db->place, url, options, err);
	if (!r && db->place.exists)
		r = gm_sqlite_connect(db, err);
	if (r)
		close_db(&db->base);
	else
		*out = &db->base;
	return r;
}

static int begin(struct gm_db *db, struct gm_error *err)
{
	return gm_sqlite_query(db, "BEGIN IMMEDIATE", NULL, 0, NULL, NULL, err);
}

static int commit(struct gm_db *db, struct gm_error *err)
{
	return gm_sqlite_query(db, "COMMIT", NULL, 0, NULL, NULL, err);
}

static int rollback(struct gm_db *db, struct gm_error *err)
{
	gm_sqlite_of(db)->watching = false;
	gm_sqlite_keys_forget(gm_sqlite_of(db)->keys);
	if (!gm_sqlite_in_transaction(db))
		return 0;
	return gm_sqlite_query(db, "ROLLBACK", NULL, 0, NULL, NULL, err);
}

static int set_found(void *context, const struct gm_value *columns, size_t n)
{
	(void)columns;
	(void)n;
	*(int *)context = 1;
	return 0;
}

static int has_table(struct gm_db *base, const char *name, struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);
	const char *dot = strchr(name, '.');
	struct gm_value params[2] = { gm_value_text(dot ? dot + 1 : name),
				      gm_value_text("main") };
	int found = 0;
	int r;

	if (dot)
		params[1] = gm_value_bytes(name, (size_t)(dot - name));
	if (!db->sql && !gm_sqlite_exists(&db->place))
		return 0;
	r = gm_sqlite_query(base,
			    "SELECT 1 FROM pragma_table_list(?)"
			    " WHERE schema = ? COLLATE NOCASE"
			    " AND type IN ('table', 'virtual')",
			    params, 2, set_found, &found, err);
	return r ? r : found;
}

static int turn_enforcement_off(struct gm_sqlite *db, struct gm_error *err)
{
	if (!db->sql || !db->enforcement_changed)
		return 0;
	db->enforcement_changed = false;
	return gm_sqlite_query(&db->base, "PRAGMA foreign_keys = OFF", NULL, 0,
			       NULL, NULL, err);
}

static int before_migration(struct gm_db *base, struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);

	gm_sqlite_fk_reset(db->fk);
	db->watching = true;
	/* Inside a transaction it would be ignored. */
	return turn_enforcement_off(db, err);
}

static int after_migration(struct gm_db *base, struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);

	db->watching = false;
	return db->sql ? gm_sqlite_fk_finish(db->fk, err) : 0;
}

/* The lock is on another file, so a new connection doesn't lose it. */
static int clean_session(struct gm_db *base, struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);

	db->watching = false;
	if (!db->session_changed)
		return turn_enforcement_off(db, err);
	db->session_changed = false;
	db->enforcement_changed = false;
	gm_sqlite_disconnect(db);
	gm_sqlite_keys_forget(db->keys);
	return gm_sqlite_connect(db, err);
}

static const char *own_name(struct gm_sqlite *db)
{
	if (!db->owner)
		db->owner = gm_sqlite_lock_owner();
	return db->owner;
}

static int try_lock(struct gm_db *base, const char *name, char **holder,
		    struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);

	return gm_sqlite_lock_try(&db->lock, &db->place, name, own_name(db),
				  holder, err);
}

static void unlock(struct gm_db *db)
{
	gm_sqlite_lock_drop(&gm_sqlite_of(db)->lock);
}

static int owner(struct gm_db *db, char **out, struct gm_error *err)
{
	(void)err;
	*out = gm_strdup(own_name(gm_sqlite_of(db)));
	return 0;
}

static int owner_is_alive(struct gm_db *base, const char *name,
			  const char *lock_name, struct gm_error *err)
{
	struct gm_sqlite *db = gm_sqlite_of(base);

	return gm_sqlite_lock_held_by(&db->lock, &db->place, lock_name, name,
				      err);
}

static const char *const schemes[] = { "sqlite", "sqlite3", NULL };

const struct gm_driver gm_driver_sqlite = {
	.name = "sqlite",
	.schemes = schemes,
	.dialect = &gm_dialect_sqlite,
	.flags = GM_DRIVER_TRANSACTIONAL_DDL | GM_DRIVER_FILE,
	.text_type = "TEXT",
	.name_type = "TEXT",
	.table_options = "",
	/* One tree instead of two: fewer pages with each commit. A row that
	 * is not short would have pages of its own there. */
	.short_row_options = " WITHOUT ROWID",
	.serial_type = "INTEGER PRIMARY KEY",
	.serial_next = "NULL",
	.serial_last = "last_insert_rowid()",
	.begin_text = "BEGIN IMMEDIATE;",
	.commit_text = "COMMIT;",
	.client = "sqlite3 -bail DATABASE <SCRIPT",
	.open = open_db,
	.close = close_db,
	.create_database = gm_sqlite_create_database,
	.drop_database = gm_sqlite_drop_database,
	.begin = begin,
	.commit = commit,
	.rollback = rollback,
	.in_transaction = gm_sqlite_in_transaction,
	.exec = gm_sqlite_exec,
	.query = gm_sqlite_query,
	.has_table = has_table,
	.before_migration = before_migration,
	.after_migration = after_migration,
	.clean_session = clean_session,
	.try_lock = try_lock,
	.unlock = unlock,
	.owner = owner,
	.owner_is_alive = owner_is_alive,
	.progress = gm_sqlite_progress,
	.interrupt = gm_sqlite_interrupt,
};
