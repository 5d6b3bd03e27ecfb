/*
 * Noise for the footprint, in the dialect that the first byte chooses: two
 * scripts with a NUL between them, and their verdict either way round, on the
 * ground of both as well.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "sql/footprint.h"
#include "sql/ground.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

/* A copy of just that size, so that a byte too far is noticed. */
static void read_script(struct gm_footprint *footprint,
			struct gm_footprint *ground,
			const struct gm_dialect *dialect, const uint8_t *data,
			size_t len)
{
	char *text = gm_alloc(len ? len : 1);
	struct gm_strbuf name = { 0 };
	size_t i;

	memcpy(text, data, len);
	gm_footprint_add(footprint, dialect, text, len, 1);
	gm_ground_add(ground, dialect, text, len);
	free(text);
	for (i = 0; i < footprint->n; i++) {
		must(footprint->v[i].name && footprint->v[i].line >= 1);
		must(footprint->v[i].kind < GM_OBJECT_COUNT);
		gm_object_name(&footprint->v[i], &name);
		must(*gm_object_verb(&footprint->v[i]) != '\0');
	}
	for (i = 0; i < footprint->n_unknown; i++)
		must(footprint->unknown[i].reason != NULL);
	gm_strbuf_release(&name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct gm_dialect *const dialects[] = {
		&gm_dialect_sqlite, &gm_dialect_postgres, &gm_dialect_mysql
	};
	const struct gm_dialect *dialect;
	const uint8_t *nul;
	struct gm_footprint a = { 0 };
	struct gm_footprint b = { 0 };
	struct gm_footprint ground = { 0 };
	struct gm_overlaps overlaps = { 0 };
	enum gm_verdict verdict;
	size_t len;
	char *why;
	char *back;

	/* Every object of one side meets every one of the other. */
	if (!size || size > 4096)
		return 0;
	dialect = dialects[data[0] % GM_ARRAY_SIZE(dialects)];
	nul = memchr(data, '\0', size);
	len = nul && nul > data ? (size_t)(nul - data) : size;
	read_script(&a, &ground, dialect, data + 1, len - 1);
	if (len < size)
		read_script(&b, &ground, dialect, data + len + 1,
			    size - len - 1);
	verdict = gm_footprint_conflict(&a, &b, &overlaps);
	must(verdict == gm_footprint_conflict(&b, &a, NULL));
	must(verdict != GM_VERDICT_CONFLICT || overlaps.n > 0);
	must(verdict != GM_VERDICT_INDEPENDENT || !overlaps.n);
	why = b.dialect ? gm_ground_meet(&ground, &a, &b) : NULL;
	back = b.dialect ? gm_ground_meet(&ground, &b, &a) : NULL;
	must(!why == !back);
	free(why);
	free(back);
	gm_overlaps_release(&overlaps);
	gm_footprint_release(&ground);
	gm_footprint_release(&a);
	gm_footprint_release(&b);
	return 0;
}
