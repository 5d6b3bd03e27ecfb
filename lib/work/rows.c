/*
 * Rows of the history, as steps write them.
 */
#include "work/rows.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/script.h"

struct gm_history_row *gm_run_row(struct gm_run *run,
				  const struct gm_step *step,
				  enum gm_row_state state)
{
	const struct gm_migration *m = step->migration;
	const struct gm_facts *facts = &run->facts;
	const struct gm_step_facts *known = facts->steps
						    ? &facts->steps[run->index]
						    : NULL;
	struct gm_history_row *row = gm_history_row_new();
	struct gm_fingerprints prints;

	row->app = gm_strdup(m->app);
	row->id = gm_strdup(m->id);
	memcpy(row->checksum, m->checksum, sizeof(row->checksum));
	if (known && known->fingerprinted)
		prints = known->fingerprints;
	else
		gm_migration_fingerprints(m, gm_history_dialect(run->history),
					  &prints);
	memcpy(row->up, prints.up, sizeof(row->up));
	memcpy(row->down, prints.down, sizeof(row->down));
	memcpy(row->verify, prints.verify, sizeof(row->verify));
	row->parents = gm_migration_parents(m);
	row->state = state;
	row->commit_id = gm_strdup_null(facts->commit);
	row->branch = gm_strdup_null(facts->branch);
	if (known) {
		row->blob = *known->blob ? gm_strdup(known->blob) : NULL;
		row->dirty = known->dirty;
	}
	row->batch = step->row ? step->row->batch : run->batch;
	row->position = step->row ? step->row->position : run->position;
	row->applied_by = gm_strdup(facts->user ? facts->user : "");
	row->tool_version = gm_strdup(facts->tool_version ? facts->tool_version
							  : "");
	return row;
}

void gm_run_log_failure(struct gm_run *run, const struct gm_history_row *row,
			const struct gm_error *err)
{
	if (!run->history->script && run->history->exists && err &&
	    err->code != GM_ECONNECT)
		gm_history_log(run->history, "failure", row, err->message,
			       NULL);
}

int gm_run_log(struct gm_run *run, const char *action,
	       const struct gm_history_row *row, const char *detail,
	       struct gm_error *err)
{
	struct gm_history_row entry = *row;
	char *user = gm_strdup(run->facts.user ? run->facts.user : "");
	char *version = gm_strdup(
		run->facts.tool_version ? run->facts.tool_version : "");
	char *head = gm_strdup_null(run->facts.commit);
	char *branch = gm_strdup_null(run->facts.branch);
	int ret;

	entry.applied_by = user;
	entry.tool_version = version;
	entry.commit_id = head;
	entry.branch = branch;
	ret = gm_history_log(run->history, action, &entry, detail, err);
	free(user);
	free(version);
	free(head);
	free(branch);
	return ret;
}

/* The row takes over what the file says, and keeps what it says of how it
 * was applied. */
static int accept(struct gm_run *run, const struct gm_step *step,
		  struct gm_error *err)
{
	const struct gm_migration *m = step->migration;
	struct gm_history_row *entry = gm_run_row(run, step, step->row->state);
	struct gm_history_row row = *entry;
	char *detail = gm_format("was " GM_CHECKSUM_TAG "%s",
				 step->row->checksum);
	int ret;

	row.applied_at = step->row->applied_at;
	row.applied_by = step->row->applied_by;
	row.duration_ms = step->row->duration_ms;
	ret = gm_history_update(run->history, &row, err);
	if (!ret)
		ret = gm_history_set_source(run->history,
					    gm_step_action(step->kind), entry,
					    detail, m->text, m->len, err);
	gm_history_row_free(entry);
	free(detail);
	return ret;
}

static int mark(struct gm_run *run, const struct gm_step *step,
		enum gm_row_state state, struct gm_error *err)
{
	const struct gm_migration *m = step->migration;
	struct gm_history_row *row = gm_run_row(run, step, state);
	int ret = gm_history_claim(run->history, gm_step_action(step->kind),
				   row, m->text, m->len, err);

	gm_history_row_free(row);
	return ret;
}

static int rename_row(struct gm_run *run, const struct gm_step *step,
		      struct gm_error *err)
{
	const struct gm_history_row *row = step->row;
	const struct gm_migration *m = step->migration;
	struct gm_history_row *entry = gm_run_row(run, step, GM_ROW_APPLIED);
	char *detail = gm_format("was %s", row->id);
	int ret = gm_history_rename(run->history, m->app, row->id, m->id, err);

	if (!ret)
		ret = gm_run_log(run, gm_step_action(step->kind), entry, detail,
				 err);
	gm_history_row_free(entry);
	free(detail);
	return ret;
}

int gm_run_change_rows(struct gm_run *run, const struct gm_step *step,
		       struct gm_error *err)
{
	const struct gm_history_row *row = step->row;
	int ret;

	switch (step->kind) {
	case GM_STEP_RENAME:
		return rename_row(run, step, err);
	case GM_STEP_FAKE:
		return mark(run, step, GM_ROW_FAKED, err);
	case GM_STEP_BASELINE:
		return mark(run, step, GM_ROW_BASELINE, err);
	case GM_STEP_ACCEPT:
		return accept(run, step, err);
	case GM_STEP_UNFAKE:
		ret = gm_history_delete(run->history, row->app, row->id, err);
		return ret < 0 ? ret
			       : gm_run_log(run, gm_step_action(step->kind),
					    row, NULL, err);
	default:
		return 0;
	}
}

/* Its row isn't there for us, and can't be written: another run's may be, in
 * a transaction that is open. */
static void refuse_busy(const struct gm_history_row *row, struct gm_error *err)
{
	gm_error_prefix(err, "another run is at '%s', or the history is locked",
			row->id);
	gm_error_hint(err, "wait longer for it with --wait=SECONDS");
}

int gm_run_judge_claim(struct gm_run *run, const struct gm_history_row *row,
		       int ret, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	char *owner = NULL;
	int live = 0;

	if (gm_history_has(run->history, row->app, row->id, NULL) <= 0) {
		if (ret == GM_EBUSY)
			refuse_busy(row, err);
		return ret;
	}
	/* Asked for before the state: with its end the owner goes. */
	gm_history_owner(run->history, row->app, row->id, &owner, NULL);
	if (gm_history_is_done(run->history, row->app, row->id, NULL) > 0) {
		free(owner);
		return 1;
	}
	if (owner)
		live = driver->owner_is_alive(run->history->db, owner,
					      gm_history_table(run->history),
					      NULL);
	run->is_unseen = live == GM_EBUSY;
	/* It is alive, or nobody here can tell: then it is waited for. */
	if (live > 0 || run->is_unseen)
		ret = gm_error_set(err, GM_EBUSY, "another run is at '%s': %s",
				   row->id, owner);
	else
		ret = gm_error_set(err, GM_EREFUSED,
				   "another run has begun with '%s', and not "
				   "come to its end",
				   row->id);
	free(owner);
	gm_error_hint(err, "git migrate status tells how far it is");
	if (ret == GM_EBUSY)
		gm_error_hint(err, "wait longer for it with --wait=SECONDS");
	return ret;
}
