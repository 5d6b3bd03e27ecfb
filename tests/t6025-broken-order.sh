#!/bin/sh
test_description='migrations brought together in an order that cannot run'
. "${0%/*}/test-lib.sh"

test_require sqlite3

# add BRANCH ID SQL: a sealed migration on top of the base, on a branch.
add() {
	git switch -q "$1" &&
	make_migration "$2" "$3" "SELECT 1;" "${4-0001_base}" &&
	git migrate seal -q &&
	test_commit_all "$2"
}

# fork DIR FIRST SECOND: two branches, and main with both of them.
fork() {
	rm -rf "$1" &&
	test_project "$1" &&
	cd "$1" &&
	git config migrate.check.no-down off &&
	make_migration 0001_base "CREATE TABLE users (id INTEGER, email TEXT,
	list TEXT);
CREATE TABLE posts (id INTEGER, title TEXT);" "SELECT 1;" none &&
	git migrate seal -q &&
	test_commit_all base &&
	git branch a &&
	git branch b &&
	add a 0002_a "$2" &&
	add b 0003_b "$3" &&
	git switch -q main &&
	git merge -q -m a a &&
	git merge -q -m b b
}

# joined DIR FIRST SECOND RULES: what check says once they are joined; and a
# new database fails, where there is such a finding, and only there.
joined() {
	(
		fork "$1" "$2" "$3" &&
		git migrate merge >path 2>err ||
		git migrate merge --join >path 2>err &&
		git migrate merge --join -q >path2 &&
		git migrate seal -q &&
		test_expect_code "${5-1}" git migrate check --porcelain \
			>rows 2>err2 &&
		cut -f 2 rows >rules &&
		printf "%s" "${4:+$4
}" >expect &&
		test_cmp expect rules &&
		rm -f app.db &&
		if test -n "$4"
		then
			test_must_fail git migrate apply -q 2>applied
		else
			git migrate apply -q 2>applied
		fi
	)
}

test_expect_success 'a drop before a use, once they are joined' '
	joined update "ALTER TABLE users DROP COLUMN email;" \
		"UPDATE users SET email = 1;" broken-order &&
	joined index "ALTER TABLE users DROP COLUMN email;" \
		"CREATE INDEX i ON users (email);" broken-order &&
	joined table "DROP TABLE posts;" \
		"ALTER TABLE posts ADD COLUMN x TEXT;" broken-order &&
	joined rows "DROP TABLE IF EXISTS posts;" \
		"INSERT INTO posts (id) VALUES (1);" broken-order &&
	joined renamed "ALTER TABLE posts RENAME TO pages;" \
		"DELETE FROM posts;" broken-order &&
	joined column "ALTER TABLE users RENAME COLUMN email TO mail;" \
		"ALTER TABLE users DROP COLUMN email;" broken-order &&
	joined twice "DROP TABLE posts;" "DROP TABLE posts; SELECT 1;" \
		broken-order
'

test_expect_success 'what is read, and the columns that are filled' '
	joined read "ALTER TABLE users RENAME COLUMN email TO mail;" \
		"UPDATE users SET list = email;" broken-order &&
	joined where "ALTER TABLE users DROP COLUMN email;" \
		"DELETE FROM users WHERE email = 1;" broken-order &&
	joined into "ALTER TABLE users DROP COLUMN email;" \
		"INSERT INTO users (email) VALUES (1);" broken-order &&
	joined from "DROP TABLE posts;" \
		"INSERT INTO users (id) SELECT id FROM posts;" broken-order &&
	joined quoted "ALTER TABLE users DROP COLUMN email;" \
		"UPDATE users SET list = \"email\";" "" 0 &&
	joined alias "ALTER TABLE users RENAME COLUMN email TO mail;" \
		"INSERT INTO posts (id) SELECT email FROM
	(SELECT id AS email FROM users);" "" 0 &&
	joined cte "ALTER TABLE users RENAME COLUMN email TO mail;" \
		"WITH c(email) AS (SELECT 1)
UPDATE users SET list = (SELECT email FROM c);" "" 0
'

test_expect_success 'what both of them create' '
	joined tables "CREATE TABLE q (i INT);" "CREATE TABLE q (j INT);" \
		broken-order &&
	joined columns "ALTER TABLE users ADD COLUMN z TEXT;" \
		"ALTER TABLE users ADD COLUMN z INT;" broken-order &&
	joined indexes "CREATE INDEX k ON users (id);" \
		"CREATE INDEX k ON users (email);" broken-order &&
	joined views "CREATE VIEW v AS SELECT 1 AS i;" \
		"CREATE VIEW v AS SELECT 2 AS i;" broken-order &&
	joined if_not "CREATE TABLE q (i INT);" \
		"CREATE TABLE IF NOT EXISTS q (j INT);" "" 0 &&
	joined instead "CREATE TABLE q (i INT);" \
		"DROP TABLE IF EXISTS q; CREATE TABLE q (j INT);" "" 0 &&
	joined gone "CREATE TABLE q (i INT); DROP TABLE q;" \
		"CREATE TABLE q (j INT);" "" 0
'

test_expect_success 'a drop of what another one stands on' '
	joined indexed "CREATE INDEX k ON users (email);" \
		"ALTER TABLE users DROP COLUMN email;" broken-order &&
	joined named "CREATE VIEW v (email) AS SELECT id FROM users;" \
		"ALTER TABLE users DROP COLUMN email;" "" 0 &&
	joined unindexed "CREATE INDEX k ON users (email);" \
		"DROP INDEX IF EXISTS k;
ALTER TABLE users DROP COLUMN email;" "" 0 &&
	joined below "CREATE VIEW v AS SELECT title FROM posts;" \
		"DROP TABLE posts;" "" 0
'

test_expect_success 'what no order mends is not to be turned' '
	(
		fork never "ALTER TABLE users RENAME COLUMN email TO mail;" \
			"ALTER TABLE users DROP COLUMN email;" &&
		git migrate merge >path 2>err &&
		test_grep "^hint: they can.t run in any order: change \
.migrations/0002_a.sql. or .migrations/0003_b.sql., the one that isn.t" err &&
		test_grep ! "migrate:parent 0003_b" err
	)
'

test_expect_success 'a use before a drop, and what is made again' '
	joined before "UPDATE users SET email = 1;" \
		"ALTER TABLE users DROP COLUMN email;" "" 0 &&
	joined again "DROP TABLE posts;
CREATE TABLE posts (id INTEGER, title TEXT, more TEXT);" \
		"INSERT INTO posts (id) VALUES (1);" "" 0 &&
	joined rebuilt "CREATE TABLE tmp AS SELECT id, title FROM posts;
DROP TABLE posts;
ALTER TABLE tmp RENAME TO posts;" \
		"UPDATE posts SET title = 1;" "" 0 &&
	joined back "ALTER TABLE users DROP COLUMN email;
ALTER TABLE users ADD COLUMN email TEXT;" \
		"UPDATE users SET email = 1;" "" 0 &&
	joined own "DROP TABLE posts;" \
		"CREATE TABLE IF NOT EXISTS posts (id INTEGER);
INSERT INTO posts (id) VALUES (1);" "" 0
'

test_expect_success 'what can run without it' '
	joined tolerant "DROP TABLE posts;" "DROP TABLE IF EXISTS posts;" \
		"" 0 &&
	joined view "DROP TABLE posts;" \
		"CREATE VIEW v AS SELECT title FROM posts;" "" 0 &&
	joined trigger "DROP TABLE posts;" \
		"CREATE TRIGGER t AFTER INSERT ON users BEGIN
	DELETE FROM posts; END;" "" 0
'

test_expect_success 'what another one makes between them' '
	(
		fork between "DROP TABLE posts;" \
			"INSERT INTO posts (id) VALUES (1);" &&
		add main 00025_c "CREATE TABLE posts (id INTEGER);" 0002_a &&
		git mv migrations/00025_c.sql migrations/0002_c.sql &&
		test_commit_all between &&
		git migrate merge --join >path 2>err &&
		git migrate seal -q &&
		rm -f app.db &&
		git migrate apply -q &&
		git migrate check --porcelain >rows
	)
'

test_expect_success 'merge says so, in its message and in the file' '
	(
		fork said "ALTER TABLE users DROP COLUMN email;" \
			"UPDATE users SET email = 1;" &&
		git migrate merge >path 2>err &&
		test_grep "^warning: .migrations/0003_b.sql. writes column \
.users.email., but migrations/0002_a.sql:5, which comes before it in the \
series, drops column .users.email.: on a new database this fails" err &&
		test_grep "^hint: if .migrations/0002_a.sql. isn.t published, \
put .-- migrate:parent 0003_b. at its top" err &&
		test_grep "^-- A new database applies 0002_a first, then \
0003_b" "$(cat path)" &&
		test_grep "^-- There the second one fails: if" "$(cat path)" &&
		git migrate seal -q &&
		test_expect_code 1 git migrate check >out &&
		test_grep "^migrations/0003_b.sql:5: error: writes column" \
			out &&
		git add . &&
		test_expect_code 1 git migrate check --staged >out &&
		test_grep "\[broken-order\]" out
	)
'

test_expect_success 'the way out that is told leads out' '
	(
		cd said &&
		sed -i "1i -- migrate:parent 0003_b" migrations/0002_a.sql &&
		git migrate seal -q 0002_a &&
		git migrate check &&
		rm -f app.db &&
		git migrate apply -q
	)
'

test_expect_success 'nobody is told what is published already' '
	(
		fork published "ALTER TABLE users DROP COLUMN email;" \
			"UPDATE users SET email = 1;" &&
		git migrate merge >path 2>err &&
		git migrate seal -q &&
		test_commit_all joined &&
		test_expect_code 1 git migrate check HEAD &&
		git update-ref refs/heads/pub HEAD &&
		git config migrate.published refs/heads/pub &&
		git migrate check &&
		git migrate check HEAD
	)
'

test_expect_success 'the same of files without parent lines' '
	(
		test_project plain &&
		cd plain &&
		git config migrate.check.no-down off &&
		git config migrate.check.unsealed off &&
		make_migration 0001_base "CREATE TABLE posts (id INT);" "" &&
		make_migration 0002_a "DROP TABLE posts;" "" &&
		make_migration 0003_b "DELETE FROM posts;" "" &&
		git migrate check &&
		make_migration 0004_both "SELECT 1;" "" 0002_a 0003_b &&
		test_expect_code 1 git migrate check --porcelain >rows &&
		test_grep broken-order rows
	)
'

test_done
