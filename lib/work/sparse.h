/*
 * Work trees that git keeps files out of (git-sparse-checkout(1)): those are
 * no deleted ones, they belong to the tree as the index holds them.
 */
#ifndef GM_WORK_SPARSE_H
#define GM_WORK_SPARSE_H

#include "base/strbuf.h"
#include "work/project.h"

/* Whether git keeps files out of this work tree. */
bool gm_is_sparse(const struct gm_project *project);

/* Takes the index's .gitmigrate for one that isn't shown. */
int gm_sparse_config(struct gm_project *project, struct gm_error *err);

/* As gm_files_read, whatever the work tree shows. */
int gm_sparse_files_read(struct gm_project *project, const struct gm_app *app,
			 const char *path, struct gm_files *files,
			 struct gm_error *err);

/* Whether the migration's file lies in the work tree. */
bool gm_is_shown(const struct gm_project *project,
		 const struct gm_migration *m);

/* Appends the bytes of the migration's file, which is about to be written:
 * GM_ENOTFOUND where it isn't in the work tree. */
int gm_shown_file_read(const struct gm_project *project,
		       const struct gm_migration *m, struct gm_strbuf *out,
		       struct gm_error *err);

#endif
