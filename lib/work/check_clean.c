/*
 * Trees that were found clean. What a verdict depends on is named by ids and
 * settings, so that the same trees, compared again, needn't be opened: a
 * commit that touches no migration costs next to nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "work/cache.h"
#include "work/check_rules.h"

#define CACHE "clean"
#define FORMAT "git-migrate clean 2"

/* How many are kept; the last ones stand first. */
#define MOST_VERDICTS 200

void gm_check_key_add(struct gm_strbuf *key, const char *text)
{
	gm_strbuf_addf(key, "%zu:%s\n", strlen(text), text);
}

/* Where a commit has its migrations, and the ids of these directories. */
static void add_place(struct gm_strbuf *key, const struct gm_check_view *view,
		      size_t place)
{
	const struct gm_check_place *p = &view->places[place];
	size_t i;

	for (i = 0; i < p->n; i++) {
		gm_check_key_add(key, p->dirs[i] ? p->dirs[i] : "(none)");
		gm_check_key_add(key, p->trees.v[i]);
	}
}

void gm_check_clean_key(char hex[GM_HASH_HEX], const struct gm_check_view *view)
{
	struct gm_strbuf key = { 0 };
	size_t i;
	size_t k;

	gm_check_key_add(&key, view->settings);
	add_place(&key, view, 0);
	for (i = 0; i < view->staged->n; i++) {
		const struct gm_staged_file *file = &view->staged->v[i];

		gm_strbuf_addf(&key, "%c %o %s ", file->status, file->mode,
			       file->blob);
		gm_check_key_add(&key, file->path);
	}
	for (i = 0; i < view->n_refs; i++) {
		const struct gm_check_ref *ref = &view->refs[i];

		gm_check_key_add(&key, ref->name);
		add_place(&key, view, ref->tip);
		for (k = 0; k < ref->n_bases; k++) {
			gm_check_key_add(&key, ref->bases[k] == ref->tip
						       ? "tip"
						       : "base");
			add_place(&key, view, ref->bases[k]);
		}
	}
	gm_hash_bytes(key.buf, key.len, hex);
	gm_strbuf_release(&key);
}

bool gm_check_clean_recall(size_t *migrations, const struct gm_repo *repo,
			   const char *hex)
{
	struct gm_strbuf text = { 0 };
	const char *found = NULL;

	if (gm_cache_read(&text, gm_repo_common_dir(repo), CACHE, FORMAT))
		found = strstr(gm_strbuf_str(&text), hex);
	if (found)
		*migrations = strtoul(found + GM_HASH_HEX - 1, NULL, 10);
	gm_strbuf_release(&text);
	return found != NULL;
}

void gm_check_clean_keep(const struct gm_repo *repo, const char *hex,
			 size_t migrations)
{
	struct gm_strbuf text = { 0 };
	struct gm_strbuf old = { 0 };
	const char *line;
	size_t n;

	gm_strbuf_addf(&text, "%s %zu\n", hex, migrations);
	gm_cache_read(&old, gm_repo_common_dir(repo), CACHE, FORMAT);
	line = gm_strbuf_str(&old);
	for (n = 1; *line && n < MOST_VERDICTS; n++) {
		size_t len = strcspn(line, "\n");

		gm_strbuf_add(&text, line, len + (line[len] == '\n'));
		line += len + (line[len] == '\n');
	}
	gm_cache_write(gm_repo_common_dir(repo), CACHE, FORMAT, text.buf,
		       text.len);
	gm_strbuf_release(&old);
	gm_strbuf_release(&text);
}
