/*
 * Everything that is published has to be in the work tree, as it was
 * published; and the work tree has to be as the index has it, so that
 * nothing is swept along that nobody has looked at.
 */
#include "work/rebase_onto.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"

/* What others have published is ours to place again where it was picked onto
 * another branch, which is named. */
bool gm_onto_has(const struct gm_onto *onto, const struct gm_project *project,
		 const struct gm_migration *m)
{
	if (gm_published_has(&onto->named, project, m->app, m->id))
		return true;
	if (onto->named.n && gm_migration_lacks_parent(m))
		return false;
	return gm_published_has(&onto->published, project, m->app, m->id);
}

static int refuse_several(const struct gm_published *published,
			  struct gm_error *err)
{
	size_t i;

	gm_error_set(err, GM_EINVALID,
		     "several refs are published: say which one ours are to "
		     "stand on");
	for (i = 0; i < published->n && i < 5; i++) {
		char *ref = gm_shell_word(
			gm_ref_short_name(published->v[i].name));

		gm_error_hint(err, "git migrate rebase %s", ref);
		free(ref);
	}
	return GM_EINVALID;
}

static int choose(struct gm_onto *onto, struct gm_project *project,
		  const char *rev, struct gm_error *err)
{
	const struct gm_published *published = &onto->published;
	size_t i;
	int ret;

	if (rev) {
		ret = gm_published_load_commit(&onto->named, project, rev,
					       false, err);
		if (ret)
			return ret;
		onto->ref = &onto->named.v[0];
		onto->name = gm_strdup(rev);
		return 0;
	}
	if (!published->n) {
		gm_error_set(err, GM_ENOTFOUND,
			     "nothing is published: no ref fits "
			     "migrate.published");
		return gm_error_hint(err, "say what ours are to stand on: git "
					  "migrate rebase BRANCH");
	}
	for (i = 1; i < published->n; i++)
		if (strcmp(published->v[i].tip.commit,
			   published->v[0].tip.commit) != 0)
			return refuse_several(published, err);
	onto->ref = &published->v[0];
	onto->name = gm_strdup(gm_ref_short_name(published->v[0].name));
	return 0;
}

/* What a blob holds as a migration, or NULL; the caller frees it. */
static struct gm_migration *read_blob(struct gm_project *project,
				      const char *path, const char *blob)
{
	struct gm_file file = { .name = strrchr(path, '/'), .path = NULL };
	struct gm_migration *m = NULL;
	struct gm_findings findings = { 0 };
	struct gm_strbuf text = { 0 };

	file.path = gm_strdup(path);
	file.name = gm_strdup(file.name ? file.name + 1 : path);
	if (!gm_repo_blob(project->repo, blob, &text, NULL)) {
		file.len = text.len;
		file.bytes = gm_strbuf_take(&text);
		gm_migration_parse(&m, "", &file, &findings);
	}
	gm_findings_release(&findings);
	gm_strbuf_release(&text);
	free(file.bytes);
	free(file.name);
	free(file.path);
	return m;
}

/* Whether the two differ in the header only, as where one was picked and
 * given another parent. */
static bool has_one_content(struct gm_project *project, const char *path,
			    const struct gm_strings *sides)
{
	struct gm_migration *ours = read_blob(project, path, sides->v[0]);
	struct gm_migration *theirs = read_blob(project, path, sides->v[1]);
	bool same = ours && theirs && !strcmp(ours->checksum, theirs->checksum);

	gm_migration_free(ours);
	gm_migration_free(theirs);
	return same;
}

/* Whether a published ref has that very blob there. */
static bool is_published(struct gm_project *project, const char *path,
			 const char *blob)
{
	struct gm_strings refs = { 0 };
	struct gm_strings names = { 0 };
	struct gm_strings ids = { 0 };
	bool found;
	size_t i;

	gm_published_refs(&refs, project, NULL);
	for (i = 0; i < refs.n; i++)
		gm_strings_take(&names, gm_format("%s:%s", refs.v[i], path));
	found = !gm_repo_object_ids(project->repo, &names, &ids, NULL) &&
		gm_strings_has(&ids, blob);
	gm_strings_release(&refs);
	gm_strings_release(&names);
	gm_strings_release(&ids);
	return found;
}

/* Two migrations of one id: both are kept, and it is kept by what is published
 * or, where that doesn't tell, by what ours goes on top of or what is merged.
 */
static int refuse_sides(struct gm_project *project, const char *path,
			const struct gm_strings *sides, bool rebasing,
			struct gm_error *err)
{
	bool ours = is_published(project, path, sides->v[0]);
	bool theirs = is_published(project, path, sides->v[1]);
	bool keep_ours = ours == theirs ? rebasing : ours;
	const char *side = keep_ours ? "ours" : "theirs";
	char *word = gm_repo_word(project->repo, path);
	char *other = gm_format(":%d:%s", keep_ours ? 3 : 2, path);
	char *other_word = gm_shell_word(other);

	if (has_one_content(project, path, sides)) {
		gm_error_set(err, GM_EREFUSED,
			     "'%s' has another header on either side", path);
		gm_error_hint(err,
			      "git checkout --%s -- %s takes the one "
			      "that %s",
			      side, word,
			      ours != theirs ? "is published"
			      : rebasing     ? "yours goes on top of"
					     : "is merged");
		gm_error_hint(err, "git add it, then again: git migrate "
				   "rebase");
	} else {
		gm_error_set(err, GM_EREFUSED,
			     "'%s' is another migration on either side", path);
		gm_error_hint(err,
			      "git show %s > a file with a name of its "
			      "own",
			      other_word);
		gm_error_hint(err, "git checkout --%s -- %s", side, word);
		gm_error_hint(err, "git add both, then again: git migrate "
				   "rebase");
	}
	free(word);
	free(other);
	free(other_word);
	return GM_EREFUSED;
}

static int refuse_both_added(struct gm_project *project, const char *path,
			     bool rebasing, struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_strings sides = { 0 };
	int ret;

	gm_strings_take(&names, gm_format(":2:%s", path));
	gm_strings_take(&names, gm_format(":3:%s", path));
	ret = gm_repo_object_ids(project->repo, &names, &sides, err);
	if (!ret)
		ret = refuse_sides(project, path, &sides, rebasing, err);
	gm_strings_release(&names);
	gm_strings_release(&sides);
	return ret;
}

static int refuse_change(struct gm_project *project, const char *entry,
			 bool rebasing, struct gm_error *err)
{
	const char *path = entry + 3;

	if (gm_starts_with(entry, "AA"))
		return refuse_both_added(project, path, rebasing, err);
	if (strchr("U", entry[0]) || strchr("U", entry[1]) ||
	    gm_starts_with(entry, "DD")) {
		gm_error_set(err, GM_EREFUSED,
			     "'%s' has a merge conflict that isn't resolved",
			     path);
		return gm_error_hint(err, "git status tells what to do; then "
					  "again: git migrate rebase");
	}
	if (entry[0] == '?' || entry[0] == '!') {
		char *word = gm_repo_word(project->repo, path);

		gm_error_set(err, GM_EREFUSED, "git doesn't know '%s' yet",
			     path);
		gm_error_hint(err,
			      "git add %s%s and git commit, or move it away",
			      entry[0] == '!' ? "-f " : "", word);
		free(word);
		return GM_EREFUSED;
	}
	gm_error_set(err, GM_EREFUSED, "'%s' has changes that aren't %s", path,
		     entry[1] == ' ' ? "committed" : "staged");
	return gm_error_hint(err, "git commit or git stash them first");
}

/* In the middle of a merge or a rebase much is staged and not committed; and
 * one that is to be deleted leaves others that have to be put elsewhere. */
static int check_clean(struct gm_project *project, struct gm_error *err)
{
	struct gm_strings heads = { 0 };
	bool rebasing = gm_repo_is_rebasing(project->repo);
	bool staged_passes;
	size_t a, i;
	int ret = gm_repo_merge_heads(project->repo, &heads, err);

	staged_passes = heads.n || rebasing;
	for (a = 0; !ret && a < project->n_apps; a++) {
		struct gm_strings changed = { 0 };

		if (*project->apps[a].dir == '/') {
			ret = gm_error_set(err, GM_EINVALID,
					   "the directory '%s' is outside of "
					   "the work tree",
					   project->apps[a].dir);
			break;
		}
		ret = gm_repo_changed_files(project->repo, project->apps[a].dir,
					    &changed, err);
		for (i = 0; !ret && i < changed.n; i++) {
			const char *entry = changed.v[i];
			bool staged = entry[1] == ' ' &&
				      (!*entry || strchr("MADRCT", *entry));
			bool passes = staged &&
				      (staged_passes || *entry == 'D');

			if (gm_ends_with(entry, ".sql") && !passes)
				ret = refuse_change(project, entry, rebasing,
						    err);
		}
		gm_strings_release(&changed);
	}
	gm_strings_release(&heads);
	return ret;
}

static bool in_a_base(const struct gm_published_ref *ref, size_t app,
		      const char *name)
{
	size_t i;

	for (i = 0; i < ref->n_bases; i++)
		if (gm_files_find(&ref->bases[i].apps[app], name))
			return true;
	return false;
}

static int refuse_missing(const struct gm_onto *onto,
			  const struct gm_project *project,
			  const struct gm_file *file, bool is_old,
			  struct gm_error *err)
{
	char *ref = gm_shell_word(onto->name);
	char *path = gm_repo_word(project->repo, file->path);

	if (is_old) {
		gm_error_set(err, GM_EREFUSED,
			     "'%s' is gone here, and '%s' has it", file->path,
			     onto->name);
		gm_error_hint(err, "git restore --source=%s -- %s", ref, path);
	} else {
		gm_error_set(err, GM_EREFUSED,
			     "the work tree is behind '%s': it "
			     "has no '%s'",
			     onto->name, file->path);
		gm_error_hint(err,
			      "git rebase %s (or git merge), then again: git "
			      "migrate rebase",
			      ref);
	}
	free(ref);
	free(path);
	return GM_EREFUSED;
}

static int refuse_other(const struct gm_onto *onto, const struct gm_file *file,
			struct gm_error *err)
{
	char *ref = gm_shell_word(onto->name);

	gm_error_set(err, GM_EREFUSED, "'%s' is another migration in '%s'",
		     file->path, onto->name);
	gm_error_hint(err,
		      "git mv yours to a name of its own, and git "
		      "rebase %s (or git merge)",
		      ref);
	free(ref);
	return GM_EREFUSED;
}

static bool is_migration(const struct gm_file *file)
{
	size_t len = strlen(file->name);

	return gm_ends_with(file->name, ".sql") &&
	       gm_id_is_valid(file->name, len - 4);
}

static int check_app(const struct gm_onto *onto, struct gm_project *project,
		     size_t app, struct gm_error *err)
{
	const struct gm_files *tip = &onto->ref->tip.apps[app];
	struct gm_files index = { 0 };
	size_t i;
	int ret = gm_repo_index_files(project->repo, project->apps[app].dir,
				      false, &index, err);

	for (i = 0; !ret && i < tip->n; i++) {
		const struct gm_file *file = &tip->v[i];
		const struct gm_file *here = gm_files_find(&index, file->name);
		bool is_old = in_a_base(onto->ref, app, file->name);
		char *id;

		if (!is_migration(file))
			continue;
		id = gm_strndup(file->name, strlen(file->name) - 4);
		if (!here || !gm_series_find(&project->series,
					     project->apps[app].name, id))
			ret = refuse_missing(onto, project, file, is_old, err);
		else if (!is_old && strcmp(here->blob, file->blob) != 0)
			ret = refuse_other(onto, file, err);
		free(id);
	}
	gm_files_release(&index);
	return ret;
}

int gm_onto_load(struct gm_onto *out, struct gm_project *project,
		 const char *rev, struct gm_error *err)
{
	size_t a;
	int ret;

	memset(out, 0, sizeof(*out));
	ret = gm_published_load(&out->published, project, err);
	if (!ret)
		ret = choose(out, project, rev, err);
	if (!ret)
		ret = check_clean(project, err);
	if (!ret)
		ret = gm_series_rebasable(&project->series, err);
	for (a = 0; !ret && a < project->n_apps; a++)
		ret = check_app(out, project, a, err);
	return ret;
}

void gm_onto_release(struct gm_onto *onto)
{
	free(onto->name);
	gm_published_release(&onto->published);
	gm_published_release(&onto->named);
	memset(onto, 0, sizeof(*onto));
}
