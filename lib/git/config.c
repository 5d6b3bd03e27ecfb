/*
 * Settings from two sources that are never mixed up: the project's file,
 * which came with a clone, and the user's git configuration.
 */
#include "git/config.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/alloc.h"
#include "git/git.h"
#include "git/libgit2.h"

#define PROJECT_FILE ".gitmigrate"
#define PROJECT_FILE_MAX (1 << 20)

int gm_git_config_start(struct gm_process **out, struct gm_error *err)
{
	static const char *const argv[] = { "git", "config", "-z", "--list",
					    NULL };

	return gm_git_start(out, argv, NULL, err);
}

void gm_config_add(struct gm_config *config, char *key, char *value,
		   enum gm_config_scope scope)
{
	struct gm_config_entry *entry;

	GM_GROW(config->v, config->n, config->cap);
	entry = &config->v[config->n++];
	entry->key = key;
	entry->value = value;
	entry->scope = scope;
}

/* "KEY\nVALUE\0" each, or "KEY\0". */
static void add_user_entries(struct gm_config *config,
			     const struct gm_strbuf *list)
{
	const char *at = gm_strbuf_str(list);
	const char *end = at + list->len;

	for (; at < end; at += strlen(at) + 1) {
		size_t len = strcspn(at, "\n");

		gm_config_add(config, gm_strndup(at, len),
			      gm_strdup(at[len] ? at + len + 1 : "true"),
			      GM_CONFIG_USER);
	}
}

static int read_list(struct gm_process *process, struct gm_strbuf *list,
		     struct gm_error *err)
{
	struct gm_git_output out = { 0 };
	int rc = gm_process_finish(process, &out.text, &out.errors, &out.status,
				   err);

	/* Without any file, `git config --list` succeeds or, in some
	 * versions, fails in silence. */
	if (!rc && out.status && out.errors.len)
		rc = gm_git_failed(err, &out);
	if (!rc) {
		*list = out.text;
		memset(&out.text, 0, sizeof(out.text));
	}
	gm_git_output_release(&out);
	return rc;
}

int gm_git_config(struct gm_repo *repo, const struct gm_strbuf **list,
		  struct gm_error *err)
{
	struct gm_process *process = repo->config_process;
	int rc = 0;

	*list = &repo->config;
	if (repo->config_read)
		return 0;
	repo->config_process = NULL;
	if (repo->libgit2)
		rc = gm_libgit2_config(&repo->config, repo, err);
	else if (!process)
		rc = gm_git_config_start(&process, err);
	if (!rc && process)
		rc = read_list(process, &repo->config, err);
	repo->config_read = !rc;
	return rc;
}

static int load_user(struct gm_config *config, struct gm_repo *repo,
		     struct gm_error *err)
{
	struct gm_process *process;
	struct gm_strbuf own = { 0 };
	const struct gm_strbuf *list = &own;
	int rc;

	if (repo) {
		rc = gm_git_config(repo, &list, err);
	} else {
		rc = gm_git_config_start(&process, err);
		if (!rc)
			rc = read_list(process, &own, err);
		else if (rc == GM_ENOTFOUND)
			rc = gm_libgit2_config(&own, NULL, err);
	}
	if (!rc)
		add_user_entries(config, list);
	gm_strbuf_release(&own);
	return rc;
}

static int slurp(int fd, struct gm_strbuf *text, const char *path,
		 struct gm_error *err)
{
	struct stat st;
	ssize_t len;

	if (fstat(fd, &st))
		return gm_error_errno(err, "cannot read '%s'", path);
	if (!S_ISREG(st.st_mode))
		return gm_error_set(err, GM_EINVALID,
				    "'%s' is not a regular file", path);
	if (st.st_size > PROJECT_FILE_MAX)
		return gm_error_set(err, GM_EINVALID,
				    "'%s' is larger than 1 MiB", path);
	gm_strbuf_reserve(text, PROJECT_FILE_MAX);
	while ((len = read(fd, text->buf + text->len,
			   PROJECT_FILE_MAX - text->len))) {
		if (len < 0 && errno != EINTR)
			return gm_error_errno(err, "cannot read '%s'", path);
		if (len > 0)
			gm_strbuf_cut(text, text->len + (size_t)len);
	}
	return 0;
}

static int load_project(struct gm_config *config, const char *top,
			struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	char *path = gm_format("%s/" PROJECT_FILE, top);
	/* A fifo must not make us wait, a link not lead out of the tree. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	struct stat st;
	int rc = 0;

	if (fd >= 0) {
		rc = slurp(fd, &text, path, err);
		close(fd);
		if (!rc)
			rc = gm_config_parse(config, gm_strbuf_str(&text),
					     text.len, PROJECT_FILE, err);
		config->has_project = !rc;
	} else if (!lstat(path, &st) && S_ISLNK(st.st_mode)) {
		rc = gm_error_set(err, GM_EINVALID,
				  "'%s' is a symbolic link, which is not read",
				  path);
		gm_error_hint(err, "put a regular file in its place");
	} else if (errno != ENOENT) {
		rc = gm_error_errno(err, "cannot read '%s'", path);
	}
	gm_strbuf_release(&text);
	free(path);
	return rc;
}

int gm_config_load(struct gm_config *out, struct gm_repo *repo, const char *top,
		   struct gm_error *err)
{
	int rc = 0;

	memset(out, 0, sizeof(*out));
	if (top)
		rc = load_project(out, top, err);
	if (!rc)
		rc = load_user(out, repo, err);
	if (rc)
		gm_config_release(out);
	return rc;
}

int gm_config_load_text(struct gm_config *out, struct gm_repo *repo,
			const char *text, size_t len, const char *name,
			struct gm_error *err)
{
	int rc;

	memset(out, 0, sizeof(*out));
	rc = gm_config_parse(out, text, len, name, err);
	out->has_project = !rc;
	if (!rc)
		rc = load_user(out, repo, err);
	if (rc)
		gm_config_release(out);
	return rc;
}

int gm_config_load_commit(struct gm_config *out, struct gm_repo *repo,
			  const char *commit, struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	char *name = gm_format("%s:" PROJECT_FILE, commit ? commit : "");
	int rc;

	memset(out, 0, sizeof(*out));
	rc = commit ? gm_repo_tree_file(repo, commit, PROJECT_FILE, &text, err)
		    : gm_repo_index_file(repo, PROJECT_FILE, &text, err);
	if (rc == GM_ENOTFOUND) {
		gm_error_release(err);
		rc = gm_config_load(out, repo, NULL, err);
	} else if (!rc) {
		rc = gm_config_load_text(out, repo, gm_strbuf_str(&text),
					 text.len, name, err);
	}
	gm_strbuf_release(&text);
	free(name);
	return rc;
}

void gm_config_release(struct gm_config *config)
{
	size_t i;

	if (!config)
		return;
	for (i = 0; i < config->n; i++) {
		free(config->v[i].key);
		free(config->v[i].value);
	}
	free(config->v);
	memset(config, 0, sizeof(*config));
}

/* Section and variable in any case, the subsection as written. */
static bool same_key(const char *a, const char *b)
{
	size_t len = strlen(a);
	const char *dot = strchr(a, '.');
	const char *last = strrchr(a, '.');
	size_t section = dot ? (size_t)(dot - a) : len;
	size_t name = last ? (size_t)(last - a) : section;

	return strlen(b) == len && !strncasecmp(a, b, section) &&
	       !strncmp(a + section, b + section, name - section) &&
	       !strcasecmp(a + name, b + name);
}

static const struct gm_config_entry *find(const struct gm_config *config,
					  const char *key, bool user)
{
	size_t i = config->n;

	while (i--)
		if ((!user || config->v[i].scope == GM_CONFIG_USER) &&
		    same_key(config->v[i].key, key))
			return &config->v[i];
	return NULL;
}

const struct gm_config_entry *gm_config_find(const struct gm_config *config,
					     const char *key)
{
	return find(config, key, false);
}

const struct gm_config_entry *
gm_config_find_user(const struct gm_config *config, const char *key)
{
	return find(config, key, true);
}

const char *gm_config_get(const struct gm_config *config, const char *key,
			  const char *fallback)
{
	const struct gm_config_entry *entry = find(config, key, false);

	return entry ? entry->value : fallback;
}

int gm_config_bool(const struct gm_config *config, const char *key,
		   bool fallback, bool *out, struct gm_error *err)
{
	static const char *const words[2][5] = {
		{ "no", "off", "false", "0", "" },
		{ "yes", "on", "true", "1", "true" }
	};
	const char *value = gm_config_get(config, key, NULL);
	size_t i;

	*out = fallback;
	if (!value)
		return 0;
	for (i = 0; i < 10; i++) {
		if (!strcasecmp(value, words[i / 5][i % 5])) {
			*out = i / 5;
			return 0;
		}
	}
	return gm_error_set(err, GM_EINVALID,
			    "'%s' is not a value of '%s': it is yes or no",
			    value, key);
}

void gm_config_all(const struct gm_config *config, const char *key,
		   struct gm_strings *out)
{
	bool user = find(config, key, true) != NULL;
	size_t i;

	for (i = 0; i < config->n; i++)
		if ((!user || config->v[i].scope == GM_CONFIG_USER) &&
		    same_key(config->v[i].key, key))
			gm_strings_add(out, config->v[i].value);
}

void gm_config_subsections(const struct gm_config *config, const char *section,
			   struct gm_strings *out)
{
	size_t len = strlen(section);
	size_t i;

	for (i = 0; i < config->n; i++) {
		const char *key = config->v[i].key;
		const char *last = strrchr(key, '.');
		char *name;

		if (strncasecmp(key, section, len) || key[len] != '.' ||
		    last <= key + len)
			continue;
		name = gm_strndup(key + len + 1,
				  (size_t)(last - key) - len - 1);
		if (gm_strings_has(out, name))
			free(name);
		else
			gm_strings_take(out, name);
	}
}
