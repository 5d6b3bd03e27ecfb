/*
 * From a URL to a connection. libpq reads the URL and the environment; a
 * password that nobody has given comes from git's credential helpers; and
 * what goes wrong is said in one sentence, which never holds the password.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/process.h"
#include "postgres.h"

/* Where neither the URL nor the environment says how long to try. */
#define CONNECT_TIMEOUT "10"

static int open_url(struct gm_pq **out, const struct gm_url *url,
		    const char *password, struct gm_error *err)
{
	/* libpq knows the schemes in lower case alone. */
	char *text = gm_format("%s%s", url->scheme,
			       url->text + strlen(url->scheme));
	const char *timeout = getenv("PGCONNECT_TIMEOUT");
	struct gm_pq_setting settings[] = {
		{ "fallback_application_name", "git-migrate" },
		{ "connect_timeout", timeout ? NULL : CONNECT_TIMEOUT },
		{ "dbname", text },
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

static bool has_line_break(const char *s)
{
	return strpbrk(s, "\r\n") != NULL;
}

/* What git's credential protocol says of this server; false where it can't
 * be said. */
static bool describe(const struct gm_pq *pq, struct gm_strbuf *out)
{
	const char *host = gm_pq_host(pq);
	const char *user = gm_pq_user(pq);

	if (has_line_break(host) || has_line_break(user) || !*user)
		return false;
	gm_strbuf_addf(out, "protocol=postgres\nhost=%s:%s\nusername=%s\n",
		       is_socket(host) ? "localhost" : host, gm_pq_port(pq),
		       user);
	return true;
}

static int credential(const char *verb, const struct gm_strbuf *input,
		      struct gm_strbuf *output)
{
	const char *argv[] = { "git", "credential", verb, NULL };
	struct gm_strbuf errors = { 0 };
	struct gm_process *process;
	int status = -1;
	int ret = gm_process_start(&process, argv, NULL, input, NULL);

	if (!ret)
		ret = gm_process_finish(process, output, &errors, &status,
					NULL);
	gm_strbuf_release(&errors);
	return ret ? ret : status;
}

/* The password in what git answered, or NULL. The caller frees it. */
static char *find_password(const struct gm_strbuf *answer)
{
	const char *line = gm_strbuf_str(answer);

	while (line && *line) {
		if (gm_starts_with(line, "password="))
			return gm_strndup(line + 9, strcspn(line + 9, "\n"));
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

/* Overwrites what held a secret before it is freed. */
static void forget(char *secret)
{
	volatile char *p = secret;

	for (; p && *p; p++)
		*p = '\0';
	free(secret);
}

/* Asks git for the password, tries it, and tells git what came of it. */
static int try_credential(struct gm_pq **pq, const struct gm_url *url,
			  struct gm_error *err)
{
	struct gm_strbuf question = { 0 };
	struct gm_strbuf answer = { 0 };
	struct gm_strbuf ignored = { 0 };
	char *password = NULL;
	int ret = 0;

	if (!describe(*pq, &question) ||
	    credential("fill", &question, &answer) != 0)
		goto done;
	password = find_password(&answer);
	if (!password)
		goto done;
	gm_pq_close(*pq);
	ret = open_url(pq, url, password, err);
	if (ret < 0)
		goto done;
	if (gm_pq_is_connected(*pq))
		credential("approve", &answer, &ignored);
	else if (strstr(gm_pq_message(*pq), "authentication failed"))
		credential("reject", &answer, &ignored);
done:
	forget(password);
	forget(gm_strbuf_take(&answer));
	gm_strbuf_release(&question);
	gm_strbuf_release(&ignored);
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

static int other_trouble(const struct gm_pq *pq, const struct gm_url *url,
			 struct gm_error *err)
{
	char *word = last_word(gm_pq_message(pq));

	if (tells(word, url->password) || tells(word, gm_pq_password(pq)))
		gm_error_set(err, GM_ECONNECT,
			     "libpq refuses the URL or its environment");
	else if (gm_starts_with(word, "invalid "))
		gm_error_set(err, GM_EINVALID, "bad database URL: %s", word);
	else
		gm_error_set(err, GM_ECONNECT,
			     "can't connect to '%s', port %s: %s",
			     gm_pq_host(pq), gm_pq_port(pq), word);
	free(word);
	return err ? err->code : GM_ECONNECT;
}

/* Trouble that libpq, or the server, tells by words alone. */
enum trouble {
	NO_HOST,
	NO_SERVER,
	NO_ANSWER,
	BAD_PASSWORD,
	NO_PASSWORD,
	NO_ROLE,
	NO_DATABASE,
	NOT_ALLOWED,
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
		{ "no pg_hba.conf entry", NOT_ALLOWED },
		{ "Connection refused", NO_SERVER },
		{ "No such file or directory\n\tIs the server", NO_SERVER },
		{ "timeout expired", NO_ANSWER },
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

static int explain(const struct gm_pq *pq, const struct gm_url *url,
		   struct gm_error *err)
{
	const char *host = gm_pq_host(pq);
	const char *port = gm_pq_port(pq);
	const char *user = gm_pq_user(pq);
	const char *name = gm_pq_database(pq);

	switch (trouble_of(pq)) {
	case NO_HOST:
		gm_error_set(err, GM_ECONNECT, "there is no host '%s'", host);
		break;
	case NO_SERVER:
		gm_error_set(err, GM_ECONNECT,
			     "no server listens at '%s', port %s", host, port);
		gm_error_hint(err, "is it running, and are host and port "
				   "right?");
		break;
	case NO_ANSWER:
		gm_error_set(err, GM_ECONNECT, "'%s', port %s, doesn't answer",
			     host, port);
		break;
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
		gm_error_set(err, GM_ECONNECT,
			     "the server has no database '%s'", name);
		gm_error_hint(err, "createdb %s", name);
		break;
	case NOT_ALLOWED:
		gm_error_set(err, GM_ECONNECT,
			     "the server doesn't let user '%s' into the "
			     "database '%s' from here",
			     user, name);
		gm_error_hint(err, "its pg_hba.conf has no rule for it; some "
				   "rules ask for TLS");
		break;
	default:
		return other_trouble(pq, url, err);
	}
	return GM_ECONNECT;
}

int gm_postgres_connect(struct gm_pq **out, const struct gm_url *url,
			struct gm_error *err)
{
	int ret = open_url(out, url, NULL, err);

	if (!ret && !gm_pq_is_connected(*out) && gm_pq_needs_password(*out))
		ret = try_credential(out, url, err);
	if (ret < 0)
		return ret;
	return gm_pq_is_connected(*out) ? 0 : explain(*out, url, err);
}
