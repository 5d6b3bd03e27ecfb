/*
 * What `git migrate hook` does for each hook, once the hook that was there
 * before has run. Each returns the exit status.
 */
#ifndef GM_CMD_HOOK_H
#define GM_CMD_HOOK_H

#include "cmd/command.h"
#include "work/project.h"

/* One call of a hook. */
struct hook_call {
	/* Behind the hook's name, as git gave them. */
	const char *const *args;
	size_t n_args;
	/* What git wrote to it. */
	const char *input;
	/* What a project is opened with. */
	struct gm_project_options options;
};

extern const struct command gm_command_hook;

/* Those that say no by their exit status. */
int gm_hook_pre_commit(const struct hook_call *call);
int gm_hook_pre_merge_commit(const struct hook_call *call);
int gm_hook_pre_push(const struct hook_call *call);
int gm_hook_pre_receive(const struct hook_call *call);
int gm_hook_update(const struct hook_call *call);

/* Those that are told what has happened: always 0. */
int gm_hook_post_checkout(const struct hook_call *call);
int gm_hook_post_merge(const struct hook_call *call);
int gm_hook_post_rewrite(const struct hook_call *call);

#endif
