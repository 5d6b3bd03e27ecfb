/*
 * lib/work/run and journal: whatever call to the database fails, and however
 * it fails, history and schema agree, and the next run finishes the work
 * with each effect exactly once.
 *
 * A statement's effect is a row in the table "effects" with its name; what
 * undoes it leaves a row with "-" in front of the name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "faulty_driver.h"
#include "series_files.h"
#include "work/files.h"
#include "work/run.h"
#include "work/sync.h"

#define DID(name) "INSERT INTO effects VALUES ('" name "');\n"

static const char one[] =
	"-- migrate:up\n"
	"CREATE TABLE one (id INT);\n" DID("1a") "-- migrate:down\n" DID(
		"-1a") "DROP TABLE one;\n"
		       "-- migrate:verify\n"
		       "SELECT count(*) > 0 FROM effects WHERE name = '1a';\n";

static const char two[] = "-- migrate:up transaction:false\n" DID("2a") DID(
	"2b") DID("2c") "-- migrate:down transaction:false\n" DID("-2c")
	DID("-2b") DID(
		"-2a") "-- migrate:verify\n"
		       "SELECT count(*) > 0 FROM effects WHERE name = '2c';\n";

static const char three[] =
	"-- migrate:up\n" DID("3a") "CREATE TABLE three (id INT);\n" DID(
		"3b") "-- migrate:down\n"
		      "DROP TABLE three;\n" DID("-3b") DID("-3a");

/* Another down: nothing that blocks, and something to accept. */
static const char three_changed[] =
	"-- migrate:up\n" DID("3a") "CREATE TABLE three (id INT);\n" DID(
		"3b") "-- migrate:down\n"
		      "DROP TABLE IF EXISTS three;\n" DID("-3b") DID("-3a");

struct source {
	const char *id;
	const char *text;
};

/* The migrations, with the effects of the up in its order. */
static const struct {
	const char *text;
	const char *effects[4];
	/* Outside a transaction, each statement is an effect. */
	bool journal;
} known[] = {
	{ one, { "1a" }, false },
	{ two, { "2a", "2b", "2c" }, true },
	{ three, { "3a", "3b" }, false },
	{ three_changed, { "3a", "3b" }, false },
};

enum task {
	TASK_APPLY,
	TASK_ROLLBACK,
	TASK_REDO,
	TASK_FAKE,
	TASK_ACCEPT,
	TASK_SYNC
};

struct scenario {
	const char *name;
	enum task task;
	/* What is applied first, if anything. */
	struct source before[4];
	struct source files[4];
	/* The history's rows when it is all done. */
	const char *expected;
	/* What the log says of the task, and how often. */
	const char *action;
	size_t times;
	/* The rows before that: whenever it breaks off, they are these or
	 * those. NULL: they may be others. */
	const char *or_else;
};

struct place {
	char dir[64];
	char *path;
};

/* A connection with what is compared on it. */
struct session {
	struct faulty faulty;
	struct gm_history *history;
	struct gm_series series;
	struct gm_comparison comparison;
};

static int add_word(void *context, const struct gm_value *columns, size_t n)
{
	struct gm_strbuf *out = context;

	assert_true(n == 1 && columns[0].type == GM_VALUE_TEXT);
	gm_strbuf_addc(out, ' ');
	gm_strbuf_add(out, columns[0].text, columns[0].len);
	gm_strbuf_addc(out, ' ');
	return 0;
}

/* The answer's words, with a blank around each. */
static char *ask(struct session *s, const char *sql)
{
	struct gm_strbuf out = { 0 };
	struct gm_error err = { 0 };

	if (s->faulty.driver.exec(&s->faulty.db, sql, strlen(sql), add_word,
				  &out, &err))
		fail_msg("%s: %s", sql, err.message);
	gm_strbuf_adds(&out, "");
	return gm_strbuf_take(&out);
}

static size_t count_word(const char *words, const char *sign, const char *word)
{
	char *wanted = gm_format(" %s%s ", sign, word);
	const char *p = words;
	size_t n = 0;

	while ((p = strstr(p, wanted))) {
		n++;
		p++;
	}
	free(wanted);
	return n;
}

static void load(struct session *s, const struct source *files)
{
	struct gm_files list = { 0 };
	size_t i;

	s->series.numbering = GM_NUMBERING_SEQUENCE;
	for (i = 0; i < 4 && files[i].id; i++) {
		char *name = gm_format("%s.sql", files[i].id);

		test_file(&list, name, files[i].text);
		free(name);
	}
	gm_series_add(&s->series, "", &list);
	gm_series_build(&s->series);
	gm_files_release(&list);
}

/* Opens, and reads everything; the calls count from here. */
static void open_session(struct session *s, const struct place *place,
			 const struct source *files)
{
	struct gm_error err = { 0 };

	memset(s, 0, sizeof(*s));
	faulty_open(&s->faulty, place->path);
	if (gm_history_new(&s->history, &s->faulty.driver, &s->faulty.db,
			   GM_HISTORY_TABLE, &err) ||
	    gm_history_load(s->history, &err))
		fail_msg("%s", err.message);
	load(s, files);
	gm_compare(&s->comparison, &s->series, s->history, &gm_dialect_sqlite);
	s->faulty.calls = 0;
}

static void close_session(struct session *s)
{
	gm_comparison_release(&s->comparison);
	gm_series_release(&s->series);
	gm_history_free(s->history);
	faulty_close(&s->faulty);
}

static int plan_rows(struct session *s, enum task task, struct gm_plan *plan)
{
	size_t i;

	for (i = 0; i < s->comparison.n; i++) {
		const struct gm_item *item = &s->comparison.v[i];

		if (task == TASK_FAKE && !item->row)
			gm_plan_add(plan, GM_STEP_FAKE, item->file, NULL);
		if (task == TASK_ACCEPT && item->down_changed)
			gm_plan_add(plan, GM_STEP_ACCEPT, item->file,
				    item->row);
	}
	return 0;
}

static void plan_again(struct session *s, struct gm_plan *plan)
{
	size_t undone = plan->n;
	size_t i;
	size_t k;

	for (i = 0; i < s->comparison.n; i++)
		for (k = 0; k < undone; k++)
			if (s->comparison.v[i].row == plan->v[k].row)
				gm_plan_add(plan, GM_STEP_APPLY,
					    s->comparison.v[i].file, NULL);
}

static int plan_sync(struct session *s, struct gm_plan *plan,
		     struct gm_error *err)
{
	struct gm_recorded recorded = gm_recorded_in(s->history);
	struct gm_sync sync = { 0 };
	int ret = gm_sync_plan(&sync, &s->comparison, &recorded, err);

	*plan = sync.plan;
	memset(&sync.plan, 0, sizeof(sync.plan));
	gm_sync_release(&sync);
	return ret;
}

static int make_plan(struct session *s, enum task task, enum gm_resume resume,
		     enum gm_fate fate, struct gm_plan *plan,
		     struct gm_error *err)
{
	struct gm_apply_choice up = { .resume = resume, .fate = fate };
	struct gm_rollback_choice down = { .all = task == TASK_ROLLBACK,
					   .count = 2,
					   .batch = -1,
					   .resume = resume,
					   .fate = fate };
	int ret;

	if (task == TASK_FAKE || task == TASK_ACCEPT)
		ret = plan_rows(s, task, plan);
	else if (task == TASK_SYNC)
		ret = plan_sync(s, plan, err);
	else if (task == TASK_ROLLBACK || task == TASK_REDO)
		ret = gm_plan_rollback(plan, &s->comparison, &down, err);
	else
		ret = gm_plan_apply(plan, &s->comparison, &up, err);
	if (!ret)
		ret = gm_plan_load_sources(plan, s->history, &gm_dialect_sqlite,
					   err);
	if (!ret && task == TASK_REDO && !resume)
		plan_again(s, plan);
	return ret;
}

static int carry_out(struct session *s, enum task task, enum gm_resume resume,
		     enum gm_fate fate, struct gm_error *err)
{
	struct gm_run run = { .history = s->history,
			      .facts = { .user = "A U Thor",
					 .tool_version = "0" } };
	struct gm_plan plan = { 0 };
	int ret = make_plan(s, task, resume, fate, &plan, err);

	run.single_transaction = task == TASK_SYNC &&
				 !gm_plan_find_apart(&plan, s->history->driver);
	if (!ret)
		ret = gm_run_plan(&run, &plan, err);
	gm_plan_release(&plan);
	return ret;
}

/* 1 where the effect is there, 0 where it isn't; no other number will do. */
static int net_effect(const char *effects, const char *name)
{
	int net = (int)count_word(effects, "", name) -
		  (int)count_word(effects, "-", name);

	if (net != 0 && net != 1)
		fail_msg("'%s' has happened %d times:%s", name, net, effects);
	return net;
}

static bool is_unknown(const struct gm_history_row *row)
{
	return row->state != GM_ROW_FAILED && !row->error &&
	       row->statements_started > row->statements_done;
}

/* The place of the statement in question among the effects of the up. */
static size_t effect_at(const struct gm_history_row *row, size_t statement)
{
	return row->state == GM_ROW_REVERTING ? 2 - statement : statement;
}

static void check_row(const struct gm_history_row *row,
		      const char *const *names, const char *effects)
{
	size_t i;

	for (i = 0; names[i]; i++) {
		bool reverting = row && row->state == GM_ROW_REVERTING;
		size_t statement = row ? effect_at(row, i) : 0;
		size_t done = row ? (size_t)row->statements_done : 0;
		int net = net_effect(effects, names[i]);
		bool expected;

		if (!row || row->state == GM_ROW_FAKED)
			expected = false;
		else if (row->state == GM_ROW_APPLIED)
			expected = true;
		else if (is_unknown(row) && statement == done)
			continue;
		else
			expected = (statement < done) != reverting;
		if (net != (int)expected)
			fail_msg("%s is %s, %d/%d/%d, and '%s' is%s there:%s",
				 row ? row->id : "nothing",
				 row ? gm_row_state_name(row->state) : "known",
				 row ? (int)row->statements_started : 0,
				 row ? (int)row->statements_done : 0,
				 row ? (int)row->statements_total : 0, names[i],
				 net ? "" : " not", effects);
	}
}

/* What was recorded is what the row's checksum says. */
static void check_source(struct session *s, const struct gm_history_row *row)
{
	struct gm_strbuf text = { 0 };
	struct gm_error err = { 0 };
	struct gm_migration *m;

	if (gm_history_source(s->history, row->app, row->id, &text, &err))
		fail_msg("%s", err.message);
	m = test_migration(row->id, gm_strbuf_str(&text), text.len);
	assert_string_equal(m->checksum, row->checksum);
	gm_migration_free(m);
	gm_strbuf_release(&text);
}

static const struct gm_history_row *row_with(struct session *s,
					     const char *text)
{
	struct gm_migration *m = test_migration("1_x", text, strlen(text));
	const struct gm_history_row *found = NULL;
	size_t i;

	for (i = 0; i < s->history->n; i++)
		if (!strcmp(s->history->v[i]->checksum, m->checksum))
			found = s->history->v[i];
	gm_migration_free(m);
	return found;
}

/* History and schema agree, and each row has its text. */
static void check_agreement(struct session *s)
{
	char *effects = ask(s, "SELECT name FROM effects ORDER BY rowid");
	const struct gm_history_row *changed = row_with(s, three_changed);
	size_t i;

	for (i = 0; i < s->history->n; i++)
		check_source(s, s->history->v[i]);
	for (i = 0; i < GM_ARRAY_SIZE(known); i++) {
		/* The third and its other version have the same effects. */
		if ((known[i].text == three && changed) ||
		    (known[i].text == three_changed && !changed))
			continue;
		check_row(row_with(s, known[i].text), known[i].effects,
			  effects);
	}
	free(effects);
}

/* Whoever looks at the database sees what became of the statement. */
static enum gm_fate look(struct session *s, const struct gm_history_row *row)
{
	size_t at = effect_at(row, (size_t)row->statements_done);
	char *effects;
	bool ran;

	if (!is_unknown(row))
		return GM_FATE_UNKNOWN;
	effects = ask(s, "SELECT name FROM effects ORDER BY rowid");
	ran = net_effect(effects, known[1].effects[at]) ==
	      (row->state != GM_ROW_REVERTING);
	free(effects);
	return ran ? GM_FATE_RAN : GM_FATE_NOT_RAN;
}

/* Takes up what is under way. */
static void resume(struct session *s)
{
	const struct gm_item *item = gm_plan_find_under_way(&s->comparison);
	struct gm_error err = { 0 };

	if (item &&
	    carry_out(s,
		      item->row->state == GM_ROW_REVERTING ? TASK_ROLLBACK
							   : TASK_APPLY,
		      GM_RESUME_CONTINUE, look(s, item->row), &err))
		fail_msg("to go on: %s", err.message);
}

static char *ask_rows(struct session *s)
{
	return ask(s, "SELECT id || ':' || state FROM git_migrate_history "
		      "ORDER BY position");
}

/* All of it happened, or none. */
static void check_whole(struct session *s, const struct scenario *scenario)
{
	char *rows;

	if (!scenario->or_else)
		return;
	rows = ask_rows(s);
	if (strcmp(rows, scenario->or_else) && strcmp(rows, scenario->expected))
		fail_msg("neither before nor after:%s", rows);
	free(rows);
}

static void check_finished(struct session *s, const struct scenario *scenario)
{
	char *rows = ask_rows(s);
	char *log = ask(s, "SELECT action FROM git_migrate_log");

	assert_string_equal(rows, scenario->expected);
	if (scenario->action)
		assert_int_equal(count_word(log, "", scenario->action),
				 scenario->times);
	free(rows);
	free(log);
}

/* The next run, as a user would type it. */
static void finish(const struct place *place, const struct scenario *scenario)
{
	enum task task = scenario->task == TASK_REDO ? TASK_APPLY
						     : scenario->task;
	struct gm_error err = { 0 };
	struct session s;

	open_session(&s, place, scenario->files);
	check_agreement(&s);
	check_whole(&s, scenario);
	resume(&s);
	close_session(&s);
	open_session(&s, place, scenario->files);
	check_agreement(&s);
	if (carry_out(&s, task, GM_RESUME_NONE, GM_FATE_UNKNOWN, &err))
		fail_msg("the next run: %s", err.message);
	close_session(&s);
	open_session(&s, place, scenario->files);
	check_agreement(&s);
	check_finished(&s, scenario);
	close_session(&s);
}

/* The database as it is before the task, for each of its runs. */
static void prepare(const struct place *place, const struct scenario *scenario,
		    struct gm_strbuf *out)
{
	struct gm_error err = { 0 };
	struct session s;

	unlink(place->path);
	open_session(&s, place, scenario->before);
	free(ask(&s, "CREATE TABLE effects (name TEXT)"));
	if (scenario->before[0].id &&
	    carry_out(&s, TASK_APPLY, GM_RESUME_NONE, GM_FATE_UNKNOWN, &err))
		fail_msg("before: %s", err.message);
	if (s.history->n || scenario->before[0].id)
		free(ask(&s, "UPDATE git_migrate_log"
			     " SET action = 'before'"));
	close_session(&s);
	assert_int_equal(gm_file_read(place->path, out, NULL), 0);
}

/* 1 where the task never came to the call that was to fail. */
static int run_once(const struct place *place, const struct scenario *scenario,
		    enum fault fault, size_t at)
{
	struct gm_error err = { 0 };
	struct session s;
	int past;
	int ret;

	open_session(&s, place, scenario->files);
	s.faulty.fault = fault;
	s.faulty.fail_at = at;
	ret = carry_out(&s, scenario->task, GM_RESUME_NONE, GM_FATE_UNKNOWN,
			&err);
	past = s.faulty.calls < at;
	if (past)
		assert_int_equal(ret, 0);
	close_session(&s);
	gm_error_release(&err);
	return past;
}

/* In memory, where there is a place for it: nothing here is about disks. */
static void make_place(struct place *place)
{
	strcpy(place->dir, "/dev/shm/gm-test-XXXXXX");
	if (!mkdtemp(place->dir)) {
		strcpy(place->dir, "/tmp/gm-test-XXXXXX");
		assert_non_null(mkdtemp(place->dir));
	}
	place->path = gm_format("%s/app.db", place->dir);
}

static void remove_place(struct place *place)
{
	unlink(place->path);
	rmdir(place->dir);
	free(place->path);
}

static void run_scenario(const struct scenario *scenario)
{
	struct gm_strbuf before = { 0 };
	struct place place;
	size_t fault;

	make_place(&place);
	prepare(&place, scenario, &before);
	for (fault = 0; fault < FAULT_COUNT; fault++) {
		size_t at = 0;
		int past;

		do {
			at++;
			print_message("%s: %s at call %zu\n", scenario->name,
				      fault_name((enum fault)fault), at);
			assert_int_equal(gm_file_replace(place.path, before.buf,
							 before.len, NULL),
					 0);
			past = run_once(&place, scenario, (enum fault)fault,
					at);
			finish(&place, scenario);
		} while (!past);
		assert_true(at > 4);
	}
	gm_strbuf_release(&before);
	remove_place(&place);
}

static void an_apply_that_broke_off_is_finished_by_the_next(void **state)
{
	static const struct scenario scenario = {
		.name = "apply",
		.task = TASK_APPLY,
		.files = { { "1_a", one }, { "2_b", two }, { "3_c", three } },
		.expected = " 1_a:applied  2_b:applied  3_c:applied ",
		.action = "apply",
		.times = 3,
	};

	(void)state;
	run_scenario(&scenario);
}

/* Refuses every other update, as a node of a cluster may. */
static int refuse_every_other_update(struct gm_db *db, const char *sql,
				     const struct gm_value *params, size_t n,
				     gm_row_fn *row, void *context,
				     struct gm_error *err)
{
	struct faulty *f = (struct faulty *)(void *)db;
	static unsigned updates;

	if (!strncmp(sql, "UPDATE", 6) && ++updates % 2)
		return gm_error_set(err, GM_EBUSY, "somebody is in the way");
	return f->real->driver->query(f->real, sql, params, n, row, context,
				      err);
}

static void a_journal_that_somebody_is_in_the_way_of_is_written(void **state)
{
	static const struct scenario scenario = {
		.name = "apply",
		.task = TASK_APPLY,
		.files = { { "2_b", two } },
		.expected = " 2_b:applied ",
		.action = "apply",
		.times = 1,
	};
	struct gm_strbuf before = { 0 };
	struct gm_error err = { 0 };
	struct place place;
	struct session s;

	(void)state;
	make_place(&place);
	prepare(&place, &scenario, &before);
	open_session(&s, &place, scenario.files);
	s.faulty.driver.query = refuse_every_other_update;
	if (carry_out(&s, TASK_APPLY, GM_RESUME_NONE, GM_FATE_UNKNOWN, &err))
		fail_msg("%s", err.message);
	check_finished(&s, &scenario);
	close_session(&s);
	gm_strbuf_release(&before);
	remove_place(&place);
}

static void a_rename_is_carried_over_once(void **state)
{
	static const struct scenario scenario = {
		.name = "rename",
		.task = TASK_APPLY,
		.before = { { "1_a", one }, { "2_b", two } },
		.files = { { "1_a", one }, { "3_b", two }, { "4_c", three } },
		.expected = " 1_a:applied  3_b:applied  4_c:applied ",
		.action = "rename",
		.times = 1,
	};

	(void)state;
	run_scenario(&scenario);
}

static void a_rollback_that_broke_off_is_finished_by_the_next(void **state)
{
	static const struct scenario scenario = {
		.name = "rollback",
		.task = TASK_ROLLBACK,
		.before = { { "1_a", one }, { "2_b", two }, { "3_c", three } },
		.expected = "",
		.action = "rollback",
		.times = 3,
	};

	(void)state;
	run_scenario(&scenario);
}

static void a_redo_that_broke_off_can_be_applied_again(void **state)
{
	static const struct scenario scenario = {
		.name = "redo",
		.task = TASK_REDO,
		.before = { { "1_a", one }, { "2_b", two }, { "3_c", three } },
		.files = { { "1_a", one }, { "2_b", two }, { "3_c", three } },
		.expected = " 1_a:applied  2_b:applied  3_c:applied ",
	};

	(void)state;
	run_scenario(&scenario);
}

static void a_sync_that_broke_off_is_as_before_or_as_after(void **state)
{
	/* One is carried over, one goes, and another one comes. */
	static const struct scenario scenario = {
		.name = "sync",
		.task = TASK_SYNC,
		.before = { { "1_a", one }, { "3_c", three } },
		.files = { { "2_a", one }, { "4_d", three_changed } },
		.expected = " 2_a:applied  4_d:applied ",
		.action = "rollback",
		.times = 1,
		.or_else = " 1_a:applied  3_c:applied ",
	};

	(void)state;
	run_scenario(&scenario);
}

/* Another run undoes the newest one before this one holds its row. */
static int undo_before_hold(struct gm_db *db, const char *sql,
			    const struct gm_value *params, size_t n,
			    gm_row_fn *row, void *context, struct gm_error *err)
{
	static const char theirs[] =
		"DELETE FROM git_migrate_history WHERE id = '3_c'";
	struct faulty *f = (struct faulty *)(void *)db;
	int ret = 0;

	if (strstr(sql, "SET state = state"))
		ret = f->real->driver->exec(f->real, theirs, strlen(theirs),
					    NULL, NULL, err);
	return ret < 0 ? ret
		       : f->real->driver->query(f->real, sql, params, n, row,
						context, err);
}

static void what_another_run_has_undone_is_passed_over(void **state)
{
	static const struct scenario scenario = {
		.name = "sync",
		.task = TASK_SYNC,
		.before = { { "1_a", one }, { "3_c", three } },
		.files = { { "4_d", "-- migrate:up\nSELECT 1;\n" } },
		.expected = " 4_d:applied ",
		.action = "rollback",
		.times = 1,
	};
	struct gm_strbuf before = { 0 };
	struct gm_error err = { 0 };
	struct place place;
	struct session s;
	char *effects;

	(void)state;
	make_place(&place);
	prepare(&place, &scenario, &before);
	open_session(&s, &place, scenario.files);
	s.faulty.driver.query = undo_before_hold;
	if (carry_out(&s, TASK_SYNC, GM_RESUME_NONE, GM_FATE_UNKNOWN, &err))
		fail_msg("%s", err.message);
	check_finished(&s, &scenario);
	effects = ask(&s, "SELECT name FROM effects");
	assert_int_equal(net_effect(effects, "1a"), 0);
	assert_int_equal(net_effect(effects, "3a"), 1);
	free(effects);
	close_session(&s);
	gm_strbuf_release(&before);
	remove_place(&place);
}

static void a_sync_in_steps_that_broke_off_is_finished_by_the_next(void **state)
{
	/* What touches the same goes and comes again. */
	static const struct scenario scenario = {
		.name = "sync in steps",
		.task = TASK_SYNC,
		.before = { { "1_a", one }, { "2_b", two }, { "3_c", three } },
		.files = { { "1_a", one }, { "3_c", three } },
		.expected = " 1_a:applied  3_c:applied ",
		.action = "rollback",
		.times = 2,
	};

	(void)state;
	run_scenario(&scenario);
}

static void a_fake_is_a_row_and_nothing_else(void **state)
{
	static const struct scenario scenario = {
		.name = "fake",
		.task = TASK_FAKE,
		.files = { { "1_a", one }, { "2_b", two } },
		.expected = " 1_a:faked  2_b:faked ",
		.action = "fake",
		.times = 2,
	};

	(void)state;
	run_scenario(&scenario);
}

static void an_accepted_edit_is_row_and_text_together(void **state)
{
	static const struct scenario scenario = {
		.name = "accept",
		.task = TASK_ACCEPT,
		.before = { { "1_a", one }, { "3_c", three } },
		.files = { { "1_a", one }, { "3_c", three_changed } },
		.expected = " 1_a:applied  3_c:applied ",
		.action = "accept",
		.times = 1,
	};

	(void)state;
	run_scenario(&scenario);
}

/* The row goes with its text and leaves a line in the log, or it stays. */
static void check_aborted(const struct place *place, const struct source *files)
{
	struct session s;
	char *log;

	open_session(&s, place, files);
	log = ask(&s, "SELECT action FROM git_migrate_log");
	assert_int_equal(count_word(log, "", "abort"), !s.history->n);
	if (s.history->n)
		check_source(&s, s.history->v[0]);
	free(log);
	close_session(&s);
}

static void an_abort_forgets_all_or_nothing(void **state)
{
	static const struct source files[4] = {
		{ "2_b", "-- migrate:up transaction:false\n" DID(
				 "2a") "INSERT INTO nowhere VALUES (1);\n" },
	};
	static const struct scenario nothing = { .name = "abort" };
	struct gm_strbuf before = { 0 };
	struct gm_error err = { 0 };
	struct place place;
	struct session s;
	size_t fault;

	(void)state;
	make_place(&place);
	prepare(&place, &nothing, &before);
	gm_strbuf_release(&before);
	open_session(&s, &place, files);
	assert_int_equal(carry_out(&s, TASK_APPLY, GM_RESUME_NONE,
				   GM_FATE_UNKNOWN, &err),
			 GM_ESQL);
	gm_error_release(&err);
	close_session(&s);
	assert_int_equal(gm_file_read(place.path, &before, NULL), 0);
	for (fault = 0; fault < FAULT_COUNT; fault++) {
		bool past = false;
		size_t at;

		for (at = 1; !past; at++) {
			assert_int_equal(gm_file_replace(place.path, before.buf,
							 before.len, NULL),
					 0);
			open_session(&s, &place, files);
			s.faulty.fault = (enum fault)fault;
			s.faulty.fail_at = at;
			carry_out(&s, TASK_APPLY, GM_RESUME_ABORT,
				  GM_FATE_UNKNOWN, &err);
			past = s.faulty.calls < at;
			gm_error_release(&err);
			close_session(&s);
			check_aborted(&place, files);
		}
		assert_true(at > 4);
	}
	gm_strbuf_release(&before);
	remove_place(&place);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			an_apply_that_broke_off_is_finished_by_the_next),
		cmocka_unit_test(
			a_journal_that_somebody_is_in_the_way_of_is_written),
		cmocka_unit_test(a_rename_is_carried_over_once),
		cmocka_unit_test(
			a_rollback_that_broke_off_is_finished_by_the_next),
		cmocka_unit_test(a_redo_that_broke_off_can_be_applied_again),
		cmocka_unit_test(
			a_sync_that_broke_off_is_as_before_or_as_after),
		cmocka_unit_test(what_another_run_has_undone_is_passed_over),
		cmocka_unit_test(
			a_sync_in_steps_that_broke_off_is_finished_by_the_next),
		cmocka_unit_test(a_fake_is_a_row_and_nothing_else),
		cmocka_unit_test(an_accepted_edit_is_row_and_text_together),
		cmocka_unit_test(an_abort_forgets_all_or_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
