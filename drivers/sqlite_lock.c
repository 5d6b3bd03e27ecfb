/*
 * The lock that lets a second run wait politely: a record lock on a file
 * beside the database. The kernel drops it when its holder dies, children
 * don't inherit it, and what the file says is only there to be read by the
 * one who waits.
 *
 * A process that closes any descriptor of the file loses the lock, so the
 * file is never opened while it is held.
 */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "sqlite.h"

static char *lock_path(const struct gm_sqlite_place *place, const char *name)
{
	char *path = gm_format("%s-%s.lock", place->file, name);
	char *s;

	for (s = path + strlen(place->file) + 1; *s; s++)
		if (*s == '/')
			*s = '_';
	return path;
}

static struct flock whole_file(void)
{
	struct flock range;

	memset(&range, 0, sizeof(range));
	range.l_type = F_WRLCK;
	range.l_whence = SEEK_SET;
	return range;
}

/* What the file says; without a word in it, which process holds it. */
static char *read_holder(int fd, long pid)
{
	char text[256];
	ssize_t len = pread(fd, text, sizeof(text) - 1, 0);

	if (len > 0) {
		text[len] = '\0';
		return gm_printable(text);
	}
	return pid > 0 ? gm_format("pid %ld", pid) : NULL;
}

static bool is_same_file(int fd, const char *path)
{
	struct stat opened;
	struct stat named;

	return !fstat(fd, &opened) && !lstat(path, &named) &&
	       opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

/* 1 where it is taken, 0 where another process has it. */
static int take(int fd, const char *path, char **holder, struct gm_error *err)
{
	for (;;) {
		struct flock range = whole_file();

		if (!fcntl(fd, F_SETLK, &range))
			return 1;
		if (errno != EACCES && errno != EAGAIN)
			return gm_error_errno(err, "can't lock '%s'", path);
		range = whole_file();
		if (fcntl(fd, F_GETLK, &range))
			return gm_error_errno(
				err, "can't ask for the lock '%s'", path);
		/* It may have become free between the two. */
		if (range.l_type == F_UNLCK)
			continue;
		*holder = read_holder(fd, (long)range.l_pid);
		return 0;
	}
}

char *gm_sqlite_lock_owner(void)
{
	const struct passwd *user = getpwuid(geteuid());
	char host[256] = "";
	char now[GM_TIME_TEXT];

	gethostname(host, sizeof(host) - 1);
	gm_time_now(now);
	return gm_format("pid %ld, %s@%s, since %s", (long)getpid(),
			 user ? user->pw_name : "unknown", host, now);
}

int gm_sqlite_lock_try(struct gm_sqlite_lock *lock,
		       const struct gm_sqlite_place *place, const char *name,
		       const char *owner, char **holder, struct gm_error *err)
{
	char *path = lock_path(place, name);
	size_t len = strlen(owner);
	int fd = -1;
	int r;

	*holder = NULL;
	if (lock->fd >= 0) {
		free(path);
		return 1;
	}
	for (;;) {
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
			  0666);
		if (fd < 0) {
			r = gm_error_errno(err, "can't open the lock '%s'",
					   path);
			goto done;
		}
		r = take(fd, path, holder, err);
		if (r <= 0)
			goto done;
		/* The one before may have removed the file just now: then
		 * the next one would lock another. */
		if (is_same_file(fd, path))
			break;
		close(fd);
	}
	if (ftruncate(fd, 0) || pwrite(fd, owner, len, 0) != (ssize_t)len) {
		/* What it says is for readers; what it is, holds. */
		(void)!ftruncate(fd, 0);
	}
	lock->fd = fd;
	lock->path = path;
	lock->pid = getpid();
	return 1;
done:
	if (fd >= 0)
		close(fd);
	free(path);
	return r;
}

void gm_sqlite_lock_drop(struct gm_sqlite_lock *lock)
{
	if (lock->fd < 0)
		return;
	/* Removed while it is held: a file that nobody holds is nobody's. */
	if (lock->pid == getpid() && is_same_file(lock->fd, lock->path))
		unlink(lock->path);
	close(lock->fd);
	free(lock->path);
	lock->path = NULL;
	lock->fd = -1;
}

int gm_sqlite_lock_held_by(const struct gm_sqlite_lock *lock,
			   const struct gm_sqlite_place *place,
			   const char *name, const char *owner,
			   struct gm_error *err)
{
	struct flock range = whole_file();
	char *path = lock_path(place, name);
	bool ours = lock->fd >= 0 && !strcmp(lock->path, path);
	int fd = ours ? lock->fd : open(path, O_RDONLY | O_CLOEXEC);
	char *holder = NULL;
	int r = 0;

	if (fd < 0) {
		if (errno != ENOENT)
			r = gm_error_errno(err, "can't open the lock '%s'",
					   path);
		goto done;
	}
	if (!ours && fcntl(fd, F_GETLK, &range)) {
		r = gm_error_errno(err, "can't ask for the lock '%s'", path);
		goto done;
	}
	if (range.l_type == F_UNLCK)
		goto done;
	holder = read_holder(fd, 0);
	/* Held and not yet signed: whoever it is, it runs. */
	r = !holder || !strcmp(holder, owner);
done:
	if (fd >= 0 && !ours)
		close(fd);
	free(holder);
	free(path);
	return r;
}
