/*
 * A parent of ours that isn't there any more: what it stood on, its last
 * version in git tells, and that goes in its place.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/rebase_planner.h"

/* A chain of more that are gone is followed no further. */
#define MOST_GONE 1000

static void add_versions(struct gm_strings *names,
			 const struct gm_change *change, const char *path)
{
	gm_strings_take(names, gm_format("%s:%s", change->commit, path));
	gm_strings_take(names, gm_format("%s^1:%s", change->commit, path));
	gm_strings_take(names, gm_format("%s^2:%s", change->commit, path));
}

/* The blob that the path was last, in the commit that is checked out or
 * before it was taken away; else, and then it says `elsewhere`, where it is
 * another branch's or was before a rebase dropped it. Empty where git doesn't
 * know it. */
static void find_blob(struct gm_repo *repo, const char *path,
		      char blob[GM_OID_HEX], bool *elsewhere)
{
	struct gm_strings names = { 0 };
	struct gm_strings ids = { 0 };
	struct gm_change change = { 0 };
	size_t i;

	*blob = '\0';
	*elsewhere = false;
	gm_strings_take(&names, gm_format("HEAD:%s", path));
	if (!gm_repo_last_change(repo, path, false, &change, NULL)) {
		add_versions(&names, &change, path);
	} else if (!gm_repo_last_change_anywhere(repo, path, &change, NULL)) {
		*elsewhere = true;
		add_versions(&names, &change, path);
	}
	if (!gm_repo_ids(repo, &names, "blob", &ids, NULL))
		for (i = 0; !*blob && i < ids.n; i++)
			memcpy(blob, ids.v[i], strlen(ids.v[i]) + 1);
	gm_change_release(&change);
	gm_strings_release(&ids);
	gm_strings_release(&names);
}

/* The last version of the one that is gone, whose path has a directory of so
 * many bytes; NULL where there is none. The caller frees it. */
static struct gm_migration *read_gone(const struct gm_rebase_planner *p,
				      const char *app, char *path, int dir,
				      bool *elsewhere)
{
	struct gm_file file = { .name = path + dir, .path = path };
	struct gm_findings ignored = { 0 };
	struct gm_strbuf text = { 0 };
	struct gm_migration *m = NULL;
	char blob[GM_OID_HEX];

	find_blob(p->project->repo, path, blob, elsewhere);
	if (*blob && !gm_repo_blob(p->project->repo, blob, &text, NULL)) {
		file.bytes = (char *)gm_strbuf_str(&text);
		file.len = text.len;
		gm_migration_parse(&m, app, &file, &ignored);
	}
	gm_findings_release(&ignored);
	gm_strbuf_release(&text);
	return m;
}

static void add_parent(struct gm_ours *o, const struct gm_migration *parent)
{
	size_t i;

	for (i = 0; i < o->n_parents; i++)
		if (o->parents[i] == parent)
			return;
	if (parent == o->m)
		return;
	o->parents = gm_realloc(o->parents, o->n_parents + 1,
				sizeof(*o->parents));
	o->parents[o->n_parents++] = parent;
}

/* Without a line it stood on the nearest lower one. */
static void add_implied(struct gm_rebase_planner *p, struct gm_ours *o,
			const char *id)
{
	enum gm_numbering numbering = p->series->numbering;
	const struct gm_migration *nearest = NULL;
	size_t i;

	for (i = 0; i < p->n; i++) {
		const struct gm_migration *m = p->v[i].m;

		if (!strcmp(m->app, o->m->app) &&
		    gm_id_compare(numbering, m->id, id) < 0 &&
		    (!nearest ||
		     gm_id_compare(numbering, m->id, nearest->id) > 0))
			nearest = m;
	}
	if (nearest)
		add_parent(o, nearest);
}

/* Takes what the one that is gone stood on, as far as it is ours. */
static void look_below(struct gm_rebase_planner *p, struct gm_ours *o,
		       const struct gm_migration *gone,
		       struct gm_strings *missing)
{
	size_t i;

	if (gm_migration_is_implied(gone))
		add_implied(p, o, gone->id);
	for (i = 0; i < gone->n_parents; i++) {
		const char *id = gone->parents[i].id;
		const struct gm_migration *m = gm_series_find(p->series,
							      o->m->app, id);

		if (m && gm_rebase_ours(p, m))
			add_parent(o, m);
		else if (!m && !gm_strings_has(missing, id))
			gm_strings_add(missing, id);
	}
}

/* Noted is the first that git doesn't know at all, else the first that isn't
 * in the history of what is checked out; but for what was picked without one
 * that is published elsewhere. */
static void note_gone(const struct gm_rebase_planner *p, struct gm_ours *o,
		      const char *id, const char *path, bool unknown)
{
	if (o->gone && (o->gone_unknown || !unknown))
		return;
	if (gm_published_has(&p->onto->published, p->project, o->m->app, id))
		return;
	free(o->gone);
	o->gone = gm_strdup(path);
	o->gone_unknown = unknown;
}

void gm_rebase_find_gone(struct gm_rebase_planner *p, struct gm_ours *o,
			 const struct gm_migration *before)
{
	struct gm_strings missing = { 0 };
	const char *slash = strrchr(o->m->path, '/');
	int dir = slash ? (int)(slash + 1 - o->m->path) : 0;
	size_t i;

	for (i = 0; i < o->m->n_parents; i++)
		if (!o->m->parents[i].found)
			gm_strings_add(&missing, o->m->parents[i].id);
	for (i = 0; i < missing.n && i < MOST_GONE; i++) {
		bool elsewhere;
		char *path = gm_format("%.*s%s.sql", dir, o->m->path,
				       missing.v[i]);
		struct gm_migration *gone = read_gone(p, o->m->app, path, dir,
						      &elsewhere);

		if (gone)
			look_below(p, o, gone, &missing);
		if (!gone || elsewhere)
			note_gone(p, o, missing.v[i], path, !gone);
		gm_migration_free(gone);
		free(path);
	}
	if (o->gone_unknown && !o->n_parents && before)
		add_parent(o, before);
	gm_strings_release(&missing);
}
