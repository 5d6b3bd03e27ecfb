/*
 * `open` and `close`.
 */
#include "suite.h"

#include <dirent.h>
#include <sys/stat.h>

static bool has_file(const struct suite *s)
{
	return s->driver->flags & GM_DRIVER_FILE;
}

/* How many files there are beside the database, with it. */
static size_t count_files(const struct suite *s)
{
	DIR *dir = opendir(s->dir);
	size_t n = 0;

	assert_non_null(dir);
	while (readdir(dir))
		n++;
	closedir(dir);
	return n - 2;
}

static void a_database_that_is_not_there_is_not_found_for_reading(void **state)
{
	struct gm_open_options options = { .read_only = true };
	struct suite *s = *state;
	struct gm_db *db;

	suite_fails(s, suite_open_url(s, &db, s->url, &options), GM_ENOTFOUND);
	assert_int_equal(count_files(s), 0);
}

static void opening_and_closing_a_database_makes_no_file(void **state)
{
	struct suite *s = *state;

	suite_reopen(s);
	assert_int_equal(count_files(s), 0);
}

static void looking_for_a_table_makes_no_file(void **state)
{
	struct suite *s = *state;

	assert_int_equal(s->driver->has_table(s->db, "gmt_t", &s->err), 0);
	assert_false(s->driver->in_transaction(s->db));
	suite_ok(s, s->driver->rollback(s->db, &s->err));
	suite_reopen(s);
	assert_int_equal(count_files(s), 0);
}

static void the_first_write_makes_the_file(void **state)
{
	struct suite *s = *state;
	struct stat st;
	char *path;

	path = gm_format("%s/gmt.db", s->dir);
	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	assert_int_equal(stat(path, &st), 0);
	assert_true(st.st_size > 0);
	free(path);
}

static void what_was_written_is_there_for_the_next_session(void **state)
{
	struct suite *s = *state;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_run(s, "INSERT INTO gmt_t VALUES (7)");
	suite_reopen(s);
	suite_expect(s, "SELECT n FROM gmt_t", "7");
}

static void a_session_for_reading_reads(void **state)
{
	struct gm_open_options options = { .read_only = true };
	struct suite *s = *state;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_run(s, "INSERT INTO gmt_t VALUES (7)");
	s->driver->close(s->db);
	suite_ok(s, suite_open_url(s, &s->db, s->url, &options));
	assert_int_equal(s->driver->has_table(s->db, "gmt_t", &s->err), 1);
	suite_expect(s, "SELECT n FROM gmt_t", "7");
}

static void nobody_at_the_address_is_no_connection(void **state)
{
	struct gm_open_options options = { 0 };
	struct suite *s = *state;
	struct gm_db *db;
	char *url;

	if (has_file(s))
		url = gm_format("%s:%s/none/gmt.db", s->driver->schemes[0],
				s->dir);
	else
		url = gm_format("%s://gmt@127.0.0.1:1/gmt",
				s->driver->schemes[0]);
	suite_fails(s, suite_open_url(s, &db, url, &options),
		    has_file(s) ? GM_ECONNECT : GM_EUNAVAILABLE);
	assert_null(strchr(s->err.message, '\n'));
	free(url);
}

static void no_failure_to_connect_tells_the_password(void **state)
{
	struct gm_open_options options = { 0 };
	struct suite *s = *state;
	struct gm_db *db;
	char *url;

	url = gm_format("%s://gmt:hunter2@127.0.0.1:1/gmt",
			s->driver->schemes[0]);
	suite_fails(s, suite_open_url(s, &db, url, &options), GM_EUNAVAILABLE);
	assert_null(strstr(s->err.message, "hunter2"));
	assert_true(!s->err.hint || !strstr(s->err.hint, "hunter2"));
	free(url);
}

static void a_parameter_that_nobody_knows_is_refused(void **state)
{
	struct gm_open_options options = { 0 };
	struct suite *s = *state;
	struct gm_db *db;
	char *url = gm_format("%s%cgmt_nonsense=1", s->url,
			      strchr(s->url, '?') ? '&' : '?');
	int ret = suite_open_url(s, &db, url, &options);

	assert_true(ret == GM_EINVALID || ret == GM_ECONNECT);
	assert_non_null(strstr(s->err.message, "gmt_nonsense"));
	free(url);
}

static void closing_nothing_is_allowed(void **state)
{
	struct suite *s = *state;

	s->driver->close(NULL);
}

static void closing_takes_back_what_is_not_committed(void **state)
{
	struct suite *s = *state;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_run(s, "INSERT INTO gmt_t VALUES (1)");
	suite_reopen(s);
	suite_expect(s, "SELECT count(*) FROM gmt_t", "0");
}

static void a_process_that_is_killed_leaves_nothing_uncommitted(void **state)
{
	struct suite *s = *state;
	struct suite_peer *peer;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	peer = suite_peer_start(s);
	assert_int_equal(suite_peer_ask(peer, "begin"), 0);
	assert_int_equal(
		suite_peer_ask(peer, "exec INSERT INTO gmt_t VALUES (1)"), 0);
	suite_peer_kill(peer);
	suite_run(s, "UPDATE gmt_t SET n = 2");
	suite_expect(s, "SELECT count(*) FROM gmt_t", "0");
}

static void a_lost_connection_is_told_and_can_be_made_again(void **state)
{
	struct suite *s = *state;
	struct gm_db *other;
	const char *mark;
	char *number;
	char *sql;

	suite_run(s, "CREATE TABLE gmt_t (n INTEGER)");
	suite_ok(s, s->driver->begin(s->db, &s->err));
	suite_run(s, "INSERT INTO gmt_t VALUES (1)");
	number = suite_ask(s, s->db, s->texts->session_number);
	mark = strchr(s->texts->end_session, '?');
	sql = gm_format("%.*s%s%s", (int)(mark - s->texts->end_session),
			s->texts->end_session, number, mark + 1);
	other = suite_open(s, SUITE_PATIENT_MS);
	suite_ok(s, suite_try(s, other, sql));
	s->driver->close(other);
	suite_fails(s, suite_try(s, s->db, "INSERT INTO gmt_t VALUES (2)"),
		    GM_ECONNECT);
	suite_ok(s, s->driver->reconnect(s->db, &s->err));
	assert_false(s->driver->in_transaction(s->db));
	suite_expect(s, "SELECT count(*) FROM gmt_t", "0");
	free(number);
	free(sql);
}

/* The URL of a database beside the suite's; the caller frees it. */
static struct gm_url beside(const struct suite *s, const char *name)
{
	size_t len = strcspn(s->url, "?");
	struct gm_url url;
	char *text;

	if (has_file(s))
		text = gm_format("%s:%s/%s", s->driver->schemes[0], s->dir,
				 name);
	else
		text = gm_format("%.*s%s%s", (int)len, s->url, name,
				 s->url + len);
	assert_int_equal(gm_url_parse(&url, text, NULL), 0);
	free(text);
	return url;
}

static void a_database_is_made_empty_and_removed_with_all_it_holds(void **state)
{
	struct gm_open_options options = { .lock_timeout_ms =
						   SUITE_PATIENT_MS };
	struct suite *s = *state;
	struct gm_url url = beside(s, "_made");
	struct gm_db *db;
	int round;

	for (round = 0; round < 2; round++) {
		suite_ok(s,
			 s->driver->create_database(&url, &options, &s->err));
		suite_ok(s, s->driver->open(&db, &url, &options, &s->err));
		assert_int_equal(s->driver->has_table(db, "gmt_t", &s->err), 0);
		suite_ok(s, suite_try(s, db, "CREATE TABLE gmt_t (n INTEGER)"));
		s->driver->close(db);
		suite_ok(s, s->driver->drop_database(&url, &options, &s->err));
	}
	gm_url_release(&url);
}

static void a_database_is_made_once_and_removed_once(void **state)
{
	struct gm_open_options options = { .lock_timeout_ms =
						   SUITE_PATIENT_MS };
	struct suite *s = *state;
	struct gm_url url = beside(s, "_once");

	suite_fails(s, s->driver->drop_database(&url, &options, &s->err),
		    GM_ENOTFOUND);
	suite_ok(s, s->driver->create_database(&url, &options, &s->err));
	suite_fails(s, s->driver->create_database(&url, &options, &s->err),
		    GM_EEXISTS);
	suite_ok(s, s->driver->drop_database(&url, &options, &s->err));
	gm_url_release(&url);
}

static const struct suite_test tests[] = {
	SUITE_TEST_IF(SUITE_FILE,
		      a_database_that_is_not_there_is_not_found_for_reading),
	SUITE_TEST_IF(SUITE_FILE, opening_and_closing_a_database_makes_no_file),
	SUITE_TEST_IF(SUITE_FILE, looking_for_a_table_makes_no_file),
	SUITE_TEST_IF(SUITE_FILE, the_first_write_makes_the_file),
	SUITE_TEST(what_was_written_is_there_for_the_next_session),
	SUITE_TEST(a_session_for_reading_reads),
	SUITE_TEST(nobody_at_the_address_is_no_connection),
	SUITE_TEST_IF(SUITE_SERVER, no_failure_to_connect_tells_the_password),
	SUITE_TEST(a_parameter_that_nobody_knows_is_refused),
	SUITE_TEST(a_database_is_made_empty_and_removed_with_all_it_holds),
	SUITE_TEST(a_database_is_made_once_and_removed_once),
	SUITE_TEST(closing_nothing_is_allowed),
	SUITE_TEST(closing_takes_back_what_is_not_committed),
	SUITE_TEST(a_process_that_is_killed_leaves_nothing_uncommitted),
	SUITE_TEST_IF(SUITE_RECONNECT,
		      a_lost_connection_is_told_and_can_be_made_again),
};

SUITE_SECTION(suite_open_section, tests);
