/*
 * Wraps what -h prints. A usage line is broken between two groups of options,
 * and never within one.
 */
#include "cmd/wrap.h"

#include <stdbool.h>

#define COLUMNS 80

/* How many bytes come before the next space outside of brackets, and how many
 * columns they fill. */
static size_t next_word(const char *text, size_t len, size_t *columns)
{
	int depth = 0;
	size_t i;

	*columns = 0;
	for (i = 0; i < len && (depth > 0 || text[i] != ' '); i++) {
		depth += text[i] == '[' || text[i] == '(';
		depth -= text[i] == ']' || text[i] == ')';
		*columns += ((unsigned char)text[i] & 0xc0) != 0x80;
	}
	return i;
}

void gm_print_wrapped(FILE *out, const char *text, size_t len, size_t column,
		      size_t indent)
{
	bool is_first = true;

	while (len) {
		size_t columns;
		size_t size = next_word(text, len, &columns);

		if (!is_first && column + 1 + columns > COLUMNS) {
			fprintf(out, "\n%*s", (int)indent, "");
			column = indent;
		} else if (!is_first) {
			fputc(' ', out);
			column++;
		}
		fwrite(text, 1, size, out);
		column += columns;
		is_first = false;
		text += size;
		len -= size;
		if (len) {
			text++;
			len--;
		}
	}
	fputc('\n', out);
}
