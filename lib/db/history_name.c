/*
 * What the history's tables are called.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "db/history_sql.h"

/* What PostgreSQL's 63 bytes for a name leave before "_history". */
#define PREFIX_LIMIT 55

static bool is_name(const char *name, size_t len)
{
	size_t i;

	if (!len || isdigit((unsigned char)*name))
		return false;
	for (i = 0; i < len; i++)
		if (name[i] != '_' && !isalnum((unsigned char)name[i]))
			return false;
	return true;
}

static bool is_table_name(const char *table)
{
	const char *dot = strchr(table, '.');
	const char *prefix = dot ? dot + 1 : table;

	return (!dot || is_name(table, (size_t)(dot - table))) &&
	       is_name(prefix, strlen(prefix)) &&
	       strlen(prefix) <= PREFIX_LIMIT;
}

int gm_history_name(char **out, const struct gm_driver *driver,
		    struct gm_db *db, const char *table, struct gm_error *err)
{
	char *schema = NULL;
	int ret = 0;

	if (!is_table_name(table))
		return gm_error_set(err, GM_EINVALID,
				    "bad table name '%s': PREFIX or "
				    "SCHEMA.PREFIX, of letters, digits and "
				    "'_', no digit first, and a prefix of at "
				    "most %d",
				    table, PREFIX_LIMIT);
	if (db && driver->schema && !strchr(table, '.'))
		ret = driver->schema(db, &schema, err);
	if (!ret)
		*out = schema ? gm_format("%s.%s", schema, table)
			      : gm_strdup(table);
	free(schema);
	return ret;
}
