/*
 * What a server's error numbers mean, and where in a statement the error is.
 * The server doesn't say the place; its messages quote what they stumbled
 * over, and that can often be found again.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "drivers/mysql.h"

/* A syntax error quotes at most so much of what follows. */
#define NEAR_LIMIT 80

static enum gm_code code_of(unsigned number)
{
	switch (number) {
	case GM_MYSQL_SHUTDOWN:
	case GM_MYSQL_KILLED:
	case GM_MYSQL_GONE:
	case GM_MYSQL_LOST:
	case GM_MYSQL_LOST_AT:
	case GM_MYSQL_INACTIVE:
		return GM_ECONNECT;
	default:
		return GM_ESQL;
	}
}

/* The offset of a line, counted from 1, or len. */
static size_t line_start(const char *sql, size_t len, unsigned long line)
{
	const char *p = sql;

	while (p && --line > 0) {
		p = memchr(p, '\n', len - (size_t)(p - sql));
		p = p ? p + 1 : NULL;
	}
	return p ? (size_t)(p - sql) : len;
}

/* Where `word` stands in sql from `from` on, if it does once only. */
static size_t find_once(const char *sql, size_t len, size_t from,
			const char *word, size_t word_len)
{
	size_t found = 0;
	size_t i;

	for (i = from; word_len && i + word_len <= len; i++) {
		if (memcmp(sql + i, word, word_len) != 0)
			continue;
		if (found)
			return 0;
		found = i + 1;
	}
	return found;
}

/* "… near 'TEXT' at line N": the text goes on to the statement's end, or is
 * cut; its first byte is the place. */
static size_t syntax_position(const char *text, const char *sql, size_t len)
{
	const char *near = strstr(text, " near '");
	const char *end = NULL;
	const char *p;
	size_t near_len;

	for (p = near; p && (p = strstr(p, "' at line ")); p++)
		end = p;
	if (!end)
		return 0;
	near += strlen(" near '");
	near_len = (size_t)(end - near);
	while (len && strchr(" \t\n", sql[len - 1]))
		len--;
	if (near_len < NEAR_LIMIT && near_len <= len &&
	    !memcmp(sql + len - near_len, near, near_len))
		return len - near_len + 1;
	return find_once(sql, len,
			 line_start(sql, len, strtoul(end + 10, NULL, 10)),
			 near, near_len);
}

static bool is_word(char c)
{
	return c == '_' || c == '$' || (unsigned char)c >= 0x80 ||
	       (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* The name that the message quotes, if the statement has it once. */
static size_t name_position(const char *text, const char *sql, size_t len)
{
	const char *name = strchr(text, '\'');
	const char *end = name ? strchr(name + 1, '\'') : NULL;
	const char *p;
	size_t at;

	if (!end)
		return 0;
	/* What stands before the last dot may come from the server. */
	for (p = ++name; p < end; p++)
		if (*p == '.')
			name = p + 1;
	at = find_once(sql, len, 0, name, (size_t)(end - name));
	if (!at || (at > 1 && is_word(sql[at - 2])) ||
	    (at - 1 + (size_t)(end - name) < len &&
	     is_word(sql[at - 1 + (size_t)(end - name)])))
		return 0;
	return at;
}

static size_t position_of(unsigned number, const char *text, const char *sql,
			  size_t len)
{
	switch (number) {
	case GM_MYSQL_SYNTAX:
		return syntax_position(text, sql, len);
	case 1050: /* the table exists */
	case 1051: /* unknown table */
	case 1054: /* unknown column */
	case 1060: /* a column twice */
	case 1061: /* a key twice */
	case 1072: /* a key's column doesn't exist */
	case 1091: /* what is to be dropped doesn't exist */
	case GM_MYSQL_NO_SUCH_TABLE:
	case 1305: /* no such routine */
	case 4161: /* unknown type */
		return name_position(text, sql, len);
	default:
		return 0;
	}
}

/* The user may come in, and may not do this. */
static bool is_denied(unsigned number)
{
	switch (number) {
	case GM_MYSQL_DENIED_DATABASE:
	case 1142: /* a command on a table */
	case 1143: /* a command on a column */
	case 1227: /* what takes a privilege of the server */
	case GM_MYSQL_DENIED_ROUTINE:
		return true;
	default:
		return false;
	}
}

int gm_mysql_fail(unsigned number, const char *sqlstate, const char *text,
		  const char *sql, size_t len, struct gm_error *err)
{
	enum gm_code code = code_of(number);

	if (code == GM_ECONNECT)
		return gm_error_set(err, code,
				    "the connection to the server is lost: %s "
				    "(error %u)",
				    text, number);
	gm_error_set(err, code, "%s (error %u)", text, number);
	if (!err)
		return code;
	if (strlen(sqlstate) < sizeof(err->sqlstate))
		strcpy(err->sqlstate, sqlstate);
	if (number == GM_MYSQL_READ_ONLY ||
	    (number == GM_MYSQL_PREVENTED && strstr(text, "read-only")))
		gm_error_hint(err, "this server takes no writes; where it is a "
				   "replica, apply to the one that it follows");
	else if (number == GM_MYSQL_READS_ONLY)
		gm_error_hint(err, "where the migration doesn't say READ ONLY "
				   "itself, the server is set so: SET GLOBAL "
				   "tx_read_only = 0 (transaction_read_only on "
				   "newer ones), or connect to one that takes "
				   "writes");
	else if (is_denied(number))
		gm_error_hint(err, "grant this user what it needs, or connect "
				   "as another one");
	if (sql)
		err->position = position_of(number, text, sql, len);
	return code;
}

static char *describe_place(const struct gm_mysql_place *place)
{
	if (place->socket)
		return gm_strdup(place->socket);
	if (place->port)
		return gm_format("%s:%u",
				 place->host ? place->host : "localhost",
				 place->port);
	return gm_strdup(place->host ? place->host : "localhost");
}

static void deny(const char *text, const struct gm_mysql_place *place,
		 const char *where, struct gm_error *err)
{
	gm_error_set(err, GM_ECONNECT, "'%s' does not let us in: %s", where,
		     text);
	if (!err)
		return;
	strcpy(err->sqlstate, GM_MYSQL_STATE_DENIED);
	if (strstr(text, "(using password: NO)"))
		gm_error_hint(err, "write the password to ~/.my.cnf, below "
				   "[client], or keep it in a credential "
				   "helper of git");
	if (place->tls == GM_MYSQL_TLS_DISABLED)
		gm_error_hint(err, "a server that wants TLS says no more than "
				   "this: leave out ssl-mode=disabled");
}

/* The library's own text has less to say, where the host comes from the URL
 * and not from a file. */
static int no_answer(const char *text, const struct gm_mysql_place *place,
		     const char *where, struct gm_error *err)
{
	if (place->socket || place->host)
		gm_error_set(err, GM_EUNAVAILABLE, "no server answers at '%s'",
			     where);
	else
		gm_error_set(err, GM_EUNAVAILABLE, "no server answers: %s",
			     text);
	gm_error_hint(err, "is it running, and are host and port right?");
	return GM_EUNAVAILABLE;
}

/* The library doesn't say which file it is that it can't read. */
static bool hint_tls_file(const struct gm_mysql_place *place,
			  struct gm_error *err)
{
	const char *const files[] = { place->ca, place->cert, place->key };
	static const char *const names[] = { "ssl-ca", "ssl-cert", "ssl-key" };
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(files); i++) {
		if (!files[i] || !access(files[i], R_OK))
			continue;
		gm_error_hint(err, "%s names '%s', which can't be read: %s",
			      names[i], files[i], strerror(errno));
		return true;
	}
	return false;
}

int gm_mysql_fail_connect(unsigned number, const char *text,
			  const struct gm_mysql_place *place,
			  struct gm_error *err)
{
	char *where = describe_place(place);
	int ret = GM_ECONNECT;

	switch (number) {
	case GM_MYSQL_UNKNOWN_DATABASE:
		ret = gm_error_set(err, GM_ENOTFOUND,
				   "there is no database '%s' on '%s'",
				   place->database, where);
		break;
	case GM_MYSQL_DENIED_DATABASE:
	case GM_MYSQL_DENIED:
		deny(text, place, where, err);
		break;
	case GM_MYSQL_UNKNOWN_HOST:
		/* In a network that is being set up, it may come. */
		ret = gm_error_set(err, GM_EUNAVAILABLE,
				   "there is no host '%s'",
				   place->host ? place->host : "localhost");
		break;
	case GM_MYSQL_NO_SOCKET:
	case GM_MYSQL_NO_HOST:
		ret = no_answer(text, place, where, err);
		break;
	case GM_MYSQL_TOO_MANY:
	case GM_MYSQL_NOT_AVAILABLE:
	case GM_MYSQL_SHUTDOWN:
	case GM_MYSQL_GONE:
	case GM_MYSQL_LOST:
		ret = gm_error_set(err, GM_EUNAVAILABLE,
				   "the server at '%s' lets nobody in now: %s",
				   where, text);
		if (number == GM_MYSQL_LOST)
			gm_error_hint(err, "where this doesn't pass, something "
					   "else listens there: are host and "
					   "port right?");
		break;
	case GM_MYSQL_TLS:
		gm_error_set(err, ret, "no TLS connection to '%s': %s", where,
			     text);
		if (hint_tls_file(place, err))
			break;
		if (strstr(text, "Validation of SSL server certificate"))
			gm_error_hint(err, "the certificate names another "
					   "host; ssl-mode=verify_ca doesn't "
					   "look at the name");
		else if (place->ca && strstr(text, "certificate"))
			gm_error_hint(err,
				      "'%s' is not of the authority that has "
				      "signed the server's certificate",
				      place->ca);
		break;
	case GM_MYSQL_INSECURE:
		gm_error_set(err, ret, "'%s' lets nobody in without TLS: %s",
			     where, text);
		gm_error_hint(err, "leave out ssl-mode=disabled");
		break;
	default:
		gm_error_set(err, ret, "cannot connect to '%s': %s (error %u)",
			     where, text, number);
		if (number == GM_MYSQL_NO_PLUGIN)
			gm_error_hint(err, "the plugin comes with MariaDB "
					   "Connector/C, on Debian with "
					   "libmariadb3");
	}
	free(where);
	return ret;
}
