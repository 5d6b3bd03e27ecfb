/*
 * The files against the history: for each migration, what is the matter
 * with it. Pure: no I/O.
 */
#ifndef GM_WORK_COMPARE_H
#define GM_WORK_COMPARE_H

#include "db/history.h"
#include "series/series.h"

enum gm_state {
	GM_STATE_APPLIED,
	GM_STATE_FAKED,
	GM_STATE_BASELINE,
	GM_STATE_PENDING,
	GM_STATE_OUT_OF_ORDER,
	GM_STATE_EDITED,
	GM_STATE_COSMETIC,
	GM_STATE_RENAMED,
	GM_STATE_MISSING,
	GM_STATE_FAILED,
	GM_STATE_COUNT
};

struct gm_item {
	enum gm_state state;
	/* The file, or NULL (missing, or edited into something that can't be
	 * read). */
	const struct gm_migration *file;
	/* The history's row, or NULL (pending). A renamed one's row has the
	 * old id. */
	const struct gm_history_row *row;
	/* Notes on what is applied: these sections differ from the recorded
	 * ones. */
	bool down_changed;
	bool verify_changed;
	/* The journal has it under way: failed, unknown, or at work now. */
	bool under_way;
	/* A session is at it now; gm_journal_mark_live() tells. */
	bool live;
	/* The same, and only another node could tell whether it still is. */
	bool unseen;
};

/* Borrows from the series and the history. */
struct gm_comparison {
	const struct gm_series *series;
	const struct gm_history *history;
	const struct gm_dialect *dialect;
	/* In the series' order; missing ones stand where their id sorts. */
	struct gm_item *v;
	size_t n;
	size_t cap;
	/* How many items are in each state. */
	size_t count[GM_STATE_COUNT];
};

/* "applied", "out-of-order", … as in --porcelain. */
const char *gm_state_name(enum gm_state state);

void gm_compare(struct gm_comparison *out, const struct gm_series *series,
		const struct gm_history *history,
		const struct gm_dialect *dialect);
void gm_comparison_release(struct gm_comparison *comparison);

/* The item's app and id: the file's, or the row's. Borrowed. */
const char *gm_item_app(const struct gm_item *item);
const char *gm_item_id(const struct gm_item *item);

/* The digits of its checksum: the file's, or the row's. Borrowed. */
const char *gm_item_checksum(const struct gm_item *item);

/* The item that a REV names, borrowed; the codes are gm_name_resolve's. */
int gm_comparison_find(const struct gm_item **out,
		       const struct gm_comparison *c, const char *rev,
		       struct gm_error *err);

#endif
