#!/bin/sh

test_description='a killed sync leaves the database as before or as after'
. "${0%/*}/test-lib.sh"

test_require sqlite3 awk

# A kill may come at any moment, and every moment has to be right: nothing
# here depends on when it comes, but much of this is worth repeating.
rounds=6
test -z "${GM_TEST_SLOW-}" || rounds=100
migrations=100

# random N: a number below N
random() {
	od -An -N4 -tu4 /dev/urandom | awk -v n="$1" '{ print $1 % n }'
}

# make_branch LETTER: each of its migrations makes a table and fills it
make_branch() {
	git checkout -q -B "$1" main &&
	awk -v n="$migrations" -v letter="$1" 'BEGIN {
		parent = "0000_base"
		for (i = 1; i <= n; i++) {
			id = sprintf("%04d_%s", i, letter)
			file = "migrations/" id ".sql"
			print "-- migrate:parent " parent "\n" >file
			print "-- migrate:up" >file
			printf "CREATE TABLE %s%d (a);\n", letter, i >file
			printf "INSERT INTO %s%d VALUES (1);\n", letter, i >file
			print "\n-- migrate:down" >file
			printf "DROP TABLE %s%d;\n", letter, i >file
			close(file)
			parent = id
		}
	}' &&
	test_commit_all "$1"
}

# What is there: the rows and the tables agree, and all are of one branch.
what_is_there() {
	sq app.db "SELECT substr(id, 6), count(*) FROM git_migrate_history
		WHERE id <> '0000_base' AND state = 'applied'
		GROUP BY 1 ORDER BY 1" >rows &&
	sq app.db "SELECT substr(name, 1, 1), count(*) FROM sqlite_schema
		WHERE name GLOB '[pq][0-9]*' GROUP BY 1 ORDER BY 1" >tables &&
	test_cmp rows tables &&
	sq app.db "PRAGMA integrity_check" | grep -qx ok
}

# kill_sync MS [OPTION…]: starts a sync and kills it, unless it has ended.
kill_sync() {
	ms=$1
	shift
	git-migrate sync -q "$@" >killed.out 2>&1 &
	pid=$!
	sleep "$(awk -v ms="$ms" 'BEGIN { print ms / 1000 }')"
	# The shell says "Killed" there.
	{
		kill -9 "$pid"
		wait "$pid"
	} 2>/dev/null
	return 0
}

test_expect_success 'two branches of many migrations' '
	git init -q . && git config migrate.url sqlite:app.db &&
	git config migrate.autoSeal false &&
	printf "/%s\n" "app.db*" rows tables killed.out expect \
		>.git/info/exclude &&
	make_table 0000_base base none && test_commit_all base &&
	make_branch p && make_branch q &&
	git migrate sync -q && what_is_there
'

round=1
to=p
while test $round -le $rounds
do
	test_expect_success "killed, all of $to is there or none, $round" '
		git checkout -q $to &&
		kill_sync "$(random 60)" &&
		what_is_there &&
		test_line_count = 1 rows &&
		grep -x -e "p|$migrations" -e "q|$migrations" rows &&
		git migrate sync -q --no-wait &&
		what_is_there &&
		echo "$to|$migrations" >expect &&
		test_cmp expect rows &&
		git migrate status --exit-code
	'
	test_expect_success "step by step it is completed by the next, $round" '
		kill_sync "$(random 120)" --no-single-transaction main &&
		what_is_there &&
		git migrate sync -q --no-wait &&
		what_is_there &&
		test_cmp expect rows &&
		git migrate status --exit-code
	'
	if test $to = p
	then
		to=q
	else
		to=p
	fi
	round=$((round + 1))
done

test_done
