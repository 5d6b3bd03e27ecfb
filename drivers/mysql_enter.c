/*
 * The way in where nobody has given a password: neither the URL nor a file
 * of options. Git's credential helpers may have one.
 */
#include <stdio.h>
#include <string.h>

#include "base/alloc.h"
#include "db/credential.h"
#include "drivers/mysql.h"

static bool is_denied(const struct gm_error *err)
{
	return !strcmp(err->sqlstate, GM_MYSQL_STATE_DENIED);
}

int gm_mysql_enter(struct gm_mysql_client **out, struct gm_mysql_place *place,
		   struct gm_error *err)
{
	struct gm_error first = { 0 };
	struct gm_error *e = err ? err : &first;
	struct gm_credential found;
	char port[16] = "";
	int ret = gm_mysql_connect(out, place, e);

	if (!ret || place->password || !is_denied(e) ||
	    !strstr(e->message, "(using password: NO)"))
		goto done;
	if (place->port)
		snprintf(port, sizeof(port), "%u", place->port);
	if (gm_credential_fill(&found, "mysql",
			       place->host ? place->host : "localhost", port,
			       place->user)) {
		place->password = gm_strdup(found.password);
		if (!place->user)
			place->user = gm_strdup_null(found.user);
		gm_error_release(e);
		ret = gm_mysql_connect(out, place, e);
		if (!ret)
			gm_credential_approve(&found);
		else if (is_denied(e))
			gm_credential_reject(&found);
	}
	gm_credential_release(&found);
done:
	gm_error_release(&first);
	return ret;
}
