/*
 * git migrate init: a .gitmigrate and a directory.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/hooks.h"
#include "cmd/output.h"
#include "cmd/session.h"
#include "drivers/drivers.h"
#include "work/files.h"

struct init_values {
	struct common common;
	const char *numbering;
	bool no_hooks;
};

#define AT(member) offsetof(struct init_values, member)

static const struct option_spec options[] = {
	{ OPTION_STRING, '\0', "numbering", AT(numbering), "WORD",
	  "timestamp (the default), sequence or date" },
	{ OPTION_BOOL, '\0', "no-hooks", AT(no_hooks), NULL,
	  "install no git hooks" },
	{ OPTION_STRING, '\0', "url", AT(common.url), "URL",
	  "the database, for example sqlite:app.db or env:DATABASE_URL" },
	{ OPTION_STRING, '\0', "dir", AT(common.dir), "DIR",
	  "the directory for the migrations, below the top" },
	{ .type = OPTION_END },
};

/* The value as git-config files have it, quoted where it must be. */
static void add_setting(struct gm_strbuf *out, const char *name,
			const char *value)
{
	const char *p;

	gm_strbuf_addf(out, "\t%s = ", name);
	if (!strpbrk(value, "\"\\;# \t\n")) {
		gm_strbuf_addf(out, "%s\n", value);
		return;
	}
	gm_strbuf_addc(out, '"');
	for (p = value; *p; p++) {
		if (*p == '"' || *p == '\\')
			gm_strbuf_addc(out, '\\');
		if (*p == '\n')
			gm_strbuf_adds(out, "\\n");
		else
			gm_strbuf_addc(out, *p);
	}
	gm_strbuf_adds(out, "\"\n");
}

/* .gitmigrate is committed: no secret may get into it. */
static int check_url(const char *text, struct gm_error *err)
{
	struct gm_url url = { 0 };
	char *shown;
	bool secret;
	int ret;

	if (!text || !strncmp(text, "env:", 4))
		return 0;
	ret = gm_url_parse(&url, text, err);
	if (ret < 0)
		return ret;
	shown = gm_url_redacted(&url);
	secret = strcmp(shown, text) != 0;
	free(shown);
	gm_url_release(&url);
	if (!secret)
		return 0;
	gm_error_set(err, GM_EINVALID,
		     "the URL holds a password, and .gitmigrate is committed");
	return gm_error_hint(err, "put the URL in a variable: git migrate "
				  "init --url env:DATABASE_URL");
}

static int check_dir(const char *dir, struct gm_error *err)
{
	if (*dir && *dir != '/' && strcmp(dir, "..") &&
	    strncmp(dir, "../", 3) && !strstr(dir, "/../") &&
	    !gm_ends_with(dir, "/.."))
		return 0;
	return gm_error_set(err, GM_EINVALID,
			    "the directory '%s' is not below the top", dir);
}

/* The top of the work tree, or, outside a repository, this directory. */
static int find_top(char **out, struct gm_repo **out_repo, struct gm_error *err)
{
	struct gm_repo *repo = NULL;
	int ret = gm_repo_open(&repo, err);

	if (ret == GM_ENOTFOUND) {
		gm_error_release(err);
		*out = realpath(".", NULL);
		gm_print_warning("not in a git repository: what needs its "
				 "history will be skipped");
		return *out ? 0 : gm_error_errno(err, "can't go on here");
	}
	if (!ret && !gm_repo_top(repo))
		ret = gm_error_set(err, GM_EINVALID,
				   "a bare repository has no work tree to "
				   "put .gitmigrate in");
	if (!ret)
		*out = gm_strdup(gm_repo_top(repo));
	*out_repo = repo;
	return ret;
}

static int write_files(const struct init_values *v, const char *top,
		       struct gm_error *err)
{
	const char *dir = v->common.dir ? v->common.dir : "migrations";
	char *config = gm_format("%s/.gitmigrate", top);
	char *path = gm_format("%s/%s", top, dir);
	struct gm_strbuf text = { 0 };
	int ret;

	gm_strbuf_adds(&text, "[migrate]\n");
	add_setting(&text, "dir", dir);
	if (v->common.url)
		add_setting(&text, "url", v->common.url);
	add_setting(&text, "numbering",
		    v->numbering ? v->numbering : "timestamp");
	ret = gm_file_create(config, gm_strbuf_str(&text), text.len, err);
	if (ret == GM_EEXISTS) {
		gm_error_set(err, GM_EEXISTS, "there is a .gitmigrate already");
		gm_error_hint(err, "edit it, or remove it first: %s", config);
	}
	if (!ret)
		ret = gm_make_directories(path, err);
	gm_strbuf_release(&text);
	free(config);
	free(path);
	return ret;
}

/* A database in the work tree is not a thing to commit: a switch of branches
 * would put an old one in its place. */
static void hint_ignore(const char *text)
{
	const struct gm_driver *driver;
	struct gm_url url = { 0 };

	if (!text || gm_url_parse(&url, text, NULL) < 0)
		return;
	driver = gm_driver_find(gm_drivers, url.scheme);
	if (driver && driver->flags & GM_DRIVER_FILE && *url.path != '/')
		gm_print_hint("keep the database out of git: echo '/%s*' "
			      ">>.gitignore",
			      url.path);
	gm_url_release(&url);
}

/* A project without hooks is a project all the same. */
static void place_hooks(struct gm_repo *repo)
{
	struct common quiet = { .quiet = true };
	struct gm_hooks hooks;
	struct gm_error err = { 0 };

	if (gm_hooks_find(&hooks, repo, false, &err) < 0)
		gm_print_error(&err);
	else if (hooks.elsewhere)
		gm_print_hint("your hooks are in '%s': git migrate hooks "
			      "install says what to add to them",
			      hooks.dir);
	else if (gm_place_hooks(&quiet, NULL, 0, &hooks) == EXIT_DONE)
		puts("installed git hooks; git migrate hooks lists them");
	gm_hooks_release(&hooks);
	gm_error_release(&err);
}

static int run_init(const struct invocation *in)
{
	const struct init_values *v = (const struct init_values *)in->values;
	enum gm_numbering numbering;
	struct gm_error err = { 0 };
	struct gm_repo *repo = NULL;
	char *top = NULL;
	int status = EXIT_DONE;
	int ret = 0;

	if (in->n_args)
		return gm_no_arguments(in);
	if (v->numbering)
		ret = gm_numbering_parse(&numbering, v->numbering, &err);
	if (!ret && v->common.dir)
		ret = check_dir(v->common.dir, &err);
	if (!ret)
		ret = check_url(v->common.url, &err);
	if (!ret)
		ret = find_top(&top, &repo, &err);
	if (!ret)
		ret = write_files(v, top, &err);
	if (ret < 0) {
		status = gm_print_error(&err);
	} else {
		printf("wrote .gitmigrate; migrations go to '%s'\n",
		       v->common.dir ? v->common.dir : "migrations");
		if (repo && !v->no_hooks)
			place_hooks(repo);
		if (!v->common.url)
			gm_print_hint(repo ? "name the database: git config "
					     "migrate.url sqlite:app.db"
					   : "name the database: url = "
					     "sqlite:app.db in .gitmigrate");
		hint_ignore(v->common.url);
		gm_print_hint(
			"write the first migration: git migrate new SLUG");
	}
	gm_repo_free(repo);
	free(top);
	gm_error_release(&err);
	return status;
}

const struct command gm_command_init = {
	.name = "init",
	.usage = "[--url=URL] [--dir=DIR] [--numbering=WORD] [--no-hooks]",
	.summary = "begin: .gitmigrate, the directory and the git hooks",
	.options = options,
	.values_size = sizeof(struct init_values),
	.run = run_init,
};
