/*
 * The rules of what is applied and undone, and in which order.
 */
#include "work/plan.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/recorded.h"

struct gm_step *gm_plan_add(struct gm_plan *plan, enum gm_step_kind kind,
			    const struct gm_migration *migration,
			    const struct gm_history_row *row)
{
	struct gm_step *step;

	GM_GROW(plan->v, plan->n, plan->cap);
	step = &plan->v[plan->n++];
	memset(step, 0, sizeof(*step));
	step->kind = kind;
	step->migration = migration;
	step->row = row;
	return step;
}

void gm_plan_release(struct gm_plan *plan)
{
	size_t i;

	if (!plan)
		return;
	for (i = 0; i < plan->n_owned; i++)
		gm_migration_free(plan->owned[i]);
	free(plan->owned);
	free(plan->v);
	memset(plan, 0, sizeof(*plan));
}

const struct gm_section *gm_step_section(const struct gm_step *step,
					 const struct gm_dialect *dialect)
{
	switch (step->kind) {
	case GM_STEP_APPLY:
		return gm_migration_section(step->migration, GM_SECTION_UP,
					    dialect);
	case GM_STEP_ROLLBACK:
		return gm_migration_section(step->migration, GM_SECTION_DOWN,
					    dialect);
	default:
		return NULL;
	}
}

bool gm_step_is_apart(const struct gm_step *step,
		      const struct gm_driver *driver)
{
	const struct gm_section *section;

	if (step->resume)
		return true;
	if (step->kind != GM_STEP_APPLY && step->kind != GM_STEP_ROLLBACK)
		return false;
	if (!(driver->flags & GM_DRIVER_TRANSACTIONAL_DDL))
		return true;
	section = gm_step_section(step, driver->dialect);
	return section && section->no_transaction;
}

const struct gm_step *gm_plan_find_apart(const struct gm_plan *plan,
					 const struct gm_driver *driver)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (gm_step_is_apart(&plan->v[i], driver))
			return &plan->v[i];
	return NULL;
}

const char *gm_step_app(const struct gm_step *step)
{
	return step->migration ? step->migration->app : step->row->app;
}

const char *gm_step_id(const struct gm_step *step)
{
	return step->migration ? step->migration->id : step->row->id;
}

char *gm_step_name(const struct gm_step *step)
{
	return gm_migration_name(gm_step_app(step), gm_step_id(step));
}

const struct gm_item *gm_plan_find_edited(const struct gm_comparison *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].state == GM_STATE_EDITED)
			return &c->v[i];
	return NULL;
}

const struct gm_item *gm_plan_find_under_way(const struct gm_comparison *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (c->v[i].under_way)
			return &c->v[i];
	return NULL;
}

/* By the file's place in the series: what an apply has chosen so far. */
enum chosen {
	NOT_CHOSEN,
	CHOSEN,
	IN_PLACE
};

static bool is_pending(const struct gm_item *item)
{
	return item->state == GM_STATE_PENDING ||
	       item->state == GM_STATE_OUT_OF_ORDER;
}

static int choose_named(const struct gm_comparison *c,
			const struct gm_apply_choice *choice,
			enum chosen *chosen, struct gm_error *err)
{
	size_t i;

	for (i = 0; i < choice->n_revs; i++) {
		const struct gm_item *item;
		int ret = gm_comparison_find(&item, c, choice->revs[i], err);

		if (ret < 0)
			return ret;
		if (item->file && is_pending(item))
			chosen[item->file->index] = CHOSEN;
	}
	return 0;
}

/* Everything up to one: what stands before it in the order. */
static int choose_prefix(const struct gm_comparison *c,
			 const struct gm_apply_choice *choice,
			 enum chosen *chosen, struct gm_error *err)
{
	const struct gm_item *last = NULL;
	size_t count = 0;
	size_t i;

	if (choice->to) {
		int ret = gm_comparison_find(&last, c, choice->to, err);

		if (ret < 0)
			return ret;
	}
	for (i = 0; i < c->n; i++) {
		const struct gm_item *item = &c->v[i];

		if (item->file && is_pending(item)) {
			if (choice->count && count == choice->count)
				break;
			chosen[item->file->index] = CHOSEN;
			count++;
		}
		if (item == last)
			break;
	}
	return 0;
}

static int refuse_gap(const struct gm_migration *file,
		      const struct gm_migration *below, struct gm_error *err)
{
	char *name = gm_migration_name(file->app, file->id);
	char *missing = gm_migration_name(below->app, below->id);

	gm_error_set(err, GM_EREFUSED,
		     "'%s' stands on '%s', which is not applied", name,
		     missing);
	gm_error_hint(err, "git migrate apply %s %s", missing, name);
	free(name);
	free(missing);
	return GM_EREFUSED;
}

/* A migration may run only on top of what it was written for. */
static int check_stands(const struct gm_migration *file,
			const enum chosen *chosen, struct gm_error *err)
{
	size_t i;

	for (i = 0; i < file->n_before; i++) {
		const struct gm_migration *below = file->before[i];

		if (chosen[below->index] == NOT_CHOSEN)
			return refuse_gap(file, below, err);
	}
	return 0;
}

int gm_plan_check_up(const struct gm_migration *file,
		     const struct gm_dialect *dialect, struct gm_error *err)
{
	if (gm_migration_section(file, GM_SECTION_UP, dialect))
		return 0;
	gm_error_set(err, GM_EINVALID, "%s: there is no up section for %s",
		     file->path, gm_dialect_name(dialect));
	return gm_error_hint(err,
			     "add '-- migrate:up dialect:%s' to it; it "
			     "may be empty",
			     gm_dialect_name(dialect));
}

static void add_resumed(struct gm_plan *plan, const struct gm_comparison *c,
			const struct gm_apply_choice *choice)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct gm_item *item = &c->v[i];
		struct gm_step *step;

		if (!item->under_way || item->row->state == GM_ROW_REVERTING ||
		    !choice->resume)
			continue;
		step = gm_plan_add(plan, GM_STEP_APPLY, item->file, item->row);
		step->resume = choice->resume;
		step->fate = choice->fate;
	}
}

static bool is_planned(const struct gm_plan *plan,
		       const struct gm_history_row *row)
{
	size_t i;

	for (i = 0; i < plan->n; i++)
		if (plan->v[i].row == row)
			return true;
	return false;
}

/* The one whose row still has the id that this one gets, or NULL. */
static const struct gm_item *in_the_way(const struct gm_comparison *c,
					const struct gm_plan *plan,
					const struct gm_item *item)
{
	const struct gm_history_row *row;
	size_t i;

	row = gm_history_find(c->history, item->file->app, item->file->id);
	for (i = 0; row && i < c->n; i++)
		if (c->v[i].state == GM_STATE_RENAMED && c->v[i].row == row)
			return is_planned(plan, row) ? NULL : &c->v[i];
	return NULL;
}

/* Whoever has the id that another one gets goes first. */
void gm_plan_add_renames(struct gm_plan *plan, const struct gm_comparison *c)
{
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct gm_item *first = &c->v[i];

		if (first->state != GM_STATE_RENAMED)
			continue;
		while (!is_planned(plan, c->v[i].row)) {
			const struct gm_item *other;

			for (first = &c->v[i];
			     (other = in_the_way(c, plan, first));)
				first = other;
			gm_plan_add(plan, GM_STEP_RENAME, first->file,
				    first->row);
		}
	}
}

int gm_plan_apply(struct gm_plan *plan, const struct gm_comparison *c,
		  const struct gm_apply_choice *choice, struct gm_error *err)
{
	enum chosen *chosen = gm_calloc(c->series->n, sizeof(*chosen));
	size_t i;
	int ret;

	add_resumed(plan, c, choice);
	gm_plan_add_renames(plan, c);
	for (i = 0; i < c->n; i++) {
		const struct gm_item *item = &c->v[i];

		if (item->file && !is_pending(item))
			chosen[item->file->index] = IN_PLACE;
	}
	ret = choice->n_revs ? choose_named(c, choice, chosen, err)
			     : choose_prefix(c, choice, chosen, err);
	for (i = 0; !ret && i < c->n; i++) {
		const struct gm_item *item = &c->v[i];

		if (!item->file || chosen[item->file->index] != CHOSEN)
			continue;
		ret = gm_plan_check_up(item->file, c->dialect, err);
		if (!ret)
			ret = check_stands(item->file, chosen, err);
		if (!ret)
			gm_plan_add(plan, GM_STEP_APPLY, item->file, NULL)
				->out_of_order = item->state ==
						 GM_STATE_OUT_OF_ORDER;
	}
	free(chosen);
	return ret;
}

/* A rollback works on the items that have rows, newest position first. */
struct undo {
	const struct gm_item **v;
	bool *chosen;
	size_t n;
};

static int newest_first(const void *a, const void *b)
{
	const struct gm_item *x = *(const struct gm_item *const *)a;
	const struct gm_item *y = *(const struct gm_item *const *)b;

	if (x->row->position != y->row->position)
		return x->row->position < y->row->position ? 1 : -1;
	return -strcmp(x->row->id, y->row->id);
}

static void list_undo(struct undo *undo, const struct gm_comparison *c,
		      enum gm_resume resume)
{
	size_t i;

	undo->v = gm_calloc(c->n, sizeof(*undo->v));
	undo->chosen = gm_calloc(c->n, sizeof(*undo->chosen));
	undo->n = 0;
	for (i = 0; i < c->n; i++)
		if (c->v[i].row && (!c->v[i].under_way || resume))
			undo->v[undo->n++] = &c->v[i];
	qsort(undo->v, undo->n, sizeof(*undo->v), newest_first);
}

static int choose_undo_named(struct undo *undo, const struct gm_comparison *c,
			     const struct gm_rollback_choice *choice,
			     struct gm_error *err)
{
	size_t i;
	size_t k;

	for (i = 0; i < choice->n_revs; i++) {
		const struct gm_item *item;
		int ret = gm_comparison_find(&item, c, choice->revs[i], err);

		if (ret < 0)
			return ret;
		if (!item->row)
			return gm_error_set(err, GM_EREFUSED,
					    "'%s' is not applied",
					    gm_item_id(item));
		for (k = 0; k < undo->n; k++)
			if (undo->v[k] == item)
				undo->chosen[k] = true;
	}
	return 0;
}

static int choose_undo_to(struct undo *undo, const struct gm_comparison *c,
			  const char *to, struct gm_error *err)
{
	const struct gm_item *keep;
	size_t i;
	int ret = gm_comparison_find(&keep, c, to, err);

	if (ret < 0)
		return ret;
	if (!keep->row)
		return gm_error_set(err, GM_EREFUSED, "'%s' is not applied",
				    gm_item_id(keep));
	for (i = 0; i < undo->n; i++)
		undo->chosen[i] = undo->v[i]->row->position >
				  keep->row->position;
	return 0;
}

static int choose_undo_batch(struct undo *undo, long long batch,
			     struct gm_error *err)
{
	bool found = false;
	size_t i;

	for (i = 0; !batch && i < undo->n; i++)
		if (undo->v[i]->row->batch > batch)
			batch = undo->v[i]->row->batch;
	for (i = 0; i < undo->n; i++) {
		undo->chosen[i] = undo->v[i]->row->batch == batch;
		found |= undo->chosen[i];
	}
	if (!found && undo->n) {
		gm_error_set(err, GM_ENOTFOUND,
			     "nothing was applied in batch %lld", batch);
		return gm_error_hint(err, "git migrate log shows the batches");
	}
	return 0;
}

static int choose_undo(struct undo *undo, const struct gm_comparison *c,
		       const struct gm_rollback_choice *choice,
		       struct gm_error *err)
{
	size_t count = choice->count ? choice->count : 1;
	size_t i;

	if (choice->resume) {
		for (i = 0; i < undo->n; i++)
			undo->chosen[i] = undo->v[i]->row->state ==
					  GM_ROW_REVERTING;
		return 0;
	}
	if (choice->n_revs)
		return choose_undo_named(undo, c, choice, err);
	if (choice->to)
		return choose_undo_to(undo, c, choice->to, err);
	if (choice->batch >= 0)
		return choose_undo_batch(undo, choice->batch, err);
	for (i = 0; i < undo->n; i++)
		undo->chosen[i] = choice->all ? undo->v[i]->row->state !=
							GM_ROW_BASELINE
					      : i < count;
	return 0;
}

int gm_plan_rollback(struct gm_plan *plan, const struct gm_comparison *c,
		     const struct gm_rollback_choice *choice,
		     struct gm_error *err)
{
	struct undo undo;
	size_t i;
	int ret;

	list_undo(&undo, c, choice->resume);
	ret = choose_undo(&undo, c, choice, err);
	for (i = 0; !ret && i < undo.n; i++) {
		const struct gm_item *item = undo.v[i];
		struct gm_step *step;

		if (!undo.chosen[i])
			continue;
		if (item->row->state == GM_ROW_BASELINE) {
			gm_error_set(err, GM_EREFUSED,
				     "'%s' is a baseline: it was never run "
				     "here, so there is nothing to undo",
				     item->row->id);
			ret = gm_error_hint(err,
					    "git migrate fake --undo %s "
					    "forgets it",
					    item->row->id);
			break;
		}
		if (choice->from_file && !item->file) {
			ret = gm_error_set(err, GM_EREFUSED,
					   "'%s' has no file in this tree",
					   item->row->id);
			break;
		}
		step = gm_plan_add(plan, GM_STEP_ROLLBACK,
				   choice->from_file ? item->file : NULL,
				   item->row);
		step->resume = choice->resume;
		step->fate = choice->fate;
	}
	free(undo.v);
	free(undo.chosen);
	return ret;
}

static int check_down(const struct gm_migration *migration,
		      const struct gm_dialect *dialect, struct gm_error *err)
{
	char *name;

	if (gm_migration_down(migration, dialect))
		return 0;
	name = gm_migration_name(migration->app, migration->id);
	if (migration->irreversible)
		gm_error_set(err, GM_EREFUSED, "'%s' is irreversible: %s", name,
			     migration->irreversible);
	else if (gm_migration_section(migration, GM_SECTION_DOWN, dialect))
		gm_error_set(err, GM_EREFUSED,
			     "'%s' was applied with nothing in its down "
			     "section (SELECT 1; where nothing is to be "
			     "undone)",
			     name);
	else
		gm_error_set(err, GM_EREFUSED,
			     "'%s' was applied without a down section", name);
	if (!migration->irreversible)
		gm_error_hint(err,
			      "write one, then git migrate accept %s, or git "
			      "migrate rollback --from-file %s",
			      name, name);
	gm_error_hint(err,
		      "git migrate fake --undo %s forgets it, once it is "
		      "undone by hand",
		      name);
	free(name);
	return GM_EREFUSED;
}

void gm_plan_own(struct gm_plan *plan, struct gm_migration *migration)
{
	GM_GROW(plan->owned, plan->n_owned, plan->owned_cap);
	plan->owned[plan->n_owned++] = migration;
}

static int load_source(struct gm_plan *plan, struct gm_step *step,
		       const struct gm_recorded *recorded, struct gm_error *err)
{
	struct gm_migration *migration;
	int ret = recorded->read(recorded->context, step->row, &migration, err);

	if (ret < 0)
		return ret;
	gm_plan_own(plan, migration);
	step->migration = migration;
	return 0;
}

int gm_plan_load_sources(struct gm_plan *plan, struct gm_history *history,
			 const struct gm_dialect *dialect, struct gm_error *err)
{
	struct gm_recorded recorded = gm_recorded_in(history);
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < plan->n; i++) {
		struct gm_step *step = &plan->v[i];

		if (step->kind != GM_STEP_ROLLBACK &&
		    (step->kind != GM_STEP_APPLY || step->migration))
			continue;
		if (!step->migration)
			ret = load_source(plan, step, &recorded, err);
		if (!ret && step->kind == GM_STEP_ROLLBACK)
			ret = check_down(step->migration, dialect, err);
	}
	return ret;
}
