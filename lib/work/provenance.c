/*
 * Blob ids, commits and users for the history. The index and HEAD's tree are
 * read once per app, and only where a file of the work tree is to run.
 */
#include "work/provenance.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
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

/* The blob that the file's bytes are, as they lie there or, where git
 * changes line ends on the way in, as the migration has them. */
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

	if (!*index)
		goto done;
	ret = gm_file_read(path, &bytes, err);
	if (!ret)
		ret = gm_repo_hash_blob(project->repo, gm_strbuf_str(&bytes),
					bytes.len, blob, err);
	if (!ret && strcmp(blob, index))
		ret = gm_repo_hash_blob(project->repo, m->text, m->len, blob,
					err);
	if (!ret && !strcmp(blob, index))
		memcpy(out->blob, blob, sizeof(out->blob));
done:
	out->dirty = !*index || strcmp(blob, head) != 0;
	gm_strbuf_release(&bytes);
	free(name);
	free(path);
	return ret;
}

static int load_steps(struct gm_provenance *p, struct gm_project *project,
		      const struct gm_plan *plan, struct gm_error *err)
{
	struct sides *sides = gm_calloc(project->n_apps, sizeof(*sides));
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < plan->n; i++) {
		const struct gm_migration *m = plan->v[i].migration;
		const struct gm_app *app = m ? gm_project_app(project, m->app)
					     : NULL;

		if (plan->v[i].kind == GM_STEP_ROLLBACK || !app ||
		    *app->dir == '/')
			continue;
		if (project->source == GM_FROM_COMMIT) {
			memcpy(p->steps[i].blob, m->blob,
			       sizeof(p->steps[i].blob));
			continue;
		}
		ret = load_sides(&sides[app - project->apps], project, app,
				 p->commit, err);
		if (!ret)
			ret = find_blob(project, &sides[app - project->apps], m,
					&p->steps[i], err);
	}
	for (i = 0; i < project->n_apps; i++) {
		gm_files_release(&sides[i].index);
		gm_files_release(&sides[i].head);
	}
	free(sides);
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
