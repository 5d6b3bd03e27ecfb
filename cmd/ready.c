/*
 * Sealing what is about to be applied, and looking whether it is what it
 * should be.
 */
#include "cmd/ready.h"

#include <stdlib.h>

#include "base/alloc.h"
#include "cmd/output.h"
#include "work/requires.h"
#include "work/sealing.h"

static bool applies(const struct gm_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->v[i].kind == GM_STEP_APPLY)
			return true;
	return false;
}

int gm_ready_seal(struct session *s, const struct gm_plan *plan)
{
	const struct gm_migration **free_ones = NULL;
	const struct gm_migration **v;
	struct gm_strings sealed = { 0 };
	bool wanted = true;
	bool *is_free;
	size_t n_free = 0;
	size_t n = 0;
	size_t i;
	int ret;

	if (!applies(plan))
		return 0;
	/* What the target won't take is left as it is. */
	ret = gm_requires_check(&s->project, plan, &s->err);
	if (ret < 0)
		return ret;
	ret = gm_config_bool(&s->project.config, "migrate.autoseal", true,
			     &wanted, &s->err);

	if (ret < 0 || !wanted || s->project.source != GM_FROM_WORK_TREE)
		return ret;
	ret = gm_seal_candidates(&s->project, false, &free_ones, &n_free,
				 &s->err);
	v = gm_calloc(plan->n, sizeof(*v));
	is_free = gm_calloc(s->project.series.n, sizeof(*is_free));
	for (i = 0; !ret && i < n_free; i++)
		is_free[free_ones[i]->index] = true;
	for (i = 0; !ret && i < plan->n; i++) {
		const struct gm_migration *m = plan->v[i].migration;

		/* What goes on from a recorded text has no file to seal. */
		if (plan->v[i].kind == GM_STEP_APPLY &&
		    m->index < s->project.series.n &&
		    m == s->project.series.v[m->index] && is_free[m->index])
			v[n++] = m;
	}
	free(is_free);
	if (!ret)
		ret = gm_seal_files(&s->project, v, n, false, &sealed, &s->err);
	if (ret < 0) {
		gm_print_warning("not sealed: %s", s->err.message);
		gm_error_release(&s->err);
	}
	ret = sealed.n > 0;
	gm_strings_release(&sealed);
	free(free_ones);
	free(v);
	return ret;
}

static int refuse_edited(struct session *s, const struct gm_migration *m)
{
	char *word = gm_repo_word(s->project.repo, m->path);

	gm_error_set(&s->err, GM_EREFUSED, "%s was edited after it was sealed",
		     m->path);
	if (s->project.source == GM_FROM_COMMIT)
		gm_error_hint(&s->err, "git migrate check %.12s says more",
			      s->project.source_commit);
	else
		gm_error_hint(&s->err,
			      "git migrate check says more; an edit that isn't "
			      "committed is taken back by git restore %s",
			      word);
	free(word);
	return GM_EREFUSED;
}

int gm_ready_judge(struct session *s, const struct gm_plan *plan)
{
	size_t i;

	for (i = 0; i < plan->n; i++) {
		const struct gm_migration *m = plan->v[i].migration;

		if (plan->v[i].kind != GM_STEP_APPLY || plan->v[i].resume)
			continue;
		if (*m->written_checksum && !gm_migration_is_sealed(m))
			return refuse_edited(s, m);
		if (gm_migration_is_empty(m) && m->n_above < 2)
			gm_print_warning("%s does nothing: its up section is "
					 "empty",
					 m->path);
	}
	return 0;
}
