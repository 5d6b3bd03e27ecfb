/*
 * What the rules found: their names, their levels, and lists of findings.
 */
#include "series/finding.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sort.h"
#include "base/strbuf.h"

static const struct {
	const char *name;
	enum gm_level level;
	bool blocks;
} rules[GM_RULE_COUNT] = {
	[GM_RULE_BAD_FILE] = { "bad-file", GM_LEVEL_ERROR, true },
	[GM_RULE_BAD_NAME] = { "bad-name", GM_LEVEL_ERROR, false },
	[GM_RULE_PARSE_ERROR] = { "parse-error", GM_LEVEL_ERROR, true },
	[GM_RULE_DUPLICATE_ID] = { "duplicate-id", GM_LEVEL_ERROR, true },
	[GM_RULE_DUPLICATE_NUMBER] = { "duplicate-number", GM_LEVEL_ERROR,
				       false },
	[GM_RULE_DUPLICATE_CONTENT] = { "duplicate-content", GM_LEVEL_ERROR,
					false },
	[GM_RULE_UNKNOWN_PARENT] = { "unknown-parent", GM_LEVEL_ERROR, true },
	[GM_RULE_UNKNOWN_DEPENDENCY] = { "unknown-dependency", GM_LEVEL_ERROR,
					 true },
	[GM_RULE_CYCLE] = { "cycle", GM_LEVEL_ERROR, true },
	[GM_RULE_SEVERAL_HEADS] = { "several-heads", GM_LEVEL_ERROR, false },
	[GM_RULE_STALE_CHECKSUM] = { "stale-checksum", GM_LEVEL_ERROR, false },
	[GM_RULE_STALE_PIN] = { "stale-pin", GM_LEVEL_ERROR, false },
	[GM_RULE_UNSEALED] = { "unsealed", GM_LEVEL_WARN, false },
	[GM_RULE_NO_DOWN] = { "no-down", GM_LEVEL_WARN, false },
	[GM_RULE_PUBLISHED_EDITED] = { "published-edited", GM_LEVEL_ERROR,
				       false },
	[GM_RULE_PUBLISHED_DELETED] = { "published-deleted", GM_LEVEL_ERROR,
					false },
	[GM_RULE_PUBLISHED_REPARENTED] = { "published-reparented",
					   GM_LEVEL_ERROR, false },
	[GM_RULE_COLLISION] = { "collision", GM_LEVEL_ERROR, false },
	[GM_RULE_CONFLICT] = { "conflict", GM_LEVEL_ERROR, false },
	[GM_RULE_BROKEN_ORDER] = { "broken-order", GM_LEVEL_ERROR, false },
	[GM_RULE_FORK] = { "fork", GM_LEVEL_ERROR, false },
	[GM_RULE_OUT_OF_ORDER] = { "out-of-order", GM_LEVEL_NOTE, false },
	[GM_RULE_UNREADABLE_HISTORY] = { "unreadable-history", GM_LEVEL_ERROR,
					 false },
	[GM_RULE_UNFINISHED_RUN] = { "unfinished-run", GM_LEVEL_ERROR, false },
	[GM_RULE_APPLIED_EDITED] = { "applied-edited", GM_LEVEL_ERROR, false },
	[GM_RULE_APPLIED_MISSING] = { "applied-missing", GM_LEVEL_WARN, false },
	[GM_RULE_APPLIED_EARLY] = { "applied-early", GM_LEVEL_WARN, false },
	[GM_RULE_PENDING_CONFLICT] = { "pending-conflict", GM_LEVEL_ERROR,
				       false },
	[GM_RULE_PENDING_UNPUBLISHED] = { "pending-unpublished", GM_LEVEL_ERROR,
					  false },
	[GM_RULE_PENDING_UNFIT] = { "pending-unfit", GM_LEVEL_ERROR, false },
};

const char *gm_rule_name(enum gm_rule rule)
{
	return rules[rule].name;
}

enum gm_level gm_rule_default_level(enum gm_rule rule)
{
	return rules[rule].level;
}

bool gm_rule_blocks(enum gm_rule rule)
{
	return rules[rule].blocks;
}

bool gm_rule_asks_target(enum gm_rule rule)
{
	return rule >= GM_RULE_UNREADABLE_HISTORY;
}

const char *gm_level_name(enum gm_level level)
{
	static const char *const names[] = {
		[GM_LEVEL_OFF] = "off",
		[GM_LEVEL_NOTE] = "note",
		[GM_LEVEL_WARN] = "warn",
		[GM_LEVEL_ERROR] = "error",
	};

	return names[level];
}

struct gm_finding *gm_findings_add(struct gm_findings *findings,
				   enum gm_rule rule, const char *path,
				   size_t line, const char *fmt, ...)
{
	struct gm_finding *finding;
	va_list args;

	GM_GROW(findings->v, findings->n, findings->cap);
	finding = &findings->v[findings->n++];
	finding->rule = rule;
	finding->level = gm_rule_default_level(rule);
	finding->path = gm_strdup_null(path);
	finding->line = line;
	va_start(args, fmt);
	finding->message = gm_vformat(fmt, args);
	va_end(args);
	finding->hint = NULL;
	return finding;
}

void gm_finding_hint(struct gm_finding *finding, const char *fmt, ...)
{
	va_list args;

	free(finding->hint);
	va_start(args, fmt);
	finding->hint = gm_vformat(fmt, args);
	va_end(args);
}

/* What is no file's goes last: it is about the files before it. */
static int by_place(const void *a, const void *b)
{
	const struct gm_finding *x = a, *y = b;
	int diff;

	if (!x->path != !y->path)
		return x->path ? -1 : 1;
	diff = x->path ? strcmp(x->path, y->path) : 0;
	if (diff)
		return diff;
	if (x->line != y->line)
		return x->line < y->line ? -1 : 1;
	if (x->rule != y->rule)
		return x->rule < y->rule ? -1 : 1;
	return strcmp(x->message, y->message);
}

void gm_findings_sort(struct gm_findings *findings)
{
	gm_sort(findings->v, findings->n, sizeof(*findings->v), by_place);
}

void gm_findings_move(struct gm_findings *to, struct gm_findings *from)
{
	size_t i;

	for (i = 0; i < from->n; i++) {
		GM_GROW(to->v, to->n, to->cap);
		to->v[to->n++] = from->v[i];
	}
	from->n = 0;
}

static void release(struct gm_finding *finding)
{
	free(finding->path);
	free(finding->message);
	free(finding->hint);
}

void gm_findings_drop(struct gm_findings *findings, size_t i)
{
	struct gm_finding *at = &findings->v[i];

	release(at);
	findings->n--;
	memmove(at, at + 1, (findings->n - i) * sizeof(*at));
}

void gm_findings_release(struct gm_findings *findings)
{
	size_t i;

	if (!findings)
		return;
	for (i = 0; i < findings->n; i++)
		release(&findings->v[i]);
	free(findings->v);
	memset(findings, 0, sizeof(*findings));
}
