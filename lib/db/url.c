/*
 * Database URLs: taken apart, shown without their secrets, and judged by
 * the machine that they lead to. A URL in which a piece of a password could
 * be taken for something else is refused, so that it can't be printed.
 */
#include "db/url.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/strbuf.h"

/* A piece of the URL's text; `s` is NULL where the piece is absent. */
struct span {
	const char *s;
	size_t len;
};

struct spans {
	struct span scheme;
	struct span user;
	struct span password;
	struct span hosts;
	struct span path;
	struct span query;
};

static struct span span(const char *start, const char *end)
{
	struct span span = { start, (size_t)(end - start) };

	return span;
}

static const char *find(const struct span *in, char c)
{
	return in->s ? memchr(in->s, c, in->len) : NULL;
}

/* Takes what stands before the first `c` off the front, or everything. */
static struct span cut(struct span *from, char c)
{
	const char *end = from->s + from->len;
	const char *at = find(from, c);
	struct span first = span(from->s, at ? at : end);

	*from = at ? span(at + 1, end) : span(NULL, NULL);
	return first;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Adds the decoded piece to `out`. */
static int decode(struct gm_strbuf *out, struct span from, struct gm_error *err)
{
	size_t i;

	for (i = 0; i < from.len; i++) {
		char c = from.s[i];

		if (c == '%') {
			int high = -1;
			int low = -1;

			if (from.len - i > 2) {
				high = hex_digit(from.s[i + 1]);
				low = hex_digit(from.s[i + 2]);
			}
			if (high < 0 || low < 0)
				return gm_error_set(
					err, GM_EINVALID,
					"a '%%' in the database URL is not "
					"followed by two hexadecimal "
					"digits");
			c = (char)(high * 16 + low);
			i += 2;
		}
		if ((unsigned char)c < 0x20 || c == 0x7f)
			return gm_error_set(
				err, GM_EINVALID,
				"the database URL holds a control character");
		gm_strbuf_addc(out, c);
	}
	return 0;
}

/* *out is NULL where the piece is absent. */
static int decode_part(char **out, struct span from, struct gm_error *err)
{
	struct gm_strbuf sb = { 0 };
	int r = 0;

	*out = NULL;
	if (!from.s)
		return 0;
	r = decode(&sb, from, err);
	if (r)
		gm_strbuf_release(&sb);
	else
		*out = gm_strbuf_take(&sb);
	return r;
}

static bool is_file(struct span scheme)
{
	return (scheme.len == 6 && !strncasecmp(scheme.s, "sqlite", 6)) ||
	       (scheme.len == 7 && !strncasecmp(scheme.s, "sqlite3", 7));
}

static int doubtful(struct gm_error *err)
{
	gm_error_set(err, GM_EINVALID,
		     "the database URL can be read in two ways");
	return gm_error_hint(
		err, "in a user, a password or a name, write '@' as %%40, "
		     "':' as %%3A, '/' as %%2F, '?' as %%3F and '#' as %%23");
}

/* Takes USER:PASSWORD@HOSTS apart. */
static int split_authority(struct spans *out, struct span authority,
			   struct gm_error *err)
{
	const char *end = authority.s + authority.len;
	const char *at = NULL;
	const char *s;

	/* The last one: an '@' that was left as it is in a password must
	 * not make the rest of it a host. */
	for (s = authority.s; s < end; s++)
		if (*s == '@')
			at = s;
	if (at) {
		out->password = span(authority.s, at);
		out->user = cut(&out->password, ':');
	}
	out->hosts = span(at ? at + 1 : authority.s, end);
	if (find(&out->path, '@') || find(&out->hosts, '#'))
		return doubtful(err);
	return 0;
}

static int split(struct spans *out, const char *text, struct gm_error *err)
{
	const char *s = text;
	const char *end = text + strlen(text);
	struct span rest;

	memset(out, 0, sizeof(*out));
	while (isalnum((unsigned char)*s) || *s == '+' || *s == '-' ||
	       *s == '.')
		s++;
	if (*s != ':' || s == text || !isalpha((unsigned char)*text))
		goto no_url;
	out->scheme = span(text, s);
	rest = span(s + 1, end);
	if (!strncmp(rest.s, "//", 2))
		rest = span(rest.s + 2, end);
	else if (!is_file(out->scheme))
		goto no_url;
	out->query = rest;
	out->path = cut(&out->query, '?');
	if (is_file(out->scheme))
		return 0;
	rest = cut(&out->path, '/');
	return split_authority(out, rest, err);
no_url:
	gm_error_set(err, GM_EINVALID, "this is no database URL");
	gm_error_hint(err, GM_URL_FORMS);
	return GM_EINVALID;
}

/* HOST:PORT,HOST:PORT,…; a host may be an IPv6 address in brackets. */
static int read_hosts(struct gm_url *out, struct span hosts,
		      struct gm_error *err)
{
	struct gm_strbuf host = { 0 };
	struct gm_strbuf port = { 0 };
	bool has_port = false;
	const char *comma = "";
	int r = 0;

	while (!r && hosts.s) {
		struct span one = cut(&hosts, ',');
		struct span name;
		struct span number;

		if (one.len && *one.s == '[') {
			one = span(one.s + 1, one.s + one.len);
			name = cut(&one, ']');
			if (!one.s || (one.len && *one.s != ':')) {
				r = doubtful(err);
				break;
			}
			number = one.len ? span(one.s + 1, one.s + one.len)
					 : span(NULL, NULL);
		} else {
			number = one;
			name = cut(&number, ':');
		}
		gm_strbuf_adds(&host, comma);
		gm_strbuf_adds(&port, comma);
		comma = ",";
		has_port = has_port || number.len;
		if (strspn(number.len ? number.s : "", "0123456789") <
		    number.len)
			r = doubtful(err);
		gm_strbuf_add(&port, number.s, number.len);
		if (!r)
			r = decode(&host, name, err);
	}
	if (!r && host.len)
		out->host = gm_strbuf_take(&host);
	if (!r && has_port)
		out->port = gm_strbuf_take(&port);
	gm_strbuf_release(&host);
	gm_strbuf_release(&port);
	return r;
}

/* Whether each parameter can be decoded. */
static int check_query(struct span query, bool file, struct gm_error *err)
{
	struct gm_strbuf decoded = { 0 };
	int r = 0;

	while (!r && query.s) {
		struct span one = cut(&query, '&');

		r = decode(&decoded, one, err);
		if (!r && one.len && !file && !find(&one, '='))
			r = doubtful(err);
	}
	gm_strbuf_release(&decoded);
	return r;
}

int gm_url_parse(struct gm_url *out, const char *text, struct gm_error *err)
{
	struct spans spans;
	char *s;
	int r;

	memset(out, 0, sizeof(*out));
	r = split(&spans, text, err);
	if (r)
		return r;
	out->text = gm_strdup(text);
	out->scheme = gm_strndup(spans.scheme.s, spans.scheme.len);
	for (s = out->scheme; *s; s++)
		*s = (char)tolower((unsigned char)*s);
	r = check_query(spans.query, is_file(spans.scheme), err);
	if (!r)
		r = decode_part(&out->user, spans.user, err);
	if (!r)
		r = decode_part(&out->password, spans.password, err);
	if (!r)
		r = decode_part(&out->path, spans.path, err);
	if (!r)
		r = read_hosts(out, spans.hosts, err);
	if (!r && spans.query.s)
		out->query = gm_strndup(spans.query.s, spans.query.len);
	if (r)
		gm_url_release(out);
	return r;
}

void gm_url_release(struct gm_url *url)
{
	if (!url)
		return;
	free(url->text);
	free(url->scheme);
	free(url->user);
	free(url->password);
	free(url->host);
	free(url->port);
	free(url->path);
	free(url->query);
	memset(url, 0, sizeof(*url));
}

/* The decoded name of the query's first parameter, which is taken off;
 * *value is what follows the '='. NULL at the end. */
static char *next_parameter(struct span *query, struct span *value)
{
	struct gm_strbuf name = { 0 };

	if (!query->s)
		return NULL;
	*value = cut(query, '&');
	decode(&name, cut(value, '='), NULL);
	return gm_strbuf_take(&name);
}

static struct span query_of(const struct gm_url *url)
{
	return url->query ? span(url->query, url->query + strlen(url->query))
			  : span(NULL, NULL);
}

static bool is_secret(const char *name)
{
	static const char *const words[] = { "pass", "pwd", "secret", "token" };
	size_t i;

	for (; *name; name++)
		for (i = 0; i < GM_ARRAY_SIZE(words); i++)
			if (!strncasecmp(name, words[i], strlen(words[i])))
				return true;
	return false;
}

char *gm_url_redacted(const struct gm_url *url)
{
	struct gm_strbuf sb = { 0 };
	struct spans spans;
	char mark = '?';

	/* It was parsed before, so it can be split. */
	split(&spans, url->text, NULL);
	if (spans.password.s) {
		gm_strbuf_add(&sb, url->text,
			      (size_t)(spans.password.s - 1 - url->text));
		gm_strbuf_addc(&sb, '@');
		gm_strbuf_add(&sb, spans.hosts.s, spans.hosts.len);
	} else {
		const char *end = spans.hosts.s
					  ? spans.hosts.s + spans.hosts.len
					  : spans.path.s;

		gm_strbuf_add(&sb, url->text, (size_t)(end - url->text));
	}
	if (spans.hosts.s && spans.path.s)
		gm_strbuf_addc(&sb, '/');
	gm_strbuf_add(&sb, spans.path.s, spans.path.len);
	while (spans.query.s) {
		struct span rest = spans.query;
		struct span one = cut(&rest, '&');
		struct span value;
		char *name = next_parameter(&spans.query, &value);

		if (!is_secret(name)) {
			gm_strbuf_addc(&sb, mark);
			gm_strbuf_add(&sb, one.s, one.len);
			mark = '&';
		}
		free(name);
	}
	return gm_strbuf_take(&sb);
}

static bool is_this_machine(const char *host)
{
	unsigned char address[sizeof(struct in6_addr)];

	if (!*host || *host == '/' || *host == '@' ||
	    !strcasecmp(host, "localhost"))
		return true;
	if (inet_pton(AF_INET, host, address) == 1)
		return address[0] == 127;
	return inet_pton(AF_INET6, host, address) == 1 &&
	       !memcmp(address, &in6addr_loopback, sizeof(address));
}

/* Of a list with commas between the hosts. */
static void add_hosts_away(struct gm_strings *out, const char *hosts)
{
	struct span list = span(hosts, hosts + strlen(hosts));

	while (list.s) {
		struct span one = cut(&list, ',');
		char *host = gm_strndup(one.s, one.len);

		if (is_this_machine(host) || gm_strings_has(out, host))
			free(host);
		else
			gm_strings_take(out, host);
	}
}

void gm_url_hosts_away(const struct gm_url *url, struct gm_strings *out)
{
	struct span query = query_of(url);
	struct span value;
	char *name;

	if (url->host)
		add_hosts_away(out, url->host);
	while ((name = next_parameter(&query, &value))) {
		char *text = NULL;

		decode_part(&text, value.s ? value : span("", ""), NULL);
		if (!strcasecmp(name, "host") || !strcasecmp(name, "hostaddr"))
			add_hosts_away(out, text ? text : "");
		else if (!strcasecmp(name, "service") ||
			 !strcasecmp(name, "servicefile"))
			gm_strings_take(out, gm_format("%s=%s", name,
						       text ? text : ""));
		free(text);
		free(name);
	}
}

bool gm_url_is_local(const struct gm_url *url)
{
	struct gm_strings away = { 0 };
	bool local;

	gm_url_hosts_away(url, &away);
	local = !away.n;
	gm_strings_release(&away);
	return local;
}

char *gm_url_parameter(const struct gm_url *url, const char *wanted)
{
	struct span query = query_of(url);
	char *found = NULL;
	struct span value;
	char *name;

	while ((name = next_parameter(&query, &value))) {
		if (!strcmp(name, wanted)) {
			free(found);
			decode_part(&found, value.s ? value : span("", ""),
				    NULL);
		}
		free(name);
	}
	return found;
}
