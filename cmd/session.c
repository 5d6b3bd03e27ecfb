/*
 * The frame of a command: open, compare, lock, run, say what went wrong.
 */
#include "cmd/session.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "cmd/interrupt.h"
#include "cmd/output.h"
#include "cmd/progress.h"
#include "drivers/drivers.h"
#include "work/connect.h"
#include "work/journal.h"
#include "work/lock.h"
#include "work/provenance.h"
#include "work/requires.h"
#include "work/script.h"

/* Findings that don't block, but that a run shouldn't pass over. */
static void warn_of_findings(const struct session *s)
{
	const struct gm_findings *f = &s->project.series.findings;
	size_t i;

	for (i = 0; i < s->project.n_apps; i++)
		if (s->project.apps[i].is_missing)
			gm_print_warning("there is no directory '%s'",
					 s->project.apps[i].dir);

	for (i = 0; i < f->n; i++) {
		const struct gm_finding *finding = &f->v[i];
		char *path;

		if (gm_rule_blocks(finding->rule))
			gm_print_finding(finding, stderr);
		if (finding->rule != GM_RULE_BAD_NAME &&
		    finding->rule != GM_RULE_DUPLICATE_NUMBER)
			continue;
		path = gm_printable(finding->path);
		gm_print_warning("%s: %s", path, finding->message);
		free(path);
	}
}

static void compare(struct session *s)
{
	gm_comparison_release(&s->comparison);
	gm_compare(&s->comparison, &s->project.series, s->project.history,
		   s->project.driver->dialect);
}

static void print_notice(void *context, const char *text)
{
	const struct session *s = context;

	if (!s->in->values->quiet)
		gm_print_note("%s", text);
}

/* What the command line says of the project. */
static struct gm_project_options project_options(struct session *s,
						 const struct common *values)
{
	struct gm_project_options options = {
		.url = values->url,
		.target = values->target,
		.dir = values->dir,
		.env_file = values->env_file,
		.lock_timeout = values->lock_timeout,
		.wait_for_database = values->wait_for_database,
		.notice = print_notice,
		.notice_context = s,
		.drivers = gm_drivers,
		.tool_version = gm_tool_version(),
	};

	return options;
}

int gm_session_open_tree(struct session *s, const struct invocation *in,
			 enum gm_files_source source, const char *commit,
			 const char *base)
{
	struct gm_project_options options = project_options(s, in->values);
	int ret;

	memset(s, 0, sizeof(*s));
	s->in = in;
	options.source = source;
	options.commit = commit;
	options.base = base;
	options.summaries = true;
	ret = gm_project_open(&s->project, &options, &s->err);
	if (!ret)
		gm_colour_configure(&s->project.config);
	return ret;
}

/* Reads the files and says what is wrong with them. */
static int load_files(struct session *s, unsigned need, const char *commit)
{
	int ret = 0;

	if (need & SESSION_FILES)
		ret = gm_project_load(&s->project, commit, &s->err);
	if (!ret && need & SESSION_RUNNABLE)
		ret = gm_series_runnable(&s->project.series, &s->err);
	if (!ret && need != SESSION_FILES)
		warn_of_findings(s);
	return ret;
}

/* Files and history are read at the same time: who only looks is in a hurry,
 * and where something is wrong with the files, nothing has been done. */
static int open_to_read(struct session *s, unsigned need, const char *commit)
{
	struct gm_connecting connecting;
	int ret;

	gm_project_connect_start(&connecting, &s->project,
				 need & SESSION_STATES);
	ret = load_files(s, need, commit);
	if (ret < 0) {
		gm_project_connect_finish(&connecting, NULL);
		return ret;
	}
	return gm_project_connect_finish(&connecting, &s->err);
}

static int open_to_change(struct session *s, unsigned need, const char *commit)
{
	int ret = load_files(s, need, commit);

	return ret < 0 ? ret : gm_project_connect(&s->project, false, &s->err);
}

int gm_session_open(struct session *s, const struct invocation *in,
		    unsigned need, const char *commit)
{
	struct gm_project_options options = project_options(s, in->values);
	bool read_only = need & SESSION_READ || in->values->dry_run;
	int ret;

	memset(s, 0, sizeof(*s));
	s->in = in;
	options.stats = need & SESSION_STATS;
	ret = gm_project_open(&s->project, &options, &s->err);
	if (ret < 0)
		return ret;
	gm_colour_configure(&s->project.config);
	if (!(need & (SESSION_READ | SESSION_CHANGE)))
		return load_files(s, need, commit);
	ret = read_only ? open_to_read(s, need, commit)
			: open_to_change(s, need, commit);
	if (!ret)
		ret = gm_project_read_changed(&s->project, &s->err);
	if (!ret)
		compare(s);
	/* Whoever writes lets nobody read: wait as for the lock. */
	if (ret == GM_EBUSY && !read_only && s->project.history) {
		gm_error_release(&s->err);
		ret = gm_session_lock(s);
	}
	return ret;
}

int gm_session_reload(struct session *s, const char *commit)
{
	int ret;

	gm_comparison_release(&s->comparison);
	ret = gm_project_load(&s->project, commit, &s->err);
	if (!ret)
		ret = gm_series_runnable(&s->project.series, &s->err);
	if (!ret)
		ret = gm_history_load(s->project.history, &s->err);
	if (!ret)
		compare(s);
	return ret;
}

/* The option's value has been looked at when it was read. */
int64_t gm_session_wait_ms(const struct session *s)
{
	const char *text = s->in->values->wait;

	if (s->in->values->no_wait)
		return 0;
	return text ? (int64_t)(strtod(text, NULL) * 1000) : GM_WAIT_FOREVER;
}

int gm_session_look_again(struct session *s)
{
	int ret;

	gm_comparison_release(&s->comparison);
	ret = gm_history_load(s->project.history, &s->err);
	if (!ret)
		compare(s);
	return ret;
}

int gm_session_lock(struct session *s)
{
	const struct gm_item *item = gm_plan_find_under_way(&s->comparison);
	struct progress progress;
	struct gm_observer observer;
	int ret;

	s->is_early = item && gm_journal_is_live(s->project.history, item->row,
						 NULL) > 0;
	gm_progress_init(&progress, s->in->values->quiet);
	observer = gm_progress_observer(&progress);
	ret = gm_lock(s->project.history, gm_session_wait_ms(s), &observer,
		      &s->err);
	gm_progress_end(&progress);
	return ret < 0 ? ret : gm_session_look_again(s);
}

char *gm_session_same_target(const struct session *s)
{
	const struct common *values = s->in->values;
	char *name;
	char *words;

	/* A URL may hold a password. */
	if (values->url)
		return gm_strdup(" --url URL");
	if (!values->target)
		return gm_strdup("");
	name = gm_shell_word(values->target);
	words = gm_format(" --target %s", name);
	free(name);
	return words;
}

char *gm_session_add_target(const struct session *s, const char *hint)
{
	static const char *const commands[] = { "apply", "sync",   "rollback",
						"redo",	 "accept", "restore",
						"reset", "fake" };
	char *words = gm_session_same_target(s);
	char *both = NULL;
	bool reaches = false;
	size_t i;

	for (i = 0; hint && i < GM_ARRAY_SIZE(commands); i++) {
		char *typed = gm_format("git migrate %s", commands[i]);

		reaches |= strstr(hint, typed) != NULL;
		free(typed);
	}
	if (*words && reaches)
		both = gm_format("%s\nfor this database add%s", hint, words);
	free(words);
	return both;
}

static void hint_target(struct session *s)
{
	char *hint = gm_session_add_target(s, s->err.hint);

	if (!hint)
		return;
	free(s->err.hint);
	s->err.hint = hint;
}

/* A lock that was waited for in vain, where nobody has said yet how to wait
 * longer. */
static void hint_lock(struct session *s)
{
	if (s->err.code != GM_EBUSY || !s->project.db ||
	    (s->err.hint && strstr(s->err.hint, "=SECONDS")))
		return;
	if (s->in->command->groups & GROUP_LOCK)
		gm_error_hint(&s->err, "let it end first, or wait longer with "
				       "--lock-timeout=SECONDS");
	else if (!s->in->command->summary)
		gm_error_hint(&s->err, "let it end first, then: git migrate "
				       "sync");
	else
		gm_error_hint(&s->err,
			      "let it end first, or wait longer: git -c "
			      "migrate.lockTimeout=SECONDS migrate %s",
			      s->in->command->name);
}

int gm_session_end(struct session *s, int ret, int status)
{
	if (ret < 0) {
		hint_lock(s);
		hint_target(s);
		status = gm_print_error(&s->err);
	}
	gm_comparison_release(&s->comparison);
	if (s->project.db && s->project.driver->unlock)
		s->project.driver->unlock(s->project.db);
	gm_project_release(&s->project);
	gm_error_release(&s->err);
	return status;
}

int gm_session_run(struct session *s, const struct gm_plan *plan,
		   bool single_transaction)
{
	struct gm_provenance provenance;
	struct interrupt interrupt;
	struct progress progress;
	struct gm_run run = { .history = s->project.history,
			      .single_transaction = single_transaction };
	int ret = gm_requires_check(&s->project, plan, &s->err);

	if (ret < 0)
		return ret;
	ret = gm_provenance_load(&provenance, &s->project, plan, &s->err);
	run.wait_ms = gm_session_wait_ms(s);
	if (!ret) {
		gm_progress_init(&progress, s->in->values->quiet);
		progress.db = s->project.db;
		gm_interrupt_start(&interrupt, s->project.db);
		gm_progress_watch(&progress);
		run.facts = provenance.facts;
		run.observer = gm_progress_observer(&progress);
		run.stop = &interrupt.stop;
		ret = gm_run_plan(&run, plan, &s->err);
		gm_progress_end(&progress);
		gm_interrupt_end(&interrupt);
	}
	gm_provenance_release(&provenance);
	return ret;
}

int gm_session_announce(struct session *s, bool yes)
{
	char *name = gm_project_target_name(&s->project);

	if (s->project.is_protected && !yes) {
		gm_error_set(&s->err, GM_EREFUSED, "the target %s is protected",
			     name);
		gm_error_hint(&s->err, "add --yes if you mean it");
	} else if (!s->in->values->quiet) {
		fflush(stdout);
		fputs("target: ", stderr);
		gm_print_text(name, stderr);
		fputc('\n', stderr);
	}
	free(name);
	return s->err.code;
}

int gm_session_drop_database(struct session *s, bool yes, bool if_exists)
{
	struct progress progress;
	struct gm_observer observer;
	char *name = NULL;
	int ret = gm_project_find_target(&s->project, &s->err);

	if (ret < 0)
		return ret;
	name = gm_project_target_name(&s->project);
	gm_progress_init(&progress, s->in->values->quiet);
	observer = gm_progress_observer(&progress);
	ret = gm_project_may_drop(&s->project, &s->err);
	if (ret < 0)
		goto done;
	if (s->in->values->dry_run)
		printf("would drop %s\n", name);
	else if (!yes)
		ret = gm_error_set(&s->err, GM_EREFUSED,
				   "this would remove %s, with all that it "
				   "holds",
				   name);
	else
		ret = gm_session_announce(s, true);
	if (!ret && !s->in->values->dry_run) {
		ret = gm_project_drop_database(&s->project, if_exists,
					       gm_session_wait_ms(s), &observer,
					       &s->err);
		if (ret >= 0 && !s->in->values->quiet)
			printf("%s %s\n", ret ? "there is no" : "dropped",
			       name);
	}
	if (!yes && ret == GM_EREFUSED)
		gm_error_hint(&s->err, "add --yes if you mean it");
done:
	gm_progress_end(&progress);
	free(name);
	return ret;
}

int gm_session_print_plan(struct session *s, struct gm_plan *plan)
{
	struct gm_strbuf sql = { 0 };
	int ret = gm_requires_check(&s->project, plan, &s->err);
	size_t i;

	for (i = 0; !ret && i < plan->n; i++)
		ret = gm_journal_find_first(s->project.history, &plan->v[i],
					    &plan->v[i].done, &s->err);
	if (ret < 0)
		return ret;
	gm_script_dry_run(plan, s->project.driver->dialect, &sql);
	fwrite(gm_strbuf_str(&sql), 1, sql.len, stdout);
	gm_strbuf_release(&sql);
	return 0;
}

int gm_no_arguments(const struct invocation *in)
{
	if (!in->n_args)
		return 0;
	return gm_usage_error(in, "'%s' takes no argument: '%s'",
			      in->command->name, in->args[0]);
}
