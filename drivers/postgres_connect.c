/*
 * From a URL to a connection. libpq reads the URL and the environment; a
 * password that nobody has given comes from git's credential helpers; and
 * what goes wrong is said in one sentence, which never holds the password.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "db/credential.h"
#include "postgres.h"

/* Where neither the URL nor the environment says how long to try. */
#define CONNECT_TIMEOUT "10"

/* Where the URL doesn't say: a statement may take hours, and what stands
 * between forgets a connection that says nothing for some minutes. Seconds,
 * and how often it is asked before it is lost. */
#define KEEPALIVE_IDLE "60"
#define KEEPALIVE_INTERVAL "10"
#define KEEPALIVE_COUNT "6"

/*
 * The URL as libpq reads it: schemes are in lower case, and the host begins
 * behind the first '@', where for us it is the last. Otherwise the end of a
 * password would be a host, and be told.
 */
static char *text_for_library(const struct gm_url *url)
{
	struct gm_strbuf text = { 0 };
	const char *rest = url->text + strlen(url->scheme);
	const char *hosts = strstr(rest, "://");
	const char *end;
	const char *s;

	gm_strbuf_adds(&text, url->scheme);
	if (hosts) {
		end = hosts + 3 + strcspn(hosts + 3, "/?");
		for (hosts = end; *hosts != '@' && hosts > rest; hosts--)
			;
		for (s = rest; s < hosts; s++)
			if (*s == '@')
				gm_strbuf_adds(&text, "%40");
			else
				gm_strbuf_addc(&text, *s);
		rest = hosts;
	}
	gm_strbuf_adds(&text, rest);
	return gm_strbuf_take(&text);
}

/* `database` is another one than the URL's; NULL: the URL's. */
static int open_url(struct gm_pq **out, const struct gm_url *url,
		    const char *database, const char *password,
		    struct gm_error *err)
{
	char *text = text_for_library(url);
	const char *timeout = getenv("PGCONNECT_TIMEOUT");
	struct gm_pq_setting settings[] = {
		{ "fallback_application_name", "git-migrate" },
		{ "connect_timeout", timeout ? NULL : CONNECT_TIMEOUT },
		{ "keepalives_idle", KEEPALIVE_IDLE },
		{ "keepalives_interval", KEEPALIVE_INTERVAL },
		{ "keepalives_count", KEEPALIVE_COUNT },
		{ "dbname", text },
		{ "dbname", database },
		{ "client_encoding", "UTF8" },
		{ "password", password },
		{ NULL, NULL },
	};
	int ret = gm_pq_open(out, settings, err);

	free(text);
	return ret;
}

/* A socket's directory is no name of a host. */
static bool is_socket(const char *host)
{
	return *host == '/' || *host == '@' || !*host;
}

/* Asks git for the password, tries it, and tells git what came of it. */
static int try_credential(struct gm_pq **pq, const struct gm_url *url,
			  const char *database, struct gm_error *err)
{
	const char *host = gm_pq_host(*pq);
	const char *user = gm_pq_user(*pq);
	struct gm_credential found = { 0 };
	int ret = 0;

	if (!*user || !gm_credential_fill(&found, "postgres",
					  is_socket(host) ? "localhost" : host,
					  gm_pq_port(*pq), user))
		goto done;
	gm_pq_close(*pq);
	ret = open_url(pq, url, database, found.password, err);
	if (ret < 0)
		goto done;
	if (gm_pq_is_connected(*pq))
		gm_credential_approve(&found);
	else if (strstr(gm_pq_message(*pq), "authentication failed"))
		gm_credential_reject(&found);
done:
	gm_credential_release(&found);
	return ret;
}

/* libpq's last word, without its introduction. */
static char *last_word(const char *message)
{
	const char *failed;
	const char *next;
	const char *at = message;
	size_t len;

	while ((failed = strstr(at, " failed: ")))
		at = failed + 9;
	while ((next = strstr(at, "FATAL:  ")))
		at = next + 8;
	len = strcspn(at, "\n");
	return gm_strndup(at, len);
}

/* Whether the text shows a password. */
static bool tells(const char *text, const char *password)
{
	return password && *password && strstr(text, password);
}

/* What a setting of libpq's lacks. */
static void hint_setting(const char *word, struct gm_error *err)
{
	if (gm_starts_with(word, "root certificate file"))
		gm_error_hint(err, "sslrootcert has to name the authority that "
				   "signed the server's certificate");
	else if (gm_starts_with(word, "channel binding required"))
		gm_error_hint(err, "channel_binding=require wants TLS, and a "
				   "password that the server checks by "
				   "scram-sha-256");
	else if (strstr(word, "service"))
		gm_error_hint(err, "services are looked up in PGSERVICEFILE, "
				   "~/.pg_service.conf and the system's "
				   "pg_service.conf");
	else if (gm_starts_with(word, "received invalid response to ") ||
		 gm_starts_with(word, "expected authentication request"))
		gm_error_hint(err, "what answers there isn't PostgreSQL: are "
				   "host and port right?");
}

static int other_trouble(const struct gm_pq *pq, const struct gm_url *url,
			 struct gm_error *err)
{
	char *word = last_word(gm_pq_message(pq));

	if (tells(word, url->password) || tells(word, gm_pq_password(pq)))
		gm_error_set(err, GM_ECONNECT,
			     "libpq refuses the URL or its environment");
	else if (gm_starts_with(word, "invalid "))
		gm_error_set(err, GM_EINVALID, "bad database URL: %s", word);
	/* It was never known where to go. */
	else if (!*gm_pq_host(pq) && !*gm_pq_port(pq))
		gm_error_set(err, GM_EINVALID, "%s", word);
	else
		gm_error_set(err, GM_ECONNECT,
			     "can't connect to '%s', port %s: %s",
			     gm_pq_host(pq), gm_pq_port(pq), word);
	hint_setting(word, err);
	free(word);
	return err ? err->code : GM_ECONNECT;
}

/* Trouble that libpq, or the server, tells by words alone. */
enum trouble {
	NO_HOST,
	NO_SERVER,
	NO_ANSWER,
	NOT_READY,
	BAD_PASSWORD,
	NO_PASSWORD,
	NO_ROLE,
	NO_DATABASE,
	NOT_ALLOWED,
	NOT_ENCRYPTED,
	NO_TLS,
	OTHER_AUTHORITY,
	OTHER_HOST,
	OTHER
};

static enum trouble trouble_of(const struct gm_pq *pq)
{
	static const struct {
		const char *words;
		enum trouble trouble;
	} known[] = {
		{ "could not translate host name", NO_HOST },
		{ "password authentication failed", BAD_PASSWORD },
		{ ", no encryption", NOT_ENCRYPTED },
		{ "no pg_hba.conf entry", NOT_ALLOWED },
		{ "pg_hba.conf rejects connection", NOT_ALLOWED },
		{ "server does not support SSL", NO_TLS },
		{ "certificate verify failed", OTHER_AUTHORITY },
		{ "does not match host name", OTHER_HOST },
		{ "Connection refused", NO_SERVER },
		{ "No such file or directory\n\tIs the server", NO_SERVER },
		{ "timeout expired", NO_ANSWER },
		{ "the database system is starting up", NOT_READY },
		{ "the database system is shutting down", NOT_READY },
		{ "the database system is in recovery mode", NOT_READY },
		{ "the database system is not yet accepting", NOT_READY },
		{ "too many clients already", NOT_READY },
		{ "remaining connection slots are reserved", NOT_READY },
		{ "server closed the connection unexpectedly", NOT_READY },
		{ "FATAL:  role \"", NO_ROLE },
		{ "FATAL:  database \"", NO_DATABASE },
	};
	const char *message = gm_pq_message(pq);
	size_t i;

	if (gm_pq_needs_password(pq))
		return NO_PASSWORD;
	for (i = 0; i < GM_ARRAY_SIZE(known); i++)
		if (strstr(message, known[i].words))
			return known[i].trouble;
	return OTHER;
}

/* One side doesn't trust the other. */
static void explain_trust(const struct gm_pq *pq, enum trouble trouble,
			  struct gm_error *err)
{
	const char *host = gm_pq_host(pq);
	const char *port = gm_pq_port(pq);

	switch (trouble) {
	case NO_TLS:
		gm_error_set(err, GM_ECONNECT,
			     "the server at '%s', port %s, does not support "
			     "SSL, and sslmode requires it",
			     host, port);
		break;
	case OTHER_AUTHORITY:
		gm_error_set(err, GM_ECONNECT,
			     "can't trust the server at '%s', port %s: "
			     "certificate verify failed",
			     host, port);
		gm_error_hint(err, "sslrootcert has to name the authority "
				   "that signed the server's certificate");
		break;
	case OTHER_HOST:
		gm_error_set(err, GM_ECONNECT,
			     "can't trust the server at '%s', port %s: its "
			     "certificate does not match host name '%s'",
			     host, port, host);
		gm_error_hint(err, "connect by a name that the certificate "
				   "has, with hostaddr where it is elsewhere");
		break;
	default:
		gm_error_set(err, GM_ECONNECT,
			     "the server doesn't let user '%s' into the "
			     "database '%s' from here",
			     gm_pq_user(pq), gm_pq_database(pq));
		gm_error_hint(err,
			      trouble == NOT_ENCRYPTED
				      ? "its pg_hba.conf may want TLS: "
					"sslmode=require"
				      : "its pg_hba.conf has no rule for it");
	}
}

static int explain(const struct gm_pq *pq, const struct gm_url *url,
		   struct gm_error *err)
{
	const char *host = gm_pq_host(pq);
	const char *port = gm_pq_port(pq);
	const char *user = gm_pq_user(pq);
	const char *name = gm_pq_database(pq);
	enum trouble trouble = trouble_of(pq);
	char *word;

	switch (trouble) {
	case NO_HOST:
		gm_error_set(err, GM_EUNAVAILABLE, "there is no host '%s'",
			     host);
		return GM_EUNAVAILABLE;
	case NO_SERVER:
		gm_error_set(err, GM_EUNAVAILABLE,
			     "no server listens at '%s', port %s", host, port);
		gm_error_hint(err, "is it running, and are host and port "
				   "right?");
		return GM_EUNAVAILABLE;
	case NO_ANSWER:
		gm_error_set(err, GM_EUNAVAILABLE,
			     "'%s', port %s, doesn't answer", host, port);
		return GM_EUNAVAILABLE;
	case NOT_READY:
		word = last_word(gm_pq_message(pq));
		gm_error_set(err, GM_EUNAVAILABLE,
			     "the server at '%s', port %s, lets nobody in now: "
			     "%s",
			     host, port, word);
		free(word);
		return GM_EUNAVAILABLE;
	case BAD_PASSWORD:
		gm_error_set(err, GM_ECONNECT,
			     "the server refuses the password of user '%s'",
			     user);
		break;
	case NO_PASSWORD:
		gm_error_set(err, GM_ECONNECT,
			     "the server wants a password for user '%s', and "
			     "none is given",
			     user);
		gm_error_hint(err, "set PGPASSWORD, write it to ~/.pgpass, or "
				   "keep it in a credential helper of git");
		break;
	case NO_ROLE:
		gm_error_set(err, GM_ECONNECT, "the server has no user '%s'",
			     user);
		break;
	case NO_DATABASE:
		gm_error_set(err, GM_ENOTFOUND,
			     "the server has no database '%s'", name);
		return GM_ENOTFOUND;
	case NO_TLS:
	case OTHER_AUTHORITY:
	case OTHER_HOST:
	case NOT_ENCRYPTED:
	case NOT_ALLOWED:
		explain_trust(pq, trouble, err);
		break;
	default:
		return other_trouble(pq, url, err);
	}
	return GM_ECONNECT;
}

int gm_postgres_connect_to(struct gm_pq **out, const struct gm_url *url,
			   const char *database, struct gm_error *err)
{
	int ret = open_url(out, url, database, NULL, err);

	if (!ret && !gm_pq_is_connected(*out) && gm_pq_needs_password(*out))
		ret = try_credential(out, url, database, err);
	if (ret < 0)
		return ret;
	return gm_pq_is_connected(*out) ? 0 : explain(*out, url, err);
}

int gm_postgres_connect(struct gm_pq **out, const struct gm_url *url,
			struct gm_error *err)
{
	return gm_postgres_connect_to(out, url, NULL, err);
}
