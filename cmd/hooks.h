/*
 * Putting the git hooks in place, for the commands that do.
 */
#ifndef GM_CMD_HOOKS_H
#define GM_CMD_HOOKS_H

#include "cmd/command.h"
#include "work/hooks.h"

/*
 * Installs the named hooks, or, where n is 0, those that fit the repository,
 * and prints what was done. Where they can't be written, prints the lines to
 * add by hand. Returns the exit status.
 */
int gm_place_hooks(const struct common *v, const char *const *names, size_t n,
		   struct gm_hooks *hooks);

#endif
