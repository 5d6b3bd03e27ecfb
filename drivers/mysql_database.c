/*
 * Making and removing a database on a server: over a connection that is in
 * no database.
 */
#include <stdlib.h>
#include <strings.h>

#include "base/alloc.h"
#include "drivers/mysql.h"

char *gm_mysql_quoted(const char *name)
{
	struct gm_strbuf out = { 0 };

	gm_strbuf_addc(&out, '`');
	for (; *name; name++)
		gm_strbuf_addf(&out, *name == '`' ? "`%c" : "%c", *name);
	gm_strbuf_addc(&out, '`');
	return gm_strbuf_take(&out);
}

/* Runs "VERB DATABASE `name`"; *number is the server's error, or 0. */
static int tell_server(struct gm_mysql_place *place, const char *verb,
		       int timeout_ms, unsigned *number, struct gm_error *err)
{
	struct gm_mysql_client *client;
	char *database = place->database;
	char *name = gm_mysql_quoted(database);
	char *sql = gm_format("%s DATABASE %s", verb, name);
	char *wait = gm_format("SET SESSION lock_wait_timeout = %d",
			       (timeout_ms + 999) / 1000);
	int ret;

	*number = 0;
	place->database = NULL;
	ret = gm_mysql_enter(&client, place, err);
	place->database = database;
	if (ret < 0)
		goto done;
	if (timeout_ms)
		ret = gm_mysql_exec(client, wait, 0, NULL, NULL, err);
	if (!ret)
		ret = gm_mysql_exec(client, sql, 0, NULL, NULL, err);
	if (ret == GM_ESQL)
		*number = gm_mysql_errno(client);
	gm_mysql_disconnect(client);
done:
	free(wait);
	free(sql);
	free(name);
	return ret;
}

int gm_mysql_create_database(const struct gm_url *url,
			     const struct gm_open_options *options,
			     struct gm_error *err)
{
	struct gm_mysql_place place;
	unsigned number;
	int ret = gm_mysql_place_read(&place, url, err);

	if (ret < 0)
		return ret;
	ret = tell_server(&place, "CREATE", options->lock_timeout_ms, &number,
			  err);
	if (number == GM_MYSQL_DATABASE_EXISTS)
		ret = gm_error_set(err, GM_EEXISTS,
				   "the database '%s' is there already",
				   place.database);
	gm_mysql_place_release(&place);
	return ret;
}

/* The server lives of these. */
static bool is_servers_own(const char *name)
{
	static const char *const own[] = { "mysql", "information_schema",
					   "performance_schema", "sys" };
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(own); i++)
		if (!strcasecmp(own[i], name))
			return true;
	return false;
}

int gm_mysql_drop_database(const struct gm_url *url,
			   const struct gm_open_options *options,
			   struct gm_error *err)
{
	struct gm_mysql_place place;
	unsigned number = 0;
	int ret = gm_mysql_place_read(&place, url, err);

	if (ret < 0)
		return ret;
	if (is_servers_own(place.database))
		ret = gm_error_set(err, GM_EREFUSED,
				   "the database '%s' is the server's own",
				   place.database);
	else
		ret = tell_server(&place, "DROP", options->lock_timeout_ms,
				  &number, err);
	if (number == GM_MYSQL_NO_SUCH_DATABASE)
		ret = gm_error_set(err, GM_ENOTFOUND,
				   "there is no database '%s'", place.database);
	if (number == GM_MYSQL_LOCK_TIMEOUT) {
		ret = gm_error_set(err, GM_EBUSY,
				   "others are at work in the database '%s'",
				   place.database);
		gm_error_hint(err, "SHOW PROCESSLIST tells who");
	}
	gm_mysql_place_release(&place);
	return ret;
}
