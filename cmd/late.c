/*
 * The two sides, and the ways out.
 */
#include "cmd/late.h"

#include <stdlib.h>
#include <string.h>

#include "cmd/output.h"
#include "cmd/sides.h"
#include "work/late.h"

/* So many pairs are shown with their lines. */
#define PAIRS_MAX 3

struct names {
	char *late;
	char *applied;
};

static struct names names_of(const struct gm_clash *clash)
{
	struct names names = {
		gm_migration_name(clash->late->app, clash->late->id),
		gm_migration_name(clash->row->app, clash->row->id),
	};

	return names;
}

static void release_names(struct names *names)
{
	free(names->late);
	free(names->applied);
}

/* Why it can't be told, or where it may be. */
static char *reason_of(struct gm_late *late, const struct gm_clash *clash)
{
	const struct gm_footprint *a = gm_footprints_get(&late->footprints,
							 clash->late);
	const struct gm_footprint *b = gm_footprints_get(&late->footprints,
							 clash->applied);
	const struct gm_footprint *whose;
	size_t line;
	const char *unknown = gm_footprint_unknown(a, b, &whose, &line);
	char *one;
	char *two;
	char *both;

	if (unknown)
		return gm_format("%s:%zu: %s",
				 whose == a ? clash->late->path
					    : clash->applied->path,
				 line, unknown);
	one = gm_place_text(clash->late->path, clash->overlaps.v[0].a);
	two = gm_place_text(clash->applied->path, clash->overlaps.v[0].b);
	both = gm_format("%s; %s", one, two);
	free(one);
	free(two);
	return both;
}

static void note(struct gm_late *late, size_t first)
{
	size_t i;

	for (i = first; i < late->clashes.n; i++) {
		const struct gm_clash *clash = &late->clashes.v[i];
		struct names names = names_of(clash);
		char *reason = reason_of(late, clash);

		gm_print_note("'%s' %s '%s', which is applied and comes after "
			      "it: %s",
			      names.late,
			      clash->verdict == GM_VERDICT_CONFLICT
				      ? "conflicts with"
				      : "may get in the way of",
			      names.applied, reason);
		free(reason);
		release_names(&names);
	}
}

static void print_sides(const struct session *s, const struct gm_late *late)
{
	size_t i;

	fflush(stdout);
	for (i = 0; i < late->conflicts && i < PAIRS_MAX; i++) {
		const struct gm_clash *clash = &late->clashes.v[i];

		gm_print_files(stderr, "conflict", clash->late->path,
			       clash->applied->path);
		fputc('\n', stderr);
		gm_print_overlaps(stderr, s->comparison.dialect,
				  clash->late->path, clash->late,
				  clash->applied->path, clash->applied,
				  &clash->overlaps);
	}
	if (late->conflicts > PAIRS_MAX)
		fprintf(stderr, "… and %zu conflicts more\n",
			late->conflicts - PAIRS_MAX);
}

int gm_late_judge(struct session *s, const struct gm_plan *plan, bool allowed)
{
	struct gm_recorded recorded = gm_recorded_in(s->project.history);
	struct gm_late late;
	int ret = gm_late_find(&late, &s->comparison, plan, &recorded, &s->err);

	if (!ret && late.conflicts && !allowed) {
		print_sides(s, &late);
		ret = gm_late_refuse(&s->project, &late.clashes.v[0],
				     s->in->command->name, &s->err);
	} else if (!ret && !s->in->values->quiet) {
		note(&late, 0);
	}
	gm_late_release(&late);
	return ret;
}
