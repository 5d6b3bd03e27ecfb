/*
 * What the files of lib/git share. Git itself is asked first: one process
 * costs two milliseconds, knows every repository format and obeys every
 * variable; libgit2 takes longer to start and knows less. It stands in where
 * the git program isn't installed.
 */
#ifndef GM_GIT_GIT_H
#define GM_GIT_GIT_H

#include <stdbool.h>

#include "base/error.h"
#include "base/process.h"
#include "base/strbuf.h"
#include "git/config.h"
#include "git/repo.h"
#include "git/tree_bytes.h"

struct gm_libgit2;

struct gm_ref {
	const char *name;
	const char *id;
	/* The name that a symbolic ref points to, else empty. */
	const char *target;
};

struct gm_repo {
	char *top;
	char *prefix;
	char *git_dir;
	char *common_dir;
	bool shallow;
	bool sha256;
	/* HEAD as it was when the repository was opened. */
	char head[GM_OID_HEX];
	char *branch;
	/* See gm_repo_expect_merge. */
	bool merge_expected;
	/* `git config --list`, started with the opening, read on demand. */
	struct gm_process *config_process;
	struct gm_strbuf config;
	bool config_read;
	/* `git cat-file --batch-command`, or NULL. */
	struct gm_process *batch;
	/* The tree that was read last, as the same is asked for again. */
	struct gm_strbuf tree;
	char tree_id[GM_OID_HEX];
	/* `git merge-base`, started with the opening, for two names; the
	 * commits that these turned out to be. */
	struct gm_process *bases_process;
	char *bases_name[2];
	char bases_commit[2][GM_OID_HEX];
	/* Questions for merge bases of commits, each with its answer. */
	struct gm_strings bases_told;
	/* Every ref, in byte order, read on demand. */
	struct gm_ref *refs;
	size_t n_refs;
	struct gm_strbuf ref_text;
	bool refs_read;
	/* Set where there is no git program. */
	struct gm_libgit2 *libgit2;
};

/* What a git command said. */
struct gm_git_output {
	struct gm_strbuf text;
	struct gm_strbuf errors;
	int status;
};

void gm_git_output_release(struct gm_git_output *out);

/* Starts git, whose name is argv[0], with an environment that leaves its
 * output as programs expect it. GM_ENOTFOUND where git isn't installed. */
int gm_git_start(struct gm_process **out, const char *const *argv,
		 const struct gm_strbuf *input, struct gm_error *err);

/* Starts it to be talked with; see base/process.h. */
int gm_git_converse(struct gm_process **out, const char *const *argv,
		    struct gm_error *err);

/* Starts what answers gm_batch_ask. */
void gm_batch_start(struct gm_repo *repo);

/* Appends what `git cat-file --batch`, or --batch-check, would print, and
 * returns 1. Nothing appended: 0 where it can't be asked so, GM_EREFUSED where
 * that would be more than `most` bytes. */
int gm_batch_ask(struct gm_strbuf *text, struct gm_repo *repo,
		 const struct gm_strings *names, bool contents, size_t most);

/* Starts `git merge-base --all` for two names. */
void gm_bases_start(struct gm_repo *repo, const char *a, const char *b);

/* Adds the ids that `git merge-base OPTION COMMIT…` prints, if any. */
int gm_bases_ask(struct gm_strings *out, const char *option,
		 const struct gm_strings *commits, struct gm_error *err);

/* Takes note of what a name turned out to be. */
void gm_bases_resolved(struct gm_repo *repo, const char *name,
		       const char *commit);

/* Starts it and waits. Its exit status is the caller's to judge. */
int gm_git_run(struct gm_git_output *out, const char *const *argv,
	       const struct gm_strbuf *input, struct gm_error *err);

/* The same, with an exit status other than 0 as an error. */
int gm_git_text(struct gm_strbuf *text, const char *const *argv,
		const struct gm_strbuf *input, struct gm_error *err);

/* That part of it: waits for what was started, and takes its output. */
int gm_git_finish_text(struct gm_strbuf *text, struct gm_process *process,
		       struct gm_error *err);

/* Sets GM_ERROR with git's own words: its first complaint is the message,
 * what follows is the hint. */
int gm_git_failed(struct gm_error *err, const struct gm_git_output *out);

/* For what nobody but the git program can do: GM_ERROR where there is none. */
int gm_git_needed(const struct gm_repo *repo, const char *what,
		  struct gm_error *err);

/* Starts `git config -z --list`. */
int gm_git_config_start(struct gm_process **out, struct gm_error *err);

/* The user's configuration as that command prints it; borrowed. */
int gm_git_config(struct gm_repo *repo, const struct gm_strbuf **list,
		  struct gm_error *err);

/*
 * Adds the settings in `text`, which is written as git-config files are.
 * Sections that would include other files are refused. GM_EINVALID with
 * "NAME:LINE: " before the message.
 */
int gm_config_parse(struct gm_config *out, const char *text, size_t len,
		    const char *name, struct gm_error *err);

/* Takes over key and value. */
void gm_config_add(struct gm_config *config, char *key, char *value,
		   enum gm_config_scope scope);

struct gm_object {
	/* "commit", "tree", "blob", "tag"; empty where there is no such
	 * object, "ambiguous" where there are several. */
	const char *type;
	const char *id;
	/* Ends in a NUL that doesn't count; NULL where not asked for. */
	const char *bytes;
	size_t len;
};

struct gm_objects {
	struct gm_object *v;
	size_t n;
	/* What the pointers point into. */
	struct gm_strbuf text;
};

/* Looks up objects by any names that git knows, in their order. That there
 * is none is no error. */
int gm_objects_read(struct gm_objects *out, struct gm_repo *repo,
		    const struct gm_strings *names, bool contents,
		    struct gm_error *err);

/* The same with contents, of no more than so many bytes together:
 * GM_EREFUSED. gm_objects_read's limit is GM_FILES_MOST. */
int gm_objects_read_within(struct gm_objects *out, struct gm_repo *repo,
			   const struct gm_strings *names, size_t most,
			   struct gm_error *err);
void gm_objects_release(struct gm_objects *objects);

/* gm_tree_bytes_next of such an object. */
bool gm_tree_next(const struct gm_repo *repo, const struct gm_object *tree,
		  size_t *at, struct gm_tree_entry *entry);

/* What an entry of that mode is. */
enum gm_file_kind gm_tree_kind(unsigned mode);

void gm_oid_hex(const struct gm_repo *repo, const unsigned char *id,
		char hex[GM_OID_HEX]);

/* Reads the bytes of the regular files among `files` again through their
 * filters, where they have one. */
int gm_filter_files(struct gm_repo *repo, struct gm_files *files,
		    struct gm_error *err);

#endif
