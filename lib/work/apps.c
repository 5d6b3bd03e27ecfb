/*
 * Which apps there are. What a setting says of a directory is input from a
 * stranger, and leads nowhere but below the top.
 */
#include "work/apps.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

/* Each takes questions to git: a stranger's file must not ask for many. */
#define MOST_APPS 1000

void gm_apps_add(struct gm_apps *apps, const char *name, char *dir)
{
	struct gm_app *app;

	apps->v = gm_realloc(apps->v, apps->n + 1, sizeof(*apps->v));
	app = &apps->v[apps->n++];
	memset(app, 0, sizeof(*app));
	app->name = gm_strdup(name);
	app->dir = dir;
}

static int add_configured(struct gm_apps *apps, const char *name,
			  const char *dir, struct gm_error *err)
{
	struct gm_strbuf clean = { 0 };
	const char *p = dir;

	while (*p) {
		size_t len = strcspn(p, "/");

		if (*dir == '/' || (len == 2 && !strncmp(p, "..", 2)) ||
		    (len == 4 && !strncasecmp(p, ".git", 4))) {
			gm_strbuf_release(&clean);
			return gm_error_set(err, GM_EINVALID,
					    "the directory '%s' is not below "
					    "the work tree's top",
					    dir);
		}
		if (len && !(len == 1 && *p == '.')) {
			if (clean.len)
				gm_strbuf_addc(&clean, '/');
			gm_strbuf_add(&clean, p, len);
		}
		p += len + (p[len] == '/');
	}
	gm_apps_add(apps, name, gm_strbuf_take(&clean));
	return 0;
}

static bool name_is_valid(const char *name)
{
	const char *p;

	for (p = name; *p; p++)
		if (!strchr("abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.",
			    *p))
			return false;
	return *name && *name != '.' && *name != '-';
}

static int add_named(struct gm_apps *apps, const char *name,
		     const struct gm_config *config, struct gm_error *err)
{
	char *key = gm_format("migrate-app.%s.dir", name);
	const char *dir = gm_config_get(config, key, NULL);
	int ret;

	if (!name_is_valid(name))
		ret = gm_error_set(err, GM_EINVALID, "bad name of an app: '%s'",
				   name);
	else if (!dir)
		ret = gm_error_set(err, GM_EINVALID,
				   "the app '%s' has no directory: '%s' is "
				   "not set",
				   name, key);
	else
		ret = add_configured(apps, name, dir, err);
	free(key);
	return ret;
}

int gm_apps_find(struct gm_apps *apps, const struct gm_config *config,
		 struct gm_error *err)
{
	const char *dir = gm_config_get(config, "migrate.dir", NULL);
	struct gm_strings names = { 0 };
	size_t i;
	int ret = 0;

	gm_config_subsections(config, "migrate-app", &names);
	if (names.n > MOST_APPS)
		ret = gm_error_set(err, GM_EINVALID,
				   "the settings name %zu apps, and no more "
				   "than %d are looked at",
				   names.n, MOST_APPS);
	if (!ret && (dir || !names.n))
		ret = add_configured(apps, "", dir ? dir : "migrations", err);
	for (i = 0; !ret && i < names.n; i++)
		ret = add_named(apps, names.v[i], config, err);
	gm_strings_release(&names);
	return ret;
}

void gm_apps_release(struct gm_apps *apps)
{
	size_t i;

	for (i = 0; i < apps->n; i++) {
		free(apps->v[i].name);
		free(apps->v[i].dir);
	}
	free(apps->v);
	memset(apps, 0, sizeof(*apps));
}

const struct gm_app *gm_apps_get(const struct gm_apps *apps, const char *name)
{
	size_t i;

	for (i = 0; i < apps->n; i++)
		if (!strcmp(apps->v[i].name, name))
			return &apps->v[i];
	return NULL;
}
