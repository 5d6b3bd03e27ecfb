#!/bin/sh
test_description='large migrations on PostgreSQL'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

# Lines and mebibytes: all of it takes a while.
statements=6000
statement_mib=8
test -z "${GM_TEST_SLOW-}" || { statements=60000 && statement_mib=64; }
export statements statement_mib

test_expect_success 'many statements: less than three times the file' - <<\EOT
	perl -e 'print "-- migrate:up\nCREATE TABLE t (n int, t text);\n";
		print "INSERT INTO t VALUES ($_, \x27", "x" x 790, "\x27);\n"
			for 1 .. $ENV{statements}' >migrations/0001_t.sql &&
	size=$(wc -c <migrations/0001_t.sql) &&
	# What the program needs for itself comes on top.
	test_peak $((size * 3 / 1024 + 12000)) git-migrate apply -q &&
	test "$(pg "SELECT count(*) FROM t")" = "$statements" &&
	test "$(pg "SELECT sum(octet_length(text)) +
		(SELECT sum(octet_length(source)) FROM git_migrate_log)
		FROM git_migrate_source")" = "$size"
EOT

test_expect_success 'an error far down has its exact place' - <<\EOT
	fresh_project &&
	perl -e 'print "-- migrate:up\nCREATE TABLE t (n int, t text);\n";
		print "INSERT INTO t VALUES ($_, \x27x\x27);\n"
			for 1 .. $ENV{statements};
		print "INSERT INTO t VALUES (1, wrong);\n"' \
		>migrations/0001_t.sql &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "0001_t.sql:$((statements + 3)):26: column .wrong." err &&
	test "$(pg "SELECT to_regclass('t') IS NULL")" = t
EOT

test_expect_success 'one large statement runs' - <<\EOT
	fresh_project &&
	perl -e 'print "-- migrate:up\nCREATE TABLE t AS SELECT \x27",
		"x" x ($ENV{statement_mib} << 20), "\x27::text AS t;\n"' \
		>migrations/0001_t.sql &&
	git migrate apply -q &&
	test "$(pg "SELECT length(t) >> 20 FROM t")" = "$statement_mib"
EOT

test_done
