/*
 * Footprints as text.
 */
#include "tests/unit/footprint_text.h"

#include <stdlib.h>
#include <string.h>

#include "base/pack.h"

#include "base/alloc.h"

static const struct {
	unsigned touch;
	const char *text;
} words[] = {
	{ GM_TOUCH_MAYBE, "?" },	{ GM_TOUCH_TOLERANT, "~" },
	{ GM_TOUCH_RENAME, "*" },	{ GM_TOUCH_IMPLIED, "+" },
	{ GM_TOUCH_LATE, "late " },
	{ GM_TOUCH_CREATE, "create " },
	{ GM_TOUCH_ALTER, "alter " },	{ GM_TOUCH_DROP, "drop " },
	{ GM_TOUCH_UPDATE, "update " }, { GM_TOUCH_INSERT, "insert " },
	{ GM_TOUCH_DELETE, "delete " }, { GM_TOUCH_READ, "read " },
	{ GM_TOUCH_GUARD, "guard " },
};

static void object_text(const struct gm_object *object, struct gm_strbuf *out)
{
	unsigned touches = object->touches;
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(words); i++)
		if (touches & words[i].touch)
			gm_strbuf_adds(out, words[i].text);
	/* Whoever reads it uses it, too. */
	if (!(touches & ((1u << 16) - 1) & ~(unsigned)GM_TOUCH_USE))
		gm_strbuf_adds(out, "use ");
	gm_strbuf_addf(out, "%s ", gm_object_kind_name(object->kind));
	gm_object_name(object, out);
}

void footprint_text(const struct gm_footprint *footprint, struct gm_strbuf *out)
{
	size_t i;

	for (i = 0; i < footprint->n; i++) {
		gm_strbuf_adds(out, i ? "; " : "");
		object_text(&footprint->v[i], out);
	}
	for (i = 0; i < footprint->n_unknown; i++)
		gm_strbuf_adds(out, out->len ? "; unknown" : "unknown");
	if (!out->len)
		gm_strbuf_adds(out, "nothing");
}

void footprint_of(struct gm_footprint *footprint,
		  const struct gm_dialect *dialect, const char *sql)
{
	struct gm_footprint told = { 0 };
	struct gm_strbuf bytes = { 0 };
	struct gm_unpack in = { 0 };

	gm_footprint_add(&told, dialect, sql, strlen(sql), 1);
	gm_footprint_pack(&told, &bytes);
	memset(footprint, 0, sizeof(*footprint));
	in.at = bytes.buf;
	in.end = bytes.buf + bytes.len;
	gm_footprint_unpack(footprint, dialect, &in);
	if (in.failed || in.at != in.end)
		abort();
	gm_footprint_release(&told);
	gm_strbuf_release(&bytes);
}

const char *verdict_text(enum gm_verdict verdict)
{
	static const char *const names[] = {
		[GM_VERDICT_INDEPENDENT] = "independent",
		[GM_VERDICT_CONFLICT] = "conflict",
		[GM_VERDICT_UNKNOWN] = "unknown",
	};

	return names[verdict];
}
