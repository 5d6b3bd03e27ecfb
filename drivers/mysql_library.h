/*
 * For the files of the MySQL driver that call libmariadb: its functions, as
 * they are found at run time, and a connection. The others get by with
 * mysql.h.
 */
#ifndef GM_DRIVERS_MYSQL_LIBRARY_H
#define GM_DRIVERS_MYSQL_LIBRARY_H

#include <mysql.h>
#include <mysql/plugin_auth.h>

#include "drivers/mysql.h"

/* The functions that are used, without "mysql_". */
#define GM_MYSQL_FUNCTIONS(X)                                                  \
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
	X(ping)                                                                \
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

#define GM_MYSQL_MEMBER(name) __typeof__(mysql_##name) *name;

struct gm_mysql_library {
	GM_MYSQL_FUNCTIONS(GM_MYSQL_MEMBER)
};

/* A prepared statement, known by the address of its text; with a commit
 * behind it, or without. */
struct gm_mysql_prepared {
	const char *sql;
	bool commits;
	MYSQL_STMT *stmt;
};

struct gm_mysql_client {
	struct gm_mysql_library lib;
	MYSQL *mysql;
	struct gm_mysql_prepared *v;
	size_t n;
	size_t cap;
	unsigned failed;
	/* While it connects: the place's, and whether the server has turned
	 * out to have no TLS. */
	const char *password;
	bool is_bare;
};

/* Finds the library. GM_ERROR where it isn't installed. */
int gm_mysql_load(struct gm_mysql_library *lib, struct gm_error *err);

/* What stays on the server of statements that were prepared. */
void gm_mysql_forget_prepared(struct gm_mysql_client *client);

/* Whether a column's values are whole numbers that fit. */
bool gm_mysql_is_integer(const MYSQL_FIELD *field);

#endif
