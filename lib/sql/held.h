/*
 * What a session holds that the statements of a script have made in it.
 * Private to the leavings.
 */
#ifndef GM_SQL_HELD_H
#define GM_SQL_HELD_H

#include "sql/reading.h"

enum gm_held_kind {
	GM_HELD_VARIABLE,
	GM_HELD_TABLE,
	GM_HELD_PREPARED,
	GM_HELD_SETTING,
	GM_HELD_LOCKS
};

struct gm_thing {
	enum gm_held_kind kind;
	/* Without quotes. */
	char *name;
	/* The statement that has made it, by index. */
	size_t maker;
	/* It can't be made again. */
	bool lost;
};

/* A zeroed struct is a session that holds nothing. */
struct gm_held {
	struct gm_thing *v;
	size_t n;
	size_t cap;
	/* The statement at hand: its index, and its tokens. Names below are
	 * told by the token that they stand at. */
	size_t index;
	struct gm_reading tokens;
};

/* @x, and not @@x. */
bool gm_held_is_variable(const struct gm_held *held, size_t at);
/* A token's text without what quotes it. */
void gm_held_bare(const struct gm_held *held, size_t at, const char **text,
		  size_t *len);

/* NULL: it holds none of that name. */
struct gm_thing *gm_held_find(const struct gm_held *held,
			      enum gm_held_kind kind, size_t at);
/* `at` may be behind the last token: then nothing happens. */
void gm_held_keep(struct gm_held *held, enum gm_held_kind kind, size_t at,
		  bool lost);
void gm_held_drop(struct gm_held *held, enum gm_held_kind kind, size_t at);
/* All of these kinds, which are a set of bits. */
void gm_held_drop_all(struct gm_held *held, unsigned kinds);

/* The first of these kinds that can't be made again, or NULL; and the
 * temporary table that the statement names, if it is such a one. */
const struct gm_thing *gm_held_first_lost(const struct gm_held *held,
					  unsigned kinds);
const struct gm_thing *gm_held_lost_table(const struct gm_held *held);

void gm_held_release(struct gm_held *held);

#endif
