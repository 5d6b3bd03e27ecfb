/*
 * Trees that were found clean. What a verdict depends on is named by ids and
 * settings, so that the same trees, compared again, needn't be opened: a
 * commit that touches no migration costs next to nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/cache.h"
#include "work/check_rules.h"

#define CACHE "clean"
#define FORMAT "git-migrate clean 1"

/* How many are kept; the last ones stand first. */
#define MOST_VERDICTS 200

static void add(struct gm_strbuf *key, const char *text)
{
	gm_strbuf_addf(key, "%zu:%s\n", strlen(text), text);
}

/* Where a commit has its migrations, and the ids of these directories. */
static int add_tree(struct gm_strbuf *key, struct gm_project *project,
		    const char *commit, struct gm_error *err)
{
	char **dirs = NULL;
	char id[GM_OID_HEX];
	size_t i;
	int ret = gm_tree_dirs(&dirs, project, commit, err);

	for (i = 0; !ret && i < project->n_apps; i++) {
		add(key, dirs[i] ? dirs[i] : "(none)");
		if (dirs[i])
			ret = gm_repo_tree_id(project->repo, commit, dirs[i],
					      id, err);
		if (!ret && dirs[i])
			add(key, id);
	}
	for (i = 0; i < project->n_apps; i++)
		free(dirs[i]);
	free(dirs);
	return ret;
}

static int add_published(struct gm_strbuf *key, struct gm_project *project,
			 const char *name, const char *ours, bool direct,
			 struct gm_error *err)
{
	struct gm_strings heads = { 0 };
	struct gm_strings bases = { 0 };
	char tip[GM_OID_HEX];
	size_t i;
	int ret = gm_repo_resolve(project->repo, name, tip, err);

	gm_strings_add(&heads, ours);
	if (!ret && direct)
		gm_strings_add(&bases, tip);
	else if (!ret)
		ret = gm_repo_merge_bases_of(project->repo, tip, &heads, &bases,
					     err);
	add(key, name);
	if (!ret)
		ret = add_tree(key, project, tip, err);
	for (i = 0; !ret && i < bases.n; i++) {
		add(key, strcmp(bases.v[i], tip) ? "base" : "tip");
		ret = add_tree(key, project, bases.v[i], err);
	}
	gm_strings_release(&heads);
	gm_strings_release(&bases);
	return ret;
}

/* Every setting of ours; and a filter of git's, which may change at any
 * time what a blob id stands for, makes it false. */
static bool add_settings(struct gm_strbuf *key, struct gm_project *project)
{
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t n = gm_side_dialects(project, dialects);
	const struct gm_config *config = &project->config;
	size_t i;

	for (i = 0; i < config->n; i++) {
		if (gm_starts_with(config->v[i].key, "filter."))
			return false;
		if (!gm_starts_with(config->v[i].key, "migrate"))
			continue;
		add(key, config->v[i].scope == GM_CONFIG_USER ? "user" : "own");
		add(key, config->v[i].key);
		add(key, config->v[i].value);
	}
	for (i = 0; i < n; i++)
		add(key, gm_dialect_name(dialects[i]));
	add(key, project->options.dir ? project->options.dir : "(none)");
	add(key,
	    project->options.tool_version ? project->options.tool_version : "");
	for (i = 0; i < project->n_apps; i++) {
		add(key, project->apps[i].name);
		add(key, project->apps[i].dir);
	}
	return true;
}

static int write_key(struct gm_strbuf *key, struct gm_project *project,
		     const struct gm_check_options *options,
		     struct gm_error *err)
{
	const char *commit = project->options.commit;
	struct gm_strings refs = { 0 };
	char ours[GM_OID_HEX];
	size_t i;
	int ret = gm_repo_resolve(project->repo, commit ? commit : "HEAD", ours,
				  err);

	if (!ret)
		ret = add_tree(key, project, ours, err);
	if (!ret && options->base)
		gm_strings_add(&refs, options->base);
	else if (!ret)
		ret = gm_published_refs(&refs, project, err);
	for (i = 0; !ret && i < refs.n; i++)
		ret = add_published(key, project, refs.v[i], ours,
				    options->direct, err);
	gm_strings_release(&refs);
	return ret;
}

bool gm_check_clean_key(char hex[GM_HASH_HEX], struct gm_project *project,
			const struct gm_check_options *options)
{
	struct gm_strbuf key = { 0 };
	struct gm_error err = { 0 };
	bool can = project->repo && project->options.summaries &&
		   project->options.source == GM_FROM_COMMIT &&
		   gm_repo_is_talking(project->repo) &&
		   !gm_repo_is_shallow(project->repo) &&
		   add_settings(&key, project) &&
		   !write_key(&key, project, options, &err);

	/* What is wrong is for the check itself to say. */
	gm_error_release(&err);
	if (can)
		gm_hash_bytes(key.buf, key.len, hex);
	gm_strbuf_release(&key);
	return can;
}

bool gm_check_clean_recall(size_t *migrations, const struct gm_repo *repo,
			   const char *hex)
{
	struct gm_strbuf text = { 0 };
	const char *found = NULL;

	if (gm_cache_read(&text, gm_repo_common_dir(repo), CACHE, FORMAT))
		found = strstr(gm_strbuf_str(&text), hex);
	if (found)
		*migrations = strtoul(found + GM_HASH_HEX - 1, NULL, 10);
	gm_strbuf_release(&text);
	return found != NULL;
}

void gm_check_clean_keep(const struct gm_repo *repo, const char *hex,
			 size_t migrations)
{
	struct gm_strbuf text = { 0 };
	struct gm_strbuf old = { 0 };
	const char *line;
	size_t n;

	gm_strbuf_addf(&text, "%s %zu\n", hex, migrations);
	gm_cache_read(&old, gm_repo_common_dir(repo), CACHE, FORMAT);
	line = gm_strbuf_str(&old);
	for (n = 1; *line && n < MOST_VERDICTS; n++) {
		size_t len = strcspn(line, "\n");

		gm_strbuf_add(&text, line, len + (line[len] == '\n'));
		line += len + (line[len] == '\n');
	}
	gm_cache_write(gm_repo_common_dir(repo), CACHE, FORMAT, text.buf,
		       text.len);
	gm_strbuf_release(&old);
	gm_strbuf_release(&text);
}
