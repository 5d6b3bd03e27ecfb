/*
 * Writing into a file's header what it should say: its checksum, its
 * parents, their pins. Nothing else in the file changes, neither its line
 * ends nor its BOM.
 */
#ifndef GM_SERIES_SEAL_H
#define GM_SERIES_SEAL_H

#include "series/series.h"

/* A parent to be written. Borrowed. */
struct gm_seal_parent {
	const char *id;
	/* 12 digits or more, of which the first 12 are written as the pin;
	 * empty: no pin is written. */
	const char *checksum;
};

/* A dependency that was renamed. Borrowed. */
struct gm_seal_dependency {
	const char *app;
	const char *id;
	const char *new_id;
};

/*
 * Adds to `out` the file's bytes with these parent lines, and with the new
 * ids of these dependencies. `parents` NULL: the parent lines stay as they
 * are; n 0: `parent none`. The checksum line, if there is one, stays.
 */
void gm_seal_reparent(const char *bytes, size_t len,
		      const struct gm_seal_parent *parents, size_t n,
		      const struct gm_seal_dependency *depends,
		      size_t n_depends, struct gm_strbuf *out);

/*
 * Adds to `out` the file's bytes with these parent lines and this checksum.
 * `parents` NULL: the parent lines stay as they are; n 0: `parent none`.
 */
void gm_seal_bytes(const char *bytes, size_t len,
		   const struct gm_seal_parent *parents, size_t n,
		   const char *checksum, struct gm_strbuf *out);

/*
 * Which files may get a parent line, by their places in the series: those
 * without one where all files that come after them by implied parents are in
 * `also`, the ones that are sealed in the same go (in any order). So a seal
 * never changes the graph. The caller frees the array.
 */
bool *gm_seal_ends(const struct gm_series *series,
		   const struct gm_migration *const *also, size_t n_also);

/*
 * The file as it would be when sealed: checksum, pins, a parent's new id
 * where it was renamed. A parent that isn't found stays as it is written.
 * `ends` is the series', and `bytes` are those that the migration was read
 * from. Returns 1 where the bytes differ, else 0.
 */
int gm_seal(const struct gm_migration *migration, const bool *ends,
	    const char *bytes, size_t len, struct gm_strbuf *out);

/* The same for a long file: adds only what comes before the byte at *rest,
 * from where on the bytes stay as they are. */
int gm_seal_head(const struct gm_migration *migration, const bool *ends,
		 const char *bytes, size_t len, struct gm_strbuf *out,
		 size_t *rest);

/*
 * Adds the parent lines of a new file; `parent none` where there are none.
 * Only sealed parents get a pin: on another one it would be stale with its
 * next line.
 */
void gm_series_write_parents(struct gm_migration *const *parents, size_t n,
			     struct gm_strbuf *out);

#endif
