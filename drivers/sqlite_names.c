/*
 * A run in a single transaction may touch thousands of tables, and looks for
 * each of them again and again: so the names are hashed.
 */
#include "sqlite_names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

static size_t hash_name(const char *name)
{
	size_t hash = 5381;

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		hash = hash * 33 + (c >= 'A' && c <= 'Z' ? c + 32u : c);
	}
	return hash;
}

/* Where the name is, or would be. */
static size_t slot_of(const struct gm_sqlite_names *names, const char *name)
{
	size_t i = hash_name(name) & (names->n_slots - 1);

	while (names->slots[i] &&
	       strcasecmp(names->v[names->slots[i] - 1], name))
		i = (i + 1) & (names->n_slots - 1);
	return i;
}

static void make_room(struct gm_sqlite_names *names)
{
	size_t i;

	if (2 * (names->n + 1) <= names->n_slots)
		return;
	free(names->slots);
	names->n_slots = names->n_slots ? 2 * names->n_slots : 16;
	names->slots = gm_calloc(names->n_slots, sizeof(*names->slots));
	for (i = 0; i < names->n; i++)
		names->slots[slot_of(names, names->v[i])] = i + 1;
}

size_t gm_sqlite_names_find(const struct gm_sqlite_names *names,
			    const char *name)
{
	return names->n ? names->slots[slot_of(names, name)] - 1
			: GM_SQLITE_NO_NAME;
}

size_t gm_sqlite_names_add(struct gm_sqlite_names *names, const char *name)
{
	size_t slot;

	make_room(names);
	slot = slot_of(names, name);
	if (!names->slots[slot]) {
		GM_GROW(names->v, names->n, names->cap);
		names->v[names->n++] = gm_strdup(name);
		names->slots[slot] = names->n;
	}
	return names->slots[slot] - 1;
}

void gm_sqlite_names_release(struct gm_sqlite_names *names)
{
	size_t i;

	for (i = 0; i < names->n; i++)
		free(names->v[i]);
	free(names->v);
	free(names->slots);
	memset(names, 0, sizeof(*names));
}
