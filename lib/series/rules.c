/*
 * The rules that look at files alone: each by itself, and any two that are
 * more alike than they should be.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "base/sort.h"
#include "series/graph.h"

void gm_hint_seal(struct gm_finding *finding, const struct gm_series *series,
		  const struct gm_migration *m)
{
	char *name = gm_migration_name(m->app, m->id);

	gm_finding_hint(finding, "git migrate seal %s",
			series->is_staged ? "--staged" : name);
	free(name);
}

static void check_seal(struct gm_series *series, const struct gm_migration *m)
{
	struct gm_findings *findings = &series->findings;
	struct gm_finding *finding;

	if (gm_migration_is_sealed(m))
		return;
	if (m->checksum_line)
		finding = gm_findings_add(findings, GM_RULE_STALE_CHECKSUM,
					  m->path, m->checksum_line,
					  "was edited after it was sealed");
	else
		finding = gm_findings_add(findings, GM_RULE_UNSEALED, m->path,
					  0, "is not sealed");
	gm_hint_seal(finding, series, m);
}

/* What does nothing needs nothing to undo it. */
static void check_down(struct gm_findings *findings,
		       const struct gm_migration *m)
{
	struct gm_finding *finding;
	bool written;

	if (gm_migration_has_down(m, &written) || m->irreversible ||
	    gm_migration_is_empty(m))
		return;
	finding = gm_findings_add(findings, GM_RULE_NO_DOWN, m->path, 0,
				  written ? "has nothing in its down section"
					  : "has no down section");
	gm_finding_hint(finding,
			"write '-- migrate:down' and the SQL that "
			"undoes it, or '-- migrate:irreversible REASON' in "
			"the header");
}

static void check_ids(struct gm_series *series)
{
	size_t i;

	for (i = 1; i < series->n; i++) {
		const struct gm_migration *a = series->by_id[i - 1];
		const struct gm_migration *b = series->by_id[i];
		struct gm_finding *finding;

		if (strcmp(a->app, b->app) || strcasecmp(a->id, b->id))
			continue;
		finding = gm_findings_add(
			&series->findings, GM_RULE_DUPLICATE_ID, b->path, 0,
			strcmp(a->id, b->id) ? "has the id of '%s', letter "
					       "case aside"
					     : "has the id of '%s'",
			a->path);
		gm_finding_hint(finding, "rename one of the two");
	}
}

static void same_number(struct gm_series *series,
			const struct gm_migration *first,
			const struct gm_migration *m)
{
	struct gm_finding *finding;

	finding = gm_findings_add(&series->findings, GM_RULE_DUPLICATE_NUMBER,
				  m->path, 0, "has the number of '%s'",
				  first->id);
	gm_finding_hint(finding, "rename one of the two, with the next "
				 "number of the sequence; git migrate rebase "
				 "does it where one is published");
}

static int by_number(const void *a, const void *b)
{
	const struct gm_migration *x = *(struct gm_migration *const *)a;
	const struct gm_migration *y = *(struct gm_migration *const *)b;
	int diff = strcmp(x->app, y->app);

	return diff ? diff : gm_id_compare(GM_NUMBERING_SEQUENCE, x->id, y->id);
}

static void check_numbers(struct gm_series *series)
{
	struct gm_migration **sorted;
	size_t i, first = 0;

	if (series->numbering != GM_NUMBERING_SEQUENCE || !series->n)
		return;
	sorted = gm_calloc(series->n, sizeof(struct gm_migration *));
	memcpy(sorted, series->v, series->n * sizeof(*sorted));
	gm_sort(sorted, series->n, sizeof(*sorted), by_number);
	for (i = 1; i < series->n; i++) {
		const struct gm_migration *a = sorted[first], *b = sorted[i];

		if (strcmp(a->app, b->app) ||
		    !gm_id_same_number(series->numbering, a->id, b->id))
			first = i;
		else if (strcasecmp(a->id, b->id))
			same_number(series, a, b);
	}
	free(sorted);
}

static void same_content(struct gm_series *series,
			 const struct gm_migration *first,
			 const struct gm_migration *m)
{
	struct gm_finding *finding;

	if (gm_migration_is_empty(m))
		return;
	finding = gm_findings_add(&series->findings, GM_RULE_DUPLICATE_CONTENT,
				  m->path, 0, "has the same SQL as '%s'",
				  first->id);
	gm_finding_hint(finding, "delete one of the two");
}

/* The digits that a checksum begins with, as a place in a table. */
static size_t place_of(const struct gm_migration *m, size_t mask)
{
	uint64_t digits;

	memcpy(&digits, m->checksum, sizeof(digits));
	digits *= UINT64_C(0x9e3779b97f4a7c15);
	return (size_t)(digits >> 32) & mask;
}

/* By a table of the first one of each content: most are the only one, and
 * need not be sorted for that. */
static void check_contents(struct gm_series *series)
{
	size_t size = 16;
	uint32_t *table;
	size_t i;

	while (size < 2 * series->n)
		size *= 2;
	table = gm_calloc(size, sizeof(*table));
	for (i = 0; i < series->n; i++) {
		const struct gm_migration *m = series->v[i];
		size_t at = place_of(m, size - 1);

		for (; table[at]; at = (at + 1) & (size - 1)) {
			const struct gm_migration *first =
				series->v[table[at] - 1];

			if (strcmp(first->checksum, m->checksum) ||
			    strcmp(first->app, m->app))
				continue;
			same_content(series, first, m);
			break;
		}
		if (!table[at])
			table[at] = (uint32_t)i + 1;
	}
	free(table);
}

void gm_rules_check(struct gm_series *series)
{
	size_t i;

	check_ids(series);
	check_numbers(series);
	check_contents(series);
	for (i = 0; i < series->n; i++) {
		check_seal(series, series->v[i]);
		check_down(&series->findings, series->v[i]);
	}
}
