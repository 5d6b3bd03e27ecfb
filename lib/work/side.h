/*
 * One side of a fork: the migrations that it has added or changed since the
 * bases, with what they touch.
 */
#ifndef GM_WORK_SIDE_H
#define GM_WORK_SIDE_H

#include "sql/footprint.h"
#include "work/tree.h"

/* How many dialects a migration is judged in where no target says which. */
#define GM_SIDE_DIALECTS 3

/* A migration that the side has and no base has in this form. */
struct gm_change_of_side {
	size_t app;
	/* Empty where the file can't be read as a migration. */
	char checksum[GM_HASH_HEX];
	/* NULL there, and where what it touches was remembered. */
	struct gm_migration *migration;
	struct gm_file file;
	struct gm_footprint footprints[GM_SIDE_DIALECTS];
};

/* A zeroed struct has no changes. */
struct gm_side {
	/* What git calls it, and what people do. */
	char *rev;
	char *name;
	/* The commit whose history counts. */
	char commit[GM_OID_HEX];
	/* Its files are the work tree's rather than the commit's. */
	bool work_tree;
	struct gm_change_of_side *v;
	size_t n;
	size_t cap;
	/* The changes are another side's, which outlives this one. */
	bool is_borrowed;
};

/*
 * The dialects that footprints are told in: the target's, or all where there
 * is no target. Returns how many.
 */
size_t gm_side_dialects(struct gm_project *project,
			const struct gm_dialect *dialects[GM_SIDE_DIALECTS]);

/*
 * Finds the side's changes since the bases, commits all of them: files that
 * no base has, nor another file with the same content. Reads names and blob
 * ids, and the contents of what differs.
 */
int gm_side_load(struct gm_side *side, struct gm_project *project,
		 const struct gm_strings *bases, struct gm_error *err);

/* The same with the project's loaded series as the side, wherever its files
 * came from, and with trees that are read already. `same` says by the
 * migration's place which ones a base has. */
int gm_side_take_series(struct gm_side *side, struct gm_project *project,
			const bool *same, const struct gm_tree *bases, size_t n,
			struct gm_error *err);

/* The same with a commit whose tree is read already. */
int gm_side_take_tree(struct gm_side *side, struct gm_project *project,
		      const struct gm_tree *own, const struct gm_tree *bases,
		      size_t n, struct gm_error *err);

/* Adds one migration of the project's loaded series, changed or not. */
void gm_side_add(struct gm_side *side, struct gm_project *project,
		 const struct gm_migration *migration);

/* Adds the file, whose insides it takes. */
void gm_side_add_file(struct gm_side *side, struct gm_project *project,
		      size_t app, struct gm_file *file);

/* Whether a file's name is one of a migration. */
bool gm_side_is_migration(const struct gm_file *file);

void gm_change_of_side_release(struct gm_change_of_side *change);
void gm_side_release(struct gm_side *side);

#endif
