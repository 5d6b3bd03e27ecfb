/*
 * Objects that get in each other's way though they aren't the same one. The
 * text of two sides tells little of what is between them, so all of it is a
 * perhaps.
 */
#include "base/strbuf.h"
#include "sql/clash.h"

static bool same_table(const struct gm_object *x, const struct gm_object *y)
{
	return x->owner && y->owner && !strcmp(x->owner, y->owner) &&
	       gm_same_schema(x, y);
}

static bool may_be_same_table(const struct gm_object *x,
			      const struct gm_object *y)
{
	return !x->owner || !y->owner || same_table(x, y);
}

/* An index, trigger or constraint may go with a table or a column that the
 * other side drops; one that is dropped by its name alone doesn't even tell
 * whose it is. */
static bool goes_along(const struct gm_object *x, const struct gm_object *y)
{
	bool index = x->kind == GM_OBJECT_INDEX;
	bool part = index || x->kind == GM_OBJECT_TRIGGER ||
		    x->kind == GM_OBJECT_CONSTRAINT;

	if (!part || !gm_goes(y) ||
	    (gm_goes(x) && (x->touches & GM_TOUCH_TOLERANT)) ||
	    !(x->touches & (DROP | ALTER | (index ? GM_TOUCH_USE : 0))))
		return false;
	if (y->kind == GM_OBJECT_COLUMN)
		return x->kind == GM_OBJECT_TRIGGER ? !x->owner
						    : may_be_same_table(x, y);
	return !x->owner &&
	       (y->kind == GM_OBJECT_TABLE || y->kind == GM_OBJECT_VIEW);
}

/* Nor does a trigger that is dropped tell whose rows it watches. */
static bool watches(const struct gm_object *x, const struct gm_object *y)
{
	return x->kind == GM_OBJECT_TRIGGER && !x->owner &&
	       (x->touches & (DROP | ALTER)) && (y->touches & ROWS);
}

/* Names that PostgreSQL makes up for what is no key. */
static bool is_no_key(const char *name)
{
	return gm_ends_with(name, "_fkey") || gm_ends_with(name, "_check");
}

/* Not every kind of table can be referred to by every other. */
static bool changes_the_engine(const struct gm_object *y)
{
	return y->kind == GM_OBJECT_SETTING &&
	       (!strcmp(y->name, "engine") || !strcmp(y->name, "truncate") ||
		!strcmp(y->name, "logged") || !strcmp(y->name, "unlogged"));
}

/* x is a key that a foreign key or an upsert needs; y may take it away. An
 * index that is dropped isn't the primary key. */
static bool takes_key(const struct gm_object *x, const struct gm_object *y)
{
	bool primary = !strcmp(x->name, GM_PRIMARY_KEY);
	bool own = !strcmp(x->name, GM_FOREIGN_KEY);

	if (x->kind != GM_OBJECT_CONSTRAINT || !(x->touches & GM_TOUCH_USE) ||
	    (!primary && !own && strcmp(x->name, GM_UNIQUE_KEY) != 0))
		return false;
	if (changes_the_engine(y))
		return same_table(x, y);
	if (!gm_goes(y))
		return false;
	if (y->kind == GM_OBJECT_INDEX)
		return own ? same_table(x, y)
			   : (!primary || !strcmp(y->name, "primary")) &&
				       may_be_same_table(x, y);
	return y->kind == GM_OBJECT_CONSTRAINT && same_table(x, y) &&
	       (own ? !strcmp(y->name, GM_PRIMARY_KEY) : !is_no_key(y->name));
}

/* A constraint may be an index of the same name. */
static bool is_its_index(const struct gm_footprint_rules *rules,
			 const struct gm_object *x, const struct gm_object *y)
{
	bool both = (x->touches & y->touches & CREATE) != 0;
	bool wide = !(rules->in_table & 1u << GM_OBJECT_INDEX);

	return x->kind == GM_OBJECT_CONSTRAINT && y->kind == GM_OBJECT_INDEX &&
	       !strcmp(x->name, y->name) &&
	       (may_be_same_table(x, y) || (both && wide)) &&
	       (both || ((x->touches | y->touches) & (DROP | ALTER)));
}

/* A key by its name, of rows that others refer to; and what refers to them. */
static bool is_row_id(const struct gm_object *x)
{
	return x->kind == GM_OBJECT_COLUMN && (x->touches & GM_TOUCH_UPDATE) &&
	       gm_ends_with(x->name, "id");
}

static bool makes_table(const struct gm_footprint *side, const char *name,
			const char *refers_to)
{
	bool made = false;
	bool refers = false;
	size_t i;

	for (i = 0; i < side->n; i++) {
		const struct gm_object *o = &side->v[i];

		if (o->kind != GM_OBJECT_TABLE)
			continue;
		made |= (o->touches & CREATE) && !strcmp(o->name, name);
		refers |= !strcmp(o->name, refers_to);
	}
	return made && !refers;
}

/* x takes rows away that a row of another table, which y brings, may refer
 * to: which foreign keys there were before isn't told. */
static bool takes_row(const struct gm_object *x, const struct gm_footprint *b,
		      const struct gm_object *y)
{
	const char *parent = x->owner ? x->owner : x->name;
	const char *child = y->owner ? y->owner : y->name;
	bool gone = x->kind == GM_OBJECT_TABLE &&
		    (x->touches & GM_TOUCH_DELETE) &&
		    !(x->touches & GM_TOUCH_INSERT);
	bool comes = y->kind == GM_OBJECT_TABLE &&
		     (y->touches & GM_TOUCH_INSERT);

	gone |= is_row_id(x) && !strchr(x->name, '_');
	return gone && (comes || is_row_id(y)) && strcmp(parent, child) != 0 &&
	       !makes_table(b, child, parent);
}

/* In a way that isn't one of `unlike`. */
static bool names_column(const struct gm_footprint *side, const char *table,
			 const char *name, size_t len, unsigned unlike)
{
	size_t i;

	for (i = 0; i < side->n; i++) {
		const struct gm_object *o = &side->v[i];

		if (o->kind == GM_OBJECT_COLUMN && o->owner &&
		    !(o->touches & unlike) && !strcmp(o->owner, table) &&
		    strlen(o->name) == len && !memcmp(o->name, name, len))
			return true;
	}
	return false;
}

/* x writes values that a new key of y refers to. */
static bool takes_value(const struct gm_object *x, const struct gm_footprint *b,
			const struct gm_object *y)
{
	return x->kind == GM_OBJECT_COLUMN && (x->touches & GM_TOUCH_UPDATE) &&
	       y->kind == GM_OBJECT_CONSTRAINT && (y->touches & GM_TOUCH_USE) &&
	       !strcmp(y->name, GM_UNIQUE_KEY) && same_table(x, y) &&
	       names_column(b, x->owner, x->name, strlen(x->name), 0);
}

/* The table is made by the very statement that says so of it. */
static bool is_made_along(const struct gm_footprint *side,
			  const struct gm_object *table)
{
	size_t i;

	for (i = 0; i < side->n; i++)
		if (side->v[i].kind == table->kind &&
		    (side->v[i].touches & CREATE) &&
		    !strcmp(side->v[i].name, table->name) &&
		    !strcmp(side->v[i].statement, table->statement))
			return true;
	return false;
}

/* x takes rows that a new foreign key of y, on rows that are there, may refer
 * to; or gives them other keys, by a name where y doesn't call them. */
static bool takes_referred(const struct gm_object *x,
			   const struct gm_footprint *b,
			   const struct gm_object *y)
{
	bool rows = x->kind == GM_OBJECT_TABLE &&
		    (x->touches & GM_TOUCH_DELETE);
	bool keys = is_row_id(x) && !strcmp(y->name, GM_PRIMARY_KEY);
	const char *table = rows ? x->name : x->owner;
	size_t i;

	if (!(rows || keys) || !table || y->kind != GM_OBJECT_CONSTRAINT ||
	    !(y->touches & GM_TOUCH_USE) || !y->owner ||
	    strcmp(table, y->owner) || !gm_same_schema(x, y))
		return false;
	for (i = 0; i < b->n; i++)
		if (b->v[i].kind == GM_OBJECT_TABLE &&
		    (b->v[i].touches & GM_TOUCH_GUARD) &&
		    b->v[i].line == y->line && !is_made_along(b, &b->v[i]))
			return true;
	return false;
}

/* t_c_seq may be that of the column c of the table t, by which rows of it are
 * counted. */
static bool is_its_sequence(const struct gm_object *x,
			    const struct gm_object *y)
{
	bool column = x->kind == GM_OBJECT_COLUMN;
	bool counts = (x->touches & y->touches & GM_TOUCH_INSERT) != 0;
	const char *table = column ? x->owner : x->name;
	const char *rest;

	if (y->kind != GM_OBJECT_SEQUENCE || !(gm_goes(x) || counts) ||
	    !table || (!column && x->kind != GM_OBJECT_TABLE) ||
	    !gm_starts_with(y->name, table))
		return false;
	rest = y->name + strlen(table);
	if (*rest != '_' || !gm_ends_with(rest, "_seq"))
		return false;
	return !column || !strncmp(rest + 1, x->name, strlen(x->name));
}

/* A value of an enum that gets another name may be in any text. */
static bool may_be_written(const struct gm_object *x, const struct gm_object *y)
{
	return x->kind == GM_OBJECT_VALUE && (x->touches & DROP) &&
	       y->kind != GM_OBJECT_VALUE && y->kind != GM_OBJECT_TYPE &&
	       (y->touches & (CREATE | ALTER | ROWS));
}

static bool makes(const struct gm_footprint *side, enum gm_object_kind kind,
		  const char *name)
{
	size_t i;

	for (i = 0; i < side->n; i++)
		if (side->v[i].kind == kind && (side->v[i].touches & CREATE) &&
		    !strcmp(side->v[i].name, name))
			return true;
	return false;
}

/* Rows may have values of a type that gets other attributes, or of a domain
 * that gets another check or default. */
static bool judges_values(const struct gm_footprint *a,
			  const struct gm_object *x, const struct gm_object *y)
{
	return x->kind == GM_OBJECT_TYPE && (x->touches & GM_TOUCH_GUARD) &&
	       y->kind == GM_OBJECT_TABLE &&
	       (y->touches & (GM_TOUCH_INSERT | GM_TOUCH_UPDATE)) &&
	       !makes(a, x->kind, x->name);
}

/* x is an attribute of a type that goes, and what y calls so may be it: what
 * type a column is of isn't told. */
static bool is_attribute(const struct gm_footprint *a,
			 const struct gm_object *x, const struct gm_object *y)
{
	bool all = gm_is_star(y) && !(y->touches & GM_TOUCH_UPDATE);
	size_t i;

	if (x->kind != GM_OBJECT_COLUMN || y->kind != x->kind || !x->owner ||
	    !(x->touches & DROP) || !(y->touches & PRESENT) ||
	    (strcmp(x->name, y->name) != 0 && !all))
		return false;
	for (i = 0; i < a->n; i++)
		if (a->v[i].kind == GM_OBJECT_TYPE &&
		    !strcmp(a->v[i].name, x->owner))
			return !makes(a, GM_OBJECT_TYPE, x->owner);
	return false;
}

/* Places in an enumeration that have two names: BEFORE 'b' may be AFTER 'a',
 * and that may be the last one. */
static bool same_place(const struct gm_object *x, const struct gm_object *y)
{
	bool after = x->kind == GM_OBJECT_SETTING && y->kind == x->kind &&
		     same_table(x, y) && gm_starts_with(x->name, "after ");

	return after && (!strcmp(y->name, GM_LAST) ||
			 (gm_starts_with(y->name, "before ") &&
			  strcmp(y->name + strlen("before "),
				 x->name + strlen("after ")) != 0));
}

/* The counters of all tables, by the tables' names. */
static bool writes_counters(const struct gm_footprint_rules *rules,
			    const struct gm_object *x,
			    const struct gm_object *y)
{
	return rules->counters && x->kind == GM_OBJECT_TABLE &&
	       (x->touches & ROWS) && !strcmp(x->name, rules->counters) &&
	       y->kind == GM_OBJECT_TABLE &&
	       (y->touches & (GM_TOUCH_INSERT | DROP));
}

/* Where its counter stands when a row is added. */
static bool counts(const struct gm_object *x, const struct gm_object *y)
{
	return x->kind == GM_OBJECT_SETTING && x->owner &&
	       !strcmp(x->name, "auto_increment") &&
	       y->kind == GM_OBJECT_TABLE && (y->touches & GM_TOUCH_INSERT) &&
	       !strcmp(x->owner, y->name);
}

/* "c default", where rows are added that don't say what c is. */
static bool fills_in(const struct gm_object *x, const struct gm_footprint *b,
		     const struct gm_object *y)
{
	return x->kind == GM_OBJECT_SETTING && x->owner &&
	       gm_ends_with(x->name, " default") &&
	       y->kind == GM_OBJECT_TABLE && (y->touches & GM_TOUCH_INSERT) &&
	       !strcmp(x->owner, y->name) &&
	       !names_column(b, x->owner, x->name,
			     strlen(x->name) - strlen(" default"),
			     GM_TOUCH_READ);
}

/* Foreign keys of two tables with one name, where names are the database's. */
static bool same_wide_name(unsigned flags, const struct gm_object *x,
			   const struct gm_object *y)
{
	return (flags & GM_WIDE_KEYS) && x->kind == GM_OBJECT_CONSTRAINT &&
	       y->kind == x->kind && (x->touches & y->touches & CREATE) &&
	       !strcmp(x->name, y->name) && !same_table(x, y) &&
	       strcmp(x->name, GM_PRIMARY_KEY) != 0 && gm_same_schema(x, y);
}

/* A copy of a table is made with what the other side changes of it. */
static bool is_copied(const struct gm_object *x, const struct gm_object *y)
{
	static const unsigned kinds = 1u << GM_OBJECT_INDEX |
				      1u << GM_OBJECT_CONSTRAINT |
				      1u << GM_OBJECT_SETTING;

	return x->kind == GM_OBJECT_SETTING && !strcmp(x->name, GM_COPIED) &&
	       gm_has_kind(kinds, y) &&
	       (y->touches & (CREATE | ALTER | DROP)) &&
	       (y->kind == GM_OBJECT_INDEX ? may_be_same_table(x, y)
					   : same_table(x, y));
}

/* A new table's columns have defaults as those that they are made of, and are
 * NOT NULL where these were in a primary key. */
static bool takes_shape(const struct gm_object *x, const struct gm_object *y)
{
	return x->kind == GM_OBJECT_SETTING && !strcmp(x->name, GM_SHAPE) &&
	       same_table(x, y) &&
	       ((y->kind == GM_OBJECT_CONSTRAINT && (y->touches & CREATE) &&
		 !strcmp(y->name, GM_PRIMARY_KEY)) ||
		(y->kind == GM_OBJECT_SETTING &&
		 gm_ends_with(y->name, " default")));
}

/* What a column is like is passed on to its heirs whenever it is set, but for
 * its statistics; a constraint, but for rows that it isn't held against. */
static bool is_inherited(const struct gm_object *x, const struct gm_object *y)
{
	bool told = y->kind == GM_OBJECT_SETTING &&
		    gm_ends_with(y->name, " statistics");

	return x->kind == GM_OBJECT_SETTING && !strcmp(x->name, GM_INHERITED) &&
	       same_table(x, y) && (told || y->kind == GM_OBJECT_CONSTRAINT) &&
	       (y->touches & (CREATE | ALTER));
}

/* The table's character set is that of columns that don't say theirs. */
static bool sets_letters(const struct gm_object *x, const struct gm_object *y)
{
	return x->kind == GM_OBJECT_SETTING && (x->touches & ALTER) &&
	       (!strcmp(x->name, "default") || !strcmp(x->name, "character")) &&
	       y->kind == GM_OBJECT_COLUMN && same_table(x, y) &&
	       (y->touches & (CREATE | ALTER));
}

/* Who owns a table has every right there is. */
static bool owns(const struct gm_object *x, const struct gm_object *y)
{
	return x->kind == GM_OBJECT_SETTING && !strcmp(x->name, "owner") &&
	       y->kind == GM_OBJECT_GRANT && same_table(x, y);
}

/* A name that the database makes up has a number behind it where the name is
 * taken, and the other side has such a name. */
static bool is_numbered(const struct gm_object *x, const struct gm_object *y)
{
	const char *rest;

	if (!(x->touches & GM_TOUCH_IMPLIED) ||
	    !(y->touches & (CREATE | DROP)) || y->kind == GM_OBJECT_COLUMN ||
	    !gm_starts_with(y->name, x->name))
		return false;
	/* t_a_key1 is PostgreSQL's, a_2 MariaDB's. */
	rest = y->name + strlen(x->name);
	rest += *rest == '_';
	return *rest && !rest[strspn(rest, "0123456789")];
}

/* By its name, c is a partition of p: p_2024_01, p1, p_default. */
static bool is_part_of(const char *c, const char *p)
{
	const char *rest = c + strlen(p);

	return gm_starts_with(c, p) && *rest &&
	       (strpbrk(rest, "0123456789") || !strcmp(rest, "_default"));
}

/* By its name, v is a view of t: v_users, users_view. */
static bool is_view_of(const char *v, const char *t)
{
	static const char *const marks[] = { "v", "vw", "view", NULL };
	size_t len = strlen(t);
	size_t i;

	for (i = 0; marks[i]; i++) {
		size_t mark = strlen(marks[i]);

		if (strlen(v) == mark + 1 + len &&
		    ((gm_starts_with(v, marks[i]) && v[mark] == '_' &&
		      !strcmp(v + mark + 1, t)) ||
		     (gm_starts_with(v, t) && v[len] == '_' &&
		      !strcmp(v + len + 1, marks[i]))))
			return true;
	}
	return false;
}

static bool is_of(unsigned flags, const char *c, const char *p)
{
	return is_view_of(c, p) ||
	       ((flags & GM_PARTITIONS) && is_part_of(c, p));
}

/* The rows and the columns of a partition, or of a view, are its table's. */
static bool is_in_part(unsigned flags, const struct gm_object *x,
		       const struct gm_object *y)
{
	bool column = x->kind == GM_OBJECT_COLUMN;
	unsigned writes = column ? GM_TOUCH_UPDATE
				 : GM_TOUCH_INSERT | GM_TOUCH_DELETE;
	const char *table = x->owner ? x->owner : x->name;
	const char *other = y->owner ? y->owner : y->name;
	bool touched = false;

	/* Names come last, for this is asked of each with each. */
	if (x->kind != y->kind)
		return false;
	if (x->kind == GM_OBJECT_INDEX)
		touched = (x->touches & y->touches & CREATE) != 0;
	else if (column || x->kind == GM_OBJECT_TABLE)
		touched = ((x->touches & DROP) && (y->touches & PRESENT)) ||
			  ((x->touches & writes) &&
			   (y->touches & (ROWS | SEEN)));
	if (!touched || (column && strcmp(x->name, y->name) != 0 &&
			 !gm_is_star(x) && !gm_is_star(y)))
		return false;
	return gm_same_schema(x, y) &&
	       (is_of(flags, table, other) || is_of(flags, other, table));
}

static bool clashes(const struct gm_footprint *a, const struct gm_object *x,
		    const struct gm_footprint *b, const struct gm_object *y)
{
	unsigned flags = b->dialect->footprint->flags;

	return goes_along(x, y) || watches(x, y) || takes_key(x, y) ||
	       is_its_index(b->dialect->footprint, x, y) ||
	       takes_row(x, b, y) || takes_value(x, b, y) ||
	       takes_referred(x, b, y) || is_its_sequence(x, y) ||
	       may_be_written(x, y) || counts(x, y) || judges_values(a, x, y) ||
	       is_attribute(a, x, y) || same_place(x, y) ||
	       writes_counters(b->dialect->footprint, x, y) ||
	       fills_in(x, b, y) || same_wide_name(flags, x, y) ||
	       is_copied(x, y) || takes_shape(x, y) || is_inherited(x, y) ||
	       owns(x, y) || sets_letters(x, y) || is_numbered(x, y) ||
	       is_in_part(flags, x, y);
}

/* Most of what a migration does is to make something or to use a table: that
 * is in nobody's way from afar. */
static bool reaches(const struct gm_object *x)
{
	static const unsigned kinds = 1u << GM_OBJECT_INDEX |
				      1u << GM_OBJECT_TRIGGER |
				      1u << GM_OBJECT_CONSTRAINT |
				      1u << GM_OBJECT_VALUE |
				      1u << GM_OBJECT_TYPE |
				      1u << GM_OBJECT_SETTING;

	return gm_has_kind(kinds, x) ||
	       (x->touches & (DROP | ROWS | GM_TOUCH_IMPLIED));
}

enum gm_clash gm_clash_apart(const struct gm_footprint *a,
			     const struct gm_object *x,
			     const struct gm_footprint *b,
			     const struct gm_object *y)
{
	if ((reaches(x) && clashes(a, x, b, y)) ||
	    (reaches(y) && clashes(b, y, a, x)))
		return GM_CLASH_MAYBE;
	return GM_CLASH_NONE;
}
