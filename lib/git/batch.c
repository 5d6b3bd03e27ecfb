/*
 * One `git cat-file --batch-command` for many small questions: it starts
 * while the repository is still being looked for, and an answer takes a
 * tenth of what a process costs. Git knows the option since 2.36; where
 * anything goes wrong, each question gets a process of its own as before.
 */
#include "git/git.h"

#include <stdlib.h>
#include <string.h>

/* More than this is asked in one go, with its answers buffered. */
#define MOST_NAMES 256
#define MOST_BYTES ((size_t)16 * 1024)

void gm_batch_start(struct gm_repo *repo)
{
	static const char *const argv[] = { "git", "cat-file",
					    "--batch-command", NULL };

	gm_git_converse(&repo->batch, argv, NULL);
}

static bool is_absence(const char *line, size_t len, const char *name)
{
	static const char *const words[] = { " missing", " ambiguous" };
	size_t name_len = strlen(name);
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (len == name_len + strlen(words[i]) &&
		    !memcmp(line, name, name_len) &&
		    !memcmp(line + name_len, words[i], len - name_len))
			return true;
	return false;
}

/* How long the answer that begins here is, or 0 where more is to come. */
static size_t answer_length(const char *text, size_t len, const char *name,
			    bool contents)
{
	const char *end = len ? memchr(text, '\n', len) : NULL;
	const char *size = end;
	size_t line;

	if (!end)
		return 0;
	line = (size_t)(end - text) + 1;
	if (!contents || is_absence(text, line - 1, name))
		return line;
	while (size > text && size[-1] != ' ')
		size--;
	line += strtoul(size, NULL, 10) + 1;
	return line <= len ? line : 0;
}

/* Returns 1 where it is more than so many bytes. */
static int hear(struct gm_strbuf *text, struct gm_repo *repo,
		const struct gm_strings *names, bool contents, size_t most)
{
	size_t at = 0;
	size_t i = 0;

	while (i < names->n) {
		size_t len = answer_length(gm_strbuf_str(text) + at,
					   text->len - at, names->v[i],
					   contents);

		if (len) {
			at += len;
			i++;
		} else if (gm_process_hear(repo->batch, text, NULL)) {
			return -1;
		}
		if (text->len > most)
			return 1;
	}
	return 0;
}

int gm_batch_ask(struct gm_strbuf *text, struct gm_repo *repo,
		 const struct gm_strings *names, bool contents, size_t most)
{
	struct gm_strbuf input = { 0 };
	bool asked = repo->batch && names->n <= MOST_NAMES;
	size_t i;
	int rc = 0;

	for (i = 0; asked && i < names->n; i++) {
		asked = !strchr(names->v[i], '\n') && input.len < MOST_BYTES;
		gm_strbuf_addf(&input, "%s %s\n",
			       contents ? "contents" : "info", names->v[i]);
	}
	asked = asked && input.len < MOST_BYTES;
	if (asked) {
		rc = gm_process_say(repo->batch, input.buf, input.len, NULL);
		if (!rc)
			rc = hear(text, repo, names, contents, most);
	}
	/* What is still to be said would be taken for the next answer. */
	if (rc) {
		gm_process_free(repo->batch);
		repo->batch = NULL;
		gm_strbuf_cut(text, 0);
	}
	gm_strbuf_release(&input);
	return rc > 0 ? GM_EREFUSED : asked && !rc;
}

bool gm_repo_is_talking(const struct gm_repo *repo)
{
	return repo->batch != NULL;
}
