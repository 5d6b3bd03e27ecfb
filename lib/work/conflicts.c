/*
 * Each migration of one side against each of the other. What both have with
 * the same content, under whatever name, is no matter between them.
 */
#include "work/conflicts.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sql/ground.h"
#include "work/conflicts_rest.h"
#include "work/published.h"
#include "work/sides.h"

const char *gm_pair_verdict_name(enum gm_pair_verdict verdict)
{
	static const char *const names[GM_PAIR_COUNT] = {
		[GM_PAIR_INDEPENDENT] = "independent",
		[GM_PAIR_UNKNOWN] = "unknown",
		[GM_PAIR_CONFLICT] = "conflict",
		[GM_PAIR_COLLISION] = "collision",
	};

	return names[verdict];
}

enum gm_pair_verdict gm_conflicts_verdict(const struct gm_conflicts *conflicts)
{
	int verdict = GM_PAIR_COUNT - 1;

	while (verdict > GM_PAIR_INDEPENDENT && !conflicts->count[verdict])
		verdict--;
	return (enum gm_pair_verdict)verdict;
}

static bool same_content(const struct gm_change_of_side *a,
			 const struct gm_change_of_side *b)
{
	if (*a->file.blob && !strcmp(a->file.blob, b->file.blob))
		return true;
	return *a->checksum && !strcmp(a->checksum, b->checksum);
}

static bool holds(const struct gm_side *side,
		  const struct gm_change_of_side *change, bool by_name)
{
	size_t i;

	for (i = 0; i < side->n; i++)
		if (side->v[i].app == change->app &&
		    (!by_name ||
		     !strcmp(side->v[i].file.name, change->file.name)) &&
		    same_content(&side->v[i], change))
			return true;
	return false;
}

bool gm_side_holds(const struct gm_side *other,
		   const struct gm_change_of_side *change)
{
	return holds(other, change, false);
}

/* The same under another name runs a second time once both are there. */
bool gm_side_has_same_file(const struct gm_side *side,
			   const struct gm_change_of_side *change)
{
	return holds(side, change, true);
}

static enum gm_pair_verdict judge_names(const struct gm_project *project,
					struct gm_pair *pair)
{
	const char *a = pair->a->file.name;
	const char *b = pair->b->file.name;

	if (pair->a->app != pair->b->app)
		return GM_PAIR_INDEPENDENT;
	if (!strcmp(a, b)) {
		pair->reason = gm_strdup("both sides have this id, with "
					 "different content");
		return GM_PAIR_COLLISION;
	}
	if (project->numbering == GM_NUMBERING_SEQUENCE &&
	    gm_id_same_number(project->numbering, a, b)) {
		pair->reason = gm_strdup("both sides took this number");
		return GM_PAIR_COLLISION;
	}
	return GM_PAIR_INDEPENDENT;
}

static char *unknown_reason(const struct gm_footprint *a,
			    const struct gm_footprint *b)
{
	const struct gm_footprint *whose;
	size_t line;

	return gm_strdup_null(gm_footprint_unknown(a, b, &whose, &line));
}

/*
 * Where the dialect isn't known, a conflict in any is one, and a dialect in
 * which all can be told knows better than one in which it can't.
 */
enum gm_pair_verdict
gm_pair_judge_footprints(struct gm_pair *pair, const struct gm_ground *ground,
			 const struct gm_footprint all_a[GM_SIDE_DIALECTS],
			 const struct gm_footprint all_b[GM_SIDE_DIALECTS])
{
	enum gm_pair_verdict found = GM_PAIR_UNKNOWN;
	size_t i;

	for (i = 0; i < GM_SIDE_DIALECTS; i++) {
		const struct gm_footprint *a = &all_a[i];
		const struct gm_footprint *b = &all_b[i];
		struct gm_overlaps overlaps = { 0 };
		enum gm_verdict verdict;
		char *why = NULL;

		if (!a->dialect || !b->dialect)
			break;
		verdict = gm_footprint_conflict(a, b, &overlaps);
		if (verdict == GM_VERDICT_CONFLICT) {
			gm_overlaps_release(&pair->overlaps);
			pair->overlaps = overlaps;
			pair->dialect = a->dialect;
			return GM_PAIR_CONFLICT;
		}
		if (verdict == GM_VERDICT_INDEPENDENT && ground)
			why = gm_ground_meet(&ground->of[i], a, b);
		if (verdict == GM_VERDICT_INDEPENDENT && !why)
			found = GM_PAIR_INDEPENDENT;
		else if (!pair->overlaps.n) {
			pair->overlaps = overlaps;
			pair->dialect = a->dialect;
			memset(&overlaps, 0, sizeof(overlaps));
			free(pair->reason);
			pair->reason = why ? why : unknown_reason(a, b);
			why = NULL;
		}
		free(why);
		gm_overlaps_release(&overlaps);
	}
	return found;
}

static void release_pair(struct gm_pair *pair)
{
	gm_overlaps_release(&pair->overlaps);
	free(pair->reason);
}

void gm_conflicts_add(struct gm_conflicts *out, struct gm_pair *pair)
{
	out->count[pair->verdict]++;
	if (pair->verdict == GM_PAIR_INDEPENDENT) {
		release_pair(pair);
		return;
	}
	GM_GROW(out->v, out->n, out->cap);
	out->v[out->n++] = *pair;
}

static char *unreadable_reason(const struct gm_change_of_side *change)
{
	char *unread = gm_file_unread_reason(&change->file);
	char *reason = gm_format("'%s' %s", change->file.path,
				 unread ? unread
					: "can't be read as a migration");

	free(unread);
	return reason;
}

static void judge_content(struct gm_conflicts *out,
			  const struct gm_change_of_side *a,
			  const struct gm_change_of_side *b)
{
	struct gm_pair pair = { .a = a, .b = b };

	if (!*a->checksum || !*b->checksum) {
		pair.verdict = GM_PAIR_UNKNOWN;
		pair.reason = unreadable_reason(*a->checksum ? b : a);
	} else {
		pair.verdict = gm_pair_judge_footprints(
			&pair, out->ground, a->footprints, b->footprints);
	}
	gm_conflicts_add(out, &pair);
}

/* Of one id only one can stay; but one of two that have a number in common is
 * given another, and both of them run. */
void gm_conflicts_judge_pair(struct gm_conflicts *out,
			     const struct gm_project *project,
			     const struct gm_change_of_side *a,
			     const struct gm_change_of_side *b)
{
	struct gm_pair pair = { .a = a, .b = b };

	pair.verdict = judge_names(project, &pair);
	if (pair.verdict)
		gm_conflicts_add(out, &pair);
	if (!pair.verdict || strcmp(a->file.name, b->file.name) != 0)
		judge_content(out, a, b);
}

void gm_conflicts_judge(struct gm_conflicts *out,
			const struct gm_project *project,
			const struct gm_side *a, const struct gm_side *b)
{
	bool *held = gm_calloc(b->n, sizeof(*held));
	size_t i;
	size_t k;

	for (k = 0; k < b->n; k++)
		held[k] = gm_side_has_same_file(a, &b->v[k]);
	for (i = 0; i < a->n; i++) {
		if (gm_side_has_same_file(b, &a->v[i]))
			continue;
		for (k = 0; k < b->n; k++)
			if (!held[k])
				gm_conflicts_judge_pair(out, project, &a->v[i],
							&b->v[k]);
	}
	free(held);
	gm_conflicts_judge_rest(out, project, a, b);
}

static int find_bases(struct gm_strings *bases, struct gm_project *project,
		      const struct gm_side *a, const struct gm_side *b,
		      struct gm_error *err)
{
	int ret = gm_repo_merge_bases(project->repo, a->commit, b->commit,
				      bases, err);

	if (ret || bases->n)
		return ret;
	gm_error_set(err, GM_ENOTFOUND, "%s and %s have no common history",
		     a->name, b->name);
	return gm_repo_is_shallow(project->repo)
		       ? gm_error_hint(err, "this clone is shallow: git fetch "
					    "--unshallow gets the rest")
		       : gm_error_hint(err, "git merge-base says the same");
}

static int open_side(struct gm_side *side, struct gm_project *project,
		     const char *rev, struct gm_error *err)
{
	char *branch = NULL;
	int ret;

	if (rev) {
		side->rev = gm_strdup(rev);
		side->name = gm_format("'%s'", gm_ref_short_name(rev));
		return gm_repo_resolve(project->repo, rev, side->commit, err);
	}
	side->work_tree = gm_repo_top(project->repo) != NULL;
	side->rev = gm_strdup("HEAD");
	side->name = gm_strdup(side->work_tree ? "the work tree" : "HEAD");
	ret = gm_repo_head(project->repo, side->commit, &branch, err);
	free(branch);
	if (!ret && !*side->commit)
		ret = gm_error_set(err, GM_ENOTFOUND,
				   "there is no commit yet to compare with");
	return ret;
}

static int judge_on_ground(struct gm_conflicts *out, struct gm_project *project,
			   const struct gm_strings *bases, struct gm_error *err)
{
	struct gm_ground ground = { 0 };
	int ret = 0;

	if (gm_ground_is_wanted(&out->a, &out->b)) {
		ret = gm_ground_load(&ground, project, bases, err);
		out->ground = &ground;
	}
	if (!ret)
		gm_conflicts_judge(out, project, &out->a, &out->b);
	out->ground = NULL;
	gm_ground_release(&ground);
	return ret;
}

int gm_conflicts_find(struct gm_conflicts *out, struct gm_project *project,
		      const char *a, const char *b, struct gm_error *err)
{
	struct gm_strings bases = { 0 };
	int ret;

	memset(out, 0, sizeof(*out));
	ret = open_side(&out->a, project, a, err);
	if (!ret)
		ret = open_side(&out->b, project, b, err);
	if (!ret)
		ret = find_bases(&bases, project, &out->a, &out->b, err);
	if (!ret)
		ret = gm_side_load(&out->a, project, &bases, err);
	if (!ret)
		ret = gm_side_load(&out->b, project, &bases, err);
	if (!ret)
		ret = judge_on_ground(out, project, &bases, err);
	gm_strings_release(&bases);
	if (ret)
		gm_conflicts_release(out);
	return ret;
}

void gm_conflicts_release(struct gm_conflicts *conflicts)
{
	size_t i;

	if (!conflicts)
		return;
	for (i = 0; i < conflicts->n; i++)
		release_pair(&conflicts->v[i]);
	free(conflicts->v);
	gm_side_release(&conflicts->a);
	gm_side_release(&conflicts->b);
	memset(conflicts, 0, sizeof(*conflicts));
}

static int add_comparison(struct gm_conflicts_list *out,
			  struct gm_project *project, const char *a,
			  const char *b, struct gm_error *err)
{
	struct gm_conflicts found;
	int ret = gm_conflicts_find(&found, project, a, b, err);

	if (ret)
		return ret;
	GM_GROW(out->v, out->n, out->cap);
	out->v[out->n++] = found;
	return 0;
}

int gm_conflicts_between(struct gm_conflicts_list *out,
			 struct gm_project *project, const char *a,
			 const char *b, struct gm_error *err)
{
	out->compared++;
	return add_comparison(out, project, a, b, err);
}

static int find_published(struct gm_strings *out, struct gm_project *project,
			  struct gm_error *err)
{
	int ret = gm_published_refs(out, project, err);

	if (!ret && !out->n) {
		gm_error_set(err, GM_ENOTFOUND,
			     "nothing is published: no ref fits "
			     "migrate.published");
		ret = gm_error_hint(err, "name the other side: git migrate "
					 "conflicts BRANCH");
	}
	return ret;
}

int gm_conflicts_published(struct gm_conflicts_list *out,
			   struct gm_project *project, struct gm_error *err)
{
	struct gm_strings refs = { 0 };
	size_t i;
	int ret = find_published(&refs, project, err);

	for (i = 0; !ret && i < refs.n; i++) {
		ret = add_comparison(out, project, NULL, refs.v[i], err);
		out->compared++;
	}
	gm_strings_release(&refs);
	return ret;
}

void gm_conflicts_list_release(struct gm_conflicts_list *list)
{
	size_t i;

	if (!list)
		return;
	for (i = 0; i < list->n; i++)
		gm_conflicts_release(&list->v[i]);
	free(list->v);
	gm_sides_free(list->sides);
	memset(list, 0, sizeof(*list));
}
