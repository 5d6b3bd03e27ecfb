/*
 * The work tree's files: one is read, replaced, or made.
 */
/* For O_TMPFILE where there is one. */
#define _GNU_SOURCE

#include "work/files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "work/leftovers.h"

int gm_read_all(int fd, struct gm_strbuf *out)
{
	for (;;) {
		ssize_t got;

		if (out->cap < out->len + GM_FIRST_READ)
			gm_strbuf_reserve(out, GM_FIRST_READ);
		got = read(fd, out->buf + out->len, out->cap - out->len - 1);
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!got)
			break;
		out->len += (size_t)got;
		if (out->len > GM_FILE_MOST) {
			errno = EFBIG;
			return -1;
		}
		/* A short read of a regular file is its end, nearly always;
		 * the next read says so for certain. */
		if (out->len + 1 < out->cap && (size_t)got < GM_FIRST_READ / 2)
			break;
	}
	if (out->buf)
		out->buf[out->len] = '\0';
	return 0;
}

int gm_file_read(const char *path, struct gm_strbuf *out, struct gm_error *err)
{
	int ret = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return gm_error_set(err, GM_ENOTFOUND, "there is no file '%s'",
				    path);
	if (fd < 0 || gm_read_all(fd, out) < 0)
		ret = gm_error_errno(err, "can't read '%s'", path);
	if (fd >= 0)
		close(fd);
	return ret;
}

static int write_bytes(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return -1;
		bytes += put;
		len -= (size_t)put;
	}
	return 0;
}

int gm_write_all(int fd, const char *bytes, size_t len)
{
	return write_bytes(fd, bytes, len) < 0 ? -1 : fsync(fd);
}

/* What is written: it may lie in two places. */
struct content {
	const void *first;
	size_t first_len;
	const void *rest;
	size_t rest_len;
};

/* Fills the temporary file and puts it in the other's place. */
static int put(int fd, const char *temporary, const char *path, mode_t mode,
	       const struct content *content, struct gm_error *err)
{
	int ret = 0;

	if (fchmod(fd, mode) < 0 ||
	    write_bytes(fd, content->first, content->first_len) < 0 ||
	    gm_write_all(fd, content->rest, content->rest_len) < 0)
		ret = gm_error_errno(err, "can't write '%s'", path);
	if (close(fd) < 0 && !ret)
		ret = gm_error_errno(err, "can't write '%s'", path);
	if (!ret && rename(temporary, path) < 0)
		ret = gm_error_errno(err, "can't write '%s'", path);
	if (ret < 0)
		unlink(temporary);
	return ret;
}

static int replace(const char *path, const struct content *content,
		   struct gm_error *err)
{
	const char *slash = strrchr(path, '/');
	char *temporary = gm_format("%.*s" GM_TEMPORARY "XXXXXX",
				    slash ? (int)(slash + 1 - path) : 0, path);
	struct stat st;
	mode_t mode;
	int fd;
	int ret;

	if (lstat(path, &st) == 0) {
		mode = st.st_mode & 07777;
	} else {
		mode = umask(0);
		umask(mode);
		mode = 0666 & ~mode;
	}
	fd = mkstemp(temporary);
	ret = fd < 0 ? gm_error_errno(err, "can't write '%s'", path)
		     : put(fd, temporary, path, mode, content, err);
	free(temporary);
	return ret;
}

int gm_file_replace(const char *path, const void *bytes, size_t len,
		    struct gm_error *err)
{
	struct content content = { .rest = bytes, .rest_len = len };

	return replace(path, &content, err);
}

int gm_file_replace_parts(const char *path, const void *first, size_t first_len,
			  const void *rest, size_t rest_len,
			  struct gm_error *err)
{
	struct content content = { first, first_len, rest, rest_len };

	return replace(path, &content, err);
}

int gm_file_put(const char *path, const char *temporary, unsigned mode,
		const void *bytes, size_t len, struct gm_error *err)
{
	struct content content = { .rest = bytes, .rest_len = len };
	int fd = open(temporary,
		      O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC,
		      0600);

	if (fd < 0)
		return gm_error_errno(err, "can't write '%s'", path);
	return put(fd, temporary, path, (mode_t)mode, &content, err);
}

static int exists_already(const char *path, struct gm_error *err)
{
	return gm_error_set(err, GM_EEXISTS, "'%s' is there already", path);
}

/*
 * A file without a name that gets one when all of it is written, so that
 * whoever is killed here leaves nothing. 1: this directory can't have such.
 */
static int create_whole(const char *path, const void *bytes, size_t len,
			struct gm_error *err)
{
#ifdef O_TMPFILE
	char *dir = gm_strndup(path, (size_t)(strrchr(path, '/') - path));
	int fd = open(*dir ? dir : "/", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
	char self[64];
	int ret = 1;

	free(dir);
	if (fd < 0)
		return 1;
	snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
	if (gm_write_all(fd, bytes, len) < 0)
		ret = gm_error_errno(err, "can't write '%s'", path);
	else if (!linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW))
		ret = 0;
	else if (errno == EEXIST)
		ret = exists_already(path, err);
	close(fd);
	return ret;
#else
	(void)path;
	(void)bytes;
	(void)len;
	(void)err;
	return 1;
#endif
}

int gm_file_create(const char *path, const void *bytes, size_t len,
		   struct gm_error *err)
{
	int ret = create_whole(path, bytes, len, err);
	int fd;

	if (ret <= 0)
		return ret;
	ret = 0;
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd < 0 && errno == EEXIST)
		return exists_already(path, err);
	if (fd < 0)
		return gm_error_errno(err, "can't make '%s'", path);
	if (gm_write_all(fd, bytes, len) < 0)
		ret = gm_error_errno(err, "can't write '%s'", path);
	close(fd);
	if (ret < 0)
		unlink(path);
	return ret;
}

int gm_make_directories(const char *path, struct gm_error *err)
{
	char *copy = gm_strdup(path);
	char *p;
	int ret = 0;

	for (p = copy + 1; !ret; p++) {
		char end = *p;

		if (end && end != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, 0777) < 0 && errno != EEXIST)
			ret = gm_error_errno(err,
					     "can't make the directory "
					     "'%s'",
					     copy);
		*p = end;
		if (!end)
			break;
	}
	free(copy);
	return ret;
}
