/*
 * Making and removing a database on a server: from another database, for a
 * connection is always in one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "postgres.h"

#define IN_USE "55006"
#define DUPLICATE_DATABASE "42P04"

/* Where there is nearly always one to be in. */
static const char *const elsewhere[] = { "postgres", "template1" };

static char *quoted(const char *name)
{
	struct gm_strbuf out = { 0 };

	gm_strbuf_addc(&out, '"');
	for (; *name; name++)
		gm_strbuf_addf(&out, *name == '"' ? "\"%c" : "%c", *name);
	gm_strbuf_addc(&out, '"');
	return gm_strbuf_take(&out);
}

/*
 * The name of the URL's database, which may come from the environment: 1
 * where it is there, else 0. The caller frees *name.
 */
static int find_name(const struct gm_url *url, char **name,
		     struct gm_error *err)
{
	struct gm_pq *pq = NULL;
	int ret = gm_postgres_connect(&pq, url, err);

	*name = pq ? gm_strdup(gm_pq_database(pq)) : NULL;
	gm_pq_close(pq);
	if (!ret)
		return 1;
	if (ret != GM_ENOTFOUND)
		return ret;
	gm_error_release(err);
	return 0;
}

static int connect_elsewhere(struct gm_pq **out, const struct gm_url *url,
			     const char *name, struct gm_error *err)
{
	int ret = GM_ENOTFOUND;
	size_t i;

	for (i = 0; ret == GM_ENOTFOUND && i < GM_ARRAY_SIZE(elsewhere); i++) {
		if (!strcmp(elsewhere[i], name))
			continue;
		ret = gm_postgres_connect_to(out, url, elsewhere[i], err);
		if (ret < 0) {
			gm_pq_close(*out);
			*out = NULL;
		}
	}
	return ret;
}

/* Runs "VERB DATABASE name". */
static int tell_server(const struct gm_url *url, const char *verb,
		       const char *name, struct gm_error *err)
{
	struct gm_postgres pg = { .base.driver = &gm_driver_postgres };
	char *identifier = quoted(name);
	char *sql = gm_format("%s DATABASE %s", verb, identifier);
	int ret;

	atomic_init(&pg.interrupted, false);
	ret = connect_elsewhere(&pg.pq, url, name, err);
	if (!ret)
		ret = gm_postgres_tell(&pg, sql, err);
	gm_pq_close(pg.pq);
	free(pg.blocker);
	free(identifier);
	free(sql);
	return ret;
}

static int exists(const char *name, struct gm_error *err)
{
	return gm_error_set(err, GM_EEXISTS,
			    "the database '%s' is there already", name);
}

int gm_postgres_create_database(const struct gm_url *url,
				const struct gm_open_options *options,
				struct gm_error *err)
{
	char *name;
	int ret = find_name(url, &name, err);

	(void)options;
	if (ret > 0)
		ret = exists(name, err);
	else if (!ret)
		ret = tell_server(url, "CREATE", name, err);
	if (ret == GM_ESQL && err && !strcmp(err->sqlstate, DUPLICATE_DATABASE))
		ret = exists(name, err);
	free(name);
	return ret;
}

static int drop(const struct gm_url *url, const char *name,
		struct gm_error *err)
{
	int ret;

	if (!strcmp(name, "postgres") || !strcmp(name, "template0") ||
	    !strcmp(name, "template1"))
		return gm_error_set(err, GM_EREFUSED,
				    "the database '%s' is the server's own",
				    name);
	ret = tell_server(url, "DROP", name, err);
	if (ret != GM_ESQL || !err || strcmp(err->sqlstate, IN_USE))
		return ret;
	gm_error_set(err, GM_EBUSY, "others are connected to the database '%s'",
		     name);
	return gm_error_hint(err, "pg_stat_activity tells who");
}

int gm_postgres_drop_database(const struct gm_url *url,
			      const struct gm_open_options *options,
			      struct gm_error *err)
{
	char *name;
	int ret = find_name(url, &name, err);

	(void)options;
	if (ret > 0)
		ret = drop(url, name, err);
	else if (!ret)
		ret = gm_error_set(err, GM_ENOTFOUND,
				   "the server has no database '%s'", name);
	free(name);
	return ret;
}
