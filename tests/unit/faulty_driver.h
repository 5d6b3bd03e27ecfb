/*
 * The SQLite driver, with a fault at one of its calls.
 */
#ifndef GM_TESTS_FAULTY_DRIVER_H
#define GM_TESTS_FAULTY_DRIVER_H

#include "db/driver.h"

enum fault {
	/* The call does nothing and returns an error, once. */
	FAULT_SQL,
	FAULT_IO,
	/* The process dies before the call, or when it is done and nobody
	 * has heard of it: nothing after that reaches the database. */
	FAULT_DEATH_BEFORE,
	FAULT_DEATH_AFTER,
	FAULT_COUNT
};

/* The connection of db, to be used as such; the faulty one is its owner. */
struct faulty {
	struct gm_db db;
	struct gm_driver driver;
	/* NULL: dead. */
	struct gm_db *real;
	enum fault fault;
	/* The call that fails, from 1; 0: none does. */
	size_t fail_at;
	/* How many there were. */
	size_t calls;
};

const char *fault_name(enum fault fault);

/* Opens the database at this path. */
void faulty_open(struct faulty *faulty, const char *path);
void faulty_close(struct faulty *faulty);

#endif
