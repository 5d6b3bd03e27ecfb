/*
 * The tables that a query names. Private to the footprint.
 */
#ifndef GM_SQL_SCOPE_H
#define GM_SQL_SCOPE_H

#include "sql/reading.h"

/* A table in the query; `alias` is NULL where it has none. */
struct gm_relation {
	struct gm_name name;
	char *alias;
};

struct gm_scope {
	struct gm_relation *v;
	size_t n;
	size_t cap;
	/* Per token: it is no column. */
	bool *taken;
};

/* Words that are no names where an expression or a query stands, unless
 * quoted; a list that ends in NULL. */
extern const char *const gm_query_words[];

/*
 * Finds the tables between r->at and r->end, and adds them to the footprint
 * as used and with `touch`; queries that are named go to r->ctes.
 */
void gm_scope_find(struct gm_scope *scope, struct gm_reading *r,
		   unsigned touch);
/* How the query calls it. */
const char *gm_scope_called(const struct gm_relation *relation);
/* Whether this is the TABLE of a query that begins at `from`: TABLE t is as
 * good as SELECT * FROM t. */
bool gm_scope_table_head(const struct gm_reading *r, size_t at, size_t from);
void gm_scope_release(struct gm_scope *scope);

#endif
