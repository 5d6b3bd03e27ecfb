/*
 * Repositories of every kind are found and opened, or refused: where they lie,
 * what HEAD is, whose they are.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/alloc.h"
#include "git/config.h"
#include "scratch_repo.h"

static void check_normal(struct gm_repo *repo)
{
	assert_path(gm_repo_top(repo), "/normal");
	assert_path(gm_repo_git_dir(repo), "/normal/.git");
	assert_path(gm_repo_common_dir(repo), "/normal/.git");
	assert_string_equal(gm_repo_prefix(repo), "db/sub/");
	assert_int_equal(gm_repo_is_shallow(repo), 0);
}

static void a_repository_is_found_from_below(void **state)
{
	(void)state;
	new_repo("normal");
	sh("mkdir db/sub");
	enter("normal/db/sub");
	both_ways(check_normal);
}

static void check_odd(struct gm_repo *repo)
{
	assert_path(gm_repo_top(repo), "/o 'd\n\"d");
	assert_path(gm_repo_git_dir(repo), "/o 'd\n\"d/.git");
	assert_string_equal(gm_repo_prefix(repo), "a\n b/");
	assert_index(repo, "a\n b", "x=X|");
}

static void paths_may_hold_any_character(void **state)
{
	(void)state;
	enter("");
	assert_int_equal(mkdir("o 'd\n\"d", 0700), 0);
	enter("o 'd\n\"d");
	sh("git init -q && mkdir 'a\n b' && printf X >'a\n b/x' && git add .");
	enter("o 'd\n\"d/a\n b");
	both_ways(check_odd);
}

static void inside_a_git_directory_there_is_no_work_tree(void **state)
{
	struct gm_repo *repo;

	(void)state;
	new_repo("inside");
	enter("inside/.git/refs");
	repo = open_repo();
	assert_null(gm_repo_top(repo));
	assert_path(gm_repo_git_dir(repo), "/inside/.git");
	assert_string_equal(gm_repo_prefix(repo), "");
	gm_repo_free(repo);
}

static void check_unborn(struct gm_repo *repo)
{
	char commit[GM_OID_HEX];
	char *branch;

	assert_int_equal(gm_repo_head(repo, commit, &branch, NULL), 0);
	assert_string_equal(commit, "");
	assert_string_equal(branch, "topic/one");
	free(branch);
	assert_int_equal(gm_repo_resolve(repo, "HEAD", commit, NULL),
			 GM_ENOTFOUND);
}

static void an_unborn_branch_has_a_name_and_no_commit(void **state)
{
	(void)state;
	new_repo("unborn");
	sh("git checkout -q -b topic/one");
	both_ways(check_unborn);
}

static void check_detached(struct gm_repo *repo)
{
	char *wanted = gm_strdup(getenv("WANTED"));
	char commit[GM_OID_HEX];
	char *branch;

	assert_int_equal(gm_repo_head(repo, commit, &branch, NULL), 0);
	assert_string_equal(commit, wanted);
	assert_null(branch);
	free(wanted);
}

static void a_detached_head_has_a_commit_and_no_branch(void **state)
{
	char *id;

	(void)state;
	new_repo("detached");
	sh("git commit -q --allow-empty -m x && git checkout -q --detach");
	id = line_of("git rev-parse HEAD");
	setenv("WANTED", id, 1);
	both_ways(check_detached);
	free(id);
}

static void check_bare(struct gm_repo *repo)
{
	assert_null(gm_repo_top(repo));
	assert_path(gm_repo_git_dir(repo), "/bare.git");
	assert_string_equal(gm_repo_prefix(repo), "");
	assert_tree(repo, "HEAD", "db", "a.sql=A|");
	assert_index(repo, "db", "");
}

static void a_bare_repository_has_trees_and_no_top(void **state)
{
	struct gm_repo *repo;
	struct gm_change change;

	(void)state;
	new_repo("full");
	sh("printf A >db/a.sql && git add . && git commit -q -m one");
	sh("git clone -q --bare . ../bare.git");
	enter("bare.git");
	both_ways(check_bare);
	repo = open_repo();
	assert_int_equal(
		gm_repo_last_change(repo, "db/a.sql", true, &change, NULL), 0);
	assert_string_equal(change.subject, "one");
	gm_change_release(&change);
	gm_repo_free(repo);
}

static void check_linked(struct gm_repo *repo)
{
	assert_path(gm_repo_top(repo), "/linked");
	assert_path(gm_repo_git_dir(repo), "/main/.git/worktrees/linked");
	assert_path(gm_repo_common_dir(repo), "/main/.git");
	assert_tree(repo, "HEAD", "db", "a.sql=A|");
}

static void a_linked_work_tree_has_its_own_git_directory(void **state)
{
	(void)state;
	new_repo("main");
	sh("printf A >db/a.sql && git add . && git commit -q -m one");
	sh("git worktree add -q ../linked");
	enter("linked");
	both_ways(check_linked);
}

static void check_submodule(struct gm_repo *repo)
{
	assert_path(gm_repo_top(repo), "/super/mod");
	assert_path(gm_repo_git_dir(repo), "/super/.git/modules/mod");
	assert_tree(repo, "HEAD", "db", "a.sql=A|");
}

static void check_super(struct gm_repo *repo)
{
	assert_tree(repo, "HEAD", "", ".gitmodules=GM|?mod=|");
}

static void a_submodule_is_a_repository_of_its_own(void **state)
{
	(void)state;
	new_repo("inner");
	sh("printf A >db/a.sql && git add . && git commit -q -m one");
	new_repo("super");
	sh("git -c protocol.file.allow=always submodule --quiet add "
	   "../inner mod && printf GM >.gitmodules && "
	   "git add .gitmodules && git commit -q -m mod");
	both_ways(check_super);
	enter("super/mod");
	both_ways(check_submodule);
}

static void check_hook(struct gm_repo *repo)
{
	assert_path(gm_repo_top(repo), "/tree");
	assert_path(gm_repo_git_dir(repo), "/hook/.git");
	assert_index(repo, "db", "b.sql=B|");
}

static void what_a_hook_sets_counts(void **state)
{
	char *dir = gm_format("%s/hook/.git", getenv("HOME"));
	char *tree = gm_format("%s/tree", getenv("HOME"));
	char *index = gm_format("%s/other-index", getenv("HOME"));

	(void)state;
	new_repo("hook");
	sh("printf A >db/a.sql && git add . && git commit -q -m one");
	enter("");
	sh("mkdir -p tree/db && printf B >tree/db/b.sql");
	setenv("GIT_DIR", dir, 1);
	setenv("GIT_WORK_TREE", tree, 1);
	setenv("GIT_INDEX_FILE", index, 1);
	enter("tree");
	sh("git add .");
	enter("");
	both_ways(check_hook);
	assert_string_equal(getenv("GIT_WORK_TREE"), tree);
	unsetenv("GIT_DIR");
	unsetenv("GIT_WORK_TREE");
	unsetenv("GIT_INDEX_FILE");
	free(dir);
	free(tree);
	free(index);
}

static void check_quarantine(struct gm_repo *repo)
{
	assert_tree(repo, getenv("WANTED"), "db", "b.sql=B|");
}

static void objects_in_quarantine_are_seen(void **state)
{
	char *own = gm_format("%s/receiver/.git/objects", getenv("HOME"));
	char *incoming = gm_format("%s/sender/.git/objects", getenv("HOME"));
	char *id;

	(void)state;
	new_repo("sender");
	sh("printf B >db/b.sql && git add . && git commit -q -m b");
	id = line_of("git rev-parse HEAD");
	setenv("WANTED", id, 1);
	new_repo("receiver");
	sh("git commit -q --allow-empty -m x");
	setenv("GIT_DIR", ".git", 1);
	setenv("GIT_OBJECT_DIRECTORY", incoming, 1);
	setenv("GIT_ALTERNATE_OBJECT_DIRECTORIES", own, 1);
	both_ways(check_quarantine);
	unsetenv("GIT_DIR");
	unsetenv("GIT_OBJECT_DIRECTORY");
	unsetenv("GIT_ALTERNATE_OBJECT_DIRECTORIES");
	free(own);
	free(incoming);
	free(id);
}

static void outside_a_repository_there_is_none(void **state)
{
	struct gm_repo *repo;
	struct gm_error err = { 0 };

	(void)state;
	enter("");
	assert_int_equal(gm_repo_open(&repo, &err), GM_ENOTFOUND);
	assert_string_equal(err.message, "not in a git repository");
	assert_null(repo);
	setenv("GIT_DIR", "/nonexistent/x.git", 1);
	assert_int_equal(gm_repo_open(&repo, &err), GM_ERROR);
	assert_non_null(strstr(err.message, "/nonexistent/x.git"));
	unsetenv("GIT_DIR");
	gm_error_release(&err);
}

static void an_owner_that_is_not_trusted_is_told_in_gits_words(void **state)
{
	struct gm_repo *repo;
	struct gm_error err = { 0 };

	(void)state;
	new_repo("foreign");
	setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1", 1);
	assert_int_equal(gm_repo_open(&repo, &err), GM_ERROR);
	unsetenv("GIT_TEST_ASSUME_DIFFERENT_OWNER");
	assert_non_null(strstr(err.message, "dubious ownership"));
	assert_non_null(strstr(err.hint, "safe.directory"));
	gm_error_release(&err);
}

static void sha256_works_with_git_and_is_refused_without(void **state)
{
	char *path = gm_strdup(getenv("PATH"));
	struct gm_repo *repo;
	struct gm_error err = { 0 };
	char blob[GM_OID_HEX];
	char *wanted;

	(void)state;
	enter("");
	sh("git init -q --object-format=sha256 wide && mkdir wide/db");
	enter("wide");
	sh("printf A >db/a.sql && git add . && git commit -q -m one");
	repo = open_repo();
	assert_tree(repo, "HEAD", "db", "a.sql=A|");
	assert_index(repo, "db", "a.sql=A|");
	wanted = line_of("git rev-parse HEAD:db/a.sql");
	assert_int_equal(gm_repo_hash_blob(repo, "A", 1, blob, NULL), 0);
	assert_string_equal(blob, wanted);
	gm_repo_free(repo);
	setenv("PATH", "/nonexistent", 1);
	assert_int_equal(gm_repo_open(&repo, &err), GM_ERROR);
	assert_non_null(strstr(err.message, "can't read this repository"));
	assert_non_null(strstr(err.hint, "install git"));
	setenv("PATH", path, 1);
	gm_error_release(&err);
	free(wanted);
	free(path);
}

static void assert_user(struct gm_repo *repo, const char *wanted)
{
	char *user = gm_repo_user(repo);

	assert_string_equal(user, wanted);
	free(user);
}

static void the_user_is_who_git_says(void **state)
{
	struct gm_repo *repo;

	(void)state;
	new_repo("user");
	repo = open_repo();
	assert_user(repo, "Ann <ann@example.com>");
	assert_user(NULL, "Ann <ann@example.com>");
	setenv("GIT_AUTHOR_NAME", "Bob", 1);
	assert_user(repo, "Bob <ann@example.com>");
	setenv("GIT_COMMITTER_NAME", "Eve\n<x>", 1);
	setenv("GIT_COMMITTER_EMAIL", "eve@example.com", 1);
	assert_user(repo, "Eve  x  <eve@example.com>");
	unsetenv("GIT_AUTHOR_NAME");
	unsetenv("GIT_COMMITTER_NAME");
	unsetenv("GIT_COMMITTER_EMAIL");
	gm_repo_free(repo);
}

static void the_users_settings_come_with_the_repository(void **state)
{
	struct gm_repo *repo;
	struct gm_config config;
	int i;

	(void)state;
	new_repo("settings");
	sh("git config migrate.dir here && "
	   "printf '[migrate]\\ndir = there\\nurl = u\\n' >.gitmigrate");
	repo = open_repo();
	for (i = 0; i < 2; i++) {
		assert_int_equal(gm_config_load(&config, repo,
						gm_repo_top(repo), NULL),
				 0);
		assert_string_equal(gm_config_get(&config, "migrate.dir", ""),
				    "here");
		assert_string_equal(gm_config_get(&config, "migrate.url", ""),
				    "u");
		gm_config_release(&config);
	}
	gm_repo_free(repo);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_repository_is_found_from_below),
		cmocka_unit_test(paths_may_hold_any_character),
		cmocka_unit_test(inside_a_git_directory_there_is_no_work_tree),
		cmocka_unit_test(an_unborn_branch_has_a_name_and_no_commit),
		cmocka_unit_test(a_detached_head_has_a_commit_and_no_branch),
		cmocka_unit_test(a_bare_repository_has_trees_and_no_top),
		cmocka_unit_test(a_linked_work_tree_has_its_own_git_directory),
		cmocka_unit_test(a_submodule_is_a_repository_of_its_own),
		cmocka_unit_test(what_a_hook_sets_counts),
		cmocka_unit_test(objects_in_quarantine_are_seen),
		cmocka_unit_test(outside_a_repository_there_is_none),
		cmocka_unit_test(
			an_owner_that_is_not_trusted_is_told_in_gits_words),
		cmocka_unit_test(sha256_works_with_git_and_is_refused_without),
		cmocka_unit_test(the_user_is_who_git_says),
		cmocka_unit_test(the_users_settings_come_with_the_repository),
	};

	return cmocka_run_group_tests(tests, scratch_repo_set_up,
				      scratch_repo_tear_down);
}
