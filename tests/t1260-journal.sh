#!/bin/sh
test_description='migrations outside a transaction: the journal'
. "${0%/*}/test-lib.sh"

# Three statements; the second one fails while there is no table "late".
setup() {
	test_project "$1" --numbering sequence &&
	(
		cd "$1" &&
		git config migrate.autoSeal false &&
		cat >migrations/0001_a.sql <<-\END &&
		-- migrate:up transaction:false
		CREATE TABLE effects (name TEXT);
		INSERT INTO late VALUES (1);
		INSERT INTO effects VALUES ('third');

		-- migrate:down transaction:false
		DROP TABLE effects;
		DELETE FROM later;
		DELETE FROM late;
		END
		make_table 0002_b b
	)
}

# stop AT: as if the process had died at that statement of the first one.
stop() {
	sq app.db "UPDATE git_migrate_history SET state = 'applying',
		error = NULL, owner = 'pid 0, somebody, since then',
		statements_started = $1, statements_done = $1 - 1
		WHERE id = '0001_a'"
}

test_expect_success 'a failing statement stops there, and says the ways' '
	setup fails &&
	(
		cd fails &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "^fatal: migrations/0001_a.sql:3:1: no such table" \
			err &&
		test_grep "^hint: 1 of 3 statements are done" err &&
		test_grep "^hint: git migrate apply --continue" err &&
		test_grep "^hint: git migrate apply --restart" err &&
		test_grep "^hint: git migrate apply --abort" err &&
		test_tables effects &&
		test_states failed:0001_a pending:0002_b
	)
'

test_expect_success 'apply refuses until it is settled' '
	(
		cd fails &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "0001_a. stopped after 1 of 3 statements" err &&
		test_grep "no such table" err &&
		test_grep "apply --continue" err &&
		test_expect_code 1 git migrate rollback 2>err &&
		test_grep "stopped after 1 of 3" err &&
		test_expect_code 1 git migrate apply --dry-run 2>err &&
		test_tables effects
	)
'

test_expect_success '--continue goes on behind the last finished one' '
	cp -R fails continue &&
	(
		cd continue &&
		sq app.db "CREATE TABLE late (id)" &&
		git migrate apply --continue &&
		git migrate status --exit-code &&
		test_tables b effects late &&
		sq app.db "SELECT count(*) FROM late" >actual &&
		echo 1 >expect &&
		test_cmp expect actual &&
		test_expect_code 1 git migrate apply --continue 2>err &&
		test_grep "nothing is under way" err
	)
'

test_expect_success '--continue takes what is behind from the file' '
	cp -R fails mended &&
	(
		cd mended &&
		sed -i "s/INTO late VALUES (1)/INTO effects VALUES (2)/" \
			migrations/0001_a.sql &&
		git migrate apply --continue &&
		git migrate status --exit-code &&
		sq app.db "SELECT name FROM effects" >actual &&
		printf "%s\n" 2 third >expect &&
		test_cmp expect actual
	)
'

test_expect_success '--continue refuses where what ran has changed' '
	cp -R fails changed &&
	(
		cd changed &&
		sq app.db "CREATE TABLE late (id)" &&
		sed -i "s/effects (name TEXT)/effects (name BLOB)/" \
			migrations/0001_a.sql &&
		test_expect_code 1 git migrate apply --continue 2>err &&
		test_grep "0001_a.sql: statement 1 has already run" err &&
		test_grep "restart" err &&
		sed -i "s/effects (name BLOB)/effects (name  TEXT) \/* ! *\//" \
			migrations/0001_a.sql &&
		git migrate apply --continue
	)
'

test_expect_success '--restart begins again' '
	cp -R fails restart &&
	(
		cd restart &&
		sq app.db "DROP TABLE effects; CREATE TABLE late (id)" &&
		git migrate apply --restart &&
		git migrate status --exit-code &&
		test_tables b effects late
	)
'

test_expect_success '--abort forgets, and prints what ran' '
	cp -R fails abort &&
	(
		cd abort &&
		git migrate apply --abort >out &&
		test_grep "these statements of 0001_a did run" out &&
		test_grep "^CREATE TABLE effects (name TEXT);" out &&
		test_grep ! "INSERT" out &&
		test_states pending:0001_a pending:0002_b &&
		test_tables effects &&
		sq app.db "DROP TABLE effects; CREATE TABLE late (id)" &&
		git migrate apply &&
		git migrate status --exit-code
	)
'

test_expect_success '--abort prints what ran before a --restart' - <<\EOT
	cp -R fails attempts && cd attempts && test_when_finished "cd .." &&
	test_expect_code 128 git migrate apply --restart 2>err &&
	test_grep "^fatal: .*0001_a.sql:2:14: table effects" err &&
	test_grep "^hint: what ran of it before it was begun again" err &&
	sq app.db "DROP TABLE effects; CREATE TABLE late (id)" &&
	test_expect_code 1 git migrate apply 2>err &&
	test_grep "stopped after 0 of 3 statements" err &&
	test_grep "^hint: .*apply --abort --dry-run prints it" err &&
	sed -i "s/effects VALUES/missing VALUES/" migrations/0001_a.sql &&
	test_expect_code 128 git migrate apply --restart 2>err &&
	stop 3 &&
	cat >expect <<-\END &&
	-- these statements of 0001_a did run, before it was begun again:
	CREATE TABLE effects (name TEXT);
	-- these statements of 0001_a did run since then:
	CREATE TABLE effects (name TEXT);
	INSERT INTO late VALUES (1);
	-- begun, and nobody knows whether it has happened:
	INSERT INTO missing VALUES ('third');
	END
	git migrate apply --abort --dry-run >out &&
	sed '$d' out >actual && test_cmp expect actual &&
	git migrate apply --abort -q >out && test_cmp expect out &&
	test_states pending:0001_a pending:0002_b
EOT

test_expect_success 'what is forgotten is not told of the next time' - <<\EOT
	cd attempts && test_when_finished "cd .." &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep ! "begun again stays" err &&
	git migrate apply --abort -q >out &&
	echo "-- no statement of 0001_a is known to have run" >expect &&
	test_cmp expect out
EOT

test_expect_success 'a statement that was begun and not ended is unknown' '
	cp -R fails unknown &&
	(
		cd unknown &&
		stop 2 &&
		sq app.db "CREATE TABLE late (id)" &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "statement 2 of 3 was begun, and nobody knows" err &&
		test_grep "INSERT INTO late VALUES (1)" err &&
		test_grep "^hint: .*--continue --ran" err &&
		test_grep "^hint: .*--continue --not-ran" err &&
		test_expect_code 1 git migrate apply --continue 2>err &&
		test_grep "nobody knows" err
	)
'

test_expect_success '--not-ran runs it, --ran does not' '
	cp -R unknown ran &&
	(
		cd unknown &&
		git migrate apply --continue --not-ran &&
		git migrate status --exit-code &&
		sq app.db "SELECT count(*) FROM late" >actual &&
		echo 1 >expect &&
		test_cmp expect actual
	) &&
	(
		cd ran &&
		git migrate apply --continue --ran &&
		git migrate status --exit-code &&
		sq app.db "SELECT count(*) FROM late" >actual &&
		echo 0 >expect &&
		test_cmp expect actual
	)
'

test_expect_success '--dry-run prints what would run, and nothing that did' '
	setup dry &&
	(
		cd dry &&
		test_expect_code 128 git migrate apply 2>err &&
		git migrate apply --continue --dry-run >out &&
		test_grep "^-- apply 0001_a, from statement 2 on" out &&
		test_grep "^INSERT INTO late VALUES (1);" out &&
		test_grep "^INSERT INTO effects" out &&
		test_grep ! "CREATE TABLE effects" out &&
		test_grep "^-- apply 0002_b" out &&
		git migrate apply --restart --dry-run >out &&
		test_grep "^CREATE TABLE effects" out &&
		git migrate apply --abort --dry-run >out &&
		cat >expect <<-\END &&
		-- these statements of 0001_a did run:
		CREATE TABLE effects (name TEXT);
		-- forget 0001_a
		END
		test_cmp expect out &&
		test_expect_code 1 git migrate rollback --dry-run 2>err &&
		test_grep "stopped after 1 of 3" err &&
		stop 2 &&
		test_expect_code 1 git migrate apply --continue --dry-run \
			2>err &&
		test_grep "nobody knows" err &&
		git migrate apply --continue --ran --dry-run >out &&
		test_grep "^-- apply 0001_a, from statement 3 on" out &&
		test_grep ! "INSERT INTO late" out &&
		sed -i s/effects/other/ migrations/0001_a.sql &&
		test_expect_code 1 git migrate apply --continue --not-ran -n \
			2>err &&
		test_grep "statement 1 has already run" err &&
		test_states failed:0001_a pending:0002_b
	)
'

test_expect_success 'the options exclude each other' '
	(
		cd fails &&
		for options in "--continue --abort" "--continue --restart" \
			"--ran" "--not-ran" "--continue --ran --not-ran" \
			"--abort --ran"
		do
			# The options are words.
			# shellcheck disable=SC2086
			test_expect_code 129 git migrate apply $options \
				2>err || exit 1
		done
	)
'

test_expect_success 'a rollback keeps a journal, too' '
	(
		cd continue &&
		git migrate rollback -q &&
		test_expect_code 128 git migrate rollback 2>err &&
		test_grep "no such table: later" err &&
		test_grep "^hint: git migrate rollback --continue" err &&
		test_tables late &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "rollback --continue" err &&
		git migrate status >out &&
		test_grep "rollback stopped after 1 of 3" out &&
		test_expect_code 1 git migrate apply --continue 2>err
	)
'

test_expect_success 'a rollback goes on, or is forgotten' '
	cp -R continue back &&
	(
		cd back &&
		git migrate rollback --abort >out &&
		test_grep "^DROP TABLE effects;" out &&
		test_states applied:0001_a pending:0002_b
	) &&
	(
		cd continue &&
		sq app.db "CREATE TABLE later (id)" &&
		git migrate rollback --continue &&
		test_states pending:0001_a pending:0002_b &&
		sq app.db "SELECT count(*) FROM late" >actual &&
		echo 0 >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'what runs outside a transaction can be what it must' '
	test_project vacuum --numbering sequence &&
	(
		cd vacuum &&
		cat >migrations/0001_a.sql <<-\END &&
		-- migrate:up transaction:false
		PRAGMA journal_mode = WAL;
		CREATE TABLE a (id);
		VACUUM;
		END
		git migrate apply &&
		git migrate status --exit-code &&
		sq app.db "PRAGMA journal_mode" >actual &&
		echo wal >expect &&
		test_cmp expect actual
	)
'

test_expect_success 'a transaction of its own goes back whole' '
	test_project own --numbering sequence &&
	(
		cd own &&
		git config migrate.autoSeal false &&
		cat >migrations/0001_a.sql <<-\END &&
		-- migrate:up transaction:false
		CREATE TABLE a (id);
		BEGIN;
		CREATE TABLE b (id);
		INSERT INTO nowhere VALUES (1);
		COMMIT;
		END
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "1 of 5 statements are done" err &&
		test_tables a &&
		sed -i "s/nowhere/b/" migrations/0001_a.sql &&
		git migrate apply --continue &&
		git migrate status --exit-code &&
		test_tables a b
	)
'

test_expect_success 'a transaction that is left open is an error' '
	test_project open --numbering sequence &&
	(
		cd open &&
		git config migrate.autoSeal false &&
		printf "%s\n" "-- migrate:up transaction:false" "BEGIN;" \
			"CREATE TABLE a (id);" >migrations/0001_a.sql &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "leaves its transaction open" err &&
		test_tables "" &&
		echo "COMMIT;" >>migrations/0001_a.sql &&
		git migrate apply --continue &&
		test_tables a
	)
'

test_expect_success '--continue attaches again what was attached' '
	test_project attach --numbering sequence &&
	(
		cd attach &&
		printf "%s\n" "-- migrate:up transaction:false" \
			"ATTACH '\''other.db'\'' AS other;" \
			"CREATE TABLE other.a (i);" \
			"CREATE TABLE other.b (i) STRICTLY;" \
			>migrations/0001_a.sql &&
		test_expect_code 128 git migrate apply &&
		sed -i "s/ STRICTLY//" migrations/0001_a.sql &&
		git migrate apply --continue &&
		sq other.db "SELECT * FROM b"
	)
'

test_expect_success 'a false verify leaves it to be settled' '
	test_project verify --numbering sequence &&
	(
		cd verify &&
		printf "%s\n" "-- migrate:up transaction:false" \
			"CREATE TABLE a (id);" "-- migrate:verify" \
			"SELECT count(*) = 1 FROM a;" >migrations/0001_a.sql &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "verify" err &&
		test_states failed:0001_a &&
		sq app.db "INSERT INTO a VALUES (1)" &&
		git migrate apply --continue &&
		git migrate status --exit-code
	)
'

test_expect_success '--ran and --not-ran are refused where all is known' '
	setup known &&
	(
		cd known &&
		test_expect_code 128 git migrate apply 2>err &&
		sq app.db "CREATE TABLE late (id)" &&
		for fate in --ran --not-ran
		do
			test_expect_code 1 git migrate apply --continue $fate \
				2>err || exit 1
			test_grep "^error: .*every statement of .0001_a. is" \
				err || exit 1
			test_grep "^hint: leave out --ran or --not-ran" err ||
				exit 1
		done &&
		test_states failed:0001_a pending:0002_b &&
		test_tables effects late &&
		git migrate apply -q --continue &&
		git migrate status --exit-code
	)
'

test_expect_success 'what goes on or is forgotten is not chosen by name' '
	setup chosen &&
	(
		cd chosen &&
		test_expect_code 128 git migrate apply 2>err &&
		for options in "--continue 0001_a" "--restart a" "--abort a" \
			"--continue --to a" "--restart -c 1"
		do
			# The options are words.
			# shellcheck disable=SC2086
			test_expect_code 129 git migrate apply $options \
				2>err || exit 1
			test_grep "take no REV, --to or --count" err || exit 1
		done &&
		test_states failed:0001_a pending:0002_b
	)
'

test_done
