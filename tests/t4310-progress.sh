#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='progress of a long statement on a terminal, and Ctrl-C'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"
. "$GM_TEST_DIR/lib-mysql.sh"
unset DATABASE_URL

test_require script

# on_terminal URL [OPTION]: an apply whose terminal is the file "screen", and
# whose keys come through the fifo "keys".
on_terminal() {
	rm -f keys screen status && mkfifo keys || return 1
	{
		script -qefc "git-migrate apply --url '$1' ${2-}" screen \
			<keys >/dev/null 2>&1
		echo $? >status
	} &
	terminal=$!
	exec 9>keys
}

# After Ctrl-C it is over, and says so.
interrupted() {
	printf "\003" >&9 && wait "$terminal" && exec 9>&- &&
	test_grep "interrupted: putting things in order" screen &&
	test_grep "fatal: .*interrupted" screen && echo 128 >want &&
	test_cmp want status
}

long() {
	rm -rf migrations && make_migration 0001_a "CREATE TABLE a (i INT);" \
		"DROP TABLE a;" &&
	make_migration 0002_long "CREATE TABLE b (i INT);
$1" "" || return 1
}

# left STATE URL: how the second migration stands.
left() {
	git config migrate.url "$2" &&
	test_states applied:0001_a "$1:0002_long"
}

test_expect_success 'SQLite counts its steps, and takes back on Ctrl-C' '
	git config migrate.autoSeal false &&
	long "CREATE TABLE c AS WITH RECURSIVE c(n) AS (SELECT 1 UNION ALL
		SELECT n + 1 FROM c) SELECT count(*) AS n FROM c;" &&
	on_terminal sqlite:app.db &&
	wait_until grep "2/2 0002_long: statement 2, .*million steps" screen &&
	interrupted && test_grep "applied 0001_a" screen &&
	left pending sqlite:app.db
'

is_held() {
	test "$(pg "SELECT count(*) FROM pg_locks
		WHERE mode = 'AccessExclusiveLock' AND granted
		AND relation = 'held'::regclass")" != 0
}

test_expect_success 'PostgreSQL says that it waits, and takes back on Ctrl-C' '
	pg "CREATE TABLE held (i INT)" && long "LOCK TABLE held;" &&
	{ psql -Xq -d "$PG_SERVER/$PG_DB" -c "BEGIN" -c "LOCK TABLE held" \
		-c "SELECT pg_sleep(600)" & } && holder=$! &&
	test_when_finished "kill \$holder || :" &&
	wait_until is_held &&
	on_terminal "$PG_SERVER/$PG_DB" --lock-timeout=600 &&
	wait_until grep "0002_long.*, waits for a lock" screen &&
	interrupted && left pending "$PG_SERVER/$PG_DB"
'

test_expect_success 'MariaDB names its state, and keeps a journal on Ctrl-C' '
	long "DO SLEEP(600);" && on_terminal "$URL" &&
	wait_until grep "0002_long: statement 2 of 2, .*user sleep" screen &&
	interrupted && test_grep "1 of 2 statements are done" screen &&
	test_grep "git migrate apply --continue" screen &&
	left failed "$URL" && wait_until is_idle
'

test_expect_success 'where there is no terminal, there is no such line' '
	my -e "DROP DATABASE $DATABASE; CREATE DATABASE $DATABASE" &&
	long "DO SLEEP(2);" && git migrate apply --url "$URL" >out 2>err &&
	test_must_be_empty err && test_line_count = 2 out
'

test_done
