/*
 * The files of one directory, from a commit's tree or from the index: first
 * names and ids, then, where asked for, all their bytes at once.
 */
#include "git/git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/index_file.h"
#include "git/libgit2.h"

void gm_oid_hex(const struct gm_repo *repo, const unsigned char *id,
		char hex[GM_OID_HEX])
{
	static const char digits[] = "0123456789abcdef";
	size_t len = repo->sha256 ? 32 : 20;
	size_t i;

	for (i = 0; i < len; i++) {
		hex[2 * i] = digits[id[i] >> 4];
		hex[2 * i + 1] = digits[id[i] & 15];
	}
	hex[2 * len] = '\0';
}

bool gm_tree_next(const struct gm_repo *repo, const struct gm_object *tree,
		  size_t *at, struct gm_tree_entry *entry)
{
	struct gm_tree_bytes bytes = { tree->bytes, tree->len };

	return gm_tree_bytes_next(repo, &bytes, at, entry);
}

char *gm_tree_path(const char *path)
{
	struct gm_strbuf out = { 0 };

	while (*path) {
		size_t len = strcspn(path, "/");

		if (len && !(len == 1 && *path == '.')) {
			if (out.len)
				gm_strbuf_addc(&out, '/');
			gm_strbuf_add(&out, path, len);
		}
		path += len + (path[len] == '/');
	}
	return gm_strbuf_take(&out);
}

enum gm_file_kind gm_tree_kind(unsigned mode)
{
	switch (mode & 0170000) {
	case 0100000:
		return GM_FILE_REGULAR;
	case 0120000:
		return GM_FILE_SYMLINK;
	default:
		return GM_FILE_OTHER;
	}
}

static struct gm_file *add_file(struct gm_files *files, const char *dir,
				const char *name, unsigned mode)
{
	struct gm_file *file = gm_files_add(files);
	size_t dir_len = strlen(dir);
	size_t size = strlen(name) + 1;
	char *path = gm_alloc(dir_len + 1 + size);

	file->name = gm_strdup(name);
	file->path = path;
	memcpy(path, dir, dir_len);
	path += dir_len;
	if (dir_len)
		*path++ = '/';
	memcpy(path, name, size);
	file->kind = gm_tree_kind(mode);
	return file;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct gm_file *)a)->name,
		      ((const struct gm_file *)b)->name);
}

static int missing(const struct gm_repo *repo, const char *blob,
		   const char *path, struct gm_error *err)
{
	gm_error_set(err, GM_ENOTFOUND,
		     "blob '%s' of '%s' is not in the repository", blob, path);
	if (repo->shallow)
		return gm_error_hint(err, "'git fetch --unshallow' gets what "
					  "this clone lacks");
	return gm_error_hint(err, "'git fsck' shows what is missing");
}

static void list_blobs(struct gm_strings *ids, const struct gm_files *files)
{
	size_t i;

	for (i = 0; i < files->n; i++)
		if (files->v[i].kind == GM_FILE_REGULAR)
			gm_strings_add(ids, files->v[i].blob);
}

/* Marks those that are too large to be read. */
static int mark_large(struct gm_repo *repo, struct gm_files *files,
		      const struct gm_strings *ids, struct gm_error *err)
{
	struct gm_objects sizes = { 0 };
	size_t i;
	size_t j;
	int rc = gm_objects_read(&sizes, repo, ids, false, err);

	for (i = 0, j = 0; !rc && i < files->n; i++)
		if (files->v[i].kind == GM_FILE_REGULAR &&
		    sizes.v[j++].len > GM_FILE_MOST)
			files->v[i].kind = GM_FILE_LARGE;
	gm_objects_release(&sizes);
	return rc;
}

/* Their sizes are asked for only where there is much of them. */
static int read_blobs(struct gm_objects *blobs, struct gm_repo *repo,
		      struct gm_files *files, struct gm_error *err)
{
	struct gm_strings ids = { 0 };
	int rc;

	list_blobs(&ids, files);
	rc = gm_objects_read_within(blobs, repo, &ids, GM_FILE_MOST, err);
	if (rc == GM_EREFUSED) {
		gm_error_release(err);
		rc = mark_large(repo, files, &ids, err);
		gm_strings_release(&ids);
		list_blobs(&ids, files);
		if (!rc)
			rc = gm_objects_read(blobs, repo, &ids, true, err);
	}
	gm_strings_release(&ids);
	return rc;
}

static int read_contents(struct gm_repo *repo, struct gm_files *files,
			 struct gm_error *err)
{
	struct gm_objects blobs = { 0 };
	size_t i;
	size_t j;
	int rc = read_blobs(&blobs, repo, files, err);

	for (i = 0, j = 0; !rc && i < files->n; i++) {
		struct gm_file *file = &files->v[i];
		struct gm_object *blob;

		if (file->kind != GM_FILE_REGULAR)
			continue;
		blob = &blobs.v[j++];
		if (strcmp(blob->type, "blob")) {
			rc = missing(repo, file->blob, file->path, err);
			break;
		}
		file->bytes = gm_strndup(blob->bytes, blob->len);
		file->len = blob->len;
	}
	if (!rc)
		rc = gm_filter_files(repo, files, err);
	gm_objects_release(&blobs);
	return rc;
}

int gm_repo_read_files(struct gm_repo *repo, struct gm_files *files,
		       struct gm_error *err)
{
	return read_contents(repo, files, err);
}

/* A link may lead to a directory in the work tree, and to nothing here. */
static int refuse_no_directory(const char *dir, const char *where,
			       struct gm_error *err)
{
	gm_error_set(err, GM_EINVALID, "'%s' is not a directory in %s", dir,
		     where);
	return gm_error_hint(err,
			     "git does not follow links: set migrate.dir to "
			     "the directory that the files are in");
}

/* The trees of a commit and of one of its directories. */
static int read_trees(struct gm_objects *trees, struct gm_repo *repo,
		      const char *commit, const char *dir, struct gm_error *err)
{
	struct gm_strings names = { 0 };
	char *where;
	int rc;

	gm_strings_take(&names, gm_format("%s^{tree}", commit));
	gm_strings_take(&names, gm_format("%s:%s", commit, dir));
	rc = gm_objects_read(trees, repo, &names, true, err);
	gm_strings_release(&names);
	if (rc)
		return rc;
	if (strcmp(trees->v[0].type, "tree")) {
		rc = gm_error_set(err, GM_ENOTFOUND,
				  "commit '%s' is not in the repository",
				  commit);
		if (repo->shallow)
			gm_error_hint(err, "this clone is shallow: 'git fetch "
					   "--unshallow' gets the rest");
	} else if (*trees->v[1].type && strcmp(trees->v[1].type, "tree")) {
		where = gm_format("commit '%s'", commit);
		rc = refuse_no_directory(dir, where, err);
		free(where);
	}
	if (rc)
		gm_objects_release(trees);
	return rc;
}

/* All files of a directory, whatever they are. */
static int list_tree(struct gm_repo *repo, const char *commit, const char *dir,
		     struct gm_files *out, struct gm_error *err)
{
	struct gm_objects trees = { 0 };
	struct gm_tree_entry entry;
	char *path = gm_tree_path(dir);
	size_t at = 0;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = read_trees(&trees, repo, commit, path, err);
	if (rc)
		goto done;
	while (gm_tree_next(repo, &trees.v[1], &at, &entry)) {
		struct gm_file *file;

		if ((entry.mode & 0170000) == 0040000)
			continue;
		file = add_file(out, path, entry.name, entry.mode);
		gm_oid_hex(repo, entry.id, file->blob);
	}
	/* Git sorts directories as if they ended in a slash. */
	if (out->n)
		qsort(out->v, out->n, sizeof(*out->v), by_name);
done:
	gm_objects_release(&trees);
	free(path);
	if (rc)
		gm_files_release(out);
	return rc;
}

int gm_repo_tree_id(struct gm_repo *repo, const char *commit, const char *dir,
		    char id[GM_OID_HEX], struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_objects found = { 0 };
	char *path = gm_tree_path(dir);
	int rc;

	*id = '\0';
	gm_strings_take(&names, gm_format("%s:%s", commit, path));
	rc = gm_objects_read(&found, repo, &names, false, err);
	if (!rc)
		snprintf(id, GM_OID_HEX, "%s", found.v[0].id);
	gm_objects_release(&found);
	gm_strings_release(&names);
	free(path);
	return rc;
}

int gm_repo_tree_files(struct gm_repo *repo, const char *commit,
		       const char *dir, bool contents, struct gm_files *out,
		       struct gm_error *err)
{
	int rc = list_tree(repo, commit, dir, out, err);

	if (!rc)
		rc = gm_files_check_count(out, dir, err);
	if (!rc && contents)
		rc = read_contents(repo, out, err);
	if (rc)
		gm_files_release(out);
	return rc;
}

static int list_index(struct gm_strbuf *text, struct gm_repo *repo,
		      const char *path, struct gm_error *err)
{
	char *where;
	int rc;

	if (repo->libgit2)
		return gm_libgit2_index(text, repo, err);
	where = gm_format(":(top,literal)%s", path);
	rc = gm_git_text(text,
			 (const char *const[]){ "git", "ls-files", "-s", "-z",
						"--full-name", "--", where,
						NULL },
			 NULL, err);
	free(where);
	return rc;
}

/* "MODE ID STAGE\tPATH"; an entry at `dir` itself is refused. */
static int add_index_entry(struct gm_files *files, const char *entry,
			   const char *dir, struct gm_error *err)
{
	size_t len = strlen(dir);
	char id[GM_OID_HEX];
	unsigned mode;
	unsigned stage;
	const char *name = strchr(entry, '\t');

	if (!name || sscanf(entry, "%o %64s %u", &mode, id, &stage) != 3)
		return 0;
	name++;
	if (len && !strcmp(name, dir))
		return refuse_no_directory(dir, "the index", err);
	if (strncmp(name, dir, len) || (len && name[len] != '/'))
		return 0;
	name += len ? len + 1 : 0;
	if (strchr(name, '/'))
		return 0;
	if (stage) {
		/* There are up to three of them. */
		if (!files->n || strcmp(files->v[files->n - 1].name, name))
			add_file(files, dir, name, mode)->kind =
				GM_FILE_UNMERGED;
		return 0;
	}
	strcpy(add_file(files, dir, name, mode)->blob, id);
	return 0;
}

int gm_repo_index_files(struct gm_repo *repo, const char *dir, bool contents,
			struct gm_files *out, struct gm_error *err)
{
	struct gm_strbuf text = { 0 };
	char *path = gm_tree_path(dir);
	const char *at;
	int rc;

	memset(out, 0, sizeof(*out));
	rc = list_index(&text, repo, path, err);
	if (rc)
		goto done;
	for (at = gm_strbuf_str(&text); !rc && at < text.buf + text.len;
	     at += strlen(at) + 1)
		rc = add_index_entry(out, at, path, err);
	if (!rc)
		rc = gm_files_check_count(out, path, err);
	if (!rc && contents)
		rc = read_contents(repo, out, err);
done:
	gm_strbuf_release(&text);
	free(path);
	if (rc)
		gm_files_release(out);
	return rc;
}

/* Of the index, what a sparse checkout keeps out of the work tree. */
static int list_sparse(const char *path, struct gm_files *out,
		       struct gm_error *err)
{
	char *where = gm_format(":(top,literal)%s", path);
	/* A letter and a space before each entry: S for what isn't there. */
	const char *argv[] = { "git",	      "ls-files", "-st", "-z",
			       "--full-name", "--",	  where, NULL };
	struct gm_strbuf text = { 0 };
	const char *at;
	int rc = gm_git_text(&text, argv, NULL, err);

	for (at = gm_strbuf_str(&text); !rc && at < text.buf + text.len;
	     at += strlen(at) + 1)
		if (gm_starts_with(at, "S ") && gm_ends_with(at, ".sql"))
			rc = add_index_entry(out, at + 2, path, err);
	gm_strbuf_release(&text);
	free(where);
	return rc;
}

int gm_repo_sparse_files(struct gm_repo *repo, const char *dir,
			 struct gm_files *files, struct gm_error *err)
{
	struct gm_files sparse = { 0 };
	struct gm_files added = { 0 };
	char *path = gm_tree_path(dir);
	size_t i;
	/* libgit2 leaves nothing out. */
	int rc = repo->libgit2 ? 0 : list_sparse(path, &sparse, err);

	for (i = 0; !rc && i < sparse.n; i++)
		/* It may be there all the same. */
		if (!gm_files_find(files, sparse.v[i].name))
			gm_files_move(&added, &sparse.v[i]);
	if (!rc)
		rc = read_contents(repo, &added, err);
	for (i = 0; !rc && i < added.n; i++)
		gm_files_move(files, &added.v[i]);
	if (files->n)
		qsort(files->v, files->n, sizeof(*files->v), by_name);
	gm_files_release(&sparse);
	gm_files_release(&added);
	free(path);
	return rc;
}

static int refuse_unmerged(const struct gm_repo *repo, const char *path,
			   struct gm_error *err)
{
	char *word = gm_repo_word(repo, path);

	gm_error_set(err, GM_EINVALID, "'%s' is not merged yet", path);
	gm_error_hint(err, "resolve it, then git add %s", word);
	free(word);
	return GM_EINVALID;
}

/* Adds the bytes of the one of these files that has the name. */
static int read_named(struct gm_repo *repo, struct gm_files *files,
		      const char *name, const char *path, const char *where,
		      struct gm_strbuf *out, struct gm_error *err)
{
	size_t i;
	int rc;

	for (i = 0; i < files->n; i++) {
		struct gm_files one = { &files->v[i], 1, 1 };

		if (strcmp(files->v[i].name, name))
			continue;
		if (files->v[i].kind == GM_FILE_UNMERGED)
			return refuse_unmerged(repo, path, err);
		if (files->v[i].kind != GM_FILE_REGULAR)
			return gm_error_set(err, GM_EINVALID,
					    "'%s' is not a regular file in %s",
					    path, where);
		rc = read_contents(repo, &one, err);
		if (!rc && files->v[i].kind == GM_FILE_LARGE)
			rc = gm_error_set(err, GM_EINVALID,
					  "'%s' is larger than %zu MiB in %s",
					  path, GM_FILE_MOST >> 20, where);
		if (!rc)
			gm_strbuf_add(out, files->v[i].bytes, files->v[i].len);
		return rc;
	}
	return gm_error_set(err, GM_ENOTFOUND, "there is no '%s' in %s", path,
			    where);
}

int gm_repo_tree_file(struct gm_repo *repo, const char *commit,
		      const char *path, struct gm_strbuf *out,
		      struct gm_error *err)
{
	struct gm_files files = { 0 };
	char *where = gm_format("commit '%s'", commit);
	char *whole = gm_tree_path(path);
	char *slash = strrchr(whole, '/');
	int rc;

	if (slash)
		*slash = '\0';
	rc = list_tree(repo, commit, slash ? whole : "", &files, err);
	if (!rc)
		rc = read_named(repo, &files, slash ? slash + 1 : whole, path,
				where, out, err);
	gm_files_release(&files);
	free(where);
	free(whole);
	return rc;
}

static void add_plain_entry(struct gm_files *files, const struct gm_repo *repo,
			    const struct gm_index_file *index, const char *path,
			    const char *dir)
{
	size_t i = gm_index_file_find(index, path);
	struct gm_index_entry entry;
	struct gm_file *file;

	if (i == index->n)
		return;
	entry = gm_index_file_entry(index, i);
	if (strcmp(entry.path, path) != 0)
		return;
	file = add_file(files, dir, path + strlen(dir) + (*dir != '\0'),
			entry.mode);
	gm_oid_hex(repo, entry.id, file->blob);
}

/* What the index has at that path, if it is a file; by its name. */
static int find_in_index(struct gm_files *files, struct gm_repo *repo,
			 const char *path, struct gm_error *err)
{
	const char *slash = strrchr(path, '/');
	char *dir = gm_strndup(path, slash ? (size_t)(slash - path) : 0);
	struct gm_index_file index;
	struct gm_strbuf text = { 0 };
	const char *at;
	int rc = 0;

	if (gm_index_file_open(&index, repo)) {
		add_plain_entry(files, repo, &index, path, dir);
		gm_index_file_close(&index);
		free(dir);
		return 0;
	}
	rc = list_index(&text, repo, path, err);
	for (at = gm_strbuf_str(&text); !rc && at < text.buf + text.len;
	     at += strlen(at) + 1)
		rc = add_index_entry(files, at, dir, err);
	gm_strbuf_release(&text);
	free(dir);
	return rc;
}

int gm_repo_index_file(struct gm_repo *repo, const char *path,
		       struct gm_strbuf *out, struct gm_error *err)
{
	struct gm_files files = { 0 };
	char *whole = gm_tree_path(path);
	char *slash = strrchr(whole, '/');
	int rc = find_in_index(&files, repo, whole, err);

	if (!rc)
		rc = read_named(repo, &files, slash ? slash + 1 : whole, path,
				"the index", out, err);
	gm_files_release(&files);
	free(whole);
	return rc;
}
