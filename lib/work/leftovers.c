/*
 * The age keeps a file alive that was made a moment ago and is not locked
 * yet; the lock keeps one alive whose owner was stopped for long.
 */
#include "work/leftovers.h"

#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/strbuf.h"

bool gm_leftover_is_old(const char *path)
{
	struct stat st;

	return !lstat(path, &st) && time(NULL) - st.st_mtime > GM_LEFTOVER_AGE;
}

static bool is_temporary(const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t i;

	if (!dot || dot == name || strlen(dot + 1) != 6)
		return false;
	for (i = 1; i <= 6; i++)
		if (!isalnum((unsigned char)dot[i]))
			return false;
	return true;
}

static void remove_one(const char *path)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);

	if (fd < 0)
		return;
	if (!fcntl(fd, F_SETLK, &whole))
		unlink(path);
	close(fd);
}

static void remove_leftovers(const char *dir, const char *beginning)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	while (stream && (entry = readdir(stream))) {
		char *path;

		if (!is_temporary(entry->d_name) ||
		    !gm_starts_with(entry->d_name, beginning))
			continue;
		path = gm_format("%s/%s", dir, entry->d_name);
		if (gm_leftover_is_old(path))
			remove_one(path);
		free(path);
	}
	if (stream)
		closedir(stream);
}

void gm_remove_leftovers(const char *dir)
{
	remove_leftovers(dir, "");
}

void gm_remove_own_leftovers(const char *dir)
{
	remove_leftovers(dir, GM_TEMPORARY);
}
