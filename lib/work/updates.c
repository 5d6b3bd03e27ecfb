/*
 * The refs that a push would change, and which of them touch a migration: a
 * question to git for all of them at once, and no tree is opened.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/guard.h"
#include "work/published.h"

#define HEADS "refs/heads/"

/* The word that ends at `*end`; `*end` moves before the blank in front. NULL
 * where there is none. Words are counted from the line's end, for what the
 * user typed stands at its beginning. */
static char *last_word(const char *line, const char **end)
{
	const char *at = *end;
	const char *behind = *end;

	while (at > line && at[-1] != ' ')
		at--;
	if (at == behind)
		return NULL;
	*end = at > line ? at - 1 : at;
	return gm_strndup(at, (size_t)(behind - at));
}

/* An object id, or "" for the one that stands for nothing. */
static int read_id(char out[GM_OID_HEX], const char *word)
{
	size_t len = word ? strlen(word) : 0;

	if (!len || len >= GM_OID_HEX ||
	    strspn(word, "0123456789abcdef") != len)
		return -1;
	strcpy(out, strspn(word, "0") == len ? "" : word);
	return 0;
}

/* "LOCAL-REF AFTER REF BEFORE" to pre-push, "BEFORE AFTER REF" to
 * pre-receive. */
static int parse_line(struct gm_ref_update *update, const char *line,
		      const char *end, bool client)
{
	const char *first = line;
	char *words[3];
	int ret = 0;
	int i;

	/* Only a blank before them, or the line's beginning, is left. */
	for (i = 2; i >= 0; i--)
		words[i] = last_word(first, &end);
	update->ref = words[client ? 1 : 2];
	words[client ? 1 : 2] = NULL;
	if (!update->ref || read_id(update->before, words[client ? 2 : 0]) ||
	    read_id(update->after, words[client ? 0 : 1]))
		ret = -1;
	for (i = 0; i < 3; i++)
		free(words[i]);
	return ret;
}

int gm_updates_parse(struct gm_updates *out, const char *text,
		     const char *remote, struct gm_error *err)
{
	memset(out, 0, sizeof(*out));
	out->remote = remote;
	while (*text) {
		const char *end = text + strcspn(text, "\n");
		struct gm_ref_update *update;

		GM_GROW(out->v, out->n, out->cap);
		update = &out->v[out->n++];
		memset(update, 0, sizeof(*update));
		if (parse_line(update, text, end, remote != NULL) < 0)
			return gm_error_set(err, GM_EINVALID,
					    "the hook's input is not what git "
					    "writes: '%.*s'",
					    (int)(end - text), text);
		text = end + (*end == '\n');
	}
	return 0;
}

void gm_updates_release(struct gm_updates *updates)
{
	size_t i;

	for (i = 0; i < updates->n; i++)
		free(updates->v[i].ref);
	free(updates->v);
	gm_repo_free(updates->repo);
	memset(updates, 0, sizeof(*updates));
}

/* Which trees hold the migrations: asked of several commits. */
struct question {
	const struct gm_project *project;
	struct gm_strings names;
	struct gm_strings ids;
};

static size_t width(const struct question *q)
{
	return 2 + q->project->n_apps;
}

static void ask(struct question *q, const char *commit)
{
	size_t i;

	/* Without a name git would look into the index. */
	if (!*commit)
		commit = "0000000000000000000000000000000000000000";
	gm_strings_take(&q->names, gm_format("%s^{commit}", commit));
	gm_strings_take(&q->names, gm_format("%s:.gitmigrate", commit));
	for (i = 0; i < q->project->n_apps; i++)
		gm_strings_take(&q->names, gm_format("%s:%s", commit,
						     q->project->apps[i].dir));
}

/* The commit's own id. */
static const char *commit_of(const struct question *q, size_t i)
{
	return q->ids.v[i * width(q)];
}

static bool same_trees(const struct question *q, size_t a, size_t b)
{
	size_t i;

	for (i = 1; i < width(q); i++)
		if (strcmp(q->ids.v[a * width(q) + i],
			   q->ids.v[b * width(q) + i]))
			return false;
	return true;
}

static bool is_empty(const struct question *q, size_t a)
{
	size_t i;

	for (i = 1; i < width(q); i++)
		if (*q->ids.v[a * width(q) + i])
			return false;
	return true;
}

/* Whether the two have one .gitmigrate: then the directories are the same. */
static bool same_project(const struct question *q, size_t a, size_t b)
{
	return !strcmp(q->ids.v[a * width(q) + 1], q->ids.v[b * width(q) + 1]);
}

/*
 * The questions are: the commit that the project was opened at, what is
 * published, and two for each update.
 */
static bool is_touched(const struct question *q, size_t n_published,
		       const struct gm_ref_update *update, size_t after)
{
	size_t i;

	if (!same_project(q, 0, after))
		return true;
	if (*update->before)
		return !same_trees(q, after, after + 1);
	for (i = 0; i < n_published; i++)
		if (same_trees(q, after, 1 + i))
			return false;
	return !is_empty(q, after);
}

char *gm_update_ref_here(const struct gm_updates *updates,
			 const struct gm_ref_update *update)
{
	if (!updates->remote)
		return gm_strdup(update->ref);
	if (!gm_starts_with(update->ref, HEADS))
		return gm_strdup("");
	return gm_format("refs/remotes/%s/%s", updates->remote,
			 update->ref + strlen(HEADS));
}

/* The place of the ref among those published where it is pushed to; their
 * number where it isn't one of them. */
static size_t find_published(const struct gm_updates *updates,
			     const struct gm_strings *published,
			     const struct gm_ref_update *update)
{
	char *name = gm_update_ref_here(updates, update);
	size_t i = 0;

	while (i < published->n && strcmp(published->v[i], name) != 0)
		i++;
	free(name);
	return i;
}

/* Two refs with one commit are judged once. */
static bool is_judged_already(const struct gm_updates *updates, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (updates->v[k].verdict == GM_GUARD_JUDGED &&
		    !strcmp(updates->v[k].commit, updates->v[i].commit) &&
		    (updates->v[k].published || !updates->v[i].published))
			return true;
	return false;
}

/* A published ref goes: whether migrations go with it. Where its last commit
 * isn't here, the last one that was seen counts. */
static void judge_gone(struct gm_ref_update *update, const struct question *q,
		       size_t before, size_t seen)
{
	size_t i;

	if (!*commit_of(q, before))
		before = seen;
	strcpy(update->before, commit_of(q, before));
	for (i = 2; i < width(q); i++)
		if (*q->ids.v[before * width(q) + i])
			update->verdict = GM_GUARD_JUDGED;
}

static void judge(struct gm_updates *updates, const struct question *q,
		  const struct gm_strings *published)
{
	size_t i;

	for (i = 0; i < updates->n; i++) {
		struct gm_ref_update *update = &updates->v[i];
		size_t after = 1 + published->n + 2 * i;
		size_t ref = find_published(updates, published, update);

		if (!*update->after && ref < published->n)
			judge_gone(update, q, after + 1, 1 + ref);
		if (!*update->after)
			continue;
		strcpy(update->commit, commit_of(q, after));
		/* What isn't here can't be compared with. */
		if (*update->before && !*commit_of(q, after + 1))
			*update->before = '\0';
		update->published = *update->before && ref < published->n;
		if (*update->commit &&
		    is_touched(q, published->n, update, after) &&
		    !is_judged_already(updates, i))
			update->verdict = GM_GUARD_JUDGED;
	}
}

int gm_updates_find(struct gm_updates *updates,
		    const struct gm_project_options *options,
		    struct gm_error *err)
{
	const char *commit;
	struct gm_project project = { 0 };
	struct gm_strings published = { 0 };
	struct question q = { .project = &project };
	size_t first = 0;
	size_t i;
	int ret;

	if (!updates->n)
		return 0;
	while (first < updates->n && !*updates->v[first].after)
		first++;
	commit = first < updates->n ? updates->v[first].after
				    : updates->v[0].before;
	ret = gm_guard_open(&project, options, commit,
			    updates->remote ? NULL : "HEAD", err);
	if (!ret)
		ret = gm_published_refs(&published, &project, err);
	ask(&q, commit);
	for (i = 0; i < published.n; i++)
		ask(&q, published.v[i]);
	for (i = 0; i < updates->n; i++) {
		ask(&q, updates->v[i].after);
		ask(&q, updates->v[i].before);
	}
	if (!ret)
		ret = gm_repo_object_ids(project.repo, &q.names, &q.ids, err);
	if (!ret)
		judge(updates, &q, &published);
	gm_strings_release(&q.names);
	gm_strings_release(&q.ids);
	gm_strings_release(&published);
	/* Whoever judges one of them needs it again. */
	updates->repo = project.repo;
	project.repo = NULL;
	gm_project_release(&project);
	return ret;
}

int gm_guard_differ(struct gm_project *project, const char *a, const char *b,
		    struct gm_error *err)
{
	struct question q = { .project = project };
	int ret;

	ask(&q, a);
	ask(&q, b);
	ret = gm_repo_object_ids(project->repo, &q.names, &q.ids, err);
	if (!ret)
		ret = !same_trees(&q, 0, 1);
	gm_strings_release(&q.names);
	gm_strings_release(&q.ids);
	return ret;
}
