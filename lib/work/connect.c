/*
 * Connects to the target, makes it, removes it. Each of these waits for a
 * server that is still starting, where it is told to.
 */
#include "work/connect.h"

#include <stdlib.h>
#include <string.h>

#include "base/time.h"
#include "work/journal.h"
#include "work/lock.h"

/* How long a statement waits for another session's lock, in seconds: a
 * statement that waits makes everybody wait who comes after it. */
#define LOCK_TIMEOUT "5"

/* From one try to connect to the next. */
#define PAUSE_MS 250

static int read_seconds(int64_t *ms, const char *text, const char *what,
			struct gm_error *err)
{
	if (!gm_time_read_seconds(ms, text))
		return 0;
	return gm_error_set(err, GM_EINVALID, "%s is in seconds, not '%s'",
			    what, text);
}

static int read_options(const struct gm_project *project, bool read_only,
			struct gm_open_options *out, struct gm_error *err)
{
	const char *text = project->options.lock_timeout;
	struct gm_open_options options = {
		.base_dir = project->top,
		.confine_dir = project->top,
		.read_only = read_only,
		.notice = project->options.notice,
		.notice_context = project->options.notice_context,
	};
	int64_t ms = 0;
	int ret;

	if (!text)
		text = gm_config_get(&project->config, "migrate.locktimeout",
				     LOCK_TIMEOUT);
	ret = read_seconds(&ms, text, "a lock timeout", err);
	options.lock_timeout_ms = (int)ms;
	*out = options;
	return ret;
}

/* Waiting for a server, which may take as long as the options say. */
struct patience {
	int64_t start;
	int64_t limit_ms;
	bool told;
};

static int patience_init(struct patience *p, const struct gm_project *project,
			 struct gm_error *err)
{
	p->start = gm_time_ms();
	p->limit_ms = 0;
	p->told = false;
	if (!project->options.wait_for_database)
		return 0;
	return read_seconds(&p->limit_ms, project->options.wait_for_database,
			    "the time to wait for a database", err);
}

/* Whether to try again. Tells what is waited for, once. */
static bool may_retry(struct patience *p, const struct gm_project *project,
		      struct gm_error *err)
{
	char *text;

	/* Who wants to wait does, however long one try takes. */
	if ((p->told || !p->limit_ms) &&
	    gm_time_ms() - p->start >= p->limit_ms) {
		if (!p->limit_ms)
			gm_error_hint(err,
				      "if it is about to start, wait for it "
				      "with --wait-for-database=SECONDS");
		return false;
	}
	if (!p->told && project->options.notice) {
		text = gm_format("waiting for the database: %s", err->message);
		project->options.notice(project->options.notice_context, text);
		free(text);
	}
	p->told = true;
	gm_error_release(err);
	gm_time_sleep_ms(PAUSE_MS);
	return true;
}

static int open_db(struct gm_project *project, bool read_only,
		   struct gm_error *err)
{
	struct gm_open_options options;
	struct patience patience;
	int ret = read_options(project, read_only, &options, err);

	if (!ret)
		ret = patience_init(&patience, project, err);
	if (ret < 0)
		return ret;
	do {
		ret = project->driver->open(&project->db, &project->url,
					    &options, err);
	} while (ret == GM_EUNAVAILABLE && may_retry(&patience, project, err));
	return ret;
}

static const char *history_table(const struct gm_project *project)
{
	return gm_config_get(&project->config, "migrate.table",
			     GM_HISTORY_TABLE);
}

static int new_history(struct gm_project *project, struct gm_error *err)
{
	return gm_history_new(&project->history, project->driver, project->db,
			      history_table(project), err);
}

static int connect_found(struct gm_project *project, bool read_only,
			 bool states_only, struct gm_error *err)
{
	int ret = open_db(project, read_only, err);
	if (ret == GM_ENOTFOUND && read_only &&
	    project->driver->flags & GM_DRIVER_FILE) {
		gm_error_release(err);
		ret = 0;
	}
	if (ret == GM_ENOTFOUND)
		gm_error_hint(err, "git migrate create-database makes it");
	if (!ret)
		ret = new_history(project, err);
	if (ret < 0)
		return ret;
	return states_only ? gm_history_load_states(project->history, err)
			   : gm_history_load(project->history, err);
}

int gm_project_connect(struct gm_project *project, bool read_only,
		       struct gm_error *err)
{
	int ret = gm_project_find_target(project, err);

	return ret < 0 ? ret : connect_found(project, read_only, false, err);
}

static void connect_beside(void *context)
{
	struct gm_connecting *c = context;

	c->ret = connect_found(c->project, true, c->states_only, &c->err);
}

void gm_project_connect_start(struct gm_connecting *c,
			      struct gm_project *project, bool states_only)
{
	memset(c, 0, sizeof(*c));
	c->project = project;
	c->states_only = states_only;
	c->ret = gm_project_find_target(project, &c->err);
	c->begun = !c->ret && project->driver->flags & GM_DRIVER_FILE;
	if (c->begun)
		gm_task_start(&c->task, connect_beside, c);
}

int gm_project_connect_finish(struct gm_connecting *c, struct gm_error *err)
{
	if (c->begun)
		gm_task_finish(&c->task);
	else if (!c->ret && err)
		c->ret = connect_found(c->project, true, c->states_only,
				       &c->err);
	if (err && c->ret < 0) {
		gm_error_release(err);
		*err = c->err;
	} else {
		gm_error_release(&c->err);
	}
	return c->ret;
}

static void disconnect(struct gm_project *project)
{
	if (!project->db)
		return;
	if (project->driver->unlock)
		project->driver->unlock(project->db);
	project->driver->close(project->db);
	project->db = NULL;
	gm_history_free(project->history);
	project->history = NULL;
}

int gm_project_create_database(struct gm_project *project, bool fine_if_there,
			       struct gm_error *err)
{
	struct gm_open_options options;
	struct patience patience;
	int ret = gm_project_find_target(project, err);

	if (!ret)
		ret = read_options(project, false, &options, err);
	if (!ret)
		ret = patience_init(&patience, project, err);
	if (ret < 0)
		return ret;
	do {
		ret = project->driver->create_database(&project->url, &options,
						       err);
	} while (ret == GM_EUNAVAILABLE && may_retry(&patience, project, err));
	if (ret != GM_EEXISTS || !fine_if_there)
		return ret;
	gm_error_release(err);
	return 1;
}

int gm_project_may_drop(const struct gm_project *project, struct gm_error *err)
{
	char *key;
	char *word;

	if (!project->is_protected)
		return 0;
	gm_error_set(err, GM_EREFUSED,
		     "the target '%s' is protected: its database is not "
		     "removed",
		     project->target);
	key = gm_format("migrate-target.%s.protected", project->target);
	word = gm_shell_word(key);
	gm_error_hint(err,
		      "if you mean it, take the protection away first: "
		      "git config %s false",
		      word);
	free(key);
	free(word);
	return GM_EREFUSED;
}

/* A history that lies elsewhere would stay, and tell of a new database that
 * all is applied. */
static int check_history(struct gm_project *project, struct gm_error *err)
{
	const char *table = history_table(project);
	const char *dot = strchr(table, '.');
	const char *database = project->url.path;
	size_t len = dot ? (size_t)(dot - table) : 0;
	int ret;

	if (!(project->driver->flags & GM_DRIVER_SCHEMA_IS_DATABASE) || !dot ||
	    !database ||
	    (strlen(database) == len && !strncmp(database, table, len)))
		return 0;
	ret = gm_history_load_states(project->history, err);
	if (ret || !project->history->n)
		return ret;
	gm_error_set(err, GM_EREFUSED,
		     "the history of '%s' is in '%.*s', and would say of a new "
		     "'%s' that all is applied",
		     database, (int)len, table, database);
	return gm_error_hint(err,
			     "where no other database has its history there, "
			     "empty it first: DELETE FROM %s_history",
			     table);
}

/* Where the lock doesn't reach, the rows tell who is at work. Rows that can't
 * be read keep nobody from removing them. */
static int check_owners(const struct gm_project *project, struct gm_error *err)
{
	struct gm_history *history = project->history;
	int ret = 0;
	size_t i;

	if (gm_history_load(history, NULL) < 0)
		return 0;
	for (i = 0; !ret && i < history->n; i++) {
		const struct gm_history_row *row = history->v[i];

		ret = gm_journal_is_live(history, row, err);
		if (ret > 0) {
			ret = gm_error_set(err, GM_EBUSY,
					   "another run is at it: %s",
					   row->owner);
			gm_error_hint(err, "git migrate status tells how far "
					   "it is");
		}
		if (ret < 0)
			gm_error_prefix(err, "%s", row->id);
	}
	return ret;
}

/* Nobody may be at work on what is removed. The lock can't be kept: it lies
 * in the database, or in the session that stands in the way. */
static int wait_for_runs(struct gm_project *project, int64_t wait_ms,
			 const struct gm_observer *observer,
			 struct gm_error *err)
{
	int ret = open_db(project, true, err);

	if (!ret)
		ret = new_history(project, err);
	if (!ret)
		ret = gm_lock(project->history, wait_ms, observer, err);
	if (ret >= 0 && project->db)
		ret = check_history(project, err);
	if (!ret && project->db)
		ret = check_owners(project, err);
	disconnect(project);
	return ret < 0 ? ret : 0;
}

int gm_project_drop_database(struct gm_project *project, bool fine_if_missing,
			     int64_t wait_ms,
			     const struct gm_observer *observer,
			     struct gm_error *err)
{
	struct gm_open_options options;
	int ret = gm_project_find_target(project, err);

	if (!ret)
		ret = gm_project_may_drop(project, err);
	if (!ret)
		ret = read_options(project, false, &options, err);
	if (!ret)
		ret = wait_for_runs(project, wait_ms, observer, err);
	if (!ret)
		ret = project->driver->drop_database(&project->url, &options,
						     err);
	if (ret != GM_ENOTFOUND || !fine_if_missing)
		return ret;
	gm_error_release(err);
	return 1;
}
