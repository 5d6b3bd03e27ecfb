/*
 * The series: files in, a graph with an order out.
 */
#include "series/series.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/parallel.h"
#include "base/sort.h"
#include "series/graph.h"

void gm_series_take(struct gm_series *series, struct gm_migration *migration)
{
	GM_GROW(series->v, series->n, series->cap);
	series->v[series->n++] = migration;
}

static void note_broken(struct gm_series *series, const char *app,
			const struct gm_file *file)
{
	char *id = gm_strndup(file->name, strlen(file->name) - 4);

	gm_strings_take(&series->broken, gm_migration_name(app, id));
	free(id);
}

static void bad_file(struct gm_findings *findings, const struct gm_file *file)
{
	char *reason = gm_file_unread_reason(file);
	struct gm_finding *finding = gm_findings_add(
		findings, GM_RULE_BAD_FILE, file->path, 0, "%s", reason);

	if (file->kind == GM_FILE_UNMERGED)
		gm_finding_hint(finding, "resolve it, then git add, or git rm");
	else if (file->kind == GM_FILE_LARGE)
		gm_finding_hint(finding, "make several migrations of it, or "
					 "load its data by other means");
	else
		gm_finding_hint(finding, "put a plain file there, or move it "
					 "out of the directory");
	free(reason);
}

static void add_file(struct gm_series *series, const char *app,
		     const struct gm_file *file)
{
	struct gm_findings *findings = &series->findings;
	struct gm_migration *migration;
	struct gm_finding *finding;
	char *name;

	if (file->name[0] == '.' || !gm_ends_with(file->name, ".sql"))
		return;
	if (file->kind != GM_FILE_REGULAR) {
		note_broken(series, app, file);
		bad_file(findings, file);
	} else if (!gm_id_is_valid(file->name, strlen(file->name) - 4)) {
		name = gm_printable(file->name);
		finding = gm_findings_add(findings, GM_RULE_BAD_NAME,
					  file->path, 0,
					  "'%s' is no name of "
					  "a migration",
					  name);
		gm_finding_hint(finding, "rename it to NUMBER_SLUG.sql, or "
					 "move it out of the directory");
		free(name);
	} else if (!gm_migration_parse(&migration, app, file, findings)) {
		gm_series_take(series, migration);
	} else {
		note_broken(series, app, file);
	}
}

/* Each part reads its files into a series of its own. */
struct adding {
	const char *app;
	const struct gm_files *files;
	struct gm_series parts[GM_MOST_PARTS];
};

static void add_part(void *context, size_t part, size_t first, size_t end)
{
	struct adding *a = context;
	size_t i;

	for (i = first; i < end; i++)
		add_file(&a->parts[part], a->app, &a->files->v[i]);
}

/* Moves what a part has read behind what is there. */
static void take_part(struct gm_series *series, struct gm_series *part)
{
	size_t i;

	for (i = 0; i < part->n; i++)
		gm_series_take(series, part->v[i]);
	part->n = 0;
	for (i = 0; i < part->broken.n; i++)
		gm_strings_take(&series->broken, part->broken.v[i]);
	part->broken.n = 0;
	gm_findings_move(&series->findings, &part->findings);
	gm_series_release(part);
}

void gm_series_add(struct gm_series *series, const char *app,
		   const struct gm_files *files)
{
	struct adding adding = { .app = app, .files = files };
	size_t i;

	gm_parallel(files->n, add_part, &adding);
	for (i = 0; i < GM_MOST_PARTS; i++)
		take_part(series, &adding.parts[i]);
}

static int compare_ids(const char *app_a, const char *a, const char *app_b,
		       const char *b)
{
	int diff = strcmp(app_a, app_b);

	if (!diff)
		diff = strcasecmp(a, b);
	return diff ? diff : strcmp(a, b);
}

static int by_id(const void *a, const void *b)
{
	const struct gm_migration *x = *(struct gm_migration *const *)a;
	const struct gm_migration *y = *(struct gm_migration *const *)b;

	return compare_ids(x->app, x->id, y->app, y->id);
}

static int by_checksum(const void *a, const void *b)
{
	const struct gm_content *x = a, *y = b;
	int diff = memcmp(x->checksum, y->checksum, sizeof(x->checksum));

	if (!diff)
		diff = strcmp(x->m->app, y->m->app);
	if (diff)
		return diff;
	return (x->m->index > y->m->index) - (x->m->index < y->m->index);
}

struct gm_content *gm_series_contents(const struct gm_series *series)
{
	struct gm_content *contents = gm_calloc(series->n, sizeof(*contents));
	size_t i;

	for (i = 0; i < series->n; i++) {
		contents[i].m = series->v[i];
		memcpy(contents[i].checksum, series->v[i]->checksum,
		       sizeof(contents[i].checksum));
	}
	gm_sort(contents, series->n, sizeof(*contents), by_checksum);
	return contents;
}

void gm_series_build(struct gm_series *series)
{
	size_t i;

	free(series->by_id);
	series->by_id = gm_calloc(series->n, sizeof(struct gm_migration *));
	for (i = 0; i < series->n; i++)
		series->by_id[i] = series->v[i];
	gm_sort(series->by_id, series->n, sizeof(*series->by_id), by_id);
	gm_graph_link(series);
	gm_graph_order(series);
	gm_rules_check(series);
	gm_findings_sort(&series->findings);
}

void gm_series_release(struct gm_series *series)
{
	size_t i;

	if (!series)
		return;
	for (i = 0; i < series->n; i++)
		gm_migration_free(series->v[i]);
	free(series->v);
	free(series->by_id);
	free(series->before);
	gm_arena_release(&series->arena);
	gm_findings_release(&series->findings);
	gm_strings_release(&series->broken);
	memset(series, 0, sizeof(*series));
}

struct gm_migration *gm_series_find(const struct gm_series *series,
				    const char *app, const char *id)
{
	size_t low = 0, high = series->by_id ? series->n : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		struct gm_migration *m = series->by_id[middle];
		int diff = compare_ids(app, id, m->app, m->id);

		if (!diff)
			return m;
		if (diff < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

size_t gm_series_heads(const struct gm_series *series, const char *app,
		       struct gm_migration ***out)
{
	size_t i, n = 0;

	*out = gm_calloc(series->n, sizeof(struct gm_migration *));
	for (i = 0; i < series->n; i++)
		if (!series->v[i]->n_children &&
		    !strcmp(series->v[i]->app, app))
			(*out)[n++] = series->v[i];
	return n;
}

static void check_linear(struct gm_series *series, const char *app)
{
	struct gm_strbuf list = { 0 };
	struct gm_finding *finding;
	struct gm_migration **heads;
	size_t i, n = gm_series_heads(series, app, &heads);

	for (i = 0; i < n && i < 5; i++)
		gm_strbuf_addf(&list, "%s'%s'", i ? ", " : "", heads[i]->id);
	if (i < n)
		gm_strbuf_addf(&list, " and %zu more", n - i);
	if (n > 1) {
		finding = gm_findings_add(
			&series->findings, GM_RULE_SEVERAL_HEADS, NULL, 0,
			"%s%s%sthere are %zu heads: %s", *app ? "in app '" : "",
			app, *app ? "' " : "", n, gm_strbuf_str(&list));
		gm_finding_hint(
			finding,
			"git migrate new SLUG takes them all as its parents");
	}
	free(heads);
	gm_strbuf_release(&list);
}

void gm_series_check_linear(struct gm_series *series)
{
	size_t i;

	for (i = 0; i < series->n; i++)
		if (!i ||
		    strcmp(series->by_id[i]->app, series->by_id[i - 1]->app))
			check_linear(series, series->by_id[i]->app);
	gm_findings_sort(&series->findings);
}

static int refuse(const struct gm_finding *finding, struct gm_error *err)
{
	gm_error_set(err, GM_EINVALID, "%s", finding->message);
	if (finding->path) {
		char *path = gm_printable(finding->path);

		if (finding->line)
			gm_error_prefix(err, "%s:%zu", path, finding->line);
		else
			gm_error_prefix(err, "%s", path);
		free(path);
	}
	if (finding->hint)
		gm_error_hint(err, "%s", finding->hint);
	return GM_EINVALID;
}

static int find_block(const struct gm_series *series, bool lost_parents,
		      struct gm_error *err)
{
	size_t i, more = 0;
	int rc = 0;

	for (i = 0; i < series->findings.n; i++) {
		const struct gm_finding *finding = &series->findings.v[i];

		if (!gm_rule_blocks(finding->rule) ||
		    (lost_parents && finding->rule == GM_RULE_UNKNOWN_PARENT))
			continue;
		if (rc)
			more++;
		else
			rc = refuse(finding, err);
	}
	if (more)
		gm_error_hint(err,
			      "%zu more like this; see them all with "
			      "'git migrate check'",
			      more);
	return rc;
}

int gm_series_runnable(const struct gm_series *series, struct gm_error *err)
{
	return find_block(series, false, err);
}

int gm_series_rebasable(const struct gm_series *series, struct gm_error *err)
{
	return find_block(series, true, err);
}
