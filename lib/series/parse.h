/*
 * What the files that read a migration share among themselves.
 */
#ifndef GM_SERIES_PARSE_H
#define GM_SERIES_PARSE_H

#include "series/migration.h"

/* The line `-- migrate:KEY VALUE`; borrowed, and not ended by a NUL. */
struct gm_directive {
	const char *key;
	size_t key_len;
	/* Without blanks at either end; may be empty. */
	const char *value;
	size_t value_len;
};

struct gm_parser {
	/* Its lists have room for what is in them and no more: nearly always
	 * that is one parent and two sections. */
	struct gm_migration *m;
	/* The line at hand, from 1; where it went wrong, or 0: nowhere. */
	size_t line;
	/* Before the first section: the line of an open block comment. */
	size_t comment;
};

/* Whether a line, without its end, is a directive. */
bool gm_directive_read(struct gm_directive *out, const char *line, size_t len);
bool gm_directive_is(const struct gm_directive *d, const char *key);

/* Takes the next word of several parted by blanks; false at the end. */
bool gm_next_word(const char **text, size_t *len, const char **word,
		  size_t *word_len);

/* Whether all bytes are lower-case hexadecimal digits. */
bool gm_is_hex(const char *s, size_t len);

/* Whether the key belongs to a header line. */
bool gm_is_header_key(const struct gm_directive *d);

/* "unknown directive", with what may have been meant. */
int gm_unknown_directive(const struct gm_directive *d, struct gm_error *err);

/* Reads a header line into the migration; GM_EINVALID. */
int gm_header_line(struct gm_parser *p, const struct gm_directive *d,
		   struct gm_error *err);

/* Checks what only the whole header shows; GM_EINVALID. */
int gm_header_end(struct gm_parser *p, struct gm_error *err);

/* A migration of that app and file that nothing else is known of; its names
 * are in the same block. */
struct gm_migration *gm_migration_new(const char *app,
				      const struct gm_file *file);

/* Computes the checksum of the canonical sections. */
void gm_migration_hash(struct gm_migration *migration);

/* The word for a kind of section. */
const char *gm_section_name(enum gm_section_kind kind);

#endif
