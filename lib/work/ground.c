/*
 * Most migrations carry nothing, and say so by the words that they lack: they
 * are read, but not parsed.
 */
#include "work/ground.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pack.h"
#include "sql/ground.h"
#include "work/cache.h"

#define FILE_NAME "ground"

/* To be raised with every change of what is read here. */
#define FORMAT 1

bool gm_ground_is_wanted(const struct gm_side *a, const struct gm_side *b)
{
	size_t i;
	size_t k;
	size_t d;

	for (i = 0; i < a->n; i++)
		for (k = 0; k < b->n; k++)
			for (d = 0; d < GM_SIDE_DIALECTS; d++)
				if (gm_ground_matters(&a->v[i].footprints[d],
						      &b->v[k].footprints[d]))
					return true;
	return false;
}

bool gm_ground_may_be_wanted(const struct gm_side *side)
{
	size_t i;
	size_t d;

	for (i = 0; i < side->n; i++)
		for (d = 0; d < GM_SIDE_DIALECTS; d++)
			if (gm_ground_moves(&side->v[i].footprints[d]))
				return true;
	return false;
}

/* Whether a text has one of the words without which nothing is carried. */
static bool has_word(const struct gm_file *file)
{
	static const char *const words[] = { "trigger",	 "view",
					     "function", "references",
					     "inherits", "partition" };
	size_t i;

	for (i = 0; file->bytes && i < GM_ARRAY_SIZE(words); i++)
		if (gm_holds_word(file->bytes, file->len, words[i]))
			return true;
	return false;
}

static void add_file(struct gm_ground *out, struct gm_project *project,
		     const struct gm_file *file)
{
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t n = gm_side_dialects(project, dialects);
	struct gm_findings ignored = { 0 };
	struct gm_migration *m = NULL;
	size_t i;

	if (file->kind == GM_FILE_REGULAR && has_word(file))
		gm_migration_parse(&m, "", file, &ignored);
	for (i = 0; m && i < n; i++) {
		const struct gm_section *up = gm_migration_section(
			m, GM_SECTION_UP, dialects[i]);

		if (up)
			gm_ground_add(&out->of[i], dialects[i], up->sql,
				      up->len);
	}
	gm_migration_free(m);
	gm_findings_release(&ignored);
}

/* The commits' migrations, each content once, without their bytes. */
static int list_files(struct gm_files *out, struct gm_project *project,
		      const struct gm_strings *commits, struct gm_error *err)
{
	size_t i;
	size_t app;
	size_t k;
	int ret = 0;

	for (i = 0; !ret && i < commits->n; i++) {
		struct gm_tree tree = { 0 };

		ret = gm_tree_read(&tree, project, commits->v[i], err);
		for (app = 0; !ret && app < tree.n_apps; app++)
			for (k = 0; k < tree.apps[app].n; k++) {
				const struct gm_file *of = &tree.apps[app].v[k];
				const struct gm_file *same =
					i ? gm_files_find(out, of->name) : NULL;
				struct gm_file *file;

				if (!gm_side_is_migration(of) ||
				    (same && !strcmp(same->blob, of->blob)))
					continue;
				file = gm_files_add(out);
				file->name = gm_strdup(of->name);
				file->path = gm_strdup(of->path);
				file->kind = of->kind;
				memcpy(file->blob, of->blob, sizeof(of->blob));
			}
		gm_tree_release(&tree);
	}
	return ret;
}

/* The program, the rules, the dialects, and what the files hold. */
static char *find_key(struct gm_project *project, const struct gm_files *files)
{
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t n = gm_side_dialects(project, dialects);
	const char *tool = project->options.tool_version;
	struct gm_hash *hash = gm_hash_new();
	char rules[GM_HASH_HEX];
	char content[GM_HASH_HEX];
	struct gm_strbuf out = { 0 };
	size_t i;

	for (i = 0; i < files->n; i++)
		gm_hash_update(hash, files->v[i].blob,
			       strlen(files->v[i].blob) + 1);
	gm_hash_final(hash, content);
	gm_hash_free(hash);
	gm_footprint_version(rules);
	gm_strbuf_addf(&out, "git-migrate %s %d %s %s", tool ? tool : "",
		       FORMAT, rules, content);
	for (i = 0; i < n; i++)
		gm_strbuf_addf(&out, " %s", gm_dialect_name(dialects[i]));
	return gm_strbuf_take(&out);
}

static bool read_known(struct gm_ground *out, struct gm_project *project,
		       const char *key)
{
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t n = gm_side_dialects(project, dialects);
	struct gm_strbuf text = { 0 };
	bool good = gm_cache_read(&text, gm_repo_common_dir(project->repo),
				  FILE_NAME, key);
	struct gm_unpack in = { text.buf, text.buf + text.len, !good };
	size_t i;

	for (i = 0; !in.failed && i < n; i++)
		gm_footprint_unpack(&out->of[i], dialects[i], &in);
	if (in.failed)
		gm_ground_release(out);
	gm_strbuf_release(&text);
	return !in.failed;
}

static void keep_known(const struct gm_ground *ground,
		       struct gm_project *project, const char *key)
{
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t n = gm_side_dialects(project, dialects);
	struct gm_strbuf bytes = { 0 };
	size_t i;

	for (i = 0; i < n; i++)
		gm_footprint_pack(&ground->of[i], &bytes);
	gm_cache_write(gm_repo_common_dir(project->repo), FILE_NAME, key,
		       bytes.buf, bytes.len);
	gm_strbuf_release(&bytes);
}

int gm_ground_load(struct gm_ground *out, struct gm_project *project,
		   const struct gm_strings *commits, struct gm_error *err)
{
	struct gm_files files = { 0 };
	char *key = NULL;
	size_t i;
	int ret = list_files(&files, project, commits, err);

	if (!ret)
		key = find_key(project, &files);
	if (!ret && !read_known(out, project, key)) {
		ret = gm_repo_read_files(project->repo, &files, err);
		for (i = 0; !ret && i < files.n; i++)
			add_file(out, project, &files.v[i]);
		if (!ret)
			keep_known(out, project, key);
	}
	free(key);
	gm_files_release(&files);
	return ret;
}

void gm_ground_release(struct gm_ground *ground)
{
	size_t i;

	for (i = 0; i < GM_SIDE_DIALECTS; i++)
		gm_footprint_release(&ground->of[i]);
}
