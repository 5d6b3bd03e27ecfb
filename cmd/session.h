/*
 * What most commands begin and end with: the project, its files, its
 * target, and the two compared.
 */
#ifndef GM_CMD_SESSION_H
#define GM_CMD_SESSION_H

#include "cmd/command.h"
#include "work/compare.h"
#include "work/project.h"
#include "work/run.h"

enum session_need {
	/* The series, of the work tree or of HEAD in a bare repository. */
	SESSION_FILES = 1u << 0,
	/* A series that can be run: findings that block are fatal. Without
	 * it they are printed, for a broken file must not keep anybody from
	 * looking, or from undoing what was recorded. */
	SESSION_RUNNABLE = 1u << 1,
	/* The target for reading, and the comparison. */
	SESSION_READ = 1u << 2,
	/* The target for writing, or, with --dry-run, for reading, and the
	 * comparison; not locked yet. */
	SESSION_CHANGE = 1u << 3,
	/* With the files: those that lie there unchanged needn't be read; see
	 * work/stats.h. For commands that only compare. */
	SESSION_STATS = 1u << 4,
	/* With the target for reading: rows that are as the files say needn't
	 * be read whole; see gm_history_load_states. */
	SESSION_STATES = 1u << 5
};

struct session {
	const struct invocation *in;
	struct gm_project project;
	struct gm_comparison comparison;
	/* Somebody was still at what is under way when that was looked at
	 * first: whoever has typed the command may have looked too early. */
	bool is_early;
	struct gm_error err;
};

/*
 * Opens what is needed. `commit` names the commit that the files come from;
 * NULL: the work tree. Returns 0 or a negative code with s->err set; either
 * way gm_session_end must follow.
 */
int gm_session_open(struct session *s, const struct invocation *in,
		    unsigned need, const char *commit);

/* Opens the project of one tree, its files not yet loaded, with the settings
 * that stand in it: those of the work tree, of the index or of a commit.
 * `base`: what it will be compared with, or NULL. Otherwise as above. */
int gm_session_open_tree(struct session *s, const struct invocation *in,
			 enum gm_files_source source, const char *commit,
			 const char *base);

/* Reads files and history again, and compares them. */
int gm_session_reload(struct session *s, const char *commit);

/* Reads the history again, and compares it with the files. */
int gm_session_look_again(struct session *s);

/* How long another run is waited for: GM_WAIT_FOREVER, or milliseconds. */
int64_t gm_session_wait_ms(const struct session *s);

/* Takes the polite lock, waiting as the command line says, and reads the
 * history under it. */
int gm_session_lock(struct session *s);

/* What leads another command to the same target: " --target NAME", or "" if
 * that needs nothing. The caller frees it. */
char *gm_session_same_target(const struct session *s);

/* What a hint says to type would reach another database: the hint, and what
 * to add, where that is so; else NULL. The caller frees it. */
char *gm_session_add_target(const struct session *s, const char *hint);

/* Prints the error, if there is one, frees everything, and returns the exit
 * status: `status` where ret is 0. */
int gm_session_end(struct session *s, int ret, int status);

/* Carries a plan out: who and from where, progress, Ctrl-C. Prints a line
 * per step. */
int gm_session_run(struct session *s, const struct gm_plan *plan,
		   bool single_transaction);

/*
 * For whatever undoes or removes: says which target it is about to change,
 * and refuses where the target is protected and --yes isn't given.
 */
int gm_session_announce(struct session *s, bool yes);

/*
 * Says which database is removed, and removes it; refuses without `yes`.
 * `if_exists`: one that isn't there is no error, but 1.
 */
int gm_session_drop_database(struct session *s, bool yes, bool if_exists);

/* Prints what a plan would do; refuses what the target would not take. */
int gm_session_print_plan(struct session *s, struct gm_plan *plan);

/* Refuses arguments where a command takes none. */
int gm_no_arguments(const struct invocation *in);

/* The program's version. */
const char *gm_tool_version(void);

#endif
