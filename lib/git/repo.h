/*
 * The repository: where it is, what HEAD is, what its trees and its index
 * hold, which refs there are. All paths are relative to the work tree's top
 * and use '/'. Object ids are hexadecimal text.
 *
 * The git program is asked, and only for what is needed: each question costs
 * about two milliseconds. What is read once (HEAD, refs, settings) is kept,
 * so a repository that changes meanwhile has to be opened again. Where git
 * isn't installed libgit2 stands in, save for filters, for staging and for a
 * path's history.
 */
#ifndef GM_GIT_REPO_H
#define GM_GIT_REPO_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "series/file.h"

/* Room for a SHA-256 object id and a NUL. */
#define GM_OID_HEX 65

struct gm_repo;

/*
 * Finds the repository that the current directory is in, as git does:
 * GIT_DIR, GIT_WORK_TREE and the other variables count. Where there is none:
 * GM_ENOTFOUND. What git refuses (an owner that isn't trusted, a format that
 * can't be read) is GM_ERROR with a clear sentence. The reading of the user's
 * settings is begun here and ended by gm_config_load.
 */
int gm_repo_open(struct gm_repo **out, struct gm_error *err);

/* What will be asked for certain, so that git can begin with it at once. */
struct gm_repo_hints {
	/* Objects, of a repository that this program doesn't change. */
	bool objects;
	/* The merge bases of two commits; both or NULL. Borrowed. */
	const char *a;
	const char *b;
};

/* The same with hints; NULL: none. */
int gm_repo_open_for(struct gm_repo **out, const struct gm_repo_hints *hints,
		     struct gm_error *err);

/* Whether objects can be asked for without a process for each question. */
bool gm_repo_is_talking(const struct gm_repo *repo);
void gm_repo_free(struct gm_repo *repo);

/* The work tree's top, absolute, without a slash at its end; NULL where there
 * is none: in a bare repository, or inside a git directory. */
const char *gm_repo_top(const struct gm_repo *repo);

/* The current directory below the top, "" or ending in '/'. */
const char *gm_repo_prefix(const struct gm_repo *repo);

/* The same of the user's shell, for what is to be typed: a hook runs at the
 * top, wherever git was called. repo may be NULL. */
const char *gm_repo_shell_prefix(const struct gm_repo *repo);

/* A path as a word to type there. repo may be NULL. The caller frees it. */
char *gm_repo_word(const struct gm_repo *repo, const char *path);

/* Absolute: this work tree's own git directory, and the one that all of
 * the repository's work trees share. */
const char *gm_repo_git_dir(const struct gm_repo *repo);
const char *gm_repo_common_dir(const struct gm_repo *repo);

/*
 * The directory that git looks for hooks in: that of the common directory, or
 * where core.hooksPath leads. Absolute, not resolved, and need not be there.
 * The caller frees it.
 */
int gm_repo_hooks_dir(struct gm_repo *repo, char **out, struct gm_error *err);

/*
 * HEAD's commit and its branch's short name. `commit` is empty on an unborn
 * branch, `branch` (the caller frees it) is NULL where HEAD is detached.
 */
int gm_repo_head(struct gm_repo *repo, char commit[GM_OID_HEX], char **branch,
		 struct gm_error *err);

/* Any way to name a commit that git knows; GM_ENOTFOUND where it isn't one. */
int gm_repo_resolve(struct gm_repo *repo, const char *rev,
		    char commit[GM_OID_HEX], struct gm_error *err);

/*
 * The ids of objects of that type ("commit", "tree", "blob"), by any names
 * that git knows, added in their order; "" for what is none. One question for
 * all of them.
 */
int gm_repo_ids(struct gm_repo *repo, const struct gm_strings *names,
		const char *type, struct gm_strings *out, struct gm_error *err);

/* A directory's path as git writes it: no "./", no slash at its end. The
 * caller frees it. */
char *gm_tree_path(const char *path);

/* "Name <email>" of the user as git would write it in a commit, or the
 * system's user where git has none. The caller frees it. Never NULL. repo
 * may be NULL. */
char *gm_repo_user(struct gm_repo *repo);

/*
 * The files right in the directory `dir` of a commit's tree, in byte order of
 * their names; a missing directory has none. With `contents`, the regular
 * ones' bytes are read, through the path's filter where it has one; without,
 * only names and blob ids are. Symlinks and submodules are marked by their
 * kind; directories are left out. GM_ENOTFOUND where the commit, or a blob
 * that is asked for, isn't in the repository; GM_EINVALID where `dir` is
 * something else than a directory.
 */
int gm_repo_tree_files(struct gm_repo *repo, const char *commit,
		       const char *dir, bool contents, struct gm_files *out,
		       struct gm_error *err);

/* The id of that directory's tree; empty where there is none. */
int gm_repo_tree_id(struct gm_repo *repo, const char *commit, const char *dir,
		    char id[GM_OID_HEX], struct gm_error *err);

/* The same of the index. What is in conflict there is marked, and isn't
 * read. */
int gm_repo_index_files(struct gm_repo *repo, const char *dir, bool contents,
			struct gm_files *out, struct gm_error *err);

/* Adds to a directory's files, in byte order of their names, those that a
 * sparse checkout keeps out of the work tree, as the index holds them. */
int gm_repo_sparse_files(struct gm_repo *repo, const char *dir,
			 struct gm_files *files, struct gm_error *err);

/* The bytes of a path in the index, appended; GM_ENOTFOUND where there is
 * none, GM_EINVALID where it isn't a regular file. */
int gm_repo_index_file(struct gm_repo *repo, const char *path,
		       struct gm_strbuf *out, struct gm_error *err);

/* A path of the index that isn't so in HEAD. */
struct gm_staged_file {
	char *path;
	/* As git has it in a tree, and the blob's id; 0 where it goes. */
	unsigned mode;
	char blob[GM_OID_HEX];
	/* The letter that git diff has for it: A, M, D, T, U. */
	char status;
};

/* A zeroed struct is the empty list. */
struct gm_staged {
	struct gm_staged_file *v;
	size_t n;
	size_t cap;
};

/*
 * What in the index differs from HEAD, where one of `paths` is that path or a
 * directory above it; before the first commit, all that is there.
 */
int gm_repo_staged(struct gm_repo *repo, const struct gm_strings *paths,
		   struct gm_staged *out, struct gm_error *err);
void gm_staged_release(struct gm_staged *staged);

/*
 * The ids of objects by any names that git knows, "COMMIT:PATH" for instance,
 * in their order; "" for what is not there. One question for all of them.
 */
int gm_repo_object_ids(struct gm_repo *repo, const struct gm_strings *names,
		       struct gm_strings *out, struct gm_error *err);

/* Reads the bytes of the regular ones among these files by their blob ids,
 * through the path's filter where it has one. */
int gm_repo_read_files(struct gm_repo *repo, struct gm_files *files,
		       struct gm_error *err);

/* One blob's bytes, appended. GM_ENOTFOUND where it isn't in the repository. */
int gm_repo_blob(struct gm_repo *repo, const char *blob, struct gm_strbuf *out,
		 struct gm_error *err);

/* The bytes of a path in a commit's tree, appended; GM_ENOTFOUND where there
 * is none, GM_EINVALID where it isn't a regular file. */
int gm_repo_tree_file(struct gm_repo *repo, const char *commit,
		      const char *path, struct gm_strbuf *out,
		      struct gm_error *err);

/* The id that these bytes would have as a blob. Stores nothing. */
int gm_repo_hash_blob(struct gm_repo *repo, const void *bytes, size_t len,
		      char blob[GM_OID_HEX], struct gm_error *err);

/* Stores these bytes as a blob, and tells its id. */
int gm_repo_store_blob(struct gm_repo *repo, const void *bytes, size_t len,
		       char blob[GM_OID_HEX], struct gm_error *err);

/*
 * Puts the work tree's files into the index (through `git update-index`, so
 * that filters, split and sparse indexes are git's affair), and takes out of
 * it those that aren't there any more. All or none.
 */
int gm_repo_stage(struct gm_repo *repo, const struct gm_strings *paths,
		  struct gm_error *err);

/*
 * Adds the index's entries for these paths, all stages, as `git ls-files -s
 * -z` prints them; a path that isn't in the index has none.
 */
int gm_repo_index_entries(struct gm_repo *repo, const struct gm_strings *paths,
			  struct gm_strbuf *out, struct gm_error *err);

/* Puts the entries, which gm_repo_index_entries gave, in the place of what
 * the index has of these paths. All or none. */
int gm_repo_index_restore(struct gm_repo *repo, const struct gm_strings *paths,
			  const struct gm_strbuf *entries,
			  struct gm_error *err);

/*
 * Adds the files right in `dir` that aren't the same in HEAD, the index and
 * the work tree, ignored ones among them: two letters as `git status
 * --porcelain` has them, a blank, the path.
 */
int gm_repo_changed_files(struct gm_repo *repo, const char *dir,
			  struct gm_strings *out, struct gm_error *err);

/* All best common ancestors of two commits, added to the list; they may have
 * none. */
int gm_repo_merge_bases(struct gm_repo *repo, const char *a, const char *b,
			struct gm_strings *out, struct gm_error *err);

/* The same of a commit and one that would merge all of `heads`. */
int gm_repo_merge_bases_of(struct gm_repo *repo, const char *commit,
			   const struct gm_strings *heads,
			   struct gm_strings *out, struct gm_error *err);

/* The parents of a commit, added to the list. GM_ENOTFOUND where it isn't in
 * the repository. */
int gm_repo_parents(struct gm_repo *repo, const char *commit,
		    struct gm_strings *out, struct gm_error *err);

/* The commits that a merge in progress brings into HEAD; none where there is
 * no merge. */
int gm_repo_merge_heads(struct gm_repo *repo, struct gm_strings *out,
			struct gm_error *err);

/*
 * For the hook that runs before a merge is committed: git has not written
 * down then what is merged, but says it to the hook in its environment. From
 * now on that counts as a merge in progress.
 */
void gm_repo_expect_merge(struct gm_repo *repo);

/* Whether a rebase is in progress in this work tree. */
bool gm_repo_is_rebasing(struct gm_repo *repo);

/*
 * The full names of the refs that match any of the globs, in byte order.
 * A glob without refs/ is tried below refs/remotes/, refs/heads/ and
 * refs/tags/, and as it stands. `*`, `?` and [classes] stop at a slash, `**`
 * doesn't. Symbolic refs count under the name they point to, and not at all
 * where that isn't there; no name is given twice.
 */
int gm_repo_refs(struct gm_repo *repo, const struct gm_strings *globs,
		 struct gm_strings *out, struct gm_error *err);

/*
 * The branches that fit one of the globs (none: the remote-tracking ones, or
 * the local ones where there is no remote) and aren't merged into any of the
 * refs in `merged`; by their last commit, the most recent first. Asks git.
 */
int gm_repo_open_branches(struct gm_repo *repo, const struct gm_strings *globs,
			  const struct gm_strings *merged,
			  struct gm_strings *out, struct gm_error *err);

/* A ref's name without what all branches, remote-tracking branches or tags
 * begin with; the name itself for another ref. Borrowed. */
const char *gm_ref_short_name(const char *name);

/* Whether the repository has any remote-tracking ref: 1, 0 or an error. */
int gm_repo_has_remote_refs(struct gm_repo *repo, struct gm_error *err);

/* The remote to look at where none is named: the only one that has
 * remote-tracking refs, or else "origin". The caller frees it. */
int gm_repo_default_remote(struct gm_repo *repo, char **out,
			   struct gm_error *err);

/*
 * The short names of the branches, remote branches and tags whose tree holds
 * this blob right in `dir`. Each distinct tree is opened once.
 */
int gm_repo_refs_holding(struct gm_repo *repo, const char *blob,
			 const char *dir, struct gm_strings *out,
			 struct gm_error *err);

/* Who changed a path, and when. */
struct gm_change {
	char commit[GM_OID_HEX];
	/* "Name <email>" */
	char *author;
	/* The author's date, ISO 8601. */
	char *date;
	/* The committer's, ISO 8601. */
	char *committed;
	/* The commit message's first line. */
	char *subject;
};

/* A zeroed struct is the empty list. */
struct gm_changes {
	struct gm_change *v;
	size_t n;
	size_t cap;
};

/*
 * The newest commit in HEAD's history that changed the path, or, with
 * `first`, the newest one that brought it (a rename brings it, too).
 * GM_ENOTFOUND where no commit did. In a shallow clone the oldest commit
 * seems to have brought whatever it holds.
 */
int gm_repo_last_change(struct gm_repo *repo, const char *path, bool first,
			struct gm_change *out, struct gm_error *err);

/* The same in the history of every ref, and of what a reflog still has: there
 * are commits that a rebase dropped. */
int gm_repo_last_change_anywhere(struct gm_repo *repo, const char *path,
				 struct gm_change *out, struct gm_error *err);

/* The commit that brought the path to a branch, the newest one where several
 * did: on its first parents, so that it is a merge where a merge did. */
int gm_repo_arrival(struct gm_repo *repo, const char *branch, const char *path,
		    struct gm_change *out, struct gm_error *err);

/*
 * The commits in the history of `rev` that changed the path, newest first, as
 * far back as the one that made it the blob `since`, which is not among them.
 * GM_ENOTFOUND where no commit made it that; at most a few hundred are looked
 * at.
 */
int gm_repo_changes_since(struct gm_repo *repo, const char *rev,
			  const char *path, const char *since,
			  struct gm_changes *out, struct gm_error *err);
void gm_changes_release(struct gm_changes *changes);
void gm_change_release(struct gm_change *change);

/*
 * 1 where the history is cut off (a shallow clone), so that an answer from
 * the commit graph may be wrong; else 0.
 */
int gm_repo_is_shallow(struct gm_repo *repo);

#endif
