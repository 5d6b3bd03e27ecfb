/*
 * The SQLite driver, with a fault at one of its calls.
 */
#include "faulty_driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"

extern const struct gm_driver gm_driver_sqlite;

static const struct {
	const char *name;
	enum gm_code code;
} faults[FAULT_COUNT] = {
	[FAULT_SQL] = { "a refused statement", GM_ESQL },
	[FAULT_IO] = { "a full disk", GM_ERROR },
	[FAULT_DEATH_BEFORE] = { "death before the call", GM_ECONNECT },
	[FAULT_DEATH_AFTER] = { "death after the call", GM_ECONNECT },
};

const char *fault_name(enum fault fault)
{
	return faults[fault].name;
}

static struct faulty *of(struct gm_db *db)
{
	return (struct faulty *)(void *)db;
}

static int dead(struct gm_error *err)
{
	return gm_error_set(err, GM_ECONNECT, "the connection is gone");
}

static int die(struct faulty *f, struct gm_error *err)
{
	gm_driver_sqlite.close(f->real);
	f->real = NULL;
	gm_error_release(err);
	return dead(err);
}

/* 0: the call may go to the database. */
static int enter(struct faulty *f, struct gm_error *err)
{
	if (!f->real)
		return dead(err);
	if (++f->calls != f->fail_at || f->fault == FAULT_DEATH_AFTER)
		return 0;
	if (f->fault == FAULT_DEATH_BEFORE)
		return die(f, err);
	return gm_error_set(err, faults[f->fault].code, "%s",
			    faults[f->fault].name);
}

static int leave(struct faulty *f, int ret, struct gm_error *err)
{
	if (f->calls == f->fail_at && f->fault == FAULT_DEATH_AFTER)
		return die(f, err);
	return ret;
}

static int faulty_begin(struct gm_db *db, struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	return ret ? ret : leave(f, gm_driver_sqlite.begin(f->real, err), err);
}

static int faulty_commit(struct gm_db *db, struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	return ret ? ret : leave(f, gm_driver_sqlite.commit(f->real, err), err);
}

static int faulty_rollback(struct gm_db *db, struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	return ret ? ret
		   : leave(f, gm_driver_sqlite.rollback(f->real, err), err);
}

static bool faulty_in_transaction(struct gm_db *db)
{
	struct faulty *f = of(db);

	return f->real && gm_driver_sqlite.in_transaction(f->real);
}

static int faulty_exec(struct gm_db *db, const char *sql, size_t len,
		       gm_row_fn *row, void *context, struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	return ret ? ret
		   : leave(f,
			   gm_driver_sqlite.exec(f->real, sql, len, row,
						 context, err),
			   err);
}

static int faulty_query(struct gm_db *db, const char *sql,
			const struct gm_value *params, size_t n, gm_row_fn *row,
			void *context, struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	return ret ? ret
		   : leave(f,
			   gm_driver_sqlite.query(f->real, sql, params, n, row,
						  context, err),
			   err);
}

static int faulty_has_table(struct gm_db *db, const char *name,
			    struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	return ret ? ret
		   : leave(f, gm_driver_sqlite.has_table(f->real, name, err),
			   err);
}

static int faulty_before_migration(struct gm_db *db, struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	return ret ? ret
		   : leave(f, gm_driver_sqlite.before_migration(f->real, err),
			   err);
}

static int faulty_after_migration(struct gm_db *db, struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	return ret ? ret
		   : leave(f, gm_driver_sqlite.after_migration(f->real, err),
			   err);
}

static int faulty_clean_session(struct gm_db *db, struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	return ret ? ret
		   : leave(f, gm_driver_sqlite.clean_session(f->real, err),
			   err);
}

static int faulty_owner(struct gm_db *db, char **out, struct gm_error *err)
{
	struct faulty *f = of(db);
	int ret = enter(f, err);

	if (!ret)
		*out = gm_strdup("the first session");
	return ret ? ret : leave(f, 0, err);
}

void faulty_open(struct faulty *faulty, const char *path)
{
	struct gm_open_options options = { .lock_timeout_ms = 1000 };
	struct gm_error err = { 0 };
	struct gm_url url = { 0 };
	char *text = gm_format("sqlite:%s", path);

	memset(faulty, 0, sizeof(*faulty));
	faulty->driver = gm_driver_sqlite;
	faulty->driver.begin = faulty_begin;
	faulty->driver.commit = faulty_commit;
	faulty->driver.rollback = faulty_rollback;
	faulty->driver.in_transaction = faulty_in_transaction;
	faulty->driver.exec = faulty_exec;
	faulty->driver.query = faulty_query;
	faulty->driver.has_table = faulty_has_table;
	faulty->driver.before_migration = faulty_before_migration;
	faulty->driver.after_migration = faulty_after_migration;
	faulty->driver.clean_session = faulty_clean_session;
	faulty->driver.owner = faulty_owner;
	faulty->db.driver = &faulty->driver;
	if (gm_url_parse(&url, text, &err) ||
	    gm_driver_sqlite.open(&faulty->real, &url, &options, &err))
		fail_msg("%s: %s", text, err.message);
	gm_url_release(&url);
	free(text);
}

void faulty_close(struct faulty *faulty)
{
	gm_driver_sqlite.close(faulty->real);
	faulty->real = NULL;
}
