/*
 * `exec` and `exec_copy`: a statement of the user's, as it stands.
 */
#include "suite.h"

static void rows_are_delivered_in_order(void **state)
{
	struct suite *s = *state;

	suite_expect(s,
		     "SELECT 1, 'two', NULL, '' UNION ALL"
		     " SELECT 3, 'four', 'five', NULL ORDER BY 1",
		     "1|two|NULL|\n3|four|five|NULL");
}

static void a_result_without_rows_is_no_error(void **state)
{
	struct suite *s = *state;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_expect(s, "SELECT n FROM gmt_t", "");
}

static void a_statement_may_end_in_a_semicolon(void **state)
{
	struct suite *s = *state;

	suite_expect(s, "SELECT 1;", "1");
}

static void comments_around_a_statement_do_not_matter(void **state)
{
	struct suite *s = *state;

	suite_expect(s, "/* a */ SELECT /* b */ 1 /* c */ -- d", "1");
}

#define MANY                                                                   \
	"WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL"                           \
	" SELECT n + 1 FROM c WHERE n < 900) SELECT n FROM c"

static int count_row(void *context, const struct gm_value *columns, size_t n)
{
	size_t *count = context;

	assert_int_equal(n, 1);
	assert_int_equal(gm_value_to_int(columns), ++*count);
	return 0;
}

static int stop_at_3(void *context, const struct gm_value *columns, size_t n)
{
	(void)n;
	(void)context;
	return gm_value_to_int(columns) == 3 ? GM_EREFUSED : 0;
}

static void all_rows_are_read_also_where_nobody_asks(void **state)
{
	struct suite *s = *state;
	size_t count = 0;

	suite_run(s, MANY);
	suite_ok(s, s->driver->exec(s->db, MANY, strlen(MANY), count_row,
				    &count, &s->err));
	assert_int_equal(count, 900);
	suite_expect(s, "SELECT 1", "1");
}

static void a_row_function_ends_the_statement_with_its_result(void **state)
{
	struct suite *s = *state;

	assert_int_equal(s->driver->exec(s->db, MANY, strlen(MANY), stop_at_3,
					 NULL, &s->err),
			 GM_EREFUSED);
	suite_expect(s, "SELECT 1", "1");
}

static void an_error_says_what_the_server_says(void **state)
{
	struct suite *s = *state;

	suite_fails(s, suite_try(s, s->db, "SELECT n FROM gmt_nowhere"),
		    GM_ESQL);
	assert_non_null(strstr(s->err.message, "gmt_nowhere"));
	assert_null(strchr(s->err.message, '\n'));
}

static void an_error_carries_its_sqlstate(void **state)
{
	struct suite *s = *state;

	suite_fails(s, suite_try(s, s->db, "SELEC 1"), GM_ESQL);
	assert_string_equal(s->err.sqlstate, s->texts->syntax_code);
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER PRIMARY KEY)");
	suite_run(s, "INSERT INTO gmt_t VALUES (1)");
	suite_fails(s, suite_try(s, s->db, "INSERT INTO gmt_t VALUES (1)"),
		    GM_ESQL);
	assert_string_equal(s->err.sqlstate, s->texts->duplicate_code);
}

/* The error is at the second FROM. */
static const char *const misplaced[] = {
	"SELECT 1 FROM FROM x",
	"SELECT 1\n\t\nFROM\n  FROM x",
	"SELECT 'd\xc3\xa9j\xc3\xa0' FROM FROM x",
	"SELECT '\xe2\x82\xac', '\xf0\x9d\x84\x9e' FROM\n FROM x",
	"/* \xe2\x82\xac */ SELECT '\xf0\x9d\x84\x9e' -- x\nFROM\n\n FROM x",
};

static void the_place_of_an_error_is_exact_to_the_byte(void **state)
{
	struct suite *s = *state;
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(misplaced); i++) {
		const char *sql = misplaced[i];

		suite_fails(s, suite_try(s, s->db, sql), GM_ESQL);
		assert_int_equal(s->err.position,
				 strstr(sql, "FROM x") - sql + 1);
	}
}

static void only_the_bytes_of_the_statement_are_read(void **state)
{
	struct suite *s = *state;
	static const char sql[] = "SELECT 1 nonsense, ( 'and more";

	suite_ok(s, s->driver->exec(s->db, sql, strlen("SELECT 1"), NULL, NULL,
				    &s->err));
}

static void a_statement_of_a_mebibyte_runs(void **state)
{
	struct suite *s = *state;
	size_t size = 1024 * 1024;
	struct gm_strbuf sql = { 0 };

	gm_strbuf_adds(&sql, "SELECT LENGTH('");
	gm_strbuf_reserve(&sql, size);
	memset(sql.buf + sql.len, 'x', size);
	sql.len += size;
	gm_strbuf_adds(&sql, "')");
	suite_expect(s, gm_strbuf_str(&sql), "1048576");
	gm_strbuf_release(&sql);
}

static void a_nul_byte_is_refused_and_cuts_nothing_off(void **state)
{
	struct suite *s = *state;
	static const char sql[] = "DELETE FROM gmt_t\0 WHERE n = 2";
	int ret;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_run(s, "INSERT INTO gmt_t VALUES (1)");
	ret = s->driver->exec(s->db, sql, sizeof(sql) - 1, NULL, NULL, &s->err);
	assert_true(ret == GM_EINVALID || ret == GM_ESQL);
	suite_expect(s, "SELECT n FROM gmt_t", "1");
}

static void a_second_statement_is_refused(void **state)
{
	struct suite *s = *state;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_run(s, "INSERT INTO gmt_t VALUES (1)");
	assert_true(suite_try(s, s->db, "SELECT 1; DELETE FROM gmt_t") < 0);
	suite_expect(s, "SELECT n FROM gmt_t", "1");
}

static void question_marks_in_a_users_statement_are_its_own(void **state)
{
	struct suite *s = *state;

	suite_expect(s, "SELECT 'a?', '?' -- really?", "a?|?");
}

static void a_table_can_be_replaced_under_its_name(void **state)
{
	struct suite *s = *state;
	static const char *const columns[] = { "n INTEGER", "t VARCHAR(9)",
					       "a INTEGER, b INTEGER" };
	static const char *const rows[] = { "1", "one", "1|2" };
	static const char *const inserts[] = {
		"INSERT INTO gmt_t VALUES (1)",
		"INSERT INTO gmt_t VALUES ('one')",
		"INSERT INTO gmt_t VALUES (1, 2)",
	};
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(rows); i++) {
		char *sql = gm_format("CREATE TABLE gmt_t (%s)", columns[i]);

		suite_run(s, sql);
		suite_run(s, inserts[i]);
		suite_expect(s, "SELECT * FROM gmt_t", rows[i]);
		suite_run(s, "DROP TABLE gmt_t");
		free(sql);
	}
}

static void hear(void *context, const char *text)
{
	struct gm_strbuf *heard = context;

	gm_strbuf_addf(heard, "[%s]", text);
}

static void what_the_server_remarks_is_passed_on(void **state)
{
	struct suite *s = *state;
	struct gm_strbuf heard = { 0 };
	struct gm_open_options options = { .lock_timeout_ms = SUITE_PATIENT_MS,
					   .notice = hear,
					   .notice_context = &heard };

	s->driver->close(s->db);
	suite_ok(s, suite_open_url(s, &s->db, s->url, &options));
	suite_run(s, s->texts->remarkable);
	assert_non_null(strstr(gm_strbuf_str(&heard), "gmt_none"));
	gm_strbuf_release(&heard);
}

static int copy(struct suite *s, const char *rows, char **text)
{
	const char *sql = s->texts->copy;

	*text = gm_format("%s;\n%s", sql, rows);
	return s->driver->exec_copy(s->db, *text, strlen(sql),
				    *text + strlen(sql) + 2, strlen(rows),
				    &s->err);
}

static void rows_from_the_script_are_taken(void **state)
{
	struct suite *s = *state;
	char *text;

	suite_run(s, "CREATE TABLE gmt_copy (n INTEGER, t TEXT)");
	suite_ok(s, copy(s, s->texts->copy_rows, &text));
	suite_expect(s, "SELECT n, t FROM gmt_copy ORDER BY n",
		     "1|one\n2|a\tb\\c");
	suite_run(s, "DELETE FROM gmt_copy");
	free(text);
	suite_ok(s, copy(s, "", &text));
	suite_expect(s, "SELECT count(*) FROM gmt_copy", "0");
	free(text);
}

static void a_bad_row_from_the_script_takes_none_and_is_named(void **state)
{
	struct suite *s = *state;
	char *text;

	suite_run(s, "CREATE TABLE gmt_copy (n INTEGER, t TEXT)");
	suite_fails(s, copy(s, s->texts->copy_bad_rows, &text), GM_ESQL);
	assert_int_equal(s->err.position, strstr(text, "x\ttwo") - text + 1);
	suite_expect(s, "SELECT count(*) FROM gmt_copy", "0");
	free(text);
}

static const struct suite_test tests[] = {
	SUITE_TEST(rows_are_delivered_in_order),
	SUITE_TEST(a_result_without_rows_is_no_error),
	SUITE_TEST(a_statement_may_end_in_a_semicolon),
	SUITE_TEST(comments_around_a_statement_do_not_matter),
	SUITE_TEST(all_rows_are_read_also_where_nobody_asks),
	SUITE_TEST(a_row_function_ends_the_statement_with_its_result),
	SUITE_TEST(an_error_says_what_the_server_says),
	SUITE_TEST(an_error_carries_its_sqlstate),
	SUITE_TEST(the_place_of_an_error_is_exact_to_the_byte),
	SUITE_TEST(only_the_bytes_of_the_statement_are_read),
	SUITE_TEST(a_statement_of_a_mebibyte_runs),
	SUITE_TEST(a_nul_byte_is_refused_and_cuts_nothing_off),
	SUITE_TEST(a_second_statement_is_refused),
	SUITE_TEST(question_marks_in_a_users_statement_are_its_own),
	SUITE_TEST(a_table_can_be_replaced_under_its_name),
	SUITE_TEST_IF(SUITE_REMARKS, what_the_server_remarks_is_passed_on),
	SUITE_TEST_IF(SUITE_COPY, rows_from_the_script_are_taken),
	SUITE_TEST_IF(SUITE_COPY,
		      a_bad_row_from_the_script_takes_none_and_is_named),
};

SUITE_SECTION(suite_statements_section, tests);
