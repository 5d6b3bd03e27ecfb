/*
 * Ours against what others have published since the two parted. What was
 * published before is in the bases, and no matter here.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/check_rules.h"
#include "work/quote.h"

/* One published ref, and what is between it and us. */
struct parting {
	struct gm_check *check;
	const struct gm_published_ref *ref;
	struct gm_conflicts found;
};

/* An overlap that is certain, if there is one. */
static const struct gm_overlap *shown_overlap(const struct gm_pair *pair)
{
	size_t i;

	for (i = 0; i < pair->overlaps.n; i++)
		if (!pair->overlaps.v[i].maybe)
			return &pair->overlaps.v[i];
	return pair->overlaps.v;
}

/* "uses table 't', but migrations/2_x.sql:5 of 'main' drops table 't'"; a file
 * that is gone is said to be. */
static struct gm_finding *
add_overlap(struct gm_check *check, const struct gm_change_of_side *ours,
	    const struct gm_object *own, const struct gm_change_of_side *theirs,
	    const struct gm_object *other, const char *where,
	    const struct gm_overlaps *all)
{
	char *a = gm_object_text(own);
	char *b = gm_object_text(other);
	char *place = where ? gm_format("of '%s'", where)
			    : gm_strdup("beside it");
	char *behind = all->n > 1
			       ? gm_format(" (and %s%zu more)",
					   all->cut ? "over " : "", all->n - 1)
			       : gm_strdup("");
	struct gm_finding *finding = gm_findings_add(
		&check->out->findings, GM_RULE_CONFLICT, ours->file.path,
		own->line, "%s%s, but %s:%zu %s%s %s%s",
		ours->kind == GM_CHANGE_GONE ? "is deleted and " : "", a,
		theirs->file.path, other->line, place,
		theirs->kind == GM_CHANGE_GONE ? " is deleted and" : "", b,
		behind);

	free(a);
	free(b);
	free(place);
	free(behind);
	return finding;
}

struct gm_finding *gm_check_add_conflict(struct gm_check *check,
					 const struct gm_pair *pair,
					 const char *where)
{
	const struct gm_overlap *overlap = shown_overlap(pair);
	/* Of one tree the file that is there. */
	bool turn = !where && pair->a->kind == GM_CHANGE_GONE;

	if (!overlap)
		return gm_findings_add(&check->out->findings, GM_RULE_CONFLICT,
				       turn ? pair->b->file.path
					    : pair->a->file.path,
				       0, "%s", pair->reason);
	if (turn)
		return add_overlap(check, pair->b, overlap->b, pair->a,
				   overlap->a, where, &pair->overlaps);
	return add_overlap(check, pair->a, overlap->a, pair->b, overlap->b,
			   where, &pair->overlaps);
}

static bool base_has(const struct gm_published_ref *ref,
		     const struct gm_change_of_side *change)
{
	size_t i;

	for (i = 0; i < ref->n_bases; i++)
		if (gm_files_find(&ref->bases[i].apps[change->app],
				  change->file.name))
			return true;
	return false;
}

/* The side's first new migration of the app, by number, that the other side
 * doesn't have under another name; or the last one. */
static const struct gm_change_of_side *find_added(const struct parting *p,
						  const struct gm_side *side,
						  const struct gm_side *other,
						  size_t app, bool last)
{
	enum gm_numbering numbering = p->check->project->numbering;
	const struct gm_change_of_side *found = NULL;
	size_t i;

	for (i = 0; i < side->n; i++) {
		const struct gm_change_of_side *change = &side->v[i];

		if (change->app != app || base_has(p->ref, change) ||
		    gm_side_holds(other, change))
			continue;
		if (!found || (gm_id_compare(numbering, change->file.name,
					     found->file.name) > 0) == last)
			found = change;
	}
	return found;
}

/* To be typed as it is, whatever the branch is called. */
static void hint_command(struct gm_finding *finding, const char *command,
			 const char *ref, const char *rest)
{
	char *word = gm_shell_word(ref);

	gm_finding_hint(finding, "git migrate %s %s%s", command, word, rest);
	free(word);
}

static void add_collision(struct parting *p, const struct gm_pair *pair)
{
	const char *ref = gm_ref_short_name(p->ref->name);
	const struct gm_file *theirs = &pair->b->file;
	struct gm_finding *finding;

	/* An edit on both sides; what is ours of it is judged elsewhere. */
	if (base_has(p->ref, pair->a))
		return;
	if (!strcmp(pair->a->file.name, theirs->name)) {
		char *path = gm_shell_word(pair->a->file.path);
		char *word = gm_shell_word(ref);

		gm_finding_hint(
			gm_findings_add(&p->check->out->findings,
					GM_RULE_COLLISION, pair->a->file.path,
					0,
					"'%s' has this id too, with other "
					"content",
					ref),
			"git mv %s to a name of its own, then git rebase %s "
			"(or git merge)",
			path, word);
		free(path);
		free(word);
		return;
	}
	finding = gm_findings_add(&p->check->out->findings, GM_RULE_COLLISION,
				  pair->a->file.path, 0,
				  "'%s' has this number too: '%s'", ref,
				  theirs->path);
	hint_command(finding, "rebase", ref, " gives ours another");
}

static void add_fork(struct parting *p, size_t app)
{
	const struct gm_conflicts *c = &p->found;
	const struct gm_change_of_side *ours = find_added(p, &c->a, &c->b, app,
							  false);
	const struct gm_change_of_side *theirs = find_added(p, &c->b, &c->a,
							    app, true);
	const struct gm_migration *m = ours ? ours->migration : NULL;
	const char *ref = gm_ref_short_name(p->ref->name);
	struct gm_finding *finding;

	if (!ours || !theirs)
		return;
	finding = gm_findings_add(&p->check->out->findings, GM_RULE_FORK,
				  ours->file.path,
				  m && m->n_parents ? m->parents[0].line : 0,
				  "stands beside '%s' of '%s', not on it",
				  theirs->file.path, ref);
	hint_command(finding, "rebase", ref, "");
}

static bool conflicts_in(const struct parting *p, size_t app)
{
	size_t i;

	for (i = 0; i < p->found.n; i++)
		if (p->found.v[i].a->app == app &&
		    p->found.v[i].verdict == GM_PAIR_CONFLICT)
			return true;
	return false;
}

/* What each does to one and the same file that both had is judged elsewhere,
 * as a change of what is published. */
static bool is_one_file(const struct gm_pair *pair)
{
	return (pair->a->kind || pair->b->kind) &&
	       pair->a->app == pair->b->app &&
	       !strcmp(pair->a->file.name, pair->b->file.name);
}

static void add_pairs(struct parting *p)
{
	const char *ref = gm_ref_short_name(p->ref->name);
	size_t i;

	for (i = 0; i < p->found.n; i++) {
		const struct gm_pair *pair = &p->found.v[i];

		if (pair->verdict == GM_PAIR_COLLISION)
			add_collision(p, pair);
		else if (pair->verdict == GM_PAIR_CONFLICT &&
			 !is_one_file(pair))
			hint_command(gm_check_add_conflict(p->check, pair, ref),
				     "conflicts", ref, " shows both");
	}
}

static int compare_sides(struct gm_check *check,
			 const struct gm_published_ref *ref,
			 const struct gm_check_ours *known,
			 struct gm_error *err)
{
	struct gm_project *project = check->project;
	bool linear = !strcmp(gm_config_get(&project->config, "migrate.heads",
					    "independent"),
			      "linear");
	struct parting p = { .check = check, .ref = ref };
	struct gm_side *ours = &p.found.a;
	struct gm_side *theirs = &p.found.b;
	size_t i;
	int ret = gm_side_take_series(ours, project, known->same, known->seen,
				      ref->bases, ref->n_bases, err);

	if (!ret && (ours->n || ours->n_rest))
		ret = gm_side_take_tree(theirs, project, &ref->tip, ref->bases,
					ref->n_bases, err);
	if (!ret) {
		gm_conflicts_judge(&p.found, project, ours, theirs);
		add_pairs(&p);
		for (i = 0; i < project->n_apps; i++)
			if (linear || conflicts_in(&p, i))
				add_fork(&p, i);
	}
	gm_conflicts_release(&p.found);
	return ret;
}

/* Whether it has anything that ours don't stand on. */
static bool has_moved_on(const struct gm_published_ref *ref)
{
	size_t i;

	for (i = 0; i < ref->n_bases; i++)
		if (!strcmp(ref->bases[i].commit, ref->tip.commit))
			return false;
	return ref->n_bases > 0;
}

/* The last of the published files, by number, that sorts behind ours: in our
 * own series where it is there, for there parents count too. */
static const struct gm_file *sorts_behind(const struct gm_check *check,
					  const struct gm_files *files,
					  const struct gm_migration *m)
{
	const struct gm_project *project = check->project;
	const struct gm_file *found = NULL;
	size_t i;

	for (i = 0; i < files->n; i++) {
		const struct gm_file *file = &files->v[i];
		size_t len = strlen(file->name);
		const struct gm_migration *here;
		char *id;

		if (!gm_ends_with(file->name, ".sql") ||
		    !gm_id_is_valid(file->name, len - 4) ||
		    gm_id_compare(project->numbering, file->name, m->id) <= 0 ||
		    (found && gm_id_compare(project->numbering, file->name,
					    found->name) < 0))
			continue;
		id = gm_strndup(file->name, len - 4);
		here = gm_series_find(&project->series, m->app, id);
		free(id);
		if (!here || here->index > m->index)
			found = file;
	}
	return found;
}

static void check_order(struct gm_check *check,
			const struct gm_published_ref *ref,
			const struct gm_check_ours *ours)
{
	const struct gm_project *project = check->project;
	size_t i;
	size_t k;

	for (i = 0; i < project->series.n; i++) {
		const struct gm_migration *m = project->series.v[i];
		size_t app = (size_t)(gm_project_app(project, m->app) -
				      project->apps);
		bool known = ours->same[i] ||
			     gm_files_find_id(&ref->tip.apps[app], m->id);
		const struct gm_file *behind;
		struct gm_finding *finding;

		for (k = 0; !known && k < ref->n_bases; k++)
			known = gm_files_find_id(&ref->bases[k].apps[app],
						 m->id);
		behind = known ? NULL
			       : sorts_behind(check, &ref->tip.apps[app], m);
		if (!behind)
			continue;
		finding = gm_findings_add(&check->out->findings,
					  GM_RULE_OUT_OF_ORDER, m->path, 0,
					  "sorts before '%s' of '%s'",
					  behind->path,
					  gm_ref_short_name(ref->name));
		hint_command(finding, "rebase", gm_ref_short_name(ref->name),
			     " renews its number");
	}
}

int gm_check_sides(struct gm_check *check, struct gm_error *err)
{
	struct gm_findings *f = &check->out->findings;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < check->published.n; i++) {
		const struct gm_published_ref *ref = &check->published.v[i];
		size_t k = f->n;

		if (has_moved_on(ref))
			ret = compare_sides(check, ref, &check->ours[i], err);
		for (; check->options->is_uncommitted && k < f->n; k++)
			f->v[k].level = GM_LEVEL_WARN;
		if (!ret && ref->n_bases)
			check_order(check, ref, &check->ours[i]);
	}
	return ret;
}
