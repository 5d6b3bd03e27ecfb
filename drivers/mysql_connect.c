/*
 * Connecting to a MySQL or MariaDB server. libmariadb is opened by name when
 * a server is asked for: linked to the program, it and the TLS library that it
 * brings would cost each start more than all the rest.
 */
#include <dlfcn.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/alloc.h"
#include "drivers/mysql_library.h"

#ifdef __APPLE__
#define LIBRARY "libmariadb.3.dylib"
#else
#define LIBRARY "libmariadb.so.3"
#endif

static const struct {
	const char *name;
	size_t at;
} functions[] = {
#define ENTRY(name) { "mysql_" #name, offsetof(struct gm_mysql_library, name) },
	GM_MYSQL_FUNCTIONS(ENTRY)
};

int gm_mysql_load(struct gm_mysql_library *lib, struct gm_error *err)
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
	struct gm_mysql_library lib;
	const char *password;

	if (gm_mysql_load(&lib, NULL) < 0 ||
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

/* macOS has another name for it. */
#ifndef TCP_KEEPIDLE
#define TCP_KEEPIDLE TCP_KEEPALIVE
#endif

/* A statement may take hours, and what stands between forgets a connection
 * that says nothing for some minutes. On a socket of this machine it does
 * nothing. */
static void keep_alive(const struct gm_mysql_client *c)
{
	static const struct {
		int name;
		int value;
	} options[] = {
		{ TCP_KEEPIDLE, 60 },
		{ TCP_KEEPINTVL, 10 },
		{ TCP_KEEPCNT, 6 },
	};
	int socket = c->lib.get_socket(c->mysql);
	int on = 1;
	size_t i;

	setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
	for (i = 0; i < GM_ARRAY_SIZE(options); i++)
		setsockopt(socket, IPPROTO_TCP, options[i].name,
			   &options[i].value, sizeof(int));
}

int gm_mysql_connect(struct gm_mysql_client **out,
		     const struct gm_mysql_place *place, struct gm_error *err)
{
	struct gm_mysql_client *c = gm_calloc(1, sizeof(*c));
	bool is_there;
	int ret = gm_mysql_load(&c->lib, err);

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
	keep_alive(c);
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

void gm_mysql_disconnect(struct gm_mysql_client *c)
{
	if (!c)
		return;
	gm_mysql_forget_prepared(c);
	free(c->v);
	if (c->mysql)
		c->lib.close(c->mysql);
	free(c);
}
