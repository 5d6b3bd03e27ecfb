/*
 * Hooks as files. Ours is one text for all of them, written with its own
 * checksum in it: so one of another version is told from one that somebody
 * has changed.
 */
/* For flock. */
#define _DEFAULT_SOURCE

#include "work/hooks.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/hash.h"
#include "base/path.h"
#include "hooks/shim.h"
#include "work/files.h"

#define MARK "# git-migrate:hook xxh3:"
/* Says that the directory is our making. */
#define MADE ".made-by-git-migrate"

static const struct {
	const char *name;
	bool input;
	bool server;
} hooks_table[] = {
	[GM_HOOK_PRE_COMMIT] = { "pre-commit", false, false },
	[GM_HOOK_PRE_MERGE_COMMIT] = { "pre-merge-commit", false, false },
	[GM_HOOK_PRE_PUSH] = { "pre-push", true, false },
	[GM_HOOK_POST_CHECKOUT] = { "post-checkout", false, false },
	[GM_HOOK_POST_MERGE] = { "post-merge", false, false },
	[GM_HOOK_POST_REWRITE] = { "post-rewrite", true, false },
	[GM_HOOK_PRE_RECEIVE] = { "pre-receive", true, true },
	[GM_HOOK_UPDATE] = { "update", false, true },
};

const char *gm_hook_name(enum gm_hook_id id)
{
	return hooks_table[id].name;
}

bool gm_hook_has_input(enum gm_hook_id id)
{
	return hooks_table[id].input;
}

bool gm_hook_is_for_server(enum gm_hook_id id)
{
	return hooks_table[id].server;
}

int gm_hook_parse(enum gm_hook_id *out, const char *name, struct gm_error *err)
{
	struct gm_strbuf names = { 0 };
	int i;

	for (i = 0; i < GM_HOOK_COUNT; i++) {
		if (!strcmp(hooks_table[i].name, name)) {
			gm_strbuf_release(&names);
			*out = (enum gm_hook_id)i;
			return 0;
		}
		gm_strbuf_addf(&names, "%s%s", i ? ", " : "",
			       hooks_table[i].name);
	}
	gm_error_set(err, GM_EINVALID, "'%s' is not a hook of git-migrate's",
		     name);
	gm_error_hint(err, "they are %s", gm_strbuf_str(&names));
	gm_strbuf_release(&names);
	return GM_EINVALID;
}

const char *gm_hook_state_name(enum gm_hook_state state)
{
	static const char *const names[] = {
		[GM_HOOK_ABSENT] = "absent",
		[GM_HOOK_OTHER] = "other",
		[GM_HOOK_CALLED] = "called",
		[GM_HOOK_INSTALLED] = "installed",
		[GM_HOOK_OUTDATED] = "outdated",
		[GM_HOOK_DISABLED] = "disabled",
		[GM_HOOK_CHANGED] = "changed",
	};

	return names[state];
}

/* Whether the checksum in the second line is that of what follows. */
static bool is_unchanged(const char *mark)
{
	const char *digits = mark + strlen(MARK);
	size_t len = strcspn(digits, "\n");
	char hex[GM_HASH_HEX];

	if (!digits[len])
		return false;
	gm_hash_bytes(digits + len + 1, strlen(digits + len + 1), hex);
	return len == strlen(hex) && !strncmp(digits, hex, len);
}

static bool calls_us(const char *text, const char *name)
{
	static const char *const forms[] = { "git migrate hook ",
					     "git-migrate hook " };
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(forms); i++) {
		const char *at = text;

		while ((at = strstr(at, forms[i]))) {
			at += strlen(forms[i]);
			if (gm_starts_with(at, name))
				return true;
		}
	}
	return false;
}

/* What is behind the first line of ours, which says what runs it. */
static const char *body_of_shim(void)
{
	return strchr(shim, '\n') + 1;
}

/* One without the mark was put there by hand. */
static enum gm_hook_state judge(const char *text, mode_t mode, const char *name)
{
	const char *line = strchr(text, '\n');

	if (line && gm_starts_with(line + 1, MARK)) {
		if (!is_unchanged(line + 1))
			return GM_HOOK_CHANGED;
		if (strcmp(strchr(line + 1, '\n') + 1, body_of_shim()))
			return GM_HOOK_OUTDATED;
	} else if (strcmp(text, shim)) {
		return calls_us(text, name) ? GM_HOOK_CALLED : GM_HOOK_OTHER;
	}
	return mode & S_IXUSR ? GM_HOOK_INSTALLED : GM_HOOK_DISABLED;
}

/* A directory or a pipe in a hook's place is somebody else's affair. */
static int look(struct gm_hook *hook, const char *name, struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	struct stat st;
	int ret = 0;

	if (lstat(hook->path, &st)) {
		hook->state = GM_HOOK_ABSENT;
		return errno == ENOENT || errno == ENOTDIR
			       ? 0
			       : gm_error_errno(err, "can't look at '%s'",
						hook->path);
	}
	hook->state = GM_HOOK_OTHER;
	if (!stat(hook->path, &st) && S_ISREG(st.st_mode))
		ret = gm_file_read(hook->path, &text, err);
	if (!ret && text.len)
		hook->state = judge(gm_strbuf_str(&text), st.st_mode, name);
	gm_strbuf_release(&text);
	return ret;
}

static char *beside(const struct gm_hooks *hooks, enum gm_hook_id id,
		    const char *suffix)
{
	return gm_format("%s/%s%s", hooks->dir, gm_hook_name(id), suffix);
}

static int look_again(struct gm_hooks *hooks, struct gm_error *err)
{
	const char *last = strrchr(hooks->dir, '/');
	/* Husky keeps the hooks that people write above those that git runs. */
	bool above = hooks->elsewhere && last && !strcmp(last, "/_");
	int ret = 0;
	int i;

	for (i = 0; !ret && i < GM_HOOK_COUNT; i++) {
		struct gm_hook *hook = &hooks->v[i];
		const char *name = gm_hook_name((enum gm_hook_id)i);
		struct stat st;

		free(hook->path);
		free(hook->kept);
		hook->path = above ? gm_format("%.*s/%s",
					       (int)(last - hooks->dir),
					       hooks->dir, name)
				   : beside(hooks, (enum gm_hook_id)i, "");
		hook->kept = beside(hooks, (enum gm_hook_id)i, GM_HOOK_KEPT);
		if (lstat(hook->kept, &st)) {
			free(hook->kept);
			hook->kept = NULL;
		}
		ret = look(hook, name, err);
	}
	return ret;
}

int gm_hooks_find(struct gm_hooks *out, struct gm_repo *repo, bool own,
		  struct gm_error *err)
{
	char *real;
	int ret = 0;

	memset(out, 0, sizeof(*out));
	out->lock = -1;
	out->bare = !gm_repo_top(repo);
	if (own)
		out->dir = gm_format("%s/hooks", gm_repo_common_dir(repo));
	else
		ret = gm_repo_hooks_dir(repo, &out->dir, err);
	if (ret < 0)
		return ret;
	real = gm_path_resolve(out->dir);
	out->elsewhere = !gm_path_is_below(real, gm_repo_common_dir(repo)) &&
			 !gm_path_is_below(real, gm_repo_git_dir(repo));
	free(real);
	return look_again(out, err);
}

void gm_hooks_release(struct gm_hooks *hooks)
{
	int i;

	for (i = 0; i < GM_HOOK_COUNT; i++) {
		free(hooks->v[i].path);
		free(hooks->v[i].kept);
	}
	if (hooks->lock >= 0)
		close(hooks->lock);
	free(hooks->dir);
	memset(hooks, 0, sizeof(*hooks));
	hooks->lock = -1;
}

static int make_directory(struct gm_hooks *hooks, struct gm_error *err)
{
	char *mark;
	int ret;

	if (access(hooks->dir, F_OK) == 0)
		return 0;
	ret = gm_make_directories(hooks->dir, err);
	if (ret < 0)
		return ret;
	mark = gm_format("%s/" MADE, hooks->dir);
	ret = gm_file_create(mark, "", 0, err);
	free(mark);
	if (ret != GM_EEXISTS)
		return ret;
	gm_error_release(err);
	return 0;
}

int gm_hooks_lock(struct gm_hooks *hooks, bool make, struct gm_error *err)
{
	int ret = 0;

	if (hooks->elsewhere)
		return gm_error_set(err, GM_EREFUSED,
				    "the hooks are in '%s', outside of the git "
				    "directory: nothing is written there",
				    hooks->dir);
	if (make)
		ret = make_directory(hooks, err);
	if (ret < 0)
		return ret;
	hooks->lock = open(hooks->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (hooks->lock < 0 && (make || errno != ENOENT))
		return gm_error_errno(err, "can't open the directory '%s'",
				      hooks->dir);
	/* Where the file system knows no locks, two at once are rare enough. */
	if (hooks->lock >= 0)
		flock(hooks->lock, LOCK_EX);
	return look_again(hooks, err);
}

void gm_hooks_tidy(struct gm_hooks *hooks)
{
	char *mark = gm_format("%s/" MADE, hooks->dir);

	if (!unlink(mark))
		rmdir(hooks->dir);
	free(mark);
}

static bool same_file(const char *a, const char *b)
{
	struct stat x;
	struct stat y;

	return !lstat(a, &x) && !lstat(b, &y) && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

/* Gives the hook its second name before ours takes the first one: it is never
 * without any. Where there are no links it is without the first for a
 * moment, and the next run finds the second. */
static int keep(const char *path, const char *kept, struct gm_error *err)
{
	if (same_file(path, kept) || !linkat(AT_FDCWD, path, AT_FDCWD, kept, 0))
		return 0;
	if (errno == EEXIST) {
		gm_error_set(err, GM_EREFUSED,
			     "'%s' can't be kept: there is a '%s' already",
			     path, kept);
		return gm_error_hint(err, "look at both, and remove or move "
					  "the second one away");
	}
	if (rename(path, kept))
		return gm_error_errno(err, "can't rename '%s'", path);
	return 0;
}

static int refuse_changed(const struct gm_hook *hook, struct gm_error *err)
{
	gm_error_set(err, GM_EREFUSED,
		     "'%s' was changed by hand after it was written",
		     hook->path);
	return gm_error_hint(err,
			     "move your lines to a hook of your own, and "
			     "remove this one: rm '%s'",
			     hook->path);
}

static int write_shim(const char *path, struct gm_error *err)
{
	const char *body = body_of_shim();
	struct gm_strbuf text = { 0 };
	char hex[GM_HASH_HEX];
	mode_t mask = umask(0);
	int ret;

	umask(mask);
	gm_hash_bytes(body, strlen(body), hex);
	gm_strbuf_add(&text, shim, (size_t)(body - shim));
	gm_strbuf_addf(&text, MARK "%s\n%s", hex, body);
	unlink(path);
	ret = gm_file_create(path, text.buf, text.len, err);
	if (!ret && chmod(path, 0777 & ~mask))
		ret = gm_error_errno(err, "can't make '%s' a program", path);
	gm_strbuf_release(&text);
	return ret;
}

int gm_hook_install(struct gm_hooks *hooks, enum gm_hook_id id,
		    struct gm_error *err)
{
	struct gm_hook *hook = &hooks->v[id];
	struct stat st;
	char *fresh;
	char *kept;
	int ret = 0;

	if (hook->state == GM_HOOK_INSTALLED || hook->state == GM_HOOK_CALLED)
		return 0;
	if (hook->state == GM_HOOK_CHANGED)
		return refuse_changed(hook, err);
	if (hook->state == GM_HOOK_OTHER && !lstat(hook->path, &st) &&
	    !S_ISREG(st.st_mode) && !S_ISLNK(st.st_mode))
		return gm_error_set(err, GM_EREFUSED, "'%s' is not a file",
				    hook->path);
	fresh = beside(hooks, id, ".git-migrate-new");
	kept = beside(hooks, id, GM_HOOK_KEPT);
	ret = write_shim(fresh, err);
	if (!ret && hook->state == GM_HOOK_OTHER)
		ret = keep(hook->path, kept, err);
	if (!ret && rename(fresh, hook->path))
		ret = gm_error_errno(err, "can't write '%s'", hook->path);
	if (ret < 0)
		unlink(fresh);
	free(fresh);
	free(kept);
	return ret;
}

int gm_hook_uninstall(struct gm_hooks *hooks, enum gm_hook_id id,
		      struct gm_error *err)
{
	struct gm_hook *hook = &hooks->v[id];
	char *fresh = beside(hooks, id, ".git-migrate-new");

	unlink(fresh);
	free(fresh);
	if (hook->state == GM_HOOK_CHANGED)
		return refuse_changed(hook, err);
	if (hook->state == GM_HOOK_OTHER || hook->state == GM_HOOK_CALLED) {
		if (!hook->kept)
			return 0;
		if (same_file(hook->path, hook->kept))
			return unlink(hook->kept)
				       ? gm_error_errno(err,
							"can't remove '%s'",
							hook->kept)
				       : 0;
		gm_error_set(err, GM_EREFUSED,
			     "'%s' can't be put back: '%s' has its place",
			     hook->kept, hook->path);
		return gm_error_hint(err, "look at both, and remove the one "
					  "that you don't want");
	}
	if (hook->kept) {
		if (rename(hook->kept, hook->path))
			return gm_error_errno(err, "can't put '%s' back",
					      hook->kept);
		return 0;
	}
	if (unlink(hook->path) && errno != ENOENT)
		return gm_error_errno(err, "can't remove '%s'", hook->path);
	return 0;
}
