/*
 * What tests of the SQLite driver share: a database in a scratch directory.
 */
#include "sqlite_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/alloc.h"
#include "drivers/sqlite.h"

static const struct gm_driver *const driver = &gm_driver_sqlite;

int open_with(struct fixture *f, struct gm_db **out, const char *path,
	      bool read_only, int timeout)
{
	struct gm_open_options options = { .base_dir = f->tree,
					   .confine_dir = f->tree,
					   .read_only = read_only,
					   .lock_timeout_ms = timeout };
	char *text = gm_format("sqlite:%s", path);
	struct gm_url url;
	int r;

	assert_int_equal(gm_url_parse(&url, text, NULL), 0);
	r = driver->open(out, &url, &options, &f->err);
	gm_url_release(&url);
	free(text);
	return r;
}

int set_up(void **state)
{
	struct fixture *f = gm_calloc(1, sizeof(*f));
	char template[] = "/tmp/gm-sqlite-XXXXXX";

	*state = f;
	assert_non_null(mkdtemp(template));
	assert_int_equal(chmod(template, 0755), 0);
	f->dir = realpath(template, NULL);
	f->tree = gm_format("%s/tree", f->dir);
	assert_int_equal(mkdir(f->tree, 0755), 0);
	return open_with(f, &f->db, "app.db", false, 1000);
}

int tear_down(void **state)
{
	struct fixture *f = *state;
	char *command = gm_format("rm -rf '%s'", f->dir);
	int status;

	driver->close(f->db);
	status = system(command);
	free(command);
	gm_error_release(&f->err);
	free(f->dir);
	free(f->tree);
	free(f);
	return status;
}

int run_on(struct fixture *f, struct gm_db *db, const char *sql)
{
	return driver->exec(db, sql, strlen(sql), NULL, NULL, &f->err);
}

int run(struct fixture *f, const char *sql)
{
	return run_on(f, f->db, sql);
}

int run_all(struct fixture *f, const char *statements)
{
	const char *end;
	int r = 0;

	for (; !r && *statements; statements = *end ? end + 1 : end) {
		end = statements + strcspn(statements, "|");
		r = driver->exec(f->db, statements, (size_t)(end - statements),
				 NULL, NULL, &f->err);
	}
	return r;
}

void must(struct fixture *f, int r)
{
	if (r)
		fail_msg("%d: %s", r, f->err.message);
}

static int keep_text(void *context, const struct gm_value *columns, size_t n)
{
	char **text = context;

	assert_true(n >= 1);
	free(*text);
	*text = gm_value_to_text(&columns[0]);
	return 0;
}

char *ask_on(struct fixture *f, struct gm_db *db, const char *sql)
{
	char *text = NULL;

	must(f, driver->exec(db, sql, strlen(sql), keep_text, &text, &f->err));
	return text;
}

void expect(struct fixture *f, const char *sql, const char *answer)
{
	char *text = ask_on(f, f->db, sql);

	assert_string_equal(text ? text : "(none)", answer);
	free(text);
}

void expect_message(struct fixture *f, const char *part)
{
	assert_non_null(f->err.message);
	if (!strstr(f->err.message, part))
		fail_msg("'%s' is not in: %s", part, f->err.message);
}
