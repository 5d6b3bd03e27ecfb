/*
 * What people read: errors, hints, notices, colours.
 */
#ifndef GM_CMD_OUTPUT_H
#define GM_CMD_OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/strbuf.h"
#include "git/config.h"
#include "series/finding.h"

/*
 * Prints the error and its hints, and returns the exit status that goes
 * with its code: 1 where the answer is no, else 128.
 */
int gm_print_error(const struct gm_error *err);

/* "warning: …" on stderr. */
void gm_print_warning(const char *fmt, ...) GM_PRINTF(1, 2);

/* "note: …" on stderr. */
void gm_print_note(const char *fmt, ...) GM_PRINTF(1, 2);

/* "hint: …" on stderr. */
void gm_print_hint(const char *fmt, ...) GM_PRINTF(1, 2);

/* A finding as compilers print it: PATH:LINE: LEVEL: MESSAGE [RULE]. */
void gm_print_finding(const struct gm_finding *finding, FILE *out);

/* Text with control characters made visible, but for line ends and tabs. */
void gm_print_text(const char *text, FILE *out);

enum colour {
	COLOUR_NONE,
	COLOUR_GREEN,
	COLOUR_YELLOW,
	COLOUR_RED,
	COLOUR_BLUE,
	COLOUR_MAGENTA,
	COLOUR_CYAN,
	COLOUR_COUNT
};

/*
 * Takes over what color.migrate, or else color.ui, says, for all that is
 * printed from here on: kept in the environment, as GIT_MIGRATE_COLOR, which
 * goes first where the user has set it.
 */
void gm_colour_configure(const struct gm_config *config);

/* Whether stdout wants colours. */
bool gm_colour_is_on(void);

/* Adds the text in that colour, where stdout wants colours. */
void gm_add_coloured(struct gm_strbuf *out, enum colour colour,
		     const char *text);

/* Prints it, padded to `width`. */
void gm_print_coloured(enum colour colour, int width, const char *text);

/* "1 migration", "2 migrations": a count and its noun, in a static-free
 * buffer of the caller's. */
const char *gm_plural(char buf[64], size_t n, const char *noun);

#endif
