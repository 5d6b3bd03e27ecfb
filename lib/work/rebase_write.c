/*
 * The headers that ours get, held against a series that is built from them
 * before anything is written.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/rebase_planner.h"

struct gm_ours *gm_rebase_ours(const struct gm_rebase_planner *p,
			       const struct gm_migration *m)
{
	return p->of[m->index];
}

static void add_file(struct gm_files *files, const char *id, const char *path,
		     const char *bytes, size_t len)
{
	struct gm_file *file = gm_files_add(files);

	file->name = gm_format("%s.sql", id);
	file->path = gm_strdup(path);
	file->bytes = gm_strndup(bytes, len);
	file->len = len;
}

/* The series as it would be, or what it would be without ours. */
void gm_rebase_build(const struct gm_rebase_planner *p, bool with_ours,
		     struct gm_series *out)
{
	size_t a, i;

	memset(out, 0, sizeof(*out));
	out->numbering = p->series->numbering;
	out->prefix = p->series->prefix;
	for (a = 0; a < p->project->n_apps; a++) {
		const char *app = p->project->apps[a].name;
		struct gm_files files = { 0 };

		for (i = 0; i < p->series->n; i++) {
			const struct gm_migration *m = p->series->v[i];
			const struct gm_ours *o = p->of[i];

			if (strcmp(m->app, app) != 0)
				continue;
			if (!o)
				add_file(&files, m->id, m->path, m->text,
					 m->len);
			else if (with_ours)
				add_file(&files, o->id, m->path,
					 gm_strbuf_str(&o->after),
					 o->after.len);
		}
		gm_series_add(out, app, &files);
		gm_files_release(&files);
	}
	gm_series_build(out);
}

/* The pin that the file has for this parent; "" for none, NULL where it
 * isn't its parent yet. */
static const char *written_pin(const struct gm_migration *m,
			       const struct gm_migration *parent)
{
	size_t i;

	for (i = 0; i < m->n_parents; i++)
		if (m->parents[i].found == parent)
			return m->parents[i].pin;
	return NULL;
}

/* The parent lines as they should be; whether they differ from what stands
 * there. */
static bool write_parents(const struct gm_rebase_planner *p,
			  const struct gm_ours *o, struct gm_seal_parent *lines)
{
	bool differs = gm_migration_is_implied(o->m) ||
		       o->n_parents != o->m->n_parents;
	size_t i;

	for (i = 0; i < o->n_parents; i++) {
		const struct gm_migration *parent = o->parents[i];
		const struct gm_ours *renamed = gm_rebase_ours(p, parent);
		const char *pin = written_pin(o->m, parent);

		lines[i].id = renamed ? renamed->id : parent->id;
		lines[i].checksum = pin ? pin : parent->checksum;
		/* What isn't sealed yet would make the pin stale with its
		 * next line. */
		if (!pin && renamed && !gm_migration_is_sealed(parent))
			lines[i].checksum = "";
		differs |= i >= o->m->n_parents ||
			   strcmp(lines[i].id, o->m->parents[i].id) != 0;
	}
	return differs;
}

static void write_file(const struct gm_rebase_planner *p, struct gm_ours *o)
{
	struct gm_seal_parent *lines = gm_calloc(o->n_parents + 1,
						 sizeof(*lines));
	bool differs = o->written && write_parents(p, o, lines);

	gm_strbuf_cut(&o->after, 0);
	gm_seal_reparent(gm_strbuf_str(&o->before), o->before.len,
			 differs ? lines : NULL, o->n_parents, p->depends,
			 p->n_depends, &o->after);
	free(lines);
}

/* Whether the file in the new series has the parents that it should have. */
static bool has_parents(const struct gm_rebase_planner *p,
			const struct gm_ours *o, const struct gm_series *new)
{
	const struct gm_migration *m = gm_series_find(new, o->m->app, o->id);
	size_t i, k;

	if (!m || m->n_above != o->n_parents)
		return false;
	for (i = 0; i < o->n_parents; i++) {
		const struct gm_ours *renamed = gm_rebase_ours(p,
							       o->parents[i]);
		const char *id = renamed ? renamed->id : o->parents[i]->id;

		for (k = 0; k < m->n_above; k++)
			if (!strcmp(m->before[k]->id, id))
				break;
		if (k == m->n_above)
			return false;
	}
	return true;
}

/*
 * A file without parent lines keeps that where its number says enough. A
 * line in one file may change what another one's number says, so it is
 * looked again until all have the parents that they should have.
 */
int gm_rebase_write(struct gm_rebase_planner *p, struct gm_error *err)
{
	struct gm_series new;
	bool again;
	size_t i;
	int ret;

	do {
		again = false;
		for (i = 0; i < p->n; i++)
			write_file(p, &p->v[i]);
		gm_rebase_build(p, true, &new);
		for (i = 0; i < p->n; i++) {
			if (p->v[i].written || has_parents(p, &p->v[i], &new))
				continue;
			p->v[i].written = again = true;
		}
		ret = again ? 0 : gm_series_runnable(&new, err);
		gm_series_release(&new);
	} while (again);
	if (ret)
		gm_error_prefix(err, "this rebase would break the series");
	return ret < 0 ? GM_EREFUSED : 0;
}
