/*
 * The series: the migrations of every app as one graph with one order.
 * Parents come before children; among those that are free to go next the
 * lower number goes first, then the id's bytes, then the app's.
 */
#ifndef GM_SERIES_SERIES_H
#define GM_SERIES_SERIES_H

#include "base/arena.h"
#include "series/migration.h"

enum gm_numbering {
	GM_NUMBERING_TIMESTAMP,
	GM_NUMBERING_SEQUENCE,
	GM_NUMBERING_DATE
};

/* A zeroed struct is the empty series; it owns its migrations. */
struct gm_series {
	enum gm_numbering numbering;
	/* The directory below the top in which hints will be typed, "" or
	 * ending in '/'. Borrowed; NULL: the top. */
	const char *prefix;
	/* The files are the index's, which is what hints are to mend. */
	bool is_staged;
	/* In order once it is built. Those in a cycle, or on top of one,
	 * come last, by number. */
	struct gm_migration **v;
	size_t n;
	size_t cap;
	/* By app, then id without regard to letter case, then id. */
	struct gm_migration **by_id;
	/* What the migrations' lists of those before them lie in. */
	struct gm_migration **before;
	/* What those that were made from summaries lie in. */
	struct gm_arena arena;
	/* The names (APP/ID) of files that are there and can't be read. */
	struct gm_strings broken;
	/* What the rules that look at files alone found, except for those
	 * that need a policy (several-heads). */
	struct gm_findings findings;
};

/*
 * Reads an app's files into the series: those that end in .sql and aren't
 * hidden (an editor's lock is). Whatever is wrong with a file becomes a
 * finding, and the file is left out.
 */
void gm_series_add(struct gm_series *series, const char *app,
		   const struct gm_files *files);

/* Adds one that is read already; it belongs to the series from now on. */
void gm_series_take(struct gm_series *series, struct gm_migration *migration);

/*
 * Finds the parents and the order, once all files are added, and applies
 * the rules.
 */
void gm_series_build(struct gm_series *series);
void gm_series_release(struct gm_series *series);

/* The migration, or NULL. Borrowed. */
struct gm_migration *gm_series_find(const struct gm_series *series,
				    const char *app, const char *id);

/* The app's heads, in order, into an array that the caller frees; returns
 * how many. */
size_t gm_series_heads(const struct gm_series *series, const char *app,
		       struct gm_migration ***out);

/* Adds the finding several-heads for each app that has more than one. */
void gm_series_check_linear(struct gm_series *series);

/*
 * GM_EINVALID with the first finding that blocks (and a hint that counts the
 * others and names `git migrate check`), else 0.
 */
int gm_series_runnable(const struct gm_series *series, struct gm_error *err);

/* The same, where a parent may be missing: other parents are to be given. */
int gm_series_rebasable(const struct gm_series *series, struct gm_error *err);

/* "timestamp", "sequence", "date"; GM_EINVALID for another word. */
int gm_numbering_parse(enum gm_numbering *out, const char *word,
		       struct gm_error *err);

/* Whether the text is an id. */
bool gm_id_is_valid(const char *id, size_t len);

/* By number, then by bytes: <0, 0 or >0. Numbers may have any length. */
int gm_id_compare(enum gm_numbering numbering, const char *a, const char *b);

/* Whether both have the same number. */
bool gm_id_same_number(enum gm_numbering numbering, const char *a,
		       const char *b);

/*
 * The number for a new migration of the app, greater than every number
 * there: the UTC time now (or one more than the greatest), the next of the
 * sequence with as many digits as it has (at least four), today's date with a
 * suffix where the date is taken. `now` is 14 digits. The caller frees *out.
 */
void gm_series_next_number(const struct gm_series *series, const char *app,
			   const char *now, char **out);

/* The same after `greatest`, an id, or NULL where there is none yet. */
void gm_next_number(enum gm_numbering numbering, const char *greatest,
		    const char *now, char **out);

/* What stands behind the number, with the '_' or '-' before it; behind a
 * date's suffix, where it has one. Borrowed. */
const char *gm_id_tail(enum gm_numbering numbering, const char *id);

/*
 * A slug from words as a user types them: blanks and everything that an id
 * can't hold become '_', letters lower case. GM_EINVALID where nothing is
 * left. The caller frees *out.
 */
int gm_slug(char **out, const char *words, struct gm_error *err);

#endif
