/*
 * What the server says of the statement that runs. MariaDB counts stages and
 * per cent for what copies or sorts a table; both servers name a state.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "drivers/mysql.h"

static const char *const questions[] = {
	"SELECT CONCAT(IF(max_stage > 1, CONCAT('stage ', stage, ' of ',"
	" max_stage, ', '), ''), LOWER(state),"
	" IF(progress > 0, CONCAT(' ', ROUND(progress), '%'), ''))"
	" FROM information_schema.processlist WHERE id = ?",
	"SELECT LOWER(state) FROM information_schema.processlist WHERE id = ?",
};

static int get_text(void *context, const struct gm_value *columns, size_t n)
{
	char **out = context;

	free(*out);
	*out = n ? gm_value_to_text(&columns[0]) : NULL;
	return 0;
}

void gm_mysql_progress(struct gm_db *base, char **out)
{
	struct gm_mysql_db *db = (struct gm_mysql_db *)base;
	struct gm_value id = gm_value_int((int64_t)atomic_load(&db->running));
	size_t i;

	*out = NULL;
	if (!id.number ||
	    (!db->watcher &&
	     gm_mysql_connect(&db->watcher, &db->place, NULL) < 0))
		return;
	for (i = 0; i < GM_ARRAY_SIZE(questions); i++)
		if (!gm_mysql_query(db->watcher, questions[i], &id, 1, get_text,
				    out, NULL))
			break;
	if (i == GM_ARRAY_SIZE(questions)) {
		gm_mysql_disconnect(db->watcher);
		db->watcher = NULL;
	}
	if (*out && !**out) {
		free(*out);
		*out = NULL;
	}
}
