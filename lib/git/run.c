/*
 * Running git.
 */
#include "git/git.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void gm_git_output_release(struct gm_git_output *out)
{
	gm_strbuf_release(&out->text);
	gm_strbuf_release(&out->errors);
}

/* Messages are compared, and paths are meant literally, whatever the user set
 * for the commands that he types. */
static const char *const changes[] = { "LC_ALL=C",
				       "GIT_OPTIONAL_LOCKS=0",
				       "GIT_CONFIG",
				       "GIT_LITERAL_PATHSPECS",
				       "GIT_GLOB_PATHSPECS",
				       "GIT_NOGLOB_PATHSPECS",
				       "GIT_ICASE_PATHSPECS",
				       NULL };

int gm_git_start(struct gm_process **out, const char *const *argv,
		 const struct gm_strbuf *input, struct gm_error *err)
{
	return gm_process_start(out, argv, changes, input, err);
}

int gm_git_converse(struct gm_process **out, const char *const *argv,
		    struct gm_error *err)
{
	return gm_process_converse(out, argv, changes, err);
}

int gm_git_run(struct gm_git_output *out, const char *const *argv,
	       const struct gm_strbuf *input, struct gm_error *err)
{
	struct gm_process *process;
	int rc = gm_git_start(&process, argv, input, err);

	if (rc)
		return rc;
	return gm_process_finish(process, &out->text, &out->errors,
				 &out->status, err);
}

/* Where git's complaint begins: behind what tracing or warnings wrote. */
static const char *complaint(const char *text)
{
	static const char *const marks[] = { "fatal: ", "error: " };
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(marks); i++) {
		const char *at = text;

		while ((at = strstr(at, marks[i]))) {
			if (at == text || at[-1] == '\n')
				return at + strlen(marks[i]);
			at++;
		}
	}
	return text;
}

int gm_git_failed(struct gm_error *err, const struct gm_git_output *out)
{
	const char *text = complaint(gm_strbuf_str(&out->errors));
	size_t len = strcspn(text, "\n");

	if (!len)
		return gm_error_set(err, GM_ERROR, "git failed with status %d",
				    out->status);
	gm_error_set(err, GM_ERROR, "git says: %.*s", (int)len, text);
	for (text += len; *text; text += len) {
		text += strspn(text, " \t\n");
		len = strcspn(text, "\n");
		if (len)
			gm_error_hint(err, "%.*s", (int)len, text);
	}
	return GM_ERROR;
}

int gm_git_finish_text(struct gm_strbuf *text, struct gm_process *process,
		       struct gm_error *err)
{
	struct gm_git_output out = { 0 };
	int rc = gm_process_finish(process, &out.text, &out.errors, &out.status,
				   err);

	if (!rc && out.status)
		rc = gm_git_failed(err, &out);
	if (!rc) {
		gm_strbuf_release(text);
		*text = out.text;
		memset(&out.text, 0, sizeof(out.text));
	}
	gm_git_output_release(&out);
	return rc;
}

int gm_git_text(struct gm_strbuf *text, const char *const *argv,
		const struct gm_strbuf *input, struct gm_error *err)
{
	struct gm_process *process;
	int rc = gm_git_start(&process, argv, input, err);

	return rc ? rc : gm_git_finish_text(text, process, err);
}

int gm_git_needed(const struct gm_repo *repo, const char *what,
		  struct gm_error *err)
{
	if (!repo->libgit2)
		return 0;
	gm_error_set(err, GM_ERROR, "%s needs the git program", what);
	return gm_error_hint(err, "install git, or put it into PATH");
}
