/*
 * `begin`, `commit`, `rollback` and `in_transaction`.
 */
#include "suite.h"

static void begin_with_a_table(struct suite *s)
{
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER PRIMARY KEY)");
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_run(s, "INSERT INTO gmt_t VALUES (1)");
}

static void what_is_committed_stays(void **state)
{
	struct suite *s = *state;

	begin_with_a_table(s);
	suite_ok(s, s->driver->commit(s->db, &s->err));
	suite_reopen(s);
	suite_expect(s, "SELECT n FROM gmt_t", "1");
}

static void what_is_rolled_back_has_not_happened(void **state)
{
	struct suite *s = *state;

	begin_with_a_table(s);
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	suite_expect(s, "SELECT count(*) FROM gmt_t", "0");
}

static void ddl_is_rolled_back_where_the_driver_says_so(void **state)
{
	struct suite *s = *state;

	begin_with_a_table(s);
	suite_run(s, "CREATE TABLE gmt_u (n INTEGER)");
	suite_run(s, "ALTER TABLE gmt_t ADD COLUMN m INTEGER");
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	assert_int_equal(s->driver->has_table(s->db, "gmt_u", &s->err), 0);
	suite_fails(s, suite_try(s, s->db, "SELECT m FROM gmt_t"), GM_ESQL);
}

static void ddl_that_ends_a_transaction_is_seen_to_do_so(void **state)
{
	struct suite *s = *state;

	begin_with_a_table(s);
	suite_run(s, "CREATE TABLE gmt_u (n INTEGER)");
	assert_false(s->driver->in_transaction(s->db));
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	suite_expect(s, "SELECT count(*) FROM gmt_t", "1");
}

static void nobody_else_sees_what_is_not_committed(void **state)
{
	struct suite *s = *state;
	struct gm_db *other;
	char *rows;

	begin_with_a_table(s);
	other = suite_open(s, SUITE_PATIENT_MS);
	rows = suite_ask(s, other, "SELECT count(*) FROM gmt_t");
	assert_string_equal(rows, "0");
	s->driver->close(other);
	free(rows);
}

static void a_rollback_is_allowed_after_a_failed_statement(void **state)
{
	struct suite *s = *state;

	begin_with_a_table(s);
	suite_fails(s, suite_try(s, s->db, "INSERT INTO gmt_t VALUES (1)"),
		    GM_ESQL);
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	assert_false(s->driver->in_transaction(s->db));
	suite_expect(s, "SELECT count(*) FROM gmt_t", "0");
}

static void a_rollback_without_a_transaction_does_nothing(void **state)
{
	struct suite *s = *state;

	suite_ok(s, s->driver->rollback(s->db, &s->err));
	begin_with_a_table(s);
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	assert_false(s->driver->in_transaction(s->db));
}

static void a_transaction_can_follow_another(void **state)
{
	struct suite *s = *state;
	int i;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	for (i = 0; i < 3; i++) {
		suite_ok(s, s->driver->begin(s->db, &s->err));
		suite_run(s, "INSERT INTO gmt_t VALUES (1)");
		suite_ok(s, i == 1 ? s->driver->rollback(s->db, &s->err)
				   : s->driver->commit(s->db, &s->err));
	}
	suite_expect(s, "SELECT count(*) FROM gmt_t", "2");
}

static void a_transaction_is_seen_whoever_opened_it(void **state)
{
	struct suite *s = *state;

	assert_false(s->driver->in_transaction(s->db));
	suite_ok(s, s->driver->begin(s->db, &s->err));
	assert_true(s->driver->in_transaction(s->db));
	suite_ok(s, s->driver->commit(s->db, &s->err));
	assert_false(s->driver->in_transaction(s->db));
	suite_run(s, "BEGIN");
	assert_true(s->driver->in_transaction(s->db));
	suite_run(s, "COMMIT");
	assert_false(s->driver->in_transaction(s->db));
	suite_run(s, "BEGIN");
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	assert_false(s->driver->in_transaction(s->db));
}

static void a_transaction_of_the_users_takes_our_statements_in(void **state)
{
	struct suite *s = *state;

	static const char insert[] = "INSERT INTO gmt_t VALUES (1)";

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_run(s, "BEGIN");
	if (s->driver->mark)
		suite_ok(s, s->driver->mark(s->db, &s->err));
	suite_ok(s,
		 s->driver->query(s->db, insert, NULL, 0, NULL, NULL, &s->err));
	suite_run(s, "ROLLBACK");
	suite_expect(s, "SELECT count(*) FROM gmt_t", "0");
}

static void a_mark_is_gone_back_to(void **state)
{
	static const char insert[] = "INSERT INTO gmt_t VALUES (1)";
	struct suite *s = *state;

	if (!s->driver->mark)
		return;
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_run(s, "BEGIN");
	suite_run(s, "INSERT INTO gmt_t VALUES (2)");
	suite_ok(s, s->driver->mark(s->db, &s->err));
	suite_ok(s,
		 s->driver->query(s->db, insert, NULL, 0, NULL, NULL, &s->err));
	suite_ok(s, s->driver->go_back(s->db, &s->err));
	suite_run(s, "COMMIT");
	suite_expect(s, "SELECT n FROM gmt_t", "2");
}

static void what_must_run_outside_is_refused_inside(void **state)
{
	struct suite *s = *state;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_fails(s, suite_try(s, s->db, s->texts->outside_only), GM_ESQL);
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	suite_run(s, s->texts->outside_only);
}

/* Sends the statement, writes 7 into gmt_ours in a transaction of ours, and
 * returns what becomes of the statement. */
static int send_and_write(struct suite *s, const char *sql)
{
	static const char ours[] = "INSERT INTO gmt_ours VALUES (?)";
	struct gm_value value = gm_value_int(7);

	assert_int_equal(s->driver->send(s->db, sql, strlen(sql), &s->err), 1);
	suite_ok(s, s->driver->begin_own(s->db, &s->err));
	suite_ok(s,
		 s->driver->query(s->db, ours, &value, 1, NULL, NULL, &s->err));
	return s->driver->receive(s->db, -1, &s->err);
}

static void
what_is_written_beside_a_statement_shares_no_fate_with_it(void **state)
{
	struct suite *s = *state;

	suite_run(s, "CREATE TABLE gmt_ours (n INTEGER)");
	suite_ok(s, send_and_write(s, "CREATE TABLE gmt_t (n INTEGER)"));
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	suite_expect(s, "SELECT COUNT(*) FROM gmt_ours", "0");
	suite_expect(s, "SELECT COUNT(*) FROM gmt_t", "0");
	suite_fails(s, send_and_write(s, "INSERT INTO gmt_t VALUES (bad here)"),
		    GM_ESQL);
	gm_error_release(&s->err);
	suite_ok(s, s->driver->commit(s->db, &s->err));
	suite_expect(s, "SELECT COUNT(*) FROM gmt_ours", "1");
}

static void a_statement_that_waits_has_no_answer_yet(void **state)
{
	static const char sql[] = "INSERT INTO gmt_t VALUES (2)";
	struct suite *s = *state;
	struct suite_peer *peer = suite_peer_start(s);

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER PRIMARY KEY)");
	assert_int_equal(suite_peer_ask(peer, "begin"), 0);
	assert_int_equal(suite_peer_ask(peer, "exec %s", sql), 0);
	assert_int_equal(s->driver->send(s->db, sql, sizeof(sql) - 1, &s->err),
			 1);
	assert_int_equal(s->driver->receive(s->db, 100, &s->err), 1);
	assert_int_equal(suite_peer_ask(peer, "commit"), 0);
	suite_fails(s, s->driver->receive(s->db, -1, &s->err), GM_ESQL);
	suite_peer_end(peer);
}

static const struct suite_test tests[] = {
	SUITE_TEST(what_is_committed_stays),
	SUITE_TEST(what_is_rolled_back_has_not_happened),
	SUITE_TEST_IF(SUITE_DDL_BACK,
		      ddl_is_rolled_back_where_the_driver_says_so),
	SUITE_TEST_IF(SUITE_DDL_COMMITS,
		      ddl_that_ends_a_transaction_is_seen_to_do_so),
	SUITE_TEST(nobody_else_sees_what_is_not_committed),
	SUITE_TEST(a_rollback_is_allowed_after_a_failed_statement),
	SUITE_TEST(a_rollback_without_a_transaction_does_nothing),
	SUITE_TEST(a_transaction_can_follow_another),
	SUITE_TEST(a_transaction_is_seen_whoever_opened_it),
	SUITE_TEST(a_transaction_of_the_users_takes_our_statements_in),
	SUITE_TEST(a_mark_is_gone_back_to),
	SUITE_TEST_IF(SUITE_OUTSIDE, what_must_run_outside_is_refused_inside),
	SUITE_TEST_IF(
		SUITE_SEND,
		what_is_written_beside_a_statement_shares_no_fate_with_it),
	SUITE_TEST_IF(SUITE_SEND, a_statement_that_waits_has_no_answer_yet),
};

SUITE_SECTION(suite_transactions_section, tests);
