#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='MariaDB: the script of plan does what apply does'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

OTHER=${DATABASE}_other

fresh() {
	my -e "DROP DATABASE IF EXISTS $OTHER; CREATE DATABASE $OTHER" &&
	fresh_project
}

# run_script FILE [DATABASE]: by the client, as its first line says.
run_script() {
	options=$(sed -n "1s/.*: mariadb \(.*\) DATABASE <SCRIPT$/\1/p" "$1") &&
	test -n "$options" || return 1
	# shellcheck disable=SC2086 # they are words
	mariadb --no-defaults -h 127.0.0.1 -P "$MYSQL_PORT" -u root $options \
		"${2-$DATABASE}" <"$1"
}

# All that is in both databases, but for times.
dump_all() {
	mariadb-dump --no-defaults -S "$MYSQL_SOCKET" -u root --hex-blob \
		--routines --triggers --skip-dump-date --skip-opt \
		--default-character-set=utf8mb4 \
		--ignore-table="$DATABASE.git_migrate_history" \
		--ignore-table="$DATABASE.git_migrate_source" \
		--ignore-table="$DATABASE.git_migrate_log" \
		--databases "$DATABASE" "$OTHER" &&
	my "$DATABASE" -e "SELECT app, id, checksum, up_fingerprint,
		down_fingerprint, verify_fingerprint, parents, state,
		statements_started, statements_done, statements_total, owner,
		blob_id, commit_id, dirty, branch, batch, position, applied_by,
		tool_version, error FROM git_migrate_history ORDER BY id;
		SELECT h.id, l.source FROM git_migrate_history h
		JOIN git_migrate_log l ON l.entry = h.source_entry ORDER BY 1;
		SELECT id, action, detail FROM git_migrate_log
		ORDER BY id, entry"
}

# The migrations of the project here, applied, and by a script.
same_by_script() {
	git migrate apply -q && dump_all >applied &&
	my -e "DROP DATABASE $DATABASE; CREATE DATABASE $DATABASE;
		DROP DATABASE $OTHER; CREATE DATABASE $OTHER" &&
	git migrate plan >plan.sql && run_script plan.sql >said &&
	dump_all >planned && test_cmp applied planned &&
	git migrate status --exit-code
}

test_expect_success 'what a migration does to its session ends with it' - <<\EOT
	fresh && cd project && test_when_finished "cd .." &&
	git config user.name "Žofie Ø" &&
	make_migration 0001_use "CREATE TABLE a (t TEXT);
USE $OTHER;
CREATE TABLE b (t TEXT);" "" &&
	make_migration 0002_plain "CREATE TABLE c (t TEXT);" "" &&
	make_migration 0003_mode "SET sql_mode = 'ANSI_QUOTES', @left = 1;
SET foreign_key_checks = 0, time_zone = '+05:00', autocommit = 0;" "" &&
	make_migration 0004_look "INSERT INTO c VALUES (\"a\\\\b\");
CREATE TABLE seen AS SELECT DATABASE() AS db, @@sql_mode AS mode,
  @@foreign_key_checks AS fk, @@time_zone AS tz, @left AS u,
  @@character_set_client AS cs, @@autocommit AS ac;" "" &&
	make_migration 0005_escapes "SET NAMES latin1;
SET sql_mode = 'NO_BACKSLASH_ESCAPES';
INSERT INTO c VALUES ('\\');" "" &&
	make_migration 0006_temporary "CREATE TEMPORARY TABLE c (t INT);
LOCK TABLES a WRITE;" "" &&
	make_migration 0007_last "INSERT INTO c VALUES ('Ž\\\\');" "" &&
	same_by_script && my "$DATABASE" -e "SELECT * FROM c" >got &&
	printf '%s\n' 'a\\b' '\\' 'Ž\\' >want && test_cmp want got
EOT

test_expect_success 'so it does without a word in the text' - <<\EOT
	fresh && cd project && test_when_finished "cd .." &&
	make_migration 0001_t "CREATE TABLE t (i INT);
CREATE TRIGGER hook BEFORE INSERT ON t FOR EACH ROW
SET SESSION sql_mode = 'NO_BACKSLASH_ESCAPES', @left = 7;" "" &&
	make_migration 0002_t "INSERT INTO t VALUES (1);" "" &&
	make_migration 0003_look "CREATE TABLE seen AS
SELECT @left AS a, @@sql_mode AS b, '\\\\' AS c;" "" &&
	same_by_script
EOT

test_expect_success 'the way back goes by a script, too' - <<\EOT
	fresh && cd project && test_when_finished "cd .." &&
	make_migration 0001_a "CREATE TABLE a (t TEXT);" "DROP TABLE a;" &&
	make_migration 0002_b "CREATE TABLE b (t TEXT);
CREATE TABLE $OTHER.b (t TEXT);" "DROP TABLE b; USE $OTHER;
SET sql_mode = 'NO_BACKSLASH_ESCAPES'; DROP TABLE b;" &&
	git migrate apply -q &&
	git migrate plan --rollback --all >plan.sql && run_script plan.sql &&
	test "$(count_tables)" = 0 && git migrate status >out &&
	test_grep "2 pending" out &&
	test "$(my "$DATABASE" -e "SELECT GROUP_CONCAT(id, action)
		FROM git_migrate_log WHERE action = 'rollback'")" = \
		0002_brollback,0001_arollback
EOT

test_expect_success 'a script is for one database, wherever it is run' - <<\EOT
	fresh && cd project && test_when_finished "cd .." &&
	make_migration 0001_a "CREATE TABLE a (t TEXT);" "" &&
	git migrate plan >plan.sql && run_script plan.sql "$OTHER" &&
	test "$(count_tables)" = 1 && git migrate status --exit-code
EOT

test_expect_success 'what leaves its transaction open is not recorded' - <<\EOT
	fresh && cd project && test_when_finished "cd .." &&
	make_migration 0001_open "CREATE TABLE t (i INT) ENGINE=InnoDB;
SET autocommit = 0;
INSERT INTO t VALUES (1);" "" &&
	git migrate plan >plan.sql &&
	test_must_fail run_script plan.sql 2>err &&
	test_grep "while a transaction is in progress" err &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t")" = 0 &&
	test_must_fail git migrate status --exit-code >out &&
	test_grep "stopped" out
EOT

test_expect_success 'bodies get their DELIMITER where they have none' - <<\EOT
	fresh && cd project && test_when_finished "cd .." && mkdir migrations &&
	cat >migrations/0001_p.sql <<-\END &&
	-- migrate:up
	-- ; a comment // with both
	CREATE TABLE t (i INT); CREATE PROCEDURE fill(n INT) /* ; */
	BEGIN
	  -- kept; or not
	  DECLARE k INT DEFAULT 4 /* */ / 2;
	  INSERT INTO t VALUES (k), (CHAR_LENGTH('//; //1//'));
	END; -- behind; it
	CALL fill(3);
	/* before */
	DELIMITER //
	CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END; //
	/* behind */ -- it
	DELIMITER ;
	CREATE FUNCTION f() RETURNS INT BEGIN DECLARE k INT; RETURN 1; END;
	/* ; */ # ;
	BEGIN NOT ATOMIC INSERT INTO t VALUES (10);
	  IF 1 THEN INSERT INTO t VALUES (11); END IF; END;
	/*!50003 CREATE PROCEDURE three() BEGIN SELECT 1; END */;
	INSERT INTO t VALUES (12)
	-- the end
	END
	cat >migrations/0002_left.sql <<-\END &&
	-- migrate:up
	INSERT INTO t VALUES (20);
	DELIMITER $
	INSERT INTO t VALUES (21)$
	CREATE PROCEDURE four() BEGIN SELECT 1; SELECT 2; END
	END
	cat >migrations/0003_last.sql <<-\END &&
	-- migrate:up
	CREATE PROCEDURE five() BEGIN SELECT 1; SELECT 2; END
	-- the end;
	END
	make_migration 0004_plain "INSERT INTO t VALUES (30);" "" &&
	same_by_script &&
	test "$(my "$DATABASE" -e "SELECT GROUP_CONCAT(i) FROM t")" = \
		2,9,10,11,12,20,21,30
EOT

# Its row says that the whole has begun, and no more.
test_expect_success 'of one that broke midway nothing is known' - <<\EOT
	fresh && cd project && test_when_finished "cd .." &&
	make_migration 0001_a "SET @n = 1;
CREATE TABLE a (i INT);
INSERT INTO a VALUES (1);
INSERT INTO nowhere VALUES (1);" "" &&
	git migrate plan >plan.sql && test_must_fail run_script plan.sql &&
	git migrate status >out && test_grep "nobody knows" out &&
	test_expect_code 1 git migrate apply --continue 2>err &&
	test_grep "nobody knows whether it has happened" err &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM a")" = 1
EOT

test_expect_success 'the defaults of the server reach no row of ours' - <<\EOT
	own_server plan && fresh && cd project && test_when_finished "cd .." &&
	my -e "SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES',
		GLOBAL completion_type = 2, GLOBAL autocommit = 0" &&
	make_migration 0001_a "CREATE TABLE a (t TEXT);
INSERT INTO a VALUES ('a\\b');" "" &&
	make_migration 0002_b "INSERT INTO a VALUES ('b');" "" &&
	same_by_script && kill -9 "$(cat "$OWN/pid")"
EOT

my -e "DROP DATABASE IF EXISTS $OTHER" 2>/dev/null
test_done
