/*
 * libpq, opened by name when a PostgreSQL database is asked for: linked to
 * the program, it and the TLS and Kerberos libraries that it brings would
 * cost every start more than all the rest. Statements are sent and awaited
 * here; what their answers mean is told elsewhere.
 */
#include <dlfcn.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include "base/alloc.h"
#include "base/time.h"
#include "postgres.h"

#ifdef __APPLE__
#define LIBRARY "libpq.5.dylib"
#else
#define LIBRARY "libpq.so.5"
#endif

/* COPY's rows are sent in pieces of this size. */
#define COPY_BYTES (1 << 20)

#define FUNCTIONS(X)                                                           \
	X(connectdbParams)                                                     \
	X(finish)                                                              \
	X(reset)                                                               \
	X(status)                                                              \
	X(errorMessage)                                                        \
	X(connectionNeedsPassword)                                             \
	X(conninfo)                                                            \
	X(conninfoFree)                                                        \
	X(user)                                                                \
	X(pass)                                                                \
	X(host)                                                                \
	X(hostaddr)                                                            \
	X(port)                                                                \
	X(db)                                                                  \
	X(backendPID)                                                          \
	X(serverVersion)                                                       \
	X(parameterStatus)                                                     \
	X(transactionStatus)                                                   \
	X(socket)                                                              \
	X(setNoticeReceiver)                                                   \
	X(getCancel)                                                           \
	X(freeCancel)                                                          \
	X(cancel)                                                              \
	X(sendQuery)                                                           \
	X(sendQueryParams)                                                     \
	X(setSingleRowMode)                                                    \
	X(consumeInput)                                                        \
	X(isBusy)                                                              \
	X(getResult)                                                           \
	X(resultStatus)                                                        \
	X(resultErrorField)                                                    \
	X(resultErrorMessage)                                                  \
	X(cmdStatus)                                                           \
	X(ntuples)                                                             \
	X(nfields)                                                             \
	X(getvalue)                                                            \
	X(getlength)                                                           \
	X(getisnull)                                                           \
	X(clear)                                                               \
	X(putCopyData)                                                         \
	X(putCopyEnd)                                                          \
	X(getCopyData)                                                         \
	X(freemem)

/* Since libpq 14; without them there is no pipeline. */
#define PIPELINE_FUNCTIONS(X)                                                  \
	X(enterPipelineMode)                                                   \
	X(exitPipelineMode)                                                    \
	X(pipelineSync)                                                        \
	X(sendFlushRequest)                                                    \
	X(setnonblocking)                                                      \
	X(flush)                                                               \
	X(sendPrepare)                                                         \
	X(sendQueryPrepared)

#define MEMBER(name) __typeof__(PQ##name) *name;

struct library {
	FUNCTIONS(MEMBER)
	PIPELINE_FUNCTIONS(MEMBER)
	bool has_pipeline;
};

struct gm_pq {
	struct library call;
	PGconn *conn;
	/* Made when connecting, since it may be needed in another thread. */
	PGcancel *cancel;
	/* Of the answer that is being taken: whether it has begun, and what
	 * came of it so far. */
	bool taking;
	int taken;
	void (*notice)(void *context, const char *severity,
		       const char *message);
	void *notice_context;
};

struct function {
	const char *name;
	/* Where it goes in struct library. */
	size_t at;
};

#define ENTRY(name) { "PQ" #name, offsetof(struct library, name) },

/* The name of the first one that the library hasn't got, or NULL. */
static const char *look_up(struct library *out, void *library,
			   const struct function *functions, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		void *function = dlsym(library, functions[i].name);

		if (!function)
			return functions[i].name;
		memcpy((char *)out + functions[i].at, &function,
		       sizeof(function));
	}
	return NULL;
}

static int load(struct library *out, struct gm_error *err)
{
	static const struct function functions[] = { FUNCTIONS(ENTRY) };
	static const struct function pipeline[] = { PIPELINE_FUNCTIONS(ENTRY) };
	/* Never closed: what it brought along isn't made for leaving. */
	void *library = dlopen(LIBRARY, RTLD_NOW | RTLD_LOCAL);
	const char *missing;

	if (!library) {
		gm_error_set(err, GM_ERROR, "cannot load '%s'", LIBRARY);
		return gm_error_hint(err, "install PostgreSQL's client "
					  "library, libpq");
	}
	missing = look_up(out, library, functions, GM_ARRAY_SIZE(functions));
	if (missing)
		return gm_error_set(err, GM_ERROR, "%s has no '%s'", LIBRARY,
				    missing);
	out->has_pipeline = !look_up(out, library, pipeline,
				     GM_ARRAY_SIZE(pipeline));
	return 0;
}

static const char *field(const struct gm_pq *pq, const PGresult *result,
			 int code)
{
	return pq->call.resultErrorField(result, code);
}

static void on_notice(void *context, const PGresult *result)
{
	struct gm_pq *pq = context;
	const char *severity = field(pq, result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *message = field(pq, result, PG_DIAG_MESSAGE_PRIMARY);

	if (pq->notice && message)
		pq->notice(pq->notice_context, severity ? severity : "",
			   message);
}

static void connect_with(struct gm_pq *pq, const struct gm_pq_setting *settings)
{
	const char *names[GM_PQ_SETTINGS] = { NULL };
	const char *values[GM_PQ_SETTINGS] = { NULL };
	size_t i;

	for (i = 0; i + 1 < GM_PQ_SETTINGS && settings[i].name; i++) {
		names[i] = settings[i].name;
		values[i] = settings[i].value;
	}
	pq->conn = pq->call.connectdbParams(names, values, 1);
	pq->cancel = pq->call.getCancel(pq->conn);
	pq->call.setNoticeReceiver(pq->conn, on_notice, pq);
}

int gm_pq_open(struct gm_pq **out, const struct gm_pq_setting *settings,
	       struct gm_error *err)
{
	struct gm_pq *pq = gm_calloc(1, sizeof(*pq));
	int ret = load(&pq->call, err);

	if (ret < 0) {
		free(pq);
		pq = NULL;
	} else {
		connect_with(pq, settings);
	}
	*out = pq;
	return ret;
}

void gm_pq_close(struct gm_pq *pq)
{
	if (!pq)
		return;
	pq->call.freeCancel(pq->cancel);
	pq->call.finish(pq->conn);
	free(pq);
}

struct gm_pq *gm_pq_open_beside(const struct gm_pq *pq)
{
	PQconninfoOption *options = pq->call.conninfo(pq->conn);
	struct gm_pq *beside = gm_calloc(1, sizeof(*beside));
	const char **names;
	const char **values;
	size_t n = 0;
	size_t i;

	for (n = 0; options && options[n].keyword; n++)
		;
	names = gm_calloc(n + 4, sizeof(*names));
	values = gm_calloc(n + 4, sizeof(*values));
	for (i = 0; i < n; i++) {
		names[i] = options[i].keyword;
		values[i] = options[i].val;
	}
	/* Of several hosts, the one that answered. */
	names[i] = "host";
	values[i++] = gm_pq_host(pq);
	names[i] = "hostaddr";
	values[i++] = pq->call.hostaddr(pq->conn);
	names[i] = "port";
	values[i++] = gm_pq_port(pq);
	beside->call = pq->call;
	beside->conn = pq->call.connectdbParams(names, values, 0);
	beside->call.setNoticeReceiver(beside->conn, on_notice, beside);
	free(names);
	free(values);
	pq->call.conninfoFree(options);
	if (gm_pq_is_connected(beside))
		return beside;
	gm_pq_close(beside);
	return NULL;
}

bool gm_pq_reset(struct gm_pq *pq)
{
	pq->call.reset(pq->conn);
	pq->call.freeCancel(pq->cancel);
	pq->cancel = pq->call.getCancel(pq->conn);
	return gm_pq_is_connected(pq);
}

bool gm_pq_is_connected(const struct gm_pq *pq)
{
	return pq->call.status(pq->conn) == CONNECTION_OK;
}

bool gm_pq_needs_password(const struct gm_pq *pq)
{
	return pq->call.connectionNeedsPassword(pq->conn) == 1;
}

static const char *text(const char *s)
{
	return s ? s : "";
}

const char *gm_pq_message(const struct gm_pq *pq)
{
	return text(pq->call.errorMessage(pq->conn));
}

const char *gm_pq_user(const struct gm_pq *pq)
{
	return text(pq->call.user(pq->conn));
}

const char *gm_pq_host(const struct gm_pq *pq)
{
	return text(pq->call.host(pq->conn));
}

const char *gm_pq_port(const struct gm_pq *pq)
{
	return text(pq->call.port(pq->conn));
}

const char *gm_pq_database(const struct gm_pq *pq)
{
	return text(pq->call.db(pq->conn));
}

const char *gm_pq_password(const struct gm_pq *pq)
{
	return text(pq->call.pass(pq->conn));
}

const char *gm_pq_parameter(const struct gm_pq *pq, const char *name)
{
	return pq->call.parameterStatus(pq->conn, name);
}

int gm_pq_process(const struct gm_pq *pq)
{
	return pq->call.backendPID(pq->conn);
}

int gm_pq_server_version(const struct gm_pq *pq)
{
	return pq->call.serverVersion(pq->conn);
}

void gm_pq_set_notice(struct gm_pq *pq,
		      void (*notice)(void *context, const char *severity,
				     const char *message),
		      void *context)
{
	pq->notice = notice;
	pq->notice_context = context;
}

enum gm_pq_transaction gm_pq_transaction(const struct gm_pq *pq)
{
	switch (pq->call.transactionStatus(pq->conn)) {
	case PQTRANS_IDLE:
		return GM_PQ_IDLE;
	case PQTRANS_INERROR:
		return GM_PQ_ABORTED;
	case PQTRANS_UNKNOWN:
		return GM_PQ_LOST;
	default:
		return GM_PQ_OPEN;
	}
}

void gm_pq_cancel(struct gm_pq *pq)
{
	char ignored[256];

	if (pq->cancel)
		pq->call.cancel(pq->cancel, ignored, sizeof(ignored));
}

/* `name`: that of a prepared statement, or NULL. */
static bool send_statement(struct gm_pq *pq,
			   const struct gm_pq_statement *statement,
			   const char *name)
{
	int n = (int)statement->n_params;
	const char **values;
	char **copies;
	bool sent;
	size_t i;

	if (statement->several)
		return pq->call.sendQuery(pq->conn, statement->sql);
	values = gm_calloc(statement->n_params + 1, sizeof(*values));
	copies = gm_calloc(statement->n_params + 1, sizeof(*copies));
	for (i = 0; i < statement->n_params; i++)
		values[i] = copies[i] = gm_value_to_text(&statement->params[i]);
	if (name)
		sent = pq->call.sendQueryPrepared(pq->conn, name, n, values,
						  NULL, NULL, 0);
	else
		sent = pq->call.sendQueryParams(pq->conn, statement->sql, n,
						NULL, values, NULL, NULL, 0);
	for (i = 0; i < statement->n_params; i++)
		free(copies[i]);
	free(copies);
	free(values);
	return sent;
}

/* Waits until something can be read, or written where `events` says so;
 * false where the connection is lost. */
static bool wait_for_socket(struct gm_pq *pq, short events, int timeout_ms,
			    bool *in_time)
{
	struct pollfd fd = { .fd = pq->call.socket(pq->conn),
			     .events = events };
	int ready = poll(&fd, 1, timeout_ms);

	*in_time = ready != 0;
	if (ready < 0)
		return errno == EINTR;
	if (ready > 0 && fd.revents & ~POLLOUT)
		return pq->call.consumeInput(pq->conn);
	return true;
}

/* Until there is a result to be had, or the connection is lost. */
static void wait_for_result(struct gm_pq *pq,
			    const struct gm_pq_statement *statement)
{
	int patience = statement->patience_ms ? statement->patience_ms : -1;
	int64_t end = patience > 0 ? gm_time_ms() + patience : 0;

	while (pq->call.isBusy(pq->conn)) {
		int64_t left = patience > 0 ? end - gm_time_ms() : -1;
		bool in_time;

		if (patience > 0 && left < 0)
			left = 0;
		if (!wait_for_socket(pq, POLLIN, (int)left, &in_time))
			return;
		if (in_time)
			continue;
		statement->on_patience(statement->patience_context);
		end = gm_time_ms() + patience;
	}
}

static int give_rows(struct gm_pq *pq, const struct gm_pq_statement *statement,
		     const PGresult *result)
{
	int rows = pq->call.ntuples(result);
	int n = pq->call.nfields(result);
	struct gm_value *columns;
	int ret = 0;
	int r;
	int c;

	if (!statement->row || !rows)
		return 0;
	columns = gm_calloc((size_t)n + 1, sizeof(*columns));
	for (r = 0; !ret && r < rows; r++) {
		for (c = 0; c < n; c++)
			if (pq->call.getisnull(result, r, c))
				columns[c] = gm_value_null();
			else
				columns[c] = gm_value_bytes(
					pq->call.getvalue(result, r, c),
					(size_t)pq->call.getlength(result, r,
								   c));
		ret = statement->row(statement->context, columns, (size_t)n);
	}
	free(columns);
	return ret;
}

static void give_data(struct gm_pq *pq, const struct gm_pq_statement *statement)
{
	const char *data = statement->data;
	size_t left = statement->data_len;

	while (data && left) {
		int size = left < COPY_BYTES ? (int)left : COPY_BYTES;

		if (pq->call.putCopyData(pq->conn, data, size) < 0)
			break;
		data += size;
		left -= (size_t)size;
	}
	pq->call.putCopyEnd(pq->conn,
			    data ? NULL : "the script has no rows for it");
}

static void pass_over_data(struct gm_pq *pq)
{
	char *line;

	while (pq->call.getCopyData(pq->conn, &line, 0) > 0)
		pq->call.freemem(line);
}

static int refuse(struct gm_pq *pq, const struct gm_pq_statement *statement,
		  const PGresult *result, struct gm_error *err)
{
	struct gm_pq_report report = {
		.severity = field(pq, result, PG_DIAG_SEVERITY_NONLOCALIZED),
		.sqlstate = field(pq, result, PG_DIAG_SQLSTATE),
		.message = field(pq, result, PG_DIAG_MESSAGE_PRIMARY),
		.detail = field(pq, result, PG_DIAG_MESSAGE_DETAIL),
		.hint = field(pq, result, PG_DIAG_MESSAGE_HINT),
		.context = field(pq, result, PG_DIAG_CONTEXT),
		.position = field(pq, result, PG_DIAG_STATEMENT_POSITION),
	};

	if (!report.message)
		report.message = pq->call.resultErrorMessage(result);
	return statement->on_error(statement->error_context, &report, err);
}

static int take_result(struct gm_pq *pq,
		       const struct gm_pq_statement *statement,
		       PGresult *result, char *tag, struct gm_error *err)
{
	switch (pq->call.resultStatus(result)) {
	case PGRES_SINGLE_TUPLE:
	case PGRES_TUPLES_OK:
	case PGRES_COMMAND_OK:
		if (tag)
			snprintf(tag, GM_PQ_TAG, "%s",
				 pq->call.cmdStatus(result));
		return give_rows(pq, statement, result);
	case PGRES_COPY_IN:
		give_data(pq, statement);
		return 0;
	case PGRES_COPY_OUT:
		pass_over_data(pq);
		return 0;
	case PGRES_EMPTY_QUERY:
		return 0;
	default:
		return refuse(pq, statement, result, err);
	}
}

static int lost(const struct gm_pq *pq, struct gm_error *err)
{
	const char *message = gm_pq_message(pq);
	size_t len = strcspn(message, "\n");

	return gm_error_set(err, GM_ECONNECT,
			    "the connection to the database was lost%s%.*s",
			    len ? ": " : "", (int)len, message);
}

int gm_pq_run(struct gm_pq *pq, const struct gm_pq_statement *statement,
	      char *tag, struct gm_error *err)
{
	PGresult *result;
	int ret = 0;

	if (tag)
		*tag = '\0';
	if (!gm_pq_is_connected(pq) || !send_statement(pq, statement, NULL))
		return lost(pq, err);
	/* Rows are read as they come, so that they needn't fit in memory. */
	pq->call.setSingleRowMode(pq->conn);
	for (;;) {
		int one = 0;

		wait_for_result(pq, statement);
		result = pq->call.getResult(pq->conn);
		if (!result)
			break;
		one = take_result(pq, statement, result, ret ? NULL : tag,
				  ret ? NULL : err);
		if (!ret)
			ret = one;
		pq->call.clear(result);
	}
	if (!gm_pq_is_connected(pq))
		return ret == GM_ECONNECT ? ret : lost(pq, err);
	return ret;
}

bool gm_pq_pipeline(struct gm_pq *pq, bool on)
{
	if (!pq->call.has_pipeline || !gm_pq_is_connected(pq))
		return false;
	pq->taking = false;
	if (on)
		return pq->call.enterPipelineMode(pq->conn) &&
		       !pq->call.setnonblocking(pq->conn, 1);
	return pq->call.exitPipelineMode(pq->conn) &&
	       !pq->call.setnonblocking(pq->conn, 0);
}

bool gm_pq_put(struct gm_pq *pq, const struct gm_pq_statement *statement,
	       const char *name)
{
	return send_statement(pq, statement, name);
}

bool gm_pq_put_prepare(struct gm_pq *pq, const char *name, const char *sql)
{
	return pq->call.sendPrepare(pq->conn, name, sql, 0, NULL);
}

bool gm_pq_put_flush(struct gm_pq *pq)
{
	return pq->call.sendFlushRequest(pq->conn);
}

bool gm_pq_put_sync(struct gm_pq *pq)
{
	return pq->call.pipelineSync(pq->conn);
}

int gm_pq_write(struct gm_pq *pq)
{
	int left = pq->call.flush(pq->conn);
	bool in_time;

	if (left > 0 && !wait_for_socket(pq, POLLIN | POLLOUT, -1, &in_time))
		left = -1;
	return left;
}

int gm_pq_take(struct gm_pq *pq, const struct gm_pq_statement *statement,
	       bool wait, char *tag, struct gm_error *err)
{
	if (!pq->taking) {
		pq->call.setSingleRowMode(pq->conn);
		pq->taking = true;
		pq->taken = GM_PQ_SKIPPED;
		if (tag)
			*tag = '\0';
	}
	for (;;) {
		PGresult *result;
		int one;

		if (wait)
			wait_for_result(pq, statement);
		else if (pq->call.isBusy(pq->conn))
			return GM_PQ_PENDING;
		result = pq->call.getResult(pq->conn);
		if (!result)
			break;
		one = pq->call.resultStatus(result);
		if (one == PGRES_PIPELINE_SYNC) {
			pq->call.clear(result);
			pq->taking = false;
			return GM_PQ_ANSWERED;
		}
		if (one != PGRES_PIPELINE_ABORTED) {
			one = take_result(pq, statement, result, tag,
					  pq->taken < 0 ? NULL : err);
			if (pq->taken >= 0)
				pq->taken = one < 0 ? one : GM_PQ_ANSWERED;
		}
		pq->call.clear(result);
	}
	pq->taking = false;
	if (!gm_pq_is_connected(pq) && pq->taken != GM_ECONNECT)
		return lost(pq, err);
	return pq->taken;
}
