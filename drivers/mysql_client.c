/*
 * One connection to a MySQL or MariaDB server. libmariadb is opened by name
 * when a server is asked for: linked to the program, it and the TLS library
 * that it brings would cost each start more than all the rest.
 */
#include <dlfcn.h>
#include <mysql.h>
#include <poll.h>
#include <mysql/plugin_auth.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "drivers/mysql.h"

#ifdef __APPLE__
#define LIBRARY "libmariadb.3.dylib"
#else
#define LIBRARY "libmariadb.so.3"
#endif

/* The functions that are used, without "mysql_". */
#define FUNCTIONS(X)                                                           \
	X(init)                                                                \
	X(optionsv)                                                            \
	X(get_optionv)                                                         \
	X(client_register_plugin)                                              \
	X(set_local_infile_handler)                                            \
	X(real_connect)                                                        \
	X(get_ssl_cipher)                                                      \
	X(get_server_info)                                                     \
	X(close)                                                               \
	X(errno)                                                               \
	X(error)                                                               \
	X(sqlstate)                                                            \
	X(thread_id)                                                           \
	X(real_query)                                                          \
	X(send_query)                                                          \
	X(read_query_result)                                                   \
	X(get_socket)                                                          \
	X(use_result)                                                          \
	X(field_count)                                                         \
	X(num_fields)                                                          \
	X(fetch_fields)                                                        \
	X(fetch_row)                                                           \
	X(fetch_lengths)                                                       \
	X(free_result)                                                         \
	X(next_result)                                                         \
	X(insert_id)                                                           \
	X(warning_count)                                                       \
	X(reset_connection)                                                    \
	X(select_db)                                                           \
	X(stmt_init)                                                           \
	X(stmt_prepare)                                                        \
	X(stmt_bind_param)                                                     \
	X(stmt_execute)                                                        \
	X(stmt_attr_set)                                                       \
	X(stmt_result_metadata)                                                \
	X(stmt_store_result)                                                   \
	X(stmt_bind_result)                                                    \
	X(stmt_fetch)                                                          \
	X(stmt_free_result)                                                    \
	X(stmt_close)                                                          \
	X(stmt_errno)                                                          \
	X(stmt_error)                                                          \
	X(stmt_sqlstate)

#define MEMBER(name) __typeof__(mysql_##name) *name;

struct library {
	FUNCTIONS(MEMBER)
};

static const struct {
	const char *name;
	size_t at;
} functions[] = {
#define ENTRY(name) { "mysql_" #name, offsetof(struct library, name) },
	FUNCTIONS(ENTRY)
};

/* A prepared statement, known by the address of its text. */
struct prepared {
	const char *sql;
	MYSQL_STMT *stmt;
};

struct gm_mysql_client {
	struct library lib;
	MYSQL *mysql;
	struct prepared *v;
	size_t n;
	size_t cap;
	unsigned failed;
	/* While it connects: the place's, and whether the server has turned
	 * out to have no TLS. */
	const char *password;
	bool is_bare;
};

static int load(struct library *lib, struct gm_error *err)
{
	/* Never closed: what it brought along may not be made for leaving. */
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	size_t i;

	if (!library) {
		gm_error_set(err, GM_ERROR, "cannot load '%s'", LIBRARY);
		return gm_error_hint(err, "install MariaDB Connector/C, on "
					  "Debian libmariadb3");
	}
	for (i = 0; i < GM_ARRAY_SIZE(functions); i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return gm_error_set(err, GM_ERROR, "%s has no '%s'",
					    LIBRARY, functions[i].name);
		memcpy((char *)lib + functions[i].at, &function,
		       sizeof(function));
	}
	return 0;
}

static int refuse_file(void **handle, const char *name, void *context)
{
	(void)name;
	(void)context;
	*handle = NULL;
	return 1;
}

static int read_nothing(void *handle, char *buf, unsigned int len)
{
	(void)handle;
	(void)buf;
	(void)len;
	return -1;
}

static void end_nothing(void *handle)
{
	(void)handle;
}

static int say_refused(void *handle, char *buf, unsigned int len)
{
	static const char text[] = "LOAD DATA LOCAL is not allowed";

	(void)handle;
	if (len) {
		strncpy(buf, text, len);
		buf[len - 1] = '\0';
	}
	return 2;
}

/* What stays on this machine needs no TLS that nobody asked for. */
static bool is_socket(const struct gm_mysql_place *place)
{
	return place->socket || (!place->port && place->host &&
				 !strcmp(place->host, "localhost"));
}

static void set_tls(struct gm_mysql_client *c,
		    const struct gm_mysql_place *place)
{
	my_bool on = 1;

	if (place->tls == GM_MYSQL_TLS_DISABLED ||
	    (place->tls == GM_MYSQL_TLS_PREFERRED && is_socket(place)))
		return;
	/* So the library asks for TLS, and does without where the server has
	 * none; it looks at the chain where it is told an authority. */
	c->lib.optionsv(c->mysql, MYSQL_OPT_SSL_ENFORCE, &on);
	c->lib.optionsv(c->mysql, MYSQL_OPT_SSL_KEY, place->key);
	c->lib.optionsv(c->mysql, MYSQL_OPT_SSL_CERT, place->cert);
	c->lib.optionsv(c->mysql, MYSQL_OPT_SSL_CA, place->ca);
	if (place->tls == GM_MYSQL_TLS_VERIFY_IDENTITY)
		c->lib.optionsv(c->mysql, MYSQL_OPT_SSL_VERIFY_SERVER_CERT,
				&on);
}

static void set_options(struct gm_mysql_client *c,
			const struct gm_mysql_place *place)
{
	unsigned off = 0;
	unsigned tcp = MYSQL_PROTOCOL_TCP;

	c->lib.optionsv(c->mysql, MYSQL_READ_DEFAULT_GROUP, "client");
	c->lib.optionsv(c->mysql, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	c->lib.optionsv(c->mysql, MYSQL_OPT_LOCAL_INFILE, &off);
	c->lib.optionsv(c->mysql, MYSQL_OPT_CONNECT_TIMEOUT,
			&place->connect_timeout_s);
	c->lib.optionsv(c->mysql, MYSQL_OPT_CONNECT_ATTR_ADD, "program_name",
			"git-migrate");
	/* A port means TCP, even to localhost. */
	if (place->port && !place->socket)
		c->lib.optionsv(c->mysql, MYSQL_OPT_PROTOCOL, &tcp);
	set_tls(c, place);
}

/* What the library calls the guard, and what the guard finds its client by. */
#define GUARD "git_migrate_guard"
#define CLIENT "git_migrate_client"
#define AUTHENTICATION_PLUGIN 2
#define AUTHENTICATION_INTERFACE 0x0100

/*
 * The library sends a password also to a server without TLS, unless it has to
 * verify whose certificate it is. So where TLS must be, it is this that the
 * library first asks to prove who the user is. The greeting goes out without
 * a password, and the library gets that only behind it, once there is TLS.
 */
static int guard(MYSQL_PLUGIN_VIO *vio, MYSQL *mysql)
{
	struct gm_mysql_client *c = NULL;
	struct library lib;
	const char *password;

	if (load(&lib, NULL) < 0 ||
	    lib.get_optionv(mysql, MARIADB_OPT_USERDATA, (void *)CLIENT, &c) ||
	    !c || vio->write_packet(vio, NULL, 0))
		return CR_ERROR;
	c->is_bare = !lib.get_ssl_cipher(mysql);
	if (c->is_bare)
		return CR_ERROR;
	password = c->password ? c->password : mysql->options.password;
	if (!password)
		password = getenv("MYSQL_PWD");
	free(mysql->passwd);
	mysql->passwd = gm_strdup(password ? password : "");
	return CR_OK;
}

/* The header that tells this doesn't always come with what it includes. */
static const struct {
	MYSQL_CLIENT_PLUGIN_HEADER
	int (*authenticate_user)(MYSQL_PLUGIN_VIO *vio, MYSQL *mysql);
} guard_plugin = {
	.type = AUTHENTICATION_PLUGIN,
	.interface_version = AUTHENTICATION_INTERFACE,
	.name = GUARD,
	.author = "git-migrate",
	.desc = "no password without TLS",
	.version = { 1, 0, 0 },
	.license = "MIT",
	.authenticate_user = guard,
};

/* The library keeps it for all connections; that it has it already is an
 * error, which must not be found on a connection of use. */
static void set_guard(struct gm_mysql_client *c)
{
	MYSQL *scratch = c->lib.init(NULL);

	if (scratch)
		c->lib.client_register_plugin(
			scratch,
			(struct st_mysql_client_plugin *)&guard_plugin);
	c->lib.close(scratch);
	c->lib.optionsv(c->mysql, MARIADB_OPT_USERDATA, CLIENT, c);
	c->lib.optionsv(c->mysql, MYSQL_DEFAULT_AUTH, GUARD);
}

static bool needs_guard(const struct gm_mysql_place *place)
{
	return place->tls == GM_MYSQL_TLS_REQUIRED ||
	       place->tls == GM_MYSQL_TLS_VERIFY_CA;
}

static bool dial(struct gm_mysql_client *c, const struct gm_mysql_place *place)
{
	bool guarded = needs_guard(place);

	c->mysql = c->lib.init(NULL);
	if (!c->mysql)
		return false;
	set_options(c, place);
	if (guarded)
		set_guard(c);
	c->password = place->password;
	return c->lib.real_connect(c->mysql, place->host, place->user,
				   guarded ? "" : place->password,
				   place->database, place->port, place->socket,
				   CLIENT_MULTI_RESULTS);
}

int gm_mysql_connect(struct gm_mysql_client **out,
		     const struct gm_mysql_place *place, struct gm_error *err)
{
	struct gm_mysql_client *c = gm_calloc(1, sizeof(*c));
	bool is_there;
	int ret = load(&c->lib, err);

	*out = NULL;
	if (ret < 0)
		goto done;
	is_there = dial(c, place);
	/* The library goes on without TLS where the server has none. */
	if (is_there && place->tls >= GM_MYSQL_TLS_REQUIRED)
		c->is_bare = !c->lib.get_ssl_cipher(c->mysql);
	if (!c->mysql)
		ret = gm_error_set(err, GM_ERROR, "out of memory");
	else if (c->is_bare)
		ret = gm_mysql_fail_connect(GM_MYSQL_TLS, "the server has none",
					    place, err);
	else if (!is_there)
		ret = gm_mysql_fail_connect(c->lib.errno(c->mysql),
					    c->lib.error(c->mysql), place, err);
	if (ret < 0)
		goto done;
	/* A file of options may have allowed it. */
	c->lib.set_local_infile_handler(c->mysql, refuse_file, read_nothing,
					end_nothing, say_refused, NULL);
	c->password = NULL;
	*out = c;
	c = NULL;
done:
	gm_mysql_disconnect(c);
	return ret;
}

static void forget_prepared(struct gm_mysql_client *c)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		c->lib.stmt_close(c->v[i].stmt);
	c->n = 0;
}

void gm_mysql_disconnect(struct gm_mysql_client *c)
{
	if (!c)
		return;
	forget_prepared(c);
	free(c->v);
	if (c->mysql)
		c->lib.close(c->mysql);
	free(c);
}

static int failed(struct gm_mysql_client *c, const char *sql, size_t len,
		  struct gm_error *err)
{
	c->failed = c->lib.errno(c->mysql);
	return gm_mysql_fail(c->failed, c->lib.sqlstate(c->mysql),
			     c->lib.error(c->mysql), sql, len, err);
}

static int stmt_failed(struct gm_mysql_client *c, MYSQL_STMT *stmt,
		       struct gm_error *err)
{
	c->failed = c->lib.stmt_errno(stmt);
	return gm_mysql_fail(c->failed, c->lib.stmt_sqlstate(stmt),
			     c->lib.stmt_error(stmt), NULL, 0, err);
}

static bool is_integer(const MYSQL_FIELD *field)
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
	if (is_integer(field))
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

/* The statement of that text, prepared now or before. */
static int prepare(struct gm_mysql_client *c, const char *sql, MYSQL_STMT **out,
		   struct gm_error *err)
{
	my_bool on = 1;
	MYSQL_STMT *stmt;
	size_t i;
	int ret;

	for (i = 0; i < c->n; i++)
		if (c->v[i].sql == sql) {
			*out = c->v[i].stmt;
			return 0;
		}
	stmt = c->lib.stmt_init(c->mysql);
	if (!stmt)
		return gm_error_set(err, GM_ERROR, "out of memory");
	if (c->lib.stmt_prepare(stmt, sql, strlen(sql))) {
		ret = stmt_failed(c, stmt, err);
		c->lib.stmt_close(stmt);
		return ret;
	}
	c->lib.stmt_attr_set(stmt, STMT_ATTR_UPDATE_MAX_LENGTH, &on);
	GM_GROW(c->v, c->n, c->cap);
	c->v[c->n].sql = sql;
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
		if (is_integer(&fields[i])) {
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
	int ret = prepare(c, sql, &stmt, err);

	if (!ret)
		ret = execute(c, stmt, params, n, err);
	return ret < 0 ? ret : read_result(c, stmt, row, context, err);
}

int gm_mysql_reset(struct gm_mysql_client *c, const char *database,
		   struct gm_error *err)
{
	forget_prepared(c);
	if (c->lib.reset_connection(c->mysql) ||
	    c->lib.select_db(c->mysql, database))
		return failed(c, NULL, 0, err);
	return 0;
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
