#!/bin/sh
# What only the bodies use, which are strings, looks unused, or unset.
# shellcheck disable=SC2034,SC2154

test_description='PgBouncer is killed, and started again'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

rounds=4
test -z "${GM_TEST_SLOW-}" || rounds=50
migrations=40

name=${script%%-*}_pool_$$
POOL=$("$GM_TEST_DIR/servers.sh" pgbouncer-own "$name")
case $? in
0) ;;
77) test_skip_all "PgBouncer is not installed" ;;
*) exit 1 ;;
esac
pool=$GM_SERVERS_DIR/$name
DATABASE_URL=$POOL/$PG_DB

# Only when it is gone its port is free for the next one.
kill_pooler() {
	read -r pid <"$pool/pgbouncer.pid" && kill -9 "$pid" &&
	wait_until is_over "$pid"
}

# pause: until some of the migrations are done, or at once.
pause() {
	some=$(od -An -N2 -tu2 /dev/urandom |
		awk -v n="$migrations" '{ print $1 % (n - 1) }')
	while kill -0 "$run" 2>/dev/null
	do
		got=$(pg "SELECT count(*) FROM git_migrate_history" 2>/dev/null)
		test "${got:-0}" -lt "$some" || break
	done
}

make_series() {
	make_migration 0001_step "CREATE TABLE effect (step int);" "" &&
	for i in $(seq 2 "$migrations")
	do
		make_migration "$(printf "%04d_step" "$i")" \
			"CREATE TABLE t$i (a int);
INSERT INTO effect VALUES ($i);" "" || return 1
	done
}

# finish: what the killed run says is true, and another one does the rest.
finish() {
	lost=$(sed -n "s/^fatal: '\(.*\)' was not committed: .*/\1/p" killed) &&
	{ test -z "$lost" || test "$(pg "SELECT count(*) FROM
		git_migrate_history WHERE id = '$lost'")" = 0; } &&
	git migrate apply -q &&
	test "$(pg "SELECT count(*), count(DISTINCT step) FROM effect")" = \
		"$((migrations - 1))|$((migrations - 1))" &&
	test "$(pg "SELECT count(*), count(DISTINCT id) FROM git_migrate_log
		WHERE action = 'apply'")" = "$migrations|$migrations"
}

test_expect_success 'whenever it is killed, each migration is done once' '
	for round in $(seq $rounds)
	do
		fresh_project && make_series || return 1
		git-migrate apply -q >killed 2>&1 & run=$!
		pause
		kill_pooler && "$pool/start" && { wait "$run" || :; } &&
		cat killed && finish || return 1
	done
'

test_expect_success 'what waits for a lock is at an end when that is said' '
	fresh_project &&
	pg "CREATE TABLE t (id int)" &&
	make_migration 0001_a "CREATE TABLE a (id int);
ALTER TABLE t ADD name text;" "" &&
	make_table 0002_b b &&
	pg_hold "SELECT count(*) FROM t;" &&
	{ git-migrate apply --lock-timeout=0 >out 2>err 8>&- & run=$!; } &&
	pg_until_session "wait_event_type = \$\$Lock\$\$
		AND query LIKE \$\$ALTER TABLE%\$\$" &&
	kill_pooler && "$pool/start" &&
	test_expect_code 128 wait "$run" &&
	test_grep "^fatal: .0001_a. was not committed: .* lost" err &&
	test_grep "^hint: nothing of it is left: run it again" err &&
	grep -c "through a pooler" err >count && test "$(cat count)" = 1 &&
	pg_release &&
	pg_until "SELECT count(*) = 0 FROM pg_locks
		WHERE relation = \$\$t\$\$::regclass" &&
	test "$(pg "SELECT count(*) FROM git_migrate_history")" = 0 &&
	git migrate apply -q &&
	test "$(pg "SELECT count(*) FROM git_migrate_log
		WHERE action = \$\$apply\$\$")" = 2
'

# run_and_kill: a statement outside a transaction, which goes on on the server
# when the run that has sent it is dead.
run_and_kill() {
	fresh_project &&
	pg "CREATE TABLE t (id int)" &&
	make_migration 0001_a "INSERT INTO t SELECT 1
FROM (SELECT pg_advisory_xact_lock(5)) AS waits;
INSERT INTO t VALUES (2);" "" &&
	sed -i 's/^-- migrate:up/& transaction:false/' migrations/0001_a.sql &&
	pg_hold "SELECT pg_advisory_xact_lock(5);" &&
	{ git-migrate apply >out 2>err 8>&- & run=$!; } &&
	pg_until "SELECT count(*) = 1 FROM pg_stat_activity
		WHERE wait_event = 'advisory'
		AND query LIKE 'INSERT INTO t%'" &&
	kill -9 "$run" && { wait "$run" || :; }
}

test_expect_success 'a statement is waited for whose run is dead' '
	run_and_kill &&
	test_expect_code 1 git migrate apply --no-wait 2>err &&
	test_grep "another run is at .0001_a." err &&
	test_expect_code 1 git migrate apply --continue --not-ran --no-wait \
		2>err &&
	test_grep "another run is at .0001_a." err &&
	git migrate status >out && test_grep "another run" out &&
	{ git-migrate apply --continue --not-ran >out 2>err 8>&- & run=$!; } &&
	wait_until grep -q "waiting for another run" err &&
	test "$(pg "SELECT count(*) FROM t")" = 0 &&
	pg_release && test_expect_code 1 wait "$run" &&
	test_grep "nobody knows whether it has happened: INSERT" err &&
	test_grep "was still at work when this was typed" err &&
	test "$(pg "SELECT count(*) FROM t")" = 1 &&
	git migrate apply --continue --ran &&
	test "$(pg "SELECT string_agg(id::text, chr(44) ORDER BY id)
		FROM t")" = 1,2
'

# It looks for the way back for a quarter of a minute.
test -z "${GM_TEST_SLOW-}" ||
test_expect_success 'with no way back nobody claims to know' '
	fresh_project &&
	make_migration 0001_a "SELECT pg_sleep(60);" "" &&
	{ git-migrate apply >out 2>err & run=$!; } &&
	pg_until_session "wait_event = \$\$PgSleep\$\$" &&
	kill_pooler &&
	test_expect_code 128 wait "$run" &&
	test_grep "^fatal: nobody knows whether .0001_a. is committed" err &&
	test_grep "^hint: git migrate status tells, once" err &&
	"$pool/start" && git migrate status
'

test_done
