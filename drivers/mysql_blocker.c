/*
 * Whom a statement waited for in vain. Servers tell it in different places,
 * and not to everybody: the first that answers is believed.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "drivers/mysql.h"

/* One line per session: its number, user, host, how long, and what it does.
 * The parameters are our two connections. */
static const char *const questions[] = {
	/* MySQL, and MariaDB where the schema is on: who holds a lock on a
	 * table of this database. */
	"SELECT DISTINCT CONCAT('connection ', t.processlist_id, ' of ',"
	" t.processlist_user, '@', t.processlist_host, ', in its command for ',"
	" t.processlist_time, ' s', IFNULL(CONCAT(': ',"
	" LEFT(t.processlist_info, 80)), ''))"
	" FROM performance_schema.metadata_locks AS l"
	" JOIN performance_schema.threads AS t"
	" ON t.thread_id = l.owner_thread_id"
	" WHERE l.lock_status = 'GRANTED' AND l.object_type = 'TABLE'"
	" AND l.object_schema = DATABASE()"
	" AND t.processlist_id NOT IN (?, ?) LIMIT 3",
	/* An open transaction, the oldest first. */
	"SELECT CONCAT('connection ', p.id, ' of ', p.user, '@', p.host,"
	" ', in a transaction since ', UTC_TIMESTAMP() - INTERVAL"
	" TIMESTAMPDIFF(SECOND, x.trx_started, NOW()) SECOND, ' UTC',"
	" IFNULL(CONCAT(': ', LEFT(p.info, 80)), ''))"
	" FROM information_schema.innodb_trx AS x"
	" JOIN information_schema.processlist AS p"
	" ON p.id = x.trx_mysql_thread_id"
	" WHERE p.id NOT IN (?, ?) ORDER BY x.trx_started LIMIT 3",
	/* Whoever else is in this database. */
	"SELECT CONCAT('perhaps connection ', p.id, ' of ', p.user, '@',"
	" p.host, ', in its command for ', p.time, ' s', IFNULL(CONCAT(': ',"
	" LEFT(p.info, 80)), ''))"
	" FROM information_schema.processlist AS p"
	" WHERE p.id NOT IN (?, ?) AND p.db = DATABASE()"
	" ORDER BY p.time DESC LIMIT 3",
};

static int add_line(void *context, const struct gm_value *columns, size_t n)
{
	struct gm_strbuf *lines = context;
	char *line = n ? gm_value_to_text(&columns[0]) : NULL;

	if (line)
		gm_strbuf_addf(lines, "%s%s", lines->len ? "; " : "", line);
	free(line);
	return 0;
}

void gm_mysql_name_blocker(struct gm_mysql_db *db, struct gm_error *err)
{
	struct gm_strbuf lines = { 0 };
	struct gm_value ours[] = {
		gm_value_int((int64_t)gm_mysql_connection(db->ledger)),
		gm_value_int((int64_t)gm_mysql_connection(db->session)),
	};
	char *said;
	size_t i;

	for (i = 0; !lines.len && i < GM_ARRAY_SIZE(questions); i++)
		gm_mysql_query(db->ledger, questions[i], ours, 2, add_line,
			       &lines, NULL);
	if (err && lines.len) {
		char state[sizeof(err->sqlstate)];

		memcpy(state, err->sqlstate, sizeof(state));
		said = gm_strdup(err->message);
		gm_error_set(err, err->code, "%s; in the way: %s", said,
			     gm_strbuf_str(&lines));
		memcpy(err->sqlstate, state, sizeof(state));
		free(said);
	}
	if (err && !lines.len)
		gm_error_hint(err, "the server shows who is in the way to "
				   "users with the privilege PROCESS");
	gm_strbuf_release(&lines);
}
