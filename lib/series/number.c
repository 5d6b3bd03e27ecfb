/*
 * Ids and the numbers that they begin with. A number is kept as its digits:
 * nothing says that it fits into a machine's integer.
 */
#include "series/number.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

static const char *const numbering_names[] = {
	[GM_NUMBERING_TIMESTAMP] = "timestamp",
	[GM_NUMBERING_SEQUENCE] = "sequence",
	[GM_NUMBERING_DATE] = "date",
};

int gm_numbering_parse(enum gm_numbering *out, const char *word,
		       struct gm_error *err)
{
	char *text;
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(numbering_names); i++) {
		if (strcmp(word, numbering_names[i]))
			continue;
		*out = (enum gm_numbering)i;
		return 0;
	}
	text = gm_printable(word);
	gm_error_set(err, GM_EINVALID, "unknown numbering '%s'", text);
	free(text);
	return gm_error_hint(err, "it is timestamp, sequence or date");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static size_t count_digits(const char *s)
{
	size_t n = 0;

	while (is_digit(s[n]))
		n++;
	return n;
}

bool gm_id_is_valid(const char *id, size_t len)
{
	size_t i = 0;

	while (i < len && is_digit(id[i]))
		i++;
	if (!i || i + 1 >= len || (id[i] != '_' && id[i] != '-'))
		return false;
	for (i++; i < len; i++)
		if (!is_digit(id[i]) && !is_letter(id[i]) && id[i] != '.' &&
		    id[i] != '_' && id[i] != '-')
			return false;
	return true;
}

static void skip_zeros(const char **digits, size_t *len)
{
	while (*len && **digits == '0') {
		(*digits)++;
		(*len)--;
	}
}

/* The digits of a date's suffix, as in 20261120_02_slug; 0: there is none. */
static size_t suffix_length(const char *after_number)
{
	size_t n;

	if (*after_number != '_' && *after_number != '-')
		return 0;
	n = count_digits(after_number + 1);
	if (n < 2 || (after_number[n + 1] != '_' && after_number[n + 1] != '-'))
		return 0;
	return n;
}

void gm_number_read(struct gm_number *out, enum gm_numbering numbering,
		    const char *id)
{
	size_t digits = count_digits(id);

	out->digits = id;
	out->len = digits;
	out->suffix = "1";
	out->suffix_len = 1;
	if (numbering == GM_NUMBERING_DATE && suffix_length(id + digits)) {
		out->suffix = id + digits + 1;
		out->suffix_len = suffix_length(id + digits);
		skip_zeros(&out->suffix, &out->suffix_len);
	}
	skip_zeros(&out->digits, &out->len);
}

static int compare_digits(const char *a, size_t a_len, const char *b,
			  size_t b_len)
{
	if (a_len != b_len)
		return a_len < b_len ? -1 : 1;
	return a_len ? memcmp(a, b, a_len) : 0;
}

int gm_number_compare(const struct gm_number *a, const struct gm_number *b)
{
	int diff = compare_digits(a->digits, a->len, b->digits, b->len);

	if (diff)
		return diff;
	return compare_digits(a->suffix, a->suffix_len, b->suffix,
			      b->suffix_len);
}

int gm_id_compare(enum gm_numbering numbering, const char *a, const char *b)
{
	struct gm_number x, y;
	int diff;

	gm_number_read(&x, numbering, a);
	gm_number_read(&y, numbering, b);
	diff = gm_number_compare(&x, &y);
	return diff ? diff : strcmp(a, b);
}

bool gm_id_same_number(enum gm_numbering numbering, const char *a,
		       const char *b)
{
	struct gm_number x, y;

	gm_number_read(&x, numbering, a);
	gm_number_read(&y, numbering, b);
	return !gm_number_compare(&x, &y);
}

/* Adds one more than the number, with at least `width` digits. */
static void add_next(struct gm_strbuf *out, const char *digits, size_t len,
		     size_t width)
{
	char *next = gm_alloc(len + 1);
	size_t i = len;

	next[0] = '0';
	if (len)
		memcpy(next + 1, digits, len);
	while (i && next[i] == '9')
		next[i--] = '0';
	next[i]++;
	digits = next[0] == '0' ? next + 1 : next;
	len = next[0] == '0' ? len : len + 1;
	while (width-- > len)
		gm_strbuf_addc(out, '0');
	gm_strbuf_add(out, digits, len);
	free(next);
}

static const char *greatest_id(const struct gm_series *series, const char *app)
{
	const char *best = NULL;
	size_t i;

	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->v[i];

		if (strcmp(m->app, app))
			continue;
		if (!best || gm_id_compare(series->numbering, m->id, best) > 0)
			best = m->id;
	}
	return best;
}

void gm_next_number(enum gm_numbering numbering, const char *greatest,
		    const char *now, char **out)
{
	size_t digits = greatest ? count_digits(greatest) : 0;
	size_t now_len = numbering == GM_NUMBERING_DATE ? 8 : 14;
	struct gm_strbuf sb = { 0 };
	struct gm_number number;

	gm_number_read(&number, numbering, greatest ? greatest : "");
	if (numbering == GM_NUMBERING_SEQUENCE) {
		add_next(&sb, number.digits, number.len,
			 digits < 4 ? 4 : digits);
	} else if (!greatest || compare_digits(now, now_len, number.digits,
					       number.len) > 0) {
		gm_strbuf_add(&sb, now, now_len);
	} else if (numbering == GM_NUMBERING_TIMESTAMP) {
		add_next(&sb, number.digits, number.len, digits);
	} else {
		gm_strbuf_add(&sb, greatest, digits);
		gm_strbuf_addc(&sb, '_');
		add_next(&sb, number.suffix, number.suffix_len, 2);
	}
	*out = gm_strbuf_take(&sb);
}

void gm_series_next_number(const struct gm_series *series, const char *app,
			   const char *now, char **out)
{
	gm_next_number(series->numbering, greatest_id(series, app), now, out);
}

const char *gm_id_tail(enum gm_numbering numbering, const char *id)
{
	const char *tail = id + count_digits(id);
	size_t suffix = numbering == GM_NUMBERING_DATE ? suffix_length(tail)
						       : 0;

	return suffix ? tail + 1 + suffix : tail;
}

int gm_slug(char **out, const char *words, struct gm_error *err)
{
	struct gm_strbuf sb = { 0 };
	bool gap = false, any = false;
	char *text;

	*out = NULL;
	for (; *words; words++) {
		char c = *words;

		bool joins = (c == '.' || c == '-') && sb.len && !gap &&
			     (is_digit(words[1]) || is_letter(words[1]));

		/* A dot or a hyphen counts within a word only. */
		if (!is_digit(c) && !is_letter(c) && !joins) {
			gap = true;
			continue;
		}
		if (gap && sb.len)
			gm_strbuf_addc(&sb, '_');
		gap = false;
		any = any || is_digit(c) || is_letter(c);
		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		gm_strbuf_addc(&sb, c);
	}
	text = gm_strbuf_take(&sb);
	if (any) {
		*out = text;
		return 0;
	}
	free(text);
	gm_error_set(err, GM_EINVALID, "a name needs a letter or a digit");
	return gm_error_hint(err, "for instance: git migrate new add_users");
}
