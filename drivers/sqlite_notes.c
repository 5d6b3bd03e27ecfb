/*
 * SQLite asks about everything that a statement does while the statement is
 * compiled. So ATTACH is kept near the database, and it is known what must be
 * looked after or put back.
 */
#include "sqlite_notes.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"

void gm_sqlite_refuse(struct gm_sqlite *db, char *sentence)
{
	free(db->refusal);
	db->refusal = sentence;
}

bool gm_sqlite_may_call(struct gm_sqlite *db, const char *function)
{
	if (strcasecmp(function, "load_extension"))
		return true;
	gm_sqlite_refuse(db, gm_strdup("loading an extension is not allowed"));
	return false;
}

bool gm_sqlite_may_attach(struct gm_sqlite *db, const char *file)
{
	db->session_changed = true;
	if (!file) {
		gm_sqlite_refuse(db, gm_strdup("a database is attached only by "
					       "a file name that is a plain "
					       "string"));
		return false;
	}
	if (gm_sqlite_may_reach(&db->place, file))
		return true;
	gm_sqlite_refuse(db, gm_format("the file '%s' is neither in the work "
				       "tree nor beside the database",
				       file));
	return false;
}

/* Pragmas that leave nothing behind in the session. */
static bool is_harmless(const char *pragma)
{
	static const char *const names[] = {
		"application_id",   "defer_foreign_keys", "foreign_key_check",
		"foreign_key_list", "foreign_keys",	  "incremental_vacuum",
		"index_info",	    "index_list",	  "index_xinfo",
		"integrity_check",  "optimize",		  "quick_check",
		"table_info",	    "table_list",	  "table_xinfo",
		"user_version",	    "wal_checkpoint"
	};
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(names); i++)
		if (!strcasecmp(pragma, names[i]))
			return true;
	return false;
}

void gm_sqlite_note_pragma(struct gm_sqlite *db, const char *pragma,
			   const char *value)
{
	if (!value)
		return;
	if (!strcasecmp(pragma, "foreign_keys"))
		db->enforcement_changed = true;
	else if (!is_harmless(pragma))
		db->session_changed = true;
	if (strcasecmp(pragma, "writable_schema") != 0)
		return;
	gm_sqlite_keys_note(db->keys, GM_SQLITE_ANY_EFFECT, NULL);
	if (db->watching)
		gm_sqlite_fk_note(db->fk, GM_SQLITE_ANYTHING, "");
}

/* What SQLite compiles again while it runs has been noted. */
static bool is_noted(const struct gm_sqlite *db, const char *schema)
{
	return db->phase == GM_SQLITE_COMPILE && schema &&
	       !strcmp(schema, "main");
}

void gm_sqlite_note_touch(struct gm_sqlite *db, enum gm_sqlite_touch touch,
			  const char *table, const char *schema)
{
	if (db->watching && is_noted(db, schema))
		gm_sqlite_fk_note(db->fk, touch, table);
}

void gm_sqlite_note_effect(struct gm_sqlite *db, enum gm_sqlite_effect effect,
			   const char *table, const char *schema)
{
	if (is_noted(db, schema))
		gm_sqlite_keys_note(db->keys, effect, table);
}

bool gm_sqlite_says(const char *sql, size_t len, const char *word)
{
	size_t n = strlen(word);
	size_t i;

	for (i = 0; i + n <= len; i++)
		if ((sql[i] | 0x20) == *word && !strncasecmp(sql + i, word, n))
			return true;
	return false;
}
