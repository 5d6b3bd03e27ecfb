/*
 * Two migrations in each other's way, as people see them: the objects, and
 * the SQL lines of both, side by side where the terminal is wide enough.
 */
#ifndef GM_CMD_SIDES_H
#define GM_CMD_SIDES_H

#include <stdio.h>

#include "work/conflicts.h"

/*
 * Prints what overlaps. The paths are how messages call the two files. `a`
 * and `b` NULL: without their lines. `dialect` is the footprints'.
 */
void gm_print_overlaps(FILE *out, const struct gm_dialect *dialect,
		       const char *a_path, const struct gm_migration *a,
		       const char *b_path, const struct gm_migration *b,
		       const struct gm_overlaps *overlaps);

/* "conflict: A.sql and B.sql", without a line's end. */
void gm_print_files(FILE *out, const char *verdict, const char *a,
		    const char *b);

/* The pair's verdict, files, reason and what overlaps. */
void gm_print_pair(FILE *out, const struct gm_pair *pair, bool with_lines);

/* "migrations/0002_a.sql:4: drops column 'users.email'"; the caller frees
 * it. */
char *gm_place_text(const char *path, const struct gm_object *object);

#endif
