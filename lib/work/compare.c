/*
 * Which migration is in which state: the files laid beside the history's
 * rows. Checksums are compared first; only where they differ is it worth to
 * read the SQL.
 */
#include "work/compare.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sort.h"
#include "series/names.h"
#include "sql/fingerprint.h"

static const char *const state_names[GM_STATE_COUNT] = {
	[GM_STATE_APPLIED] = "applied",
	[GM_STATE_FAKED] = "faked",
	[GM_STATE_BASELINE] = "baseline",
	[GM_STATE_PENDING] = "pending",
	[GM_STATE_OUT_OF_ORDER] = "out-of-order",
	[GM_STATE_EDITED] = "edited",
	[GM_STATE_COSMETIC] = "cosmetic",
	[GM_STATE_RENAMED] = "renamed",
	[GM_STATE_MISSING] = "missing",
	[GM_STATE_FAILED] = "failed",
};

const char *gm_state_name(enum gm_state state)
{
	return state_names[state];
}

const char *gm_item_app(const struct gm_item *item)
{
	return item->file ? item->file->app : item->row->app;
}

const char *gm_item_id(const struct gm_item *item)
{
	return item->file ? item->file->id : item->row->id;
}

const char *gm_item_checksum(const struct gm_item *item)
{
	return item->file ? item->file->checksum : item->row->checksum;
}

/* Its file is there, but can't be read. */
static bool is_broken(const struct gm_series *series,
		      const struct gm_history_row *row)
{
	char *name = gm_migration_name(row->app, row->id);
	bool broken = gm_strings_has(&series->broken, name);

	free(name);
	return broken;
}

/* How a file stands to its row where the checksums differ. */
static void judge_change(struct gm_item *item, const struct gm_dialect *dialect)
{
	const struct gm_history_row *row = item->row;
	char hex[GM_HASH_HEX];

	gm_migration_fingerprint(item->file, GM_SECTION_UP, dialect, hex);
	if (strcmp(hex, row->up)) {
		item->state = GM_STATE_EDITED;
		return;
	}
	gm_migration_fingerprint(item->file, GM_SECTION_DOWN, dialect, hex);
	item->down_changed = strcmp(hex, row->down) != 0;
	gm_migration_fingerprint(item->file, GM_SECTION_VERIFY, dialect, hex);
	item->verify_changed = strcmp(hex, row->verify) != 0;
	if (item->state == GM_STATE_APPLIED && !item->down_changed &&
	    !item->verify_changed)
		item->state = GM_STATE_COSMETIC;
}

static enum gm_state state_of_row(const struct gm_history_row *row)
{
	switch (row->state) {
	case GM_ROW_FAKED:
		return GM_STATE_FAKED;
	case GM_ROW_BASELINE:
		return GM_STATE_BASELINE;
	case GM_ROW_APPLIED:
		return GM_STATE_APPLIED;
	default:
		return GM_STATE_FAILED;
	}
}

static struct gm_item *add_item(struct gm_comparison *c,
				const struct gm_migration *file,
				const struct gm_history_row *row)
{
	struct gm_item *item;

	GM_GROW(c->v, c->n, c->cap);
	item = &c->v[c->n++];
	memset(item, 0, sizeof(*item));
	item->file = file;
	item->row = row;
	if (!row) {
		item->state = GM_STATE_PENDING;
		return item;
	}
	item->state = state_of_row(row);
	item->under_way = item->state == GM_STATE_FAILED;
	if (!file && !item->under_way)
		item->state = is_broken(c->series, row) ? GM_STATE_EDITED
							: GM_STATE_MISSING;
	else if (!item->under_way && strcmp(file->checksum, row->checksum))
		judge_change(item, c->dialect);
	return item;
}

/* A pair for the search of renames: equal checksums stand together. */
struct candidate {
	const char *app;
	const char *checksum;
	const struct gm_history_row *row;
	const struct gm_migration *file;
};

static int by_content(const void *a, const void *b)
{
	const struct candidate *x = a;
	const struct candidate *y = b;
	int diff = strcmp(x->app, y->app);

	return diff ? diff : strcmp(x->checksum, y->checksum);
}

static bool is_empty_up(const struct gm_history_row *row,
			const struct gm_dialect *dialect)
{
	char nothing[GM_HASH_HEX];

	gm_fingerprint(dialect, "", 0, nothing);
	return !*row->up || !strcmp(row->up, nothing);
}

/* The files and the rows, laid beside each other. */
struct pairs {
	/* By the file's index: its row, or NULL. */
	const struct gm_history_row **rows;
	/* The rows without a file. */
	const struct gm_history_row **missing;
	size_t n_missing;
};

static int by_key(const void *a, const void *b)
{
	const struct gm_migration *x = *(struct gm_migration *const *)a;
	const struct gm_migration *y = *(struct gm_migration *const *)b;
	int diff = strcmp(x->app, y->app);

	return diff ? diff : strcmp(x->id, y->id);
}

/* Both are gone through in the same order, once. */
static void find_pairs(struct pairs *pairs, const struct gm_series *series,
		       const struct gm_history *history)
{
	struct gm_migration **files = gm_calloc(series->n, sizeof(*files));
	size_t i = 0;
	size_t k = 0;

	pairs->rows = gm_calloc(series->n, sizeof(*pairs->rows));
	pairs->missing = gm_calloc(history->n, sizeof(*pairs->missing));
	pairs->n_missing = 0;
	if (series->n)
		memcpy(files, series->by_id, series->n * sizeof(*files));
	gm_sort(files, series->n, sizeof(*files), by_key);
	while (k < history->n) {
		const struct gm_history_row *row = history->by_id[k];
		int diff = -1;

		if (i < series->n) {
			diff = strcmp(row->app, files[i]->app);
			diff = diff ? diff : strcmp(row->id, files[i]->id);
		}
		if (diff > 0) {
			i++;
			continue;
		}
		if (!diff)
			pairs->rows[files[i++]->index] = row;
		else
			pairs->missing[pairs->n_missing++] = row;
		k++;
	}
	free(files);
}

/* What is looked through for renames. */
struct candidates {
	struct candidate *v;
	size_t n;
};

static void add_row(struct candidates *c, const struct gm_history_row *row)
{
	c->v[c->n++] = (struct candidate){ row->app, row->checksum, row, NULL };
}

static void add_file(struct candidates *c, const struct gm_migration *file)
{
	c->v[c->n++] = (struct candidate){ file->app, file->checksum, NULL,
					   file };
}

/*
 * A rename is one row without a file and one file without a row, with the
 * same content, and no third. Marks it in renamed[file->index].
 */
static void match(struct candidates *c, const struct gm_dialect *dialect,
		  const struct gm_history_row **renamed)
{
	struct candidate *v = c->v;
	size_t i;
	size_t end;

	qsort(v, c->n, sizeof(*v), by_content);
	for (i = 0; i < c->n; i = end) {
		for (end = i + 1; end < c->n && !by_content(&v[i], &v[end]);)
			end++;
		if (end - i != 2 || !v[i].row == !v[i + 1].row)
			continue;
		if (!v[i].row) {
			struct candidate swap = v[i];

			v[i] = v[i + 1];
			v[i + 1] = swap;
		}
		if (!is_empty_up(v[i].row, dialect))
			renamed[v[i + 1].file->index] = v[i].row;
	}
}

static bool is_taken(const struct gm_series *series,
		     const struct gm_history_row **renamed,
		     const struct gm_history_row *row)
{
	size_t i;

	for (i = 0; i < series->n; i++)
		if (renamed[i] == row)
			return true;
	return false;
}

static bool is_edit(const struct gm_migration *file,
		    const struct gm_history_row *row,
		    const struct gm_dialect *dialect)
{
	char hex[GM_HASH_HEX];

	if (!strcmp(file->checksum, row->checksum) ||
	    state_of_row(row) == GM_STATE_FAILED)
		return false;
	gm_migration_fingerprint(file, GM_SECTION_UP, dialect, hex);
	return strcmp(hex, row->up) != 0;
}

/* Each file's own row has to go to another file in turn, and the last one's
 * nowhere: else an id would stand for two, or the chain bite its tail. */
static bool has_end(const struct gm_series *series, const struct pairs *pairs,
		    const struct gm_history_row **renamed, size_t file)
{
	const struct gm_history_row *own;
	size_t steps = 0;
	size_t i = file;

	while ((own = pairs->rows[i])) {
		for (i = 0; i < series->n && renamed[i] != own;)
			i++;
		if (i == series->n || ++steps > series->n)
			return false;
	}
	return true;
}

/* An id that one renamed file left and another one took: numbers that were
 * moved on, where the names behind them are alike. */
static void find_moved(const struct gm_comparison *c, struct pairs *pairs,
		       const struct gm_history_row **renamed,
		       struct candidates *candidates)
{
	const struct gm_series *series = c->series;
	const struct gm_history_row **moved;
	bool any = false;
	size_t i;

	candidates->n = 0;
	for (i = 0; i < pairs->n_missing; i++)
		if (state_of_row(pairs->missing[i]) != GM_STATE_FAILED &&
		    !is_broken(series, pairs->missing[i]) &&
		    !is_taken(series, renamed, pairs->missing[i]))
			add_row(candidates, pairs->missing[i]);
	for (i = 0; i < series->n; i++) {
		const struct gm_history_row *row = pairs->rows[i];

		if (row && is_edit(series->v[i], row, c->dialect)) {
			add_row(candidates, row);
			any = true;
		} else if (row || renamed[i]) {
			continue;
		}
		add_file(candidates, series->v[i]);
	}
	if (!any)
		return;
	moved = gm_calloc(series->n, sizeof(*moved));
	match(candidates, c->dialect, moved);
	for (i = 0; i < series->n; i++)
		if (moved[i] && has_end(series, pairs, moved, i))
			renamed[i] = moved[i];
	/* The file that has its old id has a row no more, or another one. */
	for (i = 0; i < series->n; i++) {
		const struct gm_migration *left;

		if (!moved[i] || renamed[i] != moved[i])
			continue;
		left = gm_series_find(series, moved[i]->app, moved[i]->id);
		if (left)
			pairs->rows[left->index] = NULL;
	}
	free(moved);
}

static void find_renames(const struct gm_comparison *c, struct pairs *pairs,
			 const struct gm_history_row **renamed)
{
	const struct gm_series *series = c->series;
	struct candidates candidates = { 0 };
	bool edits = false;
	size_t i;

	candidates.v = gm_calloc(2 * series->n + pairs->n_missing,
				 sizeof(*candidates.v));
	for (i = 0; i < pairs->n_missing; i++) {
		const struct gm_history_row *row = pairs->missing[i];

		if (state_of_row(row) != GM_STATE_FAILED &&
		    !is_broken(series, row))
			add_row(&candidates, row);
	}
	for (i = 0; i < series->n; i++) {
		const struct gm_history_row *row = pairs->rows[i];

		edits |= row && strcmp(series->v[i]->checksum, row->checksum);
		if (!row && candidates.n)
			add_file(&candidates, series->v[i]);
	}
	match(&candidates, c->dialect, renamed);
	if (edits)
		find_moved(c, pairs, renamed, &candidates);
	free(candidates.v);
}

/* Pending, though something of its app that sorts after it is applied. */
static void mark_out_of_order(struct gm_comparison *c)
{
	size_t i;

	for (i = c->n; i-- > 0;) {
		struct gm_item *item = &c->v[i];
		size_t k;

		if (item->state != GM_STATE_PENDING)
			continue;
		for (k = i + 1; k < c->n; k++) {
			enum gm_state s = c->v[k].state;

			if (!c->v[k].file || s == GM_STATE_FAILED ||
			    strcmp(c->v[k].file->app, item->file->app))
				continue;
			if (s != GM_STATE_PENDING)
				item->state = GM_STATE_OUT_OF_ORDER;
			break;
		}
	}
}

static int compare_rows(enum gm_numbering numbering,
			const struct gm_history_row *a,
			const struct gm_history_row *b)
{
	int diff = gm_id_compare(numbering, a->id, b->id);

	return diff ? diff : strcmp(a->app, b->app);
}

/* Insertion sort: the rows come nearly sorted, and missing ones are few. */
static void sort_missing(struct pairs *pairs, enum gm_numbering numbering)
{
	size_t i;
	size_t k;

	for (i = 1; i < pairs->n_missing; i++) {
		const struct gm_history_row *row = pairs->missing[i];

		for (k = i;
		     k > 0 &&
		     compare_rows(numbering, pairs->missing[k - 1], row) > 0;
		     k--)
			pairs->missing[k] = pairs->missing[k - 1];
		pairs->missing[k] = row;
	}
}

/* A renamed one's row isn't missing. */
static void take_out(struct pairs *pairs, const struct gm_history_row *row)
{
	size_t i;

	for (i = 0; i < pairs->n_missing; i++) {
		if (pairs->missing[i] != row)
			continue;
		memmove(&pairs->missing[i], &pairs->missing[i + 1],
			(pairs->n_missing - i - 1) * sizeof(*pairs->missing));
		pairs->n_missing--;
		break;
	}
}

static void add_items(struct gm_comparison *out, const struct pairs *pairs,
		      const struct gm_history_row **renamed)
{
	const struct gm_series *series = out->series;
	size_t next = 0;
	size_t i;

	for (i = 0; i < series->n; i++) {
		const struct gm_migration *file = series->v[i];
		const struct gm_history_row *row = pairs->rows[i];

		while (next < pairs->n_missing &&
		       gm_id_compare(series->numbering,
				     pairs->missing[next]->id, file->id) < 0)
			add_item(out, NULL, pairs->missing[next++]);
		add_item(out, file, row ? row : renamed[i]);
		if (!row && renamed[i])
			out->v[out->n - 1].state = GM_STATE_RENAMED;
	}
	while (next < pairs->n_missing)
		add_item(out, NULL, pairs->missing[next++]);
}

void gm_compare(struct gm_comparison *out, const struct gm_series *series,
		const struct gm_history *history,
		const struct gm_dialect *dialect)
{
	const struct gm_history_row **renamed;
	struct pairs pairs;
	size_t i;

	memset(out, 0, sizeof(*out));
	out->series = series;
	out->history = history;
	out->dialect = dialect;
	find_pairs(&pairs, series, history);
	renamed = gm_calloc(series->n, sizeof(*renamed));
	find_renames(out, &pairs, renamed);
	for (i = 0; i < series->n; i++)
		if (renamed[i])
			take_out(&pairs, renamed[i]);
	sort_missing(&pairs, series->numbering);
	add_items(out, &pairs, renamed);
	mark_out_of_order(out);
	for (i = 0; i < out->n; i++)
		out->count[out->v[i].state]++;
	free(pairs.rows);
	free(pairs.missing);
	free(renamed);
}

void gm_comparison_release(struct gm_comparison *comparison)
{
	if (!comparison)
		return;
	free(comparison->v);
	memset(comparison, 0, sizeof(*comparison));
}

int gm_comparison_find(const struct gm_item **out,
		       const struct gm_comparison *c, const char *rev,
		       struct gm_error *err)
{
	struct gm_name *names = gm_calloc(c->n, sizeof(*names));
	size_t index = 0;
	size_t i;
	int ret;

	for (i = 0; i < c->n; i++) {
		const struct gm_item *item = &c->v[i];

		names[i].app = gm_item_app(item);
		names[i].id = gm_item_id(item);
		names[i].checksum = gm_item_checksum(item);
		if (item->row)
			names[i].position = item->row->position;
	}
	ret = gm_name_resolve(&index, names, c->n, rev, err);
	free(names);
	*out = ret < 0 ? NULL : &c->v[index];
	return ret;
}
