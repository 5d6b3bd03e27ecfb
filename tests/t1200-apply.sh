#!/bin/sh
test_description='apply: what is pending, in order'
. "${0%/*}/test-lib.sh"

# Four in a row, none applied.
four() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		make_table 0001_a a &&
		make_table 0002_b b &&
		make_table 0003_c c &&
		make_table 0004_d d
	)
}

test_expect_success 'all that is pending is applied, and said' '
	four all &&
	(
		cd all &&
		git migrate apply >out &&
		sed "s/ ([0-9]* ms)//" out >actual &&
		printf "applied %s\n" 0001_a 0002_b 0003_c 0004_d >expect &&
		test_cmp expect actual &&
		test_tables a b c d &&
		git migrate apply >out &&
		echo "nothing to apply" >expect &&
		test_cmp expect out
	)
'

test_expect_success 'up is apply, and --quiet is quiet' '
	four quiet &&
	(
		cd quiet &&
		git migrate up --quiet --count 1 >out 2>err &&
		test_must_be_empty out &&
		test_must_be_empty err &&
		test_tables a
	)
'

test_expect_success '--to applies nothing behind it' '
	four to &&
	(
		cd to &&
		git migrate apply --to b &&
		test_tables a b &&
		git migrate apply --to 0001_a >out &&
		test_grep "nothing to apply" out &&
		git migrate apply --to=4 &&
		test_tables a b c d
	)
'

test_expect_success '--count applies so many' '
	four count &&
	(
		cd count &&
		git migrate apply -c 1 &&
		test_tables a &&
		git migrate apply --count=2 &&
		test_tables a b c &&
		git migrate apply -c 100 &&
		test_tables a b c d &&
		for n in 0 -1 x "" 99999999999999999999
		do
			test_expect_code 129 git migrate apply --count="$n" \
				2>err || exit 1
		done
	)
'

test_expect_success 'named ones are applied, on top of their parents' '
	four named &&
	(
		cd named &&
		test_expect_code 1 git migrate apply 0002_b 2>err &&
		test_grep "stands on .0001_a., which is not applied" err &&
		test_grep "^hint: git migrate apply 0001_a 0002_b" err &&
		test_path_is_missing app.db-journal &&
		git migrate apply b a &&
		test_tables a b &&
		test_expect_code 129 git migrate apply c --to d 2>err &&
		test_expect_code 129 git migrate apply -c 1 --to d 2>err &&
		test_expect_code 128 git migrate apply nothing 2>err
	)
'

test_expect_success '--at takes the migrations of a commit' '
	test_project at --numbering sequence &&
	(
		cd at &&
		make_table 0001_a a &&
		test_commit_all one &&
		git tag v1 &&
		make_table 0002_b b &&
		test_commit_all two &&
		rm migrations/*.sql &&
		git migrate apply --at v1 &&
		test_tables a &&
		git migrate apply --at HEAD &&
		test_tables a b &&
		git migrate log --json >log &&
		json "map { \$_->{commit} } @{\$j->{migrations}}" <log \
			>actual &&
		{ git rev-parse main && git rev-parse v1; } >expect &&
		test_cmp expect actual &&
		test_expect_code 128 git migrate apply --at nowhere 2>err &&
		test_grep nowhere err
	)
'

test_expect_success '--dry-run prints the SQL and changes nothing' '
	four dry &&
	(
		cd dry &&
		cp -R migrations before &&
		git migrate apply --dry-run --count 2 >out &&
		cat >expect <<-\END &&
		-- apply 0001_a
		CREATE TABLE a (id INTEGER);
		-- apply 0002_b
		CREATE TABLE b (id INTEGER);
		END
		test_cmp expect out &&
		diff -r before migrations &&
		test_path_is_missing app.db &&
		git migrate apply -q -c 1 &&
		cp app.db before.db &&
		git migrate apply -n >out &&
		cmp before.db app.db
	)
'

test_expect_success 'what comes late is applied, with a warning' '
	test_project late --numbering sequence &&
	(
		cd late &&
		make_table 0010_a a &&
		make_table 0020_b b &&
		git migrate apply -q &&
		make_table 0015_late late 0010_a &&
		make_table 0030_c c 0020_b &&
		test_states applied:0010_a out-of-order:0015_late \
			applied:0020_b pending:0030_c &&
		git migrate apply >out 2>err &&
		test_grep "^warning: .0015_late. is out of order" err &&
		test_grep ! "0030_c" err &&
		test_tables a b c late &&
		git migrate rollback >out &&
		test_grep "rolled back 0030_c" out &&
		git migrate rollback >out &&
		test_grep "rolled back 0015_late" out
	)
'

test_expect_success 'each run is a batch, and positions count on' '
	four batches &&
	(
		cd batches &&
		git migrate apply -q -c 2 &&
		git migrate apply -q &&
		sq app.db "SELECT id, batch, position FROM git_migrate_history
			ORDER BY position" >actual &&
		cat >expect <<-\END &&
		0001_a|1|1
		0002_b|1|2
		0003_c|2|3
		0004_d|2|4
		END
		test_cmp expect actual
	)
'

test_expect_success 'a failing statement is named by file, line and column' '
	test_project failing --numbering sequence &&
	(
		cd failing &&
		make_table 0001_a a &&
		cat >migrations/0002_b.sql <<-\END &&
		-- migrate:up
		CREATE TABLE b (id);

		INSERT INTO b
		  VALUES (wrong);
		CREATE TABLE c (id);
		END
		test_expect_code 128 git -c migrate.autoSeal=false \
			migrate apply 2>err &&
		test_grep "^fatal: migrations/0002_b.sql:5:11: no such column" \
			err &&
		test_tables a &&
		test_states applied:0001_a pending:0002_b &&
		sq app.db "SELECT action, id FROM git_migrate_log" >actual &&
		printf "%s\n" "apply|0001_a" "failure|0002_b" >expect &&
		test_cmp expect actual &&
		sed -i "s/wrong/1/" migrations/0002_b.sql &&
		git migrate apply &&
		test_tables a b c
	)
'

test_expect_success 'a false verify fails the migration' '
	test_project verify --numbering sequence &&
	(
		cd verify &&
		cat >migrations/0001_a.sql <<-\END &&
		-- migrate:up
		CREATE TABLE a (id);
		INSERT INTO a VALUES (1);
		-- migrate:verify
		SELECT count(*) = 1 FROM a;
		SELECT count(*) = 2 FROM a;
		END
		test_expect_code 128 git -c migrate.autoSeal=false \
			migrate apply 2>err &&
		test_grep "^fatal: migrations/0001_a.sql:6:1: verify" err &&
		test_tables "" &&
		sed -i "\$d" migrations/0001_a.sql &&
		git migrate apply &&
		test_tables a
	)
'

test_expect_success 'verify fails on an error, and passes without rows' '
	test_project rows --numbering sequence &&
	(
		cd rows &&
		cat >migrations/0001_a.sql <<-\END &&
		-- migrate:up
		CREATE TABLE a (id);
		-- migrate:verify
		SELECT 0 FROM a;
		SELECT 1, 0;
		END
		git migrate apply &&
		cat >migrations/0002_b.sql <<-\END &&
		-- migrate:up
		CREATE TABLE b (id);
		-- migrate:verify
		SELECT * FROM nowhere;
		END
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "no such table: nowhere" err &&
		test_tables a
	)
'

test_expect_success '--single-transaction is all or nothing' '
	four single &&
	(
		cd single &&
		make_migration 0005_e "INSERT INTO nowhere VALUES (1);" "" &&
		test_expect_code 128 git migrate apply --single-transaction \
			>out 2>err &&
		test_must_be_empty out &&
		test_grep "0005_e.sql:" err &&
		test_grep "^hint: all of it was one transaction" err &&
		test_tables "" &&
		git migrate status --porcelain | cut -f 1 | sort -u >actual &&
		echo pending >expect &&
		test_cmp expect actual &&
		rm migrations/0005_e.sql &&
		git migrate apply --single-transaction &&
		test_tables a b c d &&
		git migrate status --exit-code &&
		sq app.db "SELECT l.id, h.position FROM git_migrate_log l
			JOIN git_migrate_history h ON h.id = l.id
			WHERE action = '\''apply'\'' ORDER BY entry" >actual &&
		printf "%s\n" "0001_a|1" "0002_b|2" "0003_c|3" "0004_d|4" \
			>expect &&
		test_cmp expect actual
	)
'

test_expect_success '--single-transaction refuses what cannot be in one' '
	four outside &&
	(
		cd outside &&
		cat >migrations/0005_e.sql <<-\END &&
		-- migrate:up transaction:false
		VACUUM;
		END
		test_expect_code 1 git migrate apply --single-transaction \
			2>err &&
		test_grep "0005_e" err &&
		test_states pending:0001_a pending:0002_b pending:0003_c \
			pending:0004_d pending:0005_e &&
		git migrate apply &&
		git migrate status --exit-code
	)
'

test_expect_success 'SQL that ends the transaction is refused beforehand' '
	test_project ends --numbering sequence &&
	(
		cd ends &&
		make_table 0001_a a &&
		for sql in "COMMIT;" "BEGIN;" "END;" "ROLLBACK;"
		do
			make_migration 0002_b "$sql" "" &&
			test_expect_code 1 git -c migrate.autoSeal=false \
				migrate apply 2>err || exit 1
			test_grep "0002_b.sql:2" err || exit 1
			test_grep "transaction:false" err || exit 1
		done &&
		test_states pending:0001_a pending:0002_b
	)
'

test_expect_success 'what needs no transaction gets a hint inside one' '
	test_project vacuum --numbering sequence &&
	(
		cd vacuum &&
		make_migration 0001_a "VACUUM;" "" &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "^error: migrations/0001_a.sql:5:1: .VACUUM." err &&
		test_grep "^hint: .*transaction:false" err
	)
'

test_expect_success 'the section for the database wins' '
	test_project dialects --numbering sequence &&
	(
		cd dialects &&
		cat >migrations/0001_a.sql <<-\END &&
		-- migrate:up
		CREATE TABLE general (id);
		-- migrate:up dialect:sqlite
		CREATE TABLE lite (id);
		-- migrate:up dialect:postgres
		CREATE TABLE pg (id);
		END
		cat >migrations/0002_b.sql <<-\END &&
		-- migrate:up dialect:mysql
		CREATE TABLE b (id);
		END
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "0002_b.sql: there is no up section for sqlite" err &&
		git migrate apply -c 1 &&
		test_tables lite
	)
'

test_expect_success 'files that cannot run stop an apply beforehand' '
	four broken &&
	(
		cd broken &&
		echo "-- migrate:parent 9_z" >migrations/0005_e.sql &&
		echo "-- migrate:up" >>migrations/0005_e.sql &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "migrations/0005_e.sql:1" err &&
		test_path_is_missing app.db &&
		rm migrations/0005_e.sql &&
		echo "SELECT 1;" >migrations/nonumber.sql &&
		git migrate apply >out 2>err &&
		test_grep "^warning: migrations/nonumber.sql" err &&
		test_tables a b c d
	)
'

test_expect_success 'a filename that a shell would take apart is no danger' '
	test_project "od d'\''s \$dir" --numbering sequence &&
	(
		cd "od d'\''s \$dir" &&
		make_table 0001_a-b.c a &&
		git migrate apply &&
		git migrate status --exit-code
	)
'

test_expect_success 'a long SQL in many statements runs whole' '
	test_project long --numbering sequence &&
	(
		cd long &&
		{
			echo "-- migrate:up" &&
			echo "CREATE TABLE t (id INTEGER, s TEXT);" &&
			echo "CREATE TRIGGER g AFTER INSERT ON t BEGIN" &&
			echo "UPDATE t SET s = CASE WHEN id > 2" &&
			echo "THEN '\'';'\''" &&
			echo "ELSE '\''--'\'' END WHERE id = new.id; END;" &&
			i=0 &&
			while test $i -lt 500
			do
				echo "INSERT INTO t (id) VALUES ($i); -- ;" &&
				i=$((i + 1)) || exit 1
			done
		} >migrations/0001_a.sql &&
		git migrate apply &&
		sq app.db "SELECT count(*), sum(s = '\'';'\'') FROM t" \
			>actual &&
		echo "500|497" >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a pragma that has no place in a transaction is refused' '
	test_project pragma --numbering sequence &&
	(
		cd pragma &&
		make_table 0001_a a &&
		make_migration 0002_b "CREATE TABLE b (id);
PRAGMA journal_mode = wal;" "" &&
		test_expect_code 1 git -c migrate.autoSeal=false \
			migrate apply 2>err &&
		test_grep "^error: migrations/0002_b.sql:3:1: .PRAGMA journal" \
			err &&
		test_grep "^hint: write .-- migrate:up transaction:false" err &&
		test_states pending:0001_a pending:0002_b &&
		sed -i "s/^-- migrate:up/& transaction:false/" \
			migrations/0002_b.sql &&
		git migrate apply -q &&
		test_tables a b &&
		echo wal >expect &&
		sq app.db "PRAGMA journal_mode" >actual &&
		test_cmp expect actual
	)
'

test_expect_success 'an empty up section is warned of, but for a join' '
	test_project empty --numbering sequence &&
	(
		cd empty &&
		make_table 0001_a a none &&
		make_table 0002_b b none &&
		make_migration 0003_join "" "" 0001_a 0002_b &&
		git migrate apply -q 2>err &&
		test_must_be_empty err &&
		make_migration 0004_d "-- to do" "" 0003_join &&
		git migrate apply 2>err &&
		echo "warning: migrations/0004_d.sql does nothing: its up \
section is empty" >expect &&
		test_cmp expect err
	)
'

test_expect_success 'a directory that is not there is warned of' '
	four nowhere &&
	(
		cd nowhere &&
		git config migrate.dir migratoins &&
		echo "warning: there is no directory '\''migratoins'\''" \
			>expect &&
		for command in apply status
		do
			git migrate $command 2>err || exit 1
			test_cmp expect err || exit 1
		done &&
		mkdir migratoins &&
		git migrate apply 2>err &&
		test_must_be_empty err
	)
'

test_expect_success '--wait takes seconds and nothing else' '
	four wait &&
	(
		cd wait &&
		for seconds in x "" -1 1s 1e99 nan
		do
			test_expect_code 129 git migrate apply \
				--wait="$seconds" 2>err || exit 1
			test_grep "^error: option .--wait. takes seconds" \
				err &&
			test_grep "^hint: git migrate apply -h" err &&
			test_line_count = 2 err || exit 1
		done &&
		test_path_is_missing app.db &&
		git migrate apply -q --wait=0.5 &&
		test_tables a b c d
	)
'

test_done
