/*
 * A cache is a line with its format, a line with the checksum of the rest,
 * and the rest. It is written as git writes its files: into NAME.lock, which
 * then takes the place of NAME.
 */
#include "work/cache.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "work/leftovers.h"

static char *path_of(const char *git_dir, const char *name)
{
	return gm_format("%s/migrate/%s", git_dir, name);
}

static bool read_bytes(int fd, struct gm_strbuf *out, size_t size)
{
	gm_strbuf_reserve(out, size);
	while (size) {
		ssize_t got = read(fd, out->buf + out->len, size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		out->len += (size_t)got;
		size -= (size_t)got;
	}
	out->buf[out->len] = '\0';
	return true;
}

/* The two lines, into `head`, and what they tell of behind what is in `out`:
 * it may be long, and isn't copied. */
static bool read_file(int fd, const char *format, struct gm_strbuf *head,
		      struct gm_strbuf *out)
{
	size_t line = strlen(format) + 1;
	size_t size = line + GM_HASH_HEX;
	struct stat st;

	return !fstat(fd, &st) && S_ISREG(st.st_mode) &&
	       st.st_size >= (off_t)size && read_bytes(fd, head, size) &&
	       !memcmp(head->buf, format, line - 1) &&
	       head->buf[line - 1] == '\n' && head->buf[size - 1] == '\n' &&
	       read_bytes(fd, out, (size_t)st.st_size - size);
}

bool gm_cache_read(struct gm_strbuf *out, const char *git_dir, const char *name,
		   const char *format)
{
	char *path = path_of(git_dir, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct gm_strbuf head = { 0 };
	size_t start = out->len;
	char hex[GM_HASH_HEX];
	bool good = fd >= 0 && read_file(fd, format, &head, out);

	if (good) {
		gm_hash_bytes(out->buf + start, out->len - start, hex);
		good = !memcmp(head.buf + strlen(format) + 1, hex,
			       GM_HASH_HEX - 1);
	}
	if (!good)
		gm_strbuf_cut(out, start);
	if (fd >= 0)
		close(fd);
	gm_strbuf_release(&head);
	free(path);
	return good;
}

static int open_lock(const char *lock)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC;
	int fd = open(lock, flags, 0666);

	if (fd < 0 && errno == EEXIST && gm_leftover_is_old(lock) &&
	    !unlink(lock))
		fd = open(lock, flags, 0666);
	return fd;
}

static bool write_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t put = write(fd, bytes, len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		bytes += put;
		len -= (size_t)put;
	}
	return true;
}

void gm_cache_write(const char *git_dir, const char *name, const char *format,
		    const void *bytes, size_t len)
{
	char *path = path_of(git_dir, name);
	char *lock = gm_format("%s.lock", path);
	char hex[GM_HASH_HEX];
	char *head;
	bool written;
	char *dir = path_of(git_dir, "");
	int fd = open_lock(lock);

	if (fd < 0 && errno == ENOENT) {
		mkdir(dir, 0777);
		fd = open_lock(lock);
	}
	if (fd >= 0) {
		gm_hash_bytes(bytes, len, hex);
		head = gm_format("%s\n%s\n", format, hex);
		written = write_all(fd, head, strlen(head)) &&
			  write_all(fd, bytes, len);
		if (close(fd) || !written || rename(lock, path))
			unlink(lock);
		free(head);
		gm_remove_leftovers(dir);
	}
	free(dir);
	free(lock);
	free(path);
}
