/*
 * The object database, by way of `git cat-file --batch`: many objects for the
 * price of one process. Git looks where it has to look: in packs, alternates,
 * a push's quarantine, or at the other end of a partial clone.
 */
#include "git/git.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/blobid.h"
#include "git/libgit2.h"

/* `git cat-file`, whose output may be more than there is room for. */
static int run_limited(struct gm_strbuf *text, const char *const *argv,
		       const struct gm_strbuf *input, size_t most,
		       struct gm_error *err)
{
	struct gm_process *process;
	int rc = gm_git_start(&process, argv, input, err);

	if (rc)
		return rc;
	gm_process_limit(process, most);
	return gm_git_finish_text(text, process, err);
}

static int ask_git(struct gm_strbuf *text, struct gm_repo *repo,
		   const struct gm_strings *names, bool contents, size_t most,
		   struct gm_error *err)
{
	const char *argv[] = {
		"git", "cat-file", NULL, "--buffer", NULL, NULL
	};
	struct gm_strbuf input = { 0 };
	char end = '\n';
	size_t i;
	int rc = gm_batch_ask(text, repo, names, contents, most);

	if (rc)
		return rc < 0 ? rc : 0;
	argv[2] = contents ? "--batch" : "--batch-check";
	for (i = 0; i < names->n; i++) {
		if (strchr(names->v[i], '\n')) {
			argv[4] = "-z";
			end = '\0';
		}
	}
	for (i = 0; i < names->n; i++) {
		gm_strbuf_adds(&input, names->v[i]);
		gm_strbuf_addc(&input, end);
	}
	rc = run_limited(text, argv, &input, most, err);
	gm_strbuf_release(&input);
	return rc;
}

/* "NAME missing" or "NAME ambiguous", where NAME may hold anything. */
static size_t read_absence(struct gm_object *object, const char *name,
			   const char *at, const char *end)
{
	static const char *const words[] = { " missing\n", " ambiguous\n" };
	size_t len = strlen(name);
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(words); i++) {
		size_t word = strlen(words[i]);

		if ((size_t)(end - at) < len + word || memcmp(at, name, len) ||
		    memcmp(at + len, words[i], word))
			continue;
		object->id = "";
		object->type = i ? "ambiguous" : "";
		return len + word;
	}
	return 0;
}

/* "ID TYPE SIZE", and the bytes and a newline with contents; the text is
 * cut into strings on the way. Returns how much it was, 0 for a misfit. */
static size_t read_presence(struct gm_object *object, bool contents, char *at,
			    char *end)
{
	char *line_end = memchr(at, '\n', (size_t)(end - at));
	char *type = line_end ? memchr(at, ' ', (size_t)(line_end - at)) : NULL;
	char *size = type ? memchr(type + 1, ' ', (size_t)(line_end - type - 1))
			  : NULL;

	if (!size || type - at >= GM_OID_HEX)
		return 0;
	*type = *size = *line_end = '\0';
	object->id = at;
	object->type = type + 1;
	object->len = strtoul(size + 1, NULL, 10);
	if (!contents)
		return (size_t)(line_end + 1 - at);
	if ((size_t)(end - line_end - 1) <= object->len)
		return 0;
	object->bytes = line_end + 1;
	line_end[1 + object->len] = '\0';
	return (size_t)(line_end - at) + object->len + 2;
}

static int read_objects(struct gm_objects *out, struct gm_repo *repo,
			const struct gm_strings *names, bool contents,
			size_t most, struct gm_error *err)
{
	char *at;
	char *end;
	size_t i;
	int rc;

	memset(out, 0, sizeof(*out));
	if (!names->n)
		return 0;
	rc = repo->libgit2
		     ? gm_libgit2_objects(&out->text, repo, names, contents,
					  most, err)
		     : ask_git(&out->text, repo, names, contents, most, err);
	if (rc == GM_EREFUSED)
		gm_error_set(err, GM_EREFUSED,
			     "what git holds there is more than %zu MiB, and "
			     "is not read",
			     most >> 20);
	if (rc)
		goto done;
	out->v = gm_calloc(names->n, sizeof(*out->v));
	gm_strbuf_reserve(&out->text, 0);
	at = out->text.buf;
	end = at + out->text.len;
	for (i = 0; i < names->n; i++) {
		size_t len = read_absence(&out->v[i], names->v[i], at, end);

		if (!len)
			len = read_presence(&out->v[i], contents, at, end);
		if (!len) {
			rc = gm_error_set(err, GM_ERROR,
					  "git cat-file gave no answer for "
					  "'%s'",
					  names->v[i]);
			goto done;
		}
		at += len;
	}
	out->n = names->n;
done:
	if (rc)
		gm_objects_release(out);
	return rc;
}

int gm_objects_read(struct gm_objects *out, struct gm_repo *repo,
		    const struct gm_strings *names, bool contents,
		    struct gm_error *err)
{
	return read_objects(out, repo, names, contents, GM_FILES_MOST, err);
}

int gm_objects_read_within(struct gm_objects *out, struct gm_repo *repo,
			   const struct gm_strings *names, size_t most,
			   struct gm_error *err)
{
	return read_objects(out, repo, names, true, most, err);
}

void gm_objects_release(struct gm_objects *objects)
{
	free(objects->v);
	gm_strbuf_release(&objects->text);
	memset(objects, 0, sizeof(*objects));
}

int gm_repo_resolve(struct gm_repo *repo, const char *rev,
		    char commit[GM_OID_HEX], struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_objects found = { 0 };
	const struct gm_object *object;
	int rc;

	*commit = '\0';
	/* ":/text" can't be peeled, and needn't be: it finds commits. */
	gm_strings_add(&names, rev);
	gm_strings_take(&names, gm_format("%s^{commit}", rev));
	rc = gm_objects_read(&found, repo, &names, false, err);
	if (rc)
		goto done;
	object = &found.v[!strcmp(found.v[0].type, "commit") ? 0 : 1];
	if (!*rev || strcmp(object->type, "commit")) {
		bool ambiguous = !strcmp(object->type, "ambiguous");

		rc = gm_error_set(err, GM_ENOTFOUND, "'%s' %s", rev,
				  ambiguous ? "names several commits"
					    : "is not a commit");
		if (ambiguous)
			gm_error_hint(err, "give more digits of the commit");
		else if (repo->shallow)
			gm_error_hint(err, "this clone is shallow: 'git fetch "
					   "--unshallow' gets the rest");
		goto done;
	}
	snprintf(commit, GM_OID_HEX, "%s", object->id);
	gm_bases_resolved(repo, rev, commit);
done:
	gm_objects_release(&found);
	gm_strings_release(&names);
	return rc;
}

int gm_repo_ids(struct gm_repo *repo, const struct gm_strings *names,
		const char *type, struct gm_strings *out, struct gm_error *err)
{
	struct gm_objects found = { 0 };
	size_t i;
	int rc = gm_objects_read(&found, repo, names, false, err);

	for (i = 0; !rc && i < names->n; i++)
		gm_strings_add(out, !strcmp(found.v[i].type, type)
					    ? found.v[i].id
					    : "");
	gm_objects_release(&found);
	return rc;
}

int gm_repo_blob(struct gm_repo *repo, const char *blob, struct gm_strbuf *out,
		 struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_objects found = { 0 };
	int rc;

	gm_strings_add(&names, blob);
	rc = gm_objects_read_within(&found, repo, &names, GM_FILE_MOST, err);
	if (!rc && strcmp(found.v[0].type, "blob"))
		rc = gm_error_set(err, GM_ENOTFOUND,
				  "blob '%s' is not in the repository", blob);
	if (!rc)
		gm_strbuf_add(out, found.v[0].bytes, found.v[0].len);
	gm_objects_release(&found);
	gm_strings_release(&names);
	return rc;
}

int gm_repo_hash_blob(struct gm_repo *repo, const void *bytes, size_t len,
		      char blob[GM_OID_HEX], struct gm_error *err)
{
	(void)err;
	gm_blob_id(repo->sha256, bytes, len, blob);
	return 0;
}

int gm_repo_store_blob(struct gm_repo *repo, const void *bytes, size_t len,
		       char blob[GM_OID_HEX], struct gm_error *err)
{
	static const char *const argv[] = { "git", "hash-object", "-w",
					    "--stdin", NULL };
	struct gm_strbuf input = { 0 };
	struct gm_strbuf text = { 0 };
	int rc = gm_git_needed(repo, "storing a blob", err);

	if (rc)
		return rc;
	gm_strbuf_add(&input, bytes, len);
	rc = gm_git_text(&text, argv, &input, err);
	if (!rc)
		snprintf(blob, GM_OID_HEX, "%.*s",
			 (int)strcspn(gm_strbuf_str(&text), "\n"),
			 gm_strbuf_str(&text));
	gm_strbuf_release(&input);
	gm_strbuf_release(&text);
	return rc;
}

int gm_repo_object_ids(struct gm_repo *repo, const struct gm_strings *names,
		       struct gm_strings *out, struct gm_error *err)
{
	struct gm_objects found = { 0 };
	size_t i;
	int rc = gm_objects_read(&found, repo, names, false, err);

	for (i = 0; !rc && i < names->n; i++)
		gm_strings_add(out, *found.v[i].type ? found.v[i].id : "");
	gm_objects_release(&found);
	return rc;
}
