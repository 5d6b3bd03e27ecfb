/*
 * Repositories made with git in a scratch directory, which is HOME too. What
 * fails here fails the test that called it.
 */
#ifndef GM_TESTS_SCRATCH_REPO_H
#define GM_TESTS_SCRATCH_REPO_H

#include "base/strbuf.h"
#include "git/repo.h"

/* For cmocka_run_group_tests(): makes the directory, and removes it. */
int scratch_repo_set_up(void **state);
int scratch_repo_tear_down(void **state);

/* Runs a shell command in the current directory. */
void sh(const char *fmt, ...) GM_PRINTF(1, 2);

/* The first line that a command prints; the caller frees it. */
char *line_of(const char *command);

/* Goes to a path below the scratch directory. */
void enter(const char *below);

/* Makes an empty repository with a directory db, and goes there. */
void new_repo(const char *name);

/* The repository around the current directory; the caller frees it. */
struct gm_repo *open_repo(void);

/* Asks with the git program, and as if it weren't installed. */
void both_ways(void (*check)(struct gm_repo *repo));

/* The path is that one below the scratch directory. */
void assert_path(const char *path, const char *below);

/* The names, each with a space behind it; the list is released. */
void assert_list(struct gm_strings *list, const char *wanted);

/*
 * Each file as NAME=BYTES|, with a mark before what is a link (@), isn't a
 * regular file (?), or isn't decided (!); the files are released.
 */
void assert_files(struct gm_files *files, const char *wanted);
void assert_tree(struct gm_repo *repo, const char *rev, const char *dir,
		 const char *wanted);
void assert_index(struct gm_repo *repo, const char *dir, const char *wanted);

#endif
