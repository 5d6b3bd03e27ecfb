/*
 * A project as a command finds it: the repository, the settings, the apps
 * with their directories, the target, and the series of its files.
 */
#ifndef GM_WORK_PROJECT_H
#define GM_WORK_PROJECT_H

#include "db/driver.h"
#include "db/history.h"
#include "git/config.h"
#include "git/repo.h"
#include "series/series.h"
#include "work/apps.h"

/* Where the files of a series come from. */
enum gm_files_source {
	GM_FROM_WORK_TREE,
	GM_FROM_COMMIT,
	GM_FROM_INDEX
};

/* What a command line says of the project. NULL: nothing. Borrowed. */
struct gm_project_options {
	const char *url;
	const char *target;
	const char *dir;
	const char *env_file;
	/* Seconds that a statement waits for another session's lock. */
	const char *lock_timeout;
	/* Seconds that a server may take until it answers. */
	const char *wait_for_database;
	/* Told what the database says that is no error; see db/driver.h. */
	void (*notice)(void *context, const char *text);
	void *notice_context;
	/* Drivers, a NULL at the end. */
	const struct gm_driver *const *drivers;
	/* What the history calls this program. */
	const char *tool_version;
	/* The repository, where it has been opened, and stays open for longer;
	 * NULL: it is looked for. */
	struct gm_repo *repo;
	/* Which tree gm_project_load reads where it isn't told a commit; its
	 * .gitmigrate is the one that counts. */
	enum gm_files_source source;
	/* GM_FROM_COMMIT: which; NULL is HEAD. */
	const char *commit;
	/* Read no more than the rules ask for, where the files are git's: see
	 * work/summaries.h. */
	bool summaries;
	/* A commit that the tree will be compared with, by way of merge
	 * bases: git begins to look for them. Or NULL. */
	const char *base;
	/* Take files of the work tree that lie there unchanged as they were
	 * last read, without their text: see work/stats.h. */
	bool stats;
	/* A commit whose .gitmigrate says everything but where the
	 * migrations are: what is pushed must not set the rules that it is
	 * judged by. "": no .gitmigrate does, only the user's settings. */
	const char *policy;
};

struct gm_project {
	struct gm_project_options options;
	/* NULL outside a repository. */
	struct gm_repo *repo;
	/* Absolute: the work tree's top, or the current directory where
	 * there is no work tree. */
	char *top;
	struct gm_config config;
	/* Variables of --env-file, as NAME=VALUE. */
	struct gm_strings env;
	struct gm_app *apps;
	size_t n_apps;
	enum gm_numbering numbering;

	/* What gm_project_load read. */
	struct gm_series series;
	enum gm_files_source source;
	char source_commit[GM_OID_HEX];

	/* What gm_project_find_target and gm_project_connect found. */
	const struct gm_driver *driver;
	struct gm_url url;
	/* The target's name, or NULL. */
	char *target;
	bool is_protected;
	/* NULL where the database doesn't exist yet. */
	struct gm_db *db;
	struct gm_history *history;
};

/*
 * Finds the repository and reads the settings. GM_ENOTFOUND where there is
 * neither a repository, nor a .gitmigrate here, nor --dir.
 */
int gm_project_open(struct gm_project *project,
		    const struct gm_project_options *options,
		    struct gm_error *err);
void gm_project_release(struct gm_project *project);

/*
 * Reads every app's files and builds the series: with `commit` those of its
 * tree, in the directories that its own .gitmigrate names; else what the
 * options name, where a bare repository's HEAD stands in for the work tree.
 * May be called again. A missing directory is an empty series, but
 * GM_ENOTFOUND where --dir named it.
 */
int gm_project_load(struct gm_project *project, const char *commit,
		    struct gm_error *err);

/* Reads what gm_compare asks for beyond what is there: the text of those files
 * that were taken as they had been, and whose rows have another checksum; and
 * the whole history, where only the rows' states are known and some of them
 * are not as the files say. */
int gm_project_read_changed(struct gm_project *project, struct gm_error *err);

/*
 * Whether a target is named anywhere: 1 or 0. What it is, is judged by
 * gm_project_connect.
 */
int gm_project_has_target(struct gm_project *project, struct gm_error *err);

/* Only finds the target: url, driver, target and is_protected. */
int gm_project_find_target(struct gm_project *project, struct gm_error *err);

/* The app of that name, or NULL. Borrowed. */
const struct gm_app *gm_project_app(const struct gm_project *project,
				    const char *name);

/* The absolute path of a migration's file. The caller frees it. */
char *gm_project_path(const struct gm_project *project, const char *app,
		      const char *id);

/* The target for people: its name and its URL without secrets. The caller
 * frees it. */
char *gm_project_target_name(const struct gm_project *project);

#endif
