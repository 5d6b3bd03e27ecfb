/*
 * Foreign keys, which SQLite doesn't look after during a migration: the
 * driver finds what the migration has broken, and only that.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "drivers/sqlite.h"
#include "sqlite_file.h"

static const struct gm_driver *const driver = &gm_driver_sqlite;

/* A migration in a transaction, which is kept only if all went well. */
static int migrate(struct fixture *f, const char *statements)
{
	int r;

	must(f, driver->before_migration(f->db, &f->err));
	must(f, driver->begin(f->db, &f->err));
	r = run_all(f, statements);
	if (!r)
		r = driver->after_migration(f->db, &f->err);
	if (r)
		must(f, driver->rollback(f->db, NULL));
	else
		r = driver->commit(f->db, &f->err);
	return r;
}

struct key_case {
	const char *before;
	const char *migration;
	/* A part of the message; NULL where the migration is fine. */
	const char *finding;
};

/* Two parents, each with a child. */
#define FAMILY                                                                 \
	"CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT)|"                  \
	"INSERT INTO p VALUES (1, 'a'), (2, 'b')|"                             \
	"CREATE TABLE c (id INTEGER PRIMARY KEY,"                              \
	" p INTEGER REFERENCES p ON DELETE CASCADE)|"                          \
	"INSERT INTO c VALUES (11, 1), (12, 2)|"

/* And one child without a parent. */
#define ORPHAN FAMILY "INSERT INTO c VALUES (13, 9)|"

static void check_keys(struct fixture *f, const struct key_case *c)
{
	int r;

	must(f, run_all(f, c->before));
	r = migrate(f, c->migration);
	if (!c->finding) {
		must(f, r);
		return;
	}
	assert_int_equal(r, GM_ESQL);
	expect_message(f, c->finding);
}

#define CHECK_KEYS(state, ...)                                                 \
	do {                                                                   \
		const struct key_case key_case = { __VA_ARGS__ };              \
		check_keys(*(state), &key_case);                               \
	} while (0)

static void a_rebuilt_table_keeps_its_children(void **state)
{
	CHECK_KEYS(state, FAMILY,
		   "CREATE TABLE n (id INTEGER PRIMARY KEY)|"
		   "INSERT INTO n SELECT id FROM p|DROP TABLE p|"
		   "ALTER TABLE n RENAME TO p",
		   NULL);
	expect(*state, "SELECT count(*) FROM c", "2");
}

static void a_row_that_a_rebuild_loses_fails_the_migration(void **state)
{
	CHECK_KEYS(state, FAMILY,
		   "CREATE TABLE n (id INTEGER PRIMARY KEY)|"
		   "INSERT INTO n SELECT id FROM p WHERE id = 1|DROP TABLE p|"
		   "ALTER TABLE n RENAME TO p",
		   "row 12 of 'c' refers to no row of 'p'");
	expect(*state, "SELECT count(*) FROM p", "2");
}

static void renaming_the_old_table_away_takes_its_children_along(void **state)
{
	CHECK_KEYS(state, FAMILY,
		   "ALTER TABLE p RENAME TO o|"
		   "CREATE TABLE p (id INTEGER PRIMARY KEY)|"
		   "INSERT INTO p SELECT id FROM o|DROP TABLE o",
		   "row 11 of 'c' refers to no row of 'o'");
}

static void a_deleted_parent_is_missed(void **state)
{
	CHECK_KEYS(state, FAMILY, "DELETE FROM p WHERE id = 2",
		   "row 12 of 'c' refers to no row of 'p'");
}

static void a_parent_with_another_key_is_missed(void **state)
{
	CHECK_KEYS(state, FAMILY, "UPDATE p SET id = 3 WHERE id = 2",
		   "row 12 of 'c' refers to no row of 'p'");
}

static void a_parent_that_was_replaced_is_missed(void **state)
{
	CHECK_KEYS(state, FAMILY "CREATE UNIQUE INDEX u ON p (code)|",
		   "REPLACE INTO p VALUES (5, 'b')",
		   "row 12 of 'c' refers to no row of 'p'");
}

static void a_dropped_parent_is_missed(void **state)
{
	CHECK_KEYS(state, FAMILY, "DROP TABLE p",
		   "row 11 of 'c' refers to no row of 'p'");
}

static void a_trigger_can_break_a_key_too(void **state)
{
	CHECK_KEYS(state,
		   FAMILY "CREATE TABLE x (n)|"
			  "CREATE TRIGGER t AFTER INSERT ON x BEGIN"
			  " DELETE FROM p; END|",
		   "INSERT INTO x VALUES (1)",
		   "row 11 of 'c' refers to no row of 'p'");
}

static void a_child_without_a_parent_is_found(void **state)
{
	CHECK_KEYS(state, FAMILY, "INSERT INTO c VALUES (14, 8)",
		   "row 14 of 'c' refers to no row of 'p'");
}

static void a_new_table_is_checked_too(void **state)
{
	CHECK_KEYS(state, FAMILY,
		   "CREATE TABLE d (p REFERENCES p)|"
		   "INSERT INTO d VALUES (7)",
		   "row 1 of 'd' refers to no row of 'p'");
}

static void a_row_without_a_row_id_is_found_as_well(void **state)
{
	CHECK_KEYS(state,
		   FAMILY "CREATE TABLE w (k TEXT PRIMARY KEY,"
			  " p REFERENCES p) WITHOUT ROWID|",
		   "INSERT INTO w VALUES ('k', 7)",
		   "a row of 'w' refers to no row of 'p'");
}

static void a_long_list_is_cut(void **state)
{
	CHECK_KEYS(state, FAMILY,
		   "WITH RECURSIVE n(i) AS (SELECT 20 UNION ALL"
		   " SELECT i + 1 FROM n WHERE i < 31)"
		   " INSERT INTO c SELECT i, 99 FROM n",
		   "row 29 of 'c' refers to no row of 'p'; and 2 more");
}

static void names_with_quotes_are_followed(void **state)
{
	CHECK_KEYS(state,
		   "CREATE TABLE \"a\"\"'b\" (id INTEGER PRIMARY KEY)|"
		   "INSERT INTO \"a\"\"'b\" VALUES (1)|"
		   "CREATE TABLE c (p REFERENCES \"a\"\"'b\")|"
		   "INSERT INTO c VALUES (1)|",
		   "DELETE FROM \"a\"\"'b\"", "row 1 of 'c'");
}

static void what_was_broken_before_is_no_finding(void **state)
{
	CHECK_KEYS(state, ORPHAN,
		   "UPDATE c SET id = id WHERE id = 11|"
		   "UPDATE p SET code = 'z'|CREATE TABLE IF NOT EXISTS c (n)",
		   NULL);
}

static void it_stays_known_when_its_table_is_renamed(void **state)
{
	CHECK_KEYS(state, ORPHAN,
		   "ALTER TABLE c RENAME TO d|ALTER TABLE p RENAME TO q|"
		   "ALTER TABLE d RENAME COLUMN p TO r",
		   NULL);
}

static void it_stays_known_when_its_table_is_rebuilt(void **state)
{
	CHECK_KEYS(state, ORPHAN,
		   "CREATE TABLE n (id TEXT PRIMARY KEY,"
		   " p INTEGER REFERENCES p, q INTEGER REFERENCES p)|"
		   "INSERT INTO n SELECT id, p, NULL FROM c|DROP TABLE c|"
		   "ALTER TABLE n RENAME TO c",
		   NULL);
}

static void it_stays_known_when_its_table_gets_another_key(void **state)
{
	CHECK_KEYS(state, ORPHAN,
		   "ALTER TABLE c ADD COLUMN q INTEGER REFERENCES p", NULL);
}

static void a_new_violation_does_not_hide_behind_a_mended_one(void **state)
{
	CHECK_KEYS(state, ORPHAN,
		   "DELETE FROM c WHERE id = 13|DELETE FROM p WHERE id = 1",
		   "row 11 of 'c' refers to no row of 'p'");
}

static void a_dropped_child_is_no_finding(void **state)
{
	CHECK_KEYS(state, ORPHAN, "INSERT INTO c VALUES (14, 8)|DROP TABLE c",
		   NULL);
}

/* A child that refers to a column, which an index makes a key. */
#define BY_CODE                                                                \
	"CREATE TABLE p (id INTEGER PRIMARY KEY, code TEXT)|"                  \
	"CREATE UNIQUE INDEX u ON p (code)|"                                   \
	"INSERT INTO p VALUES (1, 'a')|"                                       \
	"CREATE TABLE c (code TEXT REFERENCES p (code))|"                      \
	"INSERT INTO c VALUES ('a'), ('gone')|"

static void a_key_that_fits_no_more_is_a_finding(void **state)
{
	CHECK_KEYS(state, BY_CODE, "DROP INDEX u", "foreign key mismatch");
}

static void a_key_that_never_fitted_is_none(void **state)
{
	CHECK_KEYS(state, BY_CODE "DROP INDEX u|",
		   "UPDATE p SET id = 2|INSERT INTO c VALUES ('a')", NULL);
}

static void a_key_that_fits_again_shows_nothing_new(void **state)
{
	CHECK_KEYS(state, BY_CODE "DROP INDEX u|",
		   "CREATE UNIQUE INDEX u ON p (code)|DELETE FROM c"
		   " WHERE code = 'a'",
		   NULL);
}

static void a_schema_that_is_written_by_hand_is_checked(void **state)
{
	CHECK_KEYS(state, FAMILY "CREATE TABLE d (p)|INSERT INTO d VALUES (7)|",
		   "PRAGMA writable_schema = ON|"
		   "UPDATE sqlite_schema SET sql = replace(sql, 'REFERENCES p',"
		   " 'REFERENCES d') WHERE name = 'c'|"
		   "PRAGMA writable_schema = RESET",
		   "foreign key mismatch");
}

/* A parent, and a table to which nothing refers: who deletes from it has the
 * driver read which tables refer to which. */
#define LOOK "DELETE FROM q|"
#define PARENT                                                                 \
	"CREATE TABLE p (id INTEGER PRIMARY KEY)|INSERT INTO p VALUES (1)|"    \
	"CREATE TABLE q (n)|CREATE TABLE d (n)|INSERT INTO d VALUES (1)|"
#define CHILD "CREATE TABLE c (p REFERENCES p)|INSERT INTO c VALUES (1)|"

struct later_case {
	const char *before;
	/* Migrations, and what is between them, up to a NULL. */
	const char *first[3];
	/* Where 'p' is dropped then, a part of the message; NULL: nothing. */
	const char *finding;
	/* Another connection's. */
	const char *elsewhere;
};

/* Who refers to a table may have changed since it was last looked at. */
static const struct later_case later_cases[] = {
	{ PARENT, { LOOK CHILD }, "row 1 of 'c'", NULL },
	{ PARENT,
	  { LOOK "CREATE TABLE n (p REFERENCES p)|INSERT INTO n VALUES (1)|"
		 "ALTER TABLE n RENAME TO m" },
	  "row 1 of 'm'",
	  NULL },
	{ PARENT,
	  { LOOK "ALTER TABLE d ADD COLUMN p REFERENCES p|UPDATE d SET p = 1" },
	  "row 1 of 'd'",
	  NULL },
	{ PARENT CHILD "ALTER TABLE p RENAME TO o|",
	  { LOOK "ALTER TABLE o RENAME TO p" },
	  "row 1 of 'c'",
	  NULL },
	{ PARENT,
	  { LOOK, "PRAGMA writable_schema = ON|UPDATE sqlite_schema SET sql ="
		  " 'CREATE TABLE d (n REFERENCES p)' WHERE name = 'd'|" LOOK
		  "PRAGMA writable_schema = RESET" },
	  "row 1 of 'd'",
	  NULL },
	{ PARENT,
	  { "PRAGMA writable_schema = ON|" LOOK "UPDATE sqlite_schema SET sql ="
	    " 'CREATE TABLE d (n REFERENCES p)' WHERE name = 'd'|"
	    "PRAGMA writable_schema = RESET" },
	  "row 1 of 'd'",
	  NULL },
	/* What is taken back, after it was looked at or before. */
	{ PARENT CHILD,
	  { LOOK "SAVEPOINT s|DROP TABLE c|ROLLBACK TO s|RELEASE s" },
	  "row 1 of 'c'",
	  NULL },
	{ PARENT CHILD,
	  { "SAVEPOINT s|DROP TABLE c|" LOOK "ROLLBACK TO s|RELEASE s" },
	  "row 1 of 'c'",
	  NULL },
	{ PARENT CHILD,
	  { "SAVEPOINT s|DROP TABLE c|" LOOK
	    "ROLLBACK TO s|CREATE TABLE x (n)|RELEASE s" },
	  "row 1 of 'c'",
	  NULL },
	{ PARENT CHILD,
	  { LOOK "DROP TABLE c|SELECT nothing", "CREATE TABLE x (n)" },
	  "row 1 of 'c'",
	  NULL },
	{ PARENT CHILD,
	  { "DROP TABLE c|" LOOK "SELECT nothing" },
	  "'c'",
	  NULL },
	{ PARENT CHILD,
	  { LOOK "DROP TABLE c|CREATE TABLE of_nothing (p REFERENCES p)|"
		 "INSERT INTO of_nothing VALUES (9)",
	    "CREATE TABLE x (n)", "CREATE TABLE y (n)" },
	  "row 1 of 'c'",
	  NULL },
	{ PARENT, { LOOK }, "row 1 of 'c'", CHILD },
	{ PARENT CHILD, { LOOK }, NULL, "DROP TABLE c" },
	{ PARENT CHILD,
	  { LOOK "DROP TABLE c|CREATE TABLE k (id PRIMARY KEY)|"
		 "CREATE TABLE c (p REFERENCES k)" },
	  NULL,
	  NULL },
	{ PARENT CHILD,
	  { LOOK "CREATE INDEX i ON d (n)|CREATE VIEW v AS SELECT * FROM d|"
		 "CREATE VIRTUAL TABLE f USING rtree (id, a, b)" },
	  "row 1 of 'c'",
	  NULL },
	{ PARENT CHILD,
	  { LOOK "PRAGMA schema_version = 99|CREATE TABLE x (n)" },
	  "row 1 of 'c'",
	  NULL },
};

static void run_elsewhere(struct fixture *f, const char *statements)
{
	struct gm_db *own = f->db;

	must(f, open_with(f, &f->db, "app.db", false, 1000));
	must(f, run_all(f, statements));
	driver->close(f->db);
	f->db = own;
}

static void who_refers_to_a_table_is_known_whatever_came_before(void **state)
{
	size_t i;
	size_t k;

	for (i = 0; i < GM_ARRAY_SIZE(later_cases); i++) {
		const struct later_case *c = &later_cases[i];
		struct fixture *f = *state;
		int r;

		must(f, run_all(f, c->before));
		for (k = 0; k < 3 && c->first[k]; k++)
			assert_int_equal(migrate(f, c->first[k]) == 0,
					 !strstr(c->first[k], "nothing"));
		if (c->elsewhere)
			run_elsewhere(f, c->elsewhere);
		r = migrate(f, "DROP TABLE p");
		if (c->finding ? r != GM_ESQL : r != 0)
			fail_msg("case %zu: %d", i, r);
		if (c->finding)
			expect_message(f, c->finding);
		tear_down(state);
		set_up(state);
	}
}

static void outside_a_transaction_the_damage_is_told_as_done(void **state)
{
	struct fixture *f = *state;

	must(f, run_all(f, FAMILY));
	must(f, driver->before_migration(f->db, &f->err));
	must(f, run(f, "DELETE FROM p"));
	assert_int_equal(driver->after_migration(f->db, &f->err), GM_ESQL);
	expect_message(f, "row 11 of 'c'");
	assert_non_null(strstr(f->err.hint, "in the database now"));
}

static void a_migration_may_enforce_keys_outside_a_transaction(void **state)
{
	struct fixture *f = *state;

	must(f, run_all(f, FAMILY));
	must(f, driver->before_migration(f->db, &f->err));
	must(f, run_all(f, "PRAGMA foreign_keys = ON|DELETE FROM p"));
	must(f, driver->after_migration(f->db, &f->err));
	expect(f, "SELECT count(*) FROM c", "0");
	must(f, driver->clean_session(f->db, &f->err));
	expect(f, "PRAGMA foreign_keys", "0");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_rebuilt_table_keeps_its_children),
		TEST(a_row_that_a_rebuild_loses_fails_the_migration),
		TEST(renaming_the_old_table_away_takes_its_children_along),
		TEST(a_deleted_parent_is_missed),
		TEST(a_parent_with_another_key_is_missed),
		TEST(a_parent_that_was_replaced_is_missed),
		TEST(a_dropped_parent_is_missed),
		TEST(a_trigger_can_break_a_key_too),
		TEST(a_child_without_a_parent_is_found),
		TEST(a_new_table_is_checked_too),
		TEST(a_row_without_a_row_id_is_found_as_well),
		TEST(a_long_list_is_cut),
		TEST(names_with_quotes_are_followed),
		TEST(what_was_broken_before_is_no_finding),
		TEST(it_stays_known_when_its_table_is_renamed),
		TEST(it_stays_known_when_its_table_is_rebuilt),
		TEST(it_stays_known_when_its_table_gets_another_key),
		TEST(a_new_violation_does_not_hide_behind_a_mended_one),
		TEST(a_dropped_child_is_no_finding),
		TEST(a_key_that_fits_no_more_is_a_finding),
		TEST(a_key_that_never_fitted_is_none),
		TEST(a_key_that_fits_again_shows_nothing_new),
		TEST(a_schema_that_is_written_by_hand_is_checked),
		TEST(who_refers_to_a_table_is_known_whatever_came_before),
		TEST(outside_a_transaction_the_damage_is_told_as_done),
		TEST(a_migration_may_enforce_keys_outside_a_transaction),
	};

	return cmocka_run_group_tests_name("sqlite keys", tests, NULL, NULL);
}
