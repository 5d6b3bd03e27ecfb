#!/bin/sh
test_description='MariaDB: killed in the middle, locked out, not let in'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

# start_long [STATEMENT]: a run that is at that statement, $run, which takes a
# minute where nothing else is said.
# shellcheck disable=SC2034
start_long() {
	fresh_project && cd project &&
	make_migration 0001_long "CREATE TABLE a (i INT);
${1-DO SLEEP(60);}
CREATE TABLE b (i INT);" "" &&
	{ git-migrate apply >../long 2>&1 & } &&
	run=$! &&
	wait_until is_running "DO %(%"
}

# Nobody waits a minute when it runs again.
shorten() {
	sed "s/SLEEP(60)/SLEEP(0)/" migrations/0001_long.sql >../short &&
	mv ../short migrations/0001_long.sql
}

test_expect_success 'a statement that a killed tool was at is unknown' '
	(
		start_long "$endless" && kill -9 "$run" &&
		test_expect_code 1 git migrate apply --no-wait 2>err &&
		test_grep "another run is at" err &&
		{ git-migrate apply --continue --not-ran 2>../early & } &&
		early=$! && wait_until grep -q "^waiting" ../early &&
		end_endless && test_expect_code 1 wait "$early" &&
		test_grep "was still at work when this was typed" ../early &&
		wait_until is_idle &&
		test_expect_code 1 git migrate apply 2>err &&
		test_grep "statement 2 of 3 was begun, and nobody knows" err &&
		test_grep "DO BENCHMARK(1000000000000, SHA2(.x., 512))" err &&
		test_expect_code 1 git migrate apply --continue 2>err &&
		test_grep "continue --not-ran" err &&
		git migrate apply --continue --ran &&
		test "$(count_tables)" = 2
	)
'

test_expect_success 'what only sets its session is of no matter then' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_lock "CREATE TABLE a (i INT);
SET sql_mode = 'ANSI_QUOTES', @n = 'x';
LOCK TABLES a WRITE;
INSERT INTO a VALUES (1);
UNLOCK TABLES;
CREATE TABLE \"b\" (i INT);" "" &&
	my "$DATABASE" -e "CREATE TABLE a (i INT)" &&
	sed -i "s/TABLE a/TABLE IF NOT EXISTS a/" migrations/0001_lock.sql &&
	{ my "$DATABASE" -e "LOCK TABLES a READ; DO SLEEP(60)" & } &&
	wait_until is_running "DO SLEEP(%" &&
	{ git-migrate apply >../long 2>&1 & run=$!; } &&
	wait_until is_running "LOCK TABLES a WRITE%" &&
	kill -9 "$run" &&
	my -e "KILL $(my -e "SELECT id FROM information_schema.processlist
		WHERE db = '$DATABASE' AND info LIKE 'DO SLEEP%'")" &&
	wait_until is_idle &&
	test_expect_code 1 git migrate apply 2>err &&
	test_grep "0001_lock. stopped after 2 of 6 statements" err &&
	test_grep "^hint: git migrate apply --continue goes on" err &&
	git migrate status >out && test_grep "stopped after 2 of 6" out &&
	for ended in 1 2 4
	do
		my "$DATABASE" -e "UPDATE git_migrate_history
			SET statements_done = $ended,
			statements_started = $ended + 1" &&
		git migrate apply --continue --dry-run || return 1
	done &&
	my "$DATABASE" -e "UPDATE git_migrate_history
		SET statements_done = 3, statements_started = 4" &&
	test_expect_code 1 git migrate apply --continue 2>err &&
	test_grep "nobody knows whether it has happened: INSERT" err &&
	my "$DATABASE" -e "UPDATE git_migrate_history
		SET statements_done = 2, statements_started = 3" &&
	git migrate apply --continue && test "$(count_tables)" = 2
EOT

test_expect_success 'so is one whose connection was ended' '
	(
		start_long &&
		my -e "KILL $(running_id "DO SLEEP%")" &&
		test_expect_code 128 wait "$run" &&
		test_grep "0001_long.sql:3:1: the connection" ../long &&
		test_grep "continue --ran" ../long &&
		wait_until is_idle && shorten &&
		git migrate apply --continue --not-ran &&
		test "$(count_tables)" = 2
	)
'

# The history's connection, while a statement is at work over the other one.
history_connection() {
	my -e "SELECT MAX(id) FROM information_schema.processlist
		WHERE db = '$DATABASE' AND command = 'Sleep'" | grep -v NULL
}

is_gone() {
	test "$(my -e "SELECT COUNT(*) FROM information_schema.processlist
		WHERE id = $1")" = 0
}

# start_held: a run whose statement waits until let_go, as $run; what comes
# behind it needs what it has set.
# shellcheck disable=SC2034
start_held() {
	fresh_project && cd project &&
	make_migration 0001_held "CREATE TABLE a (i INT);
SET @one = 1;
$1
CREATE TABLE b (i INT);
INSERT INTO b VALUES (@one);" "" &&
	{ my -e "DO GET_LOCK('held $DATABASE', 0); DO SLEEP(600)" & } &&
	wait_until is_held &&
	{ git-migrate apply >../held 2>&1 & } && run=$! &&
	wait_until is_running "%GET_LOCK(%held %"
}

is_held() {
	holder=$(my -e "SELECT IS_USED_LOCK('held $DATABASE')") &&
	test "$holder" != NULL
}

# cut_history: the run loses it, and then the statement ends.
cut_history() {
	wait_until history_connection >id && lost=$(tail -n 1 id) &&
	my -e "KILL $lost" && wait_until is_gone "$lost" &&
	my -e "KILL $holder"
}

test_expect_success "the history's connection may be lost on the way" - <<\EOT
	(
		start_held "DO GET_LOCK('held $DATABASE', 600);" &&
		cut_history && wait "$run" && cat ../held &&
		test "$(my "$DATABASE" -e "SELECT * FROM b")" = 1 &&
		test "$(my "$DATABASE" -e "SELECT GROUP_CONCAT(action)
			FROM git_migrate_log")" = start,apply &&
		git migrate status --porcelain >status &&
		test_grep "^applied.0001_held" status
	)
EOT

test_expect_success 'a failure behind that is written down' - <<\EOT
	(
		start_held "INSERT INTO a SELECT
			CONCAT('x', GET_LOCK('held $DATABASE', 600));" &&
		cut_history && test_expect_code 128 wait "$run" &&
		test_grep "2 of 5 statements are done$" ../held &&
		git migrate apply --abort &&
		test "$(my "$DATABASE" -e "SELECT GROUP_CONCAT(action)
			FROM git_migrate_log")" = start,failure,abort
	)
EOT

test_expect_success 'a statement that is interrupted ends on the server' '
	(
		start_long && kill -INT "$run" &&
		test_expect_code 128 wait "$run" &&
		test_grep "^fatal: migrations/0001_.*:3:1: interrupted" \
			../long &&
		test_grep "1 of 3 statements are done" ../long && shorten &&
		git migrate apply --continue &&
		test "$(count_tables)" = 2
	)
'

test_expect_success 'who holds a table is named, and nothing is left behind' '
	fresh_project &&
	my "$DATABASE" -e "CREATE TABLE t (i INT) ENGINE=InnoDB" &&
	(
		cd project &&
		{ my "$DATABASE" -e "START TRANSACTION; SELECT * FROM t;
			DO SLEEP(60)" & } &&
		wait_until is_running "DO SLEEP%" &&
		holder=$(running_id "DO SLEEP%") &&
		make_migration 0001_wait "ALTER TABLE t ADD x INT" "" &&
		test_expect_code 1 git migrate apply --lock-timeout=1 2>err &&
		test_grep "in the way: connection $holder of root@" err &&
		my -e "KILL $holder" &&
		git migrate apply
	)
'

test_expect_success 'each reason not to get in is one sentence' '
	fresh_project &&
	sed "s/PORT/$MYSQL_PORT/; s/DB/$DATABASE/" >cases <<-\END &&
	root:s3cr3t@127.0.0.1:PORT/DB|does not let us in
	root:s3cr3t@127.0.0.1:1/DB|no server answers
	root:s3cr3t@no.such.host.invalid:PORT/DB|there is no host
	root@127.0.0.1:PORT/s3cr3t_no|there is no database
	root@127.0.0.1:PORT/DB?sslmode=x&password=s3cr3t|unknown parameter
	root@127.0.0.1:PORT/DB?ssl-mode=odd|bad ssl-mode
	root@127.0.0.1:PORT/DB?ssl-mode=required|TLS
	root@127.0.0.1:PORT|names no database
	END
	(
	cd project &&
	while IFS="|" read -r url words
	do
		test_expect_code 128 git migrate apply \
			--url "mysql://$url" >out 2>err &&
		cat out err >>../all &&
		test_grep "$words" err || exit 1
	done <../cases &&
	sed s/s3cr3t_no// ../all >../rest &&
	test_grep ! s3cr3t ../rest
	)
'

test_expect_success 'a password may hold what a URL is made of' '
	fresh_project &&
	test_when_finished "my -e \"DROP USER odd@localhost\"" &&
	my -e "CREATE USER odd@localhost IDENTIFIED BY '\''p@s:/?#%w'\'';
		GRANT ALL ON $DATABASE.* TO odd@localhost" &&
	(
		cd project &&
		make_migration 0001_a "CREATE TABLE a (i INT)" "" &&
		url="odd:p%40s%3A%2F%3F%23%25w@localhost/$DATABASE" &&
		git migrate apply --url "mysql://$url?socket=$MYSQL_SOCKET"
	)
'

commits() {
	my -e "SHOW GLOBAL STATUS LIKE 'Com_commit'" | cut -f2
}

test_expect_success 'a claim costs no commit of its own, and hurts nobody' '
	own_server commits && fresh_project &&
	(
		cd project &&
		make_migration 0001_a "CREATE TABLE a (i INT)" "" &&
		git migrate apply &&
		for n in 2 3 4 5 6 7 8 9
		do
			make_migration "000${n}_t" "CREATE TABLE t$n (i INT)" \
				"" || exit 1
		done &&
		before=$(commits) && git migrate apply &&
		test $(($(commits) - before)) = 9 &&
		my --delimiter=// "$DATABASE" -e "CREATE TRIGGER no
			BEFORE INSERT
			ON git_migrate_history FOR EACH ROW
			IF NEW.id = \"0011_c\" THEN
			SIGNAL SQLSTATE \"45000\"
			SET MESSAGE_TEXT = \"not you\";
			END IF" &&
		make_migration 0010_b "CREATE TABLE b (i INT)" "" &&
		make_migration 0011_c "CREATE TABLE c (i INT)" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "not you" err &&
		git migrate status --porcelain >status &&
		test_grep "^applied.0010_b" status &&
		test_grep "^pending.0011_c" status
	)
'

# A server that is stopped answers nobody: so the first Ctrl-C has to wait.
test_expect_success 'a second Ctrl-C leaves, whatever the server does' - <<\EOT
	own_server frozen && server=$(cat "$OWN/pid") && start_long &&
	kill -STOP "$server" && kill -INT "$run" &&
	wait_until grep "interrupted: putting things in order" ../long &&
	keep_interrupting "$run" && test_expect_code 130 wait "$run" &&
	kill -CONT "$server" && wait_until is_idle &&
	test_expect_code 1 git migrate apply 2>err &&
	test_grep "statement 2 of 3 was begun, and nobody knows" err &&
	kill -9 "$server"
EOT

test_done
