/*
 * A database in a scratch directory, for tests of the SQLite driver.
 */
#ifndef GM_TESTS_SQLITE_FILE_H
#define GM_TESTS_SQLITE_FILE_H

#include <stdbool.h>

#include "db/driver.h"

struct fixture {
	/* A scratch directory, and the directory "tree" in it. */
	char *dir;
	char *tree;
	struct gm_db *db;
	struct gm_error err;
};

int set_up(void **state);
int tear_down(void **state);

int open_with(struct fixture *f, struct gm_db **out, const char *path,
	      bool read_only, int timeout);

int run_on(struct fixture *f, struct gm_db *db, const char *sql);
int run(struct fixture *f, const char *sql);

/* Runs statements that have a '|' between them; stops at an error. */
int run_all(struct fixture *f, const char *statements);

/* Fails the test where `r` is an error. */
void must(struct fixture *f, int r);

/* The first column of the last row; the caller frees it. */
char *ask_on(struct fixture *f, struct gm_db *db, const char *sql);
void expect(struct fixture *f, const char *sql, const char *answer);

/* Of the last error. */
void expect_message(struct fixture *f, const char *part);

#endif
