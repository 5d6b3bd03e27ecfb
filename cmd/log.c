/*
 * git migrate log: the series, newest first, with what the history knows.
 */
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"
#include "base/drawing.h"
#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/pager.h"
#include "cmd/session.h"
#include "work/journal.h"
#include "work/marks.h"

struct log_values {
	struct common common;
	long long count;
	bool graph;
	bool oneline;
};

/* What printing it needs. */
struct log {
	struct session *s;
	const struct log_values *values;
	struct gm_marks marks;
	struct gm_drawing drawing;
	char *target;
};

static const enum colour graph_colours[] = { COLOUR_RED,     COLOUR_GREEN,
					     COLOUR_YELLOW,  COLOUR_BLUE,
					     COLOUR_MAGENTA, COLOUR_CYAN };

#define AT(member) offsetof(struct log_values, member)

static const struct option_spec options[] = {
	{ OPTION_COUNT, 'n', "max-count", AT(count), "N", "show at most N" },
	{ OPTION_BOOL, '\0', "graph", AT(graph), NULL,
	  "draw who stands on whom" },
	{ OPTION_BOOL, '\0', "oneline", AT(oneline), NULL,
	  "print a line for each" },
	{ .type = OPTION_END },
};

static void list_item(struct listing *listing, const struct gm_item *item)
{
	const struct gm_history_row *row = item->row;
	char *name = gm_migration_name(gm_item_app(item), gm_item_id(item));
	char *checksum = gm_format(GM_CHECKSUM_TAG "%s",
				   gm_item_checksum(item));

	gm_listing_row(listing);
	gm_listing_text(listing, "state", gm_state_name(item->state));
	gm_listing_text(listing, "id", name);
	gm_listing_text(listing, "checksum", checksum);
	gm_listing_text(listing, "applied_at", row ? row->applied_at : NULL);
	gm_listing_text(listing, "applied_by", row ? row->applied_by : NULL);
	gm_listing_text(listing, "commit", row ? row->commit_id : NULL);
	gm_listing_text(listing, "branch", row ? row->branch : NULL);
	gm_listing_int(listing, "batch", row ? row->batch : -1);
	gm_listing_int(listing, "duration_ms", row ? row->duration_ms : -1);
	gm_listing_extra_int(listing, "position", row ? row->position : -1);
	if (row)
		gm_listing_extra_bool(listing, "dirty", row->dirty);
	else
		gm_listing_extra_text(listing, "dirty", NULL);
	gm_listing_extra_text(listing, "blob", row ? row->blob : NULL);
	gm_listing_extra_text(listing, "tool_version",
			      row ? row->tool_version : NULL);
	free(name);
	free(checksum);
}

/* What is in parentheses: the state, and the marks. */
static void add_marks(struct gm_strbuf *out, const struct gm_item *item,
		      const struct gm_mark *mark, const char *target)
{
	size_t i;

	gm_strbuf_addf(out, " (%s", gm_state_name(item->state));
	if (mark && mark->head) {
		gm_strbuf_adds(out, ", ");
		gm_add_coloured(out, COLOUR_CYAN, "head");
	}
	for (i = 0; mark && i < mark->refs.n; i++) {
		gm_strbuf_adds(out, ", ");
		gm_add_coloured(out, COLOUR_RED, mark->refs.v[i]);
	}
	if (mark && mark->newest) {
		char *text = gm_printable(target);
		char *at = gm_format("@ %s", text);

		gm_strbuf_adds(out, ", ");
		gm_add_coloured(out, COLOUR_GREEN, at);
		free(at);
		free(text);
	}
	gm_strbuf_addc(out, ')');
}

static void add_row(struct gm_strings *out, const struct gm_history_row *row)
{
	char *by = gm_printable(row->applied_by);
	char *branch = row->branch ? gm_printable(row->branch) : NULL;

	gm_strings_take(out,
			gm_format("Applied: %s by %s", row->applied_at, by));
	gm_strings_take(out, gm_format("Batch:   %lld, %lld ms",
				       (long long)row->batch,
				       (long long)row->duration_ms));
	if (row->commit_id)
		gm_strings_take(
			out,
			gm_format("Commit:  %.12s%s%s%s", row->commit_id,
				  branch ? " on " : "", branch ? branch : "",
				  row->dirty ? ", the file not committed"
					     : ""));
	free(by);
	free(branch);
}

/* The lines that are said of an item. */
static void describe(struct gm_strings *out, const struct log *log, size_t i)
{
	const struct gm_item *item = &log->s->comparison.v[i];
	char *name = gm_migration_name(gm_item_app(item), gm_item_id(item));
	struct gm_strbuf first = { 0 };

	if (!log->values->oneline)
		gm_add_coloured(&first, COLOUR_YELLOW, "migration ");
	gm_add_coloured(&first, COLOUR_YELLOW, name);
	add_marks(&first, item, log->marks.n ? &log->marks.v[i] : NULL,
		  log->target);
	gm_strings_take(out, gm_strbuf_take(&first));
	if (item->row && !log->values->oneline)
		add_row(out, item->row);
	free(name);
}

static void add_cells(struct gm_strbuf *out, const struct gm_cells *cells,
		      size_t width)
{
	size_t i;

	for (i = 0; i < width; i++) {
		const struct gm_cell *cell = i < cells->n ? &cells->v[i] : NULL;
		char c[2] = { cell ? cell->c : ' ', '\0' };

		gm_add_coloured(
			out,
			cell && cell->colour
				? graph_colours[(cell->colour - 1) %
						GM_ARRAY_SIZE(graph_colours)]
				: COLOUR_NONE,
			c);
	}
}

/* The graph on the left, what is said on the right, whichever is longer. */
static void print_graph(struct log *log, size_t i,
			const struct gm_strings *lines)
{
	const struct gm_item *item = &log->s->comparison.v[i];
	bool here = item->row && item->state != GM_STATE_FAILED;
	struct gm_drawing *d = &log->drawing;
	size_t *parents;
	size_t n = gm_item_parents(&log->s->comparison, i, &parents);
	size_t k;

	gm_drawing_add(d, i, here ? '*' : 'o', parents, n);
	for (k = 0; k < d->n_lines || k < lines->n; k++) {
		struct gm_strbuf text = { 0 };
		bool said = k < lines->n && *lines->v[k];
		const struct gm_cells *cells = k < d->n_lines ? &d->lines[k]
							      : &d->rest;

		add_cells(&text, cells, said ? d->width : cells->n);
		if (said)
			gm_strbuf_addf(&text, " %s", lines->v[k]);
		puts(gm_strbuf_str(&text));
		gm_strbuf_release(&text);
	}
	free(parents);
}

static void print_item(struct log *log, size_t i, bool last)
{
	struct gm_strings lines = { 0 };
	size_t k;

	describe(&lines, log, i);
	if (!last && !log->values->oneline)
		gm_strings_add(&lines, "");
	if (log->values->graph)
		print_graph(log, i, &lines);
	else
		for (k = 0; k < lines.n; k++)
			puts(lines.v[k]);
	gm_strings_release(&lines);
}

static int print(struct session *s, const struct log_values *v)
{
	struct log log = { .s = s, .values = v };
	struct pager pager;
	size_t n = s->comparison.n;
	size_t last = v->count && (size_t)v->count < n ? n - (size_t)v->count
						       : 0;
	size_t i;
	int ret = 0;

	if (v->graph)
		ret = gm_marks_load(&log.marks, &s->project, &s->comparison,
				    &s->err);
	log.target = gm_project_target_name(&s->project);
	gm_pager_start(&pager, &s->project.config);
	for (i = n; !ret && i-- > last;)
		print_item(&log, i, i == last);
	gm_pager_end(&pager);
	gm_drawing_release(&log.drawing);
	gm_marks_release(&log.marks);
	free(log.target);
	return ret;
}

static void list(struct session *s, struct listing *listing,
		 const struct log_values *v)
{
	size_t shown = 0;
	size_t i;

	for (i = s->comparison.n; i-- > 0;) {
		if (v->count && shown++ == (size_t)v->count)
			break;
		list_item(listing, &s->comparison.v[i]);
	}
}

static int run_log(const struct invocation *in)
{
	const struct log_values *v = (const struct log_values *)in->values;
	struct listing *listing;
	struct session s;
	int ret;

	if (in->n_args)
		return gm_no_arguments(in);
	if ((in->values->porcelain || in->values->json) &&
	    (v->graph || v->oneline))
		return gm_usage_error(in, "--graph and --oneline are for "
					  "people, --porcelain and --json "
					  "for programs");
	ret = gm_session_open(&s, in, SESSION_FILES | SESSION_READ, NULL);
	if (ret < 0)
		return gm_session_end(&s, ret, EXIT_DONE);
	gm_journal_mark_live(s.project.history, &s.comparison);
	listing = gm_listing_new(in->values, "migrations");
	if (listing)
		list(&s, listing, v);
	else
		ret = print(&s, v);
	gm_listing_finish(listing);
	return gm_session_end(&s, ret, EXIT_DONE);
}

const struct command gm_command_log = {
	.name = "log",
	.usage = "[-n N | -N] [--graph] [--oneline]\n"
		 "[-n N | -N] --porcelain | --json",
	.summary = "show the series, newest first, and when each was applied",
	.groups = GROUP_TARGET | GROUP_LIST,
	.options = options,
	.values_size = sizeof(struct log_values),
	.run = run_log,
};
