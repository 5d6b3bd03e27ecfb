#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='MariaDB: killed tools and servers, and cut connections'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

own_server crash || exit 1

# A kill may come at any moment, and every moment has to be right: nothing
# here depends on when it comes, but much of this is worth repeating.
rounds=3
test -z "${GM_TEST_SLOW-}" || rounds=50
migrations=100

# random N: a number below N
random() {
	od -An -N4 -tu4 /dev/urandom | awk -v n="$1" '{ print $1 % n }'
}

# Each makes a table, changes it, and writes a row.
make_series() {
	mkdir -p migrations &&
	awk -v n="$1" 'BEGIN {
		for (i = 1; i <= n; i++) {
			file = sprintf("migrations/%04d_step.sql", i)
			print "-- migrate:up" >file
			printf "CREATE TABLE t%d (a INT);\n", i >file
			printf "ALTER TABLE t%d ADD b INT;\n", i >file
			printf "INSERT INTO t%d VALUES (1, 2);\n", i >file
			print "\n-- migrate:down" >file
			printf "DROP TABLE t%d;\n", i >file
			close(file)
		}
	}'
}

dump_schema() {
	mariadb-dump --no-defaults -S "$MYSQL_SOCKET" -u root --no-data \
		--skip-comments "$DATABASE" | sed "s/ AUTO_INCREMENT=[0-9]*//"
}

# Whether the statement has happened, by what it does: what a person would
# look at who is told its text.
has_happened() {
	table=$(echo "$1" | sed "s/^[A-Z]* [A-Z]* \(t[0-9]*\).*/\1/")
	case $1 in
	CREATE*)
		look="SELECT COUNT(*) FROM information_schema.tables
			WHERE table_schema = '$DATABASE'
			AND table_name = '$table'" ;;
	ALTER*)
		look="SELECT COUNT(*) FROM information_schema.columns
			WHERE table_schema = '$DATABASE'
			AND table_name = '$table' AND column_name = 'b'" ;;
	INSERT*)
		look="SELECT COUNT(*) FROM $DATABASE.$table" ;;
	esac
	test "$(my -e "$look")" = 1
}

# finish: applies until nothing is left, doing as the messages say.
finish() {
	unknown=0
	for try in 1 2 3 4 5
	do
		git migrate apply >out 2>err && break
		if grep "nobody knows whether it has happened: " err
		then
			unknown=$((unknown + 1))
			sed -n "s/.*has happened: //p" err >statement
			has_happened "$(cat statement)" && fate=--ran ||
				fate=--not-ran
			git migrate apply --continue "$fate" >out 2>err &&
				break
		elif grep "git migrate apply --continue goes on" err
		then
			git migrate apply --continue >out 2>err && break
		else
			cat err
			return 1
		fi
	done
	git migrate status --exit-code >out 2>&1 || {
		cat out err
		return 1
	}
}

# All is there, once, and looks as where nothing had happened.
check_whole() {
	for i in $(seq "$1")
	do
		echo "SELECT * FROM t$i;"
	done >rows.sql &&
	my "$DATABASE" <rows.sql >rows &&
	yes "1	2" | head -n "$1" >want &&
	test_cmp want rows && dump_schema >schema &&
	test_cmp ../undisturbed schema
}

test_expect_success 'a run that nobody disturbs' '
	fresh_project && cd project && test_when_finished "cd .." &&
	make_series "$migrations" && git migrate apply -q &&
	dump_schema >../undisturbed && check_whole "$migrations"
'

is_up_to() {
	test "$(my "$DATABASE" -e "SELECT COUNT(*)
		FROM git_migrate_history" 2>/dev/null || echo 0)" -ge "$1"
}

# start_apply: begins a run, and returns when it is at a random migration.
start_apply() {
	fresh_project && cd project && make_series "$migrations" || return 1
	git-migrate apply -q >killed.out 2>&1 &
	pid=$!
	until=$(random "$migrations")
	until is_up_to "$until" || ! kill -0 "$pid" 2>/dev/null
	do
		:
	done
}

test_expect_success "the tool is killed $rounds times" '
	for round in $(seq $rounds)
	do
		start_apply &&
		{ kill -9 "$pid"; wait "$pid"; } 2>/dev/null
		wait_until is_idle && finish && check_whole "$migrations" &&
		cd .. || return 1
	done
'

test_expect_success "the server is killed $rounds times" '
	for round in $(seq $rounds)
	do
		start_apply && kill -9 "$(cat "$OWN/pid")" &&
		"$OWN/start" && { wait "$pid" || :; } &&
		test_grep ! "applied" killed.out && finish &&
		check_whole "$migrations" &&
		cd .. || return 1
	done
'

# cut_at WHEN N STATEMENT: a run of three, through the proxy, which cuts at the
# Nth statement that begins so. Byte 4 of a message says that it is one. A run
# whose commit is cut looks what became of it, and goes on; only where the first
# claim is lost there is nothing yet to go on with, and where rows were to be
# committed with the end, both are taken back, which it tells. Which commits are
# those depends on how long the statements take.
cut_at() {
	case $1,$2,$3 in
	before,1,COMMIT) want=128 ;;
	before,*,COMMIT) want=any ;;
	*COMMIT) want=0 ;;
	*) want=128 ;;
	esac
	what="^.{4}\\x03$3"
	fresh_project && cd project && make_series 3 || return 1
	rm -f ../port*
	"$GM_TEST_DIR/mysql-proxy" ../port "$MYSQL_PORT" "$1" "$2" \
		"$what" &
	proxy=$!
	wait_until test -e ../port &&
	{
		git migrate apply >out 2>err --url \
			"mysql://root@127.0.0.1:$(cat ../port)/$DATABASE"
		status=$?
		kill "$proxy"
		wait "$proxy" 2>/dev/null
		cat out err
		test -e ../port.cut && {
			test "$status" = 0 || test_grep "lost" err
		} && { test "$want" = any || test "$status" = "$want"; } &&
		test_grep ! "its statements have run" err &&
		wait_until is_idle && finish && cd ..
	}
}

test_expect_success 'a run of three that nobody disturbs' '
	fresh_project && cd project && test_when_finished "cd .." &&
	make_series 3 && git migrate apply -q && dump_schema >../undisturbed
'

# What is cut, and which time; what of it counts as unknown afterwards.
cat >cuts <<\END
1|COMMIT
2|COMMIT
3|COMMIT
4|COMMIT
1|CREATE TABLE t1
1|CREATE TABLE t2
1|ALTER TABLE t1
1|INSERT INTO t2
1|INSERT INTO t3
END
for when in before behind after
do
	while IFS="|" read -r nth statement
	do
		test_expect_success "a cut $when $statement, number $nth" '
			cut_at "$when" "$nth" "$statement" && cd project &&
			test_when_finished "cd .." && check_whole 3 &&
			case $statement in
			COMMIT | INSERT*) test "$unknown" = 0 ;;
			*) test "$unknown" = 1 ;;
			esac
		'
	done <cuts
done

test_expect_success 'a statement whose answer is lost is called unknown' '
	cut_at before 1 "ALTER TABLE t3" && test "$unknown" = 1 &&
	test "$(cat project/statement)" = "ALTER TABLE t3 ADD b INT"
'

# Behind a change of the schema the end is one message with its commit.
for when in before behind after
do
	test_expect_success "an end that is cut $when its commit is written" '
		fresh_project && cd project && test_when_finished "cd .." &&
		make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
		make_migration 0002_b "CREATE TABLE b (i INT);" "" &&
		make_migration 0003_c "CREATE TABLE c (i INT);" "" &&
		rm -f ../port* &&
		{ "$GM_TEST_DIR/mysql-proxy" ../port "$MYSQL_PORT" $when 2 \
			"^.{4}\\x17.*applied" & } && proxy=$! &&
		wait_until test -e ../port &&
		git migrate apply >out --url \
			"mysql://root@127.0.0.1:$(cat ../port)/$DATABASE" &&
		{ kill "$proxy"; test -e ../port.cut; } &&
		test_line_count = 3 out && git migrate status --exit-code &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*)
			FROM git_migrate_log WHERE action = \"apply\"")" = 3
	'
done

# lose WHEN N STATEMENT ENGINE: rows go into a table of that engine, with the
# end of their migration, and the connection is cut at the Nth such statement.
lose() {
	fresh_project && cd project && test_when_finished "cd .." &&
	my "$DATABASE" -e "CREATE TABLE t9 (i INT) ENGINE=$4" &&
	make_migration 0001_rows "INSERT INTO t9 VALUES (1);" "" &&
	rm -f ../port* &&
	{ "$GM_TEST_DIR/mysql-proxy" ../port "$MYSQL_PORT" "$1" "$2" \
		"^.{4}\\x03$3" & } && proxy=$! &&
	wait_until test -e ../port &&
	test_expect_code 128 git migrate apply 2>err --url \
		"mysql://root@127.0.0.1:$(cat ../port)/$DATABASE" &&
	{ kill "$proxy"; test -e ../port.cut; } && cat err
}

test_expect_success 'rows that InnoDB has taken back are known to be' '
	lose after 1 "INSERT INTO t9" InnoDB &&
	test_grep "the database has taken back what it was at" err &&
	test_grep "0 of 1 statements are done" err &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t9")" = 0 &&
	git migrate apply --continue &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t9")" = 1
'

# lose_own WHEN STATEMENT: a transaction of the migration's own, and the
# connection is cut at that statement of it. A table without transactions
# somewhere is none of its business.
lose_own() {
	fresh_project && cd project && test_when_finished "cd .." &&
	my "$DATABASE" -e "CREATE TABLE m (i INT) ENGINE=MyISAM" &&
	make_migration 0001_own "CREATE TABLE t9 (i INT);
BEGIN;
INSERT INTO t9 VALUES (1);
COMMIT;
CREATE TABLE t8 (i INT);" "" &&
	rm -f ../port* &&
	{ "$GM_TEST_DIR/mysql-proxy" ../port "$MYSQL_PORT" "$1" 1 \
		"^.{4}\\x03$2\$" & } && proxy=$! &&
	wait_until test -e ../port &&
	test_expect_code 128 git migrate apply 2>err --url \
		"mysql://root@127.0.0.1:$(cat ../port)/$DATABASE" &&
	{ kill "$proxy"; test -e ../port.cut; } && cat err && wait_until is_idle
}

# done_once: the rest runs, and what was in the transaction did once.
done_once() {
	git migrate apply --continue ${1+"$1"} &&
	git migrate status --exit-code &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t9")" = 1
}

for when in before after
do
	test_expect_success "nothing is unknown of a BEGIN that is cut $when" '
		lose_own $when BEGIN && test_grep ! "not-ran" err &&
		test_grep "1 of 5 statements are done" err && done_once
	'

	test_expect_success "a COMMIT that is cut $when is found out" '
		lose_own $when COMMIT &&
		git migrate status >out && cat out &&
		case $when in
		before) done_once --not-ran ;;
		after)
			test_grep "stopped after 4 of 5 statements" out &&
			done_once --not-ran ;;
		esac
	'
done

test_expect_success 'those in MyISAM are unknown' '
	lose before 2 COMMIT MyISAM &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t9")" = 1 &&
	test_grep ! "taken back" err &&
	test_expect_code 1 git migrate apply --continue 2>err &&
	test_grep "nobody knows whether it has happened: INSERT" err &&
	git migrate apply --continue --ran &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t9")" = 1
'

test_expect_success 'a trigger may have written elsewhere' '
	lose after 1 "INSERT INTO t9" "InnoDB; CREATE TABLE l (i INT); CREATE
		TRIGGER t BEFORE INSERT ON t9 FOR EACH ROW SET NEW.i = 2" &&
	test_grep ! "taken back" err &&
	test_grep "continue --not-ran" err &&
	git migrate apply --continue --not-ran &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t9")" = 1
'

# The first note is the claim, the second one that the first statement is done.
# The session of the migration lives: it goes on, over a new connection.
test_expect_success 'a note that is cut is written once more' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_a "CREATE TABLE a (i INT);
CREATE TABLE b (i INT);
CREATE TABLE c (i INT);
CREATE TABLE d (i INT);" "" &&
	rm -f ../port* &&
	{ "$GM_TEST_DIR/mysql-proxy" ../port "$MYSQL_PORT" before 2 \
		"^.{4}\\x17.*applying" & } && proxy=$! &&
	wait_until test -e ../port &&
	{ git migrate apply --url \
		"mysql://root@127.0.0.1:$(cat ../port)/$DATABASE"
		code=$?; kill "$proxy"; } &&
	test "$code" = 0 && test -e ../port.cut &&
	test "$(count_tables)" = 4 && git migrate status --exit-code
EOT

# The way back is looked for as long as a server needs to start.
test -z "${GM_TEST_SLOW-}" ||
test_expect_success 'what nobody can look up is told as it is known' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	make_table 0001_step t1 && make_table 0002_step t2 &&
	rm -f ../port* &&
	{ "$GM_TEST_DIR/mysql-proxy" ../port "$MYSQL_PORT" after 1 \
		"^.{4}\\x17.*applied" gone & } &&
	wait_until test -e ../port &&
	test_expect_code 128 git migrate apply 2>err --url \
		"mysql://root@127.0.0.1:$(cat ../port)/$DATABASE" &&
	test_grep "0001_step.sql: its statements have run, and nobody kn" err &&
	test_grep "hint: no statement of .0002_step. has been begun" err
EOT

test_expect_success 'a server that is restarted is waited for' '
	fresh_project && cd project && test_when_finished "cd .." &&
	make_series 3 && server_pid=$(cat "$OWN/pid") &&
	kill -9 "$server_pid" && wait_until is_over "$server_pid" &&
	{ git-migrate apply --wait-for-database=600 >out 2>err & } &&
	run=$! && wait_until grep "waiting for the database" err &&
	"$OWN/start" && wait "$run" && check_whole 3
'

kill -9 "$(cat "$OWN/pid")"
test_done
