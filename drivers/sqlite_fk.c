/*
 * Foreign keys under migrations. Enforcement is off while one runs, for with
 * it a table that is rebuilt would take its children's rows along. So what
 * is broken afterwards, in the tables that were touched and those that refer
 * to them, is counted against what was broken before.
 */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/alloc.h"
#include "sqlite.h"

/* How many broken rows a message lists. */
#define MOST_LISTED 10

struct table {
	char *name;
	enum gm_sqlite_touch touch;
	/* Made by this migration: nothing was broken in it before. */
	bool is_new;
	/* Touched, and not looked at yet. */
	bool fresh;
	/* In the set of tables that are compared at the end. */
	bool compared;
	size_t broken_before;
	bool mismatch_before;
};

struct gm_sqlite_fk {
	struct gm_db *db;
	struct table *v;
	size_t n;
	size_t cap;
	bool has_fresh;
};

struct gm_sqlite_fk *gm_sqlite_fk_new(struct gm_db *db)
{
	struct gm_sqlite_fk *fk = gm_calloc(1, sizeof(*fk));

	fk->db = db;
	return fk;
}

void gm_sqlite_fk_reset(struct gm_sqlite_fk *fk)
{
	size_t i;

	for (i = 0; i < fk->n; i++)
		free(fk->v[i].name);
	fk->n = 0;
	fk->has_fresh = false;
}

void gm_sqlite_fk_free(struct gm_sqlite_fk *fk)
{
	if (!fk)
		return;
	gm_sqlite_fk_reset(fk);
	free(fk->v);
	free(fk);
}

/* The table's entry, made where it is missing; names fold as SQLite's do. */
static struct table *entry(struct gm_sqlite_fk *fk, const char *name)
{
	size_t i;

	for (i = fk->n; i-- > 0;)
		if (!strcasecmp(fk->v[i].name, name))
			return &fk->v[i];
	GM_GROW(fk->v, fk->n, fk->cap);
	memset(&fk->v[fk->n], 0, sizeof(*fk->v));
	fk->v[fk->n].name = gm_strdup(name);
	return &fk->v[fk->n++];
}

void gm_sqlite_fk_note(struct gm_sqlite_fk *fk, enum gm_sqlite_touch touch,
		       const char *table)
{
	struct table *t;

	if (!strncasecmp(table, "sqlite_", 7))
		return;
	t = entry(fk, table);
	if (touch == GM_SQLITE_CREATE && !t->touch)
		t->is_new = true;
	if (touch <= t->touch)
		return;
	t->touch = touch;
	if (!t->is_new) {
		t->fresh = true;
		fk->has_fresh = true;
	}
}

/* What one foreign_key_check finds. */
struct damage {
	size_t broken;
	/* The check itself was refused: a key that fits no parent's key. */
	bool mismatch;
	/* Collects descriptions, up to MOST_LISTED, where it isn't NULL. */
	struct gm_strbuf *list;
	size_t listed;
};

static int add_broken(void *context, const struct gm_value *c, size_t n)
{
	struct damage *damage = context;
	char *row = gm_value_to_text(&c[1]);
	char *child = gm_value_to_text(&c[0]);
	char *parent = gm_value_to_text(&c[2]);

	(void)n;
	damage->broken++;
	if (damage->list && damage->listed < MOST_LISTED) {
		damage->listed++;
		gm_strbuf_addf(damage->list,
			       "\n  table '%s', row %s: no such row in '%s'",
			       child, row ? row : "(without rowid)", parent);
	}
	free(row);
	free(child);
	free(parent);
	return 0;
}

static int check(struct gm_sqlite_fk *fk, const char *table,
		 struct damage *damage, struct gm_error *err)
{
	struct gm_value name = gm_value_text(table);
	struct gm_error own = { 0 };
	int ret = fk->db->driver->query(fk->db,
					"SELECT \"table\", rowid, parent"
					" FROM pragma_foreign_key_check(?)",
					&name, 1, add_broken, damage, &own);

	if (ret == GM_ESQL && strstr(own.message, "foreign key mismatch")) {
		damage->mismatch = true;
		if (damage->list)
			gm_strbuf_addf(damage->list, "\n  %s", own.message);
		ret = 0;
	} else if (ret == GM_ESQL && strstr(own.message, "no such table")) {
		/* Dropped, or renamed, since it was first looked at. */
		ret = 0;
	} else if (ret < 0 && err) {
		gm_error_release(err);
		*err = own;
		return ret;
	}
	gm_error_release(&own);
	return ret;
}

static int count_row(void *context, const struct gm_value *columns, size_t n)
{
	(void)columns;
	(void)n;
	++*(size_t *)context;
	return 0;
}

static int has_keys(struct gm_sqlite_fk *fk, const char *table,
		    struct gm_error *err)
{
	struct gm_value name = gm_value_text(table);
	size_t count = 0;
	int ret = fk->db->driver->query(
		fk->db, "SELECT 1 FROM pragma_foreign_key_list(?) LIMIT 1",
		&name, 1, count_row, &count, err);

	return ret < 0 ? ret : count > 0;
}

static int add_name(void *context, const struct gm_value *columns, size_t n)
{
	(void)n;
	gm_strings_take(context, gm_value_to_text(&columns[0]));
	return 0;
}

/* The tables whose rows a change of this one can orphan: those that refer
 * to it, and itself where it refers to others. */
static int concerned(struct gm_sqlite_fk *fk, const struct table *t,
		     struct gm_strings *out, struct gm_error *err)
{
	struct gm_value name = gm_value_text(t->name);
	int ret = has_keys(fk, t->name, err);

	if (ret > 0)
		gm_strings_add(out, t->name);
	if (ret < 0 || (t->touch == GM_SQLITE_INSERT && !t->is_new) ||
	    (t->touch == GM_SQLITE_CREATE && t->is_new))
		return ret < 0 ? ret : 0;
	return fk->db->driver->query(
		fk->db,
		"SELECT m.name FROM sqlite_schema AS m,"
		" pragma_foreign_key_list(m.name) AS f"
		" WHERE m.type = 'table' AND f.\"table\" = ? COLLATE NOCASE",
		&name, 1, add_name, out, err);
}

int gm_sqlite_fk_before(struct gm_sqlite_fk *fk, struct gm_error *err)
{
	struct gm_strings names = { 0 };
	size_t n = fk->n;
	size_t i;
	int ret = 0;

	if (!fk->has_fresh)
		return 0;
	fk->has_fresh = false;
	for (i = 0; !ret && i < n; i++) {
		if (!fk->v[i].fresh)
			continue;
		fk->v[i].fresh = false;
		ret = concerned(fk, &fk->v[i], &names, err);
	}
	for (i = 0; !ret && i < names.n; i++) {
		struct table *t = entry(fk, names.v[i]);
		struct damage damage = { 0 };

		if (t->compared || t->is_new)
			continue;
		ret = check(fk, t->name, &damage, err);
		t->compared = true;
		t->broken_before = damage.broken;
		t->mismatch_before = damage.mismatch;
	}
	gm_strings_release(&names);
	return ret;
}

static int compare(struct gm_sqlite_fk *fk, const char *name,
		   struct gm_strbuf *list, struct gm_error *err)
{
	struct table *t = entry(fk, name);
	struct damage damage = { 0 };
	int ret = check(fk, t->name, &damage, err);

	if (ret < 0)
		return ret;
	if (damage.broken <= t->broken_before &&
	    (!damage.mismatch || t->mismatch_before))
		return 0;
	damage.list = list;
	return check(fk, t->name, &damage, err);
}

int gm_sqlite_fk_finish(struct gm_sqlite_fk *fk, struct gm_error *err)
{
	struct gm_strings names = { 0 };
	struct gm_strbuf list = { 0 };
	size_t n = fk->n;
	size_t i;
	int ret = 0;

	for (i = 0; !ret && i < n; i++) {
		if (fk->v[i].compared)
			gm_strings_add(&names, fk->v[i].name);
		if (fk->v[i].touch)
			ret = concerned(fk, &fk->v[i], &names, err);
	}
	gm_strings_sort(&names);
	for (i = 0; !ret && i < names.n; i++)
		if (!i || strcmp(names.v[i], names.v[i - 1]))
			ret = compare(fk, names.v[i], &list, err);
	if (!ret && list.len)
		ret = gm_error_set(err, GM_ESQL,
				   "the migration breaks foreign keys:%s",
				   gm_strbuf_str(&list));
	gm_strbuf_release(&list);
	gm_strings_release(&names);
	return ret;
}
