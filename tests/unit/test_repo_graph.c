/*
 * Commits, refs and what they tell: names, bases, who changed what, and
 * repositories that hold only a part of their history.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "scratch_repo.h"

static void check_revs(struct gm_repo *repo)
{
	static const char *const revs[] = { "HEAD",   "v1",	 "refs/tags/v1",
					    "HEAD^0", ":/first", "HEAD@{0}",
					    "tip" };
	static const char *const wrong[] = { "",    "nope",   "HEAD:db", "-x",
					     "a b", "HEAD~9", "x\ny" };
	char *wanted = getenv("WANTED");
	char commit[GM_OID_HEX];
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(revs); i++) {
		assert_int_equal(gm_repo_resolve(repo, revs[i], commit, NULL),
				 0);
		assert_string_equal(commit, wanted);
	}
	for (i = 0; i < GM_ARRAY_SIZE(wrong); i++)
		assert_int_equal(gm_repo_resolve(repo, wrong[i], commit, NULL),
				 GM_ENOTFOUND);
}

static void any_way_to_name_a_commit_is_understood(void **state)
{
	char *id;

	(void)state;
	new_repo("revs");
	sh("printf A >db/a.sql && git add . && git commit -q -m first && "
	   "git tag -a -m v1 v1 && git branch tip");
	id = line_of("git rev-parse HEAD");
	setenv("WANTED", id, 1);
	both_ways(check_revs);
	free(id);
}

static void check_bases(struct gm_repo *repo)
{
	struct gm_strings bases = { 0 };

	assert_int_equal(gm_repo_merge_bases(repo, "a2", "b2", &bases, NULL),
			 0);
	assert_int_equal(bases.n, 2);
	assert_true(gm_strings_has(&bases, getenv("WANTED")));
	gm_strings_release(&bases);
	assert_int_equal(gm_repo_merge_bases(repo, "a2", "alone", &bases, NULL),
			 0);
	assert_int_equal(bases.n, 0);
	assert_int_not_equal(
		gm_repo_merge_bases(repo, "a2", "nope", &bases, NULL), 0);
	gm_strings_release(&bases);
}

static void a_criss_cross_merge_has_two_bases(void **state)
{
	char *id;

	(void)state;
	new_repo("cross");
	sh("git commit -q --allow-empty -m root && git tag root && "
	   "git checkout -q -b a root && git commit -q --allow-empty -m a && "
	   "git tag a1 && git checkout -q -b b root && "
	   "git commit -q --allow-empty -m b && git tag b1 && "
	   "git merge -q -m b2 a1 && git tag b2 && git checkout -q a && "
	   "git merge -q -m a2 b1 && git tag a2 && "
	   "git checkout -q --orphan alone && "
	   "git commit -q --allow-empty -m alone");
	id = line_of("git rev-parse b1");
	setenv("WANTED", id, 1);
	both_ways(check_bases);
	free(id);
}

static void check_globs(struct gm_repo *repo)
{
	static const struct {
		const char *glob;
		const char *wanted;
	} cases[] = {
		{ "origin/main", "refs/remotes/origin/main " },
		{ "origin/HEAD", "refs/remotes/origin/main " },
		{ "gone/HEAD", "" },
		{ "origin/*",
		  "refs/remotes/origin/main refs/remotes/origin/two " },
		{ "origin/release/**", "refs/remotes/origin/release/1 "
				       "refs/remotes/origin/release/2/x " },
		{ "origin/release/*", "refs/remotes/origin/release/1 " },
		{ "*/release/[0-9]", "refs/remotes/origin/release/1 " },
		{ "*/release/[!1]*/?", "refs/remotes/origin/release/2/x " },
		{ "**/x", "refs/remotes/origin/release/2/x " },
		{ "main", "refs/heads/main refs/tags/main " },
		{ "refs/heads/*", "refs/heads/main " },
		{ "refs/heads/main", "refs/heads/main " },
		{ "heads/main", "" },
		{ "origin", "" },
		{ "[", "" },
		{ "a*a*a*a*a*a*a*a*a*a*a*a*a*b", "" },
	};
	struct gm_strings globs = { 0 };
	struct gm_strings refs = { 0 };
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(cases); i++) {
		gm_strings_add(&globs, cases[i].glob);
		assert_int_equal(gm_repo_refs(repo, &globs, &refs, NULL), 0);
		assert_list(&refs, cases[i].wanted);
		gm_strings_release(&globs);
	}
	gm_strings_add(&globs, "origin/HEAD");
	gm_strings_add(&globs, "origin/main");
	assert_int_equal(gm_repo_refs(repo, &globs, &refs, NULL), 0);
	assert_list(&refs, "refs/remotes/origin/main ");
	gm_strings_release(&globs);
	assert_int_equal(gm_repo_has_remote_refs(repo, NULL), 1);
}

static void globs_stop_at_a_slash_as_gits_do(void **state)
{
	(void)state;
	new_repo("globs");
	sh("git commit -q --allow-empty -m x && git branch -q -M main && "
	   "git tag main 2>/dev/null && for r in main two release/1 "
	   "release/2/x; do git update-ref refs/remotes/origin/$r HEAD; done"
	   " && git symbolic-ref refs/remotes/origin/HEAD "
	   "refs/remotes/origin/main && git symbolic-ref "
	   "refs/remotes/gone/HEAD refs/remotes/gone/main && "
	   "git pack-refs --all");
	both_ways(check_globs);
}

static void check_no_remote(struct gm_repo *repo)
{
	assert_int_equal(gm_repo_has_remote_refs(repo, NULL), 0);
}

static void a_dangling_symbolic_ref_is_no_remote_ref(void **state)
{
	(void)state;
	new_repo("no-remote");
	sh("git symbolic-ref refs/remotes/o/HEAD refs/remotes/o/main");
	both_ways(check_no_remote);
	sh("git commit -q --allow-empty -m x && git tag t");
	both_ways(check_no_remote);
}

static void check_holding(struct gm_repo *repo)
{
	struct gm_strings refs = { 0 };
	char blob[GM_OID_HEX];

	assert_int_equal(gm_repo_hash_blob(repo, "B", 1, blob, NULL), 0);
	assert_int_equal(gm_repo_refs_holding(repo, blob, "db/", &refs, NULL),
			 0);
	assert_list(&refs, "one two origin/x v1 ");
	assert_int_equal(gm_repo_refs_holding(repo, blob, "none", &refs, NULL),
			 0);
	assert_list(&refs, "");
	assert_int_equal(gm_repo_refs_holding(repo, blob, "", &refs, NULL), 0);
	assert_list(&refs, "at-top ");
}

static void the_refs_that_hold_a_blob_are_found(void **state)
{
	(void)state;
	new_repo("holding");
	sh("printf A >db/a.sql && git add . && git commit -q -m a && "
	   "git branch without && git checkout -q -b one && "
	   "printf B >db/b.sql && git add . && git commit -q -m b && "
	   "git branch two && git update-ref refs/remotes/origin/x HEAD && "
	   "git symbolic-ref refs/remotes/origin/HEAD "
	   "refs/remotes/origin/x && git tag -a -m v1 v1 && "
	   "git update-ref refs/stash HEAD && "
	   "git tag a-blob HEAD:db/b.sql && "
	   "git checkout -q -b at-top without && mv db/a.sql a.sql && "
	   "printf B >b.sql && git add -A && git commit -q -m top");
	both_ways(check_holding);
}

static void assert_change(struct gm_repo *repo, const char *path, bool first,
			  const char *wanted)
{
	struct gm_change change;
	struct gm_error err = { 0 };

	if (gm_repo_last_change(repo, path, first, &change, &err))
		fail_msg("%s", err.message);
	assert_string_equal(change.subject, wanted);
	assert_string_equal(change.author, "Ann <ann@example.com>");
	assert_string_equal(change.date, "2026-11-20T09:15:00+01:00");
	assert_int_equal(strlen(change.commit), 40);
	gm_change_release(&change);
}

static void who_changed_a_path_is_told(void **state)
{
	struct gm_repo *repo;
	struct gm_change change;
	struct gm_error err = { 0 };

	(void)state;
	new_repo("who");
	setenv("GIT_AUTHOR_DATE", "2026-11-20T09:15:00+01:00", 1);
	sh("git config log.showSignature true && git config log.follow true "
	   "&& git config color.ui always && git config diff.external false");
	sh("seq 99 >'db/a [b].sql' && git add . && git commit -q -m 'adds' && "
	   "seq 98 >'db/a [b].sql' && git commit -q -a -m edits && "
	   "seq 97 >db/copy && git add . && git commit -q -m copies && "
	   "git checkout -q -b side HEAD^ && "
	   "git commit -q --allow-empty -m side && git checkout -q - && "
	   "git merge -q --no-ff --no-commit side 2>/dev/null >&2 && "
	   "printf M >db/merged && git add . && git commit -q -m merges");
	unsetenv("GIT_AUTHOR_DATE");
	enter("who/db");
	repo = open_repo();
	assert_change(repo, "db/a [b].sql", false, "edits");
	assert_change(repo, "db/a [b].sql", true, "adds");
	assert_change(repo, "db/copy", true, "copies");
	assert_change(repo, "db/merged", true, "merges");
	assert_change(repo, "db/merged", false, "merges");
	assert_int_equal(gm_repo_last_change(repo, "db/none", false, &change,
					     &err),
			 GM_ENOTFOUND);
	assert_string_equal(err.message, "no commit below HEAD has 'db/none'");
	gm_error_release(&err);
	gm_repo_free(repo);
}

static void without_a_commit_nobody_changed_anything(void **state)
{
	struct gm_repo *repo;
	struct gm_change change;

	(void)state;
	new_repo("nobody");
	repo = open_repo();
	assert_int_equal(gm_repo_last_change(repo, "x", true, &change, NULL),
			 GM_ENOTFOUND);
	gm_repo_free(repo);
}

static void check_shallow(struct gm_repo *repo)
{
	struct gm_error err = { 0 };
	struct gm_files files;

	assert_int_equal(gm_repo_is_shallow(repo), 1);
	assert_tree(repo, "HEAD", "db", "a.sql=A2|");
	assert_int_equal(gm_repo_tree_files(repo, getenv("WANTED"), "db", true,
					    &files, &err),
			 GM_ENOTFOUND);
	assert_non_null(strstr(err.hint, "git fetch --unshallow"));
	gm_error_release(&err);
}

static void a_shallow_clone_says_what_to_fetch(void **state)
{
	char *id;

	(void)state;
	new_repo("deep");
	sh("printf A >db/a.sql && git add . && git commit -q -m a && "
	   "printf A2 >db/a.sql && git commit -q -a -m a2");
	id = line_of("git rev-parse HEAD^");
	setenv("WANTED", id, 1);
	sh("git clone -q --depth 1 file://$PWD ../shallow");
	enter("shallow");
	both_ways(check_shallow);
	free(id);
}

static void a_partial_clone_fetches_or_says_why_not(void **state)
{
	struct gm_repo *repo;
	struct gm_files files;
	struct gm_error err = { 0 };

	(void)state;
	enter("deep");
	sh("git config uploadpack.allowFilter true && git config "
	   "uploadpack.allowAnySHA1InWant true && "
	   "git clone -q --filter=blob:none --no-checkout file://$PWD "
	   "../partial");
	enter("partial");
	repo = open_repo();
	assert_tree(repo, "HEAD", "db", "a.sql=A2|");
	sh("mv ../deep ../away");
	assert_int_equal(gm_repo_tree_files(repo, "HEAD^", "db", true, &files,
					    &err),
			 GM_ERROR);
	assert_non_null(err.message);
	gm_error_release(&err);
	sh("mv ../away ../deep");
	gm_repo_free(repo);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_way_to_name_a_commit_is_understood),
		cmocka_unit_test(a_criss_cross_merge_has_two_bases),
		cmocka_unit_test(globs_stop_at_a_slash_as_gits_do),
		cmocka_unit_test(a_dangling_symbolic_ref_is_no_remote_ref),
		cmocka_unit_test(the_refs_that_hold_a_blob_are_found),
		cmocka_unit_test(who_changed_a_path_is_told),
		cmocka_unit_test(without_a_commit_nobody_changed_anything),
		cmocka_unit_test(a_shallow_clone_says_what_to_fetch),
		cmocka_unit_test(a_partial_clone_fetches_or_says_why_not),
	};

	return cmocka_run_group_tests(tests, scratch_repo_set_up,
				      scratch_repo_tear_down);
}
