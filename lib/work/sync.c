/*
 * Which migrations a sync undoes and applies. What is undone spreads: to
 * what stands on it, to what touches the same, and to what has to come after
 * something that is yet to be applied.
 */
#include "work/sync.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/lost.h"
#include "work/standing.h"

struct node {
	const struct gm_item *item;
	/* As it was applied; NULL where that isn't known yet. */
	const struct gm_migration *recorded;
	bool is_undone;
	bool is_applied;
	enum gm_sync_reason reason;
	const struct node *because;
	char *object;
	/* How many of the planner's two lists it was held against. */
	size_t seen_undone;
	size_t seen_applied;
};

struct nodes {
	struct node **v;
	size_t n;
};

struct planner {
	const struct gm_comparison *c;
	const struct gm_recorded *recorded;
	struct gm_plan *plan;
	struct gm_standing standing;
	struct node *v;
	/* Those with a row, by position. */
	struct nodes rows;
	/* Grow while the plan is made. */
	struct nodes undone;
	struct nodes applied;
};

static int by_position(const void *a, const void *b)
{
	const struct gm_history_row *x = (*(struct node *const *)a)->item->row;
	const struct gm_history_row *y = (*(struct node *const *)b)->item->row;

	if (x->position != y->position)
		return x->position < y->position ? -1 : 1;
	return strcmp(x->id, y->id);
}

static int read_recorded(struct planner *p, struct node *node,
			 struct gm_error *err)
{
	struct gm_migration *migration;
	int ret;

	if (node->recorded)
		return 0;
	ret = p->recorded->read(p->recorded->context, node->item->row,
				&migration, err);
	if (ret < 0)
		return ret;
	gm_plan_own(p->plan, migration);
	node->recorded = migration;
	return 0;
}

static void apply(struct planner *p, struct node *node)
{
	node->is_applied = true;
	p->applied.v[p->applied.n++] = node;
}

static int undo(struct planner *p, struct node *node,
		enum gm_sync_reason reason, const struct node *because,
		char *object, struct gm_error *err)
{
	node->is_undone = true;
	node->reason = reason;
	node->because = because;
	node->object = object;
	p->undone.v[p->undone.n++] = node;
	if (node->item->file)
		apply(p, node);
	return read_recorded(p, node, err);
}

/* What is to be done without looking at anything else. */
static int start(struct planner *p, struct gm_error *err)
{
	const struct gm_comparison *c = p->c;
	size_t i;
	int ret = 0;

	p->v = gm_calloc(c->n, sizeof(*p->v));
	p->rows.v = gm_calloc(c->n, sizeof(struct node *));
	p->undone.v = gm_calloc(c->n, sizeof(struct node *));
	p->applied.v = gm_calloc(c->n, sizeof(struct node *));
	for (i = 0; !ret && i < c->n; i++) {
		struct node *node = &p->v[i];

		node->item = &c->v[i];
		if (c->v[i].under_way)
			continue;
		if (c->v[i].row)
			p->rows.v[p->rows.n++] = node;
		else
			apply(p, node);
		if (c->v[i].state == GM_STATE_MISSING)
			ret = undo(p, node, GM_SYNC_EXTRA, NULL, NULL, err);
		else if (c->v[i].state == GM_STATE_EDITED)
			ret = undo(p, node, GM_SYNC_EDITED, NULL, NULL, err);
	}
	qsort(p->rows.v, p->rows.n, sizeof(*p->rows.v), by_position);
	return ret;
}

/* Whether one that would stay has to go with one that is undone. */
static int hold_undone(struct planner *p, struct node *node, struct node *gone,
		       struct gm_error *err)
{
	enum gm_hold hold;
	char *what;

	if (gone->item->row->position >= node->item->row->position)
		return 0;
	if (gm_item_stands_on(node->item, gone->item))
		return undo(p, node, GM_SYNC_STANDS, gone, NULL, err);
	hold = gm_holds(&p->standing, node->item->file, gone->recorded, &what);
	if (!hold)
		return 0;
	return undo(p, node,
		    hold == GM_HOLD_OVERLAP ? GM_SYNC_OVERLAPS
					    : GM_SYNC_MAY_OVERLAP,
		    gone, what, err);
}

/* Whether one that would stay has to come after one that is applied. */
static int hold_applied(struct planner *p, struct node *node,
			struct node *first, struct gm_error *err)
{
	const struct gm_migration *file = node->item->file;
	char *what;

	if (first->item->file->index > file->index ||
	    !gm_order_counts(&p->standing, first->item->file, file, &what))
		return 0;
	if (gm_is_reconciled(p->c->series, first->item->file, file)) {
		free(what);
		return 0;
	}
	return undo(p, node, GM_SYNC_ORDER, first, what, err);
}

static int hold(struct planner *p, struct node *node, struct gm_error *err)
{
	int ret = 0;

	while (!ret && !node->is_undone && node->seen_undone < p->undone.n)
		ret = hold_undone(p, node, p->undone.v[node->seen_undone++],
				  err);
	while (!ret && !node->is_undone && node->seen_applied < p->applied.n)
		ret = hold_applied(p, node, p->applied.v[node->seen_applied++],
				   err);
	return ret;
}

/* Until nothing is added any more. */
static int spread(struct planner *p, struct gm_error *err)
{
	size_t before;
	size_t i;
	int ret = 0;

	do {
		before = p->undone.n;
		for (i = 0; !ret && i < p->rows.n; i++)
			if (!p->rows.v[i]->is_undone)
				ret = hold(p, p->rows.v[i], err);
	} while (!ret && p->undone.n > before);
	return ret;
}

static void list_undone(struct planner *p, struct gm_sync *out)
{
	size_t i;

	qsort(p->undone.v, p->undone.n, sizeof(*p->undone.v), by_position);
	out->undone = gm_calloc(p->undone.n, sizeof(*out->undone));
	for (i = p->undone.n; i-- > 0;) {
		struct node *node = p->undone.v[i];
		struct gm_sync_undo *undo = &out->undone[out->n_undone++];

		undo->item = node->item;
		undo->recorded = node->recorded;
		undo->again = node->is_applied;
		undo->reason = node->reason;
		undo->because = node->because ? node->because->item : NULL;
		undo->object = node->object;
		node->object = NULL;
		gm_list_lost(gm_footprints_get(&p->standing.downs,
					       node->recorded),
			     &undo->lost, &undo->unknown);
	}
}

static int add_steps(struct planner *p, struct gm_sync *out,
		     struct gm_error *err)
{
	const struct gm_comparison *c = p->c;
	size_t i;
	int ret = 0;

	for (i = 0; i < out->n_undone; i++)
		gm_plan_add(p->plan, GM_STEP_ROLLBACK, out->undone[i].recorded,
			    out->undone[i].item->row);
	/* What is undone goes by the name that it was applied with. */
	gm_plan_add_renames(p->plan, c);
	for (i = 0; !ret && i < c->n; i++) {
		if (!p->v[i].is_applied)
			continue;
		ret = gm_plan_check_up(c->v[i].file, c->dialect, err);
		gm_plan_add(p->plan, GM_STEP_APPLY, c->v[i].file, NULL);
		out->n_applied++;
	}
	return ret;
}

/* A tree without migrations is mostly the wrong tree. */
static int check_tree(const struct planner *p, struct gm_error *err)
{
	if (p->c->series->n || !p->undone.n)
		return 0;
	gm_error_set(err, GM_EREFUSED,
		     "there is no migration in this tree, and all that is "
		     "applied would be undone");
	return gm_error_hint(err, "git migrate reset, if that is what you "
				  "mean; else look at migrate.dir");
}

static void release(struct planner *p)
{
	size_t i;

	for (i = 0; p->v && i < p->c->n; i++)
		free(p->v[i].object);
	gm_standing_release(&p->standing);
	free(p->v);
	free(p->rows.v);
	free(p->undone.v);
	free(p->applied.v);
}

int gm_sync_plan(struct gm_sync *out, const struct gm_comparison *c,
		 const struct gm_recorded *recorded, struct gm_error *err)
{
	struct planner p = { .c = c, .recorded = recorded, .plan = &out->plan };
	int ret;

	gm_standing_init(&p.standing, c->dialect);
	ret = start(&p, err);
	if (!ret)
		ret = check_tree(&p, err);
	if (!ret)
		ret = spread(&p, err);
	if (!ret) {
		list_undone(&p, out);
		ret = gm_sync_check(out, c->dialect, err);
	}
	if (!ret)
		ret = add_steps(&p, out, err);
	release(&p);
	return ret;
}

void gm_sync_release(struct gm_sync *sync)
{
	size_t i;

	if (!sync)
		return;
	for (i = 0; i < sync->n_undone; i++) {
		free(sync->undone[i].object);
		free(sync->undone[i].unknown);
		gm_strings_release(&sync->undone[i].lost);
	}
	free(sync->undone);
	gm_plan_release(&sync->plan);
	memset(sync, 0, sizeof(*sync));
}
