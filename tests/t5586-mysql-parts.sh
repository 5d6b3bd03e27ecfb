#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='what of a failed statement or transaction stays on MariaDB'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

# rows TABLE: the numbers in it, in order.
rows() {
	my "$DATABASE" -e "SELECT COALESCE(GROUP_CONCAT(i ORDER BY i), '')
		FROM $1"
}

# begin_project SQL: a project whose first migration, applied, is that.
begin_project() {
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_first "$1" "" &&
	git migrate apply -q
}

# hold SQL: another session does that and stays; let_go ends it.
hold() {
	{ my "$DATABASE" -e "START TRANSACTION; $1; DO SLEEP(60)" & } &&
	wait_until is_running "DO SLEEP%" &&
	holder=$(running_id "DO SLEEP%")
}

let_go() {
	my -e "KILL $holder"
	wait_until is_idle
}

# Behind a transaction's failing DDL, which has committed what was before it.
continue_after_ddl() {
	begin_project "CREATE TABLE t (i INT);
CREATE TABLE ex (i INT);" &&
	make_migration 0002_own "$1" "" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "$2 of $3 statements are done" err &&
	test "$(rows t)" = 1 &&
	my "$DATABASE" -e "$4" &&
	git migrate apply --continue &&
	test "$(rows t)" = "$5"
}

test_expect_success 'a DDL that fails has committed what was before it' '
	continue_after_ddl "START TRANSACTION;
INSERT INTO t VALUES (1);
CREATE TABLE ex (i INT);
INSERT INTO t VALUES (2);
COMMIT;" 2 5 "DROP TABLE ex" 1,2
'

test_expect_success 'also without autocommit' '
	continue_after_ddl "SET autocommit = 0;
INSERT INTO t VALUES (1);
ALTER TABLE gone ADD j INT;
COMMIT;" 2 4 "CREATE TABLE gone (i INT)" 1
'

for chain in "COMMIT AND CHAIN" "START TRANSACTION" BEGIN
do
	test_expect_success "$chain ends a transaction, and begins another" "
		continue_after_ddl 'START TRANSACTION;
INSERT INTO t VALUES (1);
$chain;
INSERT INTO t VALUES (2);
INSERT INTO nope VALUES (3);
COMMIT;' 2 6 'CREATE TABLE nope (i INT)' 1,2
	"
done

test_expect_success 'a routine that commits has committed what was before it' '
	begin_project "CREATE TABLE t (i INT);
CREATE PROCEDURE p() BEGIN COMMIT; INSERT INTO nope VALUES (2); END;" &&
	make_migration 0002_own "START TRANSACTION;
INSERT INTO t VALUES (1);
CALL p();
COMMIT;" "" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "2 of 4 statements are done" err && test "$(rows t)" = 1 &&
	my "$DATABASE" -e "CREATE TABLE nope (i INT)" &&
	git migrate apply --continue --not-ran && test "$(rows t)" = 1
'

test_expect_success 'a blocked ALTER in a transaction is no withdrawn claim' '
	begin_project "CREATE TABLE t (i INT);
CREATE TABLE ex (i INT);" &&
	make_migration 0002_own "START TRANSACTION;
INSERT INTO t VALUES (1);
ALTER TABLE ex ADD c INT;
COMMIT;" "" &&
	hold "SELECT * FROM ex" &&
	test_expect_code 128 git migrate apply --lock-timeout=1 2>err &&
	test_grep "^fatal: .*0002_own.sql:4:1: Lock wait timeout" err &&
	test_grep "2 of 4 statements are done" err &&
	let_go && git migrate apply --continue && test "$(rows t)" = 1
'

test_expect_success 'rows of a table without transactions are not tried again' '
	begin_project "CREATE TABLE src (i INT PRIMARY KEY) ENGINE=InnoDB;
INSERT INTO src VALUES (1), (2), (3), (4);
CREATE TABLE t (i INT) ENGINE=MyISAM;" &&
	make_migration 0002_rows "INSERT INTO t SELECT i FROM src ORDER BY i;" \
		"" &&
	hold "SELECT * FROM src WHERE i = 4 FOR UPDATE" &&
	test_expect_code 128 git migrate apply --lock-timeout=1 2>err &&
	let_go && test_grep ! "trying again" err &&
	test_grep "a part of what this one did may stay" err &&
	test_grep "continue --not-ran" err &&
	test "$(rows t)" = 1,2,3 &&
	test_expect_code 1 git migrate apply --continue 2>err &&
	test_grep "nobody knows whether it has happened" err &&
	my "$DATABASE" -e "DELETE FROM t" &&
	git migrate apply --continue --not-ran && test "$(rows t)" = 1,2,3,4
'

# A routine or a block that has run, in a transaction that a later statement's
# error takes back: what it committed before stays.
continue_after_routine() {
	begin_project "CREATE TABLE t (i INT);
CREATE PROCEDURE p() BEGIN
	INSERT INTO t VALUES (1); COMMIT;
	START TRANSACTION; INSERT INTO t VALUES (2);
END;
CREATE PROCEDURE q() BEGIN
	ROLLBACK; START TRANSACTION; INSERT INTO t VALUES (1); COMMIT;
	START TRANSACTION; INSERT INTO t VALUES (2);
END;" &&
	make_migration 0002_own "$1" "" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "^fatal: .*0002_own.sql:$2:13: .*nope" err &&
	test_grep "a part of what statement $3 did may stay" err &&
	test "$(rows t)" = "$4" &&
	my "$DATABASE" -e "CREATE TABLE nope (i INT)" &&
	test_expect_code 1 git migrate apply --continue 2>err &&
	test_grep "nobody knows whether it has happened: $5" err &&
	test "$(rows t)" = "$4" &&
	git migrate apply --continue --ran && test "$(rows nope)" = 4
}

test_expect_success 'a routine that commits and goes on is not run again' '
	continue_after_routine "CALL p();
INSERT INTO nope VALUES (4);
COMMIT;" 3 1 1 "CALL p()"
'

test_expect_success 'nor one within a transaction' '
	continue_after_routine "START TRANSACTION;
INSERT INTO t VALUES (0);
CALL p();
INSERT INTO t VALUES (3);
INSERT INTO nope VALUES (4);
COMMIT;" 6 3 0,1 "CALL p()"
'

test_expect_success 'nor one that rolls back before' '
	continue_after_routine "START TRANSACTION;
INSERT INTO t VALUES (0);
CALL q();
INSERT INTO nope VALUES (4);
COMMIT;" 5 3 1 "START TRANSACTION"
'

test_expect_success 'nor a block, or what is set for one statement alone' '
	continue_after_routine "SET STATEMENT max_statement_time = 60 FOR
CALL p();
INSERT INTO nope VALUES (4);
COMMIT;" 4 1 1 "SET STATEMENT" &&
	continue_after_routine "BEGIN NOT ATOMIC
	CALL p();
END;
INSERT INTO nope VALUES (4);
COMMIT;" 5 1 1 "BEGIN NOT ATOMIC"
'

test_expect_success 'nor where it leaves its transaction open' '
	begin_project "CREATE TABLE t (i INT);
CREATE PROCEDURE p() BEGIN
	INSERT INTO t VALUES (1); COMMIT;
	START TRANSACTION; INSERT INTO t VALUES (2);
END;" &&
	make_migration 0002_own "CALL p();" "" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "leaves its transaction open" err &&
	test_grep "a part of what statement 1 did may stay" err &&
	test_expect_code 1 git migrate apply --continue 2>err &&
	test "$(rows t)" = 1 &&
	git migrate apply --continue --ran && test "$(rows t)" = 1
'

# half SQL…: a table without transactions, and statements that fail in the
# middle. The last of them is unknown.
half() {
	begin_project "CREATE TABLE t (i INT PRIMARY KEY) ENGINE=MyISAM;
CREATE TABLE u (i INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TRIGGER tr BEFORE INSERT ON u FOR EACH ROW
	INSERT INTO t VALUES (NEW.i);" &&
	make_migration 0002_half "$1" "" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "a part of what this one did may stay" err &&
	test "$(rows t)" = "$2" &&
	test_expect_code 1 git migrate apply --continue 2>err &&
	test_grep "nobody knows whether" err &&
	git migrate apply --continue --ran && git migrate status --exit-code
}

test_expect_success 'half of the last statement is unknown' '
	half "INSERT INTO t VALUES (1), (2), (1);" 1,2
'

test_expect_success 'half of one in the middle is unknown' '
	half "INSERT INTO t VALUES (1), (2), (1);
DELETE FROM u;" 1,2
'

test_expect_success 'half of an UPDATE is unknown' '
	half "INSERT INTO t VALUES (1), (2), (4), (5);
UPDATE t SET i = IF(i = 4, 5, i + 10) ORDER BY i;
CREATE TABLE w (i INT);" 4,5,11,12
'

test_expect_success 'what a trigger wrote is seen' '
	half "INSERT INTO u VALUES (1), (2), (1);" 1,2
'

test_expect_success 'also in the middle' '
	half "INSERT INTO u VALUES (1), (2), (1);
DELETE FROM u WHERE i = 7;
CREATE TABLE w (i INT);" 1,2
'

test_expect_success 'what a transaction of its own could not take back' '
	half "START TRANSACTION;
INSERT INTO t VALUES (1);
INSERT INTO u VALUES (5), (5);
COMMIT;" 1,5
'

test_expect_success 'half of a block is unknown' '
	half "BEGIN NOT ATOMIC
	INSERT INTO t VALUES (1);
	INSERT INTO nope VALUES (3);
END;
CREATE TABLE w (i INT);" 1
'

test_expect_success 'a routine that is not there has done nothing' '
	begin_project "CREATE TABLE t (i INT);" &&
	make_migration 0002_call "CALL nope();" "" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "0 of 1 statements are done" err &&
	test_grep ! "may stay" err
'

test_expect_success 'rows that InnoDB took back have not happened' '
	begin_project "CREATE TABLE u (i INT PRIMARY KEY) ENGINE=InnoDB;
CREATE TABLE other (i INT) ENGINE=MyISAM;" &&
	make_migration 0002_rows "INSERT INTO u VALUES (1), (2), (1);
CREATE TABLE w (i INT);" "" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "0 of 2 statements are done" err &&
	test_grep ! "may stay" err && test "$(rows u)" = ""
'

test_done
