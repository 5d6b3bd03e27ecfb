/*
 * What a commit would bring, and what one ref of a push would.
 */
#include "work/guard.h"

#include <string.h>

#include "work/check_rules.h"
#include "work/published.h"

#define PROJECT_FILE ".gitmigrate"

/* Whether anybody says that there are migrations. */
static bool is_project(const struct gm_project *project)
{
	const struct gm_config *config = &project->config;
	struct gm_strings apps = { 0 };
	bool found;

	if (config->has_project)
		return true;
	gm_config_subsections(config, "migrate-app", &apps);
	found = apps.n || gm_config_find(config, "migrate.dir");
	gm_strings_release(&apps);
	return found;
}

/* What is no error is said to those who touch the file. */
static void keep_touched(struct gm_check_result *out,
			 const struct gm_strings *paths)
{
	size_t i = 0;

	while (i < out->findings.n) {
		const struct gm_finding *f = &out->findings.v[i];

		if (f->level == GM_LEVEL_ERROR || !f->path ||
		    gm_strings_has(paths, f->path)) {
			i++;
			continue;
		}
		out->warnings -= f->level == GM_LEVEL_WARN;
		gm_findings_drop(&out->findings, i);
	}
}

int gm_guard_index(enum gm_guard_verdict *verdict, struct gm_check_result *out,
		   struct gm_project *project, struct gm_error *err)
{
	struct gm_staged staged = { 0 };
	struct gm_check_options options = { .is_uncommitted = true,
					    .staged = &staged };
	struct gm_strings where = { 0 };
	struct gm_strings paths = { 0 };
	size_t i;
	int ret;

	memset(out, 0, sizeof(*out));
	*verdict = GM_GUARD_NO_PROJECT;
	if (!is_project(project))
		return 0;
	*verdict = GM_GUARD_UNTOUCHED;
	gm_strings_add(&where, PROJECT_FILE);
	for (i = 0; i < project->n_apps; i++)
		gm_strings_add(&where, project->apps[i].dir);
	ret = gm_repo_staged(project->repo, &where, &staged, err);
	if (ret < 0 || !staged.n)
		goto done;
	*verdict = GM_GUARD_JUDGED;
	for (i = 0; i < staged.n; i++)
		gm_strings_add(&paths, staged.v[i].path);
	ret = gm_check_tree(out, project, &options, err);
	if (!ret && !gm_strings_has(&paths, PROJECT_FILE))
		keep_touched(out, &paths);
done:
	gm_staged_release(&staged);
	gm_strings_release(&where);
	gm_strings_release(&paths);
	return ret;
}

int gm_guard_open(struct gm_project *project,
		  const struct gm_project_options *options, const char *commit,
		  const char *policy, struct gm_error *err)
{
	struct gm_project_options at = *options;
	int ret;

	at.source = GM_FROM_COMMIT;
	at.summaries = true;
	at.commit = commit;
	at.policy = policy;
	ret = gm_project_open(project, &at, err);
	/* Rules that can't be read must not keep out what would mend them. */
	if (ret == GM_EINVALID && policy && *policy) {
		gm_error_release(err);
		gm_project_release(project);
		at.policy = "";
		ret = gm_project_open(project, &at, err);
	}
	return ret;
}

/* The commit whose rules count for what is pushed here. */
static const char *policy_of(const struct gm_updates *updates,
			     const struct gm_ref_update *update)
{
	if (updates->remote)
		return NULL;
	return *update->before ? update->before : "HEAD";
}

/* What is pushed may be the first to say so. */
static int says_so_itself(struct gm_project *project, const char *commit,
			  struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_strings ids = { 0 };
	int ret;

	gm_strings_take(&names, gm_format("%s:" PROJECT_FILE, commit));
	ret = gm_repo_object_ids(project->repo, &names, &ids, err);
	if (!ret)
		ret = *ids.v[0] != '\0';
	gm_strings_release(&names);
	gm_strings_release(&ids);
	return ret;
}

/* Whether another published ref, which stays, has all that the ref had. */
static int is_elsewhere(const struct gm_ref_update *update,
			const struct gm_updates *updates,
			struct gm_project *project, struct gm_error *err)
{
	struct gm_strings published = { 0 };
	struct gm_strings going = { 0 };
	bool found = false;
	size_t i;
	int ret = gm_published_refs(&published, project, err);

	for (i = 0; i < updates->n; i++)
		if (!*updates->v[i].after)
			gm_strings_take(&going,
					gm_update_ref_here(updates,
							   &updates->v[i]));
	for (i = 0; !ret && !found && i < published.n; i++) {
		struct gm_strings bases = { 0 };

		if (gm_strings_has(&going, published.v[i]))
			continue;
		ret = gm_repo_merge_bases(project->repo, update->before,
					  published.v[i], &bases, err);
		found = !ret && gm_strings_has(&bases, update->before);
		gm_strings_release(&bases);
	}
	gm_strings_release(&published);
	gm_strings_release(&going);
	return ret < 0 ? ret : found;
}

/* A published ref goes. */
static int judge_gone(struct gm_ref_update *update, struct gm_check_result *out,
		      const struct gm_updates *updates,
		      struct gm_project *project, struct gm_error *err)
{
	struct gm_finding *finding;
	enum gm_level level;
	int ret = gm_check_level(project, GM_RULE_PUBLISHED_DELETED, &level,
				 err);

	if (!ret)
		ret = is_elsewhere(update, updates, project, err);
	if (ret || level == GM_LEVEL_OFF)
		return ret < 0 ? ret : 0;
	finding = gm_findings_add(
		&out->findings, GM_RULE_PUBLISHED_DELETED, NULL, 0,
		"'%s' is published, and its migrations would go with it",
		gm_ref_short_name(update->ref));
	finding->level = level;
	gm_finding_hint(finding,
			"git %s migrate.check.published-deleted%coff%s lets it "
			"go",
			updates->remote ? "-c" : "config",
			updates->remote ? '=' : ' ',
			updates->remote ? " push ..." : " in that repository");
	out->errors += level == GM_LEVEL_ERROR;
	out->warnings += level == GM_LEVEL_WARN;
	return 0;
}

int gm_guard_update(struct gm_ref_update *update, struct gm_check_result *out,
		    const struct gm_updates *updates,
		    const struct gm_project_options *options,
		    struct gm_error *err)
{
	struct gm_check_options how = { 0 };
	struct gm_project_options at = *options;
	struct gm_project project = { 0 };
	int ret;

	at.repo = updates->repo;
	ret = gm_guard_open(&project, &at,
			    *update->after ? update->commit : update->before,
			    policy_of(updates, update), err);
	memset(out, 0, sizeof(*out));
	if (ret < 0)
		goto done;
	ret = is_project(&project)
		      ? 1
		      : says_so_itself(&project, project.options.commit, err);
	update->verdict = ret ? GM_GUARD_JUDGED : GM_GUARD_NO_PROJECT;
	if (ret <= 0)
		goto done;
	if (!*update->after) {
		ret = judge_gone(update, out, updates, &project, err);
		goto done;
	}
	if (update->published) {
		how.base = update->before;
		how.direct = true;
	}
	ret = gm_check_tree(out, &project, &how, err);
	if (!ret)
		keep_touched(out, &(struct gm_strings){ 0 });
done:
	gm_project_release(&project);
	return ret;
}
