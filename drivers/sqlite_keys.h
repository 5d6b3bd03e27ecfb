/*
 * Which tables of the main database refer to which. It is read once, and kept
 * up by what the statements do, where that is known; anything else, and it is
 * read anew.
 */
#ifndef GM_DRIVERS_SQLITE_KEYS_H
#define GM_DRIVERS_SQLITE_KEYS_H

#include "db/driver.h"

/* What a statement does to the schema; the later, the more. */
enum gm_sqlite_effect {
	/* None that is known: where there is one it may be any. */
	GM_SQLITE_NO_EFFECT,
	/* To indexes, views and triggers alone. */
	GM_SQLITE_NO_TABLE,
	GM_SQLITE_CREATES,
	GM_SQLITE_ALTERS,
	GM_SQLITE_DROPS,
	/* Its own text is written, or nobody knows. */
	GM_SQLITE_ANY_EFFECT
};

struct gm_sqlite_keys;

struct gm_sqlite_keys *gm_sqlite_keys_new(struct gm_db *db);
void gm_sqlite_keys_free(struct gm_sqlite_keys *keys);

/* The next statement is compiled, and what it does will be noted. `table` is
 * in the main database; NULL where the effect is on none. */
void gm_sqlite_keys_begin(struct gm_sqlite_keys *keys);
void gm_sqlite_keys_note(struct gm_sqlite_keys *keys,
			 enum gm_sqlite_effect effect, const char *table);

/* The statement has done what was noted. */
int gm_sqlite_keys_ran(struct gm_sqlite_keys *keys, const char *sql, size_t len,
		       struct gm_error *err);

/* It failed, a transaction was taken back, or there is a new connection. */
void gm_sqlite_keys_forget(struct gm_sqlite_keys *keys);

/* Adds the tables that refer to `parent`; NULL: to any. */
int gm_sqlite_keys_children(struct gm_sqlite_keys *keys, const char *parent,
			    struct gm_strings *out, struct gm_error *err);

/* Whether it is known already that the table refers to none. */
bool gm_sqlite_keys_rule_out(struct gm_sqlite_keys *keys, const char *table);

#endif
