/*
 * What SQL of the user may do, and what is remembered of it.
 */
#ifndef GM_DRIVERS_SQLITE_NOTES_H
#define GM_DRIVERS_SQLITE_NOTES_H

#include "sqlite.h"
#include "sqlite_keys.h"

/* Takes over the sentence that says what is not allowed; NULL: all is. */
void gm_sqlite_refuse(struct gm_sqlite *db, char *sentence);

/* Where these say no, they have said why. */
bool gm_sqlite_may_call(struct gm_sqlite *db, const char *function);
bool gm_sqlite_may_attach(struct gm_sqlite *db, const char *file);

/* Remembers what has to be put back, looked after, or read anew. */
void gm_sqlite_note_pragma(struct gm_sqlite *db, const char *pragma,
			   const char *value);
void gm_sqlite_note_touch(struct gm_sqlite *db, enum gm_sqlite_touch touch,
			  const char *table, const char *schema);
void gm_sqlite_note_effect(struct gm_sqlite *db, enum gm_sqlite_effect effect,
			   const char *table, const char *schema);

#endif
