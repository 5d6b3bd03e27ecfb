/*
 * What the server says of the statement that runs, over a connection of its
 * own. Behind a pooler nobody knows which of the server's processes it is.
 */
#include <stdlib.h>

#include "base/alloc.h"
#include "postgres.h"

static const char question[] =
	"SELECT phase || CASE WHEN blocks_total > 0 THEN"
	" format(' %s%%', 100 * blocks_done / blocks_total)"
	" WHEN tuples_total > 0 THEN"
	" format(' %s%%', 100 * tuples_done / tuples_total) ELSE '' END"
	" FROM pg_stat_progress_create_index WHERE pid = $1"
	" UNION ALL SELECT phase || CASE WHEN heap_blks_total > 0 THEN"
	" format(' %s%%', 100 * heap_blks_scanned / heap_blks_total)"
	" ELSE '' END FROM pg_stat_progress_cluster WHERE pid = $1"
	" UNION ALL SELECT phase || CASE WHEN heap_blks_total > 0 THEN"
	" format(' %s%%', 100 * heap_blks_scanned / heap_blks_total)"
	" ELSE '' END FROM pg_stat_progress_vacuum WHERE pid = $1"
	" UNION ALL SELECT phase FROM pg_stat_progress_analyze WHERE pid = $1"
	" UNION ALL SELECT 'waits for a lock' FROM pg_stat_activity"
	" WHERE pid = $1 AND wait_event_type = 'Lock'";

static int get_text(void *context, const struct gm_value *columns, size_t n)
{
	char **out = context;

	if (n && !*out)
		*out = gm_value_to_text(&columns[0]);
	return 0;
}

void gm_postgres_progress(struct gm_db *db, char **out)
{
	struct gm_postgres *pg = (struct gm_postgres *)db;
	struct gm_value process = gm_value_int(pg->process);
	struct gm_postgres teller = { .base = pg->base };

	*out = NULL;
	if (pg->pooled)
		return;
	if (!pg->teller)
		pg->teller = gm_pq_open_beside(pg->pq);
	teller.pq = pg->teller;
	if (teller.pq && gm_postgres_ask(&teller, question, &process, 1,
					 get_text, out, NULL) < 0) {
		gm_pq_close(pg->teller);
		pg->teller = NULL;
	}
}
