/*
 * lib/work/lost: what goes with its data.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "work/lost.h"

static void tables_columns_and_rows_are_told(void **state)
{
	/* clang-format off */
	static const struct {
		const struct gm_dialect *dialect;
		const char *sql;
		const char *expected;
	} cases[] = {
		{ &gm_dialect_sqlite, "", "" },
		{ &gm_dialect_sqlite, "DROP TABLE a; DROP TABLE IF EXISTS b;",
		  "table a, table b" },
		{ &gm_dialect_sqlite, "ALTER TABLE a DROP COLUMN x;",
		  "column a.x" },
		{ &gm_dialect_sqlite, "DELETE FROM a WHERE id = 1;",
		  "rows of a" },
		/* What goes with a table needs no line of its own. */
		{ &gm_dialect_sqlite, "DELETE FROM a; DROP TABLE a;",
		  "table a" },
		{ &gm_dialect_sqlite,
		  "ALTER TABLE a DROP COLUMN x; DROP TABLE a;", "table a" },
		/* Nothing with data in it. */
		{ &gm_dialect_sqlite, "DROP VIEW v; DROP INDEX i; "
				      "DROP TRIGGER t;", "" },
		{ &gm_dialect_sqlite, "UPDATE a SET x = 1;", "" },
		/* Renamed, or made again. */
		{ &gm_dialect_sqlite, "ALTER TABLE a RENAME TO b;", "" },
		{ &gm_dialect_sqlite, "ALTER TABLE a RENAME COLUMN x TO y;",
		  "" },
		{ &gm_dialect_sqlite,
		  "CREATE TABLE new (id INT); INSERT INTO new SELECT id FROM a;"
		  " DROP TABLE a; ALTER TABLE new RENAME TO a;", "" },
		{ &gm_dialect_postgres,
		  "DROP TABLE s.a, b; ALTER TABLE c DROP x, DROP y;",
		  "table s.a, table b, column c.x, column c.y" },
		{ &gm_dialect_postgres, "DROP TABLE a CASCADE;",
		  "table a, and perhaps more" },
		{ &gm_dialect_postgres, "TRUNCATE a;", "rows of a" },
		{ &gm_dialect_postgres, "DROP TYPE mood; DROP FUNCTION f();",
		  "" },
		{ &gm_dialect_postgres, "DROP TABLE a; DO $$ BEGIN END $$;",
		  "table a, and perhaps more" },
		{ &gm_dialect_mysql, "ALTER TABLE `a` DROP `x`;",
		  "column a.x" },
	};
	/* clang-format on */
	size_t i;
	size_t k;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_footprint footprint = { 0 };
		struct gm_strings lost = { 0 };
		struct gm_strbuf out = { 0 };
		char *unknown = NULL;

		gm_footprint_add(&footprint, cases[i].dialect, cases[i].sql,
				 strlen(cases[i].sql), 1);
		gm_list_lost(&footprint, &lost, &unknown);
		for (k = 0; k < lost.n; k++)
			gm_strbuf_addf(&out, "%s%s", k ? ", " : "", lost.v[k]);
		if (unknown)
			gm_strbuf_adds(&out, ", and perhaps more");
		if (strcmp(gm_strbuf_str(&out), cases[i].expected))
			fail_msg("%s\ngives: %s\nnot: %s", cases[i].sql,
				 gm_strbuf_str(&out), cases[i].expected);
		gm_strbuf_release(&out);
		gm_strings_release(&lost);
		gm_footprint_release(&footprint);
		free(unknown);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tables_columns_and_rows_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
