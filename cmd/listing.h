/*
 * A list for programs: the same rows as tab-separated lines or as JSON.
 */
#ifndef GM_CMD_LISTING_H
#define GM_CMD_LISTING_H

#include <stdbool.h>
#include <stdint.h>

#include "base/strbuf.h"
#include "cmd/command.h"

struct listing;

/* NULL where the command line asks for neither form: then the command
 * prints for people. `rows` is the name of the array in JSON. */
struct listing *gm_listing_new(const struct common *values, const char *rows);

/* JSON whose whole is the array of the rows. */
struct listing *gm_listing_array(void);

/* Begins a row. */
void gm_listing_row(struct listing *listing);

/*
 * A column, in both forms. Text NULL is an empty field and null. In
 * tab-separated lines tabs, line ends and backslashes of a text are written
 * \t, \n and \\. A negative number isn't known: an empty field and null.
 */
void gm_listing_text(struct listing *listing, const char *name,
		     const char *text);
void gm_listing_int(struct listing *listing, const char *name, int64_t number);

/* Only for JSON: an object within the row, whose members follow until it is
 * closed. At most three deep. */
void gm_listing_open(struct listing *listing, const char *name);
void gm_listing_close(struct listing *listing);

/* What only JSON has, in the row, or before the first one beside the
 * rows. */
void gm_listing_extra_text(struct listing *listing, const char *name,
			   const char *text);
void gm_listing_extra_int(struct listing *listing, const char *name,
			  int64_t number);
void gm_listing_extra_bool(struct listing *listing, const char *name,
			   bool value);
void gm_listing_extra_list(struct listing *listing, const char *name,
			   const struct gm_strings *list);

/* Prints what isn't printed yet, and frees. Accepts NULL. */
void gm_listing_finish(struct listing *listing);

#endif
