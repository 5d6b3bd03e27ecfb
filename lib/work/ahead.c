/*
 * Sending migrations ahead. Each is a transaction of its own; nothing behind
 * one that fails has happened, so that the run stops where it would have
 * stopped anyway. How long each took is told by the database: when it is
 * known here, its row is written already.
 */
#include "work/ahead.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "work/journal.h"
#include "work/rows.h"
#include "work/script.h"
#include "work/statements.h"

/* As many steps are under way at most, and none is sent on top of so much
 * text. */
#define STEPS_AHEAD 16
#define BYTES_AHEAD ((size_t)256 * 1024)

/* Whether every statement of the section may be queued. */
static bool is_all_queueable(const struct gm_run *run,
			     const struct gm_section *section)
{
	const struct gm_driver *driver = run->history->driver;
	struct gm_splitter splitter;
	struct gm_statement statement;

	if (!section || !driver->can_queue)
		return true;
	gm_splitter_init(&splitter, driver->dialect, section->sql,
			 section->len);
	while (gm_splitter_next(&splitter, &statement, NULL) > 0)
		if (!driver->can_queue(section->sql + statement.start,
				       statement.len))
			return false;
	return true;
}

static bool may_be_sent(const struct gm_run *run, const struct gm_step *step)
{
	return step->kind == GM_STEP_APPLY && !step->row &&
	       !gm_journal_is_needed(run, step) &&
	       !gm_migration_section(step->migration, GM_SECTION_VERIFY,
				     gm_history_dialect(run->history)) &&
	       is_all_queueable(
		       run,
		       gm_step_section(step, gm_history_dialect(run->history)));
}

bool gm_ahead_is_open(struct gm_run *run, const struct gm_step *step)
{
	const struct gm_history *history = run->history;

	if (run->n_ahead)
		return true;
	if (history->script || run->single_transaction ||
	    !history->driver->queue || !may_be_sent(run, step))
		return false;
	if (!run->is_queueing)
		run->is_queueing = history->driver->queue(history->db, true);
	return run->is_queueing;
}

static void forget(struct gm_run *run)
{
	while (run->n_ahead)
		gm_history_row_free(run->ahead[--run->n_ahead]);
	run->is_ahead_lost = false;
}

void gm_ahead_end(struct gm_run *run)
{
	if (run->is_queueing)
		run->history->driver->queue(run->history->db, false);
	run->is_queueing = false;
	forget(run);
	free(run->ahead);
	run->ahead = NULL;
	run->ahead_cap = 0;
}

static int send_section(struct gm_run *run, const struct gm_section *section,
			struct gm_error *err)
{
	struct gm_splitter splitter;
	struct gm_statement statement;
	int ret;

	if (!section)
		return 0;
	gm_splitter_init(&splitter, gm_history_dialect(run->history),
			 section->sql, section->len);
	while ((ret = gm_splitter_next(&splitter, &statement, err)) > 0) {
		ret = gm_run_statement(run, section, &statement, NULL, NULL,
				       err);
		if (ret < 0)
			break;
	}
	return ret;
}

/* What the driver says at once is no news of the database's. */
static int send_step(struct gm_run *run, const struct gm_step *step,
		     const struct gm_history_row *row, struct gm_error *err)
{
	int ret = gm_run_prepare_session(run, err);

	if (!ret)
		ret = gm_run_begin(run, err);
	if (!ret)
		ret = gm_history_claim(run->history, gm_step_action(step->kind),
				       row, step->migration->text,
				       step->migration->len, err);
	if (!ret)
		ret = send_section(
			run,
			gm_step_section(step, gm_history_dialect(run->history)),
			err);
	if (!ret)
		ret = gm_run_look_for_damage(run, err);
	if (!ret)
		ret = gm_history_took(run->history, row, err);
	return ret ? ret : gm_run_commit(run, err);
}

/* Sends the step at hand, and more of them while there is room. */
static int send_steps(struct gm_run *run, struct gm_error *err)
{
	const struct gm_plan *plan = run->plan;
	size_t index = run->index;
	int64_t position = run->position;
	size_t bytes = 0;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < STEPS_AHEAD && index + i < plan->n; i++) {
		const struct gm_step *step = &plan->v[index + i];

		if (i < run->n_ahead) {
			bytes += step->migration->len;
			continue;
		}
		if (i && (bytes > BYTES_AHEAD || !may_be_sent(run, step) ||
			  (run->stop && atomic_load(run->stop))))
			break;
		bytes += step->migration->len;
		run->index = index + i;
		run->position = position + (int64_t)i;
		GM_GROW(run->ahead, run->n_ahead, run->ahead_cap);
		run->ahead[run->n_ahead++] = gm_run_row(run, step,
							GM_ROW_APPLIED);
		ret = send_step(run, step, run->ahead[i], err);
	}
	run->index = index;
	run->position = position;
	return ret;
}

/* Of the user's statement that failed: its place, and what it lacks. */
static void locate(struct gm_run *run, const struct gm_step *step,
		   const struct gm_section *section, size_t start,
		   struct gm_error *err)
{
	struct gm_splitter splitter;
	struct gm_statement statement;

	gm_splitter_init(&splitter, gm_history_dialect(run->history),
			 section->sql + start, section->len - start);
	if (gm_splitter_next(&splitter, &statement, NULL) > 0)
		gm_run_hint_transaction(&statement, err);
	gm_run_locate(step->migration, section, start, err);
}

/* The step at hand failed, in the statement `failed`. */
static int judge(struct gm_run *run, const struct gm_step *step,
		 const char *failed, int ret, struct gm_error *err)
{
	const struct gm_section *section = gm_step_section(
		step, gm_history_dialect(run->history));
	bool is_users = failed && section && failed >= section->sql &&
			failed < section->sql + section->len;

	if (failed && !is_users && ret != GM_EINTERRUPTED) {
		forget(run);
		gm_error_release(err);
		return GM_AHEAD_ALONE;
	}
	run->phase = GM_PHASE_STATEMENTS;
	if (is_users)
		locate(run, step, section, (size_t)(failed - section->sql),
		       err);
	else
		gm_run_locate_commit(run, ret, err);
	gm_run_log_failure(run, run->ahead[0], err);
	forget(run);
	return ret;
}

/* The step at hand is done. */
static int finish(struct gm_run *run, const struct gm_step *step)
{
	int64_t now = gm_time_ms();

	gm_run_tell_done(run, step, now - run->ahead_since);
	run->ahead_since = now;
	gm_history_row_free(run->ahead[0]);
	run->n_ahead--;
	memmove(run->ahead, run->ahead + 1, run->n_ahead * sizeof(*run->ahead));
	return 0;
}

/* Those behind the one whose commit was lost: done, or begun anew. */
static int look_up_next(struct gm_run *run, const struct gm_step *step)
{
	const struct gm_history_row *row = run->ahead[0];

	if (gm_history_has(run->history, row->app, row->id, NULL) > 0)
		return finish(run, step);
	forget(run);
	return GM_AHEAD_ALONE;
}

int gm_ahead_apply(struct gm_run *run, struct gm_error *err)
{
	const struct gm_driver *driver = run->history->driver;
	const struct gm_step *step = &run->plan->v[run->index];
	const char *failed = NULL;
	int ret;

	if (run->is_ahead_lost)
		return look_up_next(run, step);
	if (!run->n_ahead)
		run->ahead_since = gm_time_ms();
	ret = send_steps(run, err);
	if (ret < 0)
		return ret;
	ret = driver->await(run->history->db, &failed, err);
	if (!ret)
		return finish(run, step);
	run->is_queueing = false;
	if (ret != GM_ECONNECT)
		return judge(run, step, failed, ret, err);
	ret = gm_run_look_up(run, run->ahead[0]->app, run->ahead[0]->id, true,
			     ret, err);
	if (ret < 0) {
		forget(run);
		return ret;
	}
	run->is_ahead_lost = true;
	return finish(run, step);
}
