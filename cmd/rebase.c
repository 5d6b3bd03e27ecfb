/*
 * git migrate rebase: puts our unpublished migrations on top of what is
 * published.
 */
#include "work/rebase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cmd/output.h"
#include "cmd/session.h"

struct rebase_values {
	struct common common;
	bool go_on;
	bool abort;
	bool quit;
};

#define AT(member) offsetof(struct rebase_values, member)

static const struct option_spec options[] = {
	{ OPTION_BOOL, '\0', "continue", AT(go_on), NULL,
	  "finish one that was killed on the way" },
	{ OPTION_BOOL, '\0', "abort", AT(abort), NULL,
	  "put everything back as it was before it" },
	{ OPTION_BOOL, '\0', "quit", AT(quit), NULL,
	  "forget it, and leave the files as they are" },
	{ .type = OPTION_END },
};

static void print_parents(const struct gm_strings *parents)
{
	size_t i;

	for (i = 0; i < parents->n; i++)
		printf("%s%s", i ? ", " : " on ", parents->v[i]);
	putchar('\n');
}

static void print_rebased(const struct gm_rebase *rebase)
{
	size_t i;

	for (i = 0; i < rebase->n; i++) {
		const struct gm_rebased *r = &rebase->v[i];

		gm_print_text(r->migration->path, stdout);
		if (strcmp(r->path, r->migration->path) != 0) {
			fputs(" -> ", stdout);
			gm_print_text(r->path, stdout);
		}
		print_parents(&r->parents);
	}
}

/* What was applied in another order, and isn't the same in both. */
static void warn_of_clashes(const struct gm_rebase *rebase)
{
	bool any = false;
	size_t i;

	for (i = 0; i < rebase->n; i++) {
		const struct gm_rebased *r = &rebase->v[i];

		if (!r->clash)
			continue;
		gm_print_warning("'%s' and '%s', which now goes before it, "
				 "conflict: %s",
				 r->id, r->clash->id, r->clash_objects);
		any = true;
	}
	if (any)
		gm_print_hint("where ours are applied already, 'git migrate "
			      "sync' puts the database in the new order");
}

/* What a rebase of git's dropped leaves no trace in the history, so that
 * nobody may know that something else stood on it. */
static void warn_of_gone(const struct gm_rebase *rebase, struct gm_repo *repo)
{
	size_t i;

	for (i = 0; i < rebase->n; i++) {
		const struct gm_rebased *r = &rebase->v[i];
		const char *on = r->parents.n ? r->parents.v[0] : "nothing";
		char *word;

		if (!r->gone)
			continue;
		gm_print_warning("'%s' was written on top of '%s', which isn't "
				 "here any more: it stands on '%s' now, %s",
				 r->id, r->gone, on,
				 r->gone_unknown ? "by the order, for git "
						   "doesn't know that one"
						 : "as that one did");
		if (r->gone_unknown)
			continue;
		word = gm_repo_word(repo, r->gone);
		gm_print_hint("git log --all --reflog -- %s shows where it is",
			      word);
		free(word);
	}
}

static int rebase(struct session *s, const char *rev)
{
	const struct common *values = s->in->values;
	struct gm_rebase plan;
	char count[64];
	int ret = gm_rebase_plan(&plan, &s->project, rev, &s->err);

	if (ret)
		return ret;
	if (plan.n && !values->dry_run)
		ret = gm_file_changes_run(&plan.changes, &s->project,
					  GM_REBASE_JOURNAL, &s->err);
	if (!ret && !values->quiet) {
		print_rebased(&plan);
		gm_plural(count, plan.n ? plan.n : plan.n_ours, "migration");
		if (!plan.n_ours)
			printf("nothing of ours is unpublished: everything is "
			       "in %s\n",
			       plan.onto);
		else if (!plan.n)
			printf("%s of ours on top of %s already\n", count,
			       plan.onto);
		else
			printf("%s %s onto %s%s\n",
			       values->dry_run ? "would rebase" : "rebased",
			       count, plan.onto,
			       values->dry_run
				       ? ""
				       : "; it is staged, not committed");
	}
	if (!ret) {
		warn_of_gone(&plan, s->project.repo);
		warn_of_clashes(&plan);
	}
	gm_rebase_release(&plan);
	return ret;
}

static int take_up(struct session *s, const struct rebase_values *v)
{
	const char *done;
	int ret;

	if (v->abort) {
		ret = gm_file_changes_abort(&s->project, GM_REBASE_JOURNAL,
					    &s->err);
		done = "everything is as it was before the rebase";
	} else if (v->quit) {
		ret = gm_file_changes_quit(&s->project, GM_REBASE_JOURNAL,
					   &s->err);
		done = "the rebase is forgotten; the files stay as they are";
	} else {
		ret = gm_file_changes_continue(&s->project, GM_REBASE_JOURNAL,
					       &s->err);
		done = "the rebase is finished; it is staged, not committed";
	}
	if (!ret && !s->in->values->quiet)
		puts(done);
	return ret;
}

/* One that was begun goes first, before its half is taken for the whole. */
static int begin(struct session *s)
{
	if (gm_file_changes_pending(&s->project, GM_REBASE_JOURNAL))
		return gm_file_changes_under_way(GM_REBASE_JOURNAL, &s->err);
	return gm_project_load(&s->project, NULL, &s->err);
}

static int run_rebase(const struct invocation *in)
{
	const struct rebase_values *v =
		(const struct rebase_values *)in->values;
	bool takes_up = v->go_on || v->abort || v->quit;
	struct session s;
	int ret;

	if (v->go_on + v->abort + v->quit > 1)
		return gm_usage_error(in, "--continue, --abort and --quit "
					  "exclude each other");
	if (in->n_args > 1)
		return gm_usage_error(in, "name one commit");
	if (takes_up && (in->n_args || in->values->dry_run))
		return gm_usage_error(in, "--continue, --abort and --quit go "
					  "alone");
	ret = gm_session_open(&s, in, 0, NULL);
	if (!ret && !s.project.repo)
		ret = gm_error_set(&s.err, GM_ENOTFOUND,
				   "not in a git repository: there is nothing "
				   "to stand on");
	if (!ret && !gm_repo_top(s.project.repo))
		ret = gm_error_set(&s.err, GM_EINVALID,
				   "a bare repository has no work tree to "
				   "write in");
	if (!ret && takes_up)
		ret = take_up(&s, v);
	if (!ret && !takes_up)
		ret = begin(&s);
	if (!ret && !takes_up)
		ret = rebase(&s, in->n_args ? in->args[0] : NULL);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_rebase = {
	.name = "rebase",
	.usage = "[--dry-run] [COMMIT]\n"
		 "--continue | --abort | --quit",
	.summary = "put our unpublished migrations on top of what is published",
	.groups = GROUP_FILES | GROUP_DRY_RUN | GROUP_QUIET,
	.options = options,
	.values_size = sizeof(struct rebase_values),
	.run = run_rebase,
};
