/*
 * Targets that take only what is published. The ref's tree is compared by
 * blob ids; only what that doesn't find is worth reading files for.
 */
#include "work/requires.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/tree.h"

/* How many names a refusal lists. */
#define MOST_NAMES 10

static const char *required_ref(const struct gm_project *project)
{
	const char *ref;
	char *key;

	if (!project->target)
		return NULL;
	key = gm_format("migrate-target.%s.requires", project->target);
	ref = gm_config_get(&project->config, key, "");
	free(key);
	return *ref ? ref : NULL;
}

static bool records_file(const struct gm_step *step)
{
	return step->resume != GM_RESUME_ABORT &&
	       (step->kind == GM_STEP_APPLY || step->kind == GM_STEP_FAKE ||
		step->kind == GM_STEP_BASELINE || step->kind == GM_STEP_ACCEPT);
}

/* A remote-tracking branch goes before a local one of that name. */
static int resolve(struct gm_project *project, const char *ref,
		   char commit[GM_OID_HEX], struct gm_error *err)
{
	char *remote = gm_format("refs/remotes/%s", ref);
	size_t len = strcspn(ref, "/");
	char *name;
	char *word;
	int ret;

	if (!project->repo) {
		free(remote);
		return gm_error_set(err, GM_EREFUSED,
				    "the target '%s' requires '%s', and this "
				    "is not a git repository",
				    project->target, ref);
	}
	ret = gm_repo_resolve(project->repo, remote, commit, NULL);
	if (ret == GM_ENOTFOUND)
		ret = gm_repo_resolve(project->repo, ref, commit, err);
	free(remote);
	if (ret != GM_ENOTFOUND)
		return ret;
	gm_error_set(err, GM_ENOTFOUND,
		     "the target '%s' requires '%s', and there is no such ref "
		     "here",
		     project->target, ref);
	name = ref[len] ? gm_strndup(ref, len) : NULL;
	word = name ? gm_shell_word(name) : NULL;
	gm_error_hint(err, "git fetch%s%s", word ? " " : "", word ? word : "");
	free(name);
	free(word);
	return GM_ENOTFOUND;
}

static bool has_blob(const struct gm_files *files, const char *blob)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		if (!strcmp(files->v[i].blob, blob))
			return true;
	return false;
}

/* By the blob id: mostly it is that of the file of its name. */
static bool is_held(struct gm_project *project, const struct gm_migration *m,
		    const struct gm_files *files)
{
	char *name = gm_format("%s.sql", m->id);
	const struct gm_file *same = gm_files_find(files, name);
	char blob[GM_OID_HEX] = "";

	free(name);
	if (*m->blob)
		memcpy(blob, m->blob, sizeof(blob));
	else
		gm_repo_hash_blob(project->repo, m->text, m->len, blob, NULL);
	return *blob &&
	       ((same && !strcmp(same->blob, blob)) || has_blob(files, blob));
}

/* The checksums of all that can be read of these. */
static int read_checksums(struct gm_project *project, struct gm_files *files,
			  struct gm_strings *out, struct gm_error *err)
{
	size_t i;
	int ret = gm_repo_read_files(project->repo, files, err);

	for (i = 0; !ret && i < files->n; i++) {
		struct gm_findings ignored = { 0 };
		struct gm_migration *m = NULL;

		if (files->v[i].kind == GM_FILE_REGULAR &&
		    gm_ends_with(files->v[i].name, ".sql"))
			gm_migration_parse(&m, "", &files->v[i], &ignored);
		if (m)
			gm_strings_add(out, m->checksum);
		gm_migration_free(m);
		gm_findings_release(&ignored);
	}
	return ret;
}

/* What one app's directory holds in the required tree. */
struct held {
	struct gm_files *files;
	struct gm_strings checksums;
	bool was_read;
};

static int is_published(struct gm_project *project,
			const struct gm_migration *m, struct held *held,
			struct gm_error *err)
{
	int ret = 0;

	if (is_held(project, m, held->files))
		return 1;
	if (!held->was_read)
		ret = read_checksums(project, held->files, &held->checksums,
				     err);
	held->was_read = true;
	return ret < 0 ? ret : gm_strings_has(&held->checksums, m->checksum);
}

static int find_missing(struct gm_project *project, const struct gm_plan *plan,
			struct gm_tree *tree, bool *missing,
			struct gm_error *err)
{
	struct held *held = gm_calloc(tree->n_apps, sizeof(*held));
	size_t i;
	int ret = 0;

	for (i = 0; i < tree->n_apps; i++)
		held[i].files = &tree->apps[i];
	for (i = 0; ret >= 0 && i < plan->n; i++) {
		const struct gm_migration *m = plan->v[i].migration;
		const struct gm_app *app;

		if (!records_file(&plan->v[i]))
			continue;
		app = gm_project_app(project, m->app);
		ret = app ? is_published(project, m, &held[app - project->apps],
					 err)
			  : 0;
		missing[i] = !ret;
	}
	for (i = 0; i < tree->n_apps; i++)
		gm_strings_release(&held[i].checksums);
	free(held);
	return ret < 0 ? ret : 0;
}

int gm_requires_refuse(const struct gm_project *project,
		       const struct gm_strings *missing, struct gm_error *err)
{
	const char *ref = required_ref(project);
	size_t i;

	gm_error_set(err, GM_EREFUSED,
		     "'%s' is not in '%s', and the target '%s' takes nothing "
		     "else",
		     missing->v[0], ref, project->target);
	for (i = 1; i < missing->n && i < MOST_NAMES; i++)
		gm_error_hint(err, "'%s' is not there either", missing->v[i]);
	if (missing->n > MOST_NAMES)
		gm_error_hint(err, "and %zu more", missing->n - MOST_NAMES);
	return gm_error_hint(err,
			     "push or merge it into '%s' first, then git "
			     "fetch",
			     ref);
}

int gm_requires_find(struct gm_project *project, const struct gm_plan *plan,
		     bool *missing, struct gm_error *err)
{
	const char *ref = required_ref(project);
	struct gm_tree tree = { 0 };
	char commit[GM_OID_HEX];
	bool needed = false;
	size_t i;
	int ret;

	for (i = 0; ref && i < plan->n; i++)
		needed |= records_file(&plan->v[i]);
	if (!needed)
		return 0;
	ret = resolve(project, ref, commit, err);
	if (!ret)
		ret = gm_tree_read(&tree, project, commit, err);
	if (!ret)
		ret = find_missing(project, plan, &tree, missing, err);
	gm_tree_release(&tree);
	return ret;
}

int gm_requires_check(struct gm_project *project, const struct gm_plan *plan,
		      struct gm_error *err)
{
	bool *missing = gm_calloc(plan->n, sizeof(*missing));
	struct gm_strings names = { 0 };
	size_t i;
	int ret = gm_requires_find(project, plan, missing, err);

	for (i = 0; !ret && i < plan->n; i++)
		if (missing[i])
			gm_strings_take(&names, gm_step_name(&plan->v[i]));
	if (!ret && names.n)
		ret = gm_requires_refuse(project, &names, err);
	gm_strings_release(&names);
	free(missing);
	return ret;
}
