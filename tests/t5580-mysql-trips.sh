#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='what a migration costs MariaDB, and when its end is begun'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

own_server trips || exit 1

# counter NAME: what the server has counted.
counter() {
	my -e "SHOW GLOBAL STATUS LIKE '$1'" | cut -f 2
}

# cost N: applies N migrations. Sets how many commands and commits that was,
# and how many transactions were taken back: those whose statement took long.
cost() {
	commands=$(counter Questions)
	commits=$(counter Com_commit)
	taken_back=$(counter Com_rollback)
	git migrate apply -q --count="$1" || return 1
	taken_back=$(($(counter Com_rollback) - taken_back))
	commits=$(($(counter Com_commit) - commits))
	commands=$(($(counter Questions) - commands))
}

# per_migration: what each of eight migrations costs, in commands and commits,
# by the difference between a run of two and one of ten.
per_migration() {
	cost 2 && few=$commands few_commits=$commits few_back=$taken_back &&
	cost 10 && echo "$few, $commands: $taken_back taken back" &&
	commands=$(((commands - few - 5 * taken_back + 5 * few_back) / 8)) &&
	commits=$(((commits - few_commits) / 8))
}

test_expect_success 'a statement costs seven commands, and one commit' '
	fresh_project &&
	(
		cd project &&
		for n in $(seq 101 113)
		do
			make_migration "0${n}_m" "CREATE TABLE m$n (i INT);" \
				"" || exit 1
		done &&
		git migrate apply -q --count=1 && per_migration &&
		test "$commands" -le 7 && test "$commits" = 1 &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*)
			FROM git_migrate_history h JOIN git_migrate_log l
			ON l.entry = h.source_entry
			WHERE action = \"start\" AND source IS NOT NULL
			AND state = \"applied\" AND owner IS NULL")" = 13 &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*)
			FROM git_migrate_log WHERE action = \"apply\"")" = 13
	)
'

# No transaction is open that has changed something.
is_quiet() {
	test "$(my -e "SELECT COUNT(*) FROM information_schema.innodb_trx
		WHERE trx_rows_modified > 0")" = 0
}

has_taken_back() {
	test "$(counter Com_rollback)" -gt "$1"
}

test_expect_success 'nothing of ours is open while a statement takes long' '
	fresh_project &&
	my "$DATABASE" -e "CREATE TABLE held (i INT) ENGINE=InnoDB" &&
	(
		cd project &&
		{ my "$DATABASE" -e "START TRANSACTION; SELECT * FROM held;
			DO SLEEP(60)" & } &&
		wait_until is_running "DO SLEEP%" &&
		holder=$(running_id "DO SLEEP%") &&
		make_migration 0001_wait "ALTER TABLE held ADD j INT;" "" &&
		make_migration 0002_next "CREATE TABLE t (i INT);" "" &&
		before=$(counter Com_rollback) &&
		{ git migrate apply --lock-timeout=60 >out 2>err & } &&
		run=$! &&
		wait_until has_taken_back "$before" &&
		is_running "ALTER TABLE held%" && wait_until is_quiet &&
		my -e "KILL $holder" && wait "$run" &&
		test_line_count = 2 out &&
		git migrate status --exit-code
	)
'

test_expect_success 'a last statement that fails leaves the next unclaimed' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
		make_migration 0002_b "CREATE TABLE b (i INT);
ALTER TABLE b ADD i INT;" "" &&
		make_migration 0003_c "CREATE TABLE c (i INT);" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "0002_b.sql:3:19: Duplicate column" err &&
		test_grep "1 of 2 statements are done" err &&
		my "$DATABASE" -e "SELECT id, state FROM git_migrate_history
			ORDER BY id" >got &&
		printf "0001_a\tapplied\n0002_b\tfailed\n" >want &&
		test_cmp want got &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*)
			FROM git_migrate_log WHERE id = \"0003_c\"")" = 0
	)
'

test_expect_success 'a statement about the history is not met by its end' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
		make_migration 0002_look "CREATE TABLE seen AS
SELECT COUNT(*) AS n FROM git_migrate_log;" "" &&
		make_migration 0003_c "CREATE TABLE c (i INT);" "" &&
		git migrate apply &&
		test "$(my "$DATABASE" -e "SELECT n FROM seen")" = 3
	)
'

test_expect_success 'rows behind a statement end their migration' '
	fresh_project &&
	(
		cd project &&
		for n in $(seq 101 113)
		do
			make_migration "0${n}_m" "CREATE TABLE m$n (i INT);
INSERT INTO m$n VALUES ($n);" "" || exit 1
		done &&
		git migrate apply -q &&
		test "$(my "$DATABASE" -e "SELECT i FROM m113")" = 113 &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*)
			FROM git_migrate_history WHERE state = \"applied\"
			AND owner IS NULL AND statements_done = 2
			AND statements_started = 2")" = 13
	)
'

is_waiting() {
	test "$(my -e "SELECT COUNT(*) FROM information_schema.innodb_trx
		WHERE trx_state = 'LOCK WAIT'")" = 1
}

test_expect_success 'rows are committed with their history or not at all' '
	fresh_project &&
	my "$DATABASE" -e "CREATE TABLE one (i INT PRIMARY KEY)" &&
	(
		cd project &&
		make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
		make_migration 0002_rows "INSERT INTO one VALUES (1);" "" &&
		make_migration 0003_c "CREATE TABLE c (i INT);" "" &&
		git migrate apply --count=1 &&
		{ my "$DATABASE" -e "START TRANSACTION;
			INSERT INTO one VALUES (1); DO SLEEP(60)" & } &&
		wait_until is_running "DO SLEEP%" &&
		holder=$(running_id "DO SLEEP%") &&
		{ git migrate apply --lock-timeout=60 >out 2>err & } &&
		run=$! &&
		wait_until is_waiting &&
		test "$(my "$DATABASE" -e "SELECT state, statements_done
			FROM git_migrate_history WHERE id = \"0002_rows\"")" = \
			"applying	0" &&
		my -e "KILL $holder" && wait "$run" &&
		test_line_count = 2 out &&
		git migrate status --exit-code
	)
'

test_expect_success 'rows that are refused leave the next unclaimed' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_a "CREATE TABLE a (i INT PRIMARY KEY);
INSERT INTO a VALUES (1), (1);" "" &&
		make_migration 0002_b "CREATE TABLE b (i INT);" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "0001_a.sql:3:1: Duplicate entry" err &&
		test_grep "1 of 2 statements are done" err &&
		my "$DATABASE" -e "SELECT id, state, statements_done
			FROM git_migrate_history" >got &&
		printf "0001_a\tfailed\t1\n" >want && test_cmp want got &&
		sed "s/, (1)//" migrations/0001_a.sql >new &&
		mv new migrations/0001_a.sql &&
		git migrate apply --continue && git migrate apply &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM a")" = 1
	)
'

# The number that a session was given last is asked for by a trigger.
test_expect_success 'rows do not see the numbers of their history' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_tables "CREATE TABLE a (
	id INT AUTO_INCREMENT PRIMARY KEY, n INT) AUTO_INCREMENT = 500;
CREATE TABLE b (i INT, a_id INT);
CREATE TRIGGER tr BEFORE INSERT ON b FOR EACH ROW
	SET NEW.a_id = LAST_INSERT_ID();" "" &&
		make_migration 0002_rows "INSERT INTO a (n) VALUES (1);
INSERT INTO b (i) VALUES (7);" "" &&
		make_migration 0003_more "INSERT INTO b (i) VALUES (8);" "" &&
		make_migration 0004_more "INSERT INTO b (i) VALUES (9);" "" &&
		git migrate apply -q &&
		my "$DATABASE" -e "SELECT i, a_id FROM b ORDER BY i" >got &&
		printf "7\t500\n8\t0\n9\t0\n" >want && test_cmp want got
	)
'

is_there() {
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM $1")" = "$2"
}

# The rows of the history can't be written while somebody reads all tables, to
# copy them; what has run has run.
test_expect_success 'a statement is not run again for its history' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_t "CREATE TABLE t (i INT) ENGINE=MyISAM;
CREATE FUNCTION flushing() RETURNS INT NOT DETERMINISTIC
BEGIN
	WHILE NOT EXISTS (SELECT 1 FROM information_schema.processlist
		WHERE info LIKE '\''FLUSH TABLES WITH%'\''
		AND state LIKE '\''Waiting%'\'')
	DO
		DO SLEEP(0.1);
	END WHILE;
	RETURN 1;
END;" "" &&
		make_migration 0002_rows "INSERT INTO t SELECT flushing();" \
			"" &&
		git migrate apply -q --count=1 &&
		{ git migrate apply --lock-timeout=1 >out 2>err & } &&
		run=$! &&
		wait_until is_running "DO SLEEP(0.1)%" &&
		{ my "$DATABASE" -e "FLUSH TABLES WITH READ LOCK;
			DO SLEEP(600)" & } &&
		test_expect_code 128 wait "$run" &&
		my -e "KILL $(running_id "DO SLEEP(600)%")" &&
		cat out err &&
		test_grep ! "trying again" err &&
		test_grep "^fatal: .*have run, and that is not written" err &&
		is_there t 1 &&
		test_expect_code 1 git migrate apply --continue 2>err &&
		test_grep "nobody knows whether it has happened" err &&
		git migrate apply -q --continue --ran && is_there t 1
	)
'

kill -9 "$(cat "$OWN/pid")"
test_done
