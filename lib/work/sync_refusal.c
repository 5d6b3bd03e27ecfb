/*
 * Why a sync undoes something, and what keeps it from doing so.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "work/sync.h"

char *gm_sync_why(const struct gm_sync_undo *undo)
{
	char *other = undo->because
			      ? gm_migration_name(gm_item_app(undo->because),
						  gm_item_id(undo->because))
			      : NULL;
	char *why = NULL;

	switch (undo->reason) {
	case GM_SYNC_EXTRA:
		why = gm_strdup("it is not in the tree");
		break;
	case GM_SYNC_EDITED:
		why = gm_strdup("it was edited");
		break;
	case GM_SYNC_STANDS:
		why = gm_format("it stands on '%s'", other);
		break;
	case GM_SYNC_OVERLAPS:
		why = gm_format("it touches %s, as '%s' does", undo->object,
				other);
		break;
	case GM_SYNC_MAY_OVERLAP:
		why = gm_format("it may touch what '%s' does (%s)", other,
				undo->object);
		break;
	case GM_SYNC_ORDER:
		why = gm_format("it has to come after '%s' (%s)", other,
				undo->object);
		break;
	}
	free(other);
	return why;
}

/* Why nothing undoes this one, or NULL; the caller frees it. */
static char *find_obstacle(const struct gm_sync_undo *undo,
			   const struct gm_dialect *dialect)
{
	const struct gm_migration *m = undo->recorded;

	if (undo->item->row->state == GM_ROW_BASELINE)
		return gm_strdup("it is a baseline and was never run here");
	if (gm_migration_down(m, dialect))
		return NULL;
	if (m->irreversible)
		return gm_format("it is irreversible: %s", m->irreversible);
	return gm_migration_section(m, GM_SECTION_DOWN, dialect)
		       ? gm_strdup("it was applied with nothing in its down "
				   "section")
		       : gm_strdup("it was applied without a down section");
}

static void hint_way_out(const struct gm_sync_undo *undo, struct gm_error *err)
{
	char *name = gm_migration_name(undo->item->row->app,
				       undo->item->row->id);
	char *other = NULL;

	if (undo->because && undo->because->row)
		other = gm_migration_name(undo->because->row->app,
					  undo->because->row->id);
	if (undo->reason == GM_SYNC_EDITED)
		gm_error_hint(err,
			      "git migrate accept %s, if the database is right "
			      "as it is, or git migrate restore %s",
			      name, name);
	else if (undo->reason == GM_SYNC_EXTRA &&
		 undo->item->row->state != GM_ROW_BASELINE)
		gm_error_hint(err,
			      "undo it by hand, then git migrate fake --undo "
			      "%s; or go back to a commit that holds it, write "
			      "a down section, and git migrate accept %s",
			      name, name);
	else if (undo->reason == GM_SYNC_EXTRA)
		gm_error_hint(err, "git migrate fake --undo %s forgets it",
			      name);
	else if (undo->reason == GM_SYNC_MAY_OVERLAP)
		gm_error_hint(err,
			      "git migrate rollback %s, if you know that the "
			      "two don't touch",
			      other);
	else if (undo->reason == GM_SYNC_ORDER)
		gm_error_hint(err,
			      "git migrate apply --allow-out-of-order, if it "
			      "doesn't matter which of the two is first");
	else
		gm_error_hint(err,
			      "undo it by hand, then git migrate fake --undo "
			      "%s",
			      name);
	free(name);
	free(other);
}

int gm_sync_check(const struct gm_sync *sync, const struct gm_dialect *dialect,
		  struct gm_error *err)
{
	int ret = 0;
	size_t i;

	for (i = 0; i < sync->n_undone; i++) {
		const struct gm_sync_undo *undo = &sync->undone[i];
		char *obstacle = find_obstacle(undo, dialect);
		char *name;
		char *why;

		if (!obstacle)
			continue;
		name = gm_migration_name(undo->item->row->app,
					 undo->item->row->id);
		why = gm_sync_why(undo);
		if (!ret)
			ret = gm_error_set(err, GM_EREFUSED,
					   "'%s' can't be undone: %s", name,
					   obstacle);
		else
			gm_error_hint(err, "'%s' can't be undone either: %s",
				      name, obstacle);
		gm_error_hint(err, "'%s' would go because %s", name, why);
		hint_way_out(undo, err);
		free(name);
		free(why);
		free(obstacle);
	}
	return ret;
}
