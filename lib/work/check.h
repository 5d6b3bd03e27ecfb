/*
 * Every rule that needs no database, on any tree: the project's options say
 * whether its files come from the work tree, the index or a commit.
 */
#ifndef GM_WORK_CHECK_H
#define GM_WORK_CHECK_H

#include "work/project.h"

/* Zeroed: compare with the published refs. */
struct gm_check_options {
	/* A commit that counts as published in place of the refs that
	 * migrate.published names, or NULL. Borrowed. */
	const char *base;
	/* Ours is what differs from `base` itself rather than from a merge
	 * base with it: what it holds has to be there still, even where its
	 * commits are not (a forced push). */
	bool direct;
	/* What a published ref has got that ours don't stand on yet is warned
	 * of only: only what is committed can be rebased. */
	bool is_uncommitted;
	/* Ask the target, too: what it has applied against these files. */
	bool database;
	/* Of the index: what it has beyond HEAD where the project's
	 * migrations are, if that is known; or NULL. Borrowed. */
	const struct gm_staged *staged;
};

struct gm_check_result {
	/* By path and line, those at level off left out. */
	struct gm_findings findings;
	size_t errors;
	size_t warnings;
	/* How many were judged. */
	size_t migrations;
	/* Things to say that are no finding: nothing is published, there is
	 * no repository, its history is cut off. */
	struct gm_strings notes;
};

/*
 * Applies the rules to the project's loaded series: those on the files, the
 * policy on heads, and the three-way comparison with what is published, where
 * a merge in progress counts as made; levels are as migrate.check.RULE sets
 * them. GM_EINVALID for a level that doesn't exist; GM_ENOTFOUND where `base`
 * is no commit. With `database` it connects to the target, only to read; what
 * the target isn't, is an error, and that it can't be read a finding. For
 * instance:
 *
 *	the index		project.options.source = GM_FROM_INDEX
 *	a branch to be pushed	GM_FROM_COMMIT, .commit = its new tip
 *	a push, on a server	the same, and .policy = the old tip ("" or HEAD
 *				for a new branch); check options: .base = the
 *				old tip and .direct for a published branch,
 *				.base = the published tip for another
 */
int gm_check(struct gm_check_result *out, struct gm_project *project,
	     const struct gm_check_options *options, struct gm_error *err);

/* The same of an opened project whose series isn't loaded. It is loaded where
 * that is needed: not where the same trees were found clean before. */
int gm_check_tree(struct gm_check_result *out, struct gm_project *project,
		  const struct gm_check_options *options, struct gm_error *err);
void gm_check_result_release(struct gm_check_result *result);

#endif
