/*
 * Tells of an edit: the lines, the commit, the author, the ways out.
 */
#include "work/edits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "git/diff.h"

int gm_edit_diff(struct gm_project *project, const struct gm_item *item,
		 struct gm_strbuf *diff, struct gm_error *err)
{
	struct gm_strbuf old = { 0 };
	int ret = gm_history_source(project->history, item->row->app,
				    item->row->id, &old, err);

	if (!ret)
		ret = gm_diff_text(gm_strbuf_str(&old), old.len,
				   item->file->text, item->file->len, diff,
				   err);
	gm_strbuf_release(&old);
	return ret;
}

/* The change may be a commit's, or not be committed yet. */
static void hint_change(struct gm_project *project, const struct gm_item *item,
			struct gm_error *err)
{
	const struct gm_app *app = gm_project_app(project, item->file->app);
	struct gm_change change = { 0 };
	struct gm_files head = { 0 };
	char commit[GM_OID_HEX] = "";
	char blob[GM_OID_HEX] = "";
	size_t i;

	if (!project->repo || !app || *app->dir == '/' ||
	    gm_repo_last_change(project->repo, item->file->path, false, &change,
				NULL) < 0)
		return;
	if (project->source == GM_FROM_COMMIT)
		memcpy(commit, project->source_commit, sizeof(commit));
	else if (!gm_repo_resolve(project->repo, "HEAD", commit, NULL))
		gm_repo_hash_blob(project->repo, item->file->text,
				  item->file->len, blob, NULL);
	if (!gm_repo_tree_files(project->repo, commit, app->dir, false, &head,
				NULL) &&
	    *blob)
		for (i = 0; i < head.n; i++)
			if (!strcmp(head.v[i].path, item->file->path) &&
			    strcmp(head.v[i].blob, blob)) {
				gm_error_hint(err, "the change isn't "
						   "committed yet");
				goto done;
			}
	gm_error_hint(err, "changed in %.12s (%s) by %s on %s", change.commit,
		      change.subject, change.author, change.date);
done:
	gm_files_release(&head);
	gm_change_release(&change);
}

int gm_refuse_edited(struct gm_project *project,
		     const struct gm_comparison *comparison,
		     const struct gm_item *item, struct gm_strbuf *diff,
		     struct gm_error *err)
{
	char *name = gm_migration_name(item->file->app, item->file->id);
	size_t newer = 1;
	size_t i;

	for (i = 0; i < comparison->n; i++)
		if (comparison->v[i].row &&
		    comparison->v[i].row->position > item->row->position)
			newer++;
	gm_edit_diff(project, item, diff, NULL);
	gm_error_set(err, GM_EREFUSED,
		     "'%s' was edited after it was applied on %s", name,
		     item->row->applied_at);
	hint_change(project, item, err);
	if (project->source == GM_FROM_COMMIT) {
		free(name);
		return gm_error_hint(err,
				     "check out %.12s, and accept, "
				     "restore or redo it there",
				     project->source_commit);
	}
	gm_error_hint(err,
		      "git migrate accept %s   the database is right as "
		      "it is: record the file as it is now",
		      name);
	gm_error_hint(err,
		      "git migrate restore %s  put the text that was "
		      "applied back into the file",
		      name);
	free(name);
	return gm_error_hint(err,
			     "git migrate redo -c %zu   roll back as it "
			     "was applied, and apply it as it is now",
			     newer);
}

void gm_find_refs(struct gm_project *project, const struct gm_item *item,
		  struct gm_strings *out)
{
	const struct gm_app *app = gm_project_app(project, gm_item_app(item));
	struct gm_strbuf text = { 0 };
	char blob[GM_OID_HEX] = "";

	if (!item->row || !project->repo || !app || *app->dir == '/')
		return;
	if (item->row->blob)
		snprintf(blob, sizeof(blob), "%s", item->row->blob);
	else if (!gm_history_source(project->history, item->row->app,
				    item->row->id, &text, NULL))
		gm_repo_hash_blob(project->repo, gm_strbuf_str(&text), text.len,
				  blob, NULL);
	if (*blob)
		gm_repo_refs_holding(project->repo, blob, app->dir, out, NULL);
	gm_strbuf_release(&text);
}
