/*
 * What would stay, held against what goes. Only what was applied later can
 * stand on something, and what stands on what stands on it would have to go
 * as well.
 */
#include "work/kept.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/standing.h"

/* How many a refusal tells of, and how many names it asks to be typed. */
#define MOST_NAMES 10

struct row {
	const struct gm_item *item;
	/* As it was applied; NULL where that isn't known yet. */
	const struct gm_migration *migration;
	bool was_read;
	bool goes;
};

struct check {
	struct gm_plan *plan;
	const struct gm_comparison *c;
	const struct gm_recorded *recorded;
	struct gm_standing standing;
	struct gm_strings *notes;
	/* By position. */
	struct row *v;
	size_t n;
	/* How many have to go that weren't to. */
	size_t refused;
};

static int by_position(const void *a, const void *b)
{
	const struct gm_history_row *x = ((const struct row *)a)->item->row;
	const struct gm_history_row *y = ((const struct row *)b)->item->row;

	if (x->position != y->position)
		return x->position < y->position ? -1 : 1;
	return strcmp(x->id, y->id);
}

static void list_rows(struct check *check)
{
	const struct gm_comparison *c = check->c;
	size_t i;

	check->v = gm_calloc(c->n, sizeof(*check->v));
	for (i = 0; i < c->n; i++)
		if (c->v[i].row && !c->v[i].under_way)
			check->v[check->n++].item = &c->v[i];
	qsort(check->v, check->n, sizeof(*check->v), by_position);
}

static void mark_plan(struct check *check)
{
	const struct gm_plan *plan = check->plan;
	size_t at = check->n;
	size_t i;

	/* Both are sorted by position, the plan from the newest. */
	for (i = 0; i < plan->n; i++) {
		if (plan->v[i].kind != GM_STEP_ROLLBACK)
			continue;
		while (at > 0 && check->v[at - 1].item->row != plan->v[i].row)
			at--;
		if (!at)
			break;
		check->v[at - 1].goes = true;
		check->v[at - 1].migration = plan->v[i].migration;
		check->v[at - 1].was_read = true;
	}
}

/* NULL where nothing can be read: then the parents alone tell. */
static const struct gm_migration *read_row(struct check *check, struct row *row)
{
	const struct gm_item *item = row->item;
	struct gm_migration *migration = NULL;

	if (row->was_read)
		return row->migration;
	row->was_read = true;
	row->migration = item->file;
	if (item->file && item->state != GM_STATE_EDITED)
		return row->migration;
	row->migration = NULL;
	if (check->recorded->read(check->recorded->context, item->row,
				  &migration, NULL) < 0)
		return NULL;
	gm_plan_own(check->plan, migration);
	row->migration = migration;
	return migration;
}

static bool depends_on(const struct gm_migration *kept,
		       const struct gm_history_row *gone)
{
	size_t i;

	for (i = 0; kept && i < kept->n_depends; i++)
		if (!strcmp(kept->depends[i].app, gone->app) &&
		    !strcmp(kept->depends[i].id, gone->id))
			return true;
	return false;
}

/* The first sentence is the error's. */
static void refuse(struct check *check, const char *kept, const char *how,
		   const char *object, const char *gone, struct gm_error *err)
{
	char *text = gm_format("'%s' %s%s%s'%s'%s and would stay", kept, how,
			       object ? object : "", object ? ", as " : "",
			       gone, object ? " does," : "");

	if (!check->refused++)
		gm_error_set(err, GM_EREFUSED, "%s", text);
	else if (check->refused <= MOST_NAMES)
		gm_error_hint(err, "%s, too", text);
	free(text);
}

/* Whether the kept one has to go with the other. */
static bool hold(struct check *check, struct row *kept, struct row *gone,
		 struct gm_error *err)
{
	const struct gm_history_row *k = kept->item->row;
	const struct gm_history_row *g = gone->item->row;
	const struct gm_migration *kept_m = read_row(check, kept);
	const struct gm_migration *gone_m = read_row(check, gone);
	char *kept_name = gm_migration_name(k->app, k->id);
	char *gone_name = gm_migration_name(g->app, g->id);
	bool stands = gm_item_stands_on(kept->item, gone->item) ||
		      depends_on(kept_m, g);
	enum gm_hold found = GM_HOLD_NONE;
	char *what = NULL;

	if (stands)
		refuse(check, kept_name, "stands on ", NULL, gone_name, err);
	else if (kept_m && gone_m)
		found = gm_holds(&check->standing, kept_m, gone_m, &what);
	if (found == GM_HOLD_OVERLAP)
		refuse(check, kept_name, "touches ", what, gone_name, err);
	if (found == GM_HOLD_MAYBE)
		gm_strings_take(check->notes,
				gm_format("'%s' stays, and may touch what '%s' "
					  "does (%s)",
					  kept_name, gone_name, what));
	if (!stands && found == GM_HOLD_NONE &&
	    gm_item_stood_on(kept->item, gone->item))
		gm_strings_take(check->notes,
				gm_format("'%s' stays, and was applied on top "
					  "of '%s'",
					  kept_name, gone_name));
	free(kept_name);
	free(gone_name);
	free(what);
	return stands || found == GM_HOLD_OVERLAP;
}

static void find_held(struct check *check, struct gm_error *err)
{
	size_t first = 0;
	size_t i;
	size_t k;

	while (first < check->n && !check->v[first].goes)
		first++;
	for (i = first; i < check->n; i++)
		for (k = first; k < i && !check->v[i].goes; k++)
			if (check->v[k].goes)
				check->v[i].goes = hold(check, &check->v[i],
							&check->v[k], err);
}

/* Whether all that goes is newer than all that stays; how many that are. */
static bool are_newest(const struct check *check, size_t *count)
{
	size_t first = 0;
	size_t i;

	while (first < check->n && !check->v[first].goes)
		first++;
	*count = 0;
	for (i = first; i < check->n; i++)
		*count += check->v[i].goes;
	return *count == check->n - first;
}

static int hint_all(const struct check *check, struct gm_error *err)
{
	struct gm_strbuf names = { 0 };
	size_t count;
	size_t i;
	bool newest = are_newest(check, &count);

	if (check->refused > MOST_NAMES)
		gm_error_hint(err, "and %zu more", check->refused - MOST_NAMES);
	if (newest && count > MOST_NAMES)
		return gm_error_hint(err, "git migrate rollback -c %zu", count);
	for (i = check->n; i-- > 0;) {
		const struct gm_history_row *row = check->v[i].item->row;
		char *name;

		if (!check->v[i].goes)
			continue;
		name = gm_migration_name(row->app, row->id);
		gm_strbuf_addf(&names, " %s", name);
		free(name);
	}
	gm_error_hint(err, "git migrate rollback%s", gm_strbuf_str(&names));
	gm_strbuf_release(&names);
	return GM_EREFUSED;
}

int gm_kept_check(struct gm_plan *plan, const struct gm_comparison *c,
		  const struct gm_recorded *recorded, struct gm_strings *notes,
		  struct gm_error *err)
{
	struct check check = {
		.plan = plan, .c = c, .recorded = recorded, .notes = notes
	};
	int ret = 0;

	if (!plan->n || plan->v[0].resume)
		return 0;
	gm_standing_init(&check.standing, c->dialect);
	list_rows(&check);
	mark_plan(&check);
	find_held(&check, err);
	if (check.refused)
		ret = hint_all(&check, err);
	gm_standing_release(&check.standing);
	free(check.v);
	return ret;
}
