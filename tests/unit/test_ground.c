/*
 * lib/sql/ground: what stood before a fork brings two sides together that
 * have no object in common. The table is tests/vectors/grounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/ground.h"
#include "tests/unit/footprint_text.h"

#define LINE 4096

/* Cuts the next field off, at " | ". */
static char *next_field(char **at)
{
	char *field = *at;
	char *bar = strstr(field, " | ");

	*at = bar ? bar + 3 : field + strlen(field);
	if (bar)
		*bar = '\0';
	return field;
}

static void sides_meet_as_the_table_says(void **state)
{
	FILE *file = fopen("tests/vectors/grounds", "r");
	char line[LINE];
	size_t cases = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, LINE, file)) {
		char *at = line;
		struct gm_footprint ground = { 0 };
		const struct gm_dialect *dialect;
		struct gm_footprint a;
		struct gm_footprint b;
		const char *base;
		const char *name;
		char *sql;
		char *why;
		char *back;

		if (*line == '#')
			continue;
		line[strcspn(line, "\n")] = '\0';
		name = next_field(&at);
		dialect = gm_dialect_find(name, strlen(name));
		base = next_field(&at);
		gm_ground_add(&ground, dialect, base, strlen(base));
		sql = next_field(&at);
		footprint_of(&a, dialect, sql);
		sql = next_field(&at);
		footprint_of(&b, dialect, sql);
		assert_int_equal(gm_footprint_conflict(&a, &b, NULL),
				 GM_VERDICT_INDEPENDENT);
		why = gm_ground_meet(&ground, &a, &b);
		back = gm_ground_meet(&ground, &b, &a);
		if (!strcmp(at, "apart") ? why != NULL
					 : !why || !gm_ends_with(why, at))
			fail_msg("%s | %s\nnot %s but %s", base, sql, at, why);
		assert_true(!why == !back);
		free(why);
		free(back);
		gm_footprint_release(&ground);
		gm_footprint_release(&a);
		gm_footprint_release(&b);
		cases++;
	}
	assert_true(cases > 20);
	fclose(file);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sides_meet_as_the_table_says),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
