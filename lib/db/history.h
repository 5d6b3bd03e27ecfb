/*
 * The history: the tables in the target that record what is applied, the
 * whole text of it, and what happened when. All SQL on these tables stands
 * in history.c, in a subset that every database reads.
 *
 * A history either runs its statements on a connection or writes them, with
 * the values in them, into a script that somebody else runs.
 */
#ifndef GM_DB_HISTORY_H
#define GM_DB_HISTORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "db/driver.h"

/* What the tables' names begin with where no setting says otherwise. */
#define GM_HISTORY_TABLE "git_migrate"

/* The version of the tables that this program writes. */
#define GM_HISTORY_VERSION 2

enum gm_row_state {
	GM_ROW_APPLIED,
	GM_ROW_FAKED,
	GM_ROW_BASELINE,
	/* The journal: its up is at work, or its process died at it. */
	GM_ROW_APPLYING,
	/* The journal: its down is at work, or stopped: `error` is set then,
	 * or the owner is gone. */
	GM_ROW_REVERTING,
	/* The journal: a statement of its up was refused. */
	GM_ROW_FAILED
};

/* One migration that is applied or under way. The row owns its strings. In
 * those that are read control characters are \xNN, so that what others have
 * written there can be printed; but for the error, which has lines. */
struct gm_history_row {
	char *app;
	char *id;
	/* Digits, without the tag; fingerprints are empty where the section
	 * is absent. */
	char checksum[GM_HASH_HEX];
	char up[GM_HASH_HEX];
	char down[GM_HASH_HEX];
	char verify[GM_HASH_HEX];
	/* As gm_migration_parents gives them. */
	char *parents;
	enum gm_row_state state;
	/* The journal's counters; total is 0 where no journal was kept. */
	int64_t statements_started;
	int64_t statements_done;
	int64_t statements_total;
	/* Not in the table: what became of a statement that was begun and not
	 * done has been found out since, and the counters say so. */
	bool is_learned;
	/* The session that is at it; NULL: none. */
	char *owner;
	/* What git knew; NULL where it knew nothing. */
	char *blob;
	char *commit_id;
	char *branch;
	bool dirty;
	/* One number per run, and the order of application, both from 1. */
	int64_t batch;
	int64_t position;
	/* UTC, ISO 8601; NULL: now, by this machine's clock or, in a script,
	 * by the database's. */
	char *applied_at;
	int64_t duration_ms;
	char *applied_by;
	char *tool_version;
	/* Why it failed; NULL: it didn't. */
	char *error;
};

/* "applied", "faked", … */
const char *gm_row_state_name(enum gm_row_state state);

struct gm_history_sql;

struct gm_history {
	/* Borrowed. NULL: the database doesn't exist yet. */
	struct gm_db *db;
	/* Where statements go instead of the database; NULL: they run. */
	struct gm_strbuf *script;
	const struct gm_driver *driver;
	struct gm_history_sql *sql;
	/* Whether the tables are there, and their version; known after
	 * gm_history_load. */
	bool exists;
	int64_t version;
	/* Whether the rows are those of gm_history_load_states. */
	bool states_only;
	/* By position. These rows are freed with the history, and not to be
	 * changed. */
	struct gm_history_row **v;
	size_t n;
	size_t cap;
	/* By app and id, for gm_history_find. */
	struct gm_history_row **by_id;
	/* What the rows lie in. */
	struct gm_arena arena;
};

/*
 * `table` is PREFIX or SCHEMA.PREFIX, letters, digits and '_' only:
 * GM_EINVALID for another. db may be NULL: then nothing is applied.
 */
int gm_history_new(struct gm_history **out, const struct gm_driver *driver,
		   struct gm_db *db, const char *table, struct gm_error *err);
void gm_history_free(struct gm_history *history);

/* The tables' prefix, with its schema where the driver tells one; names the
 * polite lock. Borrowed. */
const char *gm_history_table(const struct gm_history *history);

/* The dialect of the database's SQL. */
const struct gm_dialect *gm_history_dialect(const struct gm_history *history);

/*
 * Reads the rows, again if need be. Without tables there are none.
 * GM_EINVALID where a newer program made the tables, or where the session is
 * in another schema than a history of this name.
 */
int gm_history_load(struct gm_history *history, struct gm_error *err);

/*
 * Reads of the rows only what tells whether they are as the files say: app,
 * id, checksum, state and position. The rest is as if there were none. For
 * whoever looks through a long history, and reads it whole where there is more
 * to say.
 */
int gm_history_load_states(struct gm_history *history, struct gm_error *err);

/* Makes the tables where they are missing, and upgrades older ones, in the
 * transaction that is open or else in one of its own. */
int gm_history_create(struct gm_history *history, struct gm_error *err);

/* The row, or NULL. Borrowed, until the next load. */
struct gm_history_row *gm_history_find(const struct gm_history *history,
				       const char *app, const char *id);

/* One more than the greatest batch, and position. */
int64_t gm_history_next_batch(const struct gm_history *history);
int64_t gm_history_next_position(const struct gm_history *history);

/*
 * Inserts the row: its key is the claim on the migration. `text` is the
 * file as it is applied, kept in the entry that the log gets: what is done
 * ("apply", "fake", …; "start" where the journal tells the end). Fails where
 * the row is there already.
 */
int gm_history_claim(struct gm_history *history, const char *action,
		     const struct gm_history_row *row, const char *text,
		     size_t len, struct gm_error *err);

/*
 * Writes all of a row's columns but its key, its parents, its batch and its
 * position.
 */
int gm_history_update(struct gm_history *history,
		      const struct gm_history_row *row, struct gm_error *err);

/* Writes state, counters, owner, duration and error: the journal's part. */
int gm_history_progress(struct gm_history *history,
			const struct gm_history_row *row, struct gm_error *err);

/* The same, and commits the transaction. For drivers with query_commit. */
int gm_history_finish(struct gm_history *history,
		      const struct gm_history_row *row, struct gm_error *err);

/* Writes the duration: how old the transaction is. For drivers that queue. */
int gm_history_took(struct gm_history *history,
		    const struct gm_history_row *row, struct gm_error *err);

/* Puts another text in place of the recorded one, in an entry of the log as
 * gm_history_log writes it. */
int gm_history_set_source(struct gm_history *history, const char *action,
			  const struct gm_history_row *row, const char *detail,
			  const char *text, size_t len, struct gm_error *err);

/* Adds the recorded text to `out`; GM_ENOTFOUND where there is none. */
int gm_history_source(struct gm_history *history, const char *app,
		      const char *id, struct gm_strbuf *out,
		      struct gm_error *err);

/*
 * A migration under way is begun again: keeps in the log what its last
 * attempt has run, and gives what all of them have, the first one's first,
 * until the migration is applied, undone or forgotten.
 */
int gm_history_keep_attempt(struct gm_history *history,
			    const struct gm_history_row *row, const char *text,
			    size_t len, struct gm_error *err);
int gm_history_attempts(struct gm_history *history, const char *app,
			const char *id, struct gm_strbuf *out,
			struct gm_error *err);

/* Removes the row and the recorded text. */
int gm_history_delete(struct gm_history *history, const char *app,
		      const char *id, struct gm_error *err);

/* Carries the row and the recorded text over to another id. */
int gm_history_rename(struct gm_history *history, const char *app,
		      const char *from, const char *to, struct gm_error *err);

/*
 * Takes hold of the row until the transaction ends, after waiting for
 * another one that has it: 1, or 0 where it isn't there any more.
 */
int gm_history_hold(struct gm_history *history, const char *app, const char *id,
		    struct gm_error *err);

/* The session that is at the row now, or NULL. The caller frees *out. */
int gm_history_owner(struct gm_history *history, const char *app,
		     const char *id, char **out, struct gm_error *err);

/* How many statements are done, as the database has it now; *done stays where
 * the row isn't there. */
int gm_history_done(struct gm_history *history, const char *app, const char *id,
		    int64_t *done, struct gm_error *err);

/* Whether the row is there and its migration done: 1 or 0. */
int gm_history_is_done(struct gm_history *history, const char *app,
		       const char *id, struct gm_error *err);

/* Whether the row is there now, by asking the database: 1 or 0. */
int gm_history_has(struct gm_history *history, const char *app, const char *id,
		   struct gm_error *err);

/*
 * Appends to the log: what was done ("apply", "rollback", "fake", …) to the
 * row's migration, with `detail` or NULL.
 */
int gm_history_log(struct gm_history *history, const char *action,
		   const struct gm_history_row *row, const char *detail,
		   struct gm_error *err);

/* A zeroed row on the heap, and its end. */
struct gm_history_row *gm_history_row_new(void);
void gm_history_row_free(struct gm_history_row *row);

#endif
