/*
 * git migrate seal: writes checksums, parents and pins into unpublished
 * files.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/session.h"
#include "series/names.h"
#include "work/sealing.h"

struct seal_values {
	struct common common;
	bool staged;
};

#define AT(member) offsetof(struct seal_values, member)

static const struct option_spec options[] = {
	{ OPTION_BOOL, '\0', "staged", AT(staged), NULL,
	  "those in the index, and stage what is written" },
	{ .type = OPTION_END },
};

static int find(struct session *s, const char *rev, size_t *index)
{
	const struct gm_series *series = &s->project.series;
	struct gm_name *names = gm_calloc(series->n, sizeof(*names));
	size_t i;
	int ret;

	for (i = 0; i < series->n; i++) {
		names[i].app = series->v[i]->app;
		names[i].id = series->v[i]->id;
		names[i].checksum = series->v[i]->checksum;
	}
	ret = gm_name_resolve(index, names, series->n, rev, &s->err);
	free(names);
	return ret;
}

static bool holds(const struct gm_migration **v, size_t n,
		  const struct gm_migration *m)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i] == m)
			return true;
	return false;
}

/* Keeps those of the candidates that are named, where some are. */
static int choose(struct session *s, const struct gm_migration **v, size_t *n)
{
	const struct gm_migration **named = gm_calloc(s->in->n_args,
						      sizeof(*named));
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < s->in->n_args; i++) {
		size_t index;

		ret = find(s, s->in->args[i], &index);
		if (ret < 0)
			break;
		named[i] = s->project.series.v[index];
		if (!holds(v, *n, named[i]))
			ret = gm_error_set(&s->err, GM_EREFUSED,
					   "'%s' is published: others may "
					   "have applied it",
					   named[i]->id);
	}
	if (!ret && s->in->n_args) {
		memcpy(v, named, s->in->n_args * sizeof(*v));
		*n = s->in->n_args;
	}
	free(named);
	return ret;
}

static int seal(struct session *s, bool staged)
{
	const struct gm_migration **v = NULL;
	struct gm_strings sealed = { 0 };
	size_t n = 0;
	size_t i;
	int ret = gm_seal_candidates(&s->project, staged, &v, &n, &s->err);

	if (!ret)
		ret = choose(s, v, &n);
	if (!ret)
		ret = gm_seal_files(&s->project, v, n, s->in->values->dry_run,
				    &sealed, &s->err);
	if (!ret && staged && sealed.n && !s->in->values->dry_run)
		ret = gm_repo_stage(s->project.repo, &sealed, &s->err);
	for (i = 0; !ret && !s->in->values->quiet && i < sealed.n; i++)
		printf("%s %s\n",
		       s->in->values->dry_run ? "would seal" : "sealed",
		       sealed.v[i]);
	if (!ret && !sealed.n && !s->in->values->quiet)
		puts("nothing to seal");
	gm_strings_release(&sealed);
	free(v);
	return ret;
}

static int run_seal(const struct invocation *in)
{
	const struct seal_values *v = (const struct seal_values *)in->values;
	struct session s;
	int ret;

	if (v->staged && in->n_args)
		return gm_usage_error(in, "--staged takes all that is staged; "
					  "name none");
	ret = gm_session_open(&s, in, SESSION_FILES | SESSION_RUNNABLE, NULL);
	if (!ret && s.project.source == GM_FROM_COMMIT)
		ret = gm_error_set(&s.err, GM_EINVALID,
				   "a bare repository has no work tree to "
				   "write in");
	if (!ret && v->staged && !s.project.repo)
		ret = gm_error_set(&s.err, GM_EINVALID,
				   "there is no index: this is not a git "
				   "repository");
	if (!ret)
		ret = seal(&s, v->staged);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_seal = {
	.name = "seal",
	.usage = "[--dry-run] [REV… | --staged]",
	.summary = "write checksums, parents and pins into unpublished files",
	.groups = GROUP_FILES | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct seal_values),
	.run = run_seal,
};
