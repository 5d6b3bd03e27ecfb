/*
 * git migrate hooks: puts the git hooks in place, takes them out again, and
 * says what is there.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/path.h"
#include "cmd/hooks.h"
#include "cmd/listing.h"
#include "cmd/output.h"

/* Those that fit the repository: of the two that would judge a push twice,
 * one. */
static bool fits(enum gm_hook_id id, const struct gm_hooks *hooks)
{
	return hooks->bare ? id == GM_HOOK_PRE_RECEIVE
			   : !gm_hook_is_for_server(id);
}

/* The hooks that are named, or else those that fit. */
static int choose(bool chosen[GM_HOOK_COUNT], const char *const *names,
		  size_t n, const struct gm_hooks *hooks, struct gm_error *err)
{
	enum gm_hook_id id;
	size_t i;
	int ret = 0;

	for (i = 0; i < GM_HOOK_COUNT; i++)
		chosen[i] = !n && fits((enum gm_hook_id)i, hooks);
	for (i = 0; !ret && i < n; i++) {
		ret = gm_hook_parse(&id, names[i], err);
		if (!ret)
			chosen[id] = true;
	}
	return ret;
}

static int install_one(struct gm_hooks *hooks, enum gm_hook_id id,
		       const struct common *v, struct gm_error *err)
{
	const char *name = gm_hook_name(id);
	enum gm_hook_state was = hooks->v[id].state;
	bool fresh = was == GM_HOOK_ABSENT || was == GM_HOOK_OTHER;
	const char *how = fresh ? "install" : "update";
	const char *done = fresh ? "installed" : "updated";
	int ret = 0;

	if (was == GM_HOOK_INSTALLED || was == GM_HOOK_CALLED) {
		if (!v->quiet)
			printf("%s is %s already\n", name,
			       gm_hook_state_name(was));
		return 0;
	}
	if (!v->dry_run)
		ret = gm_hook_install(hooks, id, err);
	if (ret < 0 || v->quiet)
		return ret;
	printf(v->dry_run ? "would %s %s" : "%s %s", v->dry_run ? how : done,
	       name);
	if (was == GM_HOOK_OTHER)
		printf("; the one that is there is kept, and runs first");
	putchar('\n');
	return 0;
}

/* What to do where the hooks aren't ours to write. */
static int print_lines(const struct gm_hooks *hooks,
		       const bool chosen[GM_HOOK_COUNT], bool quiet)
{
	bool any = false;
	size_t i;

	for (i = 0; i < GM_HOOK_COUNT; i++)
		any = any || (chosen[i] && hooks->v[i].state != GM_HOOK_CALLED);
	if (!any) {
		if (!quiet)
			printf("the hooks in '%s' call it already\n",
			       hooks->dir);
		return EXIT_DONE;
	}
	fprintf(stderr, "error: the hooks are in '");
	gm_print_text(hooks->dir, stderr);
	fprintf(stderr, "', outside of the git directory, and are not "
			"touched\n");
	gm_print_hint("add to each of these files the line below it");
	for (i = 0; i < GM_HOOK_COUNT; i++) {
		if (!chosen[i] || hooks->v[i].state == GM_HOOK_CALLED)
			continue;
		gm_print_text(hooks->v[i].path, stdout);
		/* These files are shared: not all who run them have it. */
		printf("\n\tif command -v git-migrate >/dev/null; then "
		       "git migrate hook %s -- \"$@\" || exit; else echo "
		       "\"warning: git-migrate isn't installed: migrations "
		       "aren't looked at\" >&2; fi\n",
		       gm_hook_name((enum gm_hook_id)i));
	}
	return EXIT_NO;
}

int gm_place_hooks(const struct common *v, const char *const *names, size_t n,
		   struct gm_hooks *hooks)
{
	bool chosen[GM_HOOK_COUNT] = { false };
	struct gm_error err = { 0 };
	int status = EXIT_DONE;
	size_t i;
	int ret = choose(chosen, names, n, hooks, &err);

	if (!ret && hooks->elsewhere)
		return print_lines(hooks, chosen, v->quiet);
	if (!ret && !v->dry_run)
		ret = gm_hooks_lock(hooks, true, &err);
	for (i = 0; !ret && i < GM_HOOK_COUNT; i++) {
		if (!chosen[i] ||
		    !install_one(hooks, (enum gm_hook_id)i, v, &err))
			continue;
		/* One that can't be is no reason to leave out the others. */
		status = gm_print_error(&err);
		gm_error_release(&err);
	}
	if (ret < 0)
		status = gm_print_error(&err);
	gm_error_release(&err);
	return status;
}

static int install(const struct invocation *in, struct gm_repo *repo)
{
	struct gm_hooks hooks;
	struct gm_error err = { 0 };
	int ret = gm_hooks_find(&hooks, repo, false, &err);
	int exit_status;

	exit_status = ret < 0 ? gm_print_error(&err)
			      : gm_place_hooks(in->values, in->args + 1,
					       in->n_args - 1, &hooks);
	gm_hooks_release(&hooks);
	gm_error_release(&err);
	return exit_status;
}

static int uninstall_one(struct gm_hooks *hooks, enum gm_hook_id id,
			 const struct common *v, struct gm_error *err)
{
	const struct gm_hook *hook = &hooks->v[id];
	bool ours = hook->state != GM_HOOK_ABSENT &&
		    hook->state != GM_HOOK_OTHER &&
		    hook->state != GM_HOOK_CALLED;
	int ret = 0;

	if (!v->dry_run)
		ret = gm_hook_uninstall(hooks, id, err);
	if (ret < 0 || v->quiet || !(ours || hook->kept))
		return ret;
	printf(v->dry_run ? "would remove %s" : "removed %s", gm_hook_name(id));
	if (hook->kept)
		printf(v->dry_run ? ", and put back what was there before"
				  : "; what was there before is back");
	putchar('\n');
	return 0;
}

/* The lines that were added by hand to hooks that aren't ours. */
static void tell_called(const struct gm_hooks *hooks)
{
	size_t i;

	for (i = 0; i < GM_HOOK_COUNT; i++)
		if (hooks->v[i].state == GM_HOOK_CALLED)
			gm_print_hint("take the line \"git migrate hook %s\" "
				      "out of '%s' by hand",
				      gm_hook_name((enum gm_hook_id)i),
				      hooks->v[i].path);
}

/* All that are in place there, or those that are named. */
static int uninstall_from(struct gm_hooks *hooks, const struct invocation *in,
			  int *exit_status, struct gm_error *err)
{
	bool chosen[GM_HOOK_COUNT] = { false };
	bool dry_run = ((const struct common *)in->values)->dry_run;
	size_t i;
	int ret = choose(chosen, in->args + 1, in->n_args - 1, hooks, err);

	if (!ret && !dry_run)
		ret = gm_hooks_lock(hooks, false, err);
	for (i = 0; !ret && i < GM_HOOK_COUNT; i++) {
		if ((in->n_args > 1 && !chosen[i]) ||
		    !uninstall_one(hooks, (enum gm_hook_id)i, in->values, err))
			continue;
		*exit_status = gm_print_error(err);
		gm_error_release(err);
	}
	if (!ret && !dry_run)
		gm_hooks_tidy(hooks);
	return ret;
}

static bool is_same_place(const char *a, const char *b)
{
	char *real_a = gm_path_resolve(a);
	char *real_b = gm_path_resolve(b);
	bool same = !strcmp(real_a, real_b);

	free(real_a);
	free(real_b);
	return same;
}

/* From where git looks, and from the git directory's own place even if git
 * has been told since to look elsewhere. */
static int uninstall(const struct invocation *in, struct gm_repo *repo)
{
	struct gm_hooks own = { .lock = -1 };
	struct gm_hooks hooks;
	struct gm_error err = { 0 };
	int exit_status = EXIT_DONE;
	int ret = gm_hooks_find(&hooks, repo, false, &err);

	if (!ret && !hooks.elsewhere)
		ret = uninstall_from(&hooks, in, &exit_status, &err);
	if (!ret)
		ret = gm_hooks_find(&own, repo, true, &err);
	if (!ret && !is_same_place(own.dir, hooks.dir))
		ret = uninstall_from(&own, in, &exit_status, &err);
	if (ret < 0)
		exit_status = gm_print_error(&err);
	else
		tell_called(&hooks);
	gm_hooks_release(&own);
	gm_hooks_release(&hooks);
	gm_error_release(&err);
	return exit_status;
}

static void list(struct listing *listing, const struct gm_hooks *hooks)
{
	size_t i;

	gm_listing_extra_text(listing, "directory", hooks->dir);
	gm_listing_extra_bool(listing, "elsewhere", hooks->elsewhere);
	for (i = 0; i < GM_HOOK_COUNT; i++) {
		const struct gm_hook *hook = &hooks->v[i];

		gm_listing_row(listing);
		gm_listing_text(listing, "state",
				gm_hook_state_name(hook->state));
		gm_listing_text(listing, "name",
				gm_hook_name((enum gm_hook_id)i));
		gm_listing_text(listing, "path", hook->path);
		gm_listing_text(listing, "kept", hook->kept);
	}
}

/* What goes with a state that isn't plain. */
static const char *remark(const struct gm_hook *hook)
{
	switch (hook->state) {
	case GM_HOOK_OTHER:
		return hook->kept ? "another hook has the place of ours" : "";
	case GM_HOOK_CALLED:
		return "a hook that calls git migrate";
	case GM_HOOK_OUTDATED:
		return "of another version; git migrate hooks install "
		       "updates it";
	case GM_HOOK_DISABLED:
		return "not executable, so git does not run it";
	case GM_HOOK_CHANGED:
		return "changed by hand";
	default:
		return hook->kept ? "after the one that was there before" : "";
	}
}

static void print(const struct gm_hooks *hooks)
{
	size_t i;

	fputs("hooks in ", stdout);
	gm_print_text(hooks->dir, stdout);
	puts(hooks->elsewhere ? ", outside of the git directory" : "");
	for (i = 0; i < GM_HOOK_COUNT; i++) {
		const struct gm_hook *hook = &hooks->v[i];
		const char *text = remark(hook);

		if (gm_hook_is_for_server((enum gm_hook_id)i) != hooks->bare &&
		    (hook->state == GM_HOOK_ABSENT ||
		     hook->state == GM_HOOK_OTHER))
			continue;
		printf("  %-10s %s", gm_hook_state_name(hook->state),
		       gm_hook_name((enum gm_hook_id)i));
		printf(*text ? "  (%s)\n" : "%s\n", text);
	}
}

static int status(const struct invocation *in, struct gm_repo *repo)
{
	struct gm_hooks hooks;
	struct gm_error err = { 0 };
	struct listing *listing;
	int exit_status = EXIT_DONE;
	int ret = gm_hooks_find(&hooks, repo, false, &err);

	if (ret < 0) {
		exit_status = gm_print_error(&err);
	} else {
		listing = gm_listing_new(in->values, "hooks");
		if (listing)
			list(listing, &hooks);
		else
			print(&hooks);
		gm_listing_finish(listing);
	}
	gm_hooks_release(&hooks);
	gm_error_release(&err);
	return exit_status;
}

static int run_hooks(const struct invocation *in)
{
	static const struct {
		const char *name;
		int (*run)(const struct invocation *in, struct gm_repo *repo);
	} verbs[] = {
		{ "install", install },
		{ "uninstall", uninstall },
		{ "status", status },
	};
	const char *verb = in->n_args ? in->args[0] : "status";
	struct gm_error err = { 0 };
	struct gm_repo *repo;
	int exit_status;
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(verbs); i++)
		if (!strcmp(verbs[i].name, verb))
			break;
	if (i == GM_ARRAY_SIZE(verbs))
		return gm_usage_error(in,
				      "'%s' is not install, uninstall or "
				      "status",
				      verb);
	if (verbs[i].run == status && in->n_args > 1)
		return gm_usage_error(in, "'status' takes no argument: '%s'",
				      in->args[1]);
	if (verbs[i].run != status &&
	    (in->values->porcelain || in->values->json))
		return gm_usage_error(in, "--porcelain and --json are for "
					  "status");
	if (gm_repo_open(&repo, &err) < 0)
		exit_status = gm_print_error(&err);
	else
		exit_status = verbs[i].run(in, repo);
	gm_repo_free(repo);
	gm_error_release(&err);
	return exit_status;
}

const struct command gm_command_hooks = {
	.name = "hooks",
	.usage = "install [HOOK…]\nuninstall [HOOK…]\n"
		 "[status] [--porcelain | --json]",
	.summary = "have git call this tool before a commit, a push, …",
	.groups = GROUP_LIST | GROUP_DRY_RUN | GROUP_QUIET,
	.values_size = sizeof(struct common),
	.run = run_hooks,
};
