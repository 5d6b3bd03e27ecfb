/*
 * Strings that grow, and lists of strings.
 */
#include "base/strbuf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void gm_strbuf_reserve(struct gm_strbuf *sb, size_t extra)
{
	size_t need = sb->len + extra + 1;

	if (need <= sb->cap)
		return;
	sb->cap = need < 2 * sb->cap ? 2 * sb->cap : need;
	if (sb->cap < 64)
		sb->cap = 64;
	sb->buf = gm_realloc(sb->buf, sb->cap, 1);
	sb->buf[sb->len] = '\0';
}

void gm_strbuf_add(struct gm_strbuf *sb, const void *bytes, size_t len)
{
	gm_strbuf_reserve(sb, len);
	if (len)
		memcpy(sb->buf + sb->len, bytes, len);
	sb->len += len;
	sb->buf[sb->len] = '\0';
}

void gm_strbuf_adds(struct gm_strbuf *sb, const char *s)
{
	gm_strbuf_add(sb, s, strlen(s));
}

void gm_strbuf_addc(struct gm_strbuf *sb, char c)
{
	gm_strbuf_add(sb, &c, 1);
}

void gm_strbuf_vaddf(struct gm_strbuf *sb, const char *fmt, va_list args)
{
	va_list again;
	int len;

	va_copy(again, args);
	len = vsnprintf(NULL, 0, fmt, args);
	if (len > 0) {
		gm_strbuf_reserve(sb, (size_t)len);
		vsnprintf(sb->buf + sb->len, (size_t)len + 1, fmt, again);
		sb->len += (size_t)len;
	}
	va_end(again);
}

void gm_strbuf_addf(struct gm_strbuf *sb, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	gm_strbuf_vaddf(sb, fmt, args);
	va_end(args);
}

void gm_strbuf_cut(struct gm_strbuf *sb, size_t len)
{
	sb->len = len;
	if (sb->buf)
		sb->buf[len] = '\0';
}

const char *gm_strbuf_str(const struct gm_strbuf *sb)
{
	return sb->buf ? sb->buf : "";
}

char *gm_strbuf_take(struct gm_strbuf *sb)
{
	char *s;

	gm_strbuf_reserve(sb, 0);
	s = sb->buf;
	memset(sb, 0, sizeof(*sb));
	return s;
}

void gm_strbuf_release(struct gm_strbuf *sb)
{
	if (!sb)
		return;
	free(sb->buf);
	memset(sb, 0, sizeof(*sb));
}

char *gm_vformat(const char *fmt, va_list args)
{
	struct gm_strbuf sb = { 0 };

	gm_strbuf_vaddf(&sb, fmt, args);
	return gm_strbuf_take(&sb);
}

char *gm_format(const char *fmt, ...)
{
	va_list args;
	char *s;

	va_start(args, fmt);
	s = gm_vformat(fmt, args);
	va_end(args);
	return s;
}

bool gm_starts_with(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool gm_ends_with(const char *s, const char *suffix)
{
	size_t len = strlen(s);
	size_t tail = strlen(suffix);

	return len >= tail && !strcmp(s + len - tail, suffix);
}

bool gm_holds_word(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);
	size_t i;
	size_t k;

	for (i = 0; i + n <= len; i++) {
		for (k = 0; k < n && (text[i + k] | 0x20) == word[k]; k++)
			;
		if (k == n)
			return true;
	}
	return false;
}

char *gm_printable(const char *s)
{
	struct gm_strbuf sb = { 0 };

	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;

		if (c < 0x20 || c == 0x7f)
			gm_strbuf_addf(&sb, "\\x%02x", c);
		else
			gm_strbuf_addc(&sb, *s);
	}
	return gm_strbuf_take(&sb);
}

char *gm_shell_word(const char *s)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyz"
				    "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789_-./@%+=:,";
	struct gm_strbuf sb = { 0 };

	if (*s && !s[strspn(s, plain)])
		return gm_strdup(s);
	gm_strbuf_addc(&sb, '\'');
	for (; *s; s++) {
		if (*s == '\'')
			gm_strbuf_adds(&sb, "'\\'");
		gm_strbuf_addc(&sb, *s);
	}
	gm_strbuf_addc(&sb, '\'');
	return gm_strbuf_take(&sb);
}

void gm_strings_take(struct gm_strings *list, char *s)
{
	GM_GROW(list->v, list->n, list->cap);
	list->v[list->n++] = s;
}

void gm_strings_add(struct gm_strings *list, const char *s)
{
	gm_strings_take(list, gm_strdup(s));
}

bool gm_strings_has(const struct gm_strings *list, const char *s)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (!strcmp(list->v[i], s))
			return true;
	return false;
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void gm_strings_sort(struct gm_strings *list)
{
	if (list->n)
		qsort(list->v, list->n, sizeof(*list->v), by_bytes);
}

void gm_strings_release(struct gm_strings *list)
{
	size_t i;

	if (!list)
		return;
	for (i = 0; i < list->n; i++)
		free(list->v[i]);
	free(list->v);
	memset(list, 0, sizeof(*list));
}
