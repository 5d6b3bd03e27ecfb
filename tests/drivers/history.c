/*
 * The history's tables, as lib/db/history.h promises them, on the driver.
 */
#include "suite.h"

#include <pthread.h>

#include "base/time.h"
#include "db/history.h"

#define ID "1_first"

static struct gm_history *open_history(struct suite *s)
{
	struct gm_history *history;

	suite_ok(s, gm_history_new(&history, s->driver, s->db, "gmt", &s->err));
	suite_ok(s, gm_history_load(history, &s->err));
	return history;
}

/* With its tables. */
static struct gm_history *make_history(struct suite *s)
{
	struct gm_history *history = open_history(s);

	suite_ok(s, gm_history_create(history, &s->err));
	return history;
}

static void reload(struct suite *s, struct gm_history *history)
{
	suite_ok(s, gm_history_load(history, &s->err));
}

static struct gm_history_row *make_row(const char *id, int64_t position)
{
	struct gm_history_row *row = gm_history_row_new();

	row->app = gm_strdup("");
	row->id = gm_strdup(id);
	memset(row->checksum, 'a', 32);
	memset(row->up, 'b', 32);
	row->parents = gm_strdup("none");
	row->batch = 1;
	row->position = position;
	row->applied_by = gm_strdup("A U Thor <author@example.com>");
	row->tool_version = gm_strdup("1.2.3");
	return row;
}

static void claim(struct suite *s, struct gm_history *history, const char *id,
		  int64_t position, const char *text)
{
	struct gm_history_row *row = make_row(id, position);

	suite_ok(s, gm_history_claim(history, "apply", row, text, strlen(text),
				     &s->err));
	gm_history_row_free(row);
}

static void a_database_without_tables_has_an_empty_history(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = open_history(s);

	assert_false(history->exists);
	assert_int_equal(history->n, 0);
	assert_int_equal(gm_history_next_batch(history), 1);
	assert_int_equal(gm_history_next_position(history), 1);
	gm_history_free(history);
}

static void the_tables_are_made_once(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history *late;

	assert_true(history->exists);
	/* Another run that had seen none. */
	suite_ok(s, gm_history_new(&late, s->driver, s->db, "gmt", &s->err));
	suite_ok(s, gm_history_create(late, &s->err));
	assert_false(s->driver->in_transaction(s->db));
	claim(s, late, ID, 1, "x");
	gm_history_free(late);
	reload(s, history);
	assert_int_equal(history->n, 1);
	gm_history_free(history);
}

static const struct gm_driver *real;
static int refusals;

/* As a busy server may, which looks for deadlocks now and then. */
static int find_deadlocks(struct gm_db *db, const char *sql,
			  const struct gm_value *params, size_t n,
			  gm_row_fn *row, void *context, struct gm_error *err)
{
	if (!refusals)
		return real->query(db, sql, params, n, row, context, err);
	refusals--;
	gm_time_sleep_ms(300);
	gm_error_set(err, GM_EBUSY, "deadlock found");
	strcpy(err->sqlstate, "40001");
	return GM_EBUSY;
}

static void the_tables_are_made_in_spite_of_deadlocks(void **state)
{
	struct suite *s = *state;
	struct gm_driver driver = *s->driver;
	struct gm_history *history;

	driver.query = find_deadlocks;
	real = s->driver;
	suite_ok(s, gm_history_new(&history, &driver, s->db, "gmt", &s->err));
	suite_ok(s, gm_history_load(history, &s->err));
	refusals = 4;
	suite_ok(s, gm_history_create(history, &s->err));
	assert_int_equal(refusals, 0);
	claim(s, history, ID, 1, "x");
	gm_history_free(history);
}

/* Another run makes the tables right behind the first look for them. */
static struct suite *looked_at;
static int looks;

static int look_too_early(struct gm_db *db, const char *name,
			  struct gm_error *err)
{
	int ret = looked_at->driver->has_table(db, name, err);

	if (!looks++)
		gm_history_free(make_history(looked_at));
	return ret;
}

static void tables_that_are_made_while_one_looks_are_no_others(void **state)
{
	struct suite *s = *state;
	struct gm_driver driver = *s->driver;
	struct gm_history *history;

	driver.has_table = look_too_early;
	looked_at = s;
	looks = 0;
	suite_ok(s, gm_history_new(&history, &driver, s->db, "gmt", &s->err));
	suite_ok(s, gm_history_load(history, &s->err));
	assert_true(looks > 0);
	assert_int_equal(history->n, 0);
	gm_history_free(history);
}

static void a_row_comes_back_as_it_was_claimed(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history_row *row = make_row(ID, 7);
	struct gm_history_row *found;

	row->state = GM_ROW_APPLYING;
	row->statements_started = 2;
	row->statements_done = 1;
	row->statements_total = 3;
	row->owner = gm_strdup("somebody's \"session\"");
	row->blob = gm_strdup("0123456789abcdef0123456789abcdef01234567");
	row->branch = gm_strdup("feature/\xe2\x82\xac");
	row->dirty = true;
	row->batch = 4;
	row->duration_ms = 1234;
	row->error = gm_strdup("line\nline \\ \xf0\x9d\x84\x9e");
	suite_ok(s, gm_history_claim(history, "apply", row, "x", 1, &s->err));
	reload(s, history);
	found = gm_history_find(history, "", ID);
	assert_non_null(found);
	assert_string_equal(found->checksum, row->checksum);
	assert_string_equal(found->up, row->up);
	assert_string_equal(found->down, "");
	assert_string_equal(found->parents, "none");
	assert_int_equal(found->state, GM_ROW_APPLYING);
	assert_int_equal(found->statements_started, 2);
	assert_int_equal(found->statements_done, 1);
	assert_int_equal(found->statements_total, 3);
	assert_string_equal(found->owner, row->owner);
	assert_string_equal(found->blob, row->blob);
	assert_null(found->commit_id);
	assert_string_equal(found->branch, row->branch);
	assert_true(found->dirty);
	assert_int_equal(found->batch, 4);
	assert_int_equal(found->position, 7);
	assert_int_equal(strlen(found->applied_at),
			 strlen("2026-11-20T09:15:00.123Z"));
	assert_int_equal(found->duration_ms, 1234);
	assert_string_equal(found->applied_by, row->applied_by);
	assert_string_equal(found->tool_version, "1.2.3");
	assert_string_equal(found->error, row->error);
	gm_history_row_free(row);
	gm_history_free(history);
}

static void rows_are_in_the_order_of_application(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);

	claim(s, history, "3_third", 1, "x");
	claim(s, history, "1_first", 10, "x");
	claim(s, history, "2_second", 2, "x");
	reload(s, history);
	assert_int_equal(history->n, 3);
	assert_string_equal(history->v[0]->id, "3_third");
	assert_string_equal(history->v[1]->id, "2_second");
	assert_string_equal(history->v[2]->id, "1_first");
	assert_int_equal(gm_history_next_position(history), 11);
	assert_int_equal(gm_history_next_batch(history), 2);
	gm_history_free(history);
}

static void ids_that_differ_in_case_or_app_are_different(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history_row *row = make_row(ID, 3);

	claim(s, history, "1_first", 1, "x");
	claim(s, history, "1_FIRST", 2, "y");
	free(row->app);
	row->app = gm_strdup("blog");
	suite_ok(s, gm_history_claim(history, "apply", row, "z", 1, &s->err));
	reload(s, history);
	assert_int_equal(gm_history_find(history, "", "1_first")->position, 1);
	assert_int_equal(gm_history_find(history, "", "1_FIRST")->position, 2);
	assert_int_equal(gm_history_find(history, "blog", ID)->position, 3);
	gm_history_row_free(row);
	gm_history_free(history);
}

static void a_migration_is_claimed_once(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history_row *row = make_row(ID, 1);

	claim(s, history, ID, 1, "x");
	suite_fails(s, gm_history_claim(history, "apply", row, "y", 1, &s->err),
		    GM_ESQL);
	assert_int_equal(gm_history_has(history, "", ID, &s->err), 1);
	assert_int_equal(gm_history_has(history, "", "2_other", &s->err), 0);
	gm_history_row_free(row);
	gm_history_free(history);
}

static void *commit_later(void *peer)
{
	gm_time_sleep_ms(SUITE_IMPATIENT_MS * 2);
	suite_peer_ask(peer, "commit");
	return NULL;
}

static void a_claim_waits_for_another_that_is_not_decided(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history_row *row = make_row(ID, 1);
	struct suite_peer *peer;
	pthread_t thread;
	int ret;

	claim(s, history, ID, 1, "x");
	gm_history_free(history);
	peer = suite_peer_start(s);
	assert_int_equal(suite_peer_ask(peer, "begin"), 0);
	assert_int_equal(suite_peer_ask(peer, "exec INSERT INTO gmt_history"
					      " SELECT app, '2_second',"
					      " checksum, up_fingerprint,"
					      " down_fingerprint,"
					      " verify_fingerprint, parents,"
					      " state, statements_started,"
					      " statements_done,"
					      " statements_total, owner,"
					      " blob_id, commit_id, dirty,"
					      " branch, batch, position,"
					      " applied_at, duration_ms,"
					      " applied_by, tool_version,"
					      " error, source_entry"
					      " FROM gmt_history"),
			 0);
	s->driver->close(s->db);
	s->db = suite_open(s, SUITE_IMPATIENT_MS);
	history = open_history(s);
	assert_int_equal(history->n, 1);
	free(row->id);
	row->id = gm_strdup("2_second");
	assert_int_equal(pthread_create(&thread, NULL, commit_later, peer), 0);
	ret = s->driver->begin(s->db, &s->err);
	if (!ret)
		ret = gm_history_claim(history, "apply", row, "x", 1, &s->err);
	/* It waited until it knew, or as long as a lock is waited for. */
	assert_true(ret == GM_ESQL || ret == GM_EBUSY);
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	assert_int_equal(pthread_join(thread, NULL), 0);
	suite_fails(s, gm_history_claim(history, "apply", row, "x", 1, &s->err),
		    GM_ESQL);
	assert_int_equal(gm_history_has(history, "", row->id, &s->err), 1);
	suite_peer_end(peer);
	gm_history_row_free(row);
	gm_history_free(history);
}

static void an_update_changes_the_row_and_keeps_its_place(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history_row *row = make_row(ID, 99);
	struct gm_history_row *found;

	claim(s, history, ID, 5, "x");
	memset(row->checksum, 'c', 32);
	row->state = GM_ROW_FAKED;
	row->commit_id = gm_strdup("c0ffee");
	suite_ok(s, gm_history_update(history, row, &s->err));
	reload(s, history);
	found = gm_history_find(history, "", ID);
	assert_string_equal(found->checksum, row->checksum);
	assert_int_equal(found->state, GM_ROW_FAKED);
	assert_string_equal(found->commit_id, "c0ffee");
	assert_int_equal(found->position, 5);
	gm_history_row_free(row);
	gm_history_free(history);
}

static void progress_is_seen_by_others_at_once(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history_row *row = make_row(ID, 1);
	struct gm_history *other;
	struct gm_db *db = suite_open(s, SUITE_PATIENT_MS);

	claim(s, history, ID, 1, "x");
	row->state = GM_ROW_REVERTING;
	row->statements_started = 2;
	row->statements_done = 1;
	row->statements_total = 2;
	row->owner = gm_strdup("me");
	suite_ok(s, gm_history_progress(history, row, &s->err));
	suite_ok(s, gm_history_new(&other, s->driver, db, "gmt", &s->err));
	suite_ok(s, gm_history_load(other, &s->err));
	assert_int_equal(other->v[0]->state, GM_ROW_REVERTING);
	assert_int_equal(other->v[0]->statements_started, 2);
	assert_int_equal(other->v[0]->statements_done, 1);
	assert_string_equal(other->v[0]->owner, "me");
	gm_history_free(other);
	s->driver->close(db);
	gm_history_row_free(row);
	gm_history_free(history);
}

static void a_text_of_3_mebibytes_is_kept_in_parts(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history_row *row = make_row(ID, 1);
	struct gm_strbuf text = { 0 };
	struct gm_strbuf back = { 0 };

	/* So that a part would end inside a character, in each of its bytes. */
	gm_strbuf_adds(&text, "--");
	while (text.len < 3 * 1024 * 1024)
		gm_strbuf_adds(&text, "\xf0\x9d\x84\x9e\xe2\x82\xac");
	suite_ok(s, gm_history_claim(history, "apply", row, text.buf, text.len,
				     &s->err));
	suite_ok(s, gm_history_source(history, "", ID, &back, &s->err));
	assert_int_equal(back.len, text.len);
	assert_memory_equal(back.buf, text.buf, text.len);
	suite_expect(s, "SELECT count(*) FROM gmt_source", "3");
	gm_strbuf_release(&text);
	gm_strbuf_release(&back);
	gm_history_row_free(row);
	gm_history_free(history);
}

static void a_recorded_text_can_be_replaced(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history_row *row;
	struct gm_strbuf text = { 0 };

	row = make_row(ID, 1);
	claim(s, history, ID, 1, "old \\ text; -- ?");
	suite_ok(s, gm_history_source(history, "", ID, &text, &s->err));
	assert_string_equal(gm_strbuf_str(&text), "old \\ text; -- ?");
	gm_strbuf_cut(&text, 0);
	suite_ok(s, gm_history_set_source(history, "accept", row, "was xxh3:0",
					  "new", 3, &s->err));
	suite_expect(s, "SELECT action, source FROM gmt_log ORDER BY entry",
		     "apply|NULL\naccept|new");
	suite_ok(s, gm_history_source(history, "", ID, &text, &s->err));
	assert_string_equal(gm_strbuf_str(&text), "new");
	suite_fails(s,
		    gm_history_source(history, "", "2_other", &text, &s->err),
		    GM_ENOTFOUND);
	gm_history_row_free(row);
	gm_strbuf_release(&text);
	gm_history_free(history);
}

static void a_rename_carries_row_and_text_over(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_strbuf text = { 0 };

	claim(s, history, ID, 1, "text");
	suite_ok(s, gm_history_rename(history, "", ID, "9_new", &s->err));
	reload(s, history);
	assert_null(gm_history_find(history, "", ID));
	assert_int_equal(gm_history_find(history, "", "9_new")->position, 1);
	suite_ok(s, gm_history_source(history, "", "9_new", &text, &s->err));
	assert_string_equal(gm_strbuf_str(&text), "text");
	gm_strbuf_release(&text);
	gm_history_free(history);
}

static void a_deleted_row_takes_its_text_along_and_no_other(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);

	claim(s, history, ID, 1, "x");
	claim(s, history, "2_second", 2, "y");
	suite_ok(s, gm_history_delete(history, "", ID, &s->err));
	reload(s, history);
	assert_int_equal(history->n, 1);
	suite_expect(s,
		     "SELECT id, source FROM gmt_log"
		     " WHERE source IS NOT NULL",
		     "2_second|y");
	claim(s, history, ID, 3, "z");
	gm_history_free(history);
}

static void the_log_only_grows(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_history_row *row = make_row(ID, 1);
	int i;

	/* Also within one millisecond. */
	for (i = 0; i < 20; i++)
		suite_ok(s, gm_history_log(history, i ? "rollback" : "apply",
					   row, i ? NULL : "it's", &s->err));
	suite_expect(s, "SELECT count(*) FROM gmt_log", "20");
	suite_expect(s,
		     "SELECT id, action, detail, logged_by FROM gmt_log"
		     " WHERE action = 'apply'",
		     ID "|apply|it's|A U Thor <author@example.com>");
	gm_history_row_free(row);
	gm_history_free(history);
}

static void a_claim_in_a_transaction_is_rolled_back_with_it(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);

	suite_ok(s, s->driver->begin(s->db, &s->err));
	claim(s, history, ID, 1, "x");
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	assert_int_equal(gm_history_has(history, "", ID, &s->err), 0);
	suite_expect(s, "SELECT count(*) FROM gmt_log", "0");
	gm_history_free(history);
}

static void tables_of_a_newer_version_are_refused(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);

	suite_run(s, "UPDATE gmt_version SET version = 999");
	suite_fails(s, gm_history_load(history, &s->err), GM_EINVALID);
	assert_non_null(strstr(s->err.message, "999"));
	assert_non_null(s->err.hint);
	gm_history_free(history);
}

static void make_version_1(struct suite *s)
{
	char *sql = gm_format(
		"CREATE TABLE gmt_source (app %s NOT NULL, id %s NOT NULL,"
		" part INTEGER NOT NULL, text %s NOT NULL,"
		" PRIMARY KEY (app, id, part))",
		s->driver->name_type, s->driver->name_type,
		s->driver->text_type);

	suite_run(s, "DROP TABLE gmt_source");
	suite_run(s, sql);
	free(sql);
	suite_run(s, "INSERT INTO gmt_source VALUES ('', '" ID "', 1, 'one,'),"
		     " ('', '" ID "', 2, 'two'), ('', '2_b', 1, 'b')");
	suite_run(s, "DROP TABLE gmt_log");
	sql = gm_format("CREATE TABLE gmt_log (logged_at VARCHAR(24), app %s,"
			" id %s, action VARCHAR(16), step INTEGER,"
			" checksum VARCHAR(64), batch INTEGER,"
			" commit_id VARCHAR(64), branch VARCHAR(255),"
			" logged_by VARCHAR(255), tool_version VARCHAR(32),"
			" detail %s)",
			s->driver->name_type, s->driver->name_type,
			s->driver->text_type);
	suite_run(s, sql);
	free(sql);
	suite_run(s, "INSERT INTO gmt_log VALUES ('2026-11-20T09:00:00.000Z',"
		     " '', '" ID "', 'apply', 1, NULL, 1, NULL, NULL, 'me',"
		     " '0', NULL)");
	suite_run(s, "ALTER TABLE gmt_history DROP COLUMN source_entry");
	suite_run(s, "UPDATE gmt_version SET version = 1");
}

static void tables_of_an_older_version_are_read_and_upgraded(void **state)
{
	struct suite *s = *state;
	struct gm_history *history = make_history(s);
	struct gm_strbuf text = { 0 };

	claim(s, history, ID, 1, "x");
	claim(s, history, "2_b", 2, "x");
	make_version_1(s);
	reload(s, history);
	assert_int_equal(history->version, 1);
	assert_int_equal(history->n, 2);
	suite_ok(s, gm_history_source(history, "", ID, &text, &s->err));
	assert_string_equal(gm_strbuf_str(&text), "one,two");
	if (!(s->driver->flags & GM_DRIVER_TRANSACTIONAL_DDL)) {
		suite_fails(s, gm_history_create(history, &s->err),
			    GM_EINVALID);
		goto done;
	}
	suite_ok(s, gm_history_create(history, &s->err));
	reload(s, history);
	assert_int_equal(history->version, GM_HISTORY_VERSION);
	gm_strbuf_cut(&text, 0);
	suite_ok(s, gm_history_source(history, "", ID, &text, &s->err));
	assert_string_equal(gm_strbuf_str(&text), "one,two");
	suite_expect(s, "SELECT id, action FROM gmt_log ORDER BY entry",
		     ID "|apply\n" ID "|upgrade\n2_b|upgrade");
	claim(s, history, "3_c", 3, "c");
done:
	gm_strbuf_release(&text);
	gm_history_free(history);
}

static const struct suite_test tests[] = {
	SUITE_TEST(a_database_without_tables_has_an_empty_history),
	SUITE_TEST(the_tables_are_made_once),
	SUITE_TEST(the_tables_are_made_in_spite_of_deadlocks),
	SUITE_TEST(tables_that_are_made_while_one_looks_are_no_others),
	SUITE_TEST(a_row_comes_back_as_it_was_claimed),
	SUITE_TEST(rows_are_in_the_order_of_application),
	SUITE_TEST(ids_that_differ_in_case_or_app_are_different),
	SUITE_TEST(a_migration_is_claimed_once),
	SUITE_TEST(a_claim_waits_for_another_that_is_not_decided),
	SUITE_TEST(an_update_changes_the_row_and_keeps_its_place),
	SUITE_TEST(progress_is_seen_by_others_at_once),
	SUITE_TEST(a_text_of_3_mebibytes_is_kept_in_parts),
	SUITE_TEST(a_recorded_text_can_be_replaced),
	SUITE_TEST(a_rename_carries_row_and_text_over),
	SUITE_TEST(a_deleted_row_takes_its_text_along_and_no_other),
	SUITE_TEST(the_log_only_grows),
	SUITE_TEST(a_claim_in_a_transaction_is_rolled_back_with_it),
	SUITE_TEST(tables_of_a_newer_version_are_refused),
	SUITE_TEST(tables_of_an_older_version_are_read_and_upgraded),
};

SUITE_SECTION(suite_history_section, tests);
