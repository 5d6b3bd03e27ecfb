/*
 * `queue` and `await`: what is sent ahead of its answer.
 */
#include "suite.h"

static void queue(struct suite *s)
{
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER PRIMARY KEY)");
	assert_int_equal(s->driver->queue(s->db, true), 1);
}

/* Queues a transaction with this statement, which stays where it is. */
static void queue_one(struct suite *s, const char *sql)
{
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_ok(s,
		 s->driver->exec(s->db, sql, strlen(sql), NULL, NULL, &s->err));
	suite_ok(s, s->driver->commit(s->db, &s->err));
}

static int await(struct suite *s, const char **failed)
{
	gm_error_release(&s->err);
	return s->driver->await(s->db, failed, &s->err);
}

static void what_is_queued_and_awaited_is_committed(void **state)
{
	static const char ours[] = "INSERT INTO gmt_t VALUES (?)";
	struct suite *s = *state;
	struct gm_value value = gm_value_int(7);
	const char *failed;

	queue(s);
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_ok(s,
		 s->driver->query(s->db, ours, &value, 1, NULL, NULL, &s->err));
	suite_ok(s, s->driver->exec(s->db, "INSERT INTO gmt_t VALUES (8)", 28,
				    NULL, NULL, &s->err));
	suite_ok(s, s->driver->commit(s->db, &s->err));
	suite_ok(s, await(s, &failed));
	assert_null(failed);
	s->driver->queue(s->db, false);
	suite_reopen(s);
	suite_expect(s, "SELECT n FROM gmt_t ORDER BY n", "7\n8");
}

static void a_failure_names_its_statement_and_holds_up_the_rest(void **state)
{
	static const char bad[] = "INSERT INTO gmt_t VALUES (1, bad here)";
	struct suite *s = *state;
	const char *failed;

	queue(s);
	queue_one(s, "INSERT INTO gmt_t VALUES (1)");
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_ok(s, s->driver->exec(s->db, "INSERT INTO gmt_t VALUES (2)", 28,
				    NULL, NULL, &s->err));
	suite_ok(s, s->driver->exec(s->db, bad, sizeof(bad) - 1, NULL, NULL,
				    &s->err));
	suite_ok(s, s->driver->commit(s->db, &s->err));
	queue_one(s, "INSERT INTO gmt_t VALUES (3)");
	suite_ok(s, await(s, &failed));
	suite_fails(s, await(s, &failed), GM_ESQL);
	assert_ptr_equal(failed, bad);
	assert_string_equal(s->err.sqlstate, s->texts->syntax_code);
	assert_int_equal(s->err.position, 34);
	assert_false(s->driver->in_transaction(s->db));
	suite_expect(s, "SELECT n FROM gmt_t ORDER BY n", "1");
}

static void a_statement_of_ours_that_fails_is_told_by_its_text(void **state)
{
	static const char ours[] = "INSERT INTO gmt_t VALUES (?)";
	struct suite *s = *state;
	struct gm_value value = gm_value_int(7);
	const char *failed;
	int i;

	queue(s);
	for (i = 0; i < 2; i++) {
		suite_ok(s, s->driver->begin(s->db, &s->err));
		suite_ok(s, s->driver->query(s->db, ours, &value, 1, NULL, NULL,
					     &s->err));
		suite_ok(s, s->driver->commit(s->db, &s->err));
	}
	suite_ok(s, await(s, &failed));
	suite_fails(s, await(s, &failed), GM_ESQL);
	assert_ptr_equal(failed, ours);
	assert_string_equal(s->err.sqlstate, s->texts->duplicate_code);
	/* And it can be used again. */
	value = gm_value_int(8);
	assert_int_equal(s->driver->queue(s->db, true), 1);
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_ok(s,
		 s->driver->query(s->db, ours, &value, 1, NULL, NULL, &s->err));
	suite_ok(s, s->driver->commit(s->db, &s->err));
	suite_ok(s, await(s, &failed));
	s->driver->queue(s->db, false);
	suite_expect(s, "SELECT n FROM gmt_t ORDER BY n", "7\n8");
}

static void a_statement_that_cannot_be_sent_fails_in_its_turn(void **state)
{
	struct suite *s = *state;
	const char *failed;

	queue(s);
	queue_one(s, "INSERT INTO gmt_t VALUES (1)");
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_ok(s,
		 s->driver->exec(s->db, "SELECT 1\0", 9, NULL, NULL, &s->err));
	suite_ok(s, s->driver->commit(s->db, &s->err));
	suite_ok(s, await(s, &failed));
	suite_fails(s, await(s, &failed), GM_EINVALID);
	suite_expect(s, "SELECT n FROM gmt_t", "1");
}

static void ending_the_queue_takes_back_what_is_not_committed(void **state)
{
	struct suite *s = *state;

	queue(s);
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_ok(s, s->driver->exec(s->db, "INSERT INTO gmt_t VALUES (1)", 28,
				    NULL, NULL, &s->err));
	s->driver->queue(s->db, false);
	assert_false(s->driver->in_transaction(s->db));
	suite_expect(s, "SELECT count(*) FROM gmt_t", "0");
}

static void many_statements_find_room_in_the_queue(void **state)
{
	static const char sql[] = "SELECT n, n + 1 FROM gmt_t";
	struct suite *s = *state;
	const char *failed;
	int i;

	queue(s);
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_ok(s, s->driver->exec(s->db, "INSERT INTO gmt_t VALUES (1), (2)",
				    33, NULL, NULL, &s->err));
	for (i = 0; i < 20000; i++)
		suite_ok(s, s->driver->exec(s->db, sql, sizeof(sql) - 1, NULL,
					    NULL, &s->err));
	suite_ok(s, s->driver->commit(s->db, &s->err));
	suite_ok(s, await(s, &failed));
	s->driver->queue(s->db, false);
	suite_expect(s, "SELECT count(*) FROM gmt_t", "2");
}

static const struct suite_test tests[] = {
	SUITE_TEST_IF(SUITE_QUEUE, what_is_queued_and_awaited_is_committed),
	SUITE_TEST_IF(SUITE_QUEUE,
		      a_failure_names_its_statement_and_holds_up_the_rest),
	SUITE_TEST_IF(SUITE_QUEUE,
		      a_statement_of_ours_that_fails_is_told_by_its_text),
	SUITE_TEST_IF(SUITE_QUEUE,
		      a_statement_that_cannot_be_sent_fails_in_its_turn),
	SUITE_TEST_IF(SUITE_QUEUE,
		      ending_the_queue_takes_back_what_is_not_committed),
	SUITE_TEST_IF(SUITE_QUEUE, many_statements_find_room_in_the_queue),
};

SUITE_SECTION(suite_queue_section, tests);
