/*
 * SQLite's files: which one a URL names, and which others a migration's
 * SQL may open.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/path.h"
#include "sqlite.h"

/* The directory of a path; the caller frees it. */
static char *directory_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return gm_strdup(".");
	return gm_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

static const char *name_of(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/*
 * The path without links, of a file that may not exist yet. NULL and errno
 * where its directory can't be resolved, or a link leads to nothing: there
 * the file would be made somewhere else.
 */
static char *resolve(const char *path)
{
	char *full = realpath(path, NULL);
	struct stat st;
	char *dir;
	char *real;

	if (full || errno != ENOENT || !lstat(path, &st))
		return full;
	dir = directory_of(path);
	real = realpath(dir, NULL);
	free(dir);
	if (!real)
		return NULL;
	full = gm_format("%s/%s", strcmp(real, "/") ? real : "", name_of(path));
	free(real);
	return full;
}

static int missing(const struct gm_sqlite_place *place, const char *path,
		   bool must_exist, struct gm_error *err)
{
	int saved = errno;
	char *dir = directory_of(path);
	struct stat st;
	int r;

	if (stat(dir, &st) && errno == ENOENT)
		r = gm_error_set(
			err, GM_ECONNECT,
			"the directory of the database '%s' does not exist",
			place->shown);
	else if (must_exist && saved == ENOENT)
		r = gm_error_set(err, GM_ENOTFOUND,
				 "the database '%s' does not exist",
				 place->shown);
	else
		r = gm_error_set(err, GM_ECONNECT,
				 "can't open the database '%s': %s",
				 place->shown, strerror(saved));
	free(dir);
	return r;
}

static int check_file(struct gm_sqlite_place *place, struct gm_error *err)
{
	struct stat st;

	if (stat(place->file, &st)) {
		place->exists = false;
		return 0;
	}
	place->exists = true;
	if (S_ISDIR(st.st_mode))
		return gm_error_set(err, GM_ECONNECT,
				    "'%s' is a directory, not a database",
				    place->shown);
	if (!S_ISREG(st.st_mode))
		return gm_error_set(err, GM_ECONNECT,
				    "'%s' is not a regular file", place->shown);
	return 0;
}

/* Reads `mode`, the one parameter that a URL may have. */
static int read_mode(bool *read_only, bool *must_exist,
		     const struct gm_url *url, struct gm_error *err)
{
	const char *s = url->query ? url->query : "";
	char *mode;
	int r = 0;

	for (; *s; s += strcspn(s, "&"), s += *s == '&')
		if (strncmp(s, "mode=", 5))
			return gm_error_set(err, GM_EINVALID,
					    "an SQLite URL has no parameter "
					    "'%.*s', only 'mode'",
					    (int)strcspn(s, "=&"), s);
	mode = gm_url_parameter(url, "mode");
	if (!mode || !strcmp(mode, "rwc"))
		goto done;
	if (!strcmp(mode, "ro"))
		*read_only = true;
	else if (!strcmp(mode, "rw"))
		*must_exist = true;
	else
		r = gm_error_set(err, GM_EINVALID,
				 "the mode of an SQLite URL is 'ro', 'rw' or "
				 "'rwc'");
done:
	free(mode);
	return r;
}

int gm_sqlite_locate(struct gm_sqlite_place *out, const struct gm_url *url,
		     const struct gm_open_options *options,
		     struct gm_error *err)
{
	const char *path = url->path ? url->path : "";
	bool must_exist = false;
	char *full = NULL;
	int r;

	memset(out, 0, sizeof(*out));
	out->shown = gm_strdup(path);
	out->read_only = options->read_only;
	r = read_mode(&out->read_only, &must_exist, url, err);
	if (r)
		goto done;
	must_exist = must_exist || out->read_only;
	if (!*path) {
		r = gm_error_set(err, GM_EINVALID,
				 "the database URL names no file");
		goto done;
	}
	if (!strcmp(path, ":memory:")) {
		r = gm_error_set(
			err, GM_EINVALID,
			"a database in memory is gone when the command ends");
		gm_error_hint(err, "name a file: sqlite:app.db");
		goto done;
	}
	if (*path == '/' || !options->base_dir)
		full = gm_strdup(path);
	else
		full = gm_format("%s/%s", options->base_dir, path);
	if (gm_ends_with(full, "/")) {
		r = gm_error_set(err, GM_ECONNECT,
				 "'%s' is a directory, not a database", path);
		goto done;
	}
	out->file = resolve(full);
	if (!out->file) {
		r = missing(out, full, must_exist, err);
		goto done;
	}
	out->dir = directory_of(out->file);
	if (options->confine_dir)
		out->confine = realpath(options->confine_dir, NULL);
	r = check_file(out, err);
	if (!r && !out->exists && must_exist) {
		errno = ENOENT;
		r = missing(out, full, true, err);
	}
done:
	if (r)
		gm_sqlite_place_release(out);
	free(full);
	return r;
}

void gm_sqlite_place_release(struct gm_sqlite_place *place)
{
	free(place->shown);
	free(place->file);
	free(place->dir);
	free(place->confine);
	memset(place, 0, sizeof(*place));
}

bool gm_sqlite_exists(const struct gm_sqlite_place *place)
{
	struct stat st;

	return !stat(place->file, &st);
}

/* The path in a file: URI; NULL where it names another machine. */
static char *uri_path(const char *uri)
{
	struct gm_url url;
	const char *s = uri + strlen("file:");
	char *text;
	char *path;

	if (!strncmp(s, "//", 2)) {
		s += 2;
		if (!strncmp(s, "localhost/", 10))
			s += 9;
		if (*s != '/')
			return NULL;
	}
	/* A second slash would begin a host here, and means nothing there. */
	while (s[0] == '/' && s[1] == '/')
		s++;
	text = gm_strndup(s, strcspn(s, "#"));
	path = gm_format("sqlite:%s", text);
	free(text);
	if (gm_url_parse(&url, path, NULL)) {
		free(path);
		return NULL;
	}
	free(path);
	path = gm_strdup_null(url.path);
	gm_url_release(&url);
	return path;
}

bool gm_sqlite_may_reach(const struct gm_sqlite_place *place, const char *name)
{
	bool allowed = false;
	char *path = NULL;
	char *full = NULL;
	char *dir = NULL;

	if (!strncmp(name, "file:", 5))
		path = uri_path(name);
	else
		path = gm_strdup(name);
	if (!path)
		return false;
	if (!*path || !strcmp(path, ":memory:")) {
		allowed = true;
		goto done;
	}
	full = resolve(path);
	if (!full)
		goto done;
	dir = directory_of(full);
	allowed = !strcmp(dir, place->dir) ||
		  (place->confine && gm_path_is_below(full, place->confine));
done:
	free(path);
	free(full);
	free(dir);
	return allowed;
}

char *gm_sqlite_immutable_uri(const char *file)
{
	struct gm_strbuf sb = { 0 };

	gm_strbuf_adds(&sb, "file:");
	for (; *file; file++) {
		if (strchr("%?#", *file))
			gm_strbuf_addf(&sb, "%%%02X", (unsigned)*file);
		else
			gm_strbuf_addc(&sb, *file);
	}
	gm_strbuf_adds(&sb, "?immutable=1");
	return gm_strbuf_take(&sb);
}
