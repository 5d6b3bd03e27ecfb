/*
 * Errors: made once, nearest the cause, and carried up to the command that
 * prints them.
 */
#include "base/error.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"

int gm_error_set(struct gm_error *err, enum gm_code code, const char *fmt, ...)
{
	va_list args;
	char *message;

	if (!err)
		return code;
	va_start(args, fmt);
	message = gm_vformat(fmt, args);
	va_end(args);
	gm_error_release(err);
	err->code = code;
	err->message = message;
	return code;
}

int gm_error_errno(struct gm_error *err, const char *fmt, ...)
{
	int saved = errno;
	va_list args;
	char *message;

	if (!err)
		return GM_ERROR;
	va_start(args, fmt);
	message = gm_vformat(fmt, args);
	va_end(args);
	gm_error_set(err, GM_ERROR, "%s: %s", message, strerror(saved));
	free(message);
	return GM_ERROR;
}

int gm_error_hint(struct gm_error *err, const char *fmt, ...)
{
	va_list args;
	char *line;

	if (!err)
		return GM_ERROR;
	va_start(args, fmt);
	line = gm_vformat(fmt, args);
	va_end(args);
	if (err->hint) {
		char *both = gm_format("%s\n%s", err->hint, line);

		free(err->hint);
		free(line);
		line = both;
	}
	err->hint = line;
	return err->code;
}

int gm_error_prefix(struct gm_error *err, const char *fmt, ...)
{
	va_list args;
	char *prefix;
	char *both;

	if (!err)
		return GM_ERROR;
	va_start(args, fmt);
	prefix = gm_vformat(fmt, args);
	va_end(args);
	both = gm_format("%s: %s", prefix, err->message ? err->message : "");
	free(prefix);
	free(err->message);
	err->message = both;
	return err->code;
}

void gm_error_release(struct gm_error *err)
{
	if (!err)
		return;
	free(err->message);
	free(err->hint);
	memset(err, 0, sizeof(*err));
}
