/*
 * Printing for people: what went wrong goes to stderr, with what to type
 * next.
 */
#include "cmd/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/strbuf.h"
#include "cmd/command.h"

void gm_print_text(const char *text, FILE *out)
{
	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;

		if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f)
			fprintf(out, "\\x%02x", c);
		else
			fputc(c, out);
	}
}

/* Each line behind the word. */
static void print_lines(const char *word, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");
		char *line = gm_format("%.*s", (int)len, text);

		fputs(word, stderr);
		gm_print_text(line, stderr);
		fputc('\n', stderr);
		free(line);
		text += len + (text[len] == '\n');
	}
}

int gm_print_error(const struct gm_error *err)
{
	bool refused = err->code == GM_EREFUSED || err->code == GM_EBUSY;
	const char *message = err->message ? err->message : "unknown error";
	size_t len = strcspn(message, "\n");

	fflush(stdout);
	fputs(refused ? "error: " : "fatal: ", stderr);
	gm_print_text(message, stderr);
	if (*err->sqlstate)
		fprintf(stderr,
			message[len] ? "\n(SQLSTATE %s)" : " (SQLSTATE %s)",
			err->sqlstate);
	fputc('\n', stderr);
	if (err->hint)
		print_lines("hint: ", err->hint);
	return refused ? EXIT_NO : EXIT_FATAL;
}

static void print_message(const char *word, const char *fmt, va_list args)
	GM_PRINTF(2, 0);

static void print_message(const char *word, const char *fmt, va_list args)
{
	char *text = gm_vformat(fmt, args);

	fflush(stdout);
	print_lines(word, text);
	free(text);
}

void gm_print_warning(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_message("warning: ", fmt, args);
	va_end(args);
}

void gm_print_note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_message("note: ", fmt, args);
	va_end(args);
}

void gm_print_hint(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	print_message("hint: ", fmt, args);
	va_end(args);
}

void gm_print_finding(const struct gm_finding *finding, FILE *out)
{
	if (finding->path) {
		/* A line feed in a name would be a line of its own. */
		char *path = gm_printable(finding->path);

		fputs(path, out);
		if (finding->line)
			fprintf(out, ":%zu", finding->line);
		fputs(": ", out);
		free(path);
	}
	fprintf(out, "%s: ", gm_level_name(finding->level));
	gm_print_text(finding->message, out);
	fprintf(out, " [%s]\n", gm_rule_name(finding->rule));
}

void gm_print_coloured(enum colour colour, int width, const char *text)
{
	static const char *const codes[] = { "", "\033[32m", "\033[33m",
					     "\033[31m" };
	const char *term = getenv("TERM");
	const char *no = getenv("NO_COLOR");
	bool on = colour != COLOUR_NONE && isatty(STDOUT_FILENO) && term &&
		  strcmp(term, "dumb") && (!no || !*no);

	printf("%s%-*s%s", on ? codes[colour] : "", width, text,
	       on ? "\033[m" : "");
}

const char *gm_plural(char buf[64], size_t n, const char *noun)
{
	snprintf(buf, 64, "%zu %s%s", n, noun, n == 1 ? "" : "s");
	return buf;
}
