#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='runs that meet: each migration once, and the others wait'
. "${0%/*}/test-lib.sh"

test_require sqlite3 awk

runs="1 2 3 4 5 6 7 8"
lock=app.db-git_migrate.lock
endless="WITH RECURSIVE r (n) AS (SELECT 1 UNION ALL SELECT 1 FROM r)
	SELECT n FROM r WHERE n = 2"

# hold DIR: a run of DIR's endless migration, $holder, which has the lock. The
# file of the lock may still be that of a run that was killed.
hold() {
	git-migrate apply -q --dir "$1" >holder.out 2>holder.err &
	holder=$!
	wait_until grep -q -s "^pid $holder," "$lock"
}

# release SIGNAL: ends it.
release() {
	{
		kill -"$1" "$holder"
		wait "$holder"
	} 2>/dev/null
	return 0
}

# start_all [OPTION…]: eight at once.
start_all() {
	pids=
	for run in $runs
	do
		git-migrate apply "$@" >"$run.out" 2>"$run.err" &
		pids="$pids $!"
	done
}

# All of them must succeed.
wait_all() {
	for pid in $pids
	do
		wait "$pid" || return 1
	done
}

all_wait() {
	for run in $runs
	do
		grep -q "^waiting for another run: pid $holder" "$run.err" ||
			return 1
	done
}

# Each was applied by one of the runs, and each run says what it did.
check_once() {
	echo "$1|$1" >expect &&
	sq app.db "SELECT count(*), count(DISTINCT n) FROM effect" >actual &&
	test_cmp expect actual &&
	sq app.db "SELECT count(*), count(DISTINCT position)
		FROM git_migrate_history WHERE state = 'applied'" >actual &&
	test_cmp expect actual &&
	cat ./?.out >said &&
	grep "^applied " said | sort | uniq -c | awk '{ print $1 }' |
		sort -u >actual &&
	echo 1 >expect &&
	test_cmp expect actual &&
	test "$(grep -c "^applied " said)" = "$1" &&
	for run in $runs
	do
		grep -q -e "^applied " -e "^nothing .*to apply" "$run.out" ||
			return 1
	done &&
	test_path_is_missing "$lock"
}

make_series() {
	mkdir -p migrations &&
	awk -v n="$1" -v options="${2-}" 'BEGIN {
		for (i = 1; i <= n; i++) {
			file = sprintf("migrations/%03d_step.sql", i)
			print "-- migrate:up" (i == 1 ? "" : options) >file
			if (i == 1)
				print "CREATE TABLE effect (n);" >file
			printf "CREATE TABLE t%d (a);\n", i >file
			printf "INSERT INTO effect VALUES (%d);\n", i >file
			close(file)
		}
	}'
}

test_expect_success 'a repository' '
	git init -q . &&
	git migrate init --url sqlite:app.db &&
	make_series 24 &&
	MIGRATIONS=slow make_migration 1_slow "$endless;" ""
'

test_expect_success 'eight together: all succeed, each migration once' '
	start_all &&
	wait_all &&
	check_once 24
'

test_expect_success 'sealed files and a history that is there, the same' '
	git migrate apply -q &&
	rm app.db &&
	git migrate apply -q --to 001_step &&
	start_all -q &&
	wait_all &&
	echo "24|24" >expect &&
	sq app.db "SELECT count(*), count(DISTINCT n) FROM effect" >actual &&
	test_cmp expect actual
'

test_expect_success 'those who wait say for whom, and then do what is left' '
	rm app.db &&
	hold slow &&
	start_all &&
	wait_until all_wait &&
	release INT &&
	test_grep "interrupted" holder.err &&
	wait_all &&
	check_once 24
'

test_expect_success 'a killed run holds nothing up' '
	rm app.db &&
	hold slow &&
	start_all &&
	wait_until all_wait &&
	release KILL &&
	wait_all &&
	check_once 24
'

test_expect_success 'the same in one transaction' '
	rm app.db &&
	hold slow &&
	start_all --single-transaction &&
	wait_until all_wait &&
	release KILL &&
	wait_all &&
	check_once 24
'

test_expect_success 'the same without a transaction' '
	rm -rf app.db migrations &&
	make_series 24 " transaction:false" &&
	hold slow &&
	start_all &&
	wait_until all_wait &&
	release KILL &&
	wait_all &&
	check_once 24
'

test_expect_success 'the same where the holder lets nobody read' '
	rm -rf app.db migrations &&
	make_series 24 &&
	MIGRATIONS=mute make_migration 1_mute "PRAGMA cache_size = 2;
		CREATE TABLE big (a);
		WITH RECURSIVE r (n) AS (
			SELECT 1 UNION ALL SELECT n + 1 FROM r LIMIT 1000)
		INSERT INTO big SELECT zeroblob(1000) FROM r;
		$endless;" "" &&
	hold mute &&
	wait_until test_must_fail sq app.db "SELECT 1 FROM sqlite_schema" &&
	start_all &&
	wait_until all_wait &&
	release KILL &&
	wait_all &&
	check_once 24
'

test_expect_success '--no-wait says who is at work, and the answer is no' '
	rm app.db &&
	hold slow &&
	test_expect_code 1 git migrate apply --no-wait >out 2>err &&
	release KILL &&
	test_must_be_empty out &&
	test_grep "^error: another run is at work.*pid $holder" err &&
	test_grep "^hint: .*--wait" err &&
	git migrate apply -q --no-wait
'

test_expect_success '--wait=SECONDS gives up, or gets what is set free' '
	rm app.db &&
	hold slow &&
	test_expect_code 1 git migrate apply --wait=0.1 2>err &&
	test_grep "^waiting for another run: pid $holder" err &&
	test_grep "^error: another run is at work.*pid $holder" err &&
	start_all --wait=600 &&
	wait_until all_wait &&
	release KILL &&
	wait_all &&
	check_once 24
'

test_expect_success 'whoever else has the database locked is named' '
	rm app.db &&
	git migrate apply -q --to 001_step &&
	mkfifo gate &&
	{
		{ echo "BEGIN EXCLUSIVE; CREATE TABLE x (i);" && cat gate; } |
			sq -cmd ".timeout 600000" app.db & shell=$!
	} &&
	exec 8>gate &&
	wait_until test_must_fail sq app.db "SELECT 1 FROM sqlite_schema" &&
	test_expect_code 1 git migrate apply --lock-timeout=0.1 2>err &&
	test_expect_code 1 git -c migrate.lockTimeout=0.1 migrate status \
		>out 2>err.status &&
	exec 8>&- &&
	wait "$shell" &&
	for file in err err.status
	do
		test_grep "^error: .*.app.db. is locked by another" $file &&
		{ test ! -e /proc/locks ||
			test_grep "^hint: it is process [0-9]* (sqlite3) of" \
				$file; } || return 1
	done &&
	test_grep "^hint: .*wait longer with --lock-timeout=SECONDS" err &&
	test_grep "^hint: .*git -c migrate.lockTimeout=SECONDS migrate status" \
		err.status
'

test_expect_success 'the other commands that change something wait as well' '
	hold slow &&
	test_expect_code 1 git migrate rollback --no-wait --yes 2>err &&
	test_grep "another run is at work.*pid $holder" err &&
	make_migration 025_more "CREATE TABLE more (a);" "" &&
	test_expect_code 1 git migrate fake --no-wait 025 2>err &&
	test_grep "another run is at work.*pid $holder" err &&
	release KILL &&
	rm migrations/025_more.sql
'

# --- a migration without a transaction that another run is at

is_at() {
	test "$(sq app.db "SELECT statements_started FROM git_migrate_history
		WHERE id = '2_long'")" = "$1"
}

test_expect_success 'what another run is at has not failed' '
	rm -rf app.db migrations &&
	mkdir migrations &&
	make_migration 1_first "CREATE TABLE effect (n);" "" &&
	MIGRATIONS=long make_migration 2_long "$endless;" "" &&
	sed "s/^-- migrate:up/& transaction:false/" long/2_long.sql \
		>migrations/2_long.sql &&
	cp migrations/* long &&
	git migrate apply -q --to 1_first &&
	hold long &&
	wait_until is_at 1 &&
	git migrate status >out &&
	test_grep "pending *2_long .*another run is at it: statement 1 of 1" \
		out &&
	test_grep ! failed out &&
	git migrate status --porcelain >out &&
	test_grep "^pending	2_long	" out &&
	git migrate status --json >out &&
	test_grep ! failed out &&
	test_expect_code 1 git migrate status --exit-code &&
	git migrate log -1 >out &&
	test_grep "2_long (pending" out &&
	git migrate show 2_long >out &&
	test_grep "^State: *pending" out &&
	git migrate check --database >out 2>&1 &&
	test_grep "another run is at .2_long" out &&
	test_grep "1 applied, 1 pending" out
'

test_expect_success 'nobody goes on with it, and nobody forgets it' '
	for option in "" --continue "--continue --ran" --restart --abort
	do
		test_expect_code 1 git migrate apply --no-wait $option 2>err &&
		test_grep "another run is at .*pid $holder" err || return 1
	done &&
	is_at 1
'

test_expect_success 'once that run is dead, it has failed' '
	release KILL &&
	git migrate status --porcelain >out &&
	test_grep "^failed	2_long	" out &&
	git migrate apply --no-wait --abort &&
	git migrate status --porcelain >out &&
	test_grep "^pending	2_long	" out
'

test_expect_success 'a status at any moment of a live run sees no failure' '
	rm -f app.db migrations/* &&
	awk "BEGIN {
		print \"-- migrate:up transaction:false\"
		print \"CREATE TABLE effect (n);\"
		for (i = 2; i <= 100; i++)
			printf \"INSERT INTO effect VALUES (%d);\n\", i
	}" >migrations/1_many.sql &&
	start_all &&
	{
		while kill -0 $pids
		do
			git migrate status --porcelain
		done 2>/dev/null
		git migrate status --porcelain
	} >out &&
	wait_all &&
	test_grep ! failed out &&
	test_grep "^applied	1_many	" out
'

test_done
