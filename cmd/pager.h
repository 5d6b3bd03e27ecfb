/*
 * What is long is shown through the user's pager, as git shows its own.
 */
#ifndef GM_CMD_PAGER_H
#define GM_CMD_PAGER_H

#include <sys/types.h>

#include "git/config.h"

/* A zeroed struct: there is none. */
struct pager {
	pid_t pid;
	/* Where stdout, and stderr where it was a terminal, went before; 0:
	 * they are as they were. */
	int out;
	int err;
};

/*
 * Sends what is printed from here on through GIT_PAGER, core.pager, PAGER or
 * less, where stdout is a terminal. What `git --no-pager` and pager.migrate
 * want, git tells us by GIT_PAGER.
 */
void gm_pager_start(struct pager *pager, const struct gm_config *config);

/* Waits until the user has seen it. Accepts a zeroed struct. */
void gm_pager_end(struct pager *pager);

#endif
