/*
 * Directories of the work tree. Reading 10,000 files is most of what a first
 * status costs, so a file takes three system calls and no more, and the files
 * are read by all processors.
 */
/* For dirent's d_type. */
#define _GNU_SOURCE

#include "work/directory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/path.h"
#include "base/sort.h"
#include "work/files.h"

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct gm_file *)a)->name,
		      ((const struct gm_file *)b)->name);
}

/* Most file systems tell with the name; asking each file would cost as much
 * as reading it. */
static enum gm_file_kind kind_of(const struct gm_directory *d, const char *name)
{
	struct stat st;

#ifdef DT_UNKNOWN
	switch (name == d->name ? d->type : DT_UNKNOWN) {
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
	if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW))
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
	} else if (buf->len > GM_FIRST_READ) {
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
static int read_listed(struct gm_files *files, int dir, struct gm_error *err)
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

int gm_directory_open(struct gm_directory *d, const char *path,
		      const char *shown, struct gm_error *err)
{
	d->shown = shown;
	d->stream = opendir(path);
	if (!d->stream && errno == ENOENT)
		return gm_error_set(err, GM_ENOTFOUND,
				    "there is no directory '%s'", shown);
	if (!d->stream)
		return gm_error_errno(err, "can't open the directory '%s'",
				      shown);
	d->fd = dirfd(d->stream);
	return 0;
}

bool gm_directory_next(struct gm_directory *d)
{
	const struct dirent *entry;

	d->name = NULL;
	while (!d->name && (entry = readdir(d->stream))) {
		if (!gm_ends_with(entry->d_name, ".sql"))
			continue;
		d->name = entry->d_name;
#ifdef DT_UNKNOWN
		d->type = entry->d_type;
#endif
	}
	return d->name;
}

void gm_directory_close(struct gm_directory *d)
{
	closedir(d->stream);
}

void gm_directory_add(const struct gm_directory *d, const char *name,
		      struct gm_files *files)
{
	struct gm_file *file = gm_files_add(files);

	file->name = gm_strdup(name);
	file->path = gm_format("%s%s%s", d->shown, *d->shown ? "/" : "", name);
	file->kind = kind_of(d, name);
}

int gm_directory_read(const struct gm_directory *d, struct gm_files *files,
		      struct gm_error *err)
{
	gm_sort(files->v, files->n, sizeof(*files->v), by_name);
	return read_listed(files, d->fd, err);
}

int gm_files_read(struct gm_files *out, const char *path, const char *shown,
		  struct gm_error *err)
{
	struct gm_directory d;
	int ret = gm_directory_open(&d, path, shown, err);

	if (ret < 0)
		return ret;
	while (gm_directory_next(&d))
		gm_directory_add(&d, d.name, out);
	ret = gm_files_check_count(out, shown, err);
	if (!ret)
		ret = gm_directory_read(&d, out, err);
	gm_directory_close(&d);
	return ret;
}

int gm_directory_check(const char *path, const char *top, const char *shown,
		       bool in_git, struct gm_error *err)
{
	/* Where there is none yet, that is where it would be made. */
	char *real = gm_path_resolve(path);
	size_t len = strlen(top);
	int ret = 0;

	if (!gm_path_is_below(real, top)) {
		ret = gm_error_set(err, GM_EINVALID,
				   "the directory '%s' leads out of the work "
				   "tree",
				   shown);
	} else if (in_git && strcmp(real, path) != 0) {
		ret = gm_error_set(err, GM_EINVALID,
				   "'%s' is not a directory, but leads to '%s'",
				   shown, real[len] ? real + len + 1 : ".");
		gm_error_hint(err, "git does not follow links: set migrate.dir "
				   "to the directory that the files are in");
	}
	free(real);
	return ret;
}
