#!/bin/sh
test_description='fake, baseline, accept, restore: history and files, no SQL'
. "${0%/*}/test-lib.sh"

setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		make_table 0003_c c
	)
}

test_expect_success 'fake marks and runs nothing' '
	setup fake &&
	(
		cd fake &&
		git migrate fake --dry-run b >out &&
		echo "-- fake 0002_b" >expect &&
		test_cmp expect out &&
		test_path_is_missing app.db &&
		git migrate fake 0001_a b >out &&
		printf "marked as applied %s\n" 0001_a 0002_b >expect &&
		test_cmp expect out &&
		test_tables "" &&
		test_states faked:0001_a faked:0002_b pending:0003_c &&
		git migrate apply &&
		test_tables c
	)
'

test_expect_success 'a rollback that trips over a fake one says so' '
	setup trips &&
	(
		cd trips &&
		git migrate fake -q a &&
		test_expect_code 128 git migrate rollback 2>err &&
		test_grep "no such table: a" err &&
		test_grep "^hint: .*never run here: .*fake --undo 0001_a" err
	)
'

test_expect_success 'fake --undo takes the mark away' '
	(
		cd fake &&
		git migrate fake --undo b >out &&
		test_grep "^unmarked 0002_b" out &&
		test_states faked:0001_a out-of-order:0002_b applied:0003_c &&
		test_expect_code 1 git migrate fake --undo b 2>err &&
		test_grep "is not applied" err &&
		test_expect_code 1 git migrate fake a 2>err &&
		test_grep "is applied already" err
	)
'

test_expect_success 'fake --all marks what is pending, --undo what is marked' '
	setup all &&
	(
		cd all &&
		git migrate apply -q -c 1 &&
		git migrate fake --all &&
		test_states applied:0001_a faked:0002_b faked:0003_c &&
		git migrate fake --all --undo &&
		test_states applied:0001_a pending:0002_b pending:0003_c &&
		test_expect_code 129 git migrate fake 2>err &&
		test_expect_code 129 git migrate fake --all b 2>err
	)
'

test_expect_success 'what was faked can be rolled back by its down' '
	setup down &&
	(
		cd down &&
		sq app.db "CREATE TABLE a (id)" &&
		git migrate fake a &&
		git migrate rollback &&
		test_tables ""
	)
'

test_expect_success 'baseline marks everything up to one' '
	setup base &&
	(
		cd base &&
		sq app.db "CREATE TABLE a (id); CREATE TABLE b (id)" &&
		git migrate baseline --dry-run b >out &&
		printf "%s\n" "-- baseline 0001_a" "-- baseline 0002_b" \
			>expect &&
		test_cmp expect out &&
		git migrate baseline 2 >out &&
		printf "marked as baseline %s\n" 0001_a 0002_b >expect &&
		test_cmp expect out &&
		git migrate apply &&
		test_tables a b c &&
		test_states baseline:0001_a baseline:0002_b applied:0003_c &&
		git migrate baseline 2 >out &&
		echo "nothing to do" >expect &&
		test_cmp expect out
	)
'

test_expect_success 'a baseline cannot be rolled back' '
	(
		cd base &&
		git migrate rollback &&
		test_expect_code 1 git migrate rollback 2>err &&
		test_grep "0002_b. is a baseline" err &&
		test_grep "hint: git migrate fake --undo 0002_b" err &&
		test_tables a b &&
		git migrate fake --undo b a &&
		test_states pending:0001_a pending:0002_b pending:0003_c
	)
'

test_expect_success 'marks are logged' '
	sq base/app.db "SELECT action, count(*) FROM git_migrate_log
		GROUP BY action" >actual &&
	cat >expect <<-\END &&
	apply|1
	baseline|2
	rollback|1
	unfake|2
	END
	test_cmp expect actual
'

test_expect_success 'accept records the file as it is, and only its words' '
	setup accept &&
	(
		cd accept &&
		git migrate apply -q &&
		sq app.db "SELECT applied_at, applied_by, batch, position
			FROM git_migrate_history WHERE id = '\''0002_b'\''" \
			>expect &&
		sed -i "s/TABLE b (id/TABLE b (ident/" migrations/0002_b.sql &&
		git migrate accept --dry-run b >out &&
		echo "-- accept 0002_b" >shown &&
		test_cmp shown out &&
		test_states applied:0001_a edited:0002_b applied:0003_c &&
		git migrate accept b >out &&
		echo "accepted 0002_b" >shown &&
		test_cmp shown out &&
		git migrate status --exit-code &&
		sq app.db "SELECT applied_at, applied_by, batch, position
			FROM git_migrate_history WHERE id = '\''0002_b'\''" \
			>actual &&
		test_cmp expect actual &&
		git migrate accept b >out &&
		echo "nothing to do" >shown &&
		test_cmp shown out
	)
'

test_expect_success 'accept is logged with what was there before' '
	(
		cd accept &&
		old=$(sq app.db "SELECT checksum FROM git_migrate_log
			WHERE id = '\''0002_b'\''
			AND action = '\''apply'\''") &&
		sq app.db "SELECT detail FROM git_migrate_log
			WHERE action = '\''accept'\''" >actual &&
		echo "was $old" >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'accept takes what is applied and has a file' '
	(
		cd accept &&
		make_table 0004_d d &&
		test_expect_code 1 git migrate accept d 2>err &&
		test_grep "0004_d. is not applied" err &&
		rm migrations/0003_c.sql &&
		test_expect_code 1 git migrate accept 0003_c 2>err &&
		test_grep "has no file" err &&
		test_expect_code 129 git migrate accept 2>err &&
		test_expect_code 128 git migrate accept nothing 2>err
	)
'

test_expect_success 'restore puts the text back; the other can still be had' '
	setup restore &&
	(
		cd restore &&
		git migrate apply -q &&
		cp migrations/0002_b.sql as-applied &&
		sed -i "s/TABLE b (id/TABLE b (ident/" migrations/0002_b.sql &&
		cp migrations/0002_b.sql edited &&
		git migrate restore --dry-run b >out &&
		test_cmp as-applied out &&
		test_cmp edited migrations/0002_b.sql &&
		git migrate restore b >out 2>err &&
		test_cmp as-applied migrations/0002_b.sql &&
		echo "restored 0002_b" >expect &&
		test_cmp expect out &&
		command=$(sed -n "s/^the text that was there: //p" err) &&
		$command >actual &&
		test_cmp edited actual &&
		git migrate restore b >out &&
		echo "0002_b is as it was applied" >expect &&
		test_cmp expect out
	)
'

test_expect_success 'restore writes a file that is gone' '
	(
		cd restore &&
		cp migrations/0003_c.sql expect &&
		rm migrations/0003_c.sql &&
		git migrate restore 0003_c &&
		test_cmp expect migrations/0003_c.sql &&
		make_table 0004_d d &&
		test_expect_code 1 git migrate restore d 2>err &&
		test_grep "0004_d" err
	)
'

test_expect_success 'outside a repository the other text lies beside it' '
	mkdir alone &&
	(
		cd alone &&
		git migrate init --url sqlite:app.db 2>err &&
		make_table 1_a a &&
		git migrate apply -q &&
		sed -i "s/id/ident/" migrations/1_a.sql &&
		cp migrations/1_a.sql edited &&
		git migrate restore 1_a 2>err &&
		test_grep "migrations/1_a.sql.orig" err &&
		test_cmp edited migrations/1_a.sql.orig &&
		git migrate status --exit-code
	)
'

test_expect_success 'restore mends what cannot be read, and keeps it' '
	setup unreadable &&
	(
		cd unreadable &&
		git migrate apply -q &&
		cp migrations/0002_b.sql as-applied &&
		echo "-- migrate:dwon" >>migrations/0002_b.sql &&
		cp migrations/0002_b.sql broken &&
		git migrate restore b >out 2>err &&
		echo "restored 0002_b" >expect &&
		test_cmp expect out &&
		test_cmp as-applied migrations/0002_b.sql &&
		command=$(sed -n "s/^the text that was there: //p" err) &&
		$command >actual &&
		test_cmp broken actual &&
		git migrate status --exit-code
	)
'

test_expect_success 'fake --undo says where, and asks where it is protected' '
	setup guarded &&
	(
		cd guarded &&
		git migrate fake --all &&
		git migrate fake --undo 0003_c >out 2>err &&
		echo "target: sqlite:app.db" >expect &&
		test_cmp expect err &&
		test_states faked:0001_a faked:0002_b pending:0003_c &&
		cat >>.gitmigrate <<-\END &&
		[migrate-target "production"]
			url = sqlite:app.db
			protected = true
		END
		for which in 0002_b --all
		do
			test_expect_code 1 git migrate fake --undo $which \
				--target production 2>err || exit 1
			test_grep "production (sqlite:app.db) is protected" \
				err || exit 1
		done &&
		test_states faked:0001_a faked:0002_b pending:0003_c &&
		git migrate fake --undo 0002_b --target production --yes \
			2>err &&
		echo "target: production (sqlite:app.db)" >expect &&
		test_cmp expect err &&
		test_states faked:0001_a pending:0002_b pending:0003_c
	)
'

test_done
