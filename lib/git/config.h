/*
 * Settings: the project's from .gitmigrate, which is input from a stranger,
 * and the user's from git, which are trusted. Options and the environment
 * are the caller's affair.
 */
#ifndef GM_GIT_CONFIG_H
#define GM_GIT_CONFIG_H

#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"

struct gm_repo;

/* Who said it. */
enum gm_config_scope {
	GM_CONFIG_PROJECT, /* .gitmigrate */
	GM_CONFIG_USER	   /* git's own configuration, `git -c` included */
};

struct gm_config_entry {
	/* As git prints it: section and variable in lower case, the
	 * subsection as written. */
	char *key;
	/* Never NULL: a variable without a value is "true". */
	char *value;
	enum gm_config_scope scope;
};

/* In the order of reading: later ones win, the user's over the project's. */
struct gm_config {
	struct gm_config_entry *v;
	size_t n;
	size_t cap;
	/* There is a .gitmigrate, though nothing may stand in it. */
	bool has_project;
};

/*
 * Reads .gitmigrate (in the directory `top`; NULL: don't), then the user's
 * configuration. GM_EINVALID with file and line where .gitmigrate isn't
 * written as a git configuration is, or includes other files; and where it
 * isn't a regular file. repo may be NULL: then git reads the configuration
 * that it finds from the current directory.
 */
int gm_config_load(struct gm_config *out, struct gm_repo *repo, const char *top,
		   struct gm_error *err);

/* The same with .gitmigrate's text given: that of a commit, for instance. */
int gm_config_load_text(struct gm_config *out, struct gm_repo *repo,
			const char *text, size_t len, const char *name,
			struct gm_error *err);

/*
 * The same with the .gitmigrate of a commit, or of the index where `commit`
 * is NULL; without one, only the user's configuration is read.
 */
int gm_config_load_commit(struct gm_config *out, struct gm_repo *repo,
			  const char *commit, struct gm_error *err);

void gm_config_release(struct gm_config *config);

/* The last entry of that key, or NULL. Borrowed. As in git, the case of
 * section and variable doesn't count. */
const struct gm_config_entry *gm_config_find(const struct gm_config *config,
					     const char *key);

/* The same among the user's entries only. */
const struct gm_config_entry *
gm_config_find_user(const struct gm_config *config, const char *key);

/* The last value of the key, or `fallback`. Borrowed. */
const char *gm_config_get(const struct gm_config *config, const char *key,
			  const char *fallback);

/* As git reads booleans: yes/on/true/1 and their opposites, among which is
 * the empty value. GM_EINVALID for another word. */
int gm_config_bool(const struct gm_config *config, const char *key,
		   bool fallback, bool *out, struct gm_error *err);

/* All values of a key; a user's value replaces the project's. */
void gm_config_all(const struct gm_config *config, const char *key,
		   struct gm_strings *out);

/* The subsections of "section.*.": the names of targets or apps, in the
 * order of their first mention. */
void gm_config_subsections(const struct gm_config *config, const char *section,
			   struct gm_strings *out);

#endif
