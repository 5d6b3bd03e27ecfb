/*
 * The hooks that run when the work tree has become another one: they bring the
 * database along, where the user wants that, or say in one line how far it is
 * off. It must cost nothing where the migrations are the same, and no wait for
 * a database that is far away.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/hook.h"
#include "cmd/output.h"
#include "cmd/syncing.h"
#include "work/autosync.h"
#include "work/compare.h"
#include "work/connect.h"
#include "work/guard.h"

/* Variables that may lead a client elsewhere, though the URL doesn't. */
static bool environment_leads_away(void)
{
	static const char *const names[] = { "PGHOST", "PGHOSTADDR",
					     "PGSERVICE", "MYSQL_HOST" };
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(names); i++)
		if (getenv(names[i]))
			return true;
	return false;
}

/* A file, or a server on this machine. */
static bool is_near(const struct gm_project *project)
{
	if (project->driver->flags & GM_DRIVER_FILE)
		return true;
	return gm_url_is_local(&project->url) &&
	       (project->url.host || !environment_leads_away());
}

/* "2 pending, 1 missing"; empty where the two agree. */
static void describe(struct gm_strbuf *out, const struct gm_comparison *c)
{
	static const enum gm_state told[] = {
		GM_STATE_PENDING, GM_STATE_OUT_OF_ORDER, GM_STATE_EDITED,
		GM_STATE_RENAMED, GM_STATE_MISSING,	 GM_STATE_FAILED
	};
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(told); i++)
		if (c->count[told[i]])
			gm_strbuf_addf(out, "%s%zu %s", out->len ? ", " : "",
				       c->count[told[i]],
				       gm_state_name(told[i]));
}

/* More than what `apply` adds. */
static bool has_extras(const struct gm_comparison *c)
{
	return c->count[GM_STATE_EDITED] || c->count[GM_STATE_MISSING] ||
	       c->count[GM_STATE_FAILED];
}

static void print_drift(const struct gm_project *project,
			const struct gm_comparison *c)
{
	struct gm_strbuf text = { 0 };
	char *name = gm_project_target_name(project);

	describe(&text, c);
	if (text.len)
		gm_print_note("%s is not what this tree holds: %s (git migrate "
			      "%s)",
			      name, gm_strbuf_str(&text),
			      has_extras(c) ? "sync" : "apply");
	gm_strbuf_release(&text);
	free(name);
}

/* Compares the work tree with its database, if that is at hand. */
static int tell(struct gm_project *project, struct gm_error *err)
{
	struct gm_connecting connecting;
	struct gm_comparison c = { 0 };
	int ret;

	if (!is_near(project))
		return 0;
	setenv("PGCONNECT_TIMEOUT", "2", 0);
	/* As status does: both at once, and no more than is compared. */
	gm_project_connect_start(&connecting, project, true);
	ret = gm_project_load(project, NULL, err);
	if (ret < 0)
		gm_project_connect_finish(&connecting, NULL);
	else
		ret = gm_project_connect_finish(&connecting, err);
	if (!ret && project->db)
		ret = gm_project_read_changed(project, err);
	/* One that was never made is not off. */
	if (ret < 0 || !project->db)
		return ret;
	gm_compare(&c, &project->series, project->history,
		   project->driver->dialect);
	print_drift(project, &c);
	gm_comparison_release(&c);
	return 0;
}

static bool has_work(const struct gm_comparison *c, bool only_apply)
{
	const size_t *n = c->count;

	return n[GM_STATE_PENDING] || n[GM_STATE_OUT_OF_ORDER] ||
	       n[GM_STATE_RENAMED] || (!only_apply && has_extras(c));
}

/* A hook has nobody to ask, and lets nobody wait for long. It says by itself
 * what goes wrong. */
static void sync_target(enum gm_autosync mode)
{
	struct common values = { .wait = "5" };
	struct invocation in = { .command = &gm_command_hook,
				 .values = &values };
	struct syncing how = { .only_apply = mode == GM_AUTOSYNC_APPLY,
			       .no_seal = true };
	struct session s;
	int ret = gm_session_open(
		&s, &in, SESSION_FILES | SESSION_RUNNABLE | SESSION_CHANGE,
		NULL);

	if (!ret && has_work(&s.comparison, how.only_apply))
		ret = gm_syncing_run(&s, &how);
	else if (!ret)
		print_drift(&s.project, &s.comparison);
	gm_session_end(&s, ret, EXIT_DONE);
}

/* What the hooks are told. */
struct move {
	const char *before;
	const char *after;
	/* May be brought along. */
	bool may_sync;
	/* A merge has come to its end, or a rebase, whose traces git takes away
	 * after the hook. */
	bool merged;
	bool rebased;
};

static int follow(struct gm_project *project, const struct move *move,
		  struct gm_error *err)
{
	enum gm_autosync mode = GM_AUTOSYNC_OFF;
	int ret;

	if (!project->repo || !gm_repo_top(project->repo) ||
	    (!move->rebased && gm_repo_is_rebasing(project->repo)))
		return 0;
	ret = gm_guard_differ(project, move->before, move->after, err);
	if (ret > 0)
		ret = gm_project_has_target(project, err);
	if (ret <= 0)
		return ret;
	ret = gm_project_find_target(project, err);
	if (!ret && move->may_sync)
		ret = gm_autosync_mode(&mode, &project->config, err);
	if (ret < 0)
		return ret;
	if (!mode || gm_autosync_obstacle(project, move->merged))
		return tell(project, err);
	sync_target(mode);
	return 0;
}

/* What happened can't be undone by a hook: whatever goes wrong is a note. */
static void look_at_database(const struct hook_call *call,
			     const struct move *move)
{
	struct gm_project_options options = call->options;
	struct gm_project project;
	struct gm_error err = { 0 };
	int ret;

	options.lock_timeout = "1";
	options.stats = true;
	/* The trees will be asked for. */
	options.summaries = true;
	ret = gm_project_open(&project, &options, &err);
	if (!ret)
		ret = follow(&project, move, &err);
	if (ret < 0)
		gm_print_note("how far the database is off can't be told: %s",
			      err.message);
	gm_project_release(&project);
	gm_error_release(&err);
}

/* The zeros that stand for no commit. */
static bool is_nothing(const char *id)
{
	return id[strspn(id, "0")] == '\0';
}

/* BEFORE AFTER FLAG: the flag is 0 where only files were checked out. A clone
 * and a new work tree have nothing before. */
int gm_hook_post_checkout(const struct hook_call *call)
{
	struct move move = { .may_sync = true };

	if (call->n_args != 3 || strcmp(call->args[2], "1") ||
	    !strcmp(call->args[0], call->args[1]) || is_nothing(call->args[0]))
		return EXIT_DONE;
	move.before = call->args[0];
	move.after = call->args[1];
	look_at_database(call, &move);
	return EXIT_DONE;
}

/* SQUASH: with 1 nothing is committed yet, and HEAD is what it was. */
int gm_hook_post_merge(const struct hook_call *call)
{
	bool squash = call->n_args && !strcmp(call->args[0], "1");
	struct move move = { .before = squash ? "" : "ORIG_HEAD",
			     .after = "HEAD",
			     .may_sync = true,
			     .merged = true };

	look_at_database(call, &move);
	return EXIT_DONE;
}

/* "BEFORE AFTER" lines; of a rebase, which has many, ORIG_HEAD is the whole.
 */
int gm_hook_post_rewrite(const struct hook_call *call)
{
	char *first = gm_strndup(call->input, strcspn(call->input, " \n"));
	bool amend = call->n_args && !strcmp(call->args[0], "amend");
	struct move move = { .before = amend ? first : "ORIG_HEAD",
			     .after = "HEAD",
			     .rebased = !amend };

	if (*first)
		look_at_database(call, &move);
	free(first);
	return EXIT_DONE;
}
