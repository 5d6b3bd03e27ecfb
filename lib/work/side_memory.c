/*
 * One file for all: it is read whole, and written whole where something is
 * new. What was of use last comes first, and what comes last goes first.
 */
#include "work/side_memory.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pack.h"
#include "work/cache.h"

#define FILE_NAME "conflicts"

/* To be raised with every change of what is written here. */
#define FORMAT 2

/* So many are remembered. */
#define ENTRIES_MAX 4096

struct entry {
	/* The key's hash. */
	char key[GM_HASH_HEX];
	/* In the file's text, or owned. */
	const char *bytes;
	size_t len;
	char *owned;
	bool used;
};

struct gm_side_memory {
	struct gm_project *project;
	const struct gm_dialect *dialects[GM_SIDE_DIALECTS];
	size_t n_dialects;
	char *version;
	struct gm_strbuf text;
	/* Those of the file come first, by key. */
	struct entry *v;
	size_t n;
	size_t cap;
	size_t n_read;
};

/* The program, the rules of footprints, the dialects. */
static char *find_version(const struct gm_side_memory *memory)
{
	const char *tool = memory->project->options.tool_version;
	char footprints[GM_HASH_HEX];
	struct gm_strbuf out = { 0 };
	size_t i;

	gm_footprint_version(footprints);
	gm_strbuf_addf(&out, "git-migrate %s %d %s", tool ? tool : "", FORMAT,
		       footprints);
	for (i = 0; i < memory->n_dialects; i++)
		gm_strbuf_addf(&out, " %s",
			       gm_dialect_name(memory->dialects[i]));
	return gm_strbuf_take(&out);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct entry *)a)->key,
		      ((const struct entry *)b)->key);
}

static void read_entries(struct gm_side_memory *memory)
{
	struct gm_unpack in = { memory->text.buf,
				memory->text.buf + memory->text.len, false };
	uint64_t n = gm_unpack_int(&in);

	while (n-- && !in.failed) {
		struct entry *e;

		GM_GROW(memory->v, memory->n, memory->cap);
		e = &memory->v[memory->n];
		memset(e, 0, sizeof(*e));
		gm_unpack_into(&in, e->key, sizeof(e->key));
		e->bytes = gm_unpack_bytes(&in, &e->len);
		memory->n += !in.failed;
	}
	if (memory->n)
		qsort(memory->v, memory->n, sizeof(*memory->v), by_key);
	memory->n_read = memory->n;
}

struct gm_side_memory *gm_side_memory_open(struct gm_project *project)
{
	struct gm_side_memory *memory = gm_calloc(1, sizeof(*memory));

	memory->project = project;
	memory->n_dialects = gm_side_dialects(project, memory->dialects);
	memory->version = find_version(memory);
	if (gm_cache_read(&memory->text, gm_repo_common_dir(project->repo),
			  FILE_NAME, memory->version))
		read_entries(memory);
	return memory;
}

static void hash_key(const char *key, char hex[GM_HASH_HEX])
{
	gm_hash_bytes(key, strlen(key), hex);
}

static void unpack_names(struct gm_strings *list, struct gm_unpack *in)
{
	uint64_t n = gm_unpack_int(in);

	while (n-- && !in->failed) {
		char *name = gm_unpack_text(in);

		if (name)
			gm_strings_take(list, name);
		else
			in->failed = true;
	}
}

static void unpack_change(struct gm_side_memory *memory,
			  struct gm_change_of_side *change, size_t app,
			  struct gm_unpack *in)
{
	uint64_t change_kind = gm_unpack_int(in);
	uint64_t kind = gm_unpack_int(in);
	size_t i;

	memset(change, 0, sizeof(*change));
	change->app = app;
	change->file.name = gm_unpack_text(in);
	change->file.path = gm_unpack_text(in);
	change->renamed = gm_unpack_text(in);
	if (!change->file.name || !change->file.path || kind > GM_FILE_LARGE ||
	    change_kind >= GM_CHANGE_COUNT ||
	    (change_kind == GM_CHANGE_RENAMED && !change->renamed)) {
		in->failed = true;
		return;
	}
	change->kind = (enum gm_change_kind)change_kind;
	change->file.kind = (enum gm_file_kind)kind;
	unpack_names(&change->by_name, in);
	unpack_names(&change->by_pin, in);
	gm_unpack_into(in, change->file.blob, sizeof(change->file.blob));
	gm_unpack_into(in, change->checksum, sizeof(change->checksum));
	for (i = 0; *change->checksum && i < memory->n_dialects; i++)
		gm_footprint_unpack(&change->footprints[i], memory->dialects[i],
				    in);
}

int gm_side_memory_get(struct gm_side_memory *memory, const char *key,
		       size_t app, struct gm_side *side)
{
	size_t first = side->n;
	size_t first_rest = side->n_rest;
	struct entry wanted = { .bytes = NULL };
	struct entry *found = NULL;
	struct gm_unpack in = { 0 };
	uint64_t n;

	hash_key(key, wanted.key);
	if (memory->n_read)
		found = bsearch(&wanted, memory->v, memory->n_read,
				sizeof(wanted), by_key);
	if (!found)
		return 0;
	found->used = true;
	in.at = found->bytes;
	in.end = found->bytes + found->len;
	n = gm_unpack_int(&in);
	while (n-- && !in.failed) {
		GM_GROW(side->v, side->n, side->cap);
		unpack_change(memory, &side->v[side->n++], app, &in);
	}
	n = gm_unpack_int(&in);
	while (n-- && !in.failed) {
		GM_GROW(side->rest, side->n_rest, side->cap_rest);
		unpack_change(memory, &side->rest[side->n_rest++], app, &in);
	}
	while (in.failed && side->n > first)
		gm_change_of_side_release(&side->v[--side->n]);
	while (in.failed && side->n_rest > first_rest)
		gm_change_of_side_release(&side->rest[--side->n_rest]);
	return !in.failed;
}

static void pack_names(const struct gm_strings *list, struct gm_strbuf *out)
{
	size_t i;

	gm_pack_int(out, list->n);
	for (i = 0; i < list->n; i++)
		gm_pack_text(out, list->v[i]);
}

static void pack_change(const struct gm_side_memory *memory,
			const struct gm_change_of_side *change,
			struct gm_strbuf *out)
{
	size_t i;

	gm_pack_int(out, change->kind);
	gm_pack_int(out, change->file.kind);
	gm_pack_text(out, change->file.name);
	gm_pack_text(out, change->file.path);
	gm_pack_text(out, change->renamed);
	pack_names(&change->by_name, out);
	pack_names(&change->by_pin, out);
	gm_pack_text(out, change->file.blob);
	gm_pack_text(out, change->checksum);
	for (i = 0; *change->checksum && i < memory->n_dialects; i++)
		gm_footprint_pack(&change->footprints[i], out);
}

/* Those of the app. */
static void pack_changes(const struct gm_side_memory *memory,
			 const struct gm_change_of_side *v, size_t n,
			 size_t app, struct gm_strbuf *out)
{
	size_t of_app = 0;
	size_t i;

	for (i = 0; i < n; i++)
		of_app += v[i].app == app;
	gm_pack_int(out, of_app);
	for (i = 0; i < n; i++)
		if (v[i].app == app)
			pack_change(memory, &v[i], out);
}

void gm_side_memory_put(struct gm_side_memory *memory, const char *key,
			const struct gm_side *side, size_t app)
{
	struct gm_strbuf out = { 0 };
	struct entry *e;

	pack_changes(memory, side->v, side->n, app, &out);
	pack_changes(memory, side->rest, side->n_rest, app, &out);
	GM_GROW(memory->v, memory->n, memory->cap);
	e = &memory->v[memory->n++];
	memset(e, 0, sizeof(*e));
	hash_key(key, e->key);
	e->used = true;
	e->len = out.len;
	e->bytes = e->owned = gm_strbuf_take(&out);
}

static void write_entries(const struct gm_side_memory *memory)
{
	size_t n = memory->n < ENTRIES_MAX ? memory->n : ENTRIES_MAX;
	struct gm_strbuf out = { 0 };
	int used;
	size_t i;

	gm_pack_int(&out, n);
	for (used = 1; used >= 0; used--) {
		for (i = 0; n && i < memory->n; i++) {
			const struct entry *e = &memory->v[i];

			if (e->used != (used == 1))
				continue;
			gm_pack_text(&out, e->key);
			gm_pack_bytes(&out, e->bytes, e->len);
			n--;
		}
	}
	gm_cache_write(gm_repo_common_dir(memory->project->repo), FILE_NAME,
		       memory->version, gm_strbuf_str(&out), out.len);
	gm_strbuf_release(&out);
}

void gm_side_memory_close(struct gm_side_memory *memory)
{
	size_t i;

	if (memory->n > memory->n_read)
		write_entries(memory);
	for (i = 0; i < memory->n; i++)
		free(memory->v[i].owned);
	free(memory->v);
	free(memory->version);
	gm_strbuf_release(&memory->text);
	free(memory);
}
