/*
 * Our unpublished migrations, put on top of what is published: new parents,
 * and new numbers where the old ones would sort before it. Files only: a
 * database's rows follow by checksum.
 */
#ifndef GM_WORK_REBASE_H
#define GM_WORK_REBASE_H

#include "sql/footprint.h"
#include "work/changes.h"

/* The name of its journal. */
#define GM_REBASE_JOURNAL "rebase"

/* One of ours whose file changes. */
struct gm_rebased {
	/* As it is now; borrowed from the project's series. */
	const struct gm_migration *migration;
	/* Afterwards; the id is the same where it isn't renamed. */
	char *id;
	char *path;
	/* The ids of its parents afterwards. */
	struct gm_strings parents;
	/* A published one that it was written without knowing, and that it
	 * doesn't commute with; the first of several, or NULL. */
	const struct gm_migration *clash;
	/* What is between the two, as footprints name it. */
	char *clash_objects;
	/* The path of one that it stood on, and that a rebase dropped or that
	 * was not picked with it; NULL: none. Where git knows nothing of that
	 * one, the place is the order's. */
	char *gone;
	bool gone_unknown;
};

struct gm_rebase {
	/* What ours stand on: a ref's short name, or what was asked for. */
	char *onto;
	/* How many migrations are ours, changed or not. */
	size_t n_ours;
	/* Those that change, in the series' order. */
	struct gm_rebased *v;
	size_t n;
	struct gm_file_changes changes;
};

/*
 * Plans it, for the project's loaded series. `rev` names
 * the commit that ours are put on; NULL: the published ref, of several the
 * one that the branch follows. GM_EREFUSED where the migration directory
 * isn't clean, the work tree lacks something of what is published, or a
 * rename could not be recognised; GM_EINVALID where the series can't be
 * run; GM_ENOTFOUND where nothing is published.
 */
int gm_rebase_plan(struct gm_rebase *out, struct gm_project *project,
		   const char *rev, struct gm_error *err);
void gm_rebase_release(struct gm_rebase *rebase);

#endif
