/*
 * Whole runs of plans on the driver, as lib/work/run.h and journal.h
 * promise them.
 */
#include "suite.h"

#include "work/journal.h"

/* A run, and what it was told. */
struct trial {
	struct suite *s;
	struct gm_history *history;
	struct gm_run run;
	struct gm_plan plan;
	struct gm_migration *owned[4];
	size_t n_owned;
	size_t skipped;
};

static void count_skipped(void *context, const struct gm_event *event)
{
	if (event->type == GM_EVENT_SKIPPED)
		++*(size_t *)context;
}

static void start(struct trial *t, struct suite *s)
{
	memset(t, 0, sizeof(*t));
	t->s = s;
	suite_ok(s,
		 gm_history_new(&t->history, s->driver, s->db, "gmt", &s->err));
	suite_ok(s, gm_history_load(t->history, &s->err));
	t->run.history = t->history;
	t->run.facts.user = "A U Thor <author@example.com>";
	t->run.facts.tool_version = "1.2.3";
	t->run.observer.context = &t->skipped;
	t->run.observer.event = count_skipped;
}

static void end(struct trial *t)
{
	while (t->n_owned)
		gm_migration_free(t->owned[--t->n_owned]);
	gm_plan_release(&t->plan);
	gm_history_free(t->history);
}

static struct gm_migration *migration(struct trial *t, const char *id,
				      const char *text)
{
	char *name = gm_format("%s.sql", id);
	char *path = gm_format("migrations/%s", name);
	char *bytes = gm_strdup(text);
	struct gm_file file = {
		.name = name, .path = path, .bytes = bytes, .len = strlen(bytes)
	};
	struct gm_findings findings = { 0 };
	struct gm_migration **out = &t->owned[t->n_owned++];

	assert_int_equal(gm_migration_parse(out, "", &file, &findings), 0);
	gm_findings_release(&findings);
	free(name);
	free(path);
	free(bytes);
	return *out;
}

static struct gm_history_row *row_of(struct trial *t, const char *id)
{
	suite_ok(t->s, gm_history_load(t->history, &t->s->err));
	return gm_history_find(t->history, "", id);
}

static struct gm_step *add_apply(struct trial *t, const char *id,
				 const char *text)
{
	return gm_plan_add(&t->plan, GM_STEP_APPLY, migration(t, id, text),
			   gm_history_find(t->history, "", id));
}

static int run(struct trial *t)
{
	int ret;

	gm_error_release(&t->s->err);
	ret = gm_run_plan(&t->run, &t->plan, &t->s->err);
	assert_false(t->s->driver->in_transaction(t->s->db));
	gm_plan_release(&t->plan);
	suite_ok(t->s, gm_history_load(t->history, NULL));
	return ret;
}

/* Applies one migration that has to succeed. */
static void apply(struct trial *t, const char *id, const char *text)
{
	add_apply(t, id, text);
	suite_ok(t->s, run(t));
}

static int roll_back(struct trial *t, const char *id, enum gm_resume resume,
		     enum gm_fate fate)
{
	struct gm_step *step = gm_plan_add(&t->plan, GM_STEP_ROLLBACK, NULL,
					   row_of(t, id));

	step->resume = resume;
	step->fate = fate;
	suite_ok(t->s, gm_plan_load_sources(&t->plan, t->history,
					    t->s->driver->dialect, &t->s->err));
	return run(t);
}

static int has_table(struct suite *s, const char *name)
{
	int ret = s->driver->has_table(s->db, name, &s->err);

	suite_ok(s, ret);
	return ret;
}

#define FIRST                                                                  \
	"-- migrate:up\nCREATE TABLE gmt_a (n INTEGER);\n"                     \
	"INSERT INTO gmt_a VALUES (1);\n-- migrate:down\n"                     \
	"DROP TABLE gmt_a;\n"
#define SECOND                                                                 \
	"-- migrate:up\nCREATE TABLE gmt_b (n INTEGER);\n"                     \
	"-- migrate:down\nDROP TABLE gmt_b;\n"
/* The second statement fails, at the second FROM. */
#define BROKEN                                                                 \
	"-- migrate:up%s\nCREATE TABLE gmt_c (n INTEGER);\n"                   \
	"SELECT '\xe2\x82\xac'\nFROM FROM gmt_c;\n"                            \
	"INSERT INTO gmt_c VALUES (1);\n"                                      \
	"-- migrate:down\nDROP TABLE gmt_c;\n"
#define OUTSIDE " transaction:false"
#define MENDED                                                                 \
	"-- migrate:up transaction:false\n"                                    \
	"CREATE TABLE gmt_c (n INTEGER);\n"                                    \
	"SELECT n\nFROM gmt_c;\n"                                              \
	"INSERT INTO gmt_c VALUES (1);\n"                                      \
	"-- migrate:down\nDROP TABLE gmt_c;\n"

static char *broken(const char *option)
{
	return gm_format(BROKEN, option);
}

static void an_apply_runs_and_records_every_migration(void **state)
{
	struct suite *s = *state;
	struct gm_history_row *row;
	struct trial t;

	start(&t, s);
	add_apply(&t, "1_a", FIRST);
	add_apply(&t, "2_b", SECOND);
	suite_ok(s, run(&t));
	assert_int_equal(t.run.done, 2);
	suite_expect(s, "SELECT n FROM gmt_a", "1");
	assert_int_equal(has_table(s, "gmt_b"), 1);
	row = row_of(&t, "2_b");
	assert_int_equal(row->state, GM_ROW_APPLIED);
	assert_int_equal(row->position, 2);
	assert_int_equal(row->batch, 1);
	assert_null(row->owner);
	suite_expect(s,
		     "SELECT id, action FROM gmt_log"
		     " WHERE action <> 'start' ORDER BY id",
		     "1_a|apply\n2_b|apply");
	end(&t);
}

static void what_another_run_has_applied_is_passed_over(void **state)
{
	struct suite *s = *state;
	struct trial t;

	start(&t, s);
	apply(&t, "1_a", FIRST);
	/* A plan that was made before that. */
	gm_plan_add(&t.plan, GM_STEP_APPLY, t.owned[0], NULL);
	add_apply(&t, "2_b", SECOND);
	suite_ok(s, run(&t));
	assert_int_equal(t.skipped, 1);
	assert_int_equal(t.run.done, 1);
	suite_expect(s, "SELECT n FROM gmt_a", "1");
	assert_int_equal(has_table(s, "gmt_b"), 1);
	end(&t);
}

static void what_is_in_the_way_of_the_next_one_is_of_no_concern(void **state)
{
	struct suite *s = *state;
	struct trial t;

	start(&t, s);
	apply(&t, "2_b", SECOND);
	/* A plan that was made before that. */
	add_apply(&t, "1_a", FIRST);
	gm_plan_add(&t.plan, GM_STEP_APPLY, t.owned[0], NULL);
	suite_ok(s, run(&t));
	assert_int_equal(t.skipped, 1);
	assert_int_equal(t.run.done, 1);
	assert_int_equal(row_of(&t, "1_a")->state, GM_ROW_APPLIED);
	assert_int_equal(row_of(&t, "2_b")->state, GM_ROW_APPLIED);
	suite_expect(s, "SELECT n FROM gmt_a", "1");
	end(&t);
}

static void stop_when_done(void *context, const struct gm_event *event)
{
	if (event->type == GM_EVENT_DONE)
		atomic_store((atomic_bool *)context, true);
}

static void what_a_stopped_run_has_not_begun_has_no_row(void **state)
{
	struct suite *s = *state;
	struct gm_history_row *row;
	atomic_bool stop = false;
	struct trial t;

	start(&t, s);
	t.run.stop = &stop;
	t.run.observer.context = &stop;
	t.run.observer.event = stop_when_done;
	add_apply(&t, "1_a",
		  "-- migrate:up transaction:false\n"
		  "CREATE TABLE gmt_a (n INTEGER);\n");
	add_apply(&t, "2_b",
		  "-- migrate:up transaction:false\n"
		  "CREATE TABLE gmt_b (n INTEGER);\n");
	assert_int_equal(run(&t), GM_EINTERRUPTED);
	row = row_of(&t, "1_a");
	assert_int_equal(row->state, GM_ROW_APPLIED);
	assert_int_equal(row->statements_done, 1);
	assert_null(row_of(&t, "2_b"));
	assert_int_equal(has_table(s, "gmt_b"), 0);
	end(&t);
}

static void a_failed_migration_leaves_nothing_behind(void **state)
{
	struct suite *s = *state;
	char *text = broken("");
	struct trial t;

	start(&t, s);
	add_apply(&t, "1_a", FIRST);
	add_apply(&t, "2_c", text);
	suite_fails(s, run(&t), GM_ESQL);
	assert_int_equal(has_table(s, "gmt_a"), 1);
	assert_int_equal(has_table(s, "gmt_c"), 0);
	assert_null(row_of(&t, "2_c"));
	suite_expect(s,
		     "SELECT action FROM gmt_log WHERE id = '2_c'"
		     " AND action <> 'start'",
		     "failure");
	end(&t);
	free(text);
}

static void a_failure_is_placed_in_its_file(void **state)
{
	struct suite *s = *state;
	char *text = broken("");
	struct trial t;

	start(&t, s);
	add_apply(&t, "2_c", text);
	suite_fails(s, run(&t), GM_ESQL);
	if (!gm_starts_with(s->err.message, "migrations/2_c.sql:4:6: "))
		fail_msg("%s", s->err.message);
	end(&t);
	free(text);
}

static void a_failure_without_a_transaction_is_in_the_journal(void **state)
{
	struct suite *s = *state;
	char *text = broken(OUTSIDE);
	struct gm_history_row *row;
	struct trial t;

	start(&t, s);
	add_apply(&t, "2_c", text);
	suite_fails(s, run(&t), GM_ESQL);
	assert_int_equal(has_table(s, "gmt_c"), 1);
	row = row_of(&t, "2_c");
	assert_int_equal(row->state, GM_ROW_FAILED);
	assert_int_equal(row->statements_done, 1);
	assert_int_equal(row->statements_total, 3);
	assert_null(row->owner);
	assert_non_null(row->error);
	end(&t);
	free(text);
}

static void a_failed_migration_goes_on_where_it_stopped(void **state)
{
	struct suite *s = *state;
	char *text = broken(OUTSIDE);
	struct trial t;

	start(&t, s);
	add_apply(&t, "2_c", text);
	suite_fails(s, run(&t), GM_ESQL);
	add_apply(&t, "2_c", MENDED)->resume = GM_RESUME_CONTINUE;
	suite_ok(s, run(&t));
	assert_int_equal(row_of(&t, "2_c")->state, GM_ROW_APPLIED);
	suite_expect(s, "SELECT n FROM gmt_c", "1");
	end(&t);
	free(text);
}

static void a_failed_migration_begins_again(void **state)
{
	struct suite *s = *state;
	char *text = broken(OUTSIDE);
	struct trial t;

	start(&t, s);
	add_apply(&t, "2_c", text);
	suite_fails(s, run(&t), GM_ESQL);
	suite_run(s, "DROP TABLE gmt_c");
	add_apply(&t, "2_c", MENDED)->resume = GM_RESUME_RESTART;
	suite_ok(s, run(&t));
	assert_int_equal(row_of(&t, "2_c")->state, GM_ROW_APPLIED);
	suite_expect(s, "SELECT n FROM gmt_c", "1");
	end(&t);
	free(text);
}

static void a_failed_migration_can_be_forgotten(void **state)
{
	struct suite *s = *state;
	struct gm_strbuf ran = { 0 };
	char *text = broken(OUTSIDE);
	struct trial t;

	start(&t, s);
	add_apply(&t, "2_c", text);
	suite_fails(s, run(&t), GM_ESQL);
	suite_ok(s, gm_journal_what_ran(t.history, row_of(&t, "2_c"), &ran,
					&s->err));
	assert_string_equal(gm_strbuf_str(&ran),
			    "CREATE TABLE gmt_c (n INTEGER);\n");
	add_apply(&t, "2_c", text)->resume = GM_RESUME_ABORT;
	suite_ok(s, run(&t));
	assert_null(row_of(&t, "2_c"));
	assert_int_equal(has_table(s, "gmt_c"), 1);
	gm_strbuf_release(&ran);
	end(&t);
	free(text);
}

static void what_ran_before_a_restart_is_kept(void **state)
{
	struct suite *s = *state;
	struct gm_strbuf ran = { 0 };
	char *text = broken(OUTSIDE);
	struct trial t;

	start(&t, s);
	add_apply(&t, "2_c", text);
	suite_fails(s, run(&t), GM_ESQL);
	add_apply(&t, "2_c", text)->resume = GM_RESUME_RESTART;
	suite_fails(s, run(&t), GM_ESQL);
	assert_int_equal(row_of(&t, "2_c")->statements_done, 0);
	suite_ok(s, gm_history_attempts(t.history, "", "2_c", &ran, &s->err));
	assert_string_equal(gm_strbuf_str(&ran),
			    "CREATE TABLE gmt_c (n INTEGER);\n");
	add_apply(&t, "2_c", text)->resume = GM_RESUME_ABORT;
	suite_ok(s, run(&t));
	ran.len = 0;
	suite_ok(s, gm_history_attempts(t.history, "", "2_c", &ran, &s->err));
	assert_int_equal(ran.len, 0);
	gm_strbuf_release(&ran);
	end(&t);
	free(text);
}

/* As a run leaves it that was killed in its second statement. */
static void leave_unknown(struct trial *t)
{
	struct gm_history_row row;
	char owner[] = "gone";

	apply(t, "2_c", MENDED);
	suite_run(t->s, "DELETE FROM gmt_c");
	row = *row_of(t, "2_c");
	row.state = GM_ROW_APPLYING;
	row.statements_started = 3;
	row.statements_done = 2;
	row.statements_total = 3;
	row.owner = owner;
	suite_ok(t->s, gm_history_progress(t->history, &row, &t->s->err));
	assert_int_equal(gm_journal_is_live(t->history, row_of(t, "2_c"),
					    &t->s->err),
			 0);
}

static void a_statement_of_unknown_fate_is_asked_for(void **state)
{
	struct suite *s = *state;
	struct trial t;

	start(&t, s);
	leave_unknown(&t);
	add_apply(&t, "2_c", MENDED)->resume = GM_RESUME_CONTINUE;
	suite_fails(s, run(&t), GM_EREFUSED);
	assert_non_null(strstr(s->err.message, "INSERT INTO gmt_c"));
	assert_non_null(strstr(s->err.hint, "--ran"));
	suite_expect(s, "SELECT count(*) FROM gmt_c", "0");
	end(&t);
}

static void a_statement_that_ran_is_not_run_again(void **state)
{
	struct suite *s = *state;
	struct gm_step *step;
	struct trial t;

	start(&t, s);
	leave_unknown(&t);
	step = add_apply(&t, "2_c", MENDED);
	step->resume = GM_RESUME_CONTINUE;
	step->fate = GM_FATE_RAN;
	suite_ok(s, run(&t));
	assert_int_equal(row_of(&t, "2_c")->state, GM_ROW_APPLIED);
	suite_expect(s, "SELECT count(*) FROM gmt_c", "0");
	end(&t);
}

static void a_statement_that_did_not_run_is_run(void **state)
{
	struct suite *s = *state;
	struct gm_step *step;
	struct trial t;

	start(&t, s);
	leave_unknown(&t);
	step = add_apply(&t, "2_c", MENDED);
	step->resume = GM_RESUME_CONTINUE;
	step->fate = GM_FATE_NOT_RAN;
	suite_ok(s, run(&t));
	assert_int_equal(row_of(&t, "2_c")->state, GM_ROW_APPLIED);
	suite_expect(s, "SELECT n FROM gmt_c", "1");
	end(&t);
}

static void what_must_run_outside_a_transaction_does(void **state)
{
	struct suite *s = *state;
	char *text = gm_format("-- migrate:up transaction:false\n%s;\n",
			       s->texts->outside_only);
	struct trial t;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	start(&t, s);
	apply(&t, "1_outside", text);
	assert_int_equal(row_of(&t, "1_outside")->state, GM_ROW_APPLIED);
	end(&t);
	free(text);
}

static void what_must_run_outside_is_told_how(void **state)
{
	struct suite *s = *state;
	char *text = gm_format("-- migrate:up\n%s;\n", s->texts->outside_only);
	struct trial t;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	start(&t, s);
	add_apply(&t, "1_outside", text);
	suite_fails(s, run(&t), GM_EREFUSED);
	assert_non_null(s->err.hint);
	assert_non_null(strstr(s->err.hint, "transaction:false"));
	assert_null(row_of(&t, "1_outside"));
	end(&t);
	free(text);
}

static void a_rollback_runs_what_was_recorded(void **state)
{
	struct suite *s = *state;
	struct trial t;

	start(&t, s);
	add_apply(&t, "1_a", FIRST);
	add_apply(&t, "2_b", SECOND);
	suite_ok(s, run(&t));
	suite_ok(s, roll_back(&t, "2_b", GM_RESUME_NONE, GM_FATE_UNKNOWN));
	assert_int_equal(has_table(s, "gmt_b"), 0);
	assert_int_equal(has_table(s, "gmt_a"), 1);
	assert_null(row_of(&t, "2_b"));
	suite_expect(s, "SELECT count(source) FROM gmt_log WHERE id = '2_b'",
		     "0");
	suite_expect(s,
		     "SELECT action FROM gmt_log WHERE id = '2_b'"
		     " AND action <> 'start' ORDER BY action",
		     "apply\nrollback");
	end(&t);
}

#define ONE_WAY                                                                \
	"-- migrate:up\nCREATE TABLE gmt_a (n INTEGER);\n"                     \
	"-- migrate:down\nDROP TABLE gmt_a;\nDROP TABLE gmt_z;\n"

static void a_failed_rollback_leaves_everything_there(void **state)
{
	struct suite *s = *state;
	struct trial t;

	start(&t, s);
	apply(&t, "1_a", ONE_WAY);
	suite_fails(s, roll_back(&t, "1_a", GM_RESUME_NONE, GM_FATE_UNKNOWN),
		    GM_ESQL);
	assert_int_equal(has_table(s, "gmt_a"), 1);
	assert_int_equal(row_of(&t, "1_a")->state, GM_ROW_APPLIED);
	end(&t);
}

static void a_failed_rollback_goes_on_where_it_stopped(void **state)
{
	struct suite *s = *state;
	struct gm_history_row *row;
	struct trial t;

	start(&t, s);
	apply(&t, "1_a", ONE_WAY);
	suite_fails(s, roll_back(&t, "1_a", GM_RESUME_NONE, GM_FATE_UNKNOWN),
		    GM_ESQL);
	assert_int_equal(has_table(s, "gmt_a"), 0);
	row = row_of(&t, "1_a");
	assert_int_equal(row->state, GM_ROW_REVERTING);
	assert_int_equal(row->statements_done, 1);
	suite_run(s, "CREATE TABLE gmt_z (n INTEGER)");
	suite_ok(s, roll_back(&t, "1_a", GM_RESUME_CONTINUE, GM_FATE_UNKNOWN));
	assert_int_equal(has_table(s, "gmt_z"), 0);
	assert_null(row_of(&t, "1_a"));
	end(&t);
}

static void a_migration_whose_verify_is_false_has_failed(void **state)
{
	static const char text[] =
		"-- migrate:up\nCREATE TABLE gmt_a (n INTEGER);\n"
		"-- migrate:verify\nSELECT count(*) = 0 FROM gmt_a;\n"
		"SELECT count(*) > 0 FROM gmt_a;\n";
	struct suite *s = *state;
	struct gm_history_row *row;
	struct trial t;

	start(&t, s);
	add_apply(&t, "1_a", text);
	suite_fails(s, run(&t), GM_ESQL);
	assert_non_null(strstr(s->err.message, "migrations/1_a.sql:5"));
	row = row_of(&t, "1_a");
	assert_true(!row || row->state == GM_ROW_FAILED);
	end(&t);
}

static void a_single_transaction_holds_all_or_nothing(void **state)
{
	struct suite *s = *state;
	char *text = broken("");
	struct trial t;

	start(&t, s);
	add_apply(&t, "1_a", FIRST);
	add_apply(&t, "2_c", text);
	t.run.single_transaction = true;
	suite_fails(s, run(&t), GM_ESQL);
	assert_int_equal(has_table(s, "gmt_a"), 0);
	assert_int_equal(t.history->n, 0);
	add_apply(&t, "1_a", FIRST);
	add_apply(&t, "2_b", SECOND);
	t.run.single_transaction = true;
	suite_ok(s, run(&t));
	assert_int_equal(has_table(s, "gmt_b"), 1);
	assert_int_equal(t.history->n, 2);
	end(&t);
	free(text);
}

static void each_migration_has_a_clean_session(void **state)
{
	struct suite *s = *state;
	struct gm_strbuf text = { 0 };
	const char *const *sql;
	struct trial t;

	start(&t, s);
	gm_strbuf_adds(&text, "-- migrate:up\n"
			      "CREATE TEMPORARY TABLE gmt_temp (n INTEGER);\n");
	for (sql = s->texts->spoil; *sql; sql++)
		gm_strbuf_addf(&text, "%s;\n", *sql);
	add_apply(&t, "1_spoils", gm_strbuf_str(&text));
	add_apply(&t, "2_c",
		  "-- migrate:up\nCREATE TABLE gmt_temp (n INTEGER);\n"
		  "INSERT INTO gmt_temp VALUES (2);\n");
	suite_ok(s, run(&t));
	suite_reopen(s);
	suite_expect(s, "SELECT n FROM gmt_temp", "2");
	t.history->db = s->db;
	assert_int_equal(row_of(&t, "1_spoils")->state, GM_ROW_APPLIED);
	assert_int_equal(row_of(&t, "2_c")->state, GM_ROW_APPLIED);
	gm_strbuf_release(&text);
	end(&t);
}

static const struct suite_test tests[] = {
	SUITE_TEST(an_apply_runs_and_records_every_migration),
	SUITE_TEST(what_another_run_has_applied_is_passed_over),
	SUITE_TEST(what_is_in_the_way_of_the_next_one_is_of_no_concern),
	SUITE_TEST(what_a_stopped_run_has_not_begun_has_no_row),
	SUITE_TEST_IF(SUITE_DDL_BACK, a_failed_migration_leaves_nothing_behind),
	SUITE_TEST(a_failure_is_placed_in_its_file),
	SUITE_TEST(a_failure_without_a_transaction_is_in_the_journal),
	SUITE_TEST(a_failed_migration_goes_on_where_it_stopped),
	SUITE_TEST(a_failed_migration_begins_again),
	SUITE_TEST(a_failed_migration_can_be_forgotten),
	SUITE_TEST(what_ran_before_a_restart_is_kept),
	SUITE_TEST(a_statement_of_unknown_fate_is_asked_for),
	SUITE_TEST(a_statement_that_ran_is_not_run_again),
	SUITE_TEST(a_statement_that_did_not_run_is_run),
	SUITE_TEST_IF(SUITE_OUTSIDE, what_must_run_outside_a_transaction_does),
	SUITE_TEST_IF(SUITE_OUTSIDE, what_must_run_outside_is_told_how),
	SUITE_TEST(a_rollback_runs_what_was_recorded),
	SUITE_TEST_IF(SUITE_DDL_BACK,
		      a_failed_rollback_leaves_everything_there),
	SUITE_TEST_IF(SUITE_DDL_COMMITS,
		      a_failed_rollback_goes_on_where_it_stopped),
	SUITE_TEST(a_migration_whose_verify_is_false_has_failed),
	SUITE_TEST_IF(SUITE_DDL_BACK,
		      a_single_transaction_holds_all_or_nothing),
	SUITE_TEST(each_migration_has_a_clean_session),
};

SUITE_SECTION(suite_runs_section, tests);
