/*
 * Passwords that git's credential helpers keep. The name of the protocol is
 * the target's scheme.
 */
#ifndef GM_DB_CREDENTIAL_H
#define GM_DB_CREDENTIAL_H

#include "base/strbuf.h"

/* What the helpers answered. The password is for the driver only. */
struct gm_credential {
	struct gm_strbuf answer;
	/* NULL where they told none. */
	char *user;
	char *password;
};

/*
 * Asks for the password of `user` (NULL: anybody) at the host. Returns
 * whether there is one. gm_credential_release must follow either way.
 */
bool gm_credential_fill(struct gm_credential *out, const char *protocol,
			const char *host, const char *port, const char *user);

/* Tells git that the password is right, or that it is wrong. */
void gm_credential_approve(const struct gm_credential *credential);
void gm_credential_reject(const struct gm_credential *credential);

/* Overwrites what is secret, and frees it. */
void gm_credential_release(struct gm_credential *credential);

#endif
