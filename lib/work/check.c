/*
 * The rules: those on the files are the series' own findings; here come the
 * policy, the comparison with what is published, and the levels.
 */
#include "work/check.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_rules.h"

static int check_heads(struct gm_project *project, struct gm_error *err)
{
	const char *policy = gm_config_get(&project->config, "migrate.heads",
					   "independent");

	if (!strcmp(policy, "linear"))
		gm_series_check_linear(&project->series);
	else if (strcmp(policy, "independent"))
		return gm_error_set(err, GM_EINVALID,
				    "bad value '%s' of 'migrate.heads': "
				    "independent or linear",
				    policy);
	return 0;
}

static void note_surroundings(struct gm_check *check)
{
	const struct gm_project *project = check->project;
	struct gm_strings *notes = &check->out->notes;
	size_t i;

	for (i = 0; i < project->n_apps; i++)
		if (project->apps[i].is_missing)
			gm_strings_take(notes,
					gm_format("there is no directory '%s'",
						  project->apps[i].dir));
	if (!project->repo)
		gm_strings_add(notes, "not in a git repository: what needs its "
				      "history was skipped");
	else if (gm_repo_is_shallow(project->repo))
		gm_strings_add(notes, "this clone is shallow: what is "
				      "published is judged by the history that "
				      "is here (git fetch --unshallow)");
}

static int load_published(struct gm_check *check,
			  const struct gm_check_options *options,
			  struct gm_error *err)
{
	int ret;

	if (options->base)
		return gm_published_load_commit(&check->published,
						check->project, options->base,
						options->direct, err);
	ret = gm_published_load(&check->published, check->project, err);
	if (!ret && check->project->repo && !check->published.n)
		gm_strings_add(&check->out->notes,
			       "nothing is published: no ref fits "
			       "migrate.published, so edits and deletions "
			       "can't be judged");
	return ret;
}

int gm_check(struct gm_check_result *out, struct gm_project *project,
	     const struct gm_check_options *options, struct gm_error *err)
{
	struct gm_check check = { .project = project,
				  .options = options,
				  .out = out };
	int ret;

	memset(out, 0, sizeof(*out));
	out->migrations = project->series.n;
	ret = check_heads(project, err);
	if (ret < 0)
		return ret;
	note_surroundings(&check);
	ret = load_published(&check, options, err);
	if (!ret)
		ret = gm_check_find_ours(&check, err);
	if (!ret)
		ret = gm_check_published(&check, err);
	if (!ret)
		ret = gm_check_sides(&check, err);
	if (!ret)
		ret = gm_check_heads(&check, err);
	if (!ret)
		ret = gm_check_merge(&check, err);
	if (!ret)
		ret = gm_check_order(&check, err);
	if (!ret && options->database)
		ret = gm_check_database(&check, err);
	gm_check_release_ours(&check);
	gm_published_release(&check.published);
	if (ret < 0)
		return ret;
	/* The result takes over what the series found. */
	gm_findings_move(&out->findings, &project->series.findings);
	ret = gm_check_levels(out, project, err);
	gm_findings_sort(&out->findings);
	return ret;
}

/* Without parent lines the commit's own parents count, see check_merge.c. */
static bool depends_on_history(const struct gm_series *series)
{
	size_t i;

	for (i = 0; i < series->n; i++)
		if (gm_migration_is_implied(series->v[i]))
			return true;
	return false;
}

bool gm_check_is_local(enum gm_rule rule)
{
	return rule == GM_RULE_UNSEALED || rule == GM_RULE_NO_DOWN;
}

/* Whether it may be kept, once it is found clean: nothing in it has hidden
 * from the rules, and no verdict on it depends on commits. */
static bool is_plain(const struct gm_series *series)
{
	size_t i;

	for (i = 0; i < series->findings.n; i++)
		if (!gm_check_is_local(series->findings.v[i].rule))
			return false;
	return !series->broken.n && !depends_on_history(series);
}

static int check_whole(struct gm_check_result *out, struct gm_project *project,
		       const struct gm_check_options *options,
		       const struct gm_check_view *view, const char *key,
		       struct gm_error *err)
{
	bool is_known;
	int ret = gm_project_load(project, NULL, err);

	if (ret)
		return ret;
	is_known = key && is_plain(&project->series);
	ret = gm_check(out, project, options, err);
	if (ret || !key || out->findings.n || out->notes.n)
		return ret;
	if (!depends_on_history(&project->series))
		gm_check_clean_keep(project->repo, key, out->migrations);
	if (is_known)
		gm_check_grown_keep(project, view);
	return 0;
}

int gm_check_tree(struct gm_check_result *out, struct gm_project *project,
		  const struct gm_check_options *options, struct gm_error *err)
{
	struct gm_check_view view;
	char key[GM_HASH_HEX];
	bool has_view;
	bool clean = false;
	int ret = 0;

	/* What was applied is compared with the text of the files. */
	if (options->database)
		project->options.summaries = false;
	has_view = gm_check_view_load(&view, project, options) &&
		   !gm_check_merge_takes_away(project);
	memset(out, 0, sizeof(*out));
	if (has_view) {
		gm_check_clean_key(key, &view);
		clean = gm_check_clean_recall(&out->migrations, project->repo,
					      key);
	}
	if (has_view && !clean) {
		clean = gm_check_grown(&out->migrations, project, &view);
		if (clean)
			gm_check_clean_keep(project->repo, key,
					    out->migrations);
	}
	if (!clean)
		ret = check_whole(out, project, options, &view,
				  has_view ? key : NULL, err);
	gm_check_view_release(&view);
	return ret;
}

void gm_check_result_release(struct gm_check_result *result)
{
	if (!result)
		return;
	gm_findings_release(&result->findings);
	gm_strings_release(&result->notes);
	memset(result, 0, sizeof(*result));
}
