#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='the statements of a script are those that PostgreSQL sees'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"
. "$GM_TEST_DIR/lib-splitter.sh"

# shellcheck disable=SC2016 # it is Perl
PIECES='
srand 7;
my @pieces = ("SELECT 1", "SELECT \x27;\x27", "SELECT \$\$;\$\$",
	"SELECT \$a\$\x27;\$b\$;\$\$\$a\$", "SELECT E\x27\\\x27;\x27",
	"SELECT \x27\\\x27", "SELECT 1 AS \";\"", "DO \$\$ BEGIN END; \$\$",
	"SELECT 1 - -1", "SELECT 2 */*;*/ 3", "SELECT 1+--;\n1",
	"SELECT U&\x27;\\003B\x27", "SELECT CASE WHEN true THEN 1 END",
	"CREATE OR REPLACE FUNCTION f() RETURNS int BEGIN ATOMIC" .
	" SELECT CASE WHEN true THEN 1 END; SELECT 2; END",
	"SELECT 1 AS begin", "VALUES ((1)), ((2))",
	"SELECT \x27a\x27\n\x27;\x27",
	"SELECT 1 AS a\$b\$c");
my @ends = (";", ";;", "; -- ;\n", ";\n/* ; /* ; */ */", " ;\n\n", ";--\n",
	"/**/;", "\n;\n");
'

FIRST_LINE="-- migrate:up transaction:false"

# compare_counts: what the server counts beside what the journal counts.
compare_counts() {
	for script_file in scripts/*.sql
	do
		id=${script_file#scripts/} &&
		echo "${id%.sql} $("$GM_TEST_DIR/pg-count" "$PG_PORT" \
			"$PG_DB" "$script_file")" || return 1
	done >server &&
	PGOPTIONS="-c client_min_messages=warning" \
		pg postgres "DROP DATABASE $PG_DB WITH (FORCE)" &&
	pg postgres "CREATE DATABASE $PG_DB" &&
	git migrate apply -q &&
	pg "SELECT id || ' ' || statements_total FROM git_migrate_history
		ORDER BY id" >ours &&
	test_cmp server ours
}

test_expect_success 'each way to hide a semicolon' - <<\EOT
	split_scripts "$FIRST_LINE" <<-\END && compare_counts
	== 0001_plain
	SELECT 1; SELECT 2;; ; SELECT 3
	== 0002_no_end
	SELECT 1; SELECT ';'
	== 0003_strings
	SELECT 'a'';b'; SELECT 'a\'; SELECT E'a\';b'; SELECT e'\\';
	== 0004_prefixes
	SELECT U&'\003B;'; SELECT B'01', X'1f', N';'; SELECT U&"d;" FROM
	(SELECT 1 AS "d;") AS t;
	== 0005_continued
	SELECT 'a'
	';b'; SELECT E'a'
	'\';'; SELECT 1
	== 0006_dollars
	SELECT $$;$$; SELECT $a$ $$;$$ $b$;$b$ $a$; SELECT $ä$;$ä$;
	SELECT 1 AS a$b; SELECT 2 AS c$$d$$;
	== 0007_comments
	SELECT 1 /* ; /* nested; */ ; */ ; -- ; SELECT 0;
	SELECT 2 --;
	; /* none */ ; /**/
	== 0008_operators
	SELECT 1+--;
	2; SELECT 3 - -1; SELECT 4 */* ; */ 5; SELECT '{1}'::int[] @> '{1}';
	SELECT 5 */**/ 6; SELECT @ -5; SELECT 2 ^ -1;
	== 0009_atomic
	CREATE FUNCTION f1() RETURNS int BEGIN ATOMIC SELECT 1; SELECT 2; END;
	CREATE OR REPLACE FUNCTION f2(a int) RETURNS int BEGIN ATOMIC
	SELECT CASE WHEN a = 1 THEN 2 ELSE CASE a WHEN 2 THEN 3 END END;
	SELECT 4 AS "END"; END; SELECT 5;
	== 0010_atomic_return
	CREATE FUNCTION f3(begin int) RETURNS int RETURN begin + 1; SELECT 1;
	CREATE PROCEDURE p1() BEGIN ATOMIC END; SELECT 2;
	== 0011_bodies
	CREATE FUNCTION f4() RETURNS int LANGUAGE plpgsql AS $b$ BEGIN
	EXECUTE $x$SELECT 1;$x$; RETURN 1; END; $b$; DO $$ BEGIN END; $$;
	DO LANGUAGE plpgsql 'BEGIN PERFORM 1; END;'; SELECT 1;
	== 0012_rules
	CREATE TABLE r1 (a int); CREATE RULE r AS ON INSERT TO r1 DO ALSO
	(SELECT 1; SELECT 2); CREATE RULE s AS ON UPDATE TO r1 DO ALSO
	( DELETE FROM r1 WHERE a = 1; ); SELECT 1;
	== 0013_strings_off
	SET standard_conforming_strings = off; SELECT 1;
	== 0014_parens
	SELECT (1); SELECT ARRAY[(1), 2]; SELECT ((2)); VALUES (';'), ($$;$$);
	== 0015_transaction
	BEGIN; SELECT 1; SAVEPOINT a; ROLLBACK TO a; END; START TRANSACTION;
	COMMIT;
	== 0016_labels
	SELECT 1 AS begin; SELECT 2 AS "end"; SELECT 3 AS case_;
	== 0017_numbers
	SELECT 1.5e3; SELECT .5; SELECT 1::int; SELECT 0;
	== 0018_only_comments
	SELECT 1; /* the
	end ; */ -- is a comment; without a line's end
	END
EOT

test_expect_success 'what the server reads after strings are switched' - <<\EOT
	fresh_project &&
	cat >migrations/0001_off.sql <<-\END &&
	-- migrate:up transaction:false
	SET standard_conforming_strings = off;
	SELECT 'a\';b'; SELECT 1;
	SET standard_conforming_strings TO on;
	SELECT 'a\'; SELECT 2;
	END
	PGOPTIONS="-c escape_string_warning=off" git migrate apply -q &&
	test "$(pg "SELECT statements_total FROM git_migrate_history")" = 6
EOT

test_expect_success 'scripts that are put together at random' '
	fresh_project &&
	random_scripts "$PIECES" | split_scripts "$FIRST_LINE" &&
	compare_counts
'

# COPY's rows stand in the script, and no server reads that: psql does, and the
# server's log tells what it was sent.
count_by_psql() {
	PGAPPNAME=$1 PGOPTIONS="-c log_statement=all -c \
client_min_messages=warning" psql -Xq -v ON_ERROR_STOP=1 -o /dev/null \
		-d "$PG_SERVER/$PG_DB" -f "$2" &&
	grep "\] $1 LOG:  statement: " "$GM_SERVERS_DIR/postgres/log" |
		grep -cv "statement: ;$"
}

compare_with_psql() {
	for script_file in scripts/*.sql
	do
		id=${script_file#scripts/} && id=${id%.sql} &&
		echo "$id $(count_by_psql "${id}_$$_$1" "$script_file")" ||
			return 1
	done >server &&
	pg "SELECT t FROM c ORDER BY t" >rows &&
	PGOPTIONS="-c client_min_messages=warning" \
		pg postgres "DROP DATABASE $PG_DB WITH (FORCE)" &&
	pg postgres "CREATE DATABASE $PG_DB" &&
	git migrate apply -q &&
	pg "SELECT id || ' ' || statements_total FROM git_migrate_history
		ORDER BY id" >ours &&
	test_cmp server ours &&
	pg "SELECT t FROM c ORDER BY t" >our_rows &&
	test_cmp rows our_rows
}

# shellcheck disable=SC2016 # it is Perl
COPIES='
srand 11;
my @rows = ("a;b", "SELECT 1;", "\\\\.", "\\\\.;", "\$\$", "\x27", "\x27;",
	"\"", "--", "/* ;", "\\N", "", " \\\\.", "COPY c FROM stdin;", "a\\tb;",
	"\$a\$ ; \$a", "\\\\");
my @csv = ("\"a;b\"", "\"c\"\";\"", "x;", "\"l\n;m\"", "\x27;", "--;");
my @copies = ("COPY c FROM stdin;", "copy public.c (t) From STDIN;",
	"COPY c FROM STDIN -- ;\n WITH (FORMAT text)\n;",
	"/* ; */ COPY c /* ; */ FROM stdin /* ; */;",
	"COPY \"c\" FROM stdin WITH (NULL \x27;\x27);");
my @others = ("SELECT 1;\n", "SELECT \x27;\x27; SELECT 2;\n", "-- ;\n",
	"\n", "/* ;\n; */\n", "DO \$\$ BEGIN PERFORM 1; END; \$\$;\n",
	"SELECT 1;;\n", "SELECT 1\n;\n");
for my $script (1 .. $ARGV[0] || 25) {
	printf "== %04d_copies\n", $script;
	print "CREATE TABLE IF NOT EXISTS c (t text);\n";
	for (0 .. rand 8) {
		my $kind = rand;
		if ($kind < 0.5) {
			print $others[rand @others];
		} elsif ($kind < 0.65) {
			print "COPY c FROM stdin WITH (FORMAT csv);\n";
			print $csv[rand @csv], "\n" for 1 .. rand 5;
			print "\\.\n";
		} else {
			print $copies[rand @copies], "\n";
			print $rows[rand @rows], "\n" for 1 .. rand 6;
			print "\\.\n";
		}
	}
	# psql sends comments at the end by themselves.
	print "SELECT 0;\n";
}
'

test_expect_success 'rows of COPY, as psql reads them' '
	fresh_project &&
	perl -e "$COPIES" "${GM_TEST_SLOW:+400}" |
		split_scripts "$FIRST_LINE" &&
	compare_with_psql random
'

test_expect_success 'what pg_dump writes, as psql reads it' - <<\EOT
	fresh_project &&
	pg "CREATE TABLE c (t text); CREATE TABLE d (id serial, t text);
		INSERT INTO c VALUES ('a;b'), (E'\\\\.'), (E'c\nd;'), (NULL),
			('COPY c FROM stdin;'), ('');
		INSERT INTO d (t) SELECT t FROM c;
		CREATE VIEW v AS SELECT t AS \";\" FROM c;
		COMMENT ON VIEW v IS 'it''s; \$\$ -- /* odd';
		CREATE FUNCTION f() RETURNS int LANGUAGE sql
			AS 'SELECT 1; SELECT 2;';
		CREATE FUNCTION g() RETURNS int BEGIN ATOMIC SELECT 1; END" &&
	pg_dump "$DATABASE_URL" | sed "/^[\\\\]\(un\)*restrict/d" >dump &&
	cp dump "$TRASH/dump" && fresh_project &&
	{ echo "== 0001_dump" && cat "$TRASH/dump" &&
		echo "SET search_path = public;"; } |
		split_scripts "$FIRST_LINE" &&
	compare_with_psql dump
EOT

test_expect_success 'what the server cannot read to its end, we refuse' - <<\EOT
	for text in "SELECT 'a" 'SELECT "a' 'SELECT $a$ $b$' 'SELECT /* /* */' \
		"SELECT E'a\\'" "CREATE FUNCTION x() RETURNS int
BEGIN ATOMIC SELECT 1;"
	do
		fresh_project &&
		printf "%s\n" "$text" >script.sql &&
		"$GM_TEST_DIR/pg-count" "$PG_PORT" "$PG_DB" script.sql >out &&
		test_grep "^error" out &&
		printf "%s\n%s\n" "-- migrate:up" "$text" \
			>migrations/0001_bad.sql &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "0001_bad.sql:[23]:[0-9]*: " err || return 1
	done
EOT

test_expect_success 'a command of psql is no SQL, and its line is told' - <<\EOT
	fresh_project &&
	for text in '\connect other' '\i file.sql' '\set a 1' '\d' \
		'\copy t FROM x' '\restrict abc'
	do
		printf "%s\n" "-- migrate:up" "SELECT 1;" "$text" \
			>migrations/0001_meta.sql &&
		test_expect_code 128 git migrate apply 2>err &&
		test_grep "0001_meta.sql:3:1: .*psql" err || return 1
	done
EOT

test_expect_success 'the server gets one statement at a time' '
	fresh_project &&
	make_migration 0001_a "SELECT 1; SELECT 2;; /* ; */
DO \$\$ BEGIN PERFORM 1; END; \$\$" "" &&
	pg_proxy &&
	git migrate apply --url "$PROXY_URL" &&
	grep -c -e "^Parse SELECT [12]$" -e "^Parse DO" \
		"$PROXY_DIR/messages" >count &&
	test "$(cat count)" = 3
'

test_done
