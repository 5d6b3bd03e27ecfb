#!/bin/sh
test_description='full disks and files that are no database: said, and unharmed'
. "${0%/*}/test-lib.sh"

test_require sqlite3

test_expect_success 'a repository' '
	git init -q . &&
	git migrate init --url sqlite:data/app.db &&
	mkdir data &&
	make_migration 1_a "CREATE TABLE a (x);" "" &&
	make_migration 2_b "CREATE TABLE b (x);
		INSERT INTO a SELECT zeroblob(3000000);" ""
'

test_expect_success 'no room: it says so, and what was done stays' '
	(
		trap "" XFSZ &&
		ulimit -f 2000 &&
		test_expect_code 128 git migrate apply -q 2>err
	) &&
	test_grep "^fatal: migrations/2_b.sql:[0-9:]*: database .data/app.db" \
		err &&
	echo ok >expect &&
	sq data/app.db "PRAGMA integrity_check" >actual &&
	test_cmp expect actual &&
	echo "1_a|applied" >expect &&
	sq data/app.db "SELECT id, state FROM git_migrate_history" >actual &&
	test_cmp expect actual
'

test_expect_success 'with room again, the next run does the rest' '
	git migrate apply -q &&
	git migrate status --exit-code &&
	sq data/app.db "SELECT length(x) FROM a" >actual &&
	echo 3000000 >expect &&
	test_cmp expect actual
'

test_expect_success 'a text file is left as it is' '
	mv data/app.db kept.db &&
	sed -n 1,40p "$GM_TEST_DIR/test-lib.sh" >data/app.db &&
	cp data/app.db before &&
	test_expect_code 128 git migrate apply -q 2>err &&
	test_grep "^fatal: database .data/app.db.: .* is not an SQLite" err &&
	test_cmp before data/app.db
'

test_expect_success 'a directory is no database' '
	rm data/app.db &&
	mkdir data/app.db &&
	test_expect_code 128 git migrate apply -q 2>err &&
	test_grep "^fatal: .data/app.db. is a directory" err &&
	rmdir data/app.db &&
	mv kept.db data/app.db &&
	git migrate status --exit-code
'

# Root may write everywhere, so somebody else tries.
as_nobody() {
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		env PATH="$PATH" HOME="$HOME" git-migrate "$@"
}

if test "$(id -u)" = 0 && command -v setpriv >/dev/null &&
	setpriv --reuid=65534 --regid=65534 --clear-groups \
		test -x "$GM_BUILD_DIR/git-migrate" -a -r .gitmigrate
then
	test_expect_success 'what may not be written is said and left alone' '
		make_migration 3_c "CREATE TABLE c (x);" "" &&
		git config --global safe.directory "*" &&
		cp data/app.db before &&
		test_expect_code 128 as_nobody apply -q 2>err &&
		test_grep "^fatal: .*data/app.db" err &&
		test_cmp before data/app.db &&
		as_nobody status >out &&
		test_grep "pending *3_c" out &&
		git migrate apply -q &&
		git migrate status --exit-code
	'
fi

test_done
