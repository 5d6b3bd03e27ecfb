/*
 * The trees come in parts of a few at a time, so that memory stays within
 * bounds; entries are compared as they lie there.
 */
#include "git/tree_changes.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/git.h"
#include "git/tree_bytes.h"

/* How many trees are held at once. */
#define TREES_MAX 32

struct entries {
	struct gm_tree_entry *v;
	size_t n;
	size_t cap;
};

static void list_entries(const struct gm_repo *repo,
			 const struct gm_object *tree, struct entries *out)
{
	size_t at = 0;

	out->n = 0;
	for (;;) {
		GM_GROW(out->v, out->n, out->cap);
		if (!gm_tree_next(repo, tree, &at, &out->v[out->n]))
			break;
		out->n++;
	}
}

static bool is_directory(const struct gm_tree_entry *entry)
{
	return (entry->mode & 0170000) == 0040000;
}

static void add_before(struct gm_files *before, const struct gm_repo *repo,
		       const struct gm_tree_entry *entry)
{
	struct gm_file *file = gm_files_add(before);

	file->name = gm_strdup(entry->name);
	file->kind = gm_tree_kind(entry->mode);
	gm_oid_hex(repo, entry->id, file->blob);
}

/* Of several bases the first one counts, which came with no such list. */
static void add_gone(struct gm_tree_question *q, const struct gm_repo *repo,
		     const struct gm_tree_entry *entry, size_t earlier)
{
	const struct gm_files first = { q->gone.v, earlier, 0 };

	if (gm_tree_entry_counts(entry) && !gm_files_have(&first, entry->name))
		add_before(&q->gone, repo, entry);
}

/* Marks what the base has as well. */
static void compare_base(const struct gm_repo *repo, const struct entries *own,
			 const struct entries *base, bool *known,
			 struct gm_tree_question *q)
{
	size_t earlier = q->gone.n;
	size_t id_len = repo->sha256 ? 32 : 20;
	size_t i = 0;
	size_t k = 0;

	while (k < base->n) {
		int diff = i < own->n ? gm_tree_entry_compare(&own->v[i],
							      &base->v[k])
				      : 1;

		if (!diff && !memcmp(own->v[i].id, base->v[k].id, id_len))
			known[i] = true;
		else if (!diff && !known[i] && !is_directory(&base->v[k]))
			add_before(&q->before, repo, &base->v[k]);
		else if (diff > 0)
			add_gone(q, repo, &base->v[k], earlier);
		i += diff <= 0;
		k += diff >= 0;
	}
}

/* Whether these bytes are anywhere in the tree: an id that isn't an entry's
 * will not be there by accident. */
static bool holds_id(const struct gm_object *tree, const unsigned char *id,
		     size_t len)
{
	const char *at = tree->bytes;
	const char *end = at + tree->len;

	while ((size_t)(end - at) >= len) {
		at = memchr(at, id[0], (size_t)(end - at) - len + 1);
		if (!at)
			return false;
		if (!memcmp(at, id, len))
			return true;
		at++;
	}
	return false;
}

static const struct gm_object *find_tree(const struct gm_objects *trees,
					 const struct gm_strings *ids,
					 const char *id)
{
	size_t i;

	for (i = 0; i < ids->n; i++)
		if (!strcmp(ids->v[i], id))
			return &trees->v[i];
	return NULL;
}

/* The name that is new to the bases and has that content, or "". */
static const char *find_renamed(const struct gm_repo *repo,
				const struct entries *own, const bool *known,
				const struct gm_files *before, const char *blob)
{
	char hex[sizeof(before->v->blob)];
	size_t i;

	for (i = 0; i < own->n; i++) {
		if (known[i] || is_directory(&own->v[i]))
			continue;
		gm_oid_hex(repo, own->v[i].id, hex);
		if (!strcmp(hex, blob) &&
		    !gm_files_have(before, own->v[i].name))
			return own->v[i].name;
	}
	return "";
}

static void answer(const struct gm_repo *repo, struct gm_tree_question *q,
		   const struct gm_objects *trees, const struct gm_strings *ids)
{
	const struct gm_object *tree = find_tree(trees, ids, q->tree);
	size_t id_len = repo->sha256 ? 32 : 20;
	struct entries own = { 0 };
	struct entries base = { 0 };
	bool *known;
	size_t i;
	size_t k;

	if (tree)
		list_entries(repo, tree, &own);
	known = gm_calloc(own.n, sizeof(*known));
	for (i = 0; i < q->bases->n; i++) {
		list_entries(repo, find_tree(trees, ids, q->bases->v[i]),
			     &base);
		compare_base(repo, &own, &base, known, q);
	}
	for (i = 0; i < q->gone.n; i++)
		gm_strings_add(&q->gone_to,
			       find_renamed(repo, &own, known, &q->before,
					    q->gone.v[i].blob));
	for (i = 0; i < own.n; i++) {
		struct gm_file *file;

		if (is_directory(&own.v[i]))
			continue;
		for (k = 0; !known[i] && k < q->bases->n; k++)
			known[i] = holds_id(find_tree(trees, ids,
						      q->bases->v[k]),
					    own.v[i].id, id_len);
		if (known[i])
			continue;
		file = gm_files_add(&q->changed);
		file->name = gm_strdup(own.v[i].name);
		file->kind = gm_tree_kind(own.v[i].mode);
		gm_oid_hex(repo, own.v[i].id, file->blob);
	}
	free(known);
	free(own.v);
	free(base.v);
}

static void want(struct gm_strings *ids, const char *id)
{
	if (*id && !gm_strings_has(ids, id))
		gm_strings_add(ids, id);
}

int gm_repo_compare_trees(struct gm_repo *repo, struct gm_tree_question *v,
			  size_t n, struct gm_error *err)
{
	size_t done = 0;
	int ret = 0;

	while (!ret && done < n) {
		struct gm_strings ids = { 0 };
		struct gm_objects trees = { 0 };
		size_t end = done;
		size_t i;

		do {
			want(&ids, v[end].tree);
			for (i = 0; i < v[end].bases->n; i++)
				want(&ids, v[end].bases->v[i]);
			end++;
		} while (end < n && ids.n < TREES_MAX);
		ret = gm_objects_read(&trees, repo, &ids, true, err);
		for (i = 0; !ret && i < ids.n; i++)
			if (strcmp(trees.v[i].type, "tree"))
				ret = gm_error_set(err, GM_ENOTFOUND,
						   "tree '%s' is not in the "
						   "repository",
						   ids.v[i]);
		for (; !ret && done < end; done++)
			answer(repo, &v[done], &trees, &ids);
		gm_objects_release(&trees);
		gm_strings_release(&ids);
	}
	return ret;
}
