/*
 * Speaks git's credential protocol, as git itself does to its helpers.
 */
#include "db/credential.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/process.h"

/* A line feed in a value would be a line of its own. */
static bool can_be_said(const char *value)
{
	return !value || !strpbrk(value, "\r\n");
}

static void forget(char *secret)
{
	volatile char *p = secret;

	for (; p && *p; p++)
		*p = '\0';
	free(secret);
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

/* A value in what git answered, or NULL. The caller frees it. */
static char *find(const struct gm_strbuf *answer, const char *key)
{
	const char *line = gm_strbuf_str(answer);
	size_t len = strlen(key);

	while (line && *line) {
		if (!strncmp(line, key, len) && line[len] == '=')
			return gm_strndup(line + len + 1,
					  strcspn(line + len + 1, "\n"));
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return NULL;
}

bool gm_credential_fill(struct gm_credential *out, const char *protocol,
			const char *host, const char *port, const char *user)
{
	struct gm_strbuf question = { 0 };

	memset(out, 0, sizeof(*out));
	if (!can_be_said(host) || !can_be_said(port) || !can_be_said(user))
		return false;
	gm_strbuf_addf(&question, "protocol=%s\nhost=%s%s%s\n", protocol, host,
		       port && *port ? ":" : "", port ? port : "");
	if (user && *user)
		gm_strbuf_addf(&question, "username=%s\n", user);
	if (!credential("fill", &question, &out->answer)) {
		out->user = find(&out->answer, "username");
		out->password = find(&out->answer, "password");
	}
	gm_strbuf_release(&question);
	return out->password != NULL;
}

static void tell(const char *verb, const struct gm_credential *c)
{
	struct gm_strbuf ignored = { 0 };

	credential(verb, &c->answer, &ignored);
	gm_strbuf_release(&ignored);
}

void gm_credential_approve(const struct gm_credential *c)
{
	tell("approve", c);
}

void gm_credential_reject(const struct gm_credential *c)
{
	tell("reject", c);
}

void gm_credential_release(struct gm_credential *c)
{
	free(c->user);
	forget(c->password);
	forget(gm_strbuf_take(&c->answer));
	memset(c, 0, sizeof(*c));
}
