/*
 * Runs git for the tests in a scratch directory, and compares what it is
 * asked for.
 */
#include "scratch_repo.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"

/* libgit2 1.5 leaks a little where a name isn't one that `git describe`
 * gives. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2-8.so\n";
}

static char scratch[] = "/tmp/gm-repo-XXXXXX";

void sh(const char *fmt, ...)
{
	va_list args;
	char *command;

	va_start(args, fmt);
	command = gm_vformat(fmt, args);
	va_end(args);
	if (system(command))
		fail_msg("failed: %s", command);
	free(command);
}

char *line_of(const char *command)
{
	char line[4096] = "";
	FILE *out = popen(command, "r");

	assert_non_null(out);
	if (!fgets(line, sizeof(line), out))
		*line = '\0';
	pclose(out);
	line[strcspn(line, "\n")] = '\0';
	return gm_strdup(line);
}

struct gm_repo *open_repo(void)
{
	struct gm_repo *repo;
	struct gm_error err = { 0 };

	if (gm_repo_open(&repo, &err))
		fail_msg("%s", err.message);
	return repo;
}

void both_ways(void (*check)(struct gm_repo *repo))
{
	char *path = gm_strdup(getenv("PATH"));
	struct gm_repo *repo = open_repo();

	check(repo);
	gm_repo_free(repo);
	setenv("PATH", "/nonexistent", 1);
	repo = open_repo();
	check(repo);
	gm_repo_free(repo);
	setenv("PATH", path, 1);
	free(path);
}

void assert_path(const char *path, const char *below)
{
	char *wanted = gm_format("%s%s", scratch, below);

	assert_non_null(path);
	assert_string_equal(path, wanted);
	free(wanted);
}

void assert_list(struct gm_strings *list, const char *wanted)
{
	struct gm_strbuf text = { 0 };
	size_t i;

	for (i = 0; i < list->n; i++)
		gm_strbuf_addf(&text, "%s ", list->v[i]);
	assert_string_equal(gm_strbuf_str(&text), wanted);
	gm_strbuf_release(&text);
	gm_strings_release(list);
}

void assert_files(struct gm_files *files, const char *wanted)
{
	static const char *const mark[] = { "", "@", "?", "!" };
	struct gm_strbuf text = { 0 };
	size_t i;

	for (i = 0; i < files->n; i++)
		gm_strbuf_addf(&text, "%s%s=%s|", mark[files->v[i].kind],
			       files->v[i].name,
			       files->v[i].bytes ? files->v[i].bytes : "");
	assert_string_equal(gm_strbuf_str(&text), wanted);
	gm_strbuf_release(&text);
	gm_files_release(files);
}

void assert_tree(struct gm_repo *repo, const char *rev, const char *dir,
		 const char *wanted)
{
	struct gm_files files;
	struct gm_error err = { 0 };

	if (gm_repo_tree_files(repo, rev, dir, true, &files, &err))
		fail_msg("%s", err.message);
	assert_files(&files, wanted);
}

void assert_index(struct gm_repo *repo, const char *dir, const char *wanted)
{
	struct gm_files files;
	struct gm_error err = { 0 };

	if (gm_repo_index_files(repo, dir, true, &files, &err))
		fail_msg("%s", err.message);
	assert_files(&files, wanted);
}

void enter(const char *below)
{
	char *path = gm_format("%s/%s", scratch, below);

	assert_int_equal(chdir(path), 0);
	free(path);
}

void new_repo(const char *name)
{
	enter("");
	sh("git init -q '%s' && mkdir '%s/db'", name, name);
	enter(name);
}

int scratch_repo_set_up(void **state)
{
	(void)state;
	if (!mkdtemp(scratch) || chdir(scratch))
		return -1;
	setenv("HOME", scratch, 1);
	setenv("GIT_CONFIG_NOSYSTEM", "1", 1);
	setenv("GIT_CEILING_DIRECTORIES", scratch, 1);
	unsetenv("XDG_CONFIG_HOME");
	unsetenv("GIT_DIR");
	unsetenv("GIT_WORK_TREE");
	unsetenv("GIT_INDEX_FILE");
	return system("git config --global user.name Ann && "
		      "git config --global user.email ann@example.com && "
		      "git config --global init.defaultBranch main && "
		      "git config --global advice.detachedHead false");
}

int scratch_repo_tear_down(void **state)
{
	char *command = gm_format("rm -rf '%s'", scratch);
	int rc;

	(void)state;
	rc = chdir("/") || system(command);
	free(command);
	return rc;
}
