#!/bin/sh
test_description='MariaDB: what a user may not do, and a server not take'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

own_server limits || exit 1
my -e "CREATE USER app@'%' IDENTIFIED BY 's3cr3t'" || exit 1
# shellcheck disable=SC2034 # the tests use it
app=mysql://app:s3cr3t@127.0.0.1:$MYSQL_PORT/$DATABASE

test_expect_success 'a user who may not create tables is told so' '
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
	my -e "GRANT SELECT ON $DATABASE.* TO app@'\''%'\''" &&
	git migrate status --url "$app" &&
	test_expect_code 128 git migrate apply --url "$app" 2>err &&
	test_grep "can.t make the tables" err &&
	test_grep "CREATE command denied to user .app" err &&
	test_grep "^hint: grant this user what it needs" err &&
	test_grep ! s3cr3t err && test "$(count_tables)" = 0
'

test_expect_success 'one who may write the history, but not make a table' '
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
	git migrate apply &&
	my -e "REVOKE ALL ON $DATABASE.* FROM app@'\''%'\''" &&
	make_migration 0002_b "CREATE TABLE b (i INT);" "" &&
	my -e "GRANT SELECT, INSERT, UPDATE, DELETE ON $DATABASE.*
		TO app@'\''%'\''" &&
	test_expect_code 128 git migrate apply --url "$app" 2>err &&
	test_grep "migrations/0002_b.sql:2:.*CREATE command denied" err &&
	test_grep "0 of 1 statements are done" err &&
	git migrate apply --continue
'

test_expect_success 'a server that takes no writes says so' '
	fresh_project && cd project &&
	test_when_finished "my -e \"SET GLOBAL read_only = 0\"; cd .." &&
	make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
	my -e "GRANT ALL ON $DATABASE.* TO app@'\''%'\''" &&
	my -e "SET GLOBAL read_only = 1" &&
	git migrate status --url "$app" &&
	test_expect_code 128 git migrate apply --url "$app" 2>err &&
	test_grep "running with the --read-only option" err &&
	test_grep ! s3cr3t err && my -e "SET GLOBAL read_only = 0" &&
	git migrate apply --url "$app"
'

test_expect_success 'one whose transactions only read says so' '
	fresh_project && cd project &&
	test_when_finished "my -e \"SET GLOBAL tx_read_only = 0\"; cd .." &&
	make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
	my -e "SET GLOBAL tx_read_only = 1" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "^hint: .*the server is set so.*tx_read_only" err &&
	my -e "SET GLOBAL tx_read_only = 0" && git migrate apply
'

test_expect_success 'a replica says so, and follows its primary' - <<\EOT
	own_server primary server-id=1 log-bin=binlog && primary=$OWN &&
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
	my -e "CREATE USER app@'%' IDENTIFIED BY 's3cr3t';
		GRANT ALL ON $DATABASE.* TO app@'%'" &&
	git migrate apply &&
	make_migration 0002_b "CREATE TABLE b (i INT);" "" &&
	replica=$("$GM_TEST_DIR/servers.sh" mysql-replica "$primary" \
		"${script%%-*}_replica_$$") &&
	at=mysql://app:s3cr3t@127.0.0.1:${replica##*:}/$DATABASE &&
	follows() {
		git migrate status --url "$at" >out 2>err &&
			grep "^1 applied" out
	} && wait_until follows && test_grep "pending *0002_b" out &&
	test_expect_code 128 git migrate apply --url "$at" 2>err &&
	test_grep "running with the --read-only option" err &&
	test_grep "^hint: .*where it is a replica, apply to the one" err &&
	git migrate apply && done_there() {
		git migrate status --exit-code --url "$at" >out 2>err
	} && wait_until done_there &&
	git migrate apply --url "$at" >out && test_grep "nothing to" out &&
	kill -9 "$(cat "$GM_SERVERS_DIR/${script%%-*}_replica_$$/pid")" \
		"$(cat "$primary/pid")"
EOT

own_server limits2 || exit 1
my -e "CREATE USER app@'%' IDENTIFIED BY 's3cr3t'" || exit 1
app=mysql://app:s3cr3t@127.0.0.1:$MYSQL_PORT/$DATABASE
export app

test_expect_success 'rights on its own schema are enough' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	my -e "GRANT ALL ON $DATABASE.* TO app@'%'" &&
	make_migration 0001_a "CREATE TABLE a (i INT);
CREATE PROCEDURE p() BEGIN SELECT 1; END;" "DROP PROCEDURE p;
DROP TABLE a;" &&
	git migrate apply --url "$app" && git migrate rollback --url "$app" &&
	make_migration 0001_a "CREATE TABLE a (i INT);
CREATE DATABASE other;" "" &&
	test_expect_code 128 git migrate apply --url "$app" 2>err &&
	test_grep "0001_a.sql:3:1: Access denied for user .app" err &&
	test_grep "1 of 2 statements are done" err && test_grep ! s3cr3t err
EOT

test_expect_success 'one who may not make tables, but all else' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	my -e "GRANT ALL ON $DATABASE.* TO app@'%';
		REVOKE CREATE ON $DATABASE.* FROM app@'%'" &&
	make_migration 0001_a "CREATE TABLE a (i INT);" "" &&
	test_expect_code 128 git migrate apply --url "$app" 2>err &&
	test_grep "can.t make the tables.*CREATE command denied" err
EOT

test_expect_success 'a distributed transaction is refused at its place' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_a "CREATE TABLE a (i INT);
XA START 'x';
INSERT INTO a VALUES (1);
XA END 'x';" "" &&
	test_expect_code 1 git migrate apply 2>err &&
	test_grep "0001_a.sql:3:1: .XA START 'x'. is of a distributed" err &&
	test_grep "^hint: write START TRANSACTION and COMMIT" err &&
	test "$(count_tables)" = 0
EOT

test_expect_success 'a warning is told once, with how often it came' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_a "SET sql_mode = '';
CREATE TABLE a (i INT, c CHAR(1));
INSERT INTO a SELECT seq, 'long' FROM seq_1_to_100;
DROP TABLE IF EXISTS none;" "" &&
	git migrate apply 2>err &&
	grep -c "^note: Data truncated" err >count && echo 1 >want &&
	test_cmp want count &&
	test_grep "Data truncated for column 'c' at row 1 (64 times)" err &&
	test_grep "and 36 more warnings, which the server doesn't tell" err &&
	test_grep "Unknown table '.*none'$" err
EOT

test_expect_success 'who may not see the blocker is told so' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	my "$DATABASE" -e "CREATE TABLE t (i INT)" &&
	my -e "GRANT ALL ON $DATABASE.* TO app@'%'" &&
	{ my "$DATABASE" -e "LOCK TABLES t WRITE; DO SLEEP(600)" & } &&
	wait_until is_running "DO SLEEP%" &&
	make_migration 0001_w "ALTER TABLE t ADD x INT;" "" &&
	test_expect_code 1 git migrate apply --lock-timeout=1 --url "$app" \
		2>err &&
	test_grep ! "in the way: " err &&
	test_grep "^hint: .*users with the privilege PROCESS" err &&
	my -e "KILL $(running_id "DO SLEEP%")"
EOT

test_expect_success 'who holds a table is named, with query and time' '
	fresh_project && cd project && test_when_finished "cd .." &&
	my "$DATABASE" -e "CREATE TABLE t (i INT)" &&
	{ my "$DATABASE" -e "START TRANSACTION; SELECT * FROM t;
		DO SLEEP(60)" & } && wait_until is_running "DO SLEEP%" &&
	make_migration 0001_w "ALTER TABLE t ADD x INT;" "" &&
	test_expect_code 1 git migrate apply --lock-timeout=1 2>err &&
	test_grep "in the way: connection [0-9]* of root@.*, in a transact" \
		err &&
	test_grep "since 2[-0-9]* [0-9:]* UTC: DO SLEEP(60)" err &&
	grep -c "^warning: migrations/0001_w.sql:2:1: Lock wait timeout" \
		err >tries && echo 1 >want &&
	test_grep "^warning: trying again (1 of 2)" err &&
	test_grep "^warning: still so: trying again (2 of 2)" err &&
	test_cmp want tries &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*)
		FROM git_migrate_history")" = 0 &&
	my -e "KILL $(running_id "DO SLEEP%")" && git migrate apply
'

test_expect_success 'a statement that is too long is told the limit' '
	fresh_project && cd project && mkdir migrations &&
	test_when_finished "cd .." &&
	my -e "SET GLOBAL max_allowed_packet = 4 * 1024 * 1024" &&
	perl -e "print qq{-- migrate:up\nCREATE TABLE a (t LONGTEXT);\n},
		qq{INSERT INTO a VALUES (\x27}, q{x} x 5e6, qq{\x27);\n}" \
		>migrations/0001_long.sql &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "0001_long.sql:3:1: a statement of 50000[0-9]* bytes" err &&
	test_grep "max_allowed_packet is 4194304" err &&
	test_grep "1 of 2 statements are done" err &&
	my -e "SET GLOBAL max_allowed_packet = 16 * 1024 * 1024" &&
	git migrate apply --continue
'

# Started where only SQLite is used: libraries of servers would cost time.
test_expect_success 'a database that is not used brings no library' '
	test_require ldd &&
	ldd "$(command -v git-migrate)" >libraries &&
	test_grep ! "libpq\|libmariadb\|libssl\|libgit2" libraries
'

kill -9 "$(cat "$OWN/pid")"
test_done
