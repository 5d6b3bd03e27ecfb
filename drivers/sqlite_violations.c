/*
 * The rows of a table that refer to nothing, as SQLite finds them.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "sqlite.h"

void gm_sqlite_record_release(struct gm_sqlite_record *record)
{
	size_t i;

	for (i = 0; i < record->n; i++) {
		free(record->groups[i].parent);
		free(record->groups[i].columns);
		free(record->groups[i].rows);
	}
	free(record->groups);
	free(record->mismatch);
	memset(record, 0, sizeof(*record));
}

struct gm_sqlite_record
gm_sqlite_record_copy(const struct gm_sqlite_record *from)
{
	struct gm_sqlite_record copy = { 0 };
	size_t i;

	copy.mismatch = gm_strdup_null(from->mismatch);
	for (i = 0; i < from->n; i++) {
		struct gm_sqlite_group group = from->groups[i];

		group.parent = gm_strdup_null(group.parent);
		group.columns = gm_strdup_null(group.columns);
		group.cap = group.n;
		group.rows = gm_alloc(group.n * sizeof(*group.rows));
		memcpy(group.rows, from->groups[i].rows,
		       group.n * sizeof(*group.rows));
		GM_GROW(copy.groups, copy.n, copy.cap);
		copy.groups[copy.n++] = group;
	}
	return copy;
}

char *gm_sqlite_quoted(const char *text)
{
	struct gm_strbuf sb = { 0 };

	gm_dialect_quote(&gm_dialect_sqlite, text, strlen(text), &sb);
	return gm_strbuf_take(&sb);
}

/* Columns of foreign_key_check: table, row id, parent, key. */
static int add_violation(void *context, const struct gm_value *columns,
			 size_t n)
{
	struct gm_sqlite_record *record = context;
	int64_t id = gm_value_to_int(&columns[3]);
	struct gm_sqlite_group *group = NULL;
	size_t i;

	(void)n;
	for (i = 0; i < record->n; i++)
		if (record->groups[i].id == id)
			group = &record->groups[i];
	if (!group) {
		GM_GROW(record->groups, record->n, record->cap);
		group = &record->groups[record->n++];
		memset(group, 0, sizeof(*group));
		group->id = id;
		group->parent = gm_value_to_text(&columns[2]);
	}
	if (columns[1].type == GM_VALUE_NULL) {
		group->nameless++;
		return 0;
	}
	GM_GROW(group->rows, group->n, group->cap);
	group->rows[group->n++] = gm_value_to_int(&columns[1]);
	return 0;
}

/* Columns of foreign_key_list: key, number of the column, parent, column. */
static int add_key_column(void *context, const struct gm_value *columns,
			  size_t n)
{
	struct gm_sqlite_record *record = context;
	int64_t id = gm_value_to_int(&columns[0]);
	size_t i;

	(void)n;
	for (i = 0; i < record->n; i++) {
		struct gm_sqlite_group *group = &record->groups[i];
		char *name;
		char *all;

		/* The index is counted from the first one declared. */
		if (id > group->index)
			group->index = id;
		if (group->id != id)
			continue;
		name = gm_value_to_text(&columns[3]);
		all = gm_format("%s%s,", group->columns ? group->columns : "",
				name);
		free(name);
		free(group->columns);
		group->columns = all;
	}
	return 0;
}

static int by_number(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a;
	int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

bool gm_sqlite_group_has(const struct gm_sqlite_group *group, int64_t row)
{
	return group->n && bsearch(&row, group->rows, group->n,
				   sizeof(*group->rows), by_number);
}

int gm_sqlite_record_make(struct gm_sqlite_record *out, struct gm_db *db,
			  const char *table, struct gm_error *err)
{
	struct gm_error e = { 0 };
	char *name = gm_sqlite_quoted(table);
	char *sql = gm_format("PRAGMA main.foreign_key_check(%s)", name);
	size_t i;
	int r;

	memset(out, 0, sizeof(*out));
	r = gm_sqlite_run(db, sql, add_violation, out, &e);
	if (r == GM_ESQL && e.message &&
	    gm_starts_with(e.message, GM_SQLITE_MISMATCH)) {
		out->mismatch = gm_strdup(e.message);
		r = 0;
	}
	if (!r && out->n) {
		free(sql);
		sql = gm_format("PRAGMA main.foreign_key_list(%s)", name);
		r = gm_sqlite_run(db, sql, add_key_column, out, &e);
	}
	for (i = 0; i < out->n; i++) {
		struct gm_sqlite_group *group = &out->groups[i];

		group->index -= group->id;
		if (group->n)
			qsort(group->rows, group->n, sizeof(*group->rows),
			      by_number);
	}
	if (r && err) {
		gm_error_release(err);
		*err = e;
	} else {
		gm_error_release(&e);
	}
	free(sql);
	free(name);
	return r;
}
