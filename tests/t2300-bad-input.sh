#!/bin/sh
# What only the bodies use, which are strings, looks unused.
# shellcheck disable=SC2034

test_description='bad input: one clear message, and nothing half done'
. "${0%/*}/test-lib.sh"

test_require sqlite3 awk time

# refused NAME PATTERN: apply refuses what file 2_bad.sql (or whatever else
# lies there) says, with a message that fits the pattern; the good migration
# before it isn't applied either, and check says the same.
refused() {
	test_expect_success "$1" '
		test_when_finished "rm -rf migrations app.db*" &&
		make_migration 1_good "CREATE TABLE good (a);" "" &&
		file_2 &&
		test_expect_code 128 git migrate apply >out 2>err &&
		test_must_be_empty out &&
		test_grep "^fatal: $pattern" err &&
		test_line_count -le 3 err &&
		test_path_is_missing app.db &&
		test_expect_code 1 git migrate status 2>err &&
		test_grep "^migrations/[0-9]*_[a-z]*.sql.*: error: " err &&
		test_expect_code 1 git migrate check >out 2>&1 &&
		test_grep "^migrations/[0-9]*_[a-z]*.sql.*: error: " out &&
		test_path_is_missing app.db
	'
}

bad=migrations/2_bad.sql

# bytes FORMAT: what printf makes of it is the bad file.
bytes() {
	format=$1
	file_2() {
		# The format is the content.
		# shellcheck disable=SC2059
		printf -- "$format" >"$bad"
	}
}

up='-- migrate:up\n'

test_expect_success 'a repository' '
	git init -q . &&
	git migrate init --url sqlite:app.db
'

# --- one file

# What it is, its bytes, and what is said of them.
while read -r name && read -r format && read -r pattern
do
	bytes "$format"
	pattern=$bad$pattern
	refused "$name" "$pattern"
done <<END_OF_TABLE
an empty file

: is empty
blanks alone
\\n\\n  \\n
: has no up section
comments alone
-- hello\\n
: has no up section
a binary file
\\177ELF\\001\\000\\000\\n
:1: looks like a binary file: byte 6
a zero byte in the SQL
${up}SELECT 1;\\n\\000;\\n
:3: looks like a binary file
SQL without a section
CREATE TABLE a (b);\\n
:1: text before the first section
a down section alone
-- migrate:down\\nDROP TABLE a;\\n
:1: down stands before up
two up sections
${up}SELECT 1;\\n${up}SELECT 2;\\n
:3: a second up section
an unknown directive
-- migrate:upp\\nSELECT 1;\\n
:1: unknown directive .*did you mean 'up'
an unknown key in the header
-- migrate:parrent none\\n${up}SELECT 1;\\n
:1: unknown directive
a directive within the SQL
${up}SELECT 1;\\n-- migrate:done\\n
:3: unknown directive
an unknown option
-- migrate:up transaktion:false\\n
:1: unknown option .*did you mean 'transaction:false'
an unknown dialect
-- migrate:up dialect:oracle\\n
:1: unknown option
bytes that are no UTF-8
${up}SELECT 1;\\nSELECT '\\377\\376';\\n
:3: is not UTF-8: byte 33 is 0xff
an overlong sequence
${up}SELECT '\\300\\257';\\n
:2: is not UTF-8
UTF-16
\\377\\376S\\000E\\000
:1: looks like a binary file
half a character at the end
${up}SELECT 1; -- \\303
:2: is not UTF-8
a parent that isn't there
-- migrate:parent 0_no\\n${up}SELECT 1;\\n
:1: there is no migration '0_no'
itself as its parent
-- migrate:parent 2_bad\\n${up}SELECT 1;\\n
:1: .
a parent with blanks
-- migrate:parent a b c d\\n${up}SELECT 1;\\n
:1: .
a checksum that is none
-- migrate:checksum xxh3:zz\\n${up}SELECT 1;\\n
:1: .
END_OF_TABLE

test_expect_success 'binary data of a dump gets the right advice' '
	git init -q dump && (
		cd dump && mkdir migrations &&
		printf "%b\n" "-- migrate:up" "SELECT \047\0377\047;" \
			>migrations/1_a.sql &&
		test_must_fail git migrate apply --url sqlite:a.db 2>err &&
		test_grep "^hint: write binary data in hex" err
	)
'

# --- what is no file

file_2() {
	echo "-- migrate:up" >../outside.sql &&
	ln -s ../../outside.sql "$bad"
}
pattern="$bad: is a symbolic link"
refused 'a symbolic link that leads out of the tree'

file_2() {
	ln -s nowhere "$bad"
}
refused 'a symbolic link that leads nowhere'

pattern="$bad: is no plain file"
file_2() {
	mkdir "$bad"
}
refused 'a directory that is named as a file'

file_2() {
	mkfifo "$bad"
}
refused 'a pipe, which would hold up who reads it'

# --- graphs

file_2() {
	make_migration 2_bad "SELECT 1;" "" 3_bad &&
	make_migration 3_bad "SELECT 2;" "" 2_bad
}
pattern='migrations/[23]_bad.sql:1: stands on itself: .*2_bad.*3_bad'
refused 'a cycle'

test_expect_success 'a cycle of a thousand, and a chain of ten thousand' '
	test_when_finished "rm -rf migrations app.db*" &&
	mkdir migrations &&
	awk "BEGIN {
		for (i = 1; i <= 1000; i++) {
			file = sprintf(\"migrations/%d_m.sql\", i)
			printf \"-- migrate:parent %d_m\n\", i % 1000 + 1 >file
			print \"-- migrate:up\" >file
			close(file)
		}
	}" &&
	test_expect_code 128 git migrate apply 2>err &&
	test_grep "stands on itself" err &&
	rm -r migrations &&
	mkdir migrations &&
	awk "BEGIN {
		for (i = 1; i <= 10000; i++) {
			file = sprintf(\"migrations/%05d_m.sql\", i)
			print \"-- migrate:up\" >file
			if (i == 1)
				print \"CREATE TABLE t (n);\" >file
			printf \"INSERT INTO t VALUES (%d);\n\", i >file
			close(file)
		}
	}" &&
	git -c migrate.autoSeal=false migrate apply -q \
		--single-transaction &&
	echo "10000|1|10000" >expect &&
	sq app.db "SELECT count(*), min(n), max(n) FROM t" >actual &&
	test_cmp expect actual &&
	git migrate status --exit-code
'

# --- what SQL can't be

# fails_at PLACE PATTERN SQL: what went before in the file is taken back.
fails_at() {
	rm -rf migrations app.db* &&
	make_migration 1_good "CREATE TABLE good (a);" "" &&
	make_migration 2_bad "CREATE TABLE half (a);
$3" "" &&
	test_expect_code 128 git -c migrate.autoSeal=false migrate apply \
		-q 2>err &&
	test_grep "^fatal: $bad:$1: $2" err &&
	test_line_count -le 3 err
}

half_done() {
	sq app.db "SELECT count(*) FROM sqlite_schema WHERE name = 'half'" \
		>actual &&
	echo 0 >expect &&
	test_cmp expect actual
}

test_expect_success 'a quote that has no end' '
	fails_at 3:8 "" "SELECT '\''abc;
		SELECT 1;"
'

test_expect_success 'a comment, a trigger and a parenthesis without an end' '
	fails_at 3:1 "" "/* no end
		SELECT 1;" &&
	fails_at 3:1 "" "CREATE TRIGGER t AFTER INSERT ON half BEGIN
		SELECT 1;" &&
	fails_at 3:1 "incomplete input" "SELECT (1;"
'

test_expect_success 'an error is told with its place, and takes all back' '
	fails_at 4:8 "no such column: nowhere" "SELECT 1;
SELECT nowhere;" &&
	half_done &&
	sq app.db "SELECT id FROM git_migrate_history" >actual &&
	echo 1_good >expect &&
	test_cmp expect actual &&
	make_migration 2_bad "CREATE TABLE half (a);" "" &&
	git migrate apply -q &&
	git migrate status --exit-code
'

test_expect_success 'an end of the transaction is seen before anything runs' '
	fails_at_1() {
		rm -rf migrations app.db* &&
		make_migration 1_good "CREATE TABLE good (a);" "" &&
		make_migration 2_bad "CREATE TABLE half (a);
$1" "" &&
		test_expect_code 1 git -c migrate.autoSeal=false migrate \
			apply -q 2>err &&
		test_grep "^error: $bad:3.*begins or ends a transaction" err
	} &&
	fails_at_1 "COMMIT;" &&
	test_path_is_missing app.db-journal &&
	fails_at_1 "ROLLBACK;" &&
	fails_at_1 "END TRANSACTION;"
'

# --- names

# passed_over NAME: a name that is none is said, in one line, and passed over.
passed_over() {
	rm -rf migrations app.db* &&
	make_migration 1_good "CREATE TABLE good (a);" "" &&
	printf -- "-- migrate:up\nCREATE TABLE bad (a);\n" \
		>"migrations/$1" &&
	git migrate apply >out 2>err &&
	test_grep "^applied 1_good" out &&
	test_grep "^warning: .*is no name of a migration" err &&
	test "$(wc -l <err)" -eq 1 &&
	test_expect_code 1 git migrate check >out 2>err &&
	grep -v "^migrations/1_good.sql: warn:" out >rest &&
	grep "bad-name" rest >named &&
	test "$(wc -l <named)" -eq 1 &&
	sq app.db "SELECT count(*) FROM sqlite_schema
		WHERE name = 'bad'" >actual &&
	echo 0 >expect &&
	test_cmp expect actual
}

test_expect_success 'a quote, a blank, a semicolon in a name' '
	passed_over "2_it'\''s.sql" &&
	passed_over "2_a b.sql" &&
	passed_over "2_a;DROP TABLE good.sql" &&
	passed_over "no_number.sql" &&
	passed_over "-2_option.sql" &&
	passed_over "2.sql"
'

test_expect_success 'a line feed or an escape in a name stays one line' '
	passed_over "$(printf "2_a\nfatal: b.sql")" &&
	test_grep ! "^fatal" err &&
	test_grep ! "^fatal" out &&
	passed_over "$(printf "2_a\033[31mred.sql")" &&
	test_grep ! "$(printf "\033")" err &&
	test_grep ! "$(printf "\033")" out
'

# --- what is no fault

test_expect_success 'line ends, BOM and final newline are no difference' '
	rm -rf migrations app.db* &&
	mkdir migrations &&
	body="-- migrate:up\nCREATE TABLE t (a);\nINSERT INTO t" &&
	body="$body VALUES ('\''x\ny'\'');\n\n-- migrate:down\nDROP TABLE t;" &&
	printf -- "$body\n" >migrations/1_t.sql &&
	git migrate apply -q &&
	sq app.db "SELECT hex(a) FROM t" >actual &&
	echo 780A79 >expect &&
	test_cmp expect actual &&
	printf -- "$body" >migrations/1_t.sql &&
	git migrate status --exit-code &&
	printf -- "$body\n" | sed "s/\$/\r/" >migrations/1_t.sql &&
	git migrate status --exit-code &&
	printf "\357\273\277$body\n\n\n" >migrations/1_t.sql &&
	git migrate status --exit-code &&
	rm app.db &&
	printf -- "$body" | sed "s/\$/\r/" >migrations/1_t.sql &&
	git migrate apply -q &&
	sq app.db "SELECT hex(a) FROM t" >actual &&
	test_cmp expect actual
'

test_expect_success 'a file of 50 MB in memory of less than three times that' '
	rm -rf migrations app.db* &&
	mkdir migrations &&
	awk "BEGIN {
		print \"-- migrate:up\"
		print \"CREATE TABLE t (n, a);\"
		x = sprintf(\"%960s\", \"\")
		for (i = 1; i <= 52000; i++)
			printf \"INSERT INTO t VALUES (%d, '\''%s'\'');\n\", \
				i, x
	}" >migrations/1_large.sql &&
	test "$(wc -c <migrations/1_large.sql)" -gt 50000000 &&
	size=$(wc -c <migrations/1_large.sql) &&
	test_peak $((3 * size / 1024)) git-migrate apply -q &&
	sq app.db "SELECT count(*), sum(length(a)) FROM t" >actual &&
	echo "52000|49920000" >expect &&
	test_cmp expect actual &&
	git migrate status --exit-code &&
	sq app.db "SELECT (SELECT sum(length(source)) FROM git_migrate_log) +
		(SELECT sum(length(text)) FROM git_migrate_source)" >actual &&
	wc -c <migrations/1_large.sql >expect &&
	test_cmp expect actual &&
	rm -rf migrations app.db*
'

# --- the history

test_expect_success 'a table of that name which is not ours is left alone' '
	test_project others --numbering sequence &&
	(
		cd others &&
		make_table 0001_a a &&
		sq app.db "CREATE TABLE git_migrate_history (theirs)" &&
		for command in status apply
		do
			test_expect_code 128 git migrate $command 2>err &&
			test_grep "^fatal: there is git_migrate_history, and" \
				err &&
			test_grep "^hint: .*git config migrate.table" err ||
				exit 1
		done &&
		for bad in 1st a. .b a.b.c "a b" "$(printf %056d 0 | tr 0 x)"
		do
			git config migrate.table "$bad" &&
			test_expect_code 128 git migrate apply 2>err &&
			test_grep "bad table name .$bad.: PREFIX or" err ||
				exit 1
		done &&
		git config migrate.table ours &&
		git migrate apply &&
		test_states applied:0001_a
	)
'

test_expect_success 'tables of a newer version are left alone' '
	make_migration 1_good "CREATE TABLE good (a);" "DROP TABLE good;" &&
	git migrate apply -q &&
	sq app.db "UPDATE git_migrate_version SET version = 99" &&
	make_migration 2_more "CREATE TABLE more (a);" "" &&
	sq app.db .dump >before &&
	for command in apply "rollback --yes" status "fake --all" "plan" log
	do
		test_expect_code 128 git migrate $command 2>err &&
		test_grep "^fatal: .*version 99.*knows version" err &&
		test_grep "^hint: " err || return 1
	done &&
	sq app.db .dump >after &&
	test_cmp before after
'

test_done
