/*
 * Foreign keys in a migration. With enforcement on, SQLite deletes child
 * rows by cascade when a table is rebuilt, and inside a transaction it can't
 * be turned off: so it is off, and what a migration breaks is found here.
 * The violations of a table are recorded at the first statement that could
 * add to them, and compared with those at the end. Checking reads the whole
 * table, so only the tables at stake are checked: the ones that a statement
 * writes, and those that refer to them.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "sqlite.h"
#include "sqlite_keys.h"
#include "sqlite_names.h"

/* So many violations are listed. */
#define LISTED 10

/* A table that statements write, or that refers to one. */
struct table {
	/* Borrowed from the list of names. */
	const char *name;
	/* It is checked at the end. */
	bool is_watched;
	/* The tables that refer to it are watched too. */
	bool is_parent;
	struct gm_sqlite_record before;
	/* Made by this migration: row ids and keys are not the old ones. */
	bool rebuilt;
	/* Not there before, under any name. */
	bool created;
};

struct note {
	enum gm_sqlite_touch touch;
	char *table;
};

struct gm_sqlite_fk {
	struct gm_db *db;
	struct gm_sqlite_keys *keys;
	struct gm_sqlite_names names;
	/* One for each name. */
	struct table *tables;
	size_t cap_tables;
	/* What the statement at hand does. */
	struct note *notes;
	size_t n_notes;
	size_t cap_notes;
	/* The table that it alters, or NULL, and the page that stays when
	 * the name changes. */
	char *altered;
	int64_t root_page;
};

struct gm_sqlite_fk *gm_sqlite_fk_new(struct gm_db *db,
				      struct gm_sqlite_keys *keys)
{
	struct gm_sqlite_fk *fk = gm_calloc(1, sizeof(*fk));

	fk->db = db;
	fk->keys = keys;
	return fk;
}

static void drop_notes(struct gm_sqlite_fk *fk)
{
	while (fk->n_notes)
		free(fk->notes[--fk->n_notes].table);
	free(fk->altered);
	fk->altered = NULL;
}

void gm_sqlite_fk_reset(struct gm_sqlite_fk *fk)
{
	size_t i;

	drop_notes(fk);
	for (i = 0; i < fk->names.n; i++)
		gm_sqlite_record_release(&fk->tables[i].before);
	gm_sqlite_names_release(&fk->names);
}

void gm_sqlite_fk_free(struct gm_sqlite_fk *fk)
{
	if (!fk)
		return;
	gm_sqlite_fk_reset(fk);
	free(fk->notes);
	free(fk->tables);
	free(fk);
}

void gm_sqlite_fk_note(struct gm_sqlite_fk *fk, enum gm_sqlite_touch touch,
		       const char *table)
{
	size_t i;

	if (!strncasecmp(table, "sqlite_", 7))
		return;
	for (i = fk->n_notes; i-- > 0;)
		if (fk->notes[i].touch == touch &&
		    !strcasecmp(fk->notes[i].table, table))
			return;
	GM_GROW(fk->notes, fk->n_notes, fk->cap_notes);
	fk->notes[fk->n_notes].touch = touch;
	fk->notes[fk->n_notes++].table = gm_strdup(table);
}

/* NULL where it is not watched. */
static struct table *find_watched(struct gm_sqlite_fk *fk, const char *name)
{
	size_t i = gm_sqlite_names_find(&fk->names, name);

	return i != GM_SQLITE_NO_NAME && fk->tables[i].is_watched
		       ? &fk->tables[i]
		       : NULL;
}

/* Until another one is added. */
static struct table *add_table(struct gm_sqlite_fk *fk, const char *name)
{
	size_t n = fk->names.n;
	size_t i = gm_sqlite_names_add(&fk->names, name);

	if (i == n) {
		GM_GROW(fk->tables, n, fk->cap_tables);
		memset(&fk->tables[i], 0, sizeof(fk->tables[i]));
		fk->tables[i].name = fk->names.v[i];
	}
	return &fk->tables[i];
}

/* Records what is wrong with a table now, unless that is known. */
static int watch(struct gm_sqlite_fk *fk, const char *name,
		 struct gm_error *err)
{
	struct gm_sqlite_record before = { 0 };
	struct table *table;
	int r = 0;

	if (find_watched(fk, name) || !gm_sqlite_knows_table(fk->db, name))
		return 0;
	if (!gm_sqlite_keys_rule_out(fk->keys, name))
		r = gm_sqlite_record_make(&before, fk->db, name, err);
	if (r) {
		gm_sqlite_record_release(&before);
		return r;
	}
	table = add_table(fk, name);
	table->is_watched = true;
	table->before = before;
	return 0;
}

static int add_name(void *context, const struct gm_value *columns, size_t n)
{
	(void)n;
	gm_strings_take(context, gm_value_to_text(&columns[0]));
	return 0;
}

/* Watches the tables that refer to `parent`; NULL: to any table. */
static int watch_children(struct gm_sqlite_fk *fk, const char *parent,
			  struct gm_error *err)
{
	struct gm_strings children = { 0 };
	size_t i;
	int r = gm_sqlite_keys_children(fk->keys, parent, &children, err);

	for (i = 0; i < children.n && !r; i++)
		r = watch(fk, children.v[i], err);
	gm_strings_release(&children);
	return r;
}

static int set_number(void *context, const struct gm_value *columns, size_t n)
{
	(void)n;
	*(int64_t *)context = gm_value_to_int(&columns[0]);
	return 0;
}

static int remember_altered(struct gm_sqlite_fk *fk, const char *table,
			    struct gm_error *err)
{
	char *name = gm_sqlite_quoted(table);
	char *sql = gm_format(
		"SELECT rootpage FROM main.sqlite_schema"
		" WHERE type = 'table' AND name = %s COLLATE NOCASE",
		name);
	int r;

	free(fk->altered);
	fk->altered = gm_strdup(table);
	fk->root_page = 0;
	r = gm_sqlite_run(fk->db, sql, set_number, &fk->root_page, err);
	free(sql);
	free(name);
	return r;
}

static void note_created(struct gm_sqlite_fk *fk, const char *name)
{
	struct table *table;

	/* CREATE TABLE IF NOT EXISTS, and it does. */
	if (gm_sqlite_knows_table(fk->db, name))
		return;
	table = add_table(fk, name);
	if (!table->is_watched)
		table->created = true;
	table->is_watched = true;
	table->rebuilt = true;
}

static int prepare_for(struct gm_sqlite_fk *fk, const struct note *note,
		       const char *sql, size_t len, struct gm_error *err)
{
	struct table *table;
	int r = 0;

	if (note->touch == GM_SQLITE_ANYTHING)
		return watch_children(fk, NULL, err);
	if (note->touch == GM_SQLITE_CREATE) {
		note_created(fk, note->table);
		return 0;
	}
	if (note->touch == GM_SQLITE_ALTER)
		r = remember_altered(fk, note->table, err);
	table = add_table(fk, note->table);
	/* What nothing referred to before can't lose anything. */
	if (r || table->created)
		return r;
	r = watch(fk, note->table, err);
	if (r || table->is_parent)
		return r;
	/* An INSERT that may also delete; rather once too often. */
	if (note->touch == GM_SQLITE_INSERT &&
	    !gm_sqlite_says(sql, len, "replace"))
		return 0;
	table->is_parent = true;
	return watch_children(fk, note->table, err);
}

int gm_sqlite_fk_before(struct gm_sqlite_fk *fk, const char *sql, size_t len,
			struct gm_error *err)
{
	size_t i;
	int r = 0;

	for (i = 0; i < fk->n_notes && !r; i++)
		r = prepare_for(fk, &fk->notes[i], sql, len, err);
	while (fk->n_notes)
		free(fk->notes[--fk->n_notes].table);
	return r;
}

/* What was known of a table is known of its new name; keys that point to
 * it follow, as SQLite lets them follow. */
static void rename_table(struct gm_sqlite_fk *fk, const char *from,
			 const char *to)
{
	bool is_taken = find_watched(fk, to) != NULL;
	struct table *table = add_table(fk, to);
	const struct table *old = find_watched(fk, from);
	size_t i;
	size_t j;

	if (is_taken) {
		table->rebuilt = true;
	} else if (old) {
		table->is_watched = true;
		table->before = gm_sqlite_record_copy(&old->before);
		table->created = old->created;
		table->rebuilt = old->rebuilt;
	}
	for (i = 0; i < fk->names.n; i++) {
		struct gm_sqlite_record *record = &fk->tables[i].before;

		for (j = 0; j < record->n; j++) {
			struct gm_sqlite_group *group = &record->groups[j];

			if (!group->parent || strcasecmp(group->parent, from))
				continue;
			free(group->parent);
			group->parent = gm_strdup(to);
		}
	}
}

int gm_sqlite_fk_ran(struct gm_sqlite_fk *fk, struct gm_error *err)
{
	struct gm_strings name = { 0 };
	char *sql;
	int r;

	if (!fk->altered)
		return 0;
	if (gm_sqlite_knows_table(fk->db, fk->altered)) {
		free(fk->altered);
		fk->altered = NULL;
		return 0;
	}
	sql = gm_format("SELECT name FROM main.sqlite_schema"
			" WHERE type = 'table' AND rootpage = %lld"
			" AND rootpage > 0",
			(long long)fk->root_page);
	r = gm_sqlite_run(fk->db, sql, add_name, &name, err);
	if (!r && name.n && strcasecmp(name.v[0], fk->altered))
		rename_table(fk, fk->altered, name.v[0]);
	free(fk->altered);
	fk->altered = NULL;
	gm_strings_release(&name);
	free(sql);
	return r;
}

/* What is found at the end. */
struct findings {
	struct gm_strbuf list;
	size_t n;
	size_t listed;
};

static void add_finding(struct findings *findings, const char *text)
{
	findings->n++;
	if (findings->listed == LISTED)
		return;
	findings->listed++;
	gm_strbuf_addf(&findings->list, "%s%s", findings->list.len ? "; " : "",
		       text);
}

/* The same key, as it was before; NULL where it is new. */
static const struct gm_sqlite_group *
find_group(const struct table *w, const struct gm_sqlite_group *now)
{
	size_t i;

	for (i = 0; i < w->before.n; i++) {
		const struct gm_sqlite_group *group = &w->before.groups[i];

		if (!w->rebuilt && group->index == now->index)
			return group;
		if (w->rebuilt && group->parent && now->parent &&
		    group->columns && now->columns &&
		    !strcasecmp(group->parent, now->parent) &&
		    !strcasecmp(group->columns, now->columns))
			return group;
	}
	return NULL;
}

static void compare_group(struct findings *findings, const struct table *w,
			  const struct gm_sqlite_group *now)
{
	const struct gm_sqlite_group none = { 0 };
	const struct gm_sqlite_group *was = find_group(w, now);
	size_t more = SIZE_MAX;
	size_t nameless;
	char *text;
	size_t i;

	if (!was)
		was = &none;
	/* In a rebuilt table the row ids may be others: only their number
	 * tells. */
	if (w->rebuilt)
		more = now->n > was->n ? now->n - was->n : 0;
	for (i = 0; i < now->n && more; i++) {
		if (gm_sqlite_group_has(was, now->rows[i]))
			continue;
		text = gm_format("row %lld of '%s' refers to no row of '%s'",
				 (long long)now->rows[i], w->name, now->parent);
		add_finding(findings, text);
		free(text);
		more--;
	}
	for (nameless = was->nameless; nameless < now->nameless; nameless++) {
		text = gm_format("a row of '%s' refers to no row of '%s'",
				 w->name, now->parent);
		add_finding(findings, text);
		free(text);
	}
}

static int compare(struct gm_sqlite_fk *fk, struct findings *findings,
		   const struct table *w, struct gm_error *err)
{
	struct gm_sqlite_record now;
	size_t i;
	int r;

	if (!w->is_watched || !gm_sqlite_knows_table(fk->db, w->name) ||
	    gm_sqlite_keys_rule_out(fk->keys, w->name))
		return 0;
	r = gm_sqlite_record_make(&now, fk->db, w->name, err);
	if (!r && now.mismatch && !w->before.mismatch)
		add_finding(findings, now.mismatch);
	/* Behind a mismatch SQLite can't see the rows: what shows once it is
	 * mended may be old. */
	for (i = 0; i < now.n && !r && !w->before.mismatch; i++)
		compare_group(findings, w, &now.groups[i]);
	gm_sqlite_record_release(&now);
	return r;
}

int gm_sqlite_fk_finish(struct gm_sqlite_fk *fk, struct gm_error *err)
{
	struct findings findings = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < fk->names.n && !r; i++)
		r = compare(fk, &findings, &fk->tables[i], err);
	if (!r && findings.n) {
		r = gm_error_set(err, GM_ESQL,
				 "the migration breaks foreign keys: %s",
				 findings.list.buf);
		if (err && findings.n > findings.listed) {
			char *all = gm_format("%s; and %zu more", err->message,
					      findings.n - findings.listed);

			free(err->message);
			err->message = all;
		}
		if (!fk->db->driver->in_transaction(fk->db))
			gm_error_hint(err,
				      "the statements ran outside a "
				      "transaction: what they broke is in the "
				      "database now");
		else if (gm_starts_with(findings.list.buf, GM_SQLITE_MISMATCH))
			gm_error_hint(err,
				      "what a foreign key refers to must be "
				      "there, and be the primary key or have "
				      "a unique index");
		else
			gm_error_hint(err,
				      "a table that is rebuilt must keep the "
				      "rows that other tables refer to");
	}
	gm_strbuf_release(&findings.list);
	gm_sqlite_fk_reset(fk);
	return r;
}
