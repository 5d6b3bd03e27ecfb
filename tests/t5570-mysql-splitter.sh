#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='the statements of a script are those that MariaDB sees'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"
. "$GM_TEST_DIR/lib-splitter.sh"

git init -q
git config migrate.url "$URL"
git config migrate.autoSeal false

# An empty database, and no migrations.
start_again() {
	my -e "DROP DATABASE $DATABASE; CREATE DATABASE $DATABASE" &&
	rm -rf migrations && mkdir migrations
}

# A piece may stand more than once in a script, so it makes nothing that is
# there already.
# shellcheck disable=SC2016 # it is Perl
PIECES='
srand 11;
my @pieces = ("SELECT 1", "SELECT \x27;\x27", "SELECT \x27\\\x27;\x27",
	"SELECT \"\\\";\"", "SELECT \x27a\x27\x27;\\\\\x27", "SELECT 1 AS `;`",
	"SELECT 1 AS `a``;`", "SELECT 1 # ; \x27\n + 2", "SELECT 1 -- ; \"\n",
	"SELECT 1 --2", "SELECT 5 --\n\n", "SELECT 2 /* ; /* \x27 */ + 3",
	"SELECT 1 /*! + \x27;\x27 */", "SELECT 1 /*M! + 2 */",
	"SELECT 1 /*!40101 + 1 /* ; */ */", "/*!40101 SELECT 7 */",
	"SELECT 4 */*;*/ 5", "SELECT x\x2701\x27, N\x27;\x27," .
	" _utf8mb4\x27;\x27",
	"CREATE OR REPLACE PROCEDURE p() BEGIN SELECT 1; IF 1 THEN" .
	" SELECT IF(1, 2, 3); END IF; END",
	"CREATE OR REPLACE FUNCTION f(a INT) RETURNS INT RETURN CASE a" .
	" WHEN 1 THEN 2 END", "SELECT CASE WHEN 1 THEN 2 END AS end",
	"BEGIN NOT ATOMIC DECLARE a INT; SET a = 1; END",
	"IF 0 THEN DO 1; ELSEIF 1 THEN DO 2; END IF", "BEGIN; COMMIT",
	"WHILE 0 DO DO 1; END WHILE", "SELECT (1), ((2))",
	"SET sql_mode = \x27ANSI_QUOTES\x27; SELECT 1 AS \"\\\";" .
	" SET sql_mode = DEFAULT", "SELECT 1 AS begin",
	"SET sql_mode = \x27NO_BACKSLASH_ESCAPES\x27; SELECT \x27\\\x27;" .
	" SET sql_mode = DEFAULT", "SET sql_mode = DEFAULT");
my @ends = (";", "; -- ;\n", ";\n/* ; */ ", " ;\n\n", ";# ;\n", "/**/;",
	"\n;\n", ";--\n");
'

# compare_counts: what the server counts beside what the journal counts.
compare_counts() {
	"$GM_TEST_DIR/mysql-count" "$MYSQL_PORT" "$DATABASE" scripts/*.sql \
		>counts &&
	for script_file in scripts/*.sql
	do
		id=${script_file#scripts/} &&
		echo "${id%.sql}"
	done | paste -d ' ' - counts >server &&
	my -e "DROP DATABASE $DATABASE; CREATE DATABASE $DATABASE" &&
	git migrate apply -q &&
	my "$DATABASE" -e "SELECT CONCAT(id, ' ', statements_total)
		FROM git_migrate_history ORDER BY id" >ours &&
	test_cmp server ours
}

test_expect_success 'each way to hide a semicolon' - <<\EOT
	start_again &&
	split_scripts "-- migrate:up" <<-\END && compare_counts
	== 0001_plain
	SELECT 1; SELECT 2; /* */ SELECT 3
	== 0002_no_end
	SELECT 1; SELECT ';'
	== 0003_strings
	SELECT 'a'';b'; SELECT 'a\';'; SELECT '\\'; SELECT "a"";"; SELECT "\";";
	SELECT 'a\\\';'; SELECT '"', "'", '`'; SELECT '--', '#', '/*';
	== 0004_prefixes
	SELECT x'41', X'42', b'01', N';', n'\';', _utf8mb4';', _binary '\';';
	SELECT 0x3b, 0b11;
	== 0005_continued
	SELECT 'a' ';b'
	'c;'; SELECT 'a
	;b'; SELECT "
	;";
	== 0006_names
	SELECT 1 AS `;`, 2 AS `a``;`, 3 AS `'`, 4 AS `\`; SELECT 1 AS a$b;
	SELECT 1 AS `--`; SELECT 2 AS ä; SELECT 3 AS 4a;
	== 0007_comments
	SELECT 1 /* ; /* not nested; */ ; # ; SELECT 0;
	SELECT 2 -- ;
	; /* none */ /**/
	SELECT 3#;
	; SELECT 4 --	; with a tab
	; SELECT 5 --
	; -- end
	== 0008_no_comments
	SELECT 1 --2; SELECT 1--1; SELECT 5 --5 ; SELECT 4 */*;*/ 5;
	SELECT 3 - - 4; SELECT 1 --a FROM (SELECT 1 AS a) AS t; SELECT 2;
	== 0009_executable
	SELECT 1 /*! + 1 */; SELECT 1 /*!40101 + ';' */; /*!50003 SELECT 1 */;
	SELECT 1 /*M! + 1 */; SELECT 1 /*M!100100 + 1 */ ; SELECT 2;
	/*!40101 SET @a = 1 */; SELECT 1 /*!40101 + 1 /* ; */ + 2 */; SELECT 3;
	SELECT /*+ BKA(t) ; */ 1; SELECT 1 /*!*/; SELECT 1 /*!40000*/;
	== 0010_executable_parts
	/*!50003 CREATE*/ /*!50003 PROCEDURE x1() BEGIN SELECT 1; SELECT 2;
	END */;
	SELECT 1;
	== 0011_routines
	CREATE PROCEDURE p1(begin INT, end INT) BEGIN SELECT 1; SELECT ';'; END;
	CREATE FUNCTION f1() RETURNS DECIMAL(10, 2) DETERMINISTIC RETURN 1;
	SELECT 1;
	CREATE DEFINER = CURRENT_USER FUNCTION f2(a INT) RETURNS INT NO SQL
	l: BEGIN IF a THEN RETURN IF(a, 1, 2); END IF; RETURN 3; END l;
	SELECT 2;
	CREATE OR REPLACE PROCEDURE p1() SELECT 1; CREATE PROCEDURE IF NOT
	EXISTS p2() SQL SECURITY INVOKER COMMENT 'begin;' SELECT 2; SELECT 3;
	CREATE FUNCTION f3(a INT) RETURNS INT IF a THEN RETURN 1; ELSE RETURN 2;
	END IF; SELECT 4;
	== 0012_statements
	CREATE PROCEDURE q1(a INT) BEGIN
	DECLARE b, c INT DEFAULT 0; DECLARE d CURSOR FOR SELECT 1;
	DECLARE CONTINUE HANDLER FOR NOT FOUND SET b = 1;
	DECLARE EXIT HANDLER FOR SQLEXCEPTION, 1062 BEGIN ROLLBACK; END;
	DECLARE EXIT HANDLER FOR SQLSTATE '42000' BEGIN END;
	IF a THEN SELECT 1; ELSEIF b THEN SELECT 2; ELSE SELECT 3; END IF;
	CASE a WHEN 1 THEN SELECT 1; ELSE BEGIN END; END CASE;
	CASE WHEN a = CASE b WHEN 1 THEN 2 END THEN SELECT 1; END CASE;
	WHILE a DO SET a = a - 1; END WHILE; REPEAT SET b = 1; UNTIL b
	END REPEAT;
	REPEAT SET b = 1; UNTIL CASE WHEN b THEN 1 END END REPEAT;
	x: LOOP LEAVE x; END LOOP x; FOR i IN 1..3 DO SELECT i; END FOR;
	FOR r IN (SELECT 1 AS one) DO SELECT r.one; END FOR;
	y: BEGIN ITERATE_: BEGIN END; END y; START TRANSACTION; COMMIT;
	OPEN d; FETCH d INTO b; CLOSE d; END; SELECT 1;
	== 0013_triggers
	CREATE TABLE t1 (a INT, end INT); CREATE TRIGGER g1 BEFORE INSERT ON t1
	FOR EACH ROW SET NEW.a = IF(1, 2, 3), NEW.end = 1; CREATE TRIGGER g2
	BEFORE INSERT ON t1 FOR EACH ROW FOLLOWS g1 BEGIN SET NEW.a = 1; END;
	CREATE TRIGGER g3 AFTER DELETE ON t1 FOR EACH ROW IF OLD.a THEN
	SET @a = 1; END IF; INSERT INTO t1 VALUES (1, 2), (3, 4);
	== 0014_events
	CREATE EVENT e1 ON SCHEDULE EVERY 1 DAY DISABLE COMMENT ';' DO SELECT 1;
	CREATE EVENT e2 ON SCHEDULE AT CURRENT_TIMESTAMP + INTERVAL 1 DAY
	DISABLE DO BEGIN SELECT 1; SELECT 2; END;
	ALTER EVENT e1 DO BEGIN SELECT 1; END;
	ALTER EVENT e1 COMMENT 'x'; SELECT 1; DROP EVENT e1; DROP EVENT e2;
	== 0015_outside_routines
	BEGIN NOT ATOMIC DECLARE a INT; SET a = 1; END; IF 1 THEN DO 1; END IF;
	WHILE 0 DO DO 1; END WHILE; REPEAT DO 1; UNTIL 1 END REPEAT; BEGIN
	NOT ATOMIC l: LOOP LEAVE l; END LOOP; END; CASE 1 WHEN 1
	THEN DO 1; END CASE; FOR i IN 1..2 DO
	DO i; END FOR; DO 3;
	== 0016_transaction
	BEGIN; SELECT 1; SAVEPOINT a; ROLLBACK TO a; COMMIT; START TRANSACTION;
	BEGIN WORK; COMMIT AND NO CHAIN; DO 1;
	== 0017_labels
	SELECT 1 AS begin; SELECT 2 AS end, 3 AS "if"; SELECT 4 loop_;
	SELECT REPEAT('a', 2), IF(1, 2, 3), INSERT('a', 1, 1, 'b');
	SELECT CASE 1 WHEN 1 THEN 2 END; SELECT CASE WHEN 1 THEN CASE 1 WHEN 2
	THEN 3 END END AS end;
	== 0018_no_backslashes
	SET sql_mode = 'NO_BACKSLASH_ESCAPES'; SELECT 'a\'; SELECT "a\";
	SELECT '\\'; SET SESSION sql_mode = ''; SELECT 'a\';'; SELECT 1;
	== 0019_ansi_quotes
	SET SESSION sql_mode = 'ANSI_QUOTES'; SELECT 1 AS "a\"; SELECT ';"';
	SET @@sql_mode = 'ANSI'; SELECT 1 AS ";"; SET sql_mode = DEFAULT;
	SELECT "a\";";
	== 0020_saved_modes
	SET @old = @@sql_mode, sql_mode = CONCAT(@@sql_mode,
	',NO_BACKSLASH_ESCAPES'); SELECT '\'; SET sql_mode = @old; SELECT '\';';
	/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE, SQL_MODE='ANSI_QUOTES' */;
	SELECT 1 AS "\"; /*!40101 SET SQL_MODE=@OLD_SQL_MODE */; SELECT "\";";
	== 0021_local_mode
	SET STATEMENT sql_mode = 'NO_BACKSLASH_ESCAPES' FOR SELECT 1;
	SELECT '\';'; SELECT 2;
	== 0022_prepared
	PREPARE s FROM 'SELECT 1'; EXECUTE s; DEALLOCATE PREPARE s; EXECUTE
	IMMEDIATE 'BEGIN NOT ATOMIC DO 1; DO 2; END'; DO 1;
	== 0023_variables
	SET @a = ';', @`b;` = 1, @';c' = 2; SELECT @a, @`b;`, @';c'; DO 1;
	== 0024_only_comments
	SELECT 1; /* the
	end ; */ -- is a comment; without a line's end
	== 0025_oracle
	SET sql_mode = ORACLE; SELECT 'a' || ';'; SELECT 1 AS ";"; SET
	sql_mode = DEFAULT; SELECT 1;
	== 0026_views
	CREATE OR REPLACE ALGORITHM = MERGE DEFINER = CURRENT_USER SQL SECURITY
	INVOKER VIEW v1 AS SELECT CASE 1 WHEN 1 THEN ';' END AS end; SELECT 1;
	CREATE TABLE t2 (a INT DEFAULT 1 COMMENT ';', b INT AS (IF(a, 1, 2)),
	CHECK (a <> 7)); CREATE TABLE t3 AS SELECT 1 AS begin; SELECT 2;
	CREATE SEQUENCE s1; CREATE ROLE IF NOT EXISTS gm_role; DROP ROLE
	gm_role;
	== 0027_packages
	CREATE AGGREGATE FUNCTION f4(a INT) RETURNS INT BEGIN DECLARE s INT;
	DECLARE CONTINUE HANDLER FOR NOT FOUND RETURN s; LOOP FETCH GROUP NEXT
	ROW; SET s = a; END LOOP; END; SELECT 1;
	END
EOT

test_expect_success 'scripts that are put together at random' '
	start_again &&
	random_scripts "$PIECES" | split_scripts "-- migrate:up" &&
	compare_counts
'

test_expect_success 'what the server cannot read to its end, we refuse' - <<\EOT
	for text in "SELECT 'a" 'SELECT "a' 'SELECT `a' 'SELECT 1 /* ' \
		"SELECT 'a\\'" "SELECT 1 /*! + 1" \
		"CREATE PROCEDURE x() BEGIN SELECT 1;"
	do
		start_again &&
		printf "%s\n" "$text" >script.sql &&
		"$GM_TEST_DIR/mysql-count" "$MYSQL_PORT" "$DATABASE" \
			script.sql >out &&
		test_grep "^error 1064" out &&
		printf "%s\n%s\n" "-- migrate:up" "$text" \
			>migrations/0001_bad.sql &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "0001_bad.sql:2:[0-9]*: " err || return 1
	done
EOT

# dump: all of the database that isn't ours.
dump() {
	mariadb-dump --no-defaults -S "$MYSQL_SOCKET" -u root \
		--skip-dump-date --hex-blob --default-character-set=utf8mb4 \
		--routines --triggers --events \
		--ignore-table="$DATABASE.git_migrate_history" \
		--ignore-table="$DATABASE.git_migrate_log" \
		--ignore-table="$DATABASE.git_migrate_source" \
		--ignore-table="$DATABASE.git_migrate_version" "$DATABASE"
}

# DELIMITER is the client's, so it is the client whose reading counts.
test_expect_success 'DELIMITER is read as the client reads it' - <<\EOT
	start_again &&
	cat >script.sql <<-\END &&
	CREATE TABLE ran (n INT AUTO_INCREMENT PRIMARY KEY, t TEXT);
	DELIMITER //
	INSERT INTO ran (t) VALUES ('a;//')//
	CREATE PROCEDURE p1() BEGIN SELECT 1; SELECT '//'; END//
	INSERT INTO ran (t) VALUES ("b//") -- a //
	//
	INSERT INTO ran (t) VALUES ('c') /* // */ //
	delimiter $$
	CREATE TRIGGER g1 BEFORE INSERT ON ran FOR EACH ROW BEGIN
	SET NEW.t = CONCAT(NEW.t, ';;'); END $$ INSERT INTO ran (t)
	VALUES ('d')$$
	CREATE FUNCTION f1() RETURNS INT RETURN 1 $$
	 DELIMITER ;;
	INSERT INTO ran (t) VALUES ('e');;
	CREATE EVENT e1 ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01' DISABLE
	DO BEGIN DO 1; DO 2; END;;
	# a comment ;;
	INSERT INTO ran (t) VALUES ('f\';;'), (';;') ;;
	DELIMITER 'go'
	INSERT INTO ran (t) VALUES ('g') go
	INSERT INTO ran (t) VALUES ('h')go
	DELIMITER | and what is behind it
	INSERT INTO ran (t) VALUES ('|')|INSERT INTO ran (t) VALUES (3)|
	Delimiter ;
	INSERT INTO ran (t) VALUES ('i'); ; /* ; */ ;
	CREATE PROCEDURE p2() SELECT 1;
	END
	mariadb --no-defaults -h 127.0.0.1 -P "$MYSQL_PORT" -u root \
		--default-character-set=utf8mb4 "$DATABASE" <script.sql &&
	dump >theirs && start_again &&
	{ echo "-- migrate:up" && cat script.sql; } \
		>migrations/0001_script.sql &&
	git migrate apply -q && dump >ours &&
	test_cmp theirs ours && test "$(grep -c "^CREATE" ours)" -ge 1 &&
	my "$DATABASE" -e "SELECT COUNT(*) FROM ran" >count &&
	test "$(cat count)" = 12
EOT

test_expect_success 'a dump is a first migration' - <<\EOT
	start_again && my "$DATABASE" <<-\END &&
	CREATE TABLE customers (id INT UNSIGNED AUTO_INCREMENT PRIMARY KEY,
		email VARCHAR(190) NOT NULL COMMENT 'a ; and a ''quote''',
		name VARCHAR(80) CHARACTER SET latin1 DEFAULT 'O''Brien; \\',
		settings JSON, picture BLOB, born YEAR,
		gone BIT(1) DEFAULT b'0',
		created TIMESTAMP(3) DEFAULT CURRENT_TIMESTAMP(3)
			ON UPDATE CURRENT_TIMESTAMP(3),
		shouted VARCHAR(190) AS (UPPER(email)) STORED,
		UNIQUE KEY (email), FULLTEXT KEY (name)) CHARACTER SET utf8mb4;
	CREATE TABLE `or``ders` (id BIGINT AUTO_INCREMENT PRIMARY KEY,
		customer INT UNSIGNED, `--state` ENUM('new;', 'it''s',
		'do\\ne'),
		total DECIMAL(12, 2) CHECK (total >= 0),
		FOREIGN KEY (customer) REFERENCES customers (id)
			ON DELETE CASCADE);
	CREATE TABLE visits (day DATE NOT NULL, page TEXT)
		PARTITION BY RANGE (YEAR(day)) (
		PARTITION old VALUES LESS THAN (2020),
		PARTITION new VALUES LESS THAN MAXVALUE);
	CREATE SEQUENCE numbers START WITH 5;
	CREATE VIEW open_orders AS SELECT o.id, c.email, CASE `--state`
		WHEN 'new;' THEN 1 END AS `end` FROM `or``ders` AS o
		JOIN customers AS c ON c.id = o.customer;
	CREATE VIEW early AS SELECT * FROM open_orders WHERE id < 10;
	CREATE TABLE audit (what TEXT, spot POINT);
	DELIMITER //
	CREATE TRIGGER ordered AFTER INSERT ON `or``ders` FOR EACH ROW BEGIN
		IF NEW.total > 100 THEN
			INSERT INTO audit VALUES ('big; //', POINT(1, 2));
		END IF;
	END//
	CREATE TRIGGER renamed BEFORE UPDATE ON customers FOR EACH ROW
		SET NEW.name = TRIM(NEW.name)//
	CREATE FUNCTION tax(a DECIMAL(12, 2)) RETURNS DECIMAL(12, 2)
		DETERMINISTIC COMMENT 'x;' RETURN a * 0.2//
	CREATE PROCEDURE tidy(IN days INT) BEGIN
		DECLARE EXIT HANDLER FOR SQLEXCEPTION BEGIN ROLLBACK; END;
		START TRANSACTION;
		DELETE FROM audit WHERE what LIKE '%;;%'; -- it's old
		COMMIT;
	END//
	SET sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES'//
	CREATE PROCEDURE "odd"() SELECT 'a\' AS "b;\"//
	SET sql_mode = DEFAULT//
	CREATE EVENT nightly ON SCHEDULE EVERY 1 DAY STARTS '2030-01-01'
		DISABLE DO BEGIN CALL tidy(30); DELETE FROM visits; END//
	DELIMITER ;
	INSERT INTO customers (email, name, settings, picture, born) VALUES
		('a@b.c;', 'it''s; "x"\n\\', '{"a;": "\\"b"}',
		x'00275c223b0a1a',
		1999), ('ü@🐘.x', '\'', NULL, NULL, NULL), ('c', '-- #', '[]',
		'/*', 2000);
	INSERT INTO `or``ders` (customer, `--state`, total) VALUES
		(1, 'new;', 1.5), (2, 'it''s', 200), (3, 'do\\ne', NULL);
	INSERT INTO visits VALUES ('2019-01-01', '/*!40101 a */'),
		('2024-02-29', '\0\r\n');
	END
	dump >before && start_again &&
	{ echo "-- migrate:up" && cat before; } >migrations/0001_first.sql &&
	git migrate apply -q && dump >after && test_cmp before after &&
	for name in customers visits early ordered tax tidy odd nightly numbers
	do
		test_grep "$name" after || return 1
	done
EOT

test_done
