/*
 * What git would have answered, from libgit2.
 */
#include "git/libgit2.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/alloc.h"
#include "git/git.h"
#include "git/library.h"

static int failed(const struct gm_libgit2 *git, int rc, struct gm_error *err)
{
	const git_error *last = git->error_last();
	const char *message = last ? last->message : "unknown error";

	if (strstr(message, "objectformat") ||
	    strstr(message, "repository version"))
		gm_error_set(err, GM_ERROR,
			     "libgit2 %s can't read this repository's format",
			     LIBGIT2_VERSION);
	else
		return gm_error_set(
			err, rc == GIT_ENOTFOUND ? GM_ENOTFOUND : GM_ERROR,
			"libgit2 says: %s", message);
	return gm_error_hint(err, "install git, or put it into PATH");
}

static char *without_slash(const char *path)
{
	size_t len = path ? strlen(path) : 0;

	if (!path)
		return NULL;
	while (len > 1 && path[len - 1] == '/')
		len--;
	return gm_strndup(path, len);
}

static char *prefix_below(const char *top)
{
	char *here = realpath(".", NULL);
	size_t len = top ? strlen(top) : 0;
	char *prefix;

	if (top && here && !strncmp(here, top, len) && here[len] == '/')
		prefix = gm_format("%s/", here + len + 1);
	else
		prefix = gm_strdup("");
	free(here);
	return prefix;
}

static void read_head(struct gm_repo *repo)
{
	struct gm_libgit2 *git = repo->libgit2;
	git_reference *head = NULL;
	git_reference *direct = NULL;

	if (git->reference_lookup(&head, git->repo, "HEAD"))
		return;
	if (git->reference_type(head) == GIT_REFERENCE_SYMBOLIC) {
		const char *name = git->reference_symbolic_target(head);

		repo->branch = gm_strdup(
			gm_starts_with(name, "refs/heads/") ? name + 11 : name);
	}
	if (!git->reference_resolve(&direct, head))
		git->oid_tostr(repo->head, GM_OID_HEX,
			       git->reference_target(direct));
	git->reference_free(direct);
	git->reference_free(head);
}

/*
 * The environment counts, since it leads to the objects of a push that isn't
 * accepted yet. libgit2 gives up when it meets two of its variables: one can
 * be done without it, and one can't.
 */
static int open_repository(struct gm_libgit2 *git, struct gm_error *err)
{
	char *work_tree = gm_strdup_null(getenv("GIT_WORK_TREE"));
	int rc;

	if (getenv("GIT_COMMON_DIR")) {
		free(work_tree);
		gm_error_set(err, GM_ERROR,
			     "GIT_COMMON_DIR is set, which needs git");
		return gm_error_hint(err, "install git, or put it into PATH");
	}
	if (work_tree)
		unsetenv("GIT_WORK_TREE");
	rc = git->repository_open_ext(&git->repo, NULL,
				      GIT_REPOSITORY_OPEN_FROM_ENV, NULL);
	if (work_tree)
		setenv("GIT_WORK_TREE", work_tree, 1);
	if (!rc && work_tree)
		rc = git->repository_set_workdir(git->repo, work_tree, 0);
	free(work_tree);
	if (rc == GIT_ENOTFOUND && !getenv("GIT_DIR"))
		return gm_error_set(err, GM_ENOTFOUND,
				    "not in a git repository");
	if (rc)
		return failed(git, GIT_ERROR, err);
	return 0;
}

int gm_libgit2_open(struct gm_repo *repo, struct gm_error *err)
{
	struct gm_libgit2 *git;
	int rc = gm_libgit2_load(&git, err);

	if (rc)
		return rc;
	repo->libgit2 = git;
	rc = open_repository(git, err);
	if (rc)
		return rc;
	repo->top = without_slash(git->repository_workdir(git->repo));
	repo->git_dir = without_slash(git->repository_path(git->repo));
	repo->common_dir = without_slash(git->repository_commondir(git->repo));
	repo->prefix = prefix_below(repo->top);
	repo->shallow = git->repository_is_shallow(git->repo) == 1;
	read_head(repo);
	return 0;
}

static int list_config(struct gm_libgit2 *git, struct gm_strbuf *out,
		       struct gm_error *err)
{
	git_config *config = NULL;
	git_config_iterator *entries = NULL;
	git_config_entry *entry;
	int rc;

	rc = git->repo ? git->repository_config(&config, git->repo)
		       : git->config_open_default(&config);
	if (!rc)
		rc = git->config_iterator_new(&entries, config);
	while (!rc && !git->config_next(&entry, entries)) {
		gm_strbuf_adds(out, entry->name);
		if (entry->value)
			gm_strbuf_addf(out, "\n%s", entry->value);
		gm_strbuf_addc(out, '\0');
	}
	if (rc)
		rc = failed(git, GIT_ERROR, err);
	git->config_iterator_free(entries);
	git->config_free(config);
	return rc;
}

int gm_libgit2_config(struct gm_strbuf *out, struct gm_repo *repo,
		      struct gm_error *err)
{
	struct gm_libgit2 *git = repo ? repo->libgit2 : NULL;
	int rc = git ? 0 : gm_libgit2_load(&git, err);

	if (!rc)
		rc = list_config(git, out, err);
	if (!repo)
		gm_libgit2_close(git);
	return rc;
}

static int add_object(struct gm_libgit2 *git, git_odb *odb, const git_oid *id,
		      bool contents, size_t most, struct gm_strbuf *out)
{
	git_odb_object *object = NULL;
	git_object_t type;
	char hex[GM_OID_HEX];
	size_t len;
	int rc = git->odb_read_header(&len, &type, odb, id);

	if (rc)
		return rc;
	git->oid_tostr(hex, sizeof(hex), id);
	gm_strbuf_addf(out, "%s %s %zu\n", hex, git->object_type2string(type),
		       len);
	if (out->len > most || (contents && len > most - out->len))
		return GIT_EUSER;
	if (!contents)
		return 0;
	rc = git->odb_read(&object, odb, id);
	if (rc)
		return rc;
	gm_strbuf_add(out, git->odb_object_data(object), len);
	gm_strbuf_addc(out, '\n');
	git->odb_object_free(object);
	return 0;
}

static bool is_whole_id(const char *name)
{
	return strlen(name) == 40 && strspn(name, "0123456789abcdef") == 40;
}

int gm_libgit2_objects(struct gm_strbuf *out, struct gm_repo *repo,
		       const struct gm_strings *names, bool contents,
		       size_t most, struct gm_error *err)
{
	struct gm_libgit2 *git = repo->libgit2;
	git_odb *odb = NULL;
	size_t i;
	int rc = git->repository_odb(&odb, git->repo);

	for (i = 0; !rc && i < names->n; i++) {
		git_object *named = NULL;
		git_oid id;

		/* Parsing what is an id already would read it twice. */
		if (is_whole_id(names->v[i])) {
			git->oid_fromstr(&id, names->v[i]);
		} else {
			rc = git->revparse_single(&named, git->repo,
						  names->v[i]);
			if (!rc)
				id = *git->object_id(named);
			git->object_free(named);
		}
		if (!rc)
			rc = add_object(git, odb, &id, contents, most, out);
		if (rc == GIT_EAMBIGUOUS)
			gm_strbuf_addf(out, "%s ambiguous\n", names->v[i]);
		else if (rc == GIT_ENOTFOUND || rc == GIT_EINVALIDSPEC ||
			 rc == GIT_EPEEL)
			gm_strbuf_addf(out, "%s missing\n", names->v[i]);
		else if (rc)
			break;
		rc = 0;
	}
	if (rc == GIT_EUSER)
		rc = GM_EREFUSED;
	else if (rc)
		rc = failed(git, GIT_ERROR, err);
	git->odb_free(odb);
	return rc;
}

static void add_ref(struct gm_libgit2 *git, const char *name,
		    struct gm_strbuf *out)
{
	git_reference *ref = NULL;
	git_reference *direct = NULL;
	const char *target = "";
	char hex[GM_OID_HEX];

	/* What can't be resolved, git leaves out as well. */
	if (git->reference_lookup(&ref, git->repo, name))
		return;
	if (!git->reference_resolve(&direct, ref)) {
		if (git->reference_type(ref) == GIT_REFERENCE_SYMBOLIC)
			target = git->reference_symbolic_target(ref);
		git->oid_tostr(hex, sizeof(hex), git->reference_target(direct));
		gm_strbuf_addf(out, "%s%c%s%c%s\n", name, 0, hex, 0, target);
	}
	git->reference_free(direct);
	git->reference_free(ref);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

int gm_libgit2_refs(struct gm_strbuf *out, struct gm_repo *repo,
		    struct gm_error *err)
{
	struct gm_libgit2 *git = repo->libgit2;
	git_strarray names = { 0 };
	size_t i;

	if (git->reference_list(&names, git->repo))
		return failed(git, GIT_ERROR, err);
	if (names.count)
		qsort(names.strings, names.count, sizeof(*names.strings),
		      by_text);
	for (i = 0; i < names.count; i++)
		add_ref(git, names.strings[i], out);
	git->strarray_dispose(&names);
	return 0;
}

static int commit_id(struct gm_libgit2 *git, const char *name, git_oid *id)
{
	char *rev = gm_format("%s^{commit}", name);
	git_object *commit = NULL;
	int rc = git->revparse_single(&commit, git->repo, rev);

	if (!rc)
		*id = *git->object_id(commit);
	git->object_free(commit);
	free(rev);
	return rc;
}

int gm_libgit2_merge_bases(struct gm_strbuf *out, struct gm_repo *repo,
			   const char *const *commits, struct gm_error *err)
{
	struct gm_libgit2 *git = repo->libgit2;
	git_oidarray bases = { 0 };
	git_oid *ids;
	size_t n = 0;
	size_t i;
	int rc = 0;

	while (commits[n])
		n++;
	ids = gm_calloc(n, sizeof(*ids));
	for (i = 0; !rc && i < n; i++)
		rc = commit_id(git, commits[i], &ids[i]);
	if (rc) {
		free(ids);
		return failed(git, rc, err);
	}
	rc = git->merge_bases_many(&bases, git->repo, n, ids);
	free(ids);
	if (rc == GIT_ENOTFOUND)
		return 0;
	if (rc)
		return failed(git, rc, err);
	for (i = 0; i < bases.count; i++) {
		char hex[GM_OID_HEX];

		git->oid_tostr(hex, sizeof(hex), &bases.ids[i]);
		gm_strbuf_addf(out, "%s\n", hex);
	}
	git->oidarray_dispose(&bases);
	return 0;
}

int gm_libgit2_index(struct gm_strbuf *out, struct gm_repo *repo,
		     struct gm_error *err)
{
	struct gm_libgit2 *git = repo->libgit2;
	git_index *index = NULL;
	size_t n;
	size_t i;

	if (git->repository_index(&index, git->repo))
		return failed(git, GIT_ERROR, err);
	n = git->index_entrycount(index);
	for (i = 0; i < n; i++) {
		const git_index_entry *entry = git->index_get_byindex(index, i);
		char hex[GM_OID_HEX];

		git->oid_tostr(hex, sizeof(hex), &entry->id);
		gm_strbuf_addf(out, "%06o %s %u\t%s%c", (unsigned)entry->mode,
			       hex, (unsigned)(entry->flags >> 12) & 3,
			       entry->path, 0);
	}
	git->index_free(index);
	return 0;
}
