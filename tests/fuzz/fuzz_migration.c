/*
 * Whatever bytes a file has: reading it ends well, and what can be read says
 * the same with other line ends, and when it is sealed.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "series/seal.h"
#include "series/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(int holds)
{
	if (!holds)
		abort();
}

/* Adds the bytes as the series' one file; its migration, or NULL. */
static struct gm_migration *read_bytes(struct gm_series *series,
				       const char *bytes, size_t len)
{
	struct gm_files files = { 0 };
	struct gm_file *file = gm_files_add(&files);
	struct gm_error err = { 0 };
	int rc;

	file->name = gm_strdup("0002_x.sql");
	file->path = gm_strdup("migrations/0002_x.sql");
	file->bytes = gm_strndup(bytes, len);
	file->len = len;
	memset(series, 0, sizeof(*series));
	gm_series_add(series, "", &files);
	gm_series_build(series);
	rc = gm_series_runnable(series, &err);
	check(!rc == !err.message);
	gm_error_release(&err);
	gm_files_release(&files);
	return series->n ? series->v[0] : NULL;
}

/* The bytes have to read as a migration of that checksum. */
static void check_same(const char *bytes, size_t len, const char *checksum,
		       bool sealed)
{
	struct gm_series series;
	struct gm_migration *m = read_bytes(&series, bytes, len);

	check(m && !strcmp(m->checksum, checksum));
	check(!sealed || gm_migration_is_sealed(m));
	gm_series_release(&series);
}

/* The text with each LF behind `eol`'s CR, if it has one. */
static void add_lines(struct gm_strbuf *out, const struct gm_migration *m,
		      const char *eol)
{
	size_t i;

	for (i = 0; i < m->len; i++)
		if (m->text[i] == '\n')
			gm_strbuf_adds(out, eol);
		else
			gm_strbuf_addc(out, m->text[i]);
}

static void check_variants(const struct gm_migration *m)
{
	struct gm_strbuf sb = { 0 };

	gm_strbuf_adds(&sb, GM_BOM);
	add_lines(&sb, m, "\r\n");
	check_same(sb.buf, sb.len, m->checksum, false);
	check_same(sb.buf + GM_BOM_LEN, sb.len - GM_BOM_LEN, m->checksum,
		   false);
	/* Behind a lone CR a newline is the other half of a line's end. */
	if (m->text[m->len - 1] != '\r') {
		gm_strbuf_addc(&sb, '\n');
		check_same(sb.buf, sb.len, m->checksum, false);
	}
	if (m->len > 1 && m->text[m->len - 1] == '\n' &&
	    m->text[m->len - 2] != '\r')
		check_same(m->text, m->len - 1, m->checksum, false);
	gm_strbuf_release(&sb);
}

static void check_seal(const struct gm_series *series,
		       const struct gm_migration *m, const char *bytes,
		       size_t len)
{
	static const struct gm_seal_parent parents[] = {
		{ "0001_a", "0123456789abcdef" },
		{ "0001_b", "" },
	};
	struct gm_series again;
	struct gm_strbuf once = { 0 };
	struct gm_strbuf twice = { 0 };
	struct gm_migration *sealed;
	bool *ends = gm_seal_ends(series, NULL, 0);

	gm_seal(m, ends, bytes, len, &once);
	free(ends);
	check_same(once.buf, once.len, m->checksum, true);
	sealed = read_bytes(&again, once.buf, once.len);
	ends = gm_seal_ends(&again, NULL, 0);
	check(!gm_seal(sealed, ends, once.buf, once.len, &twice));
	free(ends);
	gm_series_release(&again);
	gm_strbuf_cut(&once, 0);
	gm_seal_bytes(bytes, len, parents, 2, m->checksum, &once);
	check_same(once.buf, once.len, m->checksum, true);
	gm_strbuf_release(&twice);
	gm_strbuf_release(&once);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct gm_series series;
	struct gm_migration *m = read_bytes(&series, bytes, size);

	if (m) {
		check_variants(m);
		check_seal(&series, m, bytes, size);
	}
	gm_series_release(&series);
	return 0;
}
