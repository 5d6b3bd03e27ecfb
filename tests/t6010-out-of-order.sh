#!/bin/sh
test_description='apply stops at what conflicts with what comes after it'
. "${0%/*}/test-lib.sh"

test_require sqlite3

# project DIR: a table is applied.
project() {
	test_users "$1" && git migrate apply -q && test_commit_all base
}

# on_base ID SQL: a migration on top of the first one.
on_base() {
	make_migration "$1" "$2" "SELECT 1;" &&
	sed -i "1i -- migrate:parent 0001_base\n" "migrations/$1.sql"
}

# fork LATE LATER: the later one is applied, the late one pending.
fork() {
	on_base 0003_later "$2" &&
	git migrate apply -q &&
	on_base 0002_late "$1"
}

columns() {
	sqlite3 app.db "SELECT name FROM pragma_table_info('users')"
}

test_expect_success 'a conflict stops it, with both sides and the ways out' '
	(
		project stop &&
		fork "ALTER TABLE users DROP COLUMN email;" \
			"UPDATE users SET email = 1;" &&
		cp -R migrations before &&
		columns >columns &&
		test_expect_code 1 git migrate apply >out 2>err &&
		cat >expect <<-\END &&
		conflict: migrations/0002_late.sql and migrations/0003_later.sql
		  migrations/0002_late.sql:4: drops column '\''users.email'\''
		       4  ALTER TABLE users DROP COLUMN email;
		  migrations/0003_later.sql:5: writes column '\''users.email'\''
		       5  UPDATE users SET email = 1;
		END
		sed "/^error/,\$d" err >sides &&
		test_cmp expect sides &&
		test_grep "^error: .0002_late. conflicts with .0003_later.," \
			err &&
		for way in merge rebase sync "apply --allow-out-of-order"
		do
			test_grep "^hint: git migrate $way  " err || exit 1
		done &&
		test_must_be_empty out &&
		columns >after &&
		test_cmp columns after &&
		diff -r before migrations &&
		test_expect_code 1 git migrate apply --dry-run &&
		test_expect_code 1 git migrate apply 0002 &&
		test_expect_code 1 git migrate apply --single-transaction &&
		test_expect_code 1 git migrate plan 2>err &&
		test_grep "plan --allow-out-of-order" err
	)
'

test_expect_success 'it is applied where that is asked for, and noted' '
	(
		cd stop &&
		git migrate plan --allow-out-of-order >script &&
		test_grep "DROP COLUMN email" script &&
		git migrate apply --dry-run --allow-out-of-order >script &&
		test_grep "DROP COLUMN email" script &&
		git migrate apply --allow-out-of-order 2>err &&
		test_grep "^note: .0002_late. conflicts with .0003_later." \
			err &&
		columns >actual &&
		echo id >expect &&
		test_cmp expect actual
	)
'

# applies LATE LATER: both go; what is said stands in err.
applies() {
	(
		project fork &&
		fork "$1" "$2" &&
		git migrate apply 2>../err
	)
}

test_expect_success 'what gets in nobody'\''s way is only named' '
	applies "CREATE TABLE a (x INT);" "CREATE TABLE b (x INT);" &&
	test_expect_code 1 grep -v "^warning: .0002_late. is out of" err &&
	applies "ALTER TABLE users ADD a INT;" "ALTER TABLE users ADD b INT;" &&
	test_expect_code 1 grep -v "^warning: .0002_late. is out of" err
'

test_expect_success 'what cannot be told is noted, and applied' '
	applies "SELECT total_changes();" "CREATE TABLE b (x INT);" &&
	test_grep "^note: .0002_late. may get in the way of .0003_later." err &&
	test_grep "0002_late.sql:4: " err &&
	applies "UPDATE users SET email = 1;" "UPDATE users SET email = 2;" &&
	test_grep "^note: .*:4: writes column .users.email.; .*:5: writes" err
'

test_expect_success 'a quiet apply notes nothing, and stops all the same' '
	(
		project quiet &&
		fork "SELECT total_changes();" "CREATE TABLE b (x INT);" &&
		git migrate apply -q 2>err &&
		test_must_be_empty err &&
		on_base 0000_first "DROP TABLE b;" &&
		test_expect_code 1 git migrate apply -q 2>err &&
		test_grep "^error: .0000_first. conflicts with .0003" err
	)
'

test_expect_success 'only what was chosen is judged' '
	(
		project chosen &&
		fork "DROP TABLE users;" "UPDATE users SET email = 1;" &&
		on_base 0004_new "CREATE TABLE c (x INT);" &&
		git migrate apply 0004 &&
		test_expect_code 1 git migrate apply --to 0002 &&
		test_expect_code 1 git migrate apply -c 1
	)
'

test_expect_success 'a common descendant has reconciled the two' '
	(
		project reconciled &&
		fork "ALTER TABLE users DROP COLUMN email;" \
			"UPDATE users SET email = 1;" &&
		cat >migrations/0004_both.sql <<-\END &&
		-- migrate:parent 0002_late
		-- migrate:parent 0003_later

		-- migrate:up
		CREATE TABLE emails (id INT, email TEXT);
		END
		git migrate apply 2>err &&
		test_expect_code 1 grep -e ^note: -e ^error: err &&
		git migrate status --porcelain >status &&
		test_line_count = 4 status &&
		test_expect_code 1 grep -v ^applied status
	)
'

test_expect_success 'one that was put on top of the late one has not' '
	(
		project rebased &&
		fork "ALTER TABLE users DROP COLUMN email;" \
			"UPDATE users SET id = 1, email = 1;" &&
		sed -i "s/parent 0001_base.*/parent 0002_late/" \
			migrations/0003_later.sql &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "^hint: git migrate sync" err &&
		test_expect_code 1 grep "migrate merge" err
	)
'

test_expect_success 'one without a file is judged by its recorded text' '
	(
		project gone &&
		fork "ALTER TABLE users DROP COLUMN email;" "
UPDATE users SET email = 1;" &&
		rm migrations/0003_later.sql &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "  0003_later.sql (as applied):6: writes col" err &&
		test_grep "       6  UPDATE users SET email = 1;" err &&
		test_grep "^hint: git migrate sync" err &&
		test_expect_code 1 grep "migrate merge" err
	)
'

test_expect_success 'a commit'\''s migrations are judged as well' '
	(
		project commit &&
		fork "ALTER TABLE users DROP COLUMN email;" \
			"UPDATE users SET email = 1;" &&
		test_commit_all fork &&
		rm migrations/0002_late.sql &&
		git migrate apply &&
		test_expect_code 1 git migrate apply --at HEAD 2>err &&
		test_grep "^error: .0002_late. conflicts with" err
	)
'

test_done
