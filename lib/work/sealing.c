/*
 * Which files are sealed, and the writing of them.
 */
#include "work/sealing.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "series/seal.h"
#include "work/files.h"
#include "work/leftovers.h"
#include "work/published.h"
#include "work/sparse.h"

static int seal_one(struct gm_project *project, const struct gm_migration *m,
		    const bool *ends, bool dry_run, struct gm_strings *sealed,
		    struct gm_error *err)
{
	char *path = gm_project_path(project, m->app, m->id);
	struct gm_strbuf old = { 0 };
	struct gm_strbuf new = { 0 };
	size_t rest;
	int ret = gm_shown_file_read(project, m, &old, err);

	if (ret < 0)
		goto done;
	/* What stays as it is needn't be there twice. */
	if (gm_seal_head(m, ends, gm_strbuf_str(&old), old.len, &new, &rest)) {
		gm_strings_add(sealed, m->path);
		if (!dry_run)
			ret = gm_file_replace_parts(path, gm_strbuf_str(&new),
						    new.len,
						    gm_strbuf_str(&old) + rest,
						    old.len - rest, err);
	}
done:
	gm_strbuf_release(&old);
	gm_strbuf_release(&new);
	free(path);
	return ret;
}

/* What a seal that was killed has left beside the file. */
static void tidy_beside(const struct gm_project *project,
			const struct gm_migration *m)
{
	char *path = gm_project_path(project, m->app, m->id);

	*strrchr(path, '/') = '\0';
	gm_remove_own_leftovers(path);
	free(path);
}

int gm_seal_files(struct gm_project *project,
		  const struct gm_migration *const *v, size_t n, bool dry_run,
		  struct gm_strings *sealed, struct gm_error *err)
{
	bool *ends = gm_seal_ends(&project->series, v, n);
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < n; i++)
		ret = seal_one(project, v[i], ends, dry_run, sealed, err);
	for (i = 0; !dry_run && sealed->n && i < n; i++)
		if (!i || strcmp(v[i]->app, v[i - 1]->app))
			tidy_beside(project, v[i]);
	free(ends);
	return ret;
}

/* 1 where the index holds the file just as it lies in the work tree, 0
 * where it doesn't hold it at all. */
static int is_staged(struct gm_project *project, const struct gm_files *index,
		     const struct gm_migration *m, struct gm_error *err)
{
	const struct gm_file *file = gm_files_find_id(index, m->id);
	struct gm_strbuf bytes = { 0 };
	char blob[GM_OID_HEX];
	int ret;

	if (!file)
		return 0;
	ret = gm_shown_file_read(project, m, &bytes, err);
	if (!ret)
		ret = gm_repo_hash_blob(project->repo, gm_strbuf_str(&bytes),
					bytes.len, blob, err);
	if (!ret && strcmp(blob, file->blob))
		ret = gm_repo_hash_blob(project->repo, m->text, m->len, blob,
					err);
	if (!ret && strcmp(blob, file->blob)) {
		char *word = gm_repo_word(project->repo, m->path);

		gm_error_set(err, GM_EREFUSED,
			     "'%s' is staged in part: the work tree has "
			     "something else",
			     m->path);
		ret = gm_error_hint(err,
				    "git add %s, or git stash push "
				    "--keep-index",
				    word);
		free(word);
	}
	gm_strbuf_release(&bytes);
	return ret < 0 ? ret : 1;
}

int gm_seal_candidates(struct gm_project *project, bool staged,
		       const struct gm_migration ***out, size_t *n,
		       struct gm_error *err)
{
	struct gm_files *index = gm_calloc(project->n_apps, sizeof(*index));
	bool sparse = gm_is_sparse(project);
	struct gm_published published;
	size_t i;
	int ret = gm_published_load(&published, project, err);

	*out = gm_calloc(project->series.n, sizeof(**out));
	*n = 0;
	for (i = 0; !ret && staged && i < project->n_apps; i++)
		ret = gm_repo_index_files(project->repo, project->apps[i].dir,
					  false, &index[i], err);
	for (i = 0; !ret && i < project->series.n; i++) {
		const struct gm_migration *m = project->series.v[i];
		const struct gm_app *app = gm_project_app(project, m->app);
		int take = 1;

		if (gm_published_has(&published, project, m->app, m->id) ||
		    (sparse && !gm_is_shown(project, m)))
			continue;
		if (staged)
			take = is_staged(project, &index[app - project->apps],
					 m, err);
		if (take < 0)
			ret = take;
		else if (take)
			(*out)[(*n)++] = m;
	}
	for (i = 0; i < project->n_apps; i++)
		gm_files_release(&index[i]);
	free(index);
	gm_published_release(&published);
	return ret;
}
