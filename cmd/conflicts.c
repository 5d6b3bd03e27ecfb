/*
 * git migrate conflicts: what is between two sides of a fork, or between
 * every two branches, before anyone merges.
 */
#include "work/conflicts.h"

#include <stdio.h>
#include <stdlib.h>

#include "cmd/listing.h"
#include "cmd/output.h"
#include "cmd/pager.h"
#include "cmd/session.h"
#include "cmd/sides.h"

struct conflicts_values {
	struct common common;
	struct gm_strings refs;
	bool all;
};

static void print(const struct gm_conflicts *c, bool with_lines)
{
	size_t i;

	gm_print_text(c->a.name, stdout);
	fputs(" and ", stdout);
	gm_print_text(c->b.name, stdout);
	printf(": %s\n", gm_pair_verdict_name(gm_conflicts_verdict(c)));
	for (i = 0; i < c->n; i++)
		gm_print_pair(stdout, &c->v[i], with_lines);
}

static void print_all(const struct gm_conflicts_list *list, bool with_lines)
{
	size_t count[GM_PAIR_COUNT] = { 0 };
	char pairs[64];
	char collisions[64];
	char conflicts[64];
	size_t i;
	size_t k;

	for (i = 0; i < list->n; i++) {
		print(&list->v[i], with_lines);
		for (k = 0; k < GM_PAIR_COUNT; k++)
			count[k] += list->v[i].count[k];
	}
	printf("%s of sides: %s, %s, %zu unknown\n",
	       gm_plural(pairs, list->compared, "pair"),
	       gm_plural(collisions, count[GM_PAIR_COLLISION], "collision"),
	       gm_plural(conflicts, count[GM_PAIR_CONFLICT], "conflict"),
	       count[GM_PAIR_UNKNOWN]);
}

/* A glob that is mistyped looks like peace. */
static void note_nothing_fits(const struct gm_strings *globs)
{
	size_t i;

	fputs("note: there are no two open branches that fit ", stderr);
	for (i = 0; i < globs->n; i++) {
		fputs(i ? " or '" : "'", stderr);
		gm_print_text(globs->v[i], stderr);
		fputc('\'', stderr);
	}
	fputc('\n', stderr);
}

static void list_pair(struct listing *listing, const struct gm_conflicts *c,
		      const struct gm_pair *pair)
{
	struct gm_strings a = { 0 };
	struct gm_strings b = { 0 };
	size_t i;

	for (i = 0; i < pair->overlaps.n; i++) {
		const struct gm_overlap *o = &pair->overlaps.v[i];

		gm_strings_take(&a, gm_place_text(pair->a->file.path, o->a));
		gm_strings_take(&b, gm_place_text(pair->b->file.path, o->b));
	}
	gm_listing_row(listing);
	gm_listing_text(listing, "verdict",
			gm_pair_verdict_name(pair->verdict));
	gm_listing_text(listing, "a", c->a.rev);
	gm_listing_text(listing, "a_path", pair->a->file.path);
	gm_listing_text(listing, "b", c->b.rev);
	gm_listing_text(listing, "b_path", pair->b->file.path);
	gm_listing_text(listing, "reason", pair->reason);
	gm_listing_extra_list(listing, "a_objects", &a);
	gm_listing_extra_list(listing, "b_objects", &b);
	gm_listing_extra_bool(listing, "a_deleted",
			      pair->a->kind == GM_CHANGE_GONE);
	gm_listing_extra_bool(listing, "b_deleted",
			      pair->b->kind == GM_CHANGE_GONE);
	gm_strings_release(&a);
	gm_strings_release(&b);
}

static void list_all(struct listing *listing,
		     const struct gm_conflicts_list *list)
{
	size_t i;
	size_t k;

	gm_listing_extra_int(listing, "compared", (int64_t)list->compared);
	for (i = 0; i < list->n; i++)
		for (k = 0; k < list->v[i].n; k++)
			list_pair(listing, &list->v[i], &list->v[i].v[k]);
}

static int find(struct session *s, struct gm_conflicts_list *list)
{
	const struct invocation *in = s->in;
	const struct conflicts_values *v =
		(const struct conflicts_values *)in->values;

	if (!s->project.repo)
		return gm_error_set(&s->err, GM_ENOTFOUND,
				    "not in a git repository: there are no "
				    "sides to compare");
	if (v->all || v->refs.n)
		return gm_conflicts_all(list, &s->project, &v->refs, &s->err);
	if (!in->n_args)
		return gm_conflicts_published(list, &s->project, &s->err);
	return gm_conflicts_between(list, &s->project,
				    in->n_args > 1 ? in->args[0] : "HEAD",
				    in->args[in->n_args - 1], &s->err);
}

static bool has_conflict(const struct gm_conflicts_list *list)
{
	size_t i;

	for (i = 0; i < list->n; i++)
		if (gm_conflicts_verdict(&list->v[i]) >= GM_PAIR_CONFLICT)
			return true;
	return false;
}

static int run_conflicts(const struct invocation *in)
{
	const struct conflicts_values *v =
		(const struct conflicts_values *)in->values;
	struct gm_conflicts_list list = { 0 };
	struct pager pager = { 0 };
	struct listing *listing;
	struct session s;
	int status = EXIT_DONE;
	int ret;

	if (in->n_args > 2)
		return gm_usage_error(in, "too many arguments");
	if (in->n_args && (v->all || v->refs.n))
		return gm_usage_error(in, "--all and --refs go without REV");
	ret = gm_session_open(&s, in, 0, NULL);
	if (!ret)
		ret = find(&s, &list);
	if (!ret) {
		listing = gm_listing_new(in->values, "pairs");
		if (!listing)
			gm_pager_start(&pager, &s.project.config);
		if (listing)
			list_all(listing, &list);
		else
			print_all(&list, !v->all && !v->refs.n);
		if (!list.compared && v->refs.n)
			note_nothing_fits(&v->refs);
		gm_listing_finish(listing);
		gm_pager_end(&pager);
		status = has_conflict(&list) ? EXIT_NO : EXIT_DONE;
	}
	gm_conflicts_list_release(&list);
	return gm_session_end(&s, ret, status);
}

static const struct option_spec options[] = {
	{ OPTION_BOOL, '\0', "all", offsetof(struct conflicts_values, all),
	  NULL, "compare open branches with what is published and each other" },
	{ OPTION_STRINGS, '\0', "refs", offsetof(struct conflicts_values, refs),
	  "GLOB", "the same of those that fit GLOB, or any of several" },
	{ .type = OPTION_END }
};

const struct command gm_command_conflicts = {
	.name = "conflicts",
	.usage = "[--porcelain | --json] [[REV] REV]\n"
		 "[--porcelain | --json] --all | --refs=GLOB...",
	.summary = "find what collides between two sides of a fork",
	.groups = GROUP_URL | GROUP_LIST,
	.options = options,
	.values_size = sizeof(struct conflicts_values),
	.run = run_conflicts,
};
