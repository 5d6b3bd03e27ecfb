/*
 * What was found out once and needn't be again: files below migrate/ in a git
 * directory, the repository's or the work tree's own. Any of them may be
 * deleted at any time, and none is trusted: what isn't whole counts as not
 * there.
 */
#ifndef GM_WORK_CACHE_H
#define GM_WORK_CACHE_H

#include <stdbool.h>

#include "base/strbuf.h"

/*
 * Reads the cache of that name whole. `format` is what the caller calls the
 * form of its bytes: another one counts as not there. Returns whether it is.
 */
bool gm_cache_read(struct gm_strbuf *out, const char *git_dir, const char *name,
		   const char *format);

/*
 * Puts these bytes in its place: a reader sees the old or the new ones. Of
 * two that write at once, one does. That it can't be written is no error.
 */
void gm_cache_write(const char *git_dir, const char *name, const char *format,
		    const void *bytes, size_t len);

#endif
