/*
 * The rules that ask the target: what it has applied, against the files. All
 * of it is what status tells, or what would stop apply, and nothing is
 * written.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_rules.h"
#include "work/connect.h"
#include "work/edits.h"
#include "work/journal.h"
#include "work/late.h"
#include "work/requires.h"

struct asking {
	struct gm_project *project;
	struct gm_findings *out;
	struct gm_comparison c;
	/* An apply of all that is pending and can run there. */
	struct gm_plan plan;
};

/* What begins with the place goes to that line. */
static const char *split_place(const char *message, const char *path,
			       size_t *line)
{
	size_t len = path ? strlen(path) : 0;
	const char *rest;

	if (!len || strncmp(message, path, len) || message[len] != ':')
		return message;
	*line = strtoul(message + len + 1, NULL, 10);
	rest = strstr(message + len, ": ");
	return rest ? rest + 2 : message;
}

/* What a command would be refused with, as a finding. Takes the error. */
static struct gm_finding *add_refusal(struct asking *a, enum gm_rule rule,
				      const char *path, struct gm_error *err)
{
	size_t line = 0;
	const char *message = split_place(err->message, path, &line);
	struct gm_finding *finding = gm_findings_add(a->out, rule, path, line,
						     "%s", message);

	if (err->hint)
		gm_finding_hint(finding, "%s", err->hint);
	gm_error_release(err);
	return finding;
}

static bool is_pending(const struct gm_item *item)
{
	return !item->live && (item->state == GM_STATE_PENDING ||
			       item->state == GM_STATE_OUT_OF_ORDER);
}

static void check_under_way(struct asking *a, const struct gm_item *item)
{
	struct gm_history *history = a->project->history;
	const char *path = item->file ? item->file->path : NULL;
	struct gm_error err = { 0 };
	size_t line = 0;

	if (item->live) {
		gm_findings_add(a->out, GM_RULE_UNFINISHED_RUN, path, 0,
				item->unseen ? "a run on another node of the "
					       "cluster is at '%s', or was"
					     : "another run is at '%s'",
				item->row->id)
			->level = GM_LEVEL_NOTE;
		return;
	}
	gm_journal_refuse(history, item->row, path, &err);
	if (item->row->error)
		split_place(item->row->error, path, &line);
	add_refusal(a, GM_RULE_UNFINISHED_RUN, path, &err)->line = line;
}

static void check_edited(struct asking *a, const struct gm_item *item)
{
	const struct gm_section *up = gm_migration_section(
		item->file, GM_SECTION_UP, a->c.dialect);
	struct gm_strbuf diff = { 0 };
	struct gm_error err = { 0 };

	gm_refuse_edited(a->project, &a->c, item, &diff, &err);
	add_refusal(a, GM_RULE_APPLIED_EDITED, item->file->path, &err)->line =
		up ? up->line : 0;
	gm_strbuf_release(&diff);
}

static void check_missing(struct asking *a, const struct gm_item *item)
{
	char *name = gm_migration_name(item->row->app, item->row->id);
	struct gm_strings refs = { 0 };
	char *note;

	gm_find_refs(a->project, item, &refs);
	note = gm_missing_note(&refs);
	gm_finding_hint(gm_findings_add(a->out, GM_RULE_APPLIED_MISSING, NULL,
					0, "'%s' is applied: %s", name, note),
			"git migrate rollback %s undoes it", name);
	gm_strings_release(&refs);
	free(name);
	free(note);
}

/* The line that names it. */
static size_t line_of(const struct gm_migration *m,
		      const struct gm_migration *below)
{
	size_t i;

	for (i = 0; i < m->n_parents; i++)
		if (m->parents[i].found == below)
			return m->parents[i].line;
	for (i = 0; i < m->n_depends; i++)
		if (!strcmp(m->depends[i].id, below->id) &&
		    !strcmp(m->depends[i].app, below->app))
			return m->depends[i].line;
	return 0;
}

/* Whether all that it stands on was applied; what is under way is told by
 * itself. */
static void check_early(struct asking *a, const struct gm_migration *m,
			const bool *pending)
{
	size_t i;

	for (i = 0; i < m->n_before; i++) {
		const struct gm_migration *below = m->before[i];
		char *name;

		if (!pending[below->index])
			continue;
		name = gm_migration_name(below->app, below->id);
		gm_finding_hint(gm_findings_add(a->out, GM_RULE_APPLIED_EARLY,
						m->path, line_of(m, below),
						"is applied, and '%s', which "
						"it stands on, is not",
						name),
				"git migrate apply %s", name);
		free(name);
	}
}

static void check_applied(struct asking *a)
{
	bool *pending = gm_calloc(a->c.series->n, sizeof(*pending));
	size_t i;

	for (i = 0; i < a->c.n; i++)
		if (is_pending(&a->c.v[i]))
			pending[a->c.v[i].file->index] = true;
	for (i = 0; i < a->c.n; i++) {
		const struct gm_item *item = &a->c.v[i];

		if (item->under_way)
			check_under_way(a, item);
		else if (item->state == GM_STATE_EDITED && item->file)
			check_edited(a, item);
		else if (item->state == GM_STATE_MISSING)
			check_missing(a, item);
		if (item->row && item->file)
			check_early(a, item->file, pending);
	}
	free(pending);
}

/* Plans what is pending; what can't run there is left out, and told. */
static void plan_pending(struct asking *a)
{
	const struct gm_run run = { .history = a->project->history };
	size_t i;

	for (i = 0; i < a->c.n; i++) {
		const struct gm_item *item = &a->c.v[i];
		struct gm_error err = { 0 };
		struct gm_plan one = { .n = 1 };

		if (!is_pending(item))
			continue;
		one.v = gm_plan_add(&a->plan, GM_STEP_APPLY, item->file, NULL);
		if (!gm_plan_check_up(item->file, a->c.dialect, &err) &&
		    !gm_run_check(&run, &one, &err))
			continue;
		add_refusal(a, GM_RULE_PENDING_UNFIT, item->file->path, &err);
		a->plan.n--;
	}
}

static int check_late(struct asking *a, struct gm_error *err)
{
	struct gm_recorded recorded = gm_recorded_in(a->project->history);
	struct gm_late late;
	size_t i;
	int ret = gm_late_find(&late, &a->c, &a->plan, &recorded, err);

	for (i = 0; !ret && i < late.conflicts; i++) {
		const struct gm_clash *clash = &late.clashes.v[i];
		struct gm_error refusal = { 0 };

		gm_late_refuse(a->project, clash, "apply", &refusal);
		add_refusal(a, GM_RULE_PENDING_CONFLICT, clash->late->path,
			    &refusal)
			->line = clash->overlaps.v[0].a->line;
	}
	gm_late_release(&late);
	return ret;
}

static void check_required(struct asking *a)
{
	bool *missing = gm_calloc(a->plan.n, sizeof(*missing));
	struct gm_error err = { 0 };
	size_t i;

	/* The ref can't be read, so that nothing is known to be there. */
	if (gm_requires_find(a->project, &a->plan, missing, &err) < 0)
		add_refusal(a, GM_RULE_PENDING_UNPUBLISHED, NULL, &err);
	else
		for (i = 0; i < a->plan.n; i++) {
			char *name;
			struct gm_strings names = { .v = &name, .n = 1 };

			if (!missing[i])
				continue;
			name = gm_step_name(&a->plan.v[i]);
			gm_requires_refuse(a->project, &names, &err);
			add_refusal(a, GM_RULE_PENDING_UNPUBLISHED,
				    a->plan.v[i].migration->path, &err);
			free(name);
		}
	free(missing);
}

/* "on target …: 2 applied, 1 pending" */
static char *summary_of(const struct asking *a)
{
	struct gm_strbuf text = { 0 };
	char *target = gm_project_target_name(a->project);
	size_t i;

	gm_strbuf_addf(&text, "on target %s:", target);
	if (!a->project->history->exists)
		gm_strbuf_adds(&text, " nothing is applied yet,");
	for (i = 0; i < GM_STATE_COUNT; i++)
		if (a->c.count[i])
			gm_strbuf_addf(&text, " %zu %s,", a->c.count[i],
				       gm_state_name((enum gm_state)i));
	gm_strbuf_cut(&text, text.len - 1);
	free(target);
	return gm_strbuf_take(&text);
}

int gm_check_database(struct gm_check *check, struct gm_error *err)
{
	struct gm_project *project = check->project;
	struct asking a = { .project = project, .out = &check->out->findings };
	struct gm_error reason = { 0 };
	int ret = gm_project_find_target(project, err);

	if (ret < 0)
		return ret;
	if (gm_project_connect(project, true, &reason) < 0) {
		gm_error_prefix(&reason, "what is applied can't be read");
		add_refusal(&a, GM_RULE_UNREADABLE_HISTORY, NULL, &reason);
		return 0;
	}
	gm_compare(&a.c, &project->series, project->history,
		   project->driver->dialect);
	gm_journal_mark_live(project->history, &a.c);
	check_applied(&a);
	plan_pending(&a);
	ret = check_late(&a, err);
	if (!ret)
		check_required(&a);
	gm_strings_take(&check->out->notes, summary_of(&a));
	gm_plan_release(&a.plan);
	gm_comparison_release(&a.c);
	return ret;
}
