/*
 * What the files of the SQLite driver share. sqlite_library.c alone knows
 * the library; the others get by with statements and file names.
 */
#ifndef GM_DRIVERS_SQLITE_H
#define GM_DRIVERS_SQLITE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "db/driver.h"

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
	/* Asked for by the caller or by the URL. */
	bool read_only;
};

extern const struct gm_driver gm_driver_sqlite;

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

/* The file as a URI that says that nobody writes it; the caller frees it. */
char *gm_sqlite_immutable_uri(const char *file);

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

/* Who this run is: a process and its start. The caller frees it. */
char *gm_sqlite_lock_owner(void);

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
	GM_SQLITE_CREATE = 4,
	/* The schema's own text is written: nothing is known. */
	GM_SQLITE_ANYTHING = 5
};

struct gm_sqlite_keys;

struct gm_sqlite_fk *gm_sqlite_fk_new(struct gm_db *db,
				      struct gm_sqlite_keys *keys);
void gm_sqlite_fk_free(struct gm_sqlite_fk *fk);

/* Forgets everything: the next migration begins. */
void gm_sqlite_fk_reset(struct gm_sqlite_fk *fk);

/* Notes what a statement is about to do. Cheap when said again. */
void gm_sqlite_fk_note(struct gm_sqlite_fk *fk, enum gm_sqlite_touch touch,
		       const char *table);

/* Called before the noted statement runs, and after it did. */
int gm_sqlite_fk_before(struct gm_sqlite_fk *fk, const char *sql, size_t len,
			struct gm_error *err);
int gm_sqlite_fk_ran(struct gm_sqlite_fk *fk, struct gm_error *err);

/* GM_ESQL where the migration has broken foreign keys; the message lists
 * them. */
int gm_sqlite_fk_finish(struct gm_sqlite_fk *fk, struct gm_error *err);

/* The violations of one foreign key. */
struct gm_sqlite_group {
	char *parent;
	/* The key's columns in the child, commas between. */
	char *columns;
	/* Its id as SQLite counts, from the last one declared; and as it was
	 * declared, which stays when a key or a name is added or changed. */
	int64_t id;
	int64_t index;
	/* Row ids in ascending order. */
	int64_t *rows;
	size_t n;
	size_t cap;
	/* Violations in a table without row ids. */
	size_t nameless;
};

/* How SQLite begins what it says of a key that doesn't fit its parent. */
#define GM_SQLITE_MISMATCH "foreign key mismatch"

/* All violations of one table. */
struct gm_sqlite_record {
	struct gm_sqlite_group *groups;
	size_t n;
	size_t cap;
	/* What SQLite says of a key that doesn't fit its parent, or NULL. */
	char *mismatch;
};

/* Looks for the violations of a table. */
int gm_sqlite_record_make(struct gm_sqlite_record *out, struct gm_db *db,
			  const char *table, struct gm_error *err);
struct gm_sqlite_record
gm_sqlite_record_copy(const struct gm_sqlite_record *from);
void gm_sqlite_record_release(struct gm_sqlite_record *record);

/* Whether the row violates the key. */
bool gm_sqlite_group_has(const struct gm_sqlite_group *group, int64_t row);

/* The text as a string literal; the caller frees it. */
char *gm_sqlite_quoted(const char *text);

/* Whether the statement has the word, in small letters, anywhere: rather once
 * too often. */
bool gm_sqlite_says(const char *sql, size_t len, const char *word);

/* Whose statement is at it, as far as the authorizer cares. */
enum gm_sqlite_phase {
	GM_SQLITE_OURS,
	GM_SQLITE_COMPILE,
	GM_SQLITE_RUN
};

/* The connection. */
struct gm_sqlite {
	struct gm_db base;
	/* NULL until there is a file. */
	struct sqlite3 *sql;
	struct gm_sqlite_place place;
	int lock_timeout_ms;
	/* Compiled statements of ours, by the address of their text. */
	struct gm_sqlite_compiled *compiled;
	size_t n_compiled;
	size_t cap_compiled;
	enum gm_sqlite_phase phase;
	/* A migration is under way, and its statements are noted. */
	bool watching;
	/* Only a new connection puts back what the user's SQL has set. */
	bool session_changed;
	/* The user's SQL has set foreign_keys. */
	bool enforcement_changed;
	/* What the authorizer refused, as a sentence, or NULL. */
	char *refusal;
	struct gm_sqlite_keys *keys;
	struct gm_sqlite_fk *fk;
	struct gm_sqlite_lock lock;
	char *owner;
	/* When the wait for another connection's lock began, and when it was
	 * in vain. */
	int64_t wait_start;
	int64_t gave_up_at;
	/* How many million steps SQLite has done since a statement began. */
	atomic_long steps;
	/* Told to end what runs; forgotten when the next one begins. */
	atomic_bool interrupted;
};

static inline struct gm_sqlite *gm_sqlite_of(struct gm_db *db)
{
	return (struct gm_sqlite *)(void *)db;
}

/* As the functions of the driver. */
int gm_sqlite_create_database(const struct gm_url *url,
			      const struct gm_open_options *options,
			      struct gm_error *err);
int gm_sqlite_drop_database(const struct gm_url *url,
			    const struct gm_open_options *options,
			    struct gm_error *err);

/* sqlite_holder.c: which other process has the database locked, in words;
 * NULL where the system doesn't tell. The caller frees it. */
char *gm_sqlite_find_holder(const struct gm_sqlite_place *place);

/* And SQLite's busy handler, with the connection as its context: whether to
 * look again, after a pause. */
int gm_sqlite_wait(void *context, int count);

/* Opens the file, where it isn't open yet. */
int gm_sqlite_connect(struct gm_sqlite *db, struct gm_error *err);
void gm_sqlite_disconnect(struct gm_sqlite *db);

/* As the functions of the driver. */
int gm_sqlite_exec(struct gm_db *db, const char *sql, size_t len,
		   gm_row_fn *row, void *context, struct gm_error *err);
int gm_sqlite_query(struct gm_db *db, const char *sql,
		    const struct gm_value *params, size_t n, gm_row_fn *row,
		    void *context, struct gm_error *err);
bool gm_sqlite_in_transaction(struct gm_db *db);
void gm_sqlite_interrupt(struct gm_db *db);
void gm_sqlite_progress(struct gm_db *db, char **out);

/* Runs a statement of ours that is made for the occasion, also in the midst
 * of another. */
int gm_sqlite_run(struct gm_db *db, const char *sql, gm_row_fn *row,
		  void *context, struct gm_error *err);

/* SQLite's number of the main database's schema, which goes up with each
 * change. */
int gm_sqlite_schema_number(struct gm_db *db, int64_t *out,
			    struct gm_error *err);

/* Whether the table is in the main database, as the connection knows it. */
bool gm_sqlite_knows_table(struct gm_db *db, const char *name);

#endif
