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

struct gm_libgit2;

struct gm_repo {
	char *top;
	/* The way from the current directory to the top: "", "../" or an
	 * absolute path. */
	char *prefix;
	char *git_dir;
	char *common_dir;
	bool bare;
	bool shallow;
	bool sha256;
	/* HEAD as it was when the repository was opened. */
	char head[GM_OID_HEX];
	char *branch;
	/* `git config --list`, started with the opening, read on demand. */
	struct gm_process *config_process;
	struct gm_strbuf config;
	bool config_read;
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

/* Starts it and waits. Its exit status is the caller's to judge. */
int gm_git_run(struct gm_git_output *out, const char *const *argv,
	       const struct gm_strbuf *input, struct gm_error *err);

/* Sets GM_ERROR with git's own words: its first complaint is the message,
 * what follows is the hint. */
int gm_git_failed(struct gm_error *err, const struct gm_git_output *out);

/* `git config -z --list` as text, borrowed. repo may be NULL. */
int gm_git_config_start(struct gm_process **out, struct gm_error *err);

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

#endif
