/*
 * What a mysql:// URL says: where the server is, and how to speak to it.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "drivers/mysql.h"

#define CONNECT_TIMEOUT_S 10

static const char *const parameters[] = { "socket",  "ssl-mode",
					  "ssl-ca",  "ssl-cert",
					  "ssl-key", "connect-timeout" };

static int check_parameters(const struct gm_url *url, struct gm_error *err)
{
	const char *p = url->query;
	size_t i;

	while (p && *p) {
		size_t len = strcspn(p, "=&");

		for (i = 0; i < GM_ARRAY_SIZE(parameters); i++)
			if (strlen(parameters[i]) == len &&
			    !memcmp(parameters[i], p, len))
				break;
		if (len && i == GM_ARRAY_SIZE(parameters)) {
			gm_error_set(err, GM_EINVALID,
				     "the database URL has an unknown "
				     "parameter '%.*s'",
				     (int)len, p);
			return gm_error_hint(err, "there are socket, ssl-mode, "
						  "ssl-ca, ssl-cert, ssl-key, "
						  "connect-timeout");
		}
		p += strcspn(p, "&");
		p += *p == '&';
	}
	return 0;
}

static int read_tls(struct gm_mysql_place *out, const struct gm_url *url,
		    struct gm_error *err)
{
	static const struct {
		const char *name;
		enum gm_mysql_tls tls;
	} modes[] = {
		{ "DISABLED", GM_MYSQL_TLS_DISABLED },
		{ "PREFERRED", GM_MYSQL_TLS_PREFERRED },
		{ "REQUIRED", GM_MYSQL_TLS_REQUIRED },
		{ "VERIFY_CA", GM_MYSQL_TLS_VERIFY_CA },
		{ "VERIFY_IDENTITY", GM_MYSQL_TLS_VERIFY_IDENTITY },
	};
	char *mode = gm_url_parameter(url, "ssl-mode");
	size_t i;

	out->ca = gm_url_parameter(url, "ssl-ca");
	out->cert = gm_url_parameter(url, "ssl-cert");
	out->key = gm_url_parameter(url, "ssl-key");
	/* Who names an authority wants it to be asked. */
	out->tls = out->ca ? GM_MYSQL_TLS_VERIFY_IDENTITY
			   : GM_MYSQL_TLS_PREFERRED;
	if (!mode)
		return 0;
	for (i = 0; i < GM_ARRAY_SIZE(modes); i++)
		if (!strcasecmp(mode, modes[i].name))
			break;
	free(mode);
	if (i < GM_ARRAY_SIZE(modes)) {
		out->tls = modes[i].tls;
		/* The library would ask nobody. */
		if (out->tls == GM_MYSQL_TLS_VERIFY_CA && !out->ca)
			return gm_error_set(err, GM_EINVALID,
					    "ssl-mode=verify_ca needs ssl-ca, "
					    "the authority's certificate");
		return 0;
	}
	gm_error_set(err, GM_EINVALID, "the database URL has a bad ssl-mode");
	return gm_error_hint(err, "there are disabled, preferred, required, "
				  "verify_ca, verify_identity");
}

static int read_number(unsigned *out, const char *text, unsigned max,
		       const char *what, struct gm_error *err)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end || !n || n > max)
		return gm_error_set(err, GM_EINVALID,
				    "the database URL has a bad %s: '%s'", what,
				    text);
	*out = (unsigned)n;
	return 0;
}

static int read_place(struct gm_mysql_place *out, const struct gm_url *url,
		      struct gm_error *err)
{
	char *timeout = gm_url_parameter(url, "connect-timeout");
	int ret = 0;

	out->host = gm_strdup_null(url->host);
	out->user = gm_strdup_null(url->user);
	out->password = gm_strdup_null(url->password);
	out->socket = gm_url_parameter(url, "socket");
	out->connect_timeout_s = CONNECT_TIMEOUT_S;
	if (timeout)
		ret = read_number(&out->connect_timeout_s, timeout, 86400,
				  "connect-timeout", err);
	free(timeout);
	if (!ret && url->port)
		ret = read_number(&out->port, url->port, 65535, "port", err);
	if (!ret && url->host && strchr(url->host, ','))
		ret = gm_error_set(err, GM_EINVALID,
				   "the database URL names several hosts, and "
				   "MySQL's clients know one");
	return ret < 0 ? ret : read_tls(out, url, err);
}

int gm_mysql_place_read(struct gm_mysql_place *out, const struct gm_url *url,
			struct gm_error *err)
{
	int ret;

	memset(out, 0, sizeof(*out));
	if (!url->path || !*url->path) {
		gm_error_set(err, GM_EINVALID,
			     "the database URL names no database");
		return gm_error_hint(err, "write it as "
					  "mysql://USER@HOST/NAME");
	}
	out->database = gm_strdup(url->path);
	ret = check_parameters(url, err);
	if (!ret)
		ret = read_place(out, url, err);
	if (ret < 0)
		gm_mysql_place_release(out);
	return ret;
}

void gm_mysql_place_release(struct gm_mysql_place *place)
{
	free(place->host);
	free(place->socket);
	free(place->user);
	free(place->password);
	free(place->database);
	free(place->ca);
	free(place->cert);
	free(place->key);
	memset(place, 0, sizeof(*place));
}
