/*
 * Names as SQLite folds them, numbered in the order in which they came, for
 * lists that may be long.
 */
#ifndef GM_DRIVERS_SQLITE_NAMES_H
#define GM_DRIVERS_SQLITE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#define GM_SQLITE_NO_NAME ((size_t)-1)

/* A zeroed struct is the empty list. */
struct gm_sqlite_names {
	/* As they were first written. */
	char **v;
	size_t n;
	size_t cap;
	/* At most half full; each is a number and 1, or 0. */
	size_t *slots;
	size_t n_slots;
};

/* Its number, or GM_SQLITE_NO_NAME. */
size_t gm_sqlite_names_find(const struct gm_sqlite_names *names,
			    const char *name);

/* The same, and a new name is added. */
size_t gm_sqlite_names_add(struct gm_sqlite_names *names, const char *name);

void gm_sqlite_names_release(struct gm_sqlite_names *names);

#endif
