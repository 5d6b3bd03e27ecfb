/*
 * lib/work/leftovers: what is removed is old, has a temporary name, and is
 * nobody's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "work/leftovers.h"

static char dir[] = "/tmp/gm-leftovers-XXXXXX";

static void make(const char *name, long age)
{
	char *path = gm_format("%s/%s", dir, name);
	struct timespec times[2] = { { .tv_sec = time(NULL) - age } };
	int fd = open(path, O_CREAT | O_WRONLY, 0600);

	times[1] = times[0];
	assert_true(fd >= 0);
	assert_int_equal(futimens(fd, times), 0);
	close(fd);
	free(path);
}

/* Whether it is there; it isn't afterwards. */
static bool take(const char *name)
{
	char *path = gm_format("%s/%s", dir, name);
	bool there = unlink(path) == 0;

	free(path);
	return there;
}

static void only_what_is_old_and_temporary_goes(void **state)
{
	static const struct {
		const char *name;
		long age;
		bool stays;
	} cases[] = {
		{ "rebase.a1B2c3", 3600, false },
		{ "rebase.a1B2c4", 0, true },
		{ "rebase", 3600, true },
		{ "conflicts.lock", 3600, true },
		{ "rebase.a1B2c", 3600, true },
		{ "rebase.a1B2-3", 3600, true },
		{ ".a1B2c3", 3600, true },
	};
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++)
		make(cases[i].name, cases[i].age);
	gm_remove_leftovers(dir);
	for (i = 0; i < GM_ARRAY_SIZE(cases); i++)
		if (take(cases[i].name) != cases[i].stays)
			fail_msg("%s", cases[i].name);
}

/* The other process waits until its end of the pipe is closed. */
static pid_t lock_elsewhere(const char *name, int *end)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char *path = gm_format("%s/%s", dir, name);
	int ready[2];
	int wait[2];
	char c = 0;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(wait), 0);
	pid = fork();
	if (!pid) {
		int fd = open(path, O_RDWR);

		close(wait[1]);
		if (fcntl(fd, F_SETLK, &whole) || write(ready[1], &c, 1) != 1)
			_exit(1);
		_exit(read(wait[0], &c, 1) != 0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(ready[1]);
	close(wait[0]);
	*end = wait[1];
	free(path);
	return pid;
}

static void what_a_living_process_holds_stays(void **state)
{
	int status;
	int end;
	pid_t pid;

	(void)state;
	make("rebase.a1B2c3", 3600);
	pid = lock_elsewhere("rebase.a1B2c3", &end);
	gm_remove_leftovers(dir);
	close(end);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	assert_true(take("rebase.a1B2c3"));
	make("rebase.a1B2c3", 3600);
	gm_remove_leftovers(dir);
	assert_false(take("rebase.a1B2c3"));
}

static void where_there_is_no_directory_nothing_happens(void **state)
{
	(void)state;
	gm_remove_leftovers("/nowhere");
	assert_false(gm_leftover_is_old("/nowhere"));
}

static int make_dir(void **state)
{
	(void)state;
	return mkdtemp(dir) ? 0 : -1;
}

static int remove_dir(void **state)
{
	(void)state;
	return rmdir(dir);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_what_is_old_and_temporary_goes),
		cmocka_unit_test(what_a_living_process_holds_stays),
		cmocka_unit_test(where_there_is_no_directory_nothing_happens),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
