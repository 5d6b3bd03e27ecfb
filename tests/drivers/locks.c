/*
 * `try_lock`, `unlock`, `owner`, `owner_is_alive`, `interrupt`, and the
 * locks that statements wait for.
 */
#include "suite.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/time.h"

#define LOCK "gmt"

static int try_lock(struct suite *s, const char *name, char **holder)
{
	int ret;

	*holder = NULL;
	ret = s->driver->try_lock(s->db, name, holder, &s->err);
	suite_ok(s, ret);
	return ret;
}

static void a_free_lock_is_taken_and_taken_again(void **state)
{
	struct suite *s = *state;

	suite_lock(s, LOCK);
	suite_lock(s, LOCK);
	s->driver->unlock(s->db);
	suite_lock(s, LOCK);
}

static void another_run_does_not_get_a_lock_that_is_held(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	suite_lock(s, LOCK);
	peer = suite_peer_start(s);
	assert_int_equal(suite_peer_ask(peer, "lock " LOCK), 0);
	assert_int_equal(suite_peer_ask(peer, "lock " LOCK), 0);
	s->driver->unlock(s->db);
	suite_peer_lock(peer, LOCK);
	suite_peer_end(peer);
}

static void whoever_waits_is_told_for_whom(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;
	char *holder;

	peer = suite_peer_start(s);
	suite_peer_lock(peer, LOCK);
	assert_int_equal(try_lock(s, LOCK, &holder), 0);
	assert_non_null(holder);
	assert_true(*holder);
	assert_null(strchr(holder, '\n'));
	free(holder);
	suite_peer_end(peer);
	suite_lock(s, LOCK);
}

static void a_lock_dies_with_its_process(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	peer = suite_peer_start(s);
	suite_peer_lock(peer, LOCK);
	suite_peer_kill(peer);
	suite_lock(s, LOCK);
}

static void a_lock_is_free_when_its_session_is_closed(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	suite_lock(s, LOCK);
	suite_reopen(s);
	peer = suite_peer_start(s);
	suite_peer_lock(peer, LOCK);
	suite_peer_end(peer);
}

static void locks_of_other_names_are_other_locks(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	suite_lock(s, LOCK);
	peer = suite_peer_start(s);
	suite_peer_lock(peer, "gmt_other");
	suite_peer_end(peer);
}

static void a_lock_survives_transactions(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	suite_lock(s, LOCK);
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_ok(s, s->driver->commit(s->db, &s->err));
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	peer = suite_peer_start(s);
	assert_int_equal(suite_peer_ask(peer, "lock " LOCK), 0);
	suite_peer_end(peer);
}

static void a_lock_stops_no_statement(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	suite_lock(s, LOCK);
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	peer = suite_peer_start(s);
	assert_int_equal(
		suite_peer_ask(peer, "exec INSERT INTO gmt_t VALUES (1)"), 0);
	suite_peer_end(peer);
	suite_expect(s, "SELECT n FROM gmt_t", "1");
}

static void unlocking_without_a_lock_does_nothing(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	peer = suite_peer_start(s);
	suite_peer_lock(peer, LOCK);
	s->driver->unlock(s->db);
	suite_peer_end(peer);
}

static int is_alive(struct suite *s, const char *owner)
{
	int ret = s->driver->owner_is_alive(s->db, owner, LOCK, &s->err);

	suite_ok(s, ret);
	return ret;
}

static void a_session_keeps_its_name(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;
	char *owner;
	char *again;

	suite_ok(s, s->driver->owner(s->db, &owner, &s->err));
	suite_ok(s, s->driver->owner(s->db, &again, &s->err));
	assert_string_equal(owner, again);
	assert_true(strlen(owner) <= 255);
	peer = suite_peer_start(s);
	assert_int_equal(suite_peer_ask(peer, "owner"), 0);
	assert_string_not_equal(peer->said, owner);
	suite_peer_end(peer);
	free(owner);
	free(again);
}

static void ones_own_session_is_alive(void **state)
{
	struct suite *s = *state;
	char *owner;

	if (s->driver->try_lock)
		suite_lock(s, LOCK);
	suite_ok(s, s->driver->owner(s->db, &owner, &s->err));
	assert_int_equal(is_alive(s, owner), 1);
	free(owner);
}

/* A session at work holds the lock, where there is one. */
static char *start_owner(struct suite *s, struct suite_peer **peer)
{
	*peer = suite_peer_start(s);
	if (s->driver->try_lock)
		suite_peer_lock(*peer, LOCK);
	assert_int_equal(suite_peer_ask(*peer, "owner"), 0);
	return gm_strdup((*peer)->said);
}

static void another_session_at_work_is_alive(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;
	char *owner = start_owner(s, &peer);

	assert_int_equal(is_alive(s, owner), 1);
	assert_int_equal(is_alive(s, owner), 1);
	suite_peer_end(peer);
	free(owner);
}

static void a_session_that_was_killed_is_gone(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;
	char *owner = start_owner(s, &peer);
	int tries = 0;

	suite_peer_kill(peer);
	while (is_alive(s, owner) && tries++ < 600)
		gm_time_sleep_ms(100);
	assert_int_equal(is_alive(s, owner), 0);
	free(owner);
}

static void a_session_that_is_gone_is_not_the_one_that_follows(void **state)
{
	struct suite *s = *state;
	struct suite_peer *first;
	struct suite_peer *second;
	char *gone = start_owner(s, &first);
	char *owner;
	int tries = 0;

	suite_peer_end(first);
	while (is_alive(s, gone) && tries++ < 600)
		gm_time_sleep_ms(100);
	owner = start_owner(s, &second);
	assert_int_equal(is_alive(s, owner), 1);
	assert_int_equal(is_alive(s, gone), 0);
	suite_peer_end(second);
	free(gone);
	free(owner);
}

static void a_name_that_is_none_is_nobodys(void **state)
{
	struct suite *s = *state;

	assert_int_equal(is_alive(s, ""), 0);
	assert_int_equal(is_alive(s, "somebody's; --"), 0);
}

struct alarm {
	struct gm_db *db;
	atomic_bool over;
};

/* The statement may not have begun when the first comes. The next is late: it
 * must not meet what follows the statement on a busy machine. */
static void *ring(void *context)
{
	struct alarm *alarm = context;
	int pause = 4;
	int i;

	while (!atomic_load(&alarm->over)) {
		for (i = 0; i < pause && !atomic_load(&alarm->over); i++)
			gm_time_sleep_ms(50);
		if (!atomic_load(&alarm->over))
			alarm->db->driver->interrupt(alarm->db);
		pause = 200;
	}
	return NULL;
}

static void interrupt_while(struct suite *s, const char *sql)
{
	struct alarm alarm = { .db = s->db };
	pthread_t thread;
	int ret;

	atomic_init(&alarm.over, false);
	assert_int_equal(pthread_create(&thread, NULL, ring, &alarm), 0);
	ret = suite_try(s, s->db, sql);
	atomic_store(&alarm.over, true);
	pthread_join(thread, NULL);
	suite_fails(s, ret, GM_EINTERRUPTED);
}

static void an_interrupt_ends_a_statement_and_not_the_session(void **state)
{
	struct suite *s = *state;

	interrupt_while(s, s->texts->endless);
	assert_false(s->driver->in_transaction(s->db));
	suite_expect(s, "SELECT 1", "1");
	interrupt_while(s, s->texts->endless);
	suite_expect(s, "SELECT 1", "1");
}

static void an_interrupt_in_a_transaction_can_be_rolled_back(void **state)
{
	struct suite *s = *state;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_run(s, "INSERT INTO gmt_t VALUES (1)");
	interrupt_while(s, s->texts->endless);
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	suite_expect(s, "SELECT count(*) FROM gmt_t", "0");
}

/* Holds what an UPDATE of gmt_t needs. */
static struct suite_peer *start_blocker(struct suite *s)
{
	struct suite_peer *peer;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_run(s, "INSERT INTO gmt_t VALUES (1)");
	peer = suite_peer_start(s);
	assert_int_equal(suite_peer_ask(peer, "begin"), 0);
	assert_int_equal(suite_peer_ask(peer, "exec UPDATE gmt_t SET n = 2"),
			 0);
	return peer;
}

static void a_statement_that_waits_too_long_for_another_is_busy(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	peer = start_blocker(s);
	s->driver->close(s->db);
	s->db = suite_open(s, SUITE_IMPATIENT_MS);
	suite_fails(s, suite_try(s, s->db, "UPDATE gmt_t SET n = 3"), GM_EBUSY);
	assert_int_equal(suite_peer_ask(peer, "commit"), 0);
	suite_run(s, "UPDATE gmt_t SET n = n + 10");
	suite_expect(s, "SELECT n FROM gmt_t", "12");
	suite_peer_end(peer);
}

static void waiting_for_another_can_be_interrupted(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	peer = start_blocker(s);
	s->driver->close(s->db);
	s->db = suite_open(s, 0);
	interrupt_while(s, "UPDATE gmt_t SET n = 3");
	assert_int_equal(suite_peer_ask(peer, "commit"), 0);
	suite_expect(s, "SELECT n FROM gmt_t", "2");
	suite_peer_end(peer);
}

static const struct suite_test tests[] = {
	SUITE_TEST_IF(SUITE_LOCKS, a_free_lock_is_taken_and_taken_again),
	SUITE_TEST_IF(SUITE_LOCKS,
		      another_run_does_not_get_a_lock_that_is_held),
	SUITE_TEST_IF(SUITE_LOCKS, whoever_waits_is_told_for_whom),
	SUITE_TEST_IF(SUITE_LOCKS, a_lock_dies_with_its_process),
	SUITE_TEST_IF(SUITE_LOCKS, a_lock_is_free_when_its_session_is_closed),
	SUITE_TEST_IF(SUITE_LOCKS, locks_of_other_names_are_other_locks),
	SUITE_TEST_IF(SUITE_LOCKS, a_lock_survives_transactions),
	SUITE_TEST_IF(SUITE_LOCKS, a_lock_stops_no_statement),
	SUITE_TEST_IF(SUITE_LOCKS, unlocking_without_a_lock_does_nothing),
	SUITE_TEST(a_session_keeps_its_name),
	SUITE_TEST(ones_own_session_is_alive),
	SUITE_TEST(another_session_at_work_is_alive),
	SUITE_TEST(a_session_that_was_killed_is_gone),
	SUITE_TEST(a_session_that_is_gone_is_not_the_one_that_follows),
	SUITE_TEST(a_name_that_is_none_is_nobodys),
	SUITE_TEST_IF(SUITE_INTERRUPT,
		      an_interrupt_ends_a_statement_and_not_the_session),
	SUITE_TEST_IF(SUITE_INTERRUPT,
		      an_interrupt_in_a_transaction_can_be_rolled_back),
	SUITE_TEST(a_statement_that_waits_too_long_for_another_is_busy),
	SUITE_TEST_IF(SUITE_INTERRUPT, waiting_for_another_can_be_interrupted),
};

SUITE_SECTION(suite_locks_section, tests);
