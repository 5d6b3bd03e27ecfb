#!/bin/sh
test_description='a migration that got another name after it was applied'
. "${0%/*}/test-lib.sh"

setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		make_table 0003_c c &&
		git migrate apply -q &&
		test_commit_all three
	)
}

test_expect_success 'apply carries the row over, and logs it' '
	setup app &&
	(
		cd app &&
		git mv migrations/0003_c.sql migrations/0007_c.sql &&
		test_states applied:0001_a applied:0002_b renamed:0007_c &&
		git migrate apply --dry-run >out &&
		echo "-- rename 0007_c (was 0003_c)" >expect &&
		test_cmp expect out &&
		git migrate apply >out &&
		echo "renamed 0007_c (was 0003_c)" >expect &&
		test_cmp expect out &&
		git migrate status --exit-code &&
		test_tables a b c &&
		sq app.db "SELECT id, detail FROM git_migrate_log
			WHERE action = '\''rename'\''" >actual &&
		echo "0007_c|was 0003_c" >expect &&
		test_cmp expect actual &&
		sq app.db "SELECT id, position FROM git_migrate_history
			WHERE id >= '\''0003'\''" >actual &&
		echo "0007_c|3" >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'the recorded text comes along' '
	(
		cd app &&
		rm migrations/0007_c.sql &&
		git migrate rollback 0007_c &&
		test_tables a b
	)
'

test_expect_success 'a parent that was renamed is found by its pin' '
	setup pin &&
	(
		cd pin &&
		git mv migrations/0002_b.sql migrations/0002_other.sql &&
		git migrate status >out 2>err &&
		test_states applied:0001_a renamed:0002_other applied:0003_c &&
		git migrate apply &&
		git migrate status --exit-code &&
		git migrate seal -q &&
		test_grep "^-- migrate:parent 0002_other " \
			migrations/0003_c.sql &&
		git migrate status --exit-code
	)
'

test_expect_success 'another number and another parent are the same migration' '
	setup rebase &&
	(
		cd rebase &&
		make_table 0004_d d &&
		git migrate apply -q &&
		git migrate rollback -q 0004_d &&
		git migrate fake -q 0004_d &&
		git mv migrations/0003_c.sql migrations/0005_c.sql &&
		sed -i "/migrate:parent/s/ 0002_b .*/ 0001_a/" \
			migrations/0005_c.sql &&
		rm migrations/0004_d.sql &&
		test_states applied:0001_a applied:0002_b missing:0004_d \
			renamed:0005_c
	)
'

test_expect_success 'a rename with an edit is no rename' '
	setup edited &&
	(
		cd edited &&
		git mv migrations/0003_c.sql migrations/0004_c.sql &&
		sed -i "s/id INTEGER/id INTEGER, more TEXT/" \
			migrations/0004_c.sql &&
		test_states applied:0001_a applied:0002_b missing:0003_c \
			pending:0004_c
	)
'

test_expect_success 'two empty merges are two' '
	test_project merges --numbering sequence &&
	(
		cd merges &&
		make_table 0001_a a &&
		make_migration 0002_merge "-- joins" "" 0001_a &&
		git migrate apply -q &&
		rm migrations/0002_merge.sql &&
		make_migration 0003_merge "-- joins" "" 0001_a &&
		test_states applied:0001_a missing:0002_merge \
			pending:0003_merge &&
		git migrate apply >out &&
		test_grep "^applied 0003_merge" out
	)
'

test_expect_success 'created, dropped and created again is no rename' '
	test_project again --numbering sequence &&
	(
		cd again &&
		make_table 0001_a t &&
		make_migration 0002_b "DROP TABLE t;" "" &&
		git migrate apply -q &&
		make_table 0003_c t &&
		test_states applied:0001_a applied:0002_b pending:0003_c &&
		git migrate apply >out &&
		test_grep "^applied 0003_c" out &&
		test_tables t &&
		rm migrations/0001_a.sql migrations/0003_c.sql &&
		sed -i "/migrate:parent/d" migrations/0002_b.sql &&
		make_table 0004_d t &&
		test_states missing:0001_a applied:0002_b missing:0003_c \
			pending:0004_d
	)
'

test_expect_success 'a named apply carries renames over as well' '
	setup named &&
	(
		cd named &&
		git mv migrations/0003_c.sql migrations/0004_c.sql &&
		make_table 0005_e e 0004_c &&
		git migrate apply e >out &&
		test_grep "^renamed 0004_c" out &&
		test_grep "^applied 0005_e" out
	)
'

test_done
