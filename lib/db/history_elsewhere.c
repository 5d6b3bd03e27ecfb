/*
 * A history that isn't where it is looked for: the schema that a session
 * begins in may be another one than the last time. Beside it a second history
 * would begin, and all that is applied run again.
 */
#include <stdlib.h>
#include <string.h>

#include "base/strbuf.h"
#include "db/history_sql.h"

/* A column that hardly anybody else's table has. */
#define OUR_COLUMN "up_fingerprint"

static int add_schema(void *context, const struct gm_value *columns, size_t n)
{
	struct gm_strbuf *schemas = context;
	char *schema = n ? gm_value_to_text(&columns[0]) : NULL;

	if (schema)
		gm_strbuf_addf(schemas, "%s%s", schemas->len ? " " : "",
			       schema);
	free(schema);
	return 0;
}

static int refuse(const struct gm_history *history, const char *schemas,
		  struct gm_error *err)
{
	const char *table = history->sql->table;
	const char *dot = strrchr(table, '.');
	const char *prefix = dot ? dot + 1 : table;
	size_t len = strcspn(schemas, " ");

	gm_error_set(err, GM_EINVALID,
		     "there is no table '%s', but one in the schema '%s': the "
		     "session begins in another schema than the one that made "
		     "it",
		     history->sql->history_name, schemas);
	gm_error_hint(err,
		      "where that is this project's history: git config "
		      "migrate.table %.*s.%s",
		      (int)len, schemas, prefix);
	if (dot)
		gm_error_hint(err,
			      "where it is another project's, this one gets "
			      "its own: git config migrate.table %s",
			      table);
	return GM_EINVALID;
}

int gm_history_look_elsewhere(struct gm_history *history, struct gm_error *err)
{
	const struct gm_driver *driver = history->driver;
	const char *dot = strrchr(history->sql->history_name, '.');
	struct gm_strbuf schemas = { 0 };
	int ret = 0;

	if (!driver->schemas_with || !history->sql->is_schema_found)
		return 0;
	ret = driver->schemas_with(history->db,
				   dot ? dot + 1 : history->sql->history_name,
				   OUR_COLUMN, add_schema, &schemas, err);
	/* Another run may have made it since it was looked for. */
	if (!ret && schemas.len)
		ret = driver->has_table(history->db, history->sql->history_name,
					err);
	if (!ret && schemas.len)
		ret = refuse(history, gm_strbuf_str(&schemas), err);
	gm_strbuf_release(&schemas);
	return ret;
}
