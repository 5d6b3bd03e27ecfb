/*
 * Footprints held against SQLite: what its authorizer is asked for is in the
 * footprint; and pairs of scripts, run in both orders, break or differ only
 * where the verdict isn't that they are independent.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/alloc.h"
#include "sql/footprint_breaks.h"
#include "tests/unit/footprint_text.h"
#include "tests/unit/scratch_db.h"

/* What stands before the two sides fork. */
static const char base[] =
	"CREATE TABLE users (id INTEGER PRIMARY KEY, email TEXT, name TEXT);"
	"CREATE TABLE posts (id INTEGER PRIMARY KEY, user_id INTEGER, "
	"title TEXT, body TEXT);"
	"CREATE TABLE teams (id INTEGER PRIMARY KEY, label TEXT);"
	"CREATE INDEX users_name ON users (name);"
	"CREATE VIEW emails AS SELECT id, email FROM users;"
	"CREATE TRIGGER post_added AFTER INSERT ON posts BEGIN "
	"UPDATE posts SET body = title WHERE id = NEW.id; END;"
	"CREATE TABLE tags (id INTEGER PRIMARY KEY, slug TEXT, note TEXT);"
	"CREATE UNIQUE INDEX tags_slug ON tags (slug);"
	"CREATE TABLE marks (id INTEGER PRIMARY KEY, "
	"tag_id INTEGER REFERENCES tags (id));"
	"CREATE TABLE prefs (key TEXT, value TEXT);"
	"CREATE TABLE units (id INTEGER, label TEXT);"
	"CREATE UNIQUE INDEX units_uk ON units (id);"
	"INSERT INTO tags VALUES (1, 'r', 'x'), (2, 'b', 'y');"
	"INSERT INTO prefs VALUES ('a', '1');"
	"INSERT INTO users VALUES (1, 'a@x', 'ann'), (2, 'b@x', 'bob');"
	"INSERT INTO posts VALUES (1, 1, 'one', NULL);"
	"INSERT INTO teams VALUES (1, 'red'), (2, 'blue');";

/* `$t` and `$c` stand for a table and one of its columns. */
static const char *const templates[] = {
	"ALTER TABLE $t ADD COLUMN extra TEXT",
	"ALTER TABLE $t ADD COLUMN copy TEXT AS (upper($c))",
	"ALTER TABLE $t DROP COLUMN $c",
	"ALTER TABLE $t RENAME COLUMN $c TO other",
	"ALTER TABLE $t RENAME TO renamed",
	"DROP TABLE $t",
	"CREATE INDEX by_$c ON $t ($c)",
	"CREATE UNIQUE INDEX one_$c ON $t ($c)",
	"CREATE VIEW seen AS SELECT $c FROM $t",
	"CREATE VIEW all_$t AS SELECT * FROM $t",
	"CREATE TABLE log (id INTEGER PRIMARY KEY, $c TEXT, "
	"ref INTEGER REFERENCES $t (id))",
	"CREATE TABLE IF NOT EXISTS kept (id INTEGER PRIMARY KEY)",
	"CREATE TABLE $c_copy AS SELECT $c FROM $t",
	"CREATE TRIGGER on_$c AFTER UPDATE OF $c ON $t BEGIN "
	"UPDATE teams SET label = NEW.$c; END",
	"INSERT INTO $t ($c) VALUES (9)",
	"INSERT INTO $t SELECT id + 7, * FROM (SELECT $c FROM $t)",
	"UPDATE $t SET $c = $c || '-x'",
	"UPDATE $t SET $c = (SELECT max(label) FROM teams)",
	"DELETE FROM $t WHERE $c IS NULL",
	"DROP INDEX IF EXISTS users_name",
	"DROP VIEW emails",
	"DROP TRIGGER post_added",
	"DROP VIEW emails; ALTER TABLE users DROP COLUMN email",
	"CREATE TABLE new_$t AS SELECT * FROM $t; DROP TABLE $t; "
	"ALTER TABLE new_$t RENAME TO $t",

	/* Keys that an upsert or a foreign key needs. */
	"INSERT INTO tags (slug) VALUES ('n') ON CONFLICT (slug) DO NOTHING",
	"INSERT INTO tags (slug) VALUES ('r') ON CONFLICT (slug) "
	"DO UPDATE SET slug = excluded.slug || tags.note",
	"CREATE TABLE tagged (slug TEXT REFERENCES tags (slug)); "
	"INSERT INTO tagged VALUES ('r')",
	"DROP INDEX tags_slug",
	"ALTER TABLE tags DROP COLUMN note",
	"UPDATE tags INDEXED BY tags_slug SET note = 'z' WHERE slug = 'r'",
	"REINDEX tags_slug",
	/* Rows that others refer to. */
	"DELETE FROM tags WHERE id = 2",
	"UPDATE tags SET id = 100 WHERE id = 2",
	"INSERT INTO marks (tag_id) VALUES (2)",
	/* Columns that may be another table's. */
	"INSERT INTO teams (label) SELECT title FROM posts JOIN users ON "
	"users.id = user_id",
	"INSERT INTO teams (label) SELECT posts.title FROM posts JOIN users "
	"ON users.id = posts.user_id",
	"CREATE VIEW joined AS SELECT title FROM posts JOIN users ON "
	"users.id = user_id",
	"CREATE VIEW common AS SELECT count(*) FROM posts NATURAL JOIN users",
	"UPDATE users SET name = (SELECT title FROM posts WHERE "
	"user_id = users.id AND email IS NOT NULL)",
	"INSERT INTO teams (label) SELECT name AS email FROM users "
	"ORDER BY email",
	"ALTER TABLE users ADD COLUMN title TEXT",
	"ALTER TABLE posts ADD COLUMN email TEXT",
	/* Tables that are there for a while. */
	"CREATE TABLE tmp (id INTEGER PRIMARY KEY, label TEXT); "
	"INSERT INTO tmp SELECT id, label FROM teams; DROP TABLE teams; "
	"ALTER TABLE tmp RENAME TO teams",
	"CREATE TABLE tmp (id INTEGER PRIMARY KEY, slug TEXT, note TEXT); "
	"INSERT INTO tmp SELECT id, slug, note FROM tags; DROP TABLE tags; "
	"ALTER TABLE tmp RENAME TO tags",
	"CREATE TABLE tmp (x); INSERT INTO tmp SELECT id FROM users; "
	"DROP TABLE tmp",
	"CREATE TEMP TABLE tmp (x); INSERT INTO tmp SELECT id FROM users; "
	"UPDATE teams SET label = 'x' WHERE id IN (SELECT x FROM tmp); "
	"DROP TABLE tmp",
	"CREATE TABLE tmp (kept)",
	"ALTER TABLE teams RENAME TO aside; ALTER TABLE aside RENAME TO teams",
	/* What may be there already. */
	"CREATE TABLE IF NOT EXISTS teams (id INTEGER PRIMARY KEY)",
	"CREATE TABLE IF NOT EXISTS prefs (key TEXT, value TEXT); "
	"INSERT INTO prefs (key, value) VALUES ('b', '2')",
	"CREATE INDEX IF NOT EXISTS users_name ON users (name)",
	"DROP INDEX IF EXISTS users_name; "
	"CREATE INDEX users_name ON users (name, email)",
	"ALTER TABLE prefs RENAME TO old; CREATE TABLE prefs (key TEXT, "
	"value TEXT); INSERT INTO prefs SELECT key, value FROM old; "
	"DROP TABLE old",
	/* A column that is called like a keyword. */
	"ALTER TABLE prefs RENAME COLUMN key TO k",
	"UPDATE prefs SET value = 'x' WHERE key = 'a'",
	"CREATE INDEX prefs_value ON prefs (value) WHERE key = 'a'",
	/* Keys that aren't what they look like. */
	"CREATE TABLE united (unit INTEGER REFERENCES units (id)); "
	"INSERT INTO united VALUES (NULL)",
	"DROP INDEX units_uk",
	"UPDATE OR IGNORE units SET id = 1",
	/* Rows as they were. */
	"CREATE TABLE kept_$t AS SELECT * FROM $t",
	/* What is made along with a table. */
	"CREATE VIRTUAL TABLE found USING fts5 (title, content = 'posts')",
	"CREATE TABLE found_data (x)",
	"PRAGMA user_version = 3",
	"PRAGMA user_version = 4",
};

static const struct {
	const char *table;
	const char *column;
} columns[] = {
	{ "users", "name" },
	{ "users", "email" },
	{ "posts", "title" },
	{ "teams", "label" },
};

static char *fill_in(const char *template, const char *table,
		     const char *column)
{
	struct gm_strbuf out = { 0 };

	for (; *template; template ++) {
		if (gm_starts_with(template, "$t"))
			gm_strbuf_adds(&out, table);
		else if (gm_starts_with(template, "$c"))
			gm_strbuf_adds(&out, column);
		else
			gm_strbuf_addc(&out, *template);
		template += *template == '$';
	}
	return gm_strbuf_take(&out);
}

struct outcome {
	bool works;
	struct gm_strbuf schema;
	struct gm_strbuf rows;
};

/* Both, one behind the other. */
static void replay(struct outcome *out, const char *first, const char *second)
{
	struct scratch_db *db = scratch_db_new(base);

	memset(out, 0, sizeof(*out));
	out->works = scratch_db_run(db, first) && scratch_db_run(db, second) &&
		     scratch_db_dump(db, &out->schema, &out->rows);
	scratch_db_free(db);
}

static void release(struct outcome *outcome)
{
	gm_strbuf_release(&outcome->schema);
	gm_strbuf_release(&outcome->rows);
}

/* Every side that the base takes, each once. */
static void generate(struct gm_strings *sides)
{
	size_t i;
	size_t k;

	for (i = 0; i < GM_ARRAY_SIZE(templates); i++) {
		for (k = 0; k < GM_ARRAY_SIZE(columns); k++) {
			struct outcome alone;
			char *sql = fill_in(templates[i], columns[k].table,
					    columns[k].column);

			replay(&alone, sql, "");
			if (gm_strings_has(sides, sql) || !alone.works)
				free(sql);
			else
				gm_strings_take(sides, sql);
			release(&alone);
		}
	}
}

enum effect {
	/* In some order it fails, or leaves what can't work. */
	EFFECT_BROKEN,
	EFFECT_OTHER_SCHEMA,
	EFFECT_OTHER_ROWS,
	EFFECT_SAME,
	EFFECT_COUNT
};

static const char *const effects[EFFECT_COUNT] = { "broken", "another schema",
						   "other rows", "the same" };

struct tally {
	size_t pairs;
	size_t wrong;
	/* Orders that fail, and those of them that are said to. */
	size_t fail;
	size_t said;
	size_t n[EFFECT_COUNT][3];
	/* What can't be told, one line for each pair. */
	struct gm_strings shapes;
};

/* "writes column, reads column": what it is that can't be told. */
static char *shape_of(const struct gm_footprint *x,
		      const struct gm_footprint *y,
		      const struct gm_overlaps *overlaps)
{
	const struct gm_overlap *o = overlaps->v;

	if (x->n_unknown || y->n_unknown)
		return gm_strdup((x->n_unknown ? x : y)->unknown[0].reason);
	return gm_format("%s %s, %s %s", gm_object_verb(o->a),
			 gm_object_kind_name(o->a->kind), gm_object_verb(o->b),
			 gm_object_kind_name(o->b->kind));
}

static enum gm_verdict judge(const char *a, const char *b,
			     struct gm_strings *shapes)
{
	struct gm_overlaps overlaps = { 0 };
	struct gm_footprint x;
	struct gm_footprint y;
	enum gm_verdict verdict;

	footprint_of(&x, &gm_dialect_sqlite, a);
	footprint_of(&y, &gm_dialect_sqlite, b);
	verdict = gm_footprint_conflict(&x, &y, &overlaps);
	if (verdict == GM_VERDICT_UNKNOWN)
		gm_strings_take(shapes, shape_of(&x, &y, &overlaps));
	gm_overlaps_release(&overlaps);
	gm_footprint_release(&x);
	gm_footprint_release(&y);
	return verdict;
}

static bool same_text(const struct gm_strbuf *a, const struct gm_strbuf *b)
{
	return !strcmp(gm_strbuf_str(a), gm_strbuf_str(b));
}

static enum effect find_effect(const char *a, const char *b)
{
	enum effect effect = EFFECT_SAME;
	struct outcome ab;
	struct outcome ba;

	replay(&ab, a, b);
	replay(&ba, b, a);
	if (!ab.works || !ba.works)
		effect = EFFECT_BROKEN;
	else if (!same_text(&ab.schema, &ba.schema))
		effect = EFFECT_OTHER_SCHEMA;
	else if (!same_text(&ab.rows, &ba.rows))
		effect = EFFECT_OTHER_ROWS;
	release(&ab);
	release(&ba);
	return effect;
}

/* Whether it is said for certain that the second can't run behind the first;
 * then it can't. */
static bool is_said_to_break(const char *first, const char *second)
{
	struct gm_overlaps lost = { 0 };
	struct gm_footprint x;
	struct gm_footprint y;
	bool breaks;

	footprint_of(&x, &gm_dialect_sqlite, first);
	footprint_of(&y, &gm_dialect_sqlite, second);
	gm_footprint_find_breaks(&x, &y, &lost);
	breaks = lost.n > 0;
	gm_overlaps_release(&lost);
	gm_footprint_release(&x);
	gm_footprint_release(&y);
	return breaks;
}

static void try_order(const char *first, const char *second,
		      struct tally *tally)
{
	struct outcome outcome;

	replay(&outcome, first, second);
	tally->fail += !outcome.works;
	if (is_said_to_break(first, second)) {
		tally->said++;
		if (outcome.works) {
			print_message("not broken:\n\t%s\n\t%s\n", first,
				      second);
			tally->wrong++;
		}
	}
	release(&outcome);
}

static void try_pair(const char *a, const char *b, struct tally *tally)
{
	enum gm_verdict verdict = judge(a, b, &tally->shapes);
	enum effect effect = find_effect(a, b);

	try_order(a, b, tally);
	try_order(b, a, tally);
	tally->pairs++;
	tally->n[effect][verdict]++;
	if ((effect >= EFFECT_OTHER_ROWS && verdict == GM_VERDICT_CONFLICT) ||
	    (effect < EFFECT_SAME && verdict == GM_VERDICT_INDEPENDENT)) {
		print_message("%s: %s\n\t%s\n\t%s\n", effects[effect],
			      verdict_text(verdict), a, b);
		tally->wrong++;
	}
}

/* Each shape once, and how many pairs have it. */
static void print_shapes(struct gm_strings *shapes)
{
	size_t i;
	size_t first = 0;

	gm_strings_sort(shapes);
	for (i = 1; i <= shapes->n; i++) {
		if (i < shapes->n && !strcmp(shapes->v[i], shapes->v[first]))
			continue;
		print_message("unknown: %zu x %s\n", i - first,
			      shapes->v[first]);
		first = i;
	}
}

static void verdicts_are_what_both_orders_show(void **state)
{
	struct gm_strings sides = { 0 };
	struct tally tally = { 0 };
	size_t step = getenv("GM_TEST_SLOW") ? 1 : 5;
	size_t unknown = 0;
	size_t i;
	size_t k;

	(void)state;
	generate(&sides);
	for (i = 0; i < sides.n; i++)
		for (k = i + 1; k < sides.n; k += step)
			try_pair(sides.v[i], sides.v[k], &tally);
	for (i = 0; i < EFFECT_COUNT; i++) {
		const size_t *n = tally.n[i];

		print_message("%s: %zu independent, %zu in conflict, "
			      "%zu unknown\n",
			      effects[i], n[GM_VERDICT_INDEPENDENT],
			      n[GM_VERDICT_CONFLICT], n[GM_VERDICT_UNKNOWN]);
		unknown += n[GM_VERDICT_UNKNOWN];
		/* Each is tried. */
		assert_true(n[0] + n[1] + n[2] > 0);
	}
	print_message("%zu pairs, %zu %% unknown\n", tally.pairs,
		      unknown * 100 / tally.pairs);
	print_message("%zu orders fail, %zu of them for certain\n", tally.fail,
		      tally.said);
	assert_true(tally.said > 10);
	print_shapes(&tally.shapes);
	assert_true(tally.pairs >= 200);
	assert_int_equal(tally.wrong, 0);
	/* A tool that can't tell is no help. */
	assert_true(unknown * 10 <= tally.pairs);
	gm_strings_release(&tally.shapes);
	gm_strings_release(&sides);
}

/* What can only run on top of what one of the templates made. */
static const char *const users_of_it[] = {
	"UPDATE users SET extra = 1",
	"CREATE INDEX i ON posts (extra)",
	"CREATE VIEW w AS SELECT other FROM users",
	"UPDATE posts SET other = 1",
	"INSERT INTO renamed (id) VALUES (70)",
	"DROP TABLE renamed",
	"CREATE TABLE users (id INTEGER)",
	"CREATE TABLE teams (id INTEGER)",
	"DROP INDEX by_name",
	"DROP INDEX by_title; DROP INDEX IF EXISTS one_title",
	"CREATE VIEW seen_again AS SELECT * FROM seen",
	"DROP VIEW all_users",
	"INSERT INTO log (id) VALUES (1)",
	"ALTER TABLE log RENAME TO log2",
	"ALTER TABLE kept ADD COLUMN more TEXT",
	"CREATE INDEX i ON name_copy (name)",
	"DROP TRIGGER on_email",
	"CREATE VIEW emails AS SELECT id FROM users",
	"CREATE INDEX users_name ON users (name)",
	"CREATE TRIGGER post_added AFTER INSERT ON posts BEGIN SELECT 1; END",
	"CREATE UNIQUE INDEX tags_slug ON tags (slug)",
	"ALTER TABLE tags ADD COLUMN note TEXT",
	"INSERT INTO tagged VALUES ('b')",
	"INSERT INTO found (title) VALUES ('x')",
	"INSERT INTO marks (id, tag_id) VALUES (9, 3)",
};

static bool works(const char *first, const char *second)
{
	struct outcome outcome;
	bool good;

	replay(&outcome, first, second);
	good = outcome.works;
	release(&outcome);
	return good;
}

static enum gm_verdict judge_without(const char *gone, const char *sql)
{
	struct gm_footprint x;
	struct gm_footprint y;
	struct gm_footprint undone = { 0 };
	enum gm_verdict verdict;

	footprint_of(&x, &gm_dialect_sqlite, gone);
	footprint_of(&y, &gm_dialect_sqlite, sql);
	gm_footprint_undo(&undone, &x);
	verdict = gm_footprint_conflict(&undone, &y, NULL);
	gm_footprint_release(&undone);
	gm_footprint_release(&x);
	gm_footprint_release(&y);
	return verdict;
}

/* One that is taken away, and one that was written on top of it. */
static void what_breaks_without_another_is_not_independent_of_it(void **state)
{
	struct gm_strings sides = { 0 };
	size_t n[2][3] = { { 0 } };
	size_t wrong = 0;
	size_t i;
	size_t k;

	(void)state;
	generate(&sides);
	for (i = 0; i < sides.n; i++) {
		for (k = 0; k < GM_ARRAY_SIZE(users_of_it); k++) {
			enum gm_verdict verdict;
			bool alone;

			if (!works(sides.v[i], users_of_it[k]))
				continue;
			alone = works(users_of_it[k], "");
			verdict = judge_without(sides.v[i], users_of_it[k]);
			n[alone][verdict]++;
			if (alone || verdict != GM_VERDICT_INDEPENDENT)
				continue;
			print_message("%s\n\tfails without\n\t%s\n",
				      users_of_it[k], sides.v[i]);
			wrong++;
		}
	}
	for (i = 0; i < 2; i++)
		print_message("%s alone: %zu independent, %zu in conflict, "
			      "%zu unknown\n",
			      i ? "works" : "fails",
			      n[i][GM_VERDICT_INDEPENDENT],
			      n[i][GM_VERDICT_CONFLICT],
			      n[i][GM_VERDICT_UNKNOWN]);
	assert_true(n[0][GM_VERDICT_CONFLICT] > 20);
	assert_int_equal(wrong, 0);
	gm_strings_release(&sides);
}

/* "update column users.a" is in "update read column users.a". */
static bool has(const struct gm_footprint *footprint, const char *event)
{
	static const struct {
		const char *verb;
		unsigned touches;
	} verbs[] = {
		{ "create ", GM_TOUCH_CREATE },
		{ "drop ", GM_TOUCH_DROP },
		{ "insert ", GM_TOUCH_INSERT },
		/* What is dropped is emptied first. */
		{ "delete ", GM_TOUCH_DELETE | GM_TOUCH_DROP },
		{ "update ", GM_TOUCH_UPDATE },
		{ "read ", GM_TOUCH_READ | GM_TOUCH_UPDATE | GM_TOUCH_USE },
	};
	size_t i;
	size_t k;

	for (i = 0; !gm_starts_with(event, verbs[i].verb); i++)
		;
	for (k = 0; k < footprint->n; k++) {
		const struct gm_object *o = &footprint->v[k];
		bool column = o->kind == GM_OBJECT_COLUMN;
		char *text;
		bool same;

		if (!(o->touches & verbs[i].touches))
			continue;
		text = gm_format("%s %s%s%s", gm_object_kind_name(o->kind),
				 column ? o->owner : "", column ? "." : "",
				 o->name);
		same = !strcmp(text, event + strlen(verbs[i].verb)) ||
		       /* Any column, by its star. */
		       (gm_ends_with(text, ".*") &&
			!strncmp(text, event + strlen(verbs[i].verb),
				 strlen(text) - 1));
		free(text);
		if (same)
			return true;
	}
	return false;
}

static void what_sqlite_authorizes_is_in_the_footprint(void **state)
{
	static const char *const statements[] = {
		"CREATE TABLE log (id INTEGER PRIMARY KEY, note TEXT)",
		"CREATE TABLE old AS SELECT name FROM users WHERE id > 1",
		"CREATE INDEX by_email ON users (email)",
		"CREATE VIEW v AS SELECT title FROM posts",
		"CREATE TRIGGER t AFTER DELETE ON users BEGIN SELECT 1; END",
		"DROP INDEX users_name",
		"DROP TABLE teams",
		"DROP TRIGGER post_added",
		"INSERT INTO users (email) VALUES ('c@x')",
		"INSERT INTO teams (label) SELECT name FROM users u "
		"WHERE u.email LIKE 'a%'",
		"INSERT INTO teams SELECT id + 9, name FROM users",
		"REPLACE INTO teams (id, label) VALUES (1, 'green')",
		"INSERT INTO teams (id, label) VALUES (1, 'x') "
		"ON CONFLICT (id) DO UPDATE SET label = excluded.label",
		"UPDATE users SET name = upper(email) WHERE id = 1",
		"UPDATE users SET (name, email) = (SELECT label, 'x' FROM "
		"teams WHERE teams.id = users.id)",
		"UPDATE users SET name = p.title FROM posts p "
		"WHERE p.user_id = users.id",
		"DELETE FROM posts WHERE user_id IN "
		"(SELECT id FROM users WHERE name IS NULL)",
		"WITH x AS (SELECT id FROM teams) DELETE FROM users "
		"WHERE id IN (SELECT id FROM x)",
		"SELECT name, title FROM users JOIN posts ON "
		"posts.user_id = users.id ORDER BY body",
	};
	size_t i;
	size_t k;

	(void)state;
	for (i = 0; i < GM_ARRAY_SIZE(statements); i++) {
		struct scratch_db *db = scratch_db_new(base);
		struct gm_strings events = { 0 };
		struct gm_footprint footprint;

		footprint_of(&footprint, &gm_dialect_sqlite, statements[i]);
		assert_true(scratch_db_trace(db, statements[i], &events));
		assert_true(events.n > 0);
		for (k = 0; k < events.n; k++)
			if (!has(&footprint, events.v[k]))
				fail_msg("%s\nlacks %s", statements[i],
					 events.v[k]);
		gm_footprint_release(&footprint);
		gm_strings_release(&events);
		scratch_db_free(db);
	}
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_sqlite_authorizes_is_in_the_footprint),
		cmocka_unit_test(verdicts_are_what_both_orders_show),
		cmocka_unit_test(
			what_breaks_without_another_is_not_independent_of_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
