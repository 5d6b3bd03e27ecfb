/*
 * Printing for people: what went wrong goes to stderr, with what to type
 * next.
 */
#include "cmd/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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

void gm_colour_configure(const struct gm_config *config)
{
	const struct gm_config_entry *entry;

	entry = gm_config_find_user(config, "color.migrate");
	if (!entry)
		entry = gm_config_find_user(config, "color.ui");
	if (entry)
		setenv("GIT_MIGRATE_COLOR", entry->value, 0);
}

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcasecmp(word, *words) != 0)
		words++;
	return *words != NULL;
}

/* As git does: what a pager shows is seen on a terminal. */
bool gm_colour_is_on(void)
{
	static const char *const no_words[] = { "never", "false", "no", "off",
						"0",	 "",	  NULL };
	static const char *const yes_words[] = { "true", "yes", "on", "1",
						 NULL };
	const char *when = getenv("GIT_MIGRATE_COLOR");
	const char *term = getenv("TERM");
	const char *no = getenv("NO_COLOR");

	if (when && !strcasecmp(when, "always"))
		return true;
	if (when && is_one_of(when, no_words))
		return false;
	if (no && *no)
		return false;
	if (!term || !strcmp(term, "dumb"))
		return false;
	when = getenv("GIT_PAGER_IN_USE");
	return isatty(STDOUT_FILENO) || (when && is_one_of(when, yes_words));
}

void gm_add_coloured(struct gm_strbuf *out, enum colour colour,
		     const char *text)
{
	static const char *const codes[COLOUR_COUNT] = {
		[COLOUR_NONE] = "",	      [COLOUR_GREEN] = "\033[32m",
		[COLOUR_YELLOW] = "\033[33m", [COLOUR_RED] = "\033[31m",
		[COLOUR_BLUE] = "\033[34m",   [COLOUR_MAGENTA] = "\033[35m",
		[COLOUR_CYAN] = "\033[36m",
	};
	bool on = colour != COLOUR_NONE && gm_colour_is_on();

	gm_strbuf_addf(out, "%s%s%s", on ? codes[colour] : "", text,
		       on ? "\033[m" : "");
}

void gm_print_coloured(enum colour colour, int width, const char *text)
{
	struct gm_strbuf out = { 0 };
	char *padded = gm_format("%-*s", width, text);

	gm_add_coloured(&out, colour, padded);
	fputs(gm_strbuf_str(&out), stdout);
	gm_strbuf_release(&out);
	free(padded);
}

const char *gm_plural(char buf[64], size_t n, const char *noun)
{
	snprintf(buf, 64, "%zu %s%s", n, noun, n == 1 ? "" : "s");
	return buf;
}
