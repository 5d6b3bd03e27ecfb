/*
 * What is written to the history: rows, the texts of what was applied, and
 * the log.
 */
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/strbuf.h"
#include "db/history_sql.h"

/* Packet limits are real: a text is stored in parts of this many bytes. */
#define PART_BYTES ((size_t)1024 * 1024)

/* What the log calls the beginning of another attempt. */
#define ATTEMPT "restart"

#define TAG GM_CHECKSUM_TAG
#define TAGGED (GM_HASH_HEX + sizeof(TAG))

static struct gm_value moment(const char *text)
{
	return text ? gm_value_text(text) : gm_history_now();
}

/* A checksum or a fingerprint with its tag, in a buffer of the caller's. */
static struct gm_value tagged(char buf[TAGGED], const char *hex)
{
	if (!*hex)
		return gm_value_null();
	memcpy(buf, TAG, sizeof(TAG) - 1);
	memcpy(buf + sizeof(TAG) - 1, hex, GM_HASH_HEX);
	return gm_value_text(buf);
}

/* Where a part of the text ends: it must be text by itself, so between two
 * characters. */
static size_t part_length(const char *text, size_t len)
{
	size_t size = len < PART_BYTES ? len : PART_BYTES;

	while (size < len && size > PART_BYTES - 4 &&
	       ((unsigned char)text[size] & 0xc0) == 0x80)
		size--;
	return size;
}

/* Appends to the log. A text may be NULL; what of it has no room in the entry
 * follows in parts. The entry is the session's last serial then. */
static int add_entry(struct gm_history *history, const char *action,
		     const struct gm_history_row *row, const char *detail,
		     const char *text, size_t len, struct gm_error *err)
{
	size_t size = text ? part_length(text, len) : 0;
	char hex[TAGGED];
	struct gm_value params[] = {
		moment(NULL),
		gm_value_text(row->app),
		gm_value_text(row->id),
		gm_value_text(action),
		tagged(hex, row->checksum),
		gm_value_int(row->batch),
		gm_value_text(row->commit_id),
		gm_value_text(row->branch),
		gm_value_text(row->applied_by),
		gm_value_text(row->tool_version),
		gm_value_text(detail),
		text ? gm_value_bytes(text, size) : gm_value_null(),
	};
	int64_t part = 1;
	int ret = gm_history_insert(history, &history->sql->log, params,
				    GM_ARRAY_SIZE(params), err);

	while (!ret && len > size) {
		text += size;
		len -= size;
		size = part_length(text, len);
		params[0] = gm_value_int(++part);
		params[1] = gm_value_bytes(text, size);
		ret = gm_history_insert(history, &history->sql->add_part,
					params, 2, err);
	}
	return ret;
}

/* All values of a row. `hex` holds the tagged ones. */
static void row_values(const struct gm_history_row *row,
		       struct gm_value v[GM_ROW_COLUMNS], char hex[4][TAGGED])
{
	v[GM_COLUMN_APP] = gm_value_text(row->app);
	v[GM_COLUMN_ID] = gm_value_text(row->id);
	v[GM_COLUMN_CHECKSUM] = tagged(hex[0], row->checksum);
	v[GM_COLUMN_UP] = tagged(hex[1], row->up);
	v[GM_COLUMN_DOWN] = tagged(hex[2], row->down);
	v[GM_COLUMN_VERIFY] = tagged(hex[3], row->verify);
	v[GM_COLUMN_PARENTS] = gm_value_text(row->parents);
	v[GM_COLUMN_STATE] = gm_value_text(gm_row_state_name(row->state));
	v[GM_COLUMN_STARTED] = gm_value_int(row->statements_started);
	v[GM_COLUMN_DONE] = gm_value_int(row->statements_done);
	v[GM_COLUMN_TOTAL] = gm_value_int(row->statements_total);
	v[GM_COLUMN_OWNER] = gm_value_text(row->owner);
	v[GM_COLUMN_BLOB] = gm_value_text(row->blob);
	v[GM_COLUMN_COMMIT] = gm_value_text(row->commit_id);
	v[GM_COLUMN_DIRTY] = gm_value_int(row->dirty);
	v[GM_COLUMN_BRANCH] = gm_value_text(row->branch);
	v[GM_COLUMN_BATCH] = gm_value_int(row->batch);
	v[GM_COLUMN_POSITION] = gm_value_int(row->position);
	v[GM_COLUMN_APPLIED_AT] = moment(row->applied_at);
	v[GM_COLUMN_DURATION] = gm_value_int(row->duration_ms);
	v[GM_COLUMN_APPLIED_BY] = gm_value_text(row->applied_by);
	v[GM_COLUMN_TOOL_VERSION] = gm_value_text(row->tool_version);
	v[GM_COLUMN_ERROR] = gm_value_text(row->error);
}

int gm_history_claim(struct gm_history *history, const char *action,
		     const struct gm_history_row *row, const char *text,
		     size_t len, struct gm_error *err)
{
	char hex[4][TAGGED];
	struct gm_value values[GM_ROW_COLUMNS];
	int ret = add_entry(history, action, row, NULL, text, len, err);

	if (ret < 0)
		return ret;
	row_values(row, values, hex);
	return gm_history_insert(history, &history->sql->claim, values,
				 GM_ROW_COLUMNS, err);
}

/* The values of n columns of a row, and its key; returns how many. */
static size_t column_values(struct gm_value *params,
			    const unsigned char *columns, size_t n,
			    const struct gm_history_row *row,
			    char hex[4][TAGGED])
{
	struct gm_value values[GM_ROW_COLUMNS];
	size_t i;

	row_values(row, values, hex);
	for (i = 0; i < n; i++)
		params[i] = values[columns[i]];
	params[n++] = values[GM_COLUMN_APP];
	params[n++] = values[GM_COLUMN_ID];
	return n;
}

/* Writes n columns of a row. */
static int write_columns(struct gm_history *history, const char *sql,
			 const unsigned char *columns, size_t n,
			 const struct gm_history_row *row, struct gm_error *err)
{
	char hex[4][TAGGED];
	struct gm_value params[GM_COLUMNS];

	n = column_values(params, columns, n, row, hex);
	return gm_history_run(history, sql, params, n, NULL, NULL, err);
}

int gm_history_update(struct gm_history *history,
		      const struct gm_history_row *row, struct gm_error *err)
{
	return write_columns(history, history->sql->update, gm_update_columns,
			     GM_UPDATE_COLUMNS, row, err);
}

int gm_history_progress(struct gm_history *history,
			const struct gm_history_row *row, struct gm_error *err)
{
	return write_columns(history, history->sql->progress,
			     gm_progress_columns, GM_PROGRESS_COLUMNS, row,
			     err);
}

int gm_history_finish(struct gm_history *history,
		      const struct gm_history_row *row, struct gm_error *err)
{
	char hex[4][TAGGED];
	struct gm_value params[GM_COLUMNS];
	size_t n = column_values(params, gm_progress_columns,
				 GM_PROGRESS_COLUMNS, row, hex);

	return history->driver->query_commit(
		history->db, history->sql->progress, params, n, err);
}

int gm_history_took(struct gm_history *history,
		    const struct gm_history_row *row, struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(row->app),
				  gm_value_text(row->id) };

	return gm_history_run(history, history->sql->took, key, 2, NULL, NULL,
			      err);
}

static int forget_source(struct gm_history *history, const char *app,
			 const char *id, struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };
	int ret = gm_history_run(history, history->sql->forget_text, key, 2,
				 NULL, NULL, err);

	return ret < 0 ? ret
		       : gm_history_run(history, history->sql->forget_parts,
					key, 2, NULL, NULL, err);
}

int gm_history_set_source(struct gm_history *history, const char *action,
			  const struct gm_history_row *row, const char *detail,
			  const char *text, size_t len, struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(row->app),
				  gm_value_text(row->id) };
	int ret = forget_source(history, row->app, row->id, err);

	if (!ret)
		ret = add_entry(history, action, row, detail, text, len, err);
	return ret < 0 ? ret
		       : gm_history_run(history, history->sql->set_source, key,
					2, NULL, NULL, err);
}

static int add_part(void *context, const struct gm_value *columns, size_t n)
{
	if (n && columns[0].type == GM_VALUE_TEXT)
		gm_strbuf_add(context, columns[0].text, columns[0].len);
	return 0;
}

int gm_history_source(struct gm_history *history, const char *app,
		      const char *id, struct gm_strbuf *out,
		      struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id),
				  gm_value_text(app), gm_value_text(id) };
	size_t before = out->len;
	bool old = history->version == 1;
	int ret = gm_history_run(
		history, old ? history->sql->source_1 : history->sql->source,
		key, old ? 2 : 4, add_part, out, err);

	if (!ret && out->len == before)
		ret = gm_error_set(err, GM_ENOTFOUND,
				   "the text of '%s' was not recorded", id);
	return ret;
}

int gm_history_keep_attempt(struct gm_history *history,
			    const struct gm_history_row *row, const char *text,
			    size_t len, struct gm_error *err)
{
	return add_entry(history, ATTEMPT, row, NULL, text, len, err);
}

int gm_history_attempts(struct gm_history *history, const char *app,
			const char *id, struct gm_strbuf *out,
			struct gm_error *err)
{
	struct gm_value key[] = {
		gm_value_text(app),	gm_value_text(id),
		gm_value_text(ATTEMPT), gm_value_text(app),
		gm_value_text(id),	gm_value_text(app),
		gm_value_text(id),	gm_value_text(ATTEMPT),
		gm_value_text(app),	gm_value_text(id)
	};

	return history->version == 1
		       ? 0
		       : gm_history_run(history, history->sql->attempts, key,
					GM_ARRAY_SIZE(key), add_part, out, err);
}

int gm_history_delete(struct gm_history *history, const char *app,
		      const char *id, struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };
	int ret = forget_source(history, app, id, err);

	return ret < 0 ? ret
		       : gm_history_run(history, history->sql->delete_row, key,
					2, NULL, NULL, err);
}

int gm_history_rename(struct gm_history *history, const char *app,
		      const char *from, const char *to, struct gm_error *err)
{
	struct gm_value params[] = { gm_value_text(to), gm_value_text(app),
				     gm_value_text(from) };

	return gm_history_run(history, history->sql->rename_row, params, 3,
			      NULL, NULL, err);
}

static int look(struct gm_history *history, const char *sql, const char *app,
		const char *id, struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };
	int64_t found = 0;
	int ret = gm_history_run(history, sql, key, 2, gm_history_get_number,
				 &found, err);

	return ret < 0 ? ret : (int)found;
}

int gm_history_has(struct gm_history *history, const char *app, const char *id,
		   struct gm_error *err)
{
	return look(history, history->sql->has, app, id, err);
}

int gm_history_is_done(struct gm_history *history, const char *app,
		       const char *id, struct gm_error *err)
{
	return look(history, history->sql->is_done, app, id, err);
}

static int take_owner(void *context, const struct gm_value *columns, size_t n)
{
	char **owner = context;

	free(*owner);
	*owner = n ? gm_value_to_text(&columns[0]) : NULL;
	return 0;
}

int gm_history_owner(struct gm_history *history, const char *app,
		     const char *id, char **out, struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };

	*out = NULL;
	return gm_history_run(history, history->sql->owner, key, 2, take_owner,
			      out, err);
}

int gm_history_done(struct gm_history *history, const char *app, const char *id,
		    int64_t *done, struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };

	return gm_history_run(history, history->sql->done, key, 2,
			      gm_history_get_number, done, err);
}

int gm_history_hold(struct gm_history *history, const char *app, const char *id,
		    struct gm_error *err)
{
	struct gm_value key[] = { gm_value_text(app), gm_value_text(id) };
	int ret = gm_history_run(history, history->sql->hold, key, 2, NULL,
				 NULL, err);

	return ret < 0 ? ret : gm_history_has(history, app, id, err);
}

int gm_history_log(struct gm_history *history, const char *action,
		   const struct gm_history_row *row, const char *detail,
		   struct gm_error *err)
{
	return add_entry(history, action, row, detail, NULL, 0, err);
}
