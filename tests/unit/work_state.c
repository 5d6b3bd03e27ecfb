/*
 * Files and a history for tests, from one line of words each.
 */
#include "work_state.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "series_files.h"

/* One word, taken apart. */
struct word {
	char *app;
	char *id;
	char *table;
	char *marks;
	char *parents;
	char *depends;
	char *state;
	char *batch;
};

/* What follows `mark` up to one of the characters that end it, or "". */
static char *part(const char *text, char mark, const char *ends)
{
	const char *p = strchr(text, mark);

	return p ? gm_strndup(p + 1, strcspn(p + 1, ends)) : gm_strdup("");
}

static void read_word(struct word *word, const char *text)
{
	const char *equals = strchr(text, '=');
	const char *slash;
	const char *plus;
	size_t plain;

	assert_non_null(equals);
	slash = memchr(text, '/', (size_t)(equals - text));
	word->app = slash ? gm_strndup(text, (size_t)(slash - text))
			  : gm_strdup("");
	text = slash ? slash + 1 : text;
	word->id = gm_strndup(text, (size_t)(equals - text));
	text = equals + 1;
	plain = strcspn(text, "+<@:#");
	word->table = gm_strndup(text, plain);
	plus = text + plain;
	word->marks = gm_strndup(plus, strcspn(plus, "<@:#"));
	word->parents = part(text, '<', "@:#");
	word->depends = part(text, '@', ":#");
	word->state = part(text, ':', "#");
	word->batch = part(text, '#', "");
}

static void release_word(struct word *word)
{
	free(word->app);
	free(word->id);
	free(word->table);
	free(word->marks);
	free(word->parents);
	free(word->depends);
	free(word->state);
	free(word->batch);
}

static void add_header(struct gm_strbuf *out, const struct word *word)
{
	const char *p = word->parents;

	while (*p) {
		size_t len = strcspn(p, ",");

		gm_strbuf_addf(out, "-- migrate:parent %.*s\n", (int)len, p);
		p += len + (p[len] == ',');
	}
	if (*word->depends)
		gm_strbuf_addf(out, "-- migrate:depends %s\n", word->depends);
	if (strstr(word->marks, "+irreversible"))
		gm_strbuf_adds(out, "-- migrate:irreversible it is gone\n");
}

/* The one statement of an up, with the table's name to be put in. */
static const char *up_of(const struct word *word)
{
	if (strstr(word->marks, "+drops"))
		return "DROP TABLE %s;\n";
	if (strstr(word->marks, "+writes"))
		return "INSERT INTO %s VALUES (1);\n";
	if (strstr(word->marks, "+odd"))
		return "FROB %s;\n";
	return "CREATE TABLE %s (id INT);\n";
}

static void add_up(struct gm_strbuf *out, const struct word *word)
{
	const char *up = up_of(word);
	const char *at = strchr(up, '%');

	gm_strbuf_addf(out, "%.*s%s%s", (int)(at - up), up, word->table,
		       at + 2);
}

/* What stands behind "+MARK." in the marks, or NULL. */
static char *other_table(const struct word *word, const char *mark)
{
	char *wanted = gm_format("+%s.", mark);
	const char *at = strstr(word->marks, wanted);
	size_t len = strlen(wanted);

	free(wanted);
	return at ? gm_strndup(at + len, strcspn(at + len, "+")) : NULL;
}

static void add_more(struct gm_strbuf *out, const struct word *word, bool down)
{
	char *added = other_table(word, "adds");
	char *read = other_table(word, "reads");
	char *filled = other_table(word, "fills");

	if (added)
		gm_strbuf_addf(out, "ALTER TABLE %s %s COLUMN of_%s%s;\n",
			       added, down ? "DROP" : "ADD", word->table,
			       down ? "" : " INT");
	if (read && down)
		gm_strbuf_addf(out, "DROP VIEW v_%s;\n", word->table);
	else if (read)
		gm_strbuf_addf(out, "CREATE VIEW v_%s AS SELECT id FROM %s;\n",
			       word->table, read);
	if (filled && down)
		gm_strbuf_addf(out, "DELETE FROM %s WHERE id = 1;\n", filled);
	else if (filled)
		gm_strbuf_addf(out, "INSERT INTO %s VALUES (1);\n", filled);
	free(added);
	free(read);
	free(filled);
}

static char *text_of(const struct word *word)
{
	const char *marks = word->marks;
	struct gm_strbuf out = { 0 };

	add_header(&out, word);
	gm_strbuf_addf(&out, "-- migrate:up%s%s\n",
		       strstr(marks, "+outside") ? " transaction:false" : "",
		       strstr(marks, "+elsewhere") ? " dialect:postgres" : "");
	if (strstr(marks, "+comment"))
		gm_strbuf_adds(&out, "-- said otherwise\n");
	if (!strstr(marks, "+empty"))
		add_up(&out, word);
	add_more(&out, word, false);
	if (!strstr(marks, "+nodown") && !strstr(marks, "+irreversible")) {
		gm_strbuf_adds(&out, "-- migrate:down\n");
		add_more(&out, word, true);
		gm_strbuf_addf(&out, "DROP TABLE %s%s;\n",
			       strstr(marks, "+down") ? "IF EXISTS " : "",
			       word->table);
	}
	if (strstr(marks, "+verify"))
		gm_strbuf_adds(&out, "-- migrate:verify\nSELECT 1;\n");
	return gm_strbuf_take(&out);
}

static void add_file(struct test_state *state, const struct word *word)
{
	struct gm_files files = { 0 };
	char *name = gm_format("%s.sql", word->id);
	char *text = text_of(word);

	test_file(&files, name, text);
	gm_series_add(&state->series, word->app, &files);
	gm_files_release(&files);
	free(name);
	free(text);
}

static enum gm_row_state state_named(const char *name)
{
	enum gm_row_state state = GM_ROW_APPLIED;

	if (!*name)
		return GM_ROW_APPLIED;
	while (strcmp(gm_row_state_name(state), name))
		state++;
	return state;
}

static void add_row(struct test_state *state, const struct word *word)
{
	struct gm_history *history = &state->history;
	struct gm_history_row *row = gm_history_row_new();
	const struct gm_dialect *dialect = &gm_dialect_sqlite;
	char *text = text_of(word);
	struct gm_migration *m = test_migration(word->id, text, strlen(text));

	row->app = gm_strdup(word->app);
	row->id = gm_strdup(word->id);
	memcpy(row->checksum, m->checksum, sizeof(row->checksum));
	gm_migration_fingerprint(m, GM_SECTION_UP, dialect, row->up);
	gm_migration_fingerprint(m, GM_SECTION_DOWN, dialect, row->down);
	gm_migration_fingerprint(m, GM_SECTION_VERIFY, dialect, row->verify);
	row->parents = gm_migration_parents(m);
	row->state = state_named(word->state);
	row->batch = *word->batch ? strtoll(word->batch, NULL, 10) : 1;
	GM_GROW(history->v, history->n, history->cap);
	history->v[history->n++] = row;
	row->position = (int64_t)history->n;
	gm_migration_free(m);
	gm_strings_take(&state->texts, text);
}

static void each_word(struct test_state *state, const char *line,
		      void (*add)(struct test_state *, const struct word *))
{
	while (*line) {
		size_t len = strcspn(line, " ");
		char *text = gm_strndup(line, len);
		struct word word;

		read_word(&word, text);
		add(state, &word);
		release_word(&word);
		free(text);
		line += len + strspn(line + len, " ");
	}
}

static int by_id(const void *a, const void *b)
{
	const struct gm_history_row *x = *(struct gm_history_row *const *)a;
	const struct gm_history_row *y = *(struct gm_history_row *const *)b;
	int diff = strcmp(x->app, y->app);

	return diff ? diff : strcmp(x->id, y->id);
}

void test_state_init(struct test_state *state, const char *files,
		     const char *rows)
{
	struct gm_history *history = &state->history;

	memset(state, 0, sizeof(*state));
	state->series.numbering = GM_NUMBERING_SEQUENCE;
	each_word(state, files, add_file);
	gm_series_build(&state->series);
	each_word(state, rows, add_row);
	history->by_id = gm_calloc(history->n, sizeof(*history->by_id));
	if (history->n)
		memcpy(history->by_id, history->v,
		       history->n * sizeof(*history->v));
	qsort(history->by_id, history->n, sizeof(*history->by_id), by_id);
	gm_compare(&state->comparison, &state->series, history,
		   &gm_dialect_sqlite);
}

void test_state_release(struct test_state *state)
{
	size_t i;

	gm_comparison_release(&state->comparison);
	gm_series_release(&state->series);
	for (i = 0; i < state->history.n; i++)
		gm_history_row_free(state->history.v[i]);
	free(state->history.v);
	free(state->history.by_id);
	gm_strings_release(&state->texts);
	memset(state, 0, sizeof(*state));
}

static int read_text(void *context, const struct gm_history_row *row,
		     struct gm_migration **out, struct gm_error *err)
{
	struct test_state *state = context;
	struct gm_strbuf text = { 0 };

	gm_strbuf_adds(&text, state->texts.v[row->position - 1]);
	return gm_recorded_parse(out, row, &text, err);
}

struct gm_recorded test_state_recorded(struct test_state *state)
{
	struct gm_recorded recorded = { state, read_text };

	return recorded;
}
