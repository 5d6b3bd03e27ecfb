/*
 * From an older version of the tables to this program's. Version 1 kept the
 * texts by app and id in a table of their own, and the log without a number.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "db/history_sql.h"

/* In these '%' is the tables' prefix, and '#' makes the log and the texts
 * anew. */
static const char *const from_1[] = {
	"CREATE TABLE %_log_1 AS SELECT * FROM %_log",
	"CREATE TABLE %_source_1 AS SELECT * FROM %_source",
	"DROP TABLE %_log",
	"DROP TABLE %_source",
	"#",
	"INSERT INTO %_log (logged_at, app, id, action, checksum, batch,"
	" commit_id, branch, logged_by, tool_version, detail)"
	" SELECT logged_at, app, id, action, checksum, batch, commit_id,"
	" branch, logged_by, tool_version, detail FROM %_log_1"
	" ORDER BY logged_at, step",
	"INSERT INTO %_log (logged_at, app, id, action, checksum, batch,"
	" commit_id, branch, logged_by, tool_version, source)"
	" SELECT h.applied_at, h.app, h.id, 'upgrade', h.checksum, h.batch,"
	" h.commit_id, h.branch, h.applied_by, h.tool_version, s.text"
	" FROM %_history h JOIN %_source_1 s"
	" ON s.app = h.app AND s.id = h.id AND s.part = 1"
	" ORDER BY h.position",
	"ALTER TABLE %_history ADD COLUMN source_entry BIGINT",
	"UPDATE %_history SET source_entry = (SELECT MAX(l.entry) FROM %_log l"
	" WHERE l.app = %_history.app AND l.id = %_history.id"
	" AND l.source IS NOT NULL)",
	"INSERT INTO %_source (entry, part, text)"
	" SELECT h.source_entry, s.part, s.text FROM %_history h"
	" JOIN %_source_1 s ON s.app = h.app AND s.id = h.id AND s.part > 1",
	"DROP TABLE %_log_1",
	"DROP TABLE %_source_1",
};

static char *with_prefix(const char *text, const char *prefix)
{
	struct gm_strbuf sql = { 0 };

	for (; *text; text++) {
		if (*text == '%')
			gm_strbuf_adds(&sql, prefix);
		else
			gm_strbuf_addc(&sql, *text);
	}
	return gm_strbuf_take(&sql);
}

static int run_text(struct gm_history *history, const char *text,
		    struct gm_error *err)
{
	char *sql = with_prefix(text, history->sql->table);
	int ret = history->driver->exec(history->db, sql, strlen(sql), NULL,
					NULL, err);

	free(sql);
	return ret;
}

static int run_all(struct gm_history *history, struct gm_error *err)
{
	struct gm_value version = gm_value_int(GM_HISTORY_VERSION);
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < GM_ARRAY_SIZE(from_1); i++)
		ret = *from_1[i] == '#' ? gm_history_make_tables(history, err)
					: run_text(history, from_1[i], err);
	return ret < 0 ? ret
		       : gm_history_run(history, history->sql->set_version,
					&version, 1, NULL, NULL, err);
}

int gm_history_upgrade(struct gm_history *history, struct gm_error *err)
{
	const struct gm_driver *driver = history->driver;
	bool within = driver->in_transaction(history->db);
	int ret = 0;

	if (!(driver->flags & GM_DRIVER_TRANSACTIONAL_DDL)) {
		gm_error_set(err, GM_EINVALID,
			     "the tables '%s_…' are of version %lld, and this "
			     "database can't be brought to version %d in one "
			     "transaction",
			     history->sql->table, (long long)history->version,
			     GM_HISTORY_VERSION);
		return gm_error_hint(err, "take them away, and tell with git "
					  "migrate baseline what is applied");
	}
	if (!within)
		ret = driver->begin(history->db, err);
	if (ret < 0)
		return ret;
	ret = run_all(history, err);
	if (!ret && !within)
		ret = driver->commit(history->db, err);
	if (ret < 0 && !within)
		driver->rollback(history->db, NULL);
	if (ret < 0)
		return gm_error_prefix(err, "can't upgrade the tables '%s_…'",
				       history->sql->table);
	history->version = GM_HISTORY_VERSION;
	return 0;
}
