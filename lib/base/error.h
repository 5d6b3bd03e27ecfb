/*
 * What went wrong, in a form that a command can print: a sentence, what to
 * type next, and where it was.
 */
#ifndef GM_BASE_ERROR_H
#define GM_BASE_ERROR_H

#include <stdarg.h>
#include <stddef.h>

#if defined(__GNUC__)
#define GM_PRINTF(a, b) __attribute__((format(printf, a, b)))
#else
#define GM_PRINTF(a, b)
#endif

/* Functions return 0 or one of these. */
enum gm_code {
	GM_OK = 0,
	/* Something failed that has no code of its own: I/O, for instance. */
	GM_ERROR = -1,
	/* The input breaks a rule: a file, a setting, an argument. */
	GM_EINVALID = -2,
	/* What was asked for isn't there. */
	GM_ENOTFOUND = -3,
	/* What was to be made is there already. */
	GM_EEXISTS = -4,
	/* Somebody else holds it; waiting may help. */
	GM_EBUSY = -5,
	/* The answer is no: refused by a rule, nothing was done. */
	GM_EREFUSED = -6,
	/* The database refused a statement; sqlstate, position may be set. */
	GM_ESQL = -7,
	/* There is no connection, or it was lost. */
	GM_ECONNECT = -8,
	/* The user interrupted the run. */
	GM_EINTERRUPTED = -9,
	/* No server answers, or it isn't ready yet: waiting may help. */
	GM_EUNAVAILABLE = -10
};

/*
 * A zeroed struct is an error that has not happened. The strings belong to
 * the struct. It is set once, nearest the cause; setting it again replaces it.
 */
struct gm_error {
	enum gm_code code;
	/* One finished sentence: lower case, no full stop. */
	char *message;
	/* What to do next, or NULL; several lines are several hints. */
	char *hint;
	/* The database's five-character code, or empty. */
	char sqlstate[6];
	/*
	 * Where in the text that was being read or run, counted in bytes
	 * from 1; 0 where that isn't known.
	 */
	size_t position;
};

/* Sets code and message, drops the rest; returns code. err may be NULL. */
int gm_error_set(struct gm_error *err, enum gm_code code, const char *fmt, ...)
	GM_PRINTF(3, 4);

/* Sets GM_ERROR with ": " and errno's text behind the message. */
int gm_error_errno(struct gm_error *err, const char *fmt, ...) GM_PRINTF(2, 3);

/* Adds a line to the hint; returns the error's code. err may be NULL. */
int gm_error_hint(struct gm_error *err, const char *fmt, ...) GM_PRINTF(2, 3);

/* Puts "PREFIX: " before the message; returns the error's code. */
int gm_error_prefix(struct gm_error *err, const char *fmt, ...) GM_PRINTF(2, 3);

/* Frees the strings; the struct is then as if zeroed. Accepts NULL. */
void gm_error_release(struct gm_error *err);

#endif
