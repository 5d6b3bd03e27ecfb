/*
 * Statements over libpq: they are sent and awaited here, one by one or in a
 * pipeline; what their answers mean is told elsewhere.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/time.h"
#include "postgres_library.h"

/* COPY's rows are sent in pieces of this size. */
#define COPY_BYTES (1 << 20)

static const char *field(const struct gm_pq *pq, const PGresult *result,
			 int code)
{
	return pq->call.resultErrorField(result, code);
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
