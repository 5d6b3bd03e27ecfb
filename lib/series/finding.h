/*
 * What the rules found: each finding names its rule, its place and what to
 * do about it. Whether it is an error, a warning or nothing is a setting.
 */
#ifndef GM_SERIES_FINDING_H
#define GM_SERIES_FINDING_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

/* The order is the order of the manual; names are in finding.c. */
enum gm_rule {
	GM_RULE_BAD_FILE,	    /* bad-file: no plain file */
	GM_RULE_BAD_NAME,	    /* bad-name */
	GM_RULE_PARSE_ERROR,	    /* parse-error */
	GM_RULE_DUPLICATE_ID,	    /* duplicate-id, letter case aside */
	GM_RULE_DUPLICATE_NUMBER,   /* duplicate-number: in a sequence */
	GM_RULE_DUPLICATE_CONTENT,  /* duplicate-content */
	GM_RULE_UNKNOWN_PARENT,	    /* unknown-parent */
	GM_RULE_UNKNOWN_DEPENDENCY, /* unknown-dependency */
	GM_RULE_CYCLE,		    /* cycle */
	GM_RULE_SEVERAL_HEADS,	    /* several-heads: where policy is linear */
	GM_RULE_STALE_CHECKSUM,	    /* stale-checksum */
	GM_RULE_STALE_PIN,	    /* stale-pin */
	GM_RULE_UNSEALED,	    /* unsealed: warn */
	GM_RULE_NO_DOWN,	    /* no-down: warn */
	GM_RULE_PUBLISHED_EDITED,   /* published-edited */
	GM_RULE_PUBLISHED_DELETED,  /* published-deleted */
	GM_RULE_PUBLISHED_REPARENTED, /* published-reparented */
	GM_RULE_COLLISION,	      /* collision */
	GM_RULE_CONFLICT,	      /* conflict */
	GM_RULE_BROKEN_ORDER,	      /* broken-order */
	GM_RULE_FORK,		      /* fork */
	GM_RULE_OUT_OF_ORDER,	      /* out-of-order: note */
	/* From here on those that ask the target. */
	GM_RULE_UNREADABLE_HISTORY,  /* unreadable-history */
	GM_RULE_UNFINISHED_RUN,	     /* unfinished-run */
	GM_RULE_APPLIED_EDITED,	     /* applied-edited */
	GM_RULE_APPLIED_MISSING,     /* applied-missing: warn */
	GM_RULE_APPLIED_EARLY,	     /* applied-early: warn */
	GM_RULE_PENDING_CONFLICT,    /* pending-conflict */
	GM_RULE_PENDING_UNPUBLISHED, /* pending-unpublished */
	GM_RULE_PENDING_UNFIT,	     /* pending-unfit: it can't run there */
	GM_RULE_COUNT
};

enum gm_level {
	GM_LEVEL_OFF,
	GM_LEVEL_NOTE,
	GM_LEVEL_WARN,
	GM_LEVEL_ERROR
};

struct gm_finding {
	enum gm_rule rule;
	enum gm_level level;
	/* Relative to the work tree's top; NULL where it is no file's. */
	char *path;
	/* Counted from 1; 0 where it concerns the whole file. */
	size_t line;
	/* One finished sentence, without path and line. */
	char *message;
	/* What to type next, or NULL. */
	char *hint;
};

/* A list that owns its findings. A zeroed struct is the empty list. */
struct gm_findings {
	struct gm_finding *v;
	size_t n;
	size_t cap;
};

/* The stable name, as in --json and in migrate.check.NAME. */
const char *gm_rule_name(enum gm_rule rule);

/* The level that it has where no setting says otherwise. */
enum gm_level gm_rule_default_level(enum gm_rule rule);

/*
 * Whether a series with such a finding can't be run at all, whatever its
 * level: there is no telling what would be applied, or in which order.
 */
bool gm_rule_blocks(enum gm_rule rule);

/* Whether it is of those that ask the target. */
bool gm_rule_asks_target(enum gm_rule rule);

/* "off", "note", "warn", "error". */
const char *gm_level_name(enum gm_level level);

/* Adds one at its rule's default level. path may be NULL. Returns it; valid
 * until the next one is added. */
struct gm_finding *gm_findings_add(struct gm_findings *findings,
				   enum gm_rule rule, const char *path,
				   size_t line, const char *fmt, ...)
	GM_PRINTF(5, 6);

/* Sets the hint of a finding. */
void gm_finding_hint(struct gm_finding *finding, const char *fmt, ...)
	GM_PRINTF(2, 3);

/* Moves all of them behind those that are there. */
void gm_findings_move(struct gm_findings *to, struct gm_findings *from);

/* Takes number `i` out; those behind it move up. */
void gm_findings_drop(struct gm_findings *findings, size_t i);

/* By path, then line, then rule. */
void gm_findings_sort(struct gm_findings *findings);
void gm_findings_release(struct gm_findings *findings);

#endif
