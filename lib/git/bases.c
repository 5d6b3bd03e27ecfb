/*
 * Merge bases. A walk through a long history takes a while, so it can begin
 * before anything else is known.
 */
#include "git/git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/libgit2.h"

/* Who asks for hundreds doesn't ask twice. */
#define MOST_TOLD 32

/* A branch mostly stands on what is published with no more commits. */
#define MOST_STEPS 8

void gm_bases_start(struct gm_repo *repo, const char *a, const char *b)
{
	const char *argv[] = { "git", "merge-base", "--all", "--", a, b, NULL };

	gm_git_start(&repo->bases_process, argv, NULL, NULL);
	repo->bases_name[0] = gm_strdup(a);
	repo->bases_name[1] = gm_strdup(b);
}

void gm_bases_resolved(struct gm_repo *repo, const char *name,
		       const char *commit)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (repo->bases_name[i] && !strcmp(repo->bases_name[i], name))
			memcpy(repo->bases_commit[i], commit,
			       strlen(commit) + 1);
}

/* Whether these are the commits that git has begun with. */
static bool is_begun(const struct gm_repo *repo, const char *commit,
		     const struct gm_strings *heads)
{
	return repo->bases_process && heads->n == 1 &&
	       !strcmp(repo->bases_commit[0], commit) &&
	       !strcmp(repo->bases_commit[1], heads->v[0]);
}

static int finish(struct gm_git_output *out, struct gm_repo *repo,
		  struct gm_error *err)
{
	struct gm_process *process = repo->bases_process;

	repo->bases_process = NULL;
	return gm_process_finish(process, &out->text, &out->errors,
				 &out->status, err);
}

/* The command for these commits; `commit` may be NULL. The caller frees it. */
static const char **command(const char *option, const char *commit,
			    const struct gm_strings *heads)
{
	const char **argv = gm_calloc(heads->n + 6, sizeof(*argv));
	size_t n = 4;
	size_t i;

	argv[0] = "git";
	argv[1] = "merge-base";
	argv[2] = option;
	argv[3] = "--";
	if (commit)
		argv[n++] = commit;
	for (i = 0; i < heads->n; i++)
		argv[n++] = heads->v[i];
	return argv;
}

/* Adds the answer; an exit status of 1 says that they have none. */
static int take_answer(struct gm_strbuf *text, const struct gm_git_output *out,
		       struct gm_error *err)
{
	if (out->status > 1)
		return gm_git_failed(err, out);
	gm_strbuf_adds(text, gm_strbuf_str(&out->text));
	return 0;
}

/* Follows a commit to its parent. False where it has none, or several. */
static bool go_to_parent(struct gm_repo *repo, char commit[GM_OID_HEX])
{
	static const char mark[] = "\nparent ";
	struct gm_strings names = { 0 };
	struct gm_objects found = { 0 };
	const char *line = NULL;
	size_t len = strlen(commit);

	gm_strings_add(&names, commit);
	if (!gm_objects_read(&found, repo, &names, true, NULL) &&
	    !strcmp(found.v[0].type, "commit")) {
		line = strchr(found.v[0].bytes, '\n');
		if (line && (!gm_starts_with(line, mark) ||
			     strcspn(line + strlen(mark), "\n") != len ||
			     gm_starts_with(line + strlen(mark) + len, mark)))
			line = NULL;
	}
	if (line)
		memcpy(commit, line + strlen(mark), len);
	gm_objects_release(&found);
	gm_strings_release(&names);
	return line != NULL;
}

/* Whether there are but a few commits from the one to the other, each with
 * one parent: then it is the only base, and git needn't start for it. */
static bool is_near(struct gm_repo *repo, const char *commit,
		    const struct gm_strings *heads)
{
	char at[GM_OID_HEX];
	int i = 0;

	if (!repo->batch || repo->shallow || heads->n != 1)
		return false;
	snprintf(at, sizeof(at), "%s", heads->v[0]);
	while (strcmp(at, commit) != 0 && i++ < MOST_STEPS)
		if (!go_to_parent(repo, at))
			return false;
	return !strcmp(at, commit);
}

static int ask(struct gm_strbuf *text, struct gm_repo *repo, const char *commit,
	       const struct gm_strings *heads, struct gm_error *err)
{
	const char **argv = command("--all", commit, heads);
	struct gm_git_output bases = { 0 };
	int rc = 0;

	if (repo->libgit2)
		rc = gm_libgit2_merge_bases(&bases.text, repo, argv + 4, err);
	else if (is_begun(repo, commit, heads))
		rc = finish(&bases, repo, err);
	else if (is_near(repo, commit, heads))
		gm_strbuf_addf(&bases.text, "%s\n", commit);
	else
		rc = gm_git_run(&bases, argv, NULL, err);
	if (!rc)
		rc = take_answer(text, &bases, err);
	gm_git_output_release(&bases);
	free(argv);
	return rc;
}

static void add_lines(struct gm_strings *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		gm_strings_take(out, gm_strndup(text, len));
		text += len + (text[len] == '\n');
	}
}

int gm_bases_ask(struct gm_strings *out, const char *option,
		 const struct gm_strings *commits, struct gm_error *err)
{
	const char **argv = command(option, NULL, commits);
	struct gm_git_output bases = { 0 };
	struct gm_strbuf text = { 0 };
	int rc = gm_git_run(&bases, argv, NULL, err);

	if (!rc)
		rc = take_answer(&text, &bases, err);
	if (!rc)
		add_lines(out, gm_strbuf_str(&text));
	gm_git_output_release(&bases);
	gm_strbuf_release(&text);
	free(argv);
	return rc;
}

/* What was asked before: a question, its answer, the next question … */
static const char *recall(const struct gm_repo *repo, const char *question)
{
	size_t i;

	for (i = 0; i < repo->bases_told.n; i += 2)
		if (!strcmp(repo->bases_told.v[i], question))
			return repo->bases_told.v[i + 1];
	return NULL;
}

int gm_repo_merge_bases_of(struct gm_repo *repo, const char *commit,
			   const struct gm_strings *heads,
			   struct gm_strings *out, struct gm_error *err)
{
	struct gm_strbuf question = { 0 };
	struct gm_strbuf text = { 0 };
	const char *line;
	size_t i;
	int rc = 0;

	gm_strbuf_adds(&question, commit);
	for (i = 0; i < heads->n; i++)
		gm_strbuf_addf(&question, " %s", heads->v[i]);
	line = recall(repo, question.buf);
	if (!line)
		rc = ask(&text, repo, commit, heads, err);
	if (!rc && !line) {
		if (repo->bases_told.n < MOST_TOLD) {
			gm_strings_add(&repo->bases_told, question.buf);
			gm_strings_add(&repo->bases_told, gm_strbuf_str(&text));
		}
		line = gm_strbuf_str(&text);
	}
	if (!rc)
		add_lines(out, line);
	gm_strbuf_release(&question);
	gm_strbuf_release(&text);
	return rc;
}

int gm_repo_merge_bases(struct gm_repo *repo, const char *a, const char *b,
			struct gm_strings *out, struct gm_error *err)
{
	struct gm_strings one = { 0 };
	int rc;

	gm_strings_add(&one, b);
	rc = gm_repo_merge_bases_of(repo, a, &one, out, err);
	gm_strings_release(&one);
	return rc;
}
