/*
 * A journal is a file of fields. It is made under another name, locked, and
 * linked to its own; it ends with one unlink. The lock dies with the process.
 */
#include "work/changes_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "work/files.h"
#include "work/leftovers.h"

/* The first field; another version begins otherwise. */
#define MAGIC "git-migrate files 1"

void gm_file_journal_release(struct gm_file_journal *j)
{
	if (j->fd >= 0)
		close(j->fd);
	free(j->path);
	free(j->head);
	gm_strbuf_release(&j->index);
	gm_file_changes_release(&j->changes);
}

struct gm_file_change *gm_file_changes_add(struct gm_file_changes *changes,
					   const char *path)
{
	struct gm_file_change *change;

	GM_GROW(changes->v, changes->n, changes->cap);
	change = &changes->v[changes->n++];
	memset(change, 0, sizeof(*change));
	change->path = gm_strdup(path);
	change->mode = change->old_mode = 0644;
	return change;
}

/* A field is its length, a colon, its bytes and a line end. */
static void put_field(struct gm_strbuf *out, const char *bytes, size_t len)
{
	gm_strbuf_addf(out, "%zu:", len);
	gm_strbuf_add(out, bytes, len);
	gm_strbuf_addc(out, '\n');
}

/* The next field, borrowed; false at the end or where the text is damaged. */
static bool get_field(const struct gm_strbuf *text, size_t *at,
		      const char **bytes, size_t *len)
{
	const char *start = gm_strbuf_str(text) + *at;
	char *colon;

	if (*at >= text->len)
		return false;
	*len = strtoul(start, &colon, 10);
	if (colon == start || *colon != ':')
		return false;
	*bytes = colon + 1;
	*at = (size_t)(*bytes - gm_strbuf_str(text));
	if (text->len - *at < *len + 1 || (*bytes)[*len] != '\n')
		return false;
	*at += *len + 1;
	return true;
}

static void write_journal(struct gm_strbuf *out,
			  const struct gm_file_journal *j,
			  const struct gm_file_changes *changes)
{
	size_t i;

	put_field(out, MAGIC, strlen(MAGIC));
	put_field(out, j->head, strlen(j->head));
	put_field(out, gm_strbuf_str(&j->index), j->index.len);
	for (i = 0; i < changes->n; i++) {
		const struct gm_file_change *c = &changes->v[i];
		char facts[32];

		snprintf(facts, sizeof(facts), "%d %d %o %o", c->was, c->will,
			 c->old_mode, c->mode);
		put_field(out, c->path, strlen(c->path));
		put_field(out, facts, strlen(facts));
		put_field(out, gm_strbuf_str(&c->before), c->before.len);
		put_field(out, gm_strbuf_str(&c->after), c->after.len);
	}
}

static bool parse_change(struct gm_file_changes *changes,
			 const struct gm_strbuf *text, size_t *at,
			 const char *bytes, size_t len)
{
	char *path = gm_strndup(bytes, len);
	struct gm_file_change *c = gm_file_changes_add(changes, path);
	int was, will;
	bool good;

	free(path);
	good = get_field(text, at, &bytes, &len) &&
	       sscanf(bytes, "%d %d %o %o", &was, &will, &c->old_mode,
		      &c->mode) == 4;
	if (!good)
		return false;
	c->was = was;
	c->will = will;
	good = get_field(text, at, &bytes, &len);
	if (good)
		gm_strbuf_add(&c->before, bytes, len);
	good = good && get_field(text, at, &bytes, &len);
	if (good)
		gm_strbuf_add(&c->after, bytes, len);
	return good;
}

static int parse_journal(struct gm_file_journal *j,
			 const struct gm_strbuf *text, struct gm_error *err)
{
	const char *bytes;
	size_t len;
	size_t at = 0;
	bool good = get_field(text, &at, &bytes, &len) &&
		    len == strlen(MAGIC) && !memcmp(bytes, MAGIC, len) &&
		    get_field(text, &at, &bytes, &len);

	if (good) {
		j->head = gm_strndup(bytes, len);
		good = get_field(text, &at, &bytes, &len);
	}
	if (good)
		gm_strbuf_add(&j->index, bytes, len);
	while (good && at < text->len)
		good = get_field(text, &at, &bytes, &len) &&
		       parse_change(&j->changes, text, &at, bytes, len);
	if (good)
		return 0;
	return gm_error_set(err, GM_EINVALID,
			    "'%s' was not written by this version", j->path);
}

char *gm_file_journal_path(const struct gm_project *project, const char *name)
{
	return gm_format("%s/migrate/%s", gm_repo_git_dir(project->repo), name);
}

/* Holds until the file is closed, or the process is gone. */
static bool lock_file(int fd)
{
	struct flock whole = { .l_type = F_WRLCK, .l_whence = SEEK_SET };

	return fcntl(fd, F_SETLK, &whole) == 0;
}

int gm_file_changes_under_way(const char *name, struct gm_error *err)
{
	gm_error_set(err, GM_EREFUSED,
		     "a %s was begun here and has not come to its end", name);
	gm_error_hint(err, "git migrate %s --continue   finish it", name);
	return gm_error_hint(err,
			     "git migrate %s --abort      put everything "
			     "back as it was",
			     name);
}

/* Makes the file under a name of its own, locks it, and gives it the name
 * that counts, which fails where somebody else has it. */
int gm_file_journal_create(struct gm_file_journal *j,
			   const struct gm_file_changes *changes,
			   const char *name, struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	char *dir = gm_strndup(j->path,
			       (size_t)(strrchr(j->path, '/') - j->path));
	char *temporary = gm_format("%s.XXXXXX", j->path);
	int ret = gm_make_directories(dir, err);

	if (ret)
		goto done;
	gm_remove_leftovers(dir);
	j->fd = mkstemp(temporary);
	if (j->fd < 0) {
		ret = gm_error_errno(err, "can't write '%s'", j->path);
		goto done;
	}
	lock_file(j->fd);
	write_journal(&text, j, changes);
	ret = gm_write_all(j->fd, gm_strbuf_str(&text), text.len);
	if (!ret)
		ret = link(temporary, j->path);
	if (ret && errno == EEXIST)
		ret = gm_file_changes_under_way(name, err);
	else if (ret)
		ret = gm_error_errno(err, "can't write '%s'", j->path);
	unlink(temporary);
done:
	gm_strbuf_release(&text);
	free(temporary);
	free(dir);
	return ret;
}

static int nothing_begun(const char *name, struct gm_error *err)
{
	return gm_error_set(err, GM_ENOTFOUND, "there is no %s under way",
			    name);
}

int gm_file_journal_open(struct gm_file_journal *j,
			 const struct gm_project *project, const char *name,
			 struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	struct stat st;
	int ret;

	memset(j, 0, sizeof(*j));
	j->path = gm_file_journal_path(project, name);
	j->fd = open(j->path, O_RDWR | O_CLOEXEC);
	if (j->fd < 0 && (errno == ENOENT || errno == ENOTDIR))
		return nothing_begun(name, err);
	if (j->fd < 0)
		return gm_error_errno(err, "can't open '%s'", j->path);
	if (!lock_file(j->fd))
		return gm_error_set(err, GM_EBUSY,
				    "another process is at work on this %s",
				    name);
	/* It may have been finished in the meantime. */
	if (fstat(j->fd, &st) < 0 || !st.st_nlink)
		return nothing_begun(name, err);
	ret = gm_read_all(j->fd, &text);
	ret = ret < 0 ? gm_error_errno(err, "can't read '%s'", j->path)
		      : parse_journal(j, &text, err);
	gm_strbuf_release(&text);
	return ret;
}

int gm_file_journal_end(struct gm_file_journal *j, struct gm_error *err)
{
	if (unlink(j->path) < 0)
		return gm_error_errno(err, "can't remove '%s'", j->path);
	return 0;
}
