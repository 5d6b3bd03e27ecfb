/*
 * What the files of the SQLite driver share. sqlite.c alone knows the
 * library; the others get by with statements and file names.
 */
#ifndef GM_DRIVERS_SQLITE_H
#define GM_DRIVERS_SQLITE_H

#include <stdbool.h>
#include <sys/types.h>

#include "db/driver.h"

extern const struct gm_driver gm_driver_sqlite;

/* Where the database lies, and where its SQL may reach. */
struct gm_sqlite_place {
	/* As the URL has it, for messages. */
	char *shown;
	/* Absolute, links resolved. */
	char *file;
	/* The directory of `file`. */
	char *dir;
	/* The other directory that ATTACH may reach below, or NULL. */
	char *confine;
	bool exists;
};

/*
 * Finds the place that a URL names, and creates nothing. The paragraph of
 * `open` in db/driver.h says what it returns.
 */
int gm_sqlite_locate(struct gm_sqlite_place *out, const struct gm_url *url,
		     const struct gm_open_options *options,
		     struct gm_error *err);

/* Whether the file is there now. */
bool gm_sqlite_exists(const struct gm_sqlite_place *place);
void gm_sqlite_place_release(struct gm_sqlite_place *place);

/* Whether SQL may open the file `name`, given as ATTACH takes it. */
bool gm_sqlite_may_reach(const struct gm_sqlite_place *place, const char *name);

/*
 * The lock of a run: an OS lock on a file beside the database. A zeroed
 * struct with fd -1 holds none.
 */
struct gm_sqlite_lock {
	int fd;
	char *path;
	/* A child of the holder doesn't hold it. */
	pid_t pid;
};

/* As `try_lock`; `owner` is what others are told. */
int gm_sqlite_lock_try(struct gm_sqlite_lock *lock,
		       const struct gm_sqlite_place *place, const char *name,
		       const char *owner, char **holder, struct gm_error *err);
void gm_sqlite_lock_drop(struct gm_sqlite_lock *lock);

/* As `owner_is_alive`: whether that owner holds the lock `name` now. */
int gm_sqlite_lock_held_by(const struct gm_sqlite_lock *lock,
			   const struct gm_sqlite_place *place,
			   const char *name, const char *owner,
			   struct gm_error *err);

/*
 * Foreign keys, which SQLite doesn't look after while a migration runs:
 * what was broken before is compared with what is broken after, for the
 * tables that the migration touches. Tables of attached and temporary
 * databases don't count.
 */
struct gm_sqlite_fk;

enum gm_sqlite_touch {
	GM_SQLITE_INSERT = 1,
	/* Rows or columns change or go. */
	GM_SQLITE_CHANGE = 2,
	GM_SQLITE_ALTER = 3,
	GM_SQLITE_CREATE = 4
};

struct gm_sqlite_fk *gm_sqlite_fk_new(struct gm_db *db);
void gm_sqlite_fk_free(struct gm_sqlite_fk *fk);

/* Forgets everything: the next migration begins. */
void gm_sqlite_fk_reset(struct gm_sqlite_fk *fk);

/* Notes what a statement is about to do. Cheap when said again. */
void gm_sqlite_fk_note(struct gm_sqlite_fk *fk, enum gm_sqlite_touch touch,
		       const char *table);

/* Called before the noted statement runs: looks at the tables that are
 * touched for the first time. */
int gm_sqlite_fk_before(struct gm_sqlite_fk *fk, struct gm_error *err);

/* GM_ESQL where the migration has broken foreign keys; the message lists
 * them. */
int gm_sqlite_fk_finish(struct gm_sqlite_fk *fk, struct gm_error *err);

#endif
