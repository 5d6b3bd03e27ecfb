/*
 * For the files of the PostgreSQL driver that call libpq: its functions, as
 * they are found at run time, and a connection. The others get by with
 * postgres.h.
 */
#ifndef GM_DRIVERS_POSTGRES_LIBRARY_H
#define GM_DRIVERS_POSTGRES_LIBRARY_H

#include <libpq-fe.h>

#include "drivers/postgres.h"

#define GM_PQ_FUNCTIONS(X)                                                     \
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
#define GM_PQ_PIPELINE_FUNCTIONS(X)                                            \
	X(enterPipelineMode)                                                   \
	X(exitPipelineMode)                                                    \
	X(pipelineSync)                                                        \
	X(sendFlushRequest)                                                    \
	X(setnonblocking)                                                      \
	X(flush)                                                               \
	X(sendPrepare)                                                         \
	X(sendQueryPrepared)

#define GM_PQ_MEMBER(name) __typeof__(PQ##name) *name;

struct gm_pq_library {
	GM_PQ_FUNCTIONS(GM_PQ_MEMBER)
	GM_PQ_PIPELINE_FUNCTIONS(GM_PQ_MEMBER)
	bool has_pipeline;
};

struct gm_pq {
	struct gm_pq_library call;
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

#endif
