/*
 * Files changed under a journal that holds every byte: whatever a kill leaves,
 * each file is as it was or as it will be, and can be brought either way.
 */
#include "work/changes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "work/changes_journal.h"
#include "work/files.h"

static char *absolute(const struct gm_project *project, const char *path)
{
	return gm_format("%s/%s", project->top, path);
}

static void release_change(struct gm_file_change *change)
{
	free(change->path);
	gm_strbuf_release(&change->before);
	gm_strbuf_release(&change->after);
}

void gm_file_changes_release(struct gm_file_changes *changes)
{
	size_t i;

	for (i = 0; i < changes->n; i++)
		release_change(&changes->v[i]);
	free(changes->v);
	memset(changes, 0, sizeof(*changes));
}

/* The file as it is now: 1, or 0 where it isn't there. */
static int read_file(const struct gm_project *project, const char *path,
		     struct gm_strbuf *out, unsigned *mode,
		     struct gm_error *err)
{
	char *whole = absolute(project, path);
	struct stat st;
	int ret = 0;

	if (lstat(whole, &st) < 0) {
		if (errno != ENOENT && errno != ENOTDIR)
			ret = gm_error_errno(err, "can't read '%s'", path);
	} else if (!S_ISREG(st.st_mode)) {
		ret = gm_error_set(err, GM_EREFUSED, "'%s' is no plain file",
				   path);
	} else {
		ret = gm_file_read(whole, out, err);
		*mode = st.st_mode & 07777;
		if (!ret)
			ret = 1;
	}
	free(whole);
	return ret;
}

int gm_file_changes_get(struct gm_file_change **out,
			struct gm_file_changes *changes,
			const struct gm_project *project, const char *path,
			struct gm_error *err)
{
	struct gm_file_change *change;
	size_t i;
	int ret;

	for (i = 0; i < changes->n; i++) {
		if (strcmp(changes->v[i].path, path))
			continue;
		*out = &changes->v[i];
		return 0;
	}
	change = *out = gm_file_changes_add(changes, path);
	ret = read_file(project, path, &change->before, &change->old_mode, err);
	change->mode = change->old_mode;
	change->was = change->will = ret > 0;
	gm_strbuf_add(&change->after, gm_strbuf_str(&change->before),
		      change->before.len);
	return ret < 0 ? ret : 0;
}

static bool same(const struct gm_strbuf *a, const struct gm_strbuf *b)
{
	return a->len == b->len &&
	       !memcmp(gm_strbuf_str(a), gm_strbuf_str(b), a->len);
}

/* Every file has to be as it was or as it will be. */
static int judge_files(const struct gm_file_changes *changes,
		       const struct gm_project *project, const char *name,
		       struct gm_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; ret >= 0 && i < changes->n; i++) {
		const struct gm_file_change *c = &changes->v[i];
		struct gm_strbuf now = { 0 };
		unsigned mode;

		ret = read_file(project, c->path, &now, &mode, err);
		if (ret >= 0 &&
		    !(c->was == ret && (!ret || same(&now, &c->before))) &&
		    !(c->will == ret && (!ret || same(&now, &c->after)))) {
			gm_error_set(err, GM_EREFUSED,
				     "'%s' was changed since the %s began",
				     c->path, name);
			ret = gm_error_hint(
				err,
				"put it aside and try again, or 'git migrate "
				"%s --quit' leaves everything as it is now",
				name);
		}
		gm_strbuf_release(&now);
	}
	return ret < 0 ? ret : 0;
}

static int judge_head(const struct gm_file_journal *j,
		      struct gm_project *project, const char *name,
		      struct gm_error *err)
{
	char head[GM_OID_HEX];
	char *branch = NULL;
	int ret = gm_repo_head(project->repo, head, &branch, err);

	free(branch);
	if (ret || !strcmp(head, j->head))
		return ret;
	gm_error_set(err, GM_EREFUSED, "HEAD has moved since the %s began",
		     name);
	return gm_error_hint(err,
			     "go back to it with 'git switch --detach %.12s', "
			     "or 'git migrate %s --quit' leaves everything as "
			     "it is now",
			     j->head, name);
}

/* The temporary file's name is known, so that none stays behind. */
static int write_file(const struct gm_project *project,
		      const struct gm_file_change *c, bool after,
		      struct gm_error *err)
{
	const struct gm_strbuf *bytes = after ? &c->after : &c->before;
	char *path = absolute(project, c->path);
	char *slash = strrchr(path, '/');
	char *temporary = gm_format("%.*s/.%s.new", (int)(slash - path), path,
				    slash + 1);
	int ret = 0;

	unlink(temporary);
	if (after ? c->will : c->was)
		ret = gm_file_put(path, temporary,
				  after ? c->mode : c->old_mode,
				  gm_strbuf_str(bytes), bytes->len, err);
	else if (unlink(path) < 0 && errno != ENOENT)
		ret = gm_error_errno(err, "can't remove '%s'", c->path);
	free(temporary);
	free(path);
	return ret;
}

/* What comes is written before what goes is removed. */
static int write_files(const struct gm_file_changes *changes,
		       const struct gm_project *project, bool after,
		       struct gm_error *err)
{
	size_t i;
	int pass;
	int ret = 0;

	for (pass = 0; pass < 2; pass++) {
		for (i = 0; !ret && i < changes->n; i++) {
			const struct gm_file_change *c = &changes->v[i];
			bool present = after ? c->will : c->was;

			if (present == (pass == 0))
				ret = write_file(project, c, after, err);
		}
	}
	return ret;
}

static void list_paths(struct gm_strings *out,
		       const struct gm_file_changes *changes)
{
	size_t i;

	for (i = 0; i < changes->n; i++)
		gm_strings_add(out, changes->v[i].path);
}

static int do_it(struct gm_file_journal *j,
		 const struct gm_file_changes *changes,
		 struct gm_project *project, struct gm_error *err)
{
	struct gm_strings paths = { 0 };
	int ret = write_files(changes, project, true, err);

	list_paths(&paths, changes);
	if (!ret)
		ret = gm_repo_stage(project->repo, &paths, err);
	if (!ret)
		ret = gm_file_journal_end(j, err);
	gm_strings_release(&paths);
	return ret;
}

static int undo_it(struct gm_file_journal *j,
		   const struct gm_file_changes *changes,
		   struct gm_project *project, struct gm_error *err)
{
	struct gm_strings paths = { 0 };
	struct gm_strbuf now = { 0 };
	int ret = write_files(changes, project, false, err);

	list_paths(&paths, changes);
	/* An index that needn't be written may be somebody else's just now. */
	if (!ret)
		ret = gm_repo_index_entries(project->repo, &paths, &now, err);
	if (!ret && !same(&now, &j->index))
		ret = gm_repo_index_restore(project->repo, &paths, &j->index,
					    err);
	if (!ret)
		ret = gm_file_journal_end(j, err);
	gm_strbuf_release(&now);
	gm_strings_release(&paths);
	return ret;
}

int gm_file_changes_run(const struct gm_file_changes *changes,
			struct gm_project *project, const char *name,
			struct gm_error *err)
{
	struct gm_file_journal j = { .fd = -1 };
	struct gm_strings paths = { 0 };
	char head[GM_OID_HEX];
	char *branch = NULL;
	int ret = gm_repo_head(project->repo, head, &branch, err);

	list_paths(&paths, changes);
	j.path = gm_file_journal_path(project, name);
	j.head = gm_strdup(ret ? "" : head);
	if (!ret)
		ret = gm_repo_index_entries(project->repo, &paths, &j.index,
					    err);
	if (!ret)
		ret = gm_file_journal_create(&j, changes, name, err);
	if (!ret) {
		ret = do_it(&j, changes, project, err);
		if (ret && undo_it(&j, changes, project, NULL)) {
			gm_error_hint(err,
				      "git migrate %s --continue   "
				      "once that is mended",
				      name);
			gm_error_hint(err,
				      "git migrate %s --abort      "
				      "put everything back",
				      name);
		}
	}
	gm_strings_release(&paths);
	free(branch);
	gm_file_journal_release(&j);
	return ret;
}

bool gm_file_changes_pending(const struct gm_project *project, const char *name)
{
	char *path = gm_file_journal_path(project, name);
	bool pending = access(path, F_OK) == 0;

	free(path);
	return pending;
}

static int take_up(struct gm_project *project, const char *name,
		   int (*way)(struct gm_file_journal *,
			      const struct gm_file_changes *,
			      struct gm_project *, struct gm_error *),
		   struct gm_error *err)
{
	struct gm_file_journal j;
	int ret = gm_file_journal_open(&j, project, name, err);

	if (!ret)
		ret = judge_head(&j, project, name, err);
	if (!ret)
		ret = judge_files(&j.changes, project, name, err);
	if (!ret)
		ret = way(&j, &j.changes, project, err);
	gm_file_journal_release(&j);
	return ret;
}

int gm_file_changes_continue(struct gm_project *project, const char *name,
			     struct gm_error *err)
{
	return take_up(project, name, do_it, err);
}

int gm_file_changes_abort(struct gm_project *project, const char *name,
			  struct gm_error *err)
{
	return take_up(project, name, undo_it, err);
}

/* A journal that can't be read is forgotten, too. */
int gm_file_changes_quit(struct gm_project *project, const char *name,
			 struct gm_error *err)
{
	struct gm_file_journal j;
	int ret = gm_file_journal_open(&j, project, name, err);

	if (ret == GM_EINVALID) {
		gm_error_release(err);
		ret = 0;
	}
	if (!ret)
		ret = gm_file_journal_end(&j, err);
	gm_file_journal_release(&j);
	return ret;
}
