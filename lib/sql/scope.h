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
void gm_scope_release(struct gm_scope *scope);

#endif
