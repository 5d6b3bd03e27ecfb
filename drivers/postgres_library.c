/*
 * libpq, opened by name when a PostgreSQL database is asked for: linked to
 * the program, it and the TLS and Kerberos libraries that it brings would
 * cost every start more than all the rest. And a connection, from its
 * settings to its end.
 */
#include <dlfcn.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "postgres_library.h"

#ifdef __APPLE__
#define LIBRARY "libpq.5.dylib"
#else
#define LIBRARY "libpq.so.5"
#endif

struct function {
	const char *name;
	/* Where it goes in struct gm_pq_library. */
	size_t at;
};

#define ENTRY(name) { "PQ" #name, offsetof(struct gm_pq_library, name) },

/* The name of the first one that the library hasn't got, or NULL. */
static const char *look_up(struct gm_pq_library *out, void *library,
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

static int load(struct gm_pq_library *out, struct gm_error *err)
{
	static const struct function functions[] = { GM_PQ_FUNCTIONS(ENTRY) };
	static const struct function pipeline[] = { GM_PQ_PIPELINE_FUNCTIONS(
		ENTRY) };
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

static void on_notice(void *context, const PGresult *result)
{
	struct gm_pq *pq = context;
	const char *severity = pq->call.resultErrorField(
		result, PG_DIAG_SEVERITY_NONLOCALIZED);
	const char *message = pq->call.resultErrorField(
		result, PG_DIAG_MESSAGE_PRIMARY);

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
	beside->cancel = pq->call.getCancel(beside->conn);
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
