/*
 * The hooks that judge what is about to be committed, pushed or received, and
 * refuse it where a rule at level error is broken.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/hook.h"
#include "cmd/output.h"
#include "work/guard.h"

static void print_findings(const struct gm_check_result *result)
{
	size_t i;

	for (i = 0; i < result->findings.n; i++) {
		const struct gm_finding *f = &result->findings.v[i];

		gm_print_finding(f, stderr);
		/* One advice for all of them stands at the end. */
		if (f->hint && f->rule != GM_RULE_UNSEALED) {
			fputs("  ", stderr);
			gm_print_text(f->hint, stderr);
			fputc('\n', stderr);
		}
	}
}

static bool has_rule(const struct gm_check_result *result, enum gm_rule rule)
{
	size_t i;

	for (i = 0; i < result->findings.n; i++)
		if (result->findings.v[i].rule == rule)
			return true;
	return false;
}

/* With `repo` it is a commit that is made, which has what was added. */
static void warn_no_project(const struct gm_repo *repo)
{
	const char *top = repo ? gm_repo_top(repo) : NULL;
	char *path = gm_format("%s/.gitmigrate", top ? top : "");
	bool is_there = top && !access(path, F_OK);
	char *word = gm_repo_word(repo, ".gitmigrate");

	if (is_there)
		gm_print_warning(".gitmigrate is not added yet, and "
				 "migrations are not looked at: git add %s",
				 word);
	free(path);
	free(word);
	if (is_there)
		return;
	gm_print_warning("there is no .gitmigrate: migrations are not looked "
			 "at (git migrate init, or git migrate hooks "
			 "uninstall)");
}

static int judge_index(const struct hook_call *call, bool merge)
{
	struct gm_project_options options = call->options;
	struct gm_check_result result = { 0 };
	struct gm_project project;
	enum gm_guard_verdict verdict = GM_GUARD_UNTOUCHED;
	struct gm_error err = { 0 };
	char errors[64];
	int status = EXIT_DONE;
	int ret;

	options.source = GM_FROM_INDEX;
	options.summaries = true;
	ret = gm_project_open(&project, &options, &err);
	if (!ret && merge)
		gm_repo_expect_merge(project.repo);
	if (!ret)
		ret = gm_guard_index(&verdict, &result, &project, &err);
	if (ret < 0) {
		status = gm_print_error(&err);
	} else if (verdict == GM_GUARD_NO_PROJECT) {
		warn_no_project(project.repo);
	} else {
		print_findings(&result);
		if (has_rule(&result, GM_RULE_UNSEALED))
			gm_print_hint("git migrate seal --staged seals what is "
				      "staged");
	}
	if (result.errors) {
		fprintf(stderr, "error: not committed: %s in the migrations\n",
			gm_plural(errors, result.errors, "error"));
		gm_print_hint("'git migrate check --staged' judges them again");
		status = EXIT_NO;
	}
	gm_check_result_release(&result);
	gm_project_release(&project);
	gm_error_release(&err);
	return status;
}

int gm_hook_pre_commit(const struct hook_call *call)
{
	return judge_index(call, false);
}

int gm_hook_pre_merge_commit(const struct hook_call *call)
{
	return judge_index(call, true);
}

/* Returns how many errors one of the refs would bring. */
static size_t judge_update(struct gm_ref_update *update,
			   const struct gm_updates *updates,
			   const struct hook_call *call, bool *warned)
{
	struct gm_check_result result = { 0 };
	struct gm_error err = { 0 };
	char *ref = gm_printable(update->ref);
	char text[64];
	size_t errors;
	int ret = gm_guard_update(update, &result, updates, &call->options,
				  &err);

	errors = result.errors;
	if (ret < 0) {
		gm_error_prefix(&err, "%s", ref);
		gm_print_error(&err);
		errors = 1;
	} else if (update->verdict == GM_GUARD_NO_PROJECT) {
		if (!*warned)
			warn_no_project(NULL);
		*warned = true;
	} else if (errors) {
		print_findings(&result);
		fprintf(stderr, "error: %s: %s in the migrations\n", ref,
			gm_plural(text, errors, "error"));
	}
	free(ref);
	gm_check_result_release(&result);
	gm_error_release(&err);
	return errors;
}

static int judge_updates(const struct hook_call *call, const char *text,
			 const char *remote)
{
	struct gm_updates updates = { 0 };
	struct gm_error err = { 0 };
	bool warned = false;
	size_t errors = 0;
	size_t i;
	int status = EXIT_DONE;
	int ret = gm_updates_parse(&updates, text, remote, &err);

	if (!ret)
		ret = gm_updates_find(&updates, &call->options, &err);
	for (i = 0; !ret && i < updates.n; i++)
		if (updates.v[i].verdict == GM_GUARD_JUDGED)
			errors += judge_update(&updates.v[i], &updates, call,
					       &warned);
	if (ret < 0) {
		status = gm_print_error(&err);
	} else if (errors) {
		status = EXIT_NO;
		gm_print_hint(remote ? "nothing was pushed"
				     : "nothing was received; 'git migrate "
				       "hooks install' in your repository "
				       "finds such things before they are "
				       "committed");
	}
	gm_updates_release(&updates);
	gm_error_release(&err);
	return status;
}

int gm_hook_pre_push(const struct hook_call *call)
{
	/* Where no remote has that URL, git gives the URL for its name. */
	return judge_updates(call, call->input,
			     call->n_args ? call->args[0] : "");
}

int gm_hook_pre_receive(const struct hook_call *call)
{
	return judge_updates(call, call->input, NULL);
}

/* The same as one line of pre-receive's. */
int gm_hook_update(const struct hook_call *call)
{
	char *line;
	int status;

	if (call->n_args != 3) {
		fputs("fatal: the hook 'update' takes a ref and two commits\n",
		      stderr);
		return EXIT_FATAL;
	}
	line = gm_format("%s %s %s\n", call->args[1], call->args[2],
			 call->args[0]);
	status = judge_updates(call, line, NULL);
	free(line);
	return status;
}
