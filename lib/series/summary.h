/*
 * A migration without its sections: what the graph and the rules ask of it,
 * in a few bytes that can be kept beside its blob id.
 */
#ifndef GM_SERIES_SUMMARY_H
#define GM_SERIES_SUMMARY_H

#include "base/arena.h"
#include "series/migration.h"

/* Names the form of the bytes; another form has another name. */
#define GM_SUMMARY_FORMAT "1"

/* Appends the migration's summary. */
void gm_summary_write(struct gm_strbuf *out,
		      const struct gm_migration *migration);

/*
 * Makes the migration that such bytes tell of, under the file's name and blob
 * id. It has neither text nor sections until gm_summary_fill. It lies in the
 * arena, and borrows from the app, the path and the bytes, which have to stay
 * as long. NULL where the bytes are no summary.
 */
struct gm_migration *gm_summary_read(struct gm_arena *arena, char *app,
				     const struct gm_file *file, char *bytes,
				     size_t len);

/* One that others stand on, and of which no more than its checksum is known:
 * a sealed root with a down, that no rule finds anything in. */
struct gm_migration *gm_summary_stand_in(const char *app,
					 const struct gm_file *file,
					 const char *checksum);

/*
 * Gives such a migration its text and sections, from the file's bytes. What
 * it is in the series stays. GM_EINVALID where they can't be read, or are those
 * of another migration by the checksum.
 */
int gm_summary_fill(struct gm_migration *migration, const void *bytes,
		    size_t len);

#endif
