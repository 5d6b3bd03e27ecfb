/*
 * One connection to a MySQL or MariaDB server: statements as text, their
 * results, and what the connection tells of itself.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "drivers/mysql_library.h"

static int failed(struct gm_mysql_client *c, const char *sql, size_t len,
		  struct gm_error *err)
{
	c->failed = c->lib.errno(c->mysql);
	return gm_mysql_fail(c->failed, c->lib.sqlstate(c->mysql),
			     c->lib.error(c->mysql), sql, len, err);
}

bool gm_mysql_is_integer(const MYSQL_FIELD *field)
{
	switch (field->type) {
	case MYSQL_TYPE_TINY:
	case MYSQL_TYPE_SHORT:
	case MYSQL_TYPE_INT24:
	case MYSQL_TYPE_LONG:
	case MYSQL_TYPE_YEAR:
		return true;
	case MYSQL_TYPE_LONGLONG:
		/* What doesn't fit stays text. */
		return !(field->flags & UNSIGNED_FLAG);
	default:
		return false;
	}
}

static struct gm_value text_column(const MYSQL_FIELD *field, const char *text,
				   unsigned long len)
{
	if (!text)
		return gm_value_null();
	if (gm_mysql_is_integer(field))
		return gm_value_int(strtoll(text, NULL, 10));
	return gm_value_bytes(text, len);
}

/* Hands a result's rows over. What isn't wanted is read all the same. */
static int read_rows(struct gm_mysql_client *c, MYSQL_RES *result,
		     gm_row_fn *row, void *context)
{
	unsigned n = c->lib.num_fields(result);
	MYSQL_FIELD *fields = c->lib.fetch_fields(result);
	struct gm_value *columns = gm_calloc(n ? n : 1, sizeof(*columns));
	MYSQL_ROW values;
	int ret = 0;

	while ((values = c->lib.fetch_row(result))) {
		unsigned long *lengths = c->lib.fetch_lengths(result);
		unsigned i;

		if (ret < 0 || !row)
			continue;
		for (i = 0; i < n; i++)
			columns[i] = text_column(&fields[i], values[i],
						 lengths[i]);
		ret = row(context, columns, n);
	}
	free(columns);
	return ret;
}

/* All results of a statement whose first answer is there. */
static int read_results(struct gm_mysql_client *c, const char *sql, size_t len,
			gm_row_fn *row, void *context, struct gm_error *err)
{
	int ret = 0;
	int more;

	do {
		MYSQL_RES *result = c->lib.use_result(c->mysql);
		int got = 0;

		if (result) {
			got = read_rows(c, result, ret < 0 ? NULL : row,
					context);
			c->lib.free_result(result);
		}
		if (c->lib.errno(c->mysql))
			return failed(c, sql, len, err);
		ret = ret < 0 ? ret : got;
		more = c->lib.next_result(c->mysql);
		if (more > 0)
			return failed(c, sql, len, err);
	} while (!more);
	return ret < 0 ? ret : 0;
}

int gm_mysql_exec(struct gm_mysql_client *c, const char *sql, size_t len,
		  gm_row_fn *row, void *context, struct gm_error *err)
{
	if (!len)
		len = strlen(sql);
	if (c->lib.real_query(c->mysql, sql, len))
		return failed(c, sql, len, err);
	return read_results(c, sql, len, row, context, err);
}

int gm_mysql_send(struct gm_mysql_client *c, const char *sql, size_t len,
		  struct gm_error *err)
{
	if (c->lib.send_query(c->mysql, sql, len))
		return failed(c, sql, len, err);
	return 0;
}

bool gm_mysql_has_answer(struct gm_mysql_client *c, int wait_ms)
{
	struct pollfd poll_fd = {
		.fd = c->lib.get_socket(c->mysql),
		.events = POLLIN,
	};

	return poll(&poll_fd, 1, wait_ms) > 0;
}

int gm_mysql_receive(struct gm_mysql_client *c, const char *sql, size_t len,
		     struct gm_error *err)
{
	if (c->lib.read_query_result(c->mysql))
		return failed(c, sql, len, err);
	return read_results(c, sql, len, NULL, NULL, err);
}

int gm_mysql_reset(struct gm_mysql_client *c, const char *database,
		   struct gm_error *err)
{
	gm_mysql_forget_prepared(c);
	if (c->lib.reset_connection(c->mysql) ||
	    c->lib.select_db(c->mysql, database))
		return failed(c, NULL, 0, err);
	return 0;
}

/* It changes nothing that a statement could ask for. */
bool gm_mysql_is_alive(struct gm_mysql_client *c)
{
	return !c->lib.ping(c->mysql);
}

bool gm_mysql_changed_session(const struct gm_mysql_client *c)
{
	return c->mysql->server_status & SERVER_SESSION_STATE_CHANGED;
}

bool gm_mysql_has_numbered(const struct gm_mysql_client *c)
{
	return c->lib.insert_id(c->mysql) != 0;
}

unsigned gm_mysql_errno(const struct gm_mysql_client *c)
{
	return c->failed;
}

unsigned long gm_mysql_connection(const struct gm_mysql_client *c)
{
	return c->lib.thread_id(c->mysql);
}

bool gm_mysql_is_mariadb(const struct gm_mysql_client *c)
{
	return strstr(c->lib.get_server_info(c->mysql), "MariaDB") != NULL;
}

bool gm_mysql_in_transaction(const struct gm_mysql_client *c)
{
	return c->mysql->server_status & SERVER_STATUS_IN_TRANS;
}

unsigned gm_mysql_warnings(const struct gm_mysql_client *c)
{
	return c->lib.warning_count(c->mysql);
}

bool gm_mysql_autocommits(const struct gm_mysql_client *c)
{
	return c->mysql->server_status & SERVER_STATUS_AUTOCOMMIT;
}
