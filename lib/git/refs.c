/*
 * Refs: which there are, which match, which hold a blob. All of them are
 * listed once, in byte order, and kept.
 */
#include "git/git.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/libgit2.h"

/* Three strings for each ref, a newline behind them. */
static void split_refs(struct gm_repo *repo)
{
	char *at = repo->ref_text.buf;
	char *end = at + repo->ref_text.len;
	size_t cap = 0;

	while (at < end) {
		struct gm_ref *ref;

		GM_GROW(repo->refs, repo->n_refs, cap);
		ref = &repo->refs[repo->n_refs++];
		ref->name = at;
		ref->id = ref->name + strlen(ref->name) + 1;
		ref->target = ref->id + strlen(ref->id) + 1;
		at = memchr(ref->target, '\n', (size_t)(end - ref->target));
		if (!at)
			break;
		*at++ = '\0';
	}
}

static int read_refs(struct gm_repo *repo, struct gm_error *err)
{
	static const char *const argv[] = {
		"git", "for-each-ref",
		"--format=%(refname)%00%(objectname)%00%(symref)", NULL
	};
	int rc;

	if (repo->refs_read)
		return 0;
	rc = repo->libgit2 ? gm_libgit2_refs(&repo->ref_text, repo, err)
			   : gm_git_text(&repo->ref_text, argv, NULL, err);
	if (rc)
		return rc;
	if (repo->ref_text.len)
		split_refs(repo);
	repo->refs_read = true;
	return 0;
}

/* One character class, behind its bracket; NULL where it doesn't end. */
static const char *match_class(const char *glob, char c, bool *hit)
{
	bool negated = *glob == '!' || *glob == '^';
	const char *at = glob + negated;

	*hit = false;
	do {
		unsigned char low = (unsigned char)*at;
		unsigned char high = low;

		if (!low)
			return NULL;
		if (at[1] == '-' && at[2] && at[2] != ']') {
			high = (unsigned char)at[2];
			at += 2;
		}
		if (low <= (unsigned char)c && (unsigned char)c <= high)
			*hit = true;
		at++;
	} while (*at != ']');
	*hit = *hit != negated && c != '/';
	return at + 1;
}

/* What is behind the one character that the glob begins with, if that is
 * the character c; else NULL. */
static const char *match_one(const char *glob, char c)
{
	const char *rest;
	bool hit;

	switch (*glob) {
	case '?':
		return c != '/' ? glob + 1 : NULL;
	case '[':
		rest = match_class(glob + 1, c, &hit);
		if (rest)
			return hit ? rest : NULL;
		break;
	case '\\':
		glob += glob[1] != '\0';
		break;
	}
	return *glob == c ? glob + 1 : NULL;
}

/* It goes back to the last star only, so no glob can make it slow. */
static bool glob_matches(const char *glob, const char *name)
{
	const char *star = NULL, *star_name = NULL;
	const char *deep = NULL, *deep_name = NULL;

	while (*name || *glob) {
		const char *rest;

		if (*glob == '*' && glob[1] == '*') {
			glob += strspn(glob, "*");
			deep = glob;
			deep_name = name;
			star = NULL;
			continue;
		}
		if (*glob == '*') {
			star = ++glob;
			star_name = name;
			continue;
		}
		rest = *name ? match_one(glob, *name) : NULL;
		if (rest) {
			glob = rest;
			name++;
		} else if (star && *star_name && *star_name != '/') {
			glob = star;
			name = ++star_name;
		} else if (deep && *deep_name) {
			star = NULL;
			glob = deep;
			name = ++deep_name;
		} else {
			return false;
		}
	}
	return true;
}

static bool matches(const char *glob, const char *name)
{
	static const char *const below[] = { "refs/remotes/", "refs/heads/",
					     "refs/tags/" };
	size_t i;

	if (glob_matches(glob, name))
		return true;
	for (i = 0; i < GM_ARRAY_SIZE(below); i++)
		if (!gm_starts_with(glob, "refs/") &&
		    gm_starts_with(name, below[i]) &&
		    glob_matches(glob, name + strlen(below[i])))
			return true;
	return false;
}

static int by_name(const void *name, const void *ref)
{
	return strcmp(name, ((const struct gm_ref *)ref)->name);
}

static const struct gm_ref *find_ref(const struct gm_repo *repo,
				     const char *name)
{
	if (!repo->n_refs)
		return NULL;
	return bsearch(name, repo->refs, repo->n_refs, sizeof(*repo->refs),
		       by_name);
}

int gm_repo_refs(struct gm_repo *repo, const struct gm_strings *globs,
		 struct gm_strings *out, struct gm_error *err)
{
	bool *wanted;
	size_t i;
	size_t j;
	int rc = read_refs(repo, err);

	if (rc)
		return rc;
	wanted = gm_calloc(repo->n_refs, sizeof(*wanted));
	for (i = 0; i < repo->n_refs; i++) {
		const struct gm_ref *ref = &repo->refs[i];
		const struct gm_ref *real = ref;

		for (j = 0; j < globs->n; j++)
			if (matches(globs->v[j], ref->name))
				break;
		if (j == globs->n)
			continue;
		if (*ref->target)
			real = find_ref(repo, ref->target);
		if (real)
			wanted[real - repo->refs] = true;
	}
	for (i = 0; i < repo->n_refs; i++)
		if (wanted[i])
			gm_strings_add(out, repo->refs[i].name);
	free(wanted);
	return 0;
}

int gm_repo_has_remote_refs(struct gm_repo *repo, struct gm_error *err)
{
	size_t i;
	int rc = read_refs(repo, err);

	for (i = 0; !rc && i < repo->n_refs; i++)
		if (gm_starts_with(repo->refs[i].name, "refs/remotes/"))
			return 1;
	return rc;
}

int gm_repo_default_remote(struct gm_repo *repo, char **out,
			   struct gm_error *err)
{
	static const char under[] = "refs/remotes/";
	char *only = NULL;
	bool several = false;
	size_t i;
	int rc = read_refs(repo, err);

	for (i = 0; !rc && i < repo->n_refs; i++) {
		const char *name = repo->refs[i].name;
		size_t len;

		if (!gm_starts_with(name, under))
			continue;
		name += strlen(under);
		len = strcspn(name, "/");
		if (!only)
			only = gm_strndup(name, len);
		else if (strlen(only) != len || strncmp(only, name, len))
			several = true;
	}
	if (several || !only) {
		free(only);
		only = gm_strdup("origin");
	}
	*out = only;
	return rc;
}

static int list_branches(struct gm_strings *lines, struct gm_repo *repo,
			 const struct gm_strings *merged, struct gm_error *err)
{
	struct gm_strings options = { 0 };
	struct gm_strbuf text = { 0 };
	const char **argv = gm_calloc(merged->n + 5, sizeof(*argv));
	size_t n = 0;
	size_t i;
	char *line;
	int rc = gm_git_needed(repo, "listing branches", err);

	argv[n++] = "git";
	argv[n++] = "for-each-ref";
	argv[n++] = "--sort=-committerdate";
	argv[n++] = "--format=%(refname)";
	for (i = 0; i < merged->n; i++) {
		gm_strings_take(&options,
				gm_format("--no-merged=%s", merged->v[i]));
		argv[n++] = options.v[i];
	}
	if (!rc)
		rc = gm_git_text(&text, argv, NULL, err);
	for (line = text.buf; !rc && line && *line;) {
		char *end = line + strcspn(line, "\n");

		gm_strings_take(lines, gm_strndup(line, (size_t)(end - line)));
		line = end + (*end == '\n');
	}
	gm_strings_release(&options);
	gm_strbuf_release(&text);
	free(argv);
	return rc;
}

int gm_repo_open_branches(struct gm_repo *repo, const struct gm_strings *globs,
			  const struct gm_strings *merged,
			  struct gm_strings *out, struct gm_error *err)
{
	struct gm_strings every = { 0 };
	struct gm_strings wanted = { 0 };
	struct gm_strings lines = { 0 };
	size_t i;
	int rc = gm_repo_has_remote_refs(repo, err);

	if (rc >= 0) {
		gm_strings_add(&every,
			       rc ? "refs/remotes/**" : "refs/heads/**");
		rc = gm_repo_refs(repo, globs->n ? globs : &every, &wanted,
				  err);
	}
	if (!rc)
		rc = list_branches(&lines, repo, merged, err);
	for (i = 0; !rc && i < lines.n; i++)
		if (gm_strings_has(&wanted, lines.v[i]))
			gm_strings_add(out, lines.v[i]);
	gm_strings_release(&every);
	gm_strings_release(&wanted);
	gm_strings_release(&lines);
	return rc;
}

const char *gm_ref_short_name(const char *name)
{
	static const char *const kinds[] = { "refs/heads/", "refs/remotes/",
					     "refs/tags/" };
	size_t i;

	/* One that begins with a dash would be taken for an option. */
	for (i = 0; i < GM_ARRAY_SIZE(kinds); i++)
		if (gm_starts_with(name, kinds[i]) &&
		    name[strlen(kinds[i])] != '-')
			return name + strlen(kinds[i]);
	return name;
}

static bool tree_holds(const struct gm_repo *repo, const struct gm_object *tree,
		       const char *blob)
{
	struct gm_tree_entry entry;
	char hex[GM_OID_HEX];
	size_t at = 0;

	while (gm_tree_next(repo, tree, &at, &entry)) {
		gm_oid_hex(repo, entry.id, hex);
		if (!strcmp(hex, blob))
			return true;
	}
	return false;
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted, each once. */
static void distinct(struct gm_strings *list)
{
	size_t i;
	size_t n = 0;

	gm_strings_sort(list);
	for (i = 0; i < list->n; i++) {
		if (n && !strcmp(list->v[n - 1], list->v[i]))
			free(list->v[i]);
		else
			list->v[n++] = list->v[i];
	}
	list->n = n;
}

/* Of the directory's trees at these refs, those that hold the blob. */
static int find_trees(struct gm_strings *holding, struct gm_repo *repo,
		      const struct gm_objects *at_refs, const char *blob,
		      struct gm_error *err)
{
	struct gm_strings ids = { 0 };
	struct gm_objects trees = { 0 };
	size_t i;
	int rc;

	for (i = 0; i < at_refs->n; i++)
		if (!strcmp(at_refs->v[i].type, "tree"))
			gm_strings_add(&ids, at_refs->v[i].id);
	distinct(&ids);
	rc = gm_objects_read(&trees, repo, &ids, true, err);
	for (i = 0; !rc && i < trees.n; i++)
		if (!strcmp(trees.v[i].type, "tree") &&
		    tree_holds(repo, &trees.v[i], blob))
			gm_strings_add(holding, ids.v[i]);
	gm_objects_release(&trees);
	gm_strings_release(&ids);
	return rc;
}

int gm_repo_refs_holding(struct gm_repo *repo, const char *blob,
			 const char *dir, struct gm_strings *out,
			 struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_strings paths = { 0 };
	struct gm_strings holding = { 0 };
	struct gm_objects trees = { 0 };
	char *path = gm_tree_path(dir);
	size_t i;
	int rc = read_refs(repo, err);

	for (i = 0; !rc && i < repo->n_refs; i++) {
		const struct gm_ref *ref = &repo->refs[i];

		if (gm_ref_short_name(ref->name) == ref->name || *ref->target)
			continue;
		gm_strings_add(&names, gm_ref_short_name(ref->name));
		gm_strings_take(&paths, gm_format("%s:%s", ref->id, path));
	}
	if (!rc)
		rc = gm_objects_read(&trees, repo, &paths, false, err);
	if (!rc)
		rc = find_trees(&holding, repo, &trees, blob, err);
	for (i = 0; !rc && holding.n && i < trees.n; i++)
		if (bsearch(&trees.v[i].id, holding.v, holding.n,
			    sizeof(*holding.v), by_text))
			gm_strings_add(out, names.v[i]);
	gm_objects_release(&trees);
	gm_strings_release(&holding);
	gm_strings_release(&paths);
	gm_strings_release(&names);
	free(path);
	return rc;
}
