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

static int read_change(struct gm_change *out, const struct gm_strbuf *text)
{
	char **field[] = { &out->author, &out->date, &out->subject };
	const char *at = gm_strbuf_str(text);
	const char *end = at + text->len;
	size_t i;

	snprintf(out->commit, sizeof(out->commit), "%s", at);
	for (i = 0; i < GM_ARRAY_SIZE(field); i++) {
		at += strlen(at) + 1;
		if (at > end)
			return GM_ERROR;
		*field[i] = gm_strndup(at, strcspn(at, "\n"));
	}
	return 0;
}

int gm_repo_last_change(struct gm_repo *repo, const char *path, bool first,
			struct gm_change *out, struct gm_error *err)
{
	char *where = gm_format(":(top,literal)%s", path);
	/* -c: a file that a merge itself brought was added there, one that it
	 * took from a side was not. No --follow: it takes a migration that
	 * resembles another one for its copy. */
	const char *argv[] = { "git",
			       "-c",
			       "log.follow=false",
			       "-c",
			       "log.showSignature=false",
			       "log",
			       "-1",
			       "-s",
			       "-c",
			       "--no-color",
			       "--no-ext-diff",
			       "--encoding=UTF-8",
			       "--format=%H%x00%an <%ae>%x00%aI%x00%s",
			       first ? "--diff-filter=A" : "--full-index",
			       "HEAD",
			       "--",
			       where,
			       NULL };
	struct gm_strbuf text = { 0 };
	int rc = gm_git_needed(repo, "a path's history", err);

	memset(out, 0, sizeof(*out));
	if (!rc && *repo->head)
		rc = gm_git_text(&text, argv, NULL, err);
	if (rc)
		goto done;
	if (!text.len)
		rc = gm_error_set(err, GM_ENOTFOUND,
				  "no commit below HEAD has '%s'", path);
	else if (read_change(out, &text))
		rc = gm_error_set(err, GM_ERROR,
				  "git log gave no answer for '%s'", path);
done:
	if (rc)
		gm_change_release(out);
	gm_strbuf_release(&text);
	free(where);
	return rc;
}

void gm_change_release(struct gm_change *change)
{
	if (!change)
		return;
	free(change->author);
	free(change->date);
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
