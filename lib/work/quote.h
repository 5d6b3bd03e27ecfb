/*
 * Footprints for people: what is done to an object, and the SQL that does
 * it, as it stands in its file.
 */
#ifndef GM_WORK_QUOTE_H
#define GM_WORK_QUOTE_H

#include "series/migration.h"
#include "sql/footprint.h"

/* "drops column 'users.email'"; the caller frees it. */
char *gm_object_text(const struct gm_object *object);

/* Line `number` of a file, from 1; 0: lines were left out here. */
struct gm_quoted_line {
	size_t number;
	/* Without its end; borrowed from the migration. */
	const char *text;
	size_t len;
};

/* A zeroed struct is the empty list. */
struct gm_quote {
	struct gm_quoted_line *v;
	size_t n;
	size_t cap;
};

/*
 * Adds the lines of the statement of the migration's up section that touches
 * the object. Of a long statement only those: its beginning, and the lines
 * that name the object.
 */
void gm_quote_object(struct gm_quote *out, const struct gm_migration *migration,
		     const struct gm_dialect *dialect,
		     const struct gm_object *object);
void gm_quote_release(struct gm_quote *quote);

#endif
