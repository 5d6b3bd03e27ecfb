/*
 * git migrate new: a file with a header and empty sections, on top of the
 * heads.
 */
#include <stdlib.h>

#include "cmd/create.h"
#include "series/seal.h"

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

	gm_series_write_parents(heads, n, out);
	gm_strbuf_adds(out, "\n-- migrate:up\n\n");
	if (!no_down)
		gm_strbuf_adds(out, "\n-- migrate:down\n\n");
	free(heads);
}

static int make_file(struct session *s, const struct new_values *v)
{
	const struct gm_app *app;
	struct gm_strbuf text = { 0 };
	char *words = gm_create_words(s->in);
	char *id = NULL;
	int ret = gm_create_find_app(s, v->app, &app);

	if (!ret)
		ret = gm_create_id(&id, s, app->name, words);
	if (!ret) {
		write_text(&text, &s->project.series, app->name, v->no_down);
		ret = gm_create_file(s, app, id, &text);
	}
	if (!ret && v->edit)
		ret = gm_create_edit(s, app, id);
	gm_strbuf_release(&text);
	free(words);
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
		ret = make_file(&s, v);
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
