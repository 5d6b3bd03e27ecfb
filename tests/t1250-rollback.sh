#!/bin/sh
test_description='rollback, redo, reset'
. "${0%/*}/test-lib.sh"

# Two batches: a and b; c and d.
setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		make_table 0003_c c &&
		make_table 0004_d d &&
		git migrate apply -q -c 2 &&
		git migrate apply -q
	)
}

test_expect_success 'the newest one by default; the target is named first' '
	setup one &&
	(
		cd one &&
		git migrate rollback >out 2>err &&
		sed "s/ ([0-9]* ms)//" out >actual &&
		echo "rolled back 0004_d" >expect &&
		test_cmp expect actual &&
		echo "target: sqlite:app.db" >expect &&
		test_cmp expect err &&
		test_tables a b c &&
		git migrate down -q >out 2>err &&
		test_must_be_empty out &&
		test_must_be_empty err &&
		test_tables a b
	)
'

test_expect_success '--count, --to, --batch and --all' '
	for case in "-c 2:a b" "--count=9:" "--to b:a b" "--to @~2:a b" \
		"--batch:a b" "--batch=2:a b" "--all:" "--to @:a b c d"
	do
		rm -rf many &&
		setup many &&
		(
			cd many &&
			# The options are words.
			# shellcheck disable=SC2086
			git migrate rollback ${case%%:*} &&
			test_tables "${case#*:}"
		) || return 1
	done
'

test_expect_success 'nothing that stays may stand on what goes' '
	setup stands &&
	(
		cd stands &&
		test_expect_code 1 git migrate rollback 0003_c 2>err &&
		test_grep "0004_d. stands on .0003_c. and would stay" err &&
		test_grep "hint: git migrate rollback 0004_d 0003_c" err &&
		test_expect_code 1 git migrate rollback --batch=1 2>err &&
		test_tables a b c d &&
		git migrate rollback d c >out &&
		test_tables a b
	)
'

test_expect_success 'what nothing stands on goes from the middle' '
	test_project middle --numbering sequence &&
	(
		cd middle &&
		make_table 0001_a a none &&
		make_table 0002_b b none &&
		make_table 0003_c c 0001_a &&
		git migrate apply -q &&
		git migrate rollback b &&
		test_tables a c &&
		test_states applied:0001_a out-of-order:0002_b applied:0003_c
	)
'

test_expect_success 'choices exclude each other and must be there' '
	(
		cd stands &&
		test_expect_code 129 git migrate rollback -c 1 --all 2>err &&
		test_expect_code 129 git migrate rollback --to a b 2>err &&
		test_expect_code 129 git migrate rollback --batch --all 2>err &&
		test_expect_code 128 git migrate rollback --batch=9 2>err &&
		test_grep "nothing was applied in batch 9" err &&
		test_expect_code 128 git migrate rollback nothing 2>err &&
		test_expect_code 1 git migrate rollback 0004_d 2>err &&
		test_grep "0004_d. is not applied" err &&
		test_tables a b
	)
'

test_expect_success 'nothing to roll back is no error, and makes no database' '
	test_project nothing --numbering sequence &&
	(
		cd nothing &&
		make_table 0001_a a &&
		git migrate rollback --dry-run >out &&
		echo "nothing to roll back" >expect &&
		test_cmp expect out &&
		test_path_is_missing app.db &&
		git migrate rollback >out &&
		test_cmp expect out
	)
'

test_expect_success '--dry-run prints the SQL and changes nothing' '
	setup dry &&
	(
		cd dry &&
		cp app.db before.db &&
		git migrate rollback --dry-run -c 2 >out &&
		cat >expect <<-\END &&
		-- rollback 0004_d
		DROP TABLE d;
		-- rollback 0003_c
		DROP TABLE c;
		END
		test_cmp expect out &&
		git migrate redo --dry-run >out &&
		cat >expect <<-\END &&
		-- rollback 0004_d
		DROP TABLE d;
		-- apply 0004_d
		CREATE TABLE d (id INTEGER);
		END
		test_cmp expect out &&
		git migrate reset --dry-run >out &&
		test_line_count = 8 out &&
		cmp before.db app.db
	)
'

test_expect_success 'what has no way back is refused before anything runs' '
	test_project oneway --numbering sequence &&
	(
		cd oneway &&
		make_table 0001_a a &&
		make_migration 0002_b "CREATE TABLE b (id);" "" &&
		{
			echo "-- migrate:irreversible the data is gone" &&
			echo "-- migrate:up" &&
			echo "CREATE TABLE c (id);"
		} >migrations/0003_c.sql &&
		make_table 0004_d d &&
		git migrate apply -q &&
		test_expect_code 1 git migrate rollback -c 2 2>err &&
		test_grep "0003_c. is irreversible: the data is gone" err &&
		test_tables a b c d &&
		git migrate rollback -q &&
		git migrate fake --undo 3 &&
		test_expect_code 1 git migrate rollback --all 2>err &&
		test_grep "0002_b. was applied without a down section" err &&
		test_grep "rollback --from-file 0002_b" err &&
		printf "%s\n" "-- migrate:down" "DROP TABLE b;" \
			>>migrations/0002_b.sql &&
		git migrate rollback --from-file 0002_b &&
		test_tables a c
	)
'

test_expect_success 'an empty down undoes only what does nothing' '
	git init -q empty &&
	(
		cd empty &&
		git config migrate.url sqlite:app.db &&
		git migrate new nothing >out &&
		git migrate apply -q && git migrate rollback -q &&
		rm migrations/*nothing.sql &&
		make_table 0001_a a &&
		make_migration 0002_b "CREATE TABLE b (x);" \
			"-- DROP TABLE b;" &&
		git migrate apply -q &&
		test_expect_code 1 git migrate rollback 2>err &&
		test_grep "0002_b. was applied with nothing in its down" err &&
		rm migrations/0002_b.sql &&
		test_expect_code 1 git migrate sync 2>err &&
		test_grep "it was applied with nothing in its down" err &&
		git migrate status --porcelain >status &&
		test_grep "^missing	0002_b" status &&
		make_migration 0002_b "CREATE TABLE b (x);" "SELECT 1;" &&
		git migrate accept 0002_b &&
		git migrate rollback -q
	)
'

test_expect_success 'a failing down leaves what was there' '
	test_project failing --numbering sequence &&
	(
		cd failing &&
		make_table 0001_a a &&
		make_migration 0002_b "CREATE TABLE b (id);" \
			"DROP TABLE b;
		DROP TABLE nowhere;" &&
		git migrate apply -q &&
		test_expect_code 128 git migrate rollback --all 2>err &&
		test_grep "no such table: nowhere" err &&
		test_grep "^fatal: 0002_b.sql (as applied):[0-9]*" err &&
		test_tables a b &&
		test_states applied:0001_a applied:0002_b
	)
'

test_expect_success '--single-transaction is all or nothing' '
	(
		cd failing &&
		make_table 0003_c c &&
		git migrate apply -q &&
		test_expect_code 128 git migrate rollback --all \
			--single-transaction >out 2>err &&
		test_grep ! "rolled back" out &&
		test_grep "^hint: all of it was one transaction" err &&
		test_tables a b c &&
		git migrate status --exit-code
	)
'

test_expect_success 'reset asks, and takes everything back' '
	setup reset &&
	(
		cd reset &&
		test_expect_code 1 git migrate reset 2>err &&
		test_grep "everything on sqlite:app.db: 4 migrations" err &&
		test_grep "git migrate reset --yes" err &&
		test_tables a b c d &&
		git migrate reset --yes &&
		test_tables "" &&
		git migrate apply &&
		test_tables a b c d
	)
'

test_expect_success 'a protected target wants --yes for what undoes' '
	setup protected &&
	(
		cd protected &&
		cat >>.gitmigrate <<-\END &&
		[migrate-target "production"]
			url = sqlite:app.db
			protected = true
		END
		for command in rollback redo "rollback --all"
		do
			# shellcheck disable=SC2086
			test_expect_code 1 git migrate $command \
				--target production 2>err || exit 1
			test_grep "production (sqlite:app.db) is protected" \
				err || exit 1
		done &&
		test_tables a b c d &&
		git migrate apply --target production &&
		git config migrate-target.production.protected false &&
		git migrate rollback --target production &&
		git config --unset migrate-target.production.protected &&
		git migrate rollback --target production --yes 2>err &&
		test_grep "^target: production (sqlite:app.db)" err &&
		test_tables a b
	)
'

test_expect_success 'the log remembers what is undone' '
	(
		cd one &&
		sq app.db "SELECT action, id FROM git_migrate_log
			WHERE action = '\''rollback'\''" >actual &&
		printf "%s\n" "rollback|0004_d" "rollback|0003_c" >expect &&
		test_cmp expect actual &&
		sq app.db "SELECT count(source) FROM git_migrate_log" >actual &&
		echo 2 >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a file that cannot be read keeps nothing from rollback' '
	setup unreadable &&
	(
		cd unreadable &&
		echo "-- migrate:dwon" >>migrations/0004_d.sql &&
		test_expect_code 1 git migrate rollback 0003_c 2>err &&
		test_grep "0004_d. stands on .0003_c. and would stay" err &&
		git migrate rollback 2>err &&
		test_grep "^migrations/0004_d.sql:.* error: " err &&
		test_tables a b c &&
		git migrate reset --yes &&
		test_tables ""
	)
'

test_expect_success 'reset and --all stop at what was there before' '
	for command in "reset --yes" "rollback --all"
	do
		rm -rf before &&
		test_project before --numbering sequence &&
		(
			cd before &&
			make_table 0001_a a &&
			make_table 0002_b b &&
			make_table 0003_c c &&
			sq app.db "CREATE TABLE a (id)" &&
			git migrate baseline a &&
			git migrate apply -q &&
			test_tables a b c &&
			# shellcheck disable=SC2086
			git migrate $command &&
			test_tables a &&
			test_states baseline:0001_a pending:0002_b \
				pending:0003_c
		) || return 1
	done
'

test_expect_success 'what was written by hand stands on what was sealed' '
	test_project hand --numbering sequence &&
	(
		cd hand &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		git migrate seal -q &&
		test_grep "^-- migrate:parent 0001_a " migrations/0002_b.sql &&
		make_table 0003_c c &&
		git -c migrate.heads=linear migrate check >out &&
		test_grep ! several-heads out &&
		git -c migrate.autoSeal=false migrate apply -q &&
		test_grep ! "migrate:parent" migrations/0003_c.sql &&
		git migrate show c >out &&
		test_grep "^Parent: *0002_b" out &&
		test_expect_code 1 git migrate rollback 0002_b 2>err &&
		test_grep "0003_c. stands on .0002_b. and would stay" err &&
		test_tables a b c &&
		make_table 0004_d d &&
		git migrate show d >out &&
		test_grep "^Parent: *0003_c" out
	)
'

test_expect_success 'what parents were implied is known without the files' '
	test_project implied --numbering sequence &&
	(
		cd implied &&
		git config migrate.autoSeal false &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		make_table 0003_c c &&
		test_commit_all all &&
		git rm -q migrations/0002_b.sql migrations/0003_c.sql &&
		git commit -q -m none &&
		git migrate apply -q --at HEAD~1 &&
		sq app.db "SELECT parents FROM git_migrate_history
			ORDER BY position" >actual &&
		printf "%s\n" "" "implied 0001_a" "implied 0002_b" >expect &&
		test_cmp expect actual &&
		test_expect_code 1 git migrate rollback 0002_b 2>err &&
		test_grep "0003_c. stands on .0002_b. and would stay" err &&
		test_tables a b c
	)
'

test_expect_success 'where a file implies another parent since, that is noted' '
	(
		cd implied &&
		git checkout -q HEAD~1 -- migrations/0003_c.sql &&
		git migrate rollback 0002_b 2>err &&
		test_grep "note: .0003_c. stays, and was applied on top of" \
			err &&
		test_tables a c
	)
'

test_expect_success 'what a lower one stands on is not put on that one' '
	test_project higher --numbering sequence &&
	(
		cd higher &&
		make_table 0001_a a none &&
		make_table 0002_b b 0003_c &&
		make_table 0003_c c &&
		git migrate check >out &&
		test_grep ! cycle out &&
		git migrate apply -q &&
		test_expect_code 1 git migrate rollback 0003_c 2>err &&
		test_grep "0002_b. stands on .0003_c. and would stay" err
	)
'

test_done
