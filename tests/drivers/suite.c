/*
 * The suite's frame: the program, a session in an empty database for each
 * test, and the few words that tests are written in.
 */
#include "suite.h"

#include <dirent.h>
#include <stdio.h>
#include <unistd.h>

#include "base/time.h"
#include "drivers/drivers.h"

/* A driver that waits where it must not is a failure, too. */
#define LONGEST_S 600

static const struct gm_driver *find_driver(const char *name)
{
	const struct gm_driver *const *driver;

	for (driver = gm_drivers; *driver; driver++)
		if (!strcmp((*driver)->name, name))
			return *driver;
	return NULL;
}

int suite_open_url(struct suite *s, struct gm_db **out, const char *text,
		   const struct gm_open_options *options)
{
	struct gm_url url;
	int ret = gm_url_parse(&url, text, &s->err);

	*out = NULL;
	if (!ret) {
		ret = s->driver->open(out, &url, options, &s->err);
		gm_url_release(&url);
	}
	return ret;
}

struct gm_db *suite_open(struct suite *s, int lock_timeout_ms)
{
	struct gm_open_options options = { .lock_timeout_ms = lock_timeout_ms };
	struct gm_db *db;

	suite_ok(s, suite_open_url(s, &db, s->url, &options));
	return db;
}

void suite_reopen(struct suite *s)
{
	s->driver->close(s->db);
	s->db = NULL;
	s->db = suite_open(s, SUITE_PATIENT_MS);
}

void suite_ok(struct suite *s, int ret)
{
	if (ret < 0)
		fail_msg("%d: %s", ret,
			 s->err.message ? s->err.message : "no message");
}

void suite_fails(struct suite *s, int ret, enum gm_code code)
{
	if (ret != (int)code)
		fail_msg("%d, not %d: %s", ret, (int)code,
			 s->err.message ? s->err.message : "no message");
	assert_int_equal(s->err.code, code);
	assert_non_null(s->err.message);
	assert_true(*s->err.message);
}

int suite_try(struct suite *s, struct gm_db *db, const char *sql)
{
	gm_error_release(&s->err);
	return s->driver->exec(db, sql, strlen(sql), NULL, NULL, &s->err);
}

void suite_run(struct suite *s, const char *sql)
{
	suite_ok(s, suite_try(s, s->db, sql));
}

static int add_row(void *context, const struct gm_value *columns, size_t n)
{
	struct gm_strbuf *out = context;
	size_t i;

	if (out->len)
		gm_strbuf_addc(out, '\n');
	for (i = 0; i < n; i++) {
		char *text = gm_value_to_text(&columns[i]);

		gm_strbuf_addf(out, "%s%s", i ? "|" : "", text ? text : "NULL");
		free(text);
	}
	return 0;
}

char *suite_ask(struct suite *s, struct gm_db *db, const char *sql)
{
	struct gm_strbuf out = { 0 };

	gm_error_release(&s->err);
	suite_ok(s,
		 s->driver->exec(db, sql, strlen(sql), add_row, &out, &s->err));
	gm_strbuf_adds(&out, "");
	return gm_strbuf_take(&out);
}

void suite_expect(struct suite *s, const char *sql, const char *rows)
{
	char *actual = suite_ask(s, s->db, sql);

	assert_string_equal(actual, rows);
	free(actual);
}

/* More patience than any server needs. */
#define LOCK_TRIES 1200
#define LOCK_PAUSE_MS 100

static int try_lock(struct suite *s, const char *name)
{
	char *holder = NULL;
	int ret = s->driver->try_lock(s->db, name, &holder, &s->err);

	suite_ok(s, ret);
	assert_true(!ret || !holder);
	free(holder);
	return ret;
}

void suite_lock(struct suite *s, const char *name)
{
	int tries = 0;

	while (!try_lock(s, name)) {
		assert_true(++tries < LOCK_TRIES);
		gm_time_sleep_ms(LOCK_PAUSE_MS);
	}
}

void suite_peer_lock(struct suite_peer *peer, const char *name)
{
	int tries = 0;
	int ret;

	while (!(ret = suite_peer_ask(peer, "lock %s", name))) {
		assert_true(++tries < LOCK_TRIES);
		gm_time_sleep_ms(LOCK_PAUSE_MS);
	}
	assert_int_equal(ret, 1);
}

/* What an earlier test, or a run that was broken off, has left. */
static void drop_leftovers(struct suite *s)
{
	char *all = suite_ask(s, s->db, s->texts->leftovers);
	char *line = all;

	while (*line) {
		size_t len = strcspn(line, "\n");

		suite_ok(s, s->driver->exec(s->db, line, len, NULL, NULL,
					    &s->err));
		line += len + (line[len] == '\n');
	}
	free(all);
}

int suite_setup(void **state)
{
	struct suite *s = *state;

	if (s->driver->flags & GM_DRIVER_FILE) {
		char path[] = "/tmp/gmt-XXXXXX";

		assert_non_null(mkdtemp(path));
		s->dir = gm_strdup(path);
		s->url = gm_format("%s:%s/gmt.db", s->driver->schemes[0], path);
	}
	s->db = suite_open(s, SUITE_PATIENT_MS);
	if (!(s->driver->flags & GM_DRIVER_FILE))
		drop_leftovers(s);
	return 0;
}

static void remove_dir(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;

	while (dir && (entry = readdir(dir))) {
		char *name = gm_format("%s/%s", path, entry->d_name);

		if (strcmp(entry->d_name, ".") && strcmp(entry->d_name, "..") &&
		    unlink(name))
			remove_dir(name);
		free(name);
	}
	if (dir)
		closedir(dir);
	rmdir(path);
}

int suite_teardown(void **state)
{
	struct suite *s = *state;
	size_t i;

	for (i = 0; i < SUITE_PEERS; i++)
		if (s->peers[i].pid)
			suite_peer_kill(&s->peers[i]);
	s->driver->close(s->db);
	s->db = NULL;
	gm_error_release(&s->err);
	if (s->dir) {
		remove_dir(s->dir);
		free(s->dir);
		free(s->url);
		s->dir = NULL;
		s->url = NULL;
	}
	return 0;
}

/* What the driver can, and can't. */
static unsigned find_features(const struct suite *s)
{
	const struct gm_driver *d = s->driver;

	return (d->flags & GM_DRIVER_FILE ? SUITE_FILE : SUITE_SERVER) |
	       (d->flags & GM_DRIVER_TRANSACTIONAL_DDL ? SUITE_DDL_BACK
						       : SUITE_DDL_COMMITS) |
	       (d->try_lock ? SUITE_LOCKS : 0) |
	       (d->interrupt ? SUITE_INTERRUPT : 0) |
	       (d->schema ? SUITE_SCHEMA : 0) |
	       (d->reconnect ? SUITE_RECONNECT : 0) |
	       (s->texts->copy ? SUITE_COPY : 0) |
	       (d->queue ? SUITE_QUEUE : 0) | (d->send ? SUITE_SEND : 0) |
	       (s->texts->remarkable ? SUITE_REMARKS : 0) |
	       (s->texts->outside_only ? SUITE_OUTSIDE : 0);
}

static int run(struct suite *s, const struct suite_section *more)
{
	const struct suite_section *sections[] = {
		&suite_open_section,	   &suite_transactions_section,
		&suite_statements_section, &suite_values_section,
		&suite_queue_section,	   &suite_session_section,
		&suite_locks_section,	   &suite_history_section,
		&suite_runs_section,	   more
	};
	struct CMUnitTest *tests = NULL;
	size_t n = 0;
	size_t cap = 0;
	size_t i;
	size_t j;
	int ret;

	for (i = 0; i < GM_ARRAY_SIZE(sections); i++)
		for (j = 0; sections[i] && j < sections[i]->n; j++) {
			const struct suite_test *test = &sections[i]->tests[j];

			if (test->needs & ~s->has) {
				printf("# not for %s: %s\n", s->driver->name,
				       test->unit.name);
				continue;
			}
			GM_GROW(tests, n, cap);
			tests[n] = test->unit;
			tests[n++].initial_state = s;
		}
	ret = _cmocka_run_group_tests(s->driver->name, tests, n, NULL, NULL);
	free(tests);
	return ret;
}

/* Nothing to test on: fine for a user, a mistake in CI. */
static int pass_over(const char *why)
{
	if (getenv("CI")) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	printf("1..0 # SKIP %s\n", why);
	return 0;
}

int suite_main(int argc, char **argv, const char *driver_name,
	       const char *url_variable, const struct suite_section *more)
{
	struct suite s = { .driver = find_driver(driver_name),
			   .program = argv[0] };
	const char *url = url_variable ? getenv(url_variable) : NULL;
	char *why;
	int ret;

	if (!s.driver) {
		printf("1..0 # SKIP this build has no driver %s\n",
		       driver_name);
		return 0;
	}
	if (argc == 3 && !strcmp(argv[1], "--peer"))
		suite_peer_main(s.driver, argv[2]);
	if (url_variable && !(url && *url)) {
		why = gm_format("%s is not set", url_variable);
		ret = pass_over(why);
		free(why);
		return ret;
	}
	s.texts = suite_texts(s.driver->dialect);
	s.has = find_features(&s);
	s.url = gm_strdup_null(url);
	alarm(LONGEST_S);
	ret = run(&s, more);
	free(s.url);
	return ret;
}
