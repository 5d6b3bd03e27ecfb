/*
 * An entry is "MODE NAME\0ID", the mode in octal; they stand in the order of
 * their names, where a directory's is taken as if it ended in a slash.
 */
#include "git/tree_bytes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/git.h"

#define DIRECTORY 0040000u

static size_t id_length(const struct gm_repo *repo)
{
	return repo->sha256 ? 32 : 20;
}

/* How long the entry at `at` is; 0 at the end or where it is damaged. */
static size_t entry_length(const struct gm_tree_bytes *tree, size_t at,
			   size_t id_len)
{
	size_t left = tree->len - at;
	const char *nul = left ? memchr(tree->bytes + at, '\0', left) : NULL;
	size_t len = nul ? (size_t)(nul + 1 - tree->bytes) - at + id_len : 0;

	return len <= left ? len : 0;
}

bool gm_tree_bytes_next(const struct gm_repo *repo,
			const struct gm_tree_bytes *tree, size_t *at,
			struct gm_tree_entry *entry)
{
	size_t id_len = id_length(repo);
	size_t len = entry_length(tree, *at, id_len);
	const char *digit;

	if (!len)
		return false;
	entry->mode = 0;
	for (digit = tree->bytes + *at; *digit >= '0' && *digit <= '7'; digit++)
		entry->mode = entry->mode << 3 | (unsigned)(*digit - '0');
	if (*digit != ' ')
		return false;
	entry->name = digit + 1;
	*at += len;
	entry->id = (const unsigned char *)tree->bytes + *at - id_len;
	return true;
}

static bool is_directory(const struct gm_tree_entry *entry)
{
	return (entry->mode & 0170000) == DIRECTORY;
}

bool gm_tree_entry_counts(const struct gm_tree_entry *entry)
{
	return entry->name[0] != '.' && gm_ends_with(entry->name, ".sql") &&
	       !is_directory(entry);
}

int gm_tree_entry_compare(const struct gm_tree_entry *a,
			  const struct gm_tree_entry *b)
{
	size_t i = 0;
	unsigned char x;
	unsigned char y;

	while (a->name[i] && a->name[i] == b->name[i])
		i++;
	x = (unsigned char)a->name[i];
	y = (unsigned char)b->name[i];
	x = x || !is_directory(a) ? x : '/';
	y = y || !is_directory(b) ? y : '/';
	return x < y ? -1 : x > y;
}

int gm_tree_bytes_read(struct gm_strbuf *out, struct gm_repo *repo,
		       const char *id, struct gm_error *err)
{
	struct gm_objects found = { 0 };
	struct gm_strings names = { 0 };
	int rc = 0;

	if (!*id)
		return 0;
	if (!strcmp(id, repo->tree_id)) {
		gm_strbuf_add(out, repo->tree.buf, repo->tree.len);
		return 0;
	}
	gm_strings_add(&names, id);
	rc = gm_objects_read(&found, repo, &names, true, err);
	if (!rc && strcmp(found.v[0].type, "tree"))
		rc = gm_error_set(err, GM_ENOTFOUND,
				  "tree '%s' is not in the repository", id);
	if (!rc) {
		gm_strbuf_add(out, found.v[0].bytes, found.v[0].len);
		gm_strbuf_cut(&repo->tree, 0);
		gm_strbuf_add(&repo->tree, found.v[0].bytes, found.v[0].len);
		snprintf(repo->tree_id, sizeof(repo->tree_id), "%s", id);
	}
	gm_objects_release(&found);
	gm_strings_release(&names);
	return rc;
}

static void add_entry(const struct gm_repo *repo, struct gm_files *files,
		      const char *dir, const struct gm_tree_entry *entry)
{
	struct gm_file *file = gm_files_add(files);

	file->name = gm_strdup(entry->name);
	file->path = *dir ? gm_format("%s/%s", dir, entry->name)
			  : gm_strdup(entry->name);
	file->kind = gm_tree_kind(entry->mode);
	gm_oid_hex(repo, entry->id, file->blob);
}

/* A mode that says whether it may be run changes nothing. */
static bool is_same(const struct gm_tree_entry *a,
		    const struct gm_tree_entry *b, size_t id_len)
{
	return gm_tree_kind(a->mode) == gm_tree_kind(b->mode) &&
	       !memcmp(a->id, b->id, id_len);
}

/* Where the two trees stand, entry by entry. */
struct walk {
	const struct gm_repo *repo;
	const struct gm_tree_bytes *tree;
	size_t at;
	size_t next;
	struct gm_tree_entry entry;
	bool more;
};

static void step(struct walk *w)
{
	w->at = w->next;
	w->more = gm_tree_bytes_next(w->repo, w->tree, &w->next, &w->entry);
}

/* Past those entries that are the same, byte for byte. */
static void skip_same(struct walk *a, struct walk *b, size_t id_len)
{
	for (;;) {
		size_t len = entry_length(a->tree, a->next, id_len);

		if (!len || len > b->tree->len - b->next ||
		    memcmp(a->tree->bytes + a->next, b->tree->bytes + b->next,
			   len))
			break;
		a->next += len;
		b->next += len;
	}
	step(a);
	step(b);
}

bool gm_tree_bytes_grown(const struct gm_repo *repo,
			 const struct gm_tree_bytes *before,
			 const struct gm_tree_bytes *after, const char *dir,
			 size_t most, struct gm_files *added)
{
	size_t id_len = id_length(repo);
	struct walk a = { .repo = repo, .tree = before };
	struct walk b = { .repo = repo, .tree = after };
	size_t n = 0;

	skip_same(&a, &b, id_len);
	while (a.more || b.more) {
		int diff = !a.more ? 1
			   : !b.more
				   ? -1
				   : gm_tree_entry_compare(&a.entry, &b.entry);

		if (!diff) {
			if (!is_same(&a.entry, &b.entry, id_len) &&
			    (gm_tree_entry_counts(&a.entry) ||
			     gm_tree_entry_counts(&b.entry)))
				return false;
			skip_same(&a, &b, id_len);
		} else if (diff < 0) {
			if (gm_tree_entry_counts(&a.entry))
				return false;
			step(&a);
		} else {
			if (gm_tree_entry_counts(&b.entry)) {
				if (n++ == most)
					return false;
				add_entry(repo, added, dir, &b.entry);
			}
			step(&b);
		}
	}
	/* What is damaged ends before its end. */
	return a.next == before->len && b.next == after->len;
}

/* The name in the directory, or NULL where the path is elsewhere. */
static const char *name_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);

	if (strncmp(path, dir, len) || (len && path[len] != '/'))
		return NULL;
	path += len ? len + 1 : 0;
	return strchr(path, '/') ? NULL : path;
}

static void raw_id(unsigned char *out, const char *hex, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++) {
		char pair[3] = { hex[2 * i], hex[2 * i + 1], '\0' };

		out[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
}

/* Puts one entry in its place; without a mode it goes. */
static void put(const struct gm_repo *repo, struct gm_strbuf *tree,
		const char *name, const struct gm_staged_file *file)
{
	struct gm_tree_bytes bytes = { gm_strbuf_str(tree), tree->len };
	struct gm_tree_entry own = { .mode = file->mode, .name = name };
	struct gm_tree_entry entry;
	struct gm_strbuf out = { 0 };
	unsigned char id[32];
	size_t at = 0;
	size_t end = 0;
	int diff = 1;

	while (gm_tree_bytes_next(repo, &bytes, &end, &entry)) {
		diff = gm_tree_entry_compare(&entry, &own);
		if (diff >= 0)
			break;
		at = end;
	}
	gm_strbuf_add(&out, bytes.bytes, at);
	if (file->mode) {
		raw_id(id, file->blob, id_length(repo));
		gm_strbuf_addf(&out, "%o %s", file->mode, name);
		gm_strbuf_addc(&out, '\0');
		gm_strbuf_add(&out, id, id_length(repo));
	}
	at = diff ? at : end;
	gm_strbuf_add(&out, bytes.bytes + at, bytes.len - at);
	gm_strbuf_release(tree);
	*tree = out;
}

bool gm_tree_bytes_stage(const struct gm_repo *repo, struct gm_strbuf *tree,
			 const char *dir, const struct gm_staged *staged)
{
	size_t i;

	for (i = 0; i < staged->n; i++) {
		const struct gm_staged_file *file = &staged->v[i];
		const char *name = name_in(file->path, dir);

		if ((name && file->status == 'U') || !strcmp(file->path, dir))
			return false;
		if (name)
			put(repo, tree, name, file);
	}
	return true;
}
