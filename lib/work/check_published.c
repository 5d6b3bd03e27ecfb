/*
 * What is published, seen from three sides: ours is what differs from every
 * merge base with it.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_rules.h"

/* What the comparison of one published ref works on. */
struct comparison {
	struct gm_project *project;
	const struct gm_check_ours *ours;
	const struct gm_published_ref *ref;
	struct gm_findings *findings;
};

/* Parses a published file; NULL where it can't be read as a migration. */
static int load_base(struct comparison *c, const char *app,
		     const struct gm_file *file, struct gm_migration **out,
		     struct gm_error *err)
{
	struct gm_findings ignored = { 0 };
	struct gm_strbuf bytes = { 0 };
	struct gm_file copy = *file;
	int ret = gm_repo_blob(c->project->repo, file->blob, &bytes, err);

	*out = NULL;
	if (!ret) {
		copy.bytes = (char *)gm_strbuf_str(&bytes);
		copy.len = bytes.len;
		gm_migration_parse(out, app, &copy, &ignored);
	}
	gm_findings_release(&ignored);
	gm_strbuf_release(&bytes);
	return ret;
}

/* Whether the up of any dialect says something else. */
static bool up_differs(const struct gm_migration *a,
		       const struct gm_migration *b)
{
	const struct gm_dialect *const dialects[] = { &gm_dialect_sqlite,
						      &gm_dialect_postgres,
						      &gm_dialect_mysql };
	char x[GM_HASH_HEX];
	char y[GM_HASH_HEX];
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(dialects); i++) {
		gm_migration_fingerprint(a, GM_SECTION_UP, dialects[i], x);
		gm_migration_fingerprint(b, GM_SECTION_UP, dialects[i], y);
		if (strcmp(x, y))
			return true;
	}
	return false;
}

static bool has_parent(const struct gm_migration *m, const char *id)
{
	size_t i;

	for (i = 0; i < m->n_parents; i++)
		if (!strcmp(m->parents[i].id, id))
			return true;
	return false;
}

/* Only written lines count. */
static bool is_reparented(const struct gm_migration *ours,
			  const struct gm_migration *base)
{
	size_t i;

	if (ours->root != base->root || ours->n_parents != base->n_parents)
		return true;
	for (i = 0; i < ours->n_parents; i++)
		if (!has_parent(base, ours->parents[i].id))
			return true;
	return false;
}

/* To be typed as it is, whatever a branch or a directory is called. */
static void hint_restore(struct gm_finding *finding, const struct comparison *c,
			 const char *path, const char *rest)
{
	char *ref = gm_shell_word(gm_ref_short_name(c->ref->name));
	char *word = gm_repo_word(c->project->repo, path);

	gm_finding_hint(finding, "git restore --source=%s -- %s%s", ref, word,
			rest);
	free(ref);
	free(word);
}

static void judge_edit(struct comparison *c, const struct gm_migration *ours,
		       const struct gm_migration *base)
{
	struct gm_finding *finding;

	if (strcmp(ours->checksum, base->checksum)) {
		bool edited = up_differs(ours, base);

		finding = gm_findings_add(
			c->findings, GM_RULE_PUBLISHED_EDITED, ours->path, 0,
			edited ? "the published up of '%s' was changed"
			       : "'%s' is published, and its text was changed",
			ours->id);
		if (!edited)
			finding->level = GM_LEVEL_NOTE;
		hint_restore(finding, c, ours->path,
			     ", and put the change in a new migration");
	}
	if (is_reparented(ours, base)) {
		finding = gm_findings_add(
			c->findings, GM_RULE_PUBLISHED_REPARENTED, ours->path,
			ours->n_parents ? ours->parents[0].line : 1,
			"the published '%s' was given other parents", ours->id);
		hint_restore(finding, c, ours->path, "");
	}
}

/* Where the same content went under a name that is new. */
static const struct gm_migration *find_renamed(const struct gm_series *series,
					       const struct gm_files *files,
					       const char *app,
					       const struct gm_migration *base)
{
	size_t i;

	for (i = 0; base && i < series->n; i++)
		if (!strcmp(series->v[i]->app, app) &&
		    !strcmp(series->v[i]->checksum, base->checksum) &&
		    !gm_files_find_id(files, series->v[i]->id))
			return series->v[i];
	return NULL;
}

static bool every_base_has(const struct gm_published_ref *ref, size_t app,
			   const char *id)
{
	size_t i;

	for (i = 0; i < ref->n_bases; i++)
		if (!gm_files_find_id(&ref->bases[i].apps[app], id))
			return false;
	return ref->n_bases > 0;
}

/* One of our files that a base has too. Ours is what differs from every
 * base; where one base has just our content, the change came from there. */
static int compare_file(struct comparison *c, size_t app,
			const struct gm_migration *ours, struct gm_error *err)
{
	struct gm_migration *first = NULL;
	bool same = false;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && !same && i < c->ref->n_bases; i++) {
		const struct gm_file *file = gm_files_find_id(
			&c->ref->bases[i].apps[app], ours->id);
		struct gm_migration *base = NULL;

		if (!file)
			continue;
		if (*ours->blob && !strcmp(ours->blob, file->blob)) {
			same = true;
			break;
		}
		ret = load_base(c, ours->app, file, &base, err);
		if (base && !strcmp(ours->checksum, base->checksum) &&
		    !is_reparented(ours, base))
			same = true;
		if (first)
			gm_migration_free(base);
		else
			first = base;
	}
	if (!ret && !same && first)
		judge_edit(c, ours, first);
	gm_migration_free(first);
	return ret;
}

/* Files that every base has and we don't. */
static int compare_deleted(struct comparison *c, size_t app,
			   struct gm_error *err)
{
	const struct gm_app *a = &c->project->apps[app];
	const struct gm_files *base = &c->ref->bases[0].apps[app];
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < base->n; i++) {
		const struct gm_file *file = &base->v[i];
		const struct gm_migration *renamed;
		struct gm_finding *finding;
		struct gm_migration *m = NULL;
		char *id;

		if (c->ours->seen[app][i] || !gm_ends_with(file->name, ".sql"))
			continue;
		id = gm_strndup(file->name, strlen(file->name) - 4);
		if (!gm_id_is_valid(id, strlen(id)) ||
		    gm_series_find(&c->project->series, a->name, id) ||
		    !every_base_has(c->ref, app, id)) {
			free(id);
			continue;
		}
		ret = load_base(c, a->name, file, &m, err);
		renamed = find_renamed(&c->project->series, base, a->name, m);
		finding = gm_findings_add(c->findings,
					  GM_RULE_PUBLISHED_DELETED, file->path,
					  0, "the published '%s' is gone%s%s%s",
					  id, renamed ? " (it is '" : "",
					  renamed ? renamed->id : "",
					  renamed ? "' now)" : "");
		hint_restore(finding, c, file->path, "");
		gm_migration_free(m);
		free(id);
	}
	return ret;
}

/* A file that can't be read has its own finding; it isn't gone. */
static bool has_unreadable(const struct gm_series *series)
{
	size_t i;

	for (i = 0; i < series->findings.n; i++)
		if (series->findings.v[i].rule == GM_RULE_PARSE_ERROR ||
		    series->findings.v[i].rule == GM_RULE_BAD_FILE)
			return true;
	return false;
}

static int compare_ref(struct comparison *c, struct gm_error *err)
{
	struct gm_project *project = c->project;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < project->series.n; i++) {
		struct gm_migration *m = project->series.v[i];
		const struct gm_app *app = gm_project_app(project, m->app);

		if (!c->ours->same[i])
			ret = compare_file(c, (size_t)(app - project->apps), m,
					   err);
	}
	if (has_unreadable(&project->series))
		return ret;
	for (i = 0; !ret && i < project->n_apps; i++)
		ret = compare_deleted(c, i, err);
	return ret;
}

int gm_check_published(struct gm_check *check, struct gm_error *err)
{
	const struct gm_published *published = &check->published;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < published->n; i++) {
		struct comparison c = { check->project, &check->ours[i],
					&published->v[i],
					&check->out->findings };

		if (c.ref->n_bases)
			ret = compare_ref(&c, err);
	}
	return ret;
}
