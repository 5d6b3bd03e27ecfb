/*
 * Puts together what a command works on: repository, settings, files,
 * target. Each part is read once, and only when it is asked for.
 */
#include "work/project.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/alloc.h"
#include "series/summary.h"
#include "work/directory.h"
#include "work/files.h"
#include "work/sparse.h"
#include "work/stats.h"
#include "work/summaries.h"
#include "work/target.h"

static char *current_directory(void)
{
	char *cwd = realpath(".", NULL);

	return cwd ? cwd : gm_strdup(".");
}

/* The path below the top, or NULL where it lies elsewhere. */
static char *below_top(const struct gm_project *project, const char *path)
{
	char *real = realpath(path, NULL);
	size_t len = strlen(project->top);
	char *below = NULL;

	if (real && !strcmp(real, project->top))
		below = gm_strdup("");
	else if (real && !strncmp(real, project->top, len) && real[len] == '/')
		below = gm_strdup(real + len + 1);
	free(real);
	return below;
}

static bool is_bare(const struct gm_project *project)
{
	return project->repo && !gm_repo_top(project->repo);
}

/* The tree that the settings come from, unless it is the work tree. */
static int load_tree_config(struct gm_config *config,
			    struct gm_project *project, struct gm_error *err)
{
	const struct gm_project_options *options = &project->options;
	const char *commit = options->commit ? options->commit : "HEAD";
	char head[GM_OID_HEX];
	char *branch = NULL;
	int ret;

	if (options->source == GM_FROM_INDEX)
		return gm_config_load_commit(config, project->repo, NULL, err);
	if (options->commit)
		return gm_config_load_commit(config, project->repo, commit,
					     err);
	ret = gm_repo_head(project->repo, head, &branch, err);
	free(branch);
	if (ret < 0)
		return ret;
	return *head ? gm_config_load_commit(config, project->repo, "HEAD", err)
		     : gm_config_load(config, project->repo, NULL, err);
}

static int load_policy(struct gm_project *project, struct gm_error *err)
{
	const char *policy = project->options.policy;

	if (*policy)
		return gm_config_load_commit(&project->config, project->repo,
					     policy, err);
	return gm_config_load(&project->config, project->repo, NULL, err);
}

static int load_config(struct gm_project *project, struct gm_error *err)
{
	char *path;
	bool found;
	int ret;

	if (!project->repo && project->options.source != GM_FROM_WORK_TREE) {
		gm_error_set(err, GM_ENOTFOUND, "not in a git repository");
		return gm_error_hint(err, "without one there are only the "
					  "files as they are");
	}
	if (project->options.policy)
		return load_policy(project, err);
	if (is_bare(project) || project->options.source != GM_FROM_WORK_TREE)
		return load_tree_config(&project->config, project, err);
	if (!project->repo && !project->options.dir) {
		path = gm_format("%s/.gitmigrate", project->top);
		found = access(path, F_OK) == 0;
		free(path);
		if (!found) {
			gm_error_set(err, GM_ENOTFOUND,
				     "not in a git repository, and there is "
				     "no .gitmigrate here");
			return gm_error_hint(err, "git init, then git migrate "
						  "init; or name the "
						  "migrations with --dir");
		}
	}
	ret = gm_config_load(&project->config, project->repo, project->top,
			     err);
	return ret ? ret : gm_sparse_config(project, err);
}

/* An app that the tree's own settings have lost is looked for where the
 * policy's say that it was: else its migrations would go unseen. */
static int add_lost_apps(struct gm_apps *apps, const struct gm_config *policy,
			 struct gm_error *err)
{
	struct gm_apps old = { 0 };
	size_t i;
	int ret = 0;

	if (policy->has_project)
		ret = gm_apps_find(&old, policy, err);
	for (i = 0; !ret && i < old.n; i++)
		if (!gm_apps_get(apps, old.v[i].name))
			gm_apps_add(apps, old.v[i].name,
				    gm_strdup(old.v[i].dir));
	gm_apps_release(&old);
	return ret;
}

static int find_apps(struct gm_project *project, struct gm_error *err)
{
	struct gm_config tree = { 0 };
	struct gm_apps apps = { 0 };
	int ret = 0;

	if (project->options.dir) {
		char *below = below_top(project, project->options.dir);

		gm_apps_add(&apps, "",
			    below ? below : gm_strdup(project->options.dir));
	} else if (project->options.policy) {
		ret = load_tree_config(&tree, project, err);
		if (!ret)
			ret = gm_apps_find(&apps, &tree, err);
		if (!ret)
			ret = add_lost_apps(&apps, &project->config, err);
	} else {
		ret = gm_apps_find(&apps, &project->config, err);
	}
	project->apps = apps.v;
	project->n_apps = apps.n;
	gm_config_release(&tree);
	return ret;
}

static int find_repo(struct gm_project *project, struct gm_error *err)
{
	const struct gm_project_options *options = &project->options;
	struct gm_repo_hints hints = { .objects = options->summaries };

	project->repo = options->repo;
	if (options->repo)
		return 0;
	if (options->base) {
		hints.a = options->base;
		hints.b = options->commit ? options->commit : "HEAD";
	}
	return gm_repo_open_for(&project->repo, &hints, err);
}

int gm_project_open(struct gm_project *project,
		    const struct gm_project_options *options,
		    struct gm_error *err)
{
	int ret;

	memset(project, 0, sizeof(*project));
	project->options = *options;
	ret = find_repo(project, err);
	if (ret == GM_ENOTFOUND)
		gm_error_release(err);
	else if (ret < 0)
		return ret;
	project->top = project->repo && gm_repo_top(project->repo)
			       ? gm_strdup(gm_repo_top(project->repo))
			       : current_directory();
	ret = load_config(project, err);
	if (!ret && options->env_file)
		ret = gm_env_file_read(&project->env, options->env_file, err);
	if (!ret)
		ret = find_apps(project, err);
	if (!ret)
		ret = gm_numbering_parse(&project->numbering,
					 gm_config_get(&project->config,
						       "migrate.numbering",
						       "timestamp"),
					 err);
	return ret;
}

void gm_project_release(struct gm_project *project)
{
	struct gm_apps apps;

	if (!project)
		return;
	apps.v = project->apps;
	apps.n = project->n_apps;
	gm_history_free(project->history);
	if (project->db)
		project->driver->close(project->db);
	gm_url_release(&project->url);
	gm_series_release(&project->series);
	gm_apps_release(&apps);
	free(project->target);
	free(project->top);
	gm_strings_release(&project->env);
	gm_config_release(&project->config);
	if (!project->options.repo)
		gm_repo_free(project->repo);
	memset(project, 0, sizeof(*project));
}

static char *app_directory(const struct gm_project *project,
			   const struct gm_app *app)
{
	char *below;

	if (*app->dir == '/')
		return gm_strdup(app->dir);
	/* --dir outside of the work tree is as it was typed. */
	if (project->options.dir) {
		below = below_top(project, project->options.dir);
		if (!below)
			return gm_strdup(app->dir);
		free(below);
	}
	return *app->dir ? gm_format("%s/%s", project->top, app->dir)
			 : gm_strdup(project->top);
}

/* Of a commit's tree, or of the index. What else lies there isn't read. */
static int read_from_git(struct gm_project *project, const struct gm_app *app,
			 struct gm_files *files, struct gm_error *err)
{
	int ret;

	if (project->source == GM_FROM_COMMIT)
		ret = gm_repo_tree_files(project->repo, project->source_commit,
					 app->dir, false, files, err);
	else
		ret = gm_repo_index_files(project->repo, app->dir, false, files,
					  err);
	if (ret < 0 || project->options.summaries)
		return ret;
	gm_files_keep_sql(files);
	return gm_repo_read_files(project->repo, files, err);
}

static int read_app(struct gm_project *project, struct gm_app *app,
		    struct gm_files *files, struct gm_stats *stats,
		    struct gm_error *err)
{
	char *path;
	int ret = 0;

	if (project->source != GM_FROM_WORK_TREE)
		return read_from_git(project, app, files, err);
	path = app_directory(project, app);
	if (!project->options.dir)
		ret = gm_directory_check(path, project->top, app->dir,
					 project->repo, err);
	if (!ret && stats)
		ret = gm_stats_add(stats, &project->series, app->name, path,
				   app->dir, err);
	else if (!ret && gm_is_sparse(project))
		ret = gm_sparse_files_read(project, app, path, files, err);
	else if (!ret)
		ret = gm_files_read(files, path, app->dir, err);
	free(path);
	if (ret == GM_ENOTFOUND && !project->options.dir) {
		gm_error_release(err);
		app->is_missing = true;
		ret = 0;
	}
	return ret;
}

static int find_source(struct gm_project *project, const char *commit,
		       struct gm_error *err)
{
	project->source = project->options.source;
	if (!commit && project->source == GM_FROM_COMMIT)
		commit = project->options.commit ? project->options.commit
						 : "HEAD";
	if (!commit && project->source == GM_FROM_WORK_TREE &&
	    is_bare(project) && !project->options.dir)
		commit = "HEAD";
	if (!commit)
		return 0;
	if (!project->repo)
		return gm_error_set(err, GM_EINVALID,
				    "'%s' is a commit, and this is not a git "
				    "repository",
				    commit);
	project->source = GM_FROM_COMMIT;
	return gm_repo_resolve(project->repo, commit, project->source_commit,
			       err);
}

/* Another commit than the settings' has its migrations where its own settings
 * say. */
static int find_commit_apps(struct gm_project *project, struct gm_error *err)
{
	struct gm_apps old = { project->apps, project->n_apps };
	struct gm_config config = { 0 };
	struct gm_apps apps = { 0 };
	int ret = gm_config_load_commit(&config, project->repo,
					project->source_commit, err);

	if (!ret)
		ret = gm_apps_find(&apps, &config, err);
	gm_config_release(&config);
	if (ret < 0) {
		gm_apps_release(&apps);
		return ret;
	}
	gm_apps_release(&old);
	project->apps = apps.v;
	project->n_apps = apps.n;
	return 0;
}

int gm_project_load(struct gm_project *project, const char *commit,
		    struct gm_error *err)
{
	const char *version = project->options.tool_version;
	struct gm_summaries summaries = { 0 };
	struct gm_stats stats = { 0 };
	bool by_summary;
	bool by_stat;
	size_t i;
	int ret = find_source(project, commit, err);

	if (!ret && commit && !project->options.dir)
		ret = find_commit_apps(project, err);
	gm_series_release(&project->series);
	project->series.is_staged = project->source == GM_FROM_INDEX;
	project->series.numbering = project->numbering;
	project->series.prefix = gm_repo_shell_prefix(project->repo);
	by_summary = !ret && project->options.summaries &&
		     project->source != GM_FROM_WORK_TREE;
	if (by_summary)
		gm_summaries_load(&summaries, &project->series, project->repo,
				  version);
	by_stat = !ret && project->options.stats && project->repo &&
		  !project->options.dir &&
		  project->source == GM_FROM_WORK_TREE &&
		  !gm_is_sparse(project);
	if (by_stat)
		gm_stats_load(&stats, &project->series, project->repo, version);
	for (i = 0; !ret && i < project->n_apps; i++) {
		const char *name = project->apps[i].name;
		struct gm_files files = { 0 };

		ret = read_app(project, &project->apps[i], &files,
			       by_stat ? &stats : NULL, err);
		if (!ret && by_summary)
			ret = gm_summaries_add(&summaries, &project->series,
					       name, &files, project->repo,
					       err);
		else if (!ret && !by_stat)
			gm_series_add(&project->series, name, &files);
		gm_files_release(&files);
	}
	if (!ret)
		gm_series_build(&project->series);
	if (!ret && by_summary)
		gm_summaries_save(&summaries, &project->series, project->repo,
				  version);
	if (!ret && by_stat)
		gm_stats_save(&stats, &project->series, project->repo, version);
	gm_stats_release(&stats);
	return ret;
}

/* Whether it was given its text, and is what it was taken for. */
static bool fill(const struct gm_project *project, struct gm_migration *m)
{
	char *path = gm_project_path(project, m->app, m->id);
	struct gm_strbuf bytes = { 0 };
	bool filled = !gm_file_read(path, &bytes, NULL) &&
		      !gm_summary_fill(m, gm_strbuf_str(&bytes), bytes.len);

	gm_strbuf_release(&bytes);
	free(path);
	return filled;
}

/* The files come nearly in the order of the rows by id, of which the first
 * `next` are behind them: so it is mostly the next one. */
static const struct gm_history_row *row_of(const struct gm_history *history,
					   const struct gm_migration *m,
					   size_t *next)
{
	const struct gm_history_row *row;

	if (*next < history->n) {
		row = history->by_id[*next];
		if (!strcmp(row->id, m->id) && !strcmp(row->app, m->app)) {
			++*next;
			return row;
		}
	}
	row = gm_history_find(history, m->app, m->id);
	if (row)
		while (*next < history->n && history->by_id[(*next)++] != row)
			;
	return row;
}

/* Whether there is nothing to say of a row but that it is there. */
static bool is_settled(const struct gm_history_row *row)
{
	return row->state == GM_ROW_APPLIED || row->state == GM_ROW_FAKED ||
	       row->state == GM_ROW_BASELINE;
}

/* How many rows are as their file says, and need no other look. */
static int read_changed(struct gm_project *project, size_t *settled,
			struct gm_error *err)
{
	const struct gm_history *history = project->history;
	size_t next = 0;
	size_t i;

	*settled = 0;
	for (i = 0; i < project->series.n; i++) {
		struct gm_migration *m = project->series.v[i];
		const struct gm_history_row *row = row_of(history, m, &next);

		if (row && !strcmp(row->checksum, m->checksum)) {
			*settled += is_settled(row);
			continue;
		}
		if (!row || !m->is_summary || fill(project, m))
			continue;
		/* It has changed in the meantime. */
		project->options.stats = false;
		return gm_project_load(project, NULL, err);
	}
	return 0;
}

int gm_project_read_changed(struct gm_project *project, struct gm_error *err)
{
	size_t settled;
	int ret = read_changed(project, &settled, err);

	if (ret < 0 || !project->history->states_only ||
	    settled == project->history->n)
		return ret;
	ret = gm_history_load(project->history, err);
	return ret < 0 ? ret : read_changed(project, &settled, err);
}

int gm_project_has_target(struct gm_project *project, struct gm_error *err)
{
	char *text = NULL;
	bool from_project;
	int ret;

	if (project->options.target || project->options.url)
		return 1;
	ret = gm_target_url(project, &text, &from_project, err);
	free(text);
	if (ret == GM_ENOTFOUND &&
	    !gm_config_find(&project->config, "migrate.url")) {
		gm_error_release(err);
		return 0;
	}
	return ret < 0 ? ret : 1;
}

/* `protected = false` counts only from the user's own configuration. */
static int find_protected(struct gm_project *project, struct gm_error *err)
{
	size_t i;
	char *key;
	int ret = 0;

	if (!project->target)
		return 0;
	key = gm_format("migrate-target.%s.protected", project->target);
	for (i = 0; !ret && i < project->config.n; i++) {
		const struct gm_config_entry *entry = &project->config.v[i];
		struct gm_config one = { .v = project->config.v + i, .n = 1 };
		bool value = false;

		if (strcmp(entry->key, key))
			continue;
		ret = gm_config_bool(&one, key, false, &value, err);
		if (value || entry->scope == GM_CONFIG_USER)
			project->is_protected = value;
	}
	free(key);
	return ret;
}

int gm_project_find_target(struct gm_project *project, struct gm_error *err)
{
	bool from_project = false;
	char *text = NULL;
	int ret;

	if (project->driver)
		return 0;
	ret = gm_target_url(project, &text, &from_project, err);
	if (!ret)
		ret = gm_url_parse(&project->url, text, err);
	free(text);
	if (ret < 0)
		return ret;
	project->driver = gm_driver_find(project->options.drivers,
					 project->url.scheme);
	if (!project->driver) {
		gm_error_set(err, GM_EINVALID,
			     "no driver for URLs that begin with '%s:'",
			     project->url.scheme);
		return gm_error_hint(err, GM_URL_FORMS);
	}
	if (from_project)
		ret = gm_target_is_trusted(project, &project->url,
					   project->driver, err);
	if (!ret)
		project->target = project->options.target
					  ? gm_strdup(project->options.target)
					  : gm_target_name_of(project);
	return ret < 0 ? ret : find_protected(project, err);
}

const struct gm_app *gm_project_app(const struct gm_project *project,
				    const char *name)
{
	struct gm_apps apps = { project->apps, project->n_apps };

	return gm_apps_get(&apps, name);
}

char *gm_project_path(const struct gm_project *project, const char *app,
		      const char *id)
{
	const struct gm_app *found = gm_project_app(project, app);
	char *dir = found ? app_directory(project, found)
			  : gm_strdup(project->top);
	char *path = gm_format("%s/%s.sql", dir, id);

	free(dir);
	return path;
}

char *gm_project_target_name(const struct gm_project *project)
{
	char *url = gm_url_redacted(&project->url);
	char *name;

	if (!project->target)
		return url;
	name = gm_format("%s (%s)", project->target, url);
	free(url);
	return name;
}
