/*
 * The apps that settings name, and the directories of their migrations.
 */
#ifndef GM_WORK_APPS_H
#define GM_WORK_APPS_H

#include "git/config.h"

struct gm_app {
	/* "" for the unnamed one. */
	char *name;
	/* Relative to the project's top, or absolute where --dir said so. */
	char *dir;
	/* The work tree has no such directory. */
	bool is_missing;
};

/* A zeroed struct is the empty list. */
struct gm_apps {
	struct gm_app *v;
	size_t n;
};

/* Adds one; takes over `dir`. */
void gm_apps_add(struct gm_apps *apps, const char *name, char *dir);

/*
 * The apps that the settings name, or the unnamed one with the directory
 * "migrations". GM_EINVALID for a name that is none, or for a directory that
 * isn't below the work tree's top.
 */
int gm_apps_find(struct gm_apps *apps, const struct gm_config *config,
		 struct gm_error *err);
void gm_apps_release(struct gm_apps *apps);

/* The app of that name, or NULL. Borrowed. */
const struct gm_app *gm_apps_get(const struct gm_apps *apps, const char *name);

#endif
