/*
 * `has_table`, `schema`, `before_migration`, `after_migration` and
 * `clean_session`.
 */
#include "suite.h"

#define LOCK "gmt"

static int has_table(struct suite *s, const char *name)
{
	int ret = s->driver->has_table(s->db, name, &s->err);

	suite_ok(s, ret);
	return ret;
}

static void a_table_is_there_or_not(void **state)
{
	struct suite *s = *state;

	assert_int_equal(has_table(s, "gmt_t"), 0);
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	assert_int_equal(has_table(s, "gmt_t"), 1);
	assert_int_equal(has_table(s, "gmt_"), 0);
	assert_int_equal(has_table(s, "gmt__"), 0);
	suite_run(s, "DROP TABLE gmt_t");
	assert_int_equal(has_table(s, "gmt_t"), 0);
}

static void a_table_is_found_with_its_schema(void **state)
{
	struct suite *s = *state;
	char *schema = suite_ask(s, s->db, s->texts->schema);
	char *there = gm_format("%s.gmt_t", schema);
	char *missing = gm_format("%s.gmt_u", schema);

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	assert_int_equal(has_table(s, there), 1);
	assert_int_equal(has_table(s, missing), 0);
	assert_int_equal(has_table(s, "gmt_nowhere.gmt_t"), 0);
	free(schema);
	free(there);
	free(missing);
}

static void a_tables_name_is_read_as_a_statement_reads_it(void **state)
{
	static const char *const names[] = { "gmt_Case", "gmt_case",
					     "GMT_CASE" };
	struct suite *s = *state;
	size_t i;

	suite_run(s, "CREATE TABLE gmt_Case (n INTEGER)");
	for (i = 0; i < GM_ARRAY_SIZE(names); i++) {
		char *sql = gm_format("SELECT n FROM %s", names[i]);
		bool known = !suite_try(s, s->db, sql);

		assert_int_equal(has_table(s, names[i]), known);
		free(sql);
	}
}

static void a_view_is_no_table(void **state)
{
	struct suite *s = *state;

	suite_run(s, "CREATE VIEW gmt_view AS SELECT 1 AS one");
	assert_int_equal(has_table(s, "gmt_view"), 0);
}

static void a_table_is_seen_inside_its_transaction(void **state)
{
	struct suite *s = *state;

	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	assert_int_equal(has_table(s, "gmt_t"), 1);
	suite_ok(s, s->driver->rollback(s->db, &s->err));
}

static void the_schema_is_where_tables_are_made(void **state)
{
	struct suite *s = *state;
	char *schema;
	char *name;

	suite_ok(s, s->driver->schema(s->db, &schema, &s->err));
	assert_non_null(schema);
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	name = gm_format("%s.gmt_t", schema);
	assert_int_equal(has_table(s, name), 1);
	free(schema);
	free(name);
}

static void spoil(struct suite *s)
{
	const char *const *sql;

	for (sql = s->texts->spoil; *sql; sql++)
		suite_run(s, *sql);
}

static void the_schema_is_the_first_one_whatever_a_migration_sets(void **state)
{
	struct suite *s = *state;
	char *before;
	char *after;

	suite_ok(s, s->driver->schema(s->db, &before, &s->err));
	spoil(s);
	suite_ok(s, s->driver->schema(s->db, &after, &s->err));
	assert_string_equal(after, before);
	free(before);
	free(after);
}

static void prepare(struct suite *s)
{
	if (s->driver->before_migration)
		suite_ok(s, s->driver->before_migration(s->db, &s->err));
}

static void conclude(struct suite *s)
{
	if (s->driver->after_migration)
		suite_ok(s, s->driver->after_migration(s->db, &s->err));
}

static void clean(struct suite *s)
{
	if (s->driver->clean_session)
		suite_ok(s, s->driver->clean_session(s->db, &s->err));
}

static void a_harmless_migration_passes_the_look_for_damage(void **state)
{
	struct suite *s = *state;

	prepare(s);
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_run(s, "INSERT INTO gmt_t VALUES (1)");
	conclude(s);
	suite_ok(s, s->driver->commit(s->db, &s->err));
	clean(s);
	prepare(s);
	suite_run(s, "INSERT INTO gmt_t VALUES (2)");
	conclude(s);
	suite_expect(s, "SELECT n FROM gmt_t ORDER BY n", "1\n2");
}

static void settings_that_a_migration_leaves_are_put_back(void **state)
{
	struct suite *s = *state;
	char *before;
	char *spoilt;

	prepare(s);
	before = suite_ask(s, s->db, s->texts->spoilt);
	spoil(s);
	spoilt = suite_ask(s, s->db, s->texts->spoilt);
	assert_string_not_equal(spoilt, before);
	clean(s);
	prepare(s);
	suite_expect(s, s->texts->spoilt, before);
	free(before);
	free(spoilt);
}

static void temporary_tables_that_a_migration_leaves_are_gone(void **state)
{
	struct suite *s = *state;

	suite_run(s, "CREATE TEMPORARY TABLE gmt_temp (n INTEGER)");
	suite_run(s, "INSERT INTO gmt_temp VALUES (1)");
	clean(s);
	suite_fails(s, suite_try(s, s->db, "SELECT n FROM gmt_temp"), GM_ESQL);
}

static void our_statements_are_safe_from_what_a_migration_sets(void **state)
{
	struct suite *s = *state;
	struct gm_value text = gm_value_text("it's \\ \xe2\x82\xac");
	char *schema = suite_ask(s, s->db, s->texts->schema);
	char *sql = gm_format("INSERT INTO %s.gmt_t (t) VALUES (?)", schema);

	suite_run(s, "CREATE TABLE gmt_t (t VARCHAR(99))");
	spoil(s);
	suite_ok(s,
		 s->driver->query(s->db, sql, &text, 1, NULL, NULL, &s->err));
	s->driver->close(s->db);
	s->db = suite_open(s, SUITE_PATIENT_MS);
	suite_expect(s, "SELECT t FROM gmt_t", text.text);
	free(schema);
	free(sql);
}

static void a_clean_session_still_holds_its_lock(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	suite_lock(s, LOCK);
	prepare(s);
	suite_run(s, "CREATE TEMPORARY TABLE gmt_temp (n INTEGER)");
	spoil(s);
	clean(s);
	peer = suite_peer_start(s);
	assert_int_equal(suite_peer_ask(peer, "lock " LOCK), 0);
	s->driver->unlock(s->db);
	suite_peer_lock(peer, LOCK);
	suite_peer_end(peer);
}

static void a_clean_session_is_known_by_its_name(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;
	char *owner = NULL;

	if (s->driver->try_lock)
		suite_lock(s, LOCK);
	suite_ok(s, s->driver->owner(s->db, &owner, &s->err));
	spoil(s);
	clean(s);
	peer = suite_peer_start(s);
	assert_int_equal(suite_peer_ask(peer, "alive " LOCK " %s", owner), 1);
	suite_peer_end(peer);
	free(owner);
}

static const struct suite_test tests[] = {
	SUITE_TEST(a_table_is_there_or_not),
	SUITE_TEST(a_table_is_found_with_its_schema),
	SUITE_TEST(a_tables_name_is_read_as_a_statement_reads_it),
	SUITE_TEST(a_view_is_no_table),
	SUITE_TEST(a_table_is_seen_inside_its_transaction),
	SUITE_TEST_IF(SUITE_SCHEMA, the_schema_is_where_tables_are_made),
	SUITE_TEST_IF(SUITE_SCHEMA,
		      the_schema_is_the_first_one_whatever_a_migration_sets),
	SUITE_TEST(a_harmless_migration_passes_the_look_for_damage),
	SUITE_TEST(settings_that_a_migration_leaves_are_put_back),
	SUITE_TEST(temporary_tables_that_a_migration_leaves_are_gone),
	SUITE_TEST(our_statements_are_safe_from_what_a_migration_sets),
	SUITE_TEST_IF(SUITE_LOCKS, a_clean_session_still_holds_its_lock),
	SUITE_TEST(a_clean_session_is_known_by_its_name),
};

SUITE_SECTION(suite_session_section, tests);
