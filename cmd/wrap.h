/*
 * Text for a terminal of 80 columns.
 */
#ifndef GM_CMD_WRAP_H
#define GM_CMD_WRAP_H

#include <stdio.h>

/* Prints the first `len` bytes of the text and a line end. The text begins in
 * column `column`, counted from 0; the lines that it is wrapped into begin in
 * column `indent`. What brackets hold stays on a line. */
void gm_print_wrapped(FILE *out, const char *text, size_t len, size_t column,
		      size_t indent);

#endif
