/*
 * The repository's git hooks: which are ours, putting ours in place, taking
 * them out again. A hook that was there before is kept beside ours, under
 * GM_HOOK_KEPT, and ours runs it first. Whenever the process ends, a hook is
 * as before or as after, and the next call completes it.
 */
#ifndef GM_WORK_HOOKS_H
#define GM_WORK_HOOKS_H

#include "git/repo.h"

/* Behind the name of a hook that is kept. */
#define GM_HOOK_KEPT ".before-git-migrate"

enum gm_hook_id {
	GM_HOOK_PRE_COMMIT,
	GM_HOOK_PRE_MERGE_COMMIT,
	GM_HOOK_PRE_PUSH,
	GM_HOOK_POST_CHECKOUT,
	GM_HOOK_POST_MERGE,
	GM_HOOK_POST_REWRITE,
	/* For the repository that is pushed to. */
	GM_HOOK_PRE_RECEIVE,
	GM_HOOK_UPDATE,
	GM_HOOK_COUNT
};

enum gm_hook_state {
	/* There is no hook of that name. */
	GM_HOOK_ABSENT,
	/* There is one, and it is somebody else's. */
	GM_HOOK_OTHER,
	/* The same, and it calls `git migrate hook`. */
	GM_HOOK_CALLED,
	GM_HOOK_INSTALLED,
	/* Ours as another version wrote it. */
	GM_HOOK_OUTDATED,
	/* Ours, and git doesn't run it: it may not be executed. */
	GM_HOOK_DISABLED,
	/* Ours, and somebody has changed it. */
	GM_HOOK_CHANGED
};

struct gm_hook {
	enum gm_hook_state state;
	/* Absolute: the file that git, or the manager of hooks, runs. */
	char *path;
	/* Where another hook is kept; NULL where there is none. */
	char *kept;
};

struct gm_hooks {
	/* Absolute: the directory that git looks in. */
	char *dir;
	/* It lies outside of the git directory: core.hooksPath or a link leads
	 * there. Nothing is ever written to it. */
	bool elsewhere;
	/* The repository has no work tree: it is one to push to. */
	bool bare;
	struct gm_hook v[GM_HOOK_COUNT];
	/* Held while hooks are changed; -1: not. */
	int lock;
};

/* "pre-commit", … */
const char *gm_hook_name(enum gm_hook_id id);

/* The hook of that name: 0, or GM_EINVALID for a name that isn't ours. */
int gm_hook_parse(enum gm_hook_id *out, const char *name, struct gm_error *err);

/* Whether git writes to the hook's standard input. */
bool gm_hook_has_input(enum gm_hook_id id);

/* Whether the hook is for the repository that is pushed to. */
bool gm_hook_is_for_server(enum gm_hook_id id);

/* "absent", "other", "called", "installed", … */
const char *gm_hook_state_name(enum gm_hook_state state);

/*
 * Looks at all hooks: those that git runs, or, with `own`, those in the git
 * directory whatever core.hooksPath says. gm_hooks_release must follow,
 * whatever it returns.
 */
int gm_hooks_find(struct gm_hooks *out, struct gm_repo *repo, bool own,
		  struct gm_error *err);
void gm_hooks_release(struct gm_hooks *hooks);

/*
 * Keeps other runs out until gm_hooks_release, and looks again. With `make`
 * the directory is made where there is none. GM_EREFUSED for a directory
 * elsewhere.
 */
int gm_hooks_lock(struct gm_hooks *hooks, bool make, struct gm_error *err);

/*
 * Puts ours in place, under the lock. Where it is in place already, or
 * called, nothing is done. GM_EREFUSED, and nothing is done, for one of ours
 * that was changed by hand, and where there is no free name to keep another
 * hook under. The state in `v` stays what it was before.
 */
int gm_hook_install(struct gm_hooks *hooks, enum gm_hook_id id,
		    struct gm_error *err);

/*
 * Puts back what was there before ours, under the lock. Another hook stays;
 * GM_EREFUSED for one of ours that was changed by hand, and for a kept one
 * whose place another one has taken. The state in `v` stays.
 */
int gm_hook_uninstall(struct gm_hooks *hooks, enum gm_hook_id id,
		      struct gm_error *err);

/* After the last one: removes the directory if gm_hooks_lock made it. */
void gm_hooks_tidy(struct gm_hooks *hooks);

#endif
