/*
 * The layout: each side's lines are made first, then put beside or under
 * each other.
 */
#include "cmd/sides.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/output.h"
#include "work/quote.h"

/* From so many columns on there is room for two. */
#define WIDE 110

/* How many pairs of statements are shown, and how many objects of each. */
#define PAIRS_MAX 5
#define OBJECTS_MAX 6

char *gm_place_text(const char *path, const struct gm_object *object)
{
	char *what = gm_object_text(object);
	char *text = gm_format("%s:%zu: %s", path, object->line, what);

	free(what);
	return text;
}

/* As git does: COLUMNS, then the terminal. */
static size_t columns(FILE *out)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;

	if (text && strtol(text, NULL, 10) > 0)
		return (size_t)strtol(text, NULL, 10);
	if (!ioctl(fileno(out), TIOCGWINSZ, &size) && size.ws_col)
		return size.ws_col;
	return 80;
}

/* Tabs as blanks, so that a line has a width. */
static char *expand(const char *text, size_t len)
{
	struct gm_strbuf out = { 0 };
	size_t i;

	for (i = 0; i < len; i++) {
		if (text[i] != '\t') {
			gm_strbuf_addc(&out, text[i]);
			continue;
		}
		do
			gm_strbuf_addc(&out, ' ');
		while (out.len % 4);
	}
	return gm_strbuf_take(&out);
}

static void add_quote(struct gm_strings *lines,
		      const struct gm_migration *migration,
		      const struct gm_dialect *dialect,
		      const struct gm_object *object)
{
	struct gm_quote quote = { 0 };
	size_t i;

	gm_quote_object(&quote, migration, dialect, object);
	for (i = 0; i < quote.n; i++) {
		const struct gm_quoted_line *line = &quote.v[i];
		char *text = line->len ? expand(line->text, line->len)
				       : gm_strdup("");

		gm_strings_take(lines,
				line->number
					? gm_format("%6zu%s%s", line->number,
						    *text ? "  " : "", text)
					: gm_strdup("     …"));
		free(text);
	}
	gm_quote_release(&quote);
}

static bool is_continuation(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Prints the text in so many columns: cut, and filled if need be. */
static void print_column(FILE *out, const char *text, size_t width, bool fill)
{
	char *shown = gm_printable(text);
	size_t used = 0;
	const char *p;

	for (p = shown; *p; p++)
		used += !is_continuation(*p);
	if (used > width) {
		for (used = 0, p = shown; used < width; p++)
			used += !is_continuation(*p);
		fprintf(out, "%.*s…", (int)(p - shown - 1), shown);
	} else {
		fputs(shown, out);
	}
	while (fill && used++ < width)
		fputc(' ', out);
	free(shown);
}

static void print_beside(FILE *out, const struct gm_strings *a,
			 const struct gm_strings *b, size_t width)
{
	size_t half = (width - 5) / 2;
	size_t i;

	for (i = 0; i < a->n || i < b->n; i++) {
		fputs("  ", out);
		print_column(out, i < a->n ? a->v[i] : "", half, true);
		fputs(i < b->n ? " │ " : " │", out);
		if (i < b->n)
			print_column(out, b->v[i], half, false);
		fputc('\n', out);
	}
}

static void print_under(FILE *out, const struct gm_strings *lines)
{
	size_t i;

	for (i = 0; i < lines->n; i++) {
		char *shown = gm_printable(lines->v[i]);

		fprintf(out, "  %s\n", shown);
		free(shown);
	}
}

/* The objects of one side, each once, of all overlaps between the same two
 * statements. */
static void add_objects(struct gm_strings *lines, const char *path,
			const struct gm_overlaps *overlaps,
			const struct gm_overlap *first, bool of_b)
{
	size_t left_out = 0;
	size_t i;

	for (i = (size_t)(first - overlaps->v); i < overlaps->n; i++) {
		const struct gm_overlap *o = &overlaps->v[i];
		char *text;

		if (o->a->line != first->a->line ||
		    o->b->line != first->b->line)
			continue;
		text = gm_place_text(path, of_b ? o->b : o->a);
		if (gm_strings_has(lines, text))
			;
		else if (lines->n < OBJECTS_MAX)
			gm_strings_add(lines, text);
		else
			left_out++;
		free(text);
	}
	if (left_out)
		gm_strings_take(lines, gm_format("… and %zu more", left_out));
}

/* Between the same two statements; the lists are short, see gm_overlaps. */
static bool was_shown(const struct gm_overlaps *overlaps, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (overlaps->v[k].a->line == overlaps->v[i].a->line &&
		    overlaps->v[k].b->line == overlaps->v[i].b->line)
			return true;
	return false;
}

void gm_print_overlaps(FILE *out, const struct gm_dialect *dialect,
		       const char *a_path, const struct gm_migration *a,
		       const char *b_path, const struct gm_migration *b,
		       const struct gm_overlaps *overlaps)
{
	size_t width = columns(out);
	size_t pairs = 0;
	size_t i;

	for (i = 0; i < overlaps->n; i++) {
		const struct gm_overlap *o = &overlaps->v[i];
		struct gm_strings left = { 0 };
		struct gm_strings right = { 0 };

		if (was_shown(overlaps, i) || ++pairs > PAIRS_MAX)
			continue;
		add_objects(&left, a_path, overlaps, o, false);
		add_objects(&right, b_path, overlaps, o, true);
		if (a && b) {
			add_quote(&left, a, dialect, o->a);
			add_quote(&right, b, dialect, o->b);
		}
		if (width >= WIDE) {
			print_beside(out, &left, &right, width);
		} else {
			print_under(out, &left);
			print_under(out, &right);
		}
		gm_strings_release(&left);
		gm_strings_release(&right);
	}
	if (pairs > PAIRS_MAX)
		fprintf(out, "  … and %s%zu more pairs of statements\n",
			overlaps->cut ? "over " : "", pairs - PAIRS_MAX);
}

void gm_print_files(FILE *out, const char *verdict, const char *a,
		    const char *b)
{
	char *shown_a = gm_printable(a);
	char *shown_b = gm_printable(b);

	fprintf(out, "%s: %s and %s", verdict, shown_a, shown_b);
	free(shown_a);
	free(shown_b);
}

void gm_print_pair(FILE *out, const struct gm_pair *pair, bool with_lines)
{
	static const enum colour colours[GM_PAIR_COUNT] = {
		[GM_PAIR_UNKNOWN] = COLOUR_YELLOW,
		[GM_PAIR_CONFLICT] = COLOUR_RED,
		[GM_PAIR_COLLISION] = COLOUR_RED,
	};
	const char *verdict = gm_pair_verdict_name(pair->verdict);

	if (out == stdout)
		gm_print_coloured(colours[pair->verdict], 0, verdict);
	gm_print_files(out, out == stdout ? "" : verdict, pair->a->file.path,
		       pair->b->file.path);
	if (pair->reason) {
		fputs(": ", out);
		gm_print_text(pair->reason, out);
	}
	fputc('\n', out);
	gm_print_overlaps(out, pair->dialect, pair->a->file.path,
			  with_lines ? pair->a->migration : NULL,
			  pair->b->file.path,
			  with_lines ? pair->b->migration : NULL,
			  &pair->overlaps);
}
