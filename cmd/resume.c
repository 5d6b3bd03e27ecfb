/*
 * Taking up, or forgetting, what a journal has under way.
 */
#include "cmd/resume.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "cmd/output.h"
#include "work/journal.h"

/* From one look at another run to the next. */
#define PAUSE_MS 300

int gm_resume_read(const struct invocation *in, const struct resume_values *v,
		   enum gm_resume *resume, enum gm_fate *fate)
{
	*resume = v->go_on     ? GM_RESUME_CONTINUE
		  : v->restart ? GM_RESUME_RESTART
		  : v->abort   ? GM_RESUME_ABORT
			       : GM_RESUME_NONE;
	*fate = v->ran	     ? GM_FATE_RAN
		: v->not_ran ? GM_FATE_NOT_RAN
			     : GM_FATE_UNKNOWN;
	if (v->go_on + v->restart + v->abort > 1)
		return gm_usage_error(in, "--continue, --restart and --abort "
					  "exclude each other");
	if (v->ran && v->not_ran)
		return gm_usage_error(in, "--ran and --not-ran exclude each "
					  "other");
	if ((v->ran || v->not_ran) && !v->go_on)
		return gm_usage_error(in, "--ran and --not-ran go with "
					  "--continue");
	return 0;
}

/* Another run, while it is waited for. */
struct other {
	/* Since when, and since when its row says the same, in milliseconds. */
	int64_t start;
	int64_t since;
	/* How far the row is. */
	int64_t started;
	bool told;
};

/*
 * Whether to look again: the one that is at the row may come to its end. Where
 * it is on another machine of a cluster nobody here can tell whether there is
 * one; then it is waited for as long as it gets on.
 */
static bool may_wait(struct session *s, const struct gm_item *item,
		     bool is_seen, struct other *other)
{
	int64_t limit = gm_session_wait_ms(s);
	int64_t now = gm_time_ms();

	if (other->started != item->row->statements_started)
		other->since = now;
	other->started = item->row->statements_started;
	if (s->in->values->dry_run ||
	    (limit >= 0 && (other->told || !limit) &&
	     now - other->start >= limit) ||
	    (limit < 0 && !is_seen && now - other->since >= GM_WAIT_UNSEEN_MS))
		return false;
	if (!other->told && !s->in->values->quiet)
		fprintf(stderr,
			"waiting for another run, which is at '%s': "
			"%s\n",
			item->row->id, item->row->owner);
	other->told = true;
	gm_error_release(&s->err);
	gm_time_sleep_ms(PAUSE_MS);
	return true;
}

/* An owner that was found to be gone, and how far its row was then. */
struct gone {
	char *owner;
	char *at;
};

static char *tell_place(const struct gm_history_row *row)
{
	return gm_format("%s/%s %lld %lld", row->app, row->id,
			 (long long)row->statements_started,
			 (long long)row->statements_done);
}

/* Whether that owner has got on since: where it is known by its statements
 * alone, it was between two of them. */
static bool has_moved(const struct gm_history_row *row, struct gone *gone)
{
	char *at;
	bool moved;

	if (!row->owner || !gone->owner || strcmp(gone->owner, row->owner) != 0)
		return false;
	at = tell_place(row);
	moved = strcmp(gone->at, at) != 0;
	free(gone->at);
	gone->at = at;
	return moved;
}

/*
 * Whether its owner is gone, and the row was read after that: who has come to
 * the end since the row was read is gone as well. 1 where it has to be read
 * again; `gone` is who was found to be gone before.
 */
static int confirm_gone(const struct session *s,
			const struct gm_history_row *row, struct gone *gone)
{
	if (!row->owner || (gone->owner && !strcmp(gone->owner, row->owner)))
		return 0;
	free(gone->owner);
	free(gone->at);
	gone->owner = gm_strdup(row->owner);
	gone->at = tell_place(row);
	if (s->project.driver->is_running)
		gm_time_sleep_ms(PAUSE_MS);
	return 1;
}

/* Waits until nobody is at what is under way: *out is that, or NULL. */
static int find_left(struct session *s, const struct gm_item **out)
{
	struct other other = { .start = gm_time_ms(), .started = -1 };
	struct gone gone = { 0 };
	bool is_seen;
	int ret = 0;

	for (;;) {
		*out = gm_plan_find_under_way(&s->comparison);
		ret = 0;
		if (!*out)
			break;
		ret = gm_journal_is_live(s->project.history, (*out)->row,
					 &s->err);
		is_seen = ret > 0 || (!ret && has_moved((*out)->row, &gone));
		s->is_early |= is_seen;
		if (is_seen)
			ret = gm_error_set(&s->err, GM_EBUSY,
					   "another run is at '%s': %s",
					   (*out)->row->id, (*out)->row->owner);
		if (ret == GM_EBUSY
			    ? !may_wait(s, *out, is_seen, &other)
			    : ret || !confirm_gone(s, (*out)->row, &gone))
			break;
		ret = gm_session_look_again(s);
		if (ret < 0)
			break;
	}
	free(gone.owner);
	free(gone.at);
	if (!ret && *out)
		gm_journal_learn(s->project.history, (*out)->row);
	if (ret == GM_EBUSY)
		gm_error_hint(&s->err, "wait longer for it with "
				       "--wait=SECONDS");
	return ret;
}

int gm_resume_judge(struct session *s, bool reverting, enum gm_resume resume,
		    enum gm_fate fate)
{
	const struct gm_item *item;
	bool is_late;
	const char *path;
	int ret = find_left(s, &item);

	if (ret < 0)
		return ret;
	if (!item) {
		if (!resume)
			return 0;
		return gm_error_set(&s->err, GM_EREFUSED,
				    "nothing is under way here");
	}
	is_late = s->is_early && fate != GM_FATE_UNKNOWN &&
		  gm_journal_is_unknown(item->row);
	if (resume && !is_late &&
	    reverting == (item->row->state == GM_ROW_REVERTING))
		return 0;
	path = item->file ? item->file->path : NULL;
	ret = gm_journal_refuse(s->project.history, item->row, path, &s->err);
	if (is_late)
		gm_error_hint(&s->err, "it was still at work when this was "
				       "typed, and has ended now");
	return ret;
}

int gm_resume_print_what_ran(struct session *s)
{
	const struct gm_item *item = gm_plan_find_under_way(&s->comparison);
	struct gm_history *history = s->project.history;
	struct gm_strbuf before = { 0 };
	struct gm_strbuf ran = { 0 };
	int ret;

	if (!item)
		return 0;
	ret = gm_history_attempts(history, item->row->app, item->row->id,
				  &before, &s->err);
	if (!ret)
		ret = gm_journal_what_ran(history, item->row, &ran, &s->err);
	if (!ret && before.len) {
		printf("-- these statements of %s did run, before it was begun "
		       "again:\n",
		       item->row->id);
		fwrite(gm_strbuf_str(&before), 1, before.len, stdout);
	}
	if (!ret && ran.len) {
		printf("-- these statements of %s did run%s:\n", item->row->id,
		       before.len ? " since then" : "");
		fwrite(gm_strbuf_str(&ran), 1, ran.len, stdout);
	} else if (!ret) {
		printf("-- no statement of %s is known to have run%s\n",
		       item->row->id, before.len ? " since then" : "");
	}
	gm_strbuf_release(&before);
	gm_strbuf_release(&ran);
	return ret;
}
