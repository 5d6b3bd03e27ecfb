/*
 * The lines `-- migrate:KEY VALUE`: how one is recognised, and what those of
 * a file's header mean.
 */
#include "series/parse.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/similar.h"
#include "series/series.h"

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

bool gm_directive_read(struct gm_directive *out, const char *line, size_t len)
{
	static const char word[] = "migrate:";
	const size_t word_len = sizeof(word) - 1;
	const char *p = line + 2, *end = line + len;

	if (len < 2 || line[0] != '-' || line[1] != '-')
		return false;
	while (p < end && is_blank(*p))
		p++;
	if ((size_t)(end - p) < word_len || memcmp(p, word, word_len))
		return false;
	p += word_len;
	out->key = p;
	while (p < end && !is_blank(*p))
		p++;
	out->key_len = (size_t)(p - out->key);
	while (p < end && is_blank(*p))
		p++;
	while (end > p && is_blank(end[-1]))
		end--;
	out->value = p;
	out->value_len = (size_t)(end - p);
	return true;
}

static bool equals(const char *s, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(s, word, len);
}

bool gm_directive_is(const struct gm_directive *d, const char *key)
{
	return equals(d->key, d->key_len, key);
}

bool gm_next_word(const char **text, size_t *len, const char **word,
		  size_t *word_len)
{
	const char *p = *text, *end = p + *len;

	while (p < end && is_blank(*p))
		p++;
	*word = p;
	while (p < end && !is_blank(*p))
		p++;
	*word_len = (size_t)(p - *word);
	*text = p;
	*len = (size_t)(end - p);
	return *word_len > 0;
}

bool gm_is_hex(const char *s, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (!((s[i] >= '0' && s[i] <= '9') ||
		      (s[i] >= 'a' && s[i] <= 'f')))
			return false;
	return true;
}

/* The text as it may be shown in a message; the caller frees it. */
static char *shown(const char *s, size_t len)
{
	char *raw = gm_strndup(s, len);
	char *text = gm_printable(raw);

	free(raw);
	return text;
}

int gm_unknown_directive(const struct gm_directive *d, struct gm_error *err)
{
	static const char *const keys[] = { "up",	   "down",
					    "verify",	   "parent",
					    "depends",	   "checksum",
					    "irreversible" };
	char *key = shown(d->key, d->key_len);
	const char *meant = gm_similar(key, keys, GM_ARRAY_SIZE(keys));
	int rc;

	if (!d->key_len)
		rc = gm_error_set(err, GM_EINVALID,
				  "there is no word behind 'migrate:'");
	else if (meant)
		rc = gm_error_set(err, GM_EINVALID,
				  "unknown directive 'migrate:%s'; did you "
				  "mean '%s'?",
				  key, meant);
	else
		rc = gm_error_set(err, GM_EINVALID,
				  "unknown directive 'migrate:%s'", key);
	free(key);
	return rc;
}

/* The id, the pin: GM_EINVALID with what the line should look like. */
static int bad_value(const char *what, const char *value, size_t len,
		     const char *form, struct gm_error *err)
{
	char *text = shown(value, len);

	if (len)
		gm_error_set(err, GM_EINVALID, "'%s' is not %s", text, what);
	else
		gm_error_set(err, GM_EINVALID, "%s is missing", what);
	free(text);
	return gm_error_hint(err, "write '-- migrate:%s'", form);
}

static int parent(struct gm_parser *p, const struct gm_directive *d,
		  struct gm_error *err)
{
	static const char form[] = "parent ID', '-- migrate:parent ID PIN' "
				   "or '-- migrate:parent none";
	struct gm_migration *m = p->m;
	const char *text = d->value, *id, *pin, *more;
	size_t len = d->value_len, id_len, pin_len, more_len;
	bool none;

	gm_next_word(&text, &len, &id, &id_len);
	gm_next_word(&text, &len, &pin, &pin_len);
	none = equals(id, id_len, "none");
	if (!none && !gm_id_is_valid(id, id_len))
		return bad_value("an id", id, id_len, form, err);
	if (pin_len &&
	    (none || pin_len != GM_PIN_HEX - 1 || !gm_is_hex(pin, pin_len)))
		return bad_value("a pin of 12 hexadecimal digits", pin, pin_len,
				 form, err);
	if (gm_next_word(&text, &len, &more, &more_len))
		return bad_value("part of a parent line", more, more_len, form,
				 err);
	if (m->root || (none && m->n_parents))
		return gm_error_set(err, GM_EINVALID,
				    "'parent none' and another parent line "
				    "exclude each other");
	if (none) {
		m->root = true;
		return 0;
	}
	if (equals(id, id_len, m->id))
		return gm_error_set(err, GM_EINVALID, "'%s' is its own parent",
				    m->id);
	m->parents = gm_realloc(m->parents, m->n_parents + 1,
				sizeof(*m->parents));
	memset(&m->parents[m->n_parents], 0, sizeof(*m->parents));
	m->parents[m->n_parents].id = gm_strndup(id, id_len);
	memcpy(m->parents[m->n_parents].pin, pin, pin_len);
	m->parents[m->n_parents].line = p->line;
	m->n_parents++;
	return 0;
}

static int depends(struct gm_parser *p, const struct gm_directive *d,
		   struct gm_error *err)
{
	struct gm_migration *m = p->m;
	const char *slash = memchr(d->value, '/', d->value_len);
	size_t app_len = slash ? (size_t)(slash - d->value) : 0;
	const char *id = slash ? slash + 1 : d->value;
	size_t id_len = d->value_len - (size_t)(id - d->value);
	struct gm_dependency *dep;

	if (!app_len || !gm_id_is_valid(id, id_len))
		return bad_value("an app and an id", d->value, d->value_len,
				 "depends APP/ID", err);
	if (equals(d->value, app_len, m->app)) {
		gm_error_set(err, GM_EINVALID,
			     "'%.*s' is in the same app, where order is a "
			     "matter of parents",
			     (int)id_len, id);
		return gm_error_hint(err, "write '-- migrate:parent ID'");
	}
	m->depends = gm_realloc(m->depends, m->n_depends + 1,
				sizeof(*m->depends));
	dep = &m->depends[m->n_depends++];
	dep->app = gm_strndup(d->value, app_len);
	dep->id = gm_strndup(id, id_len);
	dep->line = p->line;
	return 0;
}

static int checksum(struct gm_parser *p, const struct gm_directive *d,
		    struct gm_error *err)
{
	const size_t tag = sizeof(GM_CHECKSUM_TAG) - 1;
	struct gm_migration *m = p->m;
	const char *colon = memchr(d->value, ':', d->value_len);

	if (m->checksum_line)
		return gm_error_set(err, GM_EINVALID,
				    "there is a checksum in line %zu already",
				    m->checksum_line);
	if (colon &&
	    (d->value_len < tag || memcmp(d->value, GM_CHECKSUM_TAG, tag))) {
		char *name = shown(d->value, (size_t)(colon - d->value));

		gm_error_set(err, GM_EINVALID,
			     "unknown checksum algorithm '%s': this version "
			     "knows xxh3 only",
			     name);
		free(name);
		return GM_EINVALID;
	}
	if (d->value_len != tag + GM_HASH_HEX - 1 ||
	    !gm_is_hex(d->value + tag, GM_HASH_HEX - 1))
		return bad_value("a checksum", d->value, d->value_len,
				 "checksum " GM_CHECKSUM_TAG "' and 32 lower-"
				 "case hexadecimal digits, or take the line "
				 "out and run 'git migrate seal",
				 err);
	memcpy(m->written_checksum, d->value + tag, GM_HASH_HEX - 1);
	m->checksum_line = p->line;
	return 0;
}

static int irreversible(struct gm_parser *p, const struct gm_directive *d,
			struct gm_error *err)
{
	if (!d->value_len)
		return bad_value("the reason", "", 0, "irreversible REASON",
				 err);
	if (p->m->irreversible)
		return gm_error_set(err, GM_EINVALID,
				    "'irreversible' stands twice");
	p->m->irreversible = gm_strndup(d->value, d->value_len);
	return 0;
}

static const struct {
	const char *key;
	int (*read)(struct gm_parser *, const struct gm_directive *,
		    struct gm_error *);
} keys[] = {
	{ "parent", parent },
	{ "depends", depends },
	{ "checksum", checksum },
	{ "irreversible", irreversible },
};

bool gm_is_header_key(const struct gm_directive *d)
{
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(keys); i++)
		if (gm_directive_is(d, keys[i].key))
			return true;
	return false;
}

int gm_header_line(struct gm_parser *p, const struct gm_directive *d,
		   struct gm_error *err)
{
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(keys); i++)
		if (gm_directive_is(d, keys[i].key))
			return keys[i].read(p, d, err);
	return gm_unknown_directive(d, err);
}

static int by_id(const void *a, const void *b)
{
	const struct gm_parent *x = *(struct gm_parent *const *)a;
	const struct gm_parent *y = *(struct gm_parent *const *)b;
	int diff = strcmp(x->id, y->id);

	return diff ? diff : (x->line > y->line) - (x->line < y->line);
}

int gm_header_end(struct gm_parser *p, struct gm_error *err)
{
	struct gm_migration *m = p->m;
	struct gm_parent **sorted;
	size_t i;
	int rc = 0;

	if (m->n_parents < 2)
		return 0;
	sorted = gm_calloc(m->n_parents, sizeof(struct gm_parent *));
	for (i = 0; i < m->n_parents; i++)
		sorted[i] = &m->parents[i];
	qsort(sorted, m->n_parents, sizeof(struct gm_parent *), by_id);
	for (i = 1; i < m->n_parents && !rc; i++) {
		if (strcmp(sorted[i - 1]->id, sorted[i]->id))
			continue;
		p->line = sorted[i]->line;
		rc = gm_error_set(err, GM_EINVALID,
				  "the parent '%s' stands in line %zu already",
				  sorted[i]->id, sorted[i - 1]->line);
	}
	free(sorted);
	return rc;
}
