#!/bin/sh
test_description='two sides that write rows by the thousand'
. "${0%/*}/test-lib.sh"

# side BRANCH ID: a branch with one migration more, whose up comes from stdin.
side() {
	git checkout -q -b "$1" main &&
	make_migration "$2" "$(cat)" "" &&
	test_commit_all "$1"
}

# rows N: an INSERT each.
rows() {
	awk -v n="$1" 'BEGIN {
		for (i = 0; i < n; i++)
			printf "INSERT INTO users (id) VALUES (%d);\n", i
	}'
}

test_expect_success 'set up' '
	git init -q -b main rows &&
	cd rows &&
	git config -f .gitmigrate migrate.url sqlite:app.db &&
	make_migration 0001_base "CREATE TABLE users (id INT, email TEXT);" \
		"" &&
	test_commit_all base &&
	rows 3000 | side a 0002_a &&
	rows 2000 | side b 0003_b &&
	echo "DROP TABLE users;" | side c 0004_c
'

# The memory is for some, not for each with each.
test_expect_success 'that they may be in the way is soon told, and short' '
	test_peak 40000 git migrate conflicts a b >out &&
	test_grep "^unknown: .*0002_a.sql and migrations/0003_b" out &&
	test_grep "0002_a.sql:2: writes table .users" out &&
	test_grep "… and over 9[0-9]* more pairs of statements" out &&
	test_line_count -lt 40 out &&
	test_peak 40000 git migrate check --base b a
'

test_expect_success 'so it is with a conflict' '
	test_peak 40000 \
		sh -c "git migrate conflicts a c >out; test \$? = 1" &&
	test_grep "^conflict: .*0002_a.sql and migrations/0004_c" out &&
	test_grep "0004_c.sql:2: drops table .users" out &&
	test_expect_code 1 git migrate check --base a c >out &&
	test_grep "drops table .users.*over [0-9]* more" out
'

test_done
