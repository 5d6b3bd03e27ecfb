/*
 * Which database is meant: the URL, by precedence, and whether whoever
 * named it may name it.
 */
#ifndef GM_WORK_TARGET_H
#define GM_WORK_TARGET_H

#include "work/project.h"

/*
 * Reads NAME=VALUE lines: blank lines, `#` comments, `export `, single and
 * double quotes as a shell has them, without expansion. GM_EINVALID with
 * file and line for anything else.
 */
int gm_env_file_read(struct gm_strings *out, const char *path,
		     struct gm_error *err);

/*
 * The URL as text that the caller frees, in the order of precedence: --url,
 * --target, GIT_MIGRATE_URL, migrate.url of the user, DATABASE_URL,
 * migrate.url of .gitmigrate. `*from_project` says that .gitmigrate named it.
 * GM_ENOTFOUND where nothing does.
 */
int gm_target_url(const struct gm_project *project, char **out,
		  bool *from_project, struct gm_error *err);

/*
 * The name that the configuration has for the database of the project's URL,
 * whatever led to it: what is said of a target is said of its database. Of
 * several, one that has rules. The caller frees it; NULL where there is none.
 */
char *gm_target_name_of(const struct gm_project *project);

/*
 * Whether .gitmigrate may name this database: an SQLite file inside the work
 * tree, a server on this machine, or a host that the user trusts
 * (migrate.trustedHost). GM_EREFUSED where it may not.
 */
int gm_target_is_trusted(const struct gm_project *project,
			 const struct gm_url *url,
			 const struct gm_driver *driver, struct gm_error *err);

#endif
