#!/bin/sh
test_description='plan: a script that somebody else runs'
. "${0%/*}/test-lib.sh"

setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_a a &&
		make_migration 0002_b "CREATE TABLE b (s TEXT DEFAULT 'it''s');
INSERT INTO b DEFAULT VALUES; -- no end" "DROP TABLE b;" &&
		make_migration 0003_c "CREATE TABLE c (id);
CREATE TRIGGER t AFTER INSERT ON c BEGIN SELECT 1; END" "DROP TABLE c;" &&
		git migrate seal -q &&
		test_commit_all three
	)
}

# The schema, the data and what the history says but for times.
dump() {
	sq "$1" ".dump a b c" &&
	sq "$1" "SELECT app, id, checksum, up_fingerprint,
		down_fingerprint, verify_fingerprint, parents, state,
		statements_started, statements_done, statements_total, owner,
		blob_id, commit_id, dirty, branch, batch, position, applied_by,
		tool_version, error FROM git_migrate_history
		ORDER BY app, id" &&
	sq "$1" "SELECT h.id, l.source FROM git_migrate_history h
		JOIN git_migrate_log l ON l.entry = h.source_entry
		ORDER BY h.app, h.id" &&
	sq "$1" "SELECT app, id, action, checksum, batch, commit_id, branch,
		detail FROM git_migrate_log"
}

test_expect_success 'the script leaves what apply leaves' '
	setup app &&
	(
		cd app &&
		git migrate plan >../plan.sql &&
		test_path_is_missing app.db &&
		sqlite3 -bail planned.db <../plan.sql &&
		git migrate apply -q &&
		dump app.db >expect &&
		dump planned.db >actual &&
		test_cmp expect actual &&
		git migrate status --url sqlite:planned.db --exit-code
	)
'

test_expect_success 'it says for whom it is, and how to run it' '
	head -n 1 plan.sql >first &&
	test_grep "^-- for sqlite:app.db; run it with: sqlite3 -bail" first &&
	test_grep " DATABASE <SCRIPT$" first
'

test_expect_success 'each migration is in a transaction with its row' '
	grep -c "^BEGIN IMMEDIATE;" plan.sql >begins &&
	grep -c "^COMMIT;" plan.sql >commits &&
	test_cmp begins commits &&
	grep "^-- apply" plan.sql >actual &&
	printf "%s\n" "-- apply 0001_a" "-- apply 0002_b" "-- apply 0003_c" \
		>expect &&
	test_cmp expect actual
'

test_expect_success 'the same plan is the same text' '
	setup twice &&
	(
		cd twice &&
		git migrate plan >one &&
		sleep 1 &&
		git migrate plan >two &&
		test_cmp one two
	)
'

test_expect_success 'a script that is run again changes nothing' '
	(
		cd app &&
		dump planned.db >before &&
		test_must_fail sqlite3 -bail planned.db <../plan.sql 2>err &&
		dump planned.db >after &&
		test_cmp before after
	)
'

test_expect_success 'a failing statement stops the script before its row' '
	setup failing &&
	(
		cd failing &&
		git migrate plan >plan.sql &&
		sq app.db "CREATE TABLE b (id)" &&
		test_must_fail sqlite3 -bail app.db <plan.sql 2>err &&
		test_states applied:0001_a pending:0002_b pending:0003_c
	)
'

test_expect_success 'plan takes the choices of apply' '
	setup choices &&
	(
		cd choices &&
		git migrate plan --to b >out &&
		grep "^-- apply" out >actual &&
		printf "%s\n" "-- apply 0001_a" "-- apply 0002_b" >expect &&
		test_cmp expect actual &&
		git migrate plan -c 2 >out2 &&
		test_cmp out out2 &&
		git migrate plan a b >out2 &&
		test_cmp out out2 &&
		git rm -q migrations/0003_c.sql &&
		test_commit_all two &&
		git migrate plan --at HEAD~1 >out &&
		test_grep "^-- apply 0003_c" out &&
		sqlite3 -bail app.db <out &&
		test_states applied:0001_a applied:0002_b missing:0003_c &&
		test_expect_code 129 git migrate plan --to a -c 1 2>err &&
		test_expect_code 129 git migrate plan --all 2>err
	)
'

test_expect_success 'a rollback can be planned' '
	setup back &&
	(
		cd back &&
		git migrate apply -q &&
		cp app.db planned.db &&
		git migrate plan --rollback --to a >plan.sql &&
		test_grep "^-- rollback 0003_c" plan.sql &&
		sqlite3 -bail planned.db <plan.sql &&
		git migrate rollback -q --to a &&
		dump app.db >expect &&
		dump planned.db >actual &&
		test_cmp expect actual &&
		git migrate plan --rollback --all | sqlite3 -bail planned.db &&
		sq planned.db "SELECT count(*) FROM git_migrate_history" \
			>actual &&
		echo 0 >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a rename can be planned' '
	setup rename &&
	(
		cd rename &&
		git migrate apply -q &&
		git mv migrations/0003_c.sql migrations/0005_c.sql &&
		git migrate plan >plan.sql &&
		test_grep "^-- rename 0005_c" plan.sql &&
		sqlite3 -bail app.db <plan.sql &&
		git migrate status --exit-code
	)
'

test_expect_success 'transaction:false can be planned' '
	test_project outside --numbering sequence &&
	(
		cd outside &&
		printf "%s\n" "-- migrate:up transaction:false" \
			"CREATE TABLE a (id);" "VACUUM" \
			"-- migrate:down transaction:false" "DROP TABLE a" \
			>migrations/0001_a.sql &&
		git migrate plan >plan.sql &&
		sqlite3 -bail app.db <plan.sql &&
		git migrate status --exit-code &&
		test_tables a &&
		git migrate plan --rollback >plan.sql &&
		sqlite3 -bail app.db <plan.sql &&
		test_states pending:0001_a &&
		test_tables ""
	)
'

test_expect_success 'there may be nothing to do, or no way to plan' '
	(
		cd back &&
		git migrate apply -q &&
		git migrate plan >out &&
		echo "-- nothing to do" >expect &&
		test_cmp expect out &&
		sed -i "s/id/ident/" migrations/0001_a.sql &&
		test_expect_code 1 git migrate plan 2>err >out &&
		test_grep "0001_a. was edited" err &&
		test_must_be_empty out
	)
'

test_done
