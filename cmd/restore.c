/*
 * git migrate restore: puts the text that was applied back into the file.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/session.h"
#include "work/files.h"

/* What stands in the file now stays to be had: as a blob, or beside it. */
static int keep_old(struct session *s, const char *path)
{
	struct gm_strbuf bytes = { 0 };
	char blob[GM_OID_HEX];
	char *copy = NULL;
	int ret = gm_file_read(path, &bytes, &s->err);

	if (ret == GM_ENOTFOUND) {
		gm_error_release(&s->err);
		return 0;
	}
	if (!ret && s->project.repo) {
		ret = gm_repo_store_blob(s->project.repo, gm_strbuf_str(&bytes),
					 bytes.len, blob, &s->err);
		if (!ret)
			fprintf(stderr,
				"the text that was there: git "
				"cat-file -p %s\n",
				blob);
	} else if (!ret) {
		copy = gm_format("%s.orig", path);
		ret = gm_file_replace(copy, gm_strbuf_str(&bytes), bytes.len,
				      &s->err);
		if (!ret)
			fprintf(stderr, "the text that was there: %s\n", copy);
	}
	gm_strbuf_release(&bytes);
	free(copy);
	return ret;
}

static int restore(struct session *s, const struct gm_item *item)
{
	const char *id = gm_item_id(item);
	struct gm_strbuf text = { 0 };
	char *path;
	int ret = 0;

	if (!item->row)
		return gm_error_set(&s->err, GM_EREFUSED,
				    "'%s' is not applied: nothing was "
				    "recorded for it",
				    id);
	/* A record may come from anybody, and must not lead elsewhere. */
	if (!gm_id_is_valid(id, strlen(id)))
		return gm_error_set(&s->err, GM_EINVALID,
				    "'%s' can't be the name of a file", id);
	if (!gm_project_app(&s->project, item->row->app)) {
		gm_error_set(&s->err, GM_ENOTFOUND,
			     "there is no app '%s' here to put '%s' in",
			     item->row->app, id);
		return gm_error_hint(&s->err,
				     "name its directory: git config -f "
				     ".gitmigrate migrate-app.NAME.dir DIR");
	}
	path = gm_project_path(&s->project, item->row->app, id);
	ret = gm_history_source(s->project.history, item->row->app,
				item->row->id, &text, &s->err);
	if (!ret && item->file && item->file->len == text.len &&
	    !memcmp(item->file->text, gm_strbuf_str(&text), text.len)) {
		if (!s->in->values->quiet)
			printf("%s is as it was applied\n", id);
	} else if (!ret && s->in->values->dry_run) {
		fwrite(gm_strbuf_str(&text), 1, text.len, stdout);
	} else if (!ret) {
		ret = keep_old(s, path);
		if (!ret)
			ret = gm_file_replace(path, gm_strbuf_str(&text),
					      text.len, &s->err);
		if (!ret && !s->in->values->quiet)
			printf("restored %s\n", id);
	}
	gm_strbuf_release(&text);
	free(path);
	return ret;
}

static int run_restore(const struct invocation *in)
{
	struct session s;
	size_t i;
	int ret;

	if (!in->n_args)
		return gm_usage_error(in, "name the migrations whose text you "
					  "want back");
	ret = gm_session_open(&s, in, SESSION_FILES | SESSION_READ, NULL);
	if (!ret && s.project.source == GM_FROM_COMMIT)
		ret = gm_error_set(&s.err, GM_EINVALID,
				   "a bare repository has no work tree to "
				   "write in");
	for (i = 0; !ret && i < in->n_args; i++) {
		const struct gm_item *item;

		ret = gm_comparison_find(&item, &s.comparison, in->args[i],
					 &s.err);
		if (!ret)
			ret = restore(&s, item);
	}
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_restore = {
	.name = "restore",
	.usage = "[--dry-run] REV…",
	.summary = "put the text that was applied back into the file",
	.groups = GROUP_TARGET | GROUP_DRY_RUN | GROUP_QUIET,
	.values_size = sizeof(struct common),
	.run = run_restore,
};
