#!/bin/sh
test_description='MariaDB: dumps, compound bodies, and what SQL leaves behind'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

test_when_done_drop() {
	my -e "DROP DATABASE IF EXISTS ${DATABASE}_other"
}

# A database with something of everything that a dump writes.
make_source() {
	my -e "CREATE DATABASE ${DATABASE}_other" &&
	my "${DATABASE}_other" <<-\SQL
	CREATE TABLE authors (
	  id INT AUTO_INCREMENT PRIMARY KEY,
	  name VARCHAR(100) NOT NULL, note TEXT
	) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
	CREATE TABLE books (
	  id INT PRIMARY KEY, author INT NOT NULL, title VARCHAR(100),
	  raw BLOB, FOREIGN KEY (author) REFERENCES authors (id)
	) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;
	INSERT INTO authors (name, note) VALUES
	  ('Ursula', 'it''s; -- no end'), ('Škvorecký', 'a\nb\\c "d" `e`');
	INSERT INTO books VALUES (1, 1, 'one', X'00FF0A'), (2, 2, NULL, NULL);
	CREATE VIEW titles AS SELECT title FROM books;
	DELIMITER //
	CREATE TRIGGER shout BEFORE INSERT ON authors FOR EACH ROW
	BEGIN
	  IF NEW.note IS NULL THEN SET NEW.note = 'none; yet'; END IF;
	END //
	CREATE PROCEDURE two() BEGIN SELECT 1; SELECT 2; END //
	CREATE FUNCTION half(x INT) RETURNS INT DETERMINISTIC
	BEGIN
	  DECLARE y INT;
	  SET y = x / 2;
	  RETURN y;
	END //
	DELIMITER ;
	SQL
}

dump() {
	mariadb-dump --no-defaults -S "$MYSQL_SOCKET" -u root \
		--hex-blob --routines --triggers --skip-dump-date "$@"
}

for mode in --comments --no-autocommit --skip-extended-insert
do
	test_expect_success "a dump ($mode) is a first migration" '
		fresh_project &&
		test_when_finished test_when_done_drop &&
		make_source &&
		(
			cd project && mkdir migrations &&
			{
				echo "-- migrate:up" &&
				dump $mode "${DATABASE}_other"
			} >migrations/0001_dump.sql &&
			make_migration 0002_more "INSERT INTO authors (name)
			VALUES ('\''Stanisław'\'');" "" &&
			git migrate apply &&
			git migrate status --exit-code &&
			my "$DATABASE" -e "SELECT note FROM authors
				WHERE name = '\''Stanisław'\''" >../note &&
			test_grep "^none; yet$" ../note &&
			test "$(my "$DATABASE" -e "SELECT half(8)")" = 4 &&
			my "$DATABASE" -e "DELETE FROM authors WHERE id = 3" &&
			dump --skip-opt "${DATABASE}_other" >../want &&
			dump --skip-opt "$DATABASE" \
				--ignore-table="$DATABASE.git_migrate_history" \
				--ignore-table="$DATABASE.git_migrate_source" \
				--ignore-table="$DATABASE.git_migrate_log" \
				--ignore-table="$DATABASE.git_migrate_version" \
				>../got &&
			sed -i "s/AUTO_INCREMENT=[0-9]*//
				s/${DATABASE}_other/X/
				s/$DATABASE/X/" ../want ../got &&
			test_cmp ../want ../got
		)
	'
done

test_expect_success 'compound bodies need no DELIMITER' '
	fresh_project &&
	(
		cd project && mkdir migrations &&
		cat >migrations/0001_p.sql <<-\END &&
		-- migrate:up
		CREATE TABLE t (i INT);
		CREATE PROCEDURE fill(n INT)
		BEGIN
		  DECLARE k INT DEFAULT 0;
		  WHILE k < n DO
		    INSERT INTO t VALUES (k);
		    SET k = k + 1;
		  END WHILE;
		END;
		CALL fill(3);
		BEGIN NOT ATOMIC
		  INSERT INTO t VALUES (10);
		  IF (SELECT COUNT(*) FROM t) = 4 THEN
		    INSERT INTO t VALUES (11);
		  END IF;
		END;
		-- migrate:down
		DROP PROCEDURE fill;
		DROP TABLE t;
		END
		git migrate apply &&
		test "$(my "$DATABASE" -e "SELECT GROUP_CONCAT(i) FROM t")" = \
			0,1,2,10,11 &&
		git migrate rollback && test "$(count_tables)" = 0
	)
'

test_expect_success 'what a migration does to its session ends with it' '
	fresh_project &&
	test_when_finished test_when_done_drop &&
	my -e "CREATE DATABASE ${DATABASE}_other" &&
	(
		cd project &&
		make_migration 0001_mess "
SET SESSION sql_mode = '\''ANSI_QUOTES'\'', foreign_key_checks = 0;
SET @left = 1, time_zone = '\''+05:00'\'', NAMES latin1;
CREATE TEMPORARY TABLE left_behind (i INT);
PREPARE left_one FROM '\''SELECT 1'\'';
USE ${DATABASE}_other;
CREATE TABLE elsewhere (i INT);
LOCK TABLES elsewhere WRITE;
SET autocommit = 0;" "" &&
		make_migration 0002_look "
CREATE TABLE seen AS SELECT DATABASE() AS db, @@sql_mode AS mode,
  @@foreign_key_checks AS fk, @@time_zone AS tz, @left AS u,
  @@character_set_client AS cs, @@autocommit AS ac;
CREATE TEMPORARY TABLE left_behind (i INT);" "" &&
		git migrate apply &&
		git migrate status --exit-code &&
		printf "%s\t%s\t1\t%s\tNULL\tutf8mb4\t1\n" "$DATABASE" \
			"$(my -e "SELECT @@sql_mode")" \
			"$(my -e "SELECT @@time_zone")" >want &&
		my "$DATABASE" -e "SELECT * FROM seen" >got &&
		test_cmp want got
	)
'

test_expect_success 'what plain statements leave ends with their migration' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_t "CREATE TABLE t (i INT);
CREATE TABLE n (i INT AUTO_INCREMENT PRIMARY KEY, t INT);
CREATE TRIGGER hook BEFORE INSERT ON t FOR EACH ROW
BEGIN
  SET @left = 7;
  SET SESSION sql_mode = '\''ANSI_QUOTES'\'';
END;" "" &&
		make_migration 0002_t "INSERT INTO t VALUES (1);" "" &&
		make_migration 0003_look "CREATE TABLE seen1 AS
SELECT @left AS a, @@sql_mode AS b;" "" &&
		make_migration 0004_n "INSERT INTO n (t) VALUES (8);" "" &&
		make_migration 0005_look "CREATE TABLE seen2 AS
SELECT LAST_INSERT_ID() AS a;" "" &&
		git migrate apply &&
		printf "NULL\t%s\n0\n" "$(my -e "SELECT @@sql_mode")" >want &&
		my "$DATABASE" -e "SELECT * FROM seen1;
			SELECT * FROM seen2" >got &&
		test_cmp want got
	)
'

test_expect_success 'the history is written whatever the session is like' '
	fresh_project &&
	test_when_finished test_when_done_drop &&
	my -e "CREATE DATABASE ${DATABASE}_other" &&
	(
		cd project && git config user.name "Žofie Ø" &&
		make_migration 0001_mess "
CREATE TABLE t (i INT) ENGINE=InnoDB;
SET NAMES latin1;
USE ${DATABASE}_other;
START TRANSACTION;
INSERT INTO $DATABASE.t VALUES (1);
INSERT INTO $DATABASE.t VALUES (2);
COMMIT;
SET autocommit = 0;
LOCK TABLES $DATABASE.t WRITE;
INSERT INTO $DATABASE.t VALUES (3);
INSERT INTO $DATABASE.t VALUES (4);
UNLOCK TABLES;
INSERT INTO $DATABASE.t VALUES (5);
COMMIT;
SELECT nope;" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "14 of 15 statements are done" err &&
		my "$DATABASE" -e "SELECT COUNT(*) FROM t" >got &&
		echo 5 >want && test_cmp want got
	)
'

test_expect_success 'a transaction that is left open fails the migration' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_open "CREATE TABLE t (i INT) ENGINE=InnoDB;
START TRANSACTION;
INSERT INTO t VALUES (1);" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "leaves its transaction open" err &&
		test_grep "1 of 3 statements are done" err &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t")" = 0
	)
'

test_expect_success 'so does one that the last statement has begun' '
	fresh_project &&
	(
		cd project &&
		make_migration 0001_open "CREATE TABLE t (i INT) ENGINE=InnoDB;
SET autocommit = 0;
INSERT INTO t VALUES (1);" "" &&
		make_migration 0002_next "CREATE TABLE u (i INT);" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "leaves its transaction open" err &&
		test_grep "2 of 3 statements are done" err &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t")" = 0 &&
		my "$DATABASE" -e "SELECT id, state, statements_done,
			error IS NULL FROM git_migrate_history" >got &&
		printf "0001_open\tfailed\t2\t0\n" >want &&
		test_cmp want got &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*)
			FROM git_migrate_log WHERE action = \"failure\"")" = 1
	)
'

test_expect_success '--continue goes on in the session that was set' '
	fresh_project &&
	test_when_finished test_when_done_drop &&
	my -e "CREATE DATABASE ${DATABASE}_other" &&
	(
		cd project &&
		make_migration 0001_use "USE ${DATABASE}_other;
/*!40101 SET @old = @@sql_mode, sql_mode = '\''ANSI_QUOTES'\'' */;
CREATE TABLE a (i INT);
CREATE TABLE b (i INTT);
INSERT INTO a VALUES (@@autocommit);
SET autocommit = 0, sql_mode = @old;" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "3 of 6 statements are done" err &&
		sed "s/INTT/INT, \"x\" INT/" migrations/0001_use.sql >new &&
		mv new migrations/0001_use.sql &&
		git migrate apply --continue &&
		my "${DATABASE}_other" -e "SELECT i FROM a; SELECT x FROM b"
	)
'

# broken STATEMENTS: a migration that stops at its last line, for there is no
# such table yet.
broken() {
	fresh_project && cd project && test_when_finished "cd .." &&
	make_migration 0001_b "CREATE TABLE t (i INT);
$1" "" &&
	test_expect_code 128 git migrate apply 2>err
}

test_expect_success '--continue refuses what needs a temporary table' - <<\EOT
	broken "CREATE TEMPORARY TABLE x SELECT 7 AS i;
INSERT INTO late SELECT i FROM x;" &&
	my "$DATABASE" -e "CREATE TABLE late (i INT);
		CREATE TABLE x SELECT 8 AS i" &&
	test_expect_code 1 git migrate apply --continue 2>err &&
	test_grep "0001_b.sql:4:1: statement 3 may need the temporary" err &&
	test_grep "table .x., which statement 2 left in a session" err &&
	test_grep "^hint: write what makes it again above statement 3" err &&
	test_grep "^hint: git migrate apply --restart" err &&
	test_grep "^hint: git migrate apply --abort" err &&
	test_expect_code 1 git migrate apply --continue --dry-run 2>dry &&
	test_cmp err dry && git migrate status >out &&
	test_grep "stopped after 2 of 3" out &&
	sed -i "s/^INSERT/CREATE TEMPORARY TABLE x SELECT 9 AS i;\n&/" \
		migrations/0001_b.sql &&
	git migrate apply --continue &&
	test "$(my "$DATABASE" -e "SELECT i FROM late")" = 9
EOT

test_expect_success '--continue sets variables that can be set again' - <<\EOT
	broken "SET @a = 1; SET @b = CONCAT(@a, '2');
SET @c = (SELECT COUNT(*) FROM gone);
SELECT i INTO @d FROM t;
INSERT INTO late VALUES (@b);" &&
	test_grep "3 of 6 statements are done" err &&
	git migrate apply --abort -q >/dev/null &&
	my "$DATABASE" -e "DROP TABLE t; CREATE TABLE gone (i INT)" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "5 of 6 statements are done" err &&
	my "$DATABASE" -e "DROP TABLE gone; CREATE TABLE late (i INT)" &&
	sed -i "s/^INSERT.*/&\nINSERT INTO late VALUES (@d);/" \
		migrations/0001_b.sql &&
	test_expect_code 1 git migrate apply --continue 2>err &&
	test_grep "statement 7 may need the variable .@d., .* 5 left" err &&
	sed -i "/@d);/d" migrations/0001_b.sql &&
	git migrate apply --continue &&
	test "$(my "$DATABASE" -e "SELECT i FROM late")" = 12
EOT

test_expect_success '--continue locks again what was locked' - <<\EOT
	broken "LOCK TABLES t WRITE;
SELECT * FROM t;
INSERT INTO late VALUES (1);
UNLOCK TABLES;" &&
	sed -i "s/ late / t /" migrations/0001_b.sql &&
	git migrate apply --continue >out 2>err &&
	test_grep "statement 2 has locked its tables again" err
EOT

test_expect_success 'files of the client are not sent to the server' '
	fresh_project &&
	(
		cd project && echo 1 >secret &&
		cat >"$HOME/.my.cnf" <<-\END &&
		[client]
		local-infile=1
		END
		test_when_finished rm "$HOME/.my.cnf" &&
		make_migration 0001_load "CREATE TABLE t (i INT);
LOAD DATA LOCAL INFILE '\''secret'\'' INTO TABLE t;" "" &&
		test_expect_code 128 git migrate apply 2>err &&
		test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t")" = 0
	)
'

test_done
