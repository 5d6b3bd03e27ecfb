/*
 * Who did it: a path's history, asked of `git log`, which has the commit
 * graph and its changed-path filters at hand; and who is doing it now.
 */
#include "git/git.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* How many changes of a path are looked at. */
#define MOST_CHANGES "-500"

/* One commit of ask_log; returns what is behind it, or NULL. */
static const char *read_change(struct gm_change *out, const char *at,
			       const char *end)
{
	char **field[] = { &out->author, &out->date, &out->committed,
			   &out->subject };
	size_t i;

	memset(out, 0, sizeof(*out));
	snprintf(out->commit, sizeof(out->commit), "%s", at);
	for (i = 0; i < GM_ARRAY_SIZE(field); i++) {
		at += strlen(at) + 1;
		if (at > end)
			return NULL;
		*field[i] = gm_strndup(at, strcspn(at, "\n"));
	}
	at += strlen(*field[i - 1]);
	return *at ? at + 1 : at;
}

/*
 * What git says of the path's changes below `rev`; NULL: below every ref, and
 * whatever a reflog has. -c: a file that a merge
 * itself brought was added there, one that it took from a side was not. No
 * --follow: it takes a migration that resembles another one for its copy.
 */
static int ask_log(struct gm_strbuf *text, struct gm_repo *repo,
		   const char *rev, const char *path, const char *count,
		   const char *merges, const char *filter, struct gm_error *err)
{
	char *where = gm_format(":(top,literal)%s", path);
	const char *argv[] = {
		"git", "-c", "log.follow=false", "-c",
		"log.showSignature=false", "log", count, "-s", merges,
		/* What newer versions of git take for granted. */
		strcmp(merges, "-c") ? "-m" : merges, "--no-color",
		"--no-ext-diff", "--encoding=UTF-8",
		"--format=%H%x00%an <%ae>%x00%aI%x00%cI%x00%s", filter,
		rev ? "--end-of-options" : "--all", rev ? rev : "--reflog",
		"--", where, NULL
	};
	int rc = gm_git_needed(repo, "a path's history", err);

	if (!rc)
		rc = gm_git_text(text, argv, NULL, err);
	free(where);
	return rc;
}

static int read_one(struct gm_change *out, const struct gm_strbuf *text,
		    const char *rev, const char *path, struct gm_error *err)
{
	if (!text->len)
		return gm_error_set(err, GM_ENOTFOUND,
				    "no commit below %s has '%s'", rev, path);
	if (!read_change(out, text->buf, text->buf + text->len))
		return gm_error_set(err, GM_ERROR,
				    "git log gave no answer for '%s'", path);
	return 0;
}

int gm_repo_last_change(struct gm_repo *repo, const char *path, bool first,
			struct gm_change *out, struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (*repo->head)
		rc = ask_log(&text, repo, "HEAD", path, "-1", "-c",
			     first ? "--diff-filter=A" : "--full-index", err);
	if (!rc)
		rc = read_one(out, &text, "HEAD", path, err);
	if (rc)
		gm_change_release(out);
	gm_strbuf_release(&text);
	return rc;
}

int gm_repo_last_change_anywhere(struct gm_repo *repo, const char *path,
				 struct gm_change *out, struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	int rc;

	memset(out, 0, sizeof(*out));
	rc = ask_log(&text, repo, NULL, path, "-1", "-c", "--full-index", err);
	if (!rc)
		rc = read_one(out, &text, "any ref", path, err);
	if (rc)
		gm_change_release(out);
	gm_strbuf_release(&text);
	return rc;
}

int gm_repo_arrival(struct gm_repo *repo, const char *branch, const char *path,
		    struct gm_change *out, struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	int rc;

	memset(out, 0, sizeof(*out));
	rc = ask_log(&text, repo, branch, path, "-1", "--first-parent",
		     "--diff-filter=A", err);
	if (!rc)
		rc = read_one(out, &text, branch, path, err);
	if (rc)
		gm_change_release(out);
	gm_strbuf_release(&text);
	return rc;
}

/* How many of the changes are newer than the one that made it that blob. */
static int count_since(size_t *n, struct gm_repo *repo, const char *path,
		       const char *since, const struct gm_changes *changes,
		       struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_objects found = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < changes->n; i++)
		gm_strings_take(&names,
				gm_format("%s:%s", changes->v[i].commit, path));
	rc = gm_objects_read(&found, repo, &names, false, err);
	for (*n = 0; !rc && *n < found.n; (*n)++)
		if (!strcmp(found.v[*n].id, since))
			break;
	if (!rc && *n == found.n)
		rc = gm_error_set(err, GM_ENOTFOUND,
				  "no commit made '%s' blob '%s'", path, since);
	gm_objects_release(&found);
	gm_strings_release(&names);
	return rc;
}

int gm_repo_changes_since(struct gm_repo *repo, const char *rev,
			  const char *path, const char *since,
			  struct gm_changes *out, struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	const char *at;
	size_t n = 0;
	int rc = ask_log(&text, repo, rev, path, MOST_CHANGES, "-c",
			 "--full-index", err);

	at = gm_strbuf_str(&text);
	while (!rc && at && *at) {
		GM_GROW(out->v, out->n, out->cap);
		at = read_change(&out->v[out->n++], at, text.buf + text.len);
	}
	if (!rc)
		rc = count_since(&n, repo, path, since, out, err);
	while (out->n > n)
		gm_change_release(&out->v[--out->n]);
	gm_strbuf_release(&text);
	return rc;
}

void gm_changes_release(struct gm_changes *changes)
{
	size_t i;

	for (i = 0; i < changes->n; i++)
		gm_change_release(&changes->v[i]);
	free(changes->v);
	memset(changes, 0, sizeof(*changes));
}

void gm_change_release(struct gm_change *change)
{
	if (!change)
		return;
	free(change->author);
	free(change->date);
	free(change->committed);
	free(change->subject);
	memset(change, 0, sizeof(*change));
}

/* From the environment, then from the configuration; NULL: from neither. */
static const char *setting(const struct gm_config *config, const char *what,
			   const char *variable)
{
	static const char *const roles[] = { "COMMITTER", "AUTHOR" };
	static const char *const sections[] = { "committer", "user" };
	const char *value = NULL;
	size_t i;

	for (i = 0; i < 4 && !(value && *value); i++) {
		char *name = i < 2 ? gm_format("GIT_%s_%s", roles[i], variable)
				   : gm_format("%s.%s", sections[i - 2], what);

		value = i < 2 ? getenv(name)
			      : gm_config_get(config, name, NULL);
		free(name);
	}
	return value && *value ? value : NULL;
}

/* A name must not end the line or the address in a record. */
static void clean(char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < ' ' || *s == '<' || *s == '>')
			*s = ' ';
}

char *gm_repo_user(struct gm_repo *repo)
{
	struct gm_config config = { 0 };
	const struct passwd *login = getpwuid(getuid());
	char host[256] = "localhost";
	char *name;
	char *email;
	char *user;

	/* Without a configuration there is still a system. */
	gm_config_load(&config, repo, NULL, NULL);
	gethostname(host, sizeof(host) - 1);
	name = gm_strdup_null(setting(&config, "name", "NAME"));
	email = gm_strdup_null(setting(&config, "email", "EMAIL"));
	if (!email)
		email = gm_format("%s@%s", login ? login->pw_name : "unknown",
				  host);
	clean(email);
	if (name)
		clean(name);
	user = name ? gm_format("%s <%s>", name, email) : gm_strdup(email);
	gm_config_release(&config);
	free(name);
	free(email);
	return user;
}
