/*
 * A target's URL, taken apart. The password never leaves through a message:
 * what is printed is the redacted form.
 */
#ifndef GM_DB_URL_H
#define GM_DB_URL_H

#include <stdbool.h>

#include "base/error.h"
#include "base/strbuf.h"

/* How one is written, for a hint. */
#define GM_URL_FORMS                                                           \
	"write it as sqlite:PATH, postgres://USER@HOST/NAME or "               \
	"mysql://USER@HOST/NAME"

struct gm_url {
	/* The text as it was given, secrets included: for the driver only. */
	char *text;
	/* In lower case: "sqlite", "postgres", "mysql", … */
	char *scheme;
	/* Decoded; NULL where absent. sqlite: only `path`, which is what
	 * follows the colon (up to a '?'), `//` in front of it taken away.
	 * Elsewhere `path` has no '/' in front. Of several hosts, `host` and
	 * `port` are lists with commas between them. */
	char *user;
	char *password;
	char *host;
	char *port;
	char *path;
	/* What follows the '?', not decoded; NULL where absent. */
	char *query;
};

/*
 * Takes the text apart. GM_EINVALID for a text that is no URL, has a bad
 * percent-escape, a control character in any decoded part, or can be read
 * in two ways (a bare '@' or '/' in a password). The message never quotes a
 * part that may be secret.
 */
int gm_url_parse(struct gm_url *out, const char *text, struct gm_error *err);
void gm_url_release(struct gm_url *url);

/* The URL with the password left out, from the authority as well as from
 * the query (password=, sslpassword=, …). The caller frees it. */
char *gm_url_redacted(const struct gm_url *url);

/*
 * Every host that isn't this machine, which is: absent, a socket's directory,
 * localhost, a loopback address. All count that the URL or its query names,
 * and a service as "service=NAME", for its file may name any.
 */
void gm_url_hosts_away(const struct gm_url *url, struct gm_strings *out);
bool gm_url_is_local(const struct gm_url *url);

/* A parameter of the query, decoded, the last of that name; NULL where
 * absent. The caller frees it. */
char *gm_url_parameter(const struct gm_url *url, const char *name);

#endif
