/*
 * git migrate hook: what the files in the hooks directory call. The hook that
 * was there before goes first, with the same arguments and the same input;
 * where it says no, that is the answer.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/process.h"
#include "cmd/hook.h"
#include "cmd/output.h"
#include "cmd/session.h"
#include "drivers/drivers.h"
#include "work/hooks.h"

struct hook_values {
	struct common common;
	const char *kept;
};

static const struct option_spec options[] = {
	{ OPTION_STRING, '\0', "kept", offsetof(struct hook_values, kept),
	  "FILE", "run this hook first" },
	{ .type = OPTION_END },
};

static int read_input(struct gm_strbuf *out, struct gm_error *err)
{
	ssize_t len;

	do {
		gm_strbuf_reserve(out, 65536);
		len = read(STDIN_FILENO, out->buf + out->len, 65536);
		if (len > 0)
			gm_strbuf_cut(out, out->len + (size_t)len);
	} while (len > 0 || (len < 0 && errno == EINTR));
	return len < 0 ? gm_error_errno(err, "can't read the hook's input") : 0;
}

static int run_kept(const char *path, const struct invocation *in,
		    const struct gm_strbuf *input, int *status,
		    struct gm_error *err)
{
	const char **argv = gm_calloc(in->n_args + 1, sizeof(*argv));
	size_t i;
	int ret;

	argv[0] = path;
	for (i = 1; i < in->n_args; i++)
		argv[i] = in->args[i];
	ret = gm_process_call(argv, input, status, err);
	free(argv);
	return ret;
}

static int (*const hooks[])(const struct hook_call *call) = {
	[GM_HOOK_PRE_COMMIT] = gm_hook_pre_commit,
	[GM_HOOK_PRE_MERGE_COMMIT] = gm_hook_pre_merge_commit,
	[GM_HOOK_PRE_PUSH] = gm_hook_pre_push,
	[GM_HOOK_POST_CHECKOUT] = gm_hook_post_checkout,
	[GM_HOOK_POST_MERGE] = gm_hook_post_merge,
	[GM_HOOK_POST_REWRITE] = gm_hook_post_rewrite,
	[GM_HOOK_PRE_RECEIVE] = gm_hook_pre_receive,
	[GM_HOOK_UPDATE] = gm_hook_update,
};

static int call_hook(enum gm_hook_id id, const struct invocation *in,
		     const char *input)
{
	const struct hook_call call = {
		.args = in->args + 1,
		.n_args = in->n_args - 1,
		.input = input,
		.options = { .drivers = gm_drivers,
			     .tool_version = gm_tool_version() },
	};

	/* Nobody may be there to answer. */
	setenv("GIT_TERMINAL_PROMPT", "0", 1);
	setenv("GIT_ASKPASS", "", 1);
	return hooks[id](&call);
}

static int run_hook(const struct invocation *in)
{
	const struct hook_values *v = (const struct hook_values *)in->values;
	struct gm_strbuf input = { 0 };
	struct gm_error err = { 0 };
	enum gm_hook_id id;
	int status = EXIT_DONE;
	int ret;

	if (!in->n_args)
		return gm_usage_error(in, "name the hook");
	ret = gm_hook_parse(&id, in->args[0], &err);
	if (!ret && gm_hook_has_input(id))
		ret = read_input(&input, &err);
	if (!ret && v->kept && !access(v->kept, X_OK))
		ret = run_kept(v->kept, in,
			       gm_hook_has_input(id) ? &input : NULL, &status,
			       &err);
	if (ret < 0)
		status = gm_print_error(&err);
	else if (!status)
		status = call_hook(id, in, gm_strbuf_str(&input));
	gm_strbuf_release(&input);
	gm_error_release(&err);
	return status;
}

const struct command gm_command_hook = {
	.name = "hook",
	.usage = "[--kept=FILE] NAME [-- ARGUMENT…]",
	.options = options,
	.values_size = sizeof(struct hook_values),
	.run = run_hook,
};
