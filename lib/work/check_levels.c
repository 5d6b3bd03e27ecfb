/*
 * The levels of the rules: as they begin, or as migrate.check.RULE sets them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_rules.h"

int gm_check_level(const struct gm_project *project, enum gm_rule rule,
		   enum gm_level *level, struct gm_error *err)
{
	char *key = gm_format("migrate.check.%s", gm_rule_name(rule));
	const char *word = gm_config_get(&project->config, key, NULL);
	int ret = 0;

	*level = gm_rule_default_level(rule);
	if (!word)
		;
	else if (!strcmp(word, "error"))
		*level = GM_LEVEL_ERROR;
	else if (!strcmp(word, "warn"))
		*level = GM_LEVEL_WARN;
	else if (!strcmp(word, "off") || !strcmp(word, "false"))
		*level = GM_LEVEL_OFF;
	else
		ret = gm_error_set(err, GM_EINVALID,
				   "bad level '%s' of '%s': error, warn or "
				   "off",
				   word, key);
	free(key);
	return ret;
}

/* A level for a rule that doesn't exist would be a silent typo. */
static int check_names(const struct gm_project *project, struct gm_error *err)
{
	static const char prefix[] = "migrate.check.";
	size_t i;
	int rule;

	for (i = 0; i < project->config.n; i++) {
		const char *key = project->config.v[i].key;

		if (!gm_starts_with(key, prefix))
			continue;
		for (rule = 0; rule < GM_RULE_COUNT; rule++)
			if (!strcmp(gm_rule_name((enum gm_rule)rule),
				    key + strlen(prefix)))
				break;
		if (rule < GM_RULE_COUNT)
			continue;
		gm_error_set(err, GM_EINVALID, "there is no rule '%s'",
			     key + strlen(prefix));
		return gm_error_hint(err,
				     "git migrate --help lists them; the "
				     "setting is '%s'",
				     key);
	}
	return 0;
}

/* The parent whose pin is on that line, or NULL. */
static const struct gm_migration *find_parent(const struct gm_series *series,
					      const char *path, size_t line)
{
	size_t i;
	size_t k;

	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->v[i];

		for (k = 0; k < m->n_parents; k++)
			if (m->parents[k].line == line &&
			    !strcmp(m->path, path))
				return m->parents[k].found;
	}
	return NULL;
}

static bool is_edited(const struct gm_findings *found, const char *path,
		      enum gm_level least)
{
	size_t i;

	for (i = 0; i < found->n; i++)
		if (found->v[i].rule == GM_RULE_PUBLISHED_EDITED &&
		    found->v[i].level >= least &&
		    !strcmp(found->v[i].path, path))
			return true;
	return false;
}

/*
 * An edit of what is published is judged as that; a stale checksum would
 * only say it again, and advise to seal what can't be sealed any more. So
 * would the pins of its children, unless the edit may stay.
 */
static bool says_it_again(const struct gm_findings *found,
			  const struct gm_series *series,
			  const struct gm_finding *finding)
{
	const struct gm_migration *parent;

	if (finding->rule == GM_RULE_STALE_CHECKSUM)
		return is_edited(found, finding->path, GM_LEVEL_NOTE);
	if (finding->rule != GM_RULE_STALE_PIN)
		return false;
	parent = find_parent(series, finding->path, finding->line);
	return parent && is_edited(found, parent->path, GM_LEVEL_ERROR);
}

/* A finding that was given less than its rule begins with gets no more. */
static enum gm_level level_in(const struct gm_finding *finding,
			      enum gm_level level)
{
	if (finding->level < gm_rule_default_level(finding->rule) &&
	    finding->level < level)
		return finding->level;
	return level;
}

static void set_levels(struct gm_findings *f,
		       const enum gm_level levels[GM_RULE_COUNT])
{
	size_t i;

	for (i = 0; i < f->n; i++)
		f->v[i].level = level_in(&f->v[i], levels[f->v[i].rule]);
}

int gm_check_levels(struct gm_check_result *out, struct gm_project *project,
		    struct gm_error *err)
{
	struct gm_findings *f = &out->findings;
	enum gm_level levels[GM_RULE_COUNT];
	size_t kept = 0;
	size_t i;
	int ret;

	ret = check_names(project, err);
	for (i = 0; !ret && i < GM_RULE_COUNT; i++)
		ret = gm_check_level(project, (enum gm_rule)i, &levels[i], err);
	if (ret < 0)
		return ret;
	set_levels(f, levels);
	for (i = 0; i < f->n; i++)
		if (says_it_again(f, &project->series, &f->v[i]))
			f->v[i].level = GM_LEVEL_OFF;
	for (i = 0; i < f->n; i++) {
		struct gm_finding finding = f->v[i];

		out->errors += finding.level == GM_LEVEL_ERROR;
		out->warnings += finding.level == GM_LEVEL_WARN;
		if (finding.level != GM_LEVEL_OFF) {
			f->v[i] = f->v[kept];
			f->v[kept++] = finding;
		}
	}
	while (f->n > kept)
		gm_findings_drop(f, f->n - 1);
	return 0;
}
