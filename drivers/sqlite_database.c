/*
 * Making and removing an SQLite database: a file, and those that SQLite
 * keeps beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "sqlite.h"

/* What SQLite itself puts beside the file, and then the file. */
static const char *const suffixes[] = { "-journal", "-shm", "-wal", "" };

static int read_only(const struct gm_sqlite_place *place, struct gm_error *err)
{
	return gm_error_set(err, GM_EREFUSED,
			    "the URL opens the database '%s' for reading only",
			    place->shown);
}

int gm_sqlite_create_database(const struct gm_url *url,
			      const struct gm_open_options *options,
			      struct gm_error *err)
{
	struct gm_url plain = *url;
	struct gm_sqlite_place place;
	int fd;
	int ret;

	/* mode=rw says that it must be there. */
	plain.query = NULL;
	ret = gm_sqlite_locate(&place, &plain, options, err);
	if (ret < 0)
		return ret;
	/* An empty file is an empty database. */
	fd = open(place.file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
	if (fd >= 0)
		close(fd);
	else if (errno == EEXIST)
		ret = gm_error_set(err, GM_EEXISTS,
				   "the database '%s' is there already",
				   place.shown);
	else
		ret = gm_error_errno(err, "can't make the database '%s'",
				     place.shown);
	gm_sqlite_place_release(&place);
	return ret;
}

/* Nobody else may have it open: the file would live on unseen. */
static int hold_alone(struct gm_sqlite *db, struct gm_error *err)
{
	static const char *const sql[] = { "PRAGMA locking_mode = EXCLUSIVE",
					   "BEGIN EXCLUSIVE" };
	size_t i;
	int ret = gm_sqlite_connect(db, err);

	for (i = 0; !ret && i < GM_ARRAY_SIZE(sql); i++)
		ret = gm_sqlite_run(&db->base, sql[i], NULL, NULL, err);
	return ret;
}

static int remove_files(const struct gm_sqlite_place *place,
			struct gm_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < GM_ARRAY_SIZE(suffixes); i++) {
		char *path = gm_format("%s%s", place->file, suffixes[i]);

		if (unlink(path) && errno != ENOENT)
			ret = gm_error_errno(err, "can't remove '%s'", path);
		free(path);
	}
	return ret;
}

int gm_sqlite_drop_database(const struct gm_url *url,
			    const struct gm_open_options *options,
			    struct gm_error *err)
{
	struct gm_db *base;
	struct gm_sqlite *db;
	int ret = gm_driver_sqlite.open(&base, url, options, err);

	if (ret < 0)
		return ret;
	db = gm_sqlite_of(base);
	if (db->place.read_only)
		ret = read_only(&db->place, err);
	else if (!db->place.exists)
		ret = gm_error_set(err, GM_ENOTFOUND,
				   "the database '%s' does not exist",
				   db->place.shown);
	if (!ret)
		ret = hold_alone(db, err);
	if (!ret)
		ret = remove_files(&db->place, err);
	gm_driver_sqlite.close(base);
	return ret;
}
