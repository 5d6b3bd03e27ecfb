/*
 * REV: from what a user types to one migration. The ways to read it are
 * tried in the manual's order; the first that fits anything decides.
 */
#include "series/names.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/similar.h"
#include "series/parse.h"

enum {
	LEAST_CHECKSUM = 7
};

/* What is looked for; `app` NULL: in all of them. */
struct query {
	const struct gm_name *names;
	size_t n;
	const char *app;
	const char *text;
};

static size_t number_length(const char *id)
{
	return strspn(id, "0123456789");
}

/* After the number, or NULL where there is nothing. */
static const char *slug(const char *id)
{
	size_t digits = number_length(id);

	return digits && id[digits] && id[digits + 1] ? id + digits + 1 : NULL;
}

static bool is_id(const struct gm_name *name, const char *text)
{
	return !strcmp(name->id, text);
}

static bool is_number(const struct gm_name *name, const char *text)
{
	size_t len = strlen(text);
	size_t id_len = number_length(name->id);
	size_t zeros = strspn(text, "0");
	size_t id_zeros = strspn(name->id, "0");

	return number_length(text) == len && len - zeros == id_len - id_zeros &&
	       !memcmp(text + zeros, name->id + id_zeros, len - zeros);
}

/* A date's suffix may count as part of the number: 20261120_02_slug. */
static bool is_slug(const struct gm_name *name, const char *text)
{
	const char *s = slug(name->id);

	if (!s)
		return false;
	if (!strcmp(s, text))
		return true;
	s = number_length(s) >= 2 ? slug(s) : NULL;
	return s && !strcmp(s, text);
}

static bool is_start(const struct gm_name *name, const char *text)
{
	return gm_starts_with(name->id, text);
}

static bool is_checksum(const struct gm_name *name, const char *text)
{
	const char *digits = text + strlen(GM_CHECKSUM_TAG);

	return gm_starts_with(text, GM_CHECKSUM_TAG) &&
	       strlen(digits) >= LEAST_CHECKSUM &&
	       gm_is_hex(digits, strlen(digits)) &&
	       gm_starts_with(name->checksum, digits);
}

static bool in_app(const struct query *q, size_t i)
{
	return !q->app || !strcmp(q->names[i].app, q->app);
}

static int ambiguous(const struct query *q,
		     bool (*fits)(const struct gm_name *, const char *),
		     const char *rev, struct gm_error *err)
{
	const size_t shown = 6;
	struct gm_strbuf list = { 0 };
	size_t i, n = 0;

	for (i = 0; i < q->n; i++) {
		char *name, *text;

		if (!in_app(q, i) || !fits(&q->names[i], q->text) ||
		    n++ >= shown)
			continue;
		name = gm_migration_name(q->names[i].app, q->names[i].id);
		text = gm_printable(name);
		gm_strbuf_addf(&list, "%s'%s'", n > 1 ? ", " : "", text);
		free(text);
		free(name);
	}
	if (n > shown)
		gm_strbuf_addf(&list, " and %zu more", n - shown);
	gm_error_set(err, GM_EINVALID, "'%s' is ambiguous: it fits %s", rev,
		     gm_strbuf_str(&list));
	gm_strbuf_release(&list);
	return gm_error_hint(err, "type more of the id");
}

static int descending(const void *a, const void *b)
{
	long long x = *(const long long *)a, y = *(const long long *)b;

	return (x < y) - (x > y);
}

/* `@` and `@~N`: the N-th before the newest that is applied. */
static int applied(size_t *index, const struct query *q, const char *rev,
		   struct gm_error *err)
{
	const char *digits = q->text + (q->text[1] ? 2 : 1);
	size_t i, n = 0, back = *digits ? 0 : q->text[1] == '~';
	long long *positions, wanted = 0;

	if ((q->text[1] && q->text[1] != '~') || digits[number_length(digits)])
		return gm_error_set(err, GM_EINVALID,
				    "'%s' is not of the form @~N", rev);
	for (; *digits && back <= q->n; digits++)
		back = back * 10 + (size_t)(*digits - '0');
	positions = gm_calloc(q->n, sizeof(*positions));
	for (i = 0; i < q->n; i++)
		if (in_app(q, i) && q->names[i].position > 0)
			positions[n++] = q->names[i].position;
	if (n)
		qsort(positions, n, sizeof(*positions), descending);
	if (back < n)
		wanted = positions[back];
	free(positions);
	for (i = 0; i < q->n && wanted; i++) {
		if (!in_app(q, i) || q->names[i].position != wanted)
			continue;
		*index = i;
		return 0;
	}
	if (!n)
		return gm_error_set(err, GM_ENOTFOUND,
				    "'%s' names nothing: no migration is "
				    "applied",
				    rev);
	return gm_error_set(err, GM_ENOTFOUND,
			    "'%s' goes back too far: migrations applied: %zu",
			    rev, n);
}

static void hint_nearest(const struct query *q, const char *word,
			 struct gm_error *err)
{
	char *text = gm_printable(word);

	gm_error_hint(err, "did you mean '%s%s%s'?", q->app ? q->app : "",
		      q->app ? "/" : "", text);
	free(text);
}

static int not_found(const struct query *q, const char *rev,
		     struct gm_error *err)
{
	const char **words = gm_calloc(2 * q->n, sizeof(char *));
	const char *nearest;
	size_t i, n = 0;

	for (i = 0; i < q->n; i++) {
		if (!in_app(q, i))
			continue;
		words[n++] = q->names[i].id;
		if (slug(q->names[i].id))
			words[n++] = slug(q->names[i].id);
	}
	nearest = gm_similar(q->text, words, n);
	if (q->app && !n)
		gm_error_set(err, GM_ENOTFOUND,
			     "'%s' names nothing: no app of that name has "
			     "migrations",
			     rev);
	else
		gm_error_set(err, GM_ENOTFOUND, "there is no migration '%s'",
			     rev);
	if (nearest)
		hint_nearest(q, nearest, err);
	else
		gm_error_hint(err, "see what there is with "
				   "'git migrate status'");
	free(words);
	return GM_ENOTFOUND;
}

static int resolve(size_t *index, const struct query *q, const char *rev,
		   struct gm_error *err)
{
	static bool (*const ways[])(const struct gm_name *, const char *) = {
		is_id, is_number, is_slug, is_start, is_checksum,
	};
	size_t way, i, n;

	if (!*q->text)
		return gm_error_set(err, GM_EINVALID, "'%s' names no migration",
				    rev);
	for (way = 0; way < GM_ARRAY_SIZE(ways); way++) {
		for (n = 0, i = 0; i < q->n; i++) {
			if (!in_app(q, i) || !ways[way](&q->names[i], q->text))
				continue;
			*index = i;
			n++;
		}
		if (n == 1)
			return 0;
		if (n)
			return ambiguous(q, ways[way], rev, err);
	}
	if (q->text[0] == '@')
		return applied(index, q, rev, err);
	return not_found(q, rev, err);
}

int gm_name_resolve(size_t *index, const struct gm_name *names, size_t n,
		    const char *rev, struct gm_error *err)
{
	const char *slash = strchr(rev, '/');
	struct query q = { .names = names, .n = n, .text = rev };
	char *app = NULL;
	char *shown = gm_printable(rev);
	int rc;

	if (slash) {
		app = gm_strndup(rev, (size_t)(slash - rev));
		q.app = app;
		q.text = slash + 1;
	}
	rc = resolve(index, &q, shown, err);
	free(shown);
	free(app);
	return rc;
}
