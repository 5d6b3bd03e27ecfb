/*
 * git migrate new: a file with a header and empty sections, on top of the
 * heads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/time.h"
#include "cmd/output.h"
#include "cmd/session.h"
#include "work/files.h"

struct new_values {
	struct common common;
	const char *app;
	bool edit;
	bool no_down;
};

#define AT(member) offsetof(struct new_values, member)

static const struct option_spec options[] = {
	{ OPTION_STRING, '\0', "app", AT(app), "APP",
	  "the app that the migration is for" },
	{ OPTION_BOOL, 'e', "edit", AT(edit), NULL,
	  "open the file in your editor" },
	{ OPTION_BOOL, '\0', "no-down", AT(no_down), NULL,
	  "write no down section" },
	{ .type = OPTION_END },
};

static void write_text(struct gm_strbuf *out, const struct gm_series *series,
		       const char *app, bool no_down)
{
	struct gm_migration **heads = NULL;
	size_t n = gm_series_heads(series, app, &heads);
	size_t i;

	/* A pin on what isn't sealed yet would be stale with its next line. */
	for (i = 0; i < n; i++)
		gm_strbuf_addf(out, "-- migrate:parent %s%s%.12s\n",
			       heads[i]->id,
			       gm_migration_is_sealed(heads[i]) ? " " : "",
			       gm_migration_is_sealed(heads[i])
				       ? heads[i]->checksum
				       : "");
	if (!n)
		gm_strbuf_adds(out, "-- migrate:parent none\n");
	gm_strbuf_adds(out, "\n-- migrate:up\n\n");
	if (!no_down)
		gm_strbuf_adds(out, "\n-- migrate:down\n\n");
	free(heads);
}

/* The words after the options, joined, so that quotes aren't needed. */
static char *join(const struct invocation *in)
{
	struct gm_strbuf words = { 0 };
	size_t i;

	for (i = 0; i < in->n_args; i++) {
		if (i)
			gm_strbuf_addc(&words, '_');
		gm_strbuf_adds(&words, in->args[i]);
	}
	return gm_strbuf_take(&words);
}

static int make_id(char **out, const struct session *s, const char *app,
		   const struct invocation *in, struct gm_error *err)
{
	char *words = join(in);
	char *slug = NULL;
	char *number = NULL;
	char now[15];
	int ret = gm_slug(&slug, words, err);

	if (!ret) {
		gm_time_digits(now);
		gm_series_next_number(&s->project.series, app, now, &number);
		*out = gm_format("%s_%s", number, slug);
	}
	free(words);
	free(slug);
	free(number);
	return ret;
}

/* The editor as git finds it; the path is an argument, never shell text. */
static int open_editor(const struct gm_config *config, const char *path,
		       struct gm_error *err)
{
	const struct gm_config_entry *core = gm_config_find_user(config,
								 "core.editor");
	const char *editor = getenv("GIT_EDITOR");
	char *script;
	pid_t child;
	int status;

	if (!editor || !*editor)
		editor = core ? core->value : NULL;
	if (!editor || !*editor)
		editor = getenv("VISUAL");
	if (!editor || !*editor)
		editor = getenv("EDITOR");
	if (!editor || !*editor)
		editor = "vi";
	script = gm_format("%s \"$@\"", editor);
	fflush(stdout);
	child = fork();
	if (!child) {
		execlp("sh", "sh", "-c", script, editor, path, (char *)NULL);
		_exit(127);
	}
	free(script);
	if (child < 0 || waitpid(child, &status, 0) < 0)
		return gm_error_errno(err, "can't start the editor");
	if (!WIFEXITED(status) || WEXITSTATUS(status))
		return gm_error_set(err, GM_ERROR, "the editor '%s' failed",
				    editor);
	return 0;
}

static int find_app(const struct session *s, const char *name,
		    const struct gm_app **out, struct gm_error *err)
{
	size_t i;

	*out = gm_project_app(&s->project, name ? name : "");
	if (*out)
		return 0;
	if (name)
		return gm_error_set(err, GM_ENOTFOUND, "there is no app '%s'",
				    name);
	gm_error_set(err, GM_EINVALID, "this project has several apps");
	for (i = 0; i < s->project.n_apps; i++)
		gm_error_hint(err, "git migrate new --app=%s SLUG",
			      s->project.apps[i].name);
	return err->code;
}

/* What is printed is what an editor started here can open. */
static void print_path(const struct session *s, const struct gm_app *app,
		       const char *id)
{
	const char *p = s->project.repo ? gm_repo_prefix(s->project.repo) : "";

	for (; *app->dir != '/' && *p; p++)
		if (*p == '/')
			fputs("../", stdout);
	printf("%s%s%s.sql\n", app->dir, *app->dir ? "/" : "", id);
}

static int make_file(struct session *s, const struct new_values *v,
		     const struct invocation *in)
{
	const struct gm_app *app;
	struct gm_strbuf text = { 0 };
	char *id = NULL;
	char *path = NULL;
	char *dir;
	int ret = find_app(s, v->app, &app, &s->err);

	if (!ret)
		ret = make_id(&id, s, app->name, in, &s->err);
	if (ret < 0)
		return ret;
	path = gm_project_path(&s->project, app->name, id);
	write_text(&text, &s->project.series, app->name, v->no_down);
	dir = gm_strndup(path, (size_t)(strrchr(path, '/') - path));
	ret = gm_make_directories(dir, &s->err);
	if (!ret)
		ret = gm_file_create(path, gm_strbuf_str(&text), text.len,
				     &s->err);
	if (!ret)
		print_path(s, app, id);
	if (!ret && v->edit)
		ret = open_editor(&s->project.config, path, &s->err);
	gm_strbuf_release(&text);
	free(dir);
	free(path);
	free(id);
	return ret;
}

static int run_new(const struct invocation *in)
{
	const struct new_values *v = (const struct new_values *)in->values;
	struct session s;
	int ret;

	if (!in->n_args)
		return gm_usage_error(in, "say what the migration does: git "
					  "migrate new add_posts");
	ret = gm_session_open(&s, in, SESSION_FILES | SESSION_RUNNABLE, NULL);
	if (!ret && s.project.source == GM_FROM_COMMIT)
		ret = gm_error_set(&s.err, GM_EINVALID,
				   "a bare repository has no work tree to "
				   "write in");
	if (!ret)
		ret = make_file(&s, v, in);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_new = {
	.name = "new",
	.usage = "[--app=APP] [--edit] [--no-down] SLUG",
	.summary = "write a new migration on top of the heads",
	.groups = GROUP_FILES,
	.options = options,
	.values_size = sizeof(struct new_values),
	.run = run_new,
};
