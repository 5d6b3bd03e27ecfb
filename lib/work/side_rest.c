/*
 * A file that isn't there any more may have been taken away, or be there
 * under another name: the checksum tells, for a rename may come with another
 * header.
 */
#include "work/side_rest.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

void gm_side_find_standing(struct gm_change_of_side *change)
{
	const struct gm_migration *m = change->migration;
	size_t i;

	for (i = 0; m && i < m->n_parents; i++)
		gm_strings_take(*m->parents[i].pin ? &change->by_pin
						   : &change->by_name,
				gm_migration_name(m->app, m->parents[i].id));
	for (i = 0; m && i < m->n_depends; i++)
		gm_strings_take(&change->by_name,
				gm_migration_name(m->depends[i].app,
						  m->depends[i].id));
}

static void forget(struct gm_strings *list, const char *app, const char *id)
{
	char *name = gm_migration_name(app, id);
	size_t kept = 0;
	size_t i;

	for (i = 0; i < list->n; i++) {
		if (strcmp(list->v[i], name) != 0)
			list->v[kept++] = list->v[i];
		else
			free(list->v[i]);
	}
	list->n = kept;
	free(name);
}

bool gm_side_is_header(struct gm_change_of_side *change,
		       const struct gm_migration *base)
{
	const struct gm_migration *m = change->migration;
	size_t i;

	if (!m)
		return false;
	for (i = 0; i < base->n_parents; i++) {
		forget(&change->by_name, m->app, base->parents[i].id);
		forget(&change->by_pin, m->app, base->parents[i].id);
	}
	for (i = 0; i < base->n_depends; i++)
		forget(&change->by_name, base->depends[i].app,
		       base->depends[i].id);
	return !strcmp(base->checksum, m->checksum);
}

static void release_footprints(struct gm_change_of_side *change)
{
	size_t i;

	for (i = 0; i < GM_SIDE_DIALECTS; i++)
		gm_footprint_release(&change->footprints[i]);
}

static struct gm_change_of_side *add_rest(struct gm_side *side)
{
	GM_GROW(side->rest, side->n_rest, side->cap_rest);
	return &side->rest[side->n_rest++];
}

void gm_side_keep_header(struct gm_side *side)
{
	struct gm_change_of_side *change = &side->v[--side->n];

	if (!change->by_name.n && !change->by_pin.n) {
		gm_change_of_side_release(change);
		return;
	}
	release_footprints(change);
	change->kind = GM_CHANGE_HEADER;
	*add_rest(side) = *change;
}

void gm_side_add_renamed(struct gm_side *side, size_t app, struct gm_file *file,
			 const char *name)
{
	struct gm_change_of_side *change = add_rest(side);

	memset(change, 0, sizeof(*change));
	change->kind = GM_CHANGE_RENAMED;
	change->app = app;
	change->renamed = gm_strdup(name);
	change->file = *file;
	memset(file, 0, sizeof(*file));
}

/* What has no SQL has its checksum in common with others that have none. */
static bool is_it(const struct gm_migration *m,
		  const struct gm_change_of_side *gone)
{
	return m && !strcmp(m->app, gone->migration->app) &&
	       !strcmp(m->checksum, gone->checksum) &&
	       !gm_migration_is_empty(m);
}

/* The name that it has now; NULL: it is gone. */
static char *find_name(struct gm_side *side,
		       const struct gm_change_of_side *gone,
		       const struct gm_series *series)
{
	char *name = NULL;
	size_t i;

	for (i = 0; !name && i < side->n; i++) {
		if (!is_it(side->v[i].migration, gone))
			continue;
		name = gm_strdup(side->v[i].file.name);
		gm_change_of_side_release(&side->v[i]);
		memmove(&side->v[i], &side->v[i + 1],
			(--side->n - i) * sizeof(*side->v));
	}
	for (i = 0; !name && series && i < series->n; i++)
		if (is_it(series->v[i], gone))
			name = gm_format("%s.sql", series->v[i]->id);
	return name;
}

void gm_side_add_gone(struct gm_side *side, struct gm_project *project,
		      size_t app, struct gm_file *file,
		      const struct gm_series *series)
{
	struct gm_change_of_side gone = { .kind = GM_CHANGE_GONE, .app = app };
	size_t i;

	gm_change_of_side_read(&gone, project, file);
	/* What was no migration is missed by nobody. */
	if (!gone.migration) {
		gm_change_of_side_release(&gone);
		return;
	}
	gone.renamed = find_name(side, &gone, series);
	if (gone.renamed) {
		gone.kind = GM_CHANGE_RENAMED;
		release_footprints(&gone);
	}
	for (i = 0; i < GM_SIDE_DIALECTS; i++) {
		struct gm_footprint up = gone.footprints[i];

		memset(&gone.footprints[i], 0, sizeof(up));
		gm_footprint_undo(&gone.footprints[i], &up);
		gm_footprint_release(&up);
	}
	*add_rest(side) = gone;
}
