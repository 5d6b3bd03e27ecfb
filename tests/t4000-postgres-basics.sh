#!/bin/sh
test_description='applying and rolling back on PostgreSQL'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

test_expect_success 'migrations are applied and rolled back' - <<\EOT
	make_migration 0001_users "CREATE TABLE users (id int PRIMARY KEY);" \
		"DROP TABLE users;" &&
	make_migration 0002_posts "CREATE TABLE posts (id int);" \
		"DROP TABLE posts;" &&
	git migrate apply >out &&
	test_line_count = 2 out &&
	test "$(pg "SELECT id || state FROM git_migrate_history ORDER BY 1")" \
		= "0001_usersapplied
0002_postsapplied" &&
	git migrate rollback &&
	test "$(pg "SELECT to_regclass(\$\$posts\$\$) IS NULL")" = t &&
	test "$(pg "SELECT to_regclass(\$\$users\$\$) IS NULL")" = f &&
	git migrate status --porcelain >out &&
	test_grep "^applied	0001_users" out &&
	test_grep "^pending	0002_posts" out &&
	git migrate apply &&
	git migrate apply >out &&
	test_grep "nothing to apply" out
EOT

test_expect_success 'an error names the place and leaves nothing' - <<\EOT
	fresh_project &&
	cat >migrations/0001_bad.sql <<-\END &&
	-- migrate:up
	CREATE TABLE a (id int);
	-- ü
	INSERT INTO a VALUES
	  (1), ('ü', 2);
	END
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "0001_bad.sql:5:9: .*(SQLSTATE 42601)" err &&
	test "$(pg "SELECT to_regclass(\$\$a\$\$) IS NULL")" = t &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 0 &&
	test "$(pg "SELECT count(*) FROM git_migrate_log
		WHERE action = \$\$failure\$\$")" = 1
EOT

test_expect_success 'DETAIL and HINT of the server become hints' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int PRIMARY KEY);
INSERT INTO a VALUES (7); INSERT INTO a VALUES (7);" "" &&
	test_must_fail git migrate apply 2>err &&
	test_grep "hint: Key (id)=(7) already exists" err &&
	make_migration 0001_a "CREATE TABLE a (name int);
SELECT naem FROM a;" "" &&
	test_must_fail git migrate apply 2>err &&
	test_grep "hint: Perhaps you meant" err
EOT

test_expect_success 'dollar quotes, functions and nested comments run' - <<\EOT
	fresh_project &&
	cat >migrations/0001_f.sql <<-\END &&
	-- migrate:up
	/* a /* nested; */ comment */
	CREATE FUNCTION f(n int) RETURNS int LANGUAGE plpgsql AS $body$
	BEGIN
		EXECUTE $x$ SELECT 1; $x$;
		RETURN n + 1; -- $$
	END $body$;
	CREATE FUNCTION g(n int) RETURNS int
	BEGIN ATOMIC SELECT n; SELECT n + 1; END;
	CREATE TABLE t AS SELECT E';' AS a, U&'\0061;' AS b, B'1' AS c;
	END
	git migrate apply &&
	test "$(pg "SELECT f(1), g(2)")" = "2|3" &&
	test "$(pg "SELECT a || b FROM t")" = ";a;"
EOT

test_expect_success 'COPY takes its rows from the file' - <<\EOT
	fresh_project &&
	printf "%s\n" "-- migrate:up" "CREATE TABLE t (id int, name text);" \
		"COPY t FROM stdin;" "1	a;b" "2	\\N" "\\." "" \
		"SELECT 1;" >migrations/0001_copy.sql &&
	git migrate apply &&
	test "$(pg "SELECT id, name FROM t ORDER BY id")" = "1|a;b
2|" &&
	printf "%s\n" "-- migrate:up" "COPY t FROM stdin;" "3	c" "x	d" \
		"\\." >migrations/0002_copy.sql &&
	test_must_fail git migrate apply 2>err &&
	test_grep "0002_copy.sql:4:1: invalid input syntax" err &&
	test "$(pg "SELECT count(*) FROM t")" = 2
EOT

test_expect_success 'a BEGIN of its own is refused before all' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int);" "" &&
	make_migration 0002_b "BEGIN; CREATE TABLE b (id int); COMMIT;" "" &&
	test_expect_code 1 git migrate apply 2>err &&
	test_grep "0002_b.sql:2:1: .*begins or ends a transaction" err &&
	test_grep "transaction:false" err &&
	test "$(pg "SELECT to_regclass(\$\$a\$\$) IS NULL")" = t
EOT

test_expect_success 'a verify that is false takes the migration back' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int);
-- migrate:verify
SELECT count(*) = 0 FROM a;
SELECT EXISTS (SELECT 1 FROM a);" "" &&
	test_must_fail git migrate apply 2>err &&
	test_grep "0001_a.sql:5:1: verify: this is not true" err &&
	test "$(pg "SELECT to_regclass(\$\$a\$\$) IS NULL")" = t
EOT

test_expect_success 'a large text is recorded in parts' - <<\EOT
	fresh_project &&
	{
		echo "-- migrate:up" &&
		echo "CREATE TABLE a (t text); INSERT INTO a VALUES (" &&
		perl -e "print chr(39), qq(\xc3\xa9) x 1_500_000, chr(39)" &&
		echo ");" && echo "-- migrate:down" && echo "DROP TABLE a;"
	} >migrations/0001_large.sql &&
	cp migrations/0001_large.sql copy &&
	git migrate apply &&
	test "$(pg "SELECT length(t) FROM a")" = 1500000 &&
	rm migrations/0001_large.sql &&
	git migrate rollback &&
	test "$(pg "SELECT to_regclass(\$\$a\$\$) IS NULL")" = t
EOT

test_expect_success 'a notice of the server is shown on stderr' - <<\EOT
	fresh_project &&
	make_migration 0001_a \
		"DO \$\$ BEGIN RAISE NOTICE 'hello'; END \$\$;" "" &&
	git migrate apply >out 2>err &&
	test_grep "hello" err &&
	test_grep ! "hello" out &&
	test_grep ! "already exists" err
EOT

test_done
