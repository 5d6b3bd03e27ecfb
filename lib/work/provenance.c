/*
 * Blob ids, commits and users for the history. The index and HEAD's tree are
 * read once per app, and only where a file of the work tree is to run.
 */
#include "work/provenance.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "work/files.h"

/* An app's directory as the index and HEAD have it. */
struct sides {
	bool loaded;
	struct gm_files index;
	struct gm_files head;
};

static const char *blob_of(const struct gm_files *files, const char *name)
{
	const struct gm_file *file = gm_files_find(files, name);

	return file ? file->blob : "";
}

static int load_sides(struct sides *sides, struct gm_project *project,
		      const struct gm_app *app, const char *head,
		      struct gm_error *err)
{
	int ret;

	if (sides->loaded)
		return 0;
	sides->loaded = true;
	ret = gm_repo_index_files(project->repo, app->dir, false, &sides->index,
				  err);
	if (!ret && *head)
		ret = gm_repo_tree_files(project->repo, head, app->dir, false,
					 &sides->head, err);
	return ret;
}

/* The blob that the file's bytes are: as the migration has them, which is how
 * git keeps them where it changes line ends, or else as they lie there. */
static int find_blob(struct gm_project *project, const struct sides *sides,
		     const struct gm_migration *m, struct gm_step_facts *out,
		     struct gm_error *err)
{
	char *name = gm_format("%s.sql", m->id);
	char *path = gm_project_path(project, m->app, m->id);
	const char *index = blob_of(&sides->index, name);
	const char *head = blob_of(&sides->head, name);
	struct gm_strbuf bytes = { 0 };
	char blob[GM_OID_HEX] = "";
	int ret = 0;

	memcpy(blob, out->blob, sizeof(blob));
	out->blob[0] = '\0';
	if (!*index)
		goto done;
	if (!*blob)
		ret = gm_repo_hash_blob(project->repo, m->text, m->len, blob,
					err);
	if (!ret && strcmp(blob, index))
		ret = gm_file_read(path, &bytes, err);
	if (!ret && bytes.len)
		ret = gm_repo_hash_blob(project->repo, gm_strbuf_str(&bytes),
					bytes.len, blob, err);
	if (!ret && !strcmp(blob, index))
		memcpy(out->blob, blob, sizeof(out->blob));
done:
	out->dirty = !*index || strcmp(blob, head) != 0;
	gm_strbuf_release(&bytes);
	free(name);
	free(path);
	return ret;
}

/* The app whose file in the work tree a step is about, or NULL. */
static const struct gm_app *app_of(struct gm_project *project,
				   const struct gm_step *step)
{
	const struct gm_migration *m = step->migration;
	const struct gm_app *app = m ? gm_project_app(project, m->app) : NULL;

	return step->kind != GM_STEP_ROLLBACK && app && *app->dir != '/' ? app
									 : NULL;
}

/* Longer texts are hashed only where git turns out to know the file. */
#define HASHED_AHEAD ((size_t)1 << 20)

struct finding_blobs {
	struct gm_project *project;
	const struct gm_plan *plan;
	struct gm_step_facts *steps;
	struct sides *sides;
	/* HEAD, or "". */
	const char *commit;
	struct gm_error sides_err;
	/* What went wrong in each part. */
	struct gm_error err[GM_MOST_PARTS];
};

/* What takes no git: in the meantime it is asked. */
static void look_at_texts(void *context, size_t part, size_t first, size_t end)
{
	struct finding_blobs *f = context;
	size_t i;

	for (i = first; i < end; i++) {
		const struct gm_migration *m = f->plan->v[i].migration;
		struct gm_step_facts *facts = &f->steps[i];

		if (!app_of(f->project, &f->plan->v[i]))
			continue;
		gm_migration_fingerprints(
			m, gm_history_dialect(f->project->history),
			&facts->fingerprints);
		facts->fingerprinted = true;
		if (f->project->source == GM_FROM_COMMIT)
			memcpy(facts->blob, m->blob, sizeof(facts->blob));
		else if (m->len <= HASHED_AHEAD &&
			 gm_repo_hash_blob(f->project->repo, m->text, m->len,
					   facts->blob, &f->err[part]) < 0)
			return;
	}
}

static void find_blobs(void *context, size_t part, size_t first, size_t end)
{
	struct finding_blobs *f = context;
	size_t i;

	for (i = first; i < end; i++) {
		const struct gm_app *app = app_of(f->project, &f->plan->v[i]);

		if (app &&
		    find_blob(f->project, &f->sides[app - f->project->apps],
			      f->plan->v[i].migration, &f->steps[i],
			      &f->err[part]) < 0)
			return;
	}
}

/* Both sides of all apps. */
static void load_all_sides(void *context)
{
	struct finding_blobs *f = context;
	struct gm_project *project = f->project;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < f->plan->n; i++) {
		const struct gm_app *app = app_of(project, &f->plan->v[i]);

		if (app)
			ret = load_sides(&f->sides[app - project->apps],
					 project, app, f->commit,
					 &f->sides_err);
	}
}

/* The first error; the others are dropped. */
static int take_error(struct finding_blobs *f, struct gm_error *err)
{
	int ret = f->sides_err.code;
	size_t i;

	if (ret < 0)
		*err = f->sides_err;
	for (i = 0; i < GM_MOST_PARTS; i++) {
		if (!ret && f->err[i].code)
			ret = gm_error_set(err, f->err[i].code, "%s",
					   f->err[i].message);
		gm_error_release(&f->err[i]);
	}
	return ret;
}

/* On all processors: it takes longer than asking git. */
static int load_steps(struct gm_provenance *p, struct gm_project *project,
		      const struct gm_plan *plan, struct gm_error *err)
{
	struct finding_blobs f = {
		.project = project,
		.plan = plan,
		.steps = p->steps,
		.sides = gm_calloc(project->n_apps, sizeof(*f.sides)),
		.commit = p->commit,
	};
	bool ask = project->source != GM_FROM_COMMIT;
	struct gm_task task;
	size_t i;
	int ret;

	if (ask)
		gm_task_start(&task, load_all_sides, &f);
	gm_parallel(plan->n, look_at_texts, &f);
	if (ask)
		gm_task_finish(&task);
	ret = take_error(&f, err);
	if (!ret && ask) {
		gm_parallel(plan->n, find_blobs, &f);
		ret = take_error(&f, err);
	}
	for (i = 0; i < project->n_apps; i++) {
		gm_files_release(&f.sides[i].index);
		gm_files_release(&f.sides[i].head);
	}
	free(f.sides);
	return ret;
}

int gm_provenance_load(struct gm_provenance *out, struct gm_project *project,
		       const struct gm_plan *plan, struct gm_error *err)
{
	int ret = 0;

	memset(out, 0, sizeof(*out));
	out->user = gm_repo_user(project->repo);
	out->facts.user = out->user;
	out->facts.tool_version = project->options.tool_version;
	if (!project->repo)
		return 0;
	if (project->source == GM_FROM_COMMIT)
		memcpy(out->commit, project->source_commit,
		       sizeof(out->commit));
	else
		ret = gm_repo_head(project->repo, out->commit, &out->branch,
				   err);
	if (ret < 0)
		return ret;
	out->steps = gm_calloc(plan->n, sizeof(*out->steps));
	out->facts.steps = out->steps;
	out->facts.commit = *out->commit ? out->commit : NULL;
	out->facts.branch = out->branch;
	return load_steps(out, project, plan, err);
}

void gm_provenance_release(struct gm_provenance *provenance)
{
	if (!provenance)
		return;
	free(provenance->steps);
	free(provenance->user);
	free(provenance->branch);
	memset(provenance, 0, sizeof(*provenance));
}
