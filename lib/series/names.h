/*
 * How users name a migration: REV in the manual.
 */
#ifndef GM_SERIES_NAMES_H
#define GM_SERIES_NAMES_H

#include <stddef.h>

#include "base/error.h"

/* What a REV can stand for: a file, a history row, or both. Borrowed. */
struct gm_name {
	const char *app;
	const char *id;
	/* The digits of its checksum: the file's, or the row's without one. */
	const char *checksum;
	/* The position in the history, from 1; 0: not applied. */
	long long position;
};

/*
 * The first that fits: an id, a number, a slug, an unambiguous start of an
 * id, `xxh3:` and at least 7 digits of a checksum, `@` (the newest applied)
 * or `@~N`; each behind `APP/` for one app. GM_ENOTFOUND where none fits (the
 * hint names the nearest), GM_EINVALID where several do (the message lists
 * them).
 */
int gm_name_resolve(size_t *index, const struct gm_name *names, size_t n,
		    const char *rev, struct gm_error *err);

#endif
