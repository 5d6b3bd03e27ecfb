/*
 * From trees to a side's changes. Most files are in every base with the same
 * blob id, and are never opened.
 */
#include "work/side.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/directory.h"
#include "work/side_rest.h"
#include "work/sparse.h"

size_t gm_side_dialects(struct gm_project *project,
			const struct gm_dialect *dialects[GM_SIDE_DIALECTS])
{
	static const struct gm_dialect *const all[GM_SIDE_DIALECTS] = {
		&gm_dialect_sqlite, &gm_dialect_postgres, &gm_dialect_mysql
	};
	struct gm_error err = { 0 };

	/* What is wrong with a target is for those who connect to say. */
	if (gm_project_has_target(project, &err) > 0 &&
	    !gm_project_find_target(project, &err)) {
		dialects[0] = project->driver->dialect;
		return 1;
	}
	gm_error_release(&err);
	memcpy(dialects, all, sizeof(all));
	return GM_SIDE_DIALECTS;
}

bool gm_side_is_migration(const struct gm_file *file)
{
	size_t len = strlen(file->name);

	return gm_ends_with(file->name, ".sql") &&
	       gm_id_is_valid(file->name, len - 4);
}

/* An app's files in the work tree, with their bytes and blob ids. */
static int read_work_tree(struct gm_files *out, struct gm_project *project,
			  size_t app, struct gm_error *err)
{
	const char *dir = project->apps[app].dir;
	char *path = gm_format("%s/%s", project->top, dir);
	size_t i;
	int ret = gm_is_sparse(project)
			  ? gm_sparse_files_read(project, &project->apps[app],
						 path, out, err)
			  : gm_files_read(out, path, dir, err);

	free(path);
	if (ret == GM_ENOTFOUND) {
		gm_error_release(err);
		return 0;
	}
	for (i = 0; !ret && i < out->n; i++)
		if (out->v[i].bytes)
			ret = gm_repo_hash_blob(project->repo, out->v[i].bytes,
						out->v[i].len, out->v[i].blob,
						err);
	return ret;
}

static bool has_blob(const struct gm_files *files, const char *blob)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		if (!strcmp(files->v[i].blob, blob))
			return true;
	return false;
}

static void move_file(struct gm_file *to, struct gm_file *from)
{
	*to = *from;
	memset(from, 0, sizeof(*from));
}

/* Whether a base has it, by name or by content. */
static bool is_in_base(const struct gm_tree *bases, size_t n, size_t app,
		       const char *name, const char *blob)
{
	size_t i;

	for (i = 0; i < n; i++) {
		const struct gm_file *base = gm_files_find(&bases[i].apps[app],
							   name);

		if (base && !strcmp(base->blob, blob))
			return true;
	}
	for (i = 0; i < n; i++)
		if (has_blob(&bases[i].apps[app], blob))
			return true;
	return false;
}

static void copy_file(struct gm_files *to, const struct gm_file *from)
{
	struct gm_file *file = gm_files_add(to);

	file->name = gm_strdup(from->name);
	file->path = gm_strdup(from->path);
	file->kind = from->kind;
	memcpy(file->blob, from->blob, sizeof(file->blob));
	if (from->bytes)
		file->bytes = gm_strndup(from->bytes, from->len);
	file->len = from->len;
}

/* Copies to `changed` what no base has. */
static void pick_changed(const struct gm_files *files,
			 const struct gm_tree *bases, size_t n, size_t app,
			 struct gm_files *changed)
{
	size_t i;

	for (i = 0; i < files->n; i++) {
		const struct gm_file *file = &files->v[i];

		if (gm_side_is_migration(file) &&
		    !is_in_base(bases, n, app, file->name, file->blob))
			copy_file(changed, file);
	}
}

void gm_change_of_side_read(struct gm_change_of_side *change,
			    struct gm_project *project, struct gm_file *file)
{
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t n = gm_side_dialects(project, dialects);
	struct gm_findings ignored = { 0 };
	size_t i;

	if (file->kind == GM_FILE_REGULAR)
		gm_migration_parse(&change->migration,
				   project->apps[change->app].name, file,
				   &ignored);
	if (change->migration)
		memcpy(change->checksum, change->migration->checksum,
		       sizeof(change->checksum));
	for (i = 0; change->migration && i < n; i++) {
		const struct gm_section *up = gm_migration_section(
			change->migration, GM_SECTION_UP, dialects[i]);

		change->footprints[i].dialect = dialects[i];
		if (up)
			gm_footprint_add(&change->footprints[i], dialects[i],
					 up->sql, up->len, up->line);
	}
	move_file(&change->file, file);
	gm_findings_release(&ignored);
}

void gm_side_add_file(struct gm_side *side, struct gm_project *project,
		      size_t app, struct gm_file *file)
{
	struct gm_change_of_side *change;

	GM_GROW(side->v, side->n, side->cap);
	change = &side->v[side->n++];
	memset(change, 0, sizeof(*change));
	change->app = app;
	gm_change_of_side_read(change, project, file);
}

/* Whether a base has that file with the same sections: then only its header
 * was changed. */
static int same_in_base(bool *out, struct gm_project *project,
			struct gm_change_of_side *change,
			const struct gm_files *base, struct gm_error *err)
{
	const struct gm_file *found = gm_files_find(base, change->file.name);
	struct gm_files one = { 0 };
	struct gm_findings ignored = { 0 };
	struct gm_migration *m = NULL;
	int ret;

	if (!found || !change->migration || found->kind != GM_FILE_REGULAR)
		return 0;
	one.v = gm_calloc(1, sizeof(*one.v));
	one.n = 1;
	one.v[0].name = gm_strdup(found->name);
	one.v[0].path = gm_strdup(found->path);
	memcpy(one.v[0].blob, found->blob, sizeof(found->blob));
	ret = gm_repo_read_files(project->repo, &one, err);
	if (!ret)
		gm_migration_parse(&m, "", &one.v[0], &ignored);
	if (m)
		*out |= gm_side_is_header(change, m);
	gm_migration_free(m);
	gm_findings_release(&ignored);
	gm_files_release(&one);
	return ret;
}

void gm_change_of_side_release(struct gm_change_of_side *change)
{
	size_t i;

	gm_migration_free(change->migration);
	for (i = 0; i < GM_SIDE_DIALECTS; i++)
		gm_footprint_release(&change->footprints[i]);
	free(change->file.name);
	free(change->file.path);
	free(change->file.bytes);
	free(change->renamed);
	gm_strings_release(&change->by_name);
	gm_strings_release(&change->by_pin);
}

/* Adds it, unless a base has the same sections under its name. */
static int take_change(struct gm_side *side, struct gm_project *project,
		       const struct gm_tree *bases, size_t n, size_t app,
		       struct gm_file *file, struct gm_error *err)
{
	bool same = false;
	size_t i;
	int ret = 0;

	gm_side_add_file(side, project, app, file);
	gm_side_find_standing(&side->v[side->n - 1]);
	for (i = 0; !ret && i < n; i++)
		ret = same_in_base(&same, project, &side->v[side->n - 1],
				   &bases[i].apps[app], err);
	if (same)
		gm_side_keep_header(side);
	return ret;
}

/* Whether one of the first bases has that name. */
static bool has_name(const struct gm_tree *bases, size_t n, size_t app,
		     const char *name)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gm_files_find(&bases[i].apps[app], name))
			return true;
	return false;
}

/* A file of that content whose name is new; NULL: there is none. */
static const char *find_renamed(const struct gm_files *files,
				const struct gm_tree *bases, size_t n,
				size_t app, const char *blob)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		if (!strcmp(files->v[i].blob, blob) &&
		    !has_name(bases, n, app, files->v[i].name))
			return files->v[i].name;
	return NULL;
}

/* Takes what a base has and the side hasn't, wherever it went. */
static int take_gone(struct gm_side *side, struct gm_project *project,
		     struct gm_files *gone, size_t app,
		     const struct gm_series *series, struct gm_error *err)
{
	size_t i;
	int ret = gone->n ? gm_repo_read_files(project->repo, gone, err) : 0;

	for (i = 0; !ret && i < gone->n; i++)
		gm_side_add_gone(side, project, app, &gone->v[i], series);
	gm_files_release(gone);
	return ret;
}

static int load_gone(struct gm_side *side, struct gm_project *project,
		     const struct gm_files *files, const struct gm_tree *bases,
		     size_t n, size_t app, struct gm_error *err)
{
	struct gm_files gone = { 0 };
	size_t i;
	size_t k;

	for (i = 0; i < n; i++) {
		const struct gm_files *base = &bases[i].apps[app];

		for (k = 0; k < base->n; k++) {
			const struct gm_file *file = &base->v[k];
			const char *to;

			if (!gm_side_is_migration(file) ||
			    gm_files_find(files, file->name) ||
			    has_name(bases, i, app, file->name))
				continue;
			copy_file(&gone, file);
			to = find_renamed(files, bases, n, app, file->blob);
			if (to)
				gm_side_add_renamed(side, app,
						    &gone.v[--gone.n], to);
		}
	}
	return take_gone(side, project, &gone, app, NULL, err);
}

static int load_app(struct gm_side *side, struct gm_project *project,
		    const struct gm_files *files, const struct gm_tree *bases,
		    size_t n, size_t app, struct gm_error *err)
{
	struct gm_files changed = { 0 };
	size_t i;
	int ret = 0;

	pick_changed(files, bases, n, app, &changed);
	if (!side->work_tree && changed.n)
		ret = gm_repo_read_files(project->repo, &changed, err);
	for (i = 0; !ret && i < changed.n; i++)
		ret = take_change(side, project, bases, n, app, &changed.v[i],
				  err);
	gm_files_release(&changed);
	return ret ? ret : load_gone(side, project, files, bases, n, app, err);
}

int gm_side_load(struct gm_side *side, struct gm_project *project,
		 const struct gm_strings *bases, struct gm_error *err)
{
	struct gm_tree *trees = gm_calloc(bases->n, sizeof(*trees));
	struct gm_tree own = { 0 };
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < bases->n; i++)
		ret = gm_tree_read(&trees[i], project, bases->v[i], err);
	if (!ret && !side->work_tree)
		ret = gm_tree_read(&own, project, side->commit, err);
	for (i = 0; !ret && i < project->n_apps; i++) {
		struct gm_files files = { 0 };

		if (side->work_tree && *project->apps[i].dir != '/')
			ret = read_work_tree(&files, project, i, err);
		if (!ret)
			ret = load_app(side, project,
				       side->work_tree ? &files : &own.apps[i],
				       trees, bases->n, i, err);
		gm_files_release(&files);
	}
	for (i = 0; i < bases->n; i++)
		gm_tree_release(&trees[i]);
	free(trees);
	gm_tree_release(&own);
	return ret;
}

int gm_side_take_tree(struct gm_side *side, struct gm_project *project,
		      const struct gm_tree *own, const struct gm_tree *bases,
		      size_t n, struct gm_error *err)
{
	size_t i;
	int ret = 0;

	memcpy(side->commit, own->commit, sizeof(side->commit));
	for (i = 0; !ret && i < own->n_apps; i++)
		ret = load_app(side, project, &own->apps[i], bases, n, i, err);
	return ret;
}

static size_t app_of(const struct gm_project *project,
		     const struct gm_migration *m)
{
	return (size_t)(gm_project_app(project, m->app) - project->apps);
}

/* The file as it would be read for this migration. */
static void as_file(struct gm_file *file, const struct gm_migration *m,
		    const char *blob)
{
	memset(file, 0, sizeof(*file));
	file->name = gm_format("%s.sql", m->id);
	file->path = gm_strdup(m->path);
	file->bytes = gm_strndup(m->text, m->len);
	file->len = m->len;
	memcpy(file->blob, blob, sizeof(file->blob));
}

void gm_side_add(struct gm_side *side, struct gm_project *project,
		 const struct gm_migration *migration)
{
	struct gm_file file;

	as_file(&file, migration, migration->blob);
	gm_side_add_file(side, project, app_of(project, migration), &file);
}

/* A file that can't be read has its own finding; it isn't gone. */
static bool has_file(const struct gm_series *series, const char *app,
		     const char *name)
{
	char *id = gm_strndup(name, strlen(name) - strlen(".sql"));
	char *broken = gm_migration_name(app, id);
	bool has = gm_series_find(series, app, id) ||
		   gm_strings_has(&series->broken, broken);

	free(broken);
	free(id);
	return has;
}

static int take_gone_of_series(struct gm_side *side, struct gm_project *project,
			       bool *const *seen, const struct gm_tree *bases,
			       size_t n, size_t app, struct gm_error *err)
{
	const struct gm_series *series = &project->series;
	struct gm_files gone = { 0 };
	size_t i;
	size_t k;

	for (i = 0; i < n; i++) {
		const struct gm_files *base = &bases[i].apps[app];

		for (k = 0; k < base->n; k++) {
			const char *name = base->v[k].name;

			if ((i || !seen[app][k]) &&
			    gm_side_is_migration(&base->v[k]) &&
			    !has_name(bases, i, app, name) &&
			    !has_file(series, project->apps[app].name, name))
				copy_file(&gone, &base->v[k]);
		}
	}
	return take_gone(side, project, &gone, app, series, err);
}

int gm_side_take_series(struct gm_side *side, struct gm_project *project,
			const bool *same, bool *const *seen,
			const struct gm_tree *bases, size_t n,
			struct gm_error *err)
{
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < project->series.n; i++) {
		const struct gm_migration *m = project->series.v[i];
		size_t app = app_of(project, m);
		char blob[GM_OID_HEX];
		struct gm_file file;
		char *name;

		if (same[i])
			continue;
		name = gm_format("%s.sql", m->id);
		memcpy(blob, m->blob, sizeof(blob));
		if (!*blob)
			ret = gm_repo_hash_blob(project->repo, m->text, m->len,
						blob, err);
		if (!ret && !is_in_base(bases, n, app, name, blob)) {
			as_file(&file, m, blob);
			ret = take_change(side, project, bases, n, app, &file,
					  err);
		}
		free(name);
	}
	for (i = 0; !ret && i < project->n_apps; i++)
		ret = take_gone_of_series(side, project, seen, bases, n, i,
					  err);
	return ret;
}

void gm_side_release(struct gm_side *side)
{
	size_t i;

	if (!side)
		return;
	for (i = 0; !side->is_borrowed && i < side->n; i++)
		gm_change_of_side_release(&side->v[i]);
	for (i = 0; !side->is_borrowed && i < side->n_rest; i++)
		gm_change_of_side_release(&side->rest[i]);
	if (!side->is_borrowed) {
		free(side->v);
		free(side->rest);
	}
	free(side->name);
	free(side->rev);
	memset(side, 0, sizeof(*side));
}
