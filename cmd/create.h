/*
 * A new migration's file, for the commands that write one.
 */
#ifndef GM_CMD_CREATE_H
#define GM_CMD_CREATE_H

#include "cmd/session.h"

/* The app of that name; NULL: the only one. GM_ENOTFOUND, or GM_EINVALID
 * where there are several, which the hints name. */
int gm_create_find_app(struct session *s, const char *name,
		       const struct gm_app **out);

/* The next number and a slug from these words. The caller frees *out. */
int gm_create_id(char **out, struct session *s, const char *app,
		 const char *words);

/* The words of the command line, joined, so that quotes aren't needed. The
 * caller frees it. */
char *gm_create_words(const struct invocation *in);

/* Makes the file, and its directory where that is missing, prints the path
 * as it is seen from here, and opens an editor where `edit` says so. */
int gm_create_file(struct session *s, const struct gm_app *app, const char *id,
		   const struct gm_strbuf *text);
int gm_create_edit(struct session *s, const struct gm_app *app, const char *id);

#endif
