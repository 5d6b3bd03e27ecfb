/*
 * lib/series/seal: what sealing writes, and what it leaves alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "series/seal.h"
#include "series_files.h"

#define UP "-- migrate:up\nX\n"
#define SUM "0123456789abcdef0123456789abcdef"
#define CHECKSUM "-- migrate:checksum xxh3:" SUM "\n"

static const struct gm_seal_parent two[] = {
	{ "1_a", "aaaaaaaaaaaaaaaaaaaa" },
	{ "2_b", "" },
};

static void lines_go_where_such_lines_stand(void **state)
{
	static const struct {
		const char *in;
		/* -1: the parent lines stay. */
		int n;
		const char *out;
	} cases[] = {
		{ UP, -1, CHECKSUM "\n" UP },
		{ UP, 0, "-- migrate:parent none\n" CHECKSUM "\n" UP },
		{ UP, 2,
		  "-- migrate:parent 1_a aaaaaaaaaaaa\n"
		  "-- migrate:parent 2_b\n" CHECKSUM "\n" UP },
		{ "-- licence\n\n" UP, 1,
		  "-- licence\n\n-- migrate:parent 1_a aaaaaaaaaaaa\n" CHECKSUM
		  "\n" UP },
		{ "-- migrate:depends a/1_x\n\n" UP, 1,
		  "-- migrate:parent 1_a aaaaaaaaaaaa\n"
		  "-- migrate:depends a/1_x\n" CHECKSUM "\n" UP },
		{ "-- a\n-- migrate:checksum xxh3:1\n-- b\n"
		  "-- migrate:parent 7_x\n-- c\n--migrate:parent 8_x\n" UP,
		  1,
		  "-- a\n" CHECKSUM "-- b\n"
		  "-- migrate:parent 1_a aaaaaaaaaaaa\n-- c\n" UP },
		{ "-- migrate:parent 7_x\n" UP, -1,
		  "-- migrate:parent 7_x\n" CHECKSUM UP },
		{ "-- migrate:parent 7_x\n" UP, 0,
		  "-- migrate:parent none\n" CHECKSUM UP },
		{ "\xef\xbb\xbf-- migrate:up\r\nX\n", 0,
		  "\xef\xbb\xbf-- migrate:parent none\r\n"
		  "-- migrate:checksum xxh3:" SUM "\r\n\r\n"
		  "-- migrate:up\r\nX\n" },
		{ "-- a\n-- migrate:parent 7_x\r\n\r\n-- migrate:up\r\nX\r", -1,
		  "-- a\n-- migrate:parent 7_x\r\n" CHECKSUM
		  "\r\n-- migrate:up\r\nX\r" },
		{ "-- migrate:up", -1, CHECKSUM "\n-- migrate:up" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		struct gm_strbuf out = { 0 };
		struct gm_strbuf again = { 0 };
		const struct gm_seal_parent *parents = cases[i].n < 0 ? NULL
								      : two;
		size_t n = cases[i].n < 0 ? 0 : (size_t)cases[i].n;

		gm_seal_bytes(cases[i].in, strlen(cases[i].in), parents, n, SUM,
			      &out);
		assert_string_equal(gm_strbuf_str(&out), cases[i].out);
		gm_seal_bytes(out.buf, out.len, parents, n, SUM, &again);
		assert_string_equal(gm_strbuf_str(&again), cases[i].out);
		gm_strbuf_release(&again);
		gm_strbuf_release(&out);
	}
}

enum {
	MOST = 4
};

/* A series of files named 1_.sql to 4_.sql, whose SQL is their number. */
static void build(struct gm_series *series, struct gm_files *files,
		  const char *const *headers)
{
	char name[] = "0_x.sql";
	size_t i;

	memset(series, 0, sizeof(*series));
	memset(files, 0, sizeof(*files));
	for (i = 0; i < MOST && headers[i]; i++) {
		char *text;

		name[0] = (char)('1' + i);
		text = gm_format("%s-- migrate:up\n%zu\n", headers[i], i + 1);
		test_file(files, name, text);
		free(text);
	}
	gm_series_add(series, "", files);
	gm_series_build(series);
}

/* The parent lines that sealing one of them writes, as "ID ID". */
static char *sealed_parents(const struct gm_series *series,
			    const struct gm_files *files, size_t which,
			    const struct gm_migration *const *also, size_t n)
{
	const struct gm_file *file = &files->v[which];
	char id[] = "1_x";
	struct gm_strbuf out = { 0 };
	struct gm_migration *m, *sealed;
	char *parents;
	bool *ends;
	size_t i;

	id[0] = (char)('1' + which);
	m = gm_series_find(series, "", id);
	ends = gm_seal_ends(series, also, n);
	gm_seal(m, ends, file->bytes, file->len, &out);
	free(ends);
	sealed = test_migration(id, out.buf, out.len);
	assert_true(gm_migration_is_sealed(sealed));
	assert_string_equal(sealed->checksum, m->checksum);
	for (i = 0; i < sealed->n_parents; i++) {
		const struct gm_migration *parent = gm_series_find(
			series, "", sealed->parents[i].id);

		if (parent)
			assert_memory_equal(sealed->parents[i].pin,
					    parent->checksum, 12);
	}
	parents = gm_migration_parents(sealed);
	gm_migration_free(sealed);
	gm_strbuf_release(&out);
	return parents;
}

static void a_seal_never_changes_the_graph(void **state)
{
	static const struct {
		const char *headers[MOST];
		size_t which;
		/* The numbers of those sealed in the same go. */
		const char *also;
		const char *parents;
	} cases[] = {
		{ { "" }, 0, "", "none" },
		{ { "", "" }, 1, "", "1_x" },
		{ { "", "" }, 0, "", "" },
		{ { "", "" }, 0, "2", "none" },
		{ { "", "" }, 0, "21", "none" },
		{ { "", "", "" }, 1, "", "" },
		{ { "", "", "" }, 1, "1", "" },
		{ { "", "", "" }, 0, "2", "" },
		{ { "", "", "" }, 0, "3", "" },
		{ { "", "", "" }, 0, "32", "none" },
		{ { "", "", "-- migrate:parent 1_x\n" }, 1, "", "1_x" },
		{ { "", "", "-- migrate:parent 1_x\n" }, 0, "3", "" },
		{ { "", "", "-- migrate:parent none\n" }, 2, "", "none" },
		{ { "", "",
		    "-- migrate:parent 2_x 0123456789ab\n"
		    "-- migrate:parent 1_x\n" },
		  2,
		  "",
		  "2_x 1_x" },
		{ { "", "-- migrate:parent 7_gone\n" }, 1, "", "7_gone" },
	};
	size_t i, j;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		const struct gm_migration *also[MOST];
		struct gm_series series;
		struct gm_files files;
		char *parents;
		size_t n = strlen(cases[i].also);

		build(&series, &files, cases[i].headers);
		for (j = 0; j < n; j++) {
			char id[] = "1_x";

			id[0] = cases[i].also[j];
			also[j] = gm_series_find(&series, "", id);
		}
		parents = sealed_parents(&series, &files, cases[i].which, also,
					 n);
		if (strcmp(parents, cases[i].parents))
			fail_msg("case %zu: %s", i, parents);
		free(parents);
		gm_series_release(&series);
		gm_files_release(&files);
	}
}

static void a_renamed_parent_gets_its_new_name_once(void **state)
{
	static const char *const headers[MOST] = { "", NULL };
	const char *child[MOST] = { "", NULL };
	struct gm_series series;
	struct gm_files files;
	char *header, *parents;

	(void)state;
	build(&series, &files, headers);
	header = gm_format("-- migrate:parent 0_old %.12s\n"
			   "-- migrate:parent 1_x\n",
			   series.v[0]->checksum);
	gm_series_release(&series);
	gm_files_release(&files);
	child[1] = header;
	build(&series, &files, child);
	parents = sealed_parents(&series, &files, 1, NULL, 0);
	assert_string_equal(parents, "1_x");
	free(parents);
	free(header);
	gm_series_release(&series);
	gm_files_release(&files);
}

static void sealing_twice_changes_nothing(void **state)
{
	static const char *const headers[MOST] = { "",
						   "-- migrate:parent "
						   "1_x\n",
						   NULL };
	struct gm_series series;
	struct gm_files files;
	struct gm_strbuf once = { 0 };
	struct gm_strbuf twice = { 0 };
	bool *ends;

	(void)state;
	build(&series, &files, headers);
	ends = gm_seal_ends(&series, NULL, 0);
	assert_int_equal(gm_seal(series.v[1], ends, files.v[1].bytes,
				 files.v[1].len, &once),
			 1);
	assert_int_equal(gm_seal(series.v[1], ends, once.buf, once.len, &twice),
			 0);
	free(ends);
	assert_string_equal(once.buf, twice.buf);
	gm_strbuf_release(&twice);
	gm_strbuf_release(&once);
	gm_series_release(&series);
	gm_files_release(&files);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_go_where_such_lines_stand),
		cmocka_unit_test(a_seal_never_changes_the_graph),
		cmocka_unit_test(a_renamed_parent_gets_its_new_name_once),
		cmocka_unit_test(sealing_twice_changes_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
