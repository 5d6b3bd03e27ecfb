/*
 * The history's rows as they are read: many in one block, by position and by
 * id.
 */
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/alloc.h"
#include "base/sort.h"
#include "db/history_sql.h"

#define TAG GM_CHECKSUM_TAG

static const char *const state_names[] = { "applied",  "faked",	    "baseline",
					   "applying", "reverting", "failed" };

const char *gm_row_state_name(enum gm_row_state state)
{
	return state_names[state];
}

static void untag(char hex[GM_HASH_HEX], const struct gm_value *value)
{
	size_t tag = sizeof(TAG) - 1;

	hex[0] = '\0';
	if (value->type != GM_VALUE_TEXT || value->len <= tag ||
	    value->len - tag >= GM_HASH_HEX || memcmp(value->text, TAG, tag))
		return;
	memcpy(hex, value->text + tag, value->len - tag);
	hex[value->len - tag] = '\0';
}

static enum gm_row_state state_of(const struct gm_value *value)
{
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(state_names); i++)
		if (value->type == GM_VALUE_TEXT &&
		    strlen(state_names[i]) == value->len &&
		    !memcmp(state_names[i], value->text, value->len))
			return (enum gm_row_state)i;
	return GM_ROW_FAILED;
}

/* The columns that a row keeps as text. */
static const unsigned char text_columns[] = {
	GM_COLUMN_APP,		GM_COLUMN_ID,	      GM_COLUMN_PARENTS,
	GM_COLUMN_OWNER,	GM_COLUMN_BLOB,	      GM_COLUMN_COMMIT,
	GM_COLUMN_BRANCH,	GM_COLUMN_APPLIED_AT, GM_COLUMN_APPLIED_BY,
	GM_COLUMN_TOOL_VERSION, GM_COLUMN_ERROR,
};

/* Copies a column behind what is in the block; NULL for null. */
static char *put_text(const struct gm_value *value, char **block)
{
	char *text = *block;

	if (value->type != GM_VALUE_TEXT)
		return NULL;
	memcpy(text, value->text, value->len);
	text[value->len] = '\0';
	*block += value->len + 1;
	return text;
}

static bool has_control(const char *text, size_t len)
{
	unsigned found = 0;
	size_t i;

	/* The NULs between the texts don't count. */
	for (i = 0; i < len; i++)
		found |= (unsigned char)(text[i] - 1) < 0x1f || text[i] == 0x7f;
	return found != 0;
}

/* What others have written into the table must not look like lines of ours,
 * wherever it is printed: no row of ours has a control character, but for an
 * error's line ends. */
static void make_printable(struct gm_history *history,
			   struct gm_history_row *row)
{
	char **const texts[] = { &row->app,	   &row->id,
				 &row->parents,	   &row->owner,
				 &row->blob,	   &row->commit_id,
				 &row->branch,	   &row->applied_at,
				 &row->applied_by, &row->tool_version };
	size_t i;

	for (i = 0; i < GM_ARRAY_SIZE(texts); i++) {
		char *text = *texts[i] ? gm_printable(*texts[i]) : NULL;

		if (text)
			*texts[i] = gm_arena_text(&history->arena, text,
						  strlen(text));
		free(text);
	}
	if (has_control(row->checksum, strlen(row->checksum)))
		row->checksum[0] = '\0';
}

/* `end` is where the row's texts end, which stand behind it. */
static void check_texts(struct gm_history *history, struct gm_history_row *row,
			const char *end)
{
	const char *texts = (const char *)(row + 1);

	if (has_control(texts, (size_t)(end - texts)) ||
	    has_control(row->checksum, strlen(row->checksum)))
		make_printable(history, row);
}

static int add_row(void *context, const struct gm_value *c, size_t n)
{
	struct gm_history *history = context;
	struct gm_history_row *row;
	size_t size = sizeof(*row);
	char *block;
	size_t i;

	(void)n;
	for (i = 0; i < GM_ARRAY_SIZE(text_columns); i++)
		if (c[text_columns[i]].type == GM_VALUE_TEXT)
			size += c[text_columns[i]].len + 1;
	/* There may be 10,000 rows: they don't get memory of their own. */
	row = gm_arena_take(&history->arena, size);
	block = (char *)(row + 1);
	row->app = put_text(&c[GM_COLUMN_APP], &block);
	row->id = put_text(&c[GM_COLUMN_ID], &block);
	untag(row->checksum, &c[GM_COLUMN_CHECKSUM]);
	untag(row->up, &c[GM_COLUMN_UP]);
	untag(row->down, &c[GM_COLUMN_DOWN]);
	untag(row->verify, &c[GM_COLUMN_VERIFY]);
	row->parents = put_text(&c[GM_COLUMN_PARENTS], &block);
	row->state = state_of(&c[GM_COLUMN_STATE]);
	row->statements_started = gm_value_to_int(&c[GM_COLUMN_STARTED]);
	row->statements_done = gm_value_to_int(&c[GM_COLUMN_DONE]);
	row->statements_total = gm_value_to_int(&c[GM_COLUMN_TOTAL]);
	row->is_learned = false;
	row->owner = put_text(&c[GM_COLUMN_OWNER], &block);
	row->blob = put_text(&c[GM_COLUMN_BLOB], &block);
	row->commit_id = put_text(&c[GM_COLUMN_COMMIT], &block);
	row->dirty = gm_value_to_int(&c[GM_COLUMN_DIRTY]) != 0;
	row->branch = put_text(&c[GM_COLUMN_BRANCH], &block);
	row->batch = gm_value_to_int(&c[GM_COLUMN_BATCH]);
	row->position = gm_value_to_int(&c[GM_COLUMN_POSITION]);
	row->applied_at = put_text(&c[GM_COLUMN_APPLIED_AT], &block);
	row->duration_ms = gm_value_to_int(&c[GM_COLUMN_DURATION]);
	row->applied_by = put_text(&c[GM_COLUMN_APPLIED_BY], &block);
	row->tool_version = put_text(&c[GM_COLUMN_TOOL_VERSION], &block);
	check_texts(history, row, block);
	row->error = put_text(&c[GM_COLUMN_ERROR], &block);
	GM_GROW(history->v, history->n, history->cap);
	history->v[history->n++] = row;
	return 0;
}

/* In the order of gm_state_columns. The texts aren't looked at: a row that
 * isn't as a file says, and would be shown, is read whole. */
static int add_state(void *context, const struct gm_value *c, size_t n)
{
	struct gm_history *history = context;
	struct gm_history_row *row;
	size_t size = sizeof(*row);
	char *block;

	(void)n;
	size += c[0].type == GM_VALUE_TEXT ? c[0].len + 1 : 0;
	size += c[1].type == GM_VALUE_TEXT ? c[1].len + 1 : 0;
	row = gm_arena_take(&history->arena, size);
	memset(row, 0, sizeof(*row));
	block = (char *)(row + 1);
	row->app = put_text(&c[0], &block);
	row->id = put_text(&c[1], &block);
	untag(row->checksum, &c[2]);
	row->state = state_of(&c[3]);
	row->position = gm_value_to_int(&c[4]);
	GM_GROW(history->v, history->n, history->cap);
	history->v[history->n++] = row;
	return 0;
}

static int compare_key(const char *app_a, const char *id_a, const char *app_b,
		       const char *id_b)
{
	int diff = strcmp(app_a, app_b);

	return diff ? diff : strcmp(id_a, id_b);
}

static int by_id(const void *a, const void *b)
{
	const struct gm_history_row *x = *(struct gm_history_row *const *)a;
	const struct gm_history_row *y = *(struct gm_history_row *const *)b;

	return compare_key(x->app, x->id, y->app, y->id);
}

/* Sorted here: a database would sort whole rows, and spill them to disk. */
static int by_position(const void *a, const void *b)
{
	const struct gm_history_row *x = *(struct gm_history_row *const *)a;
	const struct gm_history_row *y = *(struct gm_history_row *const *)b;
	int diff = (x->position > y->position) - (x->position < y->position);

	if (!diff && x->applied_at && y->applied_at)
		diff = strcmp(x->applied_at, y->applied_at);
	return diff ? diff : by_id(a, b);
}

void gm_history_forget(struct gm_history *history)
{
	gm_arena_release(&history->arena);
	free(history->by_id);
	history->by_id = NULL;
	history->n = 0;
}

static int load(struct gm_history *history, bool states_only,
		struct gm_error *err)
{
	const struct gm_history_sql *sql = history->sql;
	int ret;

	gm_history_forget(history);
	history->states_only = states_only;
	history->exists = false;
	if (!history->db)
		return 0;
	ret = history->driver->has_table(history->db,
					 history->sql->history_name, err);
	if (!ret)
		ret = gm_history_look_elsewhere(history, err);
	if (!ret)
		return 0;
	if (ret > 0)
		ret = gm_history_check_version(history, err);
	if (ret < 0)
		return ret;
	ret = gm_history_run(history,
			     states_only ? sql->load_states : sql->load, NULL,
			     0, states_only ? add_state : add_row, history,
			     err);
	if (ret < 0)
		return ret;
	history->exists = true;
	gm_sort(history->v, history->n, sizeof(*history->v), by_position);
	if (history->n) {
		history->by_id = gm_alloc(history->n * sizeof(*history->v));
		memcpy(history->by_id, history->v,
		       history->n * sizeof(*history->v));
		gm_sort(history->by_id, history->n, sizeof(*history->v), by_id);
	}
	return 0;
}

int gm_history_load(struct gm_history *history, struct gm_error *err)
{
	return load(history, false, err);
}

int gm_history_load_states(struct gm_history *history, struct gm_error *err)
{
	return load(history, true, err);
}

struct gm_history_row *gm_history_find(const struct gm_history *history,
				       const char *app, const char *id)
{
	size_t low = 0;
	size_t high = history->n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		struct gm_history_row *row = history->by_id[mid];
		int diff = compare_key(app, id, row->app, row->id);

		if (!diff)
			return row;
		if (diff < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

int64_t gm_history_next_batch(const struct gm_history *history)
{
	int64_t batch = 0;
	size_t i;

	for (i = 0; i < history->n; i++)
		if (history->v[i]->batch > batch)
			batch = history->v[i]->batch;
	return batch + 1;
}

int64_t gm_history_next_position(const struct gm_history *history)
{
	return history->n ? history->v[history->n - 1]->position + 1 : 1;
}

struct gm_history_row *gm_history_row_new(void)
{
	return gm_calloc(1, sizeof(struct gm_history_row));
}

void gm_history_row_free(struct gm_history_row *row)
{
	if (!row)
		return;
	free(row->app);
	free(row->id);
	free(row->parents);
	free(row->owner);
	free(row->blob);
	free(row->commit_id);
	free(row->branch);
	free(row->applied_at);
	free(row->applied_by);
	free(row->tool_version);
	free(row->error);
	free(row);
}
