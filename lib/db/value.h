/*
 * Values that go into a statement as its parameters and come out of it as
 * its columns.
 */
#ifndef GM_DB_VALUE_H
#define GM_DB_VALUE_H

#include <stddef.h>
#include <stdint.h>

enum gm_value_type {
	GM_VALUE_NULL,
	GM_VALUE_INT,
	GM_VALUE_TEXT
};

/* `text` is borrowed, need not end in a NUL, and counts for GM_VALUE_TEXT. */
struct gm_value {
	enum gm_value_type type;
	int64_t number;
	const char *text;
	size_t len;
};

struct gm_value gm_value_null(void);
struct gm_value gm_value_int(int64_t number);

/* NULL becomes the null value. */
struct gm_value gm_value_text(const char *text);
struct gm_value gm_value_bytes(const char *text, size_t len);

/* A column as a number: text is read as decimal; null is 0. */
int64_t gm_value_to_int(const struct gm_value *value);

/* A copy that the caller frees; NULL for null. */
char *gm_value_to_text(const struct gm_value *value);

#endif
