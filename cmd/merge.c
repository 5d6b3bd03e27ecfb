/*
 * git migrate merge: a migration that brings heads together which get in
 * each other's way.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/create.h"
#include "cmd/output.h"
#include "cmd/sides.h"
#include "work/commute.h"
#include "work/conflicts_rest.h"
#include "work/merge.h"

struct merge_values {
	struct common common;
	const char *app;
	bool join;
	bool edit;
};

#define AT(member) offsetof(struct merge_values, member)

static const struct option_spec options[] = {
	{ OPTION_STRING, '\0', "app", AT(app), "APP",
	  "look only at the heads of this app" },
	{ OPTION_BOOL, '\0', "join", AT(join), NULL,
	  "also heads that are in nobody's way" },
	{ OPTION_BOOL, 'e', "edit", AT(edit), NULL,
	  "open the file in your editor" },
	{ .type = OPTION_END },
};

/* What the run works on. */
struct run {
	struct session *s;
	const struct merge_values *v;
	/* What was merged, or is being merged, and whether it is. */
	struct gm_strings commits;
	bool in_progress;
	/* The files that were written, from the work tree's top. */
	struct gm_strings written;
	/* Somebody has something to write into one. */
	bool is_to_fill;
	/* What has to be said in the end of what no migration can join. */
	struct gm_error left;
};

static int find_commits(struct run *run)
{
	struct gm_project *project = &run->s->project;
	struct gm_strings heads = { 0 };
	int ret;

	if (!project->repo)
		return 0;
	ret = gm_repo_merge_heads(project->repo, &heads, &run->s->err);
	run->in_progress = heads.n > 0;
	gm_strings_release(&heads);
	/* What lies behind the end of a shallow clone can't be asked for. */
	if (!ret && (run->in_progress || !gm_repo_is_shallow(project->repo)))
		ret = gm_merge_sides(&run->commits, project, &run->s->err);
	return ret;
}

static char *path_of(const struct gm_app *app, const char *id)
{
	return gm_format("%s%s%s.sql", app->dir, *app->dir ? "/" : "", id);
}

static void print_pairs(const struct run *run, const struct gm_merge *merge)
{
	size_t i;

	if (run->v->common.quiet)
		return;
	fflush(stdout);
	for (i = 0; i < merge->n_pairs; i++)
		gm_print_pair(stderr, merge->pairs[i], true);
	for (i = 0; i < merge->n_across; i++)
		gm_print_pair(stderr, merge->across[i], true);
	for (i = 0; i < merge->n_gone; i++)
		gm_print_pair(stderr, merge->gone[i], true);
}

/* Of the first pair of two apps the error is kept until all that can be
 * joined is joined. */
static void keep_across(struct run *run, const struct gm_merge *merge)
{
	const struct gm_pair *pair = merge->n_across ? merge->across[0] : NULL;
	const struct gm_migration *a;
	const struct gm_migration *b;
	char *names[2];
	char *advice[2];

	if (!pair || run->left.message)
		return;
	a = pair->a->migration;
	b = pair->b->migration;
	names[0] = gm_migration_name(a->app, a->id);
	names[1] = gm_migration_name(b->app, b->id);
	advice[0] = gm_depends_advice(a, b);
	advice[1] = gm_depends_advice(b, a);
	gm_error_set(&run->left, GM_EREFUSED,
		     "'%s' and '%s' conflict, and a migration can't have "
		     "parents in two apps",
		     names[0], names[1]);
	gm_error_hint(&run->left,
		      "say which goes first, in the one that isn't published:");
	gm_error_hint(&run->left, "%s", advice[0]);
	gm_error_hint(&run->left, "or %s", advice[1]);
	free(names[0]);
	free(names[1]);
	free(advice[0]);
	free(advice[1]);
}

/* The same of what one side took away. */
static void keep_gone(struct run *run, const struct gm_merge *merge)
{
	const struct gm_pair *pair = merge->n_gone ? merge->gone[0] : NULL;
	bool first = pair && pair->a->kind == GM_CHANGE_GONE;
	char *advice;

	if (!pair || run->left.message)
		return;
	advice = gm_pair_gone_advice(pair, run->s->project.repo);
	gm_error_set(&run->left, GM_EREFUSED,
		     "'%s' is gone, and '%s' needs it: no migration can "
		     "reconcile that",
		     (first ? pair->a : pair->b)->file.path,
		     (first ? pair->b : pair->a)->file.path);
	gm_error_hint(&run->left, "%s", advice);
	free(advice);
}

/* Of those that the series applies in an order in which they can't run. */
static void warn_of_order(const struct gm_merge *merge, struct gm_order *order)
{
	size_t i;

	for (i = 0; i < merge->conflicts; i++) {
		const struct gm_migration *first;
		const struct gm_migration *second;
		struct gm_overlap lost;
		char *sentence;
		char *advice;

		gm_merge_in_order(merge->pairs[i], order, &first, &second);
		if (!gm_order_breaks(order, first, second, &lost))
			continue;
		sentence = gm_order_sentence(first, &lost);
		advice = gm_order_advice(order, first, second);
		gm_print_warning("'%s' %s", second->path, sentence);
		gm_print_hint("%s", advice);
		free(sentence);
		free(advice);
	}
}

static void say_nothing_to_do(const struct run *run,
			      const struct gm_merge *merge)
{
	const char *app = merge->app->name;
	char heads[64];

	if (run->v->common.quiet)
		return;
	if (*app)
		printf("%s: ", app);
	gm_plural(heads, merge->n_heads, "head");
	if (merge->n_heads < 2)
		printf("%s: there is nothing to merge\n", heads);
	else
		printf("%s, in nobody's way: there is nothing to merge\n"
		       "  (the next \"git migrate new\" stands on all of "
		       "them; \"git migrate merge --join\" joins them now)\n",
		       heads);
}

static int write_merge(struct run *run, const struct gm_merge *merge)
{
	struct session *s = run->s;
	struct gm_strbuf text = { 0 };
	struct gm_order order;
	char *words = s->in->n_args ? gm_create_words(s->in)
				    : gm_strdup("merge");
	char *id = NULL;
	int ret = gm_create_id(&id, s, merge->app->name, words);

	gm_order_init(&order, &s->project);
	if (!ret)
		gm_merge_write(merge, &order, &text);
	if (!ret && !run->v->common.quiet)
		warn_of_order(merge, &order);
	gm_order_release(&order);
	if (!ret && run->v->common.dry_run) {
		char *path = path_of(merge->app, id);

		gm_print_note("this would be '%s'", path);
		gm_print_text(gm_strbuf_str(&text), stdout);
		free(path);
	} else if (!ret) {
		ret = gm_create_file(s, merge->app, id, &text);
		if (!ret && *merge->app->dir != '/')
			gm_strings_take(&run->written, path_of(merge->app, id));
		if (!ret && run->v->edit)
			ret = gm_create_edit(s, merge->app, id);
	}
	gm_strbuf_release(&text);
	free(words);
	free(id);
	return ret;
}

/* A run that was killed may have written a migration and not staged it: those
 * of the app that join heads and that git doesn't know yet. */
static int find_unstaged(struct run *run, const struct gm_app *app)
{
	struct gm_project *project = &run->s->project;
	struct gm_files index = { 0 };
	size_t i;
	int ret = 0;

	if (!run->in_progress || *app->dir == '/')
		return 0;
	ret = gm_repo_index_files(project->repo, app->dir, false, &index,
				  &run->s->err);
	for (i = 0; !ret && i < project->series.n; i++) {
		const struct gm_migration *m = project->series.v[i];
		char *path = path_of(app, m->id);
		char *name = gm_format("%s.sql", m->id);

		if (!strcmp(m->app, app->name) && m->n_parents > 1 &&
		    !gm_files_find(&index, name)) {
			gm_strings_add(&run->written, path);
			gm_print_note("'%s' %s staged", path,
				      run->v->common.dry_run ? "would be"
							     : "is");
		}
		free(name);
		free(path);
	}
	gm_files_release(&index);
	return ret;
}

static int merge_app(struct run *run, const struct gm_app *app)
{
	struct gm_merge merge;
	int ret = gm_merge_find(&merge, &run->s->project, app, &run->commits,
				run->v->join, &run->s->err);

	if (!ret) {
		print_pairs(run, &merge);
		keep_across(run, &merge);
		keep_gone(run, &merge);
	}
	if (!ret && merge.n_parents > 1) {
		ret = write_merge(run, &merge);
		run->is_to_fill |= merge.conflicts > 0;
	} else if (!ret) {
		if (!run->left.message)
			say_nothing_to_do(run, &merge);
		ret = find_unstaged(run, app);
	}
	gm_merge_release(&merge);
	return ret;
}

/* What git is to take into the commit that it will make of the merge. */
static int stage(struct run *run)
{
	if (run->v->common.dry_run || !run->written.n || !run->in_progress)
		return 0;
	return gm_repo_stage(run->s->project.repo, &run->written, &run->s->err);
}

static void hint(const struct run *run)
{
	if (!run->is_to_fill || run->v->common.quiet || run->v->common.dry_run)
		return;
	if (run->in_progress)
		gm_print_hint("it is staged; write into it what is to be "
			      "reconciled, git add it, and git commit");
	else
		gm_print_hint("write into it what is to be reconciled, then "
			      "git migrate apply");
	gm_print_hint("where one can't run after the other at all, change the "
		      "one that isn't published instead");
}

static int merge(struct run *run)
{
	struct gm_project *project = &run->s->project;
	const struct gm_app *app = NULL;
	size_t i;
	int ret = 0;

	if (project->source == GM_FROM_COMMIT)
		return gm_error_set(&run->s->err, GM_EINVALID,
				    "a bare repository has no work tree to "
				    "write in");
	if (run->v->app)
		ret = gm_create_find_app(run->s, run->v->app, &app);
	if (!ret)
		ret = find_commits(run);
	for (i = 0; !ret && i < project->n_apps; i++)
		if (!app || app == &project->apps[i])
			ret = merge_app(run, &project->apps[i]);
	if (!ret)
		ret = stage(run);
	if (!ret)
		hint(run);
	if (!ret && run->left.message) {
		run->s->err = run->left;
		memset(&run->left, 0, sizeof(run->left));
		ret = GM_EREFUSED;
	}
	return ret;
}

static int run_merge(const struct invocation *in)
{
	struct session s;
	struct run run = { .s = &s,
			   .v = (const struct merge_values *)in->values };
	int ret = gm_session_open(&s, in, SESSION_FILES | SESSION_RUNNABLE,
				  NULL);

	if (!ret)
		ret = merge(&run);
	gm_strings_release(&run.commits);
	gm_strings_release(&run.written);
	gm_error_release(&run.left);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_merge = {
	.name = "merge",
	.usage = "[--app=APP] [--join] [--edit] [--dry-run] [SLUG]",
	.summary = "write a migration that reconciles conflicting heads",
	.groups = GROUP_URL | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct merge_values),
	.run = run_merge,
};
