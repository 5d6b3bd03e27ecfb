/*
 * One migration, once it is read: what is asked of it and computed from it.
 */
#include "series/migration.h"

#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "series/parse.h"
#include "sql/fingerprint.h"
#include "sql/lexer.h"

void gm_migration_free(struct gm_migration *migration)
{
	size_t i;

	if (!migration)
		return;
	free(migration->sections);
	free(migration->text);
	if (migration->in_arena)
		return;
	for (i = 0; i < migration->n_parents; i++)
		free(migration->parents[i].id);
	for (i = 0; i < migration->n_depends; i++) {
		free(migration->depends[i].app);
		free(migration->depends[i].id);
	}
	free(migration->parents);
	free(migration->depends);
	free(migration->irreversible);
	free(migration);
}

/* From this size on a migration is hashed piece by piece. */
#define LARGE_BYTES ((size_t)1024 * 1024)

static void add_section_line(struct gm_strbuf *out,
			     const struct gm_section *section)
{
	gm_strbuf_adds(out, "-- migrate:");
	gm_strbuf_adds(out, gm_section_name(section->kind));
	if (section->no_transaction)
		gm_strbuf_adds(out, " transaction:false");
	if (section->dialect) {
		gm_strbuf_adds(out, " dialect:");
		gm_strbuf_adds(out, gm_dialect_name(section->dialect));
	}
	gm_strbuf_addc(out, '\n');
}

static void hash_large(struct gm_migration *migration)
{
	struct gm_hash *hash = gm_hash_new();
	struct gm_strbuf line = { 0 };
	size_t i;

	for (i = 0; i < migration->n_sections; i++) {
		const struct gm_section *section = &migration->sections[i];

		line.len = 0;
		add_section_line(&line, section);
		gm_hash_update(hash, line.buf, line.len);
		gm_hash_update(hash, section->sql, section->len);
		gm_hash_update(hash, "\n", 1);
	}
	gm_hash_final(hash, migration->checksum);
	gm_hash_free(hash);
	gm_strbuf_release(&line);
}

/* Written out and hashed at once: that is quicker than piece by piece, as
 * long as a migration is small. */
void gm_migration_hash(struct gm_migration *migration)
{
	struct gm_strbuf canonical = { 0 };
	size_t i;

	if (migration->len > LARGE_BYTES) {
		hash_large(migration);
		return;
	}
	gm_strbuf_reserve(&canonical, migration->len);
	for (i = 0; i < migration->n_sections; i++) {
		const struct gm_section *section = &migration->sections[i];

		add_section_line(&canonical, section);
		gm_strbuf_add(&canonical, section->sql, section->len);
		gm_strbuf_addc(&canonical, '\n');
	}
	gm_hash_bytes(gm_strbuf_str(&canonical), canonical.len,
		      migration->checksum);
	gm_strbuf_release(&canonical);
}

const struct gm_section *
gm_migration_section(const struct gm_migration *migration,
		     enum gm_section_kind kind,
		     const struct gm_dialect *dialect)
{
	const struct gm_section *general = NULL;
	size_t i;

	for (i = 0; i < migration->n_sections; i++) {
		const struct gm_section *section = &migration->sections[i];

		if (section->kind != kind)
			continue;
		if (!section->dialect)
			general = section;
		else if (section->dialect == dialect)
			return section;
	}
	return general;
}

void gm_migration_fingerprint(const struct gm_migration *migration,
			      enum gm_section_kind kind,
			      const struct gm_dialect *dialect,
			      char hex[GM_HASH_HEX])
{
	const struct gm_section *section = gm_migration_section(migration, kind,
								dialect);

	hex[0] = '\0';
	if (section)
		gm_fingerprint(dialect, section->sql, section->len, hex);
}

void gm_migration_fingerprints(const struct gm_migration *migration,
			       const struct gm_dialect *dialect,
			       struct gm_fingerprints *out)
{
	gm_migration_fingerprint(migration, GM_SECTION_UP, dialect, out->up);
	gm_migration_fingerprint(migration, GM_SECTION_DOWN, dialect,
				 out->down);
	gm_migration_fingerprint(migration, GM_SECTION_VERIFY, dialect,
				 out->verify);
}

bool gm_migration_is_sealed(const struct gm_migration *migration)
{
	return !strcmp(migration->written_checksum, migration->checksum);
}

static bool says_nothing(const struct gm_section *section,
			 const struct gm_dialect *dialect)
{
	struct gm_lexer lexer;
	struct gm_token token;

	gm_lexer_init(&lexer, dialect, section->sql, section->len);
	do
		gm_lexer_next(&lexer, &token);
	while (token.type == GM_TOKEN_SPACE || token.type == GM_TOKEN_COMMENT ||
	       token.type == GM_TOKEN_SEMICOLON);
	return token.type == GM_TOKEN_END;
}

/* What is a comment to one database may be run by another. */
bool gm_section_is_empty(const struct gm_section *section)
{
	if (section->dialect)
		return says_nothing(section, section->dialect);
	return says_nothing(section, &gm_dialect_sqlite) &&
	       says_nothing(section, &gm_dialect_postgres) &&
	       says_nothing(section, &gm_dialect_mysql);
}

bool gm_migration_is_empty(const struct gm_migration *migration)
{
	size_t i;

	if (migration->is_summary)
		return migration->summary.empty;
	for (i = 0; i < migration->n_sections; i++)
		if (migration->sections[i].kind == GM_SECTION_UP &&
		    !gm_section_is_empty(&migration->sections[i]))
			return false;
	return true;
}

bool gm_migration_has_down(const struct gm_migration *m, bool *written)
{
	size_t i;

	*written = m->is_summary && m->summary.down_written;
	if (m->is_summary)
		return m->summary.has_down;
	for (i = 0; i < m->n_sections; i++) {
		if (m->sections[i].kind != GM_SECTION_DOWN)
			continue;
		*written = true;
		if (!gm_section_is_empty(&m->sections[i]))
			return true;
	}
	return false;
}

const struct gm_section *gm_migration_down(const struct gm_migration *migration,
					   const struct gm_dialect *dialect)
{
	const struct gm_section *up = gm_migration_section(
		migration, GM_SECTION_UP, dialect);
	const struct gm_section *down = gm_migration_section(
		migration, GM_SECTION_DOWN, dialect);

	if (!down || !gm_section_is_empty(down))
		return down;
	return up && !gm_section_is_empty(up) ? NULL : down;
}

bool gm_migration_is_implied(const struct gm_migration *migration)
{
	return !migration->root && !migration->n_parents;
}

bool gm_migration_lacks_parent(const struct gm_migration *migration)
{
	size_t i;

	for (i = 0; i < migration->n_parents; i++)
		if (!migration->parents[i].found)
			return true;
	return false;
}

char *gm_migration_name(const char *app, const char *id)
{
	return *app ? gm_format("%s/%s", app, id) : gm_strdup(id);
}

char *gm_migration_parents(const struct gm_migration *migration)
{
	struct gm_strbuf sb = { 0 };
	size_t i;

	if (migration->root)
		gm_strbuf_adds(&sb, "none");
	for (i = 0; i < migration->n_parents; i++) {
		if (i)
			gm_strbuf_addc(&sb, ' ');
		gm_strbuf_adds(&sb, migration->parents[i].id);
	}
	if (gm_migration_is_implied(migration))
		for (i = 0; i < migration->n_above; i++)
			gm_strbuf_addf(&sb, GM_PARENTS_IMPLIED " %s",
				       migration->before[i]->id);
	return gm_strbuf_take(&sb);
}
