/*
 * Progress: one line that is overwritten, at most ten times a second, and a
 * line that stays for each step that is done. While a statement takes long,
 * another thread shows what the database says of it.
 */
#include "cmd/progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "base/time.h"
#include "cmd/output.h"
#include "work/script.h"

/* A step that is done sooner needs no progress. */
#define PATIENCE_MS 300
#define PAUSE_MS 100
/* How often the database is asked about a long statement, in seconds. */
#define WATCH_S 1

void gm_progress_init(struct progress *progress, bool quiet)
{
	memset(progress, 0, sizeof(*progress));
	progress->quiet = quiet;
	progress->terminal = !quiet && isatty(STDERR_FILENO);
	pthread_mutex_init(&progress->mutex, NULL);
	pthread_cond_init(&progress->over, NULL);
}

static void clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

static void show(struct progress *progress, const char *said)
{
	int64_t now = gm_time_ms();

	progress->last_ms = now;
	progress->shown = true;
	fputs("\r\033[K", stderr);
	gm_print_text(progress->statement, stderr);
	fprintf(stderr, ", %llds%s",
		(long long)(now - progress->step_ms) / 1000, said ? ", " : "");
	if (said)
		gm_print_text(said, stderr);
}

/* A step begins, or a statement of it. */
static void begin(struct progress *progress, const struct gm_event *event)
{
	struct gm_strbuf text = { 0 };
	int64_t now = gm_time_ms();
	char *name;

	if (!progress->terminal)
		return;
	name = gm_step_name(event->step);
	gm_strbuf_addf(&text, "%zu/%zu %s", event->index, event->total, name);
	if (event->statement)
		gm_strbuf_addf(&text, ": statement %zu", event->statement);
	if (event->statements)
		gm_strbuf_addf(&text, " of %zu", event->statements);
	free(name);
	free(progress->statement);
	progress->statement = gm_strbuf_take(&text);
	progress->statement_ms = now;
	progress->index = event->index;
	if (now - progress->step_ms >= PATIENCE_MS &&
	    now - progress->last_ms >= PAUSE_MS)
		show(progress, NULL);
}

/* What was sent ahead may go on after the end of a step before it. */
static void end(struct progress *progress, const struct gm_event *event)
{
	if (event->index != progress->index)
		return;
	free(progress->statement);
	progress->statement = NULL;
}

/* Asks the database, without the mutex: that may take its time. */
static void look(struct progress *progress)
{
	int64_t since = progress->statement ? progress->statement_ms : 0;
	char *said = NULL;

	if (!since || gm_time_ms() - since < PATIENCE_MS)
		return;
	pthread_mutex_unlock(&progress->mutex);
	if (progress->db && progress->db->driver->progress)
		progress->db->driver->progress(progress->db, &said);
	pthread_mutex_lock(&progress->mutex);
	if (!progress->is_over && progress->statement &&
	    progress->statement_ms == since)
		show(progress, said);
	free(said);
}

static void *watch(void *context)
{
	struct progress *progress = context;

	pthread_mutex_lock(&progress->mutex);
	while (!progress->is_over) {
		struct timespec until;

		clock_gettime(CLOCK_REALTIME, &until);
		until.tv_sec += WATCH_S;
		pthread_cond_timedwait(&progress->over, &progress->mutex,
				       &until);
		if (!progress->is_over)
			look(progress);
	}
	pthread_mutex_unlock(&progress->mutex);
	return NULL;
}

void gm_progress_watch(struct progress *progress)
{
	if (progress->terminal)
		progress->is_watched = !pthread_create(&progress->thread, NULL,
						       watch, progress);
}

void gm_progress_end(struct progress *progress)
{
	pthread_mutex_lock(&progress->mutex);
	progress->is_over = true;
	pthread_cond_signal(&progress->over);
	pthread_mutex_unlock(&progress->mutex);
	if (progress->is_watched)
		pthread_join(progress->thread, NULL);
	clear(progress);
	free(progress->statement);
	pthread_cond_destroy(&progress->over);
	pthread_mutex_destroy(&progress->mutex);
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

static void tell(struct progress *progress, const struct gm_event *event)
{
	char *name;

	if (event->type == GM_EVENT_STATEMENT) {
		begin(progress, event);
		return;
	}
	clear(progress);
	if (event->type == GM_EVENT_DONE || event->type == GM_EVENT_SKIPPED)
		end(progress, event);
	name = event->step ? gm_step_name(event->step) : NULL;
	switch (event->type) {
	case GM_EVENT_STEP:
		progress->step_ms = gm_time_ms();
		begin(progress, event);
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

static void on_event(void *context, const struct gm_event *event)
{
	struct progress *progress = context;

	pthread_mutex_lock(&progress->mutex);
	tell(progress, event);
	pthread_mutex_unlock(&progress->mutex);
}

struct gm_observer gm_progress_observer(struct progress *progress)
{
	struct gm_observer observer = { progress, on_event };

	return observer;
}
