/*
 * The locks of other connections: waiting for them, and whose they are.
 * SQLite doesn't tell who has the database locked, but the locks are the
 * system's, and Linux lists them. Looking at a lock through a descriptor of
 * one's own would drop the connection's, so nothing is opened here but lists.
 */
#include <inttypes.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "base/time.h"
#include "sqlite.h"

/* From one look at a lock to the next. */
#define BUSY_PAUSE_MS 2
#define AT_ONCE_MS 100

static uintmax_t inode_of(const char *file, const char *suffix)
{
	char *path = gm_format("%s%s", file, suffix);
	struct stat st;
	uintmax_t inode = stat(path, &st) ? 0 : (uintmax_t)st.st_ino;

	free(path);
	return inode;
}

/* The process that a line of the list names, where it has this file locked;
 * else 0. */
static long holder_in(const char *line, uintmax_t inode, bool only_writers)
{
	char kind[16];
	char access[16];
	uintmax_t found;
	long pid;

	if (sscanf(line, "%*s %15s %*s %15s %ld %*x:%*x:%" SCNuMAX, kind,
		   access, &pid, &found) != 4)
		return 0;
	if (strcmp(kind, "POSIX") != 0 || found != inode || pid <= 0 ||
	    pid == (long)getpid() ||
	    (only_writers && strcmp(access, "WRITE") != 0))
		return 0;
	return pid;
}

static long find_pid(uintmax_t file, uintmax_t shared)
{
	FILE *list = fopen("/proc/locks", "re");
	char line[256];
	long pid = 0;

	while (list && !pid && fgets(line, sizeof(line), list)) {
		pid = file ? holder_in(line, file, false) : 0;
		/* There each reader has a lock all the time. */
		if (!pid && shared)
			pid = holder_in(line, shared, true);
	}
	if (list)
		fclose(list);
	return pid;
}

char *gm_sqlite_find_holder(const struct gm_sqlite_place *place)
{
	long pid = find_pid(inode_of(place->file, ""),
			    inode_of(place->file, "-shm"));
	const struct passwd *user = NULL;
	char program[64] = "";
	char *path;
	char *holder;
	struct stat st;
	FILE *in;

	if (!pid)
		return NULL;
	path = gm_format("/proc/%ld/comm", pid);
	in = fopen(path, "re");
	if (in && !fstat(fileno(in), &st))
		user = getpwuid(st.st_uid);
	if (in && fgets(program, sizeof(program), in))
		program[strcspn(program, "\n")] = '\0';
	if (in)
		fclose(in);
	free(path);
	path = gm_printable(program);
	holder = gm_format("process %ld%s%s%s%s%s%s", pid, *path ? " (" : "",
			   path, *path ? ")" : "", user ? " of user '" : "",
			   user ? user->pw_name : "", user ? "'" : "");
	free(path);
	return holder;
}

/*
 * SQLite's own waiting sleeps longer and longer, and beside a run that
 * commits without a pause it may find the database locked each time it
 * looks. So this one looks often. SQLite's also takes 0 for not at all, and
 * can't be interrupted. Who asks again right after a wait in vain has waited
 * already.
 */
int gm_sqlite_wait(void *context, int count)
{
	struct gm_sqlite *db = context;
	int64_t now = gm_time_ms();

	if (!count && now - db->gave_up_at > AT_ONCE_MS)
		db->wait_start = now;
	if (atomic_load(&db->interrupted))
		return 0;
	if (db->lock_timeout_ms &&
	    now - db->wait_start >= db->lock_timeout_ms) {
		db->gave_up_at = now;
		return 0;
	}
	gm_time_sleep_ms(BUSY_PAUSE_MS);
	return 1;
}
