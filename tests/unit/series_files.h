/*
 * Files for tests, from text.
 */
#ifndef GM_TESTS_SERIES_FILES_H
#define GM_TESTS_SERIES_FILES_H

#include "series/series.h"

/* Adds migrations/NAME with this text. */
struct gm_file *test_file(struct gm_files *files, const char *name,
			  const char *text);

/* The same with bytes that may hold a NUL. */
struct gm_file *test_file_bytes(struct gm_files *files, const char *name,
				const char *bytes, size_t len);

/* The migration of that id with this text, which has to be one. */
struct gm_migration *test_migration(const char *id, const char *bytes,
				    size_t len);

#endif
