/*
 * In four steps, each for all sides at once: where each commit keeps its
 * migrations, which trees these directories are, what differs between the
 * trees, what the files say that differ. What is remembered ends it after the
 * second.
 */
#include "work/sides.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "git/tree_changes.h"
#include "work/side_memory.h"
#include "work/side_rest.h"

struct wanted {
	struct gm_side side;
	struct gm_strings bases;
};

struct gm_sides {
	struct wanted *v;
	size_t n;
	size_t cap;
	size_t n_loaded;
};

/* A commit, and for each app the id of its directory's tree (empty where
 * there is none), and the directory. */
struct place {
	const char *commit;
	char **dirs;
	char (*trees)[GM_OID_HEX];
};

/* What one run of gm_sides_load works on. */
struct loading {
	struct gm_project *project;
	/* By commit, each once. */
	struct place *places;
	size_t n_places;
	struct gm_side_memory *memory;
	/* What isn't remembered: the side, the app, the key, the bases' trees,
	 * at the same places. */
	struct gm_tree_question *questions;
	struct {
		size_t side;
		size_t app;
		char *key;
		struct gm_strings bases;
	} * asked;
	size_t n_asked;
};

struct gm_sides *gm_sides_new(void)
{
	return gm_calloc(1, sizeof(struct gm_sides));
}

void gm_sides_free(struct gm_sides *sides)
{
	size_t i;

	if (!sides)
		return;
	for (i = 0; i < sides->n; i++) {
		gm_side_release(&sides->v[i].side);
		gm_strings_release(&sides->v[i].bases);
	}
	free(sides->v);
	free(sides);
}

size_t gm_sides_want(struct gm_sides *sides, const char *commit,
		     const struct gm_strings *bases)
{
	struct wanted *wanted;
	size_t i;

	GM_GROW(sides->v, sides->n, sides->cap);
	wanted = &sides->v[sides->n];
	memset(wanted, 0, sizeof(*wanted));
	memcpy(wanted->side.commit, commit, strlen(commit) + 1);
	for (i = 0; i < bases->n; i++)
		gm_strings_add(&wanted->bases, bases->v[i]);
	return sides->n++;
}

const struct gm_side *gm_sides_get(const struct gm_sides *sides, size_t number)
{
	return &sides->v[number].side;
}

static int by_commit(const void *a, const void *b)
{
	return strcmp(((const struct place *)a)->commit,
		      ((const struct place *)b)->commit);
}

static struct place *find_place(const struct loading *l, const char *commit)
{
	struct place wanted = { .commit = commit };

	return bsearch(&wanted, l->places, l->n_places, sizeof(wanted),
		       by_commit);
}

static void list_places(struct loading *l, const struct gm_sides *sides)
{
	size_t n = 0;
	size_t i;
	size_t k;

	for (i = sides->n_loaded; i < sides->n; i++)
		n += 1 + sides->v[i].bases.n;
	l->places = gm_calloc(n, sizeof(*l->places));
	for (n = 0, i = sides->n_loaded; i < sides->n; i++) {
		l->places[n++].commit = sides->v[i].side.commit;
		for (k = 0; k < sides->v[i].bases.n; k++)
			l->places[n++].commit = sides->v[i].bases.v[k];
	}
	qsort(l->places, n, sizeof(*l->places), by_commit);
	for (i = 0; i < n; i++)
		if (!i || by_commit(&l->places[i], &l->places[i - 1]))
			l->places[l->n_places++] = l->places[i];
}

/* The directories, as another place with the same settings has them, or as
 * the commit's settings say. */
static int find_dirs(struct loading *l, const struct gm_strings *settings,
		     size_t i, struct gm_error *err)
{
	size_t n = l->project->n_apps;
	size_t k;
	size_t a;

	for (k = 0; k < i; k++)
		if (!strcmp(settings->v[k], settings->v[i]))
			break;
	if (k == i)
		return gm_tree_dirs(&l->places[i].dirs, l->project,
				    l->places[i].commit, err);
	l->places[i].dirs = gm_calloc(n, sizeof(char *));
	for (a = 0; a < n; a++)
		l->places[i].dirs[a] = gm_strdup_null(l->places[k].dirs[a]);
	return 0;
}

static int read_dirs(struct loading *l, struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_strings settings = { 0 };
	size_t i;
	int ret;

	for (i = 0; i < l->n_places; i++)
		gm_strings_take(&names, gm_format("%s:.gitmigrate",
						  l->places[i].commit));
	ret = gm_repo_ids(l->project->repo, &names, "blob", &settings, err);
	for (i = 0; !ret && i < l->n_places; i++)
		ret = find_dirs(l, &settings, i, err);
	gm_strings_release(&settings);
	gm_strings_release(&names);
	return ret;
}

static int read_trees(struct loading *l, struct gm_error *err)
{
	size_t n_apps = l->project->n_apps;
	struct gm_strings names = { 0 };
	struct gm_strings trees = { 0 };
	size_t at = 0;
	size_t i;
	size_t a;
	int ret;

	for (i = 0; i < l->n_places; i++)
		for (a = 0; a < n_apps; a++) {
			const char *dir = l->places[i].dirs[a];
			char *path = gm_tree_path(dir ? dir : "");

			if (dir)
				gm_strings_take(&names,
						gm_format("%s:%s",
							  l->places[i].commit,
							  path ? path : ""));
			free(path);
		}
	ret = gm_repo_ids(l->project->repo, &names, "tree", &trees, err);
	for (i = 0; !ret && i < l->n_places; i++) {
		l->places[i].trees = gm_calloc(n_apps, GM_OID_HEX);
		for (a = 0; a < n_apps; a++)
			if (l->places[i].dirs[a])
				strcpy(l->places[i].trees[a], trees.v[at++]);
	}
	gm_strings_release(&trees);
	gm_strings_release(&names);
	return ret;
}

/* The directory as the first of the bases has it, or "". */
static const char *base_dir(const struct loading *l,
			    const struct wanted *wanted, size_t app)
{
	const char *dir = NULL;
	size_t i;

	for (i = 0; !dir && i < wanted->bases.n; i++)
		dir = find_place(l, wanted->bases.v[i])->dirs[app];
	return dir ? dir : "";
}

static const char *own_dir(const struct loading *l, const struct wanted *wanted,
			   size_t app)
{
	const char *dir = find_place(l, wanted->side.commit)->dirs[app];

	return dir ? dir : "";
}

/* Everything that the changes follow from. */
static char *key_of(const struct loading *l, const struct wanted *wanted,
		    size_t app, const char *tree,
		    const struct gm_strings *bases)
{
	struct gm_strbuf key = { 0 };
	size_t i;

	gm_strbuf_addf(&key, "%s\n%s\n%s\n%s", l->project->apps[app].name,
		       own_dir(l, wanted, app), base_dir(l, wanted, app), tree);
	for (i = 0; i < bases->n; i++)
		gm_strbuf_addf(&key, "\n%s", bases->v[i]);
	return gm_strbuf_take(&key);
}

/* The bases' trees, each once; false where the side's own is among them. */
static bool list_bases(const struct loading *l, const struct wanted *wanted,
		       size_t app, const char *tree, struct gm_strings *out)
{
	size_t i;

	for (i = 0; i < wanted->bases.n; i++) {
		const struct place *p = find_place(l, wanted->bases.v[i]);
		const char *base = p->trees[app];

		if (*base && !gm_strings_has(out, base))
			gm_strings_add(out, base);
	}
	gm_strings_sort(out);
	return !gm_strings_has(out, tree);
}

static void recall(struct loading *l, struct gm_sides *sides, size_t number,
		   size_t app)
{
	struct wanted *wanted = &sides->v[number];
	const char *tree = find_place(l, wanted->side.commit)->trees[app];
	struct gm_strings bases = { 0 };
	char *key = NULL;

	if (list_bases(l, wanted, app, tree, &bases) && (*tree || bases.n)) {
		key = key_of(l, wanted, app, tree, &bases);
		if (!gm_side_memory_get(l->memory, key, app, &wanted->side)) {
			l->questions[l->n_asked].tree = tree;
			l->asked[l->n_asked].side = number;
			l->asked[l->n_asked].app = app;
			l->asked[l->n_asked].key = key;
			l->asked[l->n_asked++].bases = bases;
			return;
		}
	}
	free(key);
	gm_strings_release(&bases);
}

static void recall_all(struct loading *l, struct gm_sides *sides)
{
	size_t n_apps = l->project->n_apps;
	size_t n = (sides->n - sides->n_loaded) * n_apps;
	size_t i;
	size_t a;

	l->questions = gm_calloc(n, sizeof(*l->questions));
	l->asked = gm_calloc(n, sizeof(*l->asked));
	for (i = sides->n_loaded; i < sides->n; i++)
		for (a = 0; a < n_apps; a++)
			recall(l, sides, i, a);
	for (i = 0; i < l->n_asked; i++)
		l->questions[i].bases = &l->asked[i].bases;
}

/* Moves to `all` the files to be read. */
static void take_files(struct gm_files *all, struct gm_files *from,
		       const char *dir)
{
	size_t i;

	for (i = 0; i < from->n; i++) {
		struct gm_file *file = &from->v[i];

		/* It was taken already. */
		if (!file->name)
			continue;
		file->path = gm_format("%s%s%s", dir, *dir ? "/" : "",
				       file->name);
		if (gm_side_is_migration(file))
			gm_files_move(all, file);
	}
	gm_files_release(from);
}

/* Whether one of these has the change's name and the same sections: then only
 * its header was changed. */
static bool same_before(struct gm_change_of_side *change,
			const struct gm_file *before, size_t n)
{
	bool same = false;
	size_t i;

	for (i = 0; i < n; i++) {
		struct gm_findings ignored = { 0 };
		struct gm_migration *m = NULL;

		if (before[i].kind != GM_FILE_REGULAR ||
		    strcmp(before[i].name, change->file.name) != 0)
			continue;
		gm_migration_parse(&m, "", &before[i], &ignored);
		if (m)
			same |= gm_side_is_header(change, m);
		gm_migration_free(m);
		gm_findings_release(&ignored);
	}
	return same;
}

/* What is remembered has neither bytes nor a migration. */
static void strip(struct gm_change_of_side *v, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		gm_migration_free(v[i].migration);
		v[i].migration = NULL;
		free(v[i].file.bytes);
		v[i].file.bytes = NULL;
		v[i].file.len = 0;
	}
}

/* Of one question the files, behind each other: those that are new, those
 * that the bases have under these names, those that are gone. */
struct part {
	size_t changed;
	size_t before;
	size_t gone;
	size_t end;
};

static void take_changes(struct loading *l, struct gm_side *side,
			 struct gm_files *files, const struct part *part,
			 size_t app)
{
	size_t i;

	for (i = part->changed; i < part->before; i++) {
		gm_side_add_file(side, l->project, app, &files->v[i]);
		gm_side_find_standing(&side->v[side->n - 1]);
		if (same_before(&side->v[side->n - 1], files->v + part->before,
				part->gone - part->before))
			gm_side_keep_header(side);
	}
	for (i = part->gone; i < part->end; i++)
		gm_side_add_gone(side, l->project, app, &files->v[i], NULL);
	strip(side->v, side->n);
	strip(side->rest, side->n_rest);
}

/* Those of the files that are there under other names needn't be read. */
static void take_renamed(struct gm_side *side,
			 struct gm_tree_question *question, const char *dir,
			 size_t app)
{
	size_t i;

	for (i = 0; i < question->gone.n; i++) {
		struct gm_file *file = &question->gone.v[i];
		const char *name = question->gone_to.v[i];

		if (!*name || !gm_side_is_migration(file))
			continue;
		file->path = gm_format("%s%s%s", dir, *dir ? "/" : "",
				       file->name);
		gm_side_add_renamed(side, app, file, name);
	}
	gm_strings_release(&question->gone_to);
}

static int check_count(const struct gm_tree_question *question,
		       const char *commit, const char *dir,
		       struct gm_error *err)
{
	char *name = gm_format("%s:%s", commit, dir);
	int ret = gm_files_check_count(&question->changed, name, err);

	free(name);
	return ret;
}

/* Lists the files of one question. */
static int list_files(struct part *part, struct loading *l,
		      struct gm_sides *sides, size_t i, struct gm_files *files,
		      struct gm_error *err)
{
	struct wanted *wanted = &sides->v[l->asked[i].side];
	size_t app = l->asked[i].app;
	const char *dir = own_dir(l, wanted, app);
	const char *before = base_dir(l, wanted, app);
	int ret = check_count(&l->questions[i], wanted->side.commit, dir, err);

	part->changed = files->n;
	take_files(files, &l->questions[i].changed, dir);
	part->before = files->n;
	take_files(files, &l->questions[i].before, dir);
	part->gone = files->n;
	take_renamed(&wanted->side, &l->questions[i], before, app);
	take_files(files, &l->questions[i].gone, before);
	part->end = files->n;
	return ret;
}

static int answer(struct loading *l, struct gm_sides *sides,
		  struct gm_error *err)
{
	struct part *parts = gm_calloc(l->n_asked, sizeof(*parts));
	struct gm_files files = { 0 };
	size_t i;
	int ret = gm_repo_compare_trees(l->project->repo, l->questions,
					l->n_asked, err);

	for (i = 0; !ret && i < l->n_asked; i++)
		ret = list_files(&parts[i], l, sides, i, &files, err);
	if (!ret && files.n)
		ret = gm_repo_read_files(l->project->repo, &files, err);
	for (i = 0; !ret && i < l->n_asked; i++) {
		struct gm_side *side = &sides->v[l->asked[i].side].side;

		take_changes(l, side, &files, &parts[i], l->asked[i].app);
		gm_side_memory_put(l->memory, l->asked[i].key, side,
				   l->asked[i].app);
	}
	gm_files_release(&files);
	free(parts);
	return ret;
}

static void release(struct loading *l)
{
	size_t i;
	size_t a;

	for (i = 0; i < l->n_places; i++) {
		for (a = 0; l->places[i].dirs && a < l->project->n_apps; a++)
			free(l->places[i].dirs[a]);
		free(l->places[i].dirs);
		free(l->places[i].trees);
	}
	free(l->places);
	for (i = 0; i < l->n_asked; i++) {
		gm_files_release(&l->questions[i].changed);
		gm_files_release(&l->questions[i].before);
		gm_files_release(&l->questions[i].gone);
		gm_strings_release(&l->questions[i].gone_to);
		gm_strings_release(&l->asked[i].bases);
		free(l->asked[i].key);
	}
	free(l->questions);
	free(l->asked);
}

int gm_sides_load(struct gm_sides *sides, struct gm_project *project,
		  struct gm_error *err)
{
	struct loading l = { .project = project };
	int ret;

	if (sides->n == sides->n_loaded)
		return 0;
	list_places(&l, sides);
	ret = read_dirs(&l, err);
	if (!ret)
		ret = read_trees(&l, err);
	if (!ret) {
		l.memory = gm_side_memory_open(project);
		recall_all(&l, sides);
		if (l.n_asked)
			ret = answer(&l, sides, err);
		gm_side_memory_close(l.memory);
	}
	sides->n_loaded = sides->n;
	release(&l);
	return ret;
}
