/*
 * How the index differs from HEAD, as it is read here, against what git says:
 * the same answer in every state, and no reading of what isn't plain.
 */
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
#include "git/index_file.h"
#include "scratch_repo.h"

static struct gm_repo *open_for_objects(void)
{
	const struct gm_repo_hints hints = { .objects = true };
	struct gm_repo *repo;
	struct gm_error err = { 0 };

	if (gm_repo_open_for(&repo, &hints, &err))
		fail_msg("%s", err.message);
	return repo;
}

/* "STATUS MODE BLOB PATH", a line each. */
static char *what_is_read(void)
{
	struct gm_repo *repo = open_for_objects();
	struct gm_strings paths = { 0 };
	struct gm_staged staged = { 0 };
	struct gm_strbuf out = { 0 };
	struct gm_error err = { 0 };
	size_t i;

	gm_strings_add(&paths, ".gitmigrate");
	gm_strings_add(&paths, "./apps//a/");
	gm_strings_add(&paths, "db");
	if (gm_repo_staged(repo, &paths, &staged, &err))
		fail_msg("%s", err.message);
	for (i = 0; i < staged.n; i++)
		gm_strbuf_addf(&out, "%c %06o %s %s\n", staged.v[i].status,
			       staged.v[i].mode, staged.v[i].blob,
			       staged.v[i].path);
	gm_staged_release(&staged);
	gm_strings_release(&paths);
	gm_repo_free(repo);
	return gm_strbuf_take(&out);
}

/* ":MODE MODE ID ID STATUS<TAB>PATH", of git. */
static char *what_git_says(void)
{
	static const char command[] =
		"git diff-index --cached --no-renames --ita-visible-in-index "
		"--no-abbrev $(git rev-parse -q --verify HEAD || "
		"git hash-object -t tree /dev/null) -- "
		".gitmigrate apps/a db | "
		"sed 's/^:[0-9]* \\([0-9]*\\) [0-9a-f]* \\([0-9a-f]*\\) "
		"\\(.\\)\\t/\\3 \\1 \\2 /'";
	struct gm_strbuf out = { 0 };
	FILE *pipe = popen(command, "r");
	char line[4096];

	assert_non_null(pipe);
	while (fgets(line, sizeof(line), pipe))
		gm_strbuf_adds(&out, line);
	assert_int_equal(pclose(pipe), 0);
	gm_strbuf_adds(&out, "");
	return gm_strbuf_take(&out);
}

static bool is_plain(void)
{
	struct gm_repo *repo = open_for_objects();
	struct gm_index_file index;
	bool plain = gm_index_file_open(&index, repo);

	gm_index_file_close(&index);
	gm_repo_free(repo);
	return plain;
}

struct state {
	const char *command;
	bool plain;
	/* How many paths differ. */
	size_t n;
};

static void assert_state(const struct state *state)
{
	char *read;
	char *told;
	size_t n = 0;
	const char *at;

	sh("%s", state->command);
	told = what_git_says();
	read = what_is_read();
	if (strcmp(read, told))
		fail_msg("%s: git says\n%sinstead of\n%s", state->command, told,
			 read);
	for (at = told; *at; at++)
		n += *at == '\n';
	if (n != state->n || is_plain() != state->plain)
		fail_msg("%s: %zu paths, %s", state->command, n,
			 is_plain() ? "plain" : "not plain");
	free(read);
	free(told);
}

#define COMMIT "git add -A && git commit -q -m x && "
#define RESET "git reset -q --hard && "

static const struct state states[] = {
	{ "printf x >other && git add other", true, 0 },
	{ "mkdir -p db apps/a apps/b && printf 1 >db/1.sql && "
	  "printf 2 >apps/a/2.sql && printf 3 >apps/b/3.sql && git add .",
	  true, 2 },
	{ COMMIT "printf [migrate] >.gitmigrate && git add .", true, 1 },
	{ COMMIT "true", true, 0 },
	{ "printf [Migrate] >.gitmigrate && printf 0 >db/0.sql && "
	  "printf 9 >db/9.sql && printf 11 >db/1.sql && "
	  "printf 4 >apps/a/4.sql && git add .",
	  true, 5 },
	{ "git rm -q --cached .gitmigrate apps/a/2.sql", true, 6 },
	{ RESET "chmod +x db/1.sql && git add .", true, 1 },
	{ RESET "ln -sf 2.sql db/1.sql && ln -sf db .gitmigrate && git add .",
	  true, 2 },
	{ COMMIT "rm db/1.sql && printf 1 >db/1.sql && git add .", true, 1 },
	{ RESET "git rm -q -r apps/a && printf 2 >apps/a && git add .", true,
	  2 },
	{ COMMIT "rm apps/a && mkdir apps/a && printf 2 >apps/a/2.sql && "
		 "git add .",
	  true, 2 },
	/* Neighbours in the order of the bytes. */
	{ COMMIT "mkdir db-x && printf x >db-x/1.sql && printf x >db.sql && "
		 "printf x >dbx && printf x >.gitmigrates && git add .",
	  true, 0 },
	{ COMMIT "printf 'a b' >'db/a b.sql' && git add .", true, 1 },
	{ COMMIT "i=0; while test $i -lt 300; do i=$((i + 1)); "
		 "printf $i >db/$(printf %0${i}d 1 | cut -c1-200)$i.sql; done; "
		 "git add .",
	  true, 300 },
	{ COMMIT "git update-index --assume-unchanged db/1.sql && "
		 "git update-index --skip-worktree apps/a/2.sql && "
		 "git rm -q --cached apps/b/3.sql",
	  true, 0 },
	{ "printf 5 >db/5.sql && git add -N db/5.sql", false, 1 },
	{ "git update-index --no-skip-worktree apps/a/2.sql && "
	  "git add db/5.sql",
	  true, 1 },
	{ COMMIT "git update-index --index-version 4 && printf 6 >db/6.sql && "
		 "git add db",
	  false, 1 },
	{ "git update-index --index-version 2 && "
	  "git update-index --split-index",
	  false, 1 },
	{ "printf 7 >db/7.sql && git add db", false, 2 },
	{ "git update-index --no-split-index --untracked-cache", true, 2 },
	{ COMMIT "printf 8 >db/8.sql && git add db && GIT_INDEX_FILE=.git/o "
		 "git read-tree HEAD",
	  true, 1 },
	{ COMMIT "mkdir db/old && printf 1 >db/old/1.sql && "
		 "printf 1 >db/10.sql && git add db",
	  true, 2 },
	{ COMMIT "git rm -q --cached db/old/1.sql", true, 1 },
	{ RESET "git init -q sub && git -C sub commit -q --allow-empty -m s && "
		"rm -rf apps/a && mv sub apps/a && "
		"git rm -q -r --cached apps/a && "
		"git rm -q -r --cached db/old && "
		"git commit -q -m x && "
		"git -c advice.addEmbeddedRepo=false add apps/a",
	  true, 1 },
	{ COMMIT "rm -rf apps/a && git add apps", true, 1 },
	{ RESET "git switch -q -c x && printf x >db/1.sql && " COMMIT
		"git switch -q - && printf y >db/1.sql && " COMMIT
		"! git merge -q x >/dev/null",
	  false, 1 },
};

static void the_index_is_read_as_git_reads_it(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(states); i++)
		assert_state(&states[i]);
}

static void so_it_is_with_long_ids(void **state)
{
	size_t i;

	(void)state;
	enter("");
	if (system("git init -q --object-format=sha256 long"))
		skip();
	enter("long");
	for (i = 0; i < 7; i++)
		assert_state(&states[i]);
}

static void another_index_is_taken_where_it_is_certain(void **state)
{
	const struct state same = { "true", true, 1 };

	(void)state;
	enter("");
	sh("git init -q named && cd named && mkdir db && printf 1 >db/1.sql && "
	   "git add . && git commit -q -m x && printf 2 >db/2.sql && "
	   "GIT_INDEX_FILE=other git add . && git rm -q -r --cached db");
	assert_int_equal(chdir("named"), 0);
	setenv("GIT_INDEX_FILE", "other", 1);
	assert_state(&same);
	assert_int_equal(chdir("db"), 0);
	unsetenv("GIT_INDEX_FILE");
	assert_true(is_plain());
	setenv("GIT_INDEX_FILE", "other", 1);
	assert_false(is_plain());
	assert_int_equal(chdir(".."), 0);
	setenv("GIT_INDEX_FILE", "none", 1);
	assert_false(is_plain());
	unsetenv("GIT_INDEX_FILE");
	sh("cp other .git/index && head -c -21 other >short && "
	   "head -c 60 other >shorter");
	setenv("GIT_INDEX_FILE", "short", 1);
	assert_false(is_plain());
	setenv("GIT_INDEX_FILE", "shorter", 1);
	assert_false(is_plain());
	unsetenv("GIT_INDEX_FILE");
}

static int set_up(void **state)
{
	if (scratch_repo_set_up(state))
		return -1;
	sh("git init -q here");
	enter("here");
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_index_is_read_as_git_reads_it),
		cmocka_unit_test(so_it_is_with_long_ids),
		cmocka_unit_test(another_index_is_taken_where_it_is_certain),
	};

	return cmocka_run_group_tests(tests, set_up, scratch_repo_tear_down);
}
