#!/bin/sh
test_description='status: each state, for people and for programs'
. "${0%/*}/test-lib.sh"

# A project with one migration in each state but renamed, missing, failed.
setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_base base &&
		git migrate baseline 0001_base &&
		make_table 0002_faked faked &&
		git migrate fake 0002_faked &&
		make_table 0003_applied applied &&
		make_table 0004_edited edited &&
		make_table 0005_cosmetic cosmetic &&
		make_table 0006_late late none &&
		make_table 0007_down down 0005_cosmetic &&
		git migrate apply 3 4 5 7 &&
		make_table 0008_pending pending &&
		sed -i "s/TABLE edited (id/TABLE edited (ident/" \
			migrations/0004_edited.sql &&
		echo "-- said again" >>migrations/0005_cosmetic.sql &&
		sed -i "s/DROP TABLE down/DROP TABLE IF EXISTS down/" \
			migrations/0007_down.sql
	) >/dev/null
}

test_expect_success 'each state has its word' '
	setup all &&
	(
		cd all &&
		test_states baseline:0001_base faked:0002_faked \
			applied:0003_applied edited:0004_edited \
			cosmetic:0005_cosmetic out-of-order:0006_late \
			applied:0007_down pending:0008_pending
	)
'

test_expect_success 'people see what is not simply applied' '
	(
		cd all &&
		git migrate status >out &&
		sed "s/applied on [^ ]*,/applied on WHEN,/" out >actual &&
		cat >expect <<-\END &&
		On target sqlite:app.db
		  baseline      0001_base
		  faked         0002_faked
		  edited        0004_edited  (applied on WHEN, changed since)
		  cosmetic      0005_cosmetic
		  out-of-order  0006_late
		  applied       0007_down  (its down section changed since)
		  pending       0008_pending
		END
		head -n 8 actual >lines &&
		test_cmp expect lines &&
		sed -n 9p actual >summary &&
		test_grep "2 applied, 1 faked, 1 baseline, 1 pending" summary &&
		test_grep "1 out-of-order, 1 edited, 1 cosmetic" summary &&
		test_grep ! "use \"git migrate apply\" to apply" out &&
		test_grep "use \"git migrate apply\" to see what was edited" out
	)
'

test_expect_success 'missing and renamed ones say where from' '
	test_project moved --numbering sequence &&
	(
		cd moved &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		make_table 0003_c c &&
		git migrate apply -q &&
		test_commit_all one &&
		git branch keep &&
		git rm -q migrations/0003_c.sql &&
		git mv migrations/0002_b.sql migrations/0004_b.sql &&
		test_commit_all two &&
		test_states applied:0001_a missing:0003_c renamed:0004_b &&
		git migrate status >out &&
		test_grep "missing *0003_c  (.*it is on keep)" out &&
		test_grep "renamed *0004_b  (was 0002_b)" out &&
		test_grep "git migrate rollback ID" out &&
		test_grep "carry the rename over" out
	)
'

test_expect_success 'what is advised leads to the target that was asked for' '
	test_project other --numbering sequence &&
	(
		cd other &&
		git config migrate-target.prod.url sqlite:prod.db &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		git migrate status --target prod >out &&
		test_grep "use \"git migrate apply --target prod\"" out &&
		git migrate apply -q --target prod &&
		git migrate apply -q &&
		rm migrations/0002_b.sql &&
		git migrate status --target prod >out &&
		test_grep "git migrate rollback --target prod ID" out &&
		test_grep "git migrate sync --target prod\"" out &&
		git migrate status --url sqlite:prod.db >out &&
		test_grep "git migrate sync --url URL\"" out &&
		make_table 0001_a z &&
		test_expect_code 1 git migrate apply --target prod 2>err &&
		test_grep "^hint: git migrate redo" err &&
		test_grep "^hint: for this database add --target prod" err &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep ! "for this database" err
	)
'

test_expect_success 'a failed one says how far it came' '
	test_project failed --numbering sequence &&
	(
		cd failed &&
		cat >migrations/0001_a.sql <<-\END &&
		-- migrate:up transaction:false
		CREATE TABLE a (id);
		INSERT INTO nowhere VALUES (1);
		END
		test_expect_code 128 git migrate apply 2>err &&
		test_states failed:0001_a &&
		git migrate status >out &&
		test_grep "failed *0001_a  (apply stopped after 1 of 2" out &&
		test_grep "git migrate apply --continue" out &&
		sq app.db "UPDATE git_migrate_history
			SET state = '"'applying'"',
			error = NULL, statements_started = 2" &&
		git migrate status >out &&
		test_grep "failed *0001_a  (apply stopped in statement 2 of 2" \
			out &&
		test_grep "nobody knows whether it has happened" out
	)
'

test_expect_success '--exit-code is 1 unless everything is in place' '
	test_expect_code 1 git -C all migrate status --exit-code >out &&
	test_expect_code 1 git -C moved migrate status --exit-code >out &&
	test_expect_code 1 git -C failed migrate status --exit-code >out &&
	test_project empty --numbering sequence &&
	(
		cd empty &&
		git migrate status --exit-code >out &&
		make_table 0001_a a &&
		git migrate status >out &&
		test_expect_code 1 git migrate status --exit-code >out &&
		git migrate apply -q &&
		git migrate status --exit-code >out &&
		echo "-- a note" >>migrations/0001_a.sql &&
		git migrate status --exit-code >out &&
		make_table 0002_b b &&
		git migrate fake b -q &&
		git migrate status --exit-code >out
	)
'

test_expect_success '--porcelain is three columns and nothing else' '
	(
		cd all &&
		git migrate status --porcelain >out &&
		test_line_count = 8 out &&
		awk -F "\t" "NF != 3 || \$3 !~ /^xxh3:[0-9a-f]+$/" out >bad &&
		test_must_be_empty bad
	)
'

test_expect_success '--json says the same, and more' '
	(
		cd all &&
		git migrate status --json >out.json &&
		git migrate status --porcelain | cut -f 1,2,3 >expect &&
		json "map { join qq(\t), @{\$_}{qw(state id checksum)} }
			@{\$j->{migrations}}" <out.json >actual &&
		test_cmp expect actual &&
		json "\$j->{target}" <out.json >actual &&
		echo sqlite:app.db >expect &&
		test_cmp expect actual &&
		json "map { \$_->{path} } @{\$j->{migrations}}" <out.json |
			head -n 1 >actual &&
		echo migrations/0001_base.sql >expect &&
		test_cmp expect actual
	) &&
	(
		cd moved &&
		git migrate status --json >out.json &&
		json "map { @{\$_->{refs}} } @{\$j->{migrations}}" \
			<out.json >actual &&
		echo keep >expect &&
		test_cmp expect actual
	) &&
	(
		cd empty &&
		rm -r app.db migrations &&
		git migrate status --json >out.json &&
		json "\$j->{exists} ? 1 : 0, scalar @{\$j->{migrations}}" \
			<out.json >actual &&
		printf "%s\n" 0 0 >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'status changes nothing, not even the file'\''s time' '
	(
		cd all &&
		touch -d "2001-01-01" app.db &&
		cp -p app.db before.db &&
		git migrate status >out &&
		git migrate log >out &&
		git migrate show 3 >out &&
		cmp before.db app.db &&
		test ! app.db -nt before.db &&
		ls -A | grep "^app\.db." >rests
		test_must_be_empty rests
	)
'

test_expect_success 'status reads a database that cannot be written' '
	(
		cd all &&
		git migrate status >expect &&
		chmod 444 app.db &&
		git migrate status >actual &&
		chmod 644 app.db &&
		test_cmp expect actual
	)
'

test_expect_success 'usage is checked' '
	test_expect_code 129 git -C all migrate status --json --porcelain \
		2>err &&
	test_grep "exclude each other" err &&
	test_expect_code 129 git -C all migrate status 0001 2>err &&
	test_expect_code 129 git -C all migrate status --url 2>err &&
	test_grep "needs a value" err &&
	test_expect_code 129 git -C all migrate status --exit-code=1 2>err &&
	test_grep "takes no value" err
'

test_expect_success 'what is pending is advised to be applied, where it can' '
	test_project advice --numbering sequence &&
	(
		cd advice &&
		make_table 0001_a a &&
		git migrate status >out &&
		test_grep "use \"git migrate apply\" to apply" out &&
		printf "%s\n" "-- migrate:parent 0009_no" "-- migrate:up" \
			>migrations/0002_b.sql &&
		test_expect_code 1 git migrate status >out 2>err &&
		test_grep ! "git migrate apply" out &&
		test_grep "git migrate check" out
	)
'

test_expect_success 'a file that cannot be read is named, and hides no other' '
	test_project broken --numbering sequence &&
	(
		cd broken &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		git migrate apply -q &&
		echo "-- migrate:dwon" >>migrations/0002_b.sql &&
		line=$(wc -l <migrations/0002_b.sql) &&
		place="migrations/0002_b.sql:$((line))" &&
		test_expect_code 1 git migrate status >out 2>err &&
		test_grep "^$place: error: .*\[parse-error\]" err &&
		test_grep "edited *0002_b  (its file can.t be read" out &&
		test_grep "^1 applied, 1 edited" out &&
		test_grep "before the files are mended: .*git migrate check" \
			out &&
		test_grep ! "git migrate apply" out &&
		test_expect_code 1 git migrate status --porcelain >out 2>err &&
		test_grep "^$place: error: " err &&
		cut -f 1,2 out | tr "\t" : >actual &&
		printf "%s\n" applied:0001_a edited:0002_b >expect &&
		test_cmp expect actual &&
		git migrate log --porcelain >out 2>err &&
		test_grep "^$place: error: " err &&
		cut -f 1,2 out | tr "\t" : >actual &&
		printf "%s\n" edited:0002_b applied:0001_a >expect &&
		test_cmp expect actual &&
		git migrate show b >out 2>err &&
		test_grep "^$place: error: " err &&
		test_grep "^State: *edited" out &&
		test_grep "^File: *can.t be read; this is what was" out &&
		test_grep "^CREATE TABLE b" out &&
		test_grep ! dwon out &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "^fatal: $place: " err
	)
'

test_expect_success 'one that was never applied blocks the status, too' '
	test_project never --numbering sequence &&
	(
		cd never &&
		make_table 0001_a a &&
		git migrate apply -q &&
		echo "-- migrate:pu" >migrations/0002_b.sql &&
		test_expect_code 1 git migrate status --porcelain >out 2>err &&
		test_grep "^migrations/0002_b.sql:1: error: " err &&
		test_line_count = 1 out &&
		rm migrations/0002_b.sql &&
		git migrate status 2>err &&
		test_must_be_empty err
	)
'

test_done
