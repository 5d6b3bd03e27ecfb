/*
 * git migrate rollback: undoes, newest first, from what was recorded.
 */
#include "cmd/resume.h"
#include "cmd/session.h"
#include "cmd/undo.h"

struct rollback_values {
	struct common common;
	struct resume_values resume;
	const char *to;
	long long count;
	/* 0: not given; 1: the newest; else one more than the number. */
	long long batch;
	bool all;
	bool from_file;
	bool single_transaction;
	bool yes;
};

#define AT(member) offsetof(struct rollback_values, member)

static const struct option_spec options[] = {
	{ OPTION_COUNT, 'c', "count", AT(count), "N",
	  "undo the N newest (1 by default)" },
	{ OPTION_STRING, '\0', "to", AT(to), "REV",
	  "undo everything that was applied after REV" },
	{ OPTION_MAYBE_COUNT, '\0', "batch", AT(batch), "N",
	  "undo what the newest run, or run number N, applied" },
	{ OPTION_BOOL, '\0', "all", AT(all), NULL, "undo everything" },
	{ OPTION_BOOL, '\0', "from-file", AT(from_file), NULL,
	  "run the file's down section, not the recorded one" },
	{ OPTION_BOOL, '\0', "single-transaction", AT(single_transaction), NULL,
	  "all of them or none" },
	{ OPTION_BOOL, 'y', "yes", AT(yes), NULL,
	  "go on where the target is protected" },
	GM_RESUME_OPTIONS(struct rollback_values),
	{ .type = OPTION_END },
};

static int run_rollback(const struct invocation *in)
{
	const struct rollback_values *v =
		(const struct rollback_values *)in->values;
	struct undo undo = {
		.choice = { .revs = in->args,
			    .n_revs = in->n_args,
			    .to = v->to,
			    .count = (size_t)v->count,
			    .batch = v->batch - 1,
			    .all = v->all,
			    .from_file = v->from_file },
		.yes = v->yes,
		.single_transaction = v->single_transaction,
	};
	struct session s;
	int ret;

	ret = gm_resume_read(in, &v->resume, &undo.choice.resume,
			     &undo.choice.fate);
	if (ret)
		return ret;
	if ((in->n_args > 0) + (v->to != NULL) + (v->count > 0) +
		    (v->batch > 0) + v->all >
	    1)
		return gm_usage_error(in,
				      "REV, --to, --count, --batch and --all "
				      "exclude each other");
	ret = gm_session_open(&s, in, SESSION_FILES | SESSION_CHANGE, NULL);
	if (!ret)
		ret = gm_undo_run(&s, &undo);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_rollback = {
	.name = "rollback",
	.alias = "down",
	.usage = "[--count=N | --to=REV | --batch[=N] | --all | REV…]"
		 " [--from-file] [--single-transaction] [--dry-run]\n"
		 "--continue [--ran | --not-ran]\n"
		 "--restart | --abort",
	.summary = "undo, newest first; no file is needed for it",
	.groups = GROUP_TARGET | GROUP_LOCK | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct rollback_values),
	.run = run_rollback,
};
