/*
 * One migration: a file's header and sections, and what is computed from
 * them. The format is in git-migrate(1), FILE FORMAT.
 */
#ifndef GM_SERIES_MIGRATION_H
#define GM_SERIES_MIGRATION_H

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"
#include "base/strbuf.h"
#include "series/file.h"
#include "series/finding.h"
#include "sql/dialect.h"

/* What stands before the digits wherever a checksum is written. */
#define GM_CHECKSUM_TAG "xxh3:"

/* Room for the 12 digits of a pin and a NUL. */
#define GM_PIN_HEX 13

enum gm_section_kind {
	GM_SECTION_UP,
	GM_SECTION_DOWN,
	GM_SECTION_VERIFY
};

struct gm_section {
	enum gm_section_kind kind;
	/* transaction:false */
	bool no_transaction;
	/* NULL: for every dialect. */
	const struct gm_dialect *dialect;
	/* In the migration's text, without blank lines at either end; not
	 * ended by a NUL. */
	const char *sql;
	size_t len;
	/* The line of sql's first byte, and of the section line. */
	size_t line;
	size_t marker_line;
};

struct gm_parent {
	char *id;
	/* The digits, or empty where the line has none. */
	char pin[GM_PIN_HEX];
	size_t line;
	/* Filled in by the series, by id or else by pin; NULL where there is
	 * none. Borrowed from the series. */
	struct gm_migration *found;
};

struct gm_dependency {
	char *app;
	char *id;
	size_t line;
};

struct gm_migration {
	/* "" for the unnamed app. */
	char *app;
	char *id;
	/* For messages: relative to the work tree's top. It, the id and the
	 * app end with the struct. */
	char *path;
	/* The git blob id, or empty where it isn't known. */
	char blob[65];
	/* The file with LF line ends and without a BOM. Owned. */
	char *text;
	size_t len;

	/* Header. No parents and not `root`: the parent is implied. */
	bool root;
	struct gm_parent *parents;
	size_t n_parents;
	struct gm_dependency *depends;
	size_t n_depends;
	/* Digits, or empty where there is no such line. */
	char written_checksum[GM_HASH_HEX];
	size_t checksum_line;
	/* The reason, or NULL. */
	char *irreversible;

	struct gm_section *sections;
	size_t n_sections;
	/* Made from a summary: there is no text and no section, and of these
	 * only what follows is known. */
	bool is_summary;
	/* It, and all that it owns but text and sections, lies in an arena. */
	bool in_arena;
	struct {
		bool empty;
		bool has_down;
		bool down_written;
	} summary;
	/* Of the canonical sections, in digits. */
	char checksum[GM_HASH_HEX];

	/* Filled in by the series: parents and dependencies as they were
	 * found, each once, parents first. Borrowed from the series, the list
	 * too. */
	struct gm_migration **before;
	size_t n_before;
	/* How many of these are parents. */
	size_t n_above;
	/* How many migrations of the same app have this one as a parent. */
	size_t n_children;
	/* The place in the series' order, from 0. */
	size_t index;
};

/*
 * Reads one file, whose name is an id and ".sql". The bytes are copied.
 * Returns 0; or GM_EINVALID, with a finding (GM_RULE_PARSE_ERROR) that has
 * the line: no up, two of a kind for one dialect, an unknown key or option,
 * text before the first section, not UTF-8, a NUL byte, an empty file.
 * `*out` is NULL then.
 */
int gm_migration_parse(struct gm_migration **out, const char *app,
		       const struct gm_file *file,
		       struct gm_findings *findings);
void gm_migration_free(struct gm_migration *migration);

/* The section that fits the dialect, or NULL. Borrowed. */
const struct gm_section *
gm_migration_section(const struct gm_migration *migration,
		     enum gm_section_kind kind,
		     const struct gm_dialect *dialect);

/* The section that undoes it on that dialect, or NULL where it has none, or an
 * empty one below an up section that does something. Borrowed. */
const struct gm_section *gm_migration_down(const struct gm_migration *migration,
					   const struct gm_dialect *dialect);

/* The fingerprint of that section's SQL; empty where there is none. */
void gm_migration_fingerprint(const struct gm_migration *migration,
			      enum gm_section_kind kind,
			      const struct gm_dialect *dialect,
			      char hex[GM_HASH_HEX]);

/* The fingerprints of all sections, as above. */
struct gm_fingerprints {
	char up[GM_HASH_HEX];
	char down[GM_HASH_HEX];
	char verify[GM_HASH_HEX];
};

void gm_migration_fingerprints(const struct gm_migration *migration,
			       const struct gm_dialect *dialect,
			       struct gm_fingerprints *out);

/* Sealed: the checksum is written, and it is right. */
bool gm_migration_is_sealed(const struct gm_migration *migration);

/* Empty: nothing but comments. */
bool gm_section_is_empty(const struct gm_section *section);

/* Empty: no up section holds anything but comments. */
bool gm_migration_is_empty(const struct gm_migration *migration);

/* Whether some down section holds SQL; `written`: whether there is one at
 * all. */
bool gm_migration_has_down(const struct gm_migration *migration, bool *written);

/* Whether it has no parent line, so that its parent is implied. */
bool gm_migration_is_implied(const struct gm_migration *migration);

/* Whether a parent that is written is not in the series, as of one that was
 * picked from another branch. */
bool gm_migration_lacks_parent(const struct gm_migration *migration);

/* "APP/ID", or the id alone in the unnamed app. The caller frees it. */
char *gm_migration_name(const char *app, const char *id);

/* What stands before the ids of parents that are implied. */
#define GM_PARENTS_IMPLIED "implied"

/* The parents, for the history: "ID ID" as they are written, "none" for a
 * root, "implied ID" where the series has found it, else "". The caller frees
 * it. */
char *gm_migration_parents(const struct gm_migration *migration);

#endif
