/*
 * How the index differs from HEAD. Where both are in their plain form they
 * are compared here, as they lie in the index and in tree objects; else
 * `git diff-index` is asked.
 */
#include "git/git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/index_file.h"

#define TYPE 0170000u

/* ":MODE MODE ID ID STATUS", and then the path. */
static bool read_staged(struct gm_staged_file *file, const char *entry,
			const char *path)
{
	char old[GM_OID_HEX];

	memset(file, 0, sizeof(*file));
	if (sscanf(entry, ":%*o %o %64s %64s %c", &file->mode, old, file->blob,
		   &file->status) != 4)
		return false;
	file->path = gm_strdup(path);
	return true;
}

static int ask_git(struct gm_repo *repo, const struct gm_strings *paths,
		   struct gm_staged *out, struct gm_error *err)
{
	/* Git knows the empty tree without having it. */
	static const char *const empty[] = {
		"4b825dc642cb6eb9a060e54bf8d69288fbee4904",
		"6ef19b41225c5369f1c104d45d8d85efa9b057b53b14b4b9b939dd74decc53"
		"21"
	};
	const char **argv = gm_calloc(paths->n + 10, sizeof(*argv));
	struct gm_strings specs = { 0 };
	struct gm_strbuf text = { 0 };
	const char *at;
	size_t i;
	int rc = 0;

	argv[0] = "git";
	argv[1] = "diff-index";
	argv[2] = "--cached";
	argv[3] = "--no-renames";
	argv[4] = "--ita-visible-in-index";
	argv[5] = "--no-abbrev";
	argv[6] = "-z";
	argv[7] = *repo->head ? repo->head : empty[repo->sha256];
	argv[8] = "--";
	for (i = 0; i < paths->n; i++) {
		gm_strings_take(&specs,
				gm_format(":(top,literal)%s", paths->v[i]));
		argv[9 + i] = specs.v[i];
	}
	if (!rc && paths->n)
		rc = gm_git_text(&text, argv, NULL, err);
	at = gm_strbuf_str(&text);
	while (!rc && at < text.buf + text.len) {
		const char *path = at + strlen(at) + 1;

		GM_GROW(out->v, out->n, out->cap);
		if (path >= text.buf + text.len ||
		    !read_staged(&out->v[out->n], at, path))
			rc = gm_error_set(err, GM_ERROR,
					  "git diff-index gave no answer that "
					  "can be read");
		else
			out->n++;
		at = path + strlen(path) + 1;
	}
	gm_strings_release(&specs);
	gm_strbuf_release(&text);
	free(argv);
	return rc;
}

/* One of the paths, and what HEAD has there. */
struct place {
	const char *path;
	/* A tree's bytes; or an entry, whose mode is 0 where there is none. */
	struct gm_strbuf tree;
	unsigned mode;
	char id[GM_OID_HEX];
};

struct comparing {
	struct gm_repo *repo;
	struct gm_index_file index;
	struct gm_staged *out;
};

/* As git takes it from a tree. */
static unsigned plain_mode(unsigned mode)
{
	if ((mode & TYPE) != 0100000)
		return mode & TYPE;
	return mode & 0100 ? 0100755 : 0100644;
}

static void add(struct gm_staged *out, char *path, unsigned before,
		unsigned mode, const char *id)
{
	struct gm_staged_file *file;

	GM_GROW(out->v, out->n, out->cap);
	file = &out->v[out->n++];
	file->path = path;
	file->mode = mode;
	strcpy(file->blob, id);
	file->status = !before			? 'A'
		       : !mode			? 'D'
		       : (before ^ mode) & TYPE ? 'T'
						: 'M';
}

static void add_from_index(struct comparing *c, size_t i, unsigned before)
{
	struct gm_index_entry entry = gm_index_file_entry(&c->index, i);
	char id[GM_OID_HEX];

	gm_oid_hex(c->repo, entry.id, id);
	add(c->out, gm_strdup(entry.path), before, entry.mode, id);
}

static void add_gone(struct comparing *c, char *path, unsigned before)
{
	char id[GM_OID_HEX];

	memset(id, '0', 2 * c->index.id_len);
	id[2 * c->index.id_len] = '\0';
	add(c->out, path, before, 0, id);
}

/* The path itself. */
static void compare_entry(struct comparing *c, const struct place *place)
{
	size_t i = gm_index_file_find(&c->index, place->path);
	struct gm_index_entry own = { .mode = 0 };
	char id[GM_OID_HEX];

	if (i < c->index.n)
		own = gm_index_file_entry(&c->index, i);
	if (!own.path || strcmp(own.path, place->path) != 0) {
		if (place->mode)
			add_gone(c, gm_strdup(place->path), place->mode);
		return;
	}
	gm_oid_hex(c->repo, own.id, id);
	if (own.mode != place->mode || strcmp(id, place->id) != 0)
		add_from_index(c, i, place->mode);
}

/* What is right in it; false where there is a directory again. */
static bool compare_directory(struct comparing *c, const struct place *place)
{
	const struct gm_tree_bytes tree = { gm_strbuf_str(&place->tree),
					    place->tree.len };
	char *dir = gm_format("%s/", place->path);
	size_t len = strlen(dir);
	size_t i = gm_index_file_find(&c->index, dir);
	struct gm_tree_entry old;
	size_t at = 0;
	bool more = gm_tree_bytes_next(c->repo, &tree, &at, &old);
	bool plain = true;

	while (plain) {
		struct gm_index_entry own = { .path = "" };
		bool has_own;
		int diff;

		if (i < c->index.n)
			own = gm_index_file_entry(&c->index, i);
		has_own = !strncmp(own.path, dir, len);
		if (!more && !has_own)
			break;
		plain = !(more && plain_mode(old.mode) == 0040000) &&
			!(has_own && strchr(own.path + len, '/'));
		diff = !has_own ? -1
		       : !more	? 1
				: strcmp(old.name, own.path + len);
		if (!plain)
			break;
		if (diff < 0)
			add_gone(c, gm_format("%s%s", dir, old.name),
				 plain_mode(old.mode));
		else if (diff > 0)
			add_from_index(c, i, 0);
		else if (own.mode != plain_mode(old.mode) ||
			 memcmp(own.id, old.id, c->index.id_len) != 0)
			add_from_index(c, i, plain_mode(old.mode));
		i += diff >= 0;
		if (diff <= 0)
			more = gm_tree_bytes_next(c->repo, &tree, &at, &old);
	}
	free(dir);
	return plain && at == tree.len;
}

/* The entry of that name in what is its directory's tree. */
static void find_entry(struct place *place, const struct gm_repo *repo,
		       const struct gm_strbuf *parent)
{
	const struct gm_tree_bytes tree = { gm_strbuf_str(parent),
					    parent->len };
	const char *slash = strrchr(place->path, '/');
	const char *name = slash ? slash + 1 : place->path;
	struct gm_tree_entry entry;
	size_t at = 0;

	while (gm_tree_bytes_next(repo, &tree, &at, &entry)) {
		if (strcmp(entry.name, name) != 0)
			continue;
		place->mode = plain_mode(entry.mode);
		gm_oid_hex(repo, entry.id, place->id);
	}
}

static int read_place(struct place *place, struct gm_repo *repo,
		      const char *tree, const char *parent,
		      struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	int rc;

	if (*tree)
		return gm_tree_bytes_read(&place->tree, repo, tree, err);
	rc = gm_tree_bytes_read(&text, repo, parent, err);
	if (!rc)
		find_entry(place, repo, &text);
	gm_strbuf_release(&text);
	return rc;
}

/* What HEAD has at each of them. */
static int read_places(struct place *places, struct gm_repo *repo,
		       const struct gm_strings *paths, struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_strings trees = { 0 };
	size_t i;
	int rc = 0;

	if (!*repo->head)
		return 0;
	for (i = 0; i < paths->n; i++) {
		const char *path = paths->v[i];
		const char *slash = strrchr(path, '/');

		gm_strings_take(&names, gm_format("%s:%s", repo->head, path));
		gm_strings_take(&names,
				gm_format("%s:%.*s", repo->head,
					  slash ? (int)(slash - path) : 0,
					  path));
	}
	rc = gm_repo_ids(repo, &names, "tree", &trees, err);
	for (i = 0; !rc && i < paths->n; i++)
		rc = read_place(&places[i], repo, trees.v[2 * i],
				trees.v[2 * i + 1], err);
	gm_strings_release(&names);
	gm_strings_release(&trees);
	return rc;
}

static int by_path(const void *a, const void *b)
{
	return strcmp(((const struct gm_staged_file *)a)->path,
		      ((const struct gm_staged_file *)b)->path);
}

/* Returns 1, or 0 and adds nothing where git must be asked. */
static int compare_here(struct gm_repo *repo, const struct gm_strings *paths,
			struct gm_staged *out, struct gm_error *err)
{
	struct comparing c = { .repo = repo, .out = out };
	struct place *places;
	bool plain = true;
	size_t i;
	int rc;

	if (!gm_repo_is_talking(repo) || !gm_index_file_open(&c.index, repo))
		return 0;
	places = gm_calloc(paths->n, sizeof(*places));
	for (i = 0; i < paths->n; i++)
		places[i].path = paths->v[i];
	rc = read_places(places, repo, paths, err);
	for (i = 0; !rc && plain && i < paths->n; i++) {
		compare_entry(&c, &places[i]);
		plain = compare_directory(&c, &places[i]);
	}
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_path);
	if (rc || !plain)
		gm_staged_release(out);
	for (i = 0; i < paths->n; i++)
		gm_strbuf_release(&places[i].tree);
	free(places);
	gm_index_file_close(&c.index);
	return rc ? rc : plain;
}

/* As git writes them, each once. */
static void tidy(struct gm_strings *out, const struct gm_strings *paths)
{
	size_t i;

	for (i = 0; i < paths->n; i++) {
		char *path = gm_tree_path(paths->v[i]);

		if (gm_strings_has(out, path))
			free(path);
		else
			gm_strings_take(out, path);
	}
}

int gm_repo_staged(struct gm_repo *repo, const struct gm_strings *paths,
		   struct gm_staged *out, struct gm_error *err)
{
	struct gm_strings tidied = { 0 };
	int rc = gm_git_needed(repo, "comparing the index", err);

	tidy(&tidied, paths);
	if (!rc && !gm_strings_has(&tidied, ""))
		rc = compare_here(repo, &tidied, out, err);
	if (!rc)
		rc = ask_git(repo, &tidied, out, err);
	gm_strings_release(&tidied);
	return rc < 0 ? rc : 0;
}

void gm_staged_release(struct gm_staged *staged)
{
	size_t i;

	for (i = 0; i < staged->n; i++)
		free(staged->v[i].path);
	free(staged->v);
	memset(staged, 0, sizeof(*staged));
}
