/*
 * Where the git program isn't installed: the same answers, in the very text
 * that git would have printed, from libgit2, which is loaded only then. What
 * it can't do (filters, the history of a path, staging) isn't offered.
 */
#ifndef GM_GIT_LIBGIT2_H
#define GM_GIT_LIBGIT2_H

#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"

struct gm_libgit2;
struct gm_repo;

/* Fills in what gm_repo_open knows. GM_ENOTFOUND outside a repository. */
int gm_libgit2_open(struct gm_repo *repo, struct gm_error *err);

/* Accepts NULL. */
void gm_libgit2_close(struct gm_libgit2 *git);

/* `git config -z --list`; repo may be NULL. */
int gm_libgit2_config(struct gm_strbuf *out, struct gm_repo *repo,
		      struct gm_error *err);

/* `git cat-file --batch` or `--batch-check`. GM_EREFUSED, without a message,
 * where the answer would be more than `most` bytes: what is too much is not
 * read. */
int gm_libgit2_objects(struct gm_strbuf *out, struct gm_repo *repo,
		       const struct gm_strings *names, bool contents,
		       size_t most, struct gm_error *err);

/* `git for-each-ref --format=%(refname)%00%(objectname)%00%(symref)`. */
int gm_libgit2_refs(struct gm_strbuf *out, struct gm_repo *repo,
		    struct gm_error *err);

/* `git merge-base --all COMMIT…`; the list ends in NULL. */
int gm_libgit2_merge_bases(struct gm_strbuf *out, struct gm_repo *repo,
			   const char *const *commits, struct gm_error *err);

/* `git ls-files -s -z`, of the whole index. */
int gm_libgit2_index(struct gm_strbuf *out, struct gm_repo *repo,
		     struct gm_error *err);

#endif
