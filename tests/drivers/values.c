/*
 * `query`: statements of ours, whose values are bound.
 */
#include "suite.h"

#define INSERT "INSERT INTO gmt_v (k, n, t) VALUES (?, ?, ?)"
#define SELECT "SELECT n, t FROM gmt_v WHERE k = ?"

static void make_table(struct suite *s)
{
	char *sql = gm_format("CREATE TABLE gmt_v (k %s NOT NULL PRIMARY KEY,"
			      " n BIGINT, t %s)%s",
			      s->driver->name_type, s->driver->text_type,
			      s->driver->table_options);

	suite_run(s, sql);
	free(sql);
}

static void put(struct suite *s, const char *key, struct gm_value number,
		struct gm_value text)
{
	struct gm_value params[] = { gm_value_text(key), number, text };

	suite_ok(s, s->driver->query(s->db, INSERT, params, 3, NULL, NULL,
				     &s->err));
}

struct row {
	size_t rows;
	bool no_number;
	bool no_text;
	int64_t number;
	struct gm_strbuf text;
};

static int take_row(void *context, const struct gm_value *columns, size_t n)
{
	struct row *row = context;

	assert_int_equal(n, 2);
	row->rows++;
	row->no_number = columns[0].type == GM_VALUE_NULL;
	row->number = gm_value_to_int(&columns[0]);
	row->no_text = columns[1].type == GM_VALUE_NULL;
	if (!row->no_text)
		gm_strbuf_add(&row->text, columns[1].text, columns[1].len);
	return 0;
}

static void get(struct suite *s, const char *key, struct row *row)
{
	struct gm_value param = gm_value_text(key);

	memset(row, 0, sizeof(*row));
	suite_ok(s, s->driver->query(s->db, SELECT, &param, 1, take_row, row,
				     &s->err));
}

static void null_comes_back_as_null(void **state)
{
	struct suite *s = *state;
	struct row row;

	make_table(s);
	put(s, "k", gm_value_null(), gm_value_null());
	get(s, "k", &row);
	assert_int_equal(row.rows, 1);
	assert_true(row.no_number);
	assert_true(row.no_text);
}

static void numbers_come_back_up_to_the_limits(void **state)
{
	static const int64_t numbers[] = { 0,	       1,	    -1,
					   2147483648, -2147483649, INT64_MAX,
					   INT64_MIN };
	struct suite *s = *state;
	struct row row;
	size_t i;

	make_table(s);
	for (i = 0; i < GM_ARRAY_SIZE(numbers); i++) {
		char *key = gm_format("%zu", i);

		put(s, key, gm_value_int(numbers[i]), gm_value_null());
		get(s, key, &row);
		assert_false(row.no_number);
		assert_true(row.number == numbers[i]);
		free(key);
	}
}

static const char *const odd[] = {
	"",
	" ",
	" ends in blanks  ",
	"it's",
	"\"double\" `back`",
	"back\\slash \\' \\n \\0",
	"line\nline\r\nline\ttab",
	"? $1 %s :name @x",
	"; DROP TABLE gmt_v; --",
	"\xc3\xa4\xe2\x82\xac\xf0\x9d\x84\x9e\xf0\x9f\x98\x80",
	"e\xcc\x81",
	"\x01\x7f",
	"NULL",
	"007",
	"1e3",
};

static void text_comes_back_byte_for_byte(void **state)
{
	struct suite *s = *state;
	struct row row;
	size_t i;

	make_table(s);
	for (i = 0; i < GM_ARRAY_SIZE(odd); i++) {
		char *key = gm_format("%zu", i);

		put(s, key, gm_value_null(), gm_value_text(odd[i]));
		get(s, key, &row);
		assert_false(row.no_text);
		assert_string_equal(gm_strbuf_str(&row.text), odd[i]);
		assert_int_equal(row.text.len, strlen(odd[i]));
		gm_strbuf_release(&row.text);
		free(key);
	}
}

static void text_need_not_end_in_a_nul(void **state)
{
	struct suite *s = *state;
	struct row row;

	make_table(s);
	put(s, "k", gm_value_null(), gm_value_bytes("abcdef", 3));
	get(s, "k", &row);
	assert_string_equal(gm_strbuf_str(&row.text), "abc");
	gm_strbuf_release(&row.text);
}

static void a_text_of_a_mebibyte_comes_back(void **state)
{
	struct suite *s = *state;
	size_t size = 1024 * 1024;
	char *text = gm_alloc(size);
	struct row row;
	size_t i;

	for (i = 0; i < size; i++)
		text[i] = (char)(' ' + i % 95);
	make_table(s);
	put(s, "k", gm_value_int(1), gm_value_bytes(text, size));
	get(s, "k", &row);
	assert_int_equal(row.text.len, size);
	assert_memory_equal(row.text.buf, text, size);
	gm_strbuf_release(&row.text);
	free(text);
}

static void names_are_keys_that_compare_byte_by_byte(void **state)
{
	static const char *const keys[] = { "a", "A", "\xc3\xa4", "e",
					    "\xc3\xa9" };
	struct suite *s = *state;
	struct row row;
	char longest[256];
	size_t i;

	make_table(s);
	for (i = 0; i < GM_ARRAY_SIZE(keys); i++)
		put(s, keys[i], gm_value_int((int64_t)i), gm_value_null());
	for (i = 0; i < GM_ARRAY_SIZE(keys); i++) {
		get(s, keys[i], &row);
		assert_int_equal(row.rows, 1);
		assert_int_equal(row.number, i);
	}
	memset(longest, 'x', 255);
	longest[255] = '\0';
	put(s, longest, gm_value_int(255), gm_value_null());
	get(s, longest, &row);
	assert_int_equal(row.number, 255);
}

static void a_key_that_is_there_is_refused_with_its_code(void **state)
{
	struct suite *s = *state;
	struct gm_value params[] = { gm_value_text("k"), gm_value_null(),
				     gm_value_null() };

	make_table(s);
	put(s, "k", gm_value_null(), gm_value_null());
	suite_fails(s,
		    s->driver->query(s->db, INSERT, params, 3, NULL, NULL,
				     &s->err),
		    GM_ESQL);
	assert_string_equal(s->err.sqlstate, s->texts->duplicate_code);
	gm_error_release(&s->err);
	put(s, "other", gm_value_null(), gm_value_null());
	suite_expect(s, "SELECT count(*) FROM gmt_v", "2");
}

static int refuse(void *context, const struct gm_value *columns, size_t n)
{
	(void)context;
	(void)columns;
	(void)n;
	return GM_EREFUSED;
}

static void a_row_function_ends_a_query_of_ours(void **state)
{
	struct suite *s = *state;
	struct gm_value key = gm_value_text("k");
	struct row row;

	make_table(s);
	put(s, "k", gm_value_int(1), gm_value_null());
	assert_int_equal(s->driver->query(s->db, SELECT, &key, 1, refuse, NULL,
					  &s->err),
			 GM_EREFUSED);
	get(s, "k", &row);
	assert_int_equal(row.number, 1);
}

static void a_statement_outlives_a_change_of_its_table(void **state)
{
	struct suite *s = *state;
	struct row row;

	make_table(s);
	put(s, "k", gm_value_int(1), gm_value_null());
	get(s, "k", &row);
	suite_run(s, "ALTER TABLE gmt_v ADD COLUMN more INTEGER");
	get(s, "k", &row);
	assert_int_equal(row.number, 1);
	put(s, "l", gm_value_int(2), gm_value_null());
	suite_run(s, "DROP TABLE gmt_v");
	make_table(s);
	put(s, "l", gm_value_int(3), gm_value_null());
	get(s, "l", &row);
	assert_int_equal(row.number, 3);
}

static void a_bad_statement_of_ours_is_an_error(void **state)
{
	struct suite *s = *state;

	suite_fails(s,
		    s->driver->query(s->db, "SELECT n FROM gmt_nowhere", NULL,
				     0, NULL, NULL, &s->err),
		    GM_ESQL);
	assert_non_null(strstr(s->err.message, "gmt_nowhere"));
}

static const struct suite_test tests[] = {
	SUITE_TEST(null_comes_back_as_null),
	SUITE_TEST(numbers_come_back_up_to_the_limits),
	SUITE_TEST(text_comes_back_byte_for_byte),
	SUITE_TEST(text_need_not_end_in_a_nul),
	SUITE_TEST(a_text_of_a_mebibyte_comes_back),
	SUITE_TEST(names_are_keys_that_compare_byte_by_byte),
	SUITE_TEST(a_key_that_is_there_is_refused_with_its_code),
	SUITE_TEST(a_row_function_ends_a_query_of_ours),
	SUITE_TEST(a_statement_outlives_a_change_of_its_table),
	SUITE_TEST(a_bad_statement_of_ours_is_an_error),
};

SUITE_SECTION(suite_values_section, tests);
