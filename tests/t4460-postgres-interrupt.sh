#!/bin/sh
test_description='Ctrl-C on PostgreSQL, and a second one'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

# A statement that takes no notice of being cancelled.
# shellcheck disable=SC2034 # the bodies use it
DEAF='DO $$ BEGIN LOOP
	BEGIN PERFORM pg_sleep(60);
	EXCEPTION WHEN query_canceled THEN PERFORM set_config(
		$_$application_name$_$, $_$deaf$_$, false); END;
END LOOP; END $$;'

# start_run [OPTION…]: a run that hears a Ctrl-C, which a job in the background
# doesn't by itself, and that sleeps by now.
start_run() {
	perl -e '$SIG{INT} = "DEFAULT"; exec @ARGV' \
		git-migrate apply "$@" >out 2>err & run=$!
	pg_until_session "wait_event = 'PgSleep'"
}

# start_group: the same through git, as a shell's job: what its terminal sends
# goes to both, and git hands it on.
start_group() {
	perl -e '$SIG{INT} = "DEFAULT"; setpgrp; exec @ARGV' \
		git migrate apply "$@" >out 2>err & run=$!
	pg_until_session "wait_event = 'PgSleep'"
}

# interrupt_twice: the second one when the first one has been in vain.
interrupt_twice() {
	kill -INT "$run" &&
	pg_until_session "application_name = 'deaf'
		AND wait_event = 'PgSleep'" &&
	test_grep "^interrupted: .*once more to leave at once" err &&
	keep_interrupting "$run"
}

test_expect_success 'the first one takes the migration back' - <<\EOT
	make_table 0001_a a &&
	make_migration 0002_b "CREATE TABLE b (id int); SELECT pg_sleep(60);" \
		"" &&
	start_run && kill -INT "$run" &&
	test_expect_code 128 wait "$run" &&
	test_grep "^applied 0001_a" out &&
	test_grep "^fatal: .*interrupted" err &&
	test "$(pg "SELECT to_regclass('b') IS NULL")" = t &&
	git migrate status --porcelain >out &&
	test_grep "^pending	0002_b" out
EOT

test_expect_success 'one that comes twice is one' '
	for round in 1 2 3 4 5 6
	do
		start_group && kill -s INT -- "-$run" &&
		test_expect_code 130 wait "$run" &&
		test_grep "^fatal: .*interrupted" err || return 1
	done &&
	git migrate status --porcelain >out &&
	test_grep "^pending	0002_b" out
'

test_expect_success 'the second one leaves, and nothing is left' - <<\EOT
	fresh_project &&
	make_migration 0001_a "CREATE TABLE a (id int); $DEAF" "" &&
	start_run && interrupt_twice &&
	test_expect_code 130 wait "$run" &&
	pg_until_alone &&
	test "$(pg "SELECT to_regclass('a') IS NULL")" = t &&
	make_table 0001_a a &&
	git migrate apply
EOT

test_expect_success 'outside a transaction the journal tells where' - <<\EOT
	fresh_project &&
	printf "%s\n" "-- migrate:up transaction:false" \
		"CREATE TABLE a (id int);" "$DEAF" "CREATE TABLE b (id int);" \
		>migrations/0001_a.sql &&
	start_run && interrupt_twice &&
	test_expect_code 130 wait "$run" &&
	pg_until_alone &&
	test_expect_code 1 git migrate apply 2>err &&
	test_grep "^error: .0001_a. .*statement 2 of 3 was begun" err &&
	test_grep "^hint: .*--continue" err &&
	awk "/^DO/ { print \"SELECT 1;\" } /^DO/, /^END LOOP/ { next } 1" \
		migrations/0001_a.sql >new && mv new migrations/0001_a.sql &&
	git migrate apply --continue --not-ran &&
	pg "SELECT * FROM a, b"
EOT

test_done
