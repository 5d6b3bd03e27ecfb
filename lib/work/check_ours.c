/*
 * What is ours: the migrations that differ from those of every base. Names
 * and blob ids tell most of it, so that what is unchanged is never opened.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_rules.h"
#include "work/summaries.h"

/* Gives the work tree's files their blob ids, where a base has that name:
 * then equal files needn't be read from the object database. */
static int hash_files(struct gm_project *project,
		      const struct gm_published *published,
		      struct gm_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < project->series.n; i++) {
		struct gm_migration *m = project->series.v[i];

		if (!*m->blob &&
		    gm_published_has(published, project, m->app, m->id))
			ret = gm_repo_hash_blob(project->repo, m->text, m->len,
						m->blob, err);
	}
	return ret;
}

/* Whether a base holds it just so. Marks the first base's file. */
static bool is_same(struct gm_check_ours *ours,
		    const struct gm_published_ref *ref, size_t app,
		    const struct gm_migration *m)
{
	bool same = false;
	size_t i;

	for (i = 0; i < ref->n_bases; i++) {
		const struct gm_files *files = &ref->bases[i].apps[app];
		const struct gm_file *file = gm_files_find_id(files, m->id);

		if (file && !i)
			ours->seen[app][file - files->v] = true;
		same |= file && *m->blob && !strcmp(file->blob, m->blob);
	}
	return same;
}

static void compare(struct gm_check_ours *ours,
		    const struct gm_project *project,
		    const struct gm_published_ref *ref)
{
	const struct gm_series *series = &project->series;
	size_t i;

	ours->same = gm_calloc(series->n, sizeof(*ours->same));
	ours->seen = gm_calloc(project->n_apps, sizeof(*ours->seen));
	ours->n_apps = project->n_apps;
	for (i = 0; ref->n_bases && i < project->n_apps; i++)
		ours->seen[i] = gm_calloc(ref->bases[0].apps[i].n,
					  sizeof(**ours->seen));
	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->v[i];
		const struct gm_app *app = gm_project_app(project, m->app);

		ours->same[i] = is_same(ours, ref,
					(size_t)(app - project->apps), m);
	}
}

int gm_check_find_ours(struct gm_check *check, struct gm_error *err)
{
	struct gm_project *project = check->project;
	const struct gm_published *published = &check->published;
	bool *wanted = gm_calloc(project->series.n, sizeof(*wanted));
	size_t r;
	size_t i;
	int ret = hash_files(project, published, err);

	check->ours = gm_calloc(published->n, sizeof(*check->ours));
	for (r = 0; !ret && r < published->n; r++) {
		compare(&check->ours[r], project, &published->v[r]);
		for (i = 0; i < project->series.n; i++)
			wanted[i] |= published->v[r].n_bases &&
				     !check->ours[r].same[i];
	}
	if (!ret)
		ret = gm_summaries_fill(&project->series, wanted, project->repo,
					err);
	free(wanted);
	return ret;
}

void gm_check_release_ours(struct gm_check *check)
{
	size_t r;
	size_t i;

	for (r = 0; check->ours && r < check->published.n; r++) {
		for (i = 0; i < check->ours[r].n_apps; i++)
			free(check->ours[r].seen[i]);
		free(check->ours[r].seen);
		free(check->ours[r].same);
	}
	free(check->ours);
}
