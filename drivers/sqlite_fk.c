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

/* So many violations are listed. */
#define LISTED 10

/* A child table that is checked at the end. */
struct watched {
	char *name;
	unsigned hash;
	struct gm_sqlite_record before;
	/* Made by this migration: row ids and keys are not the old ones. */
	bool rebuilt;
	/* Not there before, under any name. */
	bool created;
};

/* A table that statements write. */
struct touched {
	char *name;
	unsigned hash;
	/* The tables that refer to it are watched too. */
	bool as_parent;
};

struct note {
	enum gm_sqlite_touch touch;
	char *table;
};

struct gm_sqlite_fk {
	struct gm_db *db;
	struct watched *watched;
	size_t n_watched;
	size_t cap_watched;
	struct touched *touched;
	size_t n_touched;
	size_t cap_touched;
	/* What the statement at hand does. */
	struct note *notes;
	size_t n_notes;
	size_t cap_notes;
	/* The table that it alters, or NULL, and the page that stays when
	 * the name changes. */
	char *altered;
	int64_t root_page;
};

struct gm_sqlite_fk *gm_sqlite_fk_new(struct gm_db *db)
{
	struct gm_sqlite_fk *fk = gm_calloc(1, sizeof(*fk));

	fk->db = db;
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
	drop_notes(fk);
	while (fk->n_watched) {
		struct watched *last = &fk->watched[--fk->n_watched];

		free(last->name);
		gm_sqlite_record_release(&last->before);
	}
	while (fk->n_touched)
		free(fk->touched[--fk->n_touched].name);
}

void gm_sqlite_fk_free(struct gm_sqlite_fk *fk)
{
	if (!fk)
		return;
	gm_sqlite_fk_reset(fk);
	free(fk->notes);
	free(fk->watched);
	free(fk->touched);
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

/* Of the name as SQLite folds it: a run in a single transaction makes many
 * tables, and most of them are another one. */
static unsigned hash_name(const char *name)
{
	unsigned hash = 5381;

	for (; *name; name++) {
		unsigned char c = (unsigned char)*name;

		hash = hash * 33 + (c >= 'A' && c <= 'Z' ? c + 32u : c);
	}
	return hash;
}

static struct watched *find_watched(struct gm_sqlite_fk *fk, const char *name)
{
	unsigned hash = hash_name(name);
	size_t i;

	for (i = 0; i < fk->n_watched; i++)
		if (fk->watched[i].hash == hash &&
		    !strcasecmp(fk->watched[i].name, name))
			return &fk->watched[i];
	return NULL;
}

static struct watched *add_watched(struct gm_sqlite_fk *fk, const char *name)
{
	struct watched *w;

	GM_GROW(fk->watched, fk->n_watched, fk->cap_watched);
	w = &fk->watched[fk->n_watched++];
	memset(w, 0, sizeof(*w));
	w->name = gm_strdup(name);
	w->hash = hash_name(name);
	return w;
}

static struct touched *touch(struct gm_sqlite_fk *fk, const char *name,
			     bool *is_new)
{
	unsigned hash = hash_name(name);
	struct touched *t;
	size_t i;

	*is_new = false;
	for (i = 0; i < fk->n_touched; i++)
		if (fk->touched[i].hash == hash &&
		    !strcasecmp(fk->touched[i].name, name))
			return &fk->touched[i];
	GM_GROW(fk->touched, fk->n_touched, fk->cap_touched);
	t = &fk->touched[fk->n_touched++];
	t->name = gm_strdup(name);
	t->hash = hash;
	t->as_parent = false;
	*is_new = true;
	return t;
}

/* Records what is wrong with a table now, unless that is known. */
static int watch(struct gm_sqlite_fk *fk, const char *table,
		 struct gm_error *err)
{
	struct gm_sqlite_record before;
	int r;

	if (find_watched(fk, table) || !gm_sqlite_knows_table(fk->db, table))
		return 0;
	r = gm_sqlite_record_make(&before, fk->db, table, err);
	if (r)
		gm_sqlite_record_release(&before);
	else
		add_watched(fk, table)->before = before;
	return r;
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
	char *name = gm_sqlite_quoted(parent ? parent : "");
	struct gm_strbuf sql = { 0 };
	size_t i;
	int r;

	/* The text is asked first, which is far cheaper than the keys. A
	 * name with quotes in it is written in more than one way there. */
	gm_strbuf_addf(&sql,
		       "SELECT DISTINCT t.name FROM main.sqlite_schema AS t,"
		       " pragma_foreign_key_list(t.name, 'main') AS k"
		       " WHERE t.type = 'table'"
		       " AND instr(lower(t.sql), lower(%s))",
		       parent && !strpbrk(parent, "\"'`[]") ? name
							    : "'references'");
	if (parent)
		gm_strbuf_addf(&sql, " AND lower(k.\"table\") = lower(%s)",
			       name);
	r = gm_sqlite_run(fk->db, sql.buf, add_name, &children, err);
	for (i = 0; i < children.n && !r; i++)
		r = watch(fk, children.v[i], err);
	gm_strings_release(&children);
	gm_strbuf_release(&sql);
	free(name);
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

static void note_created(struct gm_sqlite_fk *fk, const char *table)
{
	struct watched *w = find_watched(fk, table);

	/* CREATE TABLE IF NOT EXISTS, and it does. */
	if (gm_sqlite_knows_table(fk->db, table))
		return;
	if (!w) {
		w = add_watched(fk, table);
		w->created = true;
	}
	w->rebuilt = true;
}

/* An INSERT that may also delete; rather once too often. */
static bool says_replace(const char *sql, size_t len)
{
	size_t i;

	for (i = 0; i + 7 <= len; i++)
		if ((sql[i] | 0x20) == 'r' &&
		    !strncasecmp(sql + i, "replace", 7))
			return true;
	return false;
}

static int prepare_for(struct gm_sqlite_fk *fk, const struct note *note,
		       const char *sql, size_t len, struct gm_error *err)
{
	struct watched *w;
	struct touched *t;
	bool is_new;
	int r = 0;

	if (note->touch == GM_SQLITE_ANYTHING)
		return watch_children(fk, NULL, err);
	if (note->touch == GM_SQLITE_CREATE) {
		note_created(fk, note->table);
		return 0;
	}
	if (note->touch == GM_SQLITE_ALTER)
		r = remember_altered(fk, note->table, err);
	w = find_watched(fk, note->table);
	/* What nothing referred to before can't lose anything. */
	if (r || (w && w->created))
		return r;
	t = touch(fk, note->table, &is_new);
	if (is_new)
		r = watch(fk, note->table, err);
	if (r || t->as_parent)
		return r;
	if (note->touch == GM_SQLITE_INSERT && !says_replace(sql, len))
		return 0;
	t->as_parent = true;
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
	struct watched *old = find_watched(fk, from);
	struct watched *taken = find_watched(fk, to);
	size_t i;
	size_t j;

	if (taken) {
		taken->rebuilt = true;
	} else if (old) {
		struct gm_sqlite_record before = gm_sqlite_record_copy(
			&old->before);
		bool created = old->created;
		bool rebuilt = old->rebuilt;

		taken = add_watched(fk, to);
		taken->before = before;
		taken->created = created;
		taken->rebuilt = rebuilt;
	}
	for (i = 0; i < fk->n_watched; i++) {
		struct gm_sqlite_record *record = &fk->watched[i].before;

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
find_group(const struct watched *w, const struct gm_sqlite_group *now)
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

static void compare_group(struct findings *findings, const struct watched *w,
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
		   const struct watched *w, struct gm_error *err)
{
	struct gm_sqlite_record now;
	size_t i;
	int r;

	if (!gm_sqlite_knows_table(fk->db, w->name))
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

	for (i = 0; i < fk->n_watched && !r; i++)
		r = compare(fk, &findings, &fk->watched[i], err);
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
