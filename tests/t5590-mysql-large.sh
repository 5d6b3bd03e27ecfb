#!/bin/sh
test_description='large migrations on MariaDB'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-mysql.sh"

# All of it takes a while.
statements=6000
test -z "${GM_TEST_SLOW-}" || statements=60000
export statements

# What the server takes by default is 16 MiB.
statement_mib=17
test -z "${GM_TEST_SLOW-}" || statement_mib=64
export statement_mib

test_expect_success 'many statements: less than three times the file' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	mkdir migrations &&
	perl -e 'print "-- migrate:up\nCREATE TABLE t (n int, t text);\n",
		"START TRANSACTION;\n";
		print "INSERT INTO t VALUES ($_, \x27", "x" x 790, "\x27);\n"
			for 1 .. $ENV{statements};
		print "COMMIT;\n"' >migrations/0001_t.sql &&
	size=$(wc -c <migrations/0001_t.sql) &&
	# What the program needs for itself comes on top.
	test_peak $((size * 3 / 1024 + 12000)) git-migrate apply -q &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t")" = "$statements" &&
	test "$(my "$DATABASE" -e "SELECT SUM(OCTET_LENGTH(s)) FROM (
		SELECT text AS s FROM git_migrate_source UNION ALL
		SELECT source FROM git_migrate_log) AS parts")" = "$size"
EOT

test_expect_success 'an error far down has its exact place' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	mkdir migrations &&
	perl -e 'print "-- migrate:up\nCREATE TABLE t (n int, t text);\n",
		"START TRANSACTION;\n";
		print "INSERT INTO t VALUES ($_, \x27x\x27);\n"
			for 1 .. $ENV{statements};
		print "INSERT INTO t VALUES (1, wrong);\n"' \
		>migrations/0001_t.sql &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "0001_t.sql:$((statements + 4)):26: Unknown column" err &&
	test_grep "1 of $((statements + 3)) statements are done" err &&
	test "$(my "$DATABASE" -e "SELECT COUNT(*) FROM t")" = 0
EOT

test_expect_success 'a statement beyond the limit is told it' - <<\EOT
	fresh_project && cd project && test_when_finished "cd .." &&
	mkdir migrations &&
	perl -e 'print "-- migrate:up\nCREATE TABLE t (t LONGTEXT);\n",
		"INSERT INTO t VALUES (\x27", "x" x ($ENV{statement_mib} << 20),
		"\x27);\n"' >migrations/0001_t.sql &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "0001_t.sql:3:1: a statement of [0-9]* bytes is longer" err &&
	test_grep "max_allowed_packet is 16777216" err &&
	test_grep "^hint: .*raise max_allowed_packet on the server" err &&
	test_grep "1 of 2 statements are done" err
EOT

test_done
