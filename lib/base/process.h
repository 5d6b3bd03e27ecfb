/*
 * Running another program: an argument vector, never a shell; bytes in,
 * bytes out. Several can be started at once and collected later.
 */
#ifndef GM_BASE_PROCESS_H
#define GM_BASE_PROCESS_H

#include <stddef.h>

#include "base/error.h"
#include "base/strbuf.h"

struct gm_process;

/*
 * Starts argv[0], which is looked for in PATH; argv ends in NULL. It gets
 * this program's environment with the changes in `env`, a list that ends in
 * NULL, or NULL for none: "NAME=value" sets a variable, "NAME" removes it.
 * Its standard input is `input`, which stays the caller's and has to live
 * until the process is finished; with NULL it is empty. GM_ENOTFOUND where
 * there is no such program.
 */
int gm_process_start(struct gm_process **out, const char *const *argv,
		     const char *const *env, const struct gm_strbuf *input,
		     struct gm_error *err);

/*
 * Starts one to talk with: its input stays open. Otherwise as above.
 */
int gm_process_converse(struct gm_process **out, const char *const *argv,
			const char *const *env, struct gm_error *err);

/*
 * Says something to such a process: at most 32 KiB, and only once it has
 * given all answers to what was said before, else the two may wait for each
 * other. GM_ERROR where it doesn't listen any more.
 */
int gm_process_say(struct gm_process *process, const void *bytes, size_t len,
		   struct gm_error *err);

/* Waits for more of its output, and appends it. GM_ERROR where it has ended
 * and there is no more. */
int gm_process_hear(struct gm_process *process, struct gm_strbuf *output,
		    struct gm_error *err);

/* Ends the process as soon as it has written more than so many bytes: then
 * gm_process_finish returns GM_EREFUSED. */
void gm_process_limit(struct gm_process *process, size_t bytes);

/*
 * Waits for the end of the process and frees it, whatever the outcome. What
 * it wrote is appended to `output` and `errors`, both read to the end.
 * `status` is its exit status, or 128 and the signal's number.
 */
int gm_process_finish(struct gm_process *process, struct gm_strbuf *output,
		      struct gm_strbuf *errors, int *status,
		      struct gm_error *err);

/*
 * Runs argv[0], a path, and waits: its output and errors go where this
 * program's go. Its standard input is `input`, or with NULL this program's. A
 * script that doesn't say what runs it is run by sh. `status` is as above.
 */
int gm_process_call(const char *const *argv, const struct gm_strbuf *input,
		    int *status, struct gm_error *err);

/* Ends a process whose outcome is of no interest. Accepts NULL. */
void gm_process_free(struct gm_process *process);

#endif
