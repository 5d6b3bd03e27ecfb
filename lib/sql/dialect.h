/*
 * What differs between the databases' SQL, as tables of rules. The lexer,
 * the splitter and the fingerprint read these and know no database by name.
 */
#ifndef GM_SQL_DIALECT_H
#define GM_SQL_DIALECT_H

#include <stdbool.h>
#include <stddef.h>

struct gm_dialect;

extern const struct gm_dialect gm_dialect_sqlite;
extern const struct gm_dialect gm_dialect_postgres;
extern const struct gm_dialect gm_dialect_mysql;

/* "sqlite", "postgres", "mysql"; NULL for another name. */
const struct gm_dialect *gm_dialect_find(const char *name, size_t len);

/* The name as it is written in a file. */
const char *gm_dialect_name(const struct gm_dialect *dialect);

/*
 * An expression for this moment in UTC, as the text
 * 2026-11-20T09:15:00.123Z, for scripts that are run later.
 */
const char *gm_dialect_now(const struct gm_dialect *dialect);

struct gm_strbuf;

/* Adds `text` as a string literal that the dialect reads as these bytes. */
void gm_dialect_quote(const struct gm_dialect *dialect, const char *text,
		      size_t len, struct gm_strbuf *out);

#endif
