/*
 * The suite on SQLite, and what is special about a lock that is a file.
 */
#include "suite.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#define LOCK "gmt"
#define FILE_NAME "gmt.db-gmt.lock"

static void lock(struct suite *s)
{
	char *holder;

	assert_int_equal(s->driver->try_lock(s->db, LOCK, &holder, &s->err), 1);
}

static bool has_lock_file(const struct suite *s)
{
	char *path = gm_format("%s/%s", s->dir, FILE_NAME);
	bool there = !access(path, F_OK);

	free(path);
	return there;
}

static void the_locks_file_is_there_while_it_is_held(void **state)
{
	struct suite *s = *state;

	lock(s);
	assert_true(has_lock_file(s));
	s->driver->unlock(s->db);
	assert_false(has_lock_file(s));
}

static void a_file_that_a_killed_run_left_is_no_lock(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer = suite_peer_start(s);

	assert_int_equal(suite_peer_ask(peer, "lock " LOCK), 1);
	suite_peer_kill(peer);
	assert_true(has_lock_file(s));
	lock(s);
	s->driver->unlock(s->db);
	assert_false(has_lock_file(s));
}

static void nobody_removes_the_file_of_anothers_lock(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer = suite_peer_start(s);
	struct suite_peer *third = suite_peer_start(s);
	char *path = gm_format("%s/%s", s->dir, FILE_NAME);

	lock(s);
	/* Somebody tidies up: the next one locks another file. */
	assert_int_equal(unlink(path), 0);
	assert_int_equal(suite_peer_ask(peer, "lock " LOCK), 1);
	s->driver->unlock(s->db);
	assert_true(has_lock_file(s));
	assert_int_equal(suite_peer_ask(third, "lock " LOCK), 0);
	free(path);
	suite_peer_end(peer);
	suite_peer_end(third);
}

static void a_child_neither_holds_nor_frees_the_lock(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer = suite_peer_start(s);
	int in[2];
	pid_t child;
	char c;

	lock(s);
	assert_int_equal(pipe(in), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		close(in[1]);
		_exit(read(in[0], &c, 1) > 0);
	}
	close(in[0]);
	s->driver->unlock(s->db);
	assert_int_equal(suite_peer_ask(peer, "lock " LOCK), 1);
	/* The child has the peer's pipe, too: it goes first. */
	close(in[1]);
	waitpid(child, NULL, 0);
	suite_peer_end(peer);

	lock(s);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		s->driver->unlock(s->db);
		_exit(0);
	}
	waitpid(child, NULL, 0);
	assert_true(has_lock_file(s));
	peer = suite_peer_start(s);
	assert_int_equal(suite_peer_ask(peer, "lock " LOCK), 0);
	suite_peer_end(peer);
}

static void a_link_in_the_locks_place_is_not_followed(void **state)
{
	struct suite *s = *state;
	char *path = gm_format("%s/%s", s->dir, FILE_NAME);
	char *victim = gm_format("%s/victim", s->dir);
	int fd = open(victim, O_CREAT | O_WRONLY, 0666);
	char *holder;

	assert_int_equal(write(fd, "precious", 8), 8);
	assert_int_equal(symlink(victim, path), 0);
	suite_fails(s, s->driver->try_lock(s->db, LOCK, &holder, &s->err),
		    GM_ERROR);
	assert_int_equal(lseek(fd, 0, SEEK_END), 8);
	close(fd);
	free(path);
	free(victim);
}

static const struct suite_test tests[] = {
	SUITE_TEST(the_locks_file_is_there_while_it_is_held),
	SUITE_TEST(a_file_that_a_killed_run_left_is_no_lock),
	SUITE_TEST(nobody_removes_the_file_of_anothers_lock),
	SUITE_TEST(a_child_neither_holds_nor_frees_the_lock),
	SUITE_TEST(a_link_in_the_locks_place_is_not_followed),
};

static SUITE_SECTION(lock_file_section, tests);

int main(int argc, char **argv)
{
	return suite_main(argc, argv, "sqlite", NULL, &lock_file_section);
}
