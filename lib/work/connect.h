/*
 * From a project to its target: connecting, waiting for a server that is
 * about to start, and databases that have to be made or removed.
 */
#ifndef GM_WORK_CONNECT_H
#define GM_WORK_CONNECT_H

#include "base/parallel.h"
#include "work/project.h"
#include "work/run.h"

/*
 * Finds the target, connects, and reads the history. A server that doesn't
 * answer yet is waited for, as the options say. With `read_only` a database
 * file that doesn't exist yet has an empty history and db stays NULL.
 */
int gm_project_connect(struct gm_project *project, bool read_only,
		       struct gm_error *err);

/* A connection for whoever only reads, made while the files are read. */
struct gm_connecting {
	struct gm_project *project;
	bool states_only;
	bool begun;
	int ret;
	struct gm_error err;
	struct gm_task task;
};

/*
 * Begins gm_project_connect, with `read_only`, beside what follows, where the
 * database is a file: nobody is asked for a password then, and nothing waits
 * for a server. `states_only` reads the history by gm_history_load_states.
 * Until gm_project_connect_finish, which is to be called
 * whatever happens, nobody else touches the project's target, database and
 * history.
 */
void gm_project_connect_start(struct gm_connecting *c,
			      struct gm_project *project, bool states_only);

/* Returns what gm_project_connect would have. Without `err` it only waits for
 * the end of what was begun. */
int gm_project_connect_finish(struct gm_connecting *c, struct gm_error *err);

/*
 * Makes the target's database. `fine_if_there` takes one that is there for
 * an answer: 1. GM_EEXISTS without it.
 */
int gm_project_create_database(struct gm_project *project, bool fine_if_there,
			       struct gm_error *err);

/* GM_EREFUSED where the target is protected, and its database stays. */
int gm_project_may_drop(const struct gm_project *project, struct gm_error *err);

/*
 * Removes the target's database, with all that it holds. `fine_if_missing`
 * takes one that isn't there for an answer: 1. GM_EBUSY where a run is at
 * work on it for longer than `wait_ms`; GM_EREFUSED as above.
 */
int gm_project_drop_database(struct gm_project *project, bool fine_if_missing,
			     int64_t wait_ms,
			     const struct gm_observer *observer,
			     struct gm_error *err);

#endif
