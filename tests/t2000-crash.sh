#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='a killed run leaves nothing half done, whenever it is killed'
. "${0%/*}/test-lib.sh"

test_require sqlite3 awk

# A kill may come at any moment, and every moment has to be right: nothing
# here depends on when it comes, but much of this is worth repeating.
rounds=8
test -z "${GM_TEST_SLOW-}" || rounds=100
migrations=200

# random N: a number below N
random() {
	od -An -N4 -tu4 /dev/urandom | awk -v n="$1" '{ print $1 % n }'
}

# make_series: each migration makes a table, and a row in a shared one that
# would as well take a second.
make_series() {
	mkdir -p migrations &&
	awk -v n="$migrations" 'BEGIN {
		for (i = 1; i <= n; i++) {
			file = sprintf("migrations/%04d_step.sql", i)
			print "-- migrate:up" >file
			if (i == 1)
				print "CREATE TABLE effect (step);" >file
			printf "CREATE TABLE t%d (a);\n", i >file
			printf "INSERT INTO effect VALUES (%d);\n", i >file
			print "\n-- migrate:down" >file
			printf "DROP TABLE t%d;\n", i >file
			close(file)
		}
	}'
}

sections() {
	for file in "$1"/*.sql
	do
		sed -n "/^-- migrate:up/,\$p" "$file"
	done
}

# kill_apply WHEN [OPTION…]: starts an apply and kills it, unless it ends by
# itself before: after so many milliseconds (50ms), or when $progress, a query,
# has come to a number.
kill_apply() {
	when=$1
	shift
	git-migrate apply -q "$@" >killed.out 2>&1 &
	pid=$!
	case $when in
	*ms)
		sleep "$(awk -v ms="${when%ms}" 'BEGIN { print ms / 1000 }')" ;;
	*)
		while kill -0 "$pid"
		do
			got=$(sq app.db "$progress")
			test "${got:-0}" -lt "$when" || break
		done 2>/dev/null ;;
	esac
	# The shell says "Killed" there.
	{
		kill -9 "$pid"
		wait "$pid"
	} 2>/dev/null
	test "$?" = 137 && killed=$((killed + 1))
	return 0
}

killed=0
progress="SELECT count(*) FROM git_migrate_history"

# All is there, once, and the history says so.
check_whole() {
	echo "$migrations|$migrations" >expect &&
	sq app.db "SELECT count(*), count(DISTINCT step) FROM effect" \
		>actual &&
	test_cmp expect actual &&
	sq app.db "SELECT count(*) FROM sqlite_schema
		WHERE name GLOB 't[0-9]*'" >actual &&
	echo "$migrations" >expect &&
	test_cmp expect actual &&
	sq app.db "SELECT count(*), count(DISTINCT position), min(position),
		max(position) FROM git_migrate_history
		WHERE state = 'applied' AND owner IS NULL" >actual &&
	echo "$migrations|$migrations|1|$migrations" >expect &&
	test_cmp expect actual &&
	sq app.db "SELECT count(*), count(DISTINCT id) FROM git_migrate_log
		WHERE action = 'apply'" >actual &&
	echo "$migrations|$migrations" >expect &&
	test_cmp expect actual &&
	sq app.db "SELECT count(*) FROM git_migrate_history
		JOIN git_migrate_log ON entry = source_entry
		WHERE source IS NOT NULL" >actual &&
	echo "$migrations" >expect &&
	test_cmp expect actual &&
	echo ok >expect &&
	sq app.db "PRAGMA integrity_check" >actual &&
	test_cmp expect actual
}

# What a kill leaves agrees with itself before anybody puts it in order.
check_agrees() {
	test ! -s app.db ||
	test "$(sq app.db "SELECT count(*) FROM sqlite_schema
		WHERE name = 'git_migrate_history'")" = 0 ||
	{
		sq app.db "SELECT count(*) FROM git_migrate_history" >expect &&
		sq app.db "SELECT count(*) FROM sqlite_schema
			WHERE name GLOB 't[0-9]*'" >actual &&
		test_cmp expect actual
	}
}

test_expect_success 'a series of migrations' '
	git init -q . &&
	git migrate init --url sqlite:app.db &&
	make_series &&
	sections migrations >../sections &&
	cp -R migrations ../unsealed &&
	git migrate apply -q &&
	check_whole &&
	cp -R migrations ../sealed &&
	test_commit_all series
'

round=1
while test $round -le $rounds
do
	if test $((round % 2)) = 0
	then
		from=unsealed when=$(random 200)ms
	else
		from=sealed when=$(random $migrations)
	fi
	test_expect_success "killed at $when, what is left is applied once" '
		rm -rf app.db* migrations &&
		cp -R ../$from migrations &&
		kill_apply $when &&
		sections migrations >../actual &&
		test_cmp ../sections ../actual &&
		check_agrees &&
		git migrate apply -q --no-wait &&
		check_whole &&
		git migrate status --exit-code &&
		sections migrations >../actual &&
		test_cmp ../sections ../actual &&
		# Killed when all was done, a run leaves its lock file to the
		# next one that has something to do.
		git migrate redo -q &&
		echo app.db >expect &&
		ls app.db* >actual &&
		test_cmp expect actual
	'
	round=$((round + 1))
done

test_expect_success 'killed in one transaction, all of it is gone or there' '
	rm -rf app.db* &&
	for when in 20ms 50ms 90ms
	do
		kill_apply $when --single-transaction &&
		if test -s app.db
		then
			sq app.db "SELECT count(*) FROM sqlite_schema
				WHERE name GLOB '\''t[0-9]*'\''" >tables &&
			grep -x -e 0 -e $migrations tables || return 1
		fi
	done &&
	git migrate apply -q --no-wait --single-transaction &&
	check_whole
'

# --- without a transaction

steps=60

# The statements that have taken effect can be told by what they did.
happened() {
	test "$(sq app.db "SELECT count(*) FROM step WHERE n = $1")" = 1
}

# resume: goes on as the refusal says, having looked.
resume() {
	started=$(sq app.db "SELECT statements_started
		FROM git_migrate_history WHERE id = '2_steps'") &&
	finished=$(sq app.db "SELECT statements_done
		FROM git_migrate_history WHERE id = '2_steps'") &&
	test_must_fail git migrate apply --no-wait 2>refused &&
	test_grep "hint: .*git migrate apply" refused &&
	if test "$started" = "$finished"
	then
		git migrate apply -q --continue
	else
		# Nobody may guess.
		test_must_fail git migrate apply -q --continue 2>err &&
		test_grep -e "--ran" err &&
		if happened "$started"
		then
			git migrate apply -q --continue --ran
		else
			git migrate apply -q --continue --not-ran
		fi
	fi
}

state_of_steps() {
	sq app.db "SELECT state FROM git_migrate_history
		WHERE id = '2_steps'"
}

test_expect_success 'a migration without a transaction' '
	rm -rf app.db* migrations &&
	make_migration 1_step "CREATE TABLE step (n);" "DROP TABLE step;" &&
	awk -v n=$steps "BEGIN {
		print \"-- migrate:up transaction:false\"
		for (i = 1; i <= n; i++)
			printf \"INSERT INTO step VALUES (%d);\n\", i
	}" >migrations/2_steps.sql &&
	git migrate apply -q &&
	test_commit_all steps
'

progress="SELECT count(*) FROM step"
round=1
while test $round -le $rounds
do
	test_expect_success "killed between its statements, $round" '
		rm -f app.db* &&
		git migrate apply -q --to 1_step &&
		kill_apply $(random $steps) &&
		case $(state_of_steps) in
		applied)
			git migrate status --exit-code ;;
		"")
			git migrate apply -q --no-wait ;;
		*)
			git migrate status >status &&
			test_grep "failed *2_steps" status &&
			resume ;;
		esac &&
		echo "$steps|$steps" >expect &&
		sq app.db "SELECT count(*), count(DISTINCT n) FROM step" \
			>actual &&
		test_cmp expect actual &&
		git migrate status --exit-code &&
		sq app.db "PRAGMA integrity_check" | grep -x ok
	'
	round=$((round + 1))
done

# --- certainly in the middle: a statement that never ends

endless="INSERT INTO step WITH RECURSIVE r (n) AS (
	SELECT 1 UNION ALL SELECT 1 FROM r) SELECT n FROM r WHERE n = 2;"

# kill_within QUERY: kills an apply once the query says 1, and it will not
# have ended before.
kill_within() {
	progress=$1
	killed=0
	kill_apply 1 &&
	test "$killed" = 1
}

test_expect_success 'killed within a statement, a migration never was' '
	rm -f app.db* migrations/* &&
	make_migration 1_step "CREATE TABLE step (n);" "" &&
	make_migration 2_two "CREATE TABLE two (n);
		INSERT INTO step VALUES (1); $endless" "" &&
	kill_within "SELECT count(*) FROM git_migrate_history" &&
	sq app.db "SELECT id, state FROM git_migrate_history" >actual &&
	echo "1_step|applied" >expect &&
	test_cmp expect actual &&
	git migrate status --porcelain >status &&
	test_grep "^pending	2_two	" status &&
	make_migration 2_two "CREATE TABLE two (n);
		INSERT INTO step VALUES (1);" "" &&
	git migrate apply -q --no-wait &&
	sq app.db "SELECT count(*) FROM step" >actual &&
	echo 1 >expect &&
	test_cmp expect actual
'

test_expect_success 'without a transaction nobody knows, and it says so' '
	rm -f app.db* migrations/* &&
	make_migration 1_step "CREATE TABLE step (n);" "" &&
	make_migration 2_steps "INSERT INTO step VALUES (1); $endless
		INSERT INTO step VALUES (3);" "" &&
	sed "s/:up/:up transaction:false/" migrations/2_steps.sql >changed &&
	mv changed migrations/2_steps.sql &&
	kill_within "SELECT count(*) FROM git_migrate_history
		WHERE statements_started = 2" &&
	git migrate status --porcelain >status &&
	test_grep "^failed	2_steps	" status &&
	test_must_fail git migrate apply --no-wait 2>err &&
	test_grep "statement 2 of 3 .*nobody knows" err &&
	test_grep "hint: .*--continue --ran" err &&
	test_grep "hint: .*--continue --not-ran" err
'

test_expect_success 'the unknown statement may be mended, not those before' '
	cp migrations/2_steps.sql before &&
	sed "s/VALUES (1)/VALUES (9)/" before >migrations/2_steps.sql &&
	test_must_fail git migrate apply -q --continue --not-ran 2>err &&
	test_grep "statement 1 has already run" err &&
	sed "s/WHERE n = 2/LIMIT 1/" before >migrations/2_steps.sql &&
	git migrate apply -q --continue --not-ran &&
	sq app.db "SELECT group_concat(n) FROM step" >actual &&
	echo "1,1,3" >expect &&
	test_cmp expect actual &&
	git migrate status --exit-code
'

test_done
