/*
 * git migrate status: what is not simply applied, and a summary.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/session.h"
#include "work/edits.h"
#include "work/journal.h"

struct status_values {
	struct common common;
	bool exit_code;
};

#define AT(member) offsetof(struct status_values, member)

static const struct option_spec options[] = {
	{ OPTION_BOOL, '\0', "exit-code", AT(exit_code), NULL,
	  "exit with 1 unless everything is simply applied" },
	{ .type = OPTION_END },
};

/* One migration as it is shown. */
struct line {
	enum gm_state state;
	char *name;
	/* Which refs hold a missing one; what else is to be said. */
	struct gm_strings refs;
	char *note;
};

static char *describe_under_way(const struct session *s,
				const struct gm_item *item)
{
	const struct gm_history_row *row = item->row;
	const char *command = row->state == GM_ROW_REVERTING ? "rollback"
							     : "apply";

	if (item->unseen)
		return gm_format("a run on another node of the cluster is at "
				 "it, or was: %s",
				 row->owner);
	if (item->live)
		return gm_format("another run is at it: statement %lld of "
				 "%lld",
				 (long long)row->statements_started,
				 (long long)row->statements_total);
	if (gm_journal_is_unknown(row) &&
	    !gm_journal_is_void(s->project.history, row))
		return gm_format("%s stopped in statement %lld of %lld: nobody "
				 "knows whether it has happened",
				 command, (long long)row->statements_done + 1,
				 (long long)row->statements_total);
	return gm_format("%s stopped after %lld of %lld statements", command,
			 (long long)row->statements_done,
			 (long long)row->statements_total);
}

static void describe(struct session *s, const struct gm_item *item,
		     struct line *line)
{
	memset(line, 0, sizeof(*line));
	line->state = item->state;
	line->name = gm_migration_name(gm_item_app(item), gm_item_id(item));
	if (item->under_way) {
		line->note = describe_under_way(s, item);
	} else if (item->state == GM_STATE_MISSING) {
		gm_find_refs(&s->project, item, &line->refs);
		line->note = gm_missing_note(&line->refs);
	} else if (item->state == GM_STATE_RENAMED) {
		line->note = gm_format("was %s", item->row->id);
	} else if (item->state == GM_STATE_EDITED && !item->file) {
		line->note = gm_strdup("its file can't be read as it is now");
	} else if (item->state == GM_STATE_EDITED) {
		line->note = gm_format("applied on %s, changed since",
				       item->row->applied_at);
	} else if (item->down_changed || item->verify_changed) {
		line->note = gm_format("its %s section changed since",
				       item->down_changed ? "down" : "verify");
	}
}

static void release_line(struct line *line)
{
	free(line->name);
	free(line->note);
	gm_strings_release(&line->refs);
}

static enum colour colour_of(enum gm_state state)
{
	switch (state) {
	case GM_STATE_PENDING:
	case GM_STATE_RENAMED:
		return COLOUR_GREEN;
	case GM_STATE_EDITED:
	case GM_STATE_MISSING:
	case GM_STATE_FAILED:
		return COLOUR_RED;
	case GM_STATE_OUT_OF_ORDER:
	case GM_STATE_COSMETIC:
		return COLOUR_YELLOW;
	default:
		return COLOUR_NONE;
	}
}

static void list(struct session *s, struct listing *listing)
{
	char *target = gm_project_target_name(&s->project);
	size_t i;

	gm_listing_extra_text(listing, "target", target);
	gm_listing_extra_bool(listing, "exists", s->project.history->exists);
	for (i = 0; i < s->comparison.n; i++) {
		const struct gm_item *item = &s->comparison.v[i];
		char *checksum = gm_format(GM_CHECKSUM_TAG "%s",
					   gm_item_checksum(item));
		struct line line;

		describe(s, item, &line);
		gm_listing_row(listing);
		gm_listing_text(listing, "state", gm_state_name(line.state));
		gm_listing_text(listing, "id", line.name);
		gm_listing_text(listing, "checksum", checksum);
		gm_listing_extra_text(listing, "path",
				      item->file ? item->file->path : NULL);
		gm_listing_extra_text(listing, "applied_at",
				      item->row ? item->row->applied_at : NULL);
		gm_listing_extra_list(listing, "refs", &line.refs);
		gm_listing_extra_text(listing, "note", line.note);
		release_line(&line);
		free(checksum);
	}
	free(target);
}

static void print_summary(const struct gm_comparison *c,
			  const size_t count[GM_STATE_COUNT])
{
	const char *separator = "";
	size_t i;

	for (i = 0; i < GM_STATE_COUNT; i++) {
		if (!count[i])
			continue;
		printf("%s%zu %s", separator, count[i],
		       gm_state_name((enum gm_state)i));
		separator = ", ";
	}
	if (!c->n)
		fputs("no migrations\n  (use \"git migrate new SLUG\" to write "
		      "the first one)",
		      stdout);
	putchar('\n');
}

static void print_ways(const struct gm_comparison *c,
		       const size_t count[GM_STATE_COUNT], const char *where)
{
	const struct gm_item *broken = gm_plan_find_under_way(c);
	bool runnable = gm_series_runnable(c->series, NULL) == 0;
	bool applies = runnable && !count[GM_STATE_FAILED] &&
		       !count[GM_STATE_EDITED];

	if (!runnable)
		puts("  (nothing is applied before the files are mended: "
		     "\"git migrate check\" says how)");

	if (count[GM_STATE_FAILED] && broken)
		printf("  (use \"git migrate %s%s --continue\" to go on, or "
		       "--abort)\n",
		       broken->row->state == GM_ROW_REVERTING ? "rollback"
							      : "apply",
		       where);
	if (runnable && count[GM_STATE_EDITED])
		printf("  (use \"git migrate apply%s\" to see what was "
		       "edited, and the ways out)\n",
		       where);
	if (applies && count[GM_STATE_PENDING] + count[GM_STATE_OUT_OF_ORDER])
		printf("  (use \"git migrate apply%s\" to apply what is "
		       "pending)\n",
		       where);
	if (count[GM_STATE_MISSING])
		printf("  (use \"git migrate rollback%s ID\" to undo what is "
		       "missing)\n"
		       "  (use \"git migrate sync%s\" to have what the files "
		       "say, and no more)\n",
		       where, where);
	if (applies && count[GM_STATE_RENAMED])
		printf("  (\"git migrate apply%s\" will carry the rename "
		       "over)\n",
		       where);
}

static void print_lines(struct session *s)
{
	const struct gm_comparison *c = &s->comparison;
	char *target = gm_project_target_name(&s->project);
	char *where = gm_session_same_target(s);
	size_t count[GM_STATE_COUNT] = { 0 };
	size_t shown = 0;
	size_t i;

	printf("On target ");
	gm_print_text(target, stdout);
	puts(s->project.history->exists ? "" : " (nothing applied yet)");
	for (i = 0; i < c->n; i++) {
		struct line line;

		if (c->v[i].state == GM_STATE_APPLIED && !c->v[i].live &&
		    !c->v[i].down_changed && !c->v[i].verify_changed) {
			count[GM_STATE_APPLIED]++;
			continue;
		}
		describe(s, &c->v[i], &line);
		count[line.state]++;
		fputs("  ", stdout);
		gm_print_coloured(colour_of(line.state), 13,
				  gm_state_name(line.state));
		printf(" %s", line.name);
		if (line.note) {
			fputs("  (", stdout);
			gm_print_text(line.note, stdout);
			putchar(')');
		}
		putchar('\n');
		release_line(&line);
		shown++;
	}
	print_summary(c, count);
	if (shown || gm_series_runnable(c->series, NULL) < 0)
		print_ways(c, count, where);
	free(where);
	free(target);
}

static int run_status(const struct invocation *in)
{
	const struct status_values *v =
		(const struct status_values *)in->values;
	unsigned need = SESSION_FILES | SESSION_READ | SESSION_STATS;
	struct listing *listing;
	struct session s;
	size_t clean;
	size_t live;
	int ret;

	if (in->n_args)
		return gm_no_arguments(in);
	/* It tells when each was applied. */
	if (!in->values->json)
		need |= SESSION_STATES;
	ret = gm_session_open(&s, in, need, NULL);
	if (ret < 0)
		return gm_session_end(&s, ret, EXIT_DONE);
	live = gm_journal_mark_live(s.project.history, &s.comparison);
	listing = gm_listing_new(in->values, "migrations");
	if (listing)
		list(&s, listing);
	else
		print_lines(&s);
	gm_listing_finish(listing);
	clean = s.comparison.count[GM_STATE_APPLIED] +
		s.comparison.count[GM_STATE_FAKED] +
		s.comparison.count[GM_STATE_BASELINE] +
		s.comparison.count[GM_STATE_COSMETIC];
	return gm_session_end(
		&s, 0,
		(v->exit_code && (live || clean != s.comparison.n)) ||
				gm_series_runnable(&s.project.series, NULL) < 0
			? EXIT_NO
			: EXIT_DONE);
}

const struct command gm_command_status = {
	.name = "status",
	.usage = "[--exit-code] [--porcelain | --json]",
	.summary = "show what is pending, edited or missing",
	.groups = GROUP_TARGET | GROUP_LIST,
	.options = options,
	.values_size = sizeof(struct status_values),
	.run = run_status,
};
