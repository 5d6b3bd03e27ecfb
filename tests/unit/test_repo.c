/*
 * Repositories of every kind, made with git in a scratch directory. What has
 * to work without the git program is asked twice, once with an empty PATH.
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
#include <unistd.h>

#include "base/alloc.h"
#include "git/config.h"
#include "git/repo.h"

/* libgit2 1.5 leaks a little where a name isn't one that `git describe`
 * gives. */
const char *__lsan_default_suppressions(void);

const char *__lsan_default_suppressions(void)
{
	return "leak:libpcre2-8.so\n";
}

static char scratch[] = "/tmp/gm-repo-XXXXXX";

static void sh(const char *fmt, ...) GM_PRINTF(1, 2);

static void sh(const char *fmt, ...)
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

/* The first line that a command prints; the caller frees it. */
static char *line_of(const char *command)
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

static struct gm_repo *open_repo(void)
{
	struct gm_repo *repo;
	struct gm_error err = { 0 };

	if (gm_repo_open(&repo, &err))
		fail_msg("%s", err.message);
	return repo;
}

/* With the git program, and as if it weren't installed. */
static void both_ways(void (*check)(struct gm_repo *repo))
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

static void assert_path(const char *path, const char *below)
{
	char *wanted = gm_format("%s%s", scratch, below);

	assert_non_null(path);
	assert_string_equal(path, wanted);
	free(wanted);
}

static void assert_list(struct gm_strings *list, const char *wanted)
{
	struct gm_strbuf text = { 0 };
	size_t i;

	for (i = 0; i < list->n; i++)
		gm_strbuf_addf(&text, "%s ", list->v[i]);
	assert_string_equal(gm_strbuf_str(&text), wanted);
	gm_strbuf_release(&text);
	gm_strings_release(list);
}

/* NAME=BYTES, with a mark for what isn't a regular file, or isn't decided. */
static void assert_files(struct gm_files *files, const char *wanted)
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

static void assert_tree(struct gm_repo *repo, const char *rev, const char *dir,
			const char *wanted)
{
	struct gm_files files;
	struct gm_error err = { 0 };

	if (gm_repo_tree_files(repo, rev, dir, true, &files, &err))
		fail_msg("%s", err.message);
	assert_files(&files, wanted);
}

static void assert_index(struct gm_repo *repo, const char *dir,
			 const char *wanted)
{
	struct gm_files files;
	struct gm_error err = { 0 };

	if (gm_repo_index_files(repo, dir, true, &files, &err))
		fail_msg("%s", err.message);
	assert_files(&files, wanted);
}

static void enter(const char *below)
{
	char *path = gm_format("%s/%s", scratch, below);

	assert_int_equal(chdir(path), 0);
	free(path);
}

static void new_repo(const char *name)
{
	enter("");
	sh("git init -q '%s' && mkdir '%s/db'", name, name);
	enter(name);
}

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
	char *dir = gm_format("%s/hook/.git", scratch);
	char *tree = gm_format("%s/tree", scratch);
	char *index = gm_format("%s/other-index", scratch);

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
	char *own = gm_format("%s/receiver/.git/objects", scratch);
	char *incoming = gm_format("%s/sender/.git/objects", scratch);
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
	enter("unborn");
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

static int set_up(void **state)
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

static int tear_down(void **state)
{
	char *command = gm_format("rm -rf '%s'", scratch);
	int rc;

	(void)state;
	rc = chdir("/") || system(command);
	free(command);
	return rc;
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
		cmocka_unit_test(files_keep_their_names_and_kinds),
		cmocka_unit_test(a_split_index_is_read),
		cmocka_unit_test(an_undecided_path_of_the_index_is_marked),
		cmocka_unit_test(pathspec_variables_change_nothing),
		cmocka_unit_test(line_ends_come_as_they_are_stored),
		cmocka_unit_test(a_filtered_path_is_read_through_its_filter),
		cmocka_unit_test(staging_is_all_or_nothing),
		cmocka_unit_test(any_way_to_name_a_commit_is_understood),
		cmocka_unit_test(a_criss_cross_merge_has_two_bases),
		cmocka_unit_test(globs_stop_at_a_slash_as_gits_do),
		cmocka_unit_test(a_dangling_symbolic_ref_is_no_remote_ref),
		cmocka_unit_test(the_refs_that_hold_a_blob_are_found),
		cmocka_unit_test(who_changed_a_path_is_told),
		cmocka_unit_test(without_a_commit_nobody_changed_anything),
		cmocka_unit_test(a_shallow_clone_says_what_to_fetch),
		cmocka_unit_test(a_partial_clone_fetches_or_says_why_not),
		cmocka_unit_test(the_user_is_who_git_says),
		cmocka_unit_test(a_blob_id_is_the_one_that_git_gives),
		cmocka_unit_test(a_directory_may_hold_thousands_of_files),
		cmocka_unit_test(the_users_settings_come_with_the_repository),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
