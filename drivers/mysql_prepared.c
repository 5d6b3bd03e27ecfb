/*
 * Prepared statements: those of ours, whose values are bound.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "drivers/mysql_library.h"

void gm_mysql_forget_prepared(struct gm_mysql_client *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		c->lib.stmt_close(c->v[i].stmt);
	c->n = 0;
}

static int stmt_failed(struct gm_mysql_client *c, MYSQL_STMT *stmt,
		       struct gm_error *err)
{
	c->failed = c->lib.stmt_errno(stmt);
	return gm_mysql_fail(c->failed, c->lib.stmt_sqlstate(stmt),
			     c->lib.stmt_error(stmt), NULL, 0, err);
}

/* The statement of that text, prepared now or before. */
static int prepare(struct gm_mysql_client *c, const char *sql, bool commits,
		   MYSQL_STMT **out, struct gm_error *err)
{
	my_bool on = 1;
	MYSQL_STMT *stmt;
	char *text;
	size_t i;
	int ret;

	for (i = 0; i < c->n; i++)
		if (c->v[i].sql == sql && c->v[i].commits == commits) {
			*out = c->v[i].stmt;
			return 0;
		}
	stmt = c->lib.stmt_init(c->mysql);
	if (!stmt)
		return gm_error_set(err, GM_ERROR, "out of memory");
	text = commits ? gm_format("BEGIN NOT ATOMIC %s; COMMIT; END", sql)
		       : gm_strdup(sql);
	ret = c->lib.stmt_prepare(stmt, text, strlen(text));
	free(text);
	if (ret) {
		ret = stmt_failed(c, stmt, err);
		c->lib.stmt_close(stmt);
		return ret;
	}
	c->lib.stmt_attr_set(stmt, STMT_ATTR_UPDATE_MAX_LENGTH, &on);
	GM_GROW(c->v, c->n, c->cap);
	c->v[c->n].sql = sql;
	c->v[c->n].commits = commits;
	c->v[c->n++].stmt = stmt;
	*out = stmt;
	return 0;
}

static int execute(struct gm_mysql_client *c, MYSQL_STMT *stmt,
		   const struct gm_value *params, size_t n,
		   struct gm_error *err)
{
	MYSQL_BIND *binds = gm_calloc(n ? n : 1, sizeof(*binds));
	size_t i;
	int ret = 0;

	for (i = 0; i < n; i++) {
		const struct gm_value *p = &params[i];
		MYSQL_BIND *b = &binds[i];

		b->buffer_type = MYSQL_TYPE_NULL;
		if (p->type == GM_VALUE_INT) {
			b->buffer_type = MYSQL_TYPE_LONGLONG;
			b->buffer = (void *)&p->number;
		} else if (p->type == GM_VALUE_TEXT) {
			b->buffer_type = MYSQL_TYPE_STRING;
			b->buffer = (void *)p->text;
			b->buffer_length = p->len;
		}
	}
	if ((n && c->lib.stmt_bind_param(stmt, binds)) ||
	    c->lib.stmt_execute(stmt))
		ret = stmt_failed(c, stmt, err);
	free(binds);
	return ret;
}

/* A row's columns, where the library puts them. */
struct columns {
	unsigned n;
	MYSQL_FIELD *fields;
	MYSQL_BIND *binds;
	unsigned long *lengths;
	my_bool *nulls;
	long long *numbers;
	char **texts;
	struct gm_value *values;
};

static void columns_init(struct columns *s, MYSQL_FIELD *fields, unsigned n)
{
	unsigned i;

	s->n = n;
	s->fields = fields;
	s->binds = gm_calloc(n, sizeof(*s->binds));
	s->lengths = gm_calloc(n, sizeof(*s->lengths));
	s->nulls = gm_calloc(n, sizeof(*s->nulls));
	s->numbers = gm_calloc(n, sizeof(*s->numbers));
	s->texts = gm_calloc(n, sizeof(*s->texts));
	s->values = gm_calloc(n, sizeof(*s->values));
	for (i = 0; i < n; i++) {
		MYSQL_BIND *b = &s->binds[i];

		b->is_null = &s->nulls[i];
		b->length = &s->lengths[i];
		if (gm_mysql_is_integer(&fields[i])) {
			b->buffer_type = MYSQL_TYPE_LONGLONG;
			b->buffer = &s->numbers[i];
			continue;
		}
		s->texts[i] = gm_alloc(fields[i].max_length + 1);
		b->buffer_type = MYSQL_TYPE_STRING;
		b->buffer = s->texts[i];
		b->buffer_length = fields[i].max_length + 1;
	}
}

static void columns_release(struct columns *s)
{
	unsigned i;

	for (i = 0; i < s->n; i++)
		free(s->texts[i]);
	free(s->texts);
	free(s->binds);
	free(s->lengths);
	free(s->nulls);
	free(s->numbers);
	free(s->values);
}

static int hand_over(struct columns *s, gm_row_fn *row, void *context)
{
	unsigned i;

	for (i = 0; i < s->n; i++) {
		if (s->nulls[i])
			s->values[i] = gm_value_null();
		else if (!s->texts[i])
			s->values[i] = gm_value_int(s->numbers[i]);
		else
			s->values[i] = gm_value_bytes(s->texts[i],
						      s->lengths[i]);
	}
	return row(context, s->values, s->n);
}

static int read_result(struct gm_mysql_client *c, MYSQL_STMT *stmt,
		       gm_row_fn *row, void *context, struct gm_error *err)
{
	MYSQL_RES *meta = c->lib.stmt_result_metadata(stmt);
	struct columns columns = { 0 };
	int fetched = 0;
	int ret = 0;

	if (!meta)
		return 0;
	if (c->lib.stmt_store_result(stmt)) {
		ret = stmt_failed(c, stmt, err);
		goto done;
	}
	/* Only now is it known how long the values are. */
	c->lib.free_result(meta);
	meta = c->lib.stmt_result_metadata(stmt);
	columns_init(&columns, c->lib.fetch_fields(meta),
		     c->lib.num_fields(meta));
	if (c->lib.stmt_bind_result(stmt, columns.binds))
		ret = stmt_failed(c, stmt, err);
	while (!ret && row && !(fetched = c->lib.stmt_fetch(stmt)))
		ret = hand_over(&columns, row, context);
	if (!ret && fetched == 1)
		ret = stmt_failed(c, stmt, err);
done:
	columns_release(&columns);
	c->lib.free_result(meta);
	c->lib.stmt_free_result(stmt);
	return ret < 0 ? ret : 0;
}

int gm_mysql_query(struct gm_mysql_client *c, const char *sql,
		   const struct gm_value *params, size_t n, gm_row_fn *row,
		   void *context, struct gm_error *err)
{
	MYSQL_STMT *stmt = NULL;
	int ret = prepare(c, sql, false, &stmt, err);

	if (!ret)
		ret = execute(c, stmt, params, n, err);
	return ret < 0 ? ret : read_result(c, stmt, row, context, err);
}

int gm_mysql_query_commit(struct gm_mysql_client *c, const char *sql,
			  const struct gm_value *params, size_t n,
			  struct gm_error *err)
{
	MYSQL_STMT *stmt = NULL;
	int ret = prepare(c, sql, true, &stmt, err);

	return ret < 0 ? ret : execute(c, stmt, params, n, err);
}
