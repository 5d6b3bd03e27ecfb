/*
 * Files as trees, the index and the work tree hold them, and how they are
 * staged.
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

static void check_kinds(struct gm_repo *repo)
{
	struct gm_files files;
	struct gm_error err = { 0 };
	struct gm_strbuf bytes = { 0 };

	assert_tree(repo, "HEAD", "db",
		    "a\nb.sql=N|a b.sql=S|a'\"\\.sql=Q|@l.sql=|nul=|");
	assert_tree(repo, "HEAD", "./db//",
		    "a\nb.sql=N|a b.sql=S|"
		    "a'\"\\.sql=Q|@l.sql=|nul=|");
	assert_index(repo, "db",
		     "a\nb.sql=N|a b.sql=S|a'\"\\.sql=Q|@l.sql=|nul=|");
	assert_tree(repo, "HEAD", "none", "");
	assert_tree(repo, "HEAD", "d\nd", "x=X|");
	assert_int_equal(gm_repo_tree_files(repo, "HEAD", "db/l.sql", false,
					    &files, &err),
			 GM_EINVALID);
	assert_string_equal(err.message,
			    "'db/l.sql' is not a directory in commit 'HEAD'");
	assert_int_equal(gm_repo_tree_files(repo, "nope", "db", false, &files,
					    &err),
			 GM_ENOTFOUND);
	assert_string_equal(err.message,
			    "commit 'nope' is not in the repository");
	assert_int_equal(
		gm_repo_tree_files(repo, "HEAD", "db", true, &files, NULL), 0);
	assert_string_equal(files.v[0].path, "db/a\nb.sql");
	assert_int_equal(files.v[4].len, 3);
	assert_memory_equal(files.v[4].bytes, "\0x\0", 4);
	assert_int_equal(gm_repo_blob(repo, files.v[4].blob, &bytes, NULL), 0);
	assert_int_equal(bytes.len, 3);
	gm_strbuf_release(&bytes);
	gm_files_release(&files);
	assert_int_equal(
		gm_repo_tree_file(repo, "HEAD", "db/a b.sql", &bytes, NULL), 0);
	assert_string_equal(bytes.buf, "S");
	gm_strbuf_release(&bytes);
	assert_int_equal(gm_repo_tree_file(repo, "HEAD", "top", &bytes, NULL),
			 0);
	assert_string_equal(bytes.buf, "T");
	gm_strbuf_release(&bytes);
	assert_int_equal(gm_repo_tree_file(repo, "HEAD", "db/l.sql", &bytes,
					   &err),
			 GM_EINVALID);
	assert_int_equal(gm_repo_tree_file(repo, "HEAD", "db/no", &bytes, &err),
			 GM_ENOTFOUND);
	assert_int_equal(gm_repo_blob(repo,
				      "00000000000000000000"
				      "00000000000000000001",
				      &bytes, &err),
			 GM_ENOTFOUND);
	gm_error_release(&err);
}

static void files_keep_their_names_and_kinds(void **state)
{
	(void)state;
	new_repo("kinds");
	sh("cd db && printf S >'a b.sql' && printf N >'a\nb.sql' && "
	   "printf Q >'a'\\''\"\\.sql' && ln -s 'a b.sql' l.sql && "
	   "printf '\\0x\\0' >nul && mkdir sub && printf U >sub/u.sql");
	sh("printf T >top && mkdir 'd\nd' && printf X >'d\nd/x' && "
	   "git add . && git commit -q -m kinds");
	both_ways(check_kinds);
	enter("kinds/db/sub");
	both_ways(check_kinds);
}

static void check_split(struct gm_repo *repo)
{
	assert_index(repo, "db", "a.sql=A2|b.sql=B|");
}

static void a_split_index_is_read(void **state)
{
	struct gm_repo *repo;

	(void)state;
	new_repo("split");
	sh("printf A >db/a.sql && git add . && git update-index --split-index "
	   "&& printf A2 >db/a.sql && printf B >db/b.sql && git add .");
	repo = open_repo();
	check_split(repo);
	gm_repo_free(repo);
}

static void an_undecided_path_of_the_index_is_marked(void **state)
{
	struct gm_repo *repo;

	(void)state;
	new_repo("unmerged");
	sh("printf A >db/a.sql && printf B >db/b.sql && git add . && "
	   "git commit -q -m base && git checkout -q -b x && "
	   "printf X >db/a.sql && git commit -q -a -m x && "
	   "git checkout -q - && printf Y >db/a.sql && "
	   "git commit -q -a -m y && ! git merge -q x >/dev/null 2>&1");
	repo = open_repo();
	assert_index(repo, "db", "!a.sql=|b.sql=B|");
	gm_repo_free(repo);
}

static void pathspec_variables_change_nothing(void **state)
{
	struct gm_repo *repo;

	(void)state;
	new_repo("pathspec");
	sh("mkdir 'd*' && printf A >db/a.sql && printf S >'d*/s.sql' && "
	   "git add . && git commit -q -m x");
	setenv("GIT_GLOB_PATHSPECS", "1", 1);
	repo = open_repo();
	assert_index(repo, "d*", "s.sql=S|");
	gm_repo_free(repo);
	unsetenv("GIT_GLOB_PATHSPECS");
	setenv("GIT_LITERAL_PATHSPECS", "1", 1);
	repo = open_repo();
	assert_index(repo, "db", "a.sql=A|");
	gm_repo_free(repo);
	unsetenv("GIT_LITERAL_PATHSPECS");
}

static void line_ends_come_as_they_are_stored(void **state)
{
	struct gm_repo *repo;

	(void)state;
	new_repo("crlf");
	sh("git config core.autocrlf true && "
	   "printf '*.sql text eol=crlf\\n' >.gitattributes && "
	   "printf 'A\\r\\nB\\r\\n' >db/a.sql && git add . 2>/dev/null && "
	   "git commit -q -m x");
	repo = open_repo();
	assert_tree(repo, "HEAD", "db", "a.sql=A\nB\n|");
	assert_index(repo, "db", "a.sql=A\nB\n|");
	gm_repo_free(repo);
}

static void a_filtered_path_is_read_through_its_filter(void **state)
{
	struct gm_repo *repo;
	struct gm_strbuf bytes = { 0 };
	struct gm_error err = { 0 };

	(void)state;
	new_repo("filter");
	sh("git config filter.shout.clean 'tr A-Z a-z' && "
	   "git config filter.shout.smudge 'tr a-z A-Z' && "
	   "printf 'f*.sql filter=shout\\n' >.gitattributes && "
	   "printf PLAIN >db/a.sql && printf LOUD >db/f.sql && git add . && "
	   "git commit -q -m x && mkdir db/sub");
	enter("filter/db/sub");
	repo = open_repo();
	assert_tree(repo, "HEAD", "db", "a.sql=PLAIN|f.sql=LOUD|");
	assert_index(repo, "db", "a.sql=PLAIN|f.sql=LOUD|");
	assert_int_equal(
		gm_repo_tree_file(repo, "HEAD", "db/f.sql", &bytes, NULL), 0);
	assert_string_equal(bytes.buf, "LOUD");
	gm_repo_free(repo);
	sh("git config filter.shout.smudge false && "
	   "git config filter.shout.required true");
	repo = open_repo();
	assert_int_equal(gm_repo_tree_file(repo, "HEAD", "db/f.sql", &bytes,
					   &err),
			 GM_ERROR);
	assert_non_null(strstr(err.message, "cannot read 'db/f.sql' through "
					    "its filter"));
	gm_repo_free(repo);
	gm_error_release(&err);
	gm_strbuf_release(&bytes);
}

static void staging_is_all_or_nothing(void **state)
{
	struct gm_repo *repo;
	struct gm_strings paths = { 0 };
	struct gm_error err = { 0 };

	(void)state;
	new_repo("stage");
	sh("printf A >db/a.sql && printf B >'db/b c.sql' && mkdir sub");
	enter("stage/sub");
	repo = open_repo();
	gm_strings_add(&paths, "db/a.sql");
	gm_strings_add(&paths, "sub");
	assert_int_equal(gm_repo_stage(repo, &paths, &err), GM_ERROR);
	assert_non_null(strstr(err.message, "sub"));
	assert_index(repo, "db", "");
	free(paths.v[1]);
	paths.v[1] = gm_strdup("db/b c.sql");
	assert_int_equal(gm_repo_stage(repo, &paths, NULL), 0);
	assert_index(repo, "db", "a.sql=A|b c.sql=B|");
	/* What is gone goes; what was never there is no error. */
	sh("rm ../db/a.sql");
	gm_strings_add(&paths, "db/none.sql");
	assert_int_equal(gm_repo_stage(repo, &paths, NULL), 0);
	assert_index(repo, "db", "b c.sql=B|");
	gm_repo_free(repo);
	gm_strings_release(&paths);
	gm_error_release(&err);
}

static void a_blob_id_is_the_one_that_git_gives(void **state)
{
	static const size_t sizes[] = { 0,  1,	46, 47,	 54,  55,   56,
					63, 64, 65, 119, 120, 1000, 65536 };
	struct gm_repo *repo;
	char *bytes = gm_calloc(65536, 1);
	size_t i;

	(void)state;
	new_repo("ids");
	repo = open_repo();
	for (i = 0; i < GM_ARRAY_SIZE(sizes); i++) {
		char *command = gm_format("head -c %zu /dev/zero | "
					  "git hash-object --stdin",
					  sizes[i]);
		char *wanted = line_of(command);
		char blob[GM_OID_HEX];

		assert_int_equal(gm_repo_hash_blob(repo, bytes, sizes[i], blob,
						   NULL),
				 0);
		assert_string_equal(blob, wanted);
		free(wanted);
		free(command);
	}
	gm_repo_free(repo);
	free(bytes);
}

static void check_many(struct gm_repo *repo)
{
	struct gm_files files;

	assert_int_equal(
		gm_repo_tree_files(repo, "HEAD", "db", true, &files, NULL), 0);
	assert_int_equal(files.n, 3000);
	assert_string_equal(files.v[0].name, "10001.sql");
	assert_string_equal(files.v[2999].bytes, "13000\n");
	gm_files_release(&files);
}

static void a_directory_may_hold_thousands_of_files(void **state)
{
	(void)state;
	new_repo("many");
	sh("cd db && for i in $(seq 10001 13000); do echo $i >$i.sql; done && "
	   "git add . && git commit -q -m many");
	both_ways(check_many);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(files_keep_their_names_and_kinds),
		cmocka_unit_test(a_split_index_is_read),
		cmocka_unit_test(an_undecided_path_of_the_index_is_marked),
		cmocka_unit_test(pathspec_variables_change_nothing),
		cmocka_unit_test(line_ends_come_as_they_are_stored),
		cmocka_unit_test(a_filtered_path_is_read_through_its_filter),
		cmocka_unit_test(staging_is_all_or_nothing),
		cmocka_unit_test(a_blob_id_is_the_one_that_git_gives),
		cmocka_unit_test(a_directory_may_hold_thousands_of_files),
	};

	return cmocka_run_group_tests(tests, scratch_repo_set_up,
				      scratch_repo_tear_down);
}
