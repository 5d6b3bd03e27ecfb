#!/bin/sh
# What only the bodies use, which are strings, looks unused, or unset.
# shellcheck disable=SC2034,SC2154

test_description='PostgreSQL: the tool is killed, the server is killed'
. "${0%/*}/test-lib.sh"
. "$GM_TEST_DIR/lib-postgres.sh"

# A kill may come at any moment, and every moment has to be right: nothing
# here depends on when it comes, but much of this is worth repeating.
rounds=2
test -z "${GM_TEST_SLOW-}" || rounds=50
migrations=100

pg_own crash || exit 1

# Every tenth migration runs without a transaction.
make_series() {
	awk -v n="$migrations" 'BEGIN {
		for (i = 1; i <= n; i++) {
			file = sprintf("migrations/%04d_step.sql", i)
			if (i == 1) {
				print "-- migrate:up\nCREATE TABLE effect" \
					" (step int);" >file
			} else if (i % 10 == 0) {
				print "-- migrate:up transaction:false" >file
				printf "CREATE INDEX CONCURRENTLY i%d ON" \
					" t%d (a);\n", i, i - 1 >file
				printf "CREATE INDEX CONCURRENTLY j%d ON" \
					" t%d (b);\n", i, i - 1 >file
			} else {
				print "-- migrate:up" >file
				printf "CREATE TABLE t%d (a int, b int);\n" \
					"INSERT INTO effect VALUES (%d);\n" \
					"INSERT INTO t%d SELECT n, n FROM" \
					" generate_series(1, 500) n;\n",
					i, i, i >file
			}
			close(file)
		}
	}'
}

# The schema, and what ran, as it has to be at the end.
look() {
	pg_dump -s "$PG_SERVER/$PG_DB" | grep -v restrict &&
	pg "SELECT step, count(*) FROM effect GROUP BY 1 ORDER BY 1" &&
	pg "SELECT id, state FROM git_migrate_history ORDER BY 1" &&
	pg "SELECT count(DISTINCT id) FROM git_migrate_log
		WHERE action = 'apply'"
}

# finish: what a user does after a crash. A statement of unknown fate is
# looked at: an index that is there and no good is dropped.
finish() {
	for try in 1 2 3 4 5 6
	do
		git migrate apply -q >out 2>err && return
		test_grep "begun, and nobody\|of 2 statements" err || return 1
		bad=$(pg "SELECT string_agg(indexrelid::regclass::text, ', ')
			FROM pg_index WHERE NOT indisvalid") || return 1
		test -z "$bad" || pg "DROP INDEX $bad" || return 1
		index=$(sed -n \
			's/.*: CREATE.* CONCURRENTLY \([ij][0-9]*\).*/\1/p' \
			err)
		fate=
		test -z "$index" ||
		case $(pg "SELECT to_regclass('$index') IS NULL") in
		t) fate=--not-ran ;;
		f) fate=--ran ;;
		*) return 1 ;;
		esac
		# shellcheck disable=SC2086 # it may be none
		git migrate apply -q --continue $fate >out 2>err && return
	done
	cat err
	return 1
}

# pause: until some of the migrations are done, or at once.
pause() {
	some=$(od -An -N2 -tu2 /dev/urandom | awk '{ print $1 % 98 }')
	while kill -0 "$run" 2>/dev/null
	do
		got=$(pg "SELECT count(*) FROM git_migrate_history" 2>/dev/null)
		test "${got:-0}" -lt "$some" || break
	done
	sleep "0.00$(od -An -N1 -tu1 /dev/urandom | tr -d ' ')"
}

kill_tool() {
	# The shell says "Killed" there.
	{
		kill -9 "$run"
		wait "$run"
	} 2>/dev/null
	# What it had begun may still come to its end.
	pg_until_alone
}

# shellcheck disable=SC2086 # it is a list
kill_server() {
	read -r server_pid <"$PG_OWN/data/postmaster.pid" &&
	children=$(cat "/proc/$server_pid/task/$server_pid/children") &&
	{ kill -9 "$server_pid" $children 2>/dev/null || :; } &&
	"$PG_OWN/start" &&
	{ wait "$run" || :; }
}

test_expect_success 'an undisturbed run, to compare with' '
	make_series && git migrate apply -q && look >"$TRASH/whole" &&
	grep -c "^CREATE INDEX" "$TRASH/whole" >count &&
	test "$(cat count)" = 20
'

for victim in tool server
do
	test_expect_success "whenever the $victim is killed, all is done once" '
		for round in $(seq $rounds)
		do
			fresh_project && make_series || return 1
			git-migrate apply -q >killed.out 2>&1 & run=$!
			pause
			kill_$victim && finish && look >now &&
			test_cmp "$TRASH/whole" now || return 1
		done
	'
done

test_done
