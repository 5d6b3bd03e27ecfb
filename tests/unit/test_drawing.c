/*
 * lib/base/drawing: graphs as they are drawn beside a list.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/drawing.h"
#include "base/strbuf.h"

static void add_cells(struct gm_strbuf *out, const struct gm_cells *cells,
		      const char *text)
{
	size_t i;

	for (i = 0; i < cells->n; i++)
		gm_strbuf_addc(out, cells->v[i].c);
	gm_strbuf_addf(out, "%s%s\n", *text ? " " : "", text);
}

/* "A:BC B:D": A has the parents B and C, B has D. */
static char *draw(const char *graph)
{
	struct gm_drawing drawing = { 0 };
	struct gm_strbuf out = { 0 };

	while (*graph) {
		size_t parents[8];
		size_t n = 0;
		size_t i;
		char name[2] = { *graph, '\0' };

		for (graph += 2; *graph && *graph != ' '; graph++)
			parents[n++] = (size_t)*graph;
		graph += *graph == ' ';
		gm_drawing_add(&drawing, (size_t)*name, '*', parents, n);
		add_cells(&out, &drawing.lines[0], name);
		for (i = 1; i < drawing.n_lines; i++)
			add_cells(&out, &drawing.lines[i], "");
	}
	gm_drawing_release(&drawing);
	return gm_strbuf_take(&out);
}

static void a_graph_is_drawn_as_git_draws_it(void **state)
{
	/* clang-format off */
	static const struct {
		const char *graph;
		const char *expected;
	} cases[] = {
		{ "C:B B:A A:",
		  "* C\n"
		  "* B\n"
		  "* A\n" },
		/* A fork with two heads. */
		{ "C:A B:A A:",
		  "* C\n"
		  "| * B\n"
		  "|/\n"
		  "* A\n" },
		/* And one that joins them. */
		{ "D:BC C:A B:A A:",
		  "* D\n"
		  "|\\\n"
		  "| * C\n"
		  "* | B\n"
		  "|/\n"
		  "* A\n" },
		/* Three at once. */
		{ "E:BCD D:A C:A B:A A:",
		  "* E\n"
		  "|\\\n"
		  "| |\\\n"
		  "| | * D\n"
		  "| * | C\n"
		  "| |/\n"
		  "* | B\n"
		  "|/\n"
		  "* A\n" },
		/* A line that crosses another one. */
		{ "F:A E:B D:A C:B B: A:",
		  "* F\n"
		  "| * E\n"
		  "| | * D\n"
		  "| |/\n"
		  "|/|\n"
		  "| | * C\n"
		  "| |/\n"
		  "| * B\n"
		  "* A\n" },
		/* And two others. */
		{ "D:A C:B E:F G:A F: B: A:",
		  "* D\n"
		  "| * C\n"
		  "| | * E\n"
		  "| | | * G\n"
		  "| |_|/\n"
		  "|/| |\n"
		  "| | * F\n"
		  "| * B\n"
		  "* A\n" },
		/* One ends, and what is right of it moves up. */
		{ "B: C:A A:",
		  "* B\n"
		  "* C\n"
		  "* A\n" },
		{ "C:B D:A B: A:",
		  "* C\n"
		  "| * D\n"
		  "* | B\n"
		  " /\n"
		  "* A\n" },
		/* A merge whose parents have columns already: next to it on
		 * the right, on the left, and further away. */
		{ "E:C F:B D:BC C:A B:A A:",
		  "* E\n"
		  "| * F\n"
		  "| | * D\n"
		  "| |/|\n"
		  "| |/\n"
		  "|/|\n"
		  "* | C\n"
		  "| * B\n"
		  "|/\n"
		  "* A\n" },
		{ "E:BF F:C D:BC C:A B:A A:",
		  "* E\n"
		  "|\\\n"
		  "| * F\n"
		  "| | * D\n"
		  "| | |\\\n"
		  "| |/ /\n"
		  "|/| |\n"
		  "| |/\n"
		  "| * C\n"
		  "* | B\n"
		  "|/\n"
		  "* A\n" },
		{ "E:DC D:BC C:A B:A A:",
		  "* E\n"
		  "|\\\n"
		  "* | D\n"
		  "|\\|\n"
		  "| * C\n"
		  "* | B\n"
		  "|/\n"
		  "* A\n" },
		/* A parent that never comes. */
		{ "B:X A:X",
		  "* B\n"
		  "| * A\n"
		  "|/\n" },
	};
	/* clang-format on */
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char *actual = draw(cases[i].graph);

		assert_string_equal(actual, cases[i].expected);
		free(actual);
	}
}

static void a_column_keeps_its_colour(void **state)
{
	static const size_t parents[] = { 2, 3 };
	struct gm_drawing d = { 0 };

	(void)state;
	gm_drawing_add(&d, 1, 'o', parents, 2);
	assert_int_equal(d.lines[0].v[0].c, 'o');
	assert_int_equal(d.lines[0].v[0].colour, 0);
	assert_int_equal(d.lines[1].v[0].colour, 1);
	assert_int_equal(d.lines[1].v[1].colour, 2);
	assert_int_equal(d.rest.v[0].colour, 1);
	assert_int_equal(d.rest.v[2].colour, 2);
	assert_int_equal(d.width, 3);
	gm_drawing_release(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_graph_is_drawn_as_git_draws_it),
		cmocka_unit_test(a_column_keeps_its_colour),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
