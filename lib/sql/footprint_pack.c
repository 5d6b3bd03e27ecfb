/*
 * Footprints as bytes, for a cache; and which rules they are by.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/pack.h"
#include "sql/reading.h"

/* To be raised with every change of how a footprint is read or written that
 * isn't one of the tables of rules: those count by themselves. */
#define FOOTPRINT_VERSION "8"

/* The touches that there are. */
#define TOUCHES                                                                \
	((GM_TOUCH_GUARD << 1) - 1) | GM_TOUCH_TOLERANT | GM_TOUCH_RENAME |    \
		GM_TOUCH_MAYBE | GM_TOUCH_IMPLIED | GM_TOUCH_UNDONE |          \
		GM_TOUCH_LATE

static void hash_rules(struct gm_hash *hash,
		       const struct gm_footprint_rule *rules)
{
	for (; rules->pattern; rules++) {
		unsigned char rest = (unsigned char)rules->rest;

		gm_hash_update(hash, rules->pattern,
			       strlen(rules->pattern) + 1);
		gm_hash_update(hash, &rest, 1);
	}
}

void gm_footprint_version(char hex[GM_HASH_HEX])
{
	static const struct gm_footprint_rules *const all[] = {
		&gm_footprint_sqlite, &gm_footprint_postgres,
		&gm_footprint_mysql
	};
	struct gm_hash *hash = gm_hash_new();
	size_t i;

	gm_hash_update(hash, FOOTPRINT_VERSION, strlen(FOOTPRINT_VERSION));
	for (i = 0; i < GM_ARRAY_SIZE(all); i++) {
		hash_rules(hash, all[i]->statements);
		hash_rules(hash, all[i]->changes);
		hash_rules(hash, all[i]->items);
	}
	gm_hash_final(hash, hex);
	gm_hash_free(hash);
}

void gm_footprint_pack(const struct gm_footprint *footprint,
		       struct gm_strbuf *out)
{
	size_t i;

	gm_pack_int(out, footprint->n);
	for (i = 0; i < footprint->n; i++) {
		const struct gm_object *o = &footprint->v[i];

		gm_pack_int(out, o->kind);
		gm_pack_int(out, o->touches);
		gm_pack_int(out, o->line);
		gm_pack_text(out, o->schema);
		gm_pack_text(out, o->owner);
		gm_pack_text(out, o->name);
		gm_pack_text(out, o->statement);
	}
	gm_pack_int(out, footprint->n_unknown);
	for (i = 0; i < footprint->n_unknown; i++) {
		gm_pack_int(out, footprint->unknown[i].line);
		gm_pack_text(out, footprint->unknown[i].reason);
	}
}

static void unpack_object(struct gm_footprint *footprint, struct gm_unpack *in)
{
	uint64_t kind = gm_unpack_int(in);
	struct gm_object *o;

	GM_GROW(footprint->v, footprint->n, footprint->cap);
	o = &footprint->v[footprint->n++];
	memset(o, 0, sizeof(*o));
	if (kind >= GM_OBJECT_COUNT)
		in->failed = true;
	else
		o->kind = (enum gm_object_kind)kind;
	o->touches = (unsigned)gm_unpack_int(in) & (TOUCHES);
	o->line = (size_t)gm_unpack_int(in);
	o->schema = gm_unpack_text(in);
	o->owner = gm_unpack_text(in);
	o->name = gm_unpack_text(in);
	gm_unpack_into(in, o->statement, sizeof(o->statement));
	in->failed |= !o->name;
}

void gm_footprint_unpack(struct gm_footprint *footprint,
			 const struct gm_dialect *dialect, struct gm_unpack *in)
{
	uint64_t n = gm_unpack_int(in);

	footprint->dialect = dialect;
	while (n-- && !in->failed)
		unpack_object(footprint, in);
	n = gm_unpack_int(in);
	while (n-- && !in->failed) {
		struct gm_unknown *unknown;

		GM_GROW(footprint->unknown, footprint->n_unknown,
			footprint->cap_unknown);
		unknown = &footprint->unknown[footprint->n_unknown++];
		unknown->line = (size_t)gm_unpack_int(in);
		unknown->reason = gm_unpack_text(in);
		in->failed |= !unknown->reason;
	}
}
