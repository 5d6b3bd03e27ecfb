/*
 * Rows for programs. The only file that knows jansson.
 */
#include "cmd/listing.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/alloc.h"

struct listing {
	bool json;
	/* JSON: the whole, its rows, and the row that is being filled; the
	 * whole itself before the first row. */
	json_t *top;
	json_t *rows;
	json_t *row;
	/* What `row` is within, where an object is open. */
	json_t *around[3];
	size_t depth;
	const char *name;
	/* Lines: whether a row has begun, and has a column. */
	bool in_row;
	bool has_column;
};

struct listing *gm_listing_new(const struct common *values, const char *rows)
{
	struct listing *listing;

	if (!values->json && !values->porcelain)
		return NULL;
	listing = gm_calloc(1, sizeof(*listing));
	listing->json = values->json;
	if (listing->json) {
		listing->top = json_object();
		listing->rows = json_array();
		listing->row = listing->top;
		listing->name = rows;
	}
	return listing;
}

struct listing *gm_listing_array(void)
{
	struct listing *listing = gm_calloc(1, sizeof(*listing));

	listing->json = true;
	listing->rows = json_array();
	return listing;
}

void gm_listing_open(struct listing *listing, const char *name)
{
	json_t *object = json_object();

	json_object_set_new(listing->row, name, object);
	listing->around[listing->depth++] = listing->row;
	listing->row = object;
}

void gm_listing_close(struct listing *listing)
{
	listing->row = listing->around[--listing->depth];
}

void gm_listing_row(struct listing *listing)
{
	if (listing->json) {
		listing->row = json_object();
		json_array_append_new(listing->rows, listing->row);
		return;
	}
	if (listing->in_row)
		putchar('\n');
	listing->in_row = true;
	listing->has_column = false;
}

static void begin_column(struct listing *listing)
{
	if (listing->has_column)
		putchar('\t');
	listing->has_column = true;
}

static json_t *text_value(const char *text)
{
	json_t *value = text ? json_string(text) : json_null();

	/* What isn't UTF-8 can't be in JSON: show its bytes. */
	if (!value) {
		struct gm_strbuf sb = { 0 };

		for (; *text; text++)
			gm_strbuf_addf(&sb,
				       (unsigned char)*text < 0x80 ? "%c"
								   : "\\x%02x",
				       (unsigned char)*text);
		value = json_string(gm_strbuf_str(&sb));
		gm_strbuf_release(&sb);
	}
	return value;
}

void gm_listing_text(struct listing *listing, const char *name,
		     const char *text)
{
	if (listing->json) {
		gm_listing_extra_text(listing, name, text);
		return;
	}
	begin_column(listing);
	for (; text && *text; text++) {
		if (*text == '\t')
			fputs("\\t", stdout);
		else if (*text == '\n')
			fputs("\\n", stdout);
		else if (*text == '\\')
			fputs("\\\\", stdout);
		else
			putchar(*text);
	}
}

void gm_listing_int(struct listing *listing, const char *name, int64_t number)
{
	if (listing->json) {
		gm_listing_extra_int(listing, name, number);
		return;
	}
	begin_column(listing);
	if (number >= 0)
		printf("%lld", (long long)number);
}

void gm_listing_extra_text(struct listing *listing, const char *name,
			   const char *text)
{
	if (listing->json)
		json_object_set_new(listing->row, name, text_value(text));
}

void gm_listing_extra_int(struct listing *listing, const char *name,
			  int64_t number)
{
	if (listing->json)
		json_object_set_new(listing->row, name,
				    number < 0 ? json_null()
					       : json_integer(number));
}

void gm_listing_extra_bool(struct listing *listing, const char *name,
			   bool value)
{
	if (listing->json)
		json_object_set_new(listing->row, name, json_boolean(value));
}

void gm_listing_extra_list(struct listing *listing, const char *name,
			   const struct gm_strings *list)
{
	json_t *array;
	size_t i;

	if (!listing->json)
		return;
	array = json_array();
	for (i = 0; i < list->n; i++)
		json_array_append_new(array, text_value(list->v[i]));
	json_object_set_new(listing->row, name, array);
}

void gm_listing_finish(struct listing *listing)
{
	if (!listing)
		return;
	if (listing->json) {
		json_t *whole = listing->top ? listing->top : listing->rows;

		if (listing->top)
			json_object_set_new(listing->top, listing->name,
					    listing->rows);
		json_dumpf(whole, stdout, JSON_INDENT(2));
		putchar('\n');
		json_decref(whole);
	} else if (listing->in_row) {
		putchar('\n');
	}
	free(listing);
}
