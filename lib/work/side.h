/*
 * One side of a fork: the migrations that it has added, changed or taken away
 * since the bases, with what they touch.
 */
#ifndef GM_WORK_SIDE_H
#define GM_WORK_SIDE_H

#include "sql/footprint.h"
#include "work/tree.h"

/* How many dialects a migration is judged in where no target says which. */
#define GM_SIDE_DIALECTS 3

enum gm_change_kind {
	/* The side has it, and no base has it in this form. */
	GM_CHANGE_CONTENT,
	/* A base has it, and the side has neither its name nor its content any
	 * more: the footprints are those of its being undone. */
	GM_CHANGE_GONE,
	/* A base has it, and the side has it under another name. */
	GM_CHANGE_RENAMED,
	/* Only its header is new: it stands on others than before. */
	GM_CHANGE_HEADER,
	GM_CHANGE_COUNT
};

/* A migration that isn't with the side what it is with the bases; of one that
 * is gone or renamed all of this is as a base has it. */
struct gm_change_of_side {
	enum gm_change_kind kind;
	size_t app;
	/* Empty where the file can't be read as a migration. */
	char checksum[GM_HASH_HEX];
	/* NULL there, and where what it touches was remembered. */
	struct gm_migration *migration;
	struct gm_file file;
	struct gm_footprint footprints[GM_SIDE_DIALECTS];
	/* The file's new name, or NULL. */
	char *renamed;
	/* What its header newly names, as APP/ID: what has to be there by that
	 * name, and the parents that are found by their pins as well. */
	struct gm_strings by_name;
	struct gm_strings by_pin;
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
	/* Those of new content, and the rest. */
	struct gm_change_of_side *v;
	size_t n;
	size_t cap;
	struct gm_change_of_side *rest;
	size_t n_rest;
	size_t cap_rest;
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
 * no base has, nor another file with the same content, and those that a base
 * has and the side hasn't. Reads names and blob ids, and the contents of what
 * differs.
 */
int gm_side_load(struct gm_side *side, struct gm_project *project,
		 const struct gm_strings *bases, struct gm_error *err);

/* The same with the project's loaded series as the side, wherever its files
 * came from, and with trees that are read already. `same` says by the
 * migration's place which ones a base has; `seen` by the app and the file's
 * place in the first base which ones the series has. */
int gm_side_take_series(struct gm_side *side, struct gm_project *project,
			const bool *same, bool *const *seen,
			const struct gm_tree *bases, size_t n,
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

/* Reads the file, whose insides it takes, into a change whose app is set. */
void gm_change_of_side_read(struct gm_change_of_side *change,
			    struct gm_project *project, struct gm_file *file);

/* Whether a file's name is one of a migration. */
bool gm_side_is_migration(const struct gm_file *file);

void gm_change_of_side_release(struct gm_change_of_side *change);
void gm_side_release(struct gm_side *side);

#endif
