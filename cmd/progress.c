/*
 * Progress: one line that is overwritten, at most ten times a second, and a
 * line that stays for each step that is done.
 */
#include "cmd/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/time.h"
#include "cmd/output.h"
#include "work/script.h"

/* A step that is done sooner needs no progress. */
#define PATIENCE_MS 300
#define PAUSE_MS 100

void gm_progress_init(struct progress *progress, bool quiet)
{
	progress->quiet = quiet;
	progress->terminal = isatty(STDERR_FILENO);
	progress->shown = false;
	progress->last_ms = 0;
	progress->step_ms = 0;
}

void gm_progress_clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

static void show_statement(struct progress *progress,
			   const struct gm_event *event)
{
	int64_t now = gm_time_ms();
	char *name;

	if (!progress->terminal || progress->quiet ||
	    now - progress->step_ms < PATIENCE_MS ||
	    now - progress->last_ms < PAUSE_MS)
		return;
	progress->last_ms = now;
	progress->shown = true;
	name = gm_step_name(event->step);
	fprintf(stderr, "\r\033[K%zu/%zu %s: statement %zu, %llds",
		event->index, event->total, name, event->statement,
		(long long)(now - progress->step_ms) / 1000);
	free(name);
}

static const char *done_word(enum gm_step_kind kind)
{
	switch (kind) {
	case GM_STEP_APPLY:
		return "applied";
	case GM_STEP_ROLLBACK:
		return "rolled back";
	case GM_STEP_RENAME:
		return "renamed";
	case GM_STEP_FAKE:
		return "marked as applied";
	case GM_STEP_BASELINE:
		return "marked as baseline";
	case GM_STEP_UNFAKE:
		return "unmarked";
	default:
		return "accepted";
	}
}

static void show_done(const struct gm_event *event)
{
	const struct gm_step *step = event->step;
	char *name = gm_step_name(step);

	if (step->resume != GM_RESUME_ABORT)
		printf("%s %s", done_word(step->kind), name);
	else if (step->kind == GM_STEP_ROLLBACK)
		printf("%s counts as applied again", name);
	else
		printf("forgot %s", name);
	free(name);
	if (step->kind == GM_STEP_RENAME)
		printf(" (was %s)", step->row->id);
	else if (step->resume != GM_RESUME_ABORT &&
		 (step->kind == GM_STEP_APPLY ||
		  step->kind == GM_STEP_ROLLBACK))
		printf(" (%lld ms)", (long long)event->duration_ms);
	putchar('\n');
	fflush(stdout);
}

static void on_event(void *context, const struct gm_event *event)
{
	struct progress *progress = context;
	char *name;

	if (event->type == GM_EVENT_STATEMENT) {
		show_statement(progress, event);
		return;
	}
	gm_progress_clear(progress);
	name = event->step ? gm_step_name(event->step) : NULL;
	switch (event->type) {
	case GM_EVENT_STEP:
		progress->step_ms = gm_time_ms();
		if (event->step->out_of_order && !progress->quiet)
			gm_print_warning("'%s' is out of order: what sorts "
					 "after it is applied already",
					 name);
		break;
	case GM_EVENT_DONE:
		if (!progress->quiet)
			show_done(event);
		break;
	case GM_EVENT_SKIPPED:
		if (!progress->quiet)
			printf("%s: another run was faster\n", name);
		break;
	case GM_EVENT_NOTE:
		gm_print_warning("%s", event->text);
		break;
	case GM_EVENT_WAITING:
		if (!progress->quiet)
			fprintf(stderr, "waiting for another run%s%s\n",
				event->text ? ": " : "",
				event->text ? event->text : "");
		break;
	default:
		break;
	}
	free(name);
}

struct gm_observer gm_progress_observer(struct progress *progress)
{
	struct gm_observer observer = { progress, on_event };

	return observer;
}
