/*
 * What SQL touches: the objects that its statements create, alter, drop,
 * write or read, down to columns; and whether two such sets get in each
 * other's way. Told from the text alone: no database is asked.
 */
#ifndef GM_SQL_FOOTPRINT_H
#define GM_SQL_FOOTPRINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/hash.h"
#include "sql/dialect.h"

struct gm_strbuf;
struct gm_unpack;

enum gm_object_kind {
	GM_OBJECT_TABLE,
	GM_OBJECT_VIEW,
	GM_OBJECT_INDEX,
	GM_OBJECT_SEQUENCE,
	GM_OBJECT_TYPE,
	/* Aggregates too, and procedures where they share its names. */
	GM_OBJECT_FUNCTION,
	GM_OBJECT_PROCEDURE,
	GM_OBJECT_TRIGGER,
	GM_OBJECT_POLICY,
	GM_OBJECT_SCHEMA,
	GM_OBJECT_EXTENSION,
	GM_OBJECT_ROLE,
	/* What `name` may do with `owner`. */
	GM_OBJECT_GRANT,
	GM_OBJECT_EVENT,
	/* Parts of an owner, which is a table or a type. */
	GM_OBJECT_COLUMN,
	GM_OBJECT_CONSTRAINT,
	GM_OBJECT_VALUE,
	/* Its owner, its comment, its row level security: by a keyword. */
	GM_OBJECT_SETTING,
	GM_OBJECT_COUNT
};

/* What is done to an object; a set. */
enum gm_touch {
	GM_TOUCH_CREATE = 1u << 0,
	GM_TOUCH_ALTER = 1u << 1,
	GM_TOUCH_DROP = 1u << 2,
	/* Writes a column's values, or changes a table's rows. */
	GM_TOUCH_UPDATE = 1u << 3,
	/* Adds, or removes, a table's rows. */
	GM_TOUCH_INSERT = 1u << 4,
	GM_TOUCH_DELETE = 1u << 5,
	/* Reads values or rows. */
	GM_TOUCH_READ = 1u << 6,
	/* Needs it to be there, whatever it holds. */
	GM_TOUCH_USE = 1u << 7,
	/* Judges or follows what is written: a unique index, a trigger. */
	GM_TOUCH_GUARD = 1u << 8,

	/* How: with IF EXISTS or the like, so that it can't fail for the
	 * object's presence or absence. */
	GM_TOUCH_TOLERANT = 1u << 16,
	/* The drop and the create are a rename's two halves. */
	GM_TOUCH_RENAME = 1u << 17,
	/* Perhaps: a column that may be another table's. */
	GM_TOUCH_MAYBE = 1u << 18,
	/* By a name that nobody wrote: the database makes it up. */
	GM_TOUCH_IMPLIED = 1u << 19,
	/* The opposite was done by what doesn't run any more. */
	GM_TOUCH_UNDONE = 1u << 20,
	/* In SQL that is kept, and looked at when it runs. */
	GM_TOUCH_LATE = 1u << 21
};

struct gm_object {
	enum gm_object_kind kind;
	/* A set of enum gm_touch. */
	unsigned touches;
	/* Folded as the dialect folds names. NULL: the name was written
	 * without a schema, so that it may be in any. */
	char *schema;
	/* The table (or type) that it belongs to; NULL where it belongs to
	 * none or where the statement doesn't tell. */
	char *owner;
	/* "*" in a column: whatever columns there are, in their order. */
	char *name;
	/* The line that its statement starts on. */
	size_t line;
	/* The statement's fingerprint. */
	char statement[GM_HASH_HEX];
};

/* A statement that can't be told. */
struct gm_unknown {
	size_t line;
	/* One finished sentence. */
	char *reason;
};

/* A zeroed struct is the footprint of nothing. */
struct gm_footprint {
	const struct gm_dialect *dialect;
	struct gm_object *v;
	size_t n;
	size_t cap;
	/* Not empty: it may touch anything. */
	struct gm_unknown *unknown;
	size_t n_unknown;
	size_t cap_unknown;
};

/*
 * Adds what a script touches. `line` is the line of the script's first byte.
 * All scripts of one footprint are of one dialect. Never fails: what can't be
 * read is unknown.
 */
void gm_footprint_add(struct gm_footprint *footprint,
		      const struct gm_dialect *dialect, const char *sql,
		      size_t len, size_t line);
void gm_footprint_release(struct gm_footprint *footprint);

/*
 * Makes, in an empty one, the footprint of it that the script that the other
 * is of no longer runs: what it created is gone, what it dropped is there
 * still. What it made for a while only is no matter, nor what it read.
 */
void gm_footprint_undo(struct gm_footprint *out, const struct gm_footprint *of);

/* Adds the footprint's bytes; and reads them again, into an empty one, which
 * is to be released even where that fails. */
void gm_footprint_pack(const struct gm_footprint *footprint,
		       struct gm_strbuf *out);
void gm_footprint_unpack(struct gm_footprint *footprint,
			 const struct gm_dialect *dialect,
			 struct gm_unpack *in);

/* The digits of the rules that footprints are told by: bytes of others are of
 * no use. */
void gm_footprint_version(char hex[GM_HASH_HEX]);

enum gm_verdict {
	GM_VERDICT_INDEPENDENT,
	GM_VERDICT_CONFLICT,
	GM_VERDICT_UNKNOWN
};

/* One object of each side, borrowed, that get in each other's way. */
struct gm_overlap {
	const struct gm_object *a;
	const struct gm_object *b;
	/* It depends on rows, or on what can't be told from the text. */
	bool maybe;
};

/* A zeroed struct is the empty list. */
struct gm_overlaps {
	struct gm_overlap *v;
	size_t n;
	size_t cap;
	/* As many as anybody would read; there may be more. */
	bool cut;
};

/*
 * Whether the two may run in either order. A conflict names its objects; an
 * unknown verdict names those that may be in conflict, and none where a
 * footprint itself is unknown. `out` may be NULL.
 */
enum gm_verdict gm_footprint_conflict(const struct gm_footprint *a,
				      const struct gm_footprint *b,
				      struct gm_overlaps *out);

/*
 * Why a verdict on the two is unknown though no objects overlap, in a sentence:
 * for a statement of theirs or, where they are too large to be compared, for
 * their size, on line 1. NULL: nothing makes it unknown. `*whose` is a or b.
 * Borrowed.
 */
const char *gm_footprint_unknown(const struct gm_footprint *a,
				 const struct gm_footprint *b,
				 const struct gm_footprint **whose,
				 size_t *line);
void gm_overlaps_release(struct gm_overlaps *overlaps);

/* "table", "column", … */
const char *gm_object_kind_name(enum gm_object_kind kind);

/* The most that is done to it: "creates", "alters", "renames", "drops",
 * "writes", "reads", "uses"; "no longer creates" and the like of what is
 * undone. */
const char *gm_object_verb(const struct gm_object *object);

/* Adds "users.email", or "by_email on users" for what is on a table but not
 * in it: schema, owner and name, as far as they are known. */
void gm_object_name(const struct gm_object *object, struct gm_strbuf *out);

#endif
