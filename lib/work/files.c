/*
 * The work tree's files. Reading 10,000 of them is most of what a status
 * costs, so a file takes three system calls and no more, and the files are
 * read by all processors.
 */
/* For dirent's d_type, and for O_TMPFILE where there is one. */
#define _GNU_SOURCE

#include "work/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/sort.h"

/* Most migrations fit; a larger file grows the buffer. */
#define FIRST_READ ((size_t)64 * 1024)

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct gm_file *)a)->name,
		      ((const struct gm_file *)b)->name);
}

int gm_read_all(int fd, struct gm_strbuf *out)
{
	for (;;) {
		ssize_t got;

		if (out->cap < out->len + FIRST_READ)
			gm_strbuf_reserve(out, FIRST_READ);
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
		if (out->len + 1 < out->cap && (size_t)got < FIRST_READ / 2)
			break;
	}
	if (out->buf)
		out->buf[out->len] = '\0';
	return 0;
}

/* Most file systems tell with the name; asking each file would cost as much
 * as reading it. */
static enum gm_file_kind kind_of(int dir, const struct dirent *entry)
{
	struct stat st;

#ifdef DT_UNKNOWN
	switch (entry->d_type) {
	case DT_UNKNOWN:
		break;
	case DT_REG:
		return GM_FILE_REGULAR;
	case DT_LNK:
		return GM_FILE_SYMLINK;
	default:
		return GM_FILE_OTHER;
	}
#endif
	if (fstatat(dir, entry->d_name, &st, AT_SYMLINK_NOFOLLOW))
		return GM_FILE_REGULAR;
	return S_ISREG(st.st_mode)   ? GM_FILE_REGULAR
	       : S_ISLNK(st.st_mode) ? GM_FILE_SYMLINK
				     : GM_FILE_OTHER;
}

static int read_one(int dir, struct gm_file *file, struct gm_strbuf *buf,
		    struct gm_error *err)
{
	bool failed;
	int ret = 0;
	int fd;

	if (file->kind != GM_FILE_REGULAR)
		return 0;
	/* It may have become something else since. */
	fd = openat(dir, file->name,
		    O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return gm_error_errno(err, "can't read '%s'", file->path);
	gm_strbuf_cut(buf, 0);
	failed = gm_read_all(fd, buf) < 0;
	if (failed && errno == EFBIG) {
		gm_strbuf_release(buf);
		file->kind = GM_FILE_LARGE;
	} else if (failed) {
		ret = gm_error_errno(err, "can't read '%s'", file->path);
	} else if (buf->len > FIRST_READ) {
		/* Not worth to be there twice. */
		file->len = buf->len;
		file->bytes = gm_strbuf_take(buf);
	} else {
		file->len = buf->len;
		file->bytes = gm_strndup(gm_strbuf_str(buf), buf->len);
	}
	close(fd);
	return ret;
}

struct reading {
	int dir;
	struct gm_file *v;
	/* What went wrong in each part. */
	struct gm_error err[GM_MOST_PARTS];
};

static void read_part(void *context, size_t part, size_t first, size_t end)
{
	struct reading *r = context;
	struct gm_strbuf buf = { 0 };
	size_t i;

	for (i = first; i < end; i++)
		if (read_one(r->dir, &r->v[i], &buf, &r->err[part]) < 0)
			break;
	gm_strbuf_release(&buf);
}

/* The first error is that of the first file that has one. */
int gm_files_read_listed(struct gm_files *files, int dir, struct gm_error *err)
{
	struct reading r = { .dir = dir, .v = files->v };
	size_t i;
	int ret = 0;

	gm_parallel(files->n, read_part, &r);
	for (i = 0; i < GM_MOST_PARTS; i++) {
		if (!ret && r.err[i].code)
			ret = gm_error_set(err, r.err[i].code, "%s",
					   r.err[i].message);
		gm_error_release(&r.err[i]);
	}
	return ret;
}

static void list_files(struct gm_files *out, DIR *dir, const char *shown)
{
	struct gm_strbuf path = { 0 };
	struct dirent *entry;
	size_t len;

	gm_strbuf_adds(&path, shown);
	if (*shown)
		gm_strbuf_addc(&path, '/');
	len = path.len;
	while ((entry = readdir(dir))) {
		struct gm_file *file;

		if (!gm_ends_with(entry->d_name, ".sql"))
			continue;
		file = gm_files_add(out);
		file->name = gm_strdup(entry->d_name);
		file->kind = kind_of(dirfd(dir), entry);
		gm_strbuf_cut(&path, len);
		gm_strbuf_adds(&path, entry->d_name);
		file->path = gm_strndup(path.buf, path.len);
	}
	gm_strbuf_release(&path);
}

int gm_files_list(struct gm_files *out, const char *path, const char *shown,
		  int *fd, struct gm_error *err)
{
	DIR *dir = opendir(path);
	int ret;

	*fd = -1;
	if (!dir && errno == ENOENT)
		return gm_error_set(err, GM_ENOTFOUND,
				    "there is no directory '%s'", shown);
	if (dir)
		*fd = fcntl(dirfd(dir), F_DUPFD_CLOEXEC, 0);
	if (*fd < 0) {
		gm_error_errno(err, "can't open the directory '%s'", shown);
		if (dir)
			closedir(dir);
		return GM_ERROR;
	}
	list_files(out, dir, shown);
	if (out->n)
		gm_sort(out->v, out->n, sizeof(*out->v), by_name);
	closedir(dir);
	ret = gm_files_check_count(out, shown, err);
	if (ret < 0) {
		gm_files_release(out);
		close(*fd);
		*fd = -1;
	}
	return ret;
}

int gm_files_read(struct gm_files *out, const char *path, const char *shown,
		  struct gm_error *err)
{
	int dir;
	int ret = gm_files_list(out, path, shown, &dir, err);

	if (ret < 0)
		return ret;
	ret = gm_files_read_listed(out, dir, err);
	close(dir);
	return ret;
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
	char *temporary = gm_format("%s.XXXXXX", path);
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
