#!/bin/sh
test_description='SQLite: foreign keys and the rebuild of a table'
. "${0%/*}/test-lib.sh"

# Parents with children that would be deleted with them.
setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		git config migrate.autoSeal false &&
		cat >migrations/0001_tables.sql <<-\END &&
		-- migrate:up
		PRAGMA foreign_keys = ON;
		CREATE TABLE parent (id INTEGER PRIMARY KEY, name TEXT);
		CREATE TABLE child (id INTEGER PRIMARY KEY,
			parent INTEGER REFERENCES parent (id)
			ON DELETE CASCADE);
		INSERT INTO parent VALUES (1, 'one'), (2, 'two');
		INSERT INTO child VALUES (10, 1), (20, 2);
		END
		git migrate apply -q
	)
}

# The tests' bodies expand it.
# shellcheck disable=SC2034
rebuild='CREATE TABLE new_parent (id INTEGER PRIMARY KEY, name TEXT NOT NULL);
INSERT INTO new_parent SELECT * FROM parent;
DROP TABLE parent;
ALTER TABLE new_parent RENAME TO parent;'

test_expect_success 'a rebuild keeps the children' '
	setup rebuild &&
	(
		cd rebuild &&
		make_migration 0002_b "$rebuild" "" &&
		git migrate apply &&
		sq app.db "SELECT count(*) FROM child" >actual &&
		echo 2 >expect &&
		test_cmp expect actual &&
		sq app.db "PRAGMA foreign_key_check" >actual &&
		test_must_be_empty actual
	)
'

test_expect_success 'the keys of a new table are looked at' '
	setup new &&
	(
		cd new &&
		make_migration 0002_b "create table other (
			parent integer references parent (id));
INSERT INTO other VALUES (99);" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "other" err &&
		test_states applied:0001_tables pending:0002_b
	)
'

test_expect_success 'a table is not new where it was there already' '
	setup exists &&
	(
		cd exists &&
		make_migration 0002_b "CREATE TABLE IF NOT EXISTS child (id);
INSERT INTO child VALUES (9, 99);" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "child" err &&
		test_states applied:0001_tables pending:0002_b
	)
'

test_expect_success 'a PRAGMA in the migration makes no difference' '
	setup pragma &&
	(
		cd pragma &&
		make_migration 0002_b "PRAGMA foreign_keys = ON;
$rebuild" "" &&
		git migrate apply &&
		sq app.db "SELECT count(*) FROM child" >actual &&
		echo 2 >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a new violation fails the migration and is listed' '
	setup violation &&
	(
		cd violation &&
		make_migration 0002_b \
			"$rebuild DELETE FROM parent WHERE id = 2;" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "migrations/0002_b.sql" err &&
		test_grep "child" err &&
		test_grep "parent" err &&
		test_states applied:0001_tables pending:0002_b &&
		sq app.db "SELECT count(*) FROM parent" >actual &&
		echo 2 >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a violation that was there before blocks nothing' '
	setup before &&
	(
		cd before &&
		sq app.db "PRAGMA foreign_keys = OFF;
			DELETE FROM parent WHERE id = 2" &&
		make_migration 0002_b "$rebuild" "" &&
		git migrate apply &&
		git migrate status --exit-code
	)
'

test_expect_success 'a rollback is looked at as well' '
	setup down &&
	(
		cd down &&
		make_migration 0002_b "CREATE TABLE t (id);" "DROP TABLE t;
DELETE FROM parent WHERE id = 1;" &&
		git migrate apply -q &&
		test_expect_code 128 git migrate rollback 2>err &&
		test_grep "child" err &&
		test_tables child parent t
	)
'

test_expect_success 'in one transaction the violation takes all back' '
	setup single &&
	(
		cd single &&
		make_table 0002_b b &&
		make_migration 0003_c "DELETE FROM parent;" "" &&
		test_expect_code 128 git migrate apply --single-transaction \
			2>err &&
		test_grep "child" err &&
		test_tables child parent
	)
'

test_expect_success 'a mismatched key is a finding and no crash' '
	setup mismatch &&
	(
		cd mismatch &&
		make_migration 0002_b "CREATE TABLE odd (name TEXT
			REFERENCES parent (name));
INSERT INTO odd VALUES ('\''one'\'');
$rebuild" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "odd" err &&
		test_grep "mismatch" err &&
		test_grep "^hint: .* primary key or have a unique index" err &&
		test_tables child parent
	)
'

test_expect_success 'the database'\''s own settings stay' '
	setup settings &&
	(
		cd settings &&
		sq app.db "PRAGMA journal_mode = WAL" &&
		make_table 0002_b b &&
		git migrate apply &&
		sq app.db "PRAGMA journal_mode" >actual &&
		echo wal >expect &&
		test_cmp expect actual
	)
'

test_done
