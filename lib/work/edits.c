/*
 * Tells of an edit: the lines, the commit, the author, the ways out.
 */
#include "work/edits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/diff.h"
#include "work/published.h"

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

/* The blob that was applied, or would have been. */
static void recorded_blob(struct gm_project *project,
			  const struct gm_item *item, char blob[GM_OID_HEX])
{
	struct gm_strbuf text = { 0 };

	*blob = '\0';
	if (item->row->blob)
		snprintf(blob, GM_OID_HEX, "%s", item->row->blob);
	else if (!gm_history_source(project->history, item->row->app,
				    item->row->id, &text, NULL))
		gm_repo_hash_blob(project->repo, gm_strbuf_str(&text), text.len,
				  blob, NULL);
	gm_strbuf_release(&text);
}

/* Where git can be asked for the file: in a directory of the work tree. */
static const struct gm_app *app_in_git(const struct gm_project *project,
				       const struct gm_item *item)
{
	const struct gm_app *app = gm_project_app(project, gm_item_app(item));

	return project->repo && app && *app->dir != '/' ? app : NULL;
}

/* Whether the commit has something else in the file's place. */
static bool differs(struct gm_project *project, const struct gm_item *item,
		    const struct gm_app *app)
{
	char head[GM_OID_HEX];
	char blob[GM_OID_HEX];
	struct gm_files files = { 0 };
	const struct gm_file *file = NULL;
	bool found = false;

	if (!gm_repo_resolve(project->repo, "HEAD", head, NULL) &&
	    !gm_repo_tree_files(project->repo, head, app->dir, false, &files,
				NULL))
		file = gm_files_find_id(&files, item->file->id);
	if (file && !gm_repo_hash_blob(project->repo, item->file->text,
				       item->file->len, blob, NULL))
		found = strcmp(file->blob, blob) != 0;
	gm_files_release(&files);
	return found;
}

void gm_find_edit(struct gm_project *project, const struct gm_item *item,
		  struct gm_edit *out)
{
	const struct gm_app *app = app_in_git(project, item);
	bool from_commit = project->source == GM_FROM_COMMIT;
	char blob[GM_OID_HEX];

	memset(out, 0, sizeof(*out));
	if (!app || !item->row || !item->file)
		return;
	if (!from_commit)
		out->uncommitted = differs(project, item, app);
	recorded_blob(project, item, blob);
	if (!gm_repo_changes_since(project->repo,
				   from_commit ? project->source_commit
					       : "HEAD",
				   item->file->path, blob, &out->commits, NULL))
		return;
	gm_changes_release(&out->commits);
	if (out->uncommitted)
		return;
	out->commits.v = gm_calloc(1, sizeof(*out->commits.v));
	out->commits.cap = 1;
	out->commits.n = !gm_repo_last_change(project->repo, item->file->path,
					      false, out->commits.v, NULL);
}

void gm_edit_release(struct gm_edit *edit)
{
	gm_changes_release(&edit->commits);
}

struct gm_publication *gm_find_publications(struct gm_project *project,
					    const struct gm_item *item,
					    size_t *n)
{
	const struct gm_app *app = app_in_git(project, item);
	struct gm_publication *list;
	struct gm_strings refs = { 0 };
	size_t i;

	*n = 0;
	if (app && item->file)
		gm_published_refs(&refs, project, NULL);
	list = gm_calloc(refs.n, sizeof(*list));
	for (i = 0; i < refs.n; i++) {
		if (gm_repo_arrival(project->repo, refs.v[i], item->file->path,
				    &list[*n].arrival, NULL) < 0)
			continue;
		list[(*n)++].ref = gm_strdup(gm_ref_short_name(refs.v[i]));
	}
	gm_strings_release(&refs);
	return list;
}

void gm_publications_free(struct gm_publication *list, size_t n)
{
	while (n-- > 0) {
		free(list[n].ref);
		gm_change_release(&list[n].arrival);
	}
	free(list);
}

static void hint_edit(struct gm_project *project, const struct gm_item *item,
		      struct gm_error *err)
{
	const size_t most = 3;
	struct gm_edit edit;
	size_t i;

	gm_find_edit(project, item, &edit);
	if (edit.uncommitted)
		gm_error_hint(err, "the change isn't committed yet");
	for (i = 0; i < edit.commits.n && i < most; i++) {
		const struct gm_change *change = &edit.commits.v[i];

		gm_error_hint(err, "changed in %.12s (%s) by %s on %s",
			      change->commit, change->subject, change->author,
			      change->date);
	}
	if (i < edit.commits.n) {
		char *name = gm_migration_name(gm_item_app(item),
					       gm_item_id(item));

		gm_error_hint(err, "and in %zu more: git migrate show %s",
			      edit.commits.n - i, name);
		free(name);
	}
	gm_edit_release(&edit);
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
	hint_edit(project, item, err);
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
	if (newer > 1)
		return gm_error_hint(err,
				     "git migrate redo -c %zu   roll back this "
				     "one and the %zu applied after it, and "
				     "apply them as they are now",
				     newer, newer - 1);
	return gm_error_hint(err, "git migrate redo   roll back as it was "
				  "applied, and apply it as it is now");
}

/* As the index has it, or as it would be there. */
static void file_blob(struct gm_project *project, const struct gm_item *item,
		      const struct gm_app *app, char blob[GM_OID_HEX])
{
	struct gm_files index = { 0 };
	const struct gm_file *file = NULL;

	*blob = '\0';
	if (project->source == GM_FROM_WORK_TREE &&
	    !gm_repo_index_files(project->repo, app->dir, false, &index, NULL))
		file = gm_files_find_id(&index, item->file->id);
	if (file)
		snprintf(blob, GM_OID_HEX, "%s", file->blob);
	else
		gm_repo_hash_blob(project->repo, item->file->text,
				  item->file->len, blob, NULL);
	gm_files_release(&index);
}

void gm_find_refs(struct gm_project *project, const struct gm_item *item,
		  struct gm_strings *out)
{
	const struct gm_app *app = app_in_git(project, item);
	char blob[GM_OID_HEX];

	if (!app)
		return;
	if (item->row)
		recorded_blob(project, item, blob);
	else
		file_blob(project, item, app, blob);
	if (*blob)
		gm_repo_refs_holding(project->repo, blob, app->dir, out, NULL);
}

char *gm_missing_note(const struct gm_strings *refs)
{
	struct gm_strbuf note = { 0 };
	size_t i;

	gm_strbuf_adds(&note, "no file in this tree");
	for (i = 0; i < refs->n && i < 4; i++)
		gm_strbuf_addf(&note, "%s%s", i ? ", " : "; it is on ",
			       refs->v[i]);
	if (refs->n > 4)
		gm_strbuf_addf(&note, " and %zu more", refs->n - 4);
	return gm_strbuf_take(&note);
}
