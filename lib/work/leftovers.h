/*
 * What killed processes leave in the git directory.
 */
#ifndef GM_WORK_LEFTOVERS_H
#define GM_WORK_LEFTOVERS_H

#include <stdbool.h>

/* A file that is older, in seconds, may have been left by somebody who was
 * killed. */
#define GM_LEFTOVER_AGE 600

/* What the names of temporary files begin with that lie among the user's. */
#define GM_TEMPORARY ".git-migrate."

/* Whether the file is that old; false where there is none. */
bool gm_leftover_is_old(const char *path);

/*
 * Removes from the directory the files that have a temporary name, as mkstemp
 * makes it ("NAME.XXXXXX"), are that old, and that no living process has
 * locked. What can't be removed stays, silently. The caller must have none of
 * them open: its locks would end.
 */
void gm_remove_leftovers(const char *dir);

/* The same in a directory of the user's: only those that begin with
 * GM_TEMPORARY. */
void gm_remove_own_leftovers(const char *dir);

#endif
