/*
 * The name, the file, the editor.
 */
#include "cmd/create.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/path.h"
#include "base/time.h"
#include "cmd/output.h"
#include "work/files.h"

int gm_create_find_app(struct session *s, const char *name,
		       const struct gm_app **out)
{
	size_t i;

	*out = gm_project_app(&s->project, name ? name : "");
	if (*out)
		return 0;
	if (name)
		return gm_error_set(&s->err, GM_ENOTFOUND,
				    "there is no app '%s'", name);
	gm_error_set(&s->err, GM_EINVALID, "this project has several apps");
	for (i = 0; i < s->project.n_apps; i++)
		gm_error_hint(&s->err, "git migrate %s --app=%s%s",
			      s->in->command->name, s->project.apps[i].name,
			      s->in->n_args ? " SLUG" : "");
	return s->err.code;
}

char *gm_create_words(const struct invocation *in)
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

int gm_create_id(char **out, struct session *s, const char *app,
		 const char *words)
{
	char *slug = NULL;
	char *number = NULL;
	char now[15];
	int ret = gm_slug(&slug, words, &s->err);

	if (!ret) {
		gm_time_digits(now);
		gm_series_next_number(&s->project.series, app, now, &number);
		*out = gm_format("%s_%s", number, slug);
	}
	free(slug);
	free(number);
	return ret;
}

/* What is printed is what an editor started here can open. */
static void print_path(const struct session *s, const struct gm_app *app,
		       const char *id)
{
	struct gm_repo *repo = s->project.repo;
	char *path = gm_format("%s%s%s.sql", app->dir, *app->dir ? "/" : "",
			       id);
	char *from = gm_path_from(repo ? gm_repo_prefix(repo) : "", path);

	puts(from);
	free(path);
	free(from);
}

int gm_create_file(struct session *s, const struct gm_app *app, const char *id,
		   const struct gm_strbuf *text)
{
	char *path = gm_project_path(&s->project, app->name, id);
	char *dir = gm_strndup(path, (size_t)(strrchr(path, '/') - path));
	int ret = gm_make_directories(dir, &s->err);

	if (!ret)
		ret = gm_file_create(path, gm_strbuf_str(text), text->len,
				     &s->err);
	if (!ret)
		print_path(s, app, id);
	free(dir);
	free(path);
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

int gm_create_edit(struct session *s, const struct gm_app *app, const char *id)
{
	char *path = gm_project_path(&s->project, app->name, id);
	int ret = open_editor(&s->project.config, path, &s->err);

	free(path);
	return ret;
}
