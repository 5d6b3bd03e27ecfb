/*
 * What was recorded in the target when a migration was applied, read as the
 * migration that it was.
 */
#ifndef GM_WORK_RECORDED_H
#define GM_WORK_RECORDED_H

#include "db/history.h"
#include "series/migration.h"

/* Where recorded texts come from. */
struct gm_recorded {
	void *context;
	/* A migration that the caller frees. GM_ENOTFOUND where nothing was
	 * recorded, GM_EINVALID where that can't be read. */
	int (*read)(void *context, const struct gm_history_row *row,
		    struct gm_migration **out, struct gm_error *err);
};

/* Those of a history in its database; borrows it. */
struct gm_recorded gm_recorded_in(struct gm_history *history);

/* The same with the text at hand, which is released. */
int gm_recorded_parse(struct gm_migration **out,
		      const struct gm_history_row *row, struct gm_strbuf *text,
		      struct gm_error *err);

#endif
