/*
 * Finding the repository: one `git rev-parse` for all that can be known at
 * once, while `git config` is already at work on what is asked for next.
 */
#include "git/git.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/path.h"
#include "git/libgit2.h"

/* rev-parse passes on a flag that it doesn't know, which tells apart the
 * paths, even those with a newline. */
#define NEXT "--next"

enum answer {
	FLAGS,
	GIT_DIR,
	COMMON_DIR,
	PREFIX,
	UP,
	HEAD,
	ANSWERS
};

static const char *const question[] = {
	"git", "rev-parse", "--is-shallow-repository", "--is-inside-work-tree",
	"--show-object-format", NEXT, "--absolute-git-dir", NEXT,
	"--git-common-dir", NEXT, "--show-prefix", NEXT, "--show-cdup", NEXT,
	/* Fails on an unborn branch, so nothing may come after it. */
	"HEAD", "--symbolic-full-name", "HEAD", NULL
};

/* Cuts the answers apart in place; returns how many there are. An answer may
 * be an empty line or, in a bare repository, not even that. */
static int split_answers(char *text, char *answer[ANSWERS])
{
	static const char between[] = "\n" NEXT "\n";
	int n = 0;

	while (n < ANSWERS) {
		bool none = gm_starts_with(text, between + 1);
		char *end = none ? text : strstr(text, between);

		answer[n++] = text;
		if (!end)
			break;
		*end = '\0';
		text = end + strlen(between) - none;
	}
	return n;
}

static char *short_branch(const char *name)
{
	if (gm_starts_with(name, "refs/heads/"))
		name += strlen("refs/heads/");
	return gm_strdup(name);
}

static void read_head(struct gm_repo *repo, char *text)
{
	char *name = strchr(text, '\n');
	char *end;

	if (!name)
		return;
	*name++ = '\0';
	end = strchr(name, '\n');
	if (!end || strlen(text) >= GM_OID_HEX)
		return;
	*end = '\0';
	strcpy(repo->head, text);
	gm_bases_resolved(repo, "HEAD", text);
	if (strcmp(name, "HEAD"))
		repo->branch = short_branch(name);
}

static int read_answers(struct gm_repo *repo, char *answer[ANSWERS],
			struct gm_error *err)
{
	const char *up = answer[UP];
	bool inside;
	char *flag[2];
	int i;

	for (i = 0; i < 2; i++) {
		flag[i] = answer[FLAGS];
		answer[FLAGS] += strcspn(answer[FLAGS], "\n");
		if (*answer[FLAGS])
			*answer[FLAGS]++ = '\0';
	}
	repo->shallow = !strcmp(flag[0], "true");
	inside = !strcmp(flag[1], "true");
	repo->sha256 = !strcmp(answer[FLAGS], "sha256");
	repo->git_dir = realpath(answer[GIT_DIR], NULL);
	repo->common_dir = realpath(answer[COMMON_DIR], NULL);
	if (!repo->git_dir || !repo->common_dir)
		return gm_error_errno(
			err, "cannot find '%s'",
			answer[repo->git_dir ? COMMON_DIR : GIT_DIR]);
	repo->prefix = gm_strdup(answer[PREFIX]);
	if (*up || inside) {
		repo->top = realpath(*up ? up : ".", NULL);
		if (!repo->top)
			return gm_error_errno(err, "cannot find '%s'", up);
	}
	read_head(repo, answer[HEAD]);
	return 0;
}

static int discover(struct gm_repo *repo, struct gm_process *process,
		    struct gm_error *err)
{
	struct gm_git_output out = { 0 };
	char *answer[ANSWERS];
	int rc = gm_process_finish(process, &out.text, &out.errors, &out.status,
				   err);

	if (rc)
		goto done;
	gm_strbuf_reserve(&out.text, 0);
	if (split_answers(out.text.buf, answer) == ANSWERS)
		rc = read_answers(repo, answer, err);
	else
		rc = gm_git_failed(err, &out);
	if (strstr(gm_strbuf_str(&out.errors), "not a git repository (or any"))
		rc = gm_error_set(err, GM_ENOTFOUND, "not in a git repository");
done:
	gm_git_output_release(&out);
	return rc;
}

int gm_repo_open(struct gm_repo **out, struct gm_error *err)
{
	return gm_repo_open_for(out, NULL, err);
}

int gm_repo_open_for(struct gm_repo **out, const struct gm_repo_hints *hints,
		     struct gm_error *err)
{
	struct gm_repo *repo = gm_calloc(1, sizeof(*repo));
	struct gm_process *process;
	int rc;

	*out = NULL;
	rc = gm_git_start(&process, question, NULL, err);
	if (!rc) {
		/* Its failure is told when the settings are asked for. */
		gm_git_config_start(&repo->config_process, NULL);
		if (hints && hints->objects)
			gm_batch_start(repo);
		if (hints && hints->a && hints->b)
			gm_bases_start(repo, hints->a, hints->b);
		rc = discover(repo, process, err);
	} else if (rc == GM_ENOTFOUND) {
		gm_error_release(err);
		rc = gm_libgit2_open(repo, err);
	}
	if (rc) {
		gm_repo_free(repo);
		return rc;
	}
	*out = repo;
	return 0;
}

void gm_repo_free(struct gm_repo *repo)
{
	if (!repo)
		return;
	gm_libgit2_close(repo->libgit2);
	gm_process_free(repo->config_process);
	gm_process_free(repo->batch);
	gm_strbuf_release(&repo->tree);
	gm_process_free(repo->bases_process);
	free(repo->bases_name[0]);
	free(repo->bases_name[1]);
	gm_strings_release(&repo->bases_told);
	gm_strbuf_release(&repo->ref_text);
	free(repo->refs);
	gm_strbuf_release(&repo->config);
	free(repo->top);
	free(repo->prefix);
	free(repo->git_dir);
	free(repo->common_dir);
	free(repo->branch);
	free(repo);
}

const char *gm_repo_top(const struct gm_repo *repo)
{
	return repo->top;
}

const char *gm_repo_prefix(const struct gm_repo *repo)
{
	return repo->prefix;
}

const char *gm_repo_shell_prefix(const struct gm_repo *repo)
{
	const char *prefix = repo ? repo->prefix : "";
	const char *called = getenv("GIT_PREFIX");

	return !*prefix && repo && repo->top && called ? called : prefix;
}

char *gm_repo_word(const struct gm_repo *repo, const char *path)
{
	return gm_path_word(gm_repo_shell_prefix(repo), path);
}

const char *gm_repo_git_dir(const struct gm_repo *repo)
{
	return repo->git_dir;
}

const char *gm_repo_common_dir(const struct gm_repo *repo)
{
	return repo->common_dir;
}

int gm_repo_is_shallow(struct gm_repo *repo)
{
	return repo->shallow;
}

/* The branch that has no commit yet. */
static int unborn_branch(struct gm_repo *repo, struct gm_error *err)
{
	static const char *const argv[] = { "git", "symbolic-ref", "-q", "HEAD",
					    NULL };
	struct gm_strbuf name = { 0 };
	int rc = gm_git_text(&name, argv, NULL, err);

	if (!rc && name.len) {
		gm_strbuf_cut(&name, name.len - 1);
		repo->branch = short_branch(name.buf);
	}
	gm_strbuf_release(&name);
	return rc;
}

int gm_repo_head(struct gm_repo *repo, char commit[GM_OID_HEX], char **branch,
		 struct gm_error *err)
{
	int rc = 0;

	if (!*repo->head && !repo->branch)
		rc = unborn_branch(repo, err);
	strcpy(commit, repo->head);
	*branch = rc ? NULL : gm_strdup_null(repo->branch);
	return rc;
}

int gm_repo_hooks_dir(struct gm_repo *repo, char **out, struct gm_error *err)
{
	/* Git expands what begins with a tilde. */
	static const char *const argv[] = {
		"git", "config", "--type=path", "--get", "core.hooksPath", NULL
	};
	struct gm_git_output answer = { 0 };
	const char *base = repo->top ? repo->top : repo->git_dir;
	int rc = gm_git_needed(repo, "looking for hooks", err);

	*out = NULL;
	if (!rc)
		rc = gm_git_run(&answer, argv, NULL, err);
	if (!rc && answer.status > 1)
		rc = gm_git_failed(err, &answer);
	if (rc)
		goto done;
	if (answer.text.len)
		gm_strbuf_cut(&answer.text, answer.text.len - 1);
	if (answer.status)
		*out = gm_format("%s/hooks", repo->common_dir);
	else if (*gm_strbuf_str(&answer.text) == '/')
		*out = gm_strbuf_take(&answer.text);
	else
		*out = gm_format("%s/%s", base, gm_strbuf_str(&answer.text));
done:
	gm_git_output_release(&answer);
	return rc;
}
