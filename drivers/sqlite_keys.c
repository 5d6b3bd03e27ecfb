/*
 * To ask SQLite which tables refer to another is to read the text of all
 * tables, and a migration that drops thousands would do so before each. What
 * was read counts as long as SQLite's number of the schema is the same. It
 * goes up with each change, and down again where one is taken back: so it is
 * looked at after each statement, and what is taken back otherwise is told.
 */
#include "sqlite_keys.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "sqlite.h"
#include "sqlite_names.h"

/* A table that refers to others, or did. */
struct child {
	/* What was known before it was last looked at doesn't count. */
	size_t generation;
	bool has_keys;
};

struct reference {
	size_t child;
	size_t generation;
};

/* The tables that refer to one; some may be there more than once. */
struct parent {
	struct reference *v;
	size_t n;
	size_t cap;
};

struct gm_sqlite_keys {
	struct gm_db *db;
	bool is_known;
	/* The schema's number that it is known for. */
	int64_t schema;
	struct gm_sqlite_names children;
	struct child *child;
	size_t cap_child;
	struct gm_sqlite_names parents;
	struct parent *parent;
	size_t cap_parent;
	/* Of the statement at hand. */
	enum gm_sqlite_effect effect;
	char *table;
};

struct gm_sqlite_keys *gm_sqlite_keys_new(struct gm_db *db)
{
	struct gm_sqlite_keys *keys = gm_calloc(1, sizeof(*keys));

	keys->db = db;
	return keys;
}

void gm_sqlite_keys_forget(struct gm_sqlite_keys *keys)
{
	size_t i;

	keys->is_known = false;
	for (i = 0; i < keys->parents.n; i++)
		free(keys->parent[i].v);
	gm_sqlite_names_release(&keys->parents);
	gm_sqlite_names_release(&keys->children);
}

void gm_sqlite_keys_begin(struct gm_sqlite_keys *keys)
{
	keys->effect = GM_SQLITE_NO_EFFECT;
	free(keys->table);
	keys->table = NULL;
}

void gm_sqlite_keys_free(struct gm_sqlite_keys *keys)
{
	if (!keys)
		return;
	gm_sqlite_keys_begin(keys);
	gm_sqlite_keys_forget(keys);
	free(keys->child);
	free(keys->parent);
	free(keys);
}

void gm_sqlite_keys_note(struct gm_sqlite_keys *keys,
			 enum gm_sqlite_effect effect, const char *table)
{
	/* Two tables at once: nothing that SQL of today does. */
	if (table && keys->table &&
	    (effect != keys->effect || strcasecmp(table, keys->table) != 0))
		effect = GM_SQLITE_ANY_EFFECT;
	if (effect > keys->effect)
		keys->effect = effect;
	if (table && !keys->table)
		keys->table = gm_strdup(table);
}

static size_t add_child(struct gm_sqlite_keys *keys, const char *name)
{
	size_t before = keys->children.n;
	size_t i = gm_sqlite_names_add(&keys->children, name);

	if (i == before) {
		size_t n = before;

		GM_GROW(keys->child, n, keys->cap_child);
		memset(&keys->child[i], 0, sizeof(keys->child[i]));
	}
	return i;
}

static struct parent *add_parent(struct gm_sqlite_keys *keys, const char *name)
{
	size_t before = keys->parents.n;
	size_t i = gm_sqlite_names_add(&keys->parents, name);

	if (i == before) {
		size_t n = before;

		GM_GROW(keys->parent, n, keys->cap_parent);
		memset(&keys->parent[i], 0, sizeof(keys->parent[i]));
	}
	return &keys->parent[i];
}

/* Columns: child, parent. */
static int add_key(void *context, const struct gm_value *columns, size_t n)
{
	struct gm_sqlite_keys *keys = context;
	char *name = gm_value_to_text(&columns[0]);
	char *to = gm_value_to_text(&columns[1]);
	size_t child = add_child(keys, name);
	struct parent *parent = add_parent(keys, to);
	struct reference *last;

	(void)n;
	keys->child[child].has_keys = true;
	GM_GROW(parent->v, parent->n, parent->cap);
	last = &parent->v[parent->n++];
	last->child = child;
	last->generation = keys->child[child].generation;
	free(name);
	free(to);
	return 0;
}

/* The text is asked first, which is far cheaper than the keys. */
static int read_all(struct gm_sqlite_keys *keys, struct gm_error *err)
{
	int r;

	gm_sqlite_keys_forget(keys);
	r = gm_sqlite_run(keys->db,
			  "SELECT t.name, k.\"table\""
			  " FROM main.sqlite_schema AS t,"
			  " pragma_foreign_key_list(t.name, 'main') AS k"
			  " WHERE t.type = 'table'"
			  " AND instr(lower(t.sql), 'references')",
			  add_key, keys, err);
	if (!r)
		r = gm_sqlite_schema_number(keys->db, &keys->schema, err);
	keys->is_known = !r;
	return r;
}

/* What was known of the table doesn't count any more. */
static void drop_table(struct gm_sqlite_keys *keys, const char *table)
{
	size_t i = gm_sqlite_names_find(&keys->children, table);

	if (i == GM_SQLITE_NO_NAME)
		return;
	keys->child[i].generation++;
	keys->child[i].has_keys = false;
}

static int read_table(struct gm_sqlite_keys *keys, const char *table,
		      struct gm_error *err)
{
	char *name = gm_sqlite_quoted(table);
	char *sql = gm_format("SELECT %s, \"table\""
			      " FROM pragma_foreign_key_list(%s, 'main')",
			      name, name);
	int r;

	drop_table(keys, table);
	r = gm_sqlite_run(keys->db, sql, add_key, keys, err);
	free(sql);
	free(name);
	return r;
}

static int follow(struct gm_sqlite_keys *keys, const char *sql, size_t len,
		  struct gm_error *err)
{
	switch (keys->effect) {
	case GM_SQLITE_DROPS:
		drop_table(keys, keys->table);
		return 0;
	case GM_SQLITE_CREATES:
		return gm_sqlite_says(sql, len, "references")
			       ? read_table(keys, keys->table, err)
			       : 0;
	case GM_SQLITE_ALTERS:
		/* Renamed: those that refer to it are others now, too. */
		if (!gm_sqlite_knows_table(keys->db, keys->table))
			gm_sqlite_keys_forget(keys);
		return keys->is_known ? read_table(keys, keys->table, err) : 0;
	default:
		return 0;
	}
}

int gm_sqlite_keys_ran(struct gm_sqlite_keys *keys, const char *sql, size_t len,
		       struct gm_error *err)
{
	int64_t before = keys->schema;
	int r;

	if (keys->effect == GM_SQLITE_ANY_EFFECT)
		gm_sqlite_keys_forget(keys);
	if (!keys->is_known)
		return 0;
	r = gm_sqlite_schema_number(keys->db, &keys->schema, err);
	if (!r)
		r = follow(keys, sql, len, err);
	if (r || (!keys->effect && keys->schema != before))
		gm_sqlite_keys_forget(keys);
	return r;
}

/* Whether what is known is so. */
static int is_current(struct gm_sqlite_keys *keys, struct gm_error *err)
{
	int64_t schema;
	int r;

	if (!keys->is_known)
		return 0;
	r = gm_sqlite_schema_number(keys->db, &schema, err);
	return r < 0 ? r : schema == keys->schema;
}

int gm_sqlite_keys_children(struct gm_sqlite_keys *keys, const char *parent,
			    struct gm_strings *out, struct gm_error *err)
{
	int r = is_current(keys, err);
	size_t i;
	size_t k;

	if (!r)
		r = read_all(keys, err);
	if (r < 0)
		return r;
	for (i = 0; !parent && i < keys->children.n; i++)
		if (keys->child[i].has_keys)
			gm_strings_add(out, keys->children.v[i]);
	i = parent ? gm_sqlite_names_find(&keys->parents, parent)
		   : GM_SQLITE_NO_NAME;
	for (k = 0; i != GM_SQLITE_NO_NAME && k < keys->parent[i].n; k++) {
		const struct reference *from = &keys->parent[i].v[k];

		if (keys->child[from->child].generation == from->generation)
			gm_strings_add(out, keys->children.v[from->child]);
	}
	return 0;
}

bool gm_sqlite_keys_rule_out(struct gm_sqlite_keys *keys, const char *table)
{
	size_t i;

	if (is_current(keys, NULL) <= 0)
		return false;
	i = gm_sqlite_names_find(&keys->children, table);
	return i == GM_SQLITE_NO_NAME || !keys->child[i].has_keys;
}
