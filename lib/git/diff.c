/*
 * Line by line differences, as libgit2 computes them.
 */
#include "git/diff.h"

#include "git/libgit2.h"
#include "git/library.h"

static int add_line(const git_diff_delta *delta, const git_diff_hunk *hunk,
		    const git_diff_line *line, void *payload)
{
	struct gm_strbuf *out = payload;

	(void)delta;
	(void)hunk;
	if (line->origin == GIT_DIFF_LINE_FILE_HDR)
		return 0;
	if (line->origin == GIT_DIFF_LINE_CONTEXT ||
	    line->origin == GIT_DIFF_LINE_ADDITION ||
	    line->origin == GIT_DIFF_LINE_DELETION)
		gm_strbuf_addc(out, line->origin);
	gm_strbuf_add(out, line->content, line->content_len);
	return 0;
}

int gm_diff_text(const char *old, size_t old_len, const char *new,
		 size_t new_len, struct gm_strbuf *out, struct gm_error *err)
{
	git_diff_options options;
	git_patch *patch = NULL;
	struct gm_libgit2 *git;
	int ret = gm_libgit2_load(&git, err);

	if (ret)
		return ret;
	git->diff_options_init(&options, GIT_DIFF_OPTIONS_VERSION);
	if (git->patch_from_buffers(&patch, old, old_len, NULL, new, new_len,
				    NULL, &options) < 0 ||
	    git->patch_print(patch, add_line, out) < 0) {
		const git_error *last = git->error_last();

		ret = gm_error_set(err, GM_ERROR, "can't compare: %s",
				   last ? last->message : "unknown error");
	}
	git->patch_free(patch);
	gm_libgit2_close(git);
	return ret;
}
